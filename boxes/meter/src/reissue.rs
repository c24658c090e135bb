//! A meter made again from an older record and the box's memory (P28). That the act is genuine, the
//! next one, and says what the box remembers was seen by the engine.
//!
//! From the older record comes only what never changes once it is there, and reasons of suspension,
//! which the act adds to. Limits are zero until an act sets them, and with them the interval of
//! inspections: whatever day and month had used is used up by that.

use crate::equation::Balanced;
use crate::require;
use item::{
    Day, DecisionKind, Digest, Layout, Limits, MeterRecord, MeterState, Mills, Summary, Suspension,
};
use keeper::{Change, Context, Outdated};
use wire::RefusalCode;

/// Makes the record.
///
/// # Errors
/// `WrongState` if the older record is from before the meter had an origin, and the newest is not;
/// `Equation` if what the box remembers breaks V2; `Internal` for a memory that is no meter's.
pub(crate) fn reissue(
    context: &Context<'_>,
    outdated: Outdated<MeterRecord>,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let Summary {
        pieces,
        ascending,
        descending,
        deposits,
        item_credits,
        state,
        funding_sequence,
        act_sequence: _,
    } = outdated.reissue().memory;
    let state = MeterState::from_bytes(&[state]).map_err(|_| RefusalCode::Internal)?;
    let (act_sequence, act) = (outdated.act().sequence, outdated.act().digest());
    let older = outdated.into_record();
    // It would come back with a floating origin and no post office.
    let has_origin = |state| state != MeterState::Manufactured;
    require(
        has_origin(older.state) || !has_origin(state),
        RefusalCode::WrongState,
    )?;
    let today = Day::of_time(context.now);
    let record = MeterRecord {
        state,
        suspended: older.suspended.with(Suspension::RECONCILED),
        ascending,
        descending,
        piece_count: pieces,
        deposits,
        item_credits,
        funding_sequence,
        act_sequence,
        credited_digest: Digest::ZERO,
        lowest_creditable_piece: pieces.checked_add(1).ok_or(RefusalCode::RegisterWidth)?,
        limits: Limits {
            item: Mills::ZERO,
            day: Mills::ZERO,
            month: Mills::ZERO,
            descending: Mills::ZERO,
        },
        day: today,
        day_used: Mills::ZERO,
        month: today.month(),
        month_used: Mills::ZERO,
        // Comes with the limits: a meter without any dispenses nothing.
        inspection_interval_days: 0,
        // The chain of items begins anew, from the act.
        item_head: act,
        ..older
    };
    Balanced::remembered(record)?.close(DecisionKind::Reissue)
}
