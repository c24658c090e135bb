//! Joined orders of one meter (P11): decided in their order, each all or nothing, and each refused
//! alone. The checks are in `cover` and `debit`, issuing is in `press`.

use crate::MeterRules;
use crate::cover::{Authorised, Covered};
use crate::debit::Debit;
use crate::equation::Balanced;
use crate::press::Press;
use crate::require;
use item::limits::ENTRY_ITEMS_MAX;
use item::{Day, DecisionKind, MeterRecord};
use keeper::{Change, Context, Declined, Fresh};
use std::collections::HashSet;
use wire::{Dispense, Order, OrderOutcome, RefusalCode};

/// One change for all orders that pass.
///
/// # Errors
/// `Malformed`, `TooLarge`, `Equation` or `Internal` for the whole entry; each order's own refusal
/// if none of them passes.
pub(crate) fn dispense(
    rules: &MeterRules,
    context: &Context<'_>,
    record: Fresh<MeterRecord>,
    dispense: &Dispense,
) -> Result<Change<MeterRecord>, Declined> {
    check_shape(dispense)?;
    let mut meter = Balanced::open(record)?;
    let today = Day::of_time(context.now);
    let authorities: Vec<_> = dispense
        .authorities
        .as_slice()
        .iter()
        .map(|shown| Authorised::open(&rules.authority, context.now, shown))
        .collect();
    let mut press = None;
    let mut outcomes = Vec::new();
    for order in &dispense.orders {
        let result = match debit(&authorities, context, &mut meter, order, today) {
            Ok(debit) => {
                let press = match &mut press {
                    Some(press) => press,
                    none => none.insert(Press::open(rules, context, debit.record())?),
                };
                Ok(press.issue(debit)?)
            }
            Err(code) => Err(code.into()),
        };
        outcomes.push(OrderOutcome {
            request: order.request,
            result,
        });
    }
    let Some(press) = press else {
        return Err(Declined::Orders(outcomes));
    };
    let mut change = meter.close(DecisionKind::Dispense)?;
    change.rows = press.into_rows();
    change.orders = outcomes;
    Ok(change)
}

/// What no honest server sends: nothing to do, one request twice, or more than an entry holds.
fn check_shape(dispense: &Dispense) -> Result<(), RefusalCode> {
    let orders = dispense.orders.as_slice();
    let requests: HashSet<_> = orders.iter().map(|order| order.request).collect();
    require(
        !orders.is_empty()
            && requests.len() == orders.len()
            && orders
                .iter()
                .all(|order| !order.items.as_slice().is_empty()),
        RefusalCode::Malformed,
    )?;
    let items = orders.iter().fold(0usize, |sum, order| {
        sum.saturating_add(order.items.as_slice().len())
    });
    require(items <= ENTRY_ITEMS_MAX, RefusalCode::TooLarge)
}

fn debit<'a>(
    authorities: &'a [Result<Authorised, RefusalCode>],
    context: &Context<'_>,
    meter: &'a mut Balanced,
    order: &'a Order,
    today: Day,
) -> Result<Debit<'a>, RefusalCode> {
    let authorised = authorities
        .get(usize::from(order.authority))
        .ok_or(RefusalCode::Malformed)?
        .as_ref()
        .map_err(|code| *code)?;
    let covered = Covered::check(authorised, context, meter.record(), order)?;
    Debit::check(covered, meter, today)
}
