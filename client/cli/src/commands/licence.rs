//! `indicia licence`: a customer applies with a signed document; operators grant or refuse it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use item::{
    AccountId, ActBody, Bytes, Day, Digest, Layout, LicenceApplication, LicenceDetails,
    LicenceRefusal, MeterSerial, UserId, Version, Zip,
};
use sdk::api::{self, Licence};
use signer::{SigningKey, sign_application, sign_refusal};
use verify::{agreement_digest, licence_details_digest};

use crate::address;
use crate::clock;
use crate::commands::act::{LimitOptions, Operators, Target, parse_zip, steps_taken};
use crate::context::{Context, choose_meter};
use crate::outcome::Outcome;
use crate::trust::Trust;

/// Apply for a meter's licence, see how it stands; as operator grant or refuse it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  indicia licence apply --origin 95814 --organisation 'Example Mail Room' --address '1 Main St;Reno, NV 89501' --contact mail@example.com --agreement agreement.md
  indicia licence list
  indicia licence list --open                 # as operator: what waits
  indicia licence grant --application 5f0e... --agreement agreement.md --item-limit 20.00
  indicia licence refuse --application 5f0e... --reason 'The address can not be confirmed'

The application is signed with your own key, which is made when it is first needed, and accepts exactly
the text of the agreement file. Operators name the same file: another text is not granted.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: LicenceCommand,
}

#[derive(Debug, Subcommand)]
enum LicenceCommand {
    /// Sign an application and hand it in
    #[command(after_help = "\
Example:
  indicia licence apply --origin 95814 --organisation 'Example Mail Room' --address '1 Main St;Reno, NV 89501' --contact mail@example.com --agreement agreement.md")]
    Apply(Apply),
    /// List applications and how they stand
    #[command(after_help = "\
Examples:
  indicia licence list
  indicia licence list --open --key /media/stick/operator.key")]
    List {
        /// As operator: those of everybody that wait
        #[arg(long)]
        open: bool,
        /// Operator key (keys/operator.key if not given)
        #[arg(long = "key", value_name = "FILE")]
        keys: Vec<PathBuf>,
    },
    /// Show one application
    #[command(after_help = "\
Example:
  indicia licence show --application 5f0e...")]
    Show {
        /// Id of the application
        #[arg(long, value_name = "ID")]
        application: String,
    },
    /// Register, license and activate the meter as the application asks
    #[command(after_help = "\
Example:
  indicia licence grant --application 5f0e... --agreement agreement.md --inspection-interval 90")]
    Grant(Grant),
    /// Refuse an application, with the reason
    #[command(after_help = "\
Example:
  indicia licence refuse --application 5f0e... --reason 'The address can not be confirmed'")]
    Refuse {
        /// Id of the application
        #[arg(long, value_name = "ID")]
        application: String,
        /// Why; no names
        #[arg(long)]
        reason: String,
        /// Operator key (may be given more than once; keys/operator.key if not given)
        #[arg(long = "key", value_name = "FILE")]
        keys: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct Apply {
    /// Meter to be licensed; the account's only one if not given
    #[arg(long, value_name = "SERIAL")]
    meter: Option<u32>,
    /// Origin of deposit, five digits; 00000 lets each item choose
    #[arg(long, value_name = "ZIP", value_parser = parse_zip)]
    origin: Zip,
    /// Licensing post office, five digits; the origin if not given
    #[arg(long, value_name = "ZIP", value_parser = parse_zip)]
    licensing: Option<Zip>,
    /// Name of the organisation
    #[arg(long)]
    organisation: String,
    /// Its address, lines parted by semicolons
    #[arg(long, value_name = "LINES")]
    address: String,
    /// How to reach it
    #[arg(long)]
    contact: String,
    /// File with the agreement that is accepted
    #[arg(long, value_name = "FILE")]
    agreement: PathBuf,
    /// Your key (keys/customer.key if not given; made if it is not there)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Grant {
    /// Id of the application
    #[arg(long, value_name = "ID")]
    application: String,
    /// File with the agreement that must have been accepted
    #[arg(long, value_name = "FILE")]
    agreement: PathBuf,
    #[command(flatten)]
    limits: LimitOptions,
    /// Operator key (may be given more than once; keys/operator.key if not given)
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
}

pub(crate) async fn run(context: &Context<'_>, own: Arguments) -> Result<Outcome> {
    match own.command {
        LicenceCommand::Apply(own) => apply(context, &own).await,
        LicenceCommand::List { open: true, keys } => list_open(context, &keys).await,
        LicenceCommand::List { open: false, .. } => list_own(context).await,
        LicenceCommand::Show { application } => {
            let client = context.client_with_session()?;
            let licence = client.licence(&application, None).await?;
            context.keep_session(&client)?;
            tell(context, &licence)
        }
        LicenceCommand::Grant(own) => grant(context, &own).await,
        LicenceCommand::Refuse {
            application,
            reason,
            keys,
        } => refuse(context, id(&application)?, &reason, &keys).await,
    }
}

async fn apply(context: &Context<'_>, own: &Apply) -> Result<Outcome> {
    let agreement = read_agreement(&own.agreement)?;
    let key = own_key(
        &own.key
            .clone()
            .unwrap_or_else(|| context.folder.customer_key()),
    )?;
    let installation = Trust::of_folder(&context.folder)?.installation;
    let client = context.client_with_session()?;
    let session = client.session().context("nobody is logged in")?;
    let meter = choose_meter(&client, own.meter).await?;
    let lines = address::split(&own.address);
    let salt = salt()?;
    let bytes = |text: &str| text.as_bytes().to_vec();
    let details = LicenceDetails {
        salt: salt.0,
        organisation: Bytes::new(bytes(&own.organisation))
            .ok()
            .context("--organisation")?,
        address: Bytes::new(bytes(&lines.join("\n")))
            .ok()
            .context("--address")?,
        contact: Bytes::new(bytes(&own.contact)).ok().context("--contact")?,
    };
    let application = LicenceApplication {
        version: Version,
        installation: installation.transcript().installation,
        account: AccountId::from_hex(&session.account).context("the session names no account")?,
        user: UserId::from_hex(&session.user).context("the session names no user")?,
        meter: MeterSerial(meter.serial),
        origin: own.origin,
        licensing: own.licensing.unwrap_or(own.origin),
        details: licence_details_digest(&details),
        agreement: agreement_digest(agreement.as_bytes()),
        key: key.public(),
        time: clock::now(),
    };
    let body = api::LicenceApplication {
        application: sdk::encode(&sign_application(application, &key).to_bytes()),
        details: api::LicenceDetails {
            organisation: own.organisation.clone(),
            address: lines,
            contact: own.contact.clone(),
        },
        salt: salt.to_string(),
        agreement,
    };
    let licence = client.apply_for_licence(&body).await?;
    context.keep_session(&client)?;
    tell(context, &licence)
}

async fn list_own(context: &Context<'_>) -> Result<Outcome> {
    let client = context.client_with_session()?;
    let mut page = client.licences(None, None).await?;
    let mut licences = page.licences;
    while let Some(cursor) = page.next_cursor {
        page = client.licences(Some(&cursor), None).await?;
        licences.append(&mut page.licences);
    }
    context.keep_session(&client)?;
    tell_all(context, &licences)
}

async fn list_open(context: &Context<'_>, keys: &[PathBuf]) -> Result<Outcome> {
    let client = context.client()?;
    let operators = Operators::open(&context.folder, keys)?;
    let header = operators.header("/v1/licences")?;
    let mut page = client.licences(None, Some(&header)).await?;
    let mut licences = page.licences;
    while let Some(cursor) = page.next_cursor {
        page = client.licences(Some(&cursor), Some(&header)).await?;
        licences.append(&mut page.licences);
    }
    tell_all(context, &licences)
}

async fn grant(context: &Context<'_>, own: &Grant) -> Result<Outcome> {
    let agreement = read_agreement(&own.agreement)?;
    let client = context.client()?;
    let operators = Operators::open(&context.folder, &own.keys)?;
    let application = id(&own.application)?;
    let licence = of_operator(&client, &operators, application).await?;
    ensure!(
        licence.state != "refused",
        "the application was refused; have it made anew"
    );
    ensure!(
        licence.agreement == agreement_digest(agreement.as_bytes()).to_string(),
        "the application accepts another agreement than {}",
        own.agreement.display()
    );
    let zip = |text: &str| parse_zip(text).map_err(anyhow::Error::msg);
    let bodies = [
        ActBody::Register {
            origin: zip(&licence.origin)?,
            licensing: zip(&licence.licensing)?,
        },
        ActBody::License {
            limits: (&own.limits).into(),
            inspection_due: Day::NONE,
            inspection_interval_days: own.limits.inspection_interval,
            application,
        },
        ActBody::Activate,
    ];
    let meter = operators.meter(&client, licence.meter).await?;
    if meter.state == "registered"
        && (meter.origin, meter.licensing) != (licence.origin.clone(), licence.licensing.clone())
    {
        bail!("the meter is registered at other places than the application asks for");
    }
    for body in bodies.into_iter().skip(steps_taken(&meter.state)?) {
        operators
            .order(&client, Target::Meter(licence.meter), body)
            .await?;
    }
    let licence = of_operator(&client, &operators, application).await?;
    tell(context, &licence)
}

async fn refuse(
    context: &Context<'_>,
    application: Digest,
    reason: &str,
    keys: &[PathBuf],
) -> Result<Outcome> {
    let client = context.client()?;
    let operators = Operators::open(&context.folder, keys)?;
    let refusal = LicenceRefusal {
        version: Version,
        installation: operators.installation(),
        application,
        reason: Bytes::new(reason.as_bytes().to_vec())
            .ok()
            .context("a reason has at most 200 bytes")?,
        time: clock::now(),
    };
    let signed = sign_refusal(refusal, &operators.keys())?;
    let id = application.to_string();
    let licence = client.refuse_licence(&id, &signed.to_bytes()).await?;
    tell(context, &licence)
}

async fn of_operator(
    client: &sdk::Client,
    operators: &Operators,
    application: Digest,
) -> Result<Licence> {
    let id = application.to_string();
    let header = operators.header(&sdk::licence_path(&id))?;
    Ok(client.licence(&id, Some(&header)).await?)
}

fn read_agreement(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// The customer's key, made when it is first needed.
fn own_key(path: &Path) -> Result<SigningKey> {
    if path.exists() {
        return Ok(SigningKey::load(path)?);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let key = SigningKey::generate("customer")?;
    key.save(path)?;
    Ok(key)
}

/// 16 random bytes.
fn salt() -> Result<UserId> {
    UserId::from_hex(&sdk::random_key()?).context("a key is 32 hex digits")
}

fn id(text: &str) -> Result<Digest> {
    Digest::from_hex(text).context("write the 64 hex digits of an application's id")
}

fn tell(context: &Context<'_>, licence: &Licence) -> Result<Outcome> {
    context.console.answer(licence, describe(licence));
    Ok(Outcome::Done)
}

fn tell_all(context: &Context<'_>, licences: &[Licence]) -> Result<Outcome> {
    let text: Vec<String> = licences.iter().map(describe).collect();
    context.console.answer(&licences, text.join("\n\n"));
    Ok(Outcome::Done)
}

fn describe(licence: &Licence) -> String {
    let state = match &licence.reason {
        Some(reason) => format!("{}: {reason}", licence.state),
        None => licence.state.clone(),
    };
    let who = licence.details.as_ref();
    format!(
        "application {}\n  state           {state}\n  meter           {}, origin {}, licensing {}\n  \
         applied         {}, {}\n  agreement       {}",
        licence.id,
        licence.meter,
        licence.origin,
        licence.licensing,
        licence.applied,
        who.map_or("details erased", |who| who.organisation.as_str()),
        licence.agreement,
    )
}
