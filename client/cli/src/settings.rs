//! The file of settings: what a person would otherwise write in every command.
//!
//! Flags go before the environment, the environment before the file, the file before what is built in.
//! Each key becomes the default of an option, so `--help` shows it. Not here: what the options mean.
//! Called by `main`, before the command line is read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Arg, Command};

use crate::files;

/// Environment variable that names the file.
const VARIABLE: &str = "INDICIA_CONFIG";
/// The file of a working folder.
const HERE: &str = "indicia.toml";
/// The file of a person, beneath the folder of configurations.
const PERSONAL: &str = "indicia/config.toml";
/// Bytes of a file: each key once, with long values and comments.
const BYTES_MAX: u64 = 64 << 10;

/// One key of the file.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it sets, for people.
    pub(crate) about: &'static str,
    pub(crate) example: &'static str,
    /// The option whose default it is, by its id.
    option: &'static str,
    /// Commands that have it; none: all.
    commands: &'static [&'static str],
}

const PRINTING: &[&str] = &["print", "label", "batch"];

const fn key(
    name: &'static str,
    option: &'static str,
    commands: &'static [&'static str],
    about: &'static str,
    example: &'static str,
) -> Key {
    Key {
        name,
        about,
        example,
        option,
        commands,
    }
}

/// All keys. Operators' commands take nothing from the file but where the installation is.
#[rustfmt::skip] // One line a key.
pub(crate) const KEYS: &[Key] = &[
    key("dir", "dir", &[], "installation folder; a relative one starts at the file's", "\"/srv/indicia\""),
    key("api", "api", &[], "address of the data centre", "\"https://indicia.example.com\""),
    key("login", "login", &["login"], "log-in name", "\"me@example.com\""),
    key("meter", "meter", PRINTING, "meter that pays", "10000001"),
    key("origin", "origin", &["rate"], "ZIP that pieces are posted at", "\"95814\""),
    key("sender", "from", PRINTING, "return address, lines parted by semicolons", "\"Me;1 Main St;Reno, NV 89501\""),
    key("stock", "stock", &["print", "batch"], "what is printed on; `indicia stocks` lists all", "\"envelope-10\""),
    key("label_stock", "stock", &["label"], "what labels are printed on", "\"label-4x6\""),
    key("fim", "fim", PRINTING, "facing identification mark", "\"C\""),
    key("mailer_id", "mailer_id", PRINTING, "mailer id of the post", "\"123456\""),
    key("imb_service", "imb_service", PRINTING, "service type on envelopes", "\"300\""),
    key("package_service", "package_service", PRINTING, "service type on labels", "\"055\""),
    key("move_right", "move_right", PRINTING, "correction of the printer, millimetres", "0.5"),
    key("move_down", "move_down", PRINTING, "correction of the printer, millimetres", "-0.3"),
    key("scale", "scale", PRINTING, "correction of the printer, 0.97 to 1.03", "1.0"),
];

/// The settings of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings(Vec<(usize, String)>);

impl Settings {
    /// Out of the text of a file that is in this folder.
    ///
    /// # Errors
    /// Every key that is not one, with the one that was meant, and every value that is none.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self> {
        let table: toml::Table = text.parse()?;
        let mut settings = Vec::new();
        let mut wrong = Vec::new();
        for (name, value) in table {
            let Some(place) = KEYS.iter().position(|key| key.name == name) else {
                wrong.push(unknown(&name));
                continue;
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                other => {
                    let kind = other.type_str();
                    wrong.push(format!("`{name}` is a {kind}: write a text or a number"));
                    continue;
                }
            };
            let text = match name.as_str() {
                "dir" => folder.join(text).to_string_lossy().into_owned(),
                _ => text,
            };
            settings.push((place, text));
        }
        if !wrong.is_empty() {
            bail!("{}", wrong.join("; "));
        }
        Ok(Self(settings))
    }

    /// Out of a file.
    ///
    /// # Errors
    /// As [`Settings::parse`], with the file's name.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = files::read_limited(path, BYTES_MAX)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        String::from_utf8(bytes)
            .map_err(anyhow::Error::from)
            .and_then(|text| Self::parse(&text, folder))
            .with_context(|| path.display().to_string())
    }

    /// Name and value of each, in the order of [`KEYS`].
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort();
        all.into_iter()
            .filter_map(|(place, text)| Some((KEYS.get(*place)?.name, text.as_str())))
    }

    /// The command line with these as defaults.
    pub(crate) fn apply(&self, mut command: Command) -> Command {
        for (place, value) in &self.0 {
            let Some(key) = KEYS.get(*place) else {
                continue;
            };
            if key.commands.is_empty() {
                command = with_default(command, key.option, value);
            }
            for name in key.commands {
                command = command.mut_subcommand(*name, |own| with_default(own, key.option, value));
            }
        }
        command
    }
}

/// An option that is not needed any more, because it has a default.
fn with_default(command: Command, option: &str, value: &str) -> Command {
    // Read once, and needed to the end of the program.
    let value: &'static str = Box::leak(value.to_owned().into_boxed_str());
    command.mut_arg(option, |arg: Arg| arg.required(false).default_value(value))
}

/// A key that is none, and the one that was probably meant.
fn unknown(name: &str) -> String {
    let near = KEYS
        .iter()
        .map(|key| (strsim::jaro_winkler(name, key.name), key.name))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((likeness, meant)) if likeness > 0.75 => {
            format!("`{name}` is no key: did you mean `{meant}`?")
        }
        _ => {
            let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            format!("`{name}` is no key: there are {}", names.join(", "))
        }
    }
}

/// The file that counts: the one that is named, else that of this folder, else the person's own.
pub(crate) fn find(arguments: &[OsString]) -> Option<PathBuf> {
    let environment = |name| std::env::var_os(name).map(PathBuf::from);
    named(arguments)
        .or_else(|| environment(VARIABLE))
        .or_else(|| {
            let configurations = environment("XDG_CONFIG_HOME")
                .or_else(|| environment("HOME").map(|home| home.join(".config")));
            let personal = configurations.map(|folder| folder.join(PERSONAL));
            [Some(PathBuf::from(HERE)), personal]
                .into_iter()
                .flatten()
                .find(|path| path.is_file())
        })
}

/// `--config FILE` of a command line that is not read yet.
fn named(arguments: &[OsString]) -> Option<PathBuf> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--" {
            return None;
        }
        if text == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::{CommandFactory, FromArgMatches};

    fn settings(text: &str) -> Result<Settings> {
        Settings::parse(text, Path::new("/etc/mail"))
    }

    fn shown(settings: &Settings, line: &[&str]) -> String {
        let command = settings.apply(Arguments::command());
        let matches = command.try_get_matches_from(line).unwrap();
        format!("{:?}", Arguments::from_arg_matches(&matches).unwrap())
    }

    #[test]
    fn flags_go_before_the_file_and_the_file_before_what_is_built_in() {
        let settings = settings(
            "dir = 'house'\nstock = 'label-4x6'\nsender = 'Me;Reno, NV 89501'\nmeter = 7\n\
             move_down = -0.3\nlogin = 'me@example.com'\n",
        )
        .unwrap();
        let line = ["indicia", "print", "--to", "A;Reno, NV 89501"];
        let printed = shown(&settings, &line);
        for wanted in ["/etc/mail/house", "label-4x6", "Me;Reno", "Some(7)", "-0.3"] {
            assert!(printed.contains(wanted), "{wanted}: {printed}");
        }
        let mut line = line.to_vec();
        line.extend(["--stock", "envelope-c5", "--meter", "8", "--dir", "/x"]);
        let printed = shown(&settings, &line);
        for unwanted in ["house", "label-4x6", "Some(7)"] {
            assert!(!printed.contains(unwanted), "{unwanted}: {printed}");
        }
        // What was needed is not needed any more.
        let login = shown(&settings, &["indicia", "login"]);
        assert!(login.contains("me@example.com"), "{login}");
    }

    #[test]
    fn every_key_is_the_default_of_an_option_where_it_says() {
        for key in KEYS {
            let text = format!("{} = {}\n", key.name, key.example);
            let settings = settings(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            settings.apply(Arguments::command()).debug_assert();
            assert_eq!(settings.values().next().unwrap().0, key.name);
        }
        let all: String = KEYS
            .iter()
            .map(|key| format!("{} = {}\n", key.name, key.example))
            .collect();
        settings(&all)
            .unwrap()
            .apply(Arguments::command())
            .debug_assert();
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_one_that_was_meant() {
        for (text, says) in [
            ("stok = 'a'", "did you mean `stock`?"),
            ("return = 'a'\nmetr = 1", "did you mean `meter`?"),
            ("zzzzz = 1", "there are dir, api"),
            ("meter = [1]", "`meter` is a array"),
            ("meter = ", "expected"),
        ] {
            let error = format!("{:#}", settings(text).unwrap_err());
            assert!(error.contains(says), "{text}: {error}");
        }
        assert_eq!(settings("# nothing\n").unwrap(), Settings::default());
    }

    #[test]
    fn a_file_is_named_on_the_command_line() {
        let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
        for (line, path) in [
            ("indicia --config a.toml print", Some("a.toml")),
            ("indicia print --config=b.toml", Some("b.toml")),
            ("indicia print -- --config c.toml", None),
            ("indicia print", None),
        ] {
            assert_eq!(named(&words(line)), path.map(PathBuf::from), "{line}");
        }
    }
}
