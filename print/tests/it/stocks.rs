//! Stocks, settings and barcodes that are refused, each by its type.

use print::{
    Calibration, Fim, ImbBars, Length, PackageBarcode, PrintError, Setup, Stock, StockError,
};

use crate::{bare, piece, setup};

const SHEET: &str = include_str!("../../stocks/sheet-5160.toml");

fn length(text: &str) -> Length {
    text.parse().expect("a length")
}

#[test]
fn the_bundled_stocks_are_what_their_names_say() {
    let all = Stock::all().expect("stocks");
    let names: Vec<&str> = all.iter().map(Stock::name).collect();
    assert_eq!(
        names,
        [
            "envelope-10",
            "envelope-dl",
            "envelope-c5",
            "envelope-6x9",
            "label-4x6",
            "sheet-5160",
            "sheet-8160"
        ]
    );
    for stock in &all {
        assert_eq!(
            stock.positions(),
            if stock.holds_addresses() { 1 } else { 30 }
        );
    }
    assert!(matches!(
        Stock::bundled("c4"),
        Err(StockError::Unknown { .. })
    ));
}

#[test]
fn a_description_that_contradicts_itself_is_refused() {
    assert!(Stock::from_toml(SHEET).is_ok());
    for (from, to) in [
        ("rows = 10", "rows = 11"),
        ("rows = 10", "rows = 0"),
        ("columns = 3", "columns = 4"),
        ("row_pitch = \"1 in\"", "row_pitch = \"0.9 in\""),
        ("height = \"1 in\"", "height = \"0.5 in\""),
        ("left = \"0.1875 in\"", "left = \"-1 in\""),
        ("kind = \"sheet\"", "kind = \"label\""),
        ("width = \"8.5 in\"", "width = \"850 in\""),
        ("name = \"sheet-5160\"", "name = \"../x\""),
    ] {
        assert!(SHEET.contains(from), "{from}");
        let refused = Stock::from_toml(&SHEET.replacen(from, to, 1));
        assert!(
            matches!(refused, Err(StockError::Wrong(_))),
            "{to}: {refused:?}"
        );
    }
    for (from, to) in [
        ("8.5 in", "8.5"),
        ("8.5 in", "8.5 ft"),
        ("8.5 in", "inf in"),
        ("8.5 in", "NaN in"),
        ("rows = 10", "rows = 10\nrings = 2"),
        ("rows = 10", ""),
        ("rows = 10", "rows = -1"),
    ] {
        let refused = Stock::from_toml(&SHEET.replacen(from, to, 1));
        assert!(
            matches!(refused, Err(StockError::Syntax(_))),
            "{to}: {refused:?}"
        );
    }
    let long = "#".repeat(20_000);
    assert_eq!(
        Stock::from_toml(&long),
        Err(StockError::TooLong { bytes: 20_000 })
    );
}

#[test]
fn a_stock_says_what_it_has_no_room_for() {
    let refused = |stock: &str, piece| match setup(stock).page(&piece) {
        Err(PrintError::NoRoom { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("sheet-5160", piece(1)), "recipient");
    let mut with = bare(1);
    with.fim = Some(Fim::D);
    assert_eq!(refused("sheet-5160", with.clone()), "FIM mark");
    assert_eq!(refused("label-4x6", with), "FIM mark");
    let mut with = bare(1);
    with.imb = Some("T".repeat(65).parse().expect("bars"));
    assert_eq!(refused("label-4x6", with), "Intelligent Mail barcode");
    let mut with = bare(1);
    with.package = Some(PackageBarcode::new(vec![1; 51], "1".to_owned()).expect("bars"));
    assert_eq!(refused("envelope-dl", with.clone()), "package barcode");
    // Too long to be read by a scanner, if it is to fit.
    with.package = Some(PackageBarcode::new(vec![1; 301], "1".to_owned()).expect("bars"));
    assert_eq!(refused("label-4x6", with), "package barcode");
}

#[test]
fn settings_and_bars_out_of_range_are_refused() {
    for start in [0, 31] {
        let refused = setup("sheet-5160").starting_at(start);
        assert_eq!(
            refused,
            Err(PrintError::Start {
                start,
                positions: 30
            })
        );
    }
    assert!(setup("envelope-10").starting_at(2).is_err());
    let none = length("0 in");
    for (x, y, scale) in [
        ("0.26 in", "0 in", 1.0),
        ("0 in", "-7 mm", 1.0),
        ("0 in", "0 in", 0.96),
        ("0 in", "0 in", f32::NAN),
    ] {
        let refused = Calibration::new(length(x), length(y), scale);
        assert_eq!(refused, Err(PrintError::Calibration));
    }
    assert!(Calibration::new(none, length("-6 mm"), 1.03).is_ok());
    for text in [
        "",
        &"F".repeat(64),
        &"F".repeat(66),
        &"X".repeat(65),
        &"f".repeat(65),
    ] {
        assert_eq!(text.parse::<ImbBars>(), Err(PrintError::ImbBars));
    }
    for (widths, text) in [
        (vec![], "1"),
        (vec![1, 2], "1"),
        (vec![0], "1"),
        (vec![5], "1"),
        (vec![1; 401], "1"),
        (vec![1], ""),
    ] {
        let refused = PackageBarcode::new(widths, text.to_owned());
        assert_eq!(refused, Err(PrintError::PackageBarcode));
    }
}

/// A page that is moved a tenth of an inch is the same picture, ten pixels lower at 100 dpi, and
/// a symbol that is stretched still has whole modules and is read.
#[test]
fn a_calibration_moves_every_format() {
    let piece = piece(7);
    let (zero, tenth) = (length("0 in"), length("0.1 in"));
    let plain = setup("label-4x6");
    let moved: Setup = plain
        .clone()
        .calibrated(Calibration::new(zero, tenth, 1.0).expect("ok"));
    let drawn = |setup: &Setup| {
        let file = print::png(&setup.page(&piece).expect("fits"), 100).expect("png");
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .expect("png");
        let mut samples = vec![0; reader.output_buffer_size().expect("size")];
        reader.next_frame(&mut samples).expect("frame");
        samples
    };
    let dark_rows = |samples: Vec<u8>| -> Vec<usize> {
        let rows = samples.chunks(400).enumerate();
        rows.filter(|(_, row)| row.iter().any(|grey| *grey < 64))
            .map(|(y, _)| y)
            .collect()
    };
    let (before, after) = (dark_rows(drawn(&plain)), dark_rows(drawn(&moved)));
    assert_eq!(before.first().map(|y| y + 10), after.first().copied());
    for scale in [0.97, 1.03] {
        let setup = plain
            .clone()
            .calibrated(Calibration::new(tenth, zero, scale).expect("ok"));
        let page = setup.page(&piece).expect("fits");
        let png = print::png(&page, 300).expect("png");
        assert_eq!(
            print::read_png(&png),
            Ok(vec![piece.payload.clone()]),
            "{scale}"
        );
        let pdf = print::pdf(&setup, std::slice::from_ref(&piece)).expect("pdf");
        assert_eq!(
            print::read_pdf(&pdf),
            Ok(vec![piece.payload.clone()]),
            "{scale}"
        );
        assert_ne!(
            print::svg(&page),
            print::svg(&plain.page(&piece).expect("fits"))
        );
        assert_ne!(
            print::epl(&page),
            print::epl(&plain.page(&piece).expect("fits"))
        );
    }
}
