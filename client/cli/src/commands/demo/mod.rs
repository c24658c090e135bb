//! `indicia demo`: everything once, in one folder, in seconds.
//!
//! Not here: any shortcut. It calls the same code as the commands that it tells about, against the
//! same processes. Called by people, and by `cargo xtask demo`.

mod story;
mod summary;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use sdk::Client;

use crate::clock::Stopwatch;
use crate::commands::{audit, init};
use crate::context::Context;
use crate::files;
use crate::folder::Folder;
use crate::outcome::Outcome;
use crate::programs::Programs;
use crate::signals::StopSignals;
use crate::supervisor::{Ports, Supervisor};
use summary::Teller;

/// The mailing list of the demonstration: the capitols of the fifty states.
pub(crate) const CAPITOLS: &str = include_str!("../../../../../examples/state-capitols.csv");

/// See all of it work: ceremony, deposit, fifty envelopes, a photocopy caught, a clean audit
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia demo
  indicia --dir /tmp/try demo --json

Removes what a former demonstration left in its folder, and never a folder of anything else. The
installation stays there, stopped; `indicia up --dir FOLDER` starts it again.")]
pub(crate) struct Arguments {
    /// File whose first line is the password of the demonstration's user; a random one if not given
    #[arg(long, value_name = "FILE")]
    password_file: Option<std::path::PathBuf>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let whole = Stopwatch::start();
    let folder = &context.folder;
    let programs = Programs::beside_this()?;
    let mut signals = StopSignals::listen()?;
    let mut teller = Teller::new(context.console);
    clear_former(folder).await?;
    mark(folder)?;

    let step = teller.begin("Ceremony");
    let root = init::fill(
        folder,
        &programs,
        init::New::named("Indicia demonstration"),
        &|_| (),
    )?;
    teller.end(
        step,
        format!("four boxes enrolled; root fingerprint {root}"),
    );

    let step = teller.begin("Start");
    let mut supervisor = tokio::select! {
        started = Supervisor::start(folder, &programs, 0) => started?,
        () = signals.heard() => bail!("stopped on request"),
    };
    let client = Client::new(supervisor.api())?;
    teller.end(
        step,
        format!("four boxes and a data centre at {}", supervisor.api()),
    );

    let told = {
        let tale = story::tell(context, &client, own.password_file.as_deref(), &mut teller);
        tokio::select! {
            told = tale => told,
            error = supervisor.failure() => Err(error),
            () = signals.heard() => Err(anyhow!("stopped on request")),
        }
    };
    let step = teller.begin("Stop");
    let stopped = supervisor.stop().await;
    let told = told?;
    stopped?;
    teller.end(step, "checkpoints signed and written".to_owned());

    let step = teller.begin("Audit");
    let report = audit::audit_folder(folder).await?;
    let clean = report.is_clean();
    teller.end(step, audit::describe(&report));

    teller.finish(&told, folder, clean, whole.elapsed());
    Ok(if clean {
        Outcome::Done
    } else {
        Outcome::NotClean
    })
}

/// Removes what a former demonstration left, and nothing else.
async fn clear_former(folder: &Folder) -> Result<()> {
    let place = folder.path();
    if !place.exists() {
        return Ok(());
    }
    if !folder.demo_marker().is_file() {
        bail!(
            "{} was not made by a demonstration, so it is left alone: choose another --dir",
            place.display()
        );
    }
    if let Ok(Some(Ports { api: Some(api), .. })) = Ports::read(folder)
        && Client::new(&api)?.health().await.is_ok()
    {
        bail!(
            "the installation in {} runs at {api}: stop it before a new demonstration",
            place.display()
        );
    }
    fs::remove_dir_all(place).with_context(|| place.display().to_string())
}

fn mark(folder: &Folder) -> Result<()> {
    let parent = folder.path().parent().unwrap_or(Path::new("."));
    if !parent.as_os_str().is_empty() {
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    files::make_private_folder(folder.path())?;
    let text = "A demonstration made this folder; the next one removes it.\n";
    files::replace(&folder.demo_marker(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_former_demonstration_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("demo"));
        clear_former(&folder).await.unwrap();
        mark(&folder).unwrap();
        fs::write(folder.path().join("something"), "x").unwrap();
        clear_former(&folder).await.unwrap();
        assert!(!folder.path().exists());
        fs::create_dir(folder.path()).unwrap();
        let error = clear_former(&folder).await.unwrap_err();
        assert!(error.to_string().contains("left alone"), "{error}");
        assert!(folder.path().exists());
    }
}
