//! A small installation, written row by row as its boxes and servers would have: one user, one
//! meter with three items of two requests, the account's chain, two verifiers, one pack.

use super::keys::{Key, sign_together};
use item::*;
use rusqlite::{Connection, params};
use verify::{Tag, account_of, digest, fingerprint, record_digest, statement_digest};

pub(super) const START: u64 = 1_790_000_000_000;
pub(super) const METER: MeterSerial = MeterSerial(4_711);
pub(super) const USER: UserId = UserId([7; 16]);
const INSTALLATION: InstallationId = InstallationId([1; 16]);
const SCHEMA: &str = include_str!("../../../db/sqlite/0001_first.sql");

pub(super) struct Site {
    pub(super) connection: Connection,
    pub(super) transcript: Vec<u8>,
    pub(super) root: Digest,
    pub(super) installation: verify::Installation,
    pub(super) treasury: [Key; 2],
    pub(super) operators: [Key; 2],
    pub(super) decision_key: Key,
    item_key: Key,
    receipt_key: Key,
    pub(super) verifiers: [Key; 2],
    pub(super) time: u64,
    pub(super) sequence: u64,
    /// Records as they are now, with their subjects' decision counts.
    pub(super) meter: MeterRecord,
    meter_bytes: Vec<u8>,
    user: UserRecord,
    user_bytes: Vec<u8>,
    chain: ChainRecord,
    chain_bytes: Vec<u8>,
    entry: Digest,
}

fn certificate(
    root: &Key,
    serial: u32,
    box_kind: BoxKind,
    usage: KeyUsage,
    key: &Key,
) -> Signed<IssuingCertificate> {
    root.sign(IssuingCertificate {
        version: Version,
        installation: INSTALLATION,
        serial: KeySerial(serial),
        box_kind,
        usage,
        epoch: Epoch(202_609),
        not_before: Time(START),
        not_after: Time(START + 1_000_000_000),
        key: key.public(),
    })
}

fn ceremony(
    root: &Key,
    site: &[(BoxKind, KeyUsage, &Key)],
    quorums: [&[Key; 2]; 3],
) -> TranscriptBody {
    let [operators, treasury, verifiers] = quorums;
    let quorum =
        |keys: &[Key; 2]| Quorum::new(2, keys.iter().map(Key::enrolled).collect()).unwrap();
    let certificates = site
        .iter()
        .zip(1..)
        .map(|((kind, usage, key), serial)| certificate(root, serial, *kind, *usage, key));
    let boxes = BoxKind::ALL.iter().map(|kind| EnrolledBox {
        kind: *kind,
        id: BoxId(1),
        enrolment: [3; 32],
        channel: root.public(),
    });
    TranscriptBody {
        version: Version,
        installation: INSTALLATION,
        name: Bytes::new(b"test".to_vec()).unwrap(),
        time: Time(START),
        config: Digest([5; 32]),
        root: root.public(),
        specimen: true,
        post: PostId(1),
        currency: Currency(840),
        vendor: Ascii::new(*b"IN").unwrap(),
        model: Ascii::new(*b"01").unwrap(),
        epoch: root.sign(EpochDescriptor {
            version: Version,
            installation: INSTALLATION,
            epoch: Epoch(202_609),
            previous: Epoch(202_609),
            starts: Time(START),
        }),
        certificates: List::new(certificates.collect()).unwrap(),
        operators: quorum(operators),
        treasury: quorum(treasury),
        verifiers: List::new(verifiers.iter().map(Key::enrolled).collect()).unwrap(),
        rate_signers: List::default(),
        boxes: List::new(boxes.collect()).unwrap(),
        servers: List::default(),
        vendor_key_check: Digest([8; 32]),
        postal_key_check: Digest([9; 32]),
    }
}

pub(super) fn sealed<T: Layout>(body: &T) -> Vec<u8> {
    let mut bytes = body.to_bytes();
    bytes.extend_from_slice(&[0xaa; 32]);
    bytes
}

/// Certificates of the decision keys: serial = code of the kind of box.
fn decision_serial(kind: BoxKind) -> KeySerial {
    KeySerial(u32::from(kind.code()))
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
        let mut site = Self::empty();
        site.sign_up();
        site.manufacture();
        for body in [
            ActBody::Register {
                origin: Zip(95_814),
                licensing: Zip(95_814),
            },
            ActBody::License {
                limits: limits(),
                inspection_due: Day::NONE,
            },
            ActBody::Activate,
        ] {
            site.act(body);
        }
        site.refill(Mills(10_000), 1);
        let log_in = site.decide_user(DecisionKind::LogIn);
        site.append(EventKind::LogIn, USER.subject(), log_in);
        site.dispense(&[(1, 2)]);
        site.refill(Mills(500), 2);
        site.dispense(&[(2, 1)]);
        site.scan(0, 1, true, 1);
        site.scan(0, 2, true, 2);
        site.scan(1, 1, false, 3);
        site.pack();
        site
    }

    fn empty() -> Self {
        let root = Key::new(1);
        let [decision_key, item_key, receipt_key, pack_key] = [2, 3, 4, 5].map(Key::new);
        let [operators, treasury, verifiers] = [[6, 7], [8, 9], [10, 11]].map(|s| s.map(Key::new));
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
            [&operators, &treasury, &verifiers],
        );
        let transcript = root.sign(body).to_bytes();
        let pinned = fingerprint(&root.public());
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        Self {
            connection,
            installation: verify::Installation::open(&transcript, &pinned).unwrap(),
            transcript,
            root: pinned,
            treasury,
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
            entry: Digest::ZERO,
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
            key: decision_serial(about.kind),
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
        let record = sealed(&seal(statement_digest(&body.to_bytes()), body.time));
        body.new = record_digest(&record);
        let request = body.request;
        let stored = self.decision_key.sign(body).to_bytes();
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
        (statement_digest(&stored), record)
    }

    pub(super) fn insert(&self, sql: &str, values: impl rusqlite::Params) {
        self.connection.execute(sql, values).unwrap();
    }

    fn evidence(&self, kind: BoxKind, subject: Subject, counter: u64, bytes: &[u8]) -> Digest {
        let digest = statement_digest(bytes);
        self.insert(
            "INSERT INTO evidence VALUES (?1, ?2, ?3, ?4, ?5)",
            params![digest.0, kind.code(), subject.0, counter as i64, bytes],
        );
        digest
    }

    pub(super) fn decide_user(&mut self, decision: DecisionKind) -> Digest {
        let about = About {
            kind: BoxKind::Auth,
            decision,
            head: Digest::ZERO,
            evidence: Digest::ZERO,
        };
        self.user.counter.0 += 1;
        let mut record = self.user.clone();
        let old = std::mem::take(&mut self.user_bytes);
        let (made, bytes) =
            self.decide(about, USER.subject(), record.counter, &old, |link, time| {
                (record.last_decision, record.last_time) = (link, time);
                record
            });
        self.insert(
            "INSERT INTO users VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET counter = ?3, record = ?4",
            params![USER.0, account_of(USER).0, self.user.counter.0 as i64, bytes],
        );
        self.user_bytes = bytes;
        made
    }

    fn sign_up(&mut self) {
        self.insert(
            "INSERT INTO signups VALUES (?1, ?2, 'somebody', 'Some Body', ?3, ?4, 1)",
            params![USER.0, account_of(USER).0, [2_u8; 32], self.time as i64],
        );
        let made = self.decide_user(DecisionKind::SignUp);
        self.append(EventKind::SignUp, USER.subject(), made);
    }

    pub(super) fn append(&mut self, event: EventKind, subject: Subject, made: Digest) {
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
            decision: DecisionKind::Append,
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

    /// Writes the meter record as it now stands, with its decision.
    pub(super) fn decide_meter(&mut self, decision: DecisionKind, evidence: Digest) -> Digest {
        self.meter.counter.0 += 1;
        let about = About {
            kind: BoxKind::Meter,
            decision,
            head: self.meter.item_head,
            evidence,
        };
        let mut record = self.meter.clone();
        let old = std::mem::take(&mut self.meter_bytes);
        let (made, bytes) = self.decide(
            about,
            METER.subject(),
            record.counter,
            &old,
            |link, time| {
                (record.last_decision, record.last_time) = (link, time);
                record
            },
        );
        let record = &self.meter;
        self.insert(
            "INSERT INTO meters VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET counter = ?3, state = ?4, balance_mills = ?5, record = ?6",
            params![
                METER.0,
                record.account.0,
                record.counter.0 as i64,
                record.state.code(),
                record.descending.0 as i64,
                bytes
            ],
        );
        self.meter_bytes = bytes;
        made
    }

    fn manufacture(&mut self) {
        let receipt = ManufactureReceipt {
            version: Version,
            suite: Suite::Ed25519,
            key: KeySerial(1),
            installation: INSTALLATION,
            epoch: Epoch(202_609),
            serial: METER,
            manufacturing_number: 1,
            account: account_of(USER),
            item_kind: ItemKind::Postage,
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"01").unwrap(),
            request: RequestId([1; 32]),
            time: Time(self.time),
            transcript: self.installation.digest(),
        };
        let bytes = self.receipt_key.sign(receipt).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), 1, &bytes);
        let made = self.decide_meter(DecisionKind::Manufacture, evidence);
        self.append(EventKind::MeterMade, METER.subject(), made);
    }

    pub(super) fn act(&mut self, body: ActBody) {
        let record = &mut self.meter;
        record.act_sequence += 1;
        match &body {
            ActBody::Register { origin, licensing } => {
                (record.origin, record.licensing) = (*origin, *licensing);
                record.state = MeterState::Registered;
            }
            ActBody::License { limits, .. } => {
                record.limits = *limits;
                record.state = MeterState::Licensed;
            }
            ActBody::Activate => record.state = MeterState::Active,
            _ => {}
        }
        let act = Act {
            version: Version,
            installation: INSTALLATION,
            box_kind: BoxKind::Meter,
            subject: METER.subject(),
            sequence: record.act_sequence,
            issued: Time(self.time),
            expires: Time(self.time + 3_600_000),
            body,
        };
        let counter = record.counter.0 + 1;
        let [a, b] = &self.operators;
        let bytes = sign_together(&[a, b], act).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter, &bytes);
        let made = self.decide_meter(DecisionKind::Act, evidence);
        self.append(EventKind::LifeCycle, METER.subject(), made);
    }

    /// A deposit; equal `payment` is the same payment.
    pub(super) fn refill(&mut self, amount: Mills, payment: u8) {
        let record = &mut self.meter;
        record.funding_sequence += 1;
        record.descending.0 += amount.0;
        record.deposits.0 += amount.0;
        let reference = digest(Tag::REFERENCE, &[&[payment]]);
        let credit = CreditEvidence {
            version: Version,
            kind: EvidenceKind::Deposit,
            installation: INSTALLATION,
            id: verify::evidence_id(METER, record.funding_sequence, &reference),
            meter: METER,
            funding_sequence: record.funding_sequence,
            amount,
            currency: Currency(840),
            reference,
            expires: Time(self.time + 3_600_000),
        };
        let counter = record.counter.0 + 1;
        let [a, b] = &self.treasury;
        let bytes = sign_together(&[a, b], credit).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter, &bytes);
        let made = self.decide_meter(DecisionKind::Refill, evidence);
        self.append(EventKind::Funding, METER.subject(), made);
    }

    /// One decision; for each request its key and number of items.
    pub(super) fn dispense(&mut self, requests: &[(u8, u32)]) {
        let counter = self.meter.counter.next().unwrap();
        let mut position = 0;
        for (key, pieces) in requests {
            let first_piece = self.meter.piece_count + 1;
            for _ in 0..*pieces {
                self.item(counter, position, *key);
                position += 1;
            }
            self.insert(
                "INSERT OR IGNORE INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    account_of(USER).0,
                    [*key; 32],
                    [*key; 32],
                    [*key; 32],
                    METER.0,
                    counter.0 as i64,
                    first_piece,
                    pieces
                ],
            );
        }
        self.decide_meter(DecisionKind::Dispense, Digest::ZERO);
    }

    fn item(&mut self, counter: Counter, position: u32, key: u8) {
        let time = Time(self.time + 1_000);
        let record = &mut self.meter;
        record.ascending.0 += 740;
        record.descending.0 -= 740;
        record.piece_count += 1;
        let mut payload = Payload {
            suite: Suite::Ed25519,
            key: KeySerial(5),
            vendor: record.vendor,
            model: record.model,
            meter: METER,
            ascending: record.ascending,
            value: Mills(740),
            mailing_day: Day::of_time(time),
            origin: record.origin,
            destination: 12_345,
            descending: record.descending,
            category: Ascii::new(*b"FCL ").unwrap(),
            kind: ItemKind::Postage,
            specimen: true,
            post: PostId(1),
            currency: Currency(840),
            piece_count: record.piece_count,
            address_digest: [4; 8],
            vendor_token: [1; 6],
            postal_token: [2; 6],
            signature: [0; 64],
        };
        let bytes = payload.to_bytes();
        payload.signature = self
            .item_key
            .signature(Tag::ITEM, &bytes[..Payload::SIGNED_MESSAGE]);
        let item = ItemRecord {
            version: Version,
            meter: METER,
            counter,
            position,
            request: RequestId([key; 32]),
            key_digest: Digest([key; 32]),
            body_digest: Digest([key; 32]),
            ascending: record.ascending,
            descending: record.descending,
            piece_count: record.piece_count,
            kind: ItemKind::Postage,
            category: payload.category,
            weight_milligrams: 20_000,
            value: Mills(740),
            mailing_day: payload.mailing_day,
            time,
            origin: payload.origin,
            destination: payload.destination,
            address_digest: payload.address_digest,
            user: USER,
            department: Department(0),
            batch: BatchId::ZERO,
            end_customer: EndCustomer(0),
            specimen: true,
            payload: Bytes::new(payload.to_bytes()).unwrap(),
            previous: record.item_head,
        };
        let bytes = item.to_bytes();
        record.item_head = statement_digest(&bytes);
        let piece = item.piece_count;
        self.insert(
            "INSERT INTO items VALUES (?1, ?2, ?3, ?4)",
            params![METER.0, piece, counter.0 as i64, bytes],
        );
    }

    /// A scan by verifier 0 or 1.
    pub(super) fn scan(&self, verifier: usize, piece: u32, first: bool, received: i64) {
        let key = &self.verifiers[verifier];
        let id = key.id();
        let before: Vec<Vec<u8>> = self
            .connection
            .prepare("SELECT scan FROM scans WHERE verifier = ?1 ORDER BY sequence")
            .unwrap()
            .query_map([id.0], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let item: Vec<u8> = self
            .connection
            .query_row(
                "SELECT item FROM items WHERE piece_count = ?1",
                [piece],
                |row| row.get(0),
            )
            .unwrap();
        let payload = ItemRecord::from_bytes(&item).unwrap().payload;
        let scan = AcceptanceScan {
            version: Version,
            installation: INSTALLATION,
            verifier: id,
            sequence: before.len() as u64 + 1,
            previous: before
                .last()
                .map_or(Digest::ZERO, |bytes| statement_digest(bytes)),
            meter: METER,
            piece_count: piece,
            payload: digest(Tag::PAYLOAD_DIGEST, &[payload.as_slice()]),
            place: Zip(95_814),
            time: Time(self.time),
            key_digest: digest(Tag::IDEMPOTENCY, &[&[before.len() as u8]]),
        };
        let (sequence, key_digest) = (scan.sequence as i64, scan.key_digest.0);
        self.insert(
            "INSERT INTO scans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id.0,
                sequence,
                METER.0,
                piece,
                first,
                received,
                key_digest,
                key.sign(scan).to_bytes()
            ],
        );
    }

    fn pack(&self) {
        let root = Key::new(1);
        let pack_key = Key::new(5);
        let body = PackBody {
            version: Version,
            installation: INSTALLATION,
            sequence: 1,
            issued: Time(self.time),
            expires: Time(self.time + 86_400_000),
            post: PostId(1),
            pack_certificate: certificate(&root, 6, BoxKind::Keys, KeyUsage::Pack, &pack_key),
            certificates: List::new(vec![certificate(
                &root,
                5,
                BoxKind::Meter,
                KeyUsage::Item,
                &self.item_key,
            )])
            .unwrap(),
            revoked: List::default(),
            voids: List::default(),
            closes: Digest::ZERO,
        };
        self.insert(
            "INSERT INTO packs VALUES (1, ?1)",
            [pack_key.sign(body).to_bytes()],
        );
    }

    /// A checkpoint of a kind that has one subject, which is all that this site has of any.
    pub(super) fn checkpoint(&self, kind: BoxKind) -> Vec<u8> {
        let (subject, counter, record) = match kind {
            BoxKind::Meter => (METER.subject(), self.meter.counter, &self.meter_bytes),
            BoxKind::Auth => (USER.subject(), self.user.counter, &self.user_bytes),
            _ => (self.chain.subject(), self.chain.counter, &self.chain_bytes),
        };
        let mut sums = Sums {
            subjects: 1,
            counters: counter.0,
            ..Sums::default()
        };
        if kind == BoxKind::Meter {
            sums.pieces = u64::from(self.meter.piece_count);
            sums.ascending = self.meter.ascending;
            sums.descending = self.meter.descending;
            sums.deposits = self.meter.deposits;
        }
        let short = record_digest(record).short();
        let body = Checkpoint {
            version: Version,
            suite: Suite::Ed25519,
            key: decision_serial(kind),
            installation: INSTALLATION,
            box_kind: kind,
            box_id: BoxId(1),
            journal_sequence: self.sequence,
            time: Time(self.time),
            sums,
            digest: verify::checkpoint_digest([(&subject, counter, short)]),
        };
        self.decision_key.sign(body).to_bytes()
    }
}

fn limits() -> Limits {
    Limits {
        item: Mills(5_000),
        day: Mills(50_000),
        month: Mills(500_000),
        descending: Mills(100_000),
    }
}

fn new_meter() -> MeterRecord {
    MeterRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_609),
        serial: METER,
        manufacturing_number: 1,
        account: account_of(USER),
        item_kind: ItemKind::Postage,
        post: PostId(1),
        currency: Currency(840),
        vendor: Ascii::new(*b"IN").unwrap(),
        model: Ascii::new(*b"01").unwrap(),
        state: MeterState::Manufactured,
        suspended: Suspension::NONE,
        counter: Counter(0),
        ascending: Mills::ZERO,
        descending: Mills::ZERO,
        piece_count: 0,
        deposits: Mills::ZERO,
        item_credits: Mills::ZERO,
        funding_sequence: 0,
        act_sequence: 0,
        credited_digest: Digest::ZERO,
        lowest_creditable_piece: 1,
        origin: Zip(0),
        licensing: Zip(0),
        token_keys: [[6; 60]; 2],
        limits: limits(),
        day: Day::NONE,
        day_used: Mills::ZERO,
        month: Epoch(202_609),
        month_used: Mills::ZERO,
        inspected: Day::NONE,
        inspection_due: Day::NONE,
        last_time: Time(0),
        last_decision: Digest::ZERO,
        item_head: Digest::ZERO,
        box_id: BoxId(1),
        specimen: true,
    }
}

fn new_user() -> UserRecord {
    UserRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_609),
        user: USER,
        account: account_of(USER),
        rights: Rights::ALL,
        ceiling: Mills(5_000),
        meters: List::default(),
        passwords: [1; UserRecord::PASSWORDS_PLAIN + 28],
        failed_attempts: 0,
        next_allowed: Time(0),
        last_challenge: Digest::ZERO,
        last_login: Time(0),
        session_generation: 0,
        act_sequence: 0,
        counter: Counter(0),
        last_time: Time(0),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    }
}

fn new_chain() -> ChainRecord {
    ChainRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_609),
        account: account_of(USER),
        counter: Counter(0),
        head: Digest::ZERO,
        last_time: Time(0),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    }
}
