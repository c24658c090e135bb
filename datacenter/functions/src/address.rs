//! Addresses in standard form, many at once. Nothing of them is kept.

use crate::{Centre, Problem};
use postal::countries::{Country, International, international};
use postal::standard::{Standardised, standardise};
use store::Store;

/// What an address came to.
#[derive(Debug, Clone)]
pub enum FoundAddress {
    /// An address of the United States.
    Here(Box<Standardised>),
    /// An address that ends with another country's name.
    Abroad(International),
    /// Lines that could not be printed, as they were given, and why.
    NoAddress(Vec<String>, String),
}

/// Whether mail there is inland mail.
pub(crate) fn is_home(country: Country) -> bool {
    country.code() == "US"
}

impl FoundAddress {
    /// Reads one address.
    pub(crate) fn of(lines: Vec<String>) -> Self {
        if let Ok(found) = international(&lines)
            && !is_home(found.country)
        {
            return Self::Abroad(found);
        }
        match standardise(&lines) {
            Ok(found) => Self::Here(Box::new(found)),
            Err(error) => Self::NoAddress(lines, error.to_string()),
        }
    }
}

impl<S: Store> Centre<S> {
    /// Each address in standard form, in order.
    ///
    /// # Errors
    /// [`Problem`] only for a fault of this program.
    pub async fn standard_addresses(
        &self,
        addresses: Vec<Vec<String>>,
    ) -> Result<Vec<FoundAddress>, Problem> {
        self.inner.cores.each(addresses, FoundAddress::of).await
    }
}
