//! Seeded simulation of a whole installation in one thread: several function servers, the four
//! boxes, a database that may lie, customers, a network, disks and clocks that fail. One seed is one
//! run; the same seed is the same run.
//!
//! Real here: the boxes' cores (keeper, rule sets, journal, vault, keys), the use cases, the box
//! client, SQL. Simulated: clock, network with its TLS, disks, processes, the shells around both.
//! What is not shown by it is said in docs/proof.md.
//!
//! | file | one idea |
//! |---|---|
//! | `clock`, `disk`, `network`, `gate`, `signal` | what a machine gives, and takes away |
//! | `boxes`, `server` | processes |
//! | `house` | what every run begins with |
//! | `rush` | how much is going on |
//! | `customers` | what is wished, and what was told |
//! | `fate`, `rogue`, `temper` | misfortune |
//! | `watch` | accounts kept at the boxes' doors by plain sums |
//! | `check` | what must hold at the end |
//! | `run`, `story` | one seed, and what happened |

pub mod boxes;
pub mod check;
pub mod clock;
pub mod customers;
pub mod disk;
pub mod fate;
pub mod gate;
pub mod house;
pub mod network;
pub mod rogue;
pub mod run;
pub mod rush;
pub mod server;
pub mod signal;
pub mod story;
pub mod temper;
pub mod voids;
pub mod watch;
