//! Further users of an account, and what they may do (P21): ordered by a manager, who is a user of the
//! same account with the right to manage.
//!
//! An authority alone is not enough: it lives on for five minutes after its rights were taken, which
//! is long enough to make oneself another user. So the manager's own record is shown too and must be
//! the newest. Nobody sets what he himself may do, so that each account keeps a manager until
//! operators say otherwise: of two who disable each other, the second is none any more.

use crate::AuthRules;
use crate::own_key;
use crate::passwords::{Passwords, allowed};
use crate::proof::Proof;
use crate::session::end_all;
use item::limits::METERS_MAX;
use item::{
    AccountId, AuthRecord, Counter, DecisionKind, Layout, List, MeterSerial, Mills, Rights,
    Subject, UserId, UserOrder, UserRecord, Version,
};
use keeper::{Change, Context, Declined, Standing};
use verify::statement_digest;
use wire::{AddUser, AuthRequest, RefusalCode, SetUser};

/// What a user may do, or is to do.
pub(crate) struct Scope<'a> {
    pub(crate) rights: Rights,
    pub(crate) ceiling: Mills,
    pub(crate) meters: &'a List<MeterSerial, METERS_MAX>,
}

impl<'a> Scope<'a> {
    /// What a user may do now.
    pub(crate) fn of(record: &'a UserRecord) -> Self {
        Self {
            rights: record.rights,
            ceiling: record.ceiling,
            meters: &record.meters,
        }
    }

    /// Whether nothing in `self` is beyond `other`.
    ///
    /// # Errors
    /// `NotCovered`, `Ceiling`, in this order.
    pub(crate) fn is_within(&self, other: &Self) -> Result<(), RefusalCode> {
        if !other.rights.covers(self.rights) || !are_within(self.meters, other.meters) {
            return Err(RefusalCode::NotCovered);
        }
        if self.ceiling > other.ceiling {
            return Err(RefusalCode::Ceiling);
        }
        Ok(())
    }
}

/// None named means all.
fn are_within<const MAX: usize>(
    meters: &List<MeterSerial, MAX>,
    others: &List<MeterSerial, MAX>,
) -> bool {
    let (meters, others) = (meters.as_slice(), others.as_slice());
    others.is_empty() || (!meters.is_empty() && meters.iter().all(|one| others.contains(one)))
}

/// A user who is signed on now: whoever ordered holds an authority in force and its secret, the record
/// is the newest, and if it names a key of the user's own, that key signed the order. The witness that every order about a user or key asks for.
pub(crate) struct Ordering(UserRecord);

impl Ordering {
    /// The user.
    pub(crate) fn user(&self) -> &UserRecord {
        &self.0
    }
}

/// The same, with the right to manage the account.
pub(crate) struct Managing(UserRecord);

impl Managing {
    /// # Errors
    /// `NotCovered` without that right.
    pub(crate) fn of(Ordering(record): Ordering) -> Result<Self, RefusalCode> {
        match record.rights.covers(Rights::MANAGE) {
            true => Ok(Self(record)),
            false => Err(RefusalCode::NotCovered),
        }
    }

    /// Whether another user's record is one of this manager's account.
    ///
    /// # Errors
    /// `NotCovered`, also for a user of another account; `OwnRights`.
    pub(crate) fn manages(&self, other: &UserRecord) -> Result<(), RefusalCode> {
        if other.account != self.0.account {
            return Err(RefusalCode::NotCovered);
        }
        if other.user == self.0.user {
            return Err(RefusalCode::OwnRights);
        }
        Ok(())
    }

    /// The order, if the manager may give it.
    fn order(
        &self,
        user: UserId,
        counter: Counter,
        scope: &Scope<'_>,
    ) -> Result<UserOrder, RefusalCode> {
        scope.is_within(&Scope::of(&self.0))?;
        Ok(UserOrder {
            version: Version,
            account: self.0.account,
            by: self.0.user,
            user,
            counter,
            rights: scope.rights,
            ceiling: scope.ceiling,
            meters: scope.meters.clone(),
        })
    }

    /// The order that leaves what a user may do as it is, all of it within the manager's own.
    pub(crate) fn order_of(&self, record: &UserRecord) -> Result<UserOrder, RefusalCode> {
        let counter = record.counter.next().ok_or(RefusalCode::Internal)?;
        self.order(record.user, counter, &Scope::of(record))
    }

    /// Whose users.
    fn account(&self) -> AccountId {
        self.0.account
    }
}

impl AuthRules {
    /// Checks who orders something about a user or key.
    ///
    /// # Errors
    /// What is wrong with authority, secret or record; `NotCovered` for a user who is disabled;
    /// `OwnSignature`.
    pub(crate) fn ordering(
        &self,
        context: &Context<'_>,
        subject: Subject,
        asked: &AuthRequest,
    ) -> Result<Ordering, RefusalCode> {
        let shown = asked.signed_on().ok_or(RefusalCode::Malformed)?;
        self.check(context.now, &shown.proof)?;
        let found = context.others.look::<Self>(shown.record.as_slice())?;
        match found.standing {
            Standing::Newest => {}
            Standing::Older => return Err(RefusalCode::OrdererStale),
        }
        let record = found.record.into_body().into_user();
        let record = record.ok_or(RefusalCode::Mismatch)?;
        self.session_of(&record, &shown.proof)?;
        if record.rights.is_empty() {
            return Err(RefusalCode::NotCovered);
        }
        own_key::agrees(context, &record, subject, asked)?;
        Ok(Ordering(record))
    }

    /// Makes a further user of the manager's account.
    pub(crate) fn add_user(
        &self,
        context: Context<'_>,
        managing: &Managing,
        user: UserId,
        asked: &AddUser,
    ) -> Result<Change<AuthRecord>, Declined> {
        let scope = Scope {
            rights: asked.rights,
            ceiling: asked.ceiling,
            meters: &asked.meters,
        };
        let order = managing.order(user, Counter(1), &scope)?;
        allowed(&asked.password)?;
        let hash = self.hash(&asked.password, context.entropy)?;
        let proof = Proof::SignUp(hash.clone()).to_bytes();
        let passwords =
            Passwords::first(hash).seal(context.keys, &user.subject(), context.entropy)?;
        let mut record = self.new_user(context.keys.epoch(), user, managing.account(), passwords);
        set(&mut record, &order);
        let mut change = caused(record, DecisionKind::AddUser, &order);
        change.proof = proof;
        Ok(change)
    }

    /// Sets what another user of the manager's account may do. All sessions of that user end.
    pub(crate) fn set_user(
        managing: &Managing,
        mut record: UserRecord,
        asked: &SetUser,
    ) -> Result<Change<AuthRecord>, Declined> {
        managing.manages(&record)?;
        // Nor may somebody with less than a user has lock that user out.
        let before = Scope {
            ceiling: Mills::ZERO,
            ..Scope::of(&record)
        };
        before.is_within(&Scope::of(&managing.0))?;
        let scope = Scope {
            rights: asked.rights,
            ceiling: asked.ceiling,
            meters: &asked.meters,
        };
        let counter = record.counter.next().ok_or(RefusalCode::Internal)?;
        let order = managing.order(record.user, counter, &scope)?;
        set(&mut record, &order);
        end_all(&mut record)?;
        let mut change = caused(record, DecisionKind::SetUser, &order);
        change.proof = Proof::Managed(asked.manager.proof.authority.body.session).to_bytes();
        Ok(change)
    }
}

fn set(record: &mut UserRecord, order: &UserOrder) {
    record.rights = order.rights;
    record.ceiling = order.ceiling;
    record.meters = order.meters.clone();
}

pub(crate) fn caused(
    record: UserRecord,
    decision: DecisionKind,
    order: &UserOrder,
) -> Change<AuthRecord> {
    let bytes = order.to_bytes();
    Change::of(AuthRecord::User(record), decision).because(statement_digest(&bytes), bytes)
}
