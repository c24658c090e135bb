//! Lists of requests, read no further than any use case needs: two MiB of `{},{},{}` would otherwise
//! become hundreds of MiB before anybody counts them.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;
use std::marker::PhantomData;

/// Elements of a list of items that are read: more than 1,000, so that whoever sends a
/// few too many is told so by the use case.
const ITEMS: usize = 2_000;
/// As [`ITEMS`], of mailings and envelopes: more than 10,000.
const ROWS: usize = 11_000;
/// Services of an item that are read: more than any table has.
const SERVICES: usize = 100;
/// Words or numbers of a short list that are read: more than the 32 meters that a user may name.
const WORDS: usize = 100;
/// Lines of an address that are read, empty ones too.
const LINES: usize = 100;

/// A list of items.
pub(crate) fn items<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    few::<D, T, ITEMS>(deserializer)
}

/// A list of rows of a mailing, or of envelopes.
pub(crate) fn rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    few::<D, T, ROWS>(deserializer)
}

/// Services of an item.
pub(crate) fn services<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    few::<D, T, SERVICES>(deserializer)
}

/// A list of a few words or numbers.
pub(crate) fn few_words<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    few::<D, T, WORDS>(deserializer)
}

/// Lines of an address.
pub(crate) fn lines<'de, D>(deserializer: D) -> Result<Vec<String>, D::Error>
where
    D: Deserializer<'de>,
{
    few::<D, String, LINES>(deserializer)
}

fn few<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(Few::<T, MAX>(PhantomData))
}

struct Few<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Few<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut out = Vec::new();
        while let Some(element) = list.next_element()? {
            if out.len() == MAX {
                return Err(A::Error::invalid_length(
                    MAX + 1,
                    &self as &dyn de::Expected,
                ));
            }
            out.push(element);
        }
        Ok(out)
    }
}

/// What is described as an object: of a structure's own parser, a list of its fields would do too.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_map(Object(PhantomData))
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use crate::{DispenseBatch, EnvelopeSheet, Verification};

    fn list(element: &str, count: usize) -> String {
        vec![element; count].join(",")
    }

    #[test]
    fn lists_are_read_up_to_their_end() {
        let batch = |count| format!("{{\"items\":[{}]}}", list("{}", count));
        let read: DispenseBatch = serde_json::from_str(&batch(super::ITEMS)).unwrap();
        assert_eq!(read.items.len(), super::ITEMS);
        let error = serde_json::from_str::<DispenseBatch>(&batch(super::ITEMS + 1)).unwrap_err();
        assert!(error.to_string().contains("at most 2000"), "{error}");
        let sheet = format!(
            "{{\"format\":\"pdf\",\"envelopes\":[{}]}}",
            list("{\"item\":\"1-1\"}", super::ROWS + 1)
        );
        assert!(serde_json::from_str::<EnvelopeSheet>(&sheet).is_err());
        let lines = |count| format!("{{\"address\":[{}]}}", list("\"\"", count));
        assert!(serde_json::from_str::<Verification>(&lines(super::LINES)).is_ok());
        assert!(serde_json::from_str::<Verification>(&lines(super::LINES + 1)).is_err());
    }
}
