//! `indicia pack`: fetches the newest verification pack, for checks without a network.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use sdk::Client;
use serde::{Deserialize, Serialize};
use verify::Pack;

use crate::context::Context;
use crate::files;
use crate::folder::Folder;
use crate::outcome::Outcome;
use crate::trust::Trust;

/// Bytes of a pack: a million voids and all certificates.
pub(crate) const PACK_BYTES_MAX: u64 = 32 << 20;

/// Fetch the newest verification pack for offline checks
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia pack
  indicia pack --out /media/stick/latest.pack")]
pub(crate) struct Arguments {
    /// Where it goes; verifier/latest.pack if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    sequence: u64,
    file: PathBuf,
}

/// What a verifier remembers of packs, for one root.
#[derive(Serialize, Deserialize)]
struct Seen {
    root: String,
    sequence: u64,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let folder = &context.folder;
    let file = own.out.clone().unwrap_or_else(|| folder.latest_pack());
    let pack = fetch(folder, &context.client()?, &file).await?;
    let sequence = pack.body().sequence;
    let text = format!("Pack {sequence} is in {}", file.display());
    context.console.answer(&Answer { sequence, file }, text);
    Ok(Outcome::Done)
}

/// Fetches the newest pack into a file, once it is believed.
pub(crate) async fn fetch(folder: &Folder, client: &Client, file: &Path) -> Result<Pack> {
    let trust = Trust::of_folder(folder)?;
    let fetched = client.latest_pack().await?;
    let bytes = sdk::decode(&fetched.pack)?;
    let pack = open(&bytes, &trust).context("the data centre's pack")?;
    note_sequence(folder, &trust, pack.body().sequence)?;
    files::replace(file, &bytes)?;
    Ok(pack)
}

/// Opens a pack under what is pinned.
pub(crate) fn open(bytes: &[u8], trust: &Trust) -> Result<Pack> {
    let transcript = trust.installation.transcript();
    let pack = Pack::open(bytes, &transcript.root, &trust.root)?;
    if pack.body().installation != transcript.installation {
        bail!("this pack is of another installation");
    }
    Ok(pack)
}

/// Remembers the highest sequence seen, and refuses a lower one: an old pack lacks revocations.
pub(crate) fn note_sequence(folder: &Folder, trust: &Trust, sequence: u64) -> Result<()> {
    let path = folder.pack_sequence();
    let root = trust.root.to_string();
    let seen: Option<Seen> = files::read_if_there(&path)?
        .map(|content| serde_json::from_slice(&content).with_context(|| path.display().to_string()))
        .transpose()?;
    if let Some(seen) = seen.filter(|seen| seen.root == root) {
        if sequence < seen.sequence {
            bail!(
                "pack {sequence} is older than pack {}, which was seen here before: somebody may \
                 be hiding revocations. Fetch the newest with `indicia pack`",
                seen.sequence
            );
        }
        if sequence == seen.sequence {
            return Ok(());
        }
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    files::replace(&path, &serde_json::to_vec(&Seen { root, sequence })?)
}
