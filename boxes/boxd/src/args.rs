//! The command line of a box: one command, then `--name value` pairs, nothing else.
//!
//! Not here: what a command does. Each binary lists its commands as data, so that `--help` and the
//! parser cannot disagree.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// One `--name value`.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Without the dashes.
    pub name: &'static str,
    /// What stands for the value in the help: `PATH`, `ADDRESS`.
    pub value: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Whether the command can do without it.
    pub required: bool,
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct CommandSpec {
    /// First word: `enroll`, `init`, `serve`, `ceremony`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// What it takes.
    pub options: &'static [OptionSpec],
    /// A whole line that works, without the program's name.
    pub example: &'static str,
}

/// What was asked for.
#[derive(Debug)]
pub enum Parsed {
    /// Print this and end well.
    Help(String),
    /// Run this.
    Run(Invocation),
}

/// One command with its values.
#[derive(Debug)]
pub struct Invocation {
    /// [`CommandSpec::name`].
    pub command: &'static str,
    values: BTreeMap<&'static str, OsString>,
}

/// Why a command line was refused. Values are not repeated: one may be a secret in a wrong place.
#[derive(Debug, PartialEq, Eq)]
pub enum ArgsError {
    /// No command.
    NoCommand,
    /// No such command.
    Command(String),
    /// Not an option of this command, or not an option at all.
    Option(&'static str, String),
    /// The option is given twice.
    Twice(&'static str),
    /// Its value is missing.
    NoValue(&'static str),
    /// The command needs it.
    Required(&'static str, &'static str),
    /// The value is not what the option takes.
    Value(&'static str, &'static str),
}

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => write!(f, "no command")?,
            Self::Command(name) => write!(f, "no command {name:?}")?,
            Self::Option(command, name) => write!(f, "`{command}` takes no {name:?}")?,
            Self::Twice(name) => write!(f, "--{name} is given twice")?,
            Self::NoValue(name) => write!(f, "--{name} needs a value")?,
            Self::Required(command, name) => write!(f, "`{command}` needs --{name}")?,
            Self::Value(name, what) => write!(f, "--{name} is not {what}")?,
        }
        write!(f, "; see --help")
    }
}

impl std::error::Error for ArgsError {}

/// Reads the arguments behind the program's name.
///
/// # Errors
/// [`ArgsError`], for anything that `commands` does not list.
pub fn parse(
    program: &str,
    commands: &'static [CommandSpec],
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Parsed, ArgsError> {
    let mut arguments = arguments.into_iter();
    let first = arguments.next().ok_or(ArgsError::NoCommand)?;
    if first == "--help" || first == "-h" {
        return Ok(Parsed::Help(help(program, commands)));
    }
    if first == "--version" {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(Parsed::Help(format!("{program} {version}\n")));
    }
    let command = commands
        .iter()
        .find(|command| first == command.name)
        .ok_or_else(|| ArgsError::Command(first.to_string_lossy().into_owned()))?;
    let mut values = BTreeMap::new();
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            return Ok(Parsed::Help(help_of(program, command)));
        }
        let option = argument
            .to_str()
            .and_then(|text| text.strip_prefix("--"))
            .and_then(|name| command.options.iter().find(|option| option.name == name))
            .ok_or_else(|| {
                ArgsError::Option(command.name, argument.to_string_lossy().into_owned())
            })?;
        let value = arguments.next().ok_or(ArgsError::NoValue(option.name))?;
        if values.insert(option.name, value).is_some() {
            return Err(ArgsError::Twice(option.name));
        }
    }
    let missing = |option: &&OptionSpec| option.required && !values.contains_key(option.name);
    match command.options.iter().find(missing) {
        Some(option) => Err(ArgsError::Required(command.name, option.name)),
        None => Ok(Parsed::Run(Invocation {
            command: command.name,
            values,
        })),
    }
}

impl Invocation {
    /// A path, if it was given.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.values.get(name).map(PathBuf::from)
    }

    /// A value of any type that is read from text, if it was given; `what` says what it should be,
    /// as in "an address like 127.0.0.1:0".
    ///
    /// # Errors
    /// [`ArgsError::Value`].
    pub fn value<T: FromStr>(
        &self,
        name: &'static str,
        what: &'static str,
    ) -> Result<Option<T>, ArgsError> {
        let read = |value: &OsString| value.to_str()?.parse().ok();
        match self.values.get(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or(ArgsError::Value(name, what)),
        }
    }

    /// As [`Invocation::path`], of an option that the command requires.
    ///
    /// # Errors
    /// [`ArgsError::Required`].
    pub fn need_path(&self, name: &'static str) -> Result<PathBuf, ArgsError> {
        self.path(name)
            .ok_or(ArgsError::Required(self.command, name))
    }
}

fn help(program: &str, commands: &[CommandSpec]) -> String {
    let mut text = format!("usage: {program} COMMAND [--NAME VALUE ...]\n\ncommands:\n");
    for command in commands {
        text.push_str(&format!("  {:<10} {}\n", command.name, command.about));
    }
    text.push_str("\nexamples:\n");
    for command in commands {
        text.push_str(&format!("  {program} {}\n", command.example));
    }
    text.push_str(&format!("\n`{program} COMMAND --help` lists the names.\n"));
    text
}

fn help_of(program: &str, command: &CommandSpec) -> String {
    let CommandSpec { name, about, .. } = command;
    let mut text = format!("{about}\n\nusage: {program} {name} [--NAME VALUE ...]\n\n");
    for option in command.options {
        let left = format!("--{} {}", option.name, option.value);
        let need = if option.required { "" } else { " (optional)" };
        text.push_str(&format!("  {left:<24} {}{need}\n", option.about));
    }
    text.push_str(&format!("\nexample:\n  {program} {}\n", command.example));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    const COMMANDS: &[CommandSpec] = &[CommandSpec {
        name: "serve",
        about: "Serves.",
        options: &[
            OptionSpec {
                name: "state",
                value: "PATH",
                about: "State folder.",
                required: true,
            },
            OptionSpec {
                name: "listen",
                value: "ADDRESS",
                about: "Loopback address.",
                required: false,
            },
        ],
        example: "serve --state /srv/box --listen 127.0.0.1:0",
    }];

    fn parsed(line: &str) -> Result<Parsed, ArgsError> {
        parse("box", COMMANDS, line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_good_line_gives_its_values() {
        let Ok(Parsed::Run(invocation)) = parsed(COMMANDS[0].example) else {
            panic!("refused");
        };
        assert_eq!(invocation.command, "serve");
        assert_eq!(invocation.need_path("state"), Ok(PathBuf::from("/srv/box")));
        let listen: Option<SocketAddr> = invocation.value("listen", "an address").unwrap();
        assert_eq!(listen, Some(([127, 0, 0, 1], 0).into()));
        let number: Result<Option<u16>, _> = invocation.value("listen", "a number");
        assert_eq!(number, Err(ArgsError::Value("listen", "a number")));
        assert_eq!(invocation.value::<u16>("other", "a number"), Ok(None));
    }

    #[test]
    fn everything_else_is_refused() {
        let option = |name: &str| ArgsError::Option("serve", name.to_owned());
        for (line, error) in [
            ("", ArgsError::NoCommand),
            ("sevre --state x", ArgsError::Command("sevre".to_owned())),
            ("serve", ArgsError::Required("serve", "state")),
            ("serve --listen x", ArgsError::Required("serve", "state")),
            ("serve --state", ArgsError::NoValue("state")),
            ("serve --state x --state y", ArgsError::Twice("state")),
            ("serve --port 1", option("--port")),
            ("serve state x", option("state")),
            ("serve --state=x", option("--state=x")),
        ] {
            assert_eq!(parsed(line).unwrap_err(), error, "{line}");
        }
    }

    #[test]
    fn help_names_every_command_and_option() {
        let Ok(Parsed::Help(text)) = parsed("--version") else {
            panic!("no version");
        };
        assert!(
            text.ends_with(concat!(env!("CARGO_PKG_VERSION"), "\n")),
            "{text}"
        );
        let Ok(Parsed::Help(text)) = parsed("--help") else {
            panic!("no help");
        };
        assert!(text.contains("serve      Serves."));
        assert!(text.contains("box serve --state /srv/box"));
        let Ok(Parsed::Help(text)) = parsed("serve --help") else {
            panic!("no help");
        };
        assert!(text.contains("--state PATH"));
        assert!(text.contains("Loopback address. (optional)"));
    }
}
