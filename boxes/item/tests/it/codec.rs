//! The building blocks that no layout of this crate shows in all their forms.

use item::{
    Ascii, Bytes, Digest, KeyId, Layout, LayoutError, List, MultiSigned, Reader, Sealed, Signed,
};

#[test]
fn a_flag_is_zero_or_one() {
    for (value, byte) in [(false, 0), (true, 1)] {
        assert_eq!(value.to_bytes(), [byte]);
        assert_eq!(bool::from_bytes(&[byte]), Ok(value));
    }
}

#[test]
fn what_is_absent_is_a_zero_and_what_is_there_stands_behind_a_one() {
    for (value, bytes) in [(None, &[0][..]), (Some(0x0201u16), &[1, 1, 2])] {
        assert_eq!(value.to_bytes(), bytes);
        assert_eq!(Option::<u16>::from_bytes(bytes), Ok(value));
    }
    let wrong = Option::<u16>::from_bytes(&[2, 1, 2]);
    assert_eq!(wrong, Err(LayoutError::Range("flag")));
    let wrong = Option::<u16>::from_bytes(&[0, 1, 2]);
    assert_eq!(wrong, Err(LayoutError::Trailing));
}

#[test]
fn a_reader_says_what_is_left() {
    let mut reader = Reader::new(&[1, 2, 3, 4, 5]);
    assert_eq!(reader.left(), 5);
    assert_eq!(reader.take(2), Ok(&[1, 2][..]));
    assert_eq!(reader.left(), 3);
    assert_eq!(reader.take(4), Err(LayoutError::Truncated));
    assert_eq!(reader.array::<4>(), Err(LayoutError::Truncated));
    assert_eq!(reader.left(), 3, "a read that fails takes nothing");
    assert_eq!(reader.array(), Ok([3, 4, 5]));
    assert_eq!(reader.left(), 0);
    assert_eq!(reader.end(), Ok(()));
}

#[test]
fn bytes_come_out_as_they_went_in() {
    let bytes = Bytes::<3>::new(vec![7, 8, 9]).unwrap();
    assert_eq!(bytes.as_slice(), [7, 8, 9]);
    assert!(!bytes.is_empty());
    assert_eq!(bytes.into_vec(), [7, 8, 9]);
    assert!(Bytes::<3>::default().is_empty());
    let longer = Bytes::<3>::new(vec![0; 4]);
    assert_eq!(longer, Err(LayoutError::TooLong("bytes")));
}

#[test]
fn text_is_printable_ascii() {
    assert_eq!(Ascii::new(*b" ~").unwrap().as_str(), " ~");
    for text in [[0x1f, b'A'], [b'A', 0x7f], [0xc3, 0xa4]] {
        assert_eq!(Ascii::new(text), None, "{text:?}");
    }
}

#[test]
fn what_is_written_for_debugging_tells_no_content_and_no_mac() {
    let bytes = Bytes::<9>::new(b"password".to_vec()).unwrap();
    assert_eq!(format!("{bytes:?}"), "Bytes(8 bytes)");
    let sealed = Sealed {
        body: 7u32,
        mac: [0xab; 32],
    };
    assert_eq!(format!("{sealed:?}"), "Sealed(7)");
}

/// Room and length of an encoding.
fn sizes(value: &impl Layout) -> (usize, usize) {
    (value.room(), value.to_bytes().len())
}

#[test]
fn an_encoding_is_as_long_as_the_room_made_for_it() {
    let digest = Digest([7; 32]);
    let digests = || List::<Digest, 3>::new(vec![digest; 3]).unwrap();
    let signatures = List::new(vec![(KeyId([1; 8]), [2; 64])]).unwrap();
    let all = [
        sizes(&7u64),
        sizes(&digest),
        sizes(&Some(digest)),
        sizes(&Bytes::<9>::new(vec![1; 9]).unwrap()),
        sizes(&digests()),
        sizes(&Signed {
            body: digests(),
            signature: [3; 64],
        }),
        sizes(&MultiSigned {
            body: digests(),
            signatures,
        }),
        sizes(&Sealed {
            body: digests(),
            mac: [4; 32],
        }),
    ];
    for (room, length) in all {
        assert_eq!(room, length);
    }
}
