//! Countries as the last line of an international address names them.
//!
//! Not here: the order of lines within a country (lines stay as given), postal codes of other countries, what
//! mail to a country costs. Called when an address has a country.
//!
//! Source: ISO 3166-1; form of the last line: USPS International Mail Manual 122.1 (English, in capitals,
//! alone on the line). The list is `data/countries.txt`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::address::{Address, AddressError};
use crate::limits::NEAR_NAMES_MAX;
use crate::places::Nearness;
use crate::standard::plain_letter;

const FILE: &str = include_str!("../data/countries.txt");

/// A country or area of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country {
    code: &'static str,
    name: &'static str,
}

/// Why an international address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountryError {
    /// The lines can not be printed.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No such country.
    #[error(
        "{found:?} is no country that is known{}: write its English name on the last line, like FRANCE",
        hint(near)
    )]
    Unknown {
        /// What stands on the last line, cut to 40 characters.
        found: String,
        /// Names that are nearly the same, nearest first.
        near: Vec<&'static str>,
    },
}

fn hint(near: &[&'static str]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!(" (near to it: {})", near.join(", "))
    }
}

/// An international address as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct International {
    /// The lines as given, the last with the country's name in capitals.
    pub lines: Vec<String>,
    /// The country.
    pub country: Country,
}

impl Country {
    /// The country of a two-letter code in upper or lower case.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::all().find(|country| country.code.eq_ignore_ascii_case(code))
    }

    /// The country of a name in any case, with any punctuation and accents, as the post prints it or as people
    /// write it: "Germany", "DEUTSCHLAND". A two-letter code is no name.
    ///
    /// # Errors
    /// [`CountryError::Unknown`] with near names.
    pub fn of_name(name: &str) -> Result<Self, CountryError> {
        let plain = plain(name);
        names()
            .get(plain.as_str())
            .copied()
            .ok_or_else(|| CountryError::Unknown {
                found: name.trim().chars().take(40).collect(),
                near: near(&plain),
            })
    }

    /// All countries, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        rows().map(|(country, _)| country)
    }

    /// ISO 3166-1 alpha-2: two capitals.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// The English name for the last line, in capitals.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// Puts the standard name of the country on the last line of an international address; every other line stays
/// as it is, in its order.
///
/// # Errors
/// [`CountryError::Unknown`] if the last line is no country, [`CountryError::Address`] if the lines can not be
/// printed.
pub fn international<Line: AsRef<str>>(
    lines: impl IntoIterator<Item = Line>,
) -> Result<International, CountryError> {
    let address = Address::parse(lines)?;
    let mut lines = address.lines().to_vec();
    let last = lines.pop().unwrap_or_default();
    let country = Country::of_name(&last)?;
    lines.push(country.name.to_owned());
    Ok(International { lines, country })
}

/// Each country with its other names.
fn rows() -> impl Iterator<Item = (Country, std::str::Split<'static, char>)> {
    FILE.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut parts = line.split('|');
            let (code, name) = (parts.next()?, parts.next()?);
            Some((Country { code, name }, parts))
        })
}

/// Every name of every country.
fn names() -> &'static HashMap<&'static str, Country> {
    static NAMES: OnceLock<HashMap<&'static str, Country>> = OnceLock::new();
    NAMES.get_or_init(|| {
        rows()
            .flat_map(|(country, others)| {
                others
                    .chain([country.name])
                    .map(move |name| (name, country))
            })
            .collect()
    })
}

/// Capitals and single spaces; no longer than any name can be.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut gap = false;
    for character in name.chars().take(80) {
        match plain_letter(character) {
            Some(byte) if byte.is_ascii_alphanumeric() => {
                if std::mem::take(&mut gap) && !plain.is_empty() {
                    plain.push(' ');
                }
                plain.push(char::from(byte));
            }
            Some(b'&') => {
                plain.push_str(" AND");
                gap = true;
            }
            // "U.S.A." and "Cote d'Ivoire" are written together.
            Some(b'.' | b'\'') => {}
            _ => gap = true,
        }
    }
    plain
}

fn near(plain: &str) -> Vec<&'static str> {
    let packed = plain.replace(' ', "");
    let mut near = Nearness::new(packed.as_bytes());
    for name in names().keys() {
        near.try_name(name);
    }
    let mut found: Vec<&'static str> = Vec::new();
    // The name that is printed, for whichever name is near.
    for name in near
        .nearest(NEAR_NAMES_MAX)
        .into_iter()
        .filter_map(|name| names().get(name))
    {
        if !found.contains(&name.name) {
            found.push(name.name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Country, CountryError, FILE, international, names, plain};

    #[test]
    fn list_is_whole_and_plain() {
        let lines: Vec<&str> = FILE.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!((lines.len(), Country::all().count()), (249, 249));
        assert!(lines.is_sorted());
        let all: Vec<&str> = lines
            .iter()
            .flat_map(|line| line.split('|').skip(1))
            .collect();
        assert_eq!(names().len(), all.len(), "no name twice");
        for name in all {
            assert_eq!(plain(name), name);
        }
    }

    #[test]
    fn names_that_people_write() {
        let cases = [
            ("France", "FRANCE"),
            ("  germany ", "GERMANY"),
            ("Deutschland", "GERMANY"),
            ("C\u{f4}te d'Ivoire", "COTE DIVOIRE"),
            ("T\u{fc}rkiye", "TURKIYE"),
            ("Holland", "NETHERLANDS"),
            ("England", "UNITED KINGDOM"),
            ("U.S.A.", "UNITED STATES OF AMERICA"),
            ("Trinidad & Tobago", "TRINIDAD AND TOBAGO"),
            ("Guinea-Bissau", "GUINEA BISSAU"),
        ];
        for (given, expected) in cases {
            let found = Country::of_name(given).map(Country::name);
            assert_eq!(found, Ok(expected), "{given}");
        }
        assert_eq!(Country::of_code("jp").map(Country::name), Some("JAPAN"));
        assert_eq!(Country::of_code("XX"), None);
    }

    #[test]
    fn unknown_names_have_near_ones() {
        let cases: [(&str, &[&str]); 4] = [
            ("Frnace", &["FRANCE"]),
            ("Argentinia", &["ARGENTINA"]),
            ("Atlantis", &[]),
            ("CA", &[]),
        ];
        for (given, expected) in cases {
            let Err(CountryError::Unknown { near, .. }) = Country::of_name(given) else {
                panic!("{given}");
            };
            assert_eq!(near, expected, "{given}");
        }
    }

    #[test]
    fn lines_stay_as_they_are() {
        let given = [
            "Palais de l'\u{c9}lys\u{e9}e",
            "55 rue du Faubourg Saint-Honor\u{e9}",
            "75008 Paris",
            "france",
        ];
        let found = international(given).unwrap();
        assert_eq!(found.lines[..3], given[..3]);
        assert_eq!(
            (found.lines[3].as_str(), found.country.code()),
            ("FRANCE", "FR")
        );
        assert_eq!(international(&found.lines), Ok(found));
        assert!(international(["Paris", "Sacramento, CA 95814"]).is_err());
        assert!(international(["France"]).is_err());
    }
}
