//! The line of decisions of each subject (P7): signature, counter, digests, times, journal. Those that
//! made items are kept with these ([`crate::dispensing`]), and stand between the others by counter.
//!
//! Not here: what a decision of a user, meter or chain means ([`Follow`], one implementation each).

use crate::context::Audit;
use crate::dispensing::Dispensing;
use crate::record::Newest;
use crate::{Code, rows};
use item::{
    BoxKind, Decision, DecisionKind, Digest, KeyUsage, Layout, MeterSerial, Mills, Signed, Subject,
    Sums,
};
use std::fmt;
use verify::statement_digest;

/// One decision that could be read.
pub(crate) struct Made {
    pub(crate) body: Decision,
    /// Digest of the signed decision.
    pub(crate) digest: Digest,
}

/// Where a decision stands, for people: kind of box, subject and counter, whichever table keeps it.
pub(crate) struct DecisionPlace {
    kind: BoxKind,
    subject: Subject,
    counter: u64,
}

impl fmt::Display for DecisionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "decisions {}/{}/{}",
            self.kind.name(),
            self.subject,
            self.counter
        )
    }
}

impl Made {
    pub(crate) fn place(&self) -> DecisionPlace {
        DecisionPlace {
            kind: self.body.box_kind,
            subject: self.body.subject,
            counter: self.body.counter.0,
        }
    }
}

/// What the decisions of one subject did, followed one by one.
pub(crate) trait Follow: Sized {
    /// Kind of box that decides.
    const KIND: BoxKind;
    /// Subjects of all records, one column, ascending as the table has them.
    const RECORDS: &'static str;

    /// The subject of a row of [`Follow::RECORDS`].
    fn subject_of(row: &rusqlite::Row<'_>) -> Option<Subject>;
    /// Reads the subject's record.
    fn begin(audit: &mut Audit<'_>, subject: Subject) -> rusqlite::Result<Self>;
    /// The next decision.
    fn decided(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()>;
    /// What the subject adds to a checkpoint after the decisions so far: pieces, registers, totals.
    fn sums(&self) -> Sums;
    /// After the last decision.
    fn end(self, audit: &mut Audit<'_>, newest: Newest) -> rusqlite::Result<()>;
}

/// Follows all subjects of one kind of box, then the records that no row of `decisions` is about.
pub(crate) fn walk<F: Follow>(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT subject, counter, request, decision FROM decisions
         WHERE box_kind = ?1 ORDER BY subject, counter",
    )?;
    let mut all = statement.query([F::KIND.code()])?;
    let mut line: Option<Line<F>> = None;
    while let Some(row) = all.next()? {
        count(audit);
        let (Some(subject), Some(counter), Some(stored)) = (
            rows::subject(row, 0),
            rows::unsigned(row, 1),
            rows::blob(row, 3),
        ) else {
            unreadable(audit, F::KIND, row);
            continue;
        };
        if line.as_ref().is_none_or(|line| line.subject != subject) {
            if let Some(line) = line.take() {
                line.end(audit)?;
            }
            line = Some(Line::begin(audit, subject)?);
        }
        if let Some(line) = &mut line {
            line.follow_dispensing(audit, Some(counter))?;
            let request = rows::blob(row, 2).unwrap_or_default();
            line.follow(audit, counter, Some(request), stored)?;
        }
    }
    if let Some(line) = line {
        line.end(audit)?;
    }
    without_rows::<F>(audit)
}

/// Follows a subject without a record whose decisions are all kept with items, if it has any.
pub(crate) fn walk_without_record<F: Follow>(
    audit: &mut Audit<'_>,
    subject: Subject,
) -> rusqlite::Result<()> {
    if has_rows::<F>(audit, subject)? {
        return Ok(());
    }
    let mut line = Line::<F>::begin(audit, subject)?;
    if line.dispensing.goes_on(audit.connection)? {
        line.end(audit)?;
    }
    Ok(())
}

fn count(audit: &mut Audit<'_>) {
    audit.row();
    audit.report.counts.decisions = audit.report.counts.decisions.saturating_add(1);
}

fn unreadable(audit: &mut Audit<'_>, kind: BoxKind, row: &rusqlite::Row<'_>) {
    let place = rows::place(&format!("decisions {}", kind.name()), row, 2);
    no_decision(audit, place);
}

fn no_decision(audit: &mut Audit<'_>, place: String) {
    let message = "columns are not a decision's";
    audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
}

/// Whether [`walk`] followed the subject: a row of `decisions` is about it, and can be read.
fn has_rows<F: Follow>(audit: &Audit<'_>, subject: Subject) -> rusqlite::Result<bool> {
    audit
        .connection
        .prepare_cached(
            "SELECT 1 FROM decisions WHERE box_kind = ?1 AND subject = ?2 AND counter >= 0 LIMIT 1",
        )?
        .exists(rusqlite::params![F::KIND.code(), subject.0])
}

fn without_rows<F: Follow>(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(F::RECORDS)?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        let Some(subject) = F::subject_of(row) else {
            let place = rows::place("records", row, 1);
            audit.problem(
                Code::UnreadableRow,
                place,
                "the key is not one",
                Mills::ZERO,
            );
            continue;
        };
        if !has_rows::<F>(audit, subject)? {
            Line::<F>::begin(audit, subject)?.end(audit)?;
        }
    }
    Ok(())
}

/// One subject's decisions so far.
struct Line<F> {
    subject: Subject,
    follower: F,
    dispensing: Dispensing,
    newest: Newest,
}

impl<F: Follow> Line<F> {
    fn begin(audit: &mut Audit<'_>, subject: Subject) -> rusqlite::Result<Self> {
        Ok(Self {
            subject,
            follower: F::begin(audit, subject)?,
            dispensing: Dispensing::of(F::KIND, &subject),
            newest: Newest::default(),
        })
    }

    /// Follows the decisions that are kept with items: those below a counter, or all.
    fn follow_dispensing(
        &mut self,
        audit: &mut Audit<'_>,
        bound: Option<u64>,
    ) -> rusqlite::Result<()> {
        while let Some(kept) = self.dispensing.next(audit.connection, bound)? {
            count(audit);
            if let (Some(counter), Some(stored)) = (kept.counter, &kept.decision) {
                self.follow(audit, counter, None, stored)?;
                continue;
            }
            let meter = MeterSerial::of_subject(&self.subject).unwrap_or_default();
            no_decision(audit, format!("items {}/{}", meter.0, kept.piece));
        }
        Ok(())
    }

    /// `request`: the column that says it, where there is one.
    fn follow(
        &mut self,
        audit: &mut Audit<'_>,
        counter: u64,
        request: Option<&[u8]>,
        stored: &[u8],
    ) -> rusqlite::Result<()> {
        self.newest.count = self.newest.count.saturating_add(1);
        let place = DecisionPlace {
            kind: F::KIND,
            subject: self.subject,
            counter,
        };
        let signed = match Signed::<Decision>::from_bytes(stored) {
            Ok(signed) => signed,
            Err(error) => {
                audit.problem(Code::Undecodable, &place, error, Mills::ZERO);
                return Ok(());
            }
        };
        let made = Made {
            body: signed.body.clone(),
            digest: statement_digest(stored),
        };
        let body = &made.body;
        let copied = body.box_kind == F::KIND
            && body.subject == self.subject
            && body.counter.0 == counter
            && request.is_none_or(|request| request == body.request.0);
        audit.expect(
            copied,
            Code::ColumnDiffers,
            &place,
            "the row's columns differ from its decision",
            Mills::ZERO,
        );
        let origin = audit.installation.open_statement(
            signed,
            body.key,
            F::KIND,
            KeyUsage::Decision,
            body.time,
        );
        if let Err(error) = origin {
            audit.problem(Code::BadSignature, &place, error, Mills::ZERO);
        }
        if body.decision == DecisionKind::Reissue {
            self.name_gap(audit, &place, body);
        }
        self.check_place(audit, &place, &made)?;
        self.follower.decided(audit, &made)?;
        for rebuild in &mut audit.rebuilds {
            rebuild.decided(&made.body, self.follower.sums());
        }
        self.newest.made = Some(made);
        Ok(())
    }

    /// A re-issue goes on behind a gap that an act gave up (P28): everything but the gap is checked
    /// as ever.
    fn name_gap(&mut self, audit: &mut Audit<'_>, place: &DecisionPlace, body: &Decision) {
        let (first, next) = (self.newest.count, body.counter.0);
        if let Some(before) = self.newest.made.as_ref().filter(|_| next > first) {
            let last = next.saturating_sub(1);
            let message = format_args!("re-issued by act: changes {first} to {last} are given up");
            audit.notice(Code::Reissued, place, message);
            let times = (before.body.time, body.time);
            audit.gaps.entry(self.subject).or_default().push(times);
            self.newest.count = next;
        } else {
            let message = "a re-issue where nothing is missing";
            audit.problem(Code::UnexpectedDecision, place, message, Mills::ZERO);
        }
    }

    fn check_place(
        &self,
        audit: &mut Audit<'_>,
        place: &DecisionPlace,
        made: &Made,
    ) -> rusqlite::Result<()> {
        let body = &made.body;
        let transcript = audit.transcript();
        let enrolled = transcript
            .boxes
            .as_slice()
            .iter()
            .any(|b| b.kind == body.box_kind && b.id == body.box_id);
        audit.expect(
            body.installation == transcript.installation && enrolled,
            Code::Foreign,
            place,
            "made for another installation or by a box that is not enrolled",
            Mills::ZERO,
        );
        audit.expect(
            body.counter.0 == self.newest.count,
            Code::DecisionGap,
            place,
            format_args!("it is the subject's decision number {}", self.newest.count),
            Mills::ZERO,
        );
        let before = self.newest.made.as_ref().map(|made| &made.body);
        audit.expect(
            body.old == before.map_or(Digest::ZERO, |before| before.new),
            Code::DecisionFork,
            place,
            "it was not made on the record of the decision before",
            Mills::ZERO,
        );
        if let Some(before) = before {
            audit.expect(
                body.time >= before.time,
                Code::TimeFalls,
                place,
                "it is older than the decision before",
                Mills::ZERO,
            );
            audit.expect(
                body.box_id != before.box_id || body.journal_sequence > before.journal_sequence,
                Code::JournalFalls,
                place,
                "its journal sequence is not above that of the decision before",
                Mills::ZERO,
            );
        }
        let new = audit
            .scratch
            .journal(F::KIND, body.box_id, body.journal_sequence, body.time)?;
        audit.expect(
            new,
            Code::JournalTwice,
            place,
            format_args!("journal sequence {} was taken", body.journal_sequence),
            Mills::ZERO,
        );
        Ok(())
    }

    fn end(mut self, audit: &mut Audit<'_>) -> rusqlite::Result<()> {
        self.follow_dispensing(audit, None)?;
        for rebuild in &mut audit.rebuilds {
            if rebuild.kind() == F::KIND {
                rebuild.subject_ends(&self.subject);
            }
        }
        self.follower.end(audit, self.newest)
    }
}

/// What concerns decisions of all subjects together: rows that belong to no kind of box with
/// records, and the clocks of the boxes.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT box_kind, subject, counter FROM decisions WHERE box_kind NOT IN (?1, ?2, ?3)",
    )?;
    let kinds = [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction].map(BoxKind::code);
    let mut all = statement.query(kinds)?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.decisions = audit.report.counts.decisions.saturating_add(1);
        let place = rows::place("decisions", row, 3);
        let message = "no box of this kind decides";
        audit.problem(Code::UnexpectedDecision, place, message, Mills::ZERO);
    }
    let mut fallen = Vec::new();
    let mut newest = (0, 0, 0);
    audit.scratch.journals(|kind, id, sequence, time| {
        if (newest.0, newest.1) != (kind, id) {
            newest = (kind, id, 0);
        }
        if time < newest.2 && fallen.len() < crate::report::LISTED_MAX {
            fallen.push((kind, id, sequence));
        }
        newest.2 = newest.2.max(time);
    })?;
    for (kind, id, sequence) in fallen {
        let place = format_args!("journal of box {kind}/{id}, sequence {sequence}").to_string();
        audit.notice(
            Code::ClockWentBack,
            place,
            "box time is below that of an earlier decision",
        );
    }
    Ok(())
}
