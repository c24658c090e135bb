//! How often a database may show less than it holds by its own word. Not here: what is written.
//!
//! A look-up that begins after a box's reply, or after a write that this server made, must see what
//! was there by then. A database that goes on showing an older record has gone back, or keeps
//! nothing: asking it for ever helps nobody.

use crate::limits::{STALE_MAX, WRITES_MAX};
use crate::{Centre, Charged, Code, Problem};
use item::{BoxKind, Bytes, Subject};
use store::Store;
use wire::Delivery;
use wire::limits::DECISION_MAX;

/// Of one request, or of the requests that are asked together.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    stale: usize,
    /// The decision that was written last, and how often.
    written: Option<(Bytes<DECISION_MAX>, usize)>,
}

impl Patience {
    /// The box says that the record is stale: whether to look again.
    pub(crate) fn stale_again(&mut self) -> bool {
        self.stale += 1;
        self.stale <= STALE_MAX
    }

    fn written_again(&mut self, delivery: &Delivery) -> bool {
        let times = match self.written.take() {
            Some((decision, times)) if decision == delivery.decision => times + 1,
            _ => 1,
        };
        self.written = Some((delivery.decision.clone(), times));
        times <= WRITES_MAX
    }
}

impl<S: Store> Centre<S> {
    /// Writes another request's decision, for which nobody is answered (P17), unless it was written
    /// before and the database still shows the record that it changed: then the alert.
    pub(crate) async fn write_open(
        &self,
        kind: BoxKind,
        subject: Subject,
        delivery: Delivery,
        patience: &mut Patience,
    ) -> Result<(), Problem> {
        if patience.written_again(&delivery) {
            return self.write_one(kind, delivery).await.map(drop);
        }
        let detail = "the database says that a decision is written and shows the record before it";
        let evidence = delivery.decision.into_vec();
        self.alert(kind, subject, "write-lost", detail, evidence)
            .await;
        Err(Problem {
            charged: Charged::Unknown,
            ..Problem::new(
                Code::RecordRefused,
                "The database does not keep what is written to it; operators were alerted.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{List, RequestId};

    fn delivery(name: u8) -> Delivery {
        Delivery {
            subject: Subject::ZERO,
            request: RequestId::ZERO,
            record: Bytes::default(),
            decision: Bytes::new(vec![name]).unwrap(),
            rows: List::default(),
            evidence: Bytes::default(),
            orders: List::default(),
            secret: Bytes::default(),
        }
    }

    #[test]
    fn patience_ends_with_one_decision_and_not_with_many() {
        let mut patience = Patience::default();
        for name in 0..64 {
            assert!(patience.written_again(&delivery(name)), "{name}");
        }
        let again: Vec<bool> = (0..4)
            .map(|_| patience.written_again(&delivery(7)))
            .collect();
        assert_eq!(again, [true, true, true, false]);
        let stale: Vec<bool> = (0..4).map(|_| patience.stale_again()).collect();
        assert_eq!(stale, [true, true, true, false]);
    }
}
