//! Users of an account: added, changed and listed by its managers (P21).
//!
//! Not here: who founds an account (`sign_up`), and whether somebody is a manager, which the auth box
//! decides by the manager's own newest record. Names are rows of the database only.

use crate::change::{Decided, Undecided, parse};
use crate::session::{LOOK_AGAIN, LOOKS_MAX};
use crate::sign_up::{checked_name, checked_password, normal_login, user_of};
use crate::{Centre, Code, Problem, Session};
use item::limits::METERS_MAX;
use item::{
    AuthRecord, BoxKind, Bytes, Counter, Digest, EventKind, Layout, List, MeterSerial, Mills,
    RequestId, Rights, Sealed, Subject, UserId, UserRecord,
};
use store::{SignUp, SignUpStart, Store, UserRow};
use verify::request_id;
use wire::{AddUser, AuthRequest, RefusalCode, SetUser, SignedOn};

/// What a user is to do at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserScope {
    /// Rights; none at all disables the user.
    pub rights: Rights,
    /// Most that one request may spend.
    pub ceiling: Mills,
    /// Meters; none named means all of the account.
    pub meters: List<MeterSerial, METERS_MAX>,
}

/// Who is to be added.
#[derive(Debug)]
pub struct NewUser {
    /// Log-in name.
    pub login: String,
    /// First password.
    pub password: String,
    /// How the user is called.
    pub display_name: String,
    /// What the user may do.
    pub scope: UserScope,
}

/// A user with the names that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUser {
    /// Log-in name.
    pub login: String,
    /// How the user is called.
    pub display_name: String,
    /// The record; not checked by a box.
    pub record: UserRecord,
}

impl<S: Store> Centre<S> {
    /// Adds a user to the session's account. `body_digest` must not cover the password.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn add_user(
        &self,
        session: &Session,
        key_digest: Digest,
        new: NewUser,
        body_digest: Digest,
    ) -> Result<NamedUser, Problem> {
        let account = session.authority().account;
        let login = normal_login(&new.login)?;
        let display_name = checked_name(&new.display_name)?;
        let password = checked_password(new.password)?;
        // Told before the log-in name is booked; the box decides by the manager's record.
        may_manage(session)?;
        may_give(session, &new.scope)?;
        self.inner.throttle.addition(account)?;
        let user = user_of(&account.0, &key_digest, &login);
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
                    "Send another Idempotency-Key for another user.",
                ));
            }
            SignUpStart::LoginTaken => {
                return Err(Problem::new(
                    Code::LoginTaken,
                    "Choose another log-in name for the user.",
                ));
            }
        }
        if let Some(record) = self.shown(BoxKind::Auth, user.subject()).await? {
            self.chain_addition(session, user, &record).await?;
            return self.named_user(session, user).await;
        }
        let request = request_id(&user.0, &key_digest, "add-user");
        let scope = &new.scope;
        let decided = self
            .ordered(session, user.subject(), request, |manager| {
                AuthRequest::AddUser(AddUser {
                    manager,
                    password: password.clone(),
                    rights: scope.rights,
                    ceiling: scope.ceiling,
                    meters: scope.meters.clone(),
                })
            })
            .await;
        match decided {
            Ok(decided) => {
                self.write_chained(BoxKind::Auth, &decided, account, EventKind::UserAdded)
                    .await?;
            }
            // The same addition at the same moment came first.
            Err(problem) => match self.shown(BoxKind::Auth, user.subject()).await? {
                Some(record) => self.chain_addition(session, user, &record).await?,
                None => return Err(problem),
            },
        }
        self.named_user(session, user).await
    }

    /// Chains an addition that was cut off after its record was written. Once the user has changed, the
    /// record that proves the account is gone: then the event stays out of the chain, and audit says so.
    async fn chain_addition(
        &self,
        session: &Session,
        user: UserId,
        stored: &[u8],
    ) -> Result<(), Problem> {
        let record = user_record(stored)?;
        if record.counter != Counter(1) {
            return Ok(());
        }
        let first = self
            .store()
            .decision(BoxKind::Auth, user.subject(), Counter(1));
        let Some(row) = first.await? else {
            return Err(Problem::internal("a record without its first decision"));
        };
        let account = session.authority().account;
        self.chain_alone(account, EventKind::UserAdded, &row.decision, stored)
            .await
    }

    /// Sets what a user of the session's account may do, and ends that user's sessions. Said again, it
    /// finds itself done.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn set_user(
        &self,
        session: &Session,
        key_digest: Digest,
        user: UserId,
        scope: &UserScope,
    ) -> Result<NamedUser, Problem> {
        let before = self.named_user(session, user).await?;
        may_manage(session)?;
        let record = &before.record;
        if (record.rights, record.ceiling, &record.meters)
            == (scope.rights, scope.ceiling, &scope.meters)
        {
            return Ok(before);
        }
        let step = format!("set-user {}", record.counter.0);
        let request = request_id(&user.0, &key_digest, &step);
        let decided = self
            .ordered(session, user.subject(), request, |manager| {
                AuthRequest::SetUser(SetUser {
                    manager,
                    rights: scope.rights,
                    ceiling: scope.ceiling,
                    meters: scope.meters.clone(),
                })
            })
            .await?;
        let account = session.authority().account;
        self.write_chained(BoxKind::Auth, &decided, account, EventKind::UserChanged)
            .await?;
        self.inner.keys.forget_user(user);
        self.named_user(session, user).await
    }

    /// Has the auth box carry out what the session's user orders about a user or key. That user's own
    /// record is looked up again while a change of it, a log-in for one, is on its way into the
    /// database.
    pub(crate) async fn ordered(
        &self,
        session: &Session,
        subject: Subject,
        request: RequestId,
        order: impl Fn(SignedOn) -> AuthRequest,
    ) -> Result<Decided, Problem> {
        let manager = session.authority().user.subject();
        let mut looks = 0;
        loop {
            let record = self
                .shown(BoxKind::Auth, manager)
                .await?
                .ok_or_else(|| Problem::new(Code::SignOnNeeded, "There is no such user."))?;
            let body = order(SignedOn {
                proof: session.token().proof().clone(),
                record: Bytes::new(record).map_err(|_| Problem::internal("user record"))?,
                signature: session.signature(),
            })
            .to_bytes();
            let decided = self
                .try_decide(BoxKind::Auth, subject, request, || Ok(body.clone()))
                .await;
            match decided {
                Err(Undecided {
                    refused: Some(RefusalCode::OrdererStale),
                    problem,
                }) => {
                    looks += 1;
                    if looks >= LOOKS_MAX {
                        return Err(Problem {
                            retryable: true,
                            retry_after: Some(1),
                            ..problem
                        });
                    }
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                other => return other.map_err(|undecided| undecided.problem),
            }
        }
    }

    /// A page of the account's users, behind `after`: for managers.
    ///
    /// # Errors
    /// [`Code::NotCovered`] without the right to manage.
    pub async fn users(
        &self,
        session: &Session,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<NamedUser>, Problem> {
        may_manage(session)?;
        let account = session.authority().account;
        let rows = self.store().users_of(account, after, limit).await?;
        let mut users = Vec::with_capacity(rows.len());
        for row in rows {
            users.extend(self.named(session, row).await?);
        }
        Ok(users)
    }

    /// A user of the account: for managers, and for everybody himself.
    ///
    /// # Errors
    /// [`Code::NotFound`] also for another account's.
    pub async fn named_user(&self, session: &Session, user: UserId) -> Result<NamedUser, Problem> {
        if user != session.authority().user {
            may_manage(session)?;
        }
        let found = match self.store().user(user).await? {
            Some(row) => self.named(session, row).await?,
            None => None,
        };
        found.ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                "The account has no such user; `GET /v1/users` lists them.",
            )
        })
    }

    /// None if the row is not one of the session's account, by its record.
    async fn named(&self, session: &Session, row: UserRow) -> Result<Option<NamedUser>, Problem> {
        let Some(stored) = row.record else {
            return Ok(None);
        };
        let subject = row.user.subject();
        let record = match user_record(&stored) {
            Ok(record) if record.user == row.user => record,
            _ => {
                let detail = "its stored record can not be read, or is another user's";
                return Err(self
                    .unusable(BoxKind::Auth, subject, "unreadable", detail)
                    .await);
            }
        };
        Ok(
            (record.account == session.authority().account).then_some(NamedUser {
                login: row.login,
                display_name: row.display_name,
                record,
            }),
        )
    }
}

/// The record in a stored user.
pub(crate) fn user_record(stored: &[u8]) -> Result<UserRecord, Problem> {
    let sealed: Sealed<AuthRecord> = parse(stored, "user record")?;
    let record = sealed.body.into_user();
    record.ok_or_else(|| Problem::internal("a key's record for a user's"))
}

pub(crate) fn may_manage(session: &Session) -> Result<(), Problem> {
    if session.authority().rights.covers(Rights::MANAGE) {
        Ok(())
    } else {
        Err(Problem::new(
            Code::NotCovered,
            "Only a user with the right to manage may do that.",
        ))
    }
}

/// Whether nothing in the scope is beyond what the session may do itself.
pub(crate) fn may_give(session: &Session, scope: &UserScope) -> Result<(), Problem> {
    let own = session.authority();
    let (meters, all) = (scope.meters.as_slice(), own.meters.as_slice());
    let meters_are_own =
        all.is_empty() || (!meters.is_empty() && meters.iter().all(|one| all.contains(one)));
    if !own.rights.covers(scope.rights) || !meters_are_own {
        return Err(Problem::new(
            Code::NotCovered,
            "Nobody gives rights or meters that he has not himself.",
        ));
    }
    if scope.ceiling > own.ceiling {
        return Err(Problem::new(
            Code::Ceiling,
            "Nobody gives a ceiling above his own.",
        ));
    }
    Ok(())
}
