//! Whole numbers of requests. The description says `int64`, which is what its readers know, so that is
//! how far they go; everything beyond is refused where it is read.

use crate::few::few_words;
use serde::de::{Deserialize, Deserializer, Error};

/// A number from zero to the largest `int64`.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    match i64::try_from(number) {
        Ok(_) => Ok(number),
        Err(_) => Err(D::Error::custom("the number is too large")),
    }
}

/// A number from zero to the largest `int32`.
pub(crate) fn small<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(deserializer)?;
    match i32::try_from(number) {
        Ok(_) => Ok(number),
        Err(_) => Err(D::Error::custom("the number is too large")),
    }
}

/// A number from zero to the largest `int64`, or nothing.
pub(crate) fn perhaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<u64>::deserialize(deserializer)?;
    match number.map(i64::try_from).transpose() {
        Ok(_) => Ok(number),
        Err(_) => Err(D::Error::custom("the number is too large")),
    }
}

/// A few numbers from zero to the largest `int32`.
pub(crate) fn serials<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let numbers: Vec<u32> = few_words(deserializer)?;
    if numbers.iter().any(|number| i32::try_from(*number).is_err()) {
        return Err(D::Error::custom("the number is too large"));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use crate::{ItemOrder, Redelivery};

    #[test]
    fn numbers_go_as_far_as_the_description_says() {
        let order = |value: &str| {
            serde_json::from_str::<ItemOrder>(&format!("{{\"value_mills\":{value}}}"))
        };
        assert_eq!(order("740").unwrap().value_mills, Some(740));
        assert_eq!(order("null").unwrap().value_mills, None);
        let most = i64::MAX.to_string();
        assert!(order(&most).unwrap().value_mills.is_some());
        for value in ["9223372036854775808", "-1", "1.5", "\"1\""] {
            assert!(order(value).is_err(), "{value}");
            let redelivery = format!("{{\"kind\":\"meter\",\"act\":\"\",\"from\":{value}}}");
            assert!(
                serde_json::from_str::<Redelivery>(&redelivery).is_err(),
                "{value}"
            );
        }
    }
}
