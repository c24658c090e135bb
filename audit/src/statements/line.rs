//! Lines of a statement as JSON: those of the API, where each says what it is, and those of the
//! command line, which are entries and sums as they stand.

use item::{Currency, Day, Mills, Time};
use serde::Deserialize;
use std::cmp::Ordering;
use std::fmt;

/// What moved a balance, or where it began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) meter: u32,
    pub(super) time: Option<String>,
    pub(super) item: Option<String>,
    pub(super) number: Option<u64>,
    pub(super) category: Option<String>,
    pub(super) mailing_date: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) user: Option<String>,
    pub(super) department: Option<u32>,
    pub(super) end_customer: Option<u32>,
    pub(super) amount_mills: i64,
    pub(super) balance_mills: u64,
}

/// Sums of a meter, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sums {
    pub(super) meter: Option<u32>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) currency: String,
    pub(super) opening_mills: u64,
    pub(super) deposits_mills: u64,
    pub(super) item_credits_mills: u64,
    pub(super) items: u64,
    pub(super) items_mills: u64,
    pub(super) balance_refunds_mills: u64,
    pub(super) differences_mills: i64,
    pub(super) closing_mills: u64,
}

/// One line.
pub(super) enum Line {
    Entry(Box<Entry>),
    Meter(Sums),
    Done(Sums),
    Stopped,
}

/// A line of the API.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Entry(Box<Entry>),
    Meter(Sums),
    Done(Sums),
    Stopped(serde::de::IgnoredAny),
}

/// Whether an entry comes before or behind another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Earlier,
    Later,
}

impl Line {
    /// None if it is no line of a statement.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if let Ok(named) = serde_json::from_slice(bytes) {
            return Some(match named {
                Named::Entry(entry) => Self::Entry(entry),
                Named::Meter(sums) => Self::Meter(sums),
                Named::Done(sums) => Self::Done(sums),
                Named::Stopped(_) => Self::Stopped,
            });
        }
        if let Ok(entry) = serde_json::from_slice(bytes) {
            return Some(Self::Entry(entry));
        }
        let sums: Sums = serde_json::from_slice(bytes).ok()?;
        Some(match sums.meter {
            Some(_) => Self::Meter(sums),
            None => Self::Done(sums),
        })
    }
}

impl Entry {
    /// Whether both are of one item, deposit or movement, whatever they say of it.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let what = |entry: &Self| (entry.kind.clone(), entry.item.clone(), entry.number);
        let is_named = self.item.is_some() || self.number.is_some();
        what(self) == what(other) && (is_named || self.time == other.time)
    }

    /// Whether it comes before another one that it is not.
    pub(super) fn when(&self, other: &Self) -> When {
        // Pieces rise; other entries are compared by their times.
        let order = match (self.piece(), other.piece()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => match (self.millis(), other.millis()) {
                (Some(one), Some(other)) => one.cmp(&other),
                // A difference at the end has no time.
                (None, Some(_)) if self.kind == "difference" => Ordering::Greater,
                _ => Ordering::Less,
            },
        };
        match order {
            Ordering::Less => When::Earlier,
            // At one time, what the records have first was left out.
            Ordering::Equal | Ordering::Greater => When::Later,
        }
    }

    /// The piece count of an item that was dispensed.
    fn piece(&self) -> Option<u32> {
        let item = self.item.as_deref().filter(|_| self.kind == "item")?;
        item.split_once('-')?.1.parse().ok()
    }

    /// Its time, as far as the text tells: digits in their order compare as times do.
    fn millis(&self) -> Option<u64> {
        millis(self.time.as_deref()?)
    }

    /// The first field in which they differ.
    pub(super) fn differs_in(&self, other: &Self) -> &'static str {
        for (name, differs) in [
            ("time", self.time != other.time),
            ("item", self.item != other.item),
            ("number", self.number != other.number),
            ("category", self.category != other.category),
            ("mailing_date", self.mailing_date != other.mailing_date),
            ("origin", self.origin != other.origin),
            ("user", self.user != other.user),
            ("department", self.department != other.department),
            ("end_customer", self.end_customer != other.end_customer),
        ] {
            if differs {
                return name;
            }
        }
        "kind"
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (&self.item, self.number) {
            (Some(item), _) => write!(f, " {item}")?,
            (None, Some(number)) => write!(f, " {number}")?,
            (None, None) => write!(f, " of meter {}", self.meter)?,
        }
        let sign = if self.amount_mills < 0 { "-" } else { "" };
        let amount = Mills(self.amount_mills.unsigned_abs());
        write!(
            f,
            " of {sign}{amount}, balance {}",
            Mills(self.balance_mills)
        )
    }
}

impl Sums {
    /// Nothing yet, of a period.
    pub(super) fn of(meter: Option<u32>, from: Day, to: Day, currency: Currency) -> Self {
        Self {
            meter,
            from: from.to_string(),
            to: to.to_string(),
            currency: match currency.0 {
                840 => "USD".to_owned(),
                978 => "EUR".to_owned(),
                other => format!("{other:03}"),
            },
            ..Self::default()
        }
    }

    pub(super) fn period(&self) -> Option<(Day, Day)> {
        day(&self.from).zip(day(&self.to))
    }

    /// Adds another meter's.
    pub(super) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.opening_mills, other.opening_mills),
            (&mut self.deposits_mills, other.deposits_mills),
            (&mut self.item_credits_mills, other.item_credits_mills),
            (&mut self.items, other.items),
            (&mut self.items_mills, other.items_mills),
            (&mut self.balance_refunds_mills, other.balance_refunds_mills),
            (&mut self.closing_mills, other.closing_mills),
        ] {
            *sum = sum.saturating_add(more);
        }
        let differences = &mut self.differences_mills;
        *differences = differences.saturating_add(other.differences_mills);
    }

    /// Names of the sums that differ, with both figures.
    pub(super) fn differences(&self, own: &Self) -> Vec<(&'static str, i128, i128)> {
        let mut all: Vec<(&'static str, i128, i128)> = [
            ("opening_mills", self.opening_mills, own.opening_mills),
            ("deposits_mills", self.deposits_mills, own.deposits_mills),
            (
                "item_credits_mills",
                self.item_credits_mills,
                own.item_credits_mills,
            ),
            ("items", self.items, own.items),
            ("items_mills", self.items_mills, own.items_mills),
            (
                "balance_refunds_mills",
                self.balance_refunds_mills,
                own.balance_refunds_mills,
            ),
            ("closing_mills", self.closing_mills, own.closing_mills),
        ]
        .map(|(name, said, is)| (name, said.into(), is.into()))
        .to_vec();
        all.push((
            "differences_mills",
            self.differences_mills.into(),
            own.differences_mills.into(),
        ));
        all.retain(|(_, said, is)| said != is);
        all
    }
}

/// A day as `YYYY-MM-DD`.
fn day(text: &str) -> Option<Day> {
    let digits: String = text.split('-').collect();
    let day = Day::from_decimal(digits.parse().ok()?)?;
    (day.to_string() == text).then_some(day)
}

/// RFC 3339 in UTC, with the digits of the fraction that are needed.
pub(super) fn written(time: Time) -> String {
    let ms = time.0 % 1_000;
    let seconds = time.0 / 1_000;
    let of_day = seconds % 86_400;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let mut text = format!("{}T{hour:02}:{minute:02}:{second:02}", Day::of_time(time));
    if ms > 0 {
        let fraction = format!("{ms:03}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// Back from [`written`].
fn millis(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = whole.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fraction = format!("{fraction:0<3}");
    let ms: u64 = fraction.get(..3)?.parse().ok()?;
    let seconds = u64::from(day(date)?.number())
        .saturating_mul(86_400)
        .saturating_add(hour.saturating_mul(3_600))
        .saturating_add(minute.saturating_mul(60))
        .saturating_add(second);
    Some(seconds.saturating_mul(1_000).saturating_add(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_the_digits_that_are_needed() {
        for (time, text) in [
            (1_790_000_000_000, "2026-09-21T14:13:20Z"),
            (1_790_000_000_657, "2026-09-21T14:13:20.657Z"),
            (1_790_000_000_500, "2026-09-21T14:13:20.5Z"),
            (1_790_000_000_050, "2026-09-21T14:13:20.05Z"),
        ] {
            assert_eq!(written(Time(time)), text);
            assert_eq!(millis(text), Some(time));
        }
        assert_eq!(millis("yesterday"), None);
    }

    #[test]
    fn lines_are_read_with_and_without_their_name() {
        let entry = r#"{"kind":"opening","meter":7,"amount_mills":0,"balance_mills":5}"#;
        let named = format!(r#"{{"entry":{entry}}}"#);
        for text in [entry, &named] {
            assert!(
                matches!(Line::read(text.as_bytes()), Some(Line::Entry(_))),
                "{text}"
            );
        }
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"entry":{"kind":"opening"}}"#,
            r#"{"kind":1}"#,
        ] {
            assert!(Line::read(bad.as_bytes()).is_none(), "{bad}");
        }
        let stopped = br#"{"stopped":{"code":"unavailable"}}"#;
        assert!(matches!(Line::read(stopped), Some(Line::Stopped)));
    }
}
