//! Keys by which programs sign on for their user: made, rolled, revoked, listed, and used (P20).
//!
//! Not here: what a key may do, which the auth box says from its record and its user's. A server
//! remembers the authority that it got for a key until that ends, five minutes at most: so long a
//! revoked key may go on at servers that did not carry the revocation out.

use crate::change::parse;
use crate::limits::KEYS_MAX;
use crate::session::{LOOK_AGAIN, LOOKS_MAX, SessionToken};
use crate::sign_up::checked_name;
use crate::users::UserScope;
use crate::{Centre, Code, Problem, Session};
use item::{
    ApiKeyId, ApiKeyRecord, AuthRecord, Authority, BoxKind, Bytes, Day, Digest, EventKind, Layout,
    RequestId, Rights, Sealed, Time, UserId,
};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{ApiKeyRow, ApiKeyStart, NewApiKey, Store};
use verify::{ApiKeyText, api_key_digest, request_id, statement_digest};
use wire::{
    AddKey, AuthQuery, AuthRequest, AuthSecret, KeyQuery, RefusalCode, RollKey, SessionSecret,
};

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyToMake {
    /// What its user calls it.
    pub name: String,
    /// What it may do.
    pub scope: UserScope,
    /// No secret of it is good from this time on; zero means never.
    pub expires: Time,
}

/// A key with the name that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// What its user calls it.
    pub name: String,
    /// When it was named, by the server's clock.
    pub created: Time,
    /// The record; not checked by a box.
    pub record: ApiKeyRecord,
}

/// Authorities of keys, by the digest of the key's text, until they end.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<HashMap<Digest, Sealed<Authority>>>);

impl KeyCache {
    fn get(&self, text: &Digest, now: Time) -> Option<Sealed<Authority>> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cache.get(text)?;
        (now < found.body.expires).then(|| found.clone())
    }

    fn remember(&self, text: Digest, authority: Sealed<Authority>, now: Time) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= KEYS_MAX {
            cache.retain(|_, kept| now < kept.body.expires);
        }
        if cache.len() < KEYS_MAX {
            cache.insert(text, authority);
        }
    }

    /// Of a user who may do something else from now on.
    pub(crate) fn forget_user(&self, user: UserId) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|_, kept| kept.body.user != user);
    }

    fn forget(&self, key: ApiKeyId) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|_, kept| kept.body.api_key != Some(key));
    }
}

fn none() -> Problem {
    Problem::new(
        Code::KeyEnded,
        "The key is mistyped, revoked, expired, or not one of this installation.",
    )
}

impl<S: Store> Centre<S> {
    /// A session of the program that shows a key: the authority that the auth box gives it.
    ///
    /// # Errors
    /// [`Code::KeyEnded`], or what keeps the box from answering.
    pub async fn session_of_key(&self, text: &str) -> Result<Session, Problem> {
        let shown = ApiKeyText::read(text).ok_or_else(none)?;
        let specimen = self.installation().transcript().specimen;
        if shown.specimen != specimen {
            return Err(none());
        }
        let digest = statement_digest(text.as_bytes());
        if let Some(authority) = self.inner.keys.get(&digest, self.now()) {
            return Ok(Session::of_key(SessionToken::new(authority, shown.secret)));
        }
        self.inner.throttle.key(&shown.key.to_string())?;
        let (authority, record) = self.ask_key(&shown).await?;
        let now = self.now();
        if record.last_used != Day::of_time(now) {
            self.note_use(&shown, &record).await;
        }
        self.inner.keys.remember(digest, authority.clone(), now);
        Ok(Session::of_key(SessionToken::new(authority, shown.secret)))
    }

    /// Shows key and user to the auth box, again while a change of one of them is on its way into the
    /// database.
    async fn ask_key(
        &self,
        shown: &ApiKeyText,
    ) -> Result<(Sealed<Authority>, ApiKeyRecord), Problem> {
        for _ in 0..LOOKS_MAX {
            let row = self.store().api_key(shown.key).await?;
            let Some(stored) = row.and_then(|row| row.record) else {
                return Err(none());
            };
            let record = self.key_record(shown.key, &stored).await?;
            let user = self.store().user(record.user).await?;
            let Some(user) = user.and_then(|row| row.record) else {
                return Err(none());
            };
            let bytes = |bytes| Bytes::new(bytes).map_err(|_| Problem::internal("record"));
            let query = AuthQuery::Key(KeyQuery {
                secret: SessionSecret(shown.secret),
                record: bytes(stored)?,
                user: bytes(user)?,
            });
            match self.ask_auth(query).await? {
                Ok(answer) => {
                    let secret: AuthSecret = parse(&answer, "authority")?;
                    return Ok((secret.authority, record));
                }
                Err(refusal) if refusal.code == RefusalCode::Stale => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(refusal) => {
                    return Err(self
                        .refused(BoxKind::Auth, shown.key.subject(), refusal)
                        .await);
                }
            }
        }
        Err(Problem {
            charged: crate::Charged::No,
            ..Problem::unavailable("A change of the key or its user is just being written.")
        })
    }

    /// Has the auth box note that a key was used today. Nobody waits for its success: the next use of
    /// the day does it otherwise.
    async fn note_use(&self, shown: &ApiKeyText, record: &ApiKeyRecord) {
        let subject = shown.key.subject();
        let used = api_key_digest(shown.key, &shown.secret);
        let step = format!("use {}", record.counter.0);
        let request = request_id(&shown.key.0, &used, &step);
        let body = AuthRequest::UseKey(SessionSecret(shown.secret)).to_bytes();
        let noted = match self
            .try_decide(BoxKind::Auth, subject, request, || Ok(body.clone()))
            .await
        {
            Ok(decided) => self
                .write_one(BoxKind::Auth, decided.delivery)
                .await
                .map(drop),
            // Somebody else's use came first.
            Err(undecided) if undecided.refused == Some(RefusalCode::Exists) => Ok(()),
            Err(undecided) => Err(undecided.problem),
        };
        if let Err(problem) = noted {
            tracing::warn!(%problem, key = %shown.key, "the use of a key was not noted");
        }
    }

    /// Makes a key for programs of the session's user, with this secret. The same again is the same
    /// key.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn add_api_key(
        &self,
        session: &Session,
        key_digest: Digest,
        new: &KeyToMake,
        secret: [u8; 32],
        body_digest: Digest,
    ) -> Result<(NamedKey, Option<String>), Problem> {
        let name = checked_name(&new.name)?;
        may_scope(session, &new.scope)?;
        if new.expires != Time(0) && new.expires <= self.now() {
            return Err(Problem::new(Code::BadScope, "The key would have expired."));
        }
        let (user, account) = (session.authority().user, session.authority().account);
        self.inner.throttle.addition(account)?;
        let key = key_of(session, &key_digest);
        let start = self
            .store()
            .begin_api_key(NewApiKey {
                key,
                account,
                user,
                name,
                body_digest,
                created: self.now(),
            })
            .await?;
        if start == ApiKeyStart::OtherBody {
            return Err(Problem::new(
                Code::KeyReused,
                "Send another Idempotency-Key for another key.",
            ));
        }
        if self.shown(BoxKind::Auth, key.subject()).await?.is_none() {
            let request = request_id(&key.0, &key_digest, "add-key");
            let decided = self
                .ordered(session, key.subject(), request, |owner| {
                    AuthRequest::AddKey(AddKey {
                        owner,
                        secret: api_key_digest(key, &secret),
                        rights: new.scope.rights,
                        ceiling: new.scope.ceiling,
                        meters: new.scope.meters.clone(),
                        expires: new.expires,
                    })
                })
                .await;
            match decided {
                Ok(decided) => {
                    self.write_chained(BoxKind::Auth, &decided, account, EventKind::KeyAdded)
                        .await?;
                }
                Err(problem) => {
                    // Or the same at the same moment came first.
                    if self.shown(BoxKind::Auth, key.subject()).await?.is_none() {
                        return Err(problem);
                    }
                }
            }
        }
        let made = self.own_key(session, key).await?;
        let text = self.text_of(&made.record, secret);
        Ok((made, text))
    }

    /// The text of a key, if this is its secret: a repeat whose secret the server made anew has none
    /// to show.
    fn text_of(&self, record: &ApiKeyRecord, secret: [u8; 32]) -> Option<String> {
        // Its owner's own secret, compared with a row that everybody may read: no box is asked.
        let is_its_own = api_key_digest(record.key, &secret) == record.secret;
        is_its_own.then(|| {
            ApiKeyText {
                specimen: self.installation().transcript().specimen,
                key: record.key,
                secret,
            }
            .write()
        })
    }

    /// Puts a new secret in force; the one before is good until `previous_until`.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn roll_api_key(
        &self,
        session: &Session,
        key_digest: Digest,
        key: ApiKeyId,
        secret: [u8; 32],
        previous_until: Time,
    ) -> Result<(NamedKey, Option<String>), Problem> {
        let before = self.own_key(session, key).await?;
        let digest = api_key_digest(key, &secret);
        if before.record.secret != digest {
            let step = format!("roll {}", before.record.counter.0);
            let request = request_id(&key.0, &key_digest, &step);
            let decided = self
                .ordered(session, key.subject(), request, |owner| {
                    AuthRequest::RollKey(RollKey {
                        owner,
                        secret: digest,
                        previous_until,
                    })
                })
                .await?;
            let account = session.authority().account;
            self.write_chained(BoxKind::Auth, &decided, account, EventKind::KeyRolled)
                .await?;
            self.inner.keys.forget(key);
        }
        let rolled = self.own_key(session, key).await?;
        let text = self.text_of(&rolled.record, secret);
        Ok((rolled, text))
    }

    /// Ends a key for good: at this server at once, at others within five minutes. Said again, it
    /// finds itself done.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn revoke_api_key(
        &self,
        session: &Session,
        key: ApiKeyId,
    ) -> Result<NamedKey, Problem> {
        let before = self.own_key(session, key).await?;
        if before.record.revoked {
            return Ok(before);
        }
        let scope = Digest::ZERO;
        let step = format!("revoke {}", before.record.counter.0);
        let request: RequestId = request_id(&key.0, &scope, &step);
        let decided = self
            .ordered(session, key.subject(), request, AuthRequest::RevokeKey)
            .await?;
        let account = session.authority().account;
        self.write_chained(BoxKind::Auth, &decided, account, EventKind::KeyRevoked)
            .await?;
        self.inner.keys.forget(key);
        self.own_key(session, key).await
    }

    /// A page of the keys that the session's user may see, behind `after`: his own, of a manager all of
    /// the account. With where the next page begins.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn api_keys(
        &self,
        session: &Session,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<(Vec<NamedKey>, Option<ApiKeyId>), Problem> {
        no_program(session)?;
        let account = session.authority().account;
        let rows = self.store().api_keys_of(account, after, limit).await?;
        let full = rows.len() == limit as usize;
        let next = rows.last().filter(|_| full).map(|row| row.key);
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            keys.extend(self.named_key(session, row).await?);
        }
        Ok((keys, next))
    }

    async fn own_key(&self, session: &Session, key: ApiKeyId) -> Result<NamedKey, Problem> {
        no_program(session)?;
        let found = match self.store().api_key(key).await? {
            Some(row) => self.named_key(session, row).await?,
            None => None,
        };
        found.ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                "You have no such key; `GET /v1/api-keys` lists yours.",
            )
        })
    }

    /// None if the session's user has nothing to do with it, by its record.
    async fn named_key(
        &self,
        session: &Session,
        row: ApiKeyRow,
    ) -> Result<Option<NamedKey>, Problem> {
        let Some(stored) = row.record else {
            return Ok(None);
        };
        let record = self.key_record(row.key, &stored).await?;
        let authority = session.authority();
        let is_own = record.account == authority.account
            && (record.user == authority.user || authority.rights.covers(Rights::MANAGE));
        Ok(is_own.then_some(NamedKey {
            name: row.name,
            created: row.created,
            record,
        }))
    }

    async fn key_record(&self, key: ApiKeyId, stored: &[u8]) -> Result<ApiKeyRecord, Problem> {
        let read = parse::<Sealed<AuthRecord>>(stored, "key record").ok();
        if let Some(record) = read.and_then(|sealed| sealed.body.into_key())
            && record.key == key
        {
            return Ok(record);
        }
        let detail = "its stored record can not be read, or is another's";
        let problem = self.unusable(BoxKind::Auth, key.subject(), "unreadable", detail);
        Err(problem.await)
    }
}

/// The key of a request: from its user and idempotency key, so that a repeat is the same key.
fn key_of(session: &Session, key_digest: &Digest) -> ApiKeyId {
    let RequestId(bytes) = request_id(&session.authority().user.0, key_digest, "api-key");
    let mut out = [0; 16];
    out.copy_from_slice(&bytes[..16]);
    ApiKeyId(out)
}

/// Keys are people's business.
fn no_program(session: &Session) -> Result<(), Problem> {
    if session.authority().api_key.is_none() {
        return Ok(());
    }
    Err(Problem::new(
        Code::NotCovered,
        "A key manages no keys: sign on with a password.",
    ))
}

/// Told before a name is booked; the box decides by the user's record.
fn may_scope(session: &Session, scope: &UserScope) -> Result<(), Problem> {
    no_program(session)?;
    crate::users::may_give(session, scope)?;
    if scope.rights.is_empty() || scope.rights.covers(Rights::MANAGE) {
        return Err(Problem::new(
            Code::BadScope,
            "A key reads, dispenses or funds, and never manages.",
        ));
    }
    Ok(())
}
