//! ZPL and EPL2 as a printer takes them: golden files, and a decoder of our own reading of both
//! languages whose picture zxing-cpp reads. Golden files are written again with `INDICIA_BLESS=1`.

use std::path::{Path, PathBuf};

use print::{Dots, PackageBarcode, Page, PrintError, epl, zpl};

use crate::foreign_readers::zxing;
use crate::{piece, setup};

const ROWS: usize = 1_900;
const COLUMNS: usize = 1_600;

/// A drawing surface larger than any label; `true` is a dot.
struct Paper(Vec<bool>);

impl Paper {
    fn blank() -> Self {
        Self(vec![false; ROWS * COLUMNS])
    }

    fn put(&mut self, (x, y): (usize, usize), byte: u8) {
        for bit in 0..8 {
            self.0[y * COLUMNS + x + bit] |= byte & (128 >> bit) != 0;
        }
    }

    fn save(&self, path: &Path) {
        let grey: Vec<u8> = self
            .0
            .iter()
            .map(|dot| if *dot { 0 } else { 255 })
            .collect();
        let file = std::fs::File::create(path).expect("file");
        let mut encoder = png::Encoder::new(file, COLUMNS as u32, ROWS as u32);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().expect("header");
        writer.write_image_data(&grey).expect("samples");
    }
}

/// Takes exactly one label of one graphic; anything else in the file is a fault.
fn print_zpl(text: &str) -> Paper {
    let body = text
        .strip_prefix("^XA\n^FO0,0\n^GFA,")
        .expect("one graphic");
    let body = body.strip_suffix("^FS\n^XZ\n").expect("and no more");
    let mut parts = body.splitn(4, ',');
    let mut number = || -> usize { parts.next().expect("part").parse().expect("number") };
    let (bytes, total, row_bytes) = (number(), number(), number());
    assert_eq!(bytes, total);
    let data = parts.next().expect("data");
    assert!(!data.contains(['^', '~']), "no command within the data");
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for line in data.lines().filter(|line| !line.is_empty()) {
        if line == ":" {
            rows.push(rows.last().expect("a row before").clone());
            continue;
        }
        let mut digits: Vec<u8> = Vec::new();
        let mut count = 0;
        for c in line.chars() {
            match c {
                'G'..='Y' => count += c as usize - 'F' as usize,
                'g'..='z' => count += (c as usize - 'f' as usize) * 20,
                ',' => digits.resize(row_bytes * 2, 0),
                _ => {
                    let digit = c.to_digit(16).expect("a digit") as u8;
                    digits.extend(vec![digit; count.max(1)]);
                    count = 0;
                }
            }
        }
        assert_eq!(digits.len(), row_bytes * 2, "{line}");
        rows.push(digits.chunks(2).map(|two| two[0] * 16 + two[1]).collect());
    }
    assert_eq!(rows.len() * row_bytes, total);
    let mut paper = Paper::blank();
    for (y, row) in rows.iter().enumerate() {
        for (x, byte) in row.iter().enumerate() {
            paper.put((x * 8, y), *byte);
        }
    }
    paper
}

/// Takes `N`, graphics, `P1`; anything else in the file is a fault.
fn print_epl(file: &[u8]) -> Paper {
    let mut rest = file.strip_prefix(b"\nN\n").expect("clears the buffer");
    let mut paper = Paper::blank();
    while let Some(graphic) = rest.strip_prefix(b"GW") {
        let mut parts = graphic.splitn(5, |byte| *byte == b',');
        let mut number = || -> usize {
            let digits = std::str::from_utf8(parts.next().expect("part")).expect("digits");
            digits.parse().expect("number")
        };
        let (x, y, wide, high) = (number(), number(), number(), number());
        let data = parts.next().expect("data");
        for (at, byte) in data[..wide * high].iter().enumerate() {
            paper.put((x + at % wide * 8, y + at / wide), !byte);
        }
        rest = data[wide * high..]
            .strip_prefix(b"\n")
            .expect("ends its line");
    }
    assert_eq!(rest, b"P1\n");
    paper
}

fn golden(name: &str, made: &[u8]) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("INDICIA_BLESS").is_some() {
        std::fs::write(&path, made).expect("write");
    }
    let kept = std::fs::read(&path).expect("golden file");
    assert!(
        kept == made,
        "{name} differs: look at both, then INDICIA_BLESS=1"
    );
}

fn label() -> (Page, Vec<u8>) {
    let mut piece = piece(80);
    let widths = [2, 1, 1, 2, 3, 2, 1, 3, 1, 2, 2].repeat(11);
    piece.package = Some(PackageBarcode::new(widths, "9400 1112 0620".to_owned()).expect("bars"));
    (
        setup("label-4x6").page(&piece).expect("fits"),
        piece.payload,
    )
}

#[test]
fn the_files_are_those_that_are_kept() {
    let (page, _) = label();
    golden(
        "label-203.zpl",
        zpl(&page, Dots::Dpi203).expect("zpl").as_bytes(),
    );
    golden(
        "label-300.zpl",
        zpl(&page, Dots::Dpi300).expect("zpl").as_bytes(),
    );
    golden("label.epl", &epl(&page).expect("epl"));
}

#[test]
fn a_printed_label_is_read_exactly() {
    let folder = tempfile::tempdir().expect("folder");
    let (page, payload) = label();
    let papers = [
        print_zpl(&zpl(&page, Dots::Dpi203).expect("zpl")),
        print_zpl(&zpl(&page, Dots::Dpi300).expect("zpl")),
        print_epl(&epl(&page).expect("epl")),
    ];
    assert!(
        papers[0].0 == papers[2].0,
        "ZPL and EPL print the same dots"
    );
    let mut images = Vec::new();
    for (index, paper) in papers.iter().enumerate() {
        let path = folder.path().join(format!("{index}.png"));
        paper.save(&path);
        images.push(path);
    }
    assert_eq!(zxing(&images), vec![vec![payload]; 3]);
}

#[test]
fn only_labels_go_to_label_printers() {
    let page = setup("envelope-10").page(&piece(1)).expect("fits");
    let refused = PrintError::NotALabel {
        stock: "envelope-10".to_owned(),
    };
    assert_eq!(zpl(&page, Dots::Dpi203), Err(refused.clone()));
    assert_eq!(epl(&page), Err(refused));
}
