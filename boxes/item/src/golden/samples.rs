//! One value of each layout, every field told from every other by its bytes.

mod papers;
mod people;

use super::vectors::{Vector, vector};
use crate::*;

use papers::{
    credit_approval, credit_evidence, credited_item, credited_list, epoch_descriptor,
    epoch_opening, item_credit, licence_application, licence_details, licence_refusal, reissue,
    status_report, summary,
};
pub(super) use people::{api_key_record, user_record};
use people::{
    authority, challenge, key_statement, log_in_statement, order_statement, own_signature,
    user_order, user_statement,
};

/// A counted byte string.
fn b<const MAX: usize>(text: &[u8]) -> Bytes<MAX> {
    Bytes::new(text.to_vec()).unwrap()
}

fn list<T, const MAX: usize>(values: Vec<T>) -> List<T, MAX> {
    List::new(values).unwrap()
}

fn ascii<const N: usize>(text: &[u8; N]) -> Ascii<N> {
    Ascii::new(*text).unwrap()
}

fn day(decimal: u32) -> Day {
    Day::from_decimal(decimal).unwrap()
}

fn ed25519(byte: u8) -> PublicKey {
    PublicKey::new(Suite::Ed25519, &[byte; 32]).unwrap()
}

fn p256(byte: u8) -> PublicKey {
    let mut bytes = [byte; 65];
    bytes[0] = 4;
    PublicKey::new(Suite::P256, &bytes).unwrap()
}

fn signed<T>(body: T) -> Signed<T> {
    Signed {
        body,
        signature: [0xf4; 64],
    }
}

fn multi_signed<T>(body: T) -> MultiSigned<T> {
    let signatures = [0xe1, 0xe2].map(|n| (KeyId([n; 8]), [n + 0x10; 64]));
    MultiSigned {
        body,
        signatures: list(signatures.to_vec()),
    }
}

fn sealed<T>(body: T) -> Sealed<T> {
    Sealed {
        body,
        mac: [0xf2; 32],
    }
}

pub(super) fn payload() -> Payload {
    Payload {
        suite: Suite::Ed25519,
        key: KeySerial(0x1112_1314),
        vendor: ascii(b"IN"),
        model: ascii(b"M1"),
        meter: MeterSerial(0x2122_2324),
        ascending: Mills(0x31_3233_3435),
        value: Mills(0x4142_4344),
        mailing_day: day(20_261_125),
        origin: Zip(95_814),
        destination: 0x01_6263_6465,
        descending: Mills(0x5152_5354),
        category: ascii(b"FCL "),
        kind: ItemKind::Postage,
        specimen: true,
        post: PostId(0x7172),
        currency: Currency(840),
        piece_count: 0x8182_8384,
        address_digest: [0xa8; 8],
        vendor_token: [0xb6; 6],
        postal_token: [0xc6; 6],
        signature: [0xd4; 64],
    }
}

fn limits() -> Limits {
    Limits {
        item: Mills(0x91),
        day: Mills(0x92),
        month: Mills(0x93),
        descending: Mills(0x94),
    }
}

pub(super) fn meter_record() -> MeterRecord {
    MeterRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        serial: MeterSerial(0x0102_0304),
        manufacturing_number: 0x0506_0708_090a_0b0c,
        account: AccountId([0x11; 16]),
        item_kind: ItemKind::Ticket,
        post: PostId(0x1213),
        currency: Currency(978),
        vendor: ascii(b"VE"),
        model: ascii(b"MO"),
        state: MeterState::Active,
        suspended: Suspension::INSPECTION.with(Suspension::LOST),
        counter: Counter(0x21),
        ascending: Mills(0x22),
        descending: Mills(0x23),
        piece_count: 0x24,
        deposits: Mills(0x25),
        item_credits: Mills(0x26),
        funding_sequence: 0x27,
        act_sequence: 0x28,
        credited_digest: Digest([0x29; 32]),
        lowest_creditable_piece: 0x2a,
        origin: Zip(10_001),
        licensing: Zip(20_002),
        token_keys: [[0x2b; 60], [0x2c; 60]],
        limits: limits(),
        day: day(20_261_101),
        day_used: Mills(0x2d),
        month: Epoch(202_612),
        month_used: Mills(0x2e),
        inspected: day(20_261_102),
        inspection_due: Day::NONE,
        inspection_interval_days: 0x18,
        last_time: Time(0x2f),
        last_decision: Digest([0x31; 32]),
        item_head: Digest([0x32; 32]),
        box_id: BoxId(0x3334),
        specimen: true,
    }
}

pub(super) fn chain_record() -> ChainRecord {
    ChainRecord {
        version: Version,
        suite: Suite::P256,
        epoch: Epoch(202_611),
        account: AccountId([0x11; 16]),
        counter: Counter(0x12),
        head: Digest([0x13; 32]),
        last_time: Time(0x14),
        last_decision: Digest([0x15; 32]),
        box_id: BoxId(0x1617),
    }
}

fn chain_entry() -> ChainEntry {
    ChainEntry {
        version: Version,
        account: AccountId([0x11; 16]),
        sequence: 0x12,
        event: EventKind::Funding,
        subject: Subject([0x13; 16]),
        decision: Digest([0x14; 32]),
        happened: Time(0x15),
        recorded: Time(0x16),
        previous: Digest([0x17; 32]),
    }
}

fn item_record() -> ItemRecord {
    ItemRecord {
        version: Version,
        meter: MeterSerial(0x11),
        counter: Counter(0x12),
        position: 0x13,
        request: RequestId([0x14; 32]),
        key_digest: Digest([0x15; 32]),
        body_digest: Digest([0x16; 32]),
        ascending: Mills(0x17),
        descending: Mills(0x18),
        piece_count: 0x19,
        kind: ItemKind::Voucher,
        category: ascii(b"CATE"),
        weight_milligrams: 0x1a,
        value: Mills(0x1b),
        mailing_day: day(20_261_103),
        time: Time(0x1c),
        origin: Zip(30_003),
        destination: 0x1d,
        address_digest: [0x1e; 8],
        user: UserId([0x1f; 16]),
        department: Department(0x20),
        batch: BatchId([0x21; 16]),
        end_customer: EndCustomer(0x22),
        specimen: true,
        payload: b(b"payload"),
        previous: Digest([0x23; 32]),
    }
}

fn decision() -> Decision {
    Decision {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x11),
        installation: InstallationId([0x12; 16]),
        box_kind: BoxKind::Meter,
        box_id: BoxId(0x1314),
        subject: Subject([0x15; 16]),
        decision: DecisionKind::Dispense,
        counter: Counter(0x16),
        request: RequestId([0x17; 32]),
        old: Digest([0x18; 32]),
        new: Digest([0x19; 32]),
        head: Digest([0x1a; 32]),
        evidence: Digest([0x1b; 32]),
        time: Time(0x1c),
        journal_sequence: 0x1d,
    }
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x11),
        installation: InstallationId([0x12; 16]),
        box_kind: BoxKind::Transaction,
        box_id: BoxId(0x1314),
        journal_sequence: 0x15,
        time: Time(0x16),
        sums: Sums {
            subjects: 0x17,
            counters: 0x18,
            pieces: 0x19,
            ascending: Mills(0x1a),
            descending: Mills(0x1b),
            deposits: Mills(0x1c),
            item_credits: Mills(0x1d),
        },
        digest: Digest([0x1e; 32]),
    }
}

fn stale_statement() -> StaleStatement {
    StaleStatement {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x11),
        installation: InstallationId([0x12; 16]),
        box_kind: BoxKind::Auth,
        box_id: BoxId(0x1314),
        subject: Subject([0x15; 16]),
        shown_counter: Counter(0x16),
        shown: Digest([0x17; 32]),
        known_counter: Counter(0x18),
        time: Time(0x19),
    }
}

fn act(body: ActBody) -> Act {
    Act {
        version: Version,
        installation: InstallationId([0x11; 16]),
        box_kind: BoxKind::Meter,
        subject: Subject([0x12; 16]),
        sequence: 0x13,
        issued: Time(0x14),
        expires: Time(0x15),
        body,
    }
}

fn acts() -> Vec<(&'static str, ActBody)> {
    let reasons = Suspension::NO_FUNDS.with(Suspension::ABUSE);
    vec![
        (
            "Act.Register",
            ActBody::Register {
                origin: Zip(40_004),
                licensing: Zip(50_005),
            },
        ),
        (
            "Act.License",
            ActBody::License {
                limits: limits(),
                inspection_due: day(20_270_104),
                inspection_interval_days: 0x16,
                application: Digest([0x20; 32]),
            },
        ),
        ("Act.Activate", ActBody::Activate),
        ("Act.Suspend", ActBody::Suspend(reasons)),
        ("Act.Resume", ActBody::Resume(reasons)),
        ("Act.Withdraw", ActBody::Withdraw),
        (
            "Act.SetLimits",
            ActBody::SetLimits {
                limits: limits(),
                inspection_interval_days: 0x17,
            },
        ),
        (
            "Act.Inspect",
            ActBody::Inspect {
                due: day(20_270_105),
            },
        ),
        (
            "Act.RefundBalance",
            ActBody::RefundBalance(BalanceRefund {
                amount: Mills(0x53),
                beneficiary: Beneficiary::Meter {
                    serial: MeterSerial(0x54),
                    funding_sequence: 0x55,
                },
            }),
        ),
        (
            "Act.SetUser",
            ActBody::SetUser {
                rights: Rights::MANAGE,
                ceiling: Mills(0x16),
            },
        ),
        ("Act.Recover", ActBody::Recover(Digest([0x1c; 32]))),
        ("Act.Reissue", ActBody::Reissue(reissue())),
        ("Act.ConfirmTime", ActBody::ConfirmTime(Time(0x17))),
        ("Act.Unlatch", ActBody::Unlatch),
        ("Act.Enrol", ActBody::Enrol(quorum())),
        (
            "Act.Redeliver",
            ActBody::Redeliver {
                subject: Subject([0x18; 16]),
                counter: Counter(0x19),
            },
        ),
        ("Act.RedeliverFrom", ActBody::RedeliverFrom(0x1a)),
        (
            "Act.OpenEpoch",
            ActBody::OpenEpoch {
                epoch: Epoch(202_612),
                starts: Time(0x1b),
            },
        ),
    ]
}

fn certificate(key: PublicKey) -> IssuingCertificate {
    IssuingCertificate {
        version: Version,
        installation: InstallationId([0x11; 16]),
        serial: KeySerial(0x12),
        box_kind: BoxKind::Keys,
        usage: KeyUsage::Pack,
        epoch: Epoch(202_611),
        not_before: Time(0x13),
        not_after: Time(0x14),
        key,
    }
}

fn manufacture_receipt() -> ManufactureReceipt {
    ManufactureReceipt {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(0x11),
        installation: InstallationId([0x12; 16]),
        epoch: Epoch(202_611),
        serial: MeterSerial(0x13),
        manufacturing_number: 0x14,
        account: AccountId([0x15; 16]),
        item_kind: ItemKind::Postage,
        post: PostId(0x1617),
        currency: Currency(0x1819),
        vendor: ascii(b"VE"),
        model: ascii(b"MO"),
        request: RequestId([0x1a; 32]),
        time: Time(0x1b),
        transcript: Digest([0x1c; 32]),
    }
}

fn pack_body() -> PackBody {
    let void = |meter, piece_count, value| VoidEntry {
        meter: MeterSerial(meter),
        piece_count,
        value: Mills(value),
    };
    PackBody {
        version: Version,
        installation: InstallationId([0x21; 16]),
        sequence: 0x22,
        issued: Time(0x23),
        expires: Time(0x24),
        post: PostId(0x2526),
        pack_certificate: signed(certificate(ed25519(0x27))),
        certificates: list(vec![signed(certificate(p256(0x28)))]),
        revoked: list(vec![KeySerial(0x29), KeySerial(0x2a)]),
        voids: list(vec![void(0x2b, 0x2c, 0x2d), void(0x2e, 0x2f, 0x30)]),
        closes: Digest([0x31; 32]),
    }
}

fn acceptance_scan() -> AcceptanceScan {
    AcceptanceScan {
        version: Version,
        installation: InstallationId([0x11; 16]),
        verifier: KeyId([0x12; 8]),
        sequence: 0x13,
        previous: Digest([0x14; 32]),
        meter: MeterSerial(0x15),
        piece_count: 0x16,
        payload: Digest([0x17; 32]),
        place: Zip(60_006),
        time: Time(0x18),
        key_digest: Digest([0x19; 32]),
    }
}

fn daily_row(meter: u32) -> DailyRow {
    DailyRow {
        meter: MeterSerial(meter),
        origin: Zip(60_006),
        kind: ItemKind::Postage,
        specimen: true,
        pieces: 0x32,
        value: Mills(0x33),
        credited_pieces: 0x34,
        credited: Mills(0x35),
    }
}

fn daily_totals() -> DailyTotals {
    DailyTotals {
        version: Version,
        installation: InstallationId([0x21; 16]),
        reporter: KeyId([0x22; 8]),
        sequence: 0x23,
        previous: Digest([0x24; 32]),
        day: day(20_261_121),
        part: 0x25,
        last: true,
        made: Time(0x26),
        rows: DailyRows::new(vec![daily_row(0x27), daily_row(0x28)]).unwrap(),
    }
}

fn enrolled(name: &[u8], key: PublicKey) -> EnrolledKey {
    EnrolledKey { name: b(name), key }
}

pub(super) fn quorum() -> Quorum {
    let keys = vec![
        enrolled(b"first", ed25519(0x51)),
        enrolled(b"second", p256(0x52)),
    ];
    Quorum::new(2, keys).unwrap()
}

fn transcript_body() -> TranscriptBody {
    let treasury = Quorum::new(1, vec![enrolled(b"treasury", ed25519(0x53))]).unwrap();
    let refunders = Quorum::new(1, vec![enrolled(b"refunder", ed25519(0x54))]).unwrap();
    TranscriptBody {
        version: Version,
        installation: InstallationId([0x61; 16]),
        name: b(b"installation"),
        time: Time(0x62),
        config: Digest([0x63; 32]),
        root: ed25519(0x64),
        specimen: true,
        post: PostId(0x6566),
        currency: Currency(0x6768),
        vendor: ascii(b"VE"),
        model: ascii(b"MO"),
        epoch: signed(epoch_descriptor()),
        certificates: list(vec![signed(certificate(ed25519(0x69)))]),
        operators: quorum(),
        treasury,
        refunders,
        verifiers: list(vec![enrolled(b"verifier", ed25519(0x6a))]),
        rate_signers: list(vec![enrolled(b"rates", ed25519(0x6b))]),
        reporters: list(vec![enrolled(b"reporter", ed25519(0x73))]),
        credit_waiting_days: 0x7475,
        credit_window_days: 0x7677,
        boxes: list(vec![EnrolledBox {
            kind: BoxKind::Meter,
            id: BoxId(0x6c6d),
            enrolment: [0x6e; 32],
            channel: ed25519(0x6f),
        }]),
        servers: list(vec![enrolled(b"server", ed25519(0x70))]),
        vendor_key_check: Digest([0x71; 32]),
        postal_key_check: Digest([0x72; 32]),
    }
}

/// Every vector, in the order of the file.
pub(super) fn all() -> Vec<Vector> {
    let mut all = vec![
        vector("Payload", &payload()),
        vector("MeterRecord", &meter_record()),
        vector("Limits", &limits()),
        vector("UserRecord", &user_record()),
        vector("UserOrder", &user_order()),
        vector("ApiKeyRecord", &api_key_record()),
        vector("AuthRecord.User", &AuthRecord::User(user_record())),
        vector("AuthRecord.Key", &AuthRecord::Key(api_key_record())),
        vector("ChainRecord", &chain_record()),
        vector("Sealed.MeterRecord", &sealed(meter_record())),
        vector(
            "Sealed.AuthRecord.User",
            &sealed(AuthRecord::User(user_record())),
        ),
        vector(
            "Sealed.AuthRecord.Key",
            &sealed(AuthRecord::Key(api_key_record())),
        ),
        vector("Sealed.ChainRecord", &sealed(chain_record())),
        vector("ChainEntry", &chain_entry()),
        vector("ItemRecord", &item_record()),
        vector("Decision", &decision()),
        vector("Signed.Decision", &signed(decision())),
        vector("Checkpoint", &checkpoint()),
        vector("Sums", &checkpoint().sums),
        vector("Signed.Checkpoint", &signed(checkpoint())),
        vector("StaleStatement", &stale_statement()),
        vector("Signed.StaleStatement", &signed(stale_statement())),
        vector("StatusReport", &status_report()),
        vector("LicenceApplication", &licence_application()),
        vector("Signed.LicenceApplication", &signed(licence_application())),
        vector("LicenceDetails", &licence_details()),
        vector("LicenceRefusal", &licence_refusal()),
        vector(
            "MultiSigned.LicenceRefusal",
            &multi_signed(licence_refusal()),
        ),
        vector("CreditEvidence", &credit_evidence()),
        vector(
            "MultiSigned.CreditEvidence",
            &multi_signed(credit_evidence()),
        ),
        vector("CreditApproval", &credit_approval()),
        vector("ItemCredit", &item_credit()),
        vector("CreditedPiece", &credited_list().pieces()[0]),
        vector("CreditedList", &credited_list()),
        vector("CreditedItem", &credited_item()),
        vector("Authority", &authority()),
        vector("Sealed.Authority", &sealed(authority())),
        vector("OwnSignature", &own_signature()),
        vector("OrderStatement", &order_statement()),
        vector("UserStatement", &user_statement()),
        vector("Challenge", &challenge()),
        vector("Sealed.Challenge", &sealed(challenge())),
        vector("LogInStatement", &log_in_statement()),
        vector("KeyStatement", &key_statement()),
        vector("IssuingCertificate", &certificate(ed25519(0x15))),
        vector("IssuingCertificate.P256", &certificate(p256(0x15))),
        vector("EpochDescriptor", &epoch_descriptor()),
        vector("EpochOpening", &epoch_opening()),
        vector("Signed.EpochOpening", &signed(epoch_opening())),
        vector("PackageName", &epoch_opening().packages.as_slice()[0]),
        vector("ManufactureReceipt", &manufacture_receipt()),
        vector("Signed.ManufactureReceipt", &signed(manufacture_receipt())),
        vector("PackBody", &pack_body()),
        vector("VoidEntry", &pack_body().voids.as_slice()[0]),
        vector("Signed.PackBody", &signed(pack_body())),
        vector("AcceptanceScan", &acceptance_scan()),
        vector("Signed.AcceptanceScan", &signed(acceptance_scan())),
        vector("DailyRow", &daily_row(0x31)),
        vector("DailyTotals", &daily_totals()),
        vector("Signed.DailyTotals", &signed(daily_totals())),
        vector("Quorum", &quorum()),
        vector("EnrolledKey", &quorum().keys()[0]),
        vector("EnrolledBox", &transcript_body().boxes.as_slice()[0]),
        vector("TranscriptBody", &transcript_body()),
        vector("Signed.TranscriptBody", &signed(transcript_body())),
        vector("Summary", &summary()),
        vector("Reissue", &reissue()),
        vector("MultiSigned.Act", &multi_signed(act(ActBody::Activate))),
    ];
    let kinds: Vec<ActKind> = acts().iter().map(|(_, body)| body.kind()).collect();
    assert_eq!(kinds, ActKind::ALL, "each kind of act has its vector");
    all.extend(
        acts()
            .into_iter()
            .map(|(name, body)| vector(name, &act(body))),
    );
    all
}
