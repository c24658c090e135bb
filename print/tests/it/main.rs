//! What a user of this crate sees: symbols, pages and images, read back by three readers.

mod envelopes;
mod foreign_readers;
mod scans;
mod symbols;

use print::Envelope;

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

fn envelope(seed: u32) -> Envelope {
    Envelope {
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
    }
}
