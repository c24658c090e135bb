//! What can be measured, in which order, and for how long.

use crate::ceilings;
use crate::report::{Figures, Machine, Report};
use crate::site::{Site, Size};
use crate::{checks, desk, dispensing, growth, pages};
use anyhow::{Result, bail};
use std::time::Duration;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Names, or beginnings of names; none for all.
    pub only: Vec<String>,
    /// Short times.
    pub quick: bool,
}

/// All measurements of one installation, in order. Those of `growth` have installations of their own.
const NAMES: [&str; 12] = [
    "single_c1",
    "single_c16",
    "single_c64",
    "single_c256",
    "overload_2x",
    "batch1000_1",
    "batch1000_8",
    "refill",
    "login",
    "verify_offline",
    "verify_online_100",
    "accept_100",
];
/// What growth is compared with.
const SMALLEST: &str = "growth_1e3";
/// Customers of an installation: enough names to log in with.
pub(crate) const CUSTOMERS: usize = 32;
/// Meters that single items are dispensed from.
pub(crate) const METERS: u64 = 100_000;

/// Measures.
///
/// # Errors
/// If a name is unknown, or the installation answers what it should not.
pub async fn run(options: &Options) -> Result<Report> {
    let sizes = growth::SIZES.map(|(name, ..)| name);
    let others = [growth::COLD_START, pages::NAME];
    let names: Vec<&str> = NAMES.into_iter().chain(sizes).chain(others).collect();
    options.check(&names)?;
    let time = Duration::from_secs(if options.quick { 2 } else { 10 });
    let mut report = Report {
        machine: Machine::this(),
        ..Report::default()
    };
    if options.wants(pages::NAME) {
        eprintln!("{}", pages::NAME);
        let quick = options.quick;
        let figures = tokio::task::spawn_blocking(move || pages::measure(quick)).await??;
        report.results.push(figures);
        // Nothing else is asked for, and it is compared with no ceiling.
        if options
            .only
            .iter()
            .all(|only| pages::NAME.starts_with(only.as_str()))
            && !options.only.is_empty()
        {
            return Ok(report);
        }
    }
    eprintln!("ceilings");
    let ceilings = tokio::task::spawn_blocking(move || ceilings::measure(time / 3));
    report.ceilings = ceilings.await??;
    if NAMES.iter().any(|name| options.wants(name)) {
        let mut site = Site::new(Size {
            customers: CUSTOMERS,
            meters: if options.quick { 2_000 } else { METERS },
            items: 0,
        })
        .await?;
        for name in NAMES.iter().filter(|name| options.wants(name)) {
            eprintln!("{name}");
            site.log_in().await?;
            let figures = one(&report, &site, name, time).await?;
            report.results.push(figures);
        }
    }
    for (name, meters, _) in growth::SIZES {
        let last = growth::SIZES.last().is_some_and(|(of, ..)| *of == name);
        let wanted = options.wants(name) || (last && options.wants(growth::COLD_START));
        if !wanted || (options.quick && meters > METERS) {
            continue;
        }
        eprintln!("{name}");
        for figures in growth::measure(name, time).await? {
            let figures = report.compared_with_result(figures, SMALLEST);
            report.results.push(figures);
        }
    }
    Ok(report)
}

impl Options {
    /// Refuses what begins none of these names.
    pub(crate) fn check(&self, names: &[&str]) -> Result<()> {
        for only in &self.only {
            if !names.iter().any(|name| name.starts_with(only.as_str())) {
                bail!("nothing is called {only}; there are: {}", names.join(", "));
            }
        }
        Ok(())
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        let asked = |name: &str| self.only.iter().any(|only| name.starts_with(only.as_str()));
        self.only.is_empty() || asked(name)
    }
}

async fn one(report: &Report, site: &Site, name: &str, time: Duration) -> Result<Figures> {
    let single = |figures| report.compared(figures, "pgbench");
    let batch = |figures| report.compared(figures, "sign");
    let check = |figures| report.compared(figures, "verify");
    Ok(match name {
        "single_c1" => single(dispensing::single(site, 1, time).await?),
        "single_c16" => single(dispensing::single(site, 16, time).await?),
        "single_c64" => single(dispensing::single(site, 64, time).await?),
        "single_c256" => single(dispensing::single(site, 256, time).await?),
        "overload_2x" => dispensing::overload(site, time).await?,
        "batch1000_1" => batch(dispensing::batch(site, 1, time).await?),
        "batch1000_8" => batch(dispensing::batch(site, 8, time).await?),
        "refill" => desk::refill(site, time).await?,
        "login" => desk::login(site, time).await?,
        "verify_offline" => check(checks::verify_offline(site, time).await?),
        "verify_online_100" => check(checks::verify_online(site, time).await?),
        "accept_100" => check(checks::accept(site, time).await?),
        _ => bail!("{name} is in the list and can not be measured"),
    })
}
