//! A user whose database went back for good (P28).

use super::house::refused;
use super::*;
use crate::limits::LONGEST_DELAY_MS;
use item::DecisionKind;
use verify::statement_digest;

const NEW: &str = "new horse, other battery";

/// The row of before a log-in, an act and a new password, which the database has lost.
fn lost() -> (Case, Vec<u8>, SessionProof) {
    let mut case = Case::new();
    let older = case.row.clone();
    let session = case.session(RIGHT);
    let act = case.act(1, set_user(Rights::READ, 1));
    done(case.next(&AuthRequest::Act(act)));
    done(case.next(&new_password(RIGHT, NEW)));
    let newest = std::mem::replace(&mut case.row, older);
    (case, newest, session)
}

#[test]
fn a_reissued_user_has_no_rights_no_session_and_waits_p28() {
    let (mut case, newest, session) = lost();
    let older = case.record();
    assert_eq!(refused(case.next(&log_in(RIGHT))), RefusalCode::Stale);
    let act = case.desk.reissue_act(case.subject(), older.counter);
    let delivery = done(case.desk.reissue(&case.row.clone(), act.clone()));
    let decision = case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::Reissue);
    assert_eq!(decision.evidence, statement_digest(&act.to_bytes()));
    assert!(delivery.secret.is_empty());
    case.row = delivery.record.as_slice().to_vec();
    let record = case.record();
    let lost = user_of(&newest);
    assert_eq!(record.counter.0, lost.counter.0 + 1);
    assert_eq!(record.act_sequence, lost.act_sequence + 1);
    assert_eq!((record.rights, record.ceiling), (Rights::NONE, Mills(0)));
    assert!(record.session_generation > lost.session_generation);
    assert_eq!(case.renew(&session).err(), Some(RefusalCode::SessionEnded));
    assert_eq!(refused(case.next(&log_in(RIGHT))), RefusalCode::TooSoon);
    assert_eq!(record.next_allowed.0, START + LONGEST_DELAY_MS);
    case.desk.wait(LONGEST_DELAY_MS);
    // The older password is in force again, and may do nothing before an act says what.
    assert_eq!(
        refused(case.next(&log_in(RIGHT))),
        RefusalCode::UserDisabled
    );
    let sequence = case.record().act_sequence + 1;
    let act = case.act(sequence, set_user(Rights::ALL, 700));
    done(case.next(&AuthRequest::Act(act)));
    assert_eq!(case.session(RIGHT).authority.body.ceiling, Mills(700));
}

#[test]
fn a_user_reissue_that_waits_is_open_to_others_and_works_once_p28() {
    let (mut case, newest, _) = lost();
    let older = case.row.clone();
    let act = case.desk.reissue_act(case.subject(), case.record().counter);
    let first = case.desk.reissue(&older, act.clone());
    assert_eq!(case.desk.reissue(&older, act.clone()), first);
    let Outcome::Open(open) = case.ask("another", &log_in(RIGHT)) else {
        panic!("not open");
    };
    assert_eq!(Outcome::Done(open), first);
    // What was given up is older now.
    case.row = newest;
    assert_eq!(refused(case.next(&log_in(NEW))), RefusalCode::Stale);
    case.write(&first);
    assert_eq!(
        refused(case.desk.reissue(&case.row.clone(), act)),
        RefusalCode::Mismatch
    );
}
