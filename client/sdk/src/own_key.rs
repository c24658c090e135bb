//! A user's own key: what a client that has it signs of itself, and how it is set and signs on.
//!
//! A statement is made of the very body that is sent, so a data centre that alters it has a signature for
//! something else. The canonical body and the particulars are those of formats/README.md.

use api::{
    ApiKeyRoll, Challenge, ChallengeWish, ItemOrder, NewApiKey, NewRecovery, NewUser, Scope,
    Session, SignOnByKey, SigningKey,
};
use item::limits::METERS_MAX;
use item::{
    ApiKeyId, Digest, InstallationId, KeyStatement, Layout, List, LogInStatement, MeterSerial,
    Mills, OrderStatement, PublicKey, RequestId, Rights, Subject, Time, UserId, UserStatement,
    Version,
};
use reqwest::Method;
use serde::Serialize;
use verify::{Tag, Tagged, digest, idempotency_key, record_digest, request_body, request_id};
use wire::Password;

use crate::call::Call;
use crate::limits::SIGNATURE_TIME;
use crate::{ApiError, Client, clock, decode, random};

/// The key of the user whom a client works for, and what is agreed to by it.
#[derive(Debug)]
pub struct OwnKey {
    /// The key.
    pub key: signer::SigningKey,
    /// The data centre: as the pinned transcript says it, not as the server does.
    pub installation: InstallationId,
    /// Who signs.
    pub user: UserId,
    /// Most that an order may cost whose items do not all say their value.
    pub most: Mills,
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sign<T: Layout + Tagged>(key: &signer::SigningKey, statement: &T) -> [u8; 64] {
    key.sign(T::TAG, &statement.to_bytes())
}

/// When a signature made now ends.
fn expires() -> Time {
    let end = clock::now() + SIGNATURE_TIME;
    Time(u64::try_from(end.as_millisecond()).unwrap_or_default())
}

fn header(max_total: Mills, expires: Time, signature: &[u8; 64]) -> String {
    format!("{}:{}:{}", max_total.0, expires.0, hex(signature))
}

/// An order of items that is about to be sent.
pub(crate) struct Order<'a, T> {
    /// `item` or `batch`.
    pub(crate) route: &'a str,
    pub(crate) meter: u32,
    /// Without `allow_duplicate`.
    pub(crate) body: &'a T,
    pub(crate) items: &'a [ItemOrder],
    pub(crate) expected_piece_count: Option<u32>,
    pub(crate) key: &'a str,
}

/// An order about a user or a key, as a box reads it.
pub(crate) struct Particulars {
    bytes: Vec<u8>,
    subject: Subject,
}

impl Particulars {
    fn new(request: u8, subject: Subject) -> Self {
        Self {
            bytes: vec![request],
            subject,
        }
    }

    fn with(mut self, part: &impl Layout) -> Self {
        part.put(&mut self.bytes);
        self
    }

    /// None where the data centre will not understand it either.
    fn with_scope(self, scope: &Scope) -> Option<Self> {
        let named = scope.rights.iter().map(|name| Rights::of_name(name));
        let rights = named.collect::<Option<Vec<_>>>()?;
        let rights = rights.into_iter().fold(Rights::NONE, Rights::with);
        let meters = scope.meters.iter().map(|serial| MeterSerial(*serial));
        let meters: List<MeterSerial, METERS_MAX> = List::new(meters.collect()).ok()?;
        Some(
            self.with(&rights)
                .with(&Mills(scope.ceiling_mills))
                .with(&meters),
        )
    }
}

fn user_subject(user: &str) -> Option<Subject> {
    UserId::from_hex(user).map(UserId::subject)
}

fn time_of(text: Option<&String>) -> Option<Time> {
    let Some(text) = text else {
        return Some(Time(0));
    };
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok().map(Time)
}

/// Digest of a key's secret, as the body holds it.
fn secret_digest(key: ApiKeyId, secret: Option<&String>) -> Option<Digest> {
    let Digest(secret) = Digest::from_hex(secret?)?;
    Some(verify::api_key_digest(key, &secret))
}

pub(crate) fn add_user(body: &NewUser) -> Option<Particulars> {
    let password = Password::new(body.password.clone()).ok()?;
    Particulars::new(6, Subject::ZERO)
        .with(&password)
        .with_scope(&body.scope)
}

pub(crate) fn set_user(user: &str, scope: &Scope) -> Option<Particulars> {
    Particulars::new(7, user_subject(user)?).with_scope(scope)
}

pub(crate) fn begin_recovery(user: &str, body: &NewRecovery) -> Option<Particulars> {
    let recovery = Digest::from_hex(&body.code_digest)?;
    Some(Particulars::new(12, user_subject(user)?).with(&recovery))
}

/// Which key a data centre makes, follows from its user and the idempotency key.
pub(crate) fn add_key(owner: UserId, body: &NewApiKey, key: &str) -> Option<Particulars> {
    let RequestId(id) = request_id(&owner.0, &idempotency_key(key), "api-key");
    let made = ApiKeyId(*id.first_chunk()?);
    let secret = secret_digest(made, body.secret.as_ref())?;
    let expires = time_of(body.expires.as_ref())?;
    let said = Particulars::new(8, Subject::ZERO).with(&secret);
    Some(said.with_scope(&body.scope)?.with(&expires))
}

pub(crate) fn roll_key(key: &str, body: &ApiKeyRoll) -> Option<Particulars> {
    let key = ApiKeyId::from_hex(key)?;
    let secret = secret_digest(key, body.secret.as_ref())?;
    let previous_until = time_of(body.previous_until.as_ref())?;
    let said = Particulars::new(9, key.subject()).with(&secret);
    Some(said.with(&previous_until))
}

impl OwnKey {
    /// What the header says of an order of items.
    pub(crate) fn order<T: Serialize>(&self, order: &Order<'_, T>) -> String {
        let mut canonical = format!("{} {}\0", order.route, order.meter).into_bytes();
        // As the call's own body: plain structs, none of which can fail.
        canonical.extend(serde_json::to_vec(order.body).unwrap_or_default());
        let values: Option<Vec<u64>> = order.items.iter().map(|item| item.value_mills).collect();
        let max_total = values.map_or(self.most, |values| {
            Mills(values.into_iter().fold(0, u64::saturating_add))
        });
        let statement = OrderStatement {
            version: Version,
            installation: self.installation,
            user: self.user,
            meter: MeterSerial(order.meter),
            key_digest: idempotency_key(order.key),
            body_digest: request_body(&canonical),
            items: u32::try_from(order.items.len()).unwrap_or(u32::MAX),
            expected_piece_count: order.expected_piece_count,
            max_total,
            expires: expires(),
        };
        header(max_total, statement.expires, &sign(&self.key, &statement))
    }

    /// What the header says of an order about users and keys.
    fn user_order(&self, said: &Particulars) -> String {
        let statement = UserStatement {
            version: Version,
            installation: self.installation,
            user: self.user,
            subject: said.subject,
            particulars: digest(Tag::PARTICULARS, &[&said.bytes]),
            expires: expires(),
        };
        header(Mills::ZERO, statement.expires, &sign(&self.key, &statement))
    }
}

impl Client {
    /// From now on each order of items, users and keys is signed by this key.
    #[must_use]
    pub fn signing(mut self, own: OwnKey) -> Self {
        self.own = Some(own);
        self
    }

    /// The user's own key that orders are signed by, if there is one.
    #[must_use]
    pub fn own_key(&self) -> Option<&OwnKey> {
        self.own.as_ref()
    }

    /// A call with its signature, if there is a key: one signature for all its repetitions.
    pub(crate) fn signed_order<T: Serialize>(&self, call: Call, order: &Order<'_, T>) -> Call {
        match &self.own {
            Some(own) => call.with_signature(own.order(order)),
            None => call,
        }
    }

    /// The same of an order about users and keys.
    pub(crate) fn signed(
        &self,
        call: Call,
        said: impl FnOnce(UserId) -> Option<Particulars>,
    ) -> Call {
        let own = self.own.as_ref();
        match own.and_then(|own| Some(own.user_order(&said(own.user)?))) {
            Some(signature) => call.with_signature(signature),
            None => call,
        }
    }

    async fn challenge(&self, login: &str) -> Result<(String, Digest), ApiError> {
        let body = ChallengeWish {
            login: login.to_owned(),
        };
        let call = Call::new(Method::POST, "/v1/sessions/challenges").with_body(&body);
        let Challenge { challenge } = self.ask(&call).await?;
        let bytes = decode(&challenge).unwrap_or_default();
        Ok((challenge, record_digest(&bytes)))
    }

    /// Signs on by the user's own key; the client keeps the session and uses it from now on.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn sign_on_by_key(
        &self,
        login: &str,
        key: &signer::SigningKey,
        installation: InstallationId,
    ) -> Result<Session, ApiError> {
        let (challenge, challenge_digest) = self.challenge(login).await?;
        let session_secret = random::random_secret()?;
        let Digest(secret) = Digest::from_hex(&session_secret).ok_or(ApiError::Random)?;
        let statement = LogInStatement {
            version: Version,
            installation,
            challenge: challenge_digest,
            session: verify::session_digest(&secret),
        };
        let body = SignOnByKey {
            login: login.to_owned(),
            challenge,
            session_secret,
            signature: hex(&sign(key, &statement)),
        };
        let call = Call::new(Method::POST, "/v1/sessions/by-key").with_body(&body);
        let session: Session = self.ask(&call).await?;
        self.set_session(Some(session.clone()));
        Ok(session)
    }

    /// Sets, replaces or removes the user's own key, and ends all sessions of the user: log in anew. The
    /// client signs with `new` and with the one in force, which it must have if there is one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn set_signing_key(
        &self,
        login: &str,
        new: Option<&signer::SigningKey>,
        in_force: Option<&signer::SigningKey>,
        (installation, user): (InstallationId, UserId),
    ) -> Result<(), ApiError> {
        let (challenge, challenge_digest) = self.challenge(login).await?;
        let public = new.map(signer::SigningKey::public);
        let statement = KeyStatement {
            version: Version,
            installation,
            user,
            challenge: challenge_digest,
            key: public.clone(),
        };
        let signature = |key: &signer::SigningKey| hex(&sign(key, &statement));
        let body = SigningKey {
            challenge,
            key: public.as_ref().map(PublicKey::bytes).map(hex),
            possession: new.map(signature),
            consent: in_force.map(signature),
        };
        let call = Call::new(Method::PUT, "/v1/signing-key").with_session();
        let call = call.with_key(&random::random_key()?).with_body(&body);
        self.send(&call.only_once()).await?;
        self.set_session(None);
        Ok(())
    }
}
