//! Rules of the auth box: users, passwords, sessions, and the authority that meter boxes believe
//! (P20, P21).
//!
//! Not here: freshness, sealing, journal and redelivery (`keeper`), Argon2id and MACs (`vault`), the
//! rate limits that stand before the box, and everything web. `boxd` runs [`AuthRules`] in a keeper.
//!
//! Who signs up founds an account: its id follows from the user's (`verify::account_of`), so that
//! nobody can sign up into somebody else's. Further users of an account are made by its managers.
//!
//! | file | one idea |
//! |---|---|
//! | `sign_on` | sign-up, log-in, failures, new passwords |
//! | `passwords` | the policy, and the five kept hashes |
//! | `session` | authority: granting, checking, renewing, ending |
//! | `manage` | further users of an account, and what they may do |
//! | `api_keys` | keys by which programs sign on for their user |
//! | `own_key` | a user's own key: set, and asked for |
//! | `recovery` | a new password for who lost it, a day later |
//! | `reissue` | a user or key made again after a restore |
//! | `proof` | what a repeated request must prove again (P17) |

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod api_keys;
pub mod limits;
mod manage;
mod own_key;
mod passwords;
mod proof;
mod recovery;
mod reissue;
mod session;
mod sign_on;
#[cfg(test)]
mod tests;

use item::{
    Act, ActBody, ApiKeyId, ApiKeyRecord, AuthRecord, BoxKind, Counter, DecisionKind, Epoch,
    Layout, MultiSigned, RequestId, Subject, Suite, UserId, UserRecord,
};
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Outdated, Rules, Stamp, StartError, Summary,
    open_act,
};
use manage::Managing;
use vault::{AuthorityKeys, Entropy, PasswordCost, RecordKeys, VaultError};
use wire::{AuthQuery, AuthRequest, Refusal, RefusalCode};

/// The rules of an auth box. They remember nothing: all that changes is in the records.
#[derive(Debug)]
pub struct AuthRules {
    authority: AuthorityKeys,
    suite: Suite,
    cost: PasswordCost,
}

impl AuthRules {
    /// From the box's package: the key of the authority MAC, of the epoch in force and its neighbours.
    ///
    /// # Errors
    /// [`StartError::Package`] if the package lacks one.
    pub fn new(ground: &Ground) -> Result<Self, StartError> {
        Ok(Self {
            authority: ground.authority_keys()?,
            suite: ground.statements.1.public().suite(),
            cost: PasswordCost::DEFAULT,
        })
    }

    /// The same with another cost of new hashes: tests and simulations make thousands.
    #[must_use]
    pub fn with_cost(self, cost: PasswordCost) -> Self {
        Self { cost, ..self }
    }

    /// Carries out an act on a user: rights and ceiling, with the end of all sessions; or a recovery.
    fn act(
        context: &Context<'_>,
        mut record: UserRecord,
        shown: MultiSigned<Act>,
    ) -> Result<Change<AuthRecord>, Declined> {
        let bytes = shown.to_bytes();
        let act = open_act(
            context,
            BoxKind::Auth,
            record.subject(),
            record.act_sequence,
            shown,
        )?;
        match &act.body {
            ActBody::SetUser { rights, ceiling } => {
                record.rights = *rights;
                record.ceiling = *ceiling;
                session::end_all(&mut record)?;
            }
            ActBody::Recover(digest) => recovery::begin(&mut record, context.now, *digest),
            ActBody::Register { .. }
            | ActBody::License { .. }
            | ActBody::Activate
            | ActBody::Suspend(_)
            | ActBody::Resume(_)
            | ActBody::Withdraw
            | ActBody::RefundBalance(_)
            | ActBody::SetLimits { .. }
            | ActBody::Inspect { .. }
            | ActBody::ConfirmTime(_)
            | ActBody::Unlatch
            | ActBody::Enrol(_)
            | ActBody::Redeliver { .. }
            | ActBody::RedeliverFrom(_)
            | ActBody::Reissue(_)
            | ActBody::OpenEpoch { .. } => return Err(RefusalCode::Mismatch.into()),
        }
        record.act_sequence = act.sequence;
        let mut change =
            Change::of(AuthRecord::User(record), DecisionKind::Act).because(act.digest(), bytes);
        change.proof = proof::Proof::Same(act.digest()).to_bytes();
        Ok(change)
    }

    /// What is asked about a user who exists.
    fn change_user(
        &self,
        context: Context<'_>,
        record: UserRecord,
        asked: AuthRequest,
    ) -> Result<Change<AuthRecord>, Declined> {
        match asked {
            AuthRequest::SignUp(_) | AuthRequest::AddUser(_) | AuthRequest::AddKey(_) => {
                Err(RefusalCode::Exists.into())
            }
            AuthRequest::LogIn(asked) => self.log_in(context, record, &asked),
            AuthRequest::LogOut(shown) => self.log_out(record, &shown),
            AuthRequest::ChangePassword(asked) => self.change_password(context, record, &asked),
            AuthRequest::Act(shown) => Self::act(&context, record, shown),
            AuthRequest::SetUser(ref order) => {
                let by = self.ordering(&context, record.subject(), &asked)?;
                Self::set_user(&Managing::of(by)?, record, order)
            }
            AuthRequest::BeginRecovery(ref order) => {
                let by = self.ordering(&context, record.subject(), &asked)?;
                Self::begin_recovery(context.now, &Managing::of(by)?, record, order)
            }
            AuthRequest::SetSigningKey(asked) => self.set_signing_key(&context, record, &asked),
            AuthRequest::KeyLogIn(asked) => self.log_in_by_key(&context, record, &asked),
            AuthRequest::FinishRecovery(asked) => self.finish_recovery(context, record, &asked),
            AuthRequest::RollKey(_) | AuthRequest::RevokeKey(_) | AuthRequest::UseKey(_) => {
                Err(RefusalCode::Mismatch.into())
            }
        }
    }

    /// What is asked about a key that exists. No act is for keys: `SetUser` on its user ends what it
    /// may do.
    fn change_key(
        &self,
        context: &Context<'_>,
        record: ApiKeyRecord,
        asked: AuthRequest,
    ) -> Result<Change<AuthRecord>, Declined> {
        match asked {
            AuthRequest::SignUp(_) | AuthRequest::AddUser(_) | AuthRequest::AddKey(_) => {
                Err(RefusalCode::Exists.into())
            }
            AuthRequest::RollKey(ref order) => {
                let by = self.ordering(context, record.subject(), &asked)?;
                Self::roll_key(context.now, &by, record, order)
            }
            AuthRequest::RevokeKey(ref who) => {
                let by = self.ordering(context, record.subject(), &asked)?;
                Self::revoke_key(&by, record, who)
            }
            AuthRequest::UseKey(secret) => Self::use_key(context, record, &secret),
            AuthRequest::LogIn(_)
            | AuthRequest::LogOut(_)
            | AuthRequest::ChangePassword(_)
            | AuthRequest::Act(_)
            | AuthRequest::SetUser(_)
            | AuthRequest::BeginRecovery(_)
            | AuthRequest::FinishRecovery(_)
            | AuthRequest::SetSigningKey(_)
            | AuthRequest::KeyLogIn(_) => Err(RefusalCode::Mismatch.into()),
        }
    }
}

fn request(body: &[u8]) -> Result<AuthRequest, RefusalCode> {
    AuthRequest::from_bytes(body).map_err(|_| RefusalCode::Malformed)
}

impl Rules for AuthRules {
    type Record = AuthRecord;

    const KIND: BoxKind = BoxKind::Auth;

    fn subject(record: &AuthRecord) -> Subject {
        record.subject()
    }

    fn counter(record: &AuthRecord) -> Counter {
        record.counter()
    }

    fn epoch(record: &AuthRecord) -> Epoch {
        record.epoch()
    }

    fn reseal(
        record: &mut AuthRecord,
        from: &RecordKeys,
        to: &RecordKeys,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        match record {
            AuthRecord::User(record) => {
                let user = record.subject();
                record.passwords = passwords::reseal(&user, &record.passwords, from, to, entropy)?;
                record.epoch = to.epoch();
            }
            // Nothing in it is sealed by itself.
            AuthRecord::Key(record) => record.epoch = to.epoch(),
        }
        Ok(())
    }

    fn renew_keys(&mut self, ground: &Ground) -> Result<(), StartError> {
        self.authority = ground.authority_keys()?;
        Ok(())
    }

    fn stamp(record: &mut AuthRecord, stamp: Stamp) {
        let (counter, epoch, time, decision, id) = match record {
            AuthRecord::User(user) => (
                &mut user.counter,
                &mut user.epoch,
                &mut user.last_time,
                &mut user.last_decision,
                &mut user.box_id,
            ),
            AuthRecord::Key(key) => (
                &mut key.counter,
                &mut key.epoch,
                &mut key.last_time,
                &mut key.last_decision,
                &mut key.box_id,
            ),
        };
        *counter = stamp.counter;
        *epoch = stamp.epoch;
        *time = stamp.time;
        *decision = stamp.decision;
        *id = stamp.box_id;
    }

    fn summary(record: &AuthRecord) -> Summary {
        Summary {
            act_sequence: record.act_sequence(),
            ..Summary::default()
        }
    }

    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<AuthRecord>, Declined> {
        let asked = request(body)?;
        match asked {
            AuthRequest::SignUp(asked) => self.sign_up(context, UserId(subject.0), &asked),
            AuthRequest::AddUser(ref order) => {
                let by = self.ordering(&context, subject, &asked)?;
                self.add_user(context, &Managing::of(by)?, UserId(subject.0), order)
            }
            AuthRequest::AddKey(ref order) => {
                let by = self.ordering(&context, subject, &asked)?;
                self.add_key(&context, &by, ApiKeyId(subject.0), order)
            }
            AuthRequest::LogIn(_)
            | AuthRequest::LogOut(_)
            | AuthRequest::ChangePassword(_)
            | AuthRequest::Act(_)
            | AuthRequest::SetUser(_)
            | AuthRequest::BeginRecovery(_)
            | AuthRequest::FinishRecovery(_)
            | AuthRequest::SetSigningKey(_)
            | AuthRequest::KeyLogIn(_)
            | AuthRequest::RollKey(_)
            | AuthRequest::RevokeKey(_)
            | AuthRequest::UseKey(_) => Err(RefusalCode::Unknown.into()),
        }
    }

    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<AuthRecord>,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<AuthRecord>, Declined> {
        let asked = request(body)?;
        match record.into_body() {
            AuthRecord::User(record) => self.change_user(context, record, asked),
            AuthRecord::Key(record) => self.change_key(&context, record, asked),
        }
    }

    fn reissue(
        &mut self,
        context: Context<'_>,
        outdated: Outdated<AuthRecord>,
    ) -> Result<Change<AuthRecord>, RefusalCode> {
        reissue::reissue(&context, outdated)
    }

    fn same_proof(
        &mut self,
        context: Context<'_>,
        record: Option<&AuthRecord>,
        proof: &[u8],
        body: &[u8],
    ) -> bool {
        match (proof::Proof::from_bytes(proof), request(body)) {
            (Ok(proof), Ok(asked)) => self
                .proves(context.keys, record, &proof, asked)
                .unwrap_or(false),
            _ => false,
        }
    }

    fn query(
        &mut self,
        context: Context<'_>,
        look: Look<'_, AuthRecord>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let asked = AuthQuery::from_bytes(body).map_err(|_| RefusalCode::Malformed)?;
        Ok(match asked {
            AuthQuery::Check(shown) => {
                self.check(context.now, &shown)?;
                Vec::new()
            }
            AuthQuery::Renew(asked) => {
                let shown = look(asked.record.as_slice())?;
                self.renew(context.now, shown, &asked.proof)?.to_bytes()
            }
            AuthQuery::Key(asked) => {
                let key = look(asked.record.as_slice())?;
                let user = look(asked.user.as_slice())?;
                self.sign_key_on(context.now, key, user, &asked)?.to_bytes()
            }
            AuthQuery::Challenge(user) => self
                .challenge(context.now, user, context.entropy)?
                .to_bytes(),
        })
    }
}
