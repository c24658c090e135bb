//! Rules of the transaction box: for each account one chain of events, which the decisions of auth
//! and meter boxes made happen.
//!
//! Not here: freshness, sealing, journal and redelivery (`keeper`), and the order in which a server
//! chains what it decided (`functions`). `boxd` runs [`TransactionRules`] in a keeper.
//!
//! What the box checks: the decision is a box's of this installation, the event is one that such a
//! decision makes, and the entry before is the chain's newest. An auth decision is the founder's, whose
//! id the account's follows from, or comes with the record that it made: the decision names its
//! digest, and the record says of which account the user or key is. What a box can not see here, and audit
//! does against the records: that a meter belongs to the account, and that no decision is left out
//! or chained twice.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod event;
#[cfg(test)]
mod tests;

use item::{
    AccountId, AuthRecord, BoxId, BoxKind, ChainEntry, ChainRecord, Counter, Decision,
    DecisionKind, Digest, Epoch, EventKind, KeyUsage, Layout, RequestId, Sealed, Signed, Subject,
    Suite, Time, UserId, Version,
};
use keeper::{
    Change, Context, Declined, Fresh, Ground, Look, Outdated, Rules, Stamp, StartError, Summary,
};
use vault::{Entropy, RecordKeys, VaultError};
use verify::{Verified, account_of, record_digest, statement_digest};
use wire::{Append, ChainRequest, Refusal, RefusalCode};

/// The rules of a transaction box. They remember nothing: all that changes is in the records.
#[derive(Debug)]
pub struct TransactionRules {
    suite: Suite,
}

impl TransactionRules {
    /// From the box's package.
    ///
    /// # Errors
    /// Never: these rules need no key of their own. A `Result`, as for the other kinds of box.
    pub fn new(ground: &Ground) -> Result<Self, StartError> {
        Ok(Self {
            suite: ground.statements.1.public().suite(),
        })
    }
}

fn request(body: &[u8]) -> Result<Append, RefusalCode> {
    match ChainRequest::from_bytes(body) {
        Ok(ChainRequest::Append(append)) => Ok(append),
        Err(_) => Err(RefusalCode::Malformed),
    }
}

/// Checks that a box of this installation decided it.
fn open_decision(
    context: &Context<'_>,
    shown: Signed<Decision>,
) -> Result<Verified<Decision>, RefusalCode> {
    let Decision {
        installation,
        key,
        box_kind,
        time,
        ..
    } = shown.body;
    if installation != context.installation.transcript().installation {
        return Err(RefusalCode::WrongInstallation);
    }
    match box_kind {
        BoxKind::Auth | BoxKind::Meter => {}
        BoxKind::Keys | BoxKind::Transaction => return Err(RefusalCode::BadSignature),
    }
    context
        .installation
        .open_statement(shown, key, box_kind, KeyUsage::Decision, time)
        .map_err(|_| RefusalCode::BadSignature)
}

/// Whether the decision is one of the account's, as far as it says so itself, or the record does that
/// it made.
fn belongs(decision: &Decision, account: AccountId, record: &[u8]) -> bool {
    if record.is_empty() {
        return decision.box_kind != BoxKind::Auth
            || account_of(UserId(decision.subject.0)) == account;
    }
    decision.box_kind == BoxKind::Auth
        && record_digest(record) == decision.new
        && Sealed::<AuthRecord>::from_bytes(record)
            .is_ok_and(|record| record.body.account() == account)
}

/// Checks event and decision, and chains them behind `record`'s newest entry, which was
/// `previous`.
fn append(
    context: &Context<'_>,
    mut record: ChainRecord,
    asked: Append,
) -> Result<Change<ChainRecord>, Declined> {
    let decision = open_decision(context, asked.decision)?;
    if !event::made_by(asked.event, decision.box_kind, decision.decision)
        || event::founds(asked.event) != (record.counter == Counter(0))
        || !belongs(&decision, record.account, asked.record.as_slice())
    {
        return Err(RefusalCode::Mismatch.into());
    }
    if !follows(&record, asked.previous.as_ref()) {
        return Err(RefusalCode::PreviousEntry.into());
    }
    let sequence = record.counter.next().ok_or(RefusalCode::Internal)?.0;
    let entry = ChainEntry {
        version: Version,
        account: record.account,
        sequence,
        event: asked.event,
        subject: decision.subject,
        decision: decision.digest(),
        happened: decision.time,
        recorded: context.now,
        previous: record.head,
    }
    .to_bytes();
    record.head = statement_digest(&entry);
    let mut change = Change::of(record, DecisionKind::Append);
    change.head = change.record.head;
    // The database has the decision anyway, with the record that it changed.
    change.evidence = decision.digest();
    change.rows = vec![entry];
    Ok(change)
}

/// Whether `previous` is the newest entry of the chain; none, for one that has no entry yet.
fn follows(record: &ChainRecord, previous: Option<&ChainEntry>) -> bool {
    match previous {
        None => record.counter == Counter(0),
        Some(entry) => {
            statement_digest(&entry.to_bytes()) == record.head
                && entry.account == record.account
                && entry.sequence == record.counter.0
        }
    }
}

/// A chain made again from an older head (P28): it goes on with an entry that names the act, and the
/// entries between are lost.
fn reissue(
    context: &Context<'_>,
    outdated: Outdated<ChainRecord>,
) -> Result<Change<ChainRecord>, RefusalCode> {
    let next = outdated.reissue().known.next();
    let (act, ordered) = (outdated.act().digest(), outdated.act().issued);
    let mut record = outdated.into_record();
    let entry = ChainEntry {
        version: Version,
        account: record.account,
        sequence: next.ok_or(RefusalCode::Internal)?.0,
        event: EventKind::Reissued,
        subject: record.subject(),
        decision: act,
        happened: ordered,
        recorded: context.now,
        previous: record.head,
    }
    .to_bytes();
    record.head = statement_digest(&entry);
    let mut change = Change::of(record, DecisionKind::Reissue);
    change.head = change.record.head;
    change.rows = vec![entry];
    Ok(change)
}

impl Rules for TransactionRules {
    type Record = ChainRecord;

    const KIND: BoxKind = BoxKind::Transaction;

    fn subject(record: &ChainRecord) -> Subject {
        record.subject()
    }

    fn counter(record: &ChainRecord) -> Counter {
        record.counter
    }

    fn epoch(record: &ChainRecord) -> Epoch {
        record.epoch
    }

    fn reseal(
        record: &mut ChainRecord,
        _: &RecordKeys,
        to: &RecordKeys,
        _: &mut dyn Entropy,
    ) -> Result<(), VaultError> {
        // Nothing in a chain is secret.
        record.epoch = to.epoch();
        Ok(())
    }

    fn renew_keys(&mut self, _: &Ground) -> Result<(), StartError> {
        // These rules need no key of their own.
        Ok(())
    }

    fn stamp(record: &mut ChainRecord, stamp: Stamp) {
        record.counter = stamp.counter;
        record.epoch = stamp.epoch;
        record.last_time = stamp.time;
        record.last_decision = stamp.decision;
        record.box_id = stamp.box_id;
    }

    fn summary(_: &ChainRecord) -> Summary {
        Summary::default()
    }

    fn create(
        &mut self,
        context: Context<'_>,
        subject: Subject,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<ChainRecord>, Declined> {
        let asked = request(body)?;
        let empty = ChainRecord {
            version: Version,
            suite: self.suite,
            epoch: context.keys.epoch(),
            account: AccountId(subject.0),
            counter: Counter(0),
            head: Digest::ZERO,
            last_time: Time(0),
            last_decision: Digest::ZERO,
            box_id: BoxId(0),
        };
        append(&context, empty, asked)
    }

    fn change(
        &mut self,
        context: Context<'_>,
        record: Fresh<ChainRecord>,
        _: RequestId,
        body: &[u8],
    ) -> Result<Change<ChainRecord>, Declined> {
        append(&context, record.into_body(), request(body)?)
    }

    fn reissue(
        &mut self,
        context: Context<'_>,
        outdated: Outdated<ChainRecord>,
    ) -> Result<Change<ChainRecord>, RefusalCode> {
        reissue(&context, outdated)
    }

    fn same_proof(&mut self, _: Context<'_>, _: Option<&ChainRecord>, _: &[u8], _: &[u8]) -> bool {
        // A chain has no secrets: whoever may ask at all may have the answer again.
        true
    }

    fn query(
        &mut self,
        _: Context<'_>,
        _: Look<'_, ChainRecord>,
        _: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        // No question is known to this kind of box.
        Err(RefusalCode::Malformed.into())
    }
}
