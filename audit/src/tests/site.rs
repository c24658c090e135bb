//! A small installation, written row by row as its boxes and servers would have: one user, one
//! meter with three items of two requests, the account's chain, two verifiers, one pack.

use super::ceremony::{ceremony, certificate, limits, new_chain, new_meter, new_user};
use super::keys::Key;
use item::*;
use rusqlite::{Connection, params};
use verify::{Tag, account_of, digest, fingerprint, record_digest, statement_digest};

pub(super) const START: u64 = 1_790_000_000_000;
pub(super) const METER: MeterSerial = MeterSerial(4_711);
pub(super) const USER: UserId = UserId([7; 16]);
pub(super) const INSTALLATION: InstallationId = InstallationId([1; 16]);
const SCHEMA: [&str; 9] = [
    include_str!("../../../db/sqlite/0001_first.sql"),
    include_str!("../../../db/sqlite/0002_accounts.sql"),
    include_str!("../../../db/sqlite/0003_credits.sql"),
    include_str!("../../../db/sqlite/0004_epochs.sql"),
    include_str!("../../../db/sqlite/0005_books.sql"),
    include_str!("../../../db/sqlite/0006_licences.sql"),
    include_str!("../../../db/sqlite/0007_totals.sql"),
    include_str!("../../../db/sqlite/0008_answers.sql"),
    include_str!("../../../db/sqlite/0009_items.sql"),
];

/// What a box or key holder does otherwise than it should, before it signs.
#[derive(Clone, Copy)]
pub(super) struct Hooks {
    pub(super) decision: fn(&mut Decision),
    pub(super) item: fn(&mut ItemRecord),
    pub(super) payload: fn(&mut Payload),
    pub(super) credit: fn(&mut CreditEvidence),
    pub(super) receipt: fn(&mut ManufactureReceipt),
    pub(super) scan: fn(&mut AcceptanceScan),
    pub(super) checkpoint: fn(&mut Checkpoint),
    pub(super) approval: fn(&mut CreditApproval),
    pub(super) credited: fn(&mut CreditedItem),
}

pub(super) const HONEST: Hooks = Hooks {
    decision: |_| {},
    item: |_| {},
    payload: |_| {},
    credit: |_| {},
    receipt: |_| {},
    scan: |_| {},
    checkpoint: |_| {},
    approval: |_| {},
    credited: |_| {},
};

pub(super) struct Site {
    pub(super) hooks: Hooks,
    pub(super) connection: Connection,
    pub(super) transcript: Vec<u8>,
    pub(super) root: Digest,
    pub(super) installation: verify::Installation,
    pub(super) treasury: [Key; 2],
    pub(super) refunders: [Key; 2],
    pub(super) operators: [Key; 2],
    pub(super) decision_key: Key,
    pub(super) item_key: Key,
    pub(super) receipt_key: Key,
    pub(super) verifiers: [Key; 2],
    pub(super) time: u64,
    pub(super) sequence: u64,
    /// Records as they are now, with their subjects' decision counts.
    pub(super) meter: MeterRecord,
    pub(super) meter_bytes: Vec<u8>,
    pub(super) user: UserRecord,
    pub(super) user_bytes: Vec<u8>,
    pub(super) chain: ChainRecord,
    pub(super) chain_bytes: Vec<u8>,
    pub(super) credited: CreditedList,
    entry: Digest,
    /// Added to the numbers of certificates.
    later: u32,
}

pub(super) fn sealed<T: Layout>(body: &T) -> Vec<u8> {
    let mut bytes = body.to_bytes();
    bytes.extend_from_slice(&[0xaa; 32]);
    bytes
}

/// What is added to the number of a certificate in the second epoch.
const LATER: u32 = 100;

impl Site {
    /// Certificate of a decision key: the code of the kind of box, in the first epoch.
    pub(super) fn decision_serial(&self, kind: BoxKind) -> KeySerial {
        KeySerial(u32::from(kind.code()) + self.later)
    }

    /// Certificate of the item key.
    pub(super) fn item_serial(&self) -> KeySerial {
        KeySerial(5 + self.later)
    }

    /// Opens the next epoch; what is decided from now on is of it.
    pub(super) fn next_epoch(&mut self) {
        let root = Key::new(1);
        let (epoch, starts) = (Epoch(202_610), Time(self.time + 1));
        let mut certificates = Vec::new();
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            let serial = u32::from(kind.code()) + LATER;
            let (key, usage) = (&self.decision_key, KeyUsage::Decision);
            certificates.push(certificate(&root, serial, kind, usage, key));
        }
        let (kind, usage) = (BoxKind::Meter, KeyUsage::Item);
        certificates.push(certificate(&root, 5 + LATER, kind, usage, &self.item_key));
        let certificates = certificates.into_iter().map(|signed| {
            root.sign(IssuingCertificate {
                epoch,
                not_before: starts,
                ..signed.body
            })
        });
        let opening = root.sign(EpochOpening {
            version: Version,
            descriptor: root.sign(EpochDescriptor {
                version: Version,
                installation: INSTALLATION,
                epoch,
                previous: Epoch(202_609),
                starts,
            }),
            act: Digest([4; 32]),
            certificates: List::new(certificates.collect()).unwrap(),
            packages: List::new(vec![PackageName {
                kind: BoxKind::Meter,
                id: BoxId(1),
                digest: Digest([5; 32]),
            }])
            .unwrap(),
        });
        self.insert(
            "INSERT INTO epochs VALUES (?1, ?2, ?3)",
            params![epoch.0, starts.0 as i64, opening.to_bytes()],
        );
        self.later = LATER;
        self.meter.epoch = epoch;
        self.user.epoch = epoch;
        self.chain.epoch = epoch;
    }
}

/// What a decision is about, apart from what follows from the record before.
pub(super) struct About {
    pub(super) kind: BoxKind,
    pub(super) decision: DecisionKind,
    pub(super) head: Digest,
    pub(super) evidence: Digest,
}

impl Site {
    pub(super) fn build() -> Self {
        Self::build_with(|_| ())
    }

    /// With an application for the meter's licence that was altered.
    pub(super) fn build_with(alter: impl FnOnce(&mut LicenceApplication)) -> Self {
        let mut site = Self::empty();
        site.sign_up();
        site.manufacture();
        let refused = site.apply(|application| application.time = Time(1));
        site.refuse(refused, refused);
        let application = site.apply(alter);
        for body in [
            ActBody::Register {
                origin: Zip(95_814),
                licensing: Zip(95_814),
            },
            ActBody::License {
                limits: limits(),
                inspection_due: Day::NONE,
                inspection_interval_days: 90,
                application,
            },
            ActBody::Activate,
        ] {
            site.act(body);
        }
        site.refill(Mills(10_000), 1);
        let log_in = site.decide_user(DecisionKind::LogIn);
        site.append(EventKind::LogIn, USER.subject(), log_in);
        site.dispense(&[(1, 2)]);
        site.report(|_| ());
        site.next_epoch();
        site.refill(Mills(500), 2);
        site.dispense(&[(2, 1)]);
        site.scan(0, 1, true, 1);
        site.scan(0, 2, true, 2);
        site.scan(1, 1, false, 3);
        site.pack();
        site
    }

    pub(super) fn empty() -> Self {
        let root = Key::new(1);
        let [decision_key, item_key, receipt_key, pack_key] = [2, 3, 4, 5].map(Key::new);
        let [operators, treasury, refunders, verifiers] =
            [[6, 7], [8, 9], [12, 13], [10, 11]].map(|s| s.map(Key::new));
        let body = ceremony(
            &root,
            &[
                (BoxKind::Keys, KeyUsage::Receipt, &receipt_key),
                (BoxKind::Auth, KeyUsage::Decision, &decision_key),
                (BoxKind::Meter, KeyUsage::Decision, &decision_key),
                (BoxKind::Transaction, KeyUsage::Decision, &decision_key),
                (BoxKind::Meter, KeyUsage::Item, &item_key),
                (BoxKind::Keys, KeyUsage::Pack, &pack_key),
            ],
            [&operators, &treasury, &refunders, &verifiers],
        );
        let transcript = root.sign(body).to_bytes();
        let pinned = fingerprint(&root.public());
        let connection = Connection::open_in_memory().unwrap();
        for schema in SCHEMA {
            connection.execute_batch(schema).unwrap();
        }
        connection
            .pragma_update(None, "user_version", SCHEMA.len() as i64)
            .unwrap();
        Self {
            hooks: HONEST,
            connection,
            installation: verify::Installation::open(&transcript, &pinned).unwrap(),
            transcript,
            root: pinned,
            treasury,
            refunders,
            operators,
            decision_key,
            item_key,
            receipt_key,
            verifiers,
            time: START,
            sequence: 0,
            meter: new_meter(),
            meter_bytes: Vec::new(),
            user: new_user(),
            user_bytes: Vec::new(),
            chain: new_chain(),
            chain_bytes: Vec::new(),
            credited: CreditedList::default(),
            entry: Digest::ZERO,
            later: 0,
        }
    }

    /// Signs and writes a decision; gives its digest and the record's bytes.
    pub(super) fn decide<T: Layout>(
        &mut self,
        about: About,
        subject: Subject,
        counter: Counter,
        old: &[u8],
        seal: impl FnOnce(Digest, Time) -> T,
    ) -> (Digest, Vec<u8>) {
        self.time += 1_000;
        self.sequence += 1;
        let mut body = Decision {
            version: Version,
            suite: Suite::Ed25519,
            key: self.decision_serial(about.kind),
            installation: INSTALLATION,
            box_kind: about.kind,
            box_id: BoxId(1),
            subject,
            decision: about.decision,
            counter,
            request: RequestId(digest(Tag::REQUEST, &[&self.sequence.to_le_bytes()]).0),
            old: if old.is_empty() {
                Digest::ZERO
            } else {
                record_digest(old)
            },
            new: Digest::ZERO,
            head: about.head,
            evidence: about.evidence,
            time: Time(self.time),
            journal_sequence: self.sequence,
        };
        (self.hooks.decision)(&mut body);
        let record = sealed(&seal(statement_digest(&body.to_bytes()), body.time));
        body.new = record_digest(&record);
        let request = body.request;
        let stored = self.decision_key.sign(body).to_bytes();
        let is_with_items = about.decision == DecisionKind::Dispense
            && self.keep_with_items(subject, counter, &stored);
        if !is_with_items {
            self.insert(
                "INSERT INTO decisions VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    about.kind.code(),
                    subject.0,
                    counter.0 as i64,
                    request.0,
                    stored
                ],
            );
        }
        (statement_digest(&stored), record)
    }

    /// Keeps a decision with the first of its items, if there are any.
    fn keep_with_items(&self, subject: Subject, counter: Counter, decision: &[u8]) -> bool {
        let Some(meter) = MeterSerial::of_subject(&subject) else {
            return false;
        };
        let rows = self.connection.execute(
            "UPDATE items SET decision = ?3 WHERE meter = ?1 AND piece_count =
             (SELECT min(piece_count) FROM items WHERE meter = ?1 AND counter = ?2)",
            params![meter.0, counter.0 as i64, decision],
        );
        rows.unwrap() == 1
    }

    pub(super) fn insert(&self, sql: &str, values: impl rusqlite::Params) {
        self.connection.execute(sql, values).unwrap();
    }

    pub(super) fn evidence(
        &self,
        kind: BoxKind,
        subject: Subject,
        counter: u64,
        bytes: &[u8],
    ) -> Digest {
        let digest = statement_digest(bytes);
        self.insert(
            "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5)",
            params![digest.0, kind.code(), subject.0, counter as i64, bytes],
        );
        digest
    }

    pub(super) fn decide_user(&mut self, decision: DecisionKind) -> Digest {
        self.decide_user_because(decision, Digest::ZERO)
    }

    pub(super) fn decide_user_because(
        &mut self,
        decision: DecisionKind,
        evidence: Digest,
    ) -> Digest {
        let about = About {
            kind: BoxKind::Auth,
            decision,
            head: Digest::ZERO,
            evidence,
        };
        self.user.counter.0 += 1;
        let mut record = self.user.clone();
        let old = std::mem::take(&mut self.user_bytes);
        let (made, bytes) =
            self.decide(about, USER.subject(), record.counter, &old, |link, time| {
                (record.last_decision, record.last_time) = (link, time);
                AuthRecord::User(record)
            });
        self.insert(
            "INSERT INTO users VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET counter = ?3, record = ?4",
            params![USER.0, account_of(USER).0, self.user.counter.0 as i64, bytes],
        );
        self.user_bytes = bytes;
        made
    }

    pub(super) fn sign_up(&mut self) {
        self.insert(
            "INSERT INTO signups VALUES (?1, ?2, 'somebody', 'Some Body', ?3, ?4, 1)",
            params![USER.0, account_of(USER).0, [2_u8; 32], self.time as i64],
        );
        let made = self.decide_user(DecisionKind::SignUp);
        self.append(EventKind::SignUp, USER.subject(), made);
    }

    pub(super) fn append(&mut self, event: EventKind, subject: Subject, made: Digest) {
        self.append_as(DecisionKind::Append, event, subject, made);
    }

    pub(super) fn append_as(
        &mut self,
        decision: DecisionKind,
        event: EventKind,
        subject: Subject,
        made: Digest,
    ) {
        let happened = Time(self.time);
        self.chain.counter.0 += 1;
        let entry = ChainEntry {
            version: Version,
            account: account_of(USER),
            sequence: self.chain.counter.0,
            event,
            subject,
            decision: made,
            happened,
            recorded: Time(self.time + 1_000),
            previous: self.entry,
        };
        let bytes = entry.to_bytes();
        self.entry = statement_digest(&bytes);
        self.insert(
            "INSERT INTO chain_entries VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                entry.account.0,
                entry.sequence as i64,
                event.code(),
                entry.recorded.0 as i64,
                bytes
            ],
        );
        let about = About {
            kind: BoxKind::Transaction,
            decision,
            head: self.entry,
            evidence: made,
        };
        self.chain.head = self.entry;
        let mut record = self.chain.clone();
        let old = std::mem::take(&mut self.chain_bytes);
        let (_, bytes) = self.decide(
            about,
            record.subject(),
            record.counter,
            &old,
            |link, time| {
                (record.last_decision, record.last_time) = (link, time);
                record
            },
        );
        self.insert(
            "INSERT INTO chains VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET counter = ?2, record = ?3",
            params![account_of(USER).0, self.chain.counter.0 as i64, bytes],
        );
        self.chain_bytes = bytes;
    }
}
