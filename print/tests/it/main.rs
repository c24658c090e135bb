//! What a user of this crate sees: symbols, pages and images, read back by three readers.

mod foreign_readers;
mod label_printers;
mod pieces;
mod scan_pdfs;
mod scans;
mod stocks;
mod symbols;

use print::{Page, Piece, Setup, Stock};

/// Length of the payload that the indicium has.
const PAYLOAD_BYTES: usize = 138;

/// A payload with zeros and high bytes, different for each `seed`.
fn payload(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..PAYLOAD_BYTES)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if at % 11 == 0 { 0 } else { (state >> 24) as u8 }
        })
        .collect()
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn setup(stock: &str) -> Setup {
    Setup::new(Stock::bundled(stock).expect("stock"))
}

/// The #10 envelope of a piece.
fn page(piece: &Piece) -> Page {
    setup("envelope-10").page(piece).expect("fits")
}

/// A piece without addresses, as a sheet takes it.
fn bare(seed: u32) -> Piece {
    Piece {
        return_address: Vec::new(),
        recipient: Vec::new(),
        ..piece(seed)
    }
}

fn piece(seed: u32) -> Piece {
    Piece {
        payload: payload(seed),
        amount: "$0.740".to_owned(),
        mailing_date: "2026-11-21".to_owned(),
        class: "First-Class Letter".to_owned(),
        origin: "ORIGIN 95814".to_owned(),
        meter: "METER 0001000001".to_owned(),
        piece: format!("PIECE {seed}"),
        specimen: true,
        return_address: lines(&[
            "Indicia Demonstration",
            "1315 10th Street, Suite 200",
            "Sacramento CA 95814-4801",
        ]),
        recipient: lines(&[
            "OFFICE OF THE GOVERNOR",
            "TEXAS STATE CAPITOL",
            "1100 CONGRESS AVENUE",
            "AUSTIN TX 78701",
        ]),
        fim: None,
        imb: None,
        package: None,
    }
}
