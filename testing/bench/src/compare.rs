//! Two builds beside each other. What a machine does in a second differs by a third within minutes, so
//! figures of two runs tell little; here both installations run, and each is driven for a few seconds in
//! turns.
//!
//! Not here: what is driven (`dispensing`), and ceilings. Called by `main` for `--against`.

use crate::dispensing;
use crate::plan::{CUSTOMERS, METERS, Options};
use crate::report::Figures;
use crate::site::{Site, Size};
use anyhow::{Result, bail};
use e2e::House;
use std::path::Path;
use std::time::Duration;

/// What can be compared.
const NAMES: [&str; 6] = [
    "single_c1",
    "single_c16",
    "single_c64",
    "single_c256",
    "batch1000_1",
    "batch1000_8",
];

/// Drives this build and the one in the folder `programs` in turns, four seconds each (`quick`: two, and a
/// small installation); tells each turn as it ends. Gives a table of medians.
///
/// # Errors
/// If a name is unknown, there are no programs, or an installation answers what it should not.
pub async fn compare(programs: &Path, turns: usize, options: &Options) -> Result<String> {
    options.check(&NAMES)?;
    if !programs.join("indicia").is_file() {
        let folder = programs.display();
        bail!(
            "there is no program `indicia` in {folder}: copy those of target/release of the other build there"
        );
    }
    let size = Size {
        customers: CUSTOMERS,
        meters: if options.quick { 2_000 } else { METERS },
        items: 0,
    };
    let time = Duration::from_secs(if options.quick { 2 } else { 4 });
    let mut builds = [
        Build::of("other", House::running_from(programs), size).await?,
        Build::of("this", House::running(), size).await?,
    ];
    let mut table = format!("medians of {} turns\n{}", turns, heading());
    for name in NAMES.into_iter().filter(|name| options.wants(name)) {
        eprintln!("{}", heading().trim_end());
        for _ in 0..turns {
            for build in &mut builds {
                build.site.log_in().await?;
                let figures = one(&build.site, name, time).await?;
                eprintln!("{}", line(name, build.name, time, &[&figures]));
                build.turns.push(figures);
            }
            // Who comes first has the machine as the one before left it: each as often.
            builds.reverse();
        }
        builds.sort_by_key(|build| build.name);
        for build in &mut builds {
            let seen = std::mem::take(&mut build.turns);
            let seen: Vec<&Figures> = seen.iter().collect();
            table += &line(name, build.name, time, &seen);
            table.push('\n');
        }
    }
    Ok(table)
}

/// One of the two.
struct Build {
    name: &'static str,
    site: Site,
    /// What was measured so far, of one name.
    turns: Vec<Figures>,
}

impl Build {
    async fn of(name: &'static str, house: House, size: Size) -> Result<Self> {
        Ok(Self {
            name,
            site: Site::of(house, size).await?,
            turns: Vec::new(),
        })
    }
}

async fn one(site: &Site, name: &str, time: Duration) -> Result<Figures> {
    let count = |of: &str| name.strip_prefix(of).and_then(|n| n.parse().ok());
    if let Some(connections) = count("single_c") {
        return dispensing::single(site, connections, time).await;
    }
    match count("batch1000_") {
        Some(customers) => dispensing::batch(site, customers, time).await,
        None => bail!("{name} is in the list and can not be compared"),
    }
}

fn heading() -> String {
    format!(
        "{:<12} {:<6} {:>9} {:>8} {:>8} {:>8}  microseconds an item\n",
        "result", "build", "per s", "p50 ms", "p99 ms", "all"
    )
}

/// Medians of one or more turns.
fn line(name: &str, build: &str, time: Duration, turns: &[&Figures]) -> String {
    let of = |figure: &dyn Fn(&Figures) -> f64| median(turns.iter().map(|one| figure(one)));
    let each = |one: &Figures, process: &str| {
        let seconds = one.cpu_s_by_process.get(process).copied();
        seconds.unwrap_or_default() * 1e6 / (one.rate_per_s * time.as_secs_f64())
    };
    let processes = ["datacenter", "meter", "load"];
    let parts = processes.map(|process| {
        let part = of(&|one| each(one, process));
        format!("{process} {part:.1}")
    });
    format!(
        "{name:<12} {build:<6} {:>9.0} {:>8.2} {:>8.2} {:>8.1}  {}",
        of(&|one| one.rate_per_s),
        of(&|one| one.p50_ms.unwrap_or_default()),
        of(&|one| one.p99_ms.unwrap_or_default()),
        of(&|one| processes.iter().map(|process| each(one, process)).sum()),
        parts.join(", ")
    )
}

/// The one in the middle; of two, the larger.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_what_most_turns_are_near() {
        assert_eq!(median([3.0, 900.0, 1.0].into_iter()), 3.0);
        assert_eq!(median([1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([].into_iter()), 0.0);
    }
}
