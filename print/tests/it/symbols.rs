//! The symbol gives back exactly the bytes that it was made of.

use print::limits::{PAYLOAD_BYTES_MAX, SYMBOL_MODULES};
use print::{PrintError, Symbol};
use proptest::prelude::*;

use crate::PAYLOAD_BYTES;

fn decode(symbol: &Symbol) -> Vec<u8> {
    let modules: Vec<bool> = symbol.modules().iter().flatten().copied().collect();
    datamatrix::DataMatrix::decode(&modules, SYMBOL_MODULES).expect("our own symbol is readable")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn symbol_is_byte_exact(payload in prop::collection::vec(any::<u8>(), PAYLOAD_BYTES)) {
        prop_assert_eq!(decode(&Symbol::from_payload(&payload)?), payload);
    }

    #[test]
    fn symbol_is_byte_exact_at_every_length(
        payload in prop::collection::vec(any::<u8>(), 1..=PAYLOAD_BYTES_MAX),
    ) {
        prop_assert_eq!(decode(&Symbol::from_payload(&payload)?), payload);
    }

    #[test]
    fn blocks_cover_each_dark_module_once(
        payload in prop::collection::vec(any::<u8>(), PAYLOAD_BYTES),
    ) {
        let symbol = Symbol::from_payload(&payload)?;
        let mut covered = [[0; SYMBOL_MODULES]; SYMBOL_MODULES];
        for block in symbol.blocks() {
            for line in &mut covered[block.row..block.row + block.rows] {
                for count in &mut line[block.column..block.column + block.columns] {
                    *count += 1;
                }
            }
        }
        for (counts, modules) in covered.iter().zip(symbol.modules()) {
            for (count, dark) in counts.iter().zip(modules) {
                prop_assert_eq!(*count, i32::from(*dark));
            }
        }
    }
}

#[test]
fn constant_and_text_like_payloads_are_byte_exact() {
    // Text and digits would be packed otherwise by an encoder left free to choose; the macro
    // header would become one codeword.
    let macro_like = b"[)>\x1e05\x1dABC\x1e\x04".to_vec();
    let constant = [0x00, 0x01, 0x7f, 0x80, 0xff, b'0', b'A', 0x1d].map(|b| vec![b; PAYLOAD_BYTES]);
    for payload in constant.into_iter().chain([macro_like]) {
        let symbol = Symbol::from_payload(&payload).expect("fits");
        assert_eq!(decode(&symbol), payload);
    }
}

#[test]
fn empty_and_too_long_payloads_are_refused() {
    for bytes in [0, PAYLOAD_BYTES_MAX + 1, 5_000] {
        let refused = Symbol::from_payload(&vec![7; bytes]);
        assert_eq!(refused, Err(PrintError::PayloadLength { bytes }));
    }
}
