//! The command line. What each command does is in `commands`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    accept, act, address, alerts, audit, batch, demo, fund, init, inspect_report, login, logout,
    meter, pack, print, rate, rates, signup, status, stocks, up, user, verify,
};

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
    /// Answer in JSON, one object; errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Arguments),
    Up(up::Arguments),
    Signup(signup::Arguments),
    Login(login::Arguments),
    Logout(logout::Arguments),
    User(user::Arguments),
    Meter(meter::Arguments),
    InspectReport(inspect_report::Arguments),
    Fund(fund::Arguments),
    Act(act::Arguments),
    Rate(rate::Arguments),
    Rates(rates::Arguments),
    Address(address::Arguments),
    Stocks(stocks::Arguments),
    Print(print::Arguments),
    Batch(batch::Arguments),
    Verify(verify::Arguments),
    Accept(accept::Arguments),
    Pack(pack::Arguments),
    Audit(audit::Arguments),
    Status(status::Arguments),
    Alerts(alerts::Arguments),
    Demo(demo::Arguments),
}

impl Arguments {
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_teaches_by_example() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let example = format!("indicia {}", command.get_name());
            assert!(
                help.is_some_and(|help| help.contains(&example)),
                "{}",
                command.get_name()
            );
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }

    #[test]
    fn example_lines_are_understood() {
        let mut lines: Vec<String> = EXAMPLES.lines().map(str::to_owned).collect();
        for command in Arguments::command().get_subcommands() {
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
        assert!(seen > 25, "{seen}");
    }

    /// Words as a shell parts them, up to the explanation after three spaces.
    fn words(line: &str) -> Vec<String> {
        let line = line.split("   ").next().unwrap_or_default();
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
