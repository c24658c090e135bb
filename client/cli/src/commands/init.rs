//! `indicia init`: a new installation. Never touches one that exists.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use item::Digest;
use serde::Serialize;
use signer::{Ledger, PostKey, SigningKey, Verifier, sign_rates};

use crate::context::Context;
use crate::files;
use crate::folder::{BOX_ID, BOX_KINDS, Folder};
use crate::outcome::Outcome;
use crate::programs::{self, Programs};
use crate::supervisor::write_config;
use crate::trust::Trust;

/// Most bytes of an installation's name.
const NAME_BYTES_MAX: usize = item::limits::NAME_MAX;

/// Make a new installation: keys, boxes, ceremony, database
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia init
  indicia --dir /srv/indicia init --name 'Example Mail'
  indicia init --credit-waiting-days 0   # to try how an item is taken back

Everything of the new installation is in one folder, which is right for a try and wrong for more:
the folder says which parts belong on other machines.")]
pub(crate) struct Arguments {
    /// Name of the installation
    #[arg(long, default_value = "Indicia specimen", value_parser = parse_name)]
    name: String,
    /// Days after its mailing date from which an item may be taken back
    #[arg(long, value_name = "DAYS", default_value_t = CREDIT_WAITING_DAYS,
          value_parser = clap::value_parser!(u16).range(0..=60))]
    credit_waiting_days: u16,
}

#[derive(Serialize)]
struct Answer {
    folder: PathBuf,
    root_fingerprint: String,
}

pub(crate) fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let folder = &context.folder;
    let programs = Programs::beside_this()?;
    let made = New {
        name: &own.name,
        credit_waiting_days: own.credit_waiting_days,
    };
    let root = create(folder, &programs, made, &|step| {
        context.console.say(format!("  {step}"));
    })?;
    let place = folder.path().display();
    context.console.answer(
        &Answer {
            folder: folder.path().to_owned(),
            root_fingerprint: root.to_string(),
        },
        format!(
            "\nMade an installation in {place}.\n\n\
             Root fingerprint (write it down; whoever verifies pins it):\n  {root}\n\n\
             What was agreed at the ceremony: {}\n\
             Next: indicia up --dir {place}",
            folder.transcript().with_extension("txt").display()
        ),
    );
    Ok(Outcome::Done)
}

/// Days that a post waits before it gives money back.
const CREDIT_WAITING_DAYS: u16 = 10;

/// What is asked of a new installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New<'a> {
    /// Its name.
    name: &'a str,
    /// As on the command line.
    credit_waiting_days: u16,
}

impl<'a> New<'a> {
    /// As usual, with this name.
    pub(crate) fn named(name: &'a str) -> Self {
        Self {
            name,
            credit_waiting_days: CREDIT_WAITING_DAYS,
        }
    }
}

/// Makes the installation; `step` is told each step. Gives the root fingerprint.
///
/// # Errors
/// Also if the folder exists. After another error the folder is of no use and can be removed.
pub(crate) fn create(
    folder: &Folder,
    programs: &Programs,
    new: New<'_>,
    step: &dyn Fn(&str),
) -> Result<Digest> {
    if folder.path().exists() {
        bail!(
            "{} exists; `init` never touches an installation. Choose another --dir",
            folder.path().display()
        );
    }
    if let Some(parent) = folder.path().parent()
        && !parent.as_os_str().is_empty()
    {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    files::make_private_folder(folder.path())?;
    fill(folder, programs, new, step)
}

/// As [`create`], in a folder that the caller has just made.
pub(crate) fn fill(
    folder: &Folder,
    programs: &Programs,
    new: New<'_>,
    step: &dyn Fn(&str),
) -> Result<Digest> {
    build(folder, programs, new, step).with_context(|| {
        format!(
            "the installation is not complete, and nothing of it is in use: remove {} before you \
             try again",
            folder.path().display()
        )
    })
}

fn build(
    folder: &Folder,
    programs: &Programs,
    new: New<'_>,
    step: &dyn Fn(&str),
) -> Result<Digest> {
    for place in [
        folder.keys(),
        folder.unlock(),
        folder.boxes(),
        folder.ceremony(),
        folder.public(),
        folder.data(),
        folder.checkpoints(),
        folder.run(),
        folder.treasury(),
        folder.verifier(),
    ] {
        files::make_private_folder(&place)?;
    }
    step("keys of operator, treasury, refunder, verifier, rate signer, reporter, post and server");
    let people = People::generate(folder)?;
    step("enrolment of the boxes");
    let enrolments = enrol(folder, programs)?;
    step("ceremony: root, vendor key, certificates, sealed packages, transcript");
    let config = ceremony_config(new, &people, &enrolments);
    files::replace(&folder.ceremony_config(), config.as_bytes())?;
    hold_ceremony(folder, programs)?;
    let trust = Trust::of_folder(folder)?;
    step("first state of each box");
    start_boxes(folder, programs)?;
    step("signed rate table, ledger, verifier's log, database");
    let rates = postal::US_FIRST_CLASS.as_bytes();
    files::replace(&folder.rates(), rates)?;
    files::replace(&folder.rates_signature(), &sign_rates(rates, &people.rates))?;
    Ledger::create(
        &folder.ledger(),
        trust.installation.transcript().installation,
    )?;
    Verifier::create(&folder.scan_log(), people.verifier)?;
    write_config(folder, 0, &[])?;
    let create = [
        "create".into(),
        "--config".into(),
        folder.datacenter_config(),
    ];
    programs::run(programs.datacenter()?, create)?;
    Ok(trust.root)
}

/// The keys of this installation's people, which in a demo are one person.
struct People {
    operator: SigningKey,
    treasury: SigningKey,
    refunder: SigningKey,
    verifier: SigningKey,
    rates: SigningKey,
    reporter: SigningKey,
    server: SigningKey,
}

impl People {
    fn generate(folder: &Folder) -> Result<Self> {
        let make = |name: &str, path: PathBuf| -> Result<SigningKey> {
            let key = SigningKey::generate(name)?;
            key.save(&path)?;
            Ok(key)
        };
        PostKey::generate()?.save(&folder.post_key())?;
        Ok(Self {
            operator: make("operator-1", folder.operator_key())?,
            treasury: make("treasury-1", folder.treasury_key())?,
            refunder: make("refunder-1", folder.refunder_key())?,
            verifier: make("verifier-1", folder.verifier_key())?,
            rates: make("rates-1", folder.rates_key())?,
            reporter: make("reporter-1", folder.reporter_key())?,
            server: make("server-1", folder.server_key())?,
        })
    }
}

/// Each box makes its unlock key, and from it the key that its package is sealed to.
fn enrol(folder: &Folder, programs: &Programs) -> Result<Vec<(&'static str, String)>> {
    BOX_KINDS
        .into_iter()
        .map(|kind| {
            let unlock = folder.unlock_key(kind);
            let enroll = ["enroll".into(), "--unlock".into(), unlock];
            let said = programs::run(programs.of_box(kind)?, enroll)?;
            let key = said
                .lines()
                .find_map(|line| line.strip_prefix("enrolment "))
                .with_context(|| format!("the {kind} box named no enrolment key"))?;
            Ok((kind, key.trim().to_owned()))
        })
        .collect()
}

fn ceremony_config(new: New<'_>, people: &People, enrolments: &[(&'static str, String)]) -> String {
    let mut text = format!(
        "# What the keys box made this installation from. One person holds every key here: right\n\
         # for a demonstration only.\n\
         installation {}\n\
         mode specimen\n\
         post 1\n\
         currency 840\n\
         vendor IN\n\
         model 01\n\
         suite ed25519\n\
         operators-required 1\n\
         treasury-required 1\n\
         refunders-required 1\n\
         operator {}\n\
         treasury {}\n\
         refunder {}\n\
         verifier {}\n\
         rate-signer {}\n\
         reporter {}\n\
         server {}\n\
         credit-waiting-days {}\n",
        new.name,
        people.operator.public_line(),
        people.treasury.public_line(),
        people.refunder.public_line(),
        people.verifier.public_line(),
        people.rates.public_line(),
        people.reporter.public_line(),
        people.server.public_line(),
        new.credit_waiting_days,
    );
    for (kind, key) in enrolments {
        text.push_str(&format!("box {kind} {BOX_ID} {key}\n"));
    }
    text
}

fn hold_ceremony(folder: &Folder, programs: &Programs) -> Result<()> {
    let arguments = [
        "ceremony".into(),
        "--config".into(),
        folder.ceremony_config(),
        "--postal-key".into(),
        folder.post_key(),
        "--out".into(),
        folder.ceremony(),
    ];
    programs::run(programs.of_box("keys")?, arguments)?;
    for name in ["transcript.bin", "transcript.txt", "root.fingerprint"] {
        let (from, to) = (folder.ceremony().join(name), folder.public().join(name));
        fs::rename(&from, &to).with_context(|| from.display().to_string())?;
    }
    Ok(())
}

fn start_boxes(folder: &Folder, programs: &Programs) -> Result<()> {
    for kind in BOX_KINDS {
        let arguments = [
            "init".into(),
            "--state".into(),
            folder.box_state(kind),
            "--unlock".into(),
            folder.unlock_key(kind),
            "--package".into(),
            folder.package(kind),
        ];
        programs::run(programs.of_box(kind)?, arguments)?;
    }
    Ok(())
}

fn parse_name(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty()
        && text.len() <= NAME_BYTES_MAX
        && !text.contains(|c: char| c.is_control() || c == '#');
    if fits {
        Ok(text.trim().to_owned())
    } else {
        Err(format!(
            "a name has 1 to {NAME_BYTES_MAX} bytes on one line, without #"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_exists_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        let programs = Programs::beside_this().unwrap();
        let error = create(&folder, &programs, New::named("x"), &|_| {}).unwrap_err();
        assert!(error.to_string().contains("exists"), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn names_stay_one_line_of_the_config() {
        for name in ["", " ", "a\nb", "a # b", &"x".repeat(65)] {
            assert!(parse_name(name).is_err(), "{name:?}");
        }
        assert_eq!(parse_name(" Example Mail "), Ok("Example Mail".to_owned()));
    }
}
