//! Departments and end customers.

use super::both;
use crate::sample::{account, digest};
use store::{HeadingChange, HeadingKind, HeadingMade, HeadingRow, NewHeading, Store};

const DEPARTMENT: HeadingKind = HeadingKind::Department;

fn heading(of: u8, key: u8, number: Option<u32>) -> NewHeading {
    NewHeading {
        account: account(of),
        kind: DEPARTMENT,
        number,
        name: format!("name {key}"),
        cost_code: String::new(),
        key_digest: digest(key),
        body_digest: digest(key),
    }
}

async fn made<S: Store>(store: &S, new: NewHeading) -> HeadingRow {
    match store.make_heading(new).await.unwrap() {
        HeadingMade::Made(row) => row,
        other => panic!("{other:?}"),
    }
}

/// The same key finds its heading; numbers, kinds and accounts are kept apart.
pub async fn headings_are_made_once_and_listed<S: Store>(store: &S) {
    let first = made(store, heading(1, 1, None)).await;
    assert_eq!((first.number, first.archived), (1, false));
    assert_eq!(made(store, heading(1, 1, None)).await, first);
    let other_body = NewHeading {
        body_digest: digest(9),
        ..heading(1, 1, None)
    };
    let refused = store.make_heading(other_body).await.unwrap();
    assert_eq!(refused, HeadingMade::OtherBody);
    assert_eq!(made(store, heading(1, 2, Some(40))).await.number, 40);
    let taken = store.make_heading(heading(1, 3, Some(40))).await.unwrap();
    assert_eq!(taken, HeadingMade::Taken);
    assert_eq!(made(store, heading(1, 4, None)).await.number, 41);
    // The same key and number mean nothing in another account, and nothing of another kind.
    assert_eq!(made(store, heading(2, 1, None)).await.number, 1);
    let customer = NewHeading {
        kind: HeadingKind::EndCustomer,
        ..heading(1, 1, Some(40))
    };
    assert_eq!(made(store, customer).await.number, 40);
    let listed = |after, limit| store.headings(account(1), DEPARTMENT, after, limit);
    let numbers = |rows: Vec<HeadingRow>| rows.iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!(numbers(listed(0, 10).await.unwrap()), [1, 40, 41]);
    assert_eq!(numbers(listed(1, 1).await.unwrap()), [40]);
    assert_eq!(numbers(listed(41, 10).await.unwrap()), [0; 0]);
    let asked = [
        (DEPARTMENT, 41),
        (HeadingKind::EndCustomer, 41),
        (DEPARTMENT, 1),
    ];
    let found = store.headings_by_number(account(1), &asked).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|row| row.as_ref().map(|r| r.number))
        .collect();
    assert_eq!(found, [Some(41), None, Some(1)]);
}

/// What is not named stays; the first request still finds the heading after its name is gone.
pub async fn headings_are_changed_and_their_names_erased<S: Store>(store: &S) {
    made(store, heading(1, 1, None)).await;
    let change = |to| store.change_heading(account(1), DEPARTMENT, 1, to);
    let coded = HeadingChange {
        cost_code: Some("C-1".to_owned()),
        ..HeadingChange::default()
    };
    let row = change(coded).await.unwrap().unwrap();
    assert_eq!(
        (row.name.as_str(), row.cost_code.as_str()),
        ("name 1", "C-1")
    );
    let gone = HeadingChange {
        name: Some("-".to_owned()),
        archived: Some(true),
        ..HeadingChange::default()
    };
    let row = change(gone).await.unwrap().unwrap();
    assert!(row.archived && row.name == "-" && row.cost_code == "C-1");
    assert_eq!(made(store, heading(1, 1, None)).await, row);
    let nobodys = store
        .change_heading(account(2), DEPARTMENT, 1, HeadingChange::default())
        .await;
    assert_eq!(nobodys.unwrap(), None);
}

/// Two that are made at the same time get two numbers.
pub async fn headings_made_at_once_have_numbers_of_their_own<S: Store>(store: &S) {
    let (one, other) = both(
        store.make_heading(heading(1, 1, None)),
        store.make_heading(heading(1, 2, None)),
    )
    .await;
    let number = |made| match made {
        Ok(HeadingMade::Made(row)) => row.number,
        other => panic!("{other:?}"),
    };
    let mut numbers = [number(one), number(other)];
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}
