//! Credit evidence: money that came in raises the descending register (P22). What comes back for an
//! item is in `credit`; nothing else raises it.

use crate::equation::Balanced;
use crate::{require, watchdog};
use item::limits::DESCENDING_MAX;
use item::{
    CreditEvidence, Day, DecisionKind, EvidenceKind, Layout, MeterRecord, MeterState, Mills,
    MultiSigned,
};
use keeper::{Change, Context};
use verify::{evidence_id, open_by_quorum};
use wire::RefusalCode;

/// Uses evidence, once: its sequence is the record's next.
///
/// # Errors
/// In this order: `WrongInstallation`, `BadSignature`, `FundingSequence`, `Expired`, `Mismatch`,
/// `WrongState`, `BadValue`, `DescendingLimit`, `RegisterWidth`.
pub(crate) fn refill(
    context: &Context<'_>,
    mut meter: Balanced,
    shown: MultiSigned<CreditEvidence>,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let bytes = shown.to_bytes();
    let transcript = context.installation.transcript();
    require(
        shown.body.installation == transcript.installation,
        RefusalCode::WrongInstallation,
    )?;
    let evidence =
        open_by_quorum(shown, &transcript.treasury).map_err(|_| RefusalCode::BadSignature)?;
    let record = meter.record_mut();
    let next = record.funding_sequence.checked_add(1) == Some(evidence.funding_sequence);
    #[cfg(feature = "planted")]
    let next = next || planted::is(planted::Bug::FundingSequence);
    require(next, RefusalCode::FundingSequence)?;
    require(context.now < evidence.expires, RefusalCode::Expired)?;
    let id = evidence_id(
        evidence.meter,
        evidence.funding_sequence,
        &evidence.reference,
    );
    require(
        evidence.meter == record.serial
            && evidence.currency == record.currency
            && evidence.id == id,
        RefusalCode::Mismatch,
    )?;
    // A suspended meter may be credited: that is how "no funds" ends.
    require(
        matches!(record.state, MeterState::Licensed | MeterState::Active),
        RefusalCode::WrongState,
    )?;
    let is_correction = evidence.kind == EvidenceKind::Correction;
    require(
        is_correction == (evidence.amount == Mills::ZERO),
        RefusalCode::BadValue,
    )?;
    if !is_correction {
        let limit = record.limits.descending.min(Mills(DESCENDING_MAX));
        record.descending = record
            .descending
            .plus(evidence.amount)
            .filter(|after| *after <= limit)
            .ok_or(RefusalCode::DescendingLimit)?;
        record.deposits = record
            .deposits
            .plus(evidence.amount)
            .ok_or(RefusalCode::RegisterWidth)?;
        watchdog::restart(record, Day::of_time(context.now));
    }
    record.funding_sequence = evidence.funding_sequence;
    let change = meter.close(DecisionKind::Refill)?;
    Ok(change.because(evidence.digest(), bytes))
}
