//! `indicia fund`: the treasury credits a payment to a meter.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use item::{EvidenceKind, Layout, MeterSerial, Signed};
use sdk::Client;
use sdk::api::Meter;
use serde::Serialize;
use signer::{Credit, FundingState, Ledger};

use crate::amount::{Amount, money};
use crate::clock;
use crate::context::Context;
use crate::folder::Folder;
use crate::identity;
use crate::outcome::Outcome;
use crate::trust::Trust;

/// How long evidence may be shown to the box. Expired, it is signed again under the same number.
const VALID_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Credit a payment to a meter, signed with the treasury key
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia fund 10000001 --amount 500.00 --reference PAY-1
  indicia fund 10000001 --amount 500.00 --reference 'Invoice 2026-118' --key /media/stick/treasury.key

A reference names a payment for good. The same command again credits nothing twice, however often
and wherever it is repeated; the treasury's ledger (treasury/ledger) must never be replaced by an
older copy.")]
pub(crate) struct Arguments {
    /// Serial of the meter
    meter: u32,
    /// Amount, for example 500.00
    #[arg(long)]
    amount: Amount,
    /// What names the payment for good, for example the bank's reference
    #[arg(long)]
    reference: String,
    /// Treasury key (may be given more than once; keys/treasury.key if not given)
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<std::path::PathBuf>,
}

/// How a payment stands.
#[derive(Debug, Serialize)]
pub(crate) struct Funded {
    meter: u32,
    amount_mills: u64,
    /// ISO 4217, numeric.
    currency: String,
    reference: String,
    /// The meter's funding sequence that the payment has.
    sequence: u64,
    /// Whether this call changed nothing, because the payment had been credited before.
    already: bool,
    /// Balance of the meter afterwards, if the data centre said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) descending_mills: Option<u64>,
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let payment = Payment {
        meter: own.meter,
        amount: own.amount,
        reference: &own.reference,
        keys: &own.keys,
    };
    let funded = credit(&context.folder, &context.client()?, &payment).await?;
    let balance = funded
        .descending_mills
        .map(|mills| format!(" Balance: {}.", money(mills, &funded.currency)))
        .unwrap_or_default();
    let text = if funded.already {
        format!(
            "Payment {:?} was credited to meter {} before; nothing changed.",
            own.reference, own.meter
        )
    } else {
        format!(
            "Credited {} to meter {}.{balance}",
            money(own.amount.0.0, &funded.currency),
            own.meter
        )
    };
    context.console.answer(&funded, text);
    Ok(Outcome::Done)
}

/// A payment that came in.
#[derive(Debug)]
pub(crate) struct Payment<'a> {
    pub(crate) meter: u32,
    pub(crate) amount: Amount,
    pub(crate) reference: &'a str,
    /// Key files; the folder's own if there are none.
    pub(crate) keys: &'a [std::path::PathBuf],
}

/// Signs the payment's evidence, hands it in, and settles the ledger with the box's decision.
/// Repeated after any failure, it goes on where it stopped.
pub(crate) async fn credit(
    folder: &Folder,
    client: &Client,
    payment: &Payment<'_>,
) -> Result<Funded> {
    let trust = Trust::of_folder(folder)?;
    let transcript = trust.installation.transcript().clone();
    let keys = identity::load_keys(payment.keys, &folder.treasury_key())?;
    let mut ledger = Ledger::open(&folder.ledger(), transcript.installation)?;
    let credit = Credit {
        meter: MeterSerial(payment.meter),
        reference: payment.reference,
        amount: payment.amount.0,
        currency: transcript.currency,
        kind: EvidenceKind::Deposit,
    };
    let evidence = ledger.credit(
        &trust.installation,
        &credit,
        clock::now(),
        VALID_FOR,
        &keys.iter().collect::<Vec<_>>(),
    )?;
    let funded = |already, meter: Option<Meter>| Funded {
        meter: payment.meter,
        amount_mills: payment.amount.0.0,
        currency: transcript.currency.0.to_string(),
        reference: payment.reference.to_owned(),
        sequence: evidence.body.funding_sequence,
        already,
        descending_mills: meter.map(|meter| meter.descending_mills),
    };
    let standing = ledger.find(payment.reference).map(signer::Funding::state);
    if standing == Some(FundingState::Credited) {
        return Ok(funded(true, None));
    }
    let bytes = evidence.to_bytes();
    let key = format!("credit-{}", verify::statement_digest(&bytes));
    let decided = client.refill(payment.meter, &bytes, &key).await?;
    let decision = Signed::from_bytes(&sdk::decode(&decided.decision)?)
        .context("the data centre's answer holds no decision")?;
    // The decision may be signed with keys of an epoch later than the transcript.
    let trust = trust.with_epochs(client).await?;
    ledger.settle(decision, &trust.installation)?;
    Ok(funded(false, decided.meter))
}
