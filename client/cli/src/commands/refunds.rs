//! `indicia refunds`: what refunders look at, approve and reject (P23).

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use item::{CreditApproval, Layout, MultiSigned, Payload, Time, Version};
use sdk::Client;
use sdk::api::{Decided, Void};
use signer::{SigningKey, has_scanned, sign_approval};

use crate::commands::{meter, void};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::trust::Trust;
use crate::{clock, identity};

/// How long an approval may be shown to the box.
const VALID_FOR: Duration = Duration::from_secs(24 * 3_600);
const VOIDS: &str = "/v1/voids";

/// As refunder: see what mailers want to have taken back, approve or reject it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia refunds list
  indicia refunds approve 10000001-42
  indicia refunds approve 10000001-42 --scans /srv/door/scans.log
  indicia refunds reject 10000001-42 --reason 'The envelope was seen in the mail.'

Before anything is signed, the item is compared with its signature and with the scans of verifiers:
those of the data centre, of verifier/scans.log if it is there, and of every log named. A used item is
refused. An item is credited once, however often and by whomever it is approved.")]
pub(crate) struct Arguments {
    /// Refunder key (may be given more than once; keys/refunder.key if not given)
    #[arg(long = "key", value_name = "FILE", global = true)]
    keys: Vec<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what waits for refunders
    #[command(after_help = "\
Example:
  indicia refunds list")]
    List,
    /// Take an item back and credit its meter
    #[command(after_help = "\
Examples:
  indicia refunds approve 10000001-42
  indicia refunds approve 10000001-42 --scans /media/stick/scans.log")]
    Approve {
        /// Item id, SERIAL-PIECE
        item: String,
        /// A verifier's log to compare with (may be given more than once)
        #[arg(long = "scans", value_name = "FILE")]
        scans: Vec<PathBuf>,
    },
    /// Say no
    #[command(after_help = "\
Example:
  indicia refunds reject 10000001-42 --reason 'seen in the mail'")]
    Reject {
        /// Item id, SERIAL-PIECE
        item: String,
        /// Why, for the mailer
        #[arg(long)]
        reason: String,
    },
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let client = context.client()?;
    let keys = identity::load_keys(&own.keys, &context.folder.refunder_key())?;
    let key = keys.first().context("no refunder key")?;
    match &own.what {
        What::List => {
            let voids = waiting(&client, key).await?;
            let text = match voids.is_empty() {
                true => "nothing waits".to_owned(),
                false => void::describe_all(&voids),
            };
            context.console.answer(&voids, text);
        }
        What::Approve { item, scans } => {
            let decided = approve(context, &client, &keys, item, scans).await?;
            let text = match &decided.meter {
                Some(after) => format!("{item} is void.\n{}", meter::describe(after)),
                None => format!("{item} is void."),
            };
            context.console.answer(&decided, text);
        }
        What::Reject { item, reason } => {
            let path = sdk::rejection_path(item);
            let header = identity::posted(key, &path, clock::now());
            let void = client.reject_void(item, reason, &header).await?;
            context.console.answer(&void, format!("{item}: rejected."));
        }
    }
    Ok(Outcome::Done)
}

async fn waiting(client: &Client, key: &SigningKey) -> Result<Vec<Void>> {
    let header = identity::query(key, VOIDS, clock::now());
    Ok(client.voids(Some(&header)).await?)
}

/// Compares, signs and hands in. Repeated after any failure, the item is credited once.
async fn approve(
    context: &Context<'_>,
    client: &Client,
    keys: &[SigningKey],
    item: &str,
    scans: &[PathBuf],
) -> Result<Decided> {
    let key = keys.first().context("no refunder key")?;
    let voids = waiting(client, key).await?;
    let wanted = voids.iter().find(|void| void.item == item);
    let wanted = wanted.with_context(|| format!("nobody waits for {item} to be taken back"))?;
    ensure!(
        !wanted.used,
        "a verifier took {item}: it can not be taken back"
    );
    let payload = genuine(context, wanted)?;
    let own = context.folder.scan_log();
    let own = own.exists().then_some(&own);
    for log in scans.iter().chain(own) {
        if has_scanned(log, payload.meter, payload.piece_count)? {
            bail!(
                "{}: the verifier took {item}: it can not be taken back",
                log.display()
            );
        }
    }
    let signed = signed(context, keys, &payload)?;
    let bytes = signed.to_bytes();
    let name = format!("approval-{}", verify::statement_digest(&bytes));
    Ok(client.approve_void(item, &bytes, &name).await?)
}

/// The payload of a request, by its own signature: the data centre might show another item.
fn genuine(context: &Context<'_>, void: &Void) -> Result<Payload> {
    let installation = Trust::of_folder(&context.folder)?.installation;
    let bytes = sdk::decode(&void.payload)?;
    let payload = Payload::from_bytes(&bytes).context("what waits is no item")?;
    let key = installation.item_key(payload.key)?;
    verify::open_payload(payload.clone(), key)
        .map_err(|error| anyhow::anyhow!("the item is not genuine: {error}"))?;
    let named = format!("{}-{}", payload.meter.0, payload.piece_count);
    ensure!(
        named == void.item && payload.value.0 == void.value_mills,
        "the data centre shows another item than {}",
        void.item
    );
    Ok(payload)
}

fn signed(
    context: &Context<'_>,
    keys: &[SigningKey],
    payload: &Payload,
) -> Result<MultiSigned<CreditApproval>> {
    let installation = Trust::of_folder(&context.folder)?.installation;
    let span = u64::try_from(VALID_FOR.as_millis())?;
    let approval = CreditApproval {
        version: Version,
        installation: installation.transcript().installation,
        meter: payload.meter,
        piece_count: payload.piece_count,
        value: payload.value,
        payload: verify::digest(verify::Tag::PAYLOAD_DIGEST, &[&payload.to_bytes()]),
        expires: Time(clock::now().0.saturating_add(span)),
    };
    Ok(sign_approval(approval, &keys.iter().collect::<Vec<_>>())?)
}
