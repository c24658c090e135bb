//! From what a caller asks to what the meter box is asked: rating, dates, addresses (postal rules).

use crate::{Centre, Code, Problem};
use item::{Ascii, Day, Department, EndCustomer, MeterRecord, Mills, Zip, normalise_address};
use postal::{Address, AddressError, RateError, RateRequest, Shape};
use store::Store;
use wire::ItemSpec;

/// How an item's value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Postage {
    /// By the rate table of the mailing date.
    Rated {
        /// Shape.
        shape: Shape,
        /// Weight.
        weight_milligrams: u32,
    },
    /// As the caller entered it.
    Entered(Mills),
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
    /// Department.
    pub department: Department,
    /// End customer.
    pub end_customer: EndCustomer,
}

/// Category of user-entered postage.
const ENTERED: [u8; 4] = *b"USER";

impl<S: Store> Centre<S> {
    /// What the box is to be asked for one item of this meter.
    pub(crate) fn item_spec(
        &self,
        item: &NewItem,
        meter: &MeterRecord,
    ) -> Result<ItemSpec, Problem> {
        let mailing_day = item.mailing_day.unwrap_or(Day::of_time(self.now()));
        let (value, category, weight_milligrams) = match item.postage {
            Postage::Entered(value) => (value, ENTERED, 0),
            Postage::Rated {
                shape,
                weight_milligrams,
            } => {
                let price = self
                    .rates()
                    .price(&RateRequest::new(
                        mailing_day.decimal(),
                        shape,
                        weight_milligrams,
                    ))
                    .map_err(no_rate)?;
                (Mills(price.total_mills), price.category, weight_milligrams)
            }
        };
        let destination = if item.recipient.is_empty() {
            0
        } else {
            Address::parse(&item.recipient)
                .and_then(|address| address.destination())
                .map_err(bad_address)?
                .zip
                .routing()
        };
        Ok(ItemSpec {
            category: Ascii::new(category)
                .ok_or_else(|| Problem::internal("rate category is not ASCII"))?,
            weight_milligrams,
            value,
            mailing_day,
            origin: item.origin.unwrap_or(meter.origin),
            destination,
            address: normalise_address(item.recipient.iter().map(String::as_str))
                .map_err(|_| Problem::new(Code::BadAddress, "The address is too long."))?,
            department: item.department,
            end_customer: item.end_customer,
        })
    }
}

fn no_rate(error: RateError) -> Problem {
    Problem::new(Code::NoRate, error.to_string())
}

pub(crate) fn bad_address(error: AddressError) -> Problem {
    Problem::new(Code::BadAddress, error.to_string())
}
