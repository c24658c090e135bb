//! A drawing as the answer to a request: in memory while it is small, else in a file without a name,
//! so that neither a large drawing nor a slow reader takes memory.
//!
//! Not here: layout and painting (`print`).

use crate::limits::{DRAWING_IN_MEMORY_MAX, DRAWING_PIECE};
use crate::problem::Refused;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use functions::Code;
use http_body_util::channel::Channel;
use print::{Dots, PdfWriter, Piece, PrintError, Setup};
use std::io::{Seek, SeekFrom, Write};
use tempfile::{SpooledData, SpooledTempFile, spooled_tempfile};
use tokio::io::AsyncReadExt;

/// Usual resolution of an image.
const USUAL_DPI: u32 = 300;
/// Pieces of an answer that wait for their reader.
const PIECES_MAX: usize = 2;

/// How it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Pdf,
    Png { dpi: u32 },
    Svg,
    Zpl(Dots),
    Epl,
    Payload,
}

/// A drawing.
pub(crate) struct Drawing {
    file: SpooledTempFile,
    media: &'static str,
}

impl Format {
    /// The format of a name.
    pub(crate) fn of(name: &str, dpi: Option<u32>) -> Result<Self, Refused> {
        let refused = |detail: &str| Refused::new(Code::BadDrawing, detail);
        match (name, dpi) {
            ("pdf", _) => Ok(Self::Pdf),
            ("png", dpi) => Ok(Self::Png {
                dpi: dpi.unwrap_or(USUAL_DPI),
            }),
            ("svg", _) => Ok(Self::Svg),
            ("zpl", None | Some(203)) => Ok(Self::Zpl(Dots::Dpi203)),
            ("zpl", Some(300)) => Ok(Self::Zpl(Dots::Dpi300)),
            ("zpl", _) => Err(refused("Label printers have 203 or 300 dpi.")),
            ("epl", _) => Ok(Self::Epl),
            ("payload", _) => Ok(Self::Payload),
            _ => Err(refused(
                "`format` is `pdf`, `png`, `svg`, `zpl`, `epl` or `payload`.",
            )),
        }
    }

    /// Whether one file of it shows many pieces.
    pub(crate) const fn is_of_many(self) -> bool {
        matches!(self, Self::Pdf | Self::Zpl(_) | Self::Epl)
    }

    const fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png { .. } => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Zpl(_) => "text/plain; charset=utf-8",
            Self::Epl | Self::Payload => "application/octet-stream",
        }
    }
}

impl Drawing {
    /// Draws pieces, in order. Blocks.
    pub(crate) fn of(format: Format, setup: Setup, pieces: &[Piece]) -> Result<Self, PrintError> {
        let mut file = spooled_tempfile(DRAWING_IN_MEMORY_MAX);
        if let Format::Pdf = format {
            let mut writer = PdfWriter::new(file, setup)?;
            for piece in pieces {
                writer.add(piece)?;
            }
            file = writer.finish()?;
        } else {
            for piece in pieces {
                let drawn = match format {
                    Format::Pdf => Vec::new(),
                    Format::Png { dpi } => print::png(&setup.page(piece)?, dpi)?,
                    Format::Svg => print::svg(&setup.page(piece)?)?.into_bytes(),
                    Format::Zpl(dots) => print::zpl(&setup.page(piece)?, dots)?.into_bytes(),
                    Format::Epl => print::epl(&setup.page(piece)?)?,
                    Format::Payload => piece.payload.clone(),
                };
                write(&mut file, &drawn)?;
            }
        }
        Ok(Self {
            file,
            media: format.media(),
        })
    }

    /// Draws the page that shows what a printer does wrong.
    pub(crate) fn of_calibration(setup: Setup) -> Result<Self, PrintError> {
        let mut writer = PdfWriter::new(spooled_tempfile(DRAWING_IN_MEMORY_MAX), setup)?;
        writer.add_calibration_page()?;
        Ok(Self {
            file: writer.finish()?,
            media: Format::Pdf.media(),
        })
    }

    /// The drawing as an answer.
    pub(crate) async fn into_answer(self) -> Result<Response, Refused> {
        let media = [(header::CONTENT_TYPE, self.media)];
        let mut file = match self.file.into_inner() {
            SpooledData::InMemory(bytes) => return Ok((media, bytes.into_inner()).into_response()),
            SpooledData::OnDisk(file) => file,
        };
        let unreadable = |_| Refused::new(Code::Internal, "The drawing could not be read back.");
        let length = file.stream_position().map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut answer = (media, Body::new(told(file))).into_response();
        let length = HeaderValue::from(length);
        answer.headers_mut().insert(header::CONTENT_LENGTH, length);
        Ok(answer)
    }
}

/// The bytes of a file, read as fast as they are taken.
fn told(file: std::fs::File) -> Channel<Bytes, std::io::Error> {
    let (mut writer, answer) = Channel::new(PIECES_MAX);
    let mut file = tokio::fs::File::from_std(file);
    tokio::spawn(async move {
        loop {
            let mut piece = Vec::with_capacity(DRAWING_PIECE);
            match (&mut file)
                .take(DRAWING_PIECE as u64)
                .read_to_end(&mut piece)
                .await
            {
                Ok(0) => return,
                Ok(_) => {
                    if writer.send_data(piece.into()).await.is_err() {
                        return;
                    }
                }
                Err(error) => return writer.abort(error),
            }
        }
    });
    answer
}

fn write(file: &mut SpooledTempFile, bytes: &[u8]) -> Result<(), PrintError> {
    file.write_all(bytes)
        .map_err(|error| PrintError::Pdf(error.to_string()))
}
