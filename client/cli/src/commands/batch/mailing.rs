//! A list as mailings: checked, bought, drawn, in portions that one request takes.
//!
//! The keys of its requests follow from the list itself, so that giving the command again after any failure
//! goes on where it stopped and charges nothing twice.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use item::Layout;
use sdk::api::{self, CheckedRow, EnvelopeOrder, Item, MailingLine, MailingRow};
use sdk::{ApiError, Client};

use crate::drawing::{PrintOptions, draw_to};
use crate::mailing_list::Row;

/// A mailing to be checked, bought and drawn.
#[derive(Debug)]
pub(crate) struct Mailing<'a> {
    pub(crate) meter: u32,
    /// The list as it stands in its file.
    pub(crate) list: &'a [u8],
    /// Its rows.
    pub(crate) rows: &'a [Row],
    pub(crate) mailing_date: Option<&'a str>,
    /// Origin of deposit of the rows that name none.
    pub(crate) origin: Option<&'a str>,
    /// Name of this mailing of the list.
    pub(crate) run: &'a str,
    /// Whether good rows are bought although others are rejected.
    pub(crate) partial: bool,
    /// Whether the list may look like what was just bought.
    pub(crate) allow_duplicate: bool,
    /// Whether addresses are used in standard form.
    pub(crate) correct: bool,
    /// Rows of one request, 1 to [`sdk::limits::ROWS_PER_MAILING_MAX`].
    pub(crate) per_request: usize,
}

/// What became of a row, in the list's order.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It is bought, for these lines.
    Bought(Box<Item>, Vec<String>),
    /// It can be bought.
    Good(Box<CheckedRow>),
    /// It can not, for this reason.
    Rejected(String),
}

/// What a check said.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) fates: Vec<Fate>,
    pub(crate) total_mills: u64,
    pub(crate) descending_mills: u64,
    pub(crate) currency: String,
}

impl Checked {
    pub(crate) fn rejected(&self) -> usize {
        let is_rejected = |fate: &&Fate| matches!(fate, Fate::Rejected(_));
        self.fates.iter().filter(is_rejected).count()
    }
}

/// The rows of one request.
struct Portion {
    /// Key of its request.
    key: String,
    /// Place in the list of each of its rows.
    places: Vec<usize>,
    body: api::Mailing,
}

impl Mailing<'_> {
    /// Asks what buying would do; `checked` is told how many rows were.
    pub(crate) async fn check(
        &self,
        client: &Client,
        checked: &(dyn Fn(u64) + Sync),
    ) -> Result<Checked> {
        let mut answer = Checked {
            fates: self.fates(),
            total_mills: 0,
            descending_mills: 0,
            currency: String::new(),
        };
        for portion in self.portions() {
            let found = client.check_mailing(self.meter, &portion.body).await?;
            answer.total_mills = answer.total_mills.saturating_add(found.total_mills);
            answer.descending_mills = found.descending_mills;
            answer.currency = found.currency;
            for row in found.rows {
                let fate = match &row.problem {
                    Some(problem) => Fate::Rejected(problem.detail.clone()),
                    None => Fate::Good(Box::new(row.clone())),
                };
                portion.set(&mut answer.fates, row.row, fate);
            }
            checked(u64::try_from(portion.places.len()).unwrap_or_default());
        }
        Ok(answer)
    }

    /// Buys the rows, in the list's order; `bought` is told of each.
    pub(crate) async fn buy(
        &self,
        client: &Client,
        bought: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<Fate>> {
        let mut fates = self.fates();
        for portion in self.portions() {
            let told = |line: MailingLine| match line {
                MailingLine::Bought(row) => {
                    bought(1);
                    let fate = Fate::Bought(Box::new(row.item), row.recipient);
                    portion.set(&mut fates, row.row, fate);
                }
                MailingLine::Rejected(row) => {
                    let why = row.problem.map(|problem| problem.detail);
                    portion.set(&mut fates, row.row, Fate::Rejected(why.unwrap_or_default()));
                }
                MailingLine::Done(_) | MailingLine::Stopped(_) => {}
            };
            client
                .buy_mailing(self.meter, &portion.body, &portion.key, told)
                .await
                .map_err(explain)?;
        }
        Ok(fates)
    }

    /// Before anything is asked: rows that can not even be asked about are rejected.
    fn fates(&self) -> Vec<Fate> {
        let fate = |row: &Row| match &row.order {
            Ok(_) => Fate::Rejected("it was not asked for".to_owned()),
            Err(why) => Fate::Rejected(why.clone()),
        };
        self.rows.iter().map(fate).collect()
    }

    fn portions(&self) -> Vec<Portion> {
        let asked: Vec<(usize, MailingRow)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| {
                let mut item = row.order.clone().ok()?;
                item.mailing_date = self.mailing_date.map(str::to_owned);
                let reference = (!row.reference.is_empty()).then(|| row.reference.clone());
                Some((place, MailingRow { reference, item }))
            })
            .collect();
        let portion = |(number, rows): (usize, &[(usize, MailingRow)])| Portion {
            key: self.key(number),
            places: rows.iter().map(|(place, _)| *place).collect(),
            body: api::Mailing {
                rows: rows.iter().map(|(_, row)| row.clone()).collect(),
                correct_addresses: self.correct,
                partial: self.partial,
                // Of a long list only the first portion is compared with what was before it.
                allow_duplicate: self.allow_duplicate || number > 0,
                origin: self.origin.map(str::to_owned),
            },
        };
        asked
            .chunks(self.per_request.max(1))
            .enumerate()
            .map(portion)
            .collect()
    }

    /// Key of a portion: list, meter and run, and nothing that a second attempt may have otherwise.
    /// Another mailing date or portion size is then refused instead of bought again.
    fn key(&self, number: usize) -> String {
        let mut request = Vec::new();
        for part in [self.list, self.run.as_bytes()] {
            u64::try_from(part.len())
                .unwrap_or(u64::MAX)
                .put(&mut request);
            request.extend_from_slice(part);
        }
        self.meter.put(&mut request);
        format!("batch-{}-{number}", verify::request_body(&request))
    }
}

impl Portion {
    /// Sets what became of a row of this portion, counted from 1.
    fn set(&self, fates: &mut [Fate], row: u32, fate: Fate) {
        let row = usize::try_from(row).unwrap_or_default().checked_sub(1);
        let place = row.and_then(|row| self.places.get(row));
        if let Some(slot) = place.and_then(|place| fates.get_mut(*place)) {
            *slot = fate;
        }
    }
}

/// Draws what was bought: one file, or numbered ones where the items are more than one drawing takes.
pub(crate) async fn draw(
    client: &Client,
    fates: &[Fate],
    return_address: &[String],
    options: &PrintOptions,
    out: &Path,
    format: &str,
) -> Result<Vec<PathBuf>> {
    let bought = envelopes(fates, return_address);
    let most = sdk::limits::ROWS_PER_MAILING_MAX;
    let mut paths = Vec::new();
    for (number, envelopes) in bought.chunks(most).enumerate() {
        let path = out.join(match bought.len() <= most {
            true => format!("envelopes.{format}"),
            false => format!("envelopes-{:03}.{format}", number + 1),
        });
        let sheet = options.sheet(envelopes.to_vec(), format)?;
        draw_to(client, &sheet, &path).await?;
        paths.push(path);
    }
    Ok(paths)
}

/// Draws one of the items that were bought, counted from 0, as an image.
pub(crate) async fn draw_one(
    client: &Client,
    fates: &[Fate],
    index: usize,
    return_address: &[String],
    options: &PrintOptions,
    path: &Path,
) -> Result<()> {
    let envelope = envelopes(fates, return_address).into_iter().nth(index);
    let envelope = envelope.context("no such item in the batch")?;
    draw_to(client, &options.sheet(vec![envelope], "png")?, path).await
}

/// What is drawn for the rows that were bought.
fn envelopes(fates: &[Fate], return_address: &[String]) -> Vec<EnvelopeOrder> {
    let envelope = |fate: &Fate| match fate {
        Fate::Bought(item, recipient) => Some(EnvelopeOrder {
            item: item.id.clone(),
            return_address: return_address.to_vec(),
            recipient: recipient.clone(),
        }),
        _ => None,
    };
    fates.iter().filter_map(envelope).collect()
}

/// The one refusal that is about this program's own keys.
fn explain(error: ApiError) -> anyhow::Error {
    let bought_otherwise = error.has_code("idempotency-key-reused");
    let error = anyhow::Error::new(error);
    if bought_otherwise {
        error.context(
            "this list was bought for this meter before, with other options (--mailing-date, \
             --partial, --as-given, --limit-per-request). Give those again to get the same items, or \
             name a new --run to buy the list a second time",
        )
    } else {
        error
    }
}

/// What the items cost together, and the balance after the last.
pub(crate) fn totals(fates: &[Fate]) -> (u64, u64) {
    let total = items(fates).fold(0u64, |sum, item| sum.saturating_add(item.value_mills));
    let last = items(fates).max_by_key(|item| item.piece_count);
    (total, last.map_or(0, |item| item.descending_mills))
}

/// Items of the rows that were bought.
pub(crate) fn items(fates: &[Fate]) -> impl Iterator<Item = &Item> {
    fates.iter().filter_map(|fate| match fate {
        Fate::Bought(item, _) => Some(&**item),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailing<'a>(list: &'a [u8], run: &'a str) -> Mailing<'a> {
        Mailing {
            meter: 7,
            list,
            rows: &[],
            mailing_date: None,
            origin: None,
            run,
            partial: false,
            allow_duplicate: false,
            correct: true,
            per_request: 10,
        }
    }

    #[test]
    fn a_list_is_bought_once_for_a_meter_and_a_run() {
        let key = mailing(b"list", "").key(0);
        let same = [
            mailing(b"list", ""),
            Mailing {
                per_request: 11,
                ..mailing(b"list", "")
            },
            Mailing {
                mailing_date: Some("2026-11-21"),
                partial: true,
                allow_duplicate: false,
                correct: false,
                ..mailing(b"list", "")
            },
        ];
        for mailing in same {
            assert_eq!(mailing.key(0), key);
        }
        let others = [
            mailing(b"list", "").key(1),
            mailing(b"list2", "").key(0),
            mailing(b"list", "2").key(0),
            mailing(b"lis", "t").key(0),
            Mailing {
                meter: 8,
                ..mailing(b"list", "")
            }
            .key(0),
        ];
        for other in others {
            assert_ne!(other, key);
        }
        assert!(key.len() <= 255, "the longest key that the API takes");
    }

    #[test]
    fn rows_that_can_not_be_asked_about_keep_their_place() {
        let list =
            b"name,street,city,zip,value\nA,1 B St,Austin TX,78701,x\nB,2 C St,Austin TX,78701,1\n";
        let read = crate::mailing_list::read(list).unwrap();
        let mailing = Mailing {
            rows: &read.rows,
            ..mailing(list, "")
        };
        let portions = mailing.portions();
        assert_eq!(
            (portions.len(), portions[0].places.as_slice()),
            (1, &[1][..])
        );
        let mut fates = mailing.fates();
        portions[0].set(&mut fates, 1, Fate::Rejected("this one".to_owned()));
        portions[0].set(&mut fates, 2, Fate::Rejected("none".to_owned()));
        portions[0].set(&mut fates, 0, Fate::Rejected("none".to_owned()));
        let why: Vec<&str> = fates
            .iter()
            .map(|fate| match fate {
                Fate::Rejected(why) => why.as_str(),
                _ => "",
            })
            .collect();
        assert!(
            why[0].contains("write an amount") && why[1] == "this one",
            "{why:?}"
        );
    }
}
