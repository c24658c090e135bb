//! What happens in the demonstration while the installation runs. Whatever does not come out as it
//! must is an error: the demonstration is a test too.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use item::{Mills, Zip};
use sdk::Client;
use sdk::api::{Item, SignUp};
use verify::{Expectation, Verdict};

use super::CAPITOLS;
use super::summary::Teller;
use crate::amount::{Amount, money};
use crate::commands::accept::scan;
use crate::commands::act::{self, Operators, Target};
use crate::commands::batch::{self, Mailing, draw, draw_one, totals, write_items};
use crate::commands::fund::{Payment, credit};
use crate::commands::pack;
use crate::commands::verify::{check, online};
use crate::context::Context;
use crate::drawing::PrintOptions;
use crate::findings::Checked;
use crate::mailing_list;
use crate::password;
use crate::reading;

/// Where the demonstration's mailer and its post office are.
const ORIGIN: Zip = Zip(95_814);
/// Where the photocopy turns up.
const ELSEWHERE: Zip = Zip(10_001);
const DEPOSIT: Amount = Amount(Mills(500_000));
const RETURN_ADDRESS: [&str; 3] = [
    "Indicia Demonstration",
    "1 Specimen Street",
    "Sacramento, CA 95814",
];

/// What the demonstration made.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) meter: u32,
    pub(super) items: usize,
    pub(super) total_mills: u64,
    pub(super) balance_mills: u64,
    pub(super) pdf: Vec<PathBuf>,
    pub(super) png: PathBuf,
    pub(super) list: PathBuf,
}

pub(super) async fn tell(
    context: &Context<'_>,
    client: &Client,
    password_file: Option<&Path>,
    teller: &mut Teller<'_>,
) -> Result<Told> {
    let meter = open_account(context, client, password_file, teller).await?;
    let (told, items) = print_letters(context, client, meter, teller).await?;
    let out = context.folder.path().join("letters");
    verify_and_accept(context, client, &told.png, &items, teller).await?;
    catch_photocopy(context, client, &out, &items, teller).await?;
    context.keep_session(client)?;
    Ok(told)
}

async fn open_account(
    context: &Context<'_>,
    client: &Client,
    password_file: Option<&Path>,
    teller: &mut Teller<'_>,
) -> Result<u32> {
    let step = teller.begin("Sign-up");
    let body = SignUp {
        login: "mailroom@example.com".to_owned(),
        password: match password_file {
            Some(path) => password::from_file(path)?,
            None => sdk::random_key()?,
        },
        display_name: "Demonstration mail room".to_owned(),
    };
    let made = client.sign_up(&body, &sdk::random_key()?).await?;
    client.sign_on(&body.login, &body.password).await?;
    context.keep_session(client)?;
    teller.end(step, format!("{} with meter {}", body.login, made.meter));

    let step = teller.begin("Commission");
    let operators = Operators::open(&context.folder, &[])?;
    for body in act::commission(ORIGIN) {
        operators
            .order(client, Target::Meter(made.meter), body)
            .await?;
    }
    teller.end(
        step,
        "registered, licensed, active by signed acts".to_owned(),
    );

    let step = teller.begin("Deposit");
    let payment = Payment {
        meter: made.meter,
        amount: DEPOSIT,
        reference: "PAY-1",
        keys: &[],
    };
    credit(&context.folder, client, &payment).await?;
    let balance = client.meter(made.meter).await?.descending_mills;
    ensure!(
        balance == DEPOSIT.0.0,
        "the balance is {balance} mills, not the deposit"
    );
    teller.end(
        step,
        format!("{} by signed credit evidence", money(balance, "USD")),
    );
    Ok(made.meter)
}

async fn print_letters(
    context: &Context<'_>,
    client: &Client,
    meter: u32,
    teller: &mut Teller<'_>,
) -> Result<(Told, Vec<Item>)> {
    let out = context.folder.path().join("letters");
    fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let list = mailing_list::read(CAPITOLS.as_bytes())?;
    let mailing = Mailing {
        meter,
        list: CAPITOLS.as_bytes(),
        rows: &list.rows,
        mailing_date: None,
        run: "",
        partial: false,
        allow_duplicate: true,
        origin: None,
        correct: false,
        per_request: sdk::limits::ROWS_PER_MAILING_MAX,
    };
    let step = teller.begin("Batch");
    let fates = mailing.buy(client, &|_| ()).await?;
    let items: Vec<Item> = batch::items(&fates).cloned().collect();
    let (total_mills, balance_mills) = totals(&fates);
    ensure!(
        total_mills.checked_add(balance_mills) == Some(DEPOSIT.0.0),
        "what was spent and what is left are not the deposit"
    );
    let spent = money(total_mills, "USD");
    teller.end(
        step,
        format!("{} letters to the state capitols, {spent}", items.len()),
    );

    let step = teller.begin("Print");
    let (from, usual) = (RETURN_ADDRESS.map(str::to_owned), PrintOptions::default());
    let pdf = draw(client, &fates, &from, &usual, &out, "pdf").await?;
    let png = out.join("first.png");
    for (index, path) in [&png, &out.join("second.png")].into_iter().enumerate() {
        draw_one(client, &fates, index, &from, &usual, path).await?;
    }
    let written = out.join("items.csv");
    write_items(&written, &list.rows, &fates)?;
    teller.end(
        step,
        "#10 envelopes as one PDF, two of them as PNG".to_owned(),
    );
    let told = Told {
        meter,
        items: items.len(),
        total_mills,
        balance_mills,
        pdf,
        png,
        list: written,
    };
    Ok((told, items))
}

async fn verify_and_accept(
    context: &Context<'_>,
    client: &Client,
    image: &Path,
    items: &[Item],
    teller: &mut Teller<'_>,
) -> Result<()> {
    let folder = &context.folder;
    let step = teller.begin("Verify");
    let payload = read_item(image, items, 0)?;
    let checked = online(client, &payload).await?;
    expect(&checked, Verdict::Accept, "unused")?;
    teller.end(
        step,
        format!("read from {}:\n{}", name_of(image), checked.text()),
    );

    let step = teller.begin("Offline");
    let pack = pack::fetch(folder, client, &folder.latest_pack()).await?;
    let checked = check(&payload, &pack, &Expectation::default());
    expect(&checked, Verdict::Check, "authentic")?;
    teller.end(
        step,
        format!("with pack {}:\n{}", pack.body().sequence, checked.text()),
    );

    let step = teller.begin("Accept");
    let scanned = scan(folder, client, None, &payload, ORIGIN).await?;
    ensure!(
        scanned.outcome == "accepted",
        "the first scan was {:?}",
        scanned.outcome
    );
    teller.end(step, format!("scanned at post office {:05}", ORIGIN.0));

    let step = teller.begin("Again");
    let checked = online(client, &payload).await?;
    expect(&checked, Verdict::Refuse, "used")?;
    teller.end(step, checked.text());
    Ok(())
}

async fn catch_photocopy(
    context: &Context<'_>,
    client: &Client,
    out: &Path,
    items: &[Item],
    teller: &mut Teller<'_>,
) -> Result<()> {
    let step = teller.begin("Photocopy");
    let original = out.join("second.png");
    let copy = out.join("photocopy.png");
    fs::copy(&original, &copy).with_context(|| copy.display().to_string())?;
    let folder = &context.folder;
    let scanned = scan(
        folder,
        client,
        None,
        &read_item(&original, items, 1)?,
        ORIGIN,
    )
    .await?;
    ensure!(
        scanned.outcome == "accepted",
        "the original was {:?}",
        scanned.outcome
    );
    let scanned = scan(
        folder,
        client,
        None,
        &read_item(&copy, items, 1)?,
        ELSEWHERE,
    )
    .await?;
    ensure!(
        scanned.outcome == "used",
        "the photocopy was {:?}",
        scanned.outcome
    );
    expect(&scanned.checked, Verdict::Refuse, "used")?;
    teller.end(
        step,
        format!(
            "the second envelope passed; its copy did not:\n{}",
            scanned.checked.text()
        ),
    );
    Ok(())
}

/// The payload in an image, which must be the one of an item that was bought.
fn read_item(image: &Path, items: &[Item], index: usize) -> Result<Vec<u8>> {
    let payload = reading::single_payload(image)?;
    let item = items.get(index).context("no such item")?;
    ensure!(
        payload == sdk::decode(&item.payload)?,
        "{} does not show item {}",
        image.display(),
        item.id
    );
    Ok(payload)
}

fn expect(checked: &Checked, verdict: Verdict, finding: &str) -> Result<()> {
    if checked.verdict() != verdict || !checked.has(finding) {
        bail!(
            "expected {verdict:?} with finding {finding}, got:\n{}",
            checked.text()
        );
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
