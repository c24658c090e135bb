//! What proves a repeated request to be the same caller's (P17). Kept in the encrypted journal
//! beside the decision that waits; never in the database.
//!
//! A password proves itself against a slow hash, either the record's or one kept here. So the
//! answer of an open log-in goes to nobody who shows a wrong password, and a right password is
//! never answered by somebody's open failure.

use crate::AuthRules;
use crate::passwords::{Passwords, fits};
use crate::recovery;
use item::{AuthRecord, Digest, Layout, LayoutError, Reader};
use vault::{PasswordHash, RecordKeys, same_bytes};
use verify::{api_key_digest, statement_digest};
use wire::{AuthRequest, Password, RefusalCode};

/// By what was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The same first password.
    SignUp(PasswordHash),
    /// The right password and the same session.
    LogIn(Digest),
    /// The same wrong password.
    Failed(PasswordHash),
    /// The same session, with its secret.
    LogOut(Digest),
    /// The right old password and the same new one.
    PasswordChange(PasswordHash),
    /// The very same act, log-in by key, or order about one's own key.
    Same(Digest),
    /// The same session of who ordered it, with its secret.
    Managed(Digest),
    /// The same secret of a key.
    Key(Digest),
    /// The code of the recovery and the same new password.
    Recovery(PasswordHash),
}

impl Layout for Proof {
    fn put(&self, out: &mut Vec<u8>) {
        let code: u8 = match self {
            Self::SignUp(_) => 1,
            Self::LogIn(_) => 2,
            Self::Failed(_) => 3,
            Self::LogOut(_) => 4,
            Self::PasswordChange(_) => 5,
            Self::Same(_) => 6,
            Self::Managed(_) => 7,
            Self::Key(_) => 8,
            Self::Recovery(_) => 9,
        };
        code.put(out);
        match self {
            Self::SignUp(hash)
            | Self::Failed(hash)
            | Self::PasswordChange(hash)
            | Self::Recovery(hash) => hash.put(out),
            Self::LogIn(digest)
            | Self::LogOut(digest)
            | Self::Same(digest)
            | Self::Managed(digest)
            | Self::Key(digest) => digest.put(out),
        }
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(match u8::get(reader)? {
            1 => Self::SignUp(Layout::get(reader)?),
            2 => Self::LogIn(Layout::get(reader)?),
            3 => Self::Failed(Layout::get(reader)?),
            4 => Self::LogOut(Layout::get(reader)?),
            5 => Self::PasswordChange(Layout::get(reader)?),
            6 => Self::Same(Layout::get(reader)?),
            7 => Self::Managed(Layout::get(reader)?),
            8 => Self::Key(Layout::get(reader)?),
            9 => Self::Recovery(Layout::get(reader)?),
            _ => return Err(LayoutError::Range("proof")),
        })
    }
}

/// Whether `shown` is in force in the record before the decision that waits.
fn in_force(
    keys: &RecordKeys,
    record: Option<&AuthRecord>,
    shown: &Password,
) -> Result<bool, RefusalCode> {
    match record {
        Some(AuthRecord::User(record)) => Passwords::open(keys, record)?.in_force(shown),
        Some(AuthRecord::Key(_)) | None => Ok(false),
    }
}

impl AuthRules {
    /// Whether `asked` proves itself as the request did whose decision waits.
    ///
    /// # Errors
    /// [`RefusalCode::Internal`] if a hash can not be computed: not proven either.
    pub(crate) fn proves(
        &self,
        keys: &RecordKeys,
        record: Option<&AuthRecord>,
        proof: &Proof,
        asked: AuthRequest,
    ) -> Result<bool, RefusalCode> {
        match (proof, asked) {
            (Proof::SignUp(hash), AuthRequest::SignUp(asked)) => fits(hash, &asked.password),
            (Proof::SignUp(hash), AuthRequest::AddUser(asked)) => fits(hash, &asked.password),
            (Proof::Managed(session), AuthRequest::SetUser(asked)) => {
                Ok(self.shows_session(session, &asked.manager.proof))
            }
            (Proof::Managed(session), AuthRequest::BeginRecovery(asked)) => {
                Ok(self.shows_session(session, &asked.manager.proof))
            }
            (Proof::Recovery(hash), AuthRequest::FinishRecovery(asked)) => match record {
                Some(AuthRecord::User(record)) => {
                    Ok(recovery::fits(record, &asked) && fits(hash, &asked.new)?)
                }
                Some(AuthRecord::Key(_)) | None => Ok(false),
            },
            (Proof::Managed(session), AuthRequest::AddKey(asked)) => {
                Ok(self.shows_session(session, &asked.owner.proof))
            }
            (Proof::Managed(session), AuthRequest::RollKey(asked)) => {
                Ok(self.shows_session(session, &asked.owner.proof))
            }
            (Proof::Managed(session), AuthRequest::RevokeKey(by)) => {
                Ok(self.shows_session(session, &by.proof))
            }
            (Proof::Key(digest), AuthRequest::UseKey(secret)) => Ok(match record {
                Some(AuthRecord::Key(record)) => {
                    same_bytes(&api_key_digest(record.key, &secret.0).0, &digest.0)
                }
                Some(AuthRecord::User(_)) | None => false,
            }),
            (Proof::LogIn(session), AuthRequest::LogIn(asked)) => {
                Ok(in_force(keys, record, &asked.password)?
                    && same_bytes(&session.0, &asked.session.0))
            }
            (Proof::Failed(hash), AuthRequest::LogIn(asked)) => fits(hash, &asked.password),
            (Proof::Failed(hash), AuthRequest::ChangePassword(asked)) => fits(hash, &asked.old),
            (Proof::LogOut(session), AuthRequest::LogOut(shown)) => {
                Ok(self.shows_session(session, &shown))
            }
            (Proof::PasswordChange(hash), AuthRequest::ChangePassword(asked)) => {
                Ok(in_force(keys, record, &asked.old)? && fits(hash, &asked.new)?)
            }
            (Proof::Same(digest), AuthRequest::Act(shown)) => {
                Ok(statement_digest(&shown.to_bytes()) == *digest)
            }
            (Proof::Same(digest), AuthRequest::KeyLogIn(asked)) => {
                Ok(statement_digest(&asked.to_bytes()) == *digest)
            }
            (Proof::Same(digest), AuthRequest::SetSigningKey(asked)) => {
                Ok(statement_digest(&asked.to_bytes()) == *digest)
            }
            _ => Ok(false),
        }
    }
}
