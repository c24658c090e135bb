//! `indicia accept`: an enrolled verifier takes an item, which marks it as used.
//!
//! The verifier's scans are one chain: the data centre takes number N + 1 only after N. So a scan
//! whose answer was lost is kept in `verifier/pending.json` and handed in again first, and nothing
//! is signed about what is no recorded item of this installation.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
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
  indicia accept --again                 # after a database was restored: scans that it lacks

The first scan of an item accepts it. Every later one is refused as used, and says when and where
the item was seen first: that is how a photocopy is caught.

Exit codes: 0 accepted, 3 refused, 4 accepted but a person should look.")]
pub(crate) struct Arguments {
    /// PNG image with one item, or a file with the 138 bytes of one payload
    #[arg(required_unless_present = "again")]
    file: Option<PathBuf>,
    /// ZIP of the post office, five digits
    #[arg(long, value_name = "ZIP", value_parser = parse_zip, required_unless_present = "again")]
    place: Option<Zip>,
    /// Hand in again the scans of the verifier's log that the data centre lacks
    #[arg(long, conflicts_with_all = ["file", "place"])]
    again: bool,
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
    let client = context.client()?;
    let (Some(file), Some(place)) = (&own.file, own.place) else {
        return again(context, &client, own.key.clone()).await;
    };
    let payload = reading::single_payload(file)?;
    let scanned = scan(&context.folder, &client, own.key.clone(), &payload, place).await?;
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

/// What came of the log.
#[derive(Debug, Serialize)]
struct HandedIn {
    written: u64,
    there: u64,
}

/// Hands in every scan that the data centre lacks. Which is the first of them is found by halving:
/// before it, each is there.
async fn again(context: &Context<'_>, client: &Client, key: Option<PathBuf>) -> Result<Outcome> {
    let folder = &context.folder;
    let key = SigningKey::load(&key.unwrap_or_else(|| folder.verifier_key()))?;
    let verifier = Verifier::open(&folder.scan_log(), key)?;
    let (mut first, mut end, mut written) = (1, verifier.sequence().saturating_add(1), 0);
    while first < end {
        let middle = first + (end - first) / 2;
        match hand_in(&verifier, client, middle).await? {
            Some(was_missing) => {
                written += u64::from(was_missing);
                first = middle + 1;
            }
            None => end = middle,
        }
    }
    let bar = context.console.bar(verifier.sequence(), "scans");
    bar.set_position(first.saturating_sub(1));
    for sequence in first..=verifier.sequence() {
        if hand_in(&verifier, client, sequence).await?.is_none() {
            bail!("the data centre does not take scan {sequence}, which is its next one");
        }
        written += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let there = verifier.sequence().saturating_sub(written);
    let text = format!("{written} scans written, {there} were there.");
    context.console.answer(&HandedIn { written, there }, text);
    Ok(Outcome::Done)
}

/// Whether one scan of the log was missing; none if an earlier one is.
async fn hand_in(verifier: &Verifier, client: &Client, sequence: u64) -> Result<Option<bool>> {
    let scan = verifier
        .kept(sequence)?
        .context("the log of scans is shorter than it was")?;
    match client.accept_again(&scan.to_bytes()).await {
        Ok(answer) => Ok(Some(answer.written)),
        Err(error) if error.has_code("scan-sequence") => Ok(None),
        Err(error) => Err(error.into()),
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
