//! `indicia verify`: whether an item is good. Changes nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use item::{Digest, normalise_address};
use sdk::Client;
use sdk::api::Verification;
use verify::{Expectation, Pack, examine, judge};

use super::verify_list::{self, Way};
use crate::address;
use crate::amount::Amount;
use crate::clock;
use crate::commands::pack;
use crate::context::Context;
use crate::files;
use crate::findings::{self, Checked};
use crate::outcome::Outcome;
use crate::reading;
use crate::trust::{self, Trust};

/// Verify the items in an image, or a raw payload
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia verify envelope.png
  indicia verify envelope.pdf
  indicia verify envelope.png --address 'State Capitol;1315 10th St;Sacramento, CA 95814'
  indicia verify envelope.png --offline
  indicia verify --list payloads.txt --offline
  indicia verify item.bin --offline --pack latest.pack --transcript transcript.bin --root 0000000000000000000000000000000000000000000000000000000000000000

Online, the data centre says whether the item is on its records and was used before; offline, a
verification pack (indicia pack) and the pinned root fingerprint say whether it is genuine, and the
best verdict is `check`.

A list has a payload a line, in base64, or as JSON with what is known of its piece:
{\"payload\": \"...\", \"address\": [\"...\"], \"value_mills\": 740}. Offline all cores work on it; --json
answers with an object a line.

Exit codes: 0 accept, 3 refuse, 4 check; of several items the worst counts.")]
pub(crate) struct Arguments {
    /// PNG image, PDF, or a file with the 138 bytes of one payload
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,
    /// A file with a payload a line instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "address", "value"])]
    list: Option<PathBuf>,
    /// Ask nobody: use a verification pack
    #[arg(long)]
    offline: bool,
    /// Verification pack; verifier/latest.pack if not given
    #[arg(long, value_name = "FILE", requires = "offline")]
    pack: Option<PathBuf>,
    /// Transcript of the installation; public/transcript.bin if not given
    #[arg(long, value_name = "FILE", requires = "offline")]
    transcript: Option<PathBuf>,
    /// Root fingerprint that you pin; that of the folder if not given
    #[arg(long, value_name = "HEX", requires = "offline", value_parser = trust::parse_fingerprint)]
    root: Option<Digest>,
    /// Address as it stands on the piece, lines parted by semicolons
    #[arg(long, value_name = "LINES", default_value = "")]
    address: String,
    /// What the piece costs, if it was weighed
    #[arg(long, value_name = "AMOUNT")]
    value: Option<Amount>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    if let Some(list) = &own.list {
        return match own.offline {
            true => verify_list::run(context, list, Way::Offline(&own.pack(context)?)).await,
            false => verify_list::run(context, list, Way::Online(&context.client()?)).await,
        };
    }
    let file = own.file.as_deref().context("name a file")?;
    let payloads = reading::payloads(file)?;
    let checked = match own.offline {
        true => own.offline(context, &payloads)?,
        false => own.online(&context.client()?, &payloads).await?,
    };
    let worst = checked.iter().map(Checked::verdict).max();
    let text: Vec<String> = checked.iter().map(Checked::text).collect();
    context.console.answer(&checked, text.join("\n\n"));
    match worst {
        Some(verdict) => Ok(verdict.into()),
        None => bail!("{}: nothing to verify", file.display()),
    }
}

impl Arguments {
    async fn online(&self, client: &Client, payloads: &[Vec<u8>]) -> Result<Vec<Checked>> {
        let mut checked = Vec::new();
        for payload in payloads {
            let body = Verification {
                payload: Some(sdk::encode(payload)),
                image: None,
                address: address::split(&self.address),
                value_mills: self.value.map(|amount| amount.0.0),
            };
            checked.push(client.verify(&body).await?.into());
        }
        Ok(checked)
    }

    /// The pack to examine with.
    fn pack(&self, context: &Context<'_>) -> Result<Pack> {
        let folder = &context.folder;
        let trust = Trust::chosen(folder, self.transcript.clone(), self.root)?;
        let path = self.pack.clone().unwrap_or_else(|| folder.latest_pack());
        let pack = read_pack(&path, &trust)?;
        pack::note_sequence(folder, &trust, pack.body().sequence)?;
        Ok(pack)
    }

    fn offline(&self, context: &Context<'_>, payloads: &[Vec<u8>]) -> Result<Vec<Checked>> {
        let pack = self.pack(context)?;
        let lines = address::split(&self.address);
        let expected = Expectation {
            address: normalise_address(lines.iter().map(String::as_str)).context("--address")?,
            value: self.value.map(|amount| amount.0),
        };
        Ok(payloads
            .iter()
            .map(|payload| check(payload, &pack, &expected))
            .collect())
    }
}

fn read_pack(path: &Path, trust: &Trust) -> Result<Pack> {
    let bytes = files::read_limited(path, pack::PACK_BYTES_MAX)
        .context("no verification pack: fetch one with `indicia pack`, or name one with --pack")?;
    pack::open(&bytes, trust).with_context(|| path.display().to_string())
}

/// Verifies one payload with a pack alone.
pub(crate) fn check(payload: &[u8], pack: &Pack, expected: &Expectation) -> Checked {
    let (mut found, content) = examine(payload, pack, clock::now(), expected);
    if content.is_some() {
        found.push(verify::FindingCode::UseUnknown.into());
    }
    Checked {
        verdict: findings::word(judge(&found)).to_owned(),
        findings: found.iter().map(findings::as_api).collect(),
        item: content
            .as_ref()
            .map(|item| format!("{}-{}", item.meter.0, item.piece_count)),
        value_mills: content.map(|item| item.value.0),
    }
}

/// Verifies one payload online, with nothing else known of its piece.
pub(crate) async fn online(client: &Client, payload: &[u8]) -> Result<Checked> {
    let body = Verification {
        payload: Some(sdk::encode(payload)),
        ..Default::default()
    };
    Ok(client.verify(&body).await?.into())
}
