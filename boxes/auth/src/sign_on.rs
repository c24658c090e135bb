//! Sign-up, log-in, failed attempts (P21), new passwords.
//!
//! A wrong password is a change of the record, decided and journaled as any other: a database that
//! is put back to an earlier count shows an outdated record and is refused.

use crate::AuthRules;
use crate::limits::{FIRST_DELAY_MS, FREE_FAILURES, LONGEST_DELAY_MS};
use crate::passwords::{Passwords, allowed};
use crate::proof::Proof;
use crate::recovery::call_off;
use crate::session::end_all;
use item::{
    AccountId, AuthRecord, BoxId, Bytes, Counter, DecisionKind, Digest, Epoch, Layout, List, Mills,
    Rights, Time, UserId, UserRecord, Version,
};
use keeper::{Change, Context, Declined};
use vault::{Entropy, PasswordHash};
use verify::account_of;
use wire::{LogIn, Password, PasswordChange, Refusal, RefusalCode, SignUp};

/// How long after the `failures`-th failure in a row the next attempt must wait, milliseconds.
pub(crate) fn delay(failures: u16) -> u64 {
    match failures.checked_sub(FREE_FAILURES.saturating_add(1)) {
        None => 0,
        Some(doublings) => 1u64
            .checked_shl(u32::from(doublings))
            .and_then(|factor| FIRST_DELAY_MS.checked_mul(factor))
            .map_or(LONGEST_DELAY_MS, |delay| delay.min(LONGEST_DELAY_MS)),
    }
}

pub(crate) fn refusal(code: RefusalCode, not_before: Time) -> Refusal {
    Refusal {
        not_before,
        ..Refusal::from(code)
    }
}

/// Before any work on a password.
fn not_too_soon(now: Time, record: &UserRecord) -> Result<(), Refusal> {
    if now < record.next_allowed {
        return Err(refusal(RefusalCode::TooSoon, record.next_allowed));
    }
    Ok(())
}

pub(crate) fn forgive(record: &mut UserRecord) {
    record.failed_attempts = 0;
    record.next_allowed = Time(0);
}

impl AuthRules {
    pub(crate) fn hash(
        &self,
        password: &Password,
        entropy: &mut dyn Entropy,
    ) -> Result<PasswordHash, RefusalCode> {
        PasswordHash::new(password.as_slice(), self.cost, entropy)
            .map_err(|_| RefusalCode::Internal)
    }

    /// A user who may do nothing yet.
    pub(crate) fn new_user(
        &self,
        epoch: Epoch,
        user: UserId,
        account: AccountId,
        passwords: [u8; UserRecord::PASSWORDS_SEALED],
    ) -> UserRecord {
        UserRecord {
            version: Version,
            suite: self.suite,
            epoch,
            user,
            account,
            rights: Rights::NONE,
            ceiling: Mills::ZERO,
            meters: List::default(),
            passwords,
            failed_attempts: 0,
            next_allowed: Time(0),
            last_challenge: Digest::ZERO,
            last_login: Time(0),
            signing_key: None,
            recovery: Digest::ZERO,
            recovery_from: Time(0),
            session_generation: 0,
            act_sequence: 0,
            counter: Counter(0),
            last_time: Time(0),
            last_decision: Digest::ZERO,
            box_id: BoxId(0),
        }
    }

    /// Makes a user and, with the user, an account.
    pub(crate) fn sign_up(
        &self,
        context: Context<'_>,
        user: UserId,
        asked: &SignUp,
    ) -> Result<Change<AuthRecord>, Declined> {
        allowed(&asked.password)?;
        let hash = self.hash(&asked.password, context.entropy)?;
        let proof = Proof::SignUp(hash.clone()).to_bytes();
        let passwords =
            Passwords::first(hash).seal(context.keys, &user.subject(), context.entropy)?;
        let record = UserRecord {
            rights: asked.rights,
            ceiling: asked.ceiling,
            ..self.new_user(context.keys.epoch(), user, account_of(user), passwords)
        };
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::SignUp);
        change.proof = proof;
        Ok(change)
    }

    /// Signs on, or records that it failed.
    pub(crate) fn log_in(
        &self,
        context: Context<'_>,
        mut record: UserRecord,
        asked: &LogIn,
    ) -> Result<Change<AuthRecord>, Declined> {
        not_too_soon(context.now, &record)?;
        if !Passwords::open(context.keys, &record)?.in_force(&asked.password)? {
            return self.failed(context, record, &asked.password);
        }
        // Told only to who has the password.
        if record.rights.is_empty() {
            return Err(RefusalCode::UserDisabled.into());
        }
        forgive(&mut record);
        call_off(&mut record);
        record.last_login = context.now;
        let secret = self.grant(&record, context.now, context.now, asked.session);
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::LogIn);
        change.secret = secret.to_bytes();
        change.proof = Proof::LogIn(asked.session).to_bytes();
        Ok(change)
    }

    /// Puts a new password in force and ends all sessions. A wrong old one counts as a failed
    /// log-in: otherwise this would be the place to guess.
    pub(crate) fn change_password(
        &self,
        context: Context<'_>,
        mut record: UserRecord,
        asked: &PasswordChange,
    ) -> Result<Change<AuthRecord>, Declined> {
        not_too_soon(context.now, &record)?;
        if !Passwords::open(context.keys, &record)?.in_force(&asked.old)? {
            return self.failed(context, record, &asked.old);
        }
        let hash = self.renewed(context.keys, &mut record, &asked.new, context.entropy)?;
        forgive(&mut record);
        call_off(&mut record);
        end_all(&mut record)?;
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::PasswordChange);
        change.proof = Proof::PasswordChange(hash).to_bytes();
        Ok(change)
    }

    /// Counts a wrong password. The proof is a hash of it, as slow as that of a right one: a wrong
    /// password is often the right one of some other place.
    fn failed(
        &self,
        context: Context<'_>,
        mut record: UserRecord,
        shown: &Password,
    ) -> Result<Change<AuthRecord>, Declined> {
        record.failed_attempts = record.failed_attempts.saturating_add(1);
        record.next_allowed = match delay(record.failed_attempts) {
            0 => Time(0),
            delay => Time(context.now.0.saturating_add(delay)),
        };
        let not_before = record.next_allowed;
        let hash = self.hash(shown, context.entropy)?;
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::LogInFailed);
        change.failure = Some(Refusal {
            code: RefusalCode::WrongPassword,
            known_counter: Counter(0),
            not_before,
            statement: Bytes::default(),
        });
        change.proof = Proof::Failed(hash).to_bytes();
        Ok(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_never_lock_for_good_p21() {
        for (failures, seconds) in [
            (0, 0),
            (1, 0),
            (2, 0),
            (3, 0),
            (4, 2),
            (5, 4),
            (6, 8),
            (11, 256),
            (12, 512),
            (13, 900),
            (14, 900),
            (67, 900),
            (68, 900),
            (u16::MAX, 900),
        ] {
            assert_eq!(delay(failures), seconds * 1000, "{failures}");
        }
        assert!((0..u16::MAX).all(|n| delay(n) <= delay(n + 1)));
    }
}
