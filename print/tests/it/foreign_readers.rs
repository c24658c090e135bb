//! The PDF as others see it: rendered by pdftoppm, read by our scanner and by zxing-cpp.
//! `cargo xtask test` installs both (Debian poppler-utils, PyPI zxing-cpp).

use std::path::{Path, PathBuf};
use std::process::Command;

use print::{pdf, read_png};

use crate::{bare, page, piece, setup};

/// The python that has zxing-cpp: `INDICIA_TEST_PYTHON`, or the workspace's own environment.
fn python() -> PathBuf {
    std::env::var_os("INDICIA_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python"),
        PathBuf::from,
    )
}

/// Runs a program to its end and gives what it printed.
pub(crate) fn run(command: &mut Command) -> String {
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

pub(crate) fn zxing(pages: &[PathBuf]) -> Vec<Vec<Vec<u8>>> {
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
    let batch: Vec<_> = (0..12).map(piece).collect();
    let expected: Vec<_> = batch.iter().map(|e| vec![e.payload.clone()]).collect();
    let file = pdf(&setup("envelope-10"), &batch).expect("prints");
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
        let path = folder.path().join(format!("{dpi}.png"));
        let envelope = piece(seed);
        std::fs::write(&path, print::png(&page(&envelope), dpi).expect("prints")).expect("write");
        pages.push(path);
        expected.push(vec![envelope.payload]);
    }
    assert_eq!(zxing(&pages), expected);
}

#[test]
fn text_of_the_pdf_can_be_copied_out() {
    let folder = tempfile::tempdir().expect("folder");
    let source = folder.path().join("envelope.pdf");
    std::fs::write(
        &source,
        pdf(&setup("envelope-10"), &[piece(42)]).expect("prints"),
    )
    .expect("write");
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

/// Thirty labels on a page, and a second page that begins with the thirty-first.
#[test]
fn every_symbol_of_a_sheet_is_read() {
    let folder = tempfile::tempdir().expect("folder");
    let pieces: Vec<_> = (100..131).map(bare).collect();
    let file = pdf(&setup("sheet-5160"), &pieces).expect("prints");
    let mut found: Vec<_> = zxing(&render(folder.path(), &file, 200)).concat();
    found.sort();
    let mut expected: Vec<_> = pieces.into_iter().map(|piece| piece.payload).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn an_svg_drawn_by_another_program_is_read_exactly() {
    let folder = tempfile::tempdir().expect("folder");
    let mut pages = Vec::new();
    let mut expected = Vec::new();
    for (seed, stock) in (50..).zip(["envelope-10", "envelope-c5", "label-4x6", "sheet-8160"]) {
        let piece = if stock == "sheet-8160" {
            bare(seed)
        } else {
            piece(seed)
        };
        let source = folder.path().join(format!("{stock}.svg"));
        let page = setup(stock).page(&piece).expect("fits");
        std::fs::write(&source, print::svg(&page).expect("svg")).expect("write");
        let drawn = source.with_extension("png");
        run(Command::new("rsvg-convert")
            .args(["-d", "300", "-p", "300", "-o"])
            .arg(&drawn)
            .arg(&source));
        pages.push(drawn);
        expected.push(vec![piece.payload]);
    }
    assert_eq!(zxing(&pages), expected);
}

/// Draws a known barcode, renders the PDF with another program, measures each bar.
#[test]
fn bars_of_the_post_are_measured_where_they_belong() {
    let text = "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA";
    for stock in ["envelope-10", "envelope-dl", "envelope-c5", "envelope-6x9"] {
        let mut letter = piece(60);
        letter.imb = Some(text.parse().expect("bars"));
        letter.fim = Some(print::Fim::D);
        let folder = tempfile::tempdir().expect("folder");
        let file = pdf(&setup(stock), &[letter]).expect("prints");
        let drawn = render(folder.path(), &file, 600);
        let mut reader = png::Decoder::new(std::io::Cursor::new(
            std::fs::read(&drawn[0]).expect("page"),
        ))
        .read_info()
        .expect("png");
        let mut samples = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut samples).expect("frame");
        let (width, height) = (info.width as usize, info.height as usize);
        let channels = samples.len() / width / height;
        let dark = |x: usize, y: usize| samples[(y * width + x) * channels] < 128;

        // Runs of columns with ink between two heights; each with the rows of its ink.
        let bars = |top: usize, bottom: usize, left: usize| -> Vec<[usize; 4]> {
            let column = |x: usize| {
                let rows: Vec<usize> = (top..bottom).filter(|y| dark(x, *y)).collect();
                rows.first().copied().zip(rows.last().copied())
            };
            let mut bars: Vec<[usize; 4]> = Vec::new();
            for x in left..width {
                let Some((first, last)) = column(x) else {
                    continue;
                };
                match bars.last_mut() {
                    Some(bar) if bar[1] + 1 == x => {
                        bar[1] = x;
                        bar[2] = bar[2].min(first);
                        bar[3] = bar[3].max(last);
                    }
                    _ => bars.push([x, x, first, last]),
                }
            }
            bars
        };
        // The clear zone: 0.625 inch high, 4.75 inches wide.
        let found = bars(height - 375, height, width - 2_850);
        assert_eq!(found.len(), 65, "{stock}");
        let (top, bottom) = (
            found.iter().map(|bar| bar[2]).min().expect("bars"),
            found.iter().map(|bar| bar[3]).max().expect("bars"),
        );
        let read: String = found
            .iter()
            .map(|bar| match (bar[2] < top + 20, bar[3] + 20 > bottom) {
                (true, true) => 'F',
                (true, false) => 'A',
                (false, true) => 'D',
                (false, false) => 'T',
            })
            .collect();
        assert_eq!(read, text, "{stock}");
        let inch = |pixels: usize| pixels as f64 / 600.0;
        // Within what USPS-B-3200 allows.
        assert!((0.125..=0.165).contains(&inch(bottom + 1 - top)), "{stock}");
        for bar in &found {
            assert!(
                (0.015..=0.025).contains(&inch(bar[1] + 1 - bar[0])),
                "{stock}"
            );
        }
        let pitch = inch(found[64][0] - found[0][0]) / 64.0;
        assert!(
            (1.0 / 24.0..=1.0 / 20.0).contains(&pitch),
            "{stock}: {pitch}"
        );
        assert!((3.5..=4.25).contains(&inch(width - found[0][0])), "{stock}");

        // The FIM mark: nothing else is in its clear zone, 1.75 to 3 inches from the right edge.
        let places: Vec<usize> = bars(0, 375, width - 1_800)
            .into_iter()
            .take_while(|bar| inch(width - bar[1]) > 1.75)
            .map(|bar| bar[0])
            .collect();
        let steps = places.iter().map(|x| inch(x - places[0]) * 16.0);
        let steps: Vec<i64> = steps.map(|step| step.round() as i64).collect();
        assert_eq!(steps, [0, 1, 2, 4, 6, 7, 8], "{stock}: 111010111");
        let right = inch(width - places[6]) - 1.0 / 32.0;
        assert!((1.875..=2.125).contains(&right), "{stock}: {right}");
    }
}
