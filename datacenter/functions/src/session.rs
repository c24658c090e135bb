//! Sessions: an authority and the secret that belongs to it, held by the client (P20).
//!
//! No table of sessions: the auth box says whether a token is good; this server remembers the
//! answer for as long as the authority lives.

use crate::change::parse;
use crate::limits::{AUTHORITY_MS, SESSIONS_MAX};
use crate::{Centre, Code, Problem};
use item::{
    Authority, Bytes, Digest, Layout, MeterRecord, OwnSignature, Rights, Sealed, Time, UserId,
};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use wire::{
    AuthQuery, AuthSecret, Refusal, RefusalCode, Renewal, Reply, Request, SessionProof,
    SessionSecret,
};

/// Looks at a user's record for a renewal before it is put off: a log-in of the same user, decided
/// and not yet written, makes the stored record an older one for a moment.
pub(crate) const LOOKS_MAX: usize = 10;
/// Between two looks: longer than a write takes.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a client holds: authority and secret. Not comparable, on purpose: only the auth box compares
/// secrets, and in constant time.
#[derive(Clone)]
pub struct SessionToken(SessionProof);

impl SessionToken {
    /// From the bytes that the client sent.
    ///
    /// # Errors
    /// [`Code::SignOnNeeded`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Problem> {
        SessionProof::from_bytes(bytes)
            .map(Self)
            .map_err(|_| Problem::new(Code::SignOnNeeded, "The token is not one of ours."))
    }

    /// The bytes for the client.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    pub(crate) fn new(authority: Sealed<Authority>, secret: [u8; 32]) -> Self {
        Self(SessionProof {
            authority,
            secret: SessionSecret(secret),
        })
    }

    pub(crate) fn proof(&self) -> &SessionProof {
        &self.0
    }

    /// What the authority says. Not checked: see [`Centre::session`].
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.0.authority.body
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// A session that the auth box called good. Only [`Centre::session`] and [`Centre::session_of_key`]
/// make one.
#[derive(Debug, Clone)]
pub struct Session {
    token: SessionToken,
    /// Of the user's own key, over the order that this session is shown for.
    signature: Option<OwnSignature>,
}

impl Session {
    /// Of a token that the auth box gave or called good.
    pub(crate) fn of_key(token: SessionToken) -> Self {
        Self {
            token,
            signature: None,
        }
    }

    /// With a signature of the user's own key over the one order that is to be given. The boxes check it.
    #[must_use]
    pub fn signed(self, signature: Option<OwnSignature>) -> Self {
        Self { signature, ..self }
    }

    pub(crate) fn signature(&self) -> Option<OwnSignature> {
        self.signature
    }

    /// Whether a signature is there if one is asked for. The boxes decide; this is asked first where
    /// money would be held meanwhile.
    pub(crate) fn is_signed(&self) -> Result<(), Problem> {
        match (&self.authority().signing_key, self.signature) {
            (Some(_), None) => Err(Problem::new(
                Code::OwnSignature,
                "The user has a key of his own: it signs each order, in the header \
                 `Indicia-Signature`.",
            )),
            _ => Ok(()),
        }
    }

    /// Whether it may buy mailings, which the server cuts into orders that nobody can sign beforehand.
    ///
    /// # Errors
    /// [`Code::OwnSignature`] for a user with a key of his own.
    pub fn may_buy_mailings(&self) -> Result<(), Problem> {
        match self.authority().signing_key {
            None => Ok(()),
            Some(_) => Err(Problem::new(
                Code::OwnSignature,
                "A signature covers one order, and a mailing is several: buy it in batches of at \
                 most 1,000 items, each signed.",
            )),
        }
    }

    /// Who and what it is for.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        self.token.authority()
    }

    pub(crate) fn token(&self) -> &SessionToken {
        &self.token
    }

    /// Whether it may dispense at all. The meter box decides; this is asked first where its refusal
    /// would come after the answer has begun.
    ///
    /// # Errors
    /// [`Code::NotCovered`].
    pub fn may_dispense(&self) -> Result<(), Problem> {
        match self.authority().rights.covers(Rights::DISPENSE) {
            true => Ok(()),
            false => Err(Problem::new(Code::NotCovered, "The user may not dispense.")),
        }
    }

    pub(crate) fn sealed(&self) -> &Sealed<Authority> {
        &self.token.0.authority
    }

    /// Whether it may see this meter at all.
    pub(crate) fn covers(&self, meter: &MeterRecord) -> bool {
        let authority = self.authority();
        let named = authority.meters.as_slice();
        meter.account == authority.account && (named.is_empty() || named.contains(&meter.serial))
    }
}

/// What is remembered of sessions. None of it gives anybody anything: a server that forgets asks the
/// auth box again, and one that was not told of a sign-off believes an authority to its end.
#[derive(Default)]
pub(crate) struct SessionCache {
    /// Tokens that the auth box called good, by digest, until they expire. How long it takes to look
    /// one up tells at most about digests, of which nobody gets back to a token.
    good: Mutex<HashMap<Digest, Time>>,
    /// Generation of the sessions of users who ended older ones here, and when.
    generations: Mutex<HashMap<UserId, (u32, Time)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SessionCache {
    fn knows(&self, digest: &Digest, now: Time) -> bool {
        let good = locked(&self.good);
        good.get(digest).is_some_and(|expires| now < *expires)
    }

    fn remember(&self, digest: Digest, expires: Time, now: Time) {
        let mut good = locked(&self.good);
        if good.len() >= SESSIONS_MAX {
            good.retain(|_, expires| now < *expires);
        }
        if good.len() < SESSIONS_MAX {
            good.insert(digest, expires);
        }
    }

    pub(crate) fn forget(&self, digest: &Digest) {
        locked(&self.good).remove(digest);
    }

    /// A user signed off or changed the password: sessions of an older generation have ended.
    pub(crate) fn note(&self, user: UserId, generation: u32, now: Time) {
        if generation == 0 {
            return;
        }
        let mut generations = locked(&self.generations);
        if generations.len() >= SESSIONS_MAX {
            // Every authority from before then has expired.
            let gone = now.0.saturating_sub(AUTHORITY_MS);
            generations.retain(|_, (_, noted)| noted.0 > gone);
        }
        if generations.len() < SESSIONS_MAX {
            let known = generations.entry(user).or_insert((generation, now));
            *known = (known.0.max(generation), now);
        }
    }

    fn has_ended(&self, authority: &Authority) -> bool {
        let generations = locked(&self.generations);
        let known = generations.get(&authority.user);
        known.is_some_and(|(generation, _)| authority.generation < *generation)
    }
}

pub(crate) fn token_digest(token: &SessionToken) -> Digest {
    verify::statement_digest(&token.to_bytes())
}

impl<S: Store> Centre<S> {
    /// Has the auth box say whether a token is good.
    ///
    /// # Errors
    /// [`Code::SignOnNeeded`], [`Code::SessionEnded`], or what keeps the box from answering.
    pub async fn session(&self, token: SessionToken) -> Result<Session, Problem> {
        if self.inner.sessions.has_ended(token.authority()) {
            return Err(Refusal::from(RefusalCode::SessionEnded).into());
        }
        let digest = token_digest(&token);
        let now = self.now();
        if !self.inner.sessions.knows(&digest, now) {
            // In a box, which most requests do without, as they do without asking.
            Box::pin(self.ask_auth(AuthQuery::Check(token.proof().clone()))).await??;
            let expires = token.authority().expires;
            self.inner.sessions.remember(digest, expires, now);
        }
        Ok(Session::of_key(token))
    }

    /// Renews a session, its authority possibly expired.
    ///
    /// # Errors
    /// As for [`Centre::session`].
    pub async fn renew(&self, token: &SessionToken) -> Result<SessionToken, Problem> {
        let user = token.authority().user;
        for _ in 0..LOOKS_MAX {
            let record = self
                .shown(item::BoxKind::Auth, user.subject())
                .await?
                .ok_or_else(|| Problem::new(Code::SignOnNeeded, "There is no such user."))?;
            let query = AuthQuery::Renew(Renewal {
                proof: token.proof().clone(),
                record: Bytes::new(record).map_err(|_| Problem::internal("user record"))?,
            });
            match self.ask_auth(query).await? {
                Ok(answer) => {
                    let secret: AuthSecret = parse(&answer, "authority")?;
                    return Ok(SessionToken::new(secret.authority, token.proof().secret.0));
                }
                Err(refusal) if refusal.code == RefusalCode::Stale => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
        // Its server may be gone: then recovery writes it within seconds. A database that has gone
        // back is told of by the next log-in, which shows the same record to be changed.
        Err(Problem {
            charged: crate::Charged::No,
            ..Problem::unavailable("A log-in of this user is just being written. Renew again.")
        })
    }

    pub(crate) async fn ask_auth(
        &self,
        query: AuthQuery,
    ) -> Result<Result<Vec<u8>, Refusal>, Problem> {
        let bytes = Bytes::new(query.to_bytes()).map_err(|_| Problem::internal("query"))?;
        match self.boxes().auth.ask(Request::Query(bytes)).await? {
            Reply::Answer(answer) => Ok(Ok(answer.into_vec())),
            Reply::Refused(refusal) => Ok(Err(refusal)),
            _ => Err(Problem::internal("no answer to a query")),
        }
    }
}
