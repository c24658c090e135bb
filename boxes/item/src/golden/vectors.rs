//! What is asked of every golden vector. Used by the golden tests of `item` and, through its path,
//! of `wire`: crates of boxes/ share no test code with the rest of the house.

use super::{Layout, LayoutError};
use std::fmt::Debug;
use std::fmt::Write as _;
use std::path::PathBuf;

/// One value of one layout, encoded.
pub(super) struct Vector {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Decodes, and encodes what was decoded.
    again: fn(&[u8]) -> Result<Vec<u8>, LayoutError>,
}

/// A vector of a value that comes back from its bytes.
pub(super) fn vector<T: Layout + PartialEq + Debug>(name: &'static str, value: &T) -> Vector {
    let bytes = value.to_bytes();
    let decoded = T::from_bytes(&bytes);
    assert_eq!(decoded.as_ref(), Ok(value), "{name}");
    Vector {
        name,
        bytes,
        again: |bytes| T::from_bytes(bytes).map(|value| value.to_bytes()),
    }
}

/// A file of formats/.
pub(super) fn place(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../formats")
        .join(file)
}

/// Compares a text with its golden file, or writes it there under `INDICIA_BLESS`.
pub(super) fn assert_text(file: &str, made: &str) {
    let path = place(file);
    if std::env::var_os("INDICIA_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (old, new)) in kept.lines().zip(made.lines()).enumerate() {
        assert_eq!(old, new, "formats/{file}:{}", number + 1);
    }
    assert_eq!(kept.len(), made.len(), "formats/{file}: lines are missing");
}

/// Compares the vectors with their file, and decodes what the file holds.
pub(super) fn assert_golden(file: &str, head: &str, vectors: &[Vector]) {
    let mut text = head.to_owned();
    for (position, vector) in vectors.iter().enumerate() {
        let name = vector.name;
        let named_before = vectors[..position].iter().any(|v| v.name == name);
        assert!(!named_before, "two vectors are named {name}");
        text.push_str(name);
        text.push(' ');
        for byte in &vector.bytes {
            write!(text, "{byte:02x}").unwrap();
        }
        text.push('\n');
    }
    assert_text(file, &text);
}

/// Every truncation is refused, so is a byte too much, and whatever else decodes after a change
/// encodes to exactly the changed bytes: no two byte strings stand for one value.
pub(super) fn assert_strict(vector: &Vector) {
    let Vector { name, bytes, again } = vector;
    assert_eq!(again(bytes).as_ref(), Ok(bytes), "{name}");
    for end in 0..bytes.len() {
        let outcome = again(&bytes[..end]);
        assert!(outcome.is_err(), "{name}: the first {end} bytes decode");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(again(&longer), Err(LayoutError::Trailing), "{name}");
    let one_encoding = |changed: &[u8], what: &str| {
        if let Ok(encoded) = again(changed) {
            assert_eq!(encoded, changed, "{name}: {what}");
        }
    };
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            changed[at] = bytes[at] ^ mask;
            one_encoding(&changed, &format!("byte {at} ^ {mask}"));
        }
        changed.remove(at);
        one_encoding(&changed, &format!("without byte {at}"));
        changed.insert(at, bytes[at]);
        changed.insert(at, 0);
        one_encoding(&changed, &format!("zero before byte {at}"));
    }
}
