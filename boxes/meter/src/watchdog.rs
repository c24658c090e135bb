//! The inspection watchdog: when a meter is to be inspected next, and the status report that puts it
//! off. That a meter past its day dispenses nothing is in `debit`; the act that records an
//! inspection by people is in `acts`.
//!
//! A status report or a funding shows that the meter is in touch, as a telephone call did for meters
//! of metal: the next inspection is due one interval later.

use crate::MeterRules;
use crate::cover::Authorised;
use crate::equation::Balanced;
use crate::require;
use item::{Day, DecisionKind, Layout, MeterRecord, MeterState, Rights};
use keeper::{Change, Context};
use verify::statement_digest;
use wire::{RefusalCode, Report};

/// Sets the interval. The next inspection may come earlier by it, never later.
pub(crate) fn set_interval(record: &mut MeterRecord, days: u16, today: Day) {
    record.inspection_interval_days = days;
    if days != 0 {
        record.inspection_due = record.inspection_due.earlier(today.plus_days(days));
    }
}

/// The meter was in touch today.
pub(crate) fn restart(record: &mut MeterRecord, today: Day) {
    let days = record.inspection_interval_days;
    if days != 0 {
        record.inspection_due = today.plus_days(days);
    }
}

/// Compares the registers with what a user says they are. What they are is not told.
///
/// # Errors
/// In this order: `WrongInstallation`, `Mismatch` for a report of another meter,
/// `BadAuthority`, `AuthorityExpired`, `NotCovered`, `WrongState`, `ReportDiffers`.
pub(crate) fn report(
    rules: &MeterRules,
    context: &Context<'_>,
    mut meter: Balanced,
    shown: &Report,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let report = &shown.report;
    require(
        report.installation == context.installation.transcript().installation,
        RefusalCode::WrongInstallation,
    )?;
    let record = meter.record_mut();
    require(report.meter == record.serial, RefusalCode::Mismatch)?;
    let authorised = Authorised::open(&rules.authority, context.now, &shown.authority)?;
    let authority = authorised.covers(record, Rights::DISPENSE)?;
    require(authority.user == report.user, RefusalCode::NotCovered)?;
    // A suspended meter may be reported on, as it may be funded.
    require(
        matches!(record.state, MeterState::Licensed | MeterState::Active),
        RefusalCode::WrongState,
    )?;
    let held = (record.ascending, record.descending, record.piece_count);
    require(
        held == (report.ascending, report.descending, report.piece_count),
        RefusalCode::ReportDiffers,
    )?;
    let today = Day::of_time(context.now);
    record.inspected = today;
    restart(record, today);
    let change = meter.close(DecisionKind::Report)?;
    let evidence = report.to_bytes();
    Ok(change.because(statement_digest(&evidence), evidence))
}
