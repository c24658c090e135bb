//! Sign-up, log-in, delays, new passwords.

use super::house::refused;
use super::*;
use item::DecisionKind;
use verify::account_of;

#[test]
fn sign_up_makes_a_user_with_an_account_of_its_own() {
    let mut case = Case::empty();
    let delivery = done(case.next(&sign_up(RIGHT)));
    let record = case.record();
    assert_eq!(record.user, case.user);
    assert_eq!(record.account, account_of(case.user));
    assert_eq!(record.rights, Rights::ALL);
    assert_eq!(record.ceiling, Mills(50_000));
    assert_eq!(record.counter.0, 1);
    assert_eq!(record.last_time, Time(START));
    assert_eq!(case.desk.decision(&delivery).decision, DecisionKind::SignUp);
    assert!(delivery.secret.is_empty());
    let clear = RIGHT.as_bytes();
    assert!(!case.row.windows(clear.len()).any(|part| part == clear));
}

#[test]
fn sign_up_refusals() {
    for (name, body, code) in [
        ("no request", vec![99], RefusalCode::Malformed),
        (
            "too short",
            sign_up("short pass").to_bytes(),
            RefusalCode::PasswordPolicy,
        ),
        (
            "one character",
            sign_up(&"z".repeat(20)).to_bytes(),
            RefusalCode::PasswordPolicy,
        ),
        (
            "too long",
            sign_up(&"zx".repeat(65)).to_bytes(),
            RefusalCode::PasswordPolicy,
        ),
        (
            "unknown user logs in",
            log_in(RIGHT).to_bytes(),
            RefusalCode::Unknown,
        ),
        (
            "unknown user's new password",
            new_password(RIGHT, WRONG).to_bytes(),
            RefusalCode::Unknown,
        ),
    ] {
        let mut case = Case::empty();
        let subject = case.subject();
        let outcome = case.desk.decide(subject, &[], "sign-up", &body);
        assert_eq!(refused(outcome), code, "{name}");
        assert_eq!(case.desk.status().subjects, 0, "{name}");
    }
    let mut case = Case::new();
    assert_eq!(refused(case.next(&sign_up(RIGHT))), RefusalCode::Exists);
    case.row.clear();
    assert_eq!(refused(case.next(&sign_up(RIGHT))), RefusalCode::Exists);
}

#[test]
fn log_in_gives_five_minutes_of_what_the_record_allows() {
    let mut case = Case::new();
    case.desk.wait(MINUTE);
    let now = case.desk.now.wall;
    let authority = case.session(RIGHT).authority.body;
    let record = case.record();
    assert_eq!(record.last_login, now);
    assert_eq!(
        (authority.user, authority.account),
        (record.user, record.account)
    );
    assert_eq!(
        (authority.rights, authority.ceiling, authority.generation),
        (record.rights, record.ceiling, record.session_generation)
    );
    assert_eq!((authority.logged_in, authority.issued), (now, now));
    assert_eq!(authority.expires, Time(now.0 + 5 * MINUTE));
    assert_eq!(authority.session, session_digest(&SECRET));
}

#[test]
fn failures_delay_and_never_lock_for_good_p21() {
    let mut case = Case::new();
    for n in 1..=40u16 {
        let now = case.desk.now.wall.0;
        let not_before = case.fail(&log_in(WRONG)).0;
        assert_eq!(case.record().failed_attempts, n);
        assert_eq!(case.record().next_allowed.0, not_before);
        if n <= 3 {
            assert_eq!(not_before, 0, "{n}");
            continue;
        }
        let seconds = (1u64 << (n - 3).min(20)).min(900);
        assert_eq!(not_before, now + seconds * SECOND, "{n}");
        // One millisecond early: no attempt at all, however right the password is.
        case.desk.wait(seconds * SECOND - 1);
        let journal = case.desk.status().journal_sequence;
        for body in [log_in(RIGHT), log_in(WRONG), new_password(RIGHT, WRONG)] {
            match case.next(&body) {
                Outcome::Refused(refusal) => {
                    assert_eq!(refusal.code, RefusalCode::TooSoon);
                    assert_eq!(refusal.not_before.0, not_before);
                }
                other => panic!("{n}: {other:?}"),
            }
        }
        assert_eq!(case.desk.status().journal_sequence, journal);
        assert_eq!(case.record().failed_attempts, n);
        case.desk.wait(1);
    }
    // Then the right password is good at once, and everything is forgiven.
    case.session(RIGHT);
    assert_eq!(case.record().failed_attempts, 0);
    assert_eq!(case.record().next_allowed, Time(0));
    assert_eq!(case.fail(&log_in(WRONG)), Time(0));
}

#[test]
fn a_new_password_needs_the_old_one_and_is_really_new() {
    let names: Vec<String> = (1..=5).map(|n| format!("new password {n}")).collect();
    let mut case = Case::new();
    case.fail(&new_password(WRONG, &names[0]));
    assert_eq!(case.record().failed_attempts, 1);
    for weak in ["short", RIGHT] {
        let outcome = case.next(&new_password(RIGHT, weak));
        assert_eq!(refused(outcome), RefusalCode::PasswordPolicy, "{weak}");
    }
    // A wrong old password is said first, and counted, however bad the new one is.
    case.fail(&new_password(WRONG, "short"));
    let mut in_force = RIGHT.to_owned();
    for (n, name) in names.iter().enumerate() {
        let delivery = done(case.next(&new_password(&in_force, name)));
        let decision = case.desk.decision(&delivery).decision;
        assert_eq!(decision, DecisionKind::PasswordChange);
        assert_eq!(case.record().session_generation as usize, n + 1);
        assert_eq!(case.record().failed_attempts, 0);
        case.fail(&log_in(&in_force));
        case.session(name);
        in_force.clone_from(name);
        let kept = names.iter().take(n + 1).map(String::as_str);
        let kept = kept.chain((n < 4).then_some(RIGHT));
        for old in kept {
            let outcome = case.next(&new_password(&in_force, old));
            assert_eq!(refused(outcome), RefusalCode::PasswordPolicy, "{n} {old}");
        }
    }
    // The sixth last is forgotten.
    done(case.next(&new_password(&in_force, RIGHT)));
    case.session(RIGHT);
}

#[test]
fn a_log_in_of_the_right_user_only() {
    let mut case = Case::new();
    let other = Subject([2; 16]);
    let row = case.row.clone();
    let body = log_in(RIGHT).to_bytes();
    let outcome = case.desk.decide(other, &row, "other", &body);
    assert_eq!(refused(outcome), RefusalCode::Altered);
    let outcome = case.desk.decide(case.user.subject(), &row, "bad", &[0]);
    assert_eq!(refused(outcome), RefusalCode::Malformed);
}
