//! Sign-on, sign-off, change of password.

use crate::session::token_digest;
use crate::sign_up::normal_login;
use crate::throttle::Allowance;
use crate::{Centre, Code, Problem, SessionToken};
use item::{AccountId, BoxKind, Digest, EventKind, Layout, RequestId};
use store::{Store, UserRow};
use verify::{request_id, session_digest};
use wire::{AuthRequest, AuthSecret, LogIn, Password, PasswordChange};

/// One answer for "no such user" and "wrong password".
fn wrong() -> Problem {
    Problem::new(
        Code::WrongPassword,
        "Check the log-in name and the password. Failed attempts make the next one wait.",
    )
}

fn password(text: String) -> Result<Password, Problem> {
    Password::new(text)
        .map_err(|_| Problem::new(Code::PasswordPolicy, "A password has 12 to 128 characters."))
}

impl<S: Store> Centre<S> {
    /// The user of a log-in name, once the sign-up has a record: one more attempt at it (P21).
    async fn user_of_login(&self, login: &str) -> Result<UserRow, Problem> {
        self.known_login(login).await?.ok_or_else(wrong)
    }

    /// The same; none if nobody has the name.
    pub(crate) async fn known_login(&self, login: &str) -> Result<Option<UserRow>, Problem> {
        let login = normal_login(login)?;
        self.inner.throttle.attempt(&login)?;
        let row = self.store().user_by_login(&login).await?;
        Ok(row.filter(|row| row.record.is_some()))
    }

    /// What is left of the attempts at a log-in name.
    #[must_use]
    pub fn attempts_left(&self, login: &str) -> Allowance {
        let login = normal_login(login).unwrap_or_default();
        self.inner.throttle.attempts_left(&login)
    }

    /// What is left of what may be added to the account of a session.
    #[must_use]
    pub fn additions_left(&self, account: AccountId) -> Allowance {
        self.inner.throttle.additions_left(account)
    }

    /// What is left of everybody's sign-ups.
    #[must_use]
    pub fn sign_ups_left(&self) -> Allowance {
        self.inner.throttle.sign_ups_left()
    }

    /// Signs on. The request id names the attempt: repeated with the same password and secret, it
    /// gets the same session.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn sign_on(
        &self,
        key_digest: Digest,
        login: &str,
        text: String,
        secret: [u8; 32],
    ) -> Result<SessionToken, Problem> {
        let user = self.user_of_login(login).await?;
        let request = request_id(&user.user.0, &key_digest, "log-in");
        let body = AuthRequest::LogIn(LogIn {
            password: password(text)?,
            session: session_digest(&secret),
        })
        .to_bytes();
        let decided = self
            .decide(BoxKind::Auth, user.user.subject(), request, || {
                Ok(body.clone())
            })
            .await?;
        let event = match decided.failure {
            None => EventKind::LogIn,
            Some(_) => EventKind::LogInFailed,
        };
        self.write_chained(BoxKind::Auth, &decided, user.account, event)
            .await?;
        if let Some(refusal) = decided.failure {
            return Err(self
                .refused(BoxKind::Auth, user.user.subject(), refusal)
                .await);
        }
        let secret_part: AuthSecret =
            crate::change::parse(decided.delivery.secret.as_slice(), "authority")?;
        Ok(SessionToken::new(secret_part.authority, secret))
    }

    /// Ends all sessions of the token's user.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn sign_off(&self, token: &SessionToken) -> Result<(), Problem> {
        let (user, account) = (token.authority().user, token.authority().account);
        let digest = token_digest(token);
        let request: RequestId = request_id(&user.0, &digest, "log-out");
        let body = AuthRequest::LogOut(token.proof().clone()).to_bytes();
        let decided = self
            .decide(BoxKind::Auth, user.subject(), request, || Ok(body.clone()))
            .await?;
        self.write_chained(BoxKind::Auth, &decided, account, EventKind::LogOut)
            .await?;
        self.sessions_ended(&decided.delivery);
        self.inner.sessions.forget(&digest);
        Ok(())
    }

    /// Changes a password and ends all sessions.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn change_password(
        &self,
        key_digest: Digest,
        login: &str,
        old: String,
        new: String,
    ) -> Result<(), Problem> {
        let user = self.user_of_login(login).await?;
        let request = request_id(&user.user.0, &key_digest, "password");
        let body = AuthRequest::ChangePassword(PasswordChange {
            old: password(old)?,
            new: password(new)?,
        })
        .to_bytes();
        let decided = self
            .decide(BoxKind::Auth, user.user.subject(), request, || {
                Ok(body.clone())
            })
            .await?;
        let event = match decided.failure {
            None => EventKind::UserChanged,
            Some(_) => EventKind::LogInFailed,
        };
        self.write_chained(BoxKind::Auth, &decided, user.account, event)
            .await?;
        match decided.failure {
            None => {
                self.sessions_ended(&decided.delivery);
                Ok(())
            }
            Some(refusal) => Err(self
                .refused(BoxKind::Auth, user.user.subject(), refusal)
                .await),
        }
    }
}
