//! Items that are taken back: requests, credits, the list that they give (P23).

use super::reads::written;
use crate::sample::{account, credit_write, meter_write, scan, user};
use item::{CreditedItem, Day, Layout, MeterSerial, Time};
use store::{
    Accepted, ConflictReason, ItemCursor, ItemId, NewVoid, Store, VoidState, VoidsOf, Written,
};

fn item(meter: u32, piece_count: u32) -> ItemId {
    ItemId {
        meter: MeterSerial(meter),
        piece_count,
    }
}

fn asked(meter: u32, piece_count: u32, n: u8, at: u64) -> NewVoid {
    NewVoid {
        item: item(meter, piece_count),
        account: account(n),
        user: user(n),
        requested: Time(at),
    }
}

fn day(decimal: u32) -> Day {
    Day::from_decimal(decimal).expect("a day")
}

/// A request waits, is ended once, and can be asked anew; a credit ends it for good.
pub async fn a_request_stands_as_it_was_last_decided<S: Store>(store: &S) {
    let one = item(1, 1);
    assert_eq!(store.void_request(one).await.unwrap(), None);
    let row = store.ask_void(asked(1, 1, 1, 10)).await.unwrap();
    assert_eq!((row.state, row.changed), (VoidState::Requested, Time(10)));
    let again = store.ask_void(asked(1, 1, 1, 20)).await.unwrap();
    assert_eq!(again, row, "asked again, it stays as it is");
    let end =
        async |state, reason: &str, at| store.end_void(one, state, reason, Time(at)).await.unwrap();
    let rejected = end(VoidState::Rejected, "torn", 30).await.unwrap();
    assert_eq!(rejected.state, VoidState::Rejected);
    assert_eq!((rejected.changed, &*rejected.reason), (Time(30), "torn"));
    let cancelled = end(VoidState::Cancelled, "", 40).await.unwrap();
    assert_eq!(cancelled.state, VoidState::Rejected, "it does not wait");
    let anew = store.ask_void(asked(1, 1, 1, 50)).await.unwrap();
    assert_eq!((anew.state, &*anew.reason), (VoidState::Requested, ""));
    let credit = credit_write(1, 1, 2, 1, day(20_261_101), 20_800);
    written(store, &[meter_write(1, 1, 1, 0, &[]), credit]).await;
    let row = store.void_request(one).await.unwrap().unwrap();
    assert_eq!(row.state, VoidState::Credited);
    assert_eq!(
        store.ask_void(asked(1, 1, 1, 60)).await.unwrap().state,
        VoidState::Credited
    );
    let none = store.end_void(item(1, 9), VoidState::Cancelled, "", Time(1));
    assert_eq!(none.await.unwrap(), None);
}

/// By meter and piece count, of one account or all that wait.
pub async fn requests_are_listed_in_order<S: Store>(store: &S) {
    for (meter, piece, n) in [(2, 1, 2), (1, 3, 1), (1, 2, 1), (3, 1, 1)] {
        store.ask_void(asked(meter, piece, n, 1)).await.unwrap();
    }
    let ended = store.end_void(item(1, 3), VoidState::Cancelled, "", Time(2));
    ended.await.unwrap();
    let listed = async |of, after: (u32, u32), limit| {
        let after = ItemCursor {
            meter: MeterSerial(after.0),
            piece_count: after.1,
        };
        let rows = store.void_requests(of, after, limit).await.unwrap();
        let key = |row: &store::VoidRow| (row.asked.item.meter.0, row.asked.item.piece_count);
        rows.iter().map(key).collect::<Vec<_>>()
    };
    let own = VoidsOf::Account(account(1));
    assert_eq!(listed(own, (0, 0), 9).await, [(1, 2), (1, 3), (3, 1)]);
    assert_eq!(listed(own, (1, 2), 1).await, [(1, 3)]);
    let waiting = VoidsOf::Waiting;
    assert_eq!(listed(waiting, (0, 0), 9).await, [(1, 2), (2, 1), (3, 1)]);
    assert_eq!(listed(waiting, (2, 1), 9).await, [(3, 1)]);
}

/// A credit is written whole, once, and found by item, by meter and among all.
pub async fn a_credit_is_kept_once<S: Store>(store: &S) {
    let first = credit_write(1, 1, 2, 7, day(20_261_101), 20_800);
    let made = [meter_write(1, 1, 1, 0, &[]), meter_write(2, 1, 1, 0, &[])];
    written(store, &made).await;
    written(store, std::slice::from_ref(&first)).await;
    let results = store.write(std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(results, [Written::AlreadyThere]);
    // The same piece under another decision.
    let twice = credit_write(1, 1, 3, 7, day(20_261_102), 20_800);
    let results = store.write(&[twice]).await.unwrap();
    assert_eq!(results, [Written::Conflict(ConflictReason::Differs)]);
    let second = credit_write(2, 1, 2, 1, day(20_261_102), 20_801);
    written(store, &[second]).await;
    let uses = store.item_uses(&[item(1, 7), item(1, 8)]).await.unwrap();
    let credits: Vec<bool> = uses
        .iter()
        .map(|seen| seen.as_ref().unwrap().credit.is_some())
        .collect();
    assert_eq!(credits, [true, false]);
    let all = store.item_credits(ItemCursor::default(), 9).await.unwrap();
    let ids: Vec<ItemId> = all.iter().map(|row| row.item).collect();
    assert_eq!(ids, [item(1, 7), item(2, 1)]);
    let behind = ItemCursor {
        meter: MeterSerial(1),
        piece_count: 7,
    };
    assert_eq!(store.item_credits(behind, 9).await.unwrap(), all[1..]);
}

/// With the meter come the credits that were not past their last day at the newest one.
pub async fn a_meter_comes_with_its_credited_list<S: Store>(store: &S) {
    let missing = store.credited_meter(MeterSerial(1)).await.unwrap();
    assert_eq!(missing, None);
    let monday = day(20_261_102);
    let last = |n: u32| u16::try_from(monday.number() + n).expect("soon");
    written(
        store,
        &[
            meter_write(1, 1, 1, 0, &[]),
            credit_write(1, 1, 2, 9, monday, last(3)),
            credit_write(1, 1, 3, 4, monday, last(1)),
        ],
    )
    .await;
    let pieces = async || {
        let found = store.credited_meter(MeterSerial(1)).await.unwrap().unwrap();
        let piece = |row: &Vec<u8>| CreditedItem::from_bytes(row).unwrap().piece_count;
        found.credits.iter().map(piece).collect::<Vec<_>>()
    };
    assert_eq!(pieces().await, [4, 9]);
    let later = credit_write(1, 1, 4, 6, day(20_261_104), last(20));
    written(store, &[later]).await;
    assert_eq!(pieces().await, [6, 9]);
}

/// Nobody accepts what was taken back, whatever its verifier saw before.
pub async fn an_item_that_was_taken_back_is_not_accepted<S: Store>(store: &S) {
    written(
        store,
        &[
            meter_write(1, 1, 1, 0, &[]),
            credit_write(1, 1, 2, 1, day(20_261_102), 20_800),
        ],
    )
    .await;
    let handed = scan(1, 1, 1, 1, 1);
    assert_eq!(store.accept(handed).await.unwrap(), Accepted::Refused);
}
