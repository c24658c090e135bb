//! What a run prints: the table, and if something was violated the story of it.

use crate::notes::{Note, Notes, Tally};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Faults before the first violation that the story tells.
const STORY: usize = 15;

/// Kills and pauses, as the faults are named.
const COUNTED: [&str; 5] = ["kill", "kill again", "kill all", "kill stopped", "stop"];

/// The table.
pub(crate) fn table(tally: &Tally, raged: Duration) -> String {
    let mut out = String::new();
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for ((kind, place), count) in &tally.faults {
        kinds
            .entry(kind)
            .or_default()
            .push(format!("{place} {count}"));
        *sums.entry(kind).or_default() += count;
    }
    let mut line = |name: &str, text: String| {
        let _fits = writeln!(out, "  {name:<14}{text}");
    };
    line("faults", String::new());
    for (kind, places) in kinds {
        line(
            "",
            format!("{kind:<14}{:>5}   {}", sums[kind], places.join(", ")),
        );
    }
    let kills: u64 = COUNTED.iter().filter_map(|kind| sums.get(kind)).sum();
    let minutes = raged.as_secs_f64() / 60.0;
    line(
        "storm",
        format!(
            "{kills} kills and pauses in {:.1} s, {:.1} a minute",
            raged.as_secs_f64(),
            kills as f64 / minutes
        ),
    );
    line("starved", list(tally.starved.iter()));
    line("requests", list(tally.requests.iter()));
    line("retries", tally.retries.to_string());
    line("answers", list(tally.answers.iter()));
    line(
        "items",
        format!(
            "{}; longest time without one {:.2} s",
            tally.items,
            tally.longest_gap.as_secs_f64()
        ),
    );
    let mut all: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for (name, after) in &tally.recoveries {
        all.entry(name).or_default().push(*after);
    }
    for (name, mut times) in all {
        times.sort();
        line(
            "ready again",
            format!(
                "{name:<14}{:>5} times, median {:>5} ms, worst {:>5} ms",
                times.len(),
                times[times.len() / 2].as_millis(),
                times[times.len() - 1].as_millis()
            ),
        );
    }
    out
}

fn list<'a, K: std::fmt::Display + 'a>(counts: impl Iterator<Item = (K, &'a u64)>) -> String {
    let words: Vec<String> = counts
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    words.join(", ")
}

/// What went before the first violation, and all of them.
pub(crate) fn story(notes: &Notes) -> String {
    let violations = notes.violations();
    let Some(first) = violations.first() else {
        return String::new();
    };
    let told = |note: &Note| format!("  {:>9.3} s  {}\n", note.at.as_secs_f64(), note.what);
    let faults = notes.story();
    let before: Vec<&Note> = faults.iter().filter(|note| note.at <= first.at).collect();
    let mut out = String::from("The last faults before the first violation:\n");
    for note in &before[before.len().saturating_sub(STORY)..] {
        out += &told(note);
    }
    let _fits = writeln!(out, "Violated:");
    for note in &violations {
        out += &told(note);
    }
    out
}
