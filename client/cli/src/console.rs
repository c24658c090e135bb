//! What the program says, and to whom: people, or with `--json` programs.
//!
//! Answers go to standard output; errors, warnings and progress to standard error.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::errors;

/// Where the output goes.
#[derive(Debug)]
pub(crate) struct Console {
    json: bool,
    progress: bool,
}

impl Console {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            progress: !json && std::io::stderr().is_terminal(),
        }
    }

    /// A line for people; programs do not see it.
    pub(crate) fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            print_line(line.as_ref());
        }
    }

    /// The answer: `text` for people, `value` as JSON for programs.
    pub(crate) fn answer(&self, value: &impl Serialize, text: impl AsRef<str>) {
        if self.json {
            // Our own answers are plain structs: none of them can fail.
            print_line(&serde_json::to_string(value).unwrap_or_default());
        } else {
            print_line(text.as_ref());
        }
    }

    /// Many answers, in one write: each a line of JSON for programs; for people those that have text.
    pub(crate) fn answers<T: Serialize>(&self, values: &[T], text: impl Fn(&T) -> Option<String>) {
        let line = |value: &T| match self.json {
            true => serde_json::to_string(value).ok(),
            false => text(value),
        };
        let lines: Vec<String> = values.iter().filter_map(line).collect();
        if !lines.is_empty() {
            print_line(&lines.join("\n"));
        }
    }

    /// Something that people must not overlook, beside the answer.
    pub(crate) fn warn(&self, line: impl AsRef<str>) {
        eprintln!("warning: {}", line.as_ref());
    }

    /// Asks people at a terminal; nobody else is asked, and says no.
    ///
    /// # Errors
    /// If the terminal can not be read.
    pub(crate) fn confirm(&self, question: &str) -> std::io::Result<bool> {
        if self.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Ok(false);
        }
        eprint!("{question} [y/N] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// An error, with what to do about it.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        if self.json {
            let value = errors::describe(error);
            eprintln!("{}", serde_json::to_string(&value).unwrap_or_default());
            return;
        }
        eprintln!("error: {error:#}");
        if let Some(advice) = errors::advice(error) {
            eprintln!("{advice}");
        }
    }

    /// Asks a person whether to go on. Where nobody can answer, nobody is asked: scripts name what
    /// they want.
    pub(crate) fn confirms(&self, question: &str) -> Result<bool> {
        if self.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Ok(true);
        }
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// A bar for `total` of something, shown on a terminal only.
    pub(crate) fn bar(&self, total: u64, what: &'static str) -> ProgressBar {
        let style = "{msg:10} [{bar:32}] {pos}/{len}  {elapsed}, {eta} left";
        self.progress_bar(ProgressBar::with_draw_target(
            Some(total),
            self.draw_target(),
        ))
        .with_message(what)
        .with_style(template(style).progress_chars("=> "))
    }

    /// A sign of life where the total is not known, shown on a terminal only.
    pub(crate) fn spinner(&self, what: &'static str) -> ProgressBar {
        let bar = self.progress_bar(ProgressBar::with_draw_target(None, self.draw_target()));
        bar.with_message(what)
            .with_style(template("{spinner} {msg} {pos}  {elapsed}"))
    }

    fn draw_target(&self) -> ProgressDrawTarget {
        if self.progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        }
    }

    fn progress_bar(&self, bar: ProgressBar) -> ProgressBar {
        if self.progress {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        bar
    }
}

/// A template that does not parse would be a bad constant here; a plain bar is then good enough.
fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Like `println!`, but a reader that has gone away (`| head`) is no reason to panic.
fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}").and_then(|()| out.flush());
}
