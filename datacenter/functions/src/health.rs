//! How the boxes are.

use crate::Centre;
use item::BoxKind;
use store::Store;
use wire::{Reply, Request, Status};

/// One box; `None` if it does not answer.
#[derive(Debug, Clone)]
pub struct BoxHealth {
    /// Its kind.
    pub kind: BoxKind,
    /// What it says.
    pub status: Option<Status>,
}

impl<S: Store> Centre<S> {
    /// Asks every box.
    pub async fn health(&self) -> Vec<BoxHealth> {
        let mut out = Vec::new();
        for kind in BoxKind::ALL {
            for one in self.boxes().of(*kind).boxes() {
                let status = match one.ask(Request::Status(wire::Nothing)).await {
                    Ok(Reply::Status(status)) => Some(status),
                    _ => None,
                };
                out.push(BoxHealth {
                    kind: *kind,
                    status,
                });
            }
        }
        out
    }
}
