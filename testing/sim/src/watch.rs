//! The watcher at the boxes' doors: sees every reply that leaves a box and keeps accounts of its
//! own, with plain sums and nothing of the boxes' code but the layouts.
//!
//! What it holds against them: V1 (each signed item was debited its value, once), V7 and P23 (an item is
//! taken back once, and nothing is signed for it), V2 (registers add
//! up, against the treasury's own list), V3 and P16 (each decision rests on the one before it), P9 and
//! P22 (each act and credit works once), P14 (what was answered is never forgotten), P17 (the same
//! bytes again; secrets only to who asked first).

use item::{
    Act, ActBody, BoxKind, ChainRecord, Counter, CreditedItem, Decision, DecisionKind, Digest,
    ItemCredit, ItemRecord, Layout, MeterRecord, MultiSigned, Payload, RequestId, Sealed, Signed,
    Subject,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use verify::statement_digest;
use wire::{Delivery, Entry, Outcome, RefusalCode, Reply, Request};

/// Entries remembered.
const HEARD_MAX: usize = 48;

/// Something that must never happen.
pub type Violation = String;

/// What the watcher knows of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// Counter.
    pub counter: Counter,
    /// Digest of the record.
    pub digest: Digest,
}

/// A meter by plain sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Registers {
    /// Spent.
    pub ascending: u64,
    /// Left.
    pub descending: u64,
    /// Paid in.
    pub deposits: u64,
    /// Items.
    pub pieces: u32,
    /// Taken back.
    pub credits: u64,
    /// Paid out.
    pub paid: u64,
}

/// What one box has let out, in order: what it must rest on from now on.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// Newest decision of each subject.
    pub newest: BTreeMap<Subject, Newest>,
    /// Registers of each meter.
    pub meters: BTreeMap<Subject, Registers>,
    /// Evidence that was used.
    used: BTreeSet<Digest>,
    /// Every decision that was let out, by the digest of its signed bytes.
    seen: HashMap<Digest, Digest>,
}

/// The watcher.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// One line for each kind of box.
    pub lines: BTreeMap<BoxKindKey, Line>,
    /// The latest entries that servers sent, for a server that repeats what it saw.
    pub heard: VecDeque<(BoxKind, Entry)>,
    /// Who first asked for what is secret, and how.
    asked: HashMap<RequestId, Digest>,
    /// Credits that the treasury signed, by digest: amount and meter.
    pub credits: BTreeMap<Digest, (u64, Subject)>,
    /// Approvals that the refunder signed, by digest.
    pub approvals: BTreeSet<Digest>,
    /// Items that were taken back, by meter and piece.
    pub voids: BTreeSet<(Subject, u32)>,
    /// Items let out, by meter and piece.
    pub items: BTreeMap<(Subject, u32), Vec<u8>>,
    /// A box was put back: two items of one number may exist, and show it.
    pub may_fork: bool,
    /// Refusal codes seen.
    pub refusals: BTreeMap<u16, u64>,
    /// Replies seen.
    pub replies: u64,
}

/// A kind of box as a key of maps.
pub type BoxKindKey = u8;

fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(what()) }
}

impl Watch {
    /// Looks at one request and the reply that leaves for it.
    ///
    /// # Errors
    /// What must never happen, and did.
    pub fn reply(
        &mut self,
        kind: BoxKind,
        request: &Request,
        reply: &Reply,
    ) -> Result<(), Violation> {
        self.replies += 1;
        match (request, reply) {
            (Request::Decide(entries), Reply::Decided(outcomes)) => {
                for (entry, outcome) in entries.into_iter().zip(outcomes) {
                    self.heard.push_back((kind, entry.clone()));
                    if self.heard.len() > HEARD_MAX {
                        self.heard.pop_front();
                    }
                    self.outcome(kind, entry, outcome)?;
                }
                Ok(())
            }
            (_, Reply::Refused(refusal)) => {
                self.refused(refusal.code);
                Ok(())
            }
            (_, Reply::Open(open)) => open.into_iter().try_for_each(|delivery| {
                self.no_secret(delivery)?;
                self.delivery(kind, delivery)
            }),
            (_, Reply::Acted(Some(delivery))) => self.no_secret(delivery),
            _ => Ok(()),
        }
    }

    fn refused(&mut self, code: RefusalCode) {
        *self.refusals.entry(code.code()).or_default() += 1;
    }

    fn outcome(
        &mut self,
        kind: BoxKind,
        entry: &Entry,
        outcome: &Outcome,
    ) -> Result<(), Violation> {
        match outcome {
            Outcome::Done(delivery) => {
                require(delivery.request == entry.request, || {
                    format!(
                        "P17: request {} got another's answer as its own",
                        entry.request
                    )
                })?;
                self.secret(entry, delivery)?;
                self.delivery(kind, delivery)
            }
            Outcome::Failed(failed) => {
                self.refused(failed.refusal.code);
                self.no_secret(&failed.delivery)?;
                self.delivery(kind, &failed.delivery)
            }
            Outcome::Open(delivery) => {
                self.no_secret(delivery)?;
                self.delivery(kind, delivery)
            }
            Outcome::Refused(refusal) => {
                self.refused(refusal.code);
                Ok(())
            }
            Outcome::Declined(orders) => {
                for order in orders {
                    if let Err(refusal) = &order.result {
                        self.refused(refusal.code);
                    }
                }
                Ok(())
            }
        }
    }

    fn no_secret(&self, delivery: &Delivery) -> Result<(), Violation> {
        require(delivery.secret.is_empty(), || {
            format!("P17: a secret of {} went to a stranger", delivery.request)
        })
    }

    /// Secrets go to whoever asked first, with the same body (P17).
    fn secret(&mut self, entry: &Entry, delivery: &Delivery) -> Result<(), Violation> {
        if delivery.secret.is_empty() {
            return Ok(());
        }
        let body = statement_digest(entry.body.as_slice());
        let first = *self.asked.entry(entry.request).or_insert(body);
        require(first == body, || {
            format!("P17: the secret of {} went to another proof", entry.request)
        })
    }

    /// One decision that leaves a box, for the first time or again.
    fn delivery(&mut self, kind: BoxKind, delivery: &Delivery) -> Result<(), Violation> {
        let bytes = statement_digest(&whole(delivery));
        let signed: Signed<Decision> = Signed::from_bytes(delivery.decision.as_slice())
            .map_err(|error| format!("a decision can not be read: {error}"))?;
        let decision = &signed.body;
        let name = statement_digest(delivery.decision.as_slice());
        let what = format!(
            "{} {} counter {} ({:?})",
            kind.name(),
            decision.subject,
            decision.counter.0,
            decision.decision
        );
        let line = self.lines.entry(kind.code()).or_default();
        if let Some(before) = line.seen.get(&name) {
            return require(*before == bytes, || {
                format!("P17: {what} was delivered again with other bytes")
            });
        }
        line.seen.insert(name, bytes);
        let before = line.newest.get(&decision.subject).copied();
        let (counter, digest) = before.map_or((0, Digest::ZERO), |n| (n.counter.0, n.digest));
        require(decision.counter.0 == counter + 1, || {
            format!("P16: {what} follows counter {counter}")
        })?;
        require(decision.old == digest, || {
            format!("P16: {what} does not rest on the record before it")
        })?;
        line.newest.insert(
            decision.subject,
            Newest {
                counter: decision.counter,
                digest: decision.new,
            },
        );
        // What a chain records may be recorded by two servers at once, and a status report moves no
        // money; acts and credits work once.
        let works_once = kind != BoxKind::Transaction && decision.decision != DecisionKind::Report;
        if decision.evidence != Digest::ZERO && works_once {
            require(line.used.insert(decision.evidence), || {
                format!("P9, P22: {what} uses a statement a second time")
            })?;
        }
        match kind {
            BoxKind::Meter => self.meter(decision, delivery, &what),
            BoxKind::Transaction => {
                let record: Sealed<ChainRecord> = Sealed::from_bytes(delivery.record.as_slice())
                    .map_err(|error| format!("{what}: {error}"))?;
                require(record.body.counter == decision.counter, || {
                    format!("P7: {what} and its record disagree")
                })
            }
            BoxKind::Auth | BoxKind::Keys => Ok(()),
        }
    }

    fn meter(
        &mut self,
        decision: &Decision,
        delivery: &Delivery,
        what: &str,
    ) -> Result<(), Violation> {
        let record: Sealed<MeterRecord> = Sealed::from_bytes(delivery.record.as_slice())
            .map_err(|error| format!("{what}: {error}"))?;
        let line = self.lines.entry(BoxKind::Meter.code()).or_default();
        let mut sums = line
            .meters
            .get(&decision.subject)
            .copied()
            .unwrap_or_default();
        require(!holds_item(delivery.secret.as_slice()), || {
            format!("V7: {what} answers with an item beside its rows")
        })?;
        match decision.decision {
            DecisionKind::Refill => {
                let credit = self.credits.get(&decision.evidence);
                let (amount, meter) =
                    credit.ok_or_else(|| format!("P22: {what} rests on no credit of ours"))?;
                require(*meter == decision.subject, || {
                    format!("P22: {what} uses another meter's credit")
                })?;
                sums.deposits += amount;
                sums.descending += amount;
            }
            DecisionKind::Dispense => {
                require(!delivery.rows.as_slice().is_empty(), || {
                    format!("V1: {what} dispensed nothing")
                })?;
                for row in &delivery.rows {
                    let item = ItemRecord::from_bytes(row.as_slice())
                        .map_err(|error| format!("{what}: {error}"))?;
                    debit(&mut sums, &item).map_err(|why| format!("V1: {what}: {why}"))?;
                    let key = (decision.subject, item.piece_count);
                    let payload = item.payload.as_slice().to_vec();
                    let known = self.items.insert(key, payload.clone());
                    require(
                        self.may_fork || known.is_none_or(|known| known == payload),
                        || format!("V1: {what} signed piece {} twice", item.piece_count),
                    )?;
                }
            }
            DecisionKind::BalanceRefund => {
                let amount = paid_out(delivery).map_err(|why| format!("P24: {what}: {why}"))?;
                require(amount == sums.descending, || {
                    format!("P24: {what} pays {amount} out of {}", sums.descending)
                })?;
                sums.paid += amount;
                sums.descending = 0;
                require(delivery.rows.as_slice().is_empty(), || {
                    format!("V7: {what} made items")
                })?;
            }
            DecisionKind::ItemCredit => {
                let value = self.taken_back(decision, delivery, what)?;
                sums.credits += value;
                sums.descending += value;
            }
            _ => require(delivery.rows.as_slice().is_empty(), || {
                format!("V7: {what} made items")
            })?,
        }
        let body = &record.body;
        let shown = Registers {
            ascending: body.ascending.0,
            descending: body.descending.0,
            deposits: body.deposits.0,
            pieces: body.piece_count,
            credits: body.item_credits.0,
            paid: body.balance_refunds().unwrap_or_default().0,
        };
        require(shown == sums, || {
            format!("V2: {what}: registers {shown:?}, by plain sums {sums:?}")
        })?;
        let came_in = sums.deposits + sums.credits;
        require(
            sums.ascending + sums.descending + sums.paid == came_in,
            || format!("V2: {what}: {sums:?} do not add up"),
        )?;
        let line = self.lines.entry(BoxKind::Meter.code()).or_default();
        line.meters.insert(decision.subject, sums);
        Ok(())
    }

    /// An item that was taken back: approved, let out before, and once. Its value.
    fn taken_back(
        &mut self,
        decision: &Decision,
        delivery: &Delivery,
        what: &str,
    ) -> Result<u64, Violation> {
        let credit = ItemCredit::from_bytes(delivery.evidence.as_slice())
            .map_err(|error| format!("{what}: {error}"))?;
        let approval = statement_digest(&credit.approval.to_bytes());
        require(self.approvals.contains(&approval), || {
            format!("P23: {what} rests on no approval of ours")
        })?;
        let payload =
            Payload::from_bytes(&credit.payload).map_err(|error| format!("{what}: {error}"))?;
        let key = (decision.subject, payload.piece_count);
        let known = self.items.get(&key).map(Vec::as_slice);
        require(
            known == Some(&credit.payload[..]) || known.is_some() && self.may_fork,
            || format!("P23: {what} takes back what was never let out"),
        )?;
        require(self.voids.insert(key) || self.may_fork, || {
            format!("P23: {what} takes piece {} back twice", payload.piece_count)
        })?;
        let rows = delivery.rows.as_slice();
        let row = rows
            .first()
            .and_then(|row| CreditedItem::from_bytes(row.as_slice()).ok());
        require(
            rows.len() == 1 && row.is_some_and(|row| row.piece_count == payload.piece_count),
            || format!("V7: {what} made other rows"),
        )?;
        Ok(payload.value.0)
    }
}

/// What the act of a balance refund names.
fn paid_out(delivery: &Delivery) -> Result<u64, String> {
    let act = MultiSigned::<Act>::from_bytes(delivery.evidence.as_slice());
    match act.map_err(|error| error.to_string())?.body.body {
        ActBody::RefundBalance(refund) => Ok(refund.amount.0),
        other => Err(format!("it rests on {:?}", other.kind())),
    }
}

/// Whether somewhere in these bytes stands what can be read as an item.
fn holds_item(bytes: &[u8]) -> bool {
    bytes
        .windows(Payload::LENGTH)
        .any(|window| Payload::from_bytes(window).is_ok())
}

/// Takes one item off the sums; the payload says the same as the record.
fn debit(sums: &mut Registers, item: &ItemRecord) -> Result<(), String> {
    let value = item.value.0;
    sums.ascending += value;
    sums.descending = sums
        .descending
        .checked_sub(value)
        .ok_or("an item was not covered")?;
    sums.pieces += 1;
    let payload = Payload::from_bytes(item.payload.as_slice()).map_err(|e| e.to_string())?;
    let says = (payload.value.0, payload.piece_count, payload.meter);
    if says != (value, item.piece_count, item.meter) || item.piece_count != sums.pieces {
        return Err(format!(
            "piece {} is not what was debited",
            item.piece_count
        ));
    }
    if (item.ascending.0, item.descending.0) != (sums.ascending, sums.descending) {
        return Err(format!("registers of piece {} are wrong", item.piece_count));
    }
    Ok(())
}

/// Everything of a delivery that must be the same each time.
fn whole(delivery: &Delivery) -> Vec<u8> {
    Delivery {
        secret: Default::default(),
        ..delivery.clone()
    }
    .to_bytes()
}
