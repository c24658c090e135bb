//! Tests of the journal through its public face: what a table of damages, a table of faults of
//! the disk, and a random history leave to be read.

mod damage;
mod fake_disk;
mod faults;
mod flush;
mod history;
mod opening;
mod support;
