//! `indicia payout`: pays the balance of a withdrawn meter out, to the treasury or to another meter.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use item::{
    Act, ActBody, BalanceRefund, Beneficiary, Layout, MeterSerial, Mills, MultiSigned, Signed,
};
use sdk::Client;
use serde::Serialize;
use signer::{Ledger, Refunded};

use crate::amount::money;
use crate::commands::act::{Operators, Target};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::trust::Trust;
use crate::{clock, files, identity};

/// How long the evidence of a transfer may be shown to the box.
const VALID_FOR: Duration = Duration::from_secs(24 * 3_600);
/// Longest act that is kept: 16 signatures are 1.2 KB.
const ACT_MAX: u64 = 64 << 10;

/// Pay the balance of a meter that is being withdrawn out
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia act withdraw --meter 10000001
  indicia payout 10000001
  indicia payout 10000001 --to-meter 10000002
  indicia payout   # what was paid out so far

The operators' act names the one who gets the balance; the meter box debits it and closes the meter for good.
The treasury's ledger books it once. A transfer is credited to the other meter at once, under a reference that
nothing else can have. The same command again after a failure goes on where it stopped.")]
pub(crate) struct Arguments {
    /// Serial of the meter
    meter: Option<u32>,
    /// Meter that gets the balance; the treasury if not given
    #[arg(long, value_name = "SERIAL", requires = "meter")]
    to_meter: Option<u32>,
    /// Operator key (may be given more than once; keys/operator.key if not given)
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Treasury key, for a transfer (may be given more than once; keys/treasury.key if not given)
    #[arg(long = "treasury-key", value_name = "FILE")]
    treasury_keys: Vec<PathBuf>,
}

/// A balance that was paid out.
#[derive(Debug, Serialize)]
struct Paid {
    meter: u32,
    amount_mills: u64,
    /// Meter that got it; the treasury if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_meter: Option<u32>,
    /// Names it for good.
    reference: String,
}

impl Paid {
    fn of(refunded: &Refunded) -> Self {
        Self {
            meter: refunded.meter.0,
            amount_mills: refunded.refund.amount.0,
            to_meter: match refunded.refund.beneficiary {
                Beneficiary::Treasury => None,
                Beneficiary::Meter { serial, .. } => Some(serial.0),
            },
            reference: refunded.reference.clone(),
        }
    }

    fn text(&self, currency: &str) -> String {
        let whose = match self.to_meter {
            None => "to the treasury".to_owned(),
            Some(serial) => format!("to meter {serial}"),
        };
        format!(
            "{} of meter {} {whose}  {}",
            money(self.amount_mills, currency),
            self.meter,
            self.reference
        )
    }
}

pub(crate) async fn run(context: &Context<'_>, own: &Arguments) -> Result<Outcome> {
    let trust = Trust::of_folder(&context.folder)?;
    let transcript = trust.installation.transcript();
    let currency = transcript.currency.0.to_string();
    let mut ledger = Ledger::open(&context.folder.ledger(), transcript.installation)?;
    let Some(meter) = own.meter else {
        let paid: Vec<Paid> = ledger.refunds().map(Paid::of).collect();
        let lines: Vec<String> = paid.iter().map(|one| one.text(&currency)).collect();
        let text = match lines.is_empty() {
            true => "nothing was paid out".to_owned(),
            false => lines.join("\n"),
        };
        context.console.answer(&paid, text);
        return Ok(Outcome::Done);
    };
    let client = context.client()?;
    let act = act_of(context, &client, own, &ledger, meter).await?;
    let refunded = carry_out(context, &client, &mut ledger, &act, meter).await?;
    if let Beneficiary::Meter { serial, .. } = refunded.refund.beneficiary {
        transfer(context, &client, own, &mut ledger, &refunded, serial).await?;
    }
    fs::remove_file(context.folder.pending_payout(meter))?;
    let paid = Paid::of(&refunded);
    context.console.answer(&paid, paid.text(&currency));
    Ok(Outcome::Done)
}

/// The act that was signed for this meter before, or a new one.
async fn act_of(
    context: &Context<'_>,
    client: &Client,
    own: &Arguments,
    ledger: &Ledger,
    meter: u32,
) -> Result<MultiSigned<Act>> {
    let place = context.folder.pending_payout(meter);
    if place.exists() {
        let bytes = files::read_limited(&place, ACT_MAX)?;
        let act = MultiSigned::<Act>::from_bytes(&bytes);
        return act.with_context(|| format!("{}: not an act", place.display()));
    }
    let operators = Operators::open(&context.folder, &own.keys)?;
    let state = operators.meter(client, meter).await?;
    ensure!(
        state.state == "withdrawal-pending",
        "the meter is {}: `indicia act withdraw --meter {meter}` comes first, and a meter without a balance \
         needs no payout",
        state.state
    );
    let beneficiary = match own.to_meter {
        None => Beneficiary::Treasury,
        Some(serial) => Beneficiary::Meter {
            serial: MeterSerial(serial),
            funding_sequence: ledger.next_sequence(MeterSerial(serial))?,
        },
    };
    let body = ActBody::RefundBalance(BalanceRefund {
        amount: Mills(state.descending_mills),
        beneficiary,
    });
    let act = operators.sign(client, Target::Meter(meter), body).await?;
    // Before it is carried out: the ledger can book only what it can name.
    files::replace(&place, &act.to_bytes())?;
    Ok(act)
}

/// Has the box debit it, and the ledger book it.
async fn carry_out(
    context: &Context<'_>,
    client: &Client,
    ledger: &mut Ledger,
    act: &MultiSigned<Act>,
    meter: u32,
) -> Result<Refunded> {
    let bytes = act.to_bytes();
    let key = format!("act-{}", verify::statement_digest(&bytes));
    let decided = match client.act(&bytes, &key).await {
        Ok(decided) => decided,
        Err(error) => {
            // These were refused by the box itself: nothing of this act was or will be carried out.
            let never = ["statement-mismatch", "statement-expired", "act-sequence"];
            if error.problem().is_some_and(|p| never.contains(&&*p.code)) {
                fs::remove_file(context.folder.pending_payout(meter))?;
                bail!("{error}\nThe meter changed meanwhile: give the command again.");
            }
            return Err(error.into());
        }
    };
    let decision = Signed::from_bytes(&sdk::decode(&decided.decision)?)
        .context("the data centre's answer holds no decision")?;
    let installation = Trust::of_folder(&context.folder)?.installation;
    Ok(ledger.refund(decision, act.clone(), &installation)?)
}

/// Credits the balance to the meter that gets it.
async fn transfer(
    context: &Context<'_>,
    client: &Client,
    own: &Arguments,
    ledger: &mut Ledger,
    refunded: &Refunded,
    serial: MeterSerial,
) -> Result<()> {
    let installation = Trust::of_folder(&context.folder)?.installation;
    let keys = identity::load_keys(&own.treasury_keys, &context.folder.treasury_key())?;
    let evidence = ledger.transfer(
        &installation,
        refunded,
        installation.transcript().currency,
        clock::now(),
        VALID_FOR,
        &keys.iter().collect::<Vec<_>>(),
    )?;
    let bytes = evidence.to_bytes();
    let key = format!("credit-{}", verify::statement_digest(&bytes));
    let decided = client.refill(serial.0, &bytes, &key).await?;
    let decision = Signed::from_bytes(&sdk::decode(&decided.decision)?)
        .context("the data centre's answer holds no decision")?;
    ledger.settle(decision, &installation)?;
    Ok(())
}
