//! Keys of programs, beside what [`crate::users`] follows of every record of an auth box: whose they
//! are, what ended them, and the rows with their names.

use crate::context::Audit;
use crate::line::Made;
use crate::{Code, rows};
use item::{AuthRecord, Day, DecisionKind, Digest, LayoutError, Mills, Rights, Subject, Time};
use rusqlite::OptionalExtension;
use std::fmt::Display;

/// What the decisions did to a key.
#[derive(Debug, Default)]
pub(crate) struct KeyStory {
    revoked: bool,
    rolled: bool,
    /// Day of the newest use that was noted.
    used: Day,
}

impl KeyStory {
    /// Follows one decision; whether a key can have it.
    pub(crate) fn decided(&mut self, made: &Made) -> bool {
        match made.body.decision {
            DecisionKind::AddKey => {}
            // Nothing but a use comes behind the end.
            DecisionKind::RollKey if !self.revoked => self.rolled = true,
            DecisionKind::RevokeKey if !self.revoked => self.revoked = true,
            DecisionKind::UseKey if !self.revoked => {
                let day = Day::of_time(made.body.time);
                let is_first = day > self.used;
                self.used = day;
                return is_first;
            }
            DecisionKind::Reissue => {
                // What was lost may have been anything; what remains is an end.
                self.revoked = true;
                self.rolled = true;
            }
            _ => return false,
        }
        true
    }

    /// Compares the record with the decisions and with the rows beside it.
    pub(crate) fn end(
        &self,
        audit: &mut Audit<'_>,
        place: &dyn Display,
        subject: Subject,
        body: &Result<AuthRecord, LayoutError>,
        act_sequence: u64,
    ) -> rusqlite::Result<()> {
        audit.report.counts.api_keys = audit.report.counts.api_keys.saturating_add(1);
        let record = match body {
            Ok(AuthRecord::Key(record)) => record,
            Ok(AuthRecord::User(_)) => {
                let message = "a user's record stands in a key's place";
                audit.problem(Code::ColumnDiffers, place, message, Mills::ZERO);
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        let rolled = record.previous != Digest::ZERO || record.previous_until != Time(0);
        let is_possible = record.revoked == self.revoked
            && (self.rolled || !rolled)
            && (self.revoked || record.last_used == self.used)
            && record.act_sequence == act_sequence
            && !record.rights.covers(Rights::MANAGE);
        audit.expect(
            is_possible,
            Code::StateDiffers,
            place,
            "end, roll, use, rights or act sequence are not what its decisions made them",
            Mills::ZERO,
        );
        let owner: Option<Option<[u8; 16]>> = audit
            .connection
            .prepare_cached("SELECT account FROM users WHERE user = ?1")?
            .query_row([record.user.0], |row| Ok(rows::array(row, 0)))
            .optional()?;
        audit.expect(
            owner.flatten() == Some(record.account.0),
            Code::StateDiffers,
            place,
            "its user is none of its account",
            Mills::ZERO,
        );
        let named = audit
            .connection
            .prepare_cached("SELECT 1 FROM api_keys WHERE key = ?1 AND account = ?2 AND user = ?3")?
            .exists((subject.0, record.account.0, record.user.0))?;
        audit.expect(
            named,
            Code::ColumnDiffers,
            place,
            "no name of a key is kept for it, account and user",
            Mills::ZERO,
        );
        Ok(())
    }
}
