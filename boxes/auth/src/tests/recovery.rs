//! Recovery: who begins one, what calls it off, and that its code is worth nothing too early, too late,
//! or twice (P21).

use super::house::refused;
use super::manage::{Account, CLERK, FOUNDER, SECOND, Scope, add, all, set};
use super::*;
use crate::limits::{RECOVERY_OPEN_MS, RECOVERY_WAIT_MS};
use item::{DecisionKind, Digest, UserOrder};
use verify::recovery_digest;
use wire::{BeginRecovery, FinishRecovery, Refusal, SignedOn};

const CODE: [u8; 32] = [0x5a; 32];
const NEW: &str = "a password after recovery";

fn begin(manager: SignedOn, recovery: Digest) -> AuthRequest {
    AuthRequest::BeginRecovery(BeginRecovery { manager, recovery })
}

fn finish(code: [u8; 32], new: &str) -> AuthRequest {
    AuthRequest::FinishRecovery(FinishRecovery {
        code: SessionSecret(code),
        new: password(new),
    })
}

/// An account whose second user is being recovered by the founder.
fn begun() -> (Account, SessionProof) {
    let (mut account, proof) = Account::new();
    account.second(&proof);
    let body = begin(
        account.manager(FOUNDER, &proof),
        recovery_digest(SECOND, &CODE),
    );
    done(account.next(SECOND, &body));
    (account, proof)
}

fn wait(account: &mut Account, milliseconds: u64) {
    account.case.desk.wait(milliseconds);
}

#[track_caller]
fn refusal(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_recovery_waits_a_day_and_its_code_works_once_p21() {
    let (mut account, _) = begun();
    let session = account.case.record().session_generation;
    let from = account.case.record().recovery_from;
    assert_eq!(from, Time(START + RECOVERY_WAIT_MS));
    let before = account.case.row.clone();
    for waited in [0, RECOVERY_WAIT_MS - 1] {
        account.case.desk.now.wall = Time(START + waited);
        account.case.desk.now.since_boot = waited;
        let told = refusal(account.next(SECOND, &finish(CODE, NEW)));
        assert_eq!(
            (told.code, told.not_before),
            (RefusalCode::RecoveryWaiting, from)
        );
        // Who does not have the code is told nothing of the waiting.
        let told = refusal(account.next(SECOND, &finish([0; 32], NEW)));
        assert_eq!(
            (told.code, told.not_before),
            (RefusalCode::NoRecovery, Time(0))
        );
    }
    assert_eq!(account.case.row, before, "refusals change nothing");
    wait(&mut account, 1);
    let weak = refused(account.next(SECOND, &finish(CODE, "short")));
    assert_eq!(weak, RefusalCode::PasswordPolicy);
    let used = refused(account.next(SECOND, &finish(CODE, CLERK)));
    assert_eq!(used, RefusalCode::PasswordPolicy);
    let delivery = done(account.next(SECOND, &finish(CODE, NEW)));
    assert!(delivery.secret.is_empty(), "a recovery signs nobody on");
    let decision = account.case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::FinishRecovery);
    let record = account.case.record();
    assert_eq!(
        (record.recovery, record.recovery_from),
        (Digest::ZERO, Time(0))
    );
    assert_eq!(record.session_generation, session + 1);
    let again = refused(account.next(SECOND, &finish(CODE, "yet another password")));
    assert_eq!(again, RefusalCode::NoRecovery);
    failure(account.next(SECOND, &log_in(CLERK)));
    account.session(SECOND, NEW);
}

#[test]
fn a_code_is_good_for_a_week_and_no_longer() {
    for (late, good) in [(RECOVERY_OPEN_MS - 1, true), (RECOVERY_OPEN_MS, false)] {
        let (mut account, _) = begun();
        wait(&mut account, RECOVERY_WAIT_MS + late);
        let outcome = account.next(SECOND, &finish(CODE, NEW));
        match good {
            true => drop(done(outcome)),
            false => assert_eq!(refused(outcome), RefusalCode::NoRecovery),
        }
    }
}

#[test]
fn whoever_can_still_sign_on_calls_it_off() {
    for body in [log_in(CLERK), new_password(CLERK, "one more password")] {
        let (mut account, _) = begun();
        done(account.next(SECOND, &body));
        let record = account.case.record();
        assert_eq!(
            (record.recovery, record.recovery_from),
            (Digest::ZERO, Time(0))
        );
        wait(&mut account, RECOVERY_WAIT_MS);
        let late = refused(account.next(SECOND, &finish(CODE, NEW)));
        assert_eq!(late, RefusalCode::NoRecovery);
    }
    // A wrong password does not, and what failed before is forgiven at the end.
    let (mut account, _) = begun();
    failure(account.next(SECOND, &log_in(WRONG)));
    wait(&mut account, RECOVERY_WAIT_MS);
    done(account.next(SECOND, &finish(CODE, NEW)));
    assert_eq!(account.case.record().failed_attempts, 0);
}

#[test]
fn beginning_again_starts_the_time_anew_and_zero_calls_it_off() {
    let (mut account, _) = begun();
    wait(&mut account, RECOVERY_WAIT_MS - HOUR);
    let proof = account.session(FOUNDER, RIGHT);
    let other = recovery_digest(SECOND, &[1; 32]);
    let body = begin(account.manager(FOUNDER, &proof), other);
    done(account.next(SECOND, &body));
    wait(&mut account, HOUR);
    let first = refused(account.next(SECOND, &finish(CODE, NEW)));
    assert_eq!(first, RefusalCode::NoRecovery);
    let second = refused(account.next(SECOND, &finish([1; 32], NEW)));
    assert_eq!(second, RefusalCode::RecoveryWaiting);
    let proof = account.session(FOUNDER, RIGHT);
    let body = begin(account.manager(FOUNDER, &proof), Digest::ZERO);
    done(account.next(SECOND, &body));
    wait(&mut account, RECOVERY_WAIT_MS);
    let off = refused(account.next(SECOND, &finish([1; 32], NEW)));
    assert_eq!(off, RefusalCode::NoRecovery);
}

#[test]
fn only_a_manager_with_at_least_as_much_begins_one_p21() {
    let (mut account, proof) = Account::new();
    let second = account.second(&proof);
    let digest = recovery_digest(FOUNDER, &CODE);
    let own = begin(account.manager(SECOND, &second), digest);
    let code = refused(account.next(SECOND, &own));
    assert_eq!(code, RefusalCode::OwnRights);
    let order = begin(account.manager(SECOND, &second), digest);
    let delivery = done(account.next(FOUNDER, &order));
    let order = UserOrder::from_bytes(delivery.evidence.as_slice()).unwrap();
    assert_eq!((order.by, order.user), (SECOND, FOUNDER));
    assert_eq!(
        (order.rights, order.ceiling),
        (Rights::ALL, Mills(50_000)),
        "as they are"
    );
    // Less than the founder has, in each part: then the founder is out of reach.
    let less = [
        (
            Scope(Rights::READ.with(Rights::DISPENSE), 50_000, vec![]),
            RefusalCode::NotCovered,
        ),
        (
            Scope(Rights::MANAGE, 50_000, vec![]),
            RefusalCode::NotCovered,
        ),
        (Scope(Rights::ALL, 49_999, vec![]), RefusalCode::Ceiling),
        (Scope(Rights::ALL, 50_000, vec![7]), RefusalCode::NotCovered),
    ];
    for (scope, expected) in less {
        let (mut account, proof) = Account::new();
        let body = add(account.manager(FOUNDER, &proof), &scope);
        done(account.next(SECOND, &body));
        let proof = account.session(SECOND, CLERK);
        let body = begin(account.manager(SECOND, &proof), digest);
        assert_eq!(refused(account.next(FOUNDER, &body)), expected);
    }
    // Of another account.
    let stranger = UserId([9; 16]);
    let (mut account, proof) = Account::new();
    done(account.next(stranger, &sign_up(CLERK)));
    let body = begin(account.manager(FOUNDER, &proof), digest);
    let code = refused(account.next(stranger, &body));
    assert_eq!(code, RefusalCode::NotCovered);
}

#[test]
fn operators_begin_one_by_act_and_it_waits_as_well_p21() {
    let mut case = Case::new();
    let session = case.session(RIGHT);
    let digest = recovery_digest(case.user, &CODE);
    let act = case.act(1, ActBody::Recover(digest));
    done(case.next(&AuthRequest::Act(act.clone())));
    let again = refused(case.next(&AuthRequest::Act(act)));
    assert_eq!(again, RefusalCode::ActSequence);
    assert_eq!(case.record().recovery, digest);
    case.renew(&session)
        .expect("no session ends at its beginning");
    let early = refused(case.next(&finish(CODE, NEW)));
    assert_eq!(early, RefusalCode::RecoveryWaiting);
    let off = case.act(2, ActBody::Recover(Digest::ZERO));
    done(case.next(&AuthRequest::Act(off)));
    assert_eq!(case.record().recovery_from, Time(0));
    let act = case.act(3, ActBody::Recover(digest));
    done(case.next(&AuthRequest::Act(act)));
    case.desk.wait(RECOVERY_WAIT_MS);
    done(case.next(&finish(CODE, NEW)));
    assert_eq!(case.renew(&session).err(), Some(RefusalCode::SessionEnded));
    case.session(NEW);
}

#[test]
fn a_digest_of_zero_is_no_code() {
    let mut case = Case::new();
    case.desk.wait(RECOVERY_WAIT_MS);
    for code in [[0; 32], CODE] {
        assert_eq!(
            refused(case.next(&finish(code, NEW))),
            RefusalCode::NoRecovery
        );
    }
}

#[test]
fn the_end_of_a_recovery_is_delivered_again_to_who_has_code_and_password() {
    let (mut account, _) = begun();
    wait(&mut account, RECOVERY_WAIT_MS);
    let case = account.at(SECOND);
    let first = done(case.ask("once", &finish(CODE, NEW)));
    case.desk.restart();
    assert_eq!(done(case.ask("once", &finish(CODE, NEW))), first);
    for other in [finish([0; 32], NEW), finish(CODE, "another new password")] {
        assert!(matches!(case.ask("once", &other), Outcome::Open(_)));
    }
}

#[test]
fn the_beginning_is_delivered_again_to_its_manager_only() {
    let (mut account, proof) = Account::new();
    account.second(&proof);
    // A session of its own secret: two of one would be the same client's.
    let given = done(account.next(SECOND, &log_in_as(CLERK, [6; 32])));
    let second = SessionProof {
        authority: authority_of(given.secret.as_slice()),
        secret: SessionSecret([6; 32]),
    };
    let digest = recovery_digest(SECOND, &CODE);
    let body = begin(account.manager(FOUNDER, &proof), digest);
    let other = begin(account.manager(SECOND, &second), digest);
    let case = account.at(SECOND);
    let first = done(case.ask("once", &body));
    assert_eq!(done(case.ask("once", &body)), first);
    assert!(matches!(case.ask("once", &other), Outcome::Open(_)));
}

#[test]
fn what_a_manager_sets_leaves_a_recovery_as_it_is() {
    let (mut account, proof) = begun();
    let body = set(account.manager(FOUNDER, &proof), &all());
    done(account.next(SECOND, &body));
    assert_eq!(
        account.case.record().recovery,
        recovery_digest(SECOND, &CODE)
    );
}

#[test]
fn a_reissued_user_has_no_recovery_under_way_p28() {
    let mut case = Case::new();
    let act = case.act(1, ActBody::Recover(recovery_digest(case.user, &CODE)));
    done(case.next(&AuthRequest::Act(act)));
    let older = case.row.clone();
    done(case.next(&log_in(RIGHT)));
    done(case.next(&log_in(RIGHT)));
    let act = case
        .desk
        .reissue_act(case.subject(), user_of(&older).counter);
    let delivery = done(case.desk.reissue(&older, act));
    case.row = delivery.record.as_slice().to_vec();
    let record = case.record();
    assert_eq!(
        (record.recovery, record.recovery_from),
        (Digest::ZERO, Time(0))
    );
}
