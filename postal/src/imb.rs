//! The Intelligent Mail barcode of letters and flats: 31 digits in 65 bars, to write and to read.
//!
//! Not here: finding bars in a picture, drawing them (print), giving out serial numbers, what a service type
//! means (the post's list). Called when an envelope of a mailer with a mailer id is printed or read.
//!
//! Source: USPS-B-3200, Intelligent Mail barcode 4-state specification. Its parts have a file each: `bars`
//! (four states, 65 positions), `characters` (ten characters of 13 bits), `number` (one number, its check),
//! `mailer` (mailer ids).

mod bars;
mod characters;
mod mailer;
mod number;

use std::fmt;
use std::str::FromStr;

pub use bars::{BARS, Bar, Bars};
pub use mailer::{MailerId, MailerIdError};

use crate::limits::{IMB_BARCODE_ID_MAX, IMB_SERVICE_TYPE_MAX};
use crate::zip::{Zip, ZipError};

/// Digits before the routing code.
const TRACKING_DIGITS: usize = 20;

/// The content of a barcode; every value of this type can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Imb {
    barcode_id: u8,
    service_type: u16,
    mailer: MailerId,
    serial: u32,
    routing: Option<Zip>,
}

/// What a barcode is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImbFields {
    /// Barcode identifier, 0 to 94, second digit 0 to 4; 0 where no sorting needs it.
    pub barcode_id: u8,
    /// Service type identifier, 0 to 999: class and services, from the post's list.
    pub service_type: u16,
    /// Who mails it.
    pub mailer: MailerId,
    /// The mailer's number for the piece: nine digits beside a short mailer id, six beside a long one.
    pub serial: u32,
    /// Where it goes: a ZIP of any level, or nothing.
    pub routing: Option<Zip>,
}

/// Why there is no barcode, or none that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImbError {
    /// The barcode identifier is above 94, or its second digit above 4.
    #[error("barcode identifier {found} is not possible: two digits, the second 0 to 4")]
    BarcodeId {
        /// What was given.
        found: u8,
    },
    /// The service type identifier has more than three digits.
    #[error("service type {found} is not possible: three digits, from the post's list")]
    ServiceType {
        /// What was given.
        found: u16,
    },
    /// No mailer id.
    #[error(transparent)]
    Mailer(#[from] MailerIdError),
    /// The serial number has too many digits beside this mailer id.
    #[error("serial number {found} is above {most}, the highest beside this mailer id")]
    Serial {
        /// What was given.
        found: u32,
        /// The highest.
        most: u32,
    },
    /// The routing code is no ZIP.
    #[error("the routing code is not a ZIP: {0}")]
    Routing(#[from] ZipError),
    /// Not 20 digits, or 20 digits and a ZIP of 5, 9 or 11.
    #[error(
        "write the 20 digits of the barcode, then, if there is one, a hyphen and the ZIP of 5, 9 or 11 digits"
    )]
    Digits,
    /// Not 65 bars.
    #[error("a barcode has 65 bars, this has {found}: read it again")]
    BarCount {
        /// Bars given.
        found: usize,
    },
    /// Not one of the four letters.
    #[error("bar {position} is {found:?}: bars are F, A, D and T")]
    BarLetter {
        /// Which bar, 1 to 65.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The bits of a character have a pattern that no codeword has.
    #[error(
        "character {index} of ten is none of the code: a bar was misread, or the barcode is upside down"
    )]
    Character {
        /// Which, 1 to 10.
        index: usize,
    },
    /// A codeword is above its range, or odd where it must be even.
    #[error(
        "codeword {index} of ten is out of range: a bar was misread, or the barcode is upside down"
    )]
    Codeword {
        /// Which, 1 to 10.
        index: usize,
    },
    /// The check sequence belongs to other data.
    #[error("the check sequence does not fit the data: a bar was misread, read the barcode again")]
    Crc,
}

impl Imb {
    /// A barcode of these fields.
    ///
    /// # Errors
    /// [`ImbError::BarcodeId`], [`ImbError::ServiceType`] or [`ImbError::Serial`].
    pub fn new(fields: ImbFields) -> Result<Self, ImbError> {
        let ImbFields {
            barcode_id,
            service_type,
            mailer,
            serial,
            routing,
        } = fields;
        if barcode_id > IMB_BARCODE_ID_MAX || barcode_id % 10 > 4 {
            return Err(ImbError::BarcodeId { found: barcode_id });
        }
        if service_type > IMB_SERVICE_TYPE_MAX {
            return Err(ImbError::ServiceType {
                found: service_type,
            });
        }
        let most = mailer.imb_serial_max();
        if serial > most {
            return Err(ImbError::Serial {
                found: serial,
                most,
            });
        }
        Ok(Self {
            barcode_id,
            service_type,
            mailer,
            serial,
            routing,
        })
    }

    /// Its fields.
    pub const fn fields(&self) -> ImbFields {
        let Self {
            barcode_id,
            service_type,
            mailer,
            serial,
            routing,
        } = *self;
        ImbFields {
            barcode_id,
            service_type,
            mailer,
            serial,
            routing,
        }
    }

    /// The 65 bars, from the left.
    pub fn bars(&self) -> Bars {
        Bars::of_characters(characters::of_codewords(number::codewords(number::of(
            self,
        ))))
    }

    /// The content of bars that were read from the left. Bars that were read upside down are refused (but
    /// for one in some hundred million); a reader that can not tell also tries [`Bars::turned`].
    ///
    /// # Errors
    /// [`ImbError::Character`], [`ImbError::Codeword`], [`ImbError::Crc`], or the field that is not possible.
    pub fn read(bars: &Bars) -> Result<Self, ImbError> {
        let read = characters::to_codewords(bars.characters())?;
        number::fields(number::of_codewords(read)?)
    }

    /// The 20 digits before the routing code.
    pub fn tracking(&self) -> String {
        let width = TRACKING_DIGITS - 5 - self.mailer.digits();
        format!(
            "{:02}{:03}{}{:0width$}",
            self.barcode_id, self.service_type, self.mailer, self.serial
        )
    }

    /// The digits of the routing code: 0, 5, 9 or 11.
    pub fn routing_digits(&self) -> String {
        let zip = self.routing.map(|zip| zip.to_string()).unwrap_or_default();
        zip.replace('-', "")
    }

    /// As people read it, field by field: `01 234 567094 987654321 01234567891`.
    pub fn grouped(&self) -> String {
        let tracking = self.tracking();
        let mailer_end = 5 + self.mailer.digits();
        let routing = self.routing_digits();
        let parts = [
            &tracking[..2],
            &tracking[2..5],
            &tracking[5..mailer_end],
            &tracking[mailer_end..],
            &routing,
        ];
        parts.join(" ").trim_end().to_owned()
    }
}

impl FromStr for Imb {
    type Err = ImbError;

    /// Reads 20 digits, then perhaps a ZIP of 5, 9 or 11 digits, with or without a hyphen between.
    fn from_str(text: &str) -> Result<Self, ImbError> {
        let (tracking, routing) = text
            .trim()
            .split_at_checked(TRACKING_DIGITS)
            .ok_or(ImbError::Digits)?;
        if !tracking.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ImbError::Digits);
        }
        let routing = match routing.strip_prefix('-') {
            Some("") => return Err(ImbError::Digits),
            Some(zip) => Some(Zip::parse(zip)?),
            None if routing.is_empty() => None,
            None => Some(Zip::parse(routing)?),
        };
        let tracking = tracking.parse().map_err(|_| ImbError::Digits)?;
        number::of_tracking(tracking, routing)
    }
}

impl fmt::Display for Imb {
    /// 20 digits, then a hyphen and the digits of the ZIP if there is one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.tracking())?;
        match self.routing {
            Some(_) => write!(out, "-{}", self.routing_digits()),
            None => Ok(()),
        }
    }
}
