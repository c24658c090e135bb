//! Daily totals for the post: what a day's rows are, and sheets of them that a reporter signed.
//!
//! Not here: the reporter's key, which is on the machine of whoever makes the sheets; and how sheets look
//! (`gateway`). The data centre keeps a sheet only if its rows are those that it computes itself; `indicia
//! audit` computes them again, with code of its own.

use crate::change::parse;
use crate::ledger::{Event, Ledger};
use crate::limits::{DAY_SETTLED, METERS_SEEN, TOTALS_PAGE};
use crate::{Centre, Code, Problem};
use item::limits::TOTALS_ROWS_MAX;
use item::{
    DailyKey, DailyRow, DailyTotals, Day, Digest, ItemRecord, Layout, MeterRecord, MeterSerial,
    Signed, Time,
};
use std::collections::{BTreeMap, VecDeque};
use store::{MeterRow, Store, StoreError, TotalsRow};
use verify::{key_id, open, statement_digest};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// A page of a day's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsPage {
    /// Rows, all of each meter that has some.
    pub rows: Vec<DailyRow>,
    /// Behind which meter the next page begins; none on the last.
    pub next: Option<MeterSerial>,
}

/// A sheet, as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsSheet {
    /// Its bytes.
    pub signed: Vec<u8>,
    /// What it says.
    pub body: DailyTotals,
}

/// What the next sheet must be.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    sequence: u64,
    previous: Digest,
    day: Day,
    part: u32,
    /// Its rows come behind this one.
    behind: Option<DailyKey>,
}

impl Next {
    /// After the newest sheet; without one, the first of the day of the ceremony.
    fn after(newest: Option<&TotalsSheet>, ceremony: Time) -> Self {
        let Some(TotalsSheet { signed, body }) = newest else {
            return Self {
                sequence: 1,
                previous: Digest::ZERO,
                day: Day::of_time(ceremony),
                part: 1,
                behind: None,
            };
        };
        let of_day = match body.last {
            true => (body.day.plus_days(1), 1, None),
            false => {
                let last = body.rows.as_slice().last().map(DailyRow::key);
                (body.day, body.part.saturating_add(1), last)
            }
        };
        Self {
            sequence: body.sequence.saturating_add(1),
            previous: statement_digest(signed),
            day: of_day.0,
            part: of_day.1,
            behind: of_day.2,
        }
    }

    fn check(&self, sheet: &DailyTotals) -> Result<(), Problem> {
        if (sheet.sequence, sheet.previous, sheet.day, sheet.part)
            == (self.sequence, self.previous, self.day, self.part)
        {
            return Ok(());
        }
        Err(Problem::new(
            Code::TotalsSequence,
            format!(
                "The next sheet is number {}, of {}, part {}.",
                self.sequence, self.day, self.part
            ),
        ))
    }
}

/// Whether every item of a day is on record, by the server's clock.
fn is_over(day: Day, now: Time) -> bool {
    let end = u64::from(day.number()).saturating_add(1);
    now.0 >= end.saturating_mul(DAY_MS).saturating_add(DAY_SETTLED)
}

fn not_over(day: Day) -> Problem {
    Problem {
        retryable: true,
        ..Problem::new(
            Code::DayNotOver,
            format!("Totals of {day} can be made from one hour after its end, UTC."),
        )
    }
}

fn differs(row: Option<&DailyRow>, own: Option<&DailyRow>) -> Problem {
    let say = |row: Option<&DailyRow>| match row {
        None => "nothing".to_owned(),
        Some(row) => format!(
            "meter {}, origin {:05}: {} pieces of {}, {} credited of {}",
            row.meter.0, row.origin.0, row.pieces, row.value, row.credited_pieces, row.credited
        ),
    };
    Problem::new(
        Code::TotalsDiffer,
        format!(
            "The sheet says {}, the records {}. Make it anew.",
            say(row),
            say(own)
        ),
    )
}

impl<S: Store> Centre<S> {
    /// A page of a day's rows.
    ///
    /// # Errors
    /// [`Code::DayNotOver`]; [`Problem`] of the database.
    pub async fn day_totals(
        &self,
        day: Day,
        after: Option<MeterSerial>,
    ) -> Result<TotalsPage, Problem> {
        if !is_over(day, self.now()) {
            return Err(not_over(day));
        }
        let mut rows = Vec::new();
        let mut walk = DayRows::of(self, day, after);
        while rows.len() < TOTALS_PAGE && walk.seen < METERS_SEEN {
            match walk.meter().await? {
                Some(of_meter) => rows.extend(of_meter),
                None => return Ok(TotalsPage { rows, next: None }),
            }
        }
        Ok(TotalsPage {
            rows,
            next: walk.after,
        })
    }

    /// Sheets with a number above `after`; of one day, if it is given.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn totals_sheets(
        &self,
        after: u64,
        day: Option<Day>,
        limit: u32,
    ) -> Result<Vec<TotalsSheet>, Problem> {
        let rows = self.store().totals(after, day, limit).await?;
        rows.into_iter().map(sheet_of).collect()
    }

    /// Keeps a sheet. The same bytes again change nothing.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn hand_in_totals(&self, statement: Vec<u8>) -> Result<TotalsSheet, Problem> {
        let sheet = TotalsSheet {
            body: self.open_totals(&statement)?,
            signed: statement,
        };
        let body = &sheet.body;
        let newest = self.store().latest_totals().await?;
        let newest = newest.map(sheet_of).transpose()?;
        if newest
            .as_ref()
            .is_some_and(|newest| body.sequence <= newest.body.sequence)
        {
            let before = body.sequence.saturating_sub(1);
            let held = self.totals_sheets(before, None, 1).await?;
            return match held.into_iter().next() {
                Some(held) if held == sheet => Ok(held),
                _ => Err(Problem::new(
                    Code::TotalsSequence,
                    format!("Another sheet has number {}.", body.sequence),
                )),
            };
        }
        let held = self.installation().transcript().time;
        let next = Next::after(newest.as_ref(), held);
        next.check(body)?;
        if !is_over(body.day, self.now()) {
            return Err(not_over(body.day));
        }
        self.compare_totals(body, next.behind).await?;
        let row = TotalsRow {
            sequence: body.sequence,
            day: body.day,
            sheet: sheet.signed.clone(),
        };
        match self.store().put_totals(row).await {
            Ok(()) => Ok(sheet),
            Err(StoreError::Taken { .. }) => Err(Problem::new(
                Code::TotalsSequence,
                "Another sheet was handed in just now.",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// What an enrolled reporter signed for this installation.
    fn open_totals(&self, statement: &[u8]) -> Result<DailyTotals, Problem> {
        let transcript = self.installation().transcript();
        let signed = Signed::<DailyTotals>::from_bytes(statement).map_err(|error| {
            let detail = format!("The statement can not be read: {error}.");
            Problem::new(Code::BadStatement, detail)
        })?;
        let foreign = || Problem::new(Code::BadSignature, "No enrolled reporter signed the sheet.");
        let mut reporters = transcript.reporters.as_slice().iter();
        let reporter = reporters
            .find(|enrolled| key_id(&enrolled.key) == signed.body.reporter)
            .ok_or_else(foreign)?;
        let body = open(signed, &reporter.key)
            .map_err(|_| foreign())?
            .into_body();
        if body.installation != transcript.installation {
            let detail = "The sheet is of another installation.";
            return Err(Problem::new(Code::Mismatch, detail));
        }
        Ok(body)
    }

    /// Whether the rows are those of the day behind a key, and all of them or a full sheet.
    async fn compare_totals(
        &self,
        sheet: &DailyTotals,
        behind: Option<DailyKey>,
    ) -> Result<(), Problem> {
        let before = behind.and_then(|(meter, ..)| meter.0.checked_sub(1));
        let mut walk = DayRows::of(self, sheet.day, before.map(MeterSerial));
        let mut rows = sheet.rows.as_slice().iter();
        let mut is_more = false;
        'meters: while let Some(of_meter) = walk.meter().await? {
            for own in of_meter {
                if behind.is_some_and(|behind| own.key() <= behind) {
                    continue;
                }
                match rows.next() {
                    Some(row) if *row == own => {}
                    None if !sheet.last && sheet.rows.as_slice().len() == TOTALS_ROWS_MAX => {
                        is_more = true;
                        break 'meters;
                    }
                    other => return Err(differs(other, Some(&own))),
                }
            }
        }
        let left = rows.next();
        if left.is_some() || is_more == sheet.last {
            return Err(differs(left, None));
        }
        Ok(())
    }
}

fn sheet_of(row: TotalsRow) -> Result<TotalsSheet, Problem> {
    let signed: Signed<DailyTotals> = parse(&row.sheet, "daily totals")?;
    Ok(TotalsSheet {
        signed: row.sheet,
        body: signed.body,
    })
}

/// The rows of one day, meter by meter.
struct DayRows<'a, S> {
    centre: &'a Centre<S>,
    day: Day,
    after: Option<MeterSerial>,
    page: VecDeque<MeterRow>,
    is_end: bool,
    /// Meters that were looked at.
    seen: usize,
}

impl<'a, S: Store> DayRows<'a, S> {
    fn of(centre: &'a Centre<S>, day: Day, after: Option<MeterSerial>) -> Self {
        Self {
            centre,
            day,
            after,
            page: VecDeque::new(),
            is_end: false,
            seen: 0,
        }
    }

    /// Rows of the next meter, often none; `None` at the end.
    async fn meter(&mut self) -> Result<Option<Vec<DailyRow>>, Problem> {
        const PAGE: u32 = store::limits::LISTED_MAX;
        if self.page.is_empty() && !self.is_end {
            self.page = self
                .centre
                .store()
                .all_meters(self.after, PAGE)
                .await?
                .into();
            self.is_end = self.page.len() < PAGE as usize;
        }
        let Some(row) = self.page.pop_front() else {
            return Ok(None);
        };
        self.after = Some(row.serial);
        self.seen += 1;
        let meter = self.centre.stored_meter(row.serial, &row.record).await?;
        self.rows_of(&meter).await.map(Some)
    }

    async fn rows_of(&self, meter: &MeterRecord) -> Result<Vec<DailyRow>, Problem> {
        // Nothing of it is of the day or later: most meters of most days.
        if meter.piece_count == 0 || Day::of_time(meter.last_time) < self.day {
            return Ok(Vec::new());
        }
        let mut rows: BTreeMap<DailyKey, DailyRow> = BTreeMap::new();
        let (mut ledger, _) = Ledger::begin(self.centre, meter, self.day).await?;
        while let Some(event) = ledger.next().await? {
            let time = match &event {
                Event::Item(item) => item.time,
                Event::Money(money) => money.time,
            };
            if Day::of_time(time) > self.day {
                break;
            }
            match event {
                Event::Item(item) => add(&mut rows, &item, false),
                Event::Money(money) => {
                    if let Some(item) = self.centre.credited(meter.serial, money.piece).await? {
                        add(&mut rows, &item, true);
                    }
                }
            }
        }
        Ok(rows.into_values().collect())
    }
}

fn add(rows: &mut BTreeMap<DailyKey, DailyRow>, item: &ItemRecord, is_credit: bool) {
    let empty = DailyRow {
        meter: item.meter,
        origin: item.origin,
        kind: item.kind,
        specimen: item.specimen,
        pieces: 0,
        value: item::Mills::ZERO,
        credited_pieces: 0,
        credited: item::Mills::ZERO,
    };
    let row = rows.entry(empty.key()).or_insert(empty);
    let (count, value) = match is_credit {
        false => (&mut row.pieces, &mut row.value),
        true => (&mut row.credited_pieces, &mut row.credited),
    };
    *count = count.saturating_add(1);
    value.0 = value.0.saturating_add(item.value.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{DailyRows, InstallationId, ItemKind, KeyId, Mills, Version, Zip};

    const CEREMONY: Time = Time(20_778 * DAY_MS + 5);

    fn sheet(next: &Next, last: bool, meters: &[u32]) -> TotalsSheet {
        let row = |meter: &u32| DailyRow {
            meter: MeterSerial(*meter),
            origin: Zip(95_814),
            kind: ItemKind::Postage,
            specimen: true,
            pieces: 1,
            value: Mills(740),
            credited_pieces: 0,
            credited: Mills::ZERO,
        };
        let body = DailyTotals {
            version: Version,
            installation: InstallationId([1; 16]),
            reporter: KeyId([2; 8]),
            sequence: next.sequence,
            previous: next.previous,
            day: next.day,
            part: next.part,
            last,
            made: CEREMONY,
            rows: DailyRows::new(meters.iter().map(row).collect()).unwrap(),
        };
        let signed = Signed {
            body: body.clone(),
            signature: [0; 64],
        };
        TotalsSheet {
            signed: signed.to_bytes(),
            body,
        }
    }

    #[test]
    fn sheets_follow_each_other_from_the_day_of_the_ceremony_without_a_gap() {
        let first = Next::after(None, CEREMONY);
        assert_eq!(
            (
                first.sequence,
                first.previous,
                first.day.decimal(),
                first.part
            ),
            (1, Digest::ZERO, 20_261_121, 1)
        );
        let half = sheet(&first, false, &[3, 7]);
        let second = Next::after(Some(&half), CEREMONY);
        assert_eq!(
            (second.sequence, second.day, second.part),
            (2, first.day, 2)
        );
        assert_eq!(second.previous, statement_digest(&half.signed));
        assert_eq!(
            second.behind,
            half.body.rows.as_slice().last().map(DailyRow::key)
        );
        let whole = sheet(&second, true, &[]);
        let third = Next::after(Some(&whole), CEREMONY);
        assert_eq!(
            (
                third.sequence,
                third.day.decimal(),
                third.part,
                third.behind
            ),
            (3, 20_261_122, 1, None)
        );
        third.check(&sheet(&third, true, &[]).body).unwrap();
        type Alter = fn(&mut DailyTotals);
        let alter: [Alter; 4] = [
            |body| body.sequence += 1,
            |body| body.previous = Digest::ZERO,
            |body| body.day = body.day.plus_days(1),
            |body| body.part = 2,
        ];
        for alter in alter {
            let mut other = sheet(&third, true, &[]).body;
            alter(&mut other);
            let refused = third.check(&other).unwrap_err();
            assert_eq!(refused.code, Code::TotalsSequence);
        }
    }

    #[test]
    fn a_day_is_over_one_hour_after_its_end() {
        let day = Day::of_time(CEREMONY);
        let settled = 20_779 * DAY_MS + 3_600_000;
        assert!(!is_over(day, CEREMONY) && !is_over(day, Time(settled - 1)));
        assert!(is_over(day, Time(settled)));
        assert!(not_over(day).retryable);
    }
}
