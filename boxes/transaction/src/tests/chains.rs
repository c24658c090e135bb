//! What is chained, and that it comes again after a lost reply.

use super::house::{MINUTE, refused};
use super::*;
use item::{AuthRecord, UserRecord};
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

/// The record of a further user, as some auth box sealed it: 32 bytes of MAC that nobody here can check.
fn further(account: AccountId) -> Vec<u8> {
    let record = UserRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: item::Epoch(202_609),
        user: UserId([5; 16]),
        account,
        rights: item::Rights::READ,
        ceiling: item::Mills(1),
        meters: item::List::default(),
        passwords: [9; UserRecord::PASSWORDS_SEALED],
        failed_attempts: 0,
        next_allowed: Time(0),
        last_challenge: Digest::ZERO,
        last_login: Time(0),
        signing_key: None,
        recovery: Digest::ZERO,
        recovery_from: Time(0),
        session_generation: 0,
        act_sequence: 0,
        counter: Counter(1),
        last_time: Time(START),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    Sealed {
        body: AuthRecord::User(record),
        mac: [7; 32],
    }
    .to_bytes()
}

/// The decision names the digest of its record, and the record the account: no other bytes do, and
/// without them only the founder's decisions are chained.
#[test]
fn a_further_user_is_chained_by_the_record_that_the_decision_made() {
    let mut case = Case::new();
    let added = |case: &Case, kind, event, made: &[u8], shown: &[u8]| {
        let mut body = case.body(BoxKind::Auth, kind);
        body.subject = UserId([5; 16]).subject();
        body.new = verify::record_digest(made);
        Append {
            previous: case.newest.clone(),
            event,
            decision: case.sign(BoxKind::Auth, body),
            record: Bytes::new(shown.to_vec()).unwrap(),
        }
    };
    let (record, others) = (further(case.account), further(AccountId([9; 16])));
    let mut altered = record.clone();
    altered[60] ^= 1;
    for (name, made, shown) in [
        ("no record", record.as_slice(), [].as_slice()),
        ("another account's", &others, &others),
        ("another record", &record, &others),
        ("an altered record", &record, &altered),
        ("no record at all", &[1, 2, 3], &[1, 2, 3]),
    ] {
        let append = added(
            &case,
            DecisionKind::AddUser,
            EventKind::UserAdded,
            made,
            shown,
        );
        let code = refused(case.next(&append));
        assert_eq!(code, RefusalCode::Mismatch, "{name}");
    }
    for (kind, event) in [
        (DecisionKind::AddUser, EventKind::UserAdded),
        (DecisionKind::LogIn, EventKind::LogIn),
        (DecisionKind::SetUser, EventKind::UserChanged),
    ] {
        let append = added(&case, kind, event, &record, &record);
        let delivery = done(case.next(&append));
        case.write(&delivery);
        assert_eq!(entry_of(&delivery).event, event);
    }
    // A meter's decision has no such record.
    let meter = Append {
        record: Bytes::new(record).unwrap(),
        ..case.append(EventKind::Funding, BoxKind::Meter, DecisionKind::Refill)
    };
    let code = refused(case.next(&meter));
    assert_eq!(code, RefusalCode::Mismatch);
}
