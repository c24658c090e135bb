//! Authority: how long it is good, who may renew it, what ends it (P20).

use super::house::refused;
use super::*;
use item::DecisionKind;

#[test]
fn an_authority_is_good_for_five_minutes_with_its_secret() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let stolen = SessionProof {
        secret: SessionSecret([6; 32]),
        ..proof.clone()
    };
    assert_eq!(case.check(&proof), Ok(vec![]));
    assert_eq!(case.check(&stolen), Err(RefusalCode::SessionEnded));
    assert_eq!(
        case.renew(&stolen).unwrap_err(),
        RefusalCode::SessionEnded,
        "no renewal without the secret"
    );
    case.desk.wait(5 * MINUTE - 1);
    assert_eq!(case.check(&proof), Ok(vec![]));
    case.desk.wait(1);
    assert_eq!(case.check(&proof), Err(RefusalCode::AuthorityExpired));
    assert_eq!(case.check(&stolen), Err(RefusalCode::AuthorityExpired));
}

#[test]
fn an_altered_authority_is_none_at_any_byte() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let bytes = proof.authority.to_bytes();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let Ok(authority) = Sealed::<Authority>::from_bytes(&altered) else {
            continue;
        };
        let altered = SessionProof {
            authority,
            ..proof.clone()
        };
        let refusals = [RefusalCode::BadAuthority, RefusalCode::Mismatch];
        assert_eq!(case.check(&altered), Err(RefusalCode::BadAuthority), "{at}");
        assert!(
            refusals.contains(&case.renew(&altered).unwrap_err()),
            "{at}"
        );
        let code = refused(case.next(&AuthRequest::LogOut(altered)));
        assert!(refusals.contains(&code), "{at}");
    }
    assert!(case.renew(&proof).is_ok());
}

#[test]
fn renewal_ends_twelve_hours_after_the_log_in() {
    let mut case = Case::new();
    let logged_in = case.desk.now.wall;
    let mut proof = case.session(RIGHT);
    for _ in 0..143 {
        case.desk.wait(5 * MINUTE);
        proof = case.renew(&proof).unwrap();
        let authority = &proof.authority.body;
        assert_eq!(authority.logged_in, logged_in);
        assert_eq!(authority.expires.0, case.desk.now.wall.0 + 5 * MINUTE);
        assert_eq!(case.check(&proof), Ok(vec![]));
    }
    case.desk.wait(5 * MINUTE - 1);
    assert!(case.renew(&proof).is_ok());
    case.desk.wait(1);
    assert_eq!(case.desk.now.wall.0, logged_in.0 + 12 * HOUR);
    assert_eq!(case.renew(&proof).unwrap_err(), RefusalCode::SessionEnded);
}

#[test]
fn renewal_takes_the_newest_record_of_the_same_user() {
    let mut case = Case::new();
    let signed_up = case.row.clone();
    let proof = case.session(RIGHT);
    let older = case.renew_with(&proof, signed_up).unwrap_err();
    assert_eq!(older, RefusalCode::Stale);
    let none = case.renew_with(&proof, vec![]).unwrap_err();
    assert_eq!(none, RefusalCode::Altered);
    let mut altered = case.row.clone();
    altered[40] ^= 1;
    let altered = case.renew_with(&proof, altered).unwrap_err();
    assert_eq!(altered, RefusalCode::Altered);

    let first_row = std::mem::take(&mut case.row);
    let first = std::mem::replace(&mut case.user, UserId([2; 16]));
    done(case.next(&sign_up(RIGHT)));
    let another = case.renew(&proof).unwrap_err();
    assert_eq!(another, RefusalCode::Mismatch);
    let log_out = refused(case.next(&AuthRequest::LogOut(proof.clone())));
    assert_eq!(log_out, RefusalCode::Mismatch);

    case.user = first;
    case.row = first_row;
    assert!(case.renew(&proof).is_ok());
    assert_eq!(case.desk.query(&[9]), Err(RefusalCode::Malformed));
}

#[test]
fn whatever_ends_sessions_ends_renewal() {
    for how in ["log-out", "new password", "act"] {
        let mut case = Case::new();
        let proof = case.session(RIGHT);
        let earlier = case.renew(&proof).unwrap();
        let generation = case.record().session_generation;
        let body = match how {
            "log-out" => AuthRequest::LogOut(proof.clone()),
            "new password" => new_password(RIGHT, "another password"),
            _ => AuthRequest::Act(case.act(1, set_user(Rights::READ, 1))),
        };
        done(case.next(&body));
        assert_eq!(case.record().session_generation, generation + 1, "{how}");
        for session in [&proof, &earlier] {
            let code = case.renew(session).unwrap_err();
            assert_eq!(code, RefusalCode::SessionEnded, "{how}");
            let again = refused(case.next(&AuthRequest::LogOut(session.clone())));
            assert_eq!(again, RefusalCode::SessionEnded, "{how}");
        }
    }
}

#[test]
fn an_expired_authority_can_still_log_out() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    case.desk.wait(13 * HOUR);
    let stolen = SessionProof {
        secret: SessionSecret([6; 32]),
        ..proof.clone()
    };
    let code = refused(case.next(&AuthRequest::LogOut(stolen)));
    assert_eq!(code, RefusalCode::SessionEnded);
    let delivery = done(case.next(&AuthRequest::LogOut(proof)));
    let decision = case.desk.decision(&delivery).decision;
    assert_eq!(decision, DecisionKind::LogOut);
}
