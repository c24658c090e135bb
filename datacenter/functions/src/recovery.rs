//! Recovery of a user who lost password or key: begun by a manager, ended a day later by its code (P21).
//!
//! Not here: operators begin one by an act (`acts`), and what a recovery must wait for, which the auth box
//! says. What is told of a log-in name is the same whether somebody has it or not.

use crate::problem::NO_RECOVERY;
use crate::sign_up::checked_password;
use crate::{Centre, Code, NamedUser, Problem, Session};
use item::{BoxKind, Digest, EventKind, Layout, Subject, UserId};
use store::Store;
use verify::request_id;
use wire::{AuthRequest, BeginRecovery, FinishRecovery, SessionSecret};

impl<S: Store> Centre<S> {
    /// Begins the recovery of another user of the session's account, or with a digest of zero calls one
    /// off. Said again, it finds itself done.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn begin_recovery(
        &self,
        session: &Session,
        key_digest: Digest,
        user: UserId,
        recovery: Digest,
    ) -> Result<NamedUser, Problem> {
        let before = self.named_user(session, user).await?;
        crate::users::may_manage(session)?;
        if before.record.recovery == recovery {
            return Ok(before);
        }
        let step = format!("recovery {}", before.record.counter.0);
        let request = request_id(&user.0, &key_digest, &step);
        let decided = self
            .ordered(session, user.subject(), request, |manager| {
                AuthRequest::BeginRecovery(BeginRecovery { manager, recovery })
            })
            .await?;
        let account = session.authority().account;
        self.write_chained(BoxKind::Auth, &decided, account, EventKind::UserChanged)
            .await?;
        self.tell_of_recovery(user.subject()).await;
        self.named_user(session, user).await
    }

    /// The notice that a recovery waits: operators see it among the alerts.
    pub(crate) async fn tell_of_recovery(&self, user: Subject) {
        let detail = "the recovery of a user was begun or called off; a log-in of the user ends it";
        self.alert(BoxKind::Auth, user, "recovery", detail, Vec::new())
            .await;
    }

    /// Ends a recovery: the new password is in force, all sessions of the user have ended, and a key of
    /// the user's own is gone.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn finish_recovery(
        &self,
        key_digest: Digest,
        login: &str,
        code: [u8; 32],
        new: String,
    ) -> Result<(), Problem> {
        let new = checked_password(new)?;
        let user = self
            .known_login(login)
            .await?
            .ok_or_else(|| Problem::new(Code::NoRecovery, NO_RECOVERY))?;
        let request = request_id(&user.user.0, &key_digest, "recover");
        let body = AuthRequest::FinishRecovery(FinishRecovery {
            code: SessionSecret(code),
            new,
        })
        .to_bytes();
        let decided = self
            .decide(BoxKind::Auth, user.user.subject(), request, || {
                Ok(body.clone())
            })
            .await?;
        self.write_chained(
            BoxKind::Auth,
            &decided,
            user.account,
            EventKind::UserChanged,
        )
        .await?;
        self.sessions_ended(&decided.delivery);
        self.inner.keys.forget_user(user.user);
        Ok(())
    }
}
