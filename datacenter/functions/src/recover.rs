//! The recovery worker: writes what boxes decided and nobody wrote down (P19).

use crate::change::parse;
use crate::limits::LEAVE_ALONE;
use crate::{Centre, Problem};
use box_client::BoxClient;
use item::{BoxKind, Decision, Digest, Signed};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use store::{Store, Write};
use verify::statement_digest;
use wire::limits::LISTED_MAX;
use wire::{Delivery, Reply, Request};

/// Decisions that the last look found waiting, so that a box whose clock runs ahead of this
/// server's is helped, too: what waits at two looks in a row is nobody's any more.
#[derive(Default)]
pub(crate) struct LeftOver(Mutex<HashMap<BoxKind, HashSet<Digest>>>);

impl LeftOver {
    /// Keeps what was found now; which of it was found before.
    fn look(&self, kind: BoxKind, now: HashSet<Digest>) -> HashSet<Digest> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(kind, now).unwrap_or_default()
    }
}

impl<S: Store> Centre<S> {
    /// Writes old open decisions of all boxes once; how many were written or found written.
    ///
    /// # Errors
    /// [`Problem`] of the last box or write that fails; everything else is written all the same.
    pub async fn recover(&self) -> Result<usize, Problem> {
        let mut outcome = Ok(0);
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            for one in self.boxes().of(kind).boxes() {
                // A record that somebody altered keeps no other from being recovered.
                outcome = match (outcome, self.recover_from(kind, one).await) {
                    (Ok(done), Ok(more)) => Ok(done + more),
                    (Err(problem), Ok(_)) | (_, Err(problem)) => Err(problem),
                };
            }
        }
        if let Ok(0) = outcome {
            // Nothing is left over at any box, so whatever is held for long came to nothing.
            self.settle_old_holds().await?;
        }
        outcome
    }

    async fn recover_from(&self, kind: BoxKind, one: &BoxClient) -> Result<usize, Problem> {
        let open = self.open_decisions(one).await?;
        let name = |delivery: &Delivery| statement_digest(delivery.decision.as_slice());
        let before = self
            .inner
            .left_over
            .look(kind, open.iter().map(name).collect());
        let mut writes = Vec::new();
        for delivery in open {
            if before.contains(&name(&delivery)) || self.is_old(&delivery)? {
                writes.push(Write {
                    box_kind: kind,
                    delivery,
                });
            }
        }
        let count = writes.len();
        if count > 0 {
            self.write(&writes).await?;
        }
        Ok(count)
    }

    /// What a box decided and does not know to be written, oldest first.
    pub(crate) async fn open_decisions(&self, one: &BoxClient) -> Result<Vec<Delivery>, Problem> {
        let limit = u32::try_from(LISTED_MAX).unwrap_or(u32::MAX);
        match one.ask(Request::ListOpen(limit)).await? {
            Reply::Open(open) => Ok(open.into_vec()),
            Reply::Refused(refusal) => Err(refusal.into()),
            _ => Err(Problem::internal("no listing")),
        }
    }

    fn is_old(&self, delivery: &Delivery) -> Result<bool, Problem> {
        let decision: Signed<Decision> = parse(delivery.decision.as_slice(), "decision")?;
        let age = self.now().0.saturating_sub(decision.body.time.0);
        // After a box was started again it lists what was written long since: writing again finds
        // the same bytes there, and the note that follows frees them.
        Ok(age >= LEAVE_ALONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_at_two_looks_in_a_row_is_left_over_whatever_clocks_say() {
        let left_over = LeftOver::default();
        let names = |bytes: &[u8]| bytes.iter().map(|b| Digest([*b; 32])).collect();
        let look = |kind, bytes: &[u8]| left_over.look(kind, names(bytes));
        assert_eq!(look(BoxKind::Meter, &[1, 2]), HashSet::new());
        assert_eq!(
            look(BoxKind::Meter, &[2, 3]),
            names(&[1, 2]),
            "2 waits again"
        );
        assert_eq!(look(BoxKind::Meter, &[]), names(&[2, 3]));
        assert_eq!(look(BoxKind::Meter, &[3]), HashSet::new(), "3 came back");
        assert_eq!(look(BoxKind::Auth, &[3]), HashSet::new(), "another box's");
    }
}
