//! Every printed symbol as others read it: pages rendered by pdftoppm, read by zxing-cpp, compared
//! with the payload that the database holds, byte for byte.
//!
//! `cargo xtask test` installs both (Debian poppler-utils, PyPI zxing-cpp).

use std::path::{Path, PathBuf};
use std::process::Command;

use item::{ItemRecord, Layout};
use serde_json::Value;

use crate::demo::{demonstrate, said};

/// The python that has zxing-cpp: `INDICIA_TEST_PYTHON`, or the workspace's own environment.
fn python() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    std::env::var_os("INDICIA_TEST_PYTHON").map_or(usual, PathBuf::from)
}

/// Payloads of all items in order of piece count, as hex.
fn recorded(folder: &Path) -> Vec<String> {
    let sql = e2e::rows::open(&folder.join("data/indicia.sqlite"));
    let mut rows = sql
        .prepare("SELECT item FROM items ORDER BY piece_count")
        .unwrap();
    rows.query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap()
        .map(|bytes| {
            let item = ItemRecord::from_bytes(&bytes.unwrap()).unwrap();
            assert_eq!(item.payload.as_slice().len(), 138);
            hex(item.payload.as_slice())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What zxing-cpp reads from each page.
fn read(pages: &[PathBuf]) -> Vec<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../print/tests/read_symbols.py");
    let mut command = Command::new(python());
    command.arg(script).args(pages);
    said(command)
        .lines()
        .map(|line| {
            let page: Value = serde_json::from_str(line).unwrap();
            let payloads = page["payloads"].as_array().unwrap();
            payloads
                .iter()
                .map(|text| text.as_str().unwrap().to_owned())
                .collect()
        })
        .collect()
}

/// All pages of a PDF as grey images, in page order.
fn render(pdf: &Path, folder: &Path, dpi: u32) -> Vec<PathBuf> {
    std::fs::create_dir(folder).unwrap();
    let mut command = Command::new("pdftoppm");
    command
        .args(["-gray", "-r", &dpi.to_string()])
        .arg(pdf)
        .arg(folder.join("page"));
    said(command);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

#[test]
fn zxing_reads_the_recorded_payload_from_every_page() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("demo");
    let told = demonstrate(&folder);
    let recorded = recorded(&folder);
    assert_eq!(recorded.len(), 50);
    let pdf = Path::new(told["pdf"][0].as_str().unwrap());
    let expected: Vec<Vec<String>> = recorded.iter().map(|one| vec![one.clone()]).collect();
    for dpi in [200, 300] {
        let images = place.path().join(format!("{dpi}"));
        assert_eq!(read(&render(pdf, &images, dpi)), expected, "at {dpi} dpi");
        std::fs::remove_dir_all(images).unwrap();
    }
    let pngs = ["first", "second"].map(|name| folder.join(format!("letters/{name}.png")));
    assert_eq!(read(&pngs), expected[..2], "the PNG files");
}
