//! The rules in a real keeper, with decisions that the keys of auth and meter boxes signed.

mod chains;
#[path = "../../../auth/src/tests/house.rs"]
mod house;
mod refusals;

use crate::TransactionRules;
use house::{Desk, House, START, done, request_id, unlock};
use item::{
    AccountId, BoxId, BoxKind, Bytes, ChainEntry, ChainRecord, Counter, Decision, DecisionKind,
    Digest, EventKind, KeySerial, KeyUsage, Layout, MeterSerial, Sealed, Signed, Subject, Suite,
    Time, UserId, Version,
};
use vault::{BoxPackage, SigningKey};
use verify::account_of;
use wire::{Append, ChainRequest, Delivery, Outcome};

const FOUNDER: UserId = UserId([1; 16]);
const METER: MeterSerial = MeterSerial(12);

/// The key with which boxes of this kind sign decisions.
fn decision_key(house: &House, kind: BoxKind) -> (KeySerial, SigningKey) {
    let opened = unlock(kind).enrolment().unwrap();
    let package = opened.open(house.sealed_package(kind)).unwrap();
    let package = BoxPackage::from_bytes(&package).unwrap();
    package.signing_key(KeyUsage::Decision).unwrap()
}

/// A transaction box, and a database that holds one account's chain.
struct Case {
    house: House,
    desk: Desk<TransactionRules>,
    account: AccountId,
    /// The chain's row; empty before its first entry.
    row: Vec<u8>,
    newest: Option<ChainEntry>,
    requests: u32,
}

impl Case {
    /// No chain yet.
    fn empty() -> Self {
        let house = House::new();
        Self {
            desk: house.start(TransactionRules::new),
            house,
            account: account_of(FOUNDER),
            row: Vec::new(),
            newest: None,
            requests: 0,
        }
    }

    /// With the founder's sign-up chained.
    fn new() -> Self {
        let mut case = Self::empty();
        let founding = case.founding();
        let delivery = done(case.ask("found", &founding));
        case.write(&delivery);
        case
    }

    /// A decision as a box of this kind would make it.
    fn body(&self, kind: BoxKind, decision: DecisionKind) -> Decision {
        Decision {
            version: Version,
            suite: Suite::Ed25519,
            key: decision_key(&self.house, kind).0,
            installation: self.house.installation.transcript().installation,
            box_kind: kind,
            box_id: BoxId(1),
            subject: match kind {
                BoxKind::Meter => METER.subject(),
                BoxKind::Keys | BoxKind::Auth | BoxKind::Transaction => FOUNDER.subject(),
            },
            decision,
            counter: Counter(1),
            request: request_id("of the box"),
            old: Digest::ZERO,
            new: Digest([3; 32]),
            head: Digest::ZERO,
            evidence: Digest::ZERO,
            time: Time(START + 7),
            journal_sequence: 1,
        }
    }

    fn sign(&self, kind: BoxKind, body: Decision) -> Signed<Decision> {
        decision_key(&self.house, kind).1.sign_body(body).unwrap()
    }

    /// An append behind the newest entry.
    fn append(&self, event: EventKind, kind: BoxKind, decision: DecisionKind) -> Append {
        Append {
            previous: self.newest.clone(),
            event,
            decision: self.sign(kind, self.body(kind, decision)),
            record: Bytes::default(),
        }
    }

    fn founding(&self) -> Append {
        self.append(EventKind::SignUp, BoxKind::Auth, DecisionKind::SignUp)
    }

    fn log_in(&self) -> Append {
        self.append(EventKind::LogIn, BoxKind::Auth, DecisionKind::LogIn)
    }

    fn subject(&self) -> Subject {
        self.account.subject()
    }

    /// Asks under a name, and does not write the answer.
    fn ask(&mut self, request: &str, append: &Append) -> Outcome {
        let body = ChainRequest::Append(append.clone()).to_bytes();
        let row = self.row.clone();
        self.desk
            .decide(self.account.subject(), &row, request, &body)
    }

    /// Asks under a new name.
    fn next(&mut self, append: &Append) -> Outcome {
        self.requests += 1;
        let name = format!("request {}", self.requests);
        self.ask(&name, append)
    }

    fn write(&mut self, delivery: &Delivery) {
        self.row = delivery.record.as_slice().to_vec();
        self.newest = Some(entry_of(delivery));
    }

    fn record(&self) -> ChainRecord {
        Sealed::<ChainRecord>::from_bytes(&self.row).unwrap().body
    }
}

/// The one entry of a delivery.
#[track_caller]
fn entry_of(delivery: &Delivery) -> ChainEntry {
    let [row] = delivery.rows.as_slice() else {
        panic!("not one row: {delivery:?}");
    };
    ChainEntry::from_bytes(row.as_slice()).unwrap()
}
