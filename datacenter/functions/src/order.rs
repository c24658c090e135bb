//! From what a caller asks to what the meter box is asked: rating, dates, addresses (postal rules).

use crate::address::{FoundAddress, is_home};
use crate::{Centre, Code, Problem};
use item::{Ascii, Day, Department, EndCustomer, MeterRecord, Mills, Zip, normalise_address};
use postal::countries::{self, Country, CountryError};
use postal::rates::{Quote, Reach, ServiceRequest};
use postal::standard::Verdict;
use postal::{Address, AddressError, RateError, RateRequest, Shape, Zone};
use store::Store;
use wire::ItemSpec;

/// How an item's value is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Postage {
    /// By the rate table of the mailing date.
    Rated(Piece),
    /// As the caller entered it.
    Entered(Mills),
}

/// A piece as its price depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Class of mail; none: the first of the table's that fits.
    pub class: Option<String>,
    /// Shape.
    pub shape: Shape,
    /// Weight.
    pub weight_milligrams: u32,
    /// Whether machines can not sort it.
    pub is_non_machinable: bool,
    /// Extra services.
    pub services: Vec<ServiceRequest>,
}

/// Where an item goes.
struct Destination {
    /// As the payload has it; 0 for none, and for another country.
    routing: u64,
    /// As its price depends on it.
    reach: Reach,
}

/// One item as the caller asks for it.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Its value.
    pub postage: Postage,
    /// Date of mailing; today if none.
    pub mailing_day: Option<Day>,
    /// Origin of deposit; the meter's if none.
    pub origin: Option<Zip>,
    /// Address lines; empty for none.
    pub recipient: Vec<String>,
    /// Country, if the caller named it.
    pub country: Option<Country>,
    /// Department.
    pub department: Department,
    /// End customer.
    pub end_customer: EndCustomer,
}

/// Category of user-entered postage.
const ENTERED: [u8; 4] = *b"USER";

impl<S: Store> Centre<S> {
    /// The date of mailing: today if none is given.
    pub(crate) fn mailing_day(&self, item: &NewItem) -> Day {
        item.mailing_day.unwrap_or_else(|| self.today())
    }

    /// The price of a piece.
    ///
    /// # Errors
    /// [`Code::NoRate`].
    pub fn quote(&self, piece: &Piece, day: Day, reach: Reach) -> Result<Quote, Problem> {
        let request = RateRequest {
            class: piece.class.clone(),
            reach,
            is_non_machinable: piece.is_non_machinable,
            services: piece.services.clone(),
            ..RateRequest::new(day.decimal(), piece.shape, piece.weight_milligrams)
        };
        self.rates().price(&request).map_err(no_rate)
    }

    /// What the box is to be asked for one item of this meter.
    pub(crate) fn item_spec(
        &self,
        item: &NewItem,
        meter: &MeterRecord,
    ) -> Result<ItemSpec, Problem> {
        let mailing_day = self.mailing_day(item);
        let origin = item.origin.unwrap_or(meter.origin);
        let destination = item.destination(origin)?;
        let (value, category, weight_milligrams) = match &item.postage {
            Postage::Entered(value) => (*value, ENTERED, 0),
            Postage::Rated(piece) => {
                let quote = self.quote(piece, mailing_day, destination.reach)?;
                let weight = piece.weight_milligrams;
                (Mills(quote.total_mills), quote.category, weight)
            }
        };
        Ok(ItemSpec {
            category: Ascii::new(category)
                .ok_or_else(|| Problem::internal("rate category is not ASCII"))?,
            weight_milligrams,
            value,
            mailing_day,
            origin,
            destination: destination.routing,
            address: normalise_address(item.recipient.iter().map(String::as_str))
                .map_err(|_| Problem::new(Code::BadAddress, "The address is too long."))?,
            department: item.department,
            end_customer: item.end_customer,
        })
    }
}

impl NewItem {
    /// Where it goes, from its address and what the caller said.
    fn destination(&self, origin: Zip) -> Result<Destination, Problem> {
        if self.recipient.is_empty() {
            let reach = self.country.filter(|country| !is_home(*country));
            return Ok(Destination {
                routing: 0,
                reach: reach.map_or(Reach::Domestic, abroad),
            });
        }
        let here = Address::parse(&self.recipient).and_then(|address| address.destination());
        match here {
            Ok(here) if self.country.is_none_or(is_home) => Ok(Destination {
                routing: here.zip.routing(),
                reach: match self.is_zoned() {
                    true => reach(origin, &here.zip),
                    false => Reach::Domestic,
                },
            }),
            Err(error) if self.country.is_some_and(is_home) => Err(bad_address(error)),
            here => {
                let abroad_to = countries::international(&self.recipient).map_err(|error| {
                    match (here, self.country) {
                        // Without a country's name it is an address of this one.
                        (Err(error), None) => bad_address(error),
                        _ => bad_country(error),
                    }
                })?;
                if self
                    .country
                    .is_some_and(|country| country != abroad_to.country)
                {
                    return Err(Problem::new(
                        Code::BadAddress,
                        format!("The address ends with {}.", abroad_to.country.name()),
                    ));
                }
                Ok(Destination {
                    routing: 0,
                    reach: abroad(abroad_to.country),
                })
            }
        }
    }

    /// Whether its price may depend on the distance.
    fn is_zoned(&self) -> bool {
        matches!(&self.postage, Postage::Rated(piece) if piece.shape == Shape::Parcel)
    }

    /// Sets its address in standard form, unless that is doubtful; gives what was found, in stable words.
    pub(crate) fn correct_address(&mut self) -> Result<Vec<&'static str>, Problem> {
        if self.recipient.is_empty() {
            return Ok(Vec::new());
        }
        match FoundAddress::of(self.recipient.clone()) {
            FoundAddress::Here(found) => {
                if matches!(found.verdict, Verdict::Good | Verdict::Corrected) {
                    self.recipient = found.lines;
                }
                Ok(found.reasons.iter().map(|reason| reason.name()).collect())
            }
            FoundAddress::Abroad(found) => {
                self.recipient = found.lines;
                Ok(Vec::new())
            }
            FoundAddress::NoAddress(_, why) => Err(Problem::new(Code::BadAddress, why)),
        }
    }
}

/// How far it is, as prices have it.
pub fn reach(origin: Zip, destination: &postal::Zip) -> Reach {
    postal::Zip::parse(&format!("{:05}", origin.0))
        .ok()
        .and_then(|origin| Zone::between(&origin, destination))
        .map_or(Reach::Domestic, Reach::Zone)
}

/// Abroad.
#[must_use]
pub fn abroad(country: Country) -> Reach {
    Reach::Country(country.code().to_owned())
}

fn no_rate(error: RateError) -> Problem {
    Problem::new(Code::NoRate, error.to_string())
}

pub(crate) fn bad_address(error: AddressError) -> Problem {
    Problem::new(Code::BadAddress, error.to_string())
}

fn bad_country(error: CountryError) -> Problem {
    Problem::new(Code::BadAddress, error.to_string())
}
