//! Sealed records that were altered or put back.

use super::house::{refused, request_id};
use super::*;
use item::{KeyUsage, Signed, StaleStatement};
use verify::record_digest;
use wire::{Entry, Reply, Request};

#[test]
fn a_record_altered_at_any_byte_is_refused() {
    let mut case = Case::new();
    case.session(RIGHT);
    let body = log_in(RIGHT).to_bytes();
    let journal = case.desk.status().journal_sequence;
    for at in 0..case.row.len() {
        let mut row = case.row.clone();
        row[at] ^= 1 << (at % 8);
        let outcome = case.desk.decide(case.user.subject(), &row, "flip", &body);
        let code = refused(outcome);
        let expected = [RefusalCode::Altered, RefusalCode::UnknownEpoch];
        assert!(expected.contains(&code), "byte {at}: {code:?}");
    }
    for length in [0, 1, case.row.len() - 1] {
        let row = case.row[..length].to_vec();
        refused(case.desk.decide(case.user.subject(), &row, "cut", &body));
    }
    assert_eq!(case.desk.status().journal_sequence, journal);
    case.session(RIGHT);
}

#[test]
fn a_record_from_before_the_failures_is_refused_with_a_signed_statement() {
    let mut case = Case::new();
    let put_back = case.row.clone();
    for _ in 0..4 {
        case.fail(&log_in(WRONG));
    }
    // Something further acknowledges the last of them.
    assert_eq!(refused(case.next(&log_in(RIGHT))), RefusalCode::TooSoon);
    for restart in [false, true] {
        if restart {
            case.desk.restart();
        }
        let entry = Entry {
            request: request_id("guess on"),
            subject: case.subject(),
            shown: Bytes::new(put_back.clone()).unwrap(),
            body: Bytes::new(log_in(RIGHT).to_bytes()).unwrap(),
        };
        let request = Request::Decide(List::new(vec![entry]).unwrap());
        let Reply::Decided(outcomes) = case.desk.ask(request) else {
            panic!("no decision");
        };
        let Some(Outcome::Refused(refusal)) = outcomes.as_slice().first() else {
            panic!("{outcomes:?}");
        };
        assert_eq!(refusal.code, RefusalCode::Stale);
        let signed = Signed::<StaleStatement>::from_bytes(refusal.statement.as_slice()).unwrap();
        let (serial, time) = (signed.body.key, signed.body.time);
        let statement = case
            .house
            .installation
            .open_statement(signed, serial, BoxKind::Auth, KeyUsage::Decision, time)
            .unwrap();
        assert_eq!(statement.subject, case.subject());
        assert_eq!(statement.shown, record_digest(&put_back));
        assert_eq!(statement.shown_counter.0, 1);
        assert_eq!(statement.known_counter, refusal.known_counter);
        // After a restart the acknowledgement of the newest is forgotten, the newest is not.
        assert_eq!(refusal.known_counter.0, if restart { 4 } else { 5 });
    }
    assert_eq!(refused(case.next(&log_in(RIGHT))), RefusalCode::TooSoon);
}
