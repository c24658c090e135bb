//! What a piece is, as far as its price depends on it: options that several commands have.

use anyhow::{Context as _, Result};
use clap::Args;
use sdk::api::ServiceOrder;

use crate::amount::Amount;

/// Shape, weight, services.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The piece")]
pub(crate) struct PieceOptions {
    /// card, letter, flat or parcel
    #[arg(long, default_value = "letter")]
    pub(crate) shape: String,
    /// Weight in ounces
    #[arg(long, value_name = "OUNCES", default_value = "1.0")]
    pub(crate) weight: String,
    /// Class of mail; the first that fits if not given
    #[arg(long, value_name = "CODE")]
    pub(crate) class: Option<String>,
    /// Rigid, square, or with a clasp: machines can not sort it
    #[arg(long)]
    pub(crate) non_machinable: bool,
    /// Extra service, with its declared value where it has one (may be given more than once)
    #[arg(long = "service", value_name = "CODE[=AMOUNT]")]
    pub(crate) services: Vec<String>,
    /// Country that it goes to, two letters; found in the address if there is one
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
}

impl PieceOptions {
    /// The services, as they are asked for.
    pub(crate) fn services(&self) -> Result<Vec<ServiceOrder>> {
        self.services.iter().map(|text| service(text)).collect()
    }
}

/// `certified`, or `insured=50.00`.
pub(crate) fn service(text: &str) -> Result<ServiceOrder> {
    let (code, value) = match text.split_once('=') {
        Some((code, value)) => {
            let amount: Amount = value
                .trim()
                .parse()
                .with_context(|| format!("service {text:?}"))?;
            (code, Some(amount.0.0))
        }
        None => (text, None),
    };
    Ok(ServiceOrder {
        code: code.trim().to_owned(),
        value_mills: value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_have_a_value() {
        assert_eq!(service("certified").unwrap().value_mills, None);
        let insured = service("insured = 50.00").unwrap();
        assert_eq!(
            (insured.code.as_str(), insured.value_mills),
            ("insured", Some(50_000))
        );
        assert!(service("insured=much").is_err());
    }
}
