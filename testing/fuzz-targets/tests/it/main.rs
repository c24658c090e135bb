//! Runs every seed, and every input that once found something, without libFuzzer: a finding that
//! was mended stays mended, and every target can be run at all.

use fuzz_targets::{TARGETS, Target};
use std::path::Path;

fn run(target: &Target, inputs: impl IntoIterator<Item = Vec<u8>>) {
    for input in inputs {
        assert!(input.len() <= target.max_len, "{}: too long", target.name);
        (target.run)(&input);
    }
}

/// Inputs in `testing/fuzz/KIND/NAME`.
fn kept(kind: &str, name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz")
        .join(kind)
        .join(name);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_seed_runs() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        run(target, seeds);
    }
}

#[test]
fn what_was_found_once_stays_mended() {
    for target in TARGETS {
        run(target, kept("regressions", target.name));
        run(target, kept("corpus", target.name));
    }
}

#[test]
fn short_and_plain_inputs_run() {
    for target in TARGETS {
        for length in [0, 1, 2, 40] {
            run(target, [0, 1, 255].map(|byte| vec![byte; length]));
        }
    }
}
