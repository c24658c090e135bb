//! What must hold of every decision about a meter, said again without the code of the box: V2, no
//! signature without its debit, one change at a time, and an authority for every item.

use item::{
    Act, ActBody, Authority, CreditedItem, Day, Decision, DecisionKind, Digest, EvidenceKind,
    ItemCredit, ItemRecord, Layout, MeterRecord, MeterState, Mills, MultiSigned, Payload, Rights,
    Suspension,
};
use vault::{MacKey, open_authority};
use verify::{open_payload, statement_digest};
use wire::{Delivery, MeterRequest, Order};

use super::{Decided, own_keys};
use crate::house::HOUSE;

/// Checks one decision; payloads of the items that it made.
pub(crate) fn check(decided: &Decided<'_, MeterRecord>, authority: &MacKey) -> Vec<[u8; 138]> {
    let Decided {
        before,
        after,
        delivery,
        decision,
        entry,
    } = decided;
    let (came_in, is_there) = (
        u128::from(after.deposits.0) + u128::from(after.item_credits.0),
        u128::from(after.ascending.0) + u128::from(after.descending.0),
    );
    let paid_before = before.as_ref().map_or(0, paid_out);
    let paid = came_in
        .checked_sub(is_there)
        .expect("V2: more is there than came in");
    assert!(after.specimen, "everything is a specimen");
    assert_eq!(decision.head, after.item_head);
    let asked = entry.map(|entry| {
        MeterRequest::from_bytes(entry.body.as_slice()).expect("no decision about no request")
    });
    let Some(before) = before else {
        assert_eq!(decision.decision, DecisionKind::Manufacture);
        assert_eq!((came_in, paid), (0, 0), "a new meter is empty");
        assert_eq!(
            (after.state, after.piece_count),
            (MeterState::Manufactured, 0)
        );
        return Vec::new();
    };
    assert_eq!(
        (after.serial, after.account, after.token_keys),
        (before.serial, before.account, before.token_keys)
    );
    if decision.decision == DecisionKind::BalanceRefund {
        refunded(before, after, delivery, paid - paid_before);
    } else {
        assert_eq!(paid, paid_before, "V2: nothing else is paid out");
    }
    match decision.decision {
        DecisionKind::BalanceRefund => {}
        DecisionKind::Refill => refilled(before, after, decision, asked.as_ref()),
        DecisionKind::ItemCredit => {
            credited(before, after, delivery, decision, asked.as_ref());
            return Vec::new();
        }
        DecisionKind::Dispense => return dispensed(before, after, delivery, asked, authority),
        DecisionKind::Act => {
            assert_eq!(after.act_sequence, before.act_sequence + 1);
            assert_eq!(after.funding_sequence, before.funding_sequence);
            assert_eq!(after.item_head, before.item_head);
            assert_eq!(money(before), money(after), "an act moves no money");
        }
        DecisionKind::Report => reported(before, after, decision, asked.as_ref()),
        _ => assert_eq!(money(before), money(after), "only these three move money"),
    }
    assert!(delivery.rows.as_slice().is_empty(), "items of no order");
    Vec::new()
}

fn paid_out(record: &MeterRecord) -> u128 {
    let came_in = u128::from(record.deposits.0) + u128::from(record.item_credits.0);
    came_in - u128::from(record.ascending.0) - u128::from(record.descending.0)
}

/// All of the balance, by an act of enough operators, of a meter that issues nothing any more.
fn refunded(before: &MeterRecord, after: &MeterRecord, delivery: &Delivery, paid: u128) {
    let act = MultiSigned::<Act>::from_bytes(delivery.evidence.as_slice()).expect("its act");
    let ActBody::RefundBalance(refund) = act.body.body else {
        panic!("paid out by another act");
    };
    assert!(verify::open_by_quorum(act, &HOUSE.installation.transcript().operators).is_ok());
    assert_eq!(u128::from(refund.amount.0), paid);
    assert_eq!(refund.amount, before.descending);
    assert_eq!(after.descending, Mills::ZERO);
    assert_eq!(before.state, MeterState::WithdrawalPending);
    assert_eq!(after.state, MeterState::Withdrawn);
    assert_eq!(after.act_sequence, before.act_sequence + 1);
    assert_eq!(
        (after.ascending, after.piece_count, after.item_head),
        (before.ascending, before.piece_count, before.item_head)
    );
    assert_eq!(
        (after.deposits, after.item_credits),
        (before.deposits, before.item_credits)
    );
}

fn money(record: &MeterRecord) -> [u64; 5] {
    [
        record.ascending.0,
        record.descending.0,
        record.deposits.0,
        record.item_credits.0,
        u64::from(record.piece_count),
    ]
}

fn refilled(
    before: &MeterRecord,
    after: &MeterRecord,
    decision: &Decision,
    asked: Option<&MeterRequest>,
) {
    assert_eq!(after.funding_sequence, before.funding_sequence + 1);
    assert_eq!(after.act_sequence, before.act_sequence);
    assert_eq!(after.piece_count, before.piece_count);
    assert_eq!(after.ascending, before.ascending);
    assert_eq!(after.item_credits, before.item_credits);
    assert!(after.descending <= after.limits.descending || after.descending == before.descending);
    let came = after.descending.0 - before.descending.0;
    assert_eq!(after.deposits.0 - before.deposits.0, came);
    assert_ne!(decision.evidence, Digest::ZERO);
    if let Some(asked) = asked {
        let MeterRequest::Refill(shown) = asked else {
            panic!("a refill that nobody asked for");
        };
        let body = &shown.body;
        let treasury = &HOUSE.installation.transcript().treasury;
        assert!(verify::open_by_quorum(shown.clone(), treasury).is_ok());
        assert_eq!(body.meter, before.serial);
        assert_eq!(body.funding_sequence, after.funding_sequence);
        assert!(decision.time < body.expires);
        assert_eq!(body.amount.0, came);
        assert_eq!(came == 0, body.kind == EvidenceKind::Correction);
        assert_eq!(decision.evidence, statement_digest(&shown.to_bytes()));
    }
}

fn reported(
    before: &MeterRecord,
    after: &MeterRecord,
    decision: &Decision,
    asked: Option<&MeterRequest>,
) {
    assert_eq!(money(before), money(after), "a report moves no money");
    let today = Day::of_time(decision.time);
    let due = match before.inspection_interval_days {
        0 => before.inspection_due,
        days => today.plus_days(days),
    };
    let expected = MeterRecord {
        inspected: today,
        inspection_due: due,
        counter: after.counter,
        epoch: after.epoch,
        last_time: after.last_time,
        last_decision: after.last_decision,
        box_id: after.box_id,
        ..before.clone()
    };
    assert_eq!(*after, expected, "a report changes days only");
    if let Some(asked) = asked {
        let MeterRequest::Report(shown) = asked else {
            panic!("a report that nobody made");
        };
        let said = &shown.report;
        let held = (after.ascending, after.descending, after.piece_count);
        assert_eq!(
            (said.ascending, said.descending, said.piece_count),
            held,
            "a report of other registers"
        );
        let authority = &shown.authority.body;
        assert_eq!((said.meter, said.user), (after.serial, authority.user));
        assert_eq!(authority.account, after.account);
        assert_eq!(decision.evidence, statement_digest(&said.to_bytes()));
    }
}

fn credited(
    before: &MeterRecord,
    after: &MeterRecord,
    delivery: &Delivery,
    decision: &Decision,
    asked: Option<&MeterRequest>,
) {
    assert_eq!(after.funding_sequence, before.funding_sequence);
    assert_eq!(after.act_sequence, before.act_sequence);
    assert_eq!(after.deposits, before.deposits);
    assert_eq!(after.item_head, before.item_head);
    assert_eq!(
        (after.ascending, after.piece_count),
        (before.ascending, before.piece_count),
        "taking back makes no item"
    );
    assert!(after.descending <= after.limits.descending);
    let credit = ItemCredit::from_bytes(delivery.evidence.as_slice()).expect("its evidence");
    let payload = Payload::from_bytes(&credit.payload).expect("a payload");
    let key = HOUSE.installation.item_key(payload.key).expect("certified");
    assert!(
        open_payload(payload.clone(), key).is_ok(),
        "an item of nobody's"
    );
    let refunders = &HOUSE.installation.transcript().refunders;
    let approval = &credit.approval.body;
    assert!(verify::open_by_quorum(credit.approval.clone(), refunders).is_ok());
    assert_eq!(
        (approval.meter, approval.piece_count, approval.value),
        (before.serial, payload.piece_count, payload.value)
    );
    assert_eq!(payload.meter, before.serial);
    assert!(decision.time < approval.expires);
    let value = payload.value.0;
    assert_eq!(after.descending.0 - before.descending.0, value);
    assert_eq!(after.item_credits.0 - before.item_credits.0, value);
    let [row] = delivery.rows.as_slice() else {
        panic!("a credit has one row");
    };
    let row = CreditedItem::from_bytes(row.as_slice()).expect("a credited item");
    assert_eq!(
        (row.meter, row.piece_count, row.value, row.counter),
        (
            before.serial,
            payload.piece_count,
            payload.value,
            after.counter
        )
    );
    assert!(row.piece_count >= before.lowest_creditable_piece);
    if let Some(MeterRequest::ItemCredit(shown)) = asked {
        let digest = verify::credited_digest;
        assert_eq!(digest(&shown.credited), before.credited_digest);
        assert!(!shown.credited.holds(row.piece_count), "credited twice");
        let list = shown.credited.with(row.day, row.piece()).expect("room");
        assert_eq!(digest(&list), after.credited_digest);
    }
}

fn dispensed(
    before: &MeterRecord,
    after: &MeterRecord,
    delivery: &Delivery,
    asked: Option<MeterRequest>,
    authority: &MacKey,
) -> Vec<[u8; 138]> {
    assert_eq!(
        before.state,
        MeterState::Active,
        "only active meters dispense"
    );
    assert_eq!(before.suspended, Suspension::NONE);
    assert_eq!(after.act_sequence, before.act_sequence);
    assert_eq!(after.funding_sequence, before.funding_sequence);
    assert_eq!(after.deposits, before.deposits);
    assert_eq!(after.limits, before.limits);
    assert!(after.day_used <= after.limits.day && after.month_used <= after.limits.month);

    let mut at = before.clone();
    let mut payloads = Vec::new();
    for (position, row) in delivery.rows.as_slice().iter().enumerate() {
        let row = row.as_slice();
        let item = ItemRecord::from_bytes(row).expect("an item record");
        let bytes: [u8; 138] = item.payload.as_slice().try_into().expect("138 bytes");
        let payload = Payload::from_bytes(&bytes).expect("a payload");
        let key = HOUSE.installation.item_key(payload.key).expect("certified");
        let genuine = open_payload(payload.clone(), key).is_ok();
        assert!(genuine && payload.specimen, "an item that does not verify");
        at.descending = at.descending.minus(item.value).expect("funds");
        at.ascending = Mills(at.ascending.0 + item.value.0);
        at.piece_count += 1;
        assert!(item.value > Mills::ZERO && item.value <= before.limits.item);
        assert_eq!(item.previous, at.item_head, "the chain of items");
        assert_eq!(item.position, position as u32);
        assert_eq!(item.counter, after.counter);
        for (meter, pieces, ascending, descending, value) in [
            (
                item.meter,
                item.piece_count,
                item.ascending,
                item.descending,
                item.value,
            ),
            (
                payload.meter,
                payload.piece_count,
                payload.ascending,
                payload.descending,
                payload.value,
            ),
        ] {
            assert_eq!((meter, value), (before.serial, item.value));
            assert_eq!(
                (pieces, ascending, descending),
                (at.piece_count, at.ascending, at.descending),
                "each item is debited before it is signed"
            );
        }
        at.item_head = statement_digest(row);
        payloads.push(bytes);
    }
    assert!(!payloads.is_empty(), "a dispense without an item");
    assert_eq!(
        money(&at),
        money(after),
        "what was signed is what was debited"
    );
    assert_eq!(at.item_head, after.item_head);
    if let Some(asked) = asked {
        orders(before, delivery, &asked, authority, after);
    }
    payloads
}

/// Each item belongs to an order that an authority allowed.
fn orders(
    before: &MeterRecord,
    delivery: &Delivery,
    asked: &MeterRequest,
    authority: &MacKey,
    after: &MeterRecord,
) {
    let MeterRequest::Dispense(dispense) = asked else {
        panic!("items that nobody asked for");
    };
    let orders = dispense.orders.as_slice();
    assert_eq!(orders.len(), delivery.orders.as_slice().len());
    let mut next = 0;
    for (order, outcome) in orders.iter().zip(&delivery.orders) {
        assert_eq!(order.request, outcome.request);
        let Ok((first, count)) = outcome.result else {
            continue;
        };
        assert_eq!(
            (first, count as usize),
            (next, order.items.as_slice().len())
        );
        next += count;
        let shown = dispense.authorities.as_slice();
        let shown = shown.get(usize::from(order.authority)).expect("named");
        let genuine = open_authority(authority, shown).expect("an authority of the auth box");
        assert!(
            covers(genuine.body(), before, order),
            "not covered: {order:?}"
        );
        let decided = after.last_time;
        assert!(own_keys::agreed(
            genuine.body(),
            before.serial,
            order,
            decided
        ));
        assert!(after.last_time < genuine.body().expires, "expired");
    }
    assert_eq!(next as usize, delivery.rows.as_slice().len());
}

fn covers(authority: &Authority, record: &MeterRecord, order: &Order) -> bool {
    let meters = authority.meters.as_slice();
    let total: u128 = order.items.into_iter().map(|i| u128::from(i.value.0)).sum();
    authority.account == record.account
        && authority.epoch == HOUSE.epoch()
        && (meters.is_empty() || meters.contains(&record.serial))
        && authority.rights.covers(Rights::DISPENSE)
        && total <= u128::from(authority.ceiling.0)
}
