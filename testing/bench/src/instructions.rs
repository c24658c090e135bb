//! Instructions of a dispense in the box's core and the codecs: a figure that a busy machine does not
//! change, kept in a file, so that a slow step is seen when it is made.
//!
//! Two runs of different length under `valgrind --tool=callgrind`: their difference is free of whatever
//! happens once. It counts one processor's instructions of the paths that the libraries take under
//! valgrind, which knows no AVX-512: figures for comparing with themselves, not times.

use crate::site::{Site, Size};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name, items of a batch, batches of the short and the long run.
const MEASURED: [(&str, u32, u32, u32); 2] =
    [("dispense_1", 1, 50, 150), ("dispense_1000", 1_000, 2, 4)];
/// Part by which a figure may differ from the kept one: random numbers and addresses take their share.
const TOLERANCE: f64 = 0.03;

/// Measures, and compares with the file, or rewrites it.
///
/// # Errors
/// In words, also if a figure is out of tolerance.
pub async fn instructions(kept: &Path, bless: bool) -> Result<()> {
    let mut site = Site::new(Size {
        customers: 1,
        meters: 1,
        items: 0,
    })
    .await?;
    site.house.stop();
    let folder = site.house.folder().to_owned();
    let mut found = BTreeMap::new();
    for (name, items, short, long) in MEASURED {
        eprintln!("{name}");
        let few = count(&folder, short, items)?;
        let many = count(&folder, long, items)?;
        let each = many.saturating_sub(few) / u64::from((long - short) * items);
        found.insert(name, each);
    }
    if bless {
        let mut text =
            "# Instructions an item. `cargo xtask bench --instructions --bless`\n".to_owned();
        for (name, each) in &found {
            writeln!(text, "{name} {each}")?;
        }
        return std::fs::write(kept, text).with_context(|| kept.display().to_string());
    }
    let before = std::fs::read_to_string(kept).with_context(|| kept.display().to_string())?;
    let mut out = Vec::new();
    for (name, each) in found {
        let was: f64 = before
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .with_context(|| format!("{name} is not in {}", kept.display()))?;
        let change = each as f64 / was - 1.0;
        println!(
            "{name:<16} {each:>9} instructions an item, {:+.1} % of what is kept",
            change * 100.0
        );
        if change.abs() > TOLERANCE {
            out.push(name);
        }
    }
    if !out.is_empty() {
        bail!("{out:?} changed: find out why, then `cargo xtask bench --instructions --bless`");
    }
    Ok(())
}

/// Instructions of one run.
fn count(folder: &Path, batches: u32, items: u32) -> Result<u64> {
    let place = tempfile::tempdir()?;
    let copy = place.path().join("house");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(folder)
        .arg(&copy)
        .status()?;
    if !copied.success() {
        bail!("{} can not be copied", folder.display());
    }
    let report = place.path().join("callgrind.out");
    let ran = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(program()?)
        .arg(&copy)
        .args([loader::FIRST_SERIAL, batches, items].map(|number| number.to_string()))
        .output()
        .context("valgrind is not installed: apt-get install valgrind")?;
    if !ran.status.success() {
        bail!("under valgrind: {}", String::from_utf8_lossy(&ran.stderr));
    }
    std::fs::read_to_string(&report)?
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
        .context("callgrind says no total")
}

/// The program beside this one.
fn program() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().context("a folder")?;
    Ok(folder.join("indicia-bench-cores"))
}
