//! Targets `item` and `wire`: whatever decodes, encodes to exactly the bytes that it came from.
//!
//! The first byte of an input chooses the layout. The seeds are the golden vectors of `formats/`:
//! a vector without a layout here fails the test, so a new layout can not be forgotten.

use item::*;
use wire::*;

/// Decodes, and encodes what was decoded.
type Again = fn(&[u8]) -> Result<Vec<u8>, LayoutError>;

fn again<T: Layout>(bytes: &[u8]) -> Result<Vec<u8>, LayoutError> {
    T::from_bytes(bytes).map(|value| value.to_bytes())
}

macro_rules! layouts {
    ($($name:literal => $kind:ty,)*) => { &[$(($name, again::<$kind> as Again)),*] };
}

/// By the name of their golden vectors, up to the first part that only tells variants apart.
const ITEM: &[(&str, Again)] = layouts! {
    "Payload" => Payload,
    "MeterRecord" => MeterRecord,
    "Limits" => Limits,
    "UserRecord" => UserRecord,
    "UserOrder" => UserOrder,
    "ApiKeyRecord" => ApiKeyRecord,
    "AuthRecord" => AuthRecord,
    "ChainRecord" => ChainRecord,
    "Sealed.MeterRecord" => Sealed<MeterRecord>,
    "Sealed.AuthRecord" => Sealed<AuthRecord>,
    "Sealed.ChainRecord" => Sealed<ChainRecord>,
    "ChainEntry" => ChainEntry,
    "ItemRecord" => ItemRecord,
    "Decision" => Decision,
    "Signed.Decision" => Signed<Decision>,
    "Checkpoint" => Checkpoint,
    "Sums" => Sums,
    "Signed.Checkpoint" => Signed<Checkpoint>,
    "StaleStatement" => StaleStatement,
    "StatusReport" => StatusReport,
    "Signed.StaleStatement" => Signed<StaleStatement>,
    "LicenceApplication" => LicenceApplication,
    "Signed.LicenceApplication" => Signed<LicenceApplication>,
    "LicenceDetails" => LicenceDetails,
    "LicenceRefusal" => LicenceRefusal,
    "MultiSigned.LicenceRefusal" => MultiSigned<LicenceRefusal>,
    "CreditEvidence" => CreditEvidence,
    "MultiSigned.CreditEvidence" => MultiSigned<CreditEvidence>,
    "CreditApproval" => CreditApproval,
    "ItemCredit" => ItemCredit,
    "CreditedPiece" => CreditedPiece,
    "CreditedList" => CreditedList,
    "CreditedItem" => CreditedItem,
    "Authority" => Authority,
    "Sealed.Authority" => Sealed<Authority>,
    "OwnSignature" => OwnSignature,
    "OrderStatement" => OrderStatement,
    "UserStatement" => UserStatement,
    "Challenge" => Challenge,
    "Sealed.Challenge" => Sealed<Challenge>,
    "LogInStatement" => LogInStatement,
    "KeyStatement" => KeyStatement,
    "IssuingCertificate" => IssuingCertificate,
    "EpochDescriptor" => EpochDescriptor,
    "EpochOpening" => EpochOpening,
    "Signed.EpochOpening" => Signed<EpochOpening>,
    "PackageName" => PackageName,
    "ManufactureReceipt" => ManufactureReceipt,
    "Signed.ManufactureReceipt" => Signed<ManufactureReceipt>,
    "PackBody" => PackBody,
    "VoidEntry" => VoidEntry,
    "Signed.PackBody" => Signed<PackBody>,
    "AcceptanceScan" => AcceptanceScan,
    "Signed.AcceptanceScan" => Signed<AcceptanceScan>,
    "DailyRow" => DailyRow,
    "DailyTotals" => DailyTotals,
    "Signed.DailyTotals" => Signed<DailyTotals>,
    "Quorum" => Quorum,
    "EnrolledKey" => EnrolledKey,
    "EnrolledBox" => EnrolledBox,
    "TranscriptBody" => TranscriptBody,
    "Signed.TranscriptBody" => Signed<TranscriptBody>,
    "Act" => Act,
    "MultiSigned.Act" => MultiSigned<Act>,
    "AddressLines" => AddressLines,
    "PublicKey" => PublicKey,
    "Summary" => Summary,
    "Reissue" => Reissue,
};

const WIRE: &[(&str, Again)] = layouts! {
    "Entry" => Entry,
    "Acknowledgement" => Acknowledgement,
    "Request" => Request,
    "AuthRequest" => AuthRequest,
    "AuthQuery" => AuthQuery,
    "AuthSecret" => AuthSecret,
    "MeterRequest" => MeterRequest,
    "ItemCreditRequest" => ItemCreditRequest,
    "MeterQuery" => MeterQuery,
    "TokenCheck" => TokenCheck,
    "ChainRequest" => ChainRequest,
    "Allocate" => Allocate,
    "KeysRequest" => KeysRequest,
    "KeysAnswer" => KeysAnswer,
    "Refusal" => Refusal,
    "Delivery" => Delivery,
    "Outcome" => Outcome,
    "Status" => Status,
    "Reply" => Reply,
    "SignedOn" => SignedOn,
    "AddKey" => AddKey,
    "RollKey" => RollKey,
    "KeyQuery" => KeyQuery,
    "AddUser" => AddUser,
    "SetUser" => SetUser,
    "SetSigningKey" => SetSigningKey,
    "KeyLogIn" => KeyLogIn,
    "BeginRecovery" => BeginRecovery,
    "FinishRecovery" => FinishRecovery,
    "SessionProof" => SessionProof,
    "PageRequest" => PageRequest,
    "EpochPackage" => EpochPackage,
    "OpenedEpoch" => OpenedEpoch,
    "SealedPackage" => SealedPackage,
    "ReissueRequest" => ReissueRequest,
    "Page" => Page,
    "Memory" => Memory,
};

/// The first byte of an input that is a frame.
const FRAME: u8 = u8::MAX;

/// Target `item`.
pub(crate) fn item(data: &[u8]) {
    if let Some((first, bytes)) = data.split_first() {
        one_encoding(ITEM[usize::from(*first) % ITEM.len()], bytes);
    }
}

/// Target `wire`.
pub(crate) fn wire(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    if *first == FRAME {
        return frame(bytes);
    }
    one_encoding(WIRE[usize::from(*first) % WIRE.len()], bytes);
    // What a box decodes next.
    if let Ok(Request::Decide(entries)) = Request::from_bytes(bytes) {
        entries.into_iter().for_each(bodies);
    }
}

fn bodies(entry: &Entry) {
    for name in ["MeterRequest", "AuthRequest", "ChainRequest"] {
        if let Some(layout) = WIRE.iter().find(|(known, _)| *known == name) {
            one_encoding(*layout, entry.body.as_slice());
        }
    }
    for name in ["Sealed.MeterRecord", "Sealed.AuthRecord"] {
        if let Some(layout) = ITEM.iter().find(|(known, _)| *known == name) {
            one_encoding(*layout, entry.shown.as_slice());
        }
    }
}

fn one_encoding((name, again): (&str, Again), bytes: &[u8]) {
    if let Ok(encoded) = again(bytes) {
        assert!(encoded == bytes, "{name}: two encodings of one value");
    }
}

/// A header is read as it was written, and nothing longer than the limit is announced.
fn frame(bytes: &[u8]) {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
        return;
    };
    for max in [wire::limits::FRAME_MAX_UNKNOWN, wire::limits::FRAME_MAX] {
        let Ok((correlation, length)) = frame_length(header, max) else {
            continue;
        };
        assert!(length <= max, "a frame above its limit");
        if length == body.len() {
            let frame = Frame {
                correlation,
                body: body.to_vec(),
            };
            assert!(frame.to_channel(max).as_deref() == Ok(bytes), "a frame");
        }
    }
}

/// Golden vectors: names and bytes.
fn vectors(text: &str) -> impl Iterator<Item = (&str, Vec<u8>)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, hex)| Some((name, hex::decode(hex).ok()?)))
}

/// The layout that a vector is of: the one with the longest name that its name begins with.
fn place(layouts: &[(&str, Again)], vector: &str) -> Option<usize> {
    let fits = |name: &str| {
        vector
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    (0..layouts.len())
        .filter(|place| fits(layouts[*place].0))
        .max_by_key(|place| layouts[*place].0.len())
}

fn seeds(layouts: &[(&str, Again)], text: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (name, bytes) in vectors(text) {
        let place = place(layouts, name);
        let place = place.unwrap_or_else(|| panic!("layout {name} is in no target"));
        assert!(
            layouts[place].1(&bytes).as_ref() == Ok(&bytes),
            "{name} does not decode as {}",
            layouts[place].0
        );
        seeds.push([&[place as u8][..], &bytes].concat());
    }
    seeds
}

/// Every golden vector of `item`.
pub(crate) fn item_seeds() -> Vec<Vec<u8>> {
    seeds(ITEM, include_str!("../../../formats/item.hex"))
}

/// Every golden vector of `wire`, and frames of them.
pub(crate) fn wire_seeds() -> Vec<Vec<u8>> {
    let mut all = seeds(WIRE, include_str!("../../../formats/wire.hex"));
    let bodies: Vec<Vec<u8>> = all.iter().take(4).map(|seed| seed[1..].to_vec()).collect();
    for body in bodies {
        let frame = Frame {
            correlation: 7,
            body,
        };
        if let Ok(bytes) = frame.to_channel(wire::limits::FRAME_MAX) {
            all.push([&[FRAME][..], &bytes].concat());
        }
    }
    all
}
