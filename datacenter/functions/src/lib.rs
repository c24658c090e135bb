//! Use cases: sign up, sign on, dispense, refill, act, verify, accept, recover.
//!
//! Not here: HTTP and JSON (`gateway`), SQL (`store-*`), keys. A function server is stateless: what
//! it keeps in memory are queues and caches that another server can do without. It may lie; it can
//! not mint value, since every change is decided by a box that is shown the record.
//!
//! The spine is `change`: look up, ask the box, write, answer. Recovery is the same path (P17).

mod accept;
mod acknowledge;
mod acts;
mod address;
mod alert;
mod api_keys;
mod centre;
mod chain;
mod change;
mod checkpoint;
mod cores;
mod dispense;
mod duplicate;
mod envelope;
mod epochs;
mod heading;
mod health;
mod inspection;
mod ledger;
mod licence;
mod limits;
mod mailing;
mod meter_order;
mod order;
mod own_key;
mod pack;
mod patience;
mod problem;
mod queue;
mod read;
mod recover;
mod recovery;
mod redeliver;
mod reissue;
mod report;
mod session;
mod sign_on;
mod sign_up;
mod spending;
mod statement;
mod stored;
mod throttle;
mod totals;
mod users;
mod verification;
mod void;

pub use accept::{AcceptOutcome, HandedIn, Scanned};
pub use acts::ActOutcome;
pub use address::FoundAddress;
pub use api_keys::{KeyToMake, NamedKey};
pub use centre::{Boxes, Centre, Setup};
pub use cores::check_threads;
pub use dispense::{DispenseCall, Dispensed};
pub use envelope::{EnvelopeText, MailerBarcode, Marks};
pub use heading::HeadingWish;
pub use health::{BoxHealth, DatabaseHealth};
pub use inspection::{Inspection, Registers};
pub use ledger::{Money, MoneyKind, Period};
pub use licence::{AGREEMENT_MAX, Licence, LicenceState, NewApplication};
pub use limits::MAILING_ROWS_MAX;
pub use mailing::{Bought, CheckedMailing, GoodRow, MailingCall, Rows};
pub use order::{NewItem, Piece, Postage, abroad, reach};
pub use own_key::KeyWish;
pub use problem::{Charged, Code, Earlier, Problem};
pub use redeliver::{Recalled, Redelivered};
pub use report::{By, Group, GroupSums, ReportCall};
pub use session::{Session, SessionToken};
pub use sign_up::NewAccount;
pub use statement::{StatementCall, StatementLine, StatementSums};
pub use throttle::Allowance;
pub use totals::{TotalsPage, TotalsSheet};
pub use users::{NamedUser, NewUser, UserScope};
pub use verification::{Examined, Shown};
pub use void::VoidWish;
