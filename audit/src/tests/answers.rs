//! Answers to keys, altered, put elsewhere or hidden.

use super::{Code, Site, audit_rows, codes};

/// No answer with an item.
const HIDDEN: &str =
    "account = NULL, key_digest = NULL, body_digest = NULL, request = NULL, pieces = NULL";

fn altered(piece: u32, columns: &str) -> String {
    format!("UPDATE items SET {columns} WHERE piece_count = {piece};")
}

/// The answer of the first order, put with another item.
fn moved(piece: u32) -> String {
    let columns = "account, key_digest, body_digest, request, pieces";
    let old = "CREATE TABLE old AS SELECT * FROM items WHERE piece_count = 1;";
    let put = altered(piece, &format!("({columns}) = (SELECT {columns} FROM old)"));
    format!("{old} {} {put}", altered(1, HIDDEN))
}

#[test]
fn answers_that_are_not_their_items_are_named() {
    use Code::*;
    let key = "x'0101010101010101010101010101010101010101010101010101010101010101'";
    let whole = format!(
        "account = zeroblob(16), key_digest = {key}, body_digest = {key}, request = {key}, pieces = 1"
    );
    let none = "zeroblob(32)";
    let set = |column: &str, value: &str| format!("{column} = {value}");
    let cases: Vec<(String, &[Code])> = vec![
        (altered(1, HIDDEN), &[AnswerMissing]),
        (altered(1, "pieces = 1"), &[AnswerDiffers]),
        (altered(1, &set("body_digest", none)), &[AnswerDiffers]),
        (altered(1, &set("request", none)), &[AnswerDiffers]),
        (
            altered(1, "account = zeroblob(16)"),
            &[AnswerMissing, AnswerOrphan],
        ),
        (
            altered(1, &set("key_digest", none)),
            &[AnswerMissing, AnswerOrphan],
        ),
        // Columns that are gone or no answer's.
        (altered(1, "pieces = -2"), &[AnswerDiffers, UnreadableRow]),
        (altered(1, "pieces = NULL"), &[AnswerDiffers, UnreadableRow]),
        (
            altered(1, "body_digest = NULL"),
            &[AnswerDiffers, UnreadableRow],
        ),
        (altered(1, "request = x''"), &[AnswerDiffers, UnreadableRow]),
        (
            altered(1, "account = NULL"),
            &[AnswerMissing, UnreadableRow],
        ),
        (
            altered(1, "key_digest = NULL"),
            &[AnswerMissing, UnreadableRow],
        ),
        // Of an item that is not the first of its order.
        (altered(2, "pieces = 1"), &[UnreadableRow]),
        (altered(2, "account = zeroblob(16)"), &[UnreadableRow]),
        (altered(2, &set("key_digest", none)), &[UnreadableRow]),
        (altered(2, &set("body_digest", none)), &[UnreadableRow]),
        (altered(2, &set("request", none)), &[UnreadableRow]),
        (altered(2, &whole), &[AnswerOrphan]),
        (moved(2), &[AnswerDiffers, AnswerOrphan]),
        (moved(3), &[AnswerDiffers, AnswerMissing, AnswerOrphan]),
    ];
    for (sql, expected) in cases {
        let site = Site::build();
        site.connection.execute_batch(&sql).unwrap();
        assert_eq!(codes(&audit_rows(&site)), expected, "{sql}");
    }
}

/// The first charge of a key that was charged twice may be the one whose answer is hidden.
#[test]
fn one_key_charged_twice_is_named_whichever_was_answered() {
    let mut site = Site::build();
    site.insert(&altered(1, HIDDEN), []);
    site.dispense(&[(1, 1)]);
    let report = audit_rows(&site);
    assert_eq!(codes(&report), [Code::AnsweredTwice]);
    assert_eq!(report.problems[0].place, "items 4711/1");
    assert!(report.problems[0].message.ends_with("items 4711/4"));
}

#[test]
fn a_key_is_looked_up_by_its_index() {
    let plan: Vec<String> = Site::build()
        .connection
        .prepare(&format!("EXPLAIN QUERY PLAN {}", crate::answers::BY_KEY))
        .unwrap()
        .query_map([[0; 16].as_slice(), &[0; 32]], |row| row.get(3))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        plan,
        ["SEARCH items USING INDEX items_by_key (<expr>=? AND <expr>=?)"]
    );
}
