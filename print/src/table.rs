//! A table on pages, written as it grows: statements and reports. Not here: what the columns mean, and
//! where the bytes go.
//!
//! Each page repeats the titles of the columns and has a number; a cell that is too long for its column is
//! set smaller, then cut. Only the page that grows is kept.

use std::io::Write;

use crate::error::PrintError;
use crate::fit::fit;
use crate::font::{Font, Shaper};
use crate::limits::PAGES_MAX;
use crate::page::{Ink, Item, Page, Text};
use crate::pdf::Painter;

/// Paper: US letter, upright.
const PAPER: (f32, f32) = (612.0, 792.0);
/// White around it.
const MARGIN: f32 = 40.0;
const SIZE: f32 = 7.5;
const LINE: f32 = 11.0;
const TITLE: f32 = 16.0;
/// Between two columns.
const GAP: f32 = 6.0;
const BLACK: u8 = 0;
const GREY: u8 = 96;
const RULE: u8 = 160;

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// Its share of the width.
    pub share: f32,
    /// Whether it is set to the right, as numbers are.
    pub is_number: bool,
}

/// What stands above the first row.
#[derive(Debug, Clone)]
pub struct TableHead {
    /// Title of the whole.
    pub title: String,
    /// Lines below it.
    pub lines: Vec<String>,
    /// Set across the foot of each page.
    pub foot: String,
    /// The columns.
    pub columns: Vec<Column>,
}

/// How a row is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStyle {
    /// As most are.
    Plain,
    /// Bold: sums.
    Strong,
}

/// Writes such a table.
pub struct TableWriter<W: Write> {
    painter: Painter<W>,
    shaper: Shaper,
    head: TableHead,
    /// Left edge and width of each column.
    places: Vec<(f32, f32)>,
    items: Vec<Item>,
    /// Where the next row's top is.
    at: f32,
}

impl<W: Write> TableWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`PrintError::Pdf`] if `out` takes nothing.
    pub fn new(out: W, head: TableHead) -> Result<Self, PrintError> {
        let shares: f32 = head.columns.iter().map(|column| column.share).sum();
        let gaps = GAP * head.columns.len().saturating_sub(1) as f32;
        let unit = (PAPER.0 - 2.0 * MARGIN - gaps) / shares.max(f32::MIN_POSITIVE);
        let mut left = MARGIN;
        let mut places = Vec::with_capacity(head.columns.len());
        for column in &head.columns {
            let width = column.share * unit;
            places.push((left, width));
            left += width + GAP;
        }
        let mut writer = Self {
            painter: Painter::begin(out, PAPER.0, PAPER.1)?,
            shaper: Shaper::default(),
            head,
            places,
            items: Vec::new(),
            at: MARGIN,
        };
        writer.begin_file()?;
        Ok(writer)
    }

    /// What was written so far.
    pub fn out(&mut self) -> &mut W {
        self.painter.out()
    }

    /// Adds a row; a cell a column, missing ones are empty.
    ///
    /// # Errors
    /// [`PrintError::PageCount`] beyond [`PAGES_MAX`], [`PrintError::Pdf`] if `out` refuses.
    pub fn row(&mut self, cells: &[String], style: RowStyle) -> Result<(), PrintError> {
        if self.at + LINE > PAPER.1 - MARGIN - LINE {
            self.end_page()?;
            self.begin_page()?;
        }
        let font = match style {
            RowStyle::Plain => Font::Regular,
            RowStyle::Strong => Font::Bold,
        };
        self.set(cells, font, BLACK)?;
        self.at += LINE;
        Ok(())
    }

    /// Leaves room, with a rule.
    pub fn part(&mut self) {
        self.rule(self.at + LINE / 2.0);
        self.at += LINE;
    }

    /// Writes what is left; gives `out` back.
    ///
    /// # Errors
    /// As [`TableWriter::row`].
    pub fn finish(mut self) -> Result<W, PrintError> {
        self.end_page()?;
        self.painter.finish()
    }

    fn begin_file(&mut self) -> Result<(), PrintError> {
        let width = PAPER.0 - 2.0 * MARGIN;
        self.at += TITLE;
        let title = self.head.title.clone();
        self.text(Font::Bold, TITLE, BLACK, (MARGIN, width), false, &title)?;
        self.at += LINE;
        for line in self.head.lines.clone() {
            self.at += LINE;
            self.text(Font::Regular, 9.0, GREY, (MARGIN, width), false, &line)?;
        }
        self.at += LINE;
        self.titles()
    }

    fn begin_page(&mut self) -> Result<(), PrintError> {
        self.at = MARGIN;
        self.titles()
    }

    fn titles(&mut self) -> Result<(), PrintError> {
        let titles = self.head.columns.iter().map(|column| column.title.clone());
        let titles: Vec<String> = titles.collect();
        self.set(&titles, Font::Bold, GREY)?;
        self.at += LINE;
        self.rule(self.at - LINE * 0.2);
        self.at += LINE * 0.3;
        Ok(())
    }

    fn rule(&mut self, y: f32) {
        self.items.push(Item::Rect {
            x: MARGIN,
            y,
            width: PAPER.0 - 2.0 * MARGIN,
            height: 0.5,
            grey: RULE,
        });
    }

    fn end_page(&mut self) -> Result<(), PrintError> {
        let number = self.painter.pages() + 1;
        if number > PAGES_MAX {
            return Err(PrintError::PageCount);
        }
        self.at = PAPER.1 - MARGIN;
        let width = PAPER.0 - 2.0 * MARGIN;
        let foot = self.head.foot.clone();
        self.text(
            Font::Regular,
            SIZE,
            GREY,
            (MARGIN, width * 0.8),
            false,
            &foot,
        )?;
        let page = format!("Page {number}");
        let right = (MARGIN + width * 0.8, width * 0.2);
        self.text(Font::Regular, SIZE, GREY, right, true, &page)?;
        let page = Page {
            width: PAPER.0,
            height: PAPER.1,
            stock: String::new(),
            is_label: false,
            items: std::mem::take(&mut self.items),
        };
        self.painter.page(&page)
    }

    fn set(&mut self, cells: &[String], font: Font, grey: u8) -> Result<(), PrintError> {
        let columns: Vec<((f32, f32), bool)> = self
            .places
            .iter()
            .zip(&self.head.columns)
            .map(|(place, column)| (*place, column.is_number))
            .collect();
        self.at += LINE * 0.75;
        for (cell, (place, is_number)) in cells.iter().zip(columns) {
            self.text(font, SIZE, grey, place, is_number, cell)?;
        }
        self.at -= LINE * 0.75;
        Ok(())
    }

    /// Sets a text on the line that is being written, between `left` and `left + width`.
    fn text(
        &mut self,
        font: Font,
        size: f32,
        grey: u8,
        (left, width): (f32, f32),
        is_right: bool,
        text: &str,
    ) -> Result<(), PrintError> {
        if text.is_empty() {
            return Ok(());
        }
        let fitted = fit(&mut self.shaper, font, text, 0.0, size, width)?;
        let x = match is_right {
            true => left + width - fitted.width(),
            false => left,
        };
        self.items.push(Item::Text(Text {
            x,
            baseline: self.at,
            size: fitted.size,
            font,
            ink: Ink::Solid { grey },
            line: fitted.line,
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> TableHead {
        let column = |title: &str, share, is_number| Column {
            title: title.to_owned(),
            share,
            is_number,
        };
        TableHead {
            title: "Statement".to_owned(),
            lines: vec!["An account".to_owned()],
            foot: "A foot".to_owned(),
            columns: vec![column("What", 3.0, false), column("Amount", 1.0, true)],
        }
    }

    fn table(rows: usize) -> Vec<u8> {
        let mut writer = TableWriter::new(Vec::new(), head()).unwrap();
        for row in 0..rows {
            let cells = [
                format!("row {row} {}", "x".repeat(row % 90)),
                format!("{row}.000"),
            ];
            writer.row(&cells, RowStyle::Plain).unwrap();
        }
        writer.part();
        writer.row(&["Sum".to_owned()], RowStyle::Strong).unwrap();
        writer.finish().unwrap()
    }

    fn pages(pdf: &[u8]) -> usize {
        let text = String::from_utf8_lossy(pdf);
        text.matches("/Type /Page\n").count() + text.matches("/Type /Page ").count()
    }

    #[test]
    fn pages_grow_with_rows_and_equal_tables_are_equal_files() {
        let (one, many) = (table(3), table(500));
        assert_eq!(pages(&one), 1);
        assert!((8..=11).contains(&pages(&many)), "{}", pages(&many));
        assert_eq!(many, table(500));
    }

    #[test]
    fn what_is_written_can_be_taken_away_as_it_grows() {
        let whole = table(500);
        let mut writer = TableWriter::new(Vec::new(), head()).unwrap();
        let (mut taken, mut most) = (Vec::new(), 0);
        for row in 0..500 {
            let cells = [
                format!("row {row} {}", "x".repeat(row % 90)),
                format!("{row}.000"),
            ];
            writer.row(&cells, RowStyle::Plain).unwrap();
            most = most.max(writer.out().len());
            taken.append(writer.out());
        }
        writer.part();
        writer.row(&["Sum".to_owned()], RowStyle::Strong).unwrap();
        taken.extend(writer.finish().unwrap());
        assert_eq!(taken, whole);
        assert!(most < whole.len() / 3, "{most} of {}", whole.len());
    }
}
