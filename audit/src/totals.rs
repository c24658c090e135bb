//! Daily totals for the post: each sheet is recomputed from items and item credits.

use crate::context::Audit;
use crate::scratch::{Reported, Told};
use crate::{Code, rows};
use item::limits::TOTALS_ROWS_MAX;
use item::{DailyKey, DailyRow, DailyTotals, Day, Digest, Layout, Mills, Payload, Signed, Time};
use rusqlite::Row;
use std::collections::{BTreeSet, HashMap};
use verify::{key_id, open, statement_digest};

/// Sums that are kept in memory before they go to the temporary database.
const KEPT_MAX: usize = 4_096;

/// What was dispensed and taken back, by day and key: pieces, value, credited pieces, credited.
#[derive(Default)]
pub(crate) struct Days(HashMap<(Day, DailyKey), [u64; 4]>);

impl Audit<'_> {
    /// Counts an item on the day on which it was dispensed or, by its own payload, taken back.
    pub(crate) fn count_day(
        &mut self,
        time: Time,
        key: DailyKey,
        value: Mills,
        is_credit: bool,
    ) -> rusqlite::Result<()> {
        let sums = self.days.0.entry((Day::of_time(time), key)).or_default();
        let [pieces, mills, credited, credited_mills] = sums;
        let (count, sum) = match is_credit {
            false => (pieces, mills),
            true => (credited, credited_mills),
        };
        *count = count.saturating_add(1);
        *sum = sum.saturating_add(value.0);
        match self.days.0.len() < KEPT_MAX {
            true => Ok(()),
            false => self.spill_days(),
        }
    }

    fn spill_days(&mut self) -> rusqlite::Result<()> {
        for ((day, key), sums) in self.days.0.drain() {
            self.scratch.count_day(day, key, sums)?;
        }
        Ok(())
    }
}

/// Under which key a payload counts.
pub(crate) fn key_of(payload: &Payload) -> DailyKey {
    (
        payload.meter,
        payload.origin,
        payload.kind,
        payload.specimen,
    )
}

/// Every sheet, then every day that they tell of.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    audit.spill_days()?;
    let connection = audit.connection;
    let mut statement = connection
        .prepare_cached("SELECT sequence, day, sheet FROM daily_totals ORDER BY sequence")?;
    let mut all = statement.query([])?;
    let mut sheets = Sheets {
        sequence: 0,
        previous: Digest::ZERO,
        day: Day::of_time(audit.transcript().time),
        part: 1,
        behind: None,
        days: BTreeSet::new(),
    };
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.sheets = audit.report.counts.sheets.saturating_add(1);
        let place = rows::place("daily_totals", row, 1);
        sheets.follow(audit, row, &place)?;
    }
    sheets.compare(audit)
}

/// The sheets so far: what the next one must be, and of which days there are some.
struct Sheets {
    sequence: u64,
    previous: Digest,
    day: Day,
    part: u32,
    /// Last row of the sheet before, if that was not the last of its day.
    behind: Option<DailyKey>,
    days: BTreeSet<Day>,
}

impl Sheets {
    fn follow(
        &mut self,
        audit: &mut Audit<'_>,
        row: &Row<'_>,
        place: &str,
    ) -> rusqlite::Result<()> {
        self.sequence = self.sequence.saturating_add(1);
        let sequence = rows::unsigned(row, 0).unwrap_or_default();
        let message = format_args!("it is sheet number {}", self.sequence);
        let follows = sequence == self.sequence;
        audit.expect(follows, Code::TotalsGap, place, message, Mills::ZERO);
        self.sequence = sequence;
        let stored = rows::blob(row, 2).unwrap_or_default();
        let previous = std::mem::replace(&mut self.previous, statement_digest(stored));
        let signed = match Signed::<DailyTotals>::from_bytes(stored) {
            Ok(signed) => signed,
            Err(error) => {
                audit.problem(Code::Undecodable, place, error, Mills::ZERO);
                return Ok(());
            }
        };
        let sheet = signed.body.clone();
        is_signed(audit, signed, place);
        let copied = sheet.sequence == sequence
            && rows::unsigned(row, 1) == Some(u64::from(sheet.day.decimal()));
        let message = "the row's columns differ from its sheet";
        audit.expect(copied, Code::ColumnDiffers, place, message, Mills::ZERO);
        let home = sheet.installation == audit.transcript().installation;
        let message = "the sheet is of another installation";
        audit.expect(home, Code::Foreign, place, message, Mills::ZERO);
        let message = "it does not name the sheet before it";
        let linked = sheet.previous == previous;
        audit.expect(linked, Code::TotalsChain, place, message, Mills::ZERO);
        self.placed(audit, &sheet, place);
        for row in sheet.rows.as_slice() {
            if !audit.scratch.report_day(&sheet, row)? {
                let value = Mills(row.value.0.saturating_add(row.credited.0));
                let message = format_args!("{} is told of twice", named(row.key()));
                audit.problem(Code::TotalsDiffer, place, message, value);
            }
        }
        Ok(())
    }

    /// Its day and part are the next ones, and it is full if it is not the day's last.
    fn placed(&mut self, audit: &mut Audit<'_>, sheet: &DailyTotals, place: &str) {
        let told = sheet.rows.as_slice();
        let message = format_args!(
            "it is of {}, part {}, and {}, part {} was next",
            sheet.day, sheet.part, self.day, self.part
        );
        let next = (sheet.day, sheet.part) == (self.day, self.part);
        audit.expect(next, Code::TotalsGap, place, message, Mills::ZERO);
        let behind = self.behind.take();
        let first = told.first().map(DailyRow::key);
        let ordered = behind.is_none() || first.is_none() || first > behind;
        let whole = (sheet.last || told.len() == TOTALS_ROWS_MAX) && sheet.part > 0;
        let message = "its rows do not come behind those of the part before, or it is not full";
        audit.expect(
            ordered && whole,
            Code::TotalsGap,
            place,
            message,
            Mills::ZERO,
        );
        self.days.insert(sheet.day);
        (self.day, self.part) = match sheet.last {
            true => (sheet.day.plus_days(1), 1),
            false => (sheet.day, sheet.part.saturating_add(1)),
        };
        if !sheet.last {
            self.behind = told.last().map(DailyRow::key);
        }
    }

    /// Compares what the sheets tell with what was counted. What is behind the last sheet is not
    /// reported yet.
    fn compare(&self, audit: &mut Audit<'_>) -> rusqlite::Result<()> {
        let end = (self.day, self.behind);
        let mut unreported = BTreeSet::new();
        let mut different = Vec::new();
        let mut more = 0_u64;
        audit.scratch.days(|reported: Reported| {
            let open = match end {
                (day, None) => reported.day >= day,
                (day, Some(behind)) => (reported.day, reported.key) > (day, behind),
            };
            if open && reported.told.is_none() {
                unreported.insert(reported.day);
            } else if different.len() < crate::report::LISTED_MAX {
                different.push(reported);
            } else {
                more = more.saturating_add(1);
            }
        })?;
        let days = u64::try_from(unreported.len()).unwrap_or(u64::MAX);
        audit.report.counts.days_unreported = days;
        for reported in different {
            self.differs(audit, &reported);
        }
        let total = &mut audit.report.problems_total;
        *total = total.saturating_add(more);
        Ok(())
    }

    fn differs(&self, audit: &mut Audit<'_>, reported: &Reported) {
        let Reported {
            day,
            key,
            counted,
            told,
        } = reported;
        let Some(Told { sheet, sums }) = told else {
            let why = match self.days.contains(day) {
                true => "the sheets of",
                false => "no sheet is there of",
            };
            let place = format!("daily totals of {day}");
            let [pieces, value, credited, credited_mills] = counted.unwrap_or_default();
            let message = format_args!(
                "{why} {day}, which has {}: {pieces} pieces of {}, {credited} credited of {}",
                named(*key),
                Mills(value),
                Mills(credited_mills)
            );
            let touched = Mills(value.saturating_add(credited_mills));
            audit.problem(Code::TotalsDiffer, place, message, touched);
            return;
        };
        let place = format!("daily_totals {sheet}");
        let own = counted.unwrap_or_default();
        if is_lost(audit, *key, sums, &own) {
            let message = format_args!(
                "{} tells of more than is kept: a re-issue gave it up",
                named(*key)
            );
            audit.notice(Code::Reissued, place, message);
            return;
        }
        let ([a, b, c, d], [e, f, g, h]) = (*sums, own);
        let message = format_args!(
            "{} on {day}: {a} pieces of {}, {c} credited of {}; the items give {e} of {}, {g} of {}",
            named(*key),
            Mills(b),
            Mills(d),
            Mills(f),
            Mills(h)
        );
        let touched = b.abs_diff(f).saturating_add(d.abs_diff(h));
        audit.problem(Code::TotalsDiffer, place, message, Mills(touched));
    }
}

/// Whether a sheet says more than is kept, of a meter whose items were given up by a re-issue (P28),
/// and of no more items than those.
fn is_lost(audit: &Audit<'_>, key: DailyKey, told: &[u64; 4], own: &[u64; 4]) -> bool {
    let Some(lost) = audit.lost_items.get(&key.0) else {
        return false;
    };
    let lost = lost
        .iter()
        .map(|gap| u64::from(*gap.end()).saturating_sub(u64::from(*gap.start())))
        .fold(0, |sum: u64, gap| sum.saturating_add(gap).saturating_add(1));
    let more = told.iter().zip(own).all(|(told, own)| told >= own);
    let pieces = told.first().zip(own.first());
    more && pieces.is_some_and(|(told, own)| told.saturating_sub(*own) <= lost)
}

fn is_signed(audit: &mut Audit<'_>, signed: Signed<DailyTotals>, place: &str) {
    let reporters = audit.transcript().reporters.as_slice();
    let reporter = reporters
        .iter()
        .find(|enrolled| key_id(&enrolled.key) == signed.body.reporter);
    match reporter {
        None => {
            let message = "the reporter is not enrolled";
            audit.problem(Code::ReporterUnknown, place, message, Mills::ZERO);
        }
        Some(reporter) => {
            if let Err(error) = open(signed, &reporter.key) {
                audit.problem(Code::BadSignature, place, error, Mills::ZERO);
            }
        }
    }
}

fn named((meter, origin, kind, specimen): DailyKey) -> String {
    let valid = if specimen { "specimen" } else { "valid" };
    format!(
        "meter {}, origin {:05}, {} ({valid})",
        meter.0,
        origin.0,
        kind.name().to_lowercase()
    )
}
