//! Golden vectors of the channel: `formats/wire.hex`, `formats/refusals.txt`. Bless with
//! `cargo xtask vectors`.

#[path = "../../item/src/golden/readme.rs"]
mod readme;
mod samples;
#[path = "../../item/src/golden/vectors.rs"]
mod vectors;

use crate::*;
use item::{Layout, LayoutError};
use readme::{assert_codes, assert_documented};
use vectors::{assert_golden, assert_strict, assert_text};

const HEAD: &str = "\
# One vector a line: name, then the encoding in hex. Byte-level specification: README.md.
# Made from boxes/wire/src/golden by `cargo xtask vectors`; signatures and MACs are filler bytes.
";

const REFUSALS_HEAD: &str = "\
# Every reason of a box to say no: number, name, when to try again, whether it is an alarm.
# Where several hold, the first of the list is given. Made by `cargo xtask vectors`.
";

#[test]
fn golden_wire_vectors_are_those_of_the_file() {
    assert_golden("wire.hex", HEAD, &samples::all());
}

#[test]
fn golden_wire_layouts_have_one_encoding_per_value() {
    samples::all().iter().for_each(assert_strict);
}

fn retry_name(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "never",
        Retry::Later => "later",
        Retry::AfterLookUp => "after-look-up",
        Retry::AfterSignOn => "after-sign-on",
        Retry::AfterAct => "after-act",
    }
}

#[test]
fn golden_refusals_are_those_of_the_file_in_order_of_precedence() {
    let mut text = REFUSALS_HEAD.to_owned();
    for code in RefusalCode::ALL {
        let retry = retry_name(code.retry());
        let alarm = if code.is_alarm() { "alarm" } else { "-" };
        let line = format!("{} {} {retry} {alarm}\n", code.code(), code.name());
        text.push_str(&line);
    }
    assert_text("refusals.txt", &text);
    let numbers: Vec<u16> = RefusalCode::ALL.iter().map(|code| code.code()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn golden_frame_is_length_correlation_body() {
    let frame = Frame {
        correlation: 0x0102_0304_0506_0708,
        body: b"body".to_vec(),
    };
    let bytes = frame.to_channel(4).unwrap();
    assert_eq!(bytes, *b"\x0c\0\0\0\x08\x07\x06\x05\x04\x03\x02\x01body");
    assert_eq!(frame.to_channel(3), Err(LayoutError::TooLong("frame")));
    let header = bytes[..12].try_into().unwrap();
    assert_eq!(frame_length(header, 4), Ok((0x0102_0304_0506_0708, 4)));
    assert_eq!(frame_length(header, 3), Err(LayoutError::TooLong("frame")));
    let mut short = *header;
    short[0] = 7;
    let outcome = frame_length(&short, limits::FRAME_MAX);
    assert_eq!(outcome, Err(LayoutError::Range("frame length")));
    let outcome = frame_length(&[0xff; 12], limits::FRAME_MAX);
    assert_eq!(outcome, Err(LayoutError::TooLong("frame")));
}

#[test]
fn golden_password_is_text_and_never_shown() {
    let password = Password::new("correct horse".to_owned()).unwrap();
    assert_eq!(format!("{password:?}"), "Password(..)");
    let outcome = Password::from_bytes(&[1, 0, 0, 0, 0xff]);
    assert_eq!(outcome, Err(LayoutError::Range("password")));
    assert!(Password::new("x".repeat(513)).is_err());
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
        Entry Acknowledgement Delivery Failure Status Refusal SignUp LogIn PasswordChange
        SessionProof SignedOn AddUser SetUser Renewal AuthSecret Dispense Order ItemSpec
        TokenQuery TokenCheck Append Allocate PackRequest ItemCreditRequest PageRequest
        ReissueRequest Page Memory EpochPackage OpenedEpoch SealedPackage AddKey RollKey KeyQuery
        BeginRecovery FinishRecovery SetSigningKey KeyLogIn
    }
}

/// Vectors are named `Enum.Variant`, and a third word for a second of one variant: the byte in the
/// document is the first of the vector, and every variant has one.
#[test]
fn golden_readme_has_every_variant() {
    let vectors = samples::all();
    for name in [
        "Request",
        "Reply",
        "Outcome",
        "AuthRequest",
        "AuthQuery",
        "MeterRequest",
        "MeterQuery",
        "ChainRequest",
        "KeysRequest",
        "KeysAnswer",
    ] {
        let mut variants: Vec<(u64, String)> = vectors
            .iter()
            .filter_map(|vector| {
                let variant = vector.name.strip_prefix(name)?.strip_prefix('.')?;
                let first = variant.split('.').next()?;
                Some((vector.bytes[0].into(), first.to_owned()))
            })
            .collect();
        variants.sort();
        variants.dedup();
        assert_codes(name, variants.into_iter());
    }
}
