//! The recovery worker: writes what boxes decided and nobody wrote down (P19).

use crate::change::parse;
use crate::{Centre, Problem};
use item::{BoxKind, Decision, Signed};
use store::{Store, Write};
use wire::limits::LISTED_MAX;
use wire::{Delivery, Reply, Request};

/// A decision younger than this is still in somebody's hands, milliseconds.
const LEAVE_ALONE: u64 = 3_000;

impl<S: Store> Centre<S> {
    /// Writes old open decisions of all boxes once; how many were written or found written.
    ///
    /// # Errors
    /// [`Problem`] of the first box or write that fails; what was written stays written.
    pub async fn recover(&self) -> Result<usize, Problem> {
        let mut done = 0;
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            for one in self.boxes().of(kind).boxes() {
                let limit = u32::try_from(LISTED_MAX).unwrap_or(u32::MAX);
                let open = match one.ask(Request::ListOpen(limit)).await? {
                    Reply::Open(open) => open.into_vec(),
                    Reply::Refused(refusal) => return Err(refusal.into()),
                    _ => return Err(Problem::internal("no listing")),
                };
                let mut writes = Vec::new();
                for delivery in open {
                    if self.is_left_over(&delivery)? {
                        writes.push(Write {
                            box_kind: kind,
                            delivery,
                        });
                    }
                }
                if !writes.is_empty() {
                    done += writes.len();
                    self.write(writes).await?;
                }
            }
        }
        Ok(done)
    }

    fn is_left_over(&self, delivery: &Delivery) -> Result<bool, Problem> {
        let decision: Signed<Decision> = parse(delivery.decision.as_slice(), "decision")?;
        let age = self.now().0.saturating_sub(decision.body.time.0);
        // After a box was started again it lists what was written long since: writing again finds
        // the same bytes there, and the note that follows frees them.
        Ok(age >= LEAVE_ALONE)
    }
}
