//! What is found, and in which order.

use crate::sample::{
    SampleOrder, account, api_key, api_key_write, chain_write, digest, meter_write, new_api_key,
    request, sign_up, user, user_write, with_account, with_evidence,
};
use item::{BoxKind, Counter, Epoch, MeterSerial, Time};
use store::limits::LISTED_MAX;
use store::{ApiKeyStart, ItemCursor, LookUpKey, SignUpStart, Store, Write, Written};

pub(super) async fn written<S: Store>(store: &S, writes: &[Write]) {
    let results = store.write(writes).await.unwrap();
    assert_eq!(results, vec![Written::Written; writes.len()]);
}

pub(super) fn order(key: u8, pieces: u32) -> SampleOrder {
    let body = key;
    SampleOrder { key, body, pieces }
}

/// A repeat finds the first; another body or a name that is taken changes nothing.
pub async fn sign_ups_are_idempotent<S: Store>(store: &S) {
    let first = sign_up(1, "ada@example.com");
    let begin = store.begin_sign_up(first.clone()).await.unwrap();
    assert_eq!(begin, SignUpStart::New);
    let mut again = first.clone();
    again.created = Time(99);
    let known = store.begin_sign_up(again).await.unwrap();
    assert_eq!(known, SignUpStart::Known(first.clone()));
    let mut other = first;
    other.body_digest = digest(77);
    let other = store.begin_sign_up(other).await.unwrap();
    assert_eq!(other, SignUpStart::OtherBody);
    let taken = store.begin_sign_up(sign_up(2, "ada@example.com")).await;
    assert_eq!(taken.unwrap(), SignUpStart::LoginTaken);
    assert_eq!(store.user(user(2)).await.unwrap(), None);
}

/// Pending until both boxes have answered; oldest first.
pub async fn sign_ups_stay_pending_until_the_chain_exists<S: Store>(store: &S) {
    for n in [3, 1, 2] {
        let sign_up = sign_up(n, &format!("user{n}"));
        store.begin_sign_up(sign_up).await.unwrap();
    }
    let pending = async |older_than, limit| -> Vec<_> {
        let rows = store.pending_sign_ups(Time(older_than), limit).await;
        rows.unwrap().into_iter().map(|row| row.user).collect()
    };
    assert_eq!(pending(9, 9).await, [user(1), user(2), user(3)]);
    assert_eq!(pending(3, 9).await, [user(1), user(2)]);
    assert_eq!(pending(9, 1).await, [user(1)]);
    written(store, &[user_write(1, 1)]).await;
    assert_eq!(pending(9, 1).await, [user(1)]);
    written(store, &[chain_write(1, 1)]).await;
    assert_eq!(pending(9, 9).await, [user(2), user(3)]);
}

/// The names come with the record, once there is one; log-in names match exactly.
pub async fn users_are_found_with_and_without_record<S: Store>(store: &S) {
    store.begin_sign_up(sign_up(1, "ada")).await.unwrap();
    let row = store.user_by_login("ada").await.unwrap().unwrap();
    assert_eq!((row.user, row.account), (user(1), account(1)));
    assert_eq!((row.display_name.as_str(), row.record), ("user 1", None));
    let write = user_write(1, 1);
    written(store, std::slice::from_ref(&write)).await;
    let row = store.user(user(1)).await.unwrap().unwrap();
    assert_eq!(
        row.record.as_deref(),
        Some(write.delivery.record.as_slice())
    );
    assert_eq!(store.user_by_login("ada").await.unwrap(), Some(row));
    for unknown in ["Ada", "ad", "ada ", ""] {
        assert_eq!(store.user_by_login(unknown).await.unwrap(), None);
    }
}

/// Users of an account by id, once they have a record; an addition is finished with it.
pub async fn users_are_listed_by_account<S: Store>(store: &S) {
    for n in [1, 3, 2] {
        let mut sign_up = sign_up(n, &format!("user{n}"));
        sign_up.account = account(1);
        store.begin_sign_up(sign_up).await.unwrap();
    }
    store.begin_sign_up(sign_up(4, "user4")).await.unwrap();
    let of_first = |n| with_account(user_write(n, 1), account(1));
    written(store, &[of_first(1), chain_write(1, 1), of_first(3)]).await;
    written(store, &[user_write(4, 1)]).await;
    let listed = async |after: Option<u8>, limit| -> Vec<_> {
        let rows = store.users_of(account(1), after.map(user), limit).await;
        let rows = rows.unwrap().into_iter();
        rows.map(|row| (row.user, row.login, row.record.is_some()))
            .collect()
    };
    let named = |n: u8| (user(n), format!("user{n}"), true);
    assert_eq!(listed(None, 9).await, [named(1), named(3)]);
    written(store, &[of_first(2)]).await;
    assert_eq!(listed(None, 2).await, [named(1), named(2)]);
    assert_eq!(listed(Some(1), 9).await, [named(2), named(3)]);
    assert_eq!(listed(Some(3), 9).await, []);
    let pending = store.pending_sign_ups(Time(99), 9).await.unwrap();
    let pending: Vec<_> = pending.into_iter().map(|row| row.user).collect();
    assert_eq!(pending, [user(4)], "a founder waits for the chain");
}

/// The same request finds its name; records come with it, once there are some, and change as a user's.
pub async fn keys_are_named_found_and_listed<S: Store>(store: &S) {
    assert_eq!(store.api_key(api_key(1)).await.unwrap(), None);
    for _ in 0..2 {
        let begin = store.begin_api_key(new_api_key(1, 1)).await.unwrap();
        assert_eq!(begin, ApiKeyStart::Named);
    }
    let mut other = new_api_key(1, 1);
    other.body_digest = digest(77);
    let other = store.begin_api_key(other).await.unwrap();
    assert_eq!(other, ApiKeyStart::OtherBody);
    for (n, of) in [(3, 1), (2, 1), (4, 2)] {
        store.begin_api_key(new_api_key(n, of)).await.unwrap();
    }
    let row = store.api_key(api_key(1)).await.unwrap().unwrap();
    assert_eq!((row.user, row.account), (user(1), account(1)));
    assert_eq!((row.name.as_str(), row.record), ("key 1", None));
    let writes = [api_key_write(1, 1, 1), api_key_write(1, 1, 2)];
    written(store, &writes).await;
    let row = store.api_key(api_key(1)).await.unwrap().unwrap();
    let newest = writes[1].delivery.record.as_slice();
    assert_eq!(row.record.as_deref(), Some(newest));
    let results = store.write(&writes).await.unwrap();
    assert_eq!(results, [Written::AlreadyThere; 2]);
    let gap = store.write(&[api_key_write(1, 1, 4)]).await.unwrap();
    assert!(matches!(gap[..], [Written::Conflict(_)]), "{gap:?}");
    let listed = async |after: Option<u8>, limit| -> Vec<_> {
        let rows = store
            .api_keys_of(account(1), after.map(api_key), limit)
            .await;
        rows.unwrap().into_iter().map(|row| row.key).collect()
    };
    assert_eq!(listed(None, 9).await, [api_key(1), api_key(2), api_key(3)]);
    assert_eq!(listed(None, 1).await, [api_key(1)]);
    assert_eq!(listed(Some(1), 9).await, [api_key(2), api_key(3)]);
}

/// Head and newest entry belong together; entries come in order.
pub async fn chains_show_head_and_newest_entry<S: Store>(store: &S) {
    assert_eq!(store.chain(account(1)).await.unwrap(), None);
    let writes: Vec<_> = (1..=5).map(|sequence| chain_write(1, sequence)).collect();
    written(store, &writes).await;
    written(store, &[chain_write(2, 1)]).await;
    let chain = store.chain(account(1)).await.unwrap().unwrap();
    let entry = |n: usize| writes[n].delivery.rows.as_slice()[0].as_slice().to_vec();
    assert_eq!(chain.record, writes[4].delivery.record.as_slice());
    assert_eq!(chain.newest_entry, Some(entry(4)));
    let entries = store.chain_entries(account(1), 2, 2).await.unwrap();
    assert_eq!(entries, [entry(2), entry(3)]);
    let rest = store
        .chain_entries(account(1), 4, LISTED_MAX)
        .await
        .unwrap();
    assert_eq!(rest, [entry(4)]);
}

/// Records of a kind, each with the epoch that its own bytes name, page by page.
pub async fn epochs_of_records_are_counted_page_by_page<S: Store>(store: &S) {
    for n in [1, 2, 3] {
        let name = format!("user{n}");
        store.begin_sign_up(sign_up(n, &name)).await.unwrap();
        written(store, &[user_write(n, 1), chain_write(n, 1)]).await;
    }
    store.begin_api_key(new_api_key(9, 1)).await.unwrap();
    written(store, &[api_key_write(9, 1, 1)]).await;
    for serial in [0, 7] {
        written(store, &[meter_write(serial, 1, 1, 0, &[])]).await;
    }
    for (kind, records) in [
        (BoxKind::Keys, 0),
        // Users, and a key.
        (BoxKind::Auth, 4),
        (BoxKind::Meter, 2),
        (BoxKind::Transaction, 3),
    ] {
        let (mut after, mut seen) = (None, Vec::new());
        for _ in 0..=records {
            let page = store.record_epochs(kind, after, 1).await.unwrap();
            seen.extend(page.counts);
            after = page.last;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, vec![(Epoch(202_611), 1); records], "{kind:?}");
        let all = store.record_epochs(kind, None, LISTED_MAX).await.unwrap();
        let sum: u64 = all.counts.values().sum();
        assert_eq!(sum, records as u64, "{kind:?}");
    }
}

/// Only the account's own, ascending, page by page.
pub async fn meters_are_listed_by_account<S: Store>(store: &S) {
    for (serial, n) in [(7, 1), (0, 1), (5, 2), (u32::MAX, 1)] {
        written(store, &[meter_write(serial, n, 1, 0, &[])]).await;
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = store.meters_of(account(1), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.serial);
        seen.extend(page.iter().map(|row| row.serial.0));
    }
    assert_eq!(seen, [0, 7, u32::MAX]);
    let all = |after, limit| async move {
        let rows = store.all_meters(after, limit).await.unwrap();
        let named = rows.iter().map(|row| (row.serial.0, row.account));
        named.collect::<Vec<_>>()
    };
    let (one, two) = (account(1), account(2));
    let everybodys = [(0, one), (5, two), (7, one), (u32::MAX, one)];
    assert_eq!(all(None, 9).await, everybodys);
    assert_eq!(all(Some(MeterSerial(0)), 2).await, everybodys[1..3]);
    assert_eq!(store.meter(MeterSerial(6)).await.unwrap(), None);
    let other = store.meter(MeterSerial(5)).await.unwrap().unwrap();
    assert_eq!(other.account, account(2));
}

/// The meter as it is, and every item of the key's answer; alone and together.
pub async fn a_look_up_shows_meter_and_prior_answer<S: Store>(store: &S) {
    let write = meter_write(1, 1, 1, 0, &[order(10, 2), order(11, 0), order(12, 3)]);
    written(store, std::slice::from_ref(&write)).await;
    written(store, &[meter_write(1, 1, 2, 5, &[order(13, 1)])]).await;
    let key = |n, byte| LookUpKey {
        account: account(n),
        key_digest: digest(byte),
        meter: MeterSerial(1),
        newest: false,
    };
    let rows = write.delivery.rows.as_slice();
    let found = store.look_up(key(1, 12)).await.unwrap();
    let prior = found.prior.unwrap();
    assert_eq!((prior.first_piece, prior.pieces), (3, 3));
    assert_eq!((prior.meter, prior.counter), (MeterSerial(1), Counter(1)));
    assert_eq!(
        (prior.request, prior.body_digest),
        (request(12), digest(12))
    );
    let expected: Vec<_> = rows[2..].iter().map(|row| row.as_slice()).collect();
    assert_eq!(prior.items, expected);
    assert_eq!(found.meter, store.meter(MeterSerial(1)).await.unwrap());

    // The newest item only for who asks, whatever became of the key.
    assert_eq!(found.newest, None);
    for byte in [12, 99] {
        let mut key = key(1, byte);
        key.newest = true;
        let found = store.look_up(key).await.unwrap();
        assert_eq!(found.newest, store.item(MeterSerial(1), 6).await.unwrap());
        assert!(found.newest.is_some());
    }

    // A refused order stores no key; a key belongs to its account.
    let unknown = [key(1, 11), key(1, 99), key(2, 12)];
    for found in store.look_up_many(&unknown).await.unwrap() {
        assert_eq!(found.unwrap().prior, None);
    }
    let again = store.prior_by_key(account(1), digest(12)).await.unwrap();
    assert_eq!(again.unwrap().items.len(), 3);
    let mut nowhere = key(1, 10);
    nowhere.meter = MeterSerial(2);
    nowhere.newest = true;
    let found = store.look_up(nowhere).await.unwrap();
    assert_eq!((found.meter, found.newest), (None, None));
    assert_eq!(found.prior.unwrap().items.len(), 2);
}

/// One, some of a meter, all of an account.
pub async fn items_are_listed_in_order<S: Store>(store: &S) {
    written(store, &[meter_write(2, 1, 1, 0, &[order(1, 3)])]).await;
    written(store, &[meter_write(1, 1, 1, 0, &[order(2, 2)])]).await;
    written(store, &[meter_write(3, 2, 1, 0, &[order(3, 1)])]).await;
    let some = store.items(MeterSerial(2), 2, 10).await.unwrap();
    let pieces: Vec<_> = some.iter().map(|row| row.piece_count).collect();
    assert_eq!(pieces, [2, 3]);
    let one = store.item(MeterSerial(2), 3).await.unwrap();
    assert_eq!(one.as_ref(), Some(&some[1].item));
    assert_eq!(store.item(MeterSerial(2), 4).await.unwrap(), None);
    for page in 1..=6 {
        let mut after = ItemCursor::default();
        let mut seen = Vec::new();
        loop {
            let rows = store.items_of_account(account(1), after, page).await;
            let rows = rows.unwrap();
            assert!(rows.len() <= page as usize);
            let Some(last) = rows.last() else { break };
            after = ItemCursor {
                meter: last.meter,
                piece_count: last.piece_count,
            };
            seen.extend(rows.iter().map(|row| (row.meter.0, row.piece_count)));
        }
        assert_eq!(
            seen,
            [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)],
            "page {page}"
        );
    }
}

/// By counter, by request, and by what was shown.
pub async fn decisions_and_evidence_are_found<S: Store>(store: &S) {
    let write = with_evidence(meter_write(1, 1, 1, 0, &[]), 42, b"a deposit");
    written(store, std::slice::from_ref(&write)).await;
    written(store, &[user_write(1, 1)]).await;
    let subject = MeterSerial(1).subject();
    let decision = store.decision(BoxKind::Meter, subject, Counter(1)).await;
    let decision = decision.unwrap().unwrap();
    assert_eq!(decision.decision, write.delivery.decision.as_slice());
    assert_eq!(decision.request, write.delivery.request);
    let chained = chain_write(1, 1);
    written(store, std::slice::from_ref(&chained)).await;
    let by_request = async |request| store.chain_decision(request).await.unwrap();
    let found = by_request(chained.delivery.request).await.unwrap();
    assert_eq!(found.decision, chained.delivery.decision.as_slice());
    assert_eq!(by_request(decision.request).await, None, "another box's");
    let none = store.decision(BoxKind::Meter, subject, Counter(2)).await;
    assert_eq!(none.unwrap(), None);

    let sold = meter_write(1, 1, 2, 0, &[order(1, 2), order(2, 1)]);
    written(store, std::slice::from_ref(&sold)).await;
    let at = async |piece| store.decision_at(MeterSerial(1), piece).await.unwrap();
    assert_eq!(
        at(1).await.as_deref(),
        Some(sold.delivery.decision.as_slice())
    );
    for piece in [0, 2, 3, 4] {
        assert_eq!(at(piece).await, None, "piece {piece}");
    }
    let sold = store.decision(BoxKind::Meter, subject, Counter(2)).await;
    assert_eq!(sold.unwrap(), None, "it stands with its first item");

    let evidence = store.evidence(digest(42)).await.unwrap().unwrap();
    assert_eq!(evidence.evidence, b"a deposit");
    assert_eq!(evidence.box_kind, BoxKind::Meter);
    assert_eq!((evidence.subject, evidence.counter), (subject, Counter(1)));
    assert_eq!(store.evidence(digest(43)).await.unwrap(), None);
}
