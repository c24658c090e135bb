//! The engine under a rule set of its own, which makes whatever a test asks for: large decisions,
//! secrets, failures, several subjects. What it does under real rules is tested with them (`meter`,
//! `auth`, `transaction`).

mod bench;
mod bounds;
mod disk;
mod epochs;
mod failing;
#[path = "../../../meter/tests/it/later.rs"]
#[expect(dead_code, reason = "of the meter's tests, too")]
mod later;
mod pages;
mod reading;
mod repeats;
mod standing;
mod toy;
#[path = "../../../meter/tests/it/world.rs"]
#[expect(
    dead_code,
    reason = "the installation of the meter's tests, of which these use a part"
)]
mod world;
