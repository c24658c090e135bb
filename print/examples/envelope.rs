//! Prints one specimen envelope: `cargo run -p indicia-print --example envelope -- FOLDER`
//! writes envelope.pdf and envelope.png (300 dpi) there, then reads the image back.

use std::path::PathBuf;

use print::Envelope;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or("give a folder to write to")?,
    );
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let envelope = Envelope {
        payload: (0..138u8).map(|at| at.wrapping_mul(59)).collect(),
        amount: "$0.740".to_owned(),
        mailing_date: "2026-11-21".to_owned(),
        class: "First-Class Letter".to_owned(),
        origin: "ORIGIN 95814".to_owned(),
        meter: "METER 0001000001".to_owned(),
        piece: "PIECE 42".to_owned(),
        specimen: true,
        return_address: lines(&[
            "Indicia Demonstration",
            "1315 10th Street",
            "Sacramento CA 95814",
        ]),
        recipient: lines(&[
            "OFFICE OF THE GOVERNOR",
            "TEXAS STATE CAPITOL",
            "1100 CONGRESS AVENUE",
            "AUSTIN TX 78701",
        ]),
    };
    let image = print::png(&envelope, 300)?;
    std::fs::write(folder.join("envelope.png"), &image)?;
    std::fs::write(
        folder.join("envelope.pdf"),
        print::pdf(std::slice::from_ref(&envelope))?,
    )?;
    let payloads = print::read_png(&image)?;
    println!(
        "read back: {} payload, exact: {}",
        payloads.len(),
        payloads == [envelope.payload]
    );
    Ok(())
}
