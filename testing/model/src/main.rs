//! `cargo xtask model`: checks the settings that take longer than a test may, and prints what was
//! seen. Nothing is decided here.

use model::Setting;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
Usage: indicia-model [--long] [--threads N]
  --long       settings that take minutes and gigabytes, after the short ones
  --threads N  threads of the checker (default 1)";

#[expect(
    clippy::disallowed_methods,
    reason = "a tool for people says how long it took; no rule depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((long, threads)) = parse(&arguments) else {
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
    if failed {
        return ExitCode::FAILURE;
    }
    println!("every property holds in every state");
    ExitCode::SUCCESS
}

fn parse(arguments: &[String]) -> Option<(bool, usize)> {
    let (mut long, mut threads) = (false, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--long" => long = true,
            "--threads" => threads = rest.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some((long, threads))
}
