//! A new meter from a manufacture receipt of the keys box (P18). That a serial makes one meter only
//! is the engine's: it never forgets a subject.

use crate::{MeterRules, require};
use item::{
    BoxId, BoxKind, Counter, Day, DecisionKind, Digest, Epoch, KeyUsage, Layout, Limits,
    ManufactureReceipt, MeterRecord, MeterState, Mills, Signed, Subject, Suite, Suspension, Time,
    Zip,
};
use keeper::{Change, Context};
use vault::TokenKeys;
use verify::Verified;
use wire::RefusalCode;

/// Makes the record.
///
/// # Errors
/// `WrongInstallation`, `UnknownEpoch`, `BadSignature`, `Mismatch`, in this order; `Internal`
/// without entropy.
pub(crate) fn make(
    rules: &MeterRules,
    context: Context<'_>,
    subject: Subject,
    shown: Signed<ManufactureReceipt>,
) -> Result<Change<MeterRecord>, RefusalCode> {
    let bytes = shown.to_bytes();
    let receipt = open(&context, subject, shown)?;
    let token_keys = TokenKeys::derive(&rules.vendor, &rules.postal, receipt.serial)
        .and_then(|keys| keys.seal(context.keys, receipt.serial, context.entropy))
        .map_err(|_| RefusalCode::Internal)?;
    let specimen = context.installation.transcript().specimen;
    let suite = rules.item.1.public().suite();
    let record = new_record(&receipt, suite, specimen, token_keys);
    Ok(Change::of(record, DecisionKind::Manufacture).because(receipt.digest(), bytes))
}

/// Registers, limits and sequences at zero.
pub(crate) fn new_record(
    receipt: &ManufactureReceipt,
    suite: Suite,
    specimen: bool,
    token_keys: [[u8; 60]; 2],
) -> MeterRecord {
    MeterRecord {
        version: item::Version,
        suite,
        epoch: receipt.epoch,
        serial: receipt.serial,
        manufacturing_number: receipt.manufacturing_number,
        account: receipt.account,
        item_kind: receipt.item_kind,
        post: receipt.post,
        currency: receipt.currency,
        vendor: receipt.vendor,
        model: receipt.model,
        state: MeterState::Manufactured,
        suspended: Suspension::NONE,
        ascending: Mills::ZERO,
        descending: Mills::ZERO,
        piece_count: 0,
        deposits: Mills::ZERO,
        item_credits: Mills::ZERO,
        funding_sequence: 0,
        act_sequence: 0,
        credited_digest: Digest::ZERO,
        lowest_creditable_piece: 1,
        origin: Zip(0),
        licensing: Zip(0),
        token_keys,
        limits: Limits {
            item: Mills::ZERO,
            day: Mills::ZERO,
            month: Mills::ZERO,
            descending: Mills::ZERO,
        },
        day: Day::NONE,
        day_used: Mills::ZERO,
        month: Epoch(0),
        month_used: Mills::ZERO,
        inspected: Day::NONE,
        inspection_due: Day::NONE,
        inspection_interval_days: 0,
        item_head: Digest::ZERO,
        specimen,
        // The engine stamps these at every change.
        counter: Counter(0),
        last_time: Time(0),
        last_decision: Digest::ZERO,
        box_id: BoxId(0),
    }
}

fn open(
    context: &Context<'_>,
    subject: Subject,
    shown: Signed<ManufactureReceipt>,
) -> Result<Verified<ManufactureReceipt>, RefusalCode> {
    let installation = context.installation;
    let transcript = installation.transcript();
    require(
        shown.body.installation == transcript.installation,
        RefusalCode::WrongInstallation,
    )?;
    require(
        context.epochs.accepts(shown.body.epoch),
        RefusalCode::UnknownEpoch,
    )?;
    let (key, time) = (shown.body.key, shown.body.time);
    let receipt = installation
        .open_statement(shown, key, BoxKind::Keys, KeyUsage::Receipt, time)
        .map_err(|_| RefusalCode::BadSignature)?;
    require(
        receipt.serial.subject() == subject
            && receipt.transcript == installation.digest()
            && receipt.post == transcript.post
            && receipt.currency == transcript.currency
            && receipt.vendor == transcript.vendor
            && receipt.model == transcript.model,
        RefusalCode::Mismatch,
    )?;
    Ok(receipt)
}
