//! People: newcomers who sign up, log in, get their meter into use and print; customers who renew
//! their sessions; operators who suspend and resume.

use super::items::buy;
use super::money::deposit;
use super::{Shift, busy_customer, pause};
use crate::book::{Customer, Statement};
use crate::door::{Ask, Login};
use crate::witness::Claim;
use e2e::PASSWORD;
use fastrand::Rng;
use item::{ActBody, Day, Limits, Mills, Suspension, Zip};
use sdk::api::{Meter, SignUp, SignedUp};
use std::sync::Arc;

/// What every customer pays in first.
const FIRST_DEPOSIT: u64 = 3_000_000;
/// Between two sign-ups.
const SIGN_UP_MS: std::ops::Range<u64> = 800..2_000;
/// Between two looks at one's session.
const SESSION_MS: std::ops::Range<u64> = 50..400;
/// Between two acts.
const ACT_MS: std::ops::Range<u64> = 150..1_200;
/// Acts that put a meter into use.
const COMMISSION: u64 = 3;

/// Limits that no storm reaches.
const LIMITS: Limits = Limits {
    item: Mills(50_000),
    day: Mills(900_000_000),
    month: Mills(900_000_000),
    descending: Mills(900_000_000),
};

/// A new customer, logged in, with a meter that is in use and funded.
pub(super) async fn customer(shift: &Shift, rng: &mut Rng, name: &str) -> Option<Arc<Customer>> {
    let body = SignUp {
        login: format!("{name}@example.com"),
        password: PASSWORD.to_owned(),
        display_name: name.to_owned(),
    };
    let key = format!("sign-up-{name}");
    let ask = Ask::post("sign-up", "/v1/accounts".to_owned(), &key, &body);
    let said = shift.door.ask(rng, None, &ask).await?;
    let made: SignedUp = shift.door.expected(&ask, said)?;
    // The same once more: nothing more is made.
    let said = shift.door.ask(rng, None, &ask).await?;
    let again: SignedUp = shift.door.expected(&ask, said)?;
    if (&made.account, made.meter) != (&again.account, again.meter) {
        shift
            .notes
            .violation(format!("{key} was {made:?} and is now {again:?}"));
    }
    shift.witness.claim(Claim::Meter(made.meter));
    let customer = Arc::new(Customer {
        login: Login::new(&body.login, PASSWORD),
        account: made.account,
        meter: made.meter,
    });
    shift.door.log_in(rng, &customer.login).await?;
    let acts = [
        ActBody::Register {
            origin: Zip(95_814),
            licensing: Zip(95_814),
        },
        ActBody::License {
            limits: LIMITS,
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            application: item::Digest::ZERO,
        },
        ActBody::Activate,
    ];
    for (body, sequence) in acts.into_iter().zip(1..) {
        act(shift, rng, &customer, sequence, body).await?;
    }
    deposit(shift, rng, &customer, 1, FIRST_DEPOSIT).await?;
    // Only now does the treasury know of the meter.
    shift.book.open().customers.push(Arc::clone(&customer));
    Some(customer)
}

/// Hands in an act on a meter.
async fn act(
    shift: &Shift,
    rng: &mut Rng,
    customer: &Customer,
    sequence: u64,
    body: ActBody,
) -> Option<()> {
    let statement = shift.house.act_on_meter(customer.meter, sequence, body);
    let about = Statement {
        meter: customer.meter,
        deposit_mills: 0,
        decision: None,
    };
    let path = "/v1/acts".to_owned();
    shift.hand_in(rng, "act", path, &statement, about).await
}

/// One newcomer after another, each with a first purchase.
pub(super) async fn newcomers(shift: Arc<Shift>, mut rng: Rng) -> Option<()> {
    let mut number = 0;
    while !shift.is_closing() {
        let name = format!("newcomer-{number}");
        let newcomer = customer(&shift, &mut rng, &name).await?;
        buy(&shift, &mut rng, &newcomer, &name, true, 3).await?;
        number += 1;
        pause(&mut rng, SIGN_UP_MS).await;
    }
    Some(())
}

/// Renews sessions, logs in anew, and reads meters.
pub(super) async fn sessions(shift: Arc<Shift>, mut rng: Rng) -> Option<()> {
    while !shift.is_closed() {
        let customer = busy_customer(&shift, &mut rng);
        match rng.u8(..4) {
            0 => shift.door.log_in(&mut rng, &customer.login).await?,
            1 | 2 => shift.door.renew(&mut rng, &customer.login).await?,
            _ => read(&shift, &mut rng, &customer).await?,
        }
        pause(&mut rng, SESSION_MS).await;
    }
    Some(())
}

/// Reads a meter: whatever was acknowledged before is in it.
async fn read(shift: &Shift, rng: &mut Rng, customer: &Customer) -> Option<()> {
    let newest = {
        let pages = shift.book.open();
        let bought = pages.items.iter();
        let own = bought.filter(|item| item.meter == customer.meter);
        own.map(|item| item.piece_count).max().unwrap_or(0)
    };
    let ask = Ask::get("read", format!("/v1/meters/{}", customer.meter));
    let said = shift.door.ask(rng, Some(&customer.login), &ask).await?;
    let meter: Meter = shift.door.expected(&ask, said)?;
    if meter.piece_count < newest {
        shift
            .notes
            .violation(format!("{meter:?} is read without its item {newest}"));
    }
    Some(())
}

/// Suspends a meter and resumes it, again and again; at the end it is in use.
pub(super) async fn operators(
    shift: Arc<Shift>,
    mut rng: Rng,
    customer: Arc<Customer>,
) -> Option<()> {
    let mut sequence = COMMISSION;
    while !shift.is_closing() {
        for body in [
            ActBody::Suspend(Suspension::LOST),
            ActBody::Resume(Suspension::LOST),
        ] {
            sequence += 1;
            act(&shift, &mut rng, &customer, sequence, body).await?;
            pause(&mut rng, ACT_MS).await;
        }
    }
    Some(())
}
