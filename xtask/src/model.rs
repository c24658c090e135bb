//! `cargo xtask model`: builds the model checker (optimised in every profile, see the root
//! `Cargo.toml`) and hands over to it. Called by
//! `main`.

use std::path::Path;

use anyhow::Result;

use crate::shell::{command, run};

/// # Errors
/// When it does not build, or a property does not hold.
pub(crate) fn model(root: &Path, arguments: &[String]) -> Result<()> {
    let cargo = ["run", "--quiet", "-p", "indicia-model", "--"];
    let all = cargo
        .into_iter()
        .chain(arguments.iter().map(String::as_str));
    run(&mut command(root, "cargo", all))
}
