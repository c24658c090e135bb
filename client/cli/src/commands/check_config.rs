//! `indicia check-config`: reads the files that people write, and says what is wrong with them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::Outcome;
use crate::programs::{self, Programs};
use crate::settings::{KEYS, Settings};

/// Check the file of settings, or the data centre's configuration
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia check-config                                 the file that commands would use
  indicia check-config --file indicia.toml
  indicia check-config --datacenter datacenter.toml    with the files that it names
  indicia check-config --keys                          all keys of the file of settings

The file of settings is named by --config or INDICIA_CONFIG; else it is ./indicia.toml, else
~/.config/indicia/config.toml. Flags and environment go before it.")]
pub(crate) struct Arguments {
    /// File of settings
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The data centre's configuration instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "keys"])]
    datacenter: Option<PathBuf>,
    /// List all keys, with examples
    #[arg(long)]
    keys: bool,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    settings: Vec<Setting>,
}

#[derive(Serialize)]
struct Setting {
    key: &'static str,
    value: String,
}

pub(crate) fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    if own.keys {
        return Ok(list(context));
    }
    if let Some(path) = &own.datacenter {
        let program = Programs::beside_this()?.datacenter()?;
        let said = programs::run(
            program,
            [
                "check-config".into(),
                "--config".into(),
                path.clone().into_os_string(),
            ],
        )?;
        let answer = Answer {
            file: Some(path.clone()),
            settings: Vec::new(),
        };
        context.console.answer(&answer, said.trim_end());
        return Ok(Outcome::Done);
    }
    let file = own.file.clone().or_else(|| context.settings_file.clone());
    let settings = match &file {
        Some(path) => Settings::read(path).context("the file of settings is not usable")?,
        None => Settings::default(),
    };
    let settings: Vec<Setting> = settings
        .values()
        .map(|(key, value)| Setting {
            key,
            value: value.to_owned(),
        })
        .collect();
    let mut lines = vec![match &file {
        Some(path) => format!("{}: good, {} settings", path.display(), settings.len()),
        None => {
            "There is no file of settings; `indicia check-config --keys` lists what it may hold."
                .to_owned()
        }
    }];
    lines.extend(
        settings
            .iter()
            .map(|one| format!("  {:16} {}", one.key, one.value)),
    );
    let answer = Answer { file, settings };
    context.console.answer(&answer, lines.join("\n"));
    Ok(Outcome::Done)
}

fn list(context: &Context<'_>) -> Outcome {
    let settings = KEYS.iter().map(|key| Setting {
        key: key.name,
        value: key.example.to_owned(),
    });
    let lines: Vec<String> = KEYS
        .iter()
        .map(|key| format!("{:16} = {:32} # {}", key.name, key.example, key.about))
        .collect();
    let answer = Answer {
        file: None,
        settings: settings.collect(),
    };
    context.console.answer(&answer, lines.join("\n"));
    Outcome::Done
}
