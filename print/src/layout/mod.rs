//! Piece and stock in, display list out: the only layouts there are. Not here: drawing, and what a
//! stock is. Each file beneath lays one part; here it is chosen by kind of stock.

mod addresses;
mod envelope;
mod indicium;
mod label;
mod rulers;
mod sheet;
#[cfg(test)]
mod tests;
mod writing;

use crate::calibration::Calibration;
use crate::error::PrintError;
use crate::font::Shaper;
use crate::page::{Item, Page};
use crate::piece::Piece;
use crate::stock::{Kind, Stock};

/// Height of a capital in Noto Sans, in ems.
const CAPITAL: f32 = 0.714;

const INK: u8 = 0;
const INK_SOFT: u8 = 70;
const HAIRLINE: u8 = 130;

/// What pieces are printed on, and how: stock, first label, the printer's correction.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    stock: Stock,
    start: usize,
    calibration: Calibration,
}

impl Setup {
    /// This stock, from its first label on, on a printer without faults.
    #[must_use]
    pub fn new(stock: Stock) -> Self {
        Self {
            stock,
            start: 0,
            calibration: Calibration::default(),
        }
    }

    /// The first label used of the first sheet, from 1, row by row: a sheet may be used twice.
    ///
    /// # Errors
    /// [`PrintError::Start`] when the stock has no such label; other stocks have one.
    pub fn starting_at(self, start: usize) -> Result<Self, PrintError> {
        let positions = self.stock.positions();
        if !(1..=positions).contains(&start) {
            return Err(PrintError::Start { start, positions });
        }
        Ok(Self {
            start: start - 1,
            ..self
        })
    }

    /// With the printer's correction.
    #[must_use]
    pub fn calibrated(self, calibration: Calibration) -> Self {
        Self {
            calibration,
            ..self
        }
    }

    /// The stock.
    #[must_use]
    pub fn stock(&self) -> &Stock {
        &self.stock
    }

    /// The page of one piece; on a sheet it is on the first label.
    ///
    /// # Errors
    /// A payload or an address that does not fit; [`PrintError::NoRoom`] for what this stock has
    /// no place for.
    pub fn page(&self, piece: &Piece) -> Result<Page, PrintError> {
        let mut pages = Pages::new(self.clone());
        match pages.add(piece)? {
            Some(page) => Ok(page),
            None => Ok(pages.rest().unwrap_or_else(|| self.blank())),
        }
    }

    /// The page that shows what a printer does wrong, drawn without any correction.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn calibration_page(&self) -> Result<Page, PrintError> {
        let mut page = self.blank();
        rulers::lay(&mut Shaper::default(), &mut page)?;
        Ok(page)
    }

    fn blank(&self) -> Page {
        let (width, height) = self.stock.paper();
        Page {
            width,
            height,
            stock: self.stock.name().to_owned(),
            is_label: self.stock.kind() == Kind::Label,
            items: Vec::new(),
        }
    }
}

/// Pieces in, pages out: one by one, or as soon as a sheet is full.
pub(crate) struct Pages {
    setup: Setup,
    shaper: Shaper,
    sheet: Vec<Item>,
    /// Label of the next piece.
    position: usize,
}

impl Pages {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            position: setup.start,
            setup,
            shaper: Shaper::default(),
            sheet: Vec::new(),
        }
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Lays one piece; gives the page if it is full.
    pub(crate) fn add(&mut self, piece: &Piece) -> Result<Option<Page>, PrintError> {
        let stock = &self.setup.stock;
        let (width, height) = stock.paper();
        let mut items = match (stock.kind(), stock.labels()) {
            (Kind::Envelope, _) => envelope::lay(&mut self.shaper, stock, piece)?,
            (Kind::Label, _) => label::lay(&mut self.shaper, stock, piece)?,
            (Kind::Sheet, labels) => {
                let (left, top, size) = labels.map_or((0.0, 0.0, (width, height)), |labels| {
                    let (left, top) = labels.corner(self.position);
                    let size = (labels.width.points(), labels.height.points());
                    (left, top, size)
                });
                let mut items = sheet::lay(&mut self.shaper, stock, size, piece)?;
                for item in &mut items {
                    item.place(1.0, left, top);
                }
                items
            }
        };
        self.sheet.append(&mut items);
        self.position += 1;
        if self.position < stock.positions() {
            return Ok(None);
        }
        Ok(self.rest())
    }

    /// The last page, if anything is on it.
    pub(crate) fn rest(&mut self) -> Option<Page> {
        self.position = 0;
        let items = std::mem::take(&mut self.sheet);
        if items.is_empty() {
            return None;
        }
        let page = Page {
            items,
            ..self.setup.blank()
        };
        Some(page.calibrated(self.setup.calibration))
    }
}

/// Refuses what a stock has no place for.
fn no_room(stock: &Stock, what: &'static str, asked: bool) -> Result<(), PrintError> {
    if asked {
        return Err(PrintError::NoRoom {
            what,
            stock: stock.name().to_owned(),
        });
    }
    Ok(())
}
