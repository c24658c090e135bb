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
//! | `reissue` | a user made again after a restore |
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

pub mod limits;
mod manage;
mod passwords;
mod proof;
mod reissue;
mod session;
mod sign_on;
#[cfg(test)]
mod tests;

use item::{
    Act, ActBody, BoxKind, Counter, DecisionKind, Epoch, Layout, MultiSigned, RequestId, Subject,
    Suite, UserId, UserRecord,
};
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Outdated, Rules, Stamp, StartError, Summary,
    open_act,
};
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

    /// Carries out an act on a user: rights and ceiling, with the end of all sessions.
    fn act(
        context: &Context<'_>,
        mut record: UserRecord,
        shown: MultiSigned<Act>,
    ) -> Result<Change<UserRecord>, Declined> {
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
            }
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
        session::end_all(&mut record)?;
        record.act_sequence = act.sequence;
        let mut change = Change::of(record, DecisionKind::Act).because(act.digest(), bytes);
        change.proof = proof::Proof::Act(act.digest()).to_bytes();
        Ok(change)
    }
}

fn request(body: &[u8]) -> Result<AuthRequest, RefusalCode> {
    AuthRequest::from_bytes(body).map_err(|_| RefusalCode::Malformed)
}

impl Rules for AuthRules {
    type Record = UserRecord;

    const KIND: BoxKind = BoxKind::Auth;

    fn subject(record: &UserRecord) -> Subject {
        record.subject()
    }

    fn counter(record: &UserRecord) -> Counter {
        record.counter
    }

    fn epoch(record: &UserRecord) -> Epoch {
        record.epoch
    }

    fn reseal(
        record: &mut UserRecord,
        from: &RecordKeys,
        to: &RecordKeys,
        entropy: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        let user = record.subject();
        record.passwords = passwords::reseal(&user, &record.passwords, from, to, entropy)?;
        record.epoch = to.epoch();
        Ok(())
    }

    fn renew_keys(&mut self, ground: &Ground) -> Result<(), StartError> {
        self.authority = ground.authority_keys()?;
        Ok(())
    }

    fn stamp(record: &mut UserRecord, stamp: Stamp) {
        record.counter = stamp.counter;
        record.epoch = stamp.epoch;
        record.last_time = stamp.time;
        record.last_decision = stamp.decision;
        record.box_id = stamp.box_id;
    }

    fn summary(record: &UserRecord) -> Summary {
        Summary {
            act_sequence: record.act_sequence,
            ..Summary::default()
        }
    }

    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<UserRecord>, Declined> {
        match request(body)? {
            AuthRequest::SignUp(asked) => self.sign_up(context, UserId(subject.0), &asked),
            AuthRequest::AddUser(asked) => self.add_user(context, UserId(subject.0), &asked),
            AuthRequest::LogIn(_)
            | AuthRequest::LogOut(_)
            | AuthRequest::ChangePassword(_)
            | AuthRequest::Act(_)
            | AuthRequest::SetUser(_) => Err(RefusalCode::Unknown.into()),
        }
    }

    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<UserRecord>,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<UserRecord>, Declined> {
        let record = record.into_body();
        match request(body)? {
            AuthRequest::SignUp(_) | AuthRequest::AddUser(_) => Err(RefusalCode::Exists.into()),
            AuthRequest::LogIn(asked) => self.log_in(context, record, &asked),
            AuthRequest::LogOut(shown) => self.log_out(record, &shown),
            AuthRequest::ChangePassword(asked) => self.change_password(context, record, &asked),
            AuthRequest::Act(shown) => Self::act(&context, record, shown),
            AuthRequest::SetUser(asked) => self.set_user(&context, record, &asked),
        }
    }

    fn reissue(
        &mut self,
        context: Context<'_>,
        outdated: Outdated<UserRecord>,
    ) -> Result<Change<UserRecord>, RefusalCode> {
        reissue::reissue(&context, outdated)
    }

    fn same_proof(
        &mut self,
        context: Context<'_>,
        record: Option<&UserRecord>,
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
        look: Look<'_, UserRecord>,
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
                self.renew(context.now, &shown, &asked.proof)?.to_bytes()
            }
        })
    }
}
