//! What somebody with the database in hands would try, and the code that names it.

use super::site::{About, METER, USER};
use super::{Code, Site, audit_rows, codes};
use item::{BoxKind, Counter, DecisionKind, Digest, EventKind, Mills};

pub(super) fn noticed(name: &str, sql: &str, expected: Code) {
    let site = Site::build();
    site.connection.execute_batch(sql).unwrap();
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&expected), "{name}: {found:?}");
}

#[test]
fn rows_deleted_moved_or_put_back_are_named() {
    for (name, sql, expected) in [
        ("a user", "DELETE FROM users", Code::RecordMissing),
        ("a sign-up", "DELETE FROM signups", Code::SignupDiffers),
        ("a meter", "DELETE FROM meters", Code::RecordMissing),
        ("items of a meter", "DELETE FROM meters", Code::ItemOrphan),
        ("a chain", "DELETE FROM chains", Code::RecordMissing),
        (
            "newest entry",
            "DELETE FROM chain_entries WHERE sequence = 9",
            Code::EntryGap,
        ),
        (
            "middle entry",
            "DELETE FROM chain_entries WHERE sequence = 3",
            Code::EntryGap,
        ),
        (
            "all decisions of a meter",
            "DELETE FROM decisions WHERE box_kind = 3; UPDATE items SET decision = NULL",
            Code::DecisionsMissing,
        ),
        (
            "newest decision",
            "UPDATE items SET decision = NULL WHERE counter = 9",
            Code::RecordDiffers,
        ),
        (
            "middle decision",
            "DELETE FROM decisions WHERE box_kind = 3 AND counter = 5",
            Code::DecisionGap,
        ),
        (
            "newest item",
            "DELETE FROM items WHERE piece_count = 3",
            Code::HeadDiffers,
        ),
        (
            "middle item",
            "DELETE FROM items WHERE piece_count = 2",
            Code::ItemGap,
        ),
        (
            "an answer",
            "UPDATE items SET account = NULL, key_digest = NULL, body_digest = NULL, request = NULL, pieces = NULL WHERE piece_count = 1",
            Code::AnswerMissing,
        ),
        (
            "evidence",
            "DELETE FROM evidence WHERE counter = 5",
            Code::EvidenceMissing,
        ),
        (
            "first scan",
            "DELETE FROM scans WHERE first = 1 AND piece_count = 1",
            Code::ScanFirst,
        ),
        (
            "a verifier's first scan",
            "DELETE FROM scans WHERE sequence = 1",
            Code::ScanGap,
        ),
        (
            "a moved decision",
            "UPDATE decisions SET subject = zeroblob(16) WHERE counter = 2",
            Code::ColumnDiffers,
        ),
        (
            "a decision of a keys box",
            "UPDATE decisions SET box_kind = 1 WHERE counter = 2",
            Code::UnexpectedDecision,
        ),
        (
            "a changed balance",
            "UPDATE meters SET balance_mills = balance_mills + 1000000",
            Code::ColumnDiffers,
        ),
        (
            "a changed register",
            "UPDATE meters SET record = CAST(substr(record, 1, 70) || x'ff' || substr(record, 72) AS BLOB)",
            Code::RecordDiffers,
        ),
        (
            "items swapped",
            "UPDATE items SET piece_count = 99 WHERE piece_count = 1; UPDATE items SET piece_count = 1 WHERE piece_count = 2; UPDATE items SET piece_count = 2 WHERE piece_count = 99",
            Code::ItemChain,
        ),
        (
            "entries swapped",
            "UPDATE chain_entries SET sequence = 99 WHERE sequence = 1; UPDATE chain_entries SET sequence = 1 WHERE sequence = 2; UPDATE chain_entries SET sequence = 2 WHERE sequence = 99",
            Code::EntryChain,
        ),
        (
            "decisions swapped",
            "UPDATE decisions SET counter = 99 WHERE counter = 1 AND box_kind = 3; UPDATE decisions SET counter = 1 WHERE counter = 2 AND box_kind = 3; UPDATE decisions SET counter = 2 WHERE counter = 99",
            Code::DecisionFork,
        ),
        (
            "a later scan is first",
            "UPDATE scans SET received = 0 WHERE first = 0",
            Code::ScanFirst,
        ),
        (
            "a copied item",
            "INSERT INTO items (meter, piece_count, counter, item) SELECT meter, 4, counter, item FROM items WHERE piece_count = 3",
            Code::ItemGap,
        ),
        (
            "an answer without items",
            "UPDATE items SET account = (SELECT account FROM meters), key_digest = zeroblob(32), body_digest = zeroblob(32), request = zeroblob(32), pieces = 1 WHERE piece_count = 2",
            Code::AnswerOrphan,
        ),
        (
            "evidence without decision",
            "INSERT INTO evidence SELECT zeroblob(32), box_kind, subject, 99, evidence FROM evidence LIMIT 1",
            Code::EvidenceOrphan,
        ),
        (
            "a pack under another number",
            "UPDATE packs SET sequence = 2",
            Code::PackInvalid,
        ),
        (
            "a table that is gone",
            "DROP TABLE scans",
            Code::DatabaseDamaged,
        ),
    ] {
        noticed(name, sql, expected);
    }
}

#[test]
fn a_log_in_that_never_was_is_named() {
    for counter in [2, 3] {
        let site = Site::build();
        site.insert(
            "INSERT OR REPLACE INTO decisions SELECT box_kind, subject, ?1, request, decision
             FROM decisions WHERE box_kind = 2 AND counter = 1",
            [counter],
        );
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&Code::DecisionFork), "{counter}: {found:?}");
        assert!(found.contains(&Code::ColumnDiffers), "{counter}: {found:?}");
    }
}

#[test]
fn an_older_genuine_record_is_named() {
    for (table, code) in [("users", 2), ("meters", 3), ("chains", 4)] {
        let mut site = Site::build();
        let old = format!("CREATE TABLE old AS SELECT * FROM {table}");
        site.connection.execute_batch(&old).unwrap();
        let made = site.decide_user(DecisionKind::LogIn);
        site.append(EventKind::LogIn, USER.subject(), made);
        site.dispense(&[(3, 1)]);
        assert!(audit_rows(&site).is_clean());
        let back = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM old");
        site.connection.execute_batch(&back).unwrap();
        let found = codes(&audit_rows(&site));
        assert_eq!(found.first(), Some(&Code::CounterDiffers), "{table}");
        assert!(found.contains(&Code::RecordDiffers), "{table}");
        // With its decision gone too, the rest still tells, but for a log-in that nothing names:
        // that is what checkpoints are for.
        let cut = match code {
            3 => "UPDATE items SET decision = NULL WHERE counter = 10".to_owned(),
            _ => format!(
                "DELETE FROM decisions WHERE box_kind = {code} AND counter =
                 (SELECT max(counter) FROM decisions WHERE box_kind = {code})"
            ),
        };
        site.connection.execute_batch(&cut).unwrap();
        assert!(!audit_rows(&site).is_clean(), "{table}");
    }
}

#[test]
fn one_payment_credited_twice_is_named() {
    let mut site = Site::build();
    site.refill(Mills(9_000), 1);
    let report = audit_rows(&site);
    assert_eq!(codes(&report), [Code::CreditedTwice]);
    assert_eq!(report.problems[0].value_mills, 9_000);
    assert!(
        report.problems[0].message.contains("/5"),
        "{:?}",
        report.problems
    );
}

#[test]
fn one_key_charged_twice_names_the_pair() {
    let mut site = Site::build();
    site.dispense(&[(1, 1)]);
    let report = audit_rows(&site);
    assert_eq!(codes(&report), [Code::AnsweredTwice]);
    assert_eq!(report.problems[0].place, "items 4711/4");
    assert!(report.problems[0].message.ends_with("items 4711/1"));
    assert_eq!(report.problems[0].value_mills, 740);
}

#[test]
fn a_box_that_credits_itself_is_named() {
    let mut site = Site::build();
    site.meter.descending.0 += 1_000_000;
    site.dispense(&[(3, 1)]);
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::EquationBroken), "{found:?}");
    assert!(found.contains(&Code::RegistersDiffer), "{found:?}");
}

#[test]
fn evidence_signed_by_too_few_is_named() {
    let mut site = Site::build();
    site.treasury[1] = super::keys::Key::new(8);
    site.treasury[0] = super::keys::Key::new(77);
    site.refill(Mills(5), 9);
    assert_eq!(codes(&audit_rows(&site)), [Code::BadQuorum]);
    let mut site = Site::build();
    site.operators[0] = super::keys::Key::new(77);
    site.act(item::ActBody::Suspend(item::Suspension::NONE));
    assert_eq!(codes(&audit_rows(&site)), [Code::BadQuorum]);
}

#[test]
fn sequences_and_times_that_fall_are_named() {
    let mut site = Site::build();
    site.sequence -= 1;
    site.dispense(&[(3, 1)]);
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::JournalTwice), "{found:?}");
    let mut site = Site::build();
    site.time -= 500_000;
    site.dispense(&[(3, 1)]);
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::TimeFalls), "{found:?}");
}

#[test]
fn a_crash_before_the_chain_is_a_notice() {
    let mut site = Site::build();
    site.decide_user(DecisionKind::LogInFailed);
    let report = audit_rows(&site);
    assert!(report.is_clean(), "{:?}", report.problems);
    let notices: Vec<Code> = report.notices.iter().map(|notice| notice.code).collect();
    assert_eq!(notices, [Code::NotChained]);
    site.connection
        .execute("UPDATE signups SET finished = 0", [])
        .unwrap();
    let notices = audit_rows(&site).notices;
    assert_eq!(notices[0].code, Code::SignupOpen);
}

#[test]
fn an_entry_without_or_with_another_decision_is_named() {
    let mut site = Site::build();
    site.append(EventKind::LogIn, USER.subject(), Digest([9; 32]));
    assert_eq!(codes(&audit_rows(&site)), [Code::EventDiffers]);
    let mut site = Site::build();
    let made = site.decide_user(DecisionKind::LogInFailed);
    site.append(EventKind::LogIn, USER.subject(), made);
    assert_eq!(codes(&audit_rows(&site)), [Code::EventDiffers]);
    let mut site = Site::build();
    let made = site.decide_user(DecisionKind::LogIn);
    let happened = site.time;
    site.append(EventKind::LogIn, USER.subject(), made);
    site.time = happened;
    site.append(EventKind::LogIn, USER.subject(), made);
    assert!(codes(&audit_rows(&site)).contains(&Code::ChainedTwice));
}

#[test]
fn decisions_that_nobody_can_follow_are_named() {
    let mut site = Site::build();
    site.decide_meter(DecisionKind::Append, Digest::ZERO);
    assert_eq!(codes(&audit_rows(&site)), [Code::UnexpectedDecision]);
    let mut site = Site::build();
    site.decide_user(DecisionKind::Dispense);
    assert_eq!(codes(&audit_rows(&site)), [Code::UnexpectedDecision]);
    let mut site = Site::build();
    let about = About {
        kind: BoxKind::Meter,
        decision: DecisionKind::Act,
        head: Digest::ZERO,
        evidence: Digest::ZERO,
    };
    let subject = item::MeterSerial(METER.0 + 1).subject();
    site.decide(about, subject, Counter(1), &[], |link, _| link);
    let found = codes(&audit_rows(&site));
    for code in [
        Code::UnexpectedDecision,
        Code::EvidenceMissing,
        Code::RecordMissing,
    ] {
        assert!(found.contains(&code), "{code:?}: {found:?}");
    }
}
