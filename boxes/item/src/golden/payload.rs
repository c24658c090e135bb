//! The payload's offset table (protocol.md, "Postage payload"), byte by byte.

use super::samples::payload;
use crate::limits::{ASCENDING_MAX, DESCENDING_MAX};
use crate::payload::ROUTING_MAX;
use crate::{Day, Layout, LayoutError, Mills, Payload, Zip};

/// Offset, name, and the bytes that the sample has there.
pub(super) const TABLE: [(usize, &str, &[u8]); 22] = [
    (0, "version", &[0x80]),
    (1, "suite", &[1]),
    (2, "key", &[0x14, 0x13, 0x12, 0x11]),
    (6, "vendor", b"IN"),
    (8, "model", b"M1"),
    (10, "meter", &[0x24, 0x23, 0x22, 0x21]),
    (14, "ascending", &[0x35, 0x34, 0x33, 0x32, 0x31]),
    (19, "value", &[0x44, 0x43, 0x42, 0x41]),
    (23, "mailing_day", &[0x05, 0x29, 0x35, 0x01]),
    (27, "origin", &[0x46, 0x76, 0x01, 0x00]),
    (31, "destination", &[0x65, 0x64, 0x63, 0x62, 0x01]),
    (36, "descending", &[0x54, 0x53, 0x52, 0x51]),
    (40, "category", b"FCL "),
    (44, "kind", &[1]),
    (45, "specimen", &[1]),
    (46, "post", &[0x72, 0x71]),
    (48, "currency", &[0x48, 0x03]),
    (50, "piece_count", &[0x84, 0x83, 0x82, 0x81]),
    (54, "address_digest", &[0xa8; 8]),
    (62, "vendor_token", &[0xb6; 6]),
    (68, "postal_token", &[0xc6; 6]),
    (74, "signature", &[0xd4; 64]),
];

#[test]
fn golden_payload_has_138_bytes_at_their_offsets() {
    let bytes = payload().to_bytes();
    assert_eq!(bytes.len(), Payload::LENGTH);
    assert_eq!(Payload::LENGTH, 138);
    let mut end = 0;
    for (offset, name, expected) in TABLE {
        assert_eq!(offset, end, "{name} begins where the field before ends");
        end = offset + expected.len();
        assert_eq!(&bytes[offset..end], expected, "{name}");
    }
    assert_eq!(end, Payload::LENGTH);
    assert_eq!(Payload::TOKEN_MESSAGE, 62);
    assert_eq!(Payload::SIGNED_MESSAGE, 74);
}

#[test]
fn golden_payload_refuses_what_a_box_never_prints() {
    let changed = |change: &dyn Fn(&mut Payload)| {
        let mut value = payload();
        change(&mut value);
        Payload::from_bytes(&value.to_bytes())
    };
    let range = |what| Err(LayoutError::Range(what));
    assert_eq!(changed(&|p| p.origin = Zip(100_000)), range("origin"));
    assert_eq!(
        changed(&|p| p.mailing_day = Day::NONE),
        range("mailing date")
    );
    assert_eq!(changed(&|p| p.value = Mills(0)), range("registers"));
    assert_eq!(
        changed(&|p| p.ascending = Mills(p.value.0 - 1)),
        range("registers")
    );
    assert_eq!(changed(&|p| p.piece_count = 0), range("registers"));
    let mut bytes = payload().to_bytes();
    bytes[31..36].copy_from_slice(&(ROUTING_MAX + 1).to_le_bytes()[..5]);
    assert_eq!(Payload::from_bytes(&bytes), range("destination"));
    bytes[31..36].copy_from_slice(&ROUTING_MAX.to_le_bytes()[..5]);
    assert!(Payload::from_bytes(&bytes).is_ok());
    bytes[0] = 0x81;
    assert_eq!(Payload::from_bytes(&bytes), Err(LayoutError::Version(0x81)));
}

#[test]
fn golden_payload_of_a_meters_first_item_may_say_its_own_value_only() {
    let mut first = payload();
    first.ascending = first.value;
    first.piece_count = 1;
    first.origin = Zip(99_999);
    assert_eq!(Payload::from_bytes(&first.to_bytes()), Ok(first));
}

/// The routing integer of eleven nines, digit by digit (USPS-B-3200, 2.2).
#[test]
fn golden_payload_routes_to_every_delivery_point() {
    assert_eq!(ROUTING_MAX, 101_000_100_000);
}

#[test]
fn golden_payload_holds_its_widest_registers() {
    let mut value = payload();
    value.ascending = Mills(ASCENDING_MAX);
    value.descending = Mills(DESCENDING_MAX);
    value.value = Mills(DESCENDING_MAX);
    assert_eq!(Payload::from_bytes(&value.to_bytes()), Ok(value));
}

#[test]
fn golden_a_register_too_wide_is_cut_and_never_runs_over() {
    let mut value = payload();
    value.ascending = Mills(ASCENDING_MAX + 1);
    assert_eq!(value.to_bytes().len(), Payload::LENGTH);
    assert_ne!(Payload::from_bytes(&value.to_bytes()), Ok(value));
}
