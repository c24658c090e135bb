//! Debian's zint, an encoder that knows nothing of us: many values in one process, as bits.

use std::io::Write;
use std::process::{Command, Stdio};

/// The rows of the symbols of these values, each row as hexadecimal digits, in order.
pub(crate) fn rows(symbology: &str, options: &[&str], values: &[String]) -> Vec<String> {
    let mut process = Command::new("zint")
        .args(["-b", symbology, "--dump", "--batch", "-i", "/dev/stdin"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("zint is installed: apt-get install zint");
    let mut input = process.stdin.take().unwrap();
    let text: String = values.iter().map(|value| format!("{value}\n")).collect();
    // zint writes while it reads: both pipes would fill.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "zint: {:?}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().filter(|line| !line.trim().is_empty());
    rows.map(|line| line.replace(' ', "")).collect()
}

/// The bits of a row, first one first, four a digit; the last digit is filled with zeros.
pub(crate) fn bits(row: &str) -> impl Iterator<Item = bool> {
    let digits = row.chars().map(|digit| digit.to_digit(16).unwrap());
    digits.flat_map(|digit| (0..4).rev().map(move |bit| digit >> bit & 1 == 1))
}
