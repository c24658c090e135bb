//! The symbol: a Data Matrix ECC 200 (ISO/IEC 16022) of exactly 44x44 modules.
//! Not here: what the payload means, and where the symbol stands on a page.

use datamatrix::data::EncodationType;
use datamatrix::{DataMatrixBuilder, SymbolSize};

use crate::error::PrintError;
use crate::limits::{PAYLOAD_BYTES_MAX, SYMBOL_MODULES};

/// A 44x44 Data Matrix, finder and timing patterns included, quiet zone not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    modules: [[bool; SYMBOL_MODULES]; SYMBOL_MODULES],
}

/// A block of dark modules, in module units from the symbol's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First column.
    pub column: usize,
    /// First row.
    pub row: usize,
    /// Columns covered.
    pub columns: usize,
    /// Rows covered.
    pub rows: usize,
}

impl Symbol {
    /// Encodes `payload` byte for byte.
    ///
    /// The whole payload is one Base 256 run: no ECI, FNC1, macro or reader-programming codeword
    /// is ever written, so a reader gets these bytes and nothing else.
    ///
    /// # Errors
    /// [`PrintError::PayloadLength`] unless it has 1 to [`PAYLOAD_BYTES_MAX`] bytes.
    pub fn from_payload(payload: &[u8]) -> Result<Symbol, PrintError> {
        let refused = PrintError::PayloadLength {
            bytes: payload.len(),
        };
        if payload.is_empty() || payload.len() > PAYLOAD_BYTES_MAX {
            return Err(refused);
        }
        let code = DataMatrixBuilder::new()
            .with_encodation_types(EncodationType::Base256)
            .with_macros(false)
            .with_symbol_list(SymbolSize::Square44)
            .encode(payload)
            .map_err(|_| refused)?;
        let mut modules = [[false; SYMBOL_MODULES]; SYMBOL_MODULES];
        for (column, row) in code.bitmap().pixels() {
            modules[row][column] = true;
        }
        Ok(Symbol { modules })
    }

    /// The modules, row by row from the top; `true` is dark.
    #[must_use]
    pub fn modules(&self) -> &[[bool; SYMBOL_MODULES]; SYMBOL_MODULES] {
        &self.modules
    }

    /// The dark modules as few blocks that touch but never overlap: runs within a row, grown
    /// downwards while the row below has exactly the same run free.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut open = self.modules;
        let mut blocks = Vec::new();
        for row in 0..SYMBOL_MODULES {
            let mut column = 0;
            while column < SYMBOL_MODULES {
                let columns = open[row][column..].iter().take_while(|dark| **dark).count();
                if columns == 0 {
                    column += 1;
                    continue;
                }
                let run = column..column + columns;
                let rows = open[row..]
                    .iter()
                    .take_while(|line| line[run.clone()].iter().all(|dark| *dark))
                    .count();
                for line in &mut open[row..row + rows] {
                    line[run.clone()].fill(false);
                }
                blocks.push(Block {
                    column,
                    row,
                    columns,
                    rows,
                });
                column += columns;
            }
        }
        blocks
    }
}
