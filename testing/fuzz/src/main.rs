//! The program that libFuzzer drives: it hands each input to one target. Not here: the targets
//! (`fuzz-targets`), building and running (`cargo xtask fuzz`, the only caller).
//!
//! One program for all targets, so that it is built and linked once. Which target is meant comes
//! through the environment, since libFuzzer owns the command line and hands the environment on to
//! the processes that it starts.

#![no_main]

use std::sync::OnceLock;

use fuzz_targets::{TARGETS, Target};

/// Name of the target; without it the program lists all targets and ends.
const NAME: &str = "INDICIA_FUZZ_TARGET";
/// A folder: the program writes the target's seeds into it and ends.
const SEEDS: &str = "INDICIA_FUZZ_SEEDS";

static CHOSEN: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: prepare(), |data: &[u8]| {
    if let Some(target) = CHOSEN.get() {
        (target.run)(data);
    }
});

/// Finds the target, or does what is asked instead of fuzzing.
fn prepare() {
    let name = std::env::var(NAME).unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        for target in TARGETS {
            let Target {
                name,
                long,
                max_len,
                about,
                ..
            } = target;
            let length = if *long { "long" } else { "short" };
            println!("{name}\t{length}\t{max_len}\t{about}");
        }
        std::process::exit(if name.is_empty() { 0 } else { 2 });
    };
    if let Some(folder) = std::env::var_os(SEEDS) {
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            let path = std::path::Path::new(&folder).join(format!("seed-{number:03}"));
            if let Err(error) = std::fs::write(&path, seed) {
                eprintln!("write {}: {error}", path.display());
                std::process::exit(1);
            }
        }
        std::process::exit(0);
    }
    let _ = CHOSEN.set(target);
}
