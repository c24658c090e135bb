//! Money, serials, ids, subjects, days, keys and quorums.

use item::{
    AccountId, Bytes, Counter, Day, Digest, EnrolledKey, Epoch, KeyId, LayoutError, MeterSerial,
    Mills, PublicKey, Quorum, ShortDigest, Subject, Suite, UserId,
};

#[test]
fn money_neither_wraps_nor_goes_below_nothing() {
    let plus = |a, b| Mills(a).plus(Mills(b));
    let minus = |a, b| Mills(a).minus(Mills(b));
    assert_eq!(plus(740, 240), Some(Mills(980)));
    assert_eq!(plus(u64::MAX, 0), Some(Mills(u64::MAX)));
    assert_eq!(plus(u64::MAX, 1), None);
    assert_eq!(minus(740, 240), Some(Mills(500)));
    assert_eq!(minus(740, 740), Some(Mills::ZERO));
    assert_eq!(minus(740, 741), None);
}

#[test]
fn money_is_written_with_three_decimals() {
    for (mills, text) in [
        (0, "0.000"),
        (40, "0.040"),
        (740, "0.740"),
        (1_234_005, "1234.005"),
    ] {
        assert_eq!(Mills(mills).to_string(), text);
    }
}

#[test]
fn a_counter_ends_and_never_starts_again() {
    assert_eq!(Counter(7).next(), Some(Counter(8)));
    assert_eq!(Counter(u64::MAX).next(), None);
}

#[test]
fn a_subject_is_told_from_every_other() {
    let serial = MeterSerial(0x0403_0201);
    let subject = serial.subject();
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&[1, 2, 3, 4]);
    assert_eq!(subject, Subject(bytes));
    assert_eq!(MeterSerial::of_subject(&subject), Some(serial));
    for place in 4..16 {
        let mut other = bytes;
        other[place] = 1;
        assert_eq!(MeterSerial::of_subject(&Subject(other)), None, "{place}");
    }
    assert_eq!(UserId([9; 16]).subject(), Subject([9; 16]));
    assert_eq!(AccountId([7; 16]).subject(), Subject([7; 16]));
}

#[test]
fn a_serial_is_printed_with_ten_digits() {
    assert_eq!(MeterSerial(1_000_001).to_string(), "0001000001");
}

#[test]
fn an_id_in_hex_has_every_digit() {
    let id = KeyId([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
    assert_eq!(id.to_string(), "0123456789abcdef");
    assert_eq!(KeyId::from_hex("0123456789abcdef"), Some(id));
    assert_eq!(KeyId::from_hex("012345678/abcdef"), None);
    assert_eq!(KeyId::from_hex("012345678:abcdef"), None);
    assert_eq!(KeyId::from_hex("0123456789`bcdef"), None);
}

#[test]
fn a_short_digest_is_the_first_half() {
    let mut bytes = [0; 32];
    (0u8..).zip(&mut bytes).for_each(|(n, byte)| *byte = n);
    let half = std::array::from_fn(|n| bytes[n]);
    assert_eq!(Digest(bytes).short(), ShortDigest(half));
}

#[test]
fn a_day_knows_its_month_and_its_writing() {
    let day = Day::from_decimal(20_261_103).unwrap();
    assert_eq!(day.month(), Epoch(202_611));
    assert_eq!(day.to_string(), "2026-11-03");
    assert_eq!(Day::NONE.month(), Epoch(0));
}

#[test]
fn a_key_has_the_length_of_its_suite() {
    for (suite, length) in [(Suite::Ed25519, 32), (Suite::P256, 65)] {
        let bytes: Vec<u8> = (0..length).collect();
        let key = PublicKey::new(suite, &bytes).unwrap();
        assert_eq!((key.suite(), key.bytes()), (suite, &bytes[..]));
        let short = PublicKey::new(suite, &bytes[1..]);
        assert_eq!(short, Err(LayoutError::Range("public key")));
    }
}

#[test]
fn a_quorum_says_how_many_of_whom_must_sign() {
    let keys: Vec<_> = (1..=3u8)
        .map(|n| EnrolledKey {
            name: Bytes::new(vec![n]).unwrap(),
            key: PublicKey::new(Suite::Ed25519, &[n; 32]).unwrap(),
        })
        .collect();
    for threshold in 1..=3 {
        let quorum = Quorum::new(threshold, keys.clone()).unwrap();
        assert_eq!(quorum.threshold(), usize::from(threshold));
        assert_eq!(quorum.keys(), keys);
    }
}
