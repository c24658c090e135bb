//! A data centre for tests: a real ceremony, and boxes with real state folders.
//!
//! Shared with the tests of `transaction`, which read this same file.

use item::{
    Act, ActBody, Ascii, BoxId, BoxKind, Bytes, Counter, Currency, Decision, EnrolledKey, KeyUsage,
    Layout, List, MultiSigned, PostId, PublicKey, Quorum, Reissue, RequestId, Subject, Suite, Time,
    Version,
};
use keeper::{Caller, Ground, Keeper, Now, Rules, Service, StartError};
use keys::{Plan, PlannedBox, hold};
use std::path::PathBuf;
use tempfile::TempDir;
use vault::{OsEntropy, Secret, SigningKey, UnlockedKeys};
use verify::{Installation, Tag, Tagged, key_id};
use wire::{Delivery, Entry, Memory, Outcome, RefusalCode, ReissueRequest, Reply, Request, Status};

/// When the ceremony was held: 15 September 2026.
pub(crate) const START: u64 = 1_789_430_400_000;
pub(crate) const MINUTE: u64 = 60_000;

/// What a ceremony left.
pub(crate) struct House {
    folder: TempDir,
    packages: Vec<(BoxKind, Vec<u8>)>,
    pub(crate) installation: Installation,
}

pub(crate) fn unlock(kind: BoxKind) -> UnlockedKeys {
    UnlockedKeys::new(&Secret::new([kind.code(); 32]), &mut OsEntropy).unwrap()
}

fn enrolled(name: &str, key: &PublicKey) -> EnrolledKey {
    EnrolledKey {
        name: Bytes::new(name.into()).unwrap(),
        key: key.clone(),
    }
}

/// The key of the one operator.
pub(crate) fn operator() -> SigningKey {
    SigningKey::from_seed(&Secret::new([77; 32])).unwrap()
}

impl House {
    /// Holds a ceremony with one operator, who is the treasury too.
    pub(crate) fn new() -> Self {
        let operator = operator();
        let quorum = Quorum::new(1, vec![enrolled("operator", operator.public())]).unwrap();
        let plan = Plan {
            name: Bytes::new(b"tests".to_vec()).unwrap(),
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"T1").unwrap(),
            suite: Suite::Ed25519,
            operators: quorum.clone(),
            treasury: quorum.clone(),
            refunders: quorum,
            verifiers: List::default(),
            rate_signers: List::default(),
            reporters: List::default(),
            credit_waiting_days: 10,
            credit_window_days: 60,
            servers: List::default(),
            boxes: BoxKind::ALL
                .iter()
                .map(|kind| PlannedBox {
                    kind: *kind,
                    id: BoxId(1),
                    enrolment: *unlock(*kind).enrolment().unwrap().public(),
                })
                .collect(),
        };
        let held = hold(
            &plan,
            "tests",
            &Secret::new([88; 32]),
            Time(START),
            &mut OsEntropy,
        )
        .unwrap();
        Self {
            folder: TempDir::new().unwrap(),
            packages: held
                .packages
                .into_iter()
                .map(|(planned, sealed)| (planned.kind, sealed))
                .collect(),
            installation: Installation::open(&held.transcript, &held.fingerprint).unwrap(),
        }
    }

    pub(crate) fn sealed_package(&self, kind: BoxKind) -> &[u8] {
        let (_, sealed) = self.packages.iter().find(|(k, _)| *k == kind).unwrap();
        sealed
    }

    /// The package of a box, as the box itself reads it.
    /// Makes and opens the box of these rules.
    pub(crate) fn start<R: Rules>(&self, rules: fn(&Ground) -> Result<R, StartError>) -> Desk<R> {
        let folder = self.folder.path().join(R::KIND.name());
        let now = Now {
            wall: Time(START),
            since_boot: 0,
        };
        let sealed = self.sealed_package(R::KIND);
        std::fs::create_dir(&folder).unwrap();
        Keeper::<R>::init(&folder, sealed, unlock(R::KIND), now, &mut OsEntropy).unwrap();
        let mut desk = Desk {
            keeper: None,
            folder,
            rules,
            now,
            installation: self.installation.clone(),
        };
        desk.restart();
        desk
    }
}

/// One box, and who asks it.
pub(crate) struct Desk<R: Rules> {
    keeper: Option<Keeper<R>>,
    folder: PathBuf,
    rules: fn(&Ground) -> Result<R, StartError>,
    pub(crate) now: Now,
    installation: Installation,
}

impl<R: Rules> Desk<R> {
    /// Ends the box without a word and opens its state again.
    pub(crate) fn restart(&mut self) {
        self.keeper = None;
        let keys = unlock(R::KIND);
        let entropy = Box::new(OsEntropy);
        let keeper = Keeper::open(&self.folder, keys, self.now, entropy, self.rules).unwrap();
        self.keeper = Some(keeper);
    }

    /// Lets time pass, milliseconds.
    pub(crate) fn wait(&mut self, milliseconds: u64) {
        self.now.wall.0 += milliseconds;
        self.now.since_boot += milliseconds;
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        let keeper = self.keeper.as_mut().unwrap();
        let pending = keeper.handle(Caller(0), request, self.now);
        let committed = keeper.commit().unwrap();
        pending.release(&committed).unwrap()
    }

    /// One entry.
    pub(crate) fn decide(
        &mut self,
        subject: Subject,
        shown: &[u8],
        request: &str,
        body: &[u8],
    ) -> Outcome {
        let entry = Entry {
            request: request_id(request),
            subject,
            shown: Bytes::new(shown.to_vec()).unwrap(),
            body: Bytes::new(body.to_vec()).unwrap(),
        };
        match self.ask(Request::Decide(List::new(vec![entry]).unwrap())) {
            Reply::Decided(outcomes) => outcomes.into_vec().remove(0),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn query(&mut self, body: &[u8]) -> Result<Vec<u8>, RefusalCode> {
        match self.ask(Request::Query(Bytes::new(body.to_vec()).unwrap())) {
            Reply::Answer(answer) => Ok(answer.into_vec()),
            Reply::Refused(refusal) => Err(refusal.code),
            other => panic!("{other:?}"),
        }
    }

    /// What the box remembers of a subject.
    pub(crate) fn recall(&mut self, subject: Subject) -> Memory {
        match self.ask(Request::Recall(subject)) {
            Reply::Memory(memory) => memory,
            other => panic!("{other:?}"),
        }
    }

    /// The act by which the operator has a record made again from the one of counter `shown`.
    pub(crate) fn reissue_act(&mut self, subject: Subject, shown: Counter) -> MultiSigned<Act> {
        let Memory { known, summary } = self.recall(subject);
        let body = Act {
            version: Version,
            installation: self.installation.transcript().installation,
            box_kind: R::KIND,
            subject,
            sequence: summary.act_sequence + 1,
            issued: self.now.wall,
            expires: Time(self.now.wall.0 + 60 * MINUTE),
            body: ActBody::Reissue(Reissue {
                shown,
                known,
                memory: summary,
            }),
        };
        let signature = operator().sign(Act::TAG, &body.to_bytes()).unwrap();
        MultiSigned {
            body,
            signatures: List::new(vec![(key_id(operator().public()), signature)]).unwrap(),
        }
    }

    pub(crate) fn reissue(&mut self, shown: &[u8], act: MultiSigned<Act>) -> Outcome {
        let shown = Bytes::new(shown.to_vec()).unwrap();
        match self.ask(Request::Reissue(ReissueRequest { shown, act })) {
            Reply::Decided(outcomes) => outcomes.into_vec().remove(0),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(Request::Status(wire::Nothing)) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// The decision of a delivery, its signature checked.
    pub(crate) fn decision(&self, delivery: &Delivery) -> Decision {
        let signed = item::Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
        let (serial, time) = (signed.body.key, signed.body.time);
        self.installation
            .open_statement(signed, serial, R::KIND, KeyUsage::Decision, time)
            .unwrap()
            .into_body()
    }
}

pub(crate) fn request_id(name: &str) -> RequestId {
    RequestId(verify::digest(Tag::REQUEST, &[name.as_bytes()]).0)
}

/// The delivery of something done.
#[track_caller]
pub(crate) fn done(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::Done(delivery) => *delivery,
        other => panic!("not done: {other:?}"),
    }
}

/// Why the whole entry is refused.
#[track_caller]
pub(crate) fn refused(outcome: Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused(refusal) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}
