//! Keys by which programs sign on: what they give, to whom, and what ends them.

use super::house::refused;
use super::manage::{Account, CLERK, FOUNDER, SECOND, Scope, add, set};
use super::*;
use item::{ApiKeyId, ApiKeyRecord, Day, DecisionKind};
use verify::api_key_digest;
use wire::{AddKey, KeyQuery, RollKey, SignedOn};

const KEY: ApiKeyId = ApiKeyId([9; 16]);
const FIRST: [u8; 32] = [21; 32];
const LATER: [u8; 32] = [22; 32];
const DAY: u64 = 24 * HOUR;

fn scope() -> Scope {
    Scope(Rights::READ.with(Rights::DISPENSE), 700, vec![7, 8])
}

fn add_key(owner: SignedOn, scope: &Scope, expires: Time) -> AuthRequest {
    AuthRequest::AddKey(AddKey {
        owner,
        secret: api_key_digest(KEY, &FIRST),
        rights: scope.0,
        ceiling: Mills(scope.1),
        meters: scope.meters(),
        expires,
    })
}

/// An account whose founder is signed on, and the row of the founder's key.
struct Shop {
    account: Account,
    proof: SessionProof,
    row: Vec<u8>,
    requests: u32,
}

impl Shop {
    fn new() -> Self {
        let mut shop = Self::without_key();
        let body = add_key(shop.owner(), &scope(), Time(0));
        done(shop.next(&body));
        shop
    }

    fn without_key() -> Self {
        let (account, proof) = Account::new();
        Self {
            account,
            proof,
            row: Vec::new(),
            requests: 0,
        }
    }

    fn owner(&self) -> SignedOn {
        self.account.manager(FOUNDER, &self.proof)
    }

    fn ask(&mut self, request: &str, body: &AuthRequest) -> Outcome {
        let row = self.row.clone();
        let desk = &mut self.account.case.desk;
        desk.decide(KEY.subject(), &row, request, &body.to_bytes())
    }

    fn next(&mut self, body: &AuthRequest) -> Outcome {
        self.requests += 1;
        let outcome = self.ask(&format!("key {}", self.requests), body);
        if let Outcome::Done(delivery) | Outcome::Open(delivery) = &outcome {
            self.row = delivery.record.as_slice().to_vec();
        }
        outcome
    }

    fn record(&self) -> ApiKeyRecord {
        let sealed = Sealed::<AuthRecord>::from_bytes(&self.row).unwrap();
        sealed.body.into_key().unwrap()
    }

    fn sign_on_with(
        &mut self,
        secret: [u8; 32],
        key: &[u8],
        user: &[u8],
    ) -> Result<Authority, RefusalCode> {
        let query = AuthQuery::Key(KeyQuery {
            secret: SessionSecret(secret),
            record: Bytes::new(key.to_vec()).unwrap(),
            user: Bytes::new(user.to_vec()).unwrap(),
        });
        let answer = self.account.case.desk.query(&query.to_bytes())?;
        Ok(authority_of(&answer).body)
    }

    fn user_row(&self) -> Vec<u8> {
        self.owner().record.as_slice().to_vec()
    }

    fn sign_on(&mut self, secret: [u8; 32]) -> Result<Authority, RefusalCode> {
        let (key, user) = (self.row.clone(), self.user_row());
        self.sign_on_with(secret, &key, &user)
    }
}

#[test]
fn a_key_gives_five_minutes_of_what_key_and_user_may_both_do_p20() {
    let mut shop = Shop::new();
    let record = shop.record();
    assert_eq!(
        (record.user, record.account),
        (FOUNDER, verify::account_of(FOUNDER))
    );
    assert_ne!(record.secret.0, FIRST);
    assert!(
        !shop.row.windows(32).any(|part| part == FIRST),
        "only a digest is kept"
    );
    let now = shop.account.case.desk.now.wall;
    let authority = shop.sign_on(FIRST).unwrap();
    assert_eq!(
        (authority.user, authority.account),
        (FOUNDER, record.account)
    );
    assert_eq!(
        (authority.rights, authority.ceiling),
        (scope().0, Mills(700))
    );
    assert_eq!(authority.meters, scope().meters());
    assert_eq!(authority.api_key, Some(KEY));
    assert_eq!(authority.expires, Time(now.0 + 5 * MINUTE));
    assert_eq!(authority.session, session_digest(&FIRST));
    assert_eq!(shop.sign_on(LATER).unwrap_err(), RefusalCode::KeyEnded);

    // What a manager or operator takes from the user is taken from his keys.
    let act = shop.account.at(FOUNDER).act(1, set_user(Rights::READ, 100));
    done(shop.account.next(FOUNDER, &AuthRequest::Act(act)));
    let authority = shop.sign_on(FIRST).unwrap();
    assert_eq!(
        (authority.rights, authority.ceiling),
        (Rights::READ, Mills(100))
    );
    let act = shop.account.at(FOUNDER).act(2, set_user(Rights::FUND, 100));
    done(shop.account.next(FOUNDER, &AuthRequest::Act(act)));
    assert_eq!(shop.sign_on(FIRST).unwrap_err(), RefusalCode::UserDisabled);
}

#[test]
fn meters_of_key_and_user_that_have_none_in_common_are_no_meters_p20() {
    let (mut account, proof) = Account::new();
    let clerk = Scope(Rights::READ, 100, vec![7, 8]);
    let body = add(account.manager(FOUNDER, &proof), &clerk);
    done(account.next(SECOND, &body));
    let session = account.session(SECOND, CLERK);
    let mut shop = Shop {
        account,
        proof,
        row: Vec::new(),
        requests: 0,
    };
    let owner = shop.account.manager(SECOND, &session);
    let body = add_key(owner, &Scope(Rights::READ, 100, vec![7]), Time(0));
    done(shop.next(&body));
    let other = Scope(Rights::READ, 100, vec![8]);
    let body = set(shop.owner(), &other);
    done(shop.account.next(SECOND, &body));
    let user = shop.account.manager(SECOND, &session).record.into_vec();
    let key = shop.row.clone();
    let code = shop.sign_on_with(FIRST, &key, &user).unwrap_err();
    assert_eq!(code, RefusalCode::NotCovered);
}

#[test]
fn nobody_but_a_user_who_is_signed_on_makes_a_key_and_none_that_manages_p21() {
    let mut shop = Shop::without_key();
    let good = shop.owner();
    let mut stolen = good.clone();
    stolen.proof.secret = SessionSecret([6; 32]);
    let now = shop.account.case.desk.now.wall;
    let all = Scope(Rights::ALL, 1, vec![]);
    let none = Scope(Rights::NONE, 1, vec![]);
    let dear = Scope(Rights::READ, 50_001, vec![]);
    for (name, body, code) in [
        (
            "no secret",
            add_key(stolen, &scope(), Time(0)),
            RefusalCode::SessionEnded,
        ),
        (
            "to manage",
            add_key(good.clone(), &all, Time(0)),
            RefusalCode::NotCovered,
        ),
        (
            "nothing",
            add_key(good.clone(), &none, Time(0)),
            RefusalCode::NotCovered,
        ),
        (
            "the ceiling",
            add_key(good.clone(), &dear, Time(0)),
            RefusalCode::Ceiling,
        ),
        (
            "expired",
            add_key(good.clone(), &scope(), now),
            RefusalCode::Expired,
        ),
    ] {
        assert_eq!(refused(shop.next(&body)), code, "{name}");
    }
    done(shop.next(&add_key(good.clone(), &scope(), Time(0))));
    assert_eq!(
        refused(shop.next(&add_key(good, &scope(), Time(0)))),
        RefusalCode::Exists
    );
}

/// A key's authority is none of a session: it is not renewed into all that its user may do, ends no
/// sessions, and orders nothing about users or keys.
#[test]
fn a_program_is_no_person_p20() {
    let mut shop = Shop::new();
    let query = AuthQuery::Key(KeyQuery {
        secret: SessionSecret(FIRST),
        record: Bytes::new(shop.row.clone()).unwrap(),
        user: Bytes::new(shop.user_row()).unwrap(),
    });
    let answer = shop.account.case.desk.query(&query.to_bytes()).unwrap();
    let program = SessionProof {
        authority: authority_of(&answer),
        secret: SessionSecret(FIRST),
    };
    let user = shop.user_row();
    let case = shop.account.at(FOUNDER);
    assert_eq!(case.check(&program), Ok(vec![]));
    assert_eq!(
        case.renew_with(&program, user).unwrap_err(),
        RefusalCode::NotCovered
    );
    let log_out = AuthRequest::LogOut(program.clone());
    assert_eq!(
        refused(shop.account.next(FOUNDER, &log_out)),
        RefusalCode::NotCovered
    );
    let by = shop.account.manager(FOUNDER, &program);
    let body = add(by.clone(), &Scope(Rights::READ, 1, vec![]));
    assert_eq!(
        refused(shop.account.next(SECOND, &body)),
        RefusalCode::NotCovered
    );
    for body in [
        AuthRequest::RevokeKey(by.clone()),
        AuthRequest::RollKey(RollKey {
            owner: by,
            secret: api_key_digest(KEY, &LATER),
            previous_until: Time(0),
        }),
    ] {
        assert_eq!(refused(shop.next(&body)), RefusalCode::NotCovered);
    }
}

#[test]
fn a_rolled_keys_old_secret_is_good_until_the_chosen_time() {
    let mut shop = Shop::new();
    let until = Time(shop.account.case.desk.now.wall.0 + HOUR);
    let roll = |shop: &Shop, secret, previous_until| {
        AuthRequest::RollKey(RollKey {
            owner: shop.owner(),
            secret: api_key_digest(KEY, &secret),
            previous_until,
        })
    };
    let body = roll(&shop, LATER, until);
    let delivery = done(shop.next(&body));
    let decision = shop.account.case.desk.decision(&delivery).decision;
    assert_eq!(decision, DecisionKind::RollKey);
    assert!(shop.sign_on(LATER).is_ok());
    shop.account.case.desk.wait(HOUR - 1);
    // Nor does its authority outlive it.
    assert_eq!(shop.sign_on(FIRST).unwrap().expires, until);
    assert!(shop.sign_on(LATER).unwrap().expires > until);
    shop.account.case.desk.wait(1);
    assert_eq!(shop.sign_on(FIRST).unwrap_err(), RefusalCode::KeyEnded);
    assert!(shop.sign_on(LATER).is_ok());
    // Without overlap the one before ends at once.
    shop.proof = shop.account.session(FOUNDER, RIGHT);
    let body = roll(&shop, [23; 32], Time(0));
    done(shop.next(&body));
    assert_eq!(shop.sign_on(LATER).unwrap_err(), RefusalCode::KeyEnded);
    assert!(shop.sign_on([23; 32]).is_ok());
}

#[test]
fn a_revoked_key_gives_nothing_any_more_p20() {
    let mut shop = Shop::new();
    let earlier = shop.row.clone();
    let body = AuthRequest::RevokeKey(shop.owner());
    done(shop.next(&body));
    assert_eq!(shop.sign_on(FIRST).unwrap_err(), RefusalCode::KeyEnded);
    // Not with the row of before, nor is it ended twice or rolled to life.
    let user = shop.user_row();
    let code = shop.sign_on_with(FIRST, &earlier, &user).unwrap_err();
    assert_eq!(code, RefusalCode::Stale);
    assert_eq!(refused(shop.next(&body)), RefusalCode::KeyEnded);
    let roll = AuthRequest::RollKey(RollKey {
        owner: shop.owner(),
        secret: api_key_digest(KEY, &LATER),
        previous_until: Time(0),
    });
    assert_eq!(refused(shop.next(&roll)), RefusalCode::KeyEnded);
    let used = AuthRequest::UseKey(SessionSecret(FIRST));
    assert_eq!(refused(shop.next(&used)), RefusalCode::KeyEnded);
}

#[test]
fn a_key_expires() {
    let mut shop = Shop::without_key();
    let expires = Time(shop.account.case.desk.now.wall.0 + MINUTE);
    let body = add_key(shop.owner(), &scope(), expires);
    done(shop.next(&body));
    assert_eq!(shop.sign_on(FIRST).unwrap().expires, expires);
    shop.account.case.desk.wait(MINUTE);
    assert_eq!(shop.sign_on(FIRST).unwrap_err(), RefusalCode::KeyEnded);
}

#[test]
fn the_first_use_of_a_day_is_noted_and_no_other() {
    let mut shop = Shop::new();
    assert_eq!(shop.record().last_used, Day::NONE);
    let wrong = AuthRequest::UseKey(SessionSecret(LATER));
    let right = AuthRequest::UseKey(SessionSecret(FIRST));
    assert_eq!(refused(shop.next(&wrong)), RefusalCode::KeyEnded);
    let delivery = done(shop.next(&right));
    assert!(delivery.secret.is_empty() && delivery.evidence.is_empty());
    let now = shop.account.case.desk.now.wall;
    assert_eq!(shop.record().last_used, Day::of_time(now));
    assert_eq!(refused(shop.next(&right)), RefusalCode::Exists);
    shop.account.case.desk.wait(DAY);
    done(shop.next(&right));
    assert!(shop.sign_on(FIRST).is_ok());
}

#[test]
fn a_manager_revokes_anybodys_key_of_the_account_and_a_stranger_none() {
    let (mut account, proof) = Account::new();
    let clerk = Scope(Rights::READ, 100, vec![]);
    let body = add(account.manager(FOUNDER, &proof), &clerk);
    done(account.next(SECOND, &body));
    let session = account.session(SECOND, CLERK);
    let mut shop = Shop {
        account,
        proof,
        row: Vec::new(),
        requests: 0,
    };
    done(shop.next(&add_key(
        shop.owner(),
        &Scope(Rights::READ, 1, vec![]),
        Time(0),
    )));
    // The clerk is no manager, and the key is not his.
    let by_clerk = AuthRequest::RevokeKey(shop.account.manager(SECOND, &session));
    assert_eq!(refused(shop.next(&by_clerk)), RefusalCode::NotCovered);
    let stranger = UserId([5; 16]);
    done(shop.account.next(stranger, &sign_up(RIGHT)));
    let foreign = shop.account.session(stranger, RIGHT);
    let by_stranger = AuthRequest::RevokeKey(shop.account.manager(stranger, &foreign));
    assert_eq!(refused(shop.next(&by_stranger)), RefusalCode::NotCovered);
    assert!(shop.sign_on(FIRST).is_ok());
}

/// A row that somebody altered, took from another key, or made up signs nobody on.
#[test]
fn a_keys_row_altered_at_any_byte_is_refused() {
    let mut shop = Shop::new();
    let (row, user) = (shop.row.clone(), shop.user_row());
    for at in 0..row.len() {
        let mut altered = row.clone();
        altered[at] ^= 1 << (at % 8);
        let code = shop.sign_on_with(FIRST, &altered, &user).unwrap_err();
        let alarms = [RefusalCode::Altered, RefusalCode::UnknownEpoch];
        assert!(alarms.contains(&code), "byte {at}: {code:?}");
    }
    // A user's record is no key's, nor the other way round, however its kind byte says.
    let code = shop.sign_on_with(FIRST, &user, &user).unwrap_err();
    assert_eq!(code, RefusalCode::Mismatch);
    let code = shop.sign_on_with(FIRST, &row, &row).unwrap_err();
    assert_eq!(code, RefusalCode::Mismatch);
    // Sealed by nobody who has the box's keys.
    let inserted = Sealed {
        body: AuthRecord::Key(ApiKeyRecord {
            rights: Rights::ALL,
            ceiling: Mills(u64::MAX),
            ..shop.record()
        }),
        mac: [0; 32],
    };
    let code = shop
        .sign_on_with(FIRST, &inserted.to_bytes(), &user)
        .unwrap_err();
    assert_eq!(code, RefusalCode::Altered);
    assert!(shop.sign_on(FIRST).is_ok());
}

#[test]
fn a_reissued_key_is_revoked_p28() {
    let mut shop = Shop::new();
    let older = shop.row.clone();
    done(shop.next(&AuthRequest::UseKey(SessionSecret(FIRST))));
    let counter = Sealed::<AuthRecord>::from_bytes(&older)
        .unwrap()
        .body
        .counter();
    let act = shop.account.case.desk.reissue_act(KEY.subject(), counter);
    // Acknowledged by something further, the record of before is outdated.
    let roll = AuthRequest::RollKey(RollKey {
        owner: shop.owner(),
        secret: api_key_digest(KEY, &LATER),
        previous_until: Time(0),
    });
    done(shop.next(&roll));
    let act_now = shop.account.case.desk.reissue_act(KEY.subject(), counter);
    assert_eq!(
        refused(shop.account.case.desk.reissue(&older, act)),
        RefusalCode::Mismatch
    );
    let delivery = done(shop.account.case.desk.reissue(&older, act_now));
    shop.row = delivery.record.as_slice().to_vec();
    // The older record knows the secret that was given up: it is good for nothing any more.
    assert!(shop.record().revoked);
    for secret in [FIRST, LATER] {
        let code = shop.sign_on(secret).unwrap_err();
        assert_eq!(code, RefusalCode::KeyEnded);
    }
}

#[test]
fn an_open_decision_about_a_key_is_given_again_to_who_proves_himself_p17() {
    let mut shop = Shop::without_key();
    let body = add_key(shop.owner(), &scope(), Time(0));
    let made = done(shop.ask("once", &body));
    assert_eq!(done(shop.ask("once", &body)), made);
    shop.row = made.record.as_slice().to_vec();
    let used = AuthRequest::UseKey(SessionSecret(FIRST));
    let first = done(shop.ask("use", &used));
    let wrong = AuthRequest::UseKey(SessionSecret(LATER));
    assert!(matches!(shop.ask("use", &wrong), Outcome::Open(_)));
    assert_eq!(done(shop.ask("use", &used)), first);
}
