//! A user's own key: set, shown in possession of, and asked for on each order about users and keys.
//!
//! The box keeps no challenge: it MACs what it gives, and takes back what is genuine, of the user, two
//! minutes old at most, and newer than the user's last log-in, so that each works once.

use crate::AuthRules;
use crate::limits::{CHALLENGE_MS, OWN_SIGNATURE_MS};
use crate::proof::Proof;
use crate::recovery::call_off;
use crate::session::{after, end_all};
use item::{
    AuthRecord, Challenge, DecisionKind, Digest, KeyStatement, Layout, LogInStatement, Mills,
    PublicKey, Sealed, Subject, Time, UserId, UserRecord, UserStatement, Version,
};
use keeper::{Change, Context, Declined};
use vault::Entropy;
use verify::{Tag, Tagged, Verifies, digest, record_digest, statement_digest};
use wire::{AuthRequest, KeyLogIn, RefusalCode, SetSigningKey};

/// What a challenge says instead of its user.
fn of(user: UserId, nonce: &Digest) -> Digest {
    digest(Tag::CHALLENGE_USER, &[&user.0, &nonce.0])
}

/// Whether the key signed the statement.
fn is_by<T: Layout + Tagged>(key: &PublicKey, statement: &T, signature: &[u8; 64]) -> bool {
    key.verifies(T::TAG, &statement.to_bytes(), signature)
}

/// Whether a user with a key of his own signed what he orders.
///
/// # Errors
/// `OwnSignature`.
pub(crate) fn agrees(
    context: &Context<'_>,
    record: &UserRecord,
    subject: Subject,
    asked: &AuthRequest,
) -> Result<(), RefusalCode> {
    let Some(key) = &record.signing_key else {
        return Ok(());
    };
    // To take a key away from programs in time is worth more than to know who did.
    if matches!(asked, AuthRequest::RevokeKey(_)) {
        return Ok(());
    }
    let makes = matches!(asked, AuthRequest::AddUser(_) | AuthRequest::AddKey(_));
    let shown = asked.signed_on().and_then(|by| by.signature);
    let good = shown.is_some_and(|shown| {
        let statement = UserStatement {
            version: Version,
            installation: context.installation.transcript().installation,
            user: record.user,
            subject: if makes { Subject::ZERO } else { subject },
            particulars: digest(Tag::PARTICULARS, &[&asked.particulars()]),
            expires: shown.expires,
        };
        shown.max_total == Mills::ZERO
            && context.now < shown.expires
            && shown.expires <= after(context.now, OWN_SIGNATURE_MS)
            && is_by(key, &statement, &shown.signature)
    });
    good.then_some(()).ok_or(RefusalCode::OwnSignature)
}

impl AuthRules {
    /// A challenge for a user, whether there is one or not.
    pub(crate) fn challenge(
        &self,
        now: Time,
        user: UserId,
        entropy: &mut dyn Entropy,
    ) -> Result<Sealed<Challenge>, RefusalCode> {
        let mut nonce = Digest::ZERO;
        entropy
            .fill(&mut nonce.0)
            .map_err(|_| RefusalCode::Internal)?;
        Ok(self.authority.seal(Challenge {
            version: Version,
            epoch: self.authority.epoch(),
            of: of(user, &nonce),
            issued: now,
            nonce,
        }))
    }

    /// Uses a challenge up, whose signature was checked.
    ///
    /// # Errors
    /// `BadSignature` if it is none of this user's; `Expired`, also after a newer log-in.
    fn take(
        &self,
        now: Time,
        record: &mut UserRecord,
        shown: &Sealed<Challenge>,
    ) -> Result<(), RefusalCode> {
        let genuine = self
            .authority
            .open(shown.body.epoch, shown)
            .map_err(|_| RefusalCode::BadSignature)?;
        let body = genuine.body();
        if body.of != of(record.user, &body.nonce) {
            return Err(RefusalCode::BadSignature);
        }
        if body.issued > now
            || now >= after(body.issued, CHALLENGE_MS)
            || body.issued <= record.last_login
            || genuine.digest() == record.last_challenge
        {
            return Err(RefusalCode::Expired);
        }
        record.last_challenge = genuine.digest();
        Ok(())
    }

    /// Signs on who has the user's own key. Nothing is recorded of who has not: nobody guesses a key.
    pub(crate) fn log_in_by_key(
        &self,
        context: &Context<'_>,
        mut record: UserRecord,
        asked: &KeyLogIn,
    ) -> Result<Change<AuthRecord>, Declined> {
        let statement = LogInStatement {
            version: Version,
            installation: context.installation.transcript().installation,
            challenge: record_digest(&asked.challenge.to_bytes()),
            session: asked.session,
        };
        let key = record.signing_key.as_ref();
        if !key.is_some_and(|key| is_by(key, &statement, &asked.signature)) {
            return Err(RefusalCode::BadSignature.into());
        }
        self.take(context.now, &mut record, &asked.challenge)?;
        if record.rights.is_empty() {
            return Err(RefusalCode::UserDisabled.into());
        }
        call_off(&mut record);
        record.last_login = context.now;
        let secret = self.grant(&record, context.now, context.now, asked.session);
        let mut change = same(record, DecisionKind::LogIn, asked);
        change.secret = secret.to_bytes();
        Ok(change)
    }

    /// Sets, replaces or removes the key, and ends all sessions: authority names it from then on.
    pub(crate) fn set_signing_key(
        &self,
        context: &Context<'_>,
        mut record: UserRecord,
        asked: &SetSigningKey,
    ) -> Result<Change<AuthRecord>, Declined> {
        let statement = KeyStatement {
            version: Version,
            installation: context.installation.transcript().installation,
            user: record.user,
            challenge: record_digest(&asked.challenge.to_bytes()),
            key: asked.key.clone(),
        };
        for (key, signature) in [
            (&asked.key, &asked.possession),
            (&record.signing_key, &asked.consent),
        ] {
            match (key, signature) {
                (None, None) => {}
                (Some(key), Some(signature)) if is_by(key, &statement, signature) => {}
                _ => return Err(RefusalCode::BadSignature.into()),
            }
        }
        self.take(context.now, &mut record, &asked.challenge)?;
        self.check(context.now, &asked.proof)?;
        self.session_of(&record, &asked.proof)?;
        record.signing_key.clone_from(&asked.key);
        end_all(&mut record)?;
        Ok(same(record, DecisionKind::SetSigningKey, asked))
    }
}

/// A change that only the very same request is answered with again.
fn same(record: UserRecord, decision: DecisionKind, asked: &impl Layout) -> Change<AuthRecord> {
    let mut change = Change::of(AuthRecord::User(record), decision);
    change.proof = Proof::Same(statement_digest(&asked.to_bytes())).to_bytes();
    change
}
