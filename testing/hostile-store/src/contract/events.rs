//! Scans, packs and alerts.

use super::both;
use crate::sample::{SampleOrder, account, digest, licensed_write, meter_write, scan};
use item::{BoxKind, Day, Epoch, KeyId, MeterSerial, Time};
use store::{
    Accepted, Alert, EpochRow, ItemId, LicenceRow, Licences, NewLicence, NewScan, Store,
    StoreError, TotalsRow, Written,
};

/// First wins by (meter, piece count); a later scan of another verifier is `Used`.
pub async fn the_first_scan_wins<S: Store>(store: &S) {
    assert_eq!(store.first_scan(MeterSerial(1), 5).await.unwrap(), None);
    let first = store.accept(scan(1, 1, 1, 5, 1)).await.unwrap();
    assert_eq!(first, Accepted::First);
    let Accepted::Used { first } = store.accept(scan(2, 1, 1, 5, 1)).await.unwrap() else {
        panic!("the second scan was not told");
    };
    assert_eq!((first.verifier, first.first), (KeyId([1; 8]), true));
    assert_eq!(
        store.first_scan(MeterSerial(1), 5).await.unwrap(),
        Some(first)
    );
    let head = store.verifier_head(KeyId([2; 8])).await.unwrap().unwrap();
    assert_eq!((head.sequence, head.first), (1, false));
    assert_eq!(store.first_scan(MeterSerial(1), 6).await.unwrap(), None);
}

/// The same key again: the earlier outcome, nothing stored.
pub async fn a_repeated_scan_gets_its_first_answer<S: Store>(store: &S) {
    store.accept(scan(1, 1, 1, 5, 1)).await.unwrap();
    store.accept(scan(2, 1, 1, 5, 7)).await.unwrap();
    for (verifier, key, was_first) in [(1, 1, true), (2, 7, false)] {
        let again = store.accept(scan(verifier, 1, 1, 5, key)).await.unwrap();
        let Accepted::Repeat { earlier, first } = again else {
            panic!("{again:?}");
        };
        let first = first.unwrap();
        assert_eq!(earlier == first, was_first);
        assert_eq!(earlier.key_digest, digest(key));
        assert_eq!(first.verifier, KeyId([1; 8]));
    }
    let head = store.verifier_head(KeyId([1; 8])).await.unwrap().unwrap();
    assert_eq!(head.sequence, 1);
}

/// A scan of what is not to be honoured takes its sequence and its key, and nothing else: it is never
/// first, also where nobody else is.
pub async fn a_refused_scan_is_kept_and_uses_nothing<S: Store>(store: &S) {
    let refused = |verifier, sequence, key| NewScan {
        sound: false,
        ..scan(verifier, sequence, 1, 5, key)
    };
    let outcome = store.accept(refused(1, 1, 1)).await.unwrap();
    assert_eq!(outcome, Accepted::Refused);
    assert_eq!(store.first_scan(MeterSerial(1), 5).await.unwrap(), None);
    let head = store.verifier_head(KeyId([1; 8])).await.unwrap().unwrap();
    assert_eq!((head.sequence, head.first), (1, false));
    // The same again has the same outcome, whatever it is said to be by now.
    for again in [refused(1, 1, 1), scan(1, 1, 1, 5, 1)] {
        let again = store.accept(again).await.unwrap();
        assert!(
            matches!(again, Accepted::Repeat { first: None, .. }),
            "{again:?}"
        );
    }
    assert_eq!(
        store.accept(refused(1, 3, 2)).await.unwrap(),
        Accepted::SequenceGap { expected: 2 }
    );
    // The chain goes on, and the item itself is as new.
    let next = store.accept(scan(1, 2, 1, 5, 2)).await.unwrap();
    assert_eq!(next, Accepted::First);
    let late = store.accept(refused(2, 1, 1)).await.unwrap();
    assert_eq!(late, Accepted::Refused);
}

/// A verifier's sequence has no gaps, and its key names one item.
pub async fn a_verifier_cannot_skip_or_reuse<S: Store>(store: &S) {
    assert_eq!(store.verifier_head(KeyId([1; 8])).await.unwrap(), None);
    for (sequence, expected) in [(0, 1), (2, 1)] {
        let gap = store.accept(scan(1, sequence, 1, 5, 1)).await.unwrap();
        assert_eq!(gap, Accepted::SequenceGap { expected });
    }
    store.accept(scan(1, 1, 1, 5, 1)).await.unwrap();
    let reused = store.accept(scan(1, 2, 1, 6, 1)).await.unwrap();
    assert!(matches!(reused, Accepted::KeyReused { earlier } if earlier.piece_count == 5));
    let twice = store.accept(scan(1, 1, 1, 6, 2)).await.unwrap();
    assert_eq!(twice, Accepted::SequenceGap { expected: 2 });
    let next = store.accept(scan(1, 2, 1, 6, 2)).await.unwrap();
    assert_eq!(next, Accepted::First);
}

/// Two verifiers at once: one is first.
pub async fn concurrent_scans_have_one_first<S: Store>(store: &S) {
    let (a, b) = both(
        store.accept(scan(1, 1, 1, 5, 1)),
        store.accept(scan(2, 1, 1, 5, 1)),
    )
    .await;
    let firsts = [a.unwrap(), b.unwrap()]
        .iter()
        .filter(|outcome| **outcome == Accepted::First)
        .count();
    assert_eq!(firsts, 1);
}

/// Many scans in one transaction: each sees those before it, and none undoes another.
pub async fn many_scans_end_as_one_by_one<S: Store>(store: &S) {
    store.accept(scan(2, 1, 1, 7, 1)).await.unwrap();
    let refused = NewScan {
        sound: false,
        ..scan(1, 3, 1, 8, 4)
    };
    let outcomes = store
        .accept_many(vec![
            scan(1, 1, 1, 5, 1),
            // The same item again, by another scan; then the first scan again.
            scan(1, 2, 1, 5, 2),
            scan(1, 1, 1, 5, 1),
            // Out of its turn, and a key of another item: nothing is stored.
            scan(1, 9, 1, 6, 3),
            scan(1, 3, 1, 6, 2),
            refused,
            scan(1, 4, 1, 7, 5),
        ])
        .await
        .unwrap();
    let [first, used, repeat, gap, reused, refused, elsewhere] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert_eq!(first, &Accepted::First);
    let told = |outcome: &Accepted| match outcome {
        Accepted::Used { first } => Some((first.verifier, first.sequence)),
        _ => None,
    };
    assert_eq!(told(used), Some((KeyId([1; 8]), 1)));
    assert!(
        matches!(repeat, Accepted::Repeat { earlier, first: Some(first) } if earlier == first),
        "{repeat:?}"
    );
    assert_eq!(gap, &Accepted::SequenceGap { expected: 3 });
    assert!(matches!(reused, Accepted::KeyReused { .. }), "{reused:?}");
    assert_eq!(refused, &Accepted::Refused);
    assert_eq!(told(elsewhere), Some((KeyId([2; 8]), 1)));
    let head = store.verifier_head(KeyId([1; 8])).await.unwrap().unwrap();
    assert_eq!((head.sequence, head.piece_count), (4, 7));
    assert_eq!(store.accept_many(Vec::new()).await.unwrap(), []);
}

/// One answer an item, in the order of the question, with record and use of that item.
pub async fn uses_are_told_in_order<S: Store>(store: &S) {
    let order = SampleOrder {
        key: 1,
        body: 1,
        pieces: 3,
    };
    store
        .write(&[meter_write(1, 1, 1, 0, &[order])])
        .await
        .unwrap();
    store.accept(scan(1, 1, 1, 2, 1)).await.unwrap();
    // Somebody used what is not on record.
    store.accept(scan(1, 2, 9, 4, 2)).await.unwrap();
    let asked = [(9, 4), (1, 2), (1, 3), (1, 2), (1, 4)].map(|(meter, piece_count)| ItemId {
        meter: MeterSerial(meter),
        piece_count,
    });
    let told = store.item_uses(&asked).await.unwrap();
    assert_eq!(told.len(), asked.len());
    for (id, told) in asked.iter().zip(told) {
        let told = told.unwrap();
        let item = store.item(id.meter, id.piece_count).await.unwrap();
        let first = store.first_scan(id.meter, id.piece_count).await.unwrap();
        assert_eq!((told.item, told.first), (item, first), "{id:?}");
    }
    let told = store.item_uses(&asked[..3]).await.unwrap();
    let seen: Vec<_> = told.into_iter().map(Result::unwrap).collect();
    let shape: Vec<_> = seen
        .iter()
        .map(|told| (told.item.is_some(), told.first.is_some()))
        .collect();
    assert_eq!(shape, [(false, true), (true, true), (true, false)]);
}

/// An epoch holds one opening, and all of them are listed in order.
pub async fn epochs_are_kept_for_good<S: Store>(store: &S) {
    let row = |epoch, opening: &[u8]| EpochRow {
        epoch: Epoch(epoch),
        starts: Time(u64::from(epoch) + 7),
        opening: opening.to_vec(),
    };
    assert_eq!(store.epochs().await.unwrap(), []);
    let (december, january) = (row(202_612, b"december"), row(202_701, b"january"));
    for _ in 0..2 {
        store.put_epoch(january.clone()).await.unwrap();
        store.put_epoch(december.clone()).await.unwrap();
    }
    assert_eq!(
        store.put_epoch(row(202_612, b"another")).await,
        Err(StoreError::Taken { table: "epochs" })
    );
    assert_eq!(store.epochs().await.unwrap(), [december, january]);
}

/// A pack's sequence holds one pack, and the highest is the latest.
pub async fn packs_are_kept_for_good<S: Store>(store: &S) {
    assert_eq!(store.latest_pack().await.unwrap(), None);
    store.put_pack(2, b"two").await.unwrap();
    store.put_pack(2, b"two").await.unwrap();
    store.put_pack(1, b"one").await.unwrap();
    assert_eq!(
        store.put_pack(2, b"other").await,
        Err(StoreError::Taken { table: "packs" })
    );
    let latest = store.latest_pack().await.unwrap().unwrap();
    assert_eq!(
        (latest.sequence, latest.pack.as_slice()),
        (2, b"two".as_slice())
    );
}

/// A sequence holds one sheet of daily totals; a listing goes on behind a sequence.
pub async fn daily_totals_are_kept_for_good<S: Store>(store: &S) {
    let row = |sequence, day, sheet: &[u8]| TotalsRow {
        sequence,
        day: Day::from_decimal(day).unwrap(),
        sheet: sheet.to_vec(),
    };
    let one = row(1, 20_261_121, b"one");
    let two = row(2, 20_261_122, b"two");
    let three = row(3, 20_261_122, b"three");
    assert_eq!(store.latest_totals().await.unwrap(), None);
    for sheet in [&two, &one, &three, &two] {
        store.put_totals(sheet.clone()).await.unwrap();
    }
    for other in [row(2, 20_261_122, b"other"), row(2, 20_261_121, b"two")] {
        assert_eq!(
            store.put_totals(other).await,
            Err(StoreError::Taken {
                table: "daily_totals"
            })
        );
    }
    assert_eq!(store.latest_totals().await.unwrap(), Some(three.clone()));
    let listed = |after, day, limit| store.totals(after, day, limit);
    assert_eq!(
        listed(0, None, 9).await.unwrap(),
        [one.clone(), two.clone(), three.clone()]
    );
    let next = listed(1, None, 1).await.unwrap();
    assert_eq!(next, std::slice::from_ref(&two));
    let day = Some(two.day);
    assert_eq!(listed(0, day, 9).await.unwrap(), [two, three.clone()]);
    assert_eq!(listed(2, day, 9).await.unwrap(), [three]);
    assert_eq!(listed(0, Some(Day::NONE), 9).await.unwrap(), []);
}

/// Ids rise; a listing goes on behind an id.
pub async fn alerts_are_listed_in_order<S: Store>(store: &S) {
    let alert = |code: &str| Alert {
        raised: Time(5),
        box_kind: BoxKind::Meter,
        subject: MeterSerial(1).subject(),
        code: code.to_owned(),
        detail: "a record went back".to_owned(),
        evidence: vec![1, 2],
    };
    let first = store.raise_alert(alert("stale")).await.unwrap();
    let second = store.raise_alert(alert("altered")).await.unwrap();
    assert!(first < second);
    let listed = store.alerts(0, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    let rest = store.alerts(first, 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!((rest[0].id, &rest[0].alert), (second, &alert("altered")));
    assert_eq!(store.alerts(0, 1).await.unwrap().len(), 1);
}

/// An application is kept once with its agreement, answered once, and listed by account or while it
/// waits; the act that grants it is written with the meter.
pub async fn licences_are_kept_answered_and_listed<S: Store>(store: &S) {
    let new = |byte: u8, n: u8| NewLicence {
        digest: digest(byte),
        account: account(n),
        meter: MeterSerial(1),
        application: vec![byte],
        details: vec![n],
        agreement: (digest(99), b"text".to_vec()),
    };
    for (byte, n) in [(3, 1), (1, 1), (2, 2), (1, 1)] {
        store.put_licence(new(byte, n)).await.unwrap();
    }
    let one = store.licence(digest(1)).await.unwrap().unwrap();
    assert_eq!(
        one,
        LicenceRow {
            digest: digest(1),
            account: account(1),
            application: vec![1],
            details: Some(vec![1]),
            refusal: None,
            act: None,
        }
    );
    assert_eq!(store.licence(digest(9)).await.unwrap(), None);
    // The first refusal stays; of nothing there is none.
    for (byte, refusal) in [(3, b"no"), (3, b"so"), (9, b"no")] {
        store.refuse_licence(digest(byte), refusal).await.unwrap();
    }
    let refused = store.licence(digest(3)).await.unwrap().unwrap();
    assert_eq!(refused.refusal, Some(b"no".to_vec()));
    // The act comes with the meter's record, in one transaction.
    let (write, act) = licensed_write(1, 1, digest(2));
    assert_eq!(store.write(&[write]).await.unwrap(), [Written::Written]);
    let granted = store.licence(digest(2)).await.unwrap().unwrap();
    assert_eq!(granted.act, Some(act));

    let listed = |which, after: Option<u8>, limit| async move {
        let after = after.map(digest);
        let rows = store.licences(which, after, limit).await.unwrap();
        rows.iter().map(|row| row.digest).collect::<Vec<_>>()
    };
    let mine = Licences::Of(account(1));
    assert_eq!(listed(mine, None, 9).await, [digest(1), digest(3)]);
    assert_eq!(listed(mine, None, 1).await, [digest(1)]);
    assert_eq!(listed(mine, Some(1), 9).await, [digest(3)]);
    assert_eq!(listed(Licences::Open, None, 9).await, [digest(1)]);
    assert_eq!(listed(Licences::Open, Some(1), 9).await, []);
}
