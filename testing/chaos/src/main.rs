//! `indicia-chaos`: one run of a storm. Builds nothing: `cargo xtask chaos` does.

use anyhow::Result;
use chaos::{INSIDE, Options, run};
use clap::Parser;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

/// Kill, stop, cut off and starve the processes of an installation under load; then check everything.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  indicia-chaos --kills 20
  indicia-chaos --kills 500 --seed 7")]
struct Arguments {
    /// Kills and pauses; cut connections, full disks and clean stops come on top
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// Repeats the faults of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// As shells have it for SIGINT.
const INTERRUPTED: u8 = 130;
/// Ways to a mount namespace of one's own, in which disks can be filled: for root, and for others
/// where the kernel allows it.
const OWN_MOUNTS: [&[&str]; 2] = [
    &["--mount", "--propagation", "private"],
    &[
        "--user",
        "--map-root-user",
        "--mount",
        "--propagation",
        "private",
    ],
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if std::env::var_os(INSIDE).is_none() {
        move_inside();
        println!("no mount namespace: full disks are file-size limits only");
    }
    let seed = arguments.seed.unwrap_or_else(some_seed);
    println!("indicia-chaos --kills {} --seed {seed}", arguments.kills);
    let options = Options {
        kills: arguments.kills,
        seed,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(run(options, interrupted()))?;
    print!("{}", outcome.table);
    if outcome.story.is_empty() {
        if outcome.whole {
            println!("Nothing lost, nothing twice, audit clean.");
            return Ok(ExitCode::SUCCESS);
        }
        println!("Not done to the end; nothing was violated so far.");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    print!("{}", outcome.story);
    if let Some(kept) = outcome.kept {
        println!("The installation with its logs: {}", kept.display());
    }
    Ok(ExitCode::FAILURE)
}

/// Starts this program again in a mount namespace of its own, where that is allowed.
fn move_inside() {
    let Ok(this) = std::env::current_exe() else {
        return;
    };
    for way in OWN_MOUNTS {
        let mut try_it = Command::new("unshare");
        try_it.args(way).arg("true").stderr(Stdio::null());
        if try_it.status().is_ok_and(|status| status.success()) {
            // Returns only if it failed.
            let _failed = Command::new("unshare")
                .args(way)
                .arg(this)
                .args(std::env::args_os().skip(1))
                .env(INSIDE, "1")
                .exec();
            return;
        }
    }
}

async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    println!("interrupted: ending what was started");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a run without a seed gets one that no other run had"
)]
fn some_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.subsec_nanos().into())
}
