//! Users, their keys, and sign-ups. What is a key's alone: [`crate::api_keys`].

use crate::api_keys::KeyStory;
use crate::context::Audit;
use crate::line::{Follow, Made, walk};
use crate::record::{Newest, Stored};
use crate::{Code, evidence, meters, rows};
use item::{
    AccountId, ActBody, AuthRecord, BoxKind, DecisionKind, Digest, MeterSerial, Mills, Rights,
    Subject, Sums, Time, UserId,
};
use rusqlite::OptionalExtension;
use std::fmt;

/// Every user, then every sign-up.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    walk::<User>(audit)?;
    signups(audit)
}

struct Place(Subject, bool);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = if self.1 { "api_key_records" } else { "users" };
        write!(f, "{table} {}", self.0)
    }
}

struct Row {
    stored: Stored<AuthRecord>,
    account: Option<[u8; 16]>,
    counter: Option<u64>,
}

struct User {
    subject: Subject,
    row: Option<Row>,
    /// What the decisions did to a key; none for a user.
    key: Option<KeyStory>,
    act_sequence: u64,
    /// What the last act on the user, or order of a manager, set.
    set: Option<(Rights, Mills)>,
    /// The recovery under way: its digest where an act said it; unknown where a manager began one.
    recovery: Option<Digest>,
    /// Whether the user may have a key of his own: somebody set one, and no recovery removed it.
    keyed: bool,
    /// Meters that the last order named; acts leave them.
    meters: Option<Vec<MeterSerial>>,
    /// Of which account: of whoever added the user, otherwise the one that the user founded.
    account: AccountId,
}

impl User {
    /// What a manager ordered about the user.
    fn ordered(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let Some(order) = evidence::order(audit, made)? else {
            // What it said is not known: the record is compared with nothing.
            (self.set, self.meters) = (None, None);
            return Ok(());
        };
        if made.body.decision == DecisionKind::AddUser {
            self.account = order.account;
        }
        let manager = audit
            .connection
            .prepare_cached("SELECT account FROM users WHERE user = ?1")?
            .query_row([order.by.0], |row| Ok(rows::array(row, 0)))
            .optional()?
            .flatten();
        audit.expect(
            order.account == self.account
                && manager == Some(order.account.0)
                && order.by.subject() != self.subject,
            Code::EvidenceDiffers,
            made.place(),
            "whoever ordered it is no other user of the account",
            Mills::ZERO,
        );
        self.set = Some((order.rights, order.ceiling));
        self.meters = Some(order.meters.as_slice().to_vec());
        Ok(())
    }
}

impl Follow for User {
    const KIND: BoxKind = BoxKind::Auth;
    const RECORDS: &'static str =
        "SELECT user FROM users UNION ALL SELECT key FROM api_key_records ORDER BY 1";

    fn subject_of(row: &rusqlite::Row<'_>) -> Option<Subject> {
        rows::subject(row, 0)
    }

    fn begin(audit: &mut Audit<'_>, subject: Subject) -> rusqlite::Result<Self> {
        let read = |query: &str| {
            let mut statement = audit.connection.prepare_cached(query)?;
            let row = statement.query_row([subject.0], |row| {
                Ok(Row {
                    stored: Stored::read(rows::blob(row, 2).unwrap_or_default()),
                    account: rows::array(row, 0),
                    counter: rows::unsigned(row, 1),
                })
            });
            row.optional()
        };
        let mut row = read("SELECT account, counter, record FROM users WHERE user = ?1")?;
        let mut key = None;
        if row.is_none() {
            row = read("SELECT account, counter, record FROM api_key_records WHERE key = ?1")?;
            key = row.is_some().then(KeyStory::default);
        }
        Ok(Self {
            account: match (&key, row.as_ref().map(|row| &row.stored.body)) {
                // Of a key, only the record says it; a user's decisions do.
                (Some(_), Some(Ok(record))) => record.account(),
                _ => verify::account_of(UserId(subject.0)),
            },
            subject,
            row,
            key,
            act_sequence: 0,
            set: None,
            recovery: Some(Digest::ZERO),
            keyed: false,
            meters: None,
        })
    }

    fn decided(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let body = &made.body;
        if body.decision == DecisionKind::Act {
            let act = evidence::act(audit, made, self.act_sequence)?;
            self.act_sequence = self.act_sequence.saturating_add(1);
            match act.map(|act| act.body) {
                Some(ActBody::SetUser { rights, ceiling }) => self.set = Some((rights, ceiling)),
                Some(ActBody::Recover(digest)) => self.recovery = Some(digest),
                _ => {}
            }
        }
        if body.decision == DecisionKind::Reissue
            && let Some(reissue) = evidence::reissue(audit, made)?
        {
            self.act_sequence = reissue.memory.act_sequence.saturating_add(1);
            self.set = Some((Rights::NONE, Mills::ZERO));
        }
        match body.decision {
            DecisionKind::BeginRecovery => self.recovery = None,
            DecisionKind::SetSigningKey => self.keyed = true,
            DecisionKind::FinishRecovery => {
                self.recovery = Some(Digest::ZERO);
                self.keyed = false;
            }
            // The older record may name a key that was removed since.
            DecisionKind::Reissue => {
                self.recovery = Some(Digest::ZERO);
                self.keyed = true;
            }
            DecisionKind::LogIn | DecisionKind::PasswordChange => {
                self.recovery = Some(Digest::ZERO);
            }
            _ => {}
        }
        let by_manager = matches!(
            body.decision,
            DecisionKind::AddUser | DecisionKind::SetUser | DecisionKind::BeginRecovery
        );
        if by_manager {
            self.ordered(audit, made)?;
        }
        let first = matches!(
            body.decision,
            DecisionKind::SignUp | DecisionKind::AddUser | DecisionKind::AddKey
        );
        let known = match &mut self.key {
            Some(story) => story.decided(made),
            None => matches!(
                body.decision,
                DecisionKind::SignUp
                    | DecisionKind::LogIn
                    | DecisionKind::LogInFailed
                    | DecisionKind::LogOut
                    | DecisionKind::PasswordChange
                    | DecisionKind::AddUser
                    | DecisionKind::SetUser
                    | DecisionKind::BeginRecovery
                    | DecisionKind::FinishRecovery
                    | DecisionKind::SetSigningKey
                    | DecisionKind::Act
                    | DecisionKind::Reissue
            ),
        };
        audit.expect(
            known && first == (body.counter.0 == 1),
            Code::UnexpectedDecision,
            made.place(),
            format_args!("{} can not stand here", body.decision.name()),
            Mills::ZERO,
        );
        audit.expect(
            body.head == Digest::ZERO,
            Code::HeadDiffers,
            made.place(),
            "a user has no chain of its own",
            Mills::ZERO,
        );
        audit
            .scratch
            .event(&made.digest, &meters::event(made, self.account))
    }

    fn sums(&self) -> Sums {
        Sums::default()
    }

    fn end(self, audit: &mut Audit<'_>, newest: Newest) -> rusqlite::Result<()> {
        let place = Place(self.subject, self.key.is_some());
        let Some(row) = &self.row else {
            let message = "its decisions exist, the record does not";
            audit.problem(Code::RecordMissing, place, message, Mills::ZERO);
            return Ok(());
        };
        row.stored
            .check(audit, &place, self.subject, &newest, Mills::ZERO);
        if let Ok(record) = &row.stored.body {
            audit.expect(
                row.account == Some(record.account().0) && row.counter == Some(record.counter().0),
                Code::ColumnDiffers,
                &place,
                "account or counter differ from the record",
                Mills::ZERO,
            );
        }
        if let Some(story) = &self.key {
            return story.end(
                audit,
                &place,
                self.subject,
                &row.stored.body,
                self.act_sequence,
            );
        }
        audit.report.counts.users = audit.report.counts.users.saturating_add(1);
        let signed_up = audit
            .connection
            .prepare_cached("SELECT 1 FROM signups WHERE user = ?1 AND account = ?2")?
            .exists([self.subject.0, self.account.0])?;
        audit.expect(
            signed_up,
            Code::SignupDiffers,
            &place,
            "nobody signed up, or was added to this account, as this user",
            Mills::ZERO,
        );
        let record = match &row.stored.body {
            Ok(AuthRecord::User(record)) => record,
            Ok(AuthRecord::Key(_)) => {
                let message = "a key's record stands in a user's place";
                audit.problem(Code::ColumnDiffers, &place, message, Mills::ZERO);
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        audit.expect(
            record.account == self.account,
            Code::SignupDiffers,
            &place,
            "the account is not the one that this user founded or was added to",
            Mills::ZERO,
        );
        audit.expect(
            record.act_sequence == self.act_sequence
                && self
                    .set
                    .is_none_or(|set| set == (record.rights, record.ceiling))
                && self
                    .meters
                    .as_ref()
                    .is_none_or(|meters| meters == record.meters.as_slice()),
            Code::StateDiffers,
            &place,
            "rights, ceiling, meters or act sequence are not what acts and managers made them",
            Mills::ZERO,
        );
        audit.expect(
            self.recovery.is_none_or(|digest| digest == record.recovery)
                && (record.recovery == Digest::ZERO) == (record.recovery_from == Time(0)),
            Code::StateDiffers,
            &place,
            "a recovery is under way that nobody began, or none that somebody did",
            Mills::ZERO,
        );
        audit.expect(
            self.keyed || record.signing_key.is_none(),
            Code::StateDiffers,
            &place,
            "the user has a key that nobody set",
            Mills::ZERO,
        );
        Ok(())
    }
}

fn signups(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT s.user, s.account, s.finished,
                EXISTS (SELECT 1 FROM users u WHERE u.user = s.user),
                EXISTS (SELECT 1 FROM chains c WHERE c.account = s.account)
         FROM signups s ORDER BY s.user",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.signups = audit.report.counts.signups.saturating_add(1);
        let place = rows::place("signups", row, 1);
        let (Some(user), Some(account), Some(finished @ (0 | 1))) = (
            rows::array(row, 0).map(UserId),
            rows::array(row, 1).map(AccountId),
            rows::unsigned(row, 2),
        ) else {
            let message = "columns are not a sign-up's";
            audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
            continue;
        };
        // A user who is to be added names an account that exists; a founder's follows from the user.
        let exists = rows::unsigned(row, 4) == Some(1);
        audit.expect(
            exists || account == verify::account_of(user),
            Code::SignupDiffers,
            &place,
            "the account neither exists nor is the one that this user founds",
            Mills::ZERO,
        );
        let complete = rows::unsigned(row, 3) == Some(1) && exists;
        if finished == 1 && !complete {
            let message = "finished, but user or chain do not exist";
            audit.problem(Code::SignupDiffers, &place, message, Mills::ZERO);
        }
        if finished == 0 && complete {
            audit.notice(
                Code::SignupOpen,
                &place,
                "user and chain exist: recovery finishes it",
            );
        }
    }
    Ok(())
}
