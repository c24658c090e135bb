//! `indicia rate`: what a piece costs. Nothing is bought.

use anyhow::Result;
use clap::Args;
use sdk::RateQuestion;
use sdk::api::{RateQuote, RateTable, Service};

use crate::amount::money;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::piece::PieceOptions;
use crate::scale;

/// Say what a piece costs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia rate                                   a letter of one ounce
  indicia rate --weight 2.5 --service certified --service return-receipt
  indicia rate --shape parcel --weight 48 --origin 95814 --destination 10001
  indicia rate --country DE --weight 2
  indicia rate --scale                           asks the USB scale for the weight
  indicia rate --list                            classes, shapes, services, countries")]
pub(crate) struct Arguments {
    #[command(flatten)]
    piece: PieceOptions,
    /// ZIP that it is posted at
    #[arg(long, value_name = "ZIP")]
    origin: Option<String>,
    /// ZIP that it goes to
    #[arg(long, value_name = "ZIP")]
    destination: Option<String>,
    /// Date of mailing, YYYY-MM-DD; today (UTC) if not given
    #[arg(long, value_name = "DAY")]
    mailing_date: Option<String>,
    /// Weigh it on the USB scale
    #[arg(long, conflicts_with = "weight")]
    scale: bool,
    /// List what the rate table knows
    #[arg(long)]
    list: bool,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    if own.list {
        let table = client.rate_table(own.mailing_date.as_deref()).await?;
        context.console.answer(&table, listed(&table));
        return Ok(Outcome::Done);
    }
    let weight = match own.scale {
        true => scale::weigh(context.console)?,
        false => own.piece.weight.clone(),
    };
    let quote = client.rate(&own.question(weight)?).await?;
    context.console.answer(&quote, described(&quote));
    Ok(Outcome::Done)
}

impl Arguments {
    fn question(&self, weight_oz: String) -> Result<RateQuestion> {
        let services = self.piece.services()?;
        let services = services.iter().map(|service| match service.value_mills {
            Some(value) => format!("{}:{value}", service.code),
            None => service.code.clone(),
        });
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        Ok(RateQuestion {
            shape: self.piece.shape.clone(),
            weight_oz,
            class: text(&self.piece.class),
            non_machinable: self.piece.non_machinable,
            services: services.collect::<Vec<_>>().join(","),
            mailing_date: text(&self.mailing_date),
            origin: text(&self.origin),
            destination: text(&self.destination),
            country: text(&self.piece.country),
        })
    }
}

fn described(quote: &RateQuote) -> String {
    let mut lines: Vec<String> = Vec::new();
    let wide = quote
        .lines
        .iter()
        .map(|line| line.description.chars().count())
        .max();
    let wide = wide.unwrap_or_default().max("Total".len());
    for line in &quote.lines {
        let amount = money(line.mills, &quote.currency);
        lines.push(format!(
            "{:wide$}  {amount:>9}   {}",
            line.description, line.source
        ));
    }
    let total = money(quote.total_mills, &quote.currency);
    lines.push(format!("{:wide$}  {total:>9}", "Total"));
    let zone = quote.zone.map(|zone| format!(", zone {zone} by distance"));
    lines.push(format!(
        "{}, rate category {}, mailed on {}{}",
        quote.class,
        quote.category.trim_end(),
        quote.mailing_date,
        zone.unwrap_or_default()
    ));
    if quote.illustrative {
        lines.push("Illustrative: not to be charged to anyone.".to_owned());
    }
    lines.join("\n")
}

fn listed(table: &RateTable) -> String {
    let mut lines = vec![table.title.clone()];
    let until = table.to.as_deref().unwrap_or("until further notice");
    lines.push(format!("From {} to {until}", table.from));
    if table.illustrative {
        lines.push("Illustrative: not to be charged to anyone.".to_owned());
    }
    for (title, words) in [("Classes", &table.classes), ("Shapes", &table.shapes)] {
        lines.push(format!("\n{title}"));
        let word = |word: &sdk::api::Word| format!("  {:24} {}", word.code, word.description);
        lines.extend(words.iter().map(word));
    }
    lines.push("\nServices".to_owned());
    lines.extend(table.services.iter().map(service));
    lines.push("\nCountries".to_owned());
    lines.extend(table.groups.iter().map(|group| {
        format!(
            "  {:24} {}: {}",
            group.code,
            group.description,
            group.countries.join(" ")
        )
    }));
    lines.join("\n")
}

fn service(service: &Service) -> String {
    let fees: Vec<u64> = service.fees.iter().map(|fee| fee.mills).collect();
    let cost = match (fees.first(), fees.last()) {
        (Some(one), Some(other)) if one != other => {
            format!(
                "{} to {} by value",
                money(*one, "USD"),
                money(*other, "USD")
            )
        }
        (Some(one), _) => money(*one, "USD"),
        _ => String::new(),
    };
    let beside = |what: &str, codes: &[String]| match codes {
        [] => String::new(),
        codes => format!("; {what} {}", codes.join(" or ")),
    };
    format!(
        "  {:24} {}: {cost}{}{}",
        service.code,
        service.description,
        beside("needs", &service.needs),
        beside("not with", &service.excludes)
    )
}
