//! Deliveries: whole or not at all, once, and in order.

use super::both;
use super::reads::{order, written};
use crate::sample::{
    SampleOrder, account, as_reissue, chain_write, digest, meter_write, user, user_write,
    with_evidence, with_request,
};
use item::{BoxKind, Bytes, Counter, List, MeterSerial};
use store::{ConflictReason, Store, Write, Written};

async fn one<S: Store>(store: &S, write: &Write) -> Written {
    let results = store.write(std::slice::from_ref(write)).await.unwrap();
    assert_eq!(results.len(), 1);
    results[0]
}

async fn refused<S: Store>(store: &S, write: &Write, reason: ConflictReason) {
    assert_eq!(one(store, write).await, Written::Conflict(reason));
}

/// Record, decision, items, keys and evidence, of every kind of box.
pub async fn a_delivery_is_written_whole<S: Store>(store: &S) {
    let meter = with_evidence(meter_write(1, 1, 1, 0, &[]), 5, b"act");
    let writes = [meter, chain_write(1, 1), user_write(1, 1)];
    written(store, &writes).await;
    let row = store.meter(MeterSerial(1)).await.unwrap().unwrap();
    assert_eq!(row.record, writes[0].delivery.record.as_slice());
    assert_eq!(row.account, account(1));
    for write in &writes {
        let found = store.decision(write.box_kind, write.delivery.subject, Counter(1));
        let found = found.await.unwrap().unwrap();
        assert_eq!(found.decision, write.delivery.decision.as_slice());
    }
    assert!(store.evidence(digest(5)).await.unwrap().is_some());
    let sold = meter_write(1, 1, 2, 0, &[order(1, 2)]);
    written(store, std::slice::from_ref(&sold)).await;
    let found = store.decision_at(MeterSerial(1), 1).await.unwrap();
    assert_eq!(found.as_deref(), Some(sold.delivery.decision.as_slice()));
    assert_eq!(store.items(MeterSerial(1), 1, 9).await.unwrap().len(), 2);
    let prior = store.prior_by_key(account(1), digest(1)).await.unwrap();
    assert_eq!(prior.unwrap().pieces, 2);
}

/// A repeat is recognised by its bytes.
pub async fn the_same_delivery_is_there_already<S: Store>(store: &S) {
    let writes = [
        with_evidence(meter_write(1, 1, 1, 0, &[order(1, 2)]), 5, b"act"),
        chain_write(1, 1),
        user_write(1, 1),
    ];
    written(store, &writes).await;
    for write in &writes {
        assert_eq!(one(store, write).await, Written::AlreadyThere);
    }
    // Even within one call.
    let next = user_write(1, 2);
    let results = store.write(&[next.clone(), next]).await.unwrap();
    assert_eq!(results, [Written::Written, Written::AlreadyThere]);
}

/// A delivery of the past is recognised too, and changes nothing.
pub async fn an_older_delivery_is_there_already<S: Store>(store: &S) {
    let first = meter_write(1, 1, 1, 0, &[order(1, 1)]);
    let second = meter_write(1, 1, 2, 1, &[order(2, 1)]);
    written(store, &[first.clone(), second.clone()]).await;
    assert_eq!(one(store, &first).await, Written::AlreadyThere);
    let row = store.meter(MeterSerial(1)).await.unwrap().unwrap();
    assert_eq!(row.record, second.delivery.record.as_slice());
}

/// The record before must be there.
pub async fn a_gap_is_a_conflict<S: Store>(store: &S) {
    refused(store, &user_write(1, 2), ConflictReason::Gap).await;
    written(store, &[user_write(1, 1)]).await;
    refused(store, &user_write(1, 3), ConflictReason::Gap).await;
    refused(store, &chain_write(1, 2), ConflictReason::Gap).await;
    refused(store, &meter_write(1, 1, 2, 0, &[]), ConflictReason::Gap).await;
    let none = store.decision(BoxKind::Auth, user(1).subject(), Counter(3));
    assert_eq!(none.await.unwrap(), None);
}

/// A re-issue takes the place of the older record that its act names, and of no other (P28).
pub async fn a_reissue_replaces_the_record_that_its_act_names<S: Store>(store: &S) {
    let make: [fn(u64) -> Write; 3] = [
        |counter| meter_write(1, 1, counter, 0, &[]),
        |counter| user_write(1, counter),
        |counter| chain_write(1, counter),
    ];
    for change in make {
        written(store, &[change(1), change(2)]).await;
        for shown in [1, 3, 6] {
            refused(store, &as_reissue(change(7), shown), ConflictReason::Gap).await;
        }
        for shown in [0, 7, 9] {
            let wrong = as_reissue(change(7), shown);
            refused(store, &wrong, ConflictReason::Malformed).await;
        }
        // Only as a re-issue.
        refused(store, &change(7), ConflictReason::Gap).await;
        let mut other_act = as_reissue(change(7), 2);
        other_act.delivery.evidence = Bytes::default();
        refused(store, &other_act, ConflictReason::Malformed).await;
        let again = as_reissue(change(7), 2);
        written(store, std::slice::from_ref(&again)).await;
        assert_eq!(one(store, &again).await, Written::AlreadyThere);
        // What it gave up does not come in its place, and the next change follows it.
        refused(store, &change(3), ConflictReason::Differs).await;
        written(store, &[change(8)]).await;
    }
}

/// A twin's decision, other items, other evidence or another record under a counter in use.
pub async fn other_bytes_of_the_same_counter_are_a_conflict<S: Store>(store: &S) {
    let first = with_evidence(meter_write(1, 1, 1, 0, &[order(1, 2)]), 5, b"act");
    written(store, std::slice::from_ref(&first)).await;
    let mut other_record = first.clone();
    let mut record = first.delivery.record.clone().into_vec();
    *record.last_mut().unwrap() ^= 1;
    other_record.delivery.record = Bytes::new(record).unwrap();
    let mut other_evidence = first.clone();
    other_evidence.delivery.evidence = Bytes::new(b"another".to_vec()).unwrap();
    let mut other_items = first.clone();
    let changed = meter_write(
        1,
        1,
        1,
        0,
        &[SampleOrder {
            body: 9,
            ..order(1, 2)
        }],
    );
    other_items.delivery.rows = changed.delivery.rows;
    let twin = with_request(first.clone(), 200);
    for other in [other_record, other_evidence, other_items, twin] {
        refused(store, &other, ConflictReason::Differs).await;
    }
    assert_eq!(one(store, &first).await, Written::AlreadyThere);
    // Also when the record itself has moved on.
    written(store, &[meter_write(1, 1, 2, 2, &[])]).await;
    let twin = with_request(first, 200);
    refused(store, &twin, ConflictReason::Differs).await;
}

/// The others of the same call are written; of the refused one, nothing is.
pub async fn a_conflict_undoes_only_its_own_delivery<S: Store>(store: &S) {
    let held = with_evidence(user_write(9, 1), 5, b"one act");
    written(store, &[held]).await;
    // Its record would fit, but its evidence contradicts what is held: found late.
    let late = with_evidence(meter_write(2, 1, 1, 0, &[order(4, 1)]), 5, b"another act");
    let results = store
        .write(&[user_write(1, 1), late, user_write(2, 1), user_write(3, 7)])
        .await
        .unwrap();
    assert_eq!(
        results,
        [
            Written::Written,
            Written::Conflict(ConflictReason::Differs),
            Written::Written,
            Written::Conflict(ConflictReason::Gap),
        ]
    );
    assert_eq!(store.meter(MeterSerial(2)).await.unwrap(), None);
    assert_eq!(store.item(MeterSerial(2), 1).await.unwrap(), None);
    let prior = store.prior_by_key(account(1), digest(4)).await.unwrap();
    assert_eq!(prior, None);
    let none = store.decision(BoxKind::Meter, MeterSerial(2).subject(), Counter(1));
    assert_eq!(none.await.unwrap(), None);
    for n in [1, 2] {
        assert_eq!(one(store, &user_write(n, 1)).await, Written::AlreadyThere);
    }
}

/// A delivery that contradicts itself is never written.
pub async fn parts_that_do_not_belong_together_are_malformed<S: Store>(store: &S) {
    let good = meter_write(1, 1, 1, 0, &[order(1, 2)]);
    let other = meter_write(2, 1, 1, 0, &[order(1, 2)]);
    let next = meter_write(1, 1, 2, 0, &[order(1, 2)]);
    let with = |change: fn(&mut Write, &Write), from: &Write| {
        let mut write = good.clone();
        change(&mut write, from);
        write
    };
    let wrong = [
        with(|w, o| w.delivery.record = o.delivery.record.clone(), &other),
        with(|w, o| w.delivery.record = o.delivery.record.clone(), &next),
        with(
            |w, o| w.delivery.decision = o.delivery.decision.clone(),
            &other,
        ),
        with(|w, o| w.delivery.rows = o.delivery.rows.clone(), &other),
        with(|w, o| w.delivery.rows = o.delivery.rows.clone(), &next),
        with(|w, o| w.delivery.subject = o.delivery.subject, &other),
        with(|w, o| w.delivery.request = o.delivery.request, &other),
        with(|w, _| w.delivery.orders = Default::default(), &other),
        with(|w, _| w.delivery.rows = Default::default(), &other),
        with(|w, _| w.delivery.record = Default::default(), &other),
        with(|w, _| w.delivery.decision = Default::default(), &other),
        with(|w, _| w.box_kind = BoxKind::Auth, &other),
        with(
            |w, o| w.delivery.evidence = Bytes::new(o.delivery.subject.0.to_vec()).unwrap(),
            &other,
        ),
        user_write(1, 0),
        chain_write(1, 0),
    ];
    let mut skipping = good.clone();
    let later = meter_write(1, 1, 1, 2, &[order(1, 1)]);
    let [first, _] = good.delivery.rows.as_slice() else {
        panic!("two items");
    };
    let rows = vec![first.clone(), later.delivery.rows.as_slice()[0].clone()];
    skipping.delivery.rows = List::new(rows).unwrap();
    for (case, write) in wrong.iter().chain([&skipping]).enumerate() {
        let result = one(store, write).await;
        let expected = Written::Conflict(ConflictReason::Malformed);
        assert_eq!(result, expected, "case {case}");
    }
    let mut keys = good.clone();
    keys.box_kind = BoxKind::Keys;
    refused(store, &keys, ConflictReason::NoRecord).await;
    assert_eq!(store.meter(MeterSerial(1)).await.unwrap(), None);
    written(store, &[good]).await;
}

/// The same key on two meters at once: both items stand, the key leads to the first.
pub async fn a_key_keeps_its_first_answer<S: Store>(store: &S) {
    let first = meter_write(1, 1, 1, 0, &[order(1, 1)]);
    let second = meter_write(2, 1, 1, 0, &[order(1, 1)]);
    written(store, &[first, second.clone()]).await;
    let prior = store.prior_by_key(account(1), digest(1)).await.unwrap();
    assert_eq!(prior.unwrap().meter, MeterSerial(1));
    assert!(store.item(MeterSerial(2), 1).await.unwrap().is_some());
    assert_eq!(one(store, &second).await, Written::AlreadyThere);
}

/// Two servers write the same bytes, or two boxes contradict each other: one is written.
pub async fn concurrent_writers_have_one_winner<S: Store>(store: &S) {
    let write = [meter_write(1, 1, 1, 0, &[order(1, 1)])];
    let (a, b) = both(store.write(&write), store.write(&write)).await;
    let mut results = [a.unwrap()[0], b.unwrap()[0]];
    results.sort_by_key(|result| *result != Written::Written);
    assert_eq!(results, [Written::Written, Written::AlreadyThere]);

    let one = [meter_write(1, 1, 2, 1, &[order(2, 1)])];
    let other = [meter_write(1, 1, 2, 1, &[order(3, 1)])];
    let (a, b) = both(store.write(&one), store.write(&other)).await;
    let mut results = [a.unwrap()[0], b.unwrap()[0]];
    results.sort_by_key(|result| *result != Written::Written);
    let differs = Written::Conflict(ConflictReason::Differs);
    assert_eq!(results, [Written::Written, differs]);
}
