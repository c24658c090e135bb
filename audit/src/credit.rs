//! Credit evidence (P22): the only thing that raises a descending register.

use crate::context::Audit;
use crate::line::Made;
use crate::scratch::Once;
use crate::{Code, evidence};
use item::{CreditEvidence, EvidenceKind, MeterRecord, MeterSerial, Mills};

/// The evidence that caused a refill, and whether its funding sequence follows `before`.
pub(crate) fn refill(
    audit: &mut Audit<'_>,
    made: &Made,
    record: Option<&MeterRecord>,
    before: u64,
) -> rusqlite::Result<Option<CreditEvidence>> {
    let Some(bytes) = evidence::fetch(audit, made)? else {
        return Ok(None);
    };
    let treasury = &audit.transcript().treasury;
    let Some(credit) = evidence::signed_by_many::<CreditEvidence>(audit, made, &bytes, treasury)
    else {
        return Ok(None);
    };
    let body = &made.body;
    let amount_fits = (credit.amount == Mills::ZERO) == (credit.kind == EvidenceKind::Correction);
    let fits = credit.installation == body.installation
        && MeterSerial::of_subject(&body.subject) == Some(credit.meter)
        && record.is_none_or(|record| record.currency == credit.currency)
        && credit.id
            == verify::evidence_id(credit.meter, credit.funding_sequence, &credit.reference)
        && amount_fits
        && body.time < credit.expires;
    audit.expect(
        fits,
        Code::EvidenceDiffers,
        made.place(),
        "the credit evidence is for another meter or currency, had expired, or carries another's id",
        credit.amount,
    );
    audit.expect(
        Some(credit.funding_sequence) == before.checked_add(1),
        Code::SequenceGap,
        made.place(),
        format_args!(
            "funding sequence {} after {before}",
            credit.funding_sequence
        ),
        credit.amount,
    );
    used_once(audit, made, &credit)?;
    Ok(Some(credit))
}

/// One id and one confirmed payment raise one register once, in the whole installation.
fn used_once(audit: &mut Audit<'_>, made: &Made, credit: &CreditEvidence) -> rusqlite::Result<()> {
    let place = made.place().to_string();
    let id = audit.scratch.once(Once::EvidenceId, &credit.id.0, &place)?;
    let payment = if credit.kind == EvidenceKind::Deposit {
        audit
            .scratch
            .once(Once::Payment, &credit.reference.0, &place)?
    } else {
        None
    };
    if credit.kind == EvidenceKind::Deposit {
        let credited = (credit.meter.0, credit.funding_sequence, credit.amount);
        audit.scratch.deposit(&credit.reference, credited)?;
    }
    for earlier in [id, payment].into_iter().flatten() {
        let message = format!("the same payment was credited at {earlier}");
        audit.problem(Code::CreditedTwice, &place, message, credit.amount);
    }
    Ok(())
}

/// Every balance that was transferred is the deposit that it was to be, or still waits (P24).
pub(crate) fn transfers(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let mut found = Vec::new();
    audit
        .scratch
        .transfers(|meter, amount, credited| found.push((meter, amount, credited)))?;
    for (meter, amount, credited) in found {
        let place = format!("meters {meter}");
        match credited {
            Some(true) => {}
            Some(false) => {
                let message = "a balance that was transferred was credited otherwise";
                audit.problem(Code::TransferDiffers, place, message, amount);
            }
            None => {
                let message = format!("a balance of {amount} waits to be credited to it");
                audit.notice(Code::TransferOpen, place, message);
            }
        }
    }
    Ok(())
}
