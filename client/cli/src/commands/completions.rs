//! `indicia completions`: what a shell needs to complete command lines.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments;
use crate::outcome::Outcome;

/// Write completions for a shell to standard output
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia completions bash > ~/.local/share/bash-completion/completions/indicia
  indicia completions zsh > ~/.zfunc/_indicia
  indicia completions fish > ~/.config/fish/completions/indicia.fish
  indicia completions elvish > ~/.config/elvish/lib/indicia.elv
  indicia completions powershell > indicia.ps1")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(own: &Arguments) -> Outcome {
    let mut command = arguments::Arguments::command();
    clap_complete::generate(own.shell, &mut command, "indicia", &mut std::io::stdout());
    Outcome::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in Shell::value_variants() {
            let mut command = arguments::Arguments::command();
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut command, "indicia", &mut script);
            let script = String::from_utf8(script).unwrap();
            for command in arguments::Arguments::command().get_subcommands() {
                assert!(
                    script.contains(command.get_name()),
                    "{shell}: {}",
                    command.get_name()
                );
            }
        }
    }
}
