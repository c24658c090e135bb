//! How the API behaves towards everybody: as it is described, whoever asks and whatever is sent.
//! These tests read the description and go over all of it, so a new route is under them at once.
//!
//! | file | one idea |
//! |---|---|
//! | `described` | an answer is one that its operation is described with; asked of every raw answer |
//! | `schemathesis` | a stranger who sends whatever the description allows, and what it does not |
//! | `conventions` | keys, amounts, pages, limits: the same manners everywhere |
//! | `walk` | every route without session, with another's, with another role's: nothing leaks or changes |
//! | `applying` | an application that the walk hands in |
//! | `catalogue` | every problem code is explained, and produced by a test |

mod applying;
pub(crate) mod catalogue;
mod conventions;
pub(crate) mod described;
mod schemathesis;
mod walk;
