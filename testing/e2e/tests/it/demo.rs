//! The demonstration as a stranger meets it: run, run again, gone on with later.
//!
//! "Later" is another start of what a demonstration left. A start on the next day differs from it
//! only by the age of the journals, which the clock tests of `boxes/keeper` step through by the
//! millisecond (P26: up to seven days are accepted): a process cannot be given another clock here
//! without a preloaded library that a bare Debian does not have.

use std::path::Path;

use e2e::{House, run_program};
use serde_json::Value;

/// Runs the demonstration and gives what it says to programs.
fn demonstrate(folder: &Path) -> Value {
    let said = run_program("indicia", &["--json".as_ref(), "--dir".as_ref(), folder.as_ref(), "demo".as_ref()]);
    serde_json::from_str(&said).expect("JSON")
}

fn said<'a>(told: &'a Value, step: &str) -> &'a str {
    let steps = told["steps"].as_array().expect("steps");
    let step = steps.iter().find(|one| one["name"] == step);
    step.unwrap_or_else(|| panic!("no such step in {told}"))["said"].as_str().expect("text")
}
