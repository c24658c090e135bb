//! `cargo xtask tidy`: the written rules of the house, each checked. The rules themselves stand in
//! `layers.toml`; what they mean stands in one module each. Called by `main` and by `cargo xtask test`.

mod budgets;
mod duplicates;
mod edges;
mod files;
mod finding;
mod graph;
mod layers;
mod licences;
mod links;
mod promises;
mod secrets;
mod source;
mod text;
mod trees;
mod unit_tests;

use std::path::Path;

use anyhow::{Result, bail};

/// What to do besides checking.
#[derive(Debug, Default, Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// Print the figures that budgets limit, and check nothing
    #[arg(long, conflicts_with = "bless")]
    pub(crate) measure: bool,
    /// Rewrite the golden dependency trees of the box binaries
    #[arg(long)]
    pub(crate) bless: bool,
}

/// Checks the house at `root` and prints one line per finding.
///
/// # Errors
/// When there is any finding, or the house cannot be read.
pub(crate) fn run(root: &Path, options: Options) -> Result<()> {
    let layers = layers::read(root)?;
    let graph = graph::Graph::load(root)?;
    let files = files::Files::load(root)?;
    let trees = trees::current(root, &graph, &layers.box_binaries)?;
    let measured = budgets::measure(&graph, &files, &layers, &trees);
    if options.measure {
        print!("{}", budgets::table(&measured, &layers));
        return Ok(());
    }

    let mut findings = edges::check(&graph, &layers);
    findings.extend(secrets::check(&files, &layers.secret_names));
    findings.extend(budgets::check(&measured, &layers));
    findings.extend(trees::check(root, &graph, &trees, options.bless)?);
    findings.extend(promises::check(&graph, &files, &layers.promises));
    findings.extend(text::check(&files, &layers.text));
    findings.extend(links::check(&files));
    findings.extend(licences::check(&graph, &layers.licences));
    findings.extend(unit_tests::check(&graph, &files));
    let target = &layers.box_binaries.target;
    let shipped = duplicates::shipped(root, &graph, &layers.duplicates, target)?;
    findings.extend(duplicates::check(&shipped, &layers.duplicates));
    findings.sort();

    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy: {} finding(s)", findings.len());
    }
    println!(
        "tidy: {} packages, {} Rust files, no finding",
        graph.packages.len(),
        files.rust.len()
    );
    Ok(())
}
