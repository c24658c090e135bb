//! Telling boxes what is written, so that they can forget it. The next request on a record says so
//! too; records that nothing is asked of soon would otherwise hold their decision in the box.

use crate::limits::NOTES_MAX;
use crate::{Centre, Problem};
use item::{BoxKind, Decision, Layout, List, Signed};
use std::sync::{Mutex, PoisonError};
use store::{Store, Write};
use wire::limits::ACKNOWLEDGED_MAX;
use wire::{Acknowledgement, Reply, Request};

/// Written decisions that their boxes have not been told of.
#[derive(Default)]
pub(crate) struct Acknowledgements(Mutex<Vec<(BoxKind, Acknowledgement)>>);

impl Acknowledgements {
    pub(crate) fn note(&self, write: &Write) {
        // A delivery that does not parse was not written.
        let Ok(decision) = Signed::<Decision>::from_bytes(write.delivery.decision.as_slice())
        else {
            return;
        };
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < NOTES_MAX {
            notes.push((
                write.box_kind,
                Acknowledgement {
                    subject: decision.body.subject,
                    counter: decision.body.counter,
                    digest: decision.body.new.short(),
                },
            ));
        }
    }

    fn take(&self) -> Vec<(BoxKind, Acknowledgement)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Store> Centre<S> {
    /// Tells boxes what was written since the last call; how many decisions that freed.
    ///
    /// # Errors
    /// [`Problem`] if a box does not answer; its notes are dropped then, and the recovery worker
    /// finds those decisions again.
    pub async fn acknowledge(&self) -> Result<u32, Problem> {
        let notes = self.inner.acknowledgements.take();
        let mut freed = 0;
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            let of_kind: Vec<Acknowledgement> = notes
                .iter()
                .filter(|(k, _)| *k == kind)
                .map(|(_, note)| *note)
                .collect();
            for part in of_kind.chunks(ACKNOWLEDGED_MAX) {
                let list =
                    List::new(part.to_vec()).map_err(|_| Problem::internal("acknowledgements"))?;
                match self
                    .boxes()
                    .of(kind)
                    .ask(Request::Acknowledge(list))
                    .await?
                {
                    Reply::Acknowledged(count) => freed += count,
                    Reply::Refused(refusal) => return Err(refusal.into()),
                    _ => return Err(Problem::internal("no answer to acknowledgements")),
                }
            }
        }
        Ok(freed)
    }
}
