//! A user's own key: challenges, log-in by key, and the key itself (P20). What it signs, the boxes check.
//!
//! Not here: signatures of orders, which a session brings along (`session`).

use crate::sign_up::normal_login;
use crate::{Centre, Code, Problem, Session, SessionToken};
use item::{BoxKind, Challenge, Digest, EventKind, Layout, PublicKey, Sealed, UserId};
use store::Store;
use verify::{request_id, session_digest};
use wire::{AuthQuery, AuthRequest, AuthSecret, KeyLogIn, RefusalCode, SetSigningKey};

/// What a user wants of his own key.
#[derive(Debug)]
pub struct KeyWish {
    /// As the box gave it.
    pub challenge: Sealed<Challenge>,
    /// The new key; none removes the one in force.
    pub key: Option<PublicKey>,
    /// Signature by the new key.
    pub possession: Option<[u8; 64]>,
    /// Signature by the key in force.
    pub consent: Option<[u8; 64]>,
}

/// One answer for "no such user", "no key" and "another key".
fn wrong() -> Problem {
    Problem::new(
        Code::WrongPassword,
        "Check the log-in name, and which key signed.",
    )
}

impl<S: Store> Centre<S> {
    /// A challenge for the user of a log-in name, and for a name that nobody has just the same.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn challenge(&self, login: &str, nobody: UserId) -> Result<Vec<u8>, Problem> {
        let user = self.known_login(login).await?.map(|row| row.user);
        let query = AuthQuery::Challenge(user.unwrap_or(nobody));
        Ok(Box::pin(self.ask_auth(query)).await??)
    }

    /// Signs on by the user's own key. Repeated in the very same words, it gets the same session.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn sign_on_by_key(
        &self,
        login: &str,
        challenge: Sealed<Challenge>,
        secret: [u8; 32],
        signature: [u8; 64],
    ) -> Result<SessionToken, Problem> {
        let login = normal_login(login)?;
        let user = self.known_login(&login).await?.ok_or_else(wrong)?;
        let subject = user.user.subject();
        let session = session_digest(&secret);
        let request = request_id(&user.user.0, &session, "log-in by key");
        let body = AuthRequest::KeyLogIn(KeyLogIn {
            challenge,
            session,
            signature,
        })
        .to_bytes();
        let decided = self
            .try_decide(BoxKind::Auth, subject, request, || Ok(body.clone()))
            .await
            .map_err(|undecided| match undecided.refused {
                Some(RefusalCode::BadSignature) => wrong(),
                _ => undecided.problem,
            })?;
        self.write_chained(BoxKind::Auth, &decided, user.account, EventKind::LogIn)
            .await?;
        let secret_part: AuthSecret =
            crate::change::parse(decided.delivery.secret.as_slice(), "authority")?;
        Ok(SessionToken::new(secret_part.authority, secret))
    }

    /// Sets, replaces or removes the key of the session's user, and ends all sessions.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn set_signing_key(
        &self,
        session: &Session,
        key_digest: Digest,
        wish: KeyWish,
    ) -> Result<(), Problem> {
        let (user, account) = (session.authority().user, session.authority().account);
        let request = request_id(&user.0, &key_digest, "own-key");
        let body = AuthRequest::SetSigningKey(SetSigningKey {
            proof: session.token().proof().clone(),
            challenge: wish.challenge,
            key: wish.key,
            possession: wish.possession,
            consent: wish.consent,
        })
        .to_bytes();
        let decided = self
            .try_decide(BoxKind::Auth, user.subject(), request, || Ok(body.clone()))
            .await
            .map_err(|undecided| match undecided.refused {
                Some(RefusalCode::BadSignature) => Problem::new(
                    Code::OwnSignature,
                    "The new key must sign the challenge, and so must the one in force.",
                ),
                _ => undecided.problem,
            })?;
        self.write_chained(BoxKind::Auth, &decided, account, EventKind::UserChanged)
            .await?;
        self.sessions_ended(&decided.delivery);
        self.inner.keys.forget_user(user);
        Ok(())
    }
}
