//! The command line. What each command does is in `commands`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    accept, act, address, alerts, audit, batch, check_config, completions, customer, demo,
    department, doctor, epochs, fund, init, inspect_report, keys, licence, limit, login, logout,
    meter, pack, payout, print, rate, rates, recover, refunds, report, signup, statement, status,
    stocks, totals, up, user, verify, void,
};
use crate::settings::{self, Settings};

const EXAMPLES: &str = "\
Examples, in the order of a first day:
  indicia demo                                   see all of it work in ten seconds
  indicia init                                   keys, boxes, ceremony: makes ./indicia-data
  indicia up                                     start it; leave it running
  indicia signup --login me@example.com --name 'Example Mail Room'
  indicia user add --login clerk@example.com --name 'Clerk at the counter'
  indicia act commission --meter 10000001 --origin 95814
  indicia fund 10000001 --amount 500.00 --reference PAY-1
  indicia print --to 'State Capitol;1315 10th St;Sacramento, CA 95814' --out envelope.pdf
  indicia verify envelope.png
  indicia accept envelope.png --place 95814
  indicia audit

Exit codes: 0 done, 1 refused or something is wrong, 2 command line not understood,
3 the verdict is refuse, 4 the verdict is check.";

/// Issue, account for and verify value-bearing items: specimen postage
#[derive(Debug, Parser)]
#[command(name = "indicia", version, after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Installation folder [default: ./indicia-data; for `demo` ./indicia-demo]
    #[arg(long, global = true, value_name = "FOLDER", env = "INDICIA_DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Address of the data centre; that of the running `indicia up` if not given
    #[arg(long, global = true, value_name = "URL", env = "INDICIA_API")]
    pub(crate) api: Option<String>,
    /// File of settings [default: ./indicia.toml, else ~/.config/indicia/config.toml]
    #[arg(long, global = true, value_name = "FILE", env = "INDICIA_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Answer in JSON, one object; errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The file of settings that was read.
    #[arg(skip)]
    pub(crate) settings_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Words about the label that differ from those about the envelope.
const LABEL_EXAMPLES: &str = "\
Examples:
  indicia label --to 'State Capitol;1315 10th St;Sacramento, CA 95814'
  indicia label --to-file address.txt --shape parcel --weight 48 --out label.zpl
  indicia label --to-file address.txt --stock sheet-5160 --start 7

As `indicia print`, on a label of 4 by 6 inches, into label.pdf.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Arguments),
    Up(up::Arguments),
    Signup(signup::Arguments),
    Login(login::Arguments),
    Logout(logout::Arguments),
    Recover(recover::Arguments),
    User(user::Arguments),
    Keys(keys::Arguments),
    Meter(meter::Arguments),
    InspectReport(inspect_report::Arguments),
    Department(department::Arguments),
    Customer(customer::Arguments),
    Limit(limit::Arguments),
    Statement(statement::Arguments),
    Report(report::Arguments),
    Licence(licence::Arguments),
    Fund(fund::Arguments),
    Act(act::Arguments),
    Payout(payout::Arguments),
    Void(void::Arguments),
    Refunds(refunds::Arguments),
    Totals(totals::Arguments),
    Epochs(epochs::Arguments),
    Rate(rate::Arguments),
    Rates(rates::Arguments),
    Address(address::Arguments),
    Stocks(stocks::Arguments),
    Print(print::Arguments),
    #[command(
        about = "Buy one item and print it on a label",
        after_help = LABEL_EXAMPLES,
        mut_arg("stock", |arg| arg.default_value("label-4x6")),
        mut_arg("out", |arg| arg.default_value("label.pdf"))
    )]
    Label(print::Arguments),
    Batch(batch::Arguments),
    Verify(verify::Arguments),
    Accept(accept::Arguments),
    Pack(pack::Arguments),
    Audit(audit::Arguments),
    Status(status::Arguments),
    Alerts(alerts::Arguments),
    Doctor(doctor::Arguments),
    CheckConfig(check_config::Arguments),
    Completions(completions::Arguments),
    Demo(demo::Arguments),
}

impl Arguments {
    /// Reads a command line, with the file of settings behind it. Ends the program where it is not
    /// understood, or asks for help.
    ///
    /// # Errors
    /// A file of settings that is not usable, unless the command is the one that says why.
    pub(crate) fn read(words: Vec<OsString>) -> Result<Self> {
        let file = settings::find(&words);
        let read = file.as_deref().map(Settings::read).transpose();
        let (settings, failed) = match read {
            Ok(settings) => (settings.unwrap_or_default(), None),
            Err(error) => (Settings::default(), Some(error)),
        };
        let matches = settings.apply(Self::command()).get_matches_from(words);
        let mut arguments = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let needs_none = matches!(
            arguments.command,
            Command::CheckConfig(_) | Command::Completions(_)
        );
        if let (false, Some(error)) = (needs_none, failed) {
            return Err(error).context("the file of settings is not usable");
        }
        let by_hand = |name| {
            let source = matches.value_source(name);
            matches!(
                source,
                Some(ValueSource::CommandLine | ValueSource::EnvVariable)
            )
        };
        if by_hand("dir") && !by_hand("api") {
            // An installation that is named by hand is asked where it is, whatever the file says.
            arguments.api = None;
        }
        arguments.settings_file = file;
        Ok(arguments)
    }

    /// The folder that is meant.
    pub(crate) fn folder(&self) -> PathBuf {
        let usual = match self.command {
            Command::Demo(_) => "./indicia-demo",
            _ => "./indicia-data",
        };
        self.dir.clone().unwrap_or_else(|| usual.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    /// Every command with its words, those beneath others too.
    fn every_command() -> Vec<(String, clap::Command)> {
        fn beneath(words: &str, command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
            for own in command.get_subcommands() {
                let words = format!("{words} {}", own.get_name());
                found.push((words.clone(), own.clone()));
                beneath(&words, own, found);
            }
        }
        let mut found = Vec::new();
        beneath("indicia", &Arguments::command(), &mut found);
        found
    }

    #[test]
    fn every_command_teaches_by_example() {
        for (words, command) in every_command() {
            let help = command.get_after_help().map(ToString::to_string);
            assert!(help.is_some_and(|help| help.contains(&words)), "{words}");
            assert!(command.get_about().is_some(), "{words}");
        }
    }

    #[test]
    fn example_lines_are_understood() {
        let mut lines: Vec<String> = EXAMPLES.lines().map(str::to_owned).collect();
        for (_, command) in every_command() {
            let help = command.get_after_help().map(ToString::to_string);
            lines.extend(help.unwrap_or_default().lines().map(str::to_owned));
        }
        let mut seen = 0;
        for line in lines {
            let line = line.trim_start();
            if line.starts_with("indicia ") {
                let words = words(line);
                let parsed = Arguments::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn a_word_that_is_nearly_right_is_told_the_right_one() {
        for (line, meant) in [
            ("indicia prnt", "print"),
            ("indicia statsu", "status"),
            ("indicia act comission", "commission"),
            ("indicia print --stok x", "--stock"),
        ] {
            let error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
            let said = error.to_string();
            assert!(
                said.contains("similar") && said.contains(meant),
                "{line}: {said}"
            );
        }
    }

    /// All words of `--help`, as they are on a terminal of 140 columns.
    #[test]
    fn golden_help() {
        let mut text = String::new();
        let top = ("indicia".to_owned(), Arguments::command());
        for (words, command) in std::iter::once(top).chain(every_command()) {
            let mut command = command
                .bin_name(&words)
                .term_width(140)
                .disable_version_flag(true);
            // What a person's environment holds is no part of it.
            command = command.mut_args(|arg| arg.hide_env_values(true));
            let help = command.render_long_help().to_string();
            let help: Vec<&str> = help.lines().map(str::trim_end).collect();
            text.push_str(&format!(
                "$ {words} --help\n{}\n\n",
                help.join("\n").trim_end()
            ));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/help.golden");
        if std::env::var_os("INDICIA_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            text == kept,
            "the help has changed: `cargo xtask vectors` writes client/cli/help.golden"
        );
    }

    /// Words as a shell parts them, up to the explanation after three spaces.
    fn words(line: &str) -> Vec<String> {
        let line = line.split("   ").next().unwrap_or_default();
        let line = line.split(" > ").next().unwrap_or_default();
        let line = line.split(" # ").next().unwrap_or_default();
        let mut words = Vec::new();
        for (index, part) in line.split('\'').enumerate() {
            if index % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    }
}
