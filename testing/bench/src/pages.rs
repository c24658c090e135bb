//! Printing a batch: pages a second of one PDF, on one core, and what it does to memory. Not here:
//! an installation; printing needs none. Called by `plan`.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result, bail};
use print::{PdfWriter, Piece, Setup, Stock};

use crate::now;
use crate::report::Figures;

/// Its name. The pages of a long run; with `--quick` there are a tenth.
pub(crate) const NAME: &str = "pdf_10k";
const PAGES: u32 = 10_000;
/// How this program is started again: peak memory is a process's own, and here nothing else is in it.
pub const ALONE: &str = "INDICIA_BENCH_PAGES";

/// Measures in a process of its own, which has done nothing else.
///
/// # Errors
/// When it can not be started or printing fails.
pub(crate) fn measure(quick: bool) -> Result<Figures> {
    let pages = if quick { PAGES / 10 } else { PAGES };
    let output = Command::new(std::env::current_exe()?)
        .env(ALONE, pages.to_string())
        .output()?;
    if !output.status.success() {
        bail!("{NAME}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || {
        numbers
            .next()
            .context("too few figures")?
            .context("a figure")
    };
    let (seconds, grown, peak) = (next()?, next()?, next()?);
    Ok(Figures {
        name: NAME.to_owned(),
        rate_per_s: f64::from(pages) / seconds,
        bytes_per_item: Some(grown / f64::from(pages)),
        cpu_s_by_process: BTreeMap::from([("print".to_owned(), seconds)]),
        peak_rss_mib_by_process: BTreeMap::from([("print".to_owned(), peak / 1_048_576.0)]),
        ..Figures::default()
    })
}

/// What that process does: prints, then says seconds, bytes that its memory grew by after the first
/// page, and bytes at its peak.
///
/// # Errors
/// When printing fails.
pub fn alone(pages: u32) -> Result<()> {
    let setup = Setup::new(Stock::bundled("envelope-10")?);
    let mut writer = PdfWriter::new(std::io::sink(), setup)?;
    writer.add(&piece(0))?;
    let before = peak_bytes()?;
    let start = now();
    for number in 1..pages {
        writer.add(&piece(number))?;
    }
    writer.finish()?.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_bytes()?;
    println!("{seconds} {} {peak}", peak - before);
    Ok(())
}

/// The most memory that this process ever had.
fn peak_bytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = number.context("no VmHWM in /proc/self/status")?.parse()?;
    Ok(kib * 1_024.0)
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
        return_address: vec!["Sender".to_owned(), "1315 10th Street".to_owned()],
        recipient: vec![
            format!("RESIDENT {}", u32::from(next()) * 7_919),
            format!("{} NORTH MAIN STREET APT {}", number + 1, next()),
            format!("AUSTIN TX 787{:02}-{:04}", next() % 100, number % 10_000),
        ],
        fim: None,
        imb: None,
        package: None,
    }
}
