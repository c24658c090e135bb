//! Recovery of a user who lost password or key (P21): begun by a manager of the account or by operators,
//! ended a day later by whoever has its code.
//!
//! Who can still sign on calls it off by doing so: nobody is taken over who looks in once a day. Beginning
//! one while another waits starts the time anew. Guesses at the code change nothing: it is 256 random bits.

use crate::AuthRules;
use crate::limits::{RECOVERY_OPEN_MS, RECOVERY_WAIT_MS};
use crate::manage::{Managing, caused};
use crate::passwords::{Passwords, allowed};
use crate::proof::Proof;
use crate::session::{after, end_all};
use crate::sign_on::{forgive, refusal};
use item::{AuthRecord, DecisionKind, Digest, Layout, Time, UserRecord};
use keeper::{Change, Context, Declined};
use vault::{RecordKeys, same_bytes};
use verify::recovery_digest;
use wire::{BeginRecovery, FinishRecovery, RefusalCode};

/// Begins a recovery; a digest of zero calls one off.
pub(crate) fn begin(record: &mut UserRecord, now: Time, recovery: Digest) {
    record.recovery = recovery;
    record.recovery_from = match recovery {
        Digest::ZERO => Time(0),
        _ => after(now, RECOVERY_WAIT_MS),
    };
}

/// Nothing is under way any more.
pub(crate) fn call_off(record: &mut UserRecord) {
    begin(record, Time(0), Digest::ZERO);
}

/// Whether the code is that of the recovery under way.
pub(crate) fn fits(record: &UserRecord, asked: &FinishRecovery) -> bool {
    let shown = recovery_digest(record.user, &asked.code.0);
    record.recovery_from != Time(0) && same_bytes(&shown.0, &record.recovery.0)
}

impl AuthRules {
    /// Begins the recovery of another user of the manager's account, who has nothing that the manager
    /// has not: whoever begins one may end it.
    pub(crate) fn begin_recovery(
        now: Time,
        managing: &Managing,
        mut record: UserRecord,
        asked: &BeginRecovery,
    ) -> Result<Change<AuthRecord>, Declined> {
        managing.manages(&record)?;
        let order = managing.order_of(&record)?;
        begin(&mut record, now, asked.recovery);
        let mut change = caused(record, DecisionKind::BeginRecovery, &order);
        change.proof = Proof::Managed(asked.manager.proof.authority.body.session).to_bytes();
        Ok(change)
    }

    /// Ends a recovery: a new password, no key, no session.
    pub(crate) fn finish_recovery(
        &self,
        context: Context<'_>,
        mut record: UserRecord,
        asked: &FinishRecovery,
    ) -> Result<Change<AuthRecord>, Declined> {
        let from = record.recovery_from;
        // The code first: who does not have it learns nothing.
        if !fits(&record, asked) || context.now >= after(from, RECOVERY_OPEN_MS) {
            return Err(RefusalCode::NoRecovery.into());
        }
        if context.now < from {
            return Err(refusal(RefusalCode::RecoveryWaiting, from).into());
        }
        let hash = self.renewed(context.keys, &mut record, &asked.new, context.entropy)?;
        call_off(&mut record);
        record.signing_key = None;
        forgive(&mut record);
        end_all(&mut record)?;
        let mut change = Change::of(AuthRecord::User(record), DecisionKind::FinishRecovery);
        change.proof = Proof::Recovery(hash).to_bytes();
        Ok(change)
    }

    /// Puts a new password in force that policy and history allow; gives its hash.
    pub(crate) fn renewed(
        &self,
        keys: &RecordKeys,
        record: &mut UserRecord,
        new: &wire::Password,
        entropy: &mut dyn vault::Entropy,
    ) -> Result<vault::PasswordHash, RefusalCode> {
        allowed(new)?;
        let passwords = Passwords::open(keys, record)?;
        if passwords.any(new)? {
            return Err(RefusalCode::PasswordPolicy);
        }
        let hash = self.hash(new, entropy)?;
        let followed = passwords.followed_by(hash.clone());
        record.passwords = followed.seal(keys, &record.subject(), entropy)?;
        Ok(hash)
    }
}
