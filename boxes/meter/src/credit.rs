//! An item taken back: its value returns to the descending register, once (P23). Whether somebody
//! used the item is for the refunders to know, who compared it with the verifiers' scans.
//!
//! Nothing is signed here but the decision: what takes back is never an item (P25, V7).

use crate::equation::Balanced;
use crate::require;
use item::limits::DESCENDING_MAX;
use item::{
    CreditApproval, CreditedItem, CreditedPiece, Day, DecisionKind, ItemCredit, Layout,
    MeterRecord, MeterState, Mills, Payload, TranscriptBody,
};
use keeper::{Change, Context};
use verify::{Verified, credited_digest, open_by_quorum, open_payload, statement_digest};
use wire::{ItemCreditRequest, RefusalCode};

/// Credits an item to the meter that dispensed it.
///
/// # Errors
/// In this order: `Malformed`, `WrongInstallation`, `BadSignature`, `Expired`, `Mismatch`,
/// `WrongState`, `DescendingLimit`, `RegisterWidth`, `CreditedList`, `NotCreditable`,
/// `CreditWaiting`, `CreditWindow`, `AlreadyCredited`, `CreditedFull`.
pub(crate) fn credit(
    context: &Context<'_>,
    mut meter: Balanced,
    shown: ItemCreditRequest,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let ItemCreditRequest { credit, credited } = shown;
    let bytes = credit.to_bytes();
    let evidence = statement_digest(&bytes);
    let (approval, payload) = open(context, credit)?;
    let record = meter.record_mut();
    fits(record, &approval, &payload)?;
    require(
        matches!(
            record.state,
            MeterState::Active | MeterState::WithdrawalPending
        ),
        RefusalCode::WrongState,
    )?;
    raise(record, payload.value)?;
    require(
        credited_digest(&credited) == record.credited_digest,
        RefusalCode::CreditedList,
    )?;
    let pieces = record.lowest_creditable_piece..=record.piece_count;
    require(
        pieces.contains(&payload.piece_count),
        RefusalCode::NotCreditable,
    )?;
    // The list's day does not fall when an act sets the clock back.
    let day = credited.day().max(Day::of_time(context.now));
    let last_day = last_day(context.installation.transcript(), &payload, day)?;
    let piece = CreditedPiece {
        piece_count: payload.piece_count,
        last_day,
    };
    require(
        !credited.holds(piece.piece_count),
        RefusalCode::AlreadyCredited,
    )?;
    let credited = credited
        .with(day, piece)
        .map_err(|_| RefusalCode::CreditedFull)?;
    record.credited_digest = credited_digest(&credited);
    let row = CreditedItem {
        version: item::Version,
        meter: record.serial,
        piece_count: payload.piece_count,
        value: payload.value,
        counter: record.counter.next().ok_or(RefusalCode::Internal)?,
        last_day,
        day: credited.day(),
    };
    let mut change = meter.close(DecisionKind::ItemCredit)?;
    change.rows = vec![row.to_bytes()];
    Ok(change.because(evidence, bytes))
}

/// The refunders' approval, and the item by this kind of box's own signature.
fn open(
    context: &Context<'_>,
    credit: ItemCredit,
) -> Result<(Verified<CreditApproval>, Verified<Payload>), RefusalCode> {
    let transcript = context.installation.transcript();
    let payload = Payload::from_bytes(&credit.payload).map_err(|_| RefusalCode::Malformed)?;
    require(
        credit.approval.body.installation == transcript.installation,
        RefusalCode::WrongInstallation,
    )?;
    let bad = RefusalCode::BadSignature;
    let approval = open_by_quorum(credit.approval, &transcript.refunders).map_err(|_| bad)?;
    let key = context
        .installation
        .item_key(payload.key)
        .map_err(|_| bad)?;
    let payload = open_payload(payload, key).map_err(|_| bad)?;
    require(context.now < approval.expires, RefusalCode::Expired)?;
    Ok((approval, payload))
}

/// Approval, item and meter name each other.
fn fits(
    record: &MeterRecord,
    approval: &CreditApproval,
    payload: &Verified<Payload>,
) -> Result<(), RefusalCode> {
    require(
        approval.meter == record.serial
            && payload.meter == record.serial
            && payload.currency == record.currency
            && approval.piece_count == payload.piece_count
            && approval.value == payload.value
            && approval.payload == payload.digest(),
        RefusalCode::Mismatch,
    )
}

/// Books the value. The limit of the descending register holds for what comes back, too.
fn raise(record: &mut MeterRecord, value: Mills) -> Result<(), RefusalCode> {
    let limit = record.limits.descending.min(Mills(DESCENDING_MAX));
    record.descending = record
        .descending
        .plus(value)
        .filter(|after| *after <= limit)
        .ok_or(RefusalCode::DescendingLimit)?;
    record.item_credits = record
        .item_credits
        .plus(value)
        .ok_or(RefusalCode::RegisterWidth)?;
    Ok(())
}

/// Last day on which the item may be credited, if `day` is in its window.
fn last_day(transcript: &TranscriptBody, payload: &Payload, day: Day) -> Result<u16, RefusalCode> {
    let after = |days: u16| payload.mailing_day.number().saturating_add(days.into());
    require(
        day.number() >= after(transcript.credit_waiting_days),
        RefusalCode::CreditWaiting,
    )?;
    let last = after(transcript.credit_window_days);
    require(day.number() <= last, RefusalCode::CreditWindow)?;
    u16::try_from(last).map_err(|_| RefusalCode::CreditWindow)
}

/// What no box ever does: an item that nobody paid for, as a receipt of the void.
#[cfg(feature = "planted")]
pub(crate) fn planted_void(
    rules: &crate::MeterRules,
    mut change: Change<MeterRecord>,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let credit = ItemCredit::from_bytes(&change.evidence_bytes);
    let void = credit.and_then(|credit| Payload::from_bytes(&credit.payload));
    if planted::is(planted::Bug::SignsOnVoid)
        && let Ok(mut void) = void
    {
        void.piece_count = void.piece_count.saturating_add(1_000_000);
        let mut bytes = void.to_bytes();
        bytes.truncate(Payload::SIGNED_MESSAGE);
        let signed = rules.item.1.sign(verify::Tag::ITEM, &bytes);
        bytes.extend_from_slice(&signed.map_err(|_| RefusalCode::Internal)?);
        change.secret = bytes;
    }
    Ok(change)
}
