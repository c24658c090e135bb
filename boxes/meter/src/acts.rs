//! The life cycle, act by act (P9; patents.md, "Meter states"). One act moves money: the last one of a
//! meter pays its balance out (P24, P25).

use crate::equation::Balanced;
use crate::limits::{VALUE_MAX, ZIP_MAX};
use crate::{require, watchdog};
use item::limits::DESCENDING_MAX;
use item::{
    Act, ActBody, BalanceRefund, Beneficiary, BoxKind, Day, DecisionKind, Layout, Limits,
    MeterRecord, MeterState, Mills, MultiSigned, Suspension, Zip,
};
use keeper::{Change, Context, open_act};
use wire::RefusalCode;

/// Carries an act out, once.
///
/// # Errors
/// As for `keeper::open_act`; `Mismatch` for an act on something else than a meter; `WrongState`;
/// `BadValue` for limits that contradict each other; `Origin` for what is no ZIP code.
pub(crate) fn carry_out(
    context: &Context<'_>,
    mut meter: Balanced,
    shown: MultiSigned<Act>,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let bytes = shown.to_bytes();
    let record = meter.record_mut();
    let act = open_act(
        context,
        BoxKind::Meter,
        record.subject(),
        record.act_sequence,
        shown,
    )?;
    let (kind, paid) = match &act.body {
        ActBody::RefundBalance(refund) => {
            pay_out(record, refund)?;
            (DecisionKind::BalanceRefund, refund.amount)
        }
        body => {
            apply(record, body, Day::of_time(context.now))?;
            (DecisionKind::Act, Mills::ZERO)
        }
    };
    record.act_sequence = act.sequence;
    let change = meter.close_paying(kind, paid)?;
    Ok(change.because(act.digest(), bytes))
}

/// Takes the whole balance out of a meter that is being withdrawn, for the one who is named.
fn pay_out(record: &mut MeterRecord, refund: &BalanceRefund) -> Result<(), RefusalCode> {
    let to_itself = matches!(
        refund.beneficiary,
        Beneficiary::Meter { serial, .. } if serial == record.serial
    );
    require(
        refund.amount == record.descending && !to_itself,
        RefusalCode::Mismatch,
    )?;
    require(
        record.state == MeterState::WithdrawalPending,
        RefusalCode::WrongState,
    )?;
    record.descending = Mills::ZERO;
    record.state = MeterState::Withdrawn;
    Ok(())
}

fn apply(record: &mut MeterRecord, body: &ActBody, today: Day) -> Result<(), RefusalCode> {
    use MeterState::{Active, Licensed, Manufactured, Registered, WithdrawalPending, Withdrawn};
    let state = record.state;
    let only_in = |states: &[MeterState]| require(states.contains(&state), RefusalCode::WrongState);
    match body {
        ActBody::Register { origin, licensing } => {
            only_in(&[Manufactured])?;
            require(is_zip(*origin) && is_zip(*licensing), RefusalCode::Origin)?;
            record.origin = *origin;
            record.licensing = *licensing;
            record.state = Registered;
        }
        ActBody::License {
            limits,
            inspection_due,
            inspection_interval_days,
            // For audit: a box knows no applications.
            application: _,
        } => {
            only_in(&[Registered])?;
            require(are_sane(limits), RefusalCode::BadValue)?;
            record.limits = *limits;
            record.inspection_due = *inspection_due;
            watchdog::set_interval(record, *inspection_interval_days, today);
            record.state = Licensed;
        }
        ActBody::Activate => {
            only_in(&[Licensed])?;
            record.state = Active;
        }
        ActBody::Suspend(reasons) => {
            only_in(&[Registered, Licensed, Active, WithdrawalPending])?;
            require(!reasons.is_empty(), RefusalCode::WrongState)?;
            record.suspended = record.suspended.with(*reasons);
        }
        ActBody::Resume(reasons) => {
            only_in(&[Registered, Licensed, Active, WithdrawalPending])?;
            require(
                !reasons.is_empty() && are_set(*reasons, record.suspended),
                RefusalCode::WrongState,
            )?;
            record.suspended = record.suspended.without(*reasons);
        }
        ActBody::Withdraw => {
            require(state != Withdrawn, RefusalCode::WrongState)?;
            record.state = if record.descending == Mills::ZERO {
                Withdrawn
            } else {
                WithdrawalPending
            };
        }
        ActBody::SetLimits {
            limits,
            inspection_interval_days,
        } => {
            only_in(&[Licensed, Active])?;
            require(are_sane(limits), RefusalCode::BadValue)?;
            record.limits = *limits;
            watchdog::set_interval(record, *inspection_interval_days, today);
        }
        ActBody::Inspect { due } => {
            only_in(&[Registered, Licensed, Active])?;
            record.inspected = today;
            record.inspection_due = *due;
        }
        ActBody::RefundBalance(_)
        | ActBody::SetUser { .. }
        | ActBody::Recover(_)
        | ActBody::ConfirmTime(_)
        | ActBody::Unlatch
        | ActBody::Enrol(_)
        | ActBody::Redeliver { .. }
        | ActBody::RedeliverFrom(_)
        | ActBody::Reissue(_)
        | ActBody::OpenEpoch { .. } => return Err(RefusalCode::Mismatch),
    }
    Ok(())
}

fn is_zip(zip: Zip) -> bool {
    zip.0 <= ZIP_MAX
}

fn are_set(reasons: Suspension, suspended: Suspension) -> bool {
    reasons.without(suspended).is_empty()
}

/// Limits that a payload can carry, each within the next longer one.
fn are_sane(limits: &Limits) -> bool {
    limits.item <= VALUE_MAX
        && limits.item <= limits.day
        && limits.day <= limits.month
        && limits.descending.0 <= DESCENDING_MAX
}
