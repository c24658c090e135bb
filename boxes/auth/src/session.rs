//! Authority: granted at a log-in, renewed with the session secret, ended by raising the
//! generation (P20).

use crate::AuthRules;
use crate::limits::{AUTHORITY_MS, SESSION_MS};
use crate::proof::Proof;
use item::{
    AuthRecord, Authority, DecisionKind, Digest, Layout, Sealed, Time, UserRecord, Version,
};
use keeper::{Change, Declined, Shown, Standing};
use vault::{Genuine, same_bytes};
use verify::session_digest;
use wire::{AuthSecret, RefusalCode, SessionProof};

/// Ends all sessions of a user: no authority of an older generation is renewed.
///
/// # Errors
/// [`RefusalCode::Internal`] at the end of the range: better no change than sessions that go on.
pub(crate) fn end_all(record: &mut UserRecord) -> Result<(), RefusalCode> {
    record.session_generation = record
        .session_generation
        .checked_add(1)
        .ok_or(RefusalCode::Internal)?;
    Ok(())
}

/// Whether the secret shown is the one that the authority was made for.
fn holds_secret(authority: &Authority, shown: &SessionProof) -> bool {
    same_bytes(&session_digest(&shown.secret.0).0, &authority.session.0)
}

pub(crate) fn after(time: Time, milliseconds: u64) -> Time {
    Time(time.0.saturating_add(milliseconds))
}

impl AuthRules {
    /// Five minutes of what the record allows now.
    pub(crate) fn grant(
        &self,
        record: &UserRecord,
        now: Time,
        logged_in: Time,
        session: Digest,
    ) -> AuthSecret {
        self.give(Authority {
            logged_in,
            session,
            ..self.of_user(record, now)
        })
    }

    /// The authority of a user who just signed on, for nobody's session yet.
    pub(crate) fn of_user(&self, record: &UserRecord, now: Time) -> Authority {
        Authority {
            version: Version,
            suite: self.suite,
            epoch: self.authority.epoch(),
            user: record.user,
            account: record.account,
            rights: record.rights,
            ceiling: record.ceiling,
            generation: record.session_generation,
            api_key: None,
            signing_key: record.signing_key.clone(),
            logged_in: now,
            issued: now,
            expires: after(now, AUTHORITY_MS),
            session: Digest::ZERO,
            meters: record.meters.clone(),
        }
    }

    /// Under its MAC.
    pub(crate) fn give(&self, authority: Authority) -> AuthSecret {
        AuthSecret {
            authority: self.authority.seal(authority),
        }
    }

    fn authentic(&self, shown: &Sealed<Authority>) -> Result<Genuine<Authority>, RefusalCode> {
        self.authority
            .open(shown.body.epoch, shown)
            .map_err(|_| RefusalCode::BadAuthority)
    }

    /// The authority of a user's session: expired or not, but neither ended nor another's, nor that of
    /// a key, which would else get all that its user may do.
    pub(crate) fn session_of(
        &self,
        record: &UserRecord,
        shown: &SessionProof,
    ) -> Result<Genuine<Authority>, RefusalCode> {
        if shown.authority.body.user != record.user {
            return Err(RefusalCode::Mismatch);
        }
        let authority = self.authentic(&shown.authority)?;
        if authority.body().api_key.is_some() {
            return Err(RefusalCode::NotCovered);
        }
        if !holds_secret(authority.body(), shown)
            || authority.body().generation != record.session_generation
        {
            return Err(RefusalCode::SessionEnded);
        }
        Ok(authority)
    }

    /// Whether this is an authority in force, shown by who holds its secret. It may have been
    /// ended since: that takes effect when it is renewed, five minutes later at most.
    pub(crate) fn check(&self, now: Time, shown: &SessionProof) -> Result<(), RefusalCode> {
        let authority = self.authentic(&shown.authority)?;
        if now >= authority.body().expires {
            return Err(RefusalCode::AuthorityExpired);
        }
        if !holds_secret(authority.body(), shown) {
            return Err(RefusalCode::SessionEnded);
        }
        Ok(())
    }

    /// Another five minutes, with what the record allows now.
    pub(crate) fn renew(
        &self,
        now: Time,
        user: Shown<AuthRecord>,
        shown: &SessionProof,
    ) -> Result<AuthSecret, RefusalCode> {
        match user.standing {
            Standing::Newest => {}
            Standing::Older => return Err(RefusalCode::Stale),
        }
        let record = user.record.into_body().into_user();
        let record = record.ok_or(RefusalCode::Mismatch)?;
        let authority = self.session_of(&record, shown)?;
        let Authority {
            logged_in, session, ..
        } = *authority.body();
        if now >= after(logged_in, SESSION_MS) {
            return Err(RefusalCode::SessionEnded);
        }
        Ok(self.grant(&record, now, logged_in, session))
    }

    /// Ends all sessions of the user who shows one of them. An expired authority is good enough.
    pub(crate) fn log_out(
        &self,
        mut record: UserRecord,
        shown: &SessionProof,
    ) -> Result<Change<AuthRecord>, Declined> {
        let authority = self.session_of(&record, shown)?;
        end_all(&mut record)?;
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::LogOut);
        change.proof = Proof::LogOut(authority.body().session).to_bytes();
        Ok(change)
    }

    /// Whether a session is shown with its secret, whatever has happened to it since.
    pub(crate) fn shows_session(&self, session: &Digest, shown: &SessionProof) -> bool {
        self.authentic(&shown.authority).is_ok_and(|authority| {
            same_bytes(&authority.body().session.0, &session.0)
                && holds_secret(authority.body(), shown)
        })
    }
}
