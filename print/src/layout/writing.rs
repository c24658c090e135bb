//! Setting lines of text and collecting items. Not here: any place on a page. Called by all
//! layouts.

use crate::error::PrintError;
use crate::fit::{self, Fitted};
use crate::font::{Font, Shaper};
use crate::page::{Ink, Item, Text};

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) font: Font,
    /// Points.
    pub(super) size: f32,
    pub(super) grey: u8,
    /// Ems after each letter.
    pub(super) tracking: f32,
}

impl Style {
    pub(super) const fn new(font: Font, size: f32, grey: u8) -> Self {
        Self {
            font,
            size,
            grey,
            tracking: 0.0,
        }
    }

    pub(super) const fn tracked(self, tracking: f32) -> Self {
        Self { tracking, ..self }
    }

    /// Height of a capital, points.
    pub(super) fn capital(self) -> f32 {
        self.size * super::CAPITAL
    }
}

/// The items laid so far, and what shapes their text.
pub(super) struct Writing<'a> {
    pub(super) shaper: &'a mut Shaper,
    pub(super) items: Vec<Item>,
}

impl<'a> Writing<'a> {
    pub(super) fn new(shaper: &'a mut Shaper) -> Self {
        Self {
            shaper,
            items: Vec::new(),
        }
    }

    /// Sets text to the right of `x`, at most `width` wide.
    pub(super) fn left(
        &mut self,
        style: Style,
        (x, baseline): (f32, f32),
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = self.fitted(style, width, text)?;
        self.place(style.font, solid(style), (x, baseline), fitted);
        Ok(())
    }

    /// Sets text that ends at `right`.
    pub(super) fn right(
        &mut self,
        style: Style,
        (right, baseline): (f32, f32),
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = self.fitted(style, width, text)?;
        let x = right - fitted.width();
        self.place(style.font, solid(style), (x, baseline), fitted);
        Ok(())
    }

    /// Sets text around `middle`.
    pub(super) fn centred(
        &mut self,
        style: Style,
        (middle, baseline): (f32, f32),
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = self.fitted(style, width, text)?;
        let x = middle - fitted.width() / 2.0;
        self.place(style.font, solid(style), (x, baseline), fitted);
        Ok(())
    }

    /// Spreads letters over exactly `width`.
    pub(super) fn spread(
        &mut self,
        ink: Ink,
        size: f32,
        (x, baseline): (f32, f32),
        width: f32,
        text: &str,
    ) -> Result<(), PrintError> {
        let fitted = fit::spread(self.shaper, Font::Bold, text, size, width)?;
        self.place(Font::Bold, ink, (x, baseline), fitted);
        Ok(())
    }

    pub(super) fn rect(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), grey: u8) {
        self.items.push(Item::Rect {
            x,
            y,
            width,
            height,
            grey,
        });
    }

    fn fitted(&mut self, style: Style, width: f32, text: &str) -> Result<Fitted, PrintError> {
        fit::fit(
            self.shaper,
            style.font,
            text,
            style.tracking,
            style.size,
            width,
        )
    }

    fn place(&mut self, font: Font, ink: Ink, (x, baseline): (f32, f32), fitted: Fitted) {
        let Fitted { size, line, .. } = fitted;
        self.items.push(Item::Text(Text {
            x,
            baseline,
            size,
            font,
            ink,
            line,
        }));
    }
}

fn solid(style: Style) -> Ink {
    Ink::Solid { grey: style.grey }
}
