//! Any order of events, against a model of the box.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Step {
    Credit(u32, usize),
    Cancel(usize),
    /// Shows one of all evidences ever signed to the box.
    Show(prop::sample::Index),
    /// Shows one of all decisions ever made to the ledger.
    Settle(prop::sample::Index),
    Wait,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..3u32, 0..3usize).prop_map(|(meter, reference)| Step::Credit(meter, reference)),
        2 => (0..3usize).prop_map(Step::Cancel),
        4 => any::<prop::sample::Index>().prop_map(Step::Show),
        4 => any::<prop::sample::Index>().prop_map(Step::Settle),
        1 => Just(Step::Wait),
        1 => Just(Step::Reopen),
    ]
}

/// What P22 asks of a box: right sequence, not expired, each sequence once.
#[derive(Default)]
struct ModelBox {
    sequences: HashMap<MeterSerial, u64>,
    credited: HashMap<Digest, u64>,
}

impl ModelBox {
    fn refill(&mut self, evidence: &CreditEvidence, now: Time) -> bool {
        let last = self.sequences.entry(evidence.meter).or_default();
        if evidence.funding_sequence != *last + 1 || now >= evidence.expires {
            return false;
        }
        *last += 1;
        if evidence.kind != EvidenceKind::Correction {
            *self.credited.entry(evidence.reference).or_default() += 1;
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_credits_a_payment_twice(steps in prop::collection::vec(step(), 1..60)) {
        let references = ["a", "b", "c"];
        let world = World::new();
        let mut ledger = world.create();
        let mut model = ModelBox::default();
        let (mut now, mut evidences, mut decisions) = (NOW, Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Credit(meter, i) => {
                    evidences.extend(world.credit(&mut ledger, MeterSerial(meter), references[i], now).ok());
                }
                Step::Cancel(i) => evidences.extend(world.cancel(&mut ledger, references[i], now).ok()),
                Step::Show(index) if !evidences.is_empty() => {
                    let evidence: &MultiSigned<CreditEvidence> = index.get(&evidences);
                    if model.refill(&evidence.body, now) {
                        decisions.push(world.refill(evidence));
                    }
                }
                Step::Settle(index) if !decisions.is_empty() => {
                    let decision: &Signed<Decision> = index.get(&decisions);
                    prop_assert!(ledger.settle(decision.clone(), &world.installation).is_ok());
                }
                Step::Show(_) | Step::Settle(_) => {}
                Step::Wait => now = after(now, HOUR),
                Step::Reopen => {
                    let before: Vec<Funding> = ledger.fundings().cloned().collect();
                    drop(ledger);
                    ledger = world.open().unwrap();
                    prop_assert_eq!(ledger.fundings().cloned().collect::<Vec<_>>(), before);
                }
            }
            prop_assert!(model.credited.values().all(|times| *times == 1), "{:?}", model.credited);
            // Nothing is creditable in two places: whatever is live has one id per reference.
            for reference in references {
                let live: Vec<_> = ledger
                    .fundings()
                    .filter(|f| f.reference() == reference && f.state() != FundingState::TakenBack)
                    .map(|f| f.evidence().body.id)
                    .collect();
                prop_assert!(live.len() <= 1, "{reference}: {live:?}");
            }
        }
        // Every payment can be brought to an end: settle all, cancel what is left, show, settle.
        for decision in &decisions {
            ledger.settle(decision.clone(), &world.installation).unwrap();
        }
        for reference in references {
            let waits = ledger.find(reference).is_some_and(|f| f.state() == FundingState::Outstanding);
            if waits {
                let correction = world.cancel(&mut ledger, reference, now).unwrap();
                prop_assert!(model.refill(&correction.body, now));
                let end = ledger.settle(world.refill(&correction), &world.installation).unwrap();
                prop_assert_eq!(end.state, FundingState::TakenBack);
            }
        }
    }
}
