//! The display list at the limits of every stock: nothing beside the paper, nothing over the symbol.

use crate::font::Font;
use crate::page::{Item, MODULE, Page, Text};
use crate::piece::{Fim, PackageBarcode, Piece};
use crate::stock::{Kind, Stock};

use super::{Setup, indicium::SYMBOL_SIDE};

const LONG: &str =
    "A very long line that goes on and on, well beyond the right edge of the paper, ";

/// Left, top, right, bottom.
type Bounds = [f32; 4];

/// A piece that uses everything its kind of stock has, with texts of this length.
fn full(kind: Kind, text: &str, lines: (usize, usize)) -> Piece {
    let of = |count| vec![text.to_owned(); if kind == Kind::Sheet { 0 } else { count }];
    let imb = "F".repeat(65).parse().expect("bars");
    let widths = vec![2; 109];
    let package = PackageBarcode::new(widths, "9400 1112".to_owned()).expect("barcode");
    Piece {
        payload: vec![0xa5; 138],
        amount: text.to_owned(),
        mailing_date: text.to_owned(),
        class: text.to_owned(),
        origin: text.to_owned(),
        meter: text.to_owned(),
        piece: text.to_owned(),
        specimen: true,
        return_address: of(lines.0),
        recipient: of(lines.1),
        fim: (kind == Kind::Envelope).then_some(Fim::D),
        imb: (kind == Kind::Envelope).then_some(imb),
        package: (kind == Kind::Label).then_some(package),
    }
}

/// Ink of a text: from the tallest letter's top to the deepest one's bottom.
fn text_bounds(text: &Text) -> Bounds {
    let face = text.font.face().expect("font");
    let em = text.font.units_per_em().expect("font");
    let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    let mut x = text.x;
    for glyph in &text.line.glyphs {
        let id = rustybuzz::ttf_parser::GlyphId(glyph.id);
        if let Some(ink) = face.glyph_bounding_box(id) {
            let unit = text.size / em;
            let (left, base) = (
                x + glyph.offset_x * text.size,
                text.baseline - glyph.offset_y * text.size,
            );
            bounds[0] = bounds[0].min(left + f32::from(ink.x_min) * unit);
            bounds[1] = bounds[1].min(base - f32::from(ink.y_max) * unit);
            bounds[2] = bounds[2].max(left + f32::from(ink.x_max) * unit);
            bounds[3] = bounds[3].max(base - f32::from(ink.y_min) * unit);
        }
        x += glyph.advance * text.size;
    }
    bounds
}

fn bounds(item: &Item) -> Bounds {
    match item {
        Item::Text(text) => text_bounds(text),
        Item::Rect {
            x,
            y,
            width,
            height,
            ..
        } => [*x, *y, x + width, y + height],
        Item::Symbol { x, y, module, .. } => {
            let side = SYMBOL_SIDE * module / MODULE;
            [*x, *y, x + side, y + side]
        }
        Item::Bars {
            x,
            y,
            module,
            height,
            widths,
        } => {
            let sum: f32 = widths.iter().map(|width| f32::from(*width)).sum();
            [*x, *y, x + sum * module, y + height]
        }
    }
}

fn overlap(a: Bounds, b: Bounds) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn grown(bounds: Bounds, by: f32) -> Bounds {
    [
        bounds[0] - by,
        bounds[1] - by,
        bounds[2] + by,
        bounds[3] + by,
    ]
}

/// Everything on the paper, and nothing on anything else: two items never meet.
fn assert_clean(page: &Page, what: &str) {
    for (at, item) in page.items.iter().enumerate() {
        let own = bounds(item);
        // Blank texts have no ink.
        if own[0] > own[2] {
            continue;
        }
        assert!(
            own[0] >= 0.0 && own[1] >= 0.0 && own[2] <= page.width && own[3] <= page.height,
            "{what}: {own:?} is not on {} x {}: {item:?}",
            page.width,
            page.height
        );
        // The quiet zone of a symbol is one module, of bars ten to the left and right.
        let zone = match item {
            Item::Symbol { module, .. } => grown(own, *module),
            Item::Bars { module, .. } => {
                let quiet = 10.0 * module;
                assert!(own[0] >= quiet && own[2] + quiet <= page.width, "{what}");
                [own[0] - quiet, own[1], own[2] + quiet, own[3]]
            }
            _ => own,
        };
        for (other_at, other) in page.items.iter().enumerate() {
            let same_line =
                matches!((item, other), (Item::Text(a), Item::Text(b)) if a.line == b.line);
            if at != other_at && !same_line {
                assert!(
                    !overlap(zone, bounds(other)),
                    "{what}: {item:?}\nmeets {other:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_is_beside_the_paper_or_over_anything_else() {
    for stock in Stock::all().expect("stocks") {
        let long = LONG.repeat(6);
        for (text, lines) in [
            ("Ág", (1, 4)),
            (LONG, (3, 5)),
            (long.as_str(), (6, 7)),
            ("W", (0, 0)),
        ] {
            let mut piece = full(stock.kind(), text, lines);
            let setup = Setup::new(stock.clone());
            let what = format!("{} with {lines:?} lines", stock.name());
            assert_clean(&setup.page(&piece).expect("fits"), &what);
            piece.fim = None;
            assert_clean(&setup.page(&piece).expect("fits"), &what);
        }
    }
}

#[test]
fn every_label_of_a_sheet_is_on_its_label() {
    for stock in Stock::all().expect("stocks") {
        let Some(labels) = stock.labels().copied() else {
            continue;
        };
        for start in 1..=stock.positions() {
            let setup = Setup::new(stock.clone()).starting_at(start).expect("start");
            let page = setup.page(&full(stock.kind(), LONG, (0, 0))).expect("fits");
            let (left, top) = labels.corner(start - 1);
            let (right, bottom) = (left + labels.width.points(), top + labels.height.points());
            for item in &page.items {
                let own = bounds(item);
                assert!(
                    own[0] >= left && own[1] >= top && own[2] <= right && own[3] <= bottom,
                    "{start}: {own:?} is not in {left} {top} {right} {bottom}"
                );
            }
        }
    }
}

#[test]
fn the_smallest_stocks_of_a_user_hold_everything() {
    let describe = |kind: &str, width: &str, height: &str, rest: &str| {
        let text = format!(
            "name = \"own\"\ntitle = \"Own\"\nkind = \"{kind}\"\nwidth = \"{width}\"\nheight = \"{height}\"\n{rest}"
        );
        Stock::from_toml(&text).expect("a stock")
    };
    let labels = "[labels]\ncolumns = 1\nrows = 4\nwidth = \"2.5 in\"\nheight = \"0.98 in\"\n\
        left = \"0.25 in\"\ntop = \"0 in\"\ncolumn_pitch = \"2.5 in\"\nrow_pitch = \"1 in\"\n";
    for stock in [
        describe("envelope", "7.5 in", "4 in", ""),
        describe("label", "3.9 in", "5.95 in", ""),
        describe("sheet", "3 in", "4 in", labels),
    ] {
        let setup = Setup::new(stock.clone());
        let page = setup.page(&full(stock.kind(), LONG, (6, 7))).expect("fits");
        if stock.kind() != Kind::Sheet {
            assert_clean(&page, stock.title());
        }
        let rulers = setup.calibration_page().expect("rulers");
        for item in &rulers.items {
            let own = bounds(item);
            assert!(own[0] >= 0.0 && own[2] <= rulers.width && own[3] <= rulers.height);
        }
    }
}

/// The mark is what differs between a specimen and what is none: on every stock both its lines.
#[test]
fn the_specimen_mark_is_on_every_stock() {
    for stock in Stock::all().expect("stocks") {
        let mut piece = full(stock.kind(), "x", (1, 1));
        let setup = Setup::new(stock);
        let marks = |piece: &Piece| {
            let page = setup.page(piece).expect("fits");
            let bold = page.items.into_iter().filter_map(|item| match item {
                Item::Text(text) if text.font == Font::Bold => Some(text.line.text.clone()),
                _ => None,
            });
            bold.filter(|text| text.contains("SPECIMEN")).count()
        };
        assert_eq!(marks(&piece), 2, "{}", setup.stock().name());
        piece.specimen = false;
        assert_eq!(marks(&piece), 0, "{}", setup.stock().name());
    }
}
