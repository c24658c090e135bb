//! The one-meter protocol as a state machine, small enough that a checker goes through every state:
//! one box, a few function servers, a database that is honest or hostile, clients that repeat (P10
//! to P17). The checker is the packaged one of `stateright`.
//!
//! Not here: anything that ships, and anything that ships never links this. The model is a second,
//! shorter telling of `boxes/keeper`, `datacenter/functions` and the conditional write of
//! `datacenter/store-sqlite`; called by its tests and by `cargo xtask model`.
//!
//! | file | one idea |
//! |---|---|
//! | `book` | every record ever sealed, and what it says |
//! | `secure_box` | what the box remembers and journals; the freshness table |
//! | `database` | one conditional write |
//! | `message`, `state` | what is on its way; everything at one moment |
//! | `action`, `actions`, `step` | what can happen, what is tried, what it does |
//! | `properties` | what must hold, what must be reachable |
//! | `setting` | who takes part, and how much may go wrong |
//! | `variant` | the same protocol with one seeded mistake |
//! | `onward` | whether service goes on from a state by itself |
//! | `checking` | the checker |
//! | `walk` | random runs |
//! | `text`, `trace` | actions as words; what the real code did, and whether the model does the same |
//! | `real` | the real box and the real store under the model's actions |
//!
//! # What stands for what
//!
//! - A record's name stands for its bytes. The same name is the same digest; `altered` is any other
//!   bytes under its MAC. A record that the box sealed and lost, unseen by anybody, in a crash gives
//!   its name back.
//! - An order takes 1 from the descending register and makes one item; an entry's request id is the
//!   set of its keys.
//! - A message that is never delivered is late for ever: so each run with lost messages is also one
//!   with late ones. A repeated message is a `Resend` while the first copy is still on its way.
//! - A server pauses wherever nothing steps it, for as long as everything else takes. A server that
//!   gives up (its rounds are spent, the database does not answer) is one that dies there.
//! - The network shows everything that left the box to a hostile database: it may show any record
//!   that was ever released, not only those that were written to it.
//! - A replay of the journal forgets acknowledgements that no later decision or compaction wrote.
//!
//! # What is left out
//!
//! Entries of many meters in one frame; limits, dates, authorities and acts, which refuse without
//! touching freshness; clocks (P26) and bounds on open bytes (P19 `busy`); the act that ends a latch;
//! proofs of secret-bearing answers (P17, auth box only); parts of a database that go back alone;
//! a stored answer that is altered or swapped (the data centre checks it against the signed
//! decision); journal damage other than a lost tail (`boxes/journal` has its own table of faults).
//! A state is remembered by 64 bits: that two of some millions are taken for one, and something
//! hides there, has a probability of about one in a million.

pub mod action;
mod actions;
pub mod book;
mod checking;
pub mod database;
pub mod message;
mod onward;
pub mod properties;
pub mod real;
pub mod secure_box;
mod set;
mod setting;
pub mod state;
mod step;
mod text;
pub mod trace;
mod variant;
mod walk;

pub use action::Action;
pub use checking::{Protocol, Seen};
pub use onward::goes_on;
pub use set::Set;
pub use setting::{Budget, Setting};
pub use state::State;
pub use step::step;
pub use text::NoAction;
pub use trace::{Divergence, Trace, accepts, accepts_as};
pub use variant::Variant;
pub use walk::Walk;
