//! Why a box gave no answer.

use std::time::Duration;

/// A refusal is an answer; these are not. `Clone`, since one lost frame is told to many callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoxError {
    /// No answer in time. Whether the box decided is not known: ask again with the same bytes, or
    /// let the recovery worker write what it lists as open (P19).
    #[error("{name} gave no answer within {after:?}: {last}")]
    Unavailable {
        /// Kind and number.
        name: String,
        /// The time that it had.
        after: Duration,
        /// The last thing that went wrong.
        last: String,
    },
    /// Who answers at the address does not hold the pinned key. Nothing was sent.
    #[error("{name}: the peer does not hold the pinned key; check the address and the transcript")]
    WrongBox {
        /// Kind and number.
        name: String,
    },
    /// The box refused this server's key.
    #[error("{name} does not know this server's key; enrol it in the transcript")]
    NotEnrolled {
        /// Kind and number.
        name: String,
    },
    /// The request does not fit into a frame. Nothing was sent.
    #[error("the request is above the limit of a frame")]
    TooLarge,
    /// The answer is not one to this request.
    #[error("{name} gave an answer that does not belong to the request")]
    Nonsense {
        /// Kind and number.
        name: String,
    },
    /// A key that the TLS library does not take.
    #[error("channel key: {0}")]
    Key(String),
    /// A pool without boxes, or with boxes of different kinds.
    #[error("a pool needs at least one box, all of one kind")]
    Pool,
    /// The client is shutting down with its runtime.
    #[error("the client of {name} has ended")]
    Ended {
        /// Kind and number.
        name: String,
    },
}
