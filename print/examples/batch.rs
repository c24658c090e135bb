//! Pages a second and memory a page: `cargo run --release -p indicia-print --example batch -- 10000`.
//! One core; the PDF goes nowhere, so that neither a disk nor its cache is measured.

use std::io::Write;

use print::{PdfWriter, Piece, Setup, Stock};

struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a measuring tool measures")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages: u32 = std::env::args().nth(1).map_or(Ok(10_000), |n| n.parse())?;
    let setup = Setup::new(Stock::bundled("envelope-10")?);
    let mut writer = PdfWriter::new(Count(0), setup)?;
    writer.add(&piece(0))?;
    let before = peak_kib();
    let start = std::time::Instant::now();
    for number in 1..pages {
        writer.add(&piece(number))?;
    }
    let file = writer.finish()?;
    let seconds = start.elapsed().as_secs_f64();
    let (pages, grown) = (f64::from(pages), peak_kib() - before);
    println!(
        "{:.0} pages/s, {:.2} kB memory a page ({:.1} MiB in all), {:.1} kB of file a page",
        pages / seconds,
        grown * 1.024 / pages,
        peak_kib() / 1024.0,
        file.0 as f64 / 1_000.0 / pages
    );
    Ok(())
}

/// The most memory that this process ever had.
fn peak_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// Everything that differs between real letters differs here.
fn piece(number: u32) -> Piece {
    let mut state = number.wrapping_add(1).wrapping_mul(2_654_435_761);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    Piece {
        payload: (0..138).map(|_| next()).collect(),
        amount: "$0.740".to_owned(),
        mailing_date: "2026-11-21".to_owned(),
        class: "First-Class Letter".to_owned(),
        origin: "ORIGIN 95814".to_owned(),
        meter: "METER 0001000001".to_owned(),
        piece: format!("PIECE {number}"),
        specimen: true,
        return_address: vec![
            "Indicia Demonstration".to_owned(),
            "1315 10th Street".to_owned(),
        ],
        recipient: vec![
            format!("RESIDENT {}", u32::from(next()) * 7919),
            format!("{} NORTH MAIN STREET APT {}", number + 1, next()),
            format!("AUSTIN TX 787{:02}-{:04}", next() % 100, number % 10_000),
        ],
        fim: None,
        imb: None,
        package: None,
    }
}
