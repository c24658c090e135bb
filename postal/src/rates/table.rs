//! What an opened table holds. Everything can be read, for lists and for tests that walk it; a table is made
//! by opening its bytes and no other way.
//!
//! Not here: the written form (`file`), pricing (`quote`).

use super::{Channel, Shape};
use crate::zone::Zone;

/// A class of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The word for it in requests: lower-case letters, digits and hyphens.
    pub code: String,
    /// A word or two, to be printed before the shape: `First-Class`.
    pub title: String,
    /// One line.
    pub description: String,
}

/// The days on which a set of prices holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// First day, decimal YYYYMMDD.
    pub from: u32,
    /// Last day; none: until further notice.
    pub to: Option<u32>,
    /// Postage.
    pub rates: Vec<Rate>,
    /// What is added for pieces that machines can not sort.
    pub surcharges: Vec<Surcharge>,
    /// Extra services.
    pub services: Vec<Service>,
    /// Countries by price group.
    pub groups: Vec<Group>,
}

/// Where the prices of a rate hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// In the whole country.
    Domestic,
    /// In these zones; at least one.
    Zones(Vec<Zone>),
    /// In the countries of these groups; at least one.
    Groups(Vec<String>),
}

/// The prices of one class and shape by weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// One line.
    pub description: String,
    /// Who says that these are the prices, one line.
    pub source: String,
    /// Code of the class.
    pub class: String,
    /// The form of the piece.
    pub shape: Shape,
    /// How the postage is shown; at least one.
    pub channels: Vec<Channel>,
    /// Where it goes.
    pub span: Span,
    /// By rising weight; at least one.
    pub steps: Vec<Step>,
}

/// A price up to and including a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Milligrams.
    pub up_to_milligrams: u32,
    /// Mills (thousandths of a dollar), at least 1.
    pub mills: u64,
    /// The rate category of the payload: four ASCII capitals or digits.
    pub category: [u8; 4],
}

/// What is added for a piece that machines can not sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surcharge {
    /// One line.
    pub description: String,
    /// Who says so, one line.
    pub source: String,
    /// Codes of the classes that it is for; at least one.
    pub classes: Vec<String>,
    /// Shapes that it is for; at least one.
    pub shapes: Vec<Shape>,
    /// Mills, at least 1.
    pub mills: u64,
}

/// A service that can be bought with the postage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The word for it in requests: lower-case letters, digits and hyphens.
    pub code: String,
    /// One line.
    pub description: String,
    /// Who says that this is the fee, one line.
    pub source: String,
    /// Codes of the classes that it goes with; at least one.
    pub classes: Vec<String>,
    /// Shapes that it goes with; at least one.
    pub shapes: Vec<Shape>,
    /// What it costs.
    pub fee: Fee,
    /// It needs at least one of these beside it; empty: it stands alone.
    pub needs: Vec<String>,
    /// It can not stand beside any of these, nor they beside it.
    pub excludes: Vec<String>,
}

/// What a service costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fee {
    /// Mills, whatever the piece is worth.
    Flat(u64),
    /// By the value that the customer declares; by rising value, at least one.
    ByValue(Vec<Band>),
}

/// A fee up to and including a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Declared value, mills.
    pub up_to_mills: u64,
    /// The fee, mills, at least 1.
    pub mills: u64,
}

/// Countries with the same prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The word for it in rates.
    pub code: String,
    /// One line.
    pub description: String,
    /// Two capitals each (ISO 3166-1 alpha-2); at least one.
    pub countries: Vec<String>,
}

impl Period {
    /// The price group of a country (two capitals).
    pub fn group_of(&self, country: &str) -> Option<&Group> {
        let holds = |group: &&Group| group.countries.iter().any(|known| known == country);
        self.groups.iter().find(holds)
    }

    /// The rate that has a category.
    pub fn rate_of_category(&self, category: &[u8]) -> Option<&Rate> {
        let bears = |rate: &&Rate| rate.steps.iter().any(|step| step.category == category);
        self.rates.iter().find(bears)
    }

    /// The service of a code.
    pub fn service(&self, code: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.code == code)
    }
}
