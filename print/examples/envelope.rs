//! Prints one specimen on every stock: `cargo run -p indicia-print --example envelope -- FOLDER`
//! writes PDF, SVG, PNG (300 dpi) and, for labels, ZPL and EPL2 there, then reads each image back.

use std::path::PathBuf;

use print::{Dots, Fim, Kind, PackageBarcode, PdfWriter, Piece, Setup, Stock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or("give a folder to write to")?;
    for stock in Stock::all()? {
        let piece = piece(stock.kind())?;
        let name = stock.name().to_owned();
        let setup = Setup::new(stock);
        let page = setup.page(&piece)?;
        let file = |ending: &str| folder.join(format!("{name}.{ending}"));
        let image = print::png(&page, 300)?;
        std::fs::write(file("png"), &image)?;
        std::fs::write(file("svg"), print::svg(&page)?)?;
        let pdf = print::pdf(&setup, std::slice::from_ref(&piece))?;
        std::fs::write(file("pdf"), &pdf)?;
        if setup.stock().kind() == Kind::Label {
            std::fs::write(file("203.zpl"), print::zpl(&page, Dots::Dpi203)?)?;
            std::fs::write(file("300.zpl"), print::zpl(&page, Dots::Dpi300)?)?;
            std::fs::write(file("epl"), print::epl(&page)?)?;
        }
        let mut rulers = PdfWriter::new(Vec::new(), setup)?;
        rulers.add_calibration_page()?;
        std::fs::write(file("calibration.pdf"), rulers.finish()?)?;
        let exact = [piece.payload];
        let (png, pdf) = (print::read_png(&image)?, print::read_pdf(&pdf)?);
        println!("{name}: PNG {}, PDF {}", png == exact, pdf == exact);
    }
    Ok(())
}

/// A piece with everything that this kind of stock has room for.
fn piece(kind: Kind) -> Result<Piece, Box<dyn std::error::Error>> {
    let lines = |lines: &[&str]| -> Vec<String> {
        let kept = lines.iter().filter(|_| kind != Kind::Sheet);
        kept.map(|line| (*line).to_owned()).collect()
    };
    // The published sample of the standard, as bars.
    let imb = "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA";
    let envelope = kind == Kind::Envelope;
    let package = PackageBarcode::new(widths(), "9400 1112 0620 6406 2607 87".to_owned())?;
    Ok(Piece {
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
        fim: envelope.then_some(Fim::D),
        imb: if envelope { Some(imb.parse()?) } else { None },
        package: (kind == Kind::Label).then_some(package),
    })
}

/// Bars as wide as a tracking number with its ZIP; the look of a barcode, not one that says
/// something.
fn widths() -> Vec<u8> {
    let pattern = [2, 1, 1, 2, 3, 2, 1, 3, 1, 2, 2, 2];
    let mut widths: Vec<u8> = pattern.into_iter().cycle().take(6 * 20).collect();
    widths.extend([2, 3, 3, 1, 1, 1, 2]);
    widths
}
