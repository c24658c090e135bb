//! `cargo xtask model`: checks the settings that take longer than a test may, and prints what was
//! seen. Nothing is decided here.

use model::real::{House, Real};
use model::{Setting, accepts};
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
Usage: indicia-model [--long] [--threads N] [--runs N]
  --long       settings that take minutes and gigabytes, after the short ones
  --threads N  threads of the checker (default 1)
  --runs N     random runs of each kind that are compared with the real code, at least 1 (default 20)";

/// Steps of each run.
const STEPS: usize = 120;

#[expect(
    clippy::disallowed_methods,
    reason = "a tool for people says how long it took; no rule depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(Options {
        long,
        threads,
        runs,
    }) = parse(&arguments)
    else {
        eprintln!("{HELP}");
        return ExitCode::FAILURE;
    };
    let mut settings = Setting::short();
    if long {
        settings.extend(Setting::long());
    }
    let mut failed = false;
    for (name, setting) in settings {
        let began = now();
        let seen = setting.check(threads);
        let seconds = began.elapsed().as_secs_f64();
        println!("{name}: {seen}, {seconds:.1} s");
        failed |= !seen.holds();
    }
    let mut steps = 0;
    for (kind, setting) in Setting::walks() {
        let house = House::build(setting.balance);
        for seed in 0..runs {
            let trace = Real::record(&house, &setting, seed, STEPS);
            steps += trace.lines.len();
            if let Err(divergence) = accepts(&trace) {
                println!("{kind}, seed {seed}: {divergence}\n{trace}");
                failed = true;
            }
        }
    }
    println!("{steps} steps of the real box and store compared");
    if failed {
        return ExitCode::FAILURE;
    }
    println!("every property holds in every state, and the real code goes the same way");
    ExitCode::SUCCESS
}

struct Options {
    long: bool,
    threads: usize,
    runs: u64,
}

fn parse(arguments: &[String]) -> Option<Options> {
    let mut options = Options {
        long: false,
        threads: 1,
        runs: 20,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--long" => options.long = true,
            "--threads" => options.threads = rest.next()?.parse().ok()?,
            "--runs" => options.runs = rest.next()?.parse().ok().filter(|runs| *runs > 0)?,
            _ => return None,
        }
    }
    Some(options)
}
