//! What is printed on: envelopes, labels, sheets of labels, each described by a file of its own
//! (`print/stocks/`). Not here: what goes where on them (`layout`). Called by the command line and
//! the gateway with a name, or with the text of a user's own file.

use serde::Deserialize;

use crate::error::StockError;
use crate::length::Length;
use crate::limits;

/// The stocks that come with Indicia.
const BUNDLED: [&str; 7] = [
    include_str!("../stocks/envelope-10.toml"),
    include_str!("../stocks/envelope-dl.toml"),
    include_str!("../stocks/envelope-c5.toml"),
    include_str!("../stocks/envelope-6x9.toml"),
    include_str!("../stocks/label-4x6.toml"),
    include_str!("../stocks/sheet-5160.toml"),
    include_str!("../stocks/sheet-8160.toml"),
];

/// The kinds of stock; each has one layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One piece a page: both addresses, a FIM mark and an IMb if asked for.
    Envelope,
    /// One piece a page: both addresses, and a package barcode if asked for.
    Label,
    /// Many small labels a page: the indicium alone. There is no room for an address.
    Sheet,
}

/// One stock, checked: everything that its layout needs is on it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    name: String,
    title: String,
    kind: Kind,
    width: Length,
    height: Length,
    labels: Option<Labels>,
}

/// Where the labels of a sheet are.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labels {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) width: Length,
    pub(crate) height: Length,
    pub(crate) left: Length,
    pub(crate) top: Length,
    pub(crate) column_pitch: Length,
    pub(crate) row_pitch: Length,
}

impl Stock {
    /// Reads the text of a description file.
    ///
    /// # Errors
    /// [`StockError`], when the file is too long, says something unknown, or contradicts itself.
    pub fn from_toml(text: &str) -> Result<Stock, StockError> {
        if text.len() > limits::STOCK_BYTES_MAX {
            return Err(StockError::TooLong { bytes: text.len() });
        }
        let stock: Stock =
            toml::from_str(text).map_err(|error| StockError::Syntax(error.to_string()))?;
        stock.check()?;
        Ok(stock)
    }

    /// The stock of this name among those that come with Indicia.
    ///
    /// # Errors
    /// [`StockError::Unknown`], which names them all.
    pub fn bundled(name: &str) -> Result<Stock, StockError> {
        let all = Self::all()?;
        let names: Vec<&str> = all.iter().map(Stock::name).collect();
        let unknown = StockError::Unknown {
            name: name.chars().take(40).collect(),
            known: names.join(", "),
        };
        all.into_iter().find(|one| one.name == name).ok_or(unknown)
    }

    /// All stocks that come with Indicia.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn all() -> Result<Vec<Stock>, StockError> {
        BUNDLED.iter().map(|text| Self::from_toml(text)).collect()
    }

    /// Its name, as `envelope-10`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether addresses are printed on it.
    #[must_use]
    pub fn holds_addresses(&self) -> bool {
        self.kind != Kind::Sheet
    }

    /// Pieces on one page.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.labels.map_or(1, |labels| labels.columns * labels.rows)
    }

    /// Width and height of the paper, points.
    pub(crate) fn paper(&self) -> (f32, f32) {
        (self.width.points(), self.height.points())
    }

    pub(crate) fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    fn check(&self) -> Result<(), StockError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            return Err(StockError::Wrong(
                "name: 1 to 40 small letters, digits and hyphens",
            ));
        }
        if self.title.is_empty() || self.title.chars().count() > limits::LINE_CHARS_MAX {
            return Err(StockError::Wrong("title: 1 to 200 characters"));
        }
        let ((width_min, height_min), side_max) = match self.kind {
            Kind::Envelope => (limits::ENVELOPE_MIN, limits::PAPER_MAX),
            Kind::Label => (limits::LABEL_MIN, limits::PAPER_MAX),
            Kind::Sheet => (limits::SHEET_MIN, limits::PAPER_MAX),
        };
        if !(width_min..=side_max).contains(&self.width)
            || !(height_min..=side_max).contains(&self.height)
        {
            return Err(StockError::Wrong(
                "width, height: an envelope has at least 7.5 x 4 inch, a label 3.9 x 5.95, \
                 a sheet 3 x 4; none more than 17",
            ));
        }
        match (self.kind, &self.labels) {
            (Kind::Sheet, Some(labels)) => labels.check(self.width, self.height),
            (Kind::Sheet, None) => Err(StockError::Wrong("a sheet needs [labels]")),
            (_, Some(_)) => Err(StockError::Wrong("[labels] is for sheets only")),
            (_, None) => Ok(()),
        }
    }
}

impl Labels {
    /// Upper left corner of a label, points; positions count from 0, row by row.
    pub(crate) fn corner(&self, position: usize) -> (f32, f32) {
        let (column, row) = (position % self.columns, position / self.columns % self.rows);
        (
            self.left.points() + column as f32 * self.column_pitch.points(),
            self.top.points() + row as f32 * self.row_pitch.points(),
        )
    }

    fn check(&self, paper_width: Length, paper_height: Length) -> Result<(), StockError> {
        let count = 1..=limits::LABELS_A_SIDE_MAX;
        if !count.contains(&self.columns) || !count.contains(&self.rows) {
            return Err(StockError::Wrong("columns, rows: 1 to 40"));
        }
        if self.width < limits::SHEET_LABEL_MIN.0 || self.height < limits::SHEET_LABEL_MIN.1 {
            return Err(StockError::Wrong(
                "a label of a sheet has at least 2.5 x 0.98 inch: symbol, text and specimen mark",
            ));
        }
        let zero = Length::default();
        if self.left < zero || self.top < zero {
            return Err(StockError::Wrong("left, top: not less than 0"));
        }
        if self.column_pitch < self.width || self.row_pitch < self.height {
            return Err(StockError::Wrong(
                "column_pitch, row_pitch: labels would overlap",
            ));
        }
        let (left, top) = self.corner(self.columns * self.rows - 1);
        // A hundredth of a point: sums of decimal inches are not exact.
        if left + self.width.points() > paper_width.points() + 0.01
            || top + self.height.points() > paper_height.points() + 0.01
        {
            return Err(StockError::Wrong("the last label is not on the paper"));
        }
        Ok(())
    }
}
