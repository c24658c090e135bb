//! `cargo xtask fuzz`: builds the one program of all targets with the flags that libFuzzer needs on
//! stable Rust, runs it, and says what it saw. Not here: the targets (`testing/fuzz-targets`).
//!
//! | folder | what it holds |
//! |---|---|
//! | `target/fuzz/seeds/NAME` | made from golden vectors at each run |
//! | `target/fuzz/corpus/NAME` | what earlier runs on this machine found worth keeping |
//! | `target/fuzz/findings/NAME` | inputs that break a promise |
//! | `testing/fuzz/corpus/NAME` | a few small inputs that reach far, checked in |
//! | `testing/fuzz/regressions/NAME` | findings that were mended; the ordinary tests run them too |

mod figures;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{command, now, run};
use crate::test::WRAPPER;
use figures::Figures;

/// Built for a named platform, so that the flags do not reach build scripts and macros.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Counters and comparisons for libFuzzer; one unit a crate, or counters get lost.
const FLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing -Ccodegen-units=1";

/// What to do, from the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A target; see --list
    #[arg(required_unless_present_any = ["all", "list"])]
    name: Option<String>,
    /// Name the targets and end
    #[arg(long)]
    list: bool,
    /// Every target, one a core at a time
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// How long each
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How long each, in minutes
    #[arg(long, conflicts_with = "seconds")]
    minutes: Option<u64>,
    /// The proof: ten minutes for each decoder and keeper, one for each of the rest
    #[arg(long, requires = "all", conflicts_with_all = ["seconds", "minutes"])]
    proof: bool,
    /// Run one input and tell its story
    #[arg(long, value_name = "FILE", requires = "name")]
    replay: Option<PathBuf>,
}

impl Options {
    /// Every target for so long.
    pub(crate) fn all_for(seconds: u64) -> Self {
        Self {
            name: None,
            list: false,
            all: true,
            seconds,
            minutes: None,
            proof: false,
            replay: None,
        }
    }
}

/// One target, as the program names it.
struct Target {
    name: String,
    long: bool,
    max_len: String,
    about: String,
}

/// Fuzzes as asked.
///
/// # Errors
/// When the build fails, a target is not known, or something was found.
pub(crate) fn fuzz(root: &Path, options: &Options) -> Result<()> {
    let program = build(root)?;
    let targets = targets(root, &program)?;
    if options.list {
        for Target { name, about, .. } in &targets {
            println!("{name:20} {about}");
        }
        return Ok(());
    }
    let chosen: Vec<&Target> = targets
        .iter()
        .filter(|target| options.all || options.name.as_ref() == Some(&target.name))
        .collect();
    ensure!(
        !chosen.is_empty(),
        "no such target: see `cargo xtask fuzz --list`"
    );
    if let Some(input) = &options.replay {
        return replay(root, &program, chosen[0], input);
    }
    let all = each(root, &program, &chosen, options)?;
    println!("\n{}", figures::HEAD);
    all.iter().for_each(|figures| println!("{figures}"));
    let found: Vec<&Figures> = all.iter().filter(|f| !f.findings.is_empty()).collect();
    for Figures { name, findings, .. } in &found {
        for finding in findings {
            println!("\n{name}: found by {}", finding.display());
            println!(
                "  replay: cargo xtask fuzz {name} --replay {}",
                finding.display()
            );
            println!("  once mended, keep it in testing/fuzz/regressions/{name}/");
        }
    }
    ensure!(
        found.is_empty(),
        "{} target(s) found something",
        found.len()
    );
    Ok(())
}

fn seconds(options: &Options, target: &Target) -> u64 {
    match (options.proof, options.minutes) {
        (true, _) if target.long => 600,
        (true, _) => 60,
        (false, Some(minutes)) => minutes * 60,
        (false, None) => options.seconds,
    }
}

/// Runs targets side by side, one a core: a target is one process with one thread that is always
/// busy. Figures come in the order of `chosen`.
fn each(
    root: &Path,
    program: &Path,
    chosen: &[&Target],
    options: &Options,
) -> Result<Vec<Figures>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut ran = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = chosen.get(place) else {
                return ran;
            };
            ran.push((place, one(root, program, target, seconds(options, target))));
        }
    };
    let mut all = Vec::new();
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..cores).map(|_| scope.spawn(lane)).collect();
        for lane in lanes {
            all.extend(lane.join().expect("a lane only runs and collects"));
        }
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, figures)| figures).collect()
}

/// Builds the program in a target folder of its own.
fn build(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/fuzz");
    let mut cargo = command(root, "cargo", ["build", "--quiet", "--locked"]);
    cargo
        .args(["--package", "indicia-fuzz", "--features", "libfuzzer"])
        .args(["--profile", "fuzz", "--target", PLATFORM, "--target-dir"])
        .arg(&folder)
        .env("RUSTFLAGS", FLAGS)
        .env_remove(WRAPPER);
    let began = now();
    run(&mut cargo)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("built in {seconds:.0} s");
    Ok(folder.join(PLATFORM).join("fuzz/fuzz"))
}

fn targets(root: &Path, program: &Path) -> Result<Vec<Target>> {
    // Its error output is libFuzzer's, and says nothing here.
    let listed = command(root, &program.to_string_lossy(), [""; 0])
        .output()
        .with_context(|| format!("start {}", program.display()))?;
    String::from_utf8(listed.stdout)?
        .lines()
        .map(|line| {
            let mut parts = line.split('\t').map(str::to_owned);
            let mut next = || {
                parts
                    .next()
                    .with_context(|| format!("not a target: {line}"))
            };
            Ok(Target {
                name: next()?,
                long: next()? == "long",
                max_len: next()?,
                about: next()?,
            })
        })
        .collect()
}

fn program_for(root: &Path, program: &Path, target: &Target) -> Command {
    let mut command = command(root, &program.to_string_lossy(), [""; 0]);
    command.env("INDICIA_FUZZ_TARGET", &target.name);
    command
}

/// Runs one target for so many seconds.
fn one(root: &Path, program: &Path, target: &Target, seconds: u64) -> Result<Figures> {
    let name = &target.name;
    println!("==> {name}: {seconds} s ({})", target.about);
    let place = |kind: &str| root.join("target/fuzz").join(kind).join(name);
    let (corpus, seeds, findings) = (place("corpus"), place("seeds"), place("findings"));
    for folder in [&corpus, &seeds, &findings] {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    let before = files(&findings)?;
    let mut making = program_for(root, program, target);
    run(making
        .env("INDICIA_FUZZ_SEEDS", &seeds)
        .stderr(Stdio::null()))?;

    let mut fuzzing = program_for(root, program, target);
    fuzzing.arg(&corpus).arg(&seeds);
    for kept in ["corpus", "regressions"] {
        let folder = root.join("testing/fuzz").join(kept).join(name);
        if folder.is_dir() {
            fuzzing.arg(folder);
        }
    }
    fuzzing
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.max_len))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-print_final_stats=1", "-timeout=25", "-rss_limit_mb=2048"])
        .stdout(Stdio::null());
    let ran = fuzzing
        .stderr(Stdio::piped())
        .output()
        .with_context(|| format!("start {}", program.display()))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let mut figures = Figures::read(name, &said);
    figures.findings = files(&findings)?;
    figures.findings.retain(|finding| !before.contains(finding));
    if !ran.status.success() {
        // The end says what was broken, and where.
        let lines: Vec<&str> = said.lines().collect();
        let from = lines.iter().rposition(|line| line.contains("panicked at"));
        let from = from.unwrap_or(lines.len().saturating_sub(20));
        lines[from..]
            .iter()
            .take(20)
            .for_each(|line| println!("    {name}: {line}"));
        if figures.findings.is_empty() {
            bail!("{name} ended with {}, and left no input behind", ran.status);
        }
    }
    println!("    {name}: {}", figures.in_words());
    Ok(figures)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// Runs one input, with each step of its story on the terminal.
fn replay(root: &Path, program: &Path, target: &Target, input: &Path) -> Result<()> {
    // Given relative to where the person stands.
    let input = std::path::absolute(input).context("find the input")?;
    let mut replaying = program_for(root, program, target);
    run(replaying
        .env("INDICIA_FUZZ_TELL", "1")
        .env("RUST_BACKTRACE", "1")
        .arg(input))
}
