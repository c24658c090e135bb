//! A user's own key: how it is set, what signs on by it, and what is refused without it (P20, P21).

use super::house::refused;
use super::manage::{Account, CLERK, FOUNDER, SECOND, Scope, add, all, set};
use super::*;
use crate::limits::{CHALLENGE_MS, OWN_SIGNATURE_MS, RECOVERY_WAIT_MS};
use item::{
    ApiKeyId, Challenge, DecisionKind, Digest, KeyStatement, LogInStatement, OwnSignature,
    PublicKey, UserStatement,
};
use vault::{Secret, SigningKey};
use verify::{Tag, api_key_digest, digest, record_digest, recovery_digest};
use wire::{
    AddKey, BeginRecovery, FinishRecovery, KeyLogIn, KeyQuery, RollKey, SetSigningKey, SignedOn,
};

fn key(name: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([name; 32])).unwrap()
}

fn public(name: u8) -> PublicKey {
    key(name).public().clone()
}

const OWN: u8 = 91;
const NEXT: u8 = 92;

fn sign<T: Layout + Tagged>(name: u8, statement: &T) -> [u8; 64] {
    key(name).sign(T::TAG, &statement.to_bytes()).unwrap()
}

/// A challenge for a user, a moment after what was done last.
fn challenge(case: &mut Case, user: UserId) -> Sealed<Challenge> {
    case.desk.wait(1);
    let query = AuthQuery::Challenge(user).to_bytes();
    Sealed::from_bytes(&case.desk.query(&query).unwrap()).unwrap()
}

fn key_statement(
    case: &Case,
    challenge: &Sealed<Challenge>,
    key: Option<PublicKey>,
) -> KeyStatement {
    KeyStatement {
        version: Version,
        installation: case.house.installation.transcript().installation,
        user: case.user,
        challenge: record_digest(&challenge.to_bytes()),
        key,
    }
}

/// Sets `new`, signed by it and by `old`.
fn set_key(
    case: &mut Case,
    proof: &SessionProof,
    new: Option<u8>,
    old: Option<u8>,
) -> SetSigningKey {
    let user = case.user;
    let challenge = challenge(case, user);
    let statement = key_statement(case, &challenge, new.map(public));
    SetSigningKey {
        proof: proof.clone(),
        challenge,
        key: new.map(public),
        possession: new.map(|name| sign(name, &statement)),
        consent: old.map(|name| sign(name, &statement)),
    }
}

fn log_in_by(case: &mut Case, name: u8) -> KeyLogIn {
    let user = case.user;
    let challenge = challenge(case, user);
    let statement = LogInStatement {
        version: Version,
        installation: case.house.installation.transcript().installation,
        challenge: record_digest(&challenge.to_bytes()),
        session: session_digest(&SECRET),
    };
    KeyLogIn {
        challenge,
        session: statement.session,
        signature: sign(name, &statement),
    }
}

/// A user with a key, not signed on.
fn keyed() -> Case {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let asked = set_key(&mut case, &proof, Some(OWN), None);
    done(case.next(&AuthRequest::SetSigningKey(asked)));
    case
}

#[test]
fn a_key_is_set_replaced_and_removed_by_who_has_it_p20() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let asked = set_key(&mut case, &proof, Some(OWN), None);
    let delivery = done(case.next(&AuthRequest::SetSigningKey(asked.clone())));
    let decision = case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::SetSigningKey);
    assert!(delivery.secret.is_empty());
    assert_eq!(case.record().signing_key, Some(public(OWN)));
    assert_eq!(case.renew(&proof).err(), Some(RefusalCode::SessionEnded));
    let again = refused(case.next(&AuthRequest::SetSigningKey(asked)));
    assert_eq!(
        again,
        RefusalCode::BadSignature,
        "it needs the key in force now"
    );
    for (new, old) in [(Some(NEXT), OWN), (None, NEXT)] {
        // Neither without the key in force, nor by another, nor without the new one.
        for (consent, possession) in [
            (None, new),
            (Some(77), new),
            (Some(old), None),
            (Some(old), Some(77)),
        ] {
            if new.is_none() && possession.is_none() && consent == Some(old) {
                continue;
            }
            let proof = case.session(RIGHT);
            let mut asked = set_key(&mut case, &proof, new, Some(old));
            let statement = key_statement(&case, &asked.challenge, new.map(public));
            asked.consent = consent.map(|name| sign(name, &statement));
            asked.possession = possession.map(|name| sign(name, &statement));
            let code = refused(case.next(&AuthRequest::SetSigningKey(asked)));
            assert_eq!(
                code,
                RefusalCode::BadSignature,
                "{consent:?} {possession:?}"
            );
        }
        let proof = case.session(RIGHT);
        let asked = set_key(&mut case, &proof, new, Some(old));
        done(case.next(&AuthRequest::SetSigningKey(asked)));
        assert_eq!(case.record().signing_key, new.map(public));
    }
}

#[test]
fn a_key_is_not_set_without_a_session_of_its_user() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let mut stolen = proof.clone();
    stolen.secret = SessionSecret([9; 32]);
    let asked = set_key(&mut case, &stolen, Some(OWN), None);
    let code = refused(case.next(&AuthRequest::SetSigningKey(asked)));
    assert_eq!(code, RefusalCode::SessionEnded);
    done(case.next(&AuthRequest::LogOut(proof.clone())));
    let asked = set_key(&mut case, &proof, Some(OWN), None);
    let code = refused(case.next(&AuthRequest::SetSigningKey(asked)));
    assert_eq!(code, RefusalCode::SessionEnded);
}

#[test]
fn the_order_that_set_a_key_works_once_p20() {
    let mut case = Case::new();
    let proof = case.session(RIGHT);
    let set = set_key(&mut case, &proof, Some(OWN), None);
    done(case.next(&AuthRequest::SetSigningKey(set)));
    let proof = case.session(RIGHT);
    let removal = set_key(&mut case, &proof, None, Some(OWN));
    done(case.next(&AuthRequest::SetSigningKey(removal.clone())));
    let proof = case.session(RIGHT);
    let anew = set_key(&mut case, &proof, Some(OWN), None);
    done(case.next(&AuthRequest::SetSigningKey(anew)));
    // A server that kept the removal shows it again, with the session of now.
    let proof = case.session(RIGHT);
    let replayed = SetSigningKey { proof, ..removal };
    let code = refused(case.next(&AuthRequest::SetSigningKey(replayed)));
    assert_eq!(code, RefusalCode::Expired);
}

#[test]
fn a_key_signs_on_and_authority_names_it_p20() {
    let mut case = keyed();
    let asked = log_in_by(&mut case, OWN);
    let delivery = done(case.next(&AuthRequest::KeyLogIn(asked.clone())));
    let authority = authority_of(delivery.secret.as_slice());
    assert_eq!(authority.body.signing_key, Some(public(OWN)));
    assert_eq!(authority.body.session, session_digest(&SECRET));
    let decision = case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::LogIn);
    assert_eq!(case.record().last_login, case.desk.now.wall);
    // Used up: by itself, and by a log-in that came after it was made.
    let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
    assert_eq!(code, RefusalCode::Expired);
    let older = log_in_by(&mut case, OWN);
    case.session(RIGHT);
    let code = refused(case.next(&AuthRequest::KeyLogIn(older)));
    assert_eq!(code, RefusalCode::Expired);
    // A password gives an authority that asks for the key as well.
    let authority = case.session(RIGHT).authority.body;
    assert_eq!(authority.signing_key, Some(public(OWN)));
}

#[test]
fn a_log_in_by_key_that_is_not_good_changes_nothing_p20() {
    let mut case = keyed();
    let other = challenge(&mut case, UserId([9; 16]));
    type Alter = fn(&mut KeyLogIn);
    let alterations: [(&str, Alter); 5] = [
        ("signature", |a| a.signature[5] ^= 1),
        ("session", |a| a.session = Digest([1; 32])),
        ("time of the challenge", |a| a.challenge.body.issued.0 += 1),
        ("nonce", |a| a.challenge.body.nonce.0[0] ^= 1),
        ("MAC", |a| a.challenge.mac[0] ^= 1),
    ];
    let before = case.row.clone();
    for (name, alter) in alterations {
        let mut asked = log_in_by(&mut case, OWN);
        alter(&mut asked);
        let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
        assert_eq!(code, RefusalCode::BadSignature, "{name}");
    }
    let stranger = log_in_by(&mut case, NEXT);
    let code = refused(case.next(&AuthRequest::KeyLogIn(stranger)));
    assert_eq!(code, RefusalCode::BadSignature);
    // A challenge that was made for another user, or altered, though the user signed it.
    let mut own_mac = log_in_by(&mut case, OWN).challenge;
    own_mac.mac = [0; 32];
    for challenge in [other, own_mac] {
        let statement = LogInStatement {
            version: Version,
            installation: case.house.installation.transcript().installation,
            challenge: record_digest(&challenge.to_bytes()),
            session: session_digest(&SECRET),
        };
        let asked = KeyLogIn {
            challenge,
            session: statement.session,
            signature: sign(OWN, &statement),
        };
        let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
        assert_eq!(code, RefusalCode::BadSignature);
    }
    for (waited, good) in [(CHALLENGE_MS, false), (CHALLENGE_MS - 1, true)] {
        let asked = log_in_by(&mut case, OWN);
        case.desk.wait(waited);
        match good {
            false => {
                let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
                assert_eq!(code, RefusalCode::Expired);
                assert_eq!(case.row, before);
            }
            true => drop(done(case.next(&AuthRequest::KeyLogIn(asked)))),
        }
    }
}

#[test]
fn without_a_key_or_rights_nobody_signs_on_by_one() {
    let mut case = Case::new();
    let asked = log_in_by(&mut case, OWN);
    let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
    assert_eq!(code, RefusalCode::BadSignature);
    let mut case = keyed();
    let act = case.act(1, set_user(Rights::NONE, 0));
    done(case.next(&AuthRequest::Act(act)));
    let asked = log_in_by(&mut case, OWN);
    let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
    assert_eq!(code, RefusalCode::UserDisabled);
}

#[test]
fn a_log_in_by_key_is_delivered_again_in_the_same_words_only() {
    let mut case = keyed();
    let asked = log_in_by(&mut case, OWN);
    let other = log_in_by(&mut case, OWN);
    let first = done(case.ask("once", &AuthRequest::KeyLogIn(asked.clone())));
    case.desk.restart();
    assert_eq!(done(case.ask("once", &AuthRequest::KeyLogIn(asked))), first);
    for other in [AuthRequest::KeyLogIn(other), log_in(RIGHT)] {
        let Outcome::Open(open) = case.ask("once", &other) else {
            panic!("not open");
        };
        assert!(open.secret.is_empty());
    }
}

#[test]
fn a_log_in_by_key_calls_a_recovery_off_and_a_recovery_removes_the_key_p21() {
    const CODE: [u8; 32] = [0x5a; 32];
    let mut case = keyed();
    let recover = |case: &Case, sequence| {
        let recovery = recovery_digest(case.user, &CODE);
        AuthRequest::Act(case.act(sequence, ActBody::Recover(recovery)))
    };
    let act = recover(&case, 1);
    done(case.next(&act));
    let asked = log_in_by(&mut case, OWN);
    done(case.next(&AuthRequest::KeyLogIn(asked)));
    assert_eq!(case.record().recovery, Digest::ZERO);
    let act = recover(&case, 2);
    done(case.next(&act));
    case.desk.wait(RECOVERY_WAIT_MS);
    let finish = AuthRequest::FinishRecovery(FinishRecovery {
        code: SessionSecret(CODE),
        new: password("a password after recovery"),
    });
    done(case.next(&finish));
    assert_eq!(case.record().signing_key, None);
    let asked = log_in_by(&mut case, OWN);
    let code = refused(case.next(&AuthRequest::KeyLogIn(asked)));
    assert_eq!(code, RefusalCode::BadSignature);
}

/// The founder with a key, a second user without, and the founder's session.
fn managed() -> (Account, SessionProof) {
    let (mut account, proof) = Account::new();
    account.second(&proof);
    let proof = account.session(FOUNDER, RIGHT);
    let asked = set_key(account.at(FOUNDER), &proof, Some(OWN), None);
    done(account.next(FOUNDER, &AuthRequest::SetSigningKey(asked)));
    let proof = account.session(FOUNDER, RIGHT);
    (account, proof)
}

/// The same order, signed by the founder's key.
fn signed(
    account: &Account,
    subject: Subject,
    mut order: AuthRequest,
    alter: impl Fn(&mut UserStatement),
) -> AuthRequest {
    let mut statement = UserStatement {
        version: Version,
        installation: account.case.house.installation.transcript().installation,
        user: FOUNDER,
        subject,
        particulars: digest(Tag::PARTICULARS, &[&order.particulars()]),
        expires: Time(account.case.desk.now.wall.0 + OWN_SIGNATURE_MS),
    };
    alter(&mut statement);
    let signature = OwnSignature {
        max_total: Mills(0),
        expires: statement.expires,
        signature: sign(OWN, &statement),
    };
    by(&mut order).signature = Some(signature);
    order
}

fn by(order: &mut AuthRequest) -> &mut SignedOn {
    match order {
        AuthRequest::AddUser(asked) => &mut asked.manager,
        AuthRequest::SetUser(asked) => &mut asked.manager,
        AuthRequest::BeginRecovery(asked) => &mut asked.manager,
        AuthRequest::AddKey(asked) => &mut asked.owner,
        AuthRequest::RollKey(asked) => &mut asked.owner,
        other => panic!("nobody orders {other:?}"),
    }
}

const KEY: ApiKeyId = ApiKeyId([6; 16]);

/// Every order that is to be signed, and whom it is about.
fn orders(account: &Account, proof: &SessionProof) -> Vec<(UserId, Subject, AuthRequest)> {
    let manager = || account.manager(FOUNDER, proof);
    let scope = Scope(Rights::READ.with(Rights::DISPENSE), 900, vec![]);
    let added = UserId([3; 16]);
    let add_key = AuthRequest::AddKey(AddKey {
        owner: manager(),
        secret: api_key_digest(KEY, &[1; 32]),
        rights: Rights::DISPENSE,
        ceiling: Mills(700),
        meters: List::default(),
        expires: Time(0),
    });
    let roll_key = AuthRequest::RollKey(RollKey {
        owner: manager(),
        secret: api_key_digest(KEY, &[2; 32]),
        previous_until: Time(0),
    });
    let recover = AuthRequest::BeginRecovery(BeginRecovery {
        manager: manager(),
        recovery: Digest([5; 32]),
    });
    let on_key = UserId(KEY.0);
    vec![
        (added, Subject::ZERO, add(manager(), &scope)),
        (SECOND, SECOND.subject(), set(manager(), &scope)),
        (SECOND, SECOND.subject(), recover),
        (on_key, Subject::ZERO, add_key),
        (on_key, KEY.subject(), roll_key),
    ]
}

#[test]
fn what_a_user_with_a_key_orders_is_signed_or_refused_p20() {
    let (mut account, proof) = managed();
    for place in 0..5 {
        let (of, subject, order) = orders(&account, &proof).remove(place);
        let name = format!("{:?}", order.particulars()[0]);
        let refuses = |account: &mut Account, order: &AuthRequest, why: &str| {
            let code = refused(account.next(of, order));
            assert_eq!(code, RefusalCode::OwnSignature, "{name} {why}");
        };
        refuses(&mut account, &order, "unsigned");
        type Alter = fn(&mut UserStatement);
        let cases: [(&str, Alter); 6] = [
            ("of another data centre", |s| s.installation.0[0] ^= 1),
            ("by another user", |s| s.user = SECOND),
            ("about another", |s| s.subject.0[0] ^= 1),
            ("of something else", |s| s.particulars.0[0] ^= 1),
            ("past its time", |s| s.expires.0 -= OWN_SIGNATURE_MS),
            ("far ahead", |s| s.expires.0 += 1),
        ];
        for (why, alter) in cases {
            let order = signed(&account, subject, order.clone(), alter);
            refuses(&mut account, &order, why);
        }
        let mut dearer = signed(&account, subject, order.clone(), |_| {});
        by(&mut dearer).signature.as_mut().unwrap().max_total = Mills(1);
        refuses(&mut account, &dearer, "with a second encoding");
        let order = signed(&account, subject, order, |_| {});
        done(account.next(of, &order));
    }
    // To revoke a key needs no signature.
    let revoke = AuthRequest::RevokeKey(account.manager(FOUNDER, &proof));
    done(account.next(UserId(KEY.0), &revoke));
}

#[test]
fn a_signature_for_one_order_is_none_for_another_p20() {
    let (mut account, proof) = managed();
    let all = orders(&account, &proof);
    let signatures: Vec<_> = all
        .iter()
        .map(|(_, subject, order)| {
            let mut order = signed(&account, *subject, order.clone(), |_| {});
            by(&mut order).signature
        })
        .collect();
    for (place, (of, _, order)) in all.iter().enumerate() {
        // There is no key to be rolled yet.
        for (other, signature) in signatures.iter().enumerate().filter(|_| place != 4) {
            if place != other {
                let mut order = order.clone();
                by(&mut order).signature = *signature;
                let code = refused(account.next(*of, &order));
                assert_eq!(code, RefusalCode::OwnSignature, "{place} {other}");
            }
        }
    }
}

#[test]
fn keys_of_programs_name_the_users_own_key_p20() {
    let (mut account, proof) = managed();
    let (of, subject, order) = orders(&account, &proof).remove(3);
    let order = signed(&account, subject, order, |_| {});
    let row = done(account.next(of, &order)).record;
    let user = account.manager(FOUNDER, &proof).record;
    let query = AuthQuery::Key(KeyQuery {
        secret: SessionSecret([1; 32]),
        record: Bytes::new(row.into_vec()).unwrap(),
        user,
    });
    let answer = account.case.desk.query(&query.to_bytes()).unwrap();
    let authority = authority_of(&answer).body;
    assert_eq!(authority.api_key, Some(KEY));
    assert_eq!(authority.signing_key, Some(public(OWN)));
}

#[test]
fn a_manager_without_a_key_signs_nothing() {
    let (mut account, proof) = Account::new();
    let order = add(account.manager(FOUNDER, &proof), &all());
    done(account.next(SECOND, &order));
    account.session(SECOND, CLERK);
}
