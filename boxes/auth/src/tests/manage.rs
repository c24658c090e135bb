//! Further users of an account: who makes them, who changes them, and what nobody can (P21).

use super::house::refused;
use super::*;
use item::{AccountId, DecisionKind, MeterSerial, UserOrder};
use verify::{account_of, statement_digest};
use wire::{AddUser, SetUser, SignedOn};

pub(super) const FOUNDER: UserId = UserId([1; 16]);
pub(super) const SECOND: UserId = UserId([2; 16]);
const THIRD: UserId = UserId([3; 16]);
pub(super) const CLERK: &str = "a clerk's first password";

/// What one is to be: rights, ceiling, meters.
#[derive(Clone)]
pub(super) struct Scope(pub(super) Rights, pub(super) u64, pub(super) Vec<u32>);

impl Scope {
    pub(super) fn meters<const MAX: usize>(&self) -> List<MeterSerial, MAX> {
        List::new(self.2.iter().map(|n| MeterSerial(*n)).collect()).unwrap()
    }
}

pub(super) fn all() -> Scope {
    Scope(Rights::ALL, 50_000, vec![])
}

fn clerk() -> Scope {
    Scope(Rights::READ.with(Rights::DISPENSE), 1_000, vec![7])
}

/// The founder's account, with the rows of all its users.
pub(super) struct Account {
    pub(super) case: Case,
    rows: std::collections::BTreeMap<UserId, Vec<u8>>,
}

impl Account {
    /// With the founder signed on.
    pub(super) fn new() -> (Self, SessionProof) {
        let mut account = Self {
            case: Case::new(),
            rows: std::collections::BTreeMap::new(),
        };
        let proof = account.case.session(RIGHT);
        account.rows.insert(FOUNDER, account.case.row.clone());
        (account, proof)
    }

    pub(super) fn at(&mut self, user: UserId) -> &mut Case {
        self.case.user = user;
        self.case.row = self.rows.get(&user).cloned().unwrap_or_default();
        &mut self.case
    }

    /// Asks about a user, and writes what is to be written.
    pub(super) fn next(&mut self, user: UserId, body: &AuthRequest) -> Outcome {
        let outcome = self.at(user).next(body);
        self.rows.insert(user, self.case.row.clone());
        if self.rows[&user].is_empty() {
            self.rows.remove(&user);
        }
        outcome
    }

    pub(super) fn session(&mut self, user: UserId, text: &str) -> SessionProof {
        let proof = self.at(user).session(text);
        self.rows.insert(user, self.case.row.clone());
        proof
    }

    /// A manager as the newest row has him.
    pub(super) fn manager(&self, user: UserId, proof: &SessionProof) -> SignedOn {
        SignedOn {
            proof: proof.clone(),
            record: Bytes::new(self.rows[&user].clone()).unwrap(),
            signature: None,
        }
    }

    fn record(&self, user: UserId) -> UserRecord {
        user_of(&self.rows[&user])
    }

    /// A further manager with everything, signed on.
    pub(super) fn second(&mut self, proof: &SessionProof) -> SessionProof {
        let body = add(self.manager(FOUNDER, proof), &all());
        done(self.next(SECOND, &body));
        self.session(SECOND, CLERK)
    }
}

pub(super) fn add(manager: SignedOn, scope: &Scope) -> AuthRequest {
    AuthRequest::AddUser(AddUser {
        manager,
        password: password(CLERK),
        rights: scope.0,
        ceiling: Mills(scope.1),
        meters: scope.meters(),
    })
}

pub(super) fn set(manager: SignedOn, scope: &Scope) -> AuthRequest {
    AuthRequest::SetUser(SetUser {
        manager,
        rights: scope.0,
        ceiling: Mills(scope.1),
        meters: scope.meters(),
    })
}

#[test]
fn a_user_who_is_added_is_of_the_managers_account_p21() {
    let (mut account, proof) = Account::new();
    let body = add(account.manager(FOUNDER, &proof), &clerk());
    let delivery = done(account.next(SECOND, &body));
    let record = account.record(SECOND);
    assert_eq!(record.account, account_of(FOUNDER));
    assert_ne!(record.account, account_of(SECOND));
    assert_eq!((record.rights, record.ceiling), (clerk().0, Mills(1_000)));
    assert_eq!(record.meters.as_slice(), [MeterSerial(7)]);
    assert!(delivery.secret.is_empty());
    let decision = account.case.desk.decision(&delivery);
    assert_eq!(decision.decision, DecisionKind::AddUser);
    let order = UserOrder::from_bytes(delivery.evidence.as_slice()).unwrap();
    assert_eq!(
        decision.evidence,
        statement_digest(delivery.evidence.as_slice())
    );
    assert_eq!(
        (order.by, order.user, order.counter.0),
        (FOUNDER, SECOND, 1)
    );
    assert_eq!(order.account, record.account);
    let clear = CLERK.as_bytes();
    assert!(
        !delivery
            .evidence
            .as_slice()
            .windows(clear.len())
            .any(|part| part == clear)
    );
    // Signed on, the authority is of the manager's account, and of no more.
    let authority = account.session(SECOND, CLERK).authority.body;
    assert_eq!(authority.account, account_of(FOUNDER));
    assert_eq!(
        (authority.rights, authority.ceiling),
        (clerk().0, Mills(1_000))
    );
    assert_eq!(authority.meters.as_slice(), [MeterSerial(7)]);
    // Once.
    let body = add(account.manager(FOUNDER, &proof), &clerk());
    assert_eq!(refused(account.next(SECOND, &body)), RefusalCode::Exists);
}

#[test]
fn nobody_gives_what_he_has_not_himself_p21() {
    let (mut account, proof) = Account::new();
    let few = Scope(Rights::READ.with(Rights::MANAGE), 500, vec![7, 8]);
    let body = add(account.manager(FOUNDER, &proof), &few);
    done(account.next(SECOND, &body));
    let lesser = account.session(SECOND, CLERK);
    let manager = account.manager(SECOND, &lesser);
    for (name, scope, code) in [
        (
            "a right",
            Scope(Rights::DISPENSE, 1, vec![7]),
            RefusalCode::NotCovered,
        ),
        (
            "another meter",
            Scope(Rights::READ, 1, vec![7, 9]),
            RefusalCode::NotCovered,
        ),
        (
            "all meters",
            Scope(Rights::READ, 1, vec![]),
            RefusalCode::NotCovered,
        ),
        (
            "the ceiling",
            Scope(Rights::READ, 501, vec![8]),
            RefusalCode::Ceiling,
        ),
    ] {
        let body = add(manager.clone(), &scope);
        assert_eq!(refused(account.next(THIRD, &body)), code, "{name}");
    }
    assert_eq!(account.case.desk.status().subjects, 2);
    let body = add(manager, &Scope(Rights::READ, 500, vec![8]));
    done(account.next(THIRD, &body));
    // Nor does he take from somebody who has more.
    let manager = account.manager(SECOND, &lesser);
    let body = set(manager, &Scope(Rights::NONE, 0, vec![7]));
    assert_eq!(
        refused(account.next(FOUNDER, &body)),
        RefusalCode::NotCovered
    );
}

#[test]
fn who_orders_must_be_a_manager_now_and_of_the_same_account_p21() {
    let (mut account, proof) = Account::new();
    let body = add(account.manager(FOUNDER, &proof), &clerk());
    done(account.next(SECOND, &body));
    let as_clerk = account.session(SECOND, CLERK);
    let good = account.manager(FOUNDER, &proof);
    let stolen = SessionProof {
        secret: SessionSecret([6; 32]),
        ..proof.clone()
    };
    let mut raised = proof.clone();
    raised.authority.body.rights = Rights::ALL;
    raised.authority.body.ceiling = Mills(u64::MAX);
    let mut record = good.record.as_slice().to_vec();
    record[40] ^= 1;
    let altered = SignedOn {
        record: Bytes::new(record).unwrap(),
        ..good.clone()
    };
    let without_secret = SignedOn {
        proof: stolen,
        ..good.clone()
    };
    let forged = SignedOn {
        proof: raised,
        ..good.clone()
    };
    let others = SignedOn {
        record: account.manager(SECOND, &as_clerk).record,
        ..good.clone()
    };
    let none = SignedOn {
        record: Bytes::default(),
        ..good.clone()
    };
    let clerk_himself = account.manager(SECOND, &as_clerk);
    for (name, manager, code) in [
        ("no secret", without_secret, RefusalCode::SessionEnded),
        ("a forged authority", forged, RefusalCode::BadAuthority),
        ("an altered record", altered, RefusalCode::Altered),
        ("another's record", others, RefusalCode::Mismatch),
        ("no record", none, RefusalCode::Altered),
        ("no right to manage", clerk_himself, RefusalCode::NotCovered),
    ] {
        let body = add(manager.clone(), &clerk());
        assert_eq!(refused(account.next(THIRD, &body)), code, "{name}");
        let body = set(manager, &clerk());
        assert_eq!(refused(account.next(SECOND, &body)), code, "{name}");
    }
    // A manager of another account, who founded it.
    done(account.next(THIRD, &sign_up(RIGHT)));
    let stranger = account.session(THIRD, RIGHT);
    let body = set(account.manager(THIRD, &stranger), &clerk());
    assert_eq!(
        refused(account.next(SECOND, &body)),
        RefusalCode::NotCovered
    );
    assert_eq!(
        refused(account.next(FOUNDER, &body)),
        RefusalCode::NotCovered
    );
    account.case.desk.wait(5 * MINUTE);
    let body = set(good, &clerk());
    assert_eq!(
        refused(account.next(SECOND, &body)),
        RefusalCode::AuthorityExpired
    );
}

/// An authority outlives its rights by five minutes; an order about users does not.
#[test]
fn a_manager_who_was_disabled_orders_nothing_any_more_p21() {
    let (mut account, proof) = Account::new();
    let second = account.second(&proof);
    let earlier = account.manager(SECOND, &second);
    let body = set(
        account.manager(FOUNDER, &proof),
        &Scope(Rights::NONE, 0, vec![]),
    );
    let delivery = done(account.next(SECOND, &body));
    assert_eq!(
        account.case.desk.decision(&delivery).decision,
        DecisionKind::SetUser
    );
    assert_eq!(
        account.at(SECOND).check(&second),
        Ok(vec![]),
        "still in force"
    );
    let later = account.manager(SECOND, &second);
    for (name, manager, code) in [
        ("the record of before", earlier, RefusalCode::OrdererStale),
        ("the newest", later, RefusalCode::SessionEnded),
    ] {
        let body = add(manager.clone(), &clerk());
        assert_eq!(refused(account.next(THIRD, &body)), code, "{name}");
        let body = set(manager, &Scope(Rights::NONE, 0, vec![]));
        assert_eq!(refused(account.next(FOUNDER, &body)), code, "{name}");
    }
    // Nor is he let in again, and only who has the password is told why.
    let outcome = account.next(SECOND, &log_in(CLERK));
    assert_eq!(refused(outcome), RefusalCode::UserDisabled);
    failure(account.next(SECOND, &log_in(WRONG)));
    let body = set(account.manager(FOUNDER, &proof), &clerk());
    done(account.next(SECOND, &body));
    account.session(SECOND, CLERK);
}

#[test]
fn an_account_keeps_a_manager_p21() {
    let (mut account, proof) = Account::new();
    let body = set(account.manager(FOUNDER, &proof), &clerk());
    assert_eq!(
        refused(account.next(FOUNDER, &body)),
        RefusalCode::OwnRights
    );
    // Of two who would disable each other, the first one stays.
    let second = account.second(&proof);
    let none = Scope(Rights::NONE, 0, vec![]);
    let by_second = set(account.manager(SECOND, &second), &none);
    let by_first = set(account.manager(FOUNDER, &proof), &none);
    done(account.next(FOUNDER, &by_second));
    assert_eq!(
        refused(account.next(SECOND, &by_first)),
        RefusalCode::OrdererStale
    );
    assert_eq!(account.record(SECOND).rights, Rights::ALL);
    // Operators may give back what managers took.
    let act = account.at(FOUNDER).act(1, set_user(Rights::ALL, 700));
    done(account.next(FOUNDER, &AuthRequest::Act(act)));
    account.session(FOUNDER, RIGHT);
}

#[test]
fn an_order_ends_the_users_sessions_and_keeps_the_account() {
    let (mut account, proof) = Account::new();
    let body = add(account.manager(FOUNDER, &proof), &clerk());
    done(account.next(SECOND, &body));
    let session = account.session(SECOND, CLERK);
    let body = set(
        account.manager(FOUNDER, &proof),
        &Scope(Rights::READ, 5, vec![]),
    );
    done(account.next(SECOND, &body));
    let row = account.rows[&SECOND].clone();
    let code = account.at(SECOND).renew_with(&session, row).unwrap_err();
    assert_eq!(code, RefusalCode::SessionEnded);
    let record = account.record(SECOND);
    assert_eq!((record.rights, record.ceiling), (Rights::READ, Mills(5)));
    assert!(record.meters.as_slice().is_empty());
    assert_eq!(record.account, account_of(FOUNDER));
    assert_ne!(record.account, AccountId::ZERO);
}

#[test]
fn an_open_order_is_given_again_to_who_proves_himself_p17() {
    let (mut account, proof) = Account::new();
    let first = add(account.manager(FOUNDER, &proof), &clerk());
    let case = account.at(SECOND);
    let made = done(case.ask("once", &first));
    assert_eq!(done(case.ask("once", &first)), made);
    // Not the same password; another request on a subject that has no record yet.
    let AuthRequest::AddUser(asked) = &first else {
        unreachable!()
    };
    let other = AuthRequest::AddUser(AddUser {
        password: password(RIGHT),
        ..asked.clone()
    });
    assert!(matches!(case.ask("once", &other), Outcome::Open(_)));
    assert_eq!(refused(case.ask("twice", &first)), RefusalCode::Exists);
    account.rows.insert(SECOND, made.record.as_slice().to_vec());
    let order = set(
        account.manager(FOUNDER, &proof),
        &Scope(Rights::READ, 5, vec![7]),
    );
    let stolen = {
        let mut manager = account.manager(FOUNDER, &proof);
        manager.proof.secret = SessionSecret([6; 32]);
        set(manager, &Scope(Rights::READ, 5, vec![7]))
    };
    let case = account.at(SECOND);
    let set = done(case.ask("set", &order));
    assert!(matches!(case.ask("set", &stolen), Outcome::Open(_)));
    assert_eq!(done(case.ask("set", &order)), set);
    assert!(matches!(case.ask("other", &order), Outcome::Open(_)));
}
