//! Which column of a list is which field: columns may stand in any order and bear any of the names that
//! people give them.
//!
//! Not here: what a field may hold; the data centre says that.

use std::fmt;

use anyhow::{Result, bail};

/// What a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Reference,
    Name,
    Company,
    Line1,
    Line2,
    City,
    State,
    Zip,
    Country,
    Shape,
    Weight,
    Services,
    Value,
    Origin,
    Department,
    CostCode,
    EndCustomer,
}

/// Names of each field in lower case, without anything but letters and digits; the first is ours.
const NAMES: [(Field, &[&str]); 17] = [
    (
        Field::Reference,
        &[
            "reference",
            "ref",
            "id",
            "customerid",
            "orderid",
            "ordernumber",
        ],
    ),
    (
        Field::Name,
        &[
            "name",
            "fullname",
            "recipient",
            "recipientname",
            "contact",
            "attention",
            "attn",
        ],
    ),
    (
        Field::Company,
        &[
            "company",
            "companyname",
            "organization",
            "organisation",
            "business",
            "firm",
        ],
    ),
    (
        Field::Line1,
        &[
            "line1",
            "address",
            "address1",
            "addressline1",
            "street",
            "street1",
            "streetaddress",
            "deliveryaddress",
        ],
    ),
    (
        Field::Line2,
        &[
            "line2",
            "address2",
            "addressline2",
            "street2",
            "apt",
            "apartment",
            "suite",
            "unit",
        ],
    ),
    (Field::City, &["city", "town", "locality"]),
    (
        Field::State,
        &["state", "st", "province", "region", "stateprovince"],
    ),
    (
        Field::Zip,
        &[
            "zip",
            "zipcode",
            "zip5",
            "zip4",
            "zipplus4",
            "postalcode",
            "postcode",
        ],
    ),
    (Field::Country, &["country", "countrycode", "countryname"]),
    (Field::Shape, &["shape", "pieceshape", "mailpiece"]),
    (
        Field::Weight,
        &["weightoz", "weight", "ounces", "oz", "weightounces"],
    ),
    (Field::Services, &["services", "service", "extraservices"]),
    (Field::Value, &["value", "postage", "amount"]),
    (
        Field::Origin,
        &["origin", "originzip", "originofdeposit", "mailedfrom"],
    ),
    (Field::Department, &["department", "dept"]),
    (Field::CostCode, &["costcode", "costcenter", "costcentre"]),
    (Field::EndCustomer, &["endcustomer", "client"]),
];

/// The column of each field that the list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    found: Vec<(Field, usize)>,
    /// Titles of the columns that are none of ours.
    pub(super) ignored: Vec<String>,
}

impl Columns {
    /// Finds the fields in a header.
    ///
    /// # Errors
    /// Two columns of one field, or none for what every letter needs.
    pub(super) fn of<'a>(header: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut found: Vec<(Field, usize)> = Vec::new();
        let mut ignored = Vec::new();
        for (place, title) in header.into_iter().enumerate() {
            let plain = plain(title);
            // Spreadsheets leave empty columns behind.
            if plain.is_empty() {
                continue;
            }
            let named = NAMES
                .iter()
                .find(|(_, names)| names.contains(&plain.as_str()));
            let Some((field, _)) = named else {
                ignored.push(title.trim().to_owned());
                continue;
            };
            if found.iter().any(|(other, _)| other == field) {
                bail!("column {title:?} is a second one for {field}: leave one of them out");
            }
            found.push((*field, place));
        }
        let columns = Self { found, ignored };
        let needed = [
            (&[Field::Name, Field::Company][..], "whom it is for"),
            (&[Field::Line1], "the street"),
            (&[Field::City], "the city"),
            (&[Field::Zip, Field::Country], "where it goes"),
        ];
        for (fields, what) in needed {
            if !fields.iter().any(|field| columns.place(*field).is_some()) {
                let names: Vec<String> = fields.iter().map(ToString::to_string).collect();
                bail!(
                    "the list has no column for {what}: call it {}",
                    names.join(" or ")
                );
            }
        }
        Ok(columns)
    }

    /// Where the field stands in a row.
    pub(super) fn place(&self, field: Field) -> Option<usize> {
        let of_field = |(found, _): &&(Field, usize)| *found == field;
        self.found.iter().find(of_field).map(|(_, place)| *place)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES.iter().find(|(field, _)| field == self);
        out.write_str(names.and_then(|(_, names)| names.first()).unwrap_or(&""))
    }
}

fn plain(title: &str) -> String {
    title
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns> {
        Columns::of(header.split(','))
    }

    #[test]
    fn columns_stand_in_any_order_under_any_usual_name() {
        let found =
            columns("ZIP Code,,Full Name,City,STATE,Street Address,Weight (oz),Ref.").unwrap();
        for (field, place) in [
            (Field::Zip, Some(0)),
            (Field::Name, Some(2)),
            (Field::City, Some(3)),
            (Field::State, Some(4)),
            (Field::Line1, Some(5)),
            (Field::Weight, Some(6)),
            (Field::Reference, Some(7)),
            (Field::Line2, None),
        ] {
            assert_eq!(found.place(field), place, "{field}");
        }
    }

    #[test]
    fn what_is_none_of_ours_is_named() {
        let found = columns("name,Phone No.,street,city,zip,E-Mail").unwrap();
        assert_eq!(found.ignored, ["Phone No.", "E-Mail"]);
    }

    #[test]
    fn a_header_that_is_not_understood_is_refused() {
        for (header, says) in [
            (
                "name,street,address1,city,zip",
                "\"address1\" is a second one for line1",
            ),
            ("street,city,zip", "whom it is for: call it name or company"),
            ("name,city,zip", "the street"),
            ("name,street,zip", "the city"),
            ("name,street,city", "where it goes: call it zip or country"),
            ("A,1 B St,Austin", "whom it is for"),
        ] {
            let error = columns(header).unwrap_err().to_string();
            assert!(error.contains(says), "{header}: {error}");
        }
    }

    #[test]
    fn no_name_stands_for_two_fields() {
        let all: Vec<&str> = NAMES
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        for name in &all {
            assert_eq!(plain(name), *name);
            assert_eq!(
                all.iter().filter(|other| *other == name).count(),
                1,
                "{name}"
            );
        }
    }
}
