//! From request to price: the rate that fits, its weight step, surcharge, services, and the sum.
//!
//! Not here: what services go together (`services`). Whole mills only, added with overflow checked.

use super::{
    Channel, Class, Period, Rate, RateError, RateRequest, RateTable, Reach, Shape, Span, Step,
};
use crate::date::is_date;
use crate::limits::PRICE_MILLS_MAX;
use crate::weight::WeightError;

/// A price, item by item, and where each figure comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Code of the class.
    pub class: String,
    /// The rate category of the payload: four ASCII capitals or digits, one for each weight step.
    pub category: [u8; 4],
    /// Postage without surcharge and services; its code is the class's.
    pub base: Line,
    /// What is added for a piece that machines can not sort.
    pub surcharge: Option<Line>,
    /// Fees, in the request's order.
    pub services: Vec<Line>,
    /// Mills, 1..=4,294,967,295: the sum of all lines.
    pub total_mills: u64,
    /// Whether the table says of itself that its prices are not to be charged to anyone.
    pub is_illustrative: bool,
}

/// One figure of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Code of class or service; `non-machinable` for the surcharge.
    pub code: String,
    /// In words, one line.
    pub description: String,
    /// Who says that this is the price, one line.
    pub source: String,
    /// Mills, at least 1.
    pub mills: u64,
}

impl Quote {
    /// All lines, postage first.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.base)
            .chain(&self.surcharge)
            .chain(&self.services)
    }
}

impl RateTable {
    /// The price of a piece with its services.
    ///
    /// # Errors
    /// [`RateError`], the first that applies of: not a date, weight zero, no rate on the date, class or
    /// country unknown, none for the key, too heavy, no surcharge for such a piece, a service that is unknown
    /// or not possible, a sum above 4,294,967,295 mills.
    pub fn price(&self, request: &RateRequest) -> Result<Quote, RateError> {
        if !is_date(request.date) {
            return Err(RateError::NotADate { date: request.date });
        }
        if request.weight_milligrams == 0 {
            return Err(WeightError::Zero.into());
        }
        let period = self.period(request.date)?;
        let (rate, step) = self.postage(period, request)?;
        let base = Line {
            code: rate.class.clone(),
            description: rate.description.clone(),
            source: rate.source.clone(),
            mills: step.mills,
        };
        let surcharge = period.surcharge(&rate.class, request)?;
        let services = period.fees(&rate.class, request)?;
        let mut quote = Quote {
            class: rate.class.clone(),
            category: step.category,
            base,
            surcharge,
            services,
            total_mills: 0,
            is_illustrative: self.illustrative,
        };
        // At most a few dozen lines, each below 2^32.
        quote.total_mills = quote.lines().map(|line| line.mills).sum();
        if quote.total_mills > PRICE_MILLS_MAX {
            return Err(RateError::TooDear {
                mills: quote.total_mills,
            });
        }
        Ok(quote)
    }

    /// The rate and weight step of a request.
    fn postage<'table>(
        &'table self,
        period: &'table Period,
        request: &RateRequest,
    ) -> Result<(&'table Rate, Step), RateError> {
        if let Some(found) = &request.class
            && !self.classes.iter().any(|class| class.code == *found)
        {
            return Err(RateError::UnknownClass {
                found: found.chars().take(32).collect(),
                known: codes(&self.classes),
            });
        }
        let group = match &request.reach {
            Reach::Domestic | Reach::Zone(_) => None,
            Reach::Country(country) => Some(period.group_code(country)?),
        };
        let is_wanted = |rate: &&Rate| {
            rate.shape == request.shape
                && rate.channels.contains(&request.channel)
                && request
                    .class
                    .as_ref()
                    .is_none_or(|class| rate.class == *class)
        };
        let wanted = || period.rates.iter().filter(is_wanted);
        let reaches = |rate: &&Rate| match (&rate.span, &request.reach) {
            (Span::Domestic, Reach::Domestic | Reach::Zone(_)) => true,
            (Span::Zones(zones), Reach::Zone(zone)) => zones.contains(zone),
            (Span::Groups(groups), Reach::Country(_)) => {
                group.is_some_and(|group| groups.contains(group))
            }
            _ => false,
        };
        let rate = self
            .first_class_of(|| wanted().filter(reaches))
            .ok_or_else(|| {
                let is_zoned = wanted().any(|rate| matches!(rate.span, Span::Zones(_)));
                if request.reach == Reach::Domestic && is_zoned {
                    return RateError::ZoneNeeded {
                        shape: request.shape,
                    };
                }
                no_rate(request)
            })?;
        let fits = |step: &&Step| request.weight_milligrams <= step.up_to_milligrams;
        let step = rate
            .steps
            .iter()
            .find(fits)
            .ok_or_else(|| RateError::TooHeavy {
                shape: request.shape,
                weight_milligrams: request.weight_milligrams,
                limit_milligrams: rate.steps.last().map_or(0, |last| last.up_to_milligrams),
            })?;
        Ok((rate, *step))
    }

    /// Of several rates the one whose class stands first in the table.
    fn first_class_of<'table, Rates: Iterator<Item = &'table Rate>>(
        &self,
        rates: impl Fn() -> Rates,
    ) -> Option<&'table Rate> {
        self.classes
            .iter()
            .find_map(|class| rates().find(|rate| rate.class == class.code))
    }
}

impl Period {
    fn group_code(&self, country: &str) -> Result<&String, RateError> {
        let group = self.group_of(&country.to_ascii_uppercase());
        group
            .map(|group| &group.code)
            .ok_or_else(|| RateError::UnknownCountry {
                found: country.chars().take(16).collect(),
            })
    }

    fn surcharge(&self, class: &str, request: &RateRequest) -> Result<Option<Line>, RateError> {
        if !request.is_non_machinable {
            return Ok(None);
        }
        let surcharge = self
            .surcharges
            .iter()
            .find(|known| {
                known.shapes.contains(&request.shape)
                    && known.classes.iter().any(|code| code == class)
            })
            .ok_or_else(|| RateError::NoSurcharge {
                class: class.to_owned(),
                shape: request.shape,
            })?;
        Ok(Some(Line {
            code: "non-machinable".to_owned(),
            description: surcharge.description.clone(),
            source: surcharge.source.clone(),
            mills: surcharge.mills,
        }))
    }
}

fn no_rate(request: &RateRequest) -> RateError {
    let (shape, channel): (Shape, Channel) = (request.shape, request.channel);
    RateError::NoRateForShape {
        date: request.date,
        class: request.class.clone(),
        shape,
        channel,
        reach: request.reach.clone(),
    }
}

fn codes(classes: &[Class]) -> String {
    let codes: Vec<&str> = classes.iter().map(|class| class.code.as_str()).collect();
    codes.join(", ")
}
