//! Why there is no table or no price.
//!
//! Not here: the status codes of the API. Called by everything in `rates`.

use super::{Channel, Reach, Shape};
use crate::limits::{PRICE_MILLS_MAX, RATE_TABLE_BYTES_MAX};
use crate::weight::WeightError;

/// Why there is no table or no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// The table has more bytes than [`RATE_TABLE_BYTES_MAX`].
    #[error("the rate table is larger than {RATE_TABLE_BYTES_MAX} bytes: it is not one of ours")]
    TableTooLarge,
    /// The caller's check refused the signature: altered, not signed, or signed with another key.
    #[error(
        "the rate table's signature is not valid for its bytes: use the table as it was signed, or have it signed again"
    )]
    Signature,
    /// Not UTF-8, not TOML, a field missing, unknown or out of its type.
    #[error("the rate table cannot be read: {reason}")]
    Format {
        /// What the reader said, with line and column where it knows them.
        reason: String,
    },
    /// Readable, but a rule of the content is broken.
    #[error("the rate table is not consistent: {reason}")]
    Inconsistent {
        /// Which rule, and where.
        reason: String,
    },
    /// Not a day of the calendar.
    #[error("{date} is not a date: write it as YYYYMMDD, like 20250713")]
    NotADate {
        /// What was asked.
        date: u32,
    },
    /// No period of the table holds the date.
    #[error(
        "the rate table has no prices for {date}: choose another mailing date or install a newer table"
    )]
    NoRateOnDate {
        /// What was asked.
        date: u32,
    },
    /// No such word for a shape.
    #[error("shape {found:?} is not known: write card, letter, flat or parcel")]
    UnknownShape {
        /// What was asked, cut to 16 characters.
        found: String,
    },
    /// No such word for a channel.
    #[error("channel {found:?} is not known: write metered, stamped or commercial")]
    UnknownChannel {
        /// What was asked, cut to 16 characters.
        found: String,
    },
    /// The table has no such class.
    #[error("class {found:?} is not known: the rate table has {known}")]
    UnknownClass {
        /// What was asked, cut to 32 characters.
        found: String,
        /// Codes of all classes.
        known: String,
    },
    /// No price group has the country.
    #[error(
        "there are no prices for country {found:?}: give two letters of ISO 3166, like CA; places of domestic mail have none"
    )]
    UnknownCountry {
        /// What was asked, cut to 16 characters.
        found: String,
    },
    /// The price depends on the distance, which was not given.
    #[error("the price of a {shape} depends on the distance: give origin and destination")]
    ZoneNeeded {
        /// What was asked.
        shape: Shape,
    },
    /// The period has prices, but none for this class, shape, channel and reach.
    #[error(
        "there is no {channel} price for shape {shape}{} {reach} on {date}: choose another shape or enter the postage by hand",
        .class.as_ref().map(|class| format!(" in class {class}")).unwrap_or_default()
    )]
    NoRateForShape {
        /// What was asked.
        date: u32,
        /// What was asked.
        class: Option<String>,
        /// What was asked.
        shape: Shape,
        /// What was asked.
        channel: Channel,
        /// What was asked.
        reach: Reach,
    },
    /// A weight of zero.
    #[error(transparent)]
    Weight(#[from] WeightError),
    /// Heavier than the last step.
    #[error(
        "{weight_milligrams} mg is too heavy for shape {shape}, which ends at {limit_milligrams} mg: choose a larger shape"
    )]
    TooHeavy {
        /// What was asked.
        shape: Shape,
        /// What was asked.
        weight_milligrams: u32,
        /// The heaviest that has a price.
        limit_milligrams: u32,
    },
    /// Non-machinable, but the table has no surcharge for such a piece.
    #[error("a {shape} of class {class} has no price as non-machinable: leave that out")]
    NoSurcharge {
        /// Class of the rate.
        class: String,
        /// What was asked.
        shape: Shape,
    },
    /// The period has no such service.
    #[error("service {found:?} is not known: the rate table has {known}")]
    UnknownService {
        /// What was asked, cut to 32 characters.
        found: String,
        /// Codes of all services.
        known: String,
    },
    /// The same service stands twice in the request.
    #[error("service {service} is asked for twice: leave one out")]
    ServiceTwice {
        /// Which.
        service: String,
    },
    /// The service does not go with this class and shape.
    #[error("service {service} is not for a {shape} of class {class}")]
    ServiceNotForPiece {
        /// Which.
        service: String,
        /// Class of the rate.
        class: String,
        /// What was asked.
        shape: Shape,
    },
    /// A prerequisite is missing.
    #[error("service {service} needs {needs} beside it: add one, or leave {service} out")]
    ServiceNeeds {
        /// Which.
        service: String,
        /// Codes of which one is needed, with "or" between them.
        needs: String,
    },
    /// Two services exclude each other.
    #[error("services {one} and {other} exclude each other: leave one out")]
    ServicesExclude {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// The fee depends on a value that was not given, or is zero.
    #[error("the fee of {service} depends on the value: declare it, above zero")]
    ValueMissing {
        /// Which service.
        service: String,
    },
    /// A value was given for a service with a flat fee.
    #[error("the fee of {service} does not depend on a value: leave the value out")]
    ValueNotAsked {
        /// Which service.
        service: String,
    },
    /// A value above the last band.
    #[error("{value_mills} mills is more than {service} takes, which ends at {limit_mills} mills")]
    ValueTooHigh {
        /// Which service.
        service: String,
        /// What was declared.
        value_mills: u64,
        /// The highest.
        limit_mills: u64,
    },
    /// The sum does not fit the payload.
    #[error(
        "{mills} mills in all is above {PRICE_MILLS_MAX}, the highest value of an item: leave a service out"
    )]
    TooDear {
        /// The sum.
        mills: u64,
    },
}
