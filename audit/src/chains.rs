//! Chains of events of the accounts: every entry stands for a decision, and in its place.

use crate::context::Audit;
use crate::line::{Follow, Made, walk};
use crate::record::{Newest, Stored};
use crate::{Code, evidence, rows};
use item::{
    BoxKind, ChainEntry, ChainRecord, DecisionKind, Digest, EventKind, Layout, Mills, Subject, Sums,
};
use rusqlite::{OptionalExtension, params};
use std::fmt;
use verify::statement_digest;

/// Every chain, then entries of chains that do not exist, then what should be chained and is not.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    walk::<Chain>(audit)?;
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT account, sequence FROM chain_entries e
         WHERE NOT EXISTS (SELECT 1 FROM chains c WHERE c.account = e.account)",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        let place = rows::place("chain_entries", row, 2);
        audit.problem(
            Code::EntryGap,
            place,
            "its chain does not exist",
            Mills::ZERO,
        );
    }
    unchained(audit)
}

fn unchained(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let mut found = Vec::new();
    let mut more = 0_u64;
    audit.scratch.unchained(|event| {
        if event_of(event.box_kind, event.decision).is_some() {
            if found.len() < crate::report::LISTED_MAX {
                found.push(event);
            } else {
                more = more.saturating_add(1);
            }
        }
    })?;
    for event in found {
        let place = format!(
            "decisions {}/{}/{}",
            event.box_kind.name(),
            event.subject,
            event.counter.0
        );
        let message = format!("{} is not in the account's chain", event.decision.name());
        audit.notice(Code::NotChained, place, message);
    }
    audit.report.notices_total = audit.report.notices_total.saturating_add(more);
    Ok(())
}

/// The event that a decision is in the chain; `None` if it does not belong there.
fn event_of(kind: BoxKind, decision: DecisionKind) -> Option<EventKind> {
    Some(match (kind, decision) {
        (BoxKind::Auth, DecisionKind::SignUp) => EventKind::SignUp,
        (BoxKind::Auth, DecisionKind::LogIn) => EventKind::LogIn,
        (BoxKind::Auth, DecisionKind::LogInFailed) => EventKind::LogInFailed,
        (BoxKind::Auth, DecisionKind::LogOut) => EventKind::LogOut,
        (
            BoxKind::Auth,
            DecisionKind::PasswordChange
            | DecisionKind::SetUser
            | DecisionKind::Act
            | DecisionKind::Reissue
            | DecisionKind::BeginRecovery
            | DecisionKind::FinishRecovery
            | DecisionKind::SetSigningKey,
        ) => EventKind::UserChanged,
        (BoxKind::Auth, DecisionKind::AddUser) => EventKind::UserAdded,
        (BoxKind::Auth, DecisionKind::AddKey) => EventKind::KeyAdded,
        (BoxKind::Auth, DecisionKind::RollKey) => EventKind::KeyRolled,
        (BoxKind::Auth, DecisionKind::RevokeKey) => EventKind::KeyRevoked,
        (BoxKind::Meter, DecisionKind::Manufacture) => EventKind::MeterMade,
        (BoxKind::Meter, DecisionKind::Act | DecisionKind::Reissue | DecisionKind::Report) => {
            EventKind::LifeCycle
        }
        (BoxKind::Meter, DecisionKind::Refill) => EventKind::Funding,
        (BoxKind::Meter, DecisionKind::ItemCredit) => EventKind::ItemCredited,
        (BoxKind::Meter, DecisionKind::BalanceRefund) => EventKind::BalanceRefunded,
        _ => return None,
    })
}

struct Place(Subject);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chains {}", self.0)
    }
}

struct EntryPlace(Subject, u64);

impl fmt::Display for EntryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chain_entries {}/{}", self.0, self.1)
    }
}

struct Chain {
    subject: Subject,
    row: Option<(Stored<ChainRecord>, Option<u64>)>,
    /// Digest of the newest entry.
    head: Digest,
}

impl Chain {
    /// The entry that a decision added.
    fn appended(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let sequence = made.body.counter.0;
        let place = EntryPlace(self.subject, sequence);
        let found = audit
            .connection
            .prepare_cached(
                "SELECT event, recorded, entry FROM chain_entries
                 WHERE account = ?1 AND sequence = ?2",
            )?
            .query_row(params![self.subject.0, rows::stored(sequence)], |row| {
                let entry = rows::blob(row, 2).unwrap_or_default().to_vec();
                Ok((rows::unsigned(row, 0), rows::unsigned(row, 1), entry))
            })
            .optional()?;
        let Some((event, recorded, stored)) = found else {
            audit.problem(Code::EntryGap, place, "the entry is missing", Mills::ZERO);
            self.head = made.body.head;
            return Ok(());
        };
        audit.row();
        audit.report.counts.chain_entries = audit.report.counts.chain_entries.saturating_add(1);
        match ChainEntry::from_bytes(&stored) {
            Err(error) => audit.problem(Code::Undecodable, &place, error, Mills::ZERO),
            Ok(entry) => {
                let copied = event == Some(u64::from(entry.event.code()))
                    && recorded == Some(entry.recorded.0)
                    && entry.account.subject() == self.subject
                    && entry.sequence == sequence;
                let message = "the row's columns differ from its entry";
                audit.expect(copied, Code::ColumnDiffers, &place, message, Mills::ZERO);
                let linked = entry.previous == self.head
                    && entry.decision == made.body.evidence
                    && entry.recorded == made.body.time;
                let message = "it does not fit the entry before it or its decision";
                audit.expect(linked, Code::EntryChain, &place, message, Mills::ZERO);
                if made.body.decision == DecisionKind::Reissue {
                    let named = entry.event == EventKind::Reissued && entry.subject == self.subject;
                    let message = "the entry of a re-issue says something else";
                    audit.expect(named, Code::EventDiffers, &place, message, Mills::ZERO);
                } else {
                    happened(audit, &place, &entry)?;
                }
            }
        }
        self.head = statement_digest(&stored);
        audit.expect(
            made.body.head == self.head,
            Code::HeadDiffers,
            made.place(),
            "its head is not the entry that it added",
            Mills::ZERO,
        );
        Ok(())
    }
}

/// The decision that an entry stands for.
fn happened(audit: &mut Audit<'_>, place: &EntryPlace, entry: &ChainEntry) -> rusqlite::Result<()> {
    let Some((event, chained)) = audit.scratch.chain(&entry.decision)? else {
        // Named with the re-issue of what it is about.
        if audit.is_given_up(&entry.subject, entry.happened) {
            return Ok(());
        }
        let message = "the decision that it stands for does not exist";
        audit.problem(Code::EventDiffers, place, message, Mills::ZERO);
        return Ok(());
    };
    let kind = event_of(event.box_kind, event.decision);
    let fits = kind == Some(entry.event)
        && (entry.event == EventKind::SignUp) == (entry.sequence == 1)
        && event.subject == entry.subject
        && event.time == entry.happened
        && event.account == entry.account;
    audit.expect(
        fits,
        Code::EventDiffers,
        place,
        "the decision that it stands for is another's, or of another kind or time",
        Mills::ZERO,
    );
    audit.expect(
        chained == 0,
        Code::ChainedTwice,
        place,
        "an earlier entry stands for the same decision",
        Mills::ZERO,
    );
    Ok(())
}

impl Follow for Chain {
    const KIND: BoxKind = BoxKind::Transaction;
    const RECORDS: &'static str = "SELECT account FROM chains ORDER BY account";

    fn subject_of(row: &rusqlite::Row<'_>) -> Option<Subject> {
        rows::subject(row, 0)
    }

    fn begin(audit: &mut Audit<'_>, subject: Subject) -> rusqlite::Result<Self> {
        let row = audit
            .connection
            .prepare_cached("SELECT counter, record FROM chains WHERE account = ?1")?
            .query_row([subject.0], |row| {
                let stored = Stored::read(rows::blob(row, 1).unwrap_or_default());
                Ok((stored, rows::unsigned(row, 0)))
            })
            .optional()?;
        Ok(Self {
            subject,
            row,
            head: Digest::ZERO,
        })
    }

    fn decided(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        match made.body.decision {
            DecisionKind::Append => return self.appended(audit, made),
            DecisionKind::Reissue => {
                evidence::reissue(audit, made)?;
                return self.appended(audit, made);
            }
            _ => {}
        }
        let message = format!(
            "{} of a chain can not stand here",
            made.body.decision.name()
        );
        audit.problem(Code::UnexpectedDecision, made.place(), message, Mills::ZERO);
        Ok(())
    }

    fn sums(&self) -> Sums {
        Sums::default()
    }

    fn end(self, audit: &mut Audit<'_>, newest: Newest) -> rusqlite::Result<()> {
        let place = Place(self.subject);
        let beyond = audit
            .connection
            .prepare_cached(
                "SELECT count(*) FROM chain_entries
                 WHERE account = ?1 AND sequence NOT BETWEEN 1 AND ?2",
            )?
            .query_row(params![self.subject.0, rows::stored(newest.count)], |row| {
                row.get::<_, i64>(0)
            })?;
        audit.expect(
            beyond == 0,
            Code::EntryGap,
            &place,
            format_args!("{beyond} entries that no decision added"),
            Mills::ZERO,
        );
        let Some((stored, counter)) = &self.row else {
            let message = "its decisions exist, the record does not";
            audit.problem(Code::RecordMissing, place, message, Mills::ZERO);
            return Ok(());
        };
        audit.report.counts.chains = audit.report.counts.chains.saturating_add(1);
        stored.check(audit, &place, self.subject, &newest, Mills::ZERO);
        if let Ok(record) = &stored.body {
            let copied = *counter == Some(record.counter.0);
            let message = "the counter differs from the record";
            audit.expect(copied, Code::ColumnDiffers, &place, message, Mills::ZERO);
            let message = "the record does not end the chain of its entries";
            let ends = record.head == self.head;
            audit.expect(ends, Code::HeadDiffers, &place, message, Mills::ZERO);
        }
        Ok(())
    }
}
