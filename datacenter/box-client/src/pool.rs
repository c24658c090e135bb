//! Several boxes of one kind.

use crate::{BoxClient, BoxError};
use item::BoxKind;
use wire::{Entry, Outcome, Reply, Request};

/// Boxes that may stand in for each other. Today that is one box: a record can be decided only by
/// the box that knows its freshness, so a second one belongs here only when both keep one log (P29).
#[derive(Debug, Clone)]
pub struct BoxPool {
    first: BoxClient,
    others: Vec<BoxClient>,
}

impl BoxPool {
    /// A pool of these.
    ///
    /// # Errors
    /// [`BoxError::Pool`] without boxes, or with boxes of different kinds.
    pub fn new(boxes: Vec<BoxClient>) -> Result<Self, BoxError> {
        let mut boxes = boxes.into_iter();
        let first = boxes.next().ok_or(BoxError::Pool)?;
        let others: Vec<_> = boxes.collect();
        if others.iter().any(|other| other.kind() != first.kind()) {
            return Err(BoxError::Pool);
        }
        Ok(Self { first, others })
    }

    /// Their kind.
    #[must_use]
    pub fn kind(&self) -> BoxKind {
        self.first.kind()
    }

    /// All of them: whoever lists open decisions must ask each.
    pub fn boxes(&self) -> impl Iterator<Item = &BoxClient> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The one with the fewest unanswered requests.
    #[must_use]
    pub fn least_busy(&self) -> &BoxClient {
        self.others.iter().fold(&self.first, |best, other| {
            if other.busy() < best.busy() {
                other
            } else {
                best
            }
        })
    }

    /// As [`BoxClient::ask`], of the least busy.
    ///
    /// # Errors
    /// As there.
    pub async fn ask(&self, request: Request) -> Result<Reply, BoxError> {
        self.least_busy().ask(request).await
    }

    /// As [`BoxClient::decide`], of the least busy.
    ///
    /// # Errors
    /// As there.
    pub async fn decide(&self, entry: Entry) -> Result<Outcome, BoxError> {
        self.least_busy().decide(entry).await
    }
}
