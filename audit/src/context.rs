//! What every pass has at hand: the database, the trusted material, and the report that grows.

use crate::checkpoints::Rebuild;
use crate::report::LISTED_MAX;
use crate::scratch::Scratch;
use crate::totals::Days;
use crate::{Code, Problem, Progress, Report, Stage};
use item::{Digest, MeterSerial, Mills, Subject, Time, TranscriptBody};
use rusqlite::Connection;
use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use verify::Installation;

/// Rows between two calls of the progress function.
const ROWS_PER_CALL: u64 = 4_096;

/// One running audit.
pub(crate) struct Audit<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) installation: &'a Installation,
    pub(crate) now: Time,
    pub(crate) scratch: Scratch,
    pub(crate) rebuilds: Vec<Rebuild>,
    /// Times between which decisions of a subject were given up by a re-issue (P28).
    pub(crate) gaps: HashMap<Subject, Vec<(Time, Time)>>,
    /// Total of item credits of each checkpoint of a meter box, by digest.
    pub(crate) closed: HashMap<Digest, Mills>,
    /// Items that were given up with them.
    pub(crate) lost_items: HashMap<MeterSerial, Vec<RangeInclusive<u32>>>,
    /// What was dispensed and taken back on each day.
    pub(crate) days: Days,
    pub(crate) report: Report,
    progress: &'a mut dyn FnMut(Progress),
    at: Progress,
}

impl<'a> Audit<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        installation: &'a Installation,
        now: Time,
        progress: &'a mut dyn FnMut(Progress),
    ) -> rusqlite::Result<Self> {
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            connection,
            installation,
            now,
            scratch: Scratch::new()?,
            rebuilds: Vec::new(),
            gaps: HashMap::new(),
            lost_items: HashMap::new(),
            closed: HashMap::new(),
            days: Days::default(),
            report: Report::default(),
            progress,
            at: Progress {
                stage: Stage::Structure,
                rows: 0,
            },
        })
    }

    pub(crate) fn transcript(&self) -> &'a TranscriptBody {
        self.installation.transcript()
    }

    pub(crate) fn stage(&mut self, stage: Stage) {
        self.at.stage = stage;
        (self.progress)(self.at);
    }

    /// Counts one row for the progress function.
    pub(crate) fn row(&mut self) {
        self.at.rows = self.at.rows.saturating_add(1);
        if self.at.rows.is_multiple_of(ROWS_PER_CALL) {
            (self.progress)(self.at);
        }
    }

    pub(crate) fn problem(
        &mut self,
        code: Code,
        place: impl Display,
        message: impl Display,
        value: Mills,
    ) {
        let report = &mut self.report;
        report.problems_total = report.problems_total.saturating_add(1);
        list(&mut report.problems, code, &place, &message, value);
    }

    pub(crate) fn notice(&mut self, code: Code, place: impl Display, message: impl Display) {
        let report = &mut self.report;
        report.notices_total = report.notices_total.saturating_add(1);
        list(&mut report.notices, code, &place, &message, Mills::ZERO);
    }

    /// A problem unless `holds`.
    pub(crate) fn expect(
        &mut self,
        holds: bool,
        code: Code,
        place: impl Display,
        message: impl Display,
        value: Mills,
    ) {
        if !holds {
            self.problem(code, place, message, value);
        }
    }

    /// Reports a table that could not be read to its end.
    pub(crate) fn damage(&mut self, table: &str, outcome: rusqlite::Result<()>) {
        if let Err(error) = outcome {
            self.problem(Code::DatabaseDamaged, table, error, Mills::ZERO);
        }
    }

    /// Whether a decision of this subject and time was given up by a re-issue.
    pub(crate) fn is_given_up(&self, subject: &Subject, time: Time) -> bool {
        let gaps = self.gaps.get(subject);
        gaps.is_some_and(|gaps| gaps.iter().any(|(from, to)| (*from..=*to).contains(&time)))
    }

    pub(crate) fn finish(self) -> Report {
        self.report
    }
}

fn list(
    into: &mut Vec<Problem>,
    code: Code,
    place: &impl Display,
    message: &impl Display,
    value: Mills,
) {
    if into.len() < LISTED_MAX {
        into.push(Problem {
            code,
            place: place.to_string(),
            message: message.to_string(),
            value_mills: value.0,
        });
    }
}
