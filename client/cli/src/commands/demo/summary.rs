//! How the demonstration is told: a line a step with its time, at the end where the files are.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::story::Told;
use crate::amount::money;
use crate::clock::Stopwatch;
use crate::console::Console;
use crate::folder::Folder;

/// One step that was taken.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    duration_ms: u64,
    said: String,
}

/// A step that is being taken.
#[derive(Debug)]
pub(super) struct Begun(&'static str, Stopwatch);

/// Tells the steps.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    console: &'a Console,
    steps: Vec<Step>,
}

/// The whole for programs.
#[derive(Serialize)]
struct Summary<'a> {
    folder: PathBuf,
    meter: u32,
    items: usize,
    total_mills: u64,
    descending_mills: u64,
    pdf: &'a [PathBuf],
    png: &'a PathBuf,
    list: &'a PathBuf,
    audit_clean: bool,
    duration_ms: u64,
    steps: &'a [Step],
}

impl<'a> Teller<'a> {
    pub(super) fn new(console: &'a Console) -> Self {
        Self {
            console,
            steps: Vec::new(),
        }
    }

    pub(super) fn begin(&self, name: &'static str) -> Begun {
        Begun(name, Stopwatch::start())
    }

    pub(super) fn end(&mut self, begun: Begun, said: String) {
        let Begun(name, stopwatch) = begun;
        let duration = stopwatch.elapsed();
        let indented = said.replace('\n', "\n                       ");
        let seconds = duration.as_secs_f32();
        self.console
            .say(format!("{name:<12} {seconds:>6.2} s  {indented}"));
        self.steps.push(Step {
            name,
            duration_ms: milliseconds(duration),
            said,
        });
    }

    pub(super) fn finish(&self, told: &Told, folder: &Folder, clean: bool, took: Duration) {
        let place = folder.path();
        let summary = Summary {
            folder: place.to_owned(),
            meter: told.meter,
            items: told.items,
            total_mills: told.total_mills,
            descending_mills: told.balance_mills,
            pdf: &told.pdf,
            png: &told.png,
            list: &told.list,
            audit_clean: clean,
            duration_ms: milliseconds(took),
            steps: &self.steps,
        };
        let pdf: Vec<String> = told.pdf.iter().map(|p| p.display().to_string()).collect();
        let dir = place.display();
        let text = format!(
            "\nDone in {:.1} s: {} envelopes for {}, balance {}.\n\n\
             Envelopes  {}\n\
             An image   {}\n\
             Items      {}\n\
             Everything {dir}\n\n\
             Next: open the PDF, read a symbol with a phone, then\n  \
             indicia up --dir {dir}\n  \
             indicia verify {} --dir {dir}",
            took.as_secs_f32(),
            told.items,
            money(told.total_mills, "USD"),
            money(told.balance_mills, "USD"),
            pdf.join(", "),
            told.png.display(),
            told.list.display(),
            told.png.display(),
        );
        self.console.answer(&summary, text);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
