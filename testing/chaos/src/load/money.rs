//! The treasury: signs a deposit after another and hands each in until it is credited.

use super::{Shift, any_customer, busy_customer, pause};
use crate::book::{Customer, Statement};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Between two deposits.
const PAUSE_MS: std::ops::Range<u64> = 100..400;
/// What a deposit pays in: about what is bought meanwhile.
const MILLS: std::ops::Range<u64> = 50_000..250_000;

pub(super) async fn treasury(shift: Arc<Shift>, mut rng: Rng) -> Option<()> {
    // Sequences of a meter begin behind its first deposit.
    let mut sequences: BTreeMap<u32, u64> = BTreeMap::new();
    while !shift.is_closed() {
        let customer = match rng.u8(..4) {
            0 => any_customer(&shift, &mut rng),
            _ => busy_customer(&shift, &mut rng),
        };
        let sequence = sequences.entry(customer.meter).or_insert(1);
        *sequence += 1;
        let mills = rng.u64(MILLS);
        deposit(&shift, &mut rng, &customer, *sequence, mills).await?;
        pause(&mut rng, PAUSE_MS).await;
    }
    Some(())
}

pub(super) async fn deposit(
    shift: &Shift,
    rng: &mut Rng,
    customer: &Customer,
    sequence: u64,
    mills: u64,
) -> Option<()> {
    let meter = customer.meter;
    let reference = format!("payment {sequence} for {meter}");
    let evidence = shift.house.deposit_now(meter, sequence, mills, &reference);
    let about = Statement {
        meter,
        deposit_mills: mills,
        decision: None,
    };
    let path = format!("/v1/meters/{meter}/refills");
    shift.hand_in(rng, "deposit", path, &evidence, about).await
}
