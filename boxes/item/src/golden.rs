//! Golden vectors of every layout: `formats/item.hex`. Bless with `cargo xtask vectors`.
//!
//! The sample values are in `samples`, what is asked of every vector is in `vectors` (the golden
//! test of `wire` asks the same), and `readme` keeps `formats/README.md` in step with the code.

mod payload;
mod readme;
mod samples;
mod vectors;

use crate::*;
use readme::{assert_codes, assert_documented};
use vectors::{assert_golden, assert_strict};

const FILE: &str = "item.hex";
const HEAD: &str = "\
# One vector a line: name, then the encoding in hex. Byte-level specification: README.md.
# Made from boxes/item/src/golden by `cargo xtask vectors`; signatures and MACs are filler bytes.
";

#[test]
fn golden_item_vectors_are_those_of_the_file() {
    assert_golden(FILE, HEAD, &samples::all());
}

#[test]
fn golden_item_layouts_have_one_encoding_per_value() {
    samples::all().iter().for_each(assert_strict);
}

#[test]
fn golden_every_number_of_a_code_is_its_own() {
    for (position, kind) in DecisionKind::ALL.iter().enumerate() {
        assert_eq!(DecisionKind::from_bytes(&[kind.code()]), Ok(*kind));
        assert!(!DecisionKind::ALL[..position].contains(kind));
    }
    let known = (0..=u8::MAX).filter(|n| DecisionKind::from_bytes(&[*n]).is_ok());
    assert_eq!(known.count(), DecisionKind::ALL.len());
}

#[test]
fn golden_reserved_bits_are_refused() {
    assert_eq!(
        Rights::from_bytes(&16u32.to_le_bytes()),
        Err(LayoutError::Range("rights"))
    );
    assert_eq!(
        Suspension::from_bytes(&128u16.to_le_bytes()),
        Err(LayoutError::Range("suspension"))
    );
    assert_eq!(bool::from_bytes(&[2]), Err(LayoutError::Range("flag")));
}

#[test]
fn golden_signatures_have_one_order() {
    let signed = |ids: &[u8]| MultiSigned {
        body: 7u32,
        signatures: List::new(ids.iter().map(|n| (KeyId([*n; 8]), [*n; 64])).collect()).unwrap(),
    };
    let read = |ids: &[u8]| MultiSigned::<u32>::from_bytes(&signed(ids).to_bytes());
    assert_eq!(read(&[1, 2, 3]), Ok(signed(&[1, 2, 3])));
    for ids in [&[2, 1][..], &[1, 1], &[1, 3, 2]] {
        assert_eq!(read(ids), Err(LayoutError::Range("order of signatures")));
    }
}

#[test]
fn golden_a_quorum_is_of_different_keys_and_can_be_reached() {
    let keys = samples::quorum().keys().to_vec();
    let twice = vec![keys[0].clone(), keys[0].clone()];
    for (threshold, keys) in [
        (0, keys.clone()),
        (3, keys.clone()),
        (1, vec![]),
        (1, twice),
    ] {
        let mut bytes = vec![threshold];
        List::<_, 16>::new(keys.clone()).unwrap().put(&mut bytes);
        assert!(Quorum::new(threshold, keys).is_err());
        assert_eq!(
            Quorum::from_bytes(&bytes),
            Err(LayoutError::Range("quorum"))
        );
    }
}

#[test]
fn golden_each_record_is_about_what_it_names() {
    let meter = samples::meter_record();
    assert_eq!(meter.subject(), meter.serial.subject());
    let user = samples::user_record();
    assert_eq!(user.subject(), user.user.subject());
    let key = samples::api_key_record();
    assert_eq!(key.subject(), key.key.subject());
    let chain = samples::chain_record();
    assert_eq!(chain.subject(), chain.account.subject());
}

#[test]
fn golden_balance_refunds_are_what_v2_leaves() {
    let refunds = |deposits, credits, ascending, descending| {
        let mut record = samples::meter_record();
        record.deposits = Mills(deposits);
        record.item_credits = Mills(credits);
        record.ascending = Mills(ascending);
        record.descending = Mills(descending);
        record.balance_refunds()
    };
    assert_eq!(refunds(100, 5, 20, 70), Some(Mills(15)));
    assert_eq!(refunds(100, 0, 30, 70), Some(Mills::ZERO));
    assert_eq!(refunds(100, 0, 31, 70), None);
    assert_eq!(refunds(u64::MAX, 1, 0, 0), None);
    assert_eq!(refunds(0, 0, u64::MAX, 1), None);
}

#[test]
fn golden_a_hostile_count_reserves_nothing() {
    let claimed = 1_000_000u32.to_le_bytes();
    assert_eq!(
        List::<u64, 1_000_000>::from_bytes(&claimed),
        Err(LayoutError::Truncated)
    );
    assert_eq!(
        List::<u64, 999_999>::from_bytes(&claimed),
        Err(LayoutError::TooLong("counted field"))
    );
}

#[test]
fn golden_readme_has_every_layout_as_it_is() {
    let vectors = samples::all();
    macro_rules! documented {
        ($($name:ident)*) => {
            $(assert_documented(stringify!($name), $name::FIELDS, &vectors);)*
        };
    }
    documented! {
        MeterRecord Limits UserRecord UserOrder ApiKeyRecord ChainRecord ChainEntry ItemRecord Authority Decision
        Checkpoint Sums StaleStatement ManufactureReceipt Act CreditEvidence AcceptanceScan
        CreditApproval ItemCredit CreditedPiece CreditedItem
        IssuingCertificate EpochDescriptor EpochOpening PackageName PackBody VoidEntry TranscriptBody
        EnrolledKey EnrolledBox Summary Reissue LicenceApplication LicenceDetails LicenceRefusal
        StatusReport DailyRow DailyTotals
        OwnSignature OrderStatement UserStatement Challenge LogInStatement KeyStatement
    }
    let fields = payload::TABLE.map(|(_, name, _)| name);
    assert_documented("Payload", &fields, &vectors);
}

#[test]
fn golden_readme_has_every_code() {
    macro_rules! documented {
        ($($name:ident)*) => {$({
            let codes = $name::ALL.iter().map(|c| (u64::from(c.code()), c.name().to_owned()));
            assert_codes(stringify!($name), codes);
        })*};
    }
    documented! {
        Suite BoxKind KeyUsage ItemKind MeterState EventKind DecisionKind EvidenceKind ActKind
    }
}
