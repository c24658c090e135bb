//! Repeats after a lost reply: the same bytes for the same proof, and no secret for less (P17).

use super::*;
use wire::{Delivery, Reply, Request};

/// Everything that was made, and what a repeat would show.
fn requests(case: &mut Case) -> Vec<(&'static str, AuthRequest)> {
    let proof = case.session(RIGHT);
    let act = case.act(1, set_user(Rights::READ, 1));
    vec![
        ("log-in", log_in(RIGHT)),
        ("log-out", AuthRequest::LogOut(proof)),
        ("new password", new_password(RIGHT, "another password")),
        ("act", AuthRequest::Act(act)),
    ]
}

fn listed(case: &mut Case) -> Vec<Delivery> {
    match case.desk.ask(Request::ListOpen(10)) {
        Reply::Open(open) => open.into_vec(),
        other => panic!("{other:?}"),
    }
}

/// The delivery of another request's decision, which never has a secret.
#[track_caller]
fn open(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::Open(delivery) => {
            assert!(delivery.secret.is_empty());
            *delivery
        }
        other => panic!("not open: {other:?}"),
    }
}

#[test]
fn the_same_request_gets_the_same_bytes_also_after_a_restart() {
    for n in 0..4 {
        let mut case = Case::new();
        let (name, body) = requests(&mut case).remove(n);
        let first = done(case.ask("once", &body));
        assert_eq!(done(case.ask("once", &body)), first, "{name}");
        case.desk.restart();
        assert_eq!(done(case.ask("once", &body)), first, "{name}");
        let without_secret = listed(&mut case).remove(0);
        assert!(without_secret.secret.is_empty(), "{name}");
        assert_eq!(without_secret.record, first.record, "{name}");
        // Once it is written, the next request goes on from there.
        case.row = first.record.into_vec();
        let next = case.ask("next", &log_in(WRONG));
        case.write(&next);
        failure(next);
        assert_eq!(case.record().failed_attempts, 1, "{name}");
    }
    let mut case = Case::empty();
    let first = done(case.ask("once", &sign_up(RIGHT)));
    case.desk.restart();
    assert_eq!(done(case.ask("once", &sign_up(RIGHT))), first);
    open(case.ask("once", &sign_up(WRONG)));
}

#[test]
fn no_other_kind_of_request_proves_an_open_one() {
    for waiting in 0..4 {
        for shown in 0..4 {
            let mut case = Case::new();
            let all = requests(&mut case);
            done(case.ask("once", &all[waiting].1));
            let outcome = case.ask("once", &all[shown].1);
            if waiting == shown {
                done(outcome);
            } else {
                open(outcome);
            }
        }
    }
}

#[test]
fn a_wrong_password_never_gets_the_answer_of_an_open_right_one() {
    let mut case = Case::new();
    let first = done(case.ask("log-in", &log_in(RIGHT)));
    assert!(!first.secret.is_empty());
    // Another request's repeats are no doubts.
    for _ in 0..5 {
        open(case.ask("another", &log_in(RIGHT)));
    }
    open(case.ask("log-in", &log_in(WRONG)));
    open(case.ask("log-in", &log_in_as(RIGHT, [6; 32])));
    assert_eq!(done(case.ask("log-in", &log_in(RIGHT))), first);
    // The third doubt makes it as another's: nobody guesses on against an open log-in.
    open(case.ask("log-in", &log_in(WRONG)));
    open(case.ask("log-in", &log_in(RIGHT)));
    // Nothing is lost: written and asked again, it is a log-in of its own.
    case.row = first.record.into_vec();
    case.desk.wait(1);
    assert_ne!(done(case.ask("again", &log_in(RIGHT))).secret, first.secret);
}

#[test]
fn a_right_password_is_never_answered_by_an_open_failure() {
    for (name, wrong, right) in [
        ("log-in", log_in(WRONG), log_in(RIGHT)),
        (
            "new password",
            new_password(WRONG, "another password"),
            new_password(RIGHT, "another password"),
        ),
    ] {
        let mut case = Case::new();
        let first = case.ask("once", &wrong);
        assert_eq!(case.ask("once", &wrong), first, "{name}");
        case.desk.restart();
        assert_eq!(case.ask("once", &wrong), first, "{name}");
        failure(first.clone());
        // Nor does another wrong one: that would be a guess that nobody counts.
        open(case.ask("once", &log_in("a third password")));
        case.row = open(case.ask("once", &right)).record.into_vec();
        assert_eq!(case.record().failed_attempts, 1, "{name}");
        done(case.ask("once", &right));
    }
}

#[test]
fn another_new_password_is_not_taken_for_the_first() {
    let mut case = Case::new();
    let first = new_password(RIGHT, "another password");
    done(case.ask("once", &first));
    open(case.ask("once", &new_password(RIGHT, "a third password")));
    open(case.ask("once", &new_password(WRONG, "another password")));
    done(case.ask("once", &first));
}
