//! A real installation in a temporary folder, for tests that hold the whole of it: the programs as
//! they ship, started as processes, and hands that may edit the database while they are stopped.
//!
//! Not here: any rule or copy of the product's logic, and any test (`tests/it`). Called by tests
//! only, so nothing here returns an error: an installation that can not be set up is a failed test,
//! and says why.
//!
//! - [`House`]: `indicia init` in a folder; `up`, `stop`, `kill` one process, audit, alerts.
//! - [`Boxes`]: the four box processes alone, under a data centre in this process whose store lies
//!   by script.
//! - [`Ground`]: the disk and the clock under some of a house's programs, to be changed as they run.
//! - [`rows`]: the database as an editor with `sqlite3` sees it.

mod boxes;
mod clock;
mod customer;
mod ground;
mod house;
mod people;
mod programs;
pub mod rows;

pub use boxes::{Boxes, Desk, Patron, dollar};
pub use clock::{noon_after, now, within_one_day};
pub use customer::{Customer, PASSWORD, address, letter};
pub use ground::{Disk, Ground};
pub use house::{Alert, House, KINDS};
pub use people::{HOUR_MS, box_subject, key_of};
pub use programs::program;
