//! What a box has released, kept by the caller: the story is checked against it after each step.
//! Not here: what a kind of record may become (`meter` and its like).

use std::collections::{BTreeMap, HashSet};

use item::{
    Checkpoint, Decision, DecisionKind, Digest, KeyUsage, Layout, Sealed, Signed, Subject, Sums,
};
use keeper::{Rules, Summary};
use vault::RecordKeys;
use verify::{checkpoint_digest, record_digest};
use wire::{Delivery, Entry};

use super::{Kind, RecordOf};
use crate::house::HOUSE;

/// One decision as it was released first.
#[derive(Clone)]
struct Released {
    record: Vec<u8>,
    /// The delivery without its secret.
    delivery: Vec<u8>,
}

/// A decision that was not known before.
pub(crate) struct Decided<'a, T> {
    /// The record that it rests on.
    pub(crate) before: Option<T>,
    /// The record after it.
    pub(crate) after: T,
    /// What is to be stored.
    pub(crate) delivery: &'a Delivery,
    /// What the box says that it did.
    pub(crate) decision: Decision,
    /// The request, unless it was lost with the process that asked.
    pub(crate) entry: Option<&'a Entry>,
}

/// Everything that was released.
pub(crate) struct Book<K: Kind> {
    released: BTreeMap<Subject, Vec<Released>>,
    causes: HashSet<Digest>,
    pub(crate) kind: K,
}

impl<K: Kind> Clone for Book<K> {
    fn clone(&self) -> Self {
        Self {
            released: self.released.clone(),
            causes: self.causes.clone(),
            kind: self.kind.clone(),
        }
    }
}

impl<K: Kind> Default for Book<K> {
    fn default() -> Self {
        Self {
            released: BTreeMap::new(),
            causes: HashSet::new(),
            kind: K::default(),
        }
    }
}

fn body<K: Kind>(record: &[u8]) -> RecordOf<K> {
    Sealed::<RecordOf<K>>::from_bytes(record)
        .expect("a box releases records that decode")
        .body
}

impl<K: Kind> Book<K> {
    /// Every record of a subject, as stored, oldest first.
    pub(crate) fn history(&self, subject: Subject) -> Vec<&[u8]> {
        let released = self.released.get(&subject).into_iter().flatten();
        released.map(|one| one.record.as_slice()).collect()
    }

    /// The newest record of a subject.
    pub(crate) fn newest(&self, subject: Subject) -> Option<RecordOf<K>> {
        let last = self.released.get(&subject)?.last()?;
        Some(body::<K>(&last.record))
    }

    /// Takes a delivery in. If it was released before, it must be the same to the byte; if not, it
    /// must follow from the newest record. Whether it is new.
    pub(crate) fn see(
        &mut self,
        delivery: &Delivery,
        entry: Option<&Entry>,
        keys: &RecordKeys,
    ) -> bool {
        let stored = delivery.record.as_slice();
        let after = body::<K>(stored);
        let counter = K::Rules::counter(&after).0;
        assert!(counter > 0, "a record without a change");
        let bytes = Delivery {
            secret: item::Bytes::default(),
            ..delivery.clone()
        }
        .to_bytes();
        let known = self.released.entry(delivery.subject).or_default();
        if let Some(before) = known.get(counter as usize - 1) {
            assert!(
                before.delivery == bytes,
                "two decisions at counter {counter}"
            );
            return false;
        }
        assert_eq!(known.len() as u64 + 1, counter, "the counter rises by one");
        let last = known.last().map(|one| one.record.clone());
        let digests: Vec<Digest> = known.iter().map(|one| record_digest(&one.record)).collect();
        known.push(Released {
            record: stored.to_vec(),
            delivery: bytes,
        });

        let decision = self.decision(delivery);
        let again = decision.decision == DecisionKind::Reissue;
        let old = match again {
            true => decision.old,
            false => digests.last().copied().unwrap_or(Digest::ZERO),
        };
        assert_eq!(decision.old, old, "it rests on the newest record");
        assert!(
            old == Digest::ZERO || digests.contains(&old),
            "on any record"
        );
        assert_eq!(decision.new, record_digest(stored));
        assert_eq!(decision.counter.0, counter);
        assert!(
            K::Rules::subject(&after) == delivery.subject && decision.subject == delivery.subject
        );
        assert_eq!(decision.request, delivery.request);
        let sealed = Sealed::from_bytes(stored).expect("decoded above");
        let genuine = keys.open::<RecordOf<K>>(&delivery.subject, sealed);
        assert!(genuine.is_ok(), "a record whose MAC does not fit");
        if let Some(entry) = entry {
            let shown = entry.shown.as_slice();
            let shown = if shown.is_empty() {
                Digest::ZERO
            } else {
                record_digest(shown)
            };
            assert_eq!(shown, old, "decided on something else than was shown");
            assert_eq!(entry.request, delivery.request);
        }
        // A status report moves nothing, and may be made twice.
        let works_once = K::CAUSE_ONCE && decision.decision != DecisionKind::Report;
        if works_once && decision.evidence != Digest::ZERO {
            let new = self.causes.insert(decision.evidence);
            assert!(new, "one act or evidence caused two decisions");
        }
        if again {
            let lost = last.as_deref().map(body::<K>).expect("nothing was lost");
            let (lost, made) = (K::Rules::summary(&lost), K::Rules::summary(&after));
            let act_sequence = made.act_sequence;
            assert!(act_sequence >= lost.act_sequence, "an act goes back");
            let kept = Summary {
                act_sequence,
                ..lost
            };
            assert_eq!(made, kept, "what the box remembers is kept");
            self.kind.made_again(&after, delivery);
            return true;
        }
        let decided = Decided {
            before: last.as_deref().map(body::<K>),
            after,
            delivery,
            decision,
            entry,
        };
        self.kind.check(&decided, keys);
        true
    }

    /// The signed decision of a delivery.
    pub(crate) fn decision(&self, delivery: &Delivery) -> Decision {
        let signed = Signed::<Decision>::from_bytes(delivery.decision.as_slice())
            .expect("a box releases decisions that decode");
        let (key, time) = (signed.body.key, signed.body.time);
        HOUSE
            .installation
            .open_statement(signed, key, K::Rules::KIND, KeyUsage::Decision, time)
            .expect("a decision that verifies")
            .into_body()
    }

    /// Compares with what the box says that it is.
    pub(crate) fn check_checkpoint(&self, shown: &Checkpoint) {
        let mut sums = Sums::default();
        let mut newest = Vec::new();
        for (subject, released) in &self.released {
            let Some(last) = released.last() else {
                continue;
            };
            let record = body::<K>(&last.record);
            let (counter, summary) = (K::Rules::counter(&record), K::Rules::summary(&record));
            sums.subjects += 1;
            sums.counters += counter.0;
            sums.pieces += u64::from(summary.pieces);
            sums.ascending.0 += summary.ascending.0;
            sums.descending.0 += summary.descending.0;
            sums.deposits.0 += summary.deposits.0;
            sums.item_credits.0 += summary.item_credits.0;
            newest.push((subject, counter, record_digest(&last.record).short()));
        }
        assert_eq!(shown.sums, sums, "what the box adds up");
        let digest = checkpoint_digest(newest.iter().map(|(s, counter, d)| (*s, *counter, *d)));
        assert_eq!(shown.digest, digest, "what the box remembers");
    }
}
