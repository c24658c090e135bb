//! Names of real records: the same bytes are the same name, in the order in which they were seen.

use crate::Set;
use crate::book::Id;
use crate::message::{Answer, Refusal, Shown};
use item::{Decision, Layout, MeterRecord, Sealed, ShortDigest, Signed};
use wire::{Acknowledgement, Delivery, Outcome, RefusalCode};

/// A record that was seen.
struct Named {
    delivery: Delivery,
    decision: Decision,
}

/// All that were seen.
pub(crate) struct Names(Vec<Named>);

fn named(delivery: &Delivery) -> Named {
    let signed = Signed::<Decision>::from_bytes(delivery.decision.as_slice());
    Named {
        delivery: delivery.clone(),
        decision: signed.expect("a box signs decisions").body,
    }
}

impl Names {
    /// The last two are the records that a run begins with.
    pub(crate) fn new(deliveries: &[Delivery]) -> Self {
        Self(deliveries.iter().rev().take(2).rev().map(named).collect())
    }

    /// Names what an outcome carries.
    pub(crate) fn learn(&mut self, outcome: &Outcome) {
        if let Outcome::Done(delivery) | Outcome::Open(delivery) = outcome {
            self.learn_delivery(delivery);
        }
    }

    pub(crate) fn learn_delivery(&mut self, delivery: &Delivery) {
        if self.of(delivery).is_none() {
            self.0.push(named(delivery));
        }
    }

    fn all(&self) -> impl Iterator<Item = (Id, &Named)> {
        self.0
            .iter()
            .zip(0..)
            .map(|(named, place)| (Id(place), named))
    }

    fn get(&self, id: Id) -> Option<&Named> {
        self.0.get(usize::from(id.0))
    }

    /// Name of what is delivered, byte for byte.
    pub(crate) fn of(&self, delivery: &Delivery) -> Option<Id> {
        let mut all = self.all();
        all.find(|(_, named)| named.delivery == *delivery)
            .map(|(id, _)| id)
    }

    /// Name of a sealed record.
    pub(crate) fn of_record(&self, record: &[u8]) -> Option<Id> {
        let mut all = self.all();
        all.find(|(_, named)| named.delivery.record.as_slice() == record)
            .map(|(id, _)| id)
    }

    /// Name of the record of this digest.
    pub(crate) fn of_digest(&self, digest: ShortDigest) -> Option<Id> {
        let mut all = self.all();
        all.find(|(_, named)| named.decision.new.short() == digest)
            .map(|(id, _)| id)
    }

    /// Name of the decision that made exactly these items.
    pub(crate) fn of_items(&self, items: &[Vec<u8>]) -> Option<Id> {
        let holds = |named: &Named, item: &Vec<u8>| {
            let rows = named.delivery.rows.as_slice();
            rows.iter().any(|row| row.as_slice() == item)
        };
        let mut all = self.all();
        all.find(|(_, named)| !items.is_empty() && items.iter().all(|item| holds(named, item)))
            .map(|(id, _)| id)
    }

    /// The bytes that a shown record is: altered, it is somewhat richer under the same MAC.
    pub(crate) fn bytes(&self, shown: Shown) -> Option<Vec<u8>> {
        let genuine = self.get(shown.id)?.delivery.record.as_slice().to_vec();
        if !shown.altered {
            return Some(genuine);
        }
        let mut sealed = Sealed::<MeterRecord>::from_bytes(&genuine).ok()?;
        sealed.body.descending.0 += 740;
        sealed.body.deposits.0 += 740;
        Some(sealed.to_bytes())
    }

    /// What these bytes are.
    pub(crate) fn shown(&self, bytes: &[u8]) -> Option<Shown> {
        if let Some(id) = self.of_record(bytes) {
            return Some(Shown::genuine(id));
        }
        let altered = |id| Shown { id, altered: true };
        let mut all = self.all().map(|(id, _)| altered(id));
        all.find(|shown| self.bytes(*shown).as_deref() == Some(bytes))
    }

    /// What a server would tell the box of a record.
    pub(crate) fn mark(&self, id: Id) -> Option<Acknowledgement> {
        let decision = &self.get(id)?.decision;
        Some(Acknowledgement {
            subject: decision.subject,
            counter: decision.counter,
            digest: decision.new.short(),
        })
    }

    /// Digest of the record that a decision rests on.
    pub(crate) fn parent(&self, id: Id) -> Option<ShortDigest> {
        Some(self.get(id)?.decision.old.short())
    }

    /// Everything that leads to a record, oldest first, without `r0`.
    pub(crate) fn chain(&self, id: Id) -> Vec<Delivery> {
        let mut chain = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next.filter(|id| *id != Id::OLD) {
            chain.extend(self.get(id).map(|named| named.delivery.clone()));
            next = self.parent(id).and_then(|digest| self.of_digest(digest));
        }
        chain.reverse();
        chain
    }

    /// All names whose delivery has this property.
    pub(crate) fn those(&self, holds: impl Fn(&Delivery, &Decision) -> bool) -> Set {
        let all = self.all();
        all.filter(|(_, named)| holds(&named.delivery, &named.decision))
            .map(|(id, _)| id.0)
            .collect()
    }

    /// What kind of answer an outcome is. An outcome that the model has no word for is none.
    pub(crate) fn answer(&self, outcome: &Outcome) -> Option<Answer> {
        match outcome {
            Outcome::Done(delivery) => self.of(delivery).map(Answer::Done),
            Outcome::Open(delivery) => self.of(delivery).map(Answer::Open),
            Outcome::Declined(_) => Some(Answer::Declined),
            Outcome::Refused(refusal) => match refusal.code {
                RefusalCode::Altered => Some(Answer::Refused(Refusal::Altered)),
                RefusalCode::Stale => Some(Answer::Refused(Refusal::Stale)),
                RefusalCode::Fork => Some(Answer::Refused(Refusal::Fork)),
                RefusalCode::Latched => Some(Answer::Refused(Refusal::Latched)),
                _ => None,
            },
            Outcome::Failed(_) => None,
        }
    }
}
