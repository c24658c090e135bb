//! Amounts as people write them: decimal text to mills and back. No floating point.

use std::str::FromStr;

use item::Mills;

/// An amount of money above or equal to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(pub(crate) Mills);

/// Not an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AmountError;

impl std::fmt::Display for AmountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "write an amount as digits with up to three decimals, like 500, 500.00 or 0.735"
        )
    }
}

impl std::error::Error for AmountError {}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
            return Err(AmountError);
        }
        let whole: u64 = whole.parse().map_err(|_| AmountError)?;
        let thousandths: u64 = format!("{decimals:0<3}").parse().map_err(|_| AmountError)?;
        whole
            .checked_mul(1_000)
            .and_then(|mills| mills.checked_add(thousandths))
            .map(|mills| Self(Mills(mills)))
            .ok_or(AmountError)
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Mills with their currency, for people: `$0.740`, or `0.740 EUR`.
pub(crate) fn money(mills: u64, currency: &str) -> String {
    let amount = Mills(mills);
    match currency {
        "USD" | "840" => format!("${amount}"),
        other => format!("{amount} {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, mills) in [
            ("0", 0),
            ("0.74", 740),
            ("0.735", 735),
            ("0.7", 700),
            ("0.07", 70),
            ("0.007", 7),
            ("500", 500_000),
            ("500.00", 500_000),
            ("18446744073709551.615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Amount(Mills(mills))), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,000",
            "1 000",
            "$5",
            "0.7355",
            " 1",
            "1 ",
            "1.2.3",
            "0x10",
            "18446744073709551.616",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError), "{text:?}");
        }
    }

    #[test]
    fn money_is_shown_with_its_currency() {
        assert_eq!(money(740, "USD"), "$0.740");
        assert_eq!(money(1_234_005, "EUR"), "1234.005 EUR");
    }
}
