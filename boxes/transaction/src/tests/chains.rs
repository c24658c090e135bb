//! What is chained, and that it comes again after a lost reply.

use super::house::{MINUTE, refused};
use super::*;
use verify::statement_digest;
use wire::RefusalCode;

#[test]
fn every_event_is_chained_behind_the_one_before() {
    use DecisionKind as D;
    use EventKind as E;
    let mut case = Case::empty();
    let mut head = Digest::ZERO;
    for (n, (event, kind, decision)) in [
        (E::SignUp, BoxKind::Auth, D::SignUp),
        (E::LogIn, BoxKind::Auth, D::LogIn),
        (E::MeterMade, BoxKind::Meter, D::Manufacture),
        (E::LifeCycle, BoxKind::Meter, D::Act),
        (E::Funding, BoxKind::Meter, D::Refill),
        (E::LogInFailed, BoxKind::Auth, D::LogInFailed),
        (E::UserChanged, BoxKind::Auth, D::Act),
        (E::UserChanged, BoxKind::Auth, D::PasswordChange),
        (E::LogOut, BoxKind::Auth, D::LogOut),
    ]
    .into_iter()
    .enumerate()
    {
        case.desk.wait(MINUTE);
        let append = case.append(event, kind, decision);
        let delivery = done(case.next(&append));
        let cause = statement_digest(&append.decision.to_bytes());
        let entry = entry_of(&delivery);
        assert_eq!(
            entry,
            ChainEntry {
                version: Version,
                account: case.account,
                sequence: n as u64 + 1,
                event,
                subject: append.decision.body.subject,
                decision: cause,
                happened: Time(START + 7),
                recorded: case.desk.now.wall,
                previous: head,
            }
        );
        head = statement_digest(&entry.to_bytes());
        let decision = case.desk.decision(&delivery);
        assert_eq!(decision.decision, D::Append);
        assert_eq!((decision.head, decision.evidence), (head, cause));
        assert!(delivery.evidence.is_empty() && delivery.secret.is_empty());
        case.write(&delivery);
        let record = case.record();
        assert_eq!((record.counter.0, record.head), (n as u64 + 1, head));
        assert_eq!(
            (record.account, record.last_time),
            (case.account, entry.recorded)
        );
    }
}

#[test]
fn the_same_request_gets_the_same_bytes_also_after_a_restart() {
    for founded in [false, true] {
        let mut case = if founded { Case::new() } else { Case::empty() };
        let append = if founded {
            case.log_in()
        } else {
            case.founding()
        };
        let first = done(case.ask("once", &append));
        assert_eq!(done(case.ask("once", &append)), first);
        case.desk.restart();
        assert_eq!(done(case.ask("once", &append)), first);
        if founded {
            match case.ask("another", &append) {
                Outcome::Open(delivery) => assert_eq!(*delivery, first),
                other => panic!("{other:?}"),
            }
        } else {
            assert_eq!(refused(case.ask("another", &append)), RefusalCode::Exists);
        }
        case.write(&first);
        let next = case.log_in();
        done(case.next(&next));
    }
}

/// A database that lost entries for good: the chain goes on with one that names the act (P28).
#[test]
fn a_reissued_chain_goes_on_with_an_entry_that_names_the_gap_p28() {
    let mut case = Case::new();
    let (older, tail) = (case.row.clone(), case.newest.clone());
    for _ in 0..3 {
        let append = case.log_in();
        let delivery = done(case.next(&append));
        case.write(&delivery);
    }
    let lost = case.record();
    (case.row, case.newest) = (older, tail);
    let before = case.record();
    let append = case.log_in();
    assert_eq!(refused(case.next(&append)), RefusalCode::Stale);
    let act = case.desk.reissue_act(case.subject(), before.counter);
    let delivery = done(case.desk.reissue(&case.row.clone(), act.clone()));
    let cause = statement_digest(&act.to_bytes());
    let entry = entry_of(&delivery);
    assert_eq!(
        entry,
        ChainEntry {
            version: Version,
            account: case.account,
            sequence: lost.counter.0 + 1,
            event: EventKind::Reissued,
            subject: case.subject(),
            decision: cause,
            happened: act.body.issued,
            recorded: case.desk.now.wall,
            previous: before.head,
        }
    );
    let decision = case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::Reissue);
    assert_eq!(decision.head, statement_digest(&entry.to_bytes()));
    assert_eq!(decision.evidence, cause);
    case.write(&delivery);
    // The same act gives up nothing more; the chain takes events again.
    let again = case.desk.reissue(&case.row.clone(), act);
    assert_eq!(refused(again), RefusalCode::Mismatch);
    let append = case.log_in();
    let delivery = done(case.next(&append));
    assert_eq!(entry_of(&delivery).sequence, lost.counter.0 + 2);
}
