//! What is not chained.

use super::house::refused;
use super::*;
use item::InstallationId;
use wire::RefusalCode;

/// Refused, and nothing changed.
#[track_caller]
fn no(case: &mut Case, name: &str, append: &Append, code: RefusalCode) {
    let journal = case.desk.status().journal_sequence;
    let outcome = case.next(append);
    assert_eq!(refused(outcome), code, "{name}");
    assert_eq!(case.desk.status().journal_sequence, journal, "{name}");
}

#[test]
fn a_chain_starts_with_its_founders_sign_up() {
    let mut case = Case::empty();
    let founding = case.founding();
    let some_entry = Case::new().newest;
    let log_in = case.log_in();
    no(&mut case, "a log-in", &log_in, RefusalCode::Mismatch);
    let shown = Append {
        previous: some_entry,
        ..founding.clone()
    };
    no(
        &mut case,
        "an entry before",
        &shown,
        RefusalCode::PreviousEntry,
    );
    let home = std::mem::replace(&mut case.account, AccountId([9; 16]));
    no(
        &mut case,
        "another account",
        &founding,
        RefusalCode::Mismatch,
    );
    case.account = home;
    let first = done(case.next(&founding));
    case.write(&first);
    let again = case.founding();
    no(&mut case, "a second sign-up", &again, RefusalCode::Mismatch);
    case.row.clear();
    no(&mut case, "a second chain", &founding, RefusalCode::Exists);
}

#[test]
fn the_entry_before_must_be_the_newest() {
    let mut case = Case::new();
    let first = case.newest.clone();
    let log_in = case.log_in();
    let second = done(case.next(&log_in));
    case.write(&second);
    let good = case.log_in();
    let newest = case.newest.clone().unwrap();
    type Alter = fn(&mut ChainEntry);
    let alterations: &[(&str, Alter)] = &[
        ("event", |e| e.event = EventKind::LogOut),
        ("sequence", |e| e.sequence += 1),
        ("subject", |e| e.subject = METER.subject()),
        ("decision", |e| e.decision = Digest::ZERO),
        ("time", |e| e.happened.0 += 1),
        ("account", |e| e.account = AccountId([9; 16])),
        ("previous", |e| e.previous = Digest::ZERO),
    ];
    for (name, alter) in alterations {
        let mut entry = newest.clone();
        alter(&mut entry);
        let append = Append {
            previous: Some(entry),
            ..good.clone()
        };
        no(&mut case, name, &append, RefusalCode::PreviousEntry);
    }
    for (name, previous) in [("none", None), ("the one before", first)] {
        let append = Append {
            previous,
            ..good.clone()
        };
        no(&mut case, name, &append, RefusalCode::PreviousEntry);
    }
    done(case.next(&good));
}

#[test]
fn only_decisions_of_auth_and_meter_boxes_of_this_house() {
    let mut case = Case::new();
    let good = case.log_in();
    let body = case.body(BoxKind::Auth, DecisionKind::LogIn);
    let meter_key = decision_key(&case.house, BoxKind::Meter).0;
    let with = |change: &dyn Fn(&mut Decision)| {
        let mut body = body.clone();
        change(&mut body);
        body
    };
    for (name, body, code) in [
        (
            "another house",
            with(&|d| d.installation = InstallationId([9; 16])),
            RefusalCode::WrongInstallation,
        ),
        (
            "a transaction box",
            with(&|d| d.box_kind = BoxKind::Transaction),
            RefusalCode::BadSignature,
        ),
        (
            "a keys box",
            with(&|d| d.box_kind = BoxKind::Keys),
            RefusalCode::BadSignature,
        ),
        (
            "a meter box with an auth key",
            with(&|d| d.box_kind = BoxKind::Meter),
            RefusalCode::BadSignature,
        ),
        (
            "the meter key named",
            with(&|d| d.key = meter_key),
            RefusalCode::BadSignature,
        ),
        (
            "an unknown key named",
            with(&|d| d.key.0 = 999),
            RefusalCode::BadSignature,
        ),
        (
            "before the key was valid",
            with(&|d| d.time = Time(START - 1)),
            RefusalCode::BadSignature,
        ),
        (
            "another event's decision",
            with(&|d| d.decision = DecisionKind::LogOut),
            RefusalCode::Mismatch,
        ),
        (
            "another founder's",
            with(&|d| d.subject = Subject([2; 16])),
            RefusalCode::Mismatch,
        ),
    ] {
        let append = Append {
            decision: case.sign(BoxKind::Auth, body),
            ..good.clone()
        };
        no(&mut case, name, &append, code);
    }
    let transaction = case.append(EventKind::LogIn, BoxKind::Transaction, DecisionKind::LogIn);
    no(
        &mut case,
        "own kind",
        &transaction,
        RefusalCode::BadSignature,
    );
    done(case.next(&good));
}

#[test]
fn a_decision_altered_at_any_byte_is_not_chained() {
    let mut case = Case::new();
    let good = case.log_in();
    let bytes = good.decision.to_bytes();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let Ok(decision) = Signed::<Decision>::from_bytes(&altered) else {
            continue;
        };
        let append = Append {
            decision,
            ..good.clone()
        };
        let code = refused(case.next(&append));
        let expected = [RefusalCode::BadSignature, RefusalCode::WrongInstallation];
        assert!(expected.contains(&code), "byte {at}: {code:?}");
    }
    done(case.next(&good));
}

#[test]
fn a_record_altered_at_any_byte_is_refused() {
    let mut case = Case::new();
    let good = case.log_in();
    let row = case.row.clone();
    for at in 0..row.len() {
        case.row = row.clone();
        case.row[at] ^= 1 << (at % 8);
        let code = refused(case.next(&good));
        let expected = [RefusalCode::Altered, RefusalCode::UnknownEpoch];
        assert!(expected.contains(&code), "byte {at}: {code:?}");
    }
    case.row = row;
    let second = done(case.next(&good));
    // Acknowledged by something further, the record before is outdated.
    let put_back = std::mem::take(&mut case.row);
    case.write(&second);
    let further = case.log_in();
    done(case.next(&further));
    case.row = put_back;
    no(&mut case, "put back", &good, RefusalCode::Stale);
}

#[test]
fn what_is_no_request_is_malformed() {
    let mut case = Case::new();
    let row = case.row.clone();
    let subject = case.subject();
    for body in [vec![], vec![9], vec![1, 0, 2]] {
        let outcome = case.desk.decide(subject, &row, "bad", &body);
        assert_eq!(refused(outcome), RefusalCode::Malformed, "{body:?}");
        assert_eq!(case.desk.query(&body), Err(RefusalCode::Malformed));
    }
}
