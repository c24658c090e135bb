//! Further users of an account: added and changed by a manager, and what else may stand there.

use super::ceremony::new_user;
use super::flips::flip_all_of;
use super::site::{About, USER};
use super::{Code, Site, audit_rows, codes};
use item::*;
use rusqlite::params;
use verify::account_of;

const CLERK: UserId = UserId([8; 16]);

/// The further user of a site: the record as it is now.
struct Clerk {
    record: UserRecord,
    bytes: Vec<u8>,
}

fn order(counter: u64, rights: Rights) -> UserOrder {
    UserOrder {
        version: Version,
        account: account_of(USER),
        by: USER,
        user: CLERK,
        counter: Counter(counter),
        rights,
        ceiling: Mills(100),
        meters: List::default(),
    }
}

impl Clerk {
    fn added(site: &mut Site, order: &UserOrder) -> Self {
        site.insert(
            "INSERT INTO signups VALUES (?1, ?2, 'clerk', 'A Clerk', ?3, ?4, 1)",
            params![CLERK.0, account_of(USER).0, [2_u8; 32], site.time as i64],
        );
        let record = UserRecord {
            user: CLERK,
            account: account_of(USER),
            ..new_user()
        };
        let mut clerk = Self {
            record,
            bytes: Vec::new(),
        };
        clerk.ordered(site, DecisionKind::AddUser, EventKind::UserAdded, order);
        clerk
    }

    /// What the box makes of an order, whatever the order is.
    fn ordered(
        &mut self,
        site: &mut Site,
        decision: DecisionKind,
        event: EventKind,
        order: &UserOrder,
    ) {
        self.record.counter.0 += 1;
        self.record.rights = order.rights;
        self.record.ceiling = order.ceiling;
        let counter = self.record.counter;
        let evidence = site.evidence(BoxKind::Auth, CLERK.subject(), counter.0, &order.to_bytes());
        let about = About {
            kind: BoxKind::Auth,
            decision,
            head: Digest::ZERO,
            evidence,
        };
        let mut record = self.record.clone();
        let old = std::mem::take(&mut self.bytes);
        let (made, bytes) = site.decide(about, CLERK.subject(), counter, &old, |link, time| {
            (record.last_decision, record.last_time) = (link, time);
            AuthRecord::User(record)
        });
        site.insert(
            "INSERT INTO users VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET counter = ?3, record = ?4",
            params![CLERK.0, account_of(USER).0, counter.0 as i64, bytes],
        );
        self.bytes = bytes;
        site.append(event, CLERK.subject(), made);
    }
}

fn staffed() -> (Site, Clerk) {
    let mut site = Site::build();
    let mut clerk = Clerk::added(&mut site, &order(1, Rights::READ));
    let second = order(2, Rights::DISPENSE);
    let (kind, event) = (DecisionKind::SetUser, EventKind::UserChanged);
    clerk.ordered(&mut site, kind, event, &second);
    (site, clerk)
}

#[test]
fn a_further_user_is_followed_from_order_to_order() {
    let (site, _) = staffed();
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(report.notices, []);
    assert_eq!(report.counts.users, 2);
}

#[test]
fn every_byte_of_a_further_user_counts() {
    let (site, _) = staffed();
    flip_all_of(&site, &["signups", "users"]);
}

#[test]
fn what_no_manager_ordered_is_named() {
    type Alter = fn(&mut UserOrder);
    let cases: [(&str, Alter, Code); 5] = [
        (
            "by nobody",
            |o| o.by = UserId([99; 16]),
            Code::EvidenceDiffers,
        ),
        ("by the user", |o| o.by = CLERK, Code::EvidenceDiffers),
        ("about another", |o| o.user = USER, Code::EvidenceDiffers),
        (
            "of another counter",
            |o| o.counter = Counter(9),
            Code::EvidenceDiffers,
        ),
        (
            "of another account",
            |o| o.account = AccountId([9; 16]),
            Code::EvidenceDiffers,
        ),
    ];
    for (name, alter, expected) in cases {
        let (mut site, mut clerk) = staffed();
        let mut bad = order(3, Rights::READ);
        alter(&mut bad);
        let (kind, event) = (DecisionKind::SetUser, EventKind::UserChanged);
        clerk.ordered(&mut site, kind, event, &bad);
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&expected), "{name}: {found:?}");
    }
    // The record says something else than was ordered.
    let (mut site, mut clerk) = staffed();
    clerk.record.meters = List::new(vec![MeterSerial(1)]).unwrap();
    let (kind, event) = (DecisionKind::SetUser, EventKind::UserChanged);
    clerk.ordered(&mut site, kind, event, &order(3, Rights::READ));
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::StateDiffers), "{found:?}");
    let (site, _) = staffed();
    let gone = "DELETE FROM evidence WHERE counter = 2 AND box_kind = 2";
    site.connection.execute_batch(gone).unwrap();
    let found = codes(&audit_rows(&site));
    assert_eq!(found, [Code::EvidenceMissing]);
}

#[test]
fn a_recovery_is_followed_from_its_beginning_to_its_end_p21() {
    type Alter = fn(&mut UserRecord);
    let begin = |site: &mut Site, clerk: &mut Clerk, counter| {
        clerk.record.recovery = Digest([5; 32]);
        clerk.record.recovery_from = Time(9);
        let (kind, event) = (DecisionKind::BeginRecovery, EventKind::UserChanged);
        clerk.ordered(site, kind, event, &order(counter, Rights::DISPENSE));
    };
    let finish = |site: &mut Site, clerk: &mut Clerk, alter: Alter| {
        (clerk.record.recovery, clerk.record.recovery_from) = (Digest::ZERO, Time(0));
        alter(&mut clerk.record);
        let (kind, event) = (DecisionKind::FinishRecovery, EventKind::UserChanged);
        clerk.ordered(site, kind, event, &order(4, Rights::DISPENSE));
    };
    let (mut site, mut clerk) = staffed();
    begin(&mut site, &mut clerk, 3);
    let report = audit_rows(&site);
    assert_eq!((report.problems, report.notices), (vec![], vec![]));
    for (name, alter, good) in [
        ("ended", (|_| {}) as Alter, true),
        ("still open", |r| r.recovery = Digest([5; 32]), false),
        ("a time is left", |r| r.recovery_from = Time(9), false),
    ] {
        let (mut site, mut clerk) = staffed();
        begin(&mut site, &mut clerk, 3);
        finish(&mut site, &mut clerk, alter);
        let found = codes(&audit_rows(&site));
        assert_eq!(
            found.contains(&Code::StateDiffers),
            !good,
            "{name}: {found:?}"
        );
    }
    // Begun by the user himself: whoever signs on with the row calls it his own.
    let (mut site, mut clerk) = staffed();
    let mut own = order(3, Rights::DISPENSE);
    own.by = CLERK;
    clerk.record.recovery = Digest([5; 32]);
    clerk.record.recovery_from = Time(9);
    let (kind, event) = (DecisionKind::BeginRecovery, EventKind::UserChanged);
    clerk.ordered(&mut site, kind, event, &own);
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::EvidenceDiffers), "{found:?}");
}

#[test]
fn a_users_own_key_that_nobody_set_is_named_p20() {
    let key = PublicKey::new(Suite::Ed25519, &[7; 32]).unwrap();
    for (decision, good) in [
        (DecisionKind::SetSigningKey, true),
        (DecisionKind::PasswordChange, false),
        (DecisionKind::FinishRecovery, false),
    ] {
        let (mut site, mut clerk) = staffed();
        clerk.record.signing_key = Some(key.clone());
        let said = order(3, Rights::DISPENSE);
        clerk.ordered(&mut site, decision, EventKind::UserChanged, &said);
        let found = codes(&audit_rows(&site));
        let named = found.contains(&Code::StateDiffers);
        assert_eq!(named, !good, "{decision:?}: {found:?}");
    }
}

const KEY: ApiKeyId = ApiKeyId([6; 16]);

/// A key of the clerk's, made, rolled, used and revoked; `alter` is the box's fault at the last step.
fn with_key(site: &mut Site, alter: fn(&mut ApiKeyRecord)) {
    site.insert(
        "INSERT INTO api_keys VALUES (?1, ?2, ?3, 'shop', ?4, ?5)",
        params![
            KEY.0,
            account_of(USER).0,
            CLERK.0,
            [2_u8; 32],
            site.time as i64
        ],
    );
    let mut record = ApiKeyRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_609),
        key: KEY,
        account: account_of(USER),
        user: CLERK,
        rights: Rights::READ,
        ceiling: Mills(10),
        meters: List::default(),
        secret: Digest([1; 32]),
        previous: Digest::ZERO,
        previous_until: Time(0),
        expires: Time(0),
        revoked: false,
        last_used: Day::NONE,
        act_sequence: 0,
        counter: Counter(0),
        last_time: Time(0),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    let mut old = Vec::new();
    let today = Day::of_time(Time(site.time));
    for decision in [
        DecisionKind::AddKey,
        DecisionKind::UseKey,
        DecisionKind::RollKey,
        DecisionKind::RevokeKey,
    ] {
        record.counter.0 += 1;
        match decision {
            DecisionKind::UseKey => record.last_used = today,
            DecisionKind::RollKey => record.previous = Digest([1; 32]),
            DecisionKind::RevokeKey => {
                record.revoked = true;
                alter(&mut record);
            }
            _ => {}
        }
        let about = About {
            kind: BoxKind::Auth,
            decision,
            head: Digest::ZERO,
            evidence: Digest::ZERO,
        };
        let mut made = record.clone();
        let counter = record.counter;
        let (digest, bytes) = site.decide(about, KEY.subject(), counter, &old, |link, time| {
            (made.last_decision, made.last_time) = (link, time);
            AuthRecord::Key(made)
        });
        site.insert(
            "INSERT INTO api_key_records VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET counter = ?3, record = ?4",
            params![KEY.0, account_of(USER).0, counter.0 as i64, bytes],
        );
        old = bytes;
        let event = match decision {
            DecisionKind::AddKey => EventKind::KeyAdded,
            DecisionKind::RollKey => EventKind::KeyRolled,
            DecisionKind::RevokeKey => EventKind::KeyRevoked,
            _ => continue,
        };
        site.append(event, KEY.subject(), digest);
    }
}

#[test]
fn a_key_is_followed_and_every_byte_of_it_counts() {
    let (mut site, _) = staffed();
    with_key(&mut site, |_| {});
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(report.notices, []);
    assert_eq!((report.counts.users, report.counts.api_keys), (2, 1));
    flip_all_of(&site, &["api_keys", "api_key_records"]);
}

#[test]
fn what_no_decision_made_of_a_key_is_named() {
    type Alter = fn(&mut ApiKeyRecord);
    let cases: [(&str, Alter); 4] = [
        ("not revoked", |key| key.revoked = false),
        ("managing", |key| key.rights = Rights::MANAGE),
        ("an act", |key| key.act_sequence = 1),
        ("another user's", |key| key.user = UserId([99; 16])),
    ];
    for (name, alter) in cases {
        let (mut site, _) = staffed();
        with_key(&mut site, alter);
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&Code::StateDiffers), "{name}: {found:?}");
    }
    // A row that somebody put there, with nothing behind it.
    let (mut site, _) = staffed();
    with_key(&mut site, |_| {});
    let copy = "INSERT INTO api_key_records SELECT zeroblob(16), account, counter, record
                FROM api_key_records";
    site.connection.execute_batch(copy).unwrap();
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::DecisionsMissing), "{found:?}");
}
