//! On what and how items are printed: options that several commands have, and files that are drawn.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use sdk::Client;
use sdk::api::{Calibration, EnvelopeOrder, EnvelopeSheet, MailerBarcode};

use crate::files;

/// Bytes of a stock's description.
const STOCK_BYTES_MAX: u64 = 16 << 10;

/// On what, and with what marks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Printing")]
pub(crate) struct PrintOptions {
    /// What is printed on; `indicia stocks` lists all [default: envelope-10]
    #[arg(long, value_name = "NAME", conflicts_with = "own_stock")]
    stock: Option<String>,
    /// Description of an own stock, TOML
    #[arg(long, value_name = "FILE")]
    own_stock: Option<PathBuf>,
    /// First label used of the first sheet, from 1
    #[arg(long, value_name = "NUMBER")]
    start: Option<u32>,
    /// Resolution of an image (100 to 600) or of a label printer (203 or 300)
    #[arg(long, value_name = "DPI")]
    dpi: Option<u32>,
    /// Facing identification mark: A, B, C, D or E
    #[arg(long, value_name = "LETTER")]
    fim: Option<String>,
    /// Mailer id, six or nine digits: prints a barcode of the post
    #[arg(long, value_name = "DIGITS")]
    mailer_id: Option<String>,
    /// Service type of the Intelligent Mail barcode on an envelope
    #[arg(long, value_name = "DIGITS", requires = "mailer_id")]
    imb_service: Option<String>,
    /// Service type of the package barcode on a label
    #[arg(long, value_name = "DIGITS", requires = "mailer_id")]
    package_service: Option<String>,
    /// Correction of the printer: millimetres to move everything right
    #[arg(
        long,
        value_name = "MM",
        allow_negative_numbers = true,
        default_value_t = 0.0
    )]
    move_right: f32,
    /// Correction of the printer: millimetres to move everything down
    #[arg(
        long,
        value_name = "MM",
        allow_negative_numbers = true,
        default_value_t = 0.0
    )]
    move_down: f32,
    /// Correction of the printer: scale, 0.97 to 1.03
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f32,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            stock: None,
            own_stock: None,
            start: None,
            dpi: None,
            fim: None,
            mailer_id: None,
            imb_service: None,
            package_service: None,
            move_right: 0.0,
            move_down: 0.0,
            scale: 1.0,
        }
    }
}

impl PrintOptions {
    /// A drawing of these pieces. Options are checked by the data centre.
    pub(crate) fn sheet(
        &self,
        envelopes: Vec<EnvelopeOrder>,
        format: &str,
    ) -> Result<EnvelopeSheet> {
        let own_stock = match &self.own_stock {
            Some(path) => {
                let bytes = files::read_limited(path, STOCK_BYTES_MAX)?;
                Some(String::from_utf8(bytes).with_context(|| path.display().to_string())?)
            }
            None => None,
        };
        let barcode = |service: &Option<String>| {
            Some(MailerBarcode {
                mailer_id: self.mailer_id.clone()?,
                service_type: service.clone()?,
            })
        };
        let (imb, package) = (barcode(&self.imb_service), barcode(&self.package_service));
        if self.mailer_id.is_some() && imb.is_none() && package.is_none() {
            bail!("--mailer-id needs --imb-service (envelopes) or --package-service (labels)");
        }
        let is_corrected = (self.move_right, self.move_down, self.scale) != (0.0, 0.0, 1.0);
        Ok(EnvelopeSheet {
            envelopes,
            format: format.to_owned(),
            dpi: self.dpi,
            // A default from elsewhere gives way to what was described by hand.
            stock: self.stock.clone().filter(|_| own_stock.is_none()),
            own_stock,
            start: self.start,
            calibration: is_corrected.then_some(Calibration {
                right_mm: self.move_right,
                down_mm: self.move_down,
                scale: Some(self.scale),
            }),
            fim: self.fim.clone(),
            imb,
            package,
        })
    }
}

/// The format that a file's name asks for.
pub(crate) fn format_of(path: &Path) -> Result<&'static str> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    Ok(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "pdf",
        "png" => "png",
        "svg" => "svg",
        "zpl" => "zpl",
        "epl" => "epl",
        "bin" => "payload",
        _ => bail!(
            "{}: name it .pdf, .png, .svg, .zpl, .epl, or .bin for the payload's bytes",
            path.display()
        ),
    })
}

/// Draws into a file, which is there as a whole or not at all.
pub(crate) async fn draw_to(client: &Client, sheet: &EnvelopeSheet, path: &Path) -> Result<()> {
    let draft = files::draft_of(path);
    files::remove_if_there(&draft)?;
    let place = || draft.display().to_string();
    let mut file = File::create_new(&draft).with_context(place)?;
    client.envelopes(sheet, &mut file).await?;
    file.sync_all().with_context(place)?;
    std::fs::rename(&draft, path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_drawn_as_its_name_says() {
        for (name, format) in [
            ("a.pdf", "pdf"),
            ("b.PNG", "png"),
            ("c.x.zpl", "zpl"),
            ("d.bin", "payload"),
        ] {
            assert_eq!(format_of(Path::new(name)).unwrap(), format);
        }
        for name in ["a", "a.doc", ".pdf"] {
            assert!(format_of(Path::new(name)).is_err(), "{name}");
        }
    }
}
