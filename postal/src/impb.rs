//! The package barcode: 22 or 26 digits by which a parcel is tracked, with the ZIP that it goes to, as data
//! of a GS1-128 symbol.
//!
//! Not here: bars (`symbol` gives widths by [`crate::code128`]), giving out serial numbers, whether a mailer
//! may use a channel. Called when a label is printed or read.
//!
//! Source: USPS Publication 199, Intelligent Mail package barcode; check digit: GS1 General Specifications,
//! 7.9. Channel 92 has a mailer id of nine digits and 93 one of six; in 94 and 95 its first digit tells.
//! A label of the post's own counters (95) may use the digits after the service type otherwise: it is read
//! and checked all the same.

mod service;

use std::fmt;
use std::str::FromStr;

pub use service::{SERVICE_TYPES, ServiceType};

use crate::code128::{self, Code128Error, Part};
use crate::imb::{MailerId, MailerIdError};
use crate::limits::IMB_SERVICE_TYPE_MAX;
use crate::zip::{Zip, ZipError, ZipLevel};

/// The application identifier before the ZIP.
const ROUTING: &str = "420";

/// What a reader sends for FNC1 inside a symbol (ASCII group separator).
const SEPARATOR: char = '\u{1D}';

/// Who sells the postage: the first two digits of the tracking number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// 92: a commercial mailer with a mailer id of nine digits.
    CommercialLong,
    /// 93: a commercial mailer with a mailer id of six digits.
    CommercialShort,
    /// 94: postage bought online, from a vendor.
    Online,
    /// 95: postage bought at a counter.
    Retail,
}

impl Channel {
    const ALL: [Self; 4] = [
        Self::CommercialLong,
        Self::CommercialShort,
        Self::Online,
        Self::Retail,
    ];

    /// The application identifier, 92 to 95.
    pub const fn identifier(self) -> u8 {
        match self {
            Self::CommercialLong => 92,
            Self::CommercialShort => 93,
            Self::Online => 94,
            Self::Retail => 95,
        }
    }

    const fn takes(self, mailer: MailerId) -> bool {
        match self {
            Self::CommercialLong => mailer.is_long(),
            Self::CommercialShort => !mailer.is_long(),
            Self::Online | Self::Retail => true,
        }
    }
}

/// How many digits the tracking number has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// 22 digits.
    Digits22,
    /// 26 digits.
    Digits26,
}

impl Length {
    /// 22 or 26.
    pub const fn digits(self) -> usize {
        match self {
            Self::Digits22 => 22,
            Self::Digits26 => 26,
        }
    }

    /// Digits of the serial number beside a mailer id: what channel, service type and check digit leave.
    const fn serial_digits(self, mailer: MailerId) -> usize {
        self.digits() - 6 - mailer.digits()
    }
}

/// The content of a package barcode; every value of this type can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Impb {
    fields: ImpbFields,
}

/// What a barcode is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImpbFields {
    /// Who sells the postage.
    pub channel: Channel,
    /// Service type code, 0 to 999; see [`ServiceType`].
    pub service_type: u16,
    /// Who mails it.
    pub mailer: MailerId,
    /// The mailer's number for the piece: with 22 digits in all, seven digits beside a long mailer id and ten
    /// beside a short one; with 26, eleven and fourteen.
    pub serial: u64,
    /// 22 or 26 digits.
    pub length: Length,
    /// Where it goes, five or nine digits; not part of the tracking number.
    pub routing: Option<Zip>,
}

/// Why there is no barcode, or none that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImpbError {
    /// The service type has more than three digits.
    #[error("service type {found} is not possible: three digits")]
    ServiceType {
        /// What was given.
        found: u16,
    },
    /// No mailer id.
    #[error(transparent)]
    Mailer(#[from] MailerIdError),
    /// Channel 92 with a short mailer id, or 93 with a long one.
    #[error("channel {} does not go with mailer id {mailer}: 92 is for nine digits, 93 for six", .channel.identifier())]
    ChannelMailer {
        /// What was given.
        channel: Channel,
        /// What was given.
        mailer: MailerId,
    },
    /// The serial number has too many digits.
    #[error(
        "serial number {found} has more than {digits} digits, which is what the barcode leaves for it"
    )]
    Serial {
        /// What was given.
        found: u64,
        /// Digits at most.
        digits: usize,
    },
    /// A ZIP of eleven digits.
    #[error("the ZIP of a package barcode has five or nine digits: leave out the delivery point")]
    RoutingLevel,
    /// The routing code is no ZIP.
    #[error("the routing code is not a ZIP: {0}")]
    Routing(#[from] ZipError),
    /// Something that is neither digit, space nor separator.
    #[error("{found:?} can not stand in a package barcode: it has digits only")]
    Character {
        /// The first such character.
        found: char,
    },
    /// No tracking number of 22 or 26 digits is in the text.
    #[error(
        "a package barcode has 22 or 26 digits, after 420 and a ZIP of five or nine if it has one; {found} digits were given"
    )]
    Digits {
        /// Digits given.
        found: usize,
    },
    /// 34 digits that can be read in two ways.
    #[error(
        "the digits can be read with a ZIP of five and with one of nine: give the separator after the ZIP, as a reader sends it"
    )]
    Ambiguous,
    /// The first two digits are no channel.
    #[error("channel {found} is not known: 92, 93, 94 or 95")]
    Channel {
        /// What stands there.
        found: u8,
    },
    /// The check digit is another.
    #[error("the check digit is {found} and must be {expected}: a digit was misread or mistyped")]
    Check {
        /// What stands there.
        found: u8,
        /// What belongs there.
        expected: u8,
    },
}

impl Impb {
    /// A barcode of these fields.
    ///
    /// # Errors
    /// [`ImpbError::ServiceType`], [`ImpbError::ChannelMailer`], [`ImpbError::Serial`] or
    /// [`ImpbError::RoutingLevel`].
    pub fn new(fields: ImpbFields) -> Result<Self, ImpbError> {
        let ImpbFields {
            channel,
            service_type,
            mailer,
            serial,
            length,
            routing,
        } = fields;
        if service_type > IMB_SERVICE_TYPE_MAX {
            return Err(ImpbError::ServiceType {
                found: service_type,
            });
        }
        if !channel.takes(mailer) {
            return Err(ImpbError::ChannelMailer { channel, mailer });
        }
        let digits = length.serial_digits(mailer);
        // At most fourteen digits.
        if serial >= 10_u64.pow(digits as u32) {
            return Err(ImpbError::Serial {
                found: serial,
                digits,
            });
        }
        if routing.is_some_and(|zip| zip.level() == ZipLevel::Zip11) {
            return Err(ImpbError::RoutingLevel);
        }
        Ok(Self { fields })
    }

    /// Its fields.
    pub const fn fields(&self) -> ImpbFields {
        self.fields
    }

    /// The tracking number: 22 or 26 digits, the last of which is the check digit.
    pub fn tracking(&self) -> String {
        let ImpbFields {
            channel,
            service_type,
            mailer,
            serial,
            length,
            ..
        } = self.fields;
        let width = length.serial_digits(mailer);
        let body = format!(
            "{}{service_type:03}{mailer}{serial:0width$}",
            channel.identifier()
        );
        let check = check_digit(&body);
        format!("{body}{check}")
    }

    /// The tracking number as it is printed under the bars, in groups of four digits.
    pub fn grouped(&self) -> String {
        let tracking = self.tracking();
        let ends = (4..tracking.len()).step_by(4).chain([tracking.len()]);
        let groups = ends.scan(0, |from, to| tracking.get(std::mem::replace(from, to)..to));
        groups.collect::<Vec<_>>().join(" ")
    }

    /// The element of the ZIP, 420 and five or nine digits, if it has one.
    fn routing_element(&self) -> Option<String> {
        let zip = self.fields.routing?.to_string();
        Some(format!("{ROUTING}{}", zip.replace('-', "")))
    }

    /// The widths of the symbol's bars and spaces in modules; see [`code128::widths`].
    ///
    /// # Errors
    /// None that a value of this type can bring about; the type is that of the symbol's maker.
    pub fn symbol(&self) -> Result<Vec<u8>, Code128Error> {
        let routing = self.routing_element();
        let tracking = self.tracking();
        let before = routing
            .as_deref()
            .map(|text| [Part::Fnc1, Part::Text(text)]);
        let mut parts: Vec<Part<'_>> = before.into_iter().flatten().collect();
        parts.extend([Part::Fnc1, Part::Text(&tracking)]);
        code128::widths(&parts)
    }
}

impl FromStr for Impb {
    type Err = ImpbError;

    /// Reads a tracking number, or 420, ZIP and tracking number, as digits with spaces anywhere. FNC1 may
    /// stand as the group separator (ASCII 29) that readers send, or be left out.
    fn from_str(text: &str) -> Result<Self, ImpbError> {
        let plain: String = text.chars().filter(|character| *character != ' ').collect();
        if let Some(found) = plain
            .chars()
            .find(|c| !c.is_ascii_digit() && *c != SEPARATOR)
        {
            return Err(ImpbError::Character { found });
        }
        let elements: Vec<&str> = plain
            .split(SEPARATOR)
            .filter(|element| !element.is_empty())
            .collect();
        match elements[..] {
            [tracking] if matches!(tracking.len(), 22 | 26) => read(None, tracking),
            [joined] => read_joined(joined),
            [routing, tracking] if matches!(tracking.len(), 22 | 26) => {
                match routing.strip_prefix(ROUTING) {
                    Some(zip) => read(Some(zip), tracking),
                    None => Err(ImpbError::Digits {
                        found: routing.len() + tracking.len(),
                    }),
                }
            }
            _ => Err(ImpbError::Digits {
                found: elements.concat().len(),
            }),
        }
    }
}

impl fmt::Display for Impb {
    /// All digits without FNC1: 420 and the ZIP, if there is one, then the tracking number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}{}",
            self.routing_element().unwrap_or_default(),
            self.tracking()
        )
    }
}

/// Reads 420, ZIP and tracking number that are not separated.
fn read_joined(digits: &str) -> Result<Impb, ImpbError> {
    let wrong = ImpbError::Digits {
        found: digits.len(),
    };
    let Some(rest) = digits.strip_prefix(ROUTING) else {
        return Err(wrong);
    };
    let with_zip = |length| {
        rest.split_at_checked(length)
            .map(|(zip, tracking)| read(Some(zip), tracking))
    };
    match rest.len() {
        27 => with_zip(5).unwrap_or(Err(wrong)),
        35 => with_zip(9).unwrap_or(Err(wrong)),
        // Nine and 22, or five and 26: the check digit and the channel tell, nearly always.
        31 => match (
            with_zip(5).unwrap_or(Err(wrong.clone())),
            with_zip(9).unwrap_or(Err(wrong)),
        ) {
            (Ok(_), Ok(_)) => Err(ImpbError::Ambiguous),
            (Ok(found), Err(_)) => Ok(found),
            (Err(_), nine) => nine,
        },
        _ => Err(wrong),
    }
}

/// Reads a tracking number of 22 or 26 digits, all of them ASCII digits, and the ZIP before it.
fn read(zip: Option<&str>, tracking: &str) -> Result<Impb, ImpbError> {
    let wrong = || ImpbError::Digits {
        found: tracking.len(),
    };
    let length = if tracking.len() == 22 {
        Length::Digits22
    } else {
        Length::Digits26
    };
    let part = |from: usize, to: usize| tracking.get(from..to).ok_or_else(wrong);
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let last = tracking.len() - 1;
    let (found, expected) = (
        number(part(last, last + 1)?)? as u8,
        check_digit(part(0, last)?),
    );
    if found != expected {
        return Err(ImpbError::Check { found, expected });
    }
    let identifier = number(part(0, 2)?)? as u8;
    let channel = Channel::ALL
        .into_iter()
        .find(|channel| channel.identifier() == identifier)
        .ok_or(ImpbError::Channel { found: identifier })?;
    let mailer_end = if part(5, 6)? == "9" { 14 } else { 11 };
    Impb::new(ImpbFields {
        channel,
        service_type: number(part(2, 5)?)? as u16,
        mailer: part(5, mailer_end)?.parse()?,
        serial: number(part(mailer_end, last)?)?,
        length,
        routing: zip.map(Zip::parse).transpose()?,
    })
}

/// The GS1 check digit of a text of digits: 3, 1, 3 ... from the right, what is missing to the next ten.
fn check_digit(digits: &str) -> u8 {
    let places = digits.bytes().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = places
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    ((10 - sum % 10) % 10) as u8
}
