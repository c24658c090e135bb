//! Decisions that are kept with items, where somebody with the database in hands would put them.

use super::site::METER;
use super::tampering::noticed;
use super::{Code, Site, audit_rows, codes};
use item::{Decision, Layout, Signed};
use rusqlite::params;

#[test]
fn decisions_of_items_that_are_not_with_their_first_item_are_named() {
    for (name, sql, expected) in [
        (
            "a middle decision that is gone",
            "UPDATE items SET decision = NULL WHERE counter = 6",
            &[Code::DecisionGap, Code::DecisionFork, Code::ItemOrphan][..],
        ),
        (
            "one that was altered",
            "UPDATE items SET decision = CAST(substr(decision, 1, 80) || x'ff' || substr(decision, 82) AS BLOB)
             WHERE piece_count = 3",
            &[Code::BadSignature],
        ),
        (
            "under another counter",
            "UPDATE items SET counter = 8 WHERE piece_count = 3",
            &[Code::ColumnDiffers],
        ),
        (
            "with a later item",
            "UPDATE items SET decision = (SELECT decision FROM items WHERE piece_count = 1) WHERE piece_count = 2;
             UPDATE items SET decision = NULL WHERE piece_count = 1",
            &[Code::ColumnDiffers],
        ),
        (
            "with each item",
            "UPDATE items SET decision = (SELECT decision FROM items WHERE piece_count = 1) WHERE piece_count = 2",
            &[Code::DecisionGap, Code::DecisionFork, Code::JournalTwice],
        ),
        (
            "two in each other's place",
            "CREATE TABLE old AS SELECT * FROM items WHERE decision IS NOT NULL;
             UPDATE items SET decision = (SELECT decision FROM old WHERE old.counter <> items.counter)
             WHERE decision IS NOT NULL",
            &[Code::ColumnDiffers, Code::DecisionGap],
        ),
        (
            "a refill with an item",
            "UPDATE items SET decision = (SELECT decision FROM decisions WHERE box_kind = 3 AND counter = 8)
             WHERE piece_count = 2",
            &[Code::ColumnDiffers, Code::DecisionGap],
        ),
        (
            "all others that are gone",
            "DELETE FROM decisions WHERE box_kind = 3",
            &[Code::DecisionGap, Code::CounterDiffers],
        ),
        (
            "all others that are gone but for one that can not be read",
            "DELETE FROM decisions WHERE box_kind = 3 AND counter > 1;
             UPDATE decisions SET counter = -1 WHERE box_kind = 3",
            &[Code::UnreadableRow, Code::DecisionGap, Code::CounterDiffers],
        ),
        (
            "all others and the meter that are gone",
            "DELETE FROM decisions WHERE box_kind = 3; DELETE FROM meters",
            &[Code::DecisionGap, Code::RecordMissing, Code::ItemOrphan],
        ),
    ] {
        for code in expected {
            noticed(name, sql, *code);
        }
    }
}

#[test]
fn items_of_a_meter_without_record_are_followed_once() {
    let site = Site::build();
    let count = audit_rows(&site).counts.decisions;
    site.insert("DELETE FROM meters", []);
    let report = audit_rows(&site);
    assert_eq!((report.counts.decisions, report.counts.items), (count, 3));
    let kept = site
        .connection
        .execute("DELETE FROM decisions WHERE box_kind = 3", []);
    let report = audit_rows(&site);
    let left = count - kept.unwrap() as u64;
    assert_eq!((report.counts.decisions, report.counts.items), (left, 3));
}

/// Puts the first dispensing decision among all others, with columns as these have them.
fn put_among_others(site: &Site) {
    let sql = "SELECT decision FROM items WHERE piece_count = 1";
    let stored = site.connection.query_row(sql, [], |row| row.get(0));
    let stored: Vec<u8> = stored.unwrap();
    let body = Signed::<Decision>::from_bytes(&stored).unwrap().body;
    let (counter, request) = (body.counter.0 as i64, body.request.0);
    site.insert(
        "INSERT INTO decisions VALUES (3, ?1, ?2, ?3, ?4)",
        params![METER.subject().0, counter, request, stored],
    );
}

#[test]
fn a_decision_of_items_among_all_others_is_named() {
    let site = Site::build();
    put_among_others(&site);
    let found = codes(&audit_rows(&site));
    for code in [Code::DecisionGap, Code::DecisionFork, Code::JournalTwice] {
        assert!(found.contains(&code), "{code:?}: {found:?}");
    }
    site.insert("UPDATE items SET decision = NULL WHERE piece_count = 1", []);
    let report = audit_rows(&site);
    assert_eq!(codes(&report), [Code::ColumnDiffers]);
    assert_eq!(report.problems[0].place, "items 4711/1");
}
