//! `cargo xtask demo`: builds every program and hands over to `indicia demo`, which tells its own
//! story. Called by `main`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::shell::{command, output, run};

/// Folder of the demonstration, relative to the root.
const FOLDER: &str = "target/demo";

/// Builds the programs (dev profile) and runs the demonstration with `arguments` behind its own.
///
/// # Errors
/// When the build or the demonstration fails.
pub(crate) fn demo(root: &Path, arguments: &[String]) -> Result<()> {
    let program = built(root, "indicia")?;
    let own = ["demo", "--dir", FOLDER].map(str::to_owned);
    run(&mut command(
        root,
        &program.to_string_lossy(),
        own.iter().chain(arguments),
    ))
}

/// Builds all programs and says where one of them is. All of them, since a build of one alone picks
/// other features for what they share, and compiles it once more.
///
/// # Errors
/// When the build fails.
pub(crate) fn built(root: &Path, name: &str) -> Result<PathBuf> {
    build(root, &["--bins"], name)
}

/// The same with everything that tests need: whoever runs tests as well has this already, and would
/// wait for a second choice of features.
///
/// # Errors
/// When the build fails.
pub(crate) fn built_for_tests(root: &Path, name: &str) -> Result<PathBuf> {
    build(root, &["--bins", "--tests"], name)
}

fn build(root: &Path, targets: &[&str], name: &str) -> Result<PathBuf> {
    let arguments = ["build", "--quiet", "--workspace"];
    run(&mut command(root, "cargo", arguments.iter().chain(targets)))?;
    Ok(target_folder(root)?.join("debug").join(name))
}

/// Where cargo builds: not always `target/`.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let json = output(&mut command(
        root,
        "cargo",
        ["metadata", "--format-version", "1", "--no-deps"],
    ))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&json).context("cargo metadata is not understood")?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(folder))
}
