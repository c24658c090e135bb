//! What was measured, as a table for people and as JSON for programs.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything that one run measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// What it ran on.
    pub machine: Machine,
    /// What the machine can do, a second, by name.
    pub ceilings: BTreeMap<String, f64>,
    /// What the installation did.
    pub results: Vec<Figures>,
}

/// What a run ran on.
#[derive(Debug, Default, Serialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// Their name.
    pub processor: String,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Kernel release.
    pub kernel: String,
}

/// One measurement.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Its name.
    pub name: String,
    /// Items, checks, log-ins: whatever it counts, a second.
    pub rate_per_s: f64,
    /// Half of the answers came within.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 99 of 100 did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// Rate at which requests came while latency was measured; none: one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_at_per_s: Option<f64>,
    /// Answers that were refusals, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, u64>,
    /// Processor seconds used by each process; `load` is the generator itself.
    pub cpu_s_by_process: BTreeMap<String, f64>,
    /// Bytes that database and boxes grew by, for each item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_item: Option<f64>,
    /// Memory of the meter box at rest, for each meter that it knows; with few meters, that of the
    /// process itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub box_bytes_per_meter: Option<f64>,
    /// Most memory that each process has had since it started.
    pub peak_rss_mib_by_process: BTreeMap<String, f64>,
    /// The ceiling, or the other result, that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio_to: Option<String>,
    /// Its part of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

impl Report {
    /// Compares a rate with a ceiling, if that was measured.
    pub(crate) fn compared(&self, mut figures: Figures, ceiling: &str) -> Figures {
        if let Some(of) = self.ceilings.get(ceiling) {
            figures.ratio = Some(figures.rate_per_s / of);
            figures.ratio_to = Some(ceiling.to_owned());
        }
        figures
    }

    /// Compares a rate with that of an earlier result, if there is one.
    pub(crate) fn compared_with_result(&self, mut figures: Figures, earlier: &str) -> Figures {
        let found = self.results.iter().find(|one| one.name == earlier);
        if let Some(of) = found.filter(|_| figures.p99_ms.is_some()) {
            figures.ratio = Some(figures.rate_per_s / of.rate_per_s);
            figures.ratio_to = Some(earlier.to_owned());
        }
        figures
    }

    /// For people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::new();
        let machine = &self.machine;
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "{} cores, {}, {} MiB, Linux {}\n",
            machine.cores, machine.processor, machine.memory_mib, machine.kernel
        );
        for (name, rate) in &self.ceilings {
            let _ = writeln!(out, "ceiling {name:<18} {rate:>10.0}/s");
        }
        let _ = writeln!(
            out,
            "\n{:<20} {:>10} {:>8} {:>8} {:>6}  {:<14} processor seconds",
            "result", "per s", "p50 ms", "p99 ms", "ratio", "to"
        );
        for one in &self.results {
            let ms = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.2}"));
            let cpu: Vec<String> = one
                .cpu_s_by_process
                .iter()
                .filter(|(_, seconds)| **seconds >= 0.05)
                .map(|(name, seconds)| format!("{name} {seconds:.1}"))
                .collect();
            let _ = writeln!(
                out,
                "{:<20} {:>10.0} {:>8} {:>8} {:>6}  {:<14} {}",
                one.name,
                one.rate_per_s,
                ms(one.p50_ms),
                ms(one.p99_ms),
                ms(one.ratio),
                one.ratio_to.as_deref().unwrap_or_default(),
                cpu.join(", ")
            );
            if !one.refused.is_empty() {
                let _ = writeln!(out, "{:<20} refused: {:?}", "", one.refused);
            }
        }
        out
    }
}

impl Machine {
    pub(crate) fn this() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, key: &str| {
            text.lines()
                .find(|line| line.starts_with(key))
                .and_then(|line| line.split_once(':'))
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = after(&read("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        Self {
            cores: cores(),
            processor: after(&read("/proc/cpuinfo"), "model name"),
            memory_mib: kib / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

/// Processors that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
