//! Bodies of departments and end customers: what items are booked under.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes a department or an end customer.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHeading {
    /// Its number, which items name; the one after the highest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub number: Option<u32>,
    /// 1 to 100 characters.
    #[schema(example = "Sales")]
    pub name: String,
    /// Code in the account's own accounting, at most 40 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "4711")]
    pub cost_code: String,
}

/// Changes a department or an end customer; what is absent stays. To erase a name, give another.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadingChange {
    /// 1 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 40 characters; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_code: Option<String>,
    /// Nothing new is booked under what is archived; what was booked stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

/// A department or an end customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heading {
    /// Its number, for good: what items and reports name.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Code in the account's own accounting; empty for none.
    pub cost_code: String,
    /// Nothing new is booked under it.
    pub archived: bool,
}

/// A page of departments or end customers, by number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Headings {
    /// Those of the page.
    pub headings: Vec<Heading>,
    /// Send back as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
