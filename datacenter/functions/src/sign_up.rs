//! Sign-up: a user and account (auth box), a serial (keys box), a meter (meter box), the events
//! (transaction box). Each step can be repeated; the database transaction of each comes last (P18).

use crate::change::parse;
use crate::{Centre, Code, Problem};
use item::{
    AccountId, BoxKind, Digest, EventKind, Layout, MeterRecord, MeterSerial, Mills, RequestId,
    Rights, Sealed, UserId,
};
use store::{SignUp, SignUpStart, Store};
use verify::{account_of, request_id};
use wire::{AuthRequest, Password};

/// Most that one request of a new user may spend, until an act says otherwise.
const FIRST_CEILING: Mills = Mills(1_000_000);
/// Characters of a log-in name.
const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 3..=254;
/// Characters of a display name.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;

/// A finished sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAccount {
    /// The account.
    pub account: AccountId,
    /// Its first user.
    pub user: UserId,
    /// Its first meter.
    pub meter: MeterSerial,
}

/// The one form of a log-in name: trimmed, lower case.
///
/// # Errors
/// [`Code::BadName`].
pub(crate) fn normal_login(login: &str) -> Result<String, Problem> {
    let login = login.trim().to_lowercase();
    let plain = login.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if !LOGIN_LENGTH.contains(&login.chars().count()) || !plain {
        return Err(Problem::new(
            Code::BadName,
            "A log-in name has 3 to 254 characters without spaces.",
        ));
    }
    Ok(login)
}

/// A name as it is kept.
///
/// # Errors
/// [`Code::BadName`].
pub(crate) fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if !NAME_LENGTH.contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::BadName,
            "A display name has 1 to 100 characters.",
        ));
    }
    Ok(name.to_owned())
}

/// A new password, asked about before a log-in name is booked: refused later by the box, it would keep
/// the name from everybody.
///
/// # Errors
/// [`Code::PasswordPolicy`].
pub(crate) fn checked_password(text: String) -> Result<Password, Problem> {
    Password::new(text)
        .ok()
        .filter(Password::meets_policy)
        .ok_or_else(|| {
            Problem::new(
                Code::PasswordPolicy,
                "A password has 12 to 128 characters, not all the same.",
            )
        })
}

impl<S: Store> Centre<S> {
    /// Signs up. `body_digest` must not cover the password.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn sign_up(
        &self,
        key_digest: Digest,
        login: &str,
        password: String,
        display_name: &str,
        body_digest: Digest,
    ) -> Result<NewAccount, Problem> {
        let login = normal_login(login)?;
        let display_name = checked_name(display_name)?;
        let user = user_of(&[0; 16], &key_digest, &login);
        let account = account_of(user);
        let password = checked_password(password)?;
        self.inner.throttle.sign_up()?;
        let start = self
            .store()
            .begin_sign_up(SignUp {
                user,
                account,
                login,
                display_name,
                body_digest,
                created: self.now(),
            })
            .await?;
        match start {
            SignUpStart::New | SignUpStart::Known(_) => {}
            SignUpStart::OtherBody => {
                return Err(Problem::new(
                    Code::KeyReused,
                    "Send another Idempotency-Key with another sign-up.",
                ));
            }
            SignUpStart::LoginTaken => {
                return Err(Problem::new(
                    Code::LoginTaken,
                    "Choose another log-in name, or sign on if it is yours.",
                ));
            }
        }
        self.make_user(user, account, &key_digest, password).await?;
        let meter = self.make_meter(&user.0, account, &key_digest).await?;
        Ok(NewAccount {
            account,
            user,
            meter,
        })
    }

    async fn make_user(
        &self,
        user: UserId,
        account: AccountId,
        key_digest: &Digest,
        password: Password,
    ) -> Result<(), Problem> {
        let subject = user.subject();
        if self.shown(BoxKind::Auth, subject).await?.is_some() {
            return self
                .chain_first(BoxKind::Auth, subject, account, EventKind::SignUp)
                .await;
        }
        let request = request_id(&user.0, key_digest, "user");
        let body = AuthRequest::SignUp(wire::SignUp {
            password,
            rights: Rights::ALL,
            ceiling: FIRST_CEILING,
        })
        .to_bytes();
        match self
            .decide(BoxKind::Auth, subject, request, || Ok(body.clone()))
            .await
        {
            Ok(decided) => {
                self.write_chained(BoxKind::Auth, &decided, account, EventKind::SignUp)
                    .await
            }
            Err(problem) => {
                self.made_meanwhile(BoxKind::Auth, subject, account, EventKind::SignUp, problem)
                    .await
            }
        }
    }

    /// The same sign-up at the same moment, or the one before it that got no answer: what this one
    /// was to make is there by now. Anything else stays the problem that it was.
    pub(crate) async fn made_meanwhile(
        &self,
        kind: BoxKind,
        subject: item::Subject,
        account: AccountId,
        event: EventKind,
        problem: Problem,
    ) -> Result<(), Problem> {
        if self.shown(kind, subject).await?.is_none() {
            return Err(problem);
        }
        self.chain_first(kind, subject, account, event).await
    }

    /// Chains a record's first decision if that was cut off after the record was written.
    pub(crate) async fn chain_first(
        &self,
        kind: BoxKind,
        subject: item::Subject,
        account: AccountId,
        event: EventKind,
    ) -> Result<(), Problem> {
        let Some(row) = self
            .store()
            .decision(kind, subject, item::Counter(1))
            .await?
        else {
            return Err(Problem::internal("a record without its first decision"));
        };
        self.chain_alone(account, event, &row.decision, &[]).await
    }
}

/// The user of a sign-up, or of an account's addition: from account (zero for a founder), key and log-in
/// name, so that a repeat is the same user.
pub(crate) fn user_of(account: &[u8; 16], key_digest: &Digest, login: &str) -> UserId {
    let RequestId(bytes) = request_id(account, key_digest, login);
    let mut out = [0; 16];
    out.copy_from_slice(&bytes[..16]);
    UserId(out)
}

/// The record in a stored meter.
pub(crate) fn meter_record(stored: &[u8]) -> Result<MeterRecord, Problem> {
    Ok(parse::<Sealed<MeterRecord>>(stored, "meter record")?.body)
}
