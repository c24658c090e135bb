//! Keys by which programs sign on for their user: made, rolled and revoked by the user, revoked also
//! by a manager of the account (P20, P21).
//!
//! A key is a record of its own with a digest of its secret, under MAC and freshness as a user: a row
//! that somebody put into the database or put back signs nobody on. Its authority is five minutes of
//! what key and user may both do by their newest records, and it manages nothing. So what is taken
//! from the user is taken from all of his keys.

use crate::AuthRules;
use crate::manage::{Ordering, Scope};
use crate::proof::Proof;
use item::{
    ApiKeyId, ApiKeyRecord, AuthRecord, Authority, BoxId, Counter, Day, DecisionKind, Digest,
    Layout, List, MeterSerial, Rights, Time, UserRecord, Version,
};
use keeper::{Change, Context, Declined, Shown, Standing};
use vault::same_bytes;
use verify::{api_key_digest, session_digest};
use wire::{AddKey, AuthSecret, KeyQuery, RefusalCode, RollKey, SessionSecret, SignedOn};

/// Whether the secret is one in force now.
///
/// # Errors
/// `KeyEnded`, whatever the reason: who does not have the secret learns nothing.
fn in_force(record: &ApiKeyRecord, now: Time, secret: &SessionSecret) -> Result<(), RefusalCode> {
    let shown = api_key_digest(record.key, &secret.0);
    let is = |kept: &Digest| same_bytes(&kept.0, &shown.0);
    // Both compared, always.
    let (newest, previous) = (is(&record.secret), is(&record.previous));
    let good = newest || (previous && now < record.previous_until);
    let expired = record.expires != Time(0) && now >= record.expires;
    if !good || expired || record.revoked {
        return Err(RefusalCode::KeyEnded);
    }
    Ok(())
}

/// Meters that both sets allow; none named means all. None if that is no meter at all.
fn common<const MAX: usize>(
    one: &List<MeterSerial, MAX>,
    other: &List<MeterSerial, MAX>,
) -> Option<List<MeterSerial, MAX>> {
    if one.as_slice().is_empty() {
        return Some(other.clone());
    }
    if other.as_slice().is_empty() {
        return Some(one.clone());
    }
    let both = one
        .as_slice()
        .iter()
        .filter(|m| other.as_slice().contains(m));
    let both: Vec<MeterSerial> = both.copied().collect();
    if both.is_empty() {
        return None;
    }
    List::new(both).ok()
}

fn key_of(shown: Shown<AuthRecord>) -> Result<ApiKeyRecord, RefusalCode> {
    match shown.standing {
        Standing::Newest => {}
        Standing::Older => return Err(RefusalCode::Stale),
    }
    let record = shown.record.into_body().into_key();
    record.ok_or(RefusalCode::Mismatch)
}

impl AuthRules {
    /// Makes a key.
    pub(crate) fn add_key(
        &self,
        context: &Context<'_>,
        ordering: &Ordering,
        key: ApiKeyId,
        asked: &AddKey,
    ) -> Result<Change<AuthRecord>, Declined> {
        let owner = ordering.user();
        let scope = Scope {
            rights: asked.rights,
            ceiling: asked.ceiling,
            meters: &asked.meters,
        };
        scope.is_within(&Scope::of(owner))?;
        if asked.rights.covers(Rights::MANAGE) || asked.rights.is_empty() {
            return Err(RefusalCode::NotCovered.into());
        }
        if asked.expires != Time(0) && asked.expires <= context.now {
            return Err(RefusalCode::Expired.into());
        }
        let record = ApiKeyRecord {
            version: Version,
            suite: self.suite,
            epoch: context.keys.epoch(),
            key,
            account: owner.account,
            user: owner.user,
            rights: asked.rights,
            ceiling: asked.ceiling,
            meters: asked.meters.clone(),
            secret: asked.secret,
            previous: Digest::ZERO,
            previous_until: Time(0),
            expires: asked.expires,
            revoked: false,
            last_used: Day::NONE,
            act_sequence: 0,
            counter: Counter(0),
            last_time: Time(0),
            last_decision: Digest::ZERO,
            box_id: BoxId(0),
        };
        Ok(ordered(record, DecisionKind::AddKey, &asked.owner))
    }

    /// Puts a new secret in force; the one before is good until the time that was chosen.
    pub(crate) fn roll_key(
        now: Time,
        ordering: &Ordering,
        mut record: ApiKeyRecord,
        asked: &RollKey,
    ) -> Result<Change<AuthRecord>, Declined> {
        if ordering.user().user != record.user {
            return Err(RefusalCode::NotCovered.into());
        }
        if record.revoked {
            return Err(RefusalCode::KeyEnded.into());
        }
        let overlaps = now < asked.previous_until;
        record.previous = if overlaps {
            record.secret
        } else {
            Digest::ZERO
        };
        record.previous_until = if overlaps {
            asked.previous_until
        } else {
            Time(0)
        };
        record.secret = asked.secret;
        Ok(ordered(record, DecisionKind::RollKey, &asked.owner))
    }

    /// Ends a key for good.
    pub(crate) fn revoke_key(
        ordering: &Ordering,
        mut record: ApiKeyRecord,
        by: &SignedOn,
    ) -> Result<Change<AuthRecord>, Declined> {
        let who = ordering.user();
        let manages = who.account == record.account && who.rights.covers(Rights::MANAGE);
        if who.user != record.user && !manages {
            return Err(RefusalCode::NotCovered.into());
        }
        if record.revoked {
            return Err(RefusalCode::KeyEnded.into());
        }
        record.revoked = true;
        Ok(ordered(record, DecisionKind::RevokeKey, by))
    }

    /// Notes that the key was used today: once a day.
    pub(crate) fn use_key(
        context: &Context<'_>,
        mut record: ApiKeyRecord,
        secret: &SessionSecret,
    ) -> Result<Change<AuthRecord>, Declined> {
        in_force(&record, context.now, secret)?;
        let today = Day::of_time(context.now);
        if record.last_used == today {
            return Err(RefusalCode::Exists.into());
        }
        record.last_used = today;
        let proof = Proof::Key(api_key_digest(record.key, &secret.0)).to_bytes();
        let mut change = Change::of(AuthRecord::Key(record), DecisionKind::UseKey);
        change.proof = proof;
        Ok(change)
    }

    /// Five minutes of what key and user may both do.
    pub(crate) fn sign_key_on(
        &self,
        now: Time,
        key: Shown<AuthRecord>,
        user: Shown<AuthRecord>,
        asked: &KeyQuery,
    ) -> Result<AuthSecret, RefusalCode> {
        let key = key_of(key)?;
        in_force(&key, now, &asked.secret)?;
        match user.standing {
            Standing::Newest => {}
            Standing::Older => return Err(RefusalCode::Stale),
        }
        let user = user.record.into_body().into_user();
        let user = user.ok_or(RefusalCode::Mismatch)?;
        if (user.user, user.account) != (key.user, key.account) {
            return Err(RefusalCode::Mismatch);
        }
        let authority = self.both(&key, &user, now, &asked.secret)?;
        Ok(self.give(authority))
    }

    fn both(
        &self,
        key: &ApiKeyRecord,
        user: &UserRecord,
        now: Time,
        secret: &SessionSecret,
    ) -> Result<Authority, RefusalCode> {
        let rights = key.rights.and(user.rights);
        if rights.is_empty() {
            return Err(RefusalCode::UserDisabled);
        }
        let own = self.of_user(user, now);
        // Nor does it outlive the key.
        let ends = [key.expires, key.previous_until];
        let [expires, previous_until] =
            ends.map(|end| if end == Time(0) { own.expires } else { end });
        let by_previous = api_key_digest(key.key, &secret.0) != key.secret;
        let expires = if by_previous {
            expires.min(previous_until)
        } else {
            expires
        };
        Ok(Authority {
            rights,
            ceiling: key.ceiling.min(user.ceiling),
            meters: common(&key.meters, &user.meters).ok_or(RefusalCode::NotCovered)?,
            api_key: Some(key.key),
            session: session_digest(&secret.0),
            expires: expires.min(own.expires),
            ..own
        })
    }
}

/// An order of somebody who is signed on, about a key.
fn ordered(record: ApiKeyRecord, decision: DecisionKind, by: &SignedOn) -> Change<AuthRecord> {
    let mut change = Change::of(AuthRecord::Key(record), decision);
    change.proof = Proof::Managed(by.proof.authority.body.session).to_bytes();
    change
}
