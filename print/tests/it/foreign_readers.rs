//! The PDF as others see it: rendered by pdftoppm, read by our scanner and by zxing-cpp.
//! `cargo xtask test` installs both (Debian poppler-utils, PyPI zxing-cpp).

use std::path::{Path, PathBuf};
use std::process::Command;

use print::{pdf, read_png};

use crate::envelope;

/// The python that has zxing-cpp: `INDICIA_TEST_PYTHON`, or the workspace's own environment.
fn python() -> PathBuf {
    std::env::var_os("INDICIA_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python"),
        PathBuf::from,
    )
}

/// Runs a program to its end and gives what it printed.
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// Renders all pages to PNG files, in page order.
fn render(folder: &Path, file: &[u8], dpi: u32) -> Vec<PathBuf> {
    let source = folder.join("envelopes.pdf");
    std::fs::write(&source, file).expect("write");
    let prefix = format!("page-{dpi}");
    run(Command::new("pdftoppm")
        .args(["-r", &dpi.to_string(), "-png"])
        .arg(&source)
        .arg(folder.join(&prefix)));
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with(&prefix))
        })
        .collect();
    pages.sort();
    pages
}

fn zxing(pages: &[PathBuf]) -> Vec<Vec<Vec<u8>>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_symbols.py");
    run(Command::new(python()).arg(script).args(pages))
        .lines()
        .map(|line| {
            let page: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let payloads = page["payloads"].as_array().expect("payloads");
            payloads
                .iter()
                .map(|p| hex::decode(p.as_str().expect("hex")).expect("hex"))
                .collect()
        })
        .collect()
}

#[test]
fn rendered_pdf_pages_are_read_exactly_by_both_readers() {
    let batch: Vec<_> = (0..12).map(envelope).collect();
    let expected: Vec<_> = batch.iter().map(|e| vec![e.payload.clone()]).collect();
    let file = pdf(&batch).expect("prints");
    for dpi in [200, 300] {
        let folder = tempfile::tempdir().expect("folder");
        let pages = render(folder.path(), &file, dpi);
        assert_eq!(pages.len(), batch.len(), "{dpi} dpi");
        assert_eq!(zxing(&pages), expected, "zxing-cpp at {dpi} dpi");
        for (page, payloads) in pages.iter().zip(&expected) {
            let image = std::fs::read(page).expect("page");
            assert_eq!(read_png(&image).as_ref(), Ok(payloads), "ours at {dpi} dpi");
        }
    }
}

#[test]
fn our_own_png_is_read_exactly_by_zxing() {
    let folder = tempfile::tempdir().expect("folder");
    let mut pages = Vec::new();
    let mut expected = Vec::new();
    for (seed, dpi) in [(21, 100), (22, 150), (23, 200), (24, 300), (25, 600)] {
        let page = folder.path().join(format!("{dpi}.png"));
        let envelope = envelope(seed);
        std::fs::write(&page, print::png(&envelope, dpi).expect("prints")).expect("write");
        pages.push(page);
        expected.push(vec![envelope.payload]);
    }
    assert_eq!(zxing(&pages), expected);
}

#[test]
fn text_of_the_pdf_can_be_copied_out() {
    let folder = tempfile::tempdir().expect("folder");
    let source = folder.path().join("envelope.pdf");
    std::fs::write(&source, pdf(&[envelope(42)]).expect("prints")).expect("write");
    let text = run(Command::new("pdftotext")
        .args(["-layout"])
        .arg(&source)
        .arg("-"));
    for expected in [
        "$0.740",
        "2026-11-21",
        "ORIGIN 95814",
        "METER 0001000001",
        "PIECE 42",
        "SPECIMEN",
        "NOT VALID POSTAGE",
        "AUSTIN TX 78701",
        "Indicia Demonstration",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text:?}");
    }
}
