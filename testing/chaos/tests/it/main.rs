//! A short storm with a new seed each time: what `cargo xtask chaos` does at length.

use std::process::Command;

/// Enough for every process to be killed once.
const KILLS: &str = "20";

#[test]
fn a_short_storm_loses_nothing_and_doubles_nothing_v4() {
    // Inherits the output: the seed of a run that failed is in it, with the story.
    let status = Command::new(env!("CARGO_BIN_EXE_indicia-chaos"))
        .args(["--kills", KILLS])
        .status()
        .expect("indicia-chaos starts");
    assert!(status.success(), "{status}: the story is above");
}
