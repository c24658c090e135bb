//! `indicia accept`: an enrolled verifier takes an item, which marks it as used.
//!
//! The verifier's scans are one chain: the data centre takes number N + 1 only after N. So a scan
//! whose answer was lost is kept in `verifier/pending.json` and handed in again first, and nothing
//! is signed about what is no recorded item of this installation.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use item::{Layout, Time, Zip};
use sdk::Client;
use sdk::api::{Acceptance, Accepted};
use serde::{Deserialize, Serialize};
use signer::{Sighting, SigningKey, Verifier};
use verify::Verdict;

use super::act::parse_zip;
use super::verify::online;
use crate::clock;
use crate::context::Context;
use crate::files;
use crate::findings::Checked;
use crate::folder::Folder;
use crate::outcome::Outcome;
use crate::reading;
use crate::trust::Trust;

/// Accept an item at a post office: marks it as used
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia accept envelope.png --place 95814
  indicia accept item.bin --place 95814

The first scan of an item accepts it. Every later one is refused as used, and says when and where
the item was seen first: that is how a photocopy is caught.

Exit codes: 0 accepted, 3 refused, 4 accepted but a person should look.")]
pub(crate) struct Arguments {
    /// PNG image with one item, or a file with the 138 bytes of one payload
    file: PathBuf,
    /// ZIP of the post office, five digits
    #[arg(long, value_name = "ZIP", value_parser = parse_zip)]
    place: Zip,
    /// Verifier's key; keys/verifier.key if not given
    #[arg(long = "key", value_name = "FILE")]
    key: Option<PathBuf>,
}

/// The outcome of a scan.
#[derive(Debug, Serialize)]
pub(crate) struct Scanned {
    /// `accepted`, `repeat`, `used`, or `refused` where there is nothing to accept.
    pub(crate) outcome: String,
    #[serde(flatten)]
    pub(crate) checked: Checked,
}

/// A sighting that is on its way.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    payload: String,
    place: u32,
    time_ms: u64,
    idempotency_key: String,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let payload = reading::single_payload(&own.file)?;
    let client = context.client()?;
    let scanned = scan(
        &context.folder,
        &client,
        own.key.clone(),
        &payload,
        own.place,
    )
    .await?;
    let headline = match scanned.outcome.as_str() {
        "accepted" => "Accepted: this was the first scan.",
        "repeat" => "Accepted before by this very scan.",
        "used" => "Refused: the item was used before.",
        _ => "Refused: more than an earlier use speaks against it. It was not marked as used.",
    };
    let text = format!("{headline}\n{}", scanned.checked.text());
    context.console.answer(&scanned, text);
    Ok(scanned.exit())
}

impl Scanned {
    fn exit(&self) -> Outcome {
        match self.outcome.as_str() {
            "accepted" | "repeat" if self.checked.verdict() != Verdict::Refuse => {
                self.checked.verdict().into()
            }
            _ => Outcome::Refuse,
        }
    }
}

/// Scans one payload: a new sighting each time.
pub(crate) async fn scan(
    folder: &Folder,
    client: &Client,
    key: Option<PathBuf>,
    payload: &[u8],
    place: Zip,
) -> Result<Scanned> {
    let key = SigningKey::load(&key.unwrap_or_else(|| folder.verifier_key()))?;
    let mut verifier = Verifier::open(&folder.scan_log(), key)?;
    let trust = Trust::of_folder(folder)?;
    let mut sender = Sender {
        folder,
        client,
        trust,
        verifier: &mut verifier,
    };
    if let Some(earlier) = sender.finish_pending(payload).await? {
        return Ok(earlier);
    }
    let checked = online(client, payload).await?;
    if checked.is_bad() {
        return Ok(Scanned {
            outcome: "refused".to_owned(),
            checked,
        });
    }
    let pending = Pending {
        payload: sdk::encode(payload),
        place: place.0,
        time_ms: clock::now().0,
        idempotency_key: sdk::random_key()?,
    };
    files::replace_private(&folder.pending_scan(), &serde_json::to_vec(&pending)?)?;
    Ok(sender.send(&pending).await?.into())
}

impl From<Accepted> for Scanned {
    fn from(accepted: Accepted) -> Self {
        Self {
            outcome: accepted.outcome.clone(),
            checked: accepted.into(),
        }
    }
}

struct Sender<'a> {
    folder: &'a Folder,
    client: &'a Client,
    trust: Trust,
    verifier: &'a mut Verifier,
}

impl Sender<'_> {
    /// Hands in again what was not answered. If that was a scan of this very item, its outcome is
    /// the answer now: scanned anew, the item would be `used` by the scan whose answer was lost.
    async fn finish_pending(&mut self, payload: &[u8]) -> Result<Option<Scanned>> {
        let path = self.folder.pending_scan();
        let Some(content) = files::read_if_there(&path)? else {
            return Ok(None);
        };
        let pending: Pending =
            serde_json::from_slice(&content).with_context(|| path.display().to_string())?;
        let accepted = self
            .send(&pending)
            .await
            .context("the scan before this one was not answered, and has to be first")?;
        let same = sdk::decode(&pending.payload)? == payload;
        Ok(same.then(|| accepted.into()))
    }

    /// The signer gives the same scan for the same sighting, so that this may be repeated.
    async fn send(&mut self, pending: &Pending) -> Result<Accepted> {
        let payload = sdk::decode(&pending.payload)?;
        let scan = self.verifier.scan(&Sighting {
            installation: self.trust.installation.transcript().installation,
            payload: &payload,
            place: Zip(pending.place),
            time: Time(pending.time_ms),
            idempotency_key: &pending.idempotency_key,
        })?;
        let body = Acceptance {
            scan: sdk::encode(&scan.to_bytes()),
            payload: pending.payload.clone(),
        };
        let accepted = self.client.accept(&body).await?;
        files::remove_if_there(&self.folder.pending_scan())?;
        Ok(accepted)
    }
}
