//! `cargo xtask chaos`: builds every program and hands over to `indicia-chaos` (testing/chaos), which
//! prints its own table. Called by `main`.

use std::path::Path;

use anyhow::Result;

use crate::demo::built_for_tests;
use crate::shell::{command, run};

/// Builds the programs (dev profile) and runs one storm.
///
/// # Errors
/// When the build fails or the storm found something.
pub(crate) fn chaos(root: &Path, kills: usize, seed: Option<u64>) -> Result<()> {
    let program = built_for_tests(root, "indicia-chaos")?;
    let mut arguments = vec!["--kills".to_owned(), kills.to_string()];
    arguments.extend(seed.map(|seed| format!("--seed={seed}")));
    run(&mut command(root, &program.to_string_lossy(), arguments))
}
