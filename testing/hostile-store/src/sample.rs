//! Deliveries and scans as boxes and verifiers would make them, with dummy MACs and signatures.
//!
//! Not here: anything that a box or `verify` would accept. A store looks at layouts only.

use item::{
    AcceptanceScan, AccountId, Act, ActBody, ApiKeyId, ApiKeyRecord, Ascii, AuthRecord, BatchId,
    BoxId, BoxKind, Bytes, ChainEntry, ChainRecord, Counter, CreditedItem, Currency, Day, Decision,
    DecisionKind, Department, Digest, EndCustomer, Epoch, EventKind, InstallationId, ItemKind,
    ItemRecord, KeyId, KeySerial, Layout, Limits, List, MeterRecord, MeterSerial, MeterState,
    Mills, MultiSigned, PostId, Reissue, RequestId, Rights, Sealed, Signed, Subject, Suite,
    Summary, Suspension, Time, UserId, UserRecord, Version, Zip,
};
use store::{NewApiKey, NewScan, SignUp, Write};
use wire::{Delivery, OrderOutcome, Refusal, RefusalCode};

/// An account whose id is this byte, repeated.
#[must_use]
pub fn account(n: u8) -> AccountId {
    AccountId([n; 16])
}

/// A user whose id is this byte, repeated.
#[must_use]
pub fn user(n: u8) -> UserId {
    UserId([n; 16])
}

/// A digest that is this byte, repeated.
#[must_use]
pub fn digest(n: u8) -> Digest {
    Digest([n; 32])
}

/// A request whose id is this byte, repeated.
#[must_use]
pub fn request(n: u8) -> RequestId {
    RequestId([n; 32])
}

/// A sign-up of user `n` in account `n`.
#[must_use]
pub fn sign_up(n: u8, login: &str) -> SignUp {
    SignUp {
        user: user(n),
        account: account(n),
        login: login.to_owned(),
        display_name: format!("user {n}"),
        body_digest: digest(n),
        created: Time(u64::from(n)),
    }
}

/// One change of the record of user `n` in account `n`.
#[must_use]
pub fn user_write(n: u8, counter: u64) -> Write {
    let record = UserRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        user: user(n),
        account: account(n),
        rights: Rights::ALL,
        ceiling: Mills(1_000),
        meters: List::default(),
        passwords: [0; _],
        failed_attempts: 0,
        next_allowed: Time(0),
        last_challenge: Digest::ZERO,
        last_login: Time(counter),
        signing_key: None,
        recovery: Digest::ZERO,
        recovery_from: Time(0),
        session_generation: 0,
        act_sequence: 0,
        counter: Counter(counter),
        last_time: Time(counter),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    let subject = record.subject();
    write(
        BoxKind::Auth,
        subject,
        counter,
        sealed(AuthRecord::User(record)),
        Vec::new(),
        Vec::new(),
    )
}

/// Key `n`.
#[must_use]
pub fn api_key(n: u8) -> ApiKeyId {
    ApiKeyId([n; 16])
}

/// The name of key `n` of user `of` in account `of`.
#[must_use]
pub fn new_api_key(n: u8, of: u8) -> NewApiKey {
    NewApiKey {
        key: api_key(n),
        account: account(of),
        user: user(of),
        name: format!("key {n}"),
        body_digest: digest(n),
        created: Time(u64::from(n)),
    }
}

/// One change of the record of key `n` of user `of` in account `of`.
#[must_use]
pub fn api_key_write(n: u8, of: u8, counter: u64) -> Write {
    let record = ApiKeyRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        key: api_key(n),
        account: account(of),
        user: user(of),
        rights: Rights::DISPENSE,
        ceiling: Mills(1_000),
        meters: List::default(),
        secret: digest(n),
        previous: Digest::ZERO,
        previous_until: Time(0),
        expires: Time(0),
        revoked: false,
        last_used: Day::NONE,
        act_sequence: 0,
        counter: Counter(counter),
        last_time: Time(counter),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    let subject = record.subject();
    let record = sealed(AuthRecord::Key(record));
    write(
        BoxKind::Auth,
        subject,
        counter,
        record,
        Vec::new(),
        Vec::new(),
    )
}

/// The `sequence`th event of account `n`.
#[must_use]
pub fn chain_write(n: u8, sequence: u64) -> Write {
    let record = ChainRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        account: account(n),
        counter: Counter(sequence),
        head: Digest::ZERO,
        last_time: Time(sequence),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    let entry = ChainEntry {
        version: Version,
        account: account(n),
        sequence,
        event: EventKind::LogIn,
        subject: user(n).subject(),
        decision: digest(1),
        happened: Time(sequence),
        recorded: Time(sequence),
        previous: Digest::ZERO,
    };
    let subject = record.subject();
    write(
        BoxKind::Transaction,
        subject,
        sequence,
        sealed(record),
        vec![entry.to_bytes()],
        Vec::new(),
    )
}

/// One order of a dispense.
#[derive(Debug, Clone, Copy)]
pub struct SampleOrder {
    /// Byte of the idempotency key's digest, and of the request id.
    pub key: u8,
    /// Byte of the body's digest.
    pub body: u8,
    /// Items; 0 is a refused order.
    pub pieces: u32,
}

/// One change of a meter of account `n`: orders dispensed behind `piece_count` earlier items.
#[must_use]
pub fn meter_write(
    serial: u32,
    n: u8,
    counter: u64,
    piece_count: u32,
    orders: &[SampleOrder],
) -> Write {
    let mut rows = Vec::new();
    let mut outcomes = Vec::new();
    let mut made = 0;
    for order in orders {
        let result = if order.pieces == 0 {
            Err(Refusal::from(RefusalCode::Funds))
        } else {
            Ok((made, order.pieces))
        };
        outcomes.push(OrderOutcome {
            request: request(order.key),
            result,
        });
        for _ in 0..order.pieces {
            let piece = piece_count + made + 1;
            rows.push(item(serial, counter, made, piece, *order).to_bytes());
            made += 1;
        }
    }
    let record = meter(serial, n, counter, piece_count + made);
    let subject = record.subject();
    write(
        BoxKind::Meter,
        subject,
        counter,
        sealed(record),
        rows,
        outcomes,
    )
}

/// The same delivery with evidence of this digest byte.
#[must_use]
pub fn with_evidence(mut write: Write, digest_byte: u8, evidence: &[u8]) -> Write {
    let mut decision: Signed<Decision> = layout(write.delivery.decision.as_slice());
    decision.body.evidence = digest(digest_byte);
    write.delivery.decision = bytes(decision.to_bytes());
    write.delivery.evidence = bytes(evidence.to_vec());
    write
}

/// The same change of a user's record, in another account than the user's own.
#[must_use]
pub fn with_account(mut write: Write, account: AccountId) -> Write {
    let mut record: Sealed<AuthRecord> = layout(write.delivery.record.as_slice());
    if let AuthRecord::User(user) = &mut record.body {
        user.account = account;
    }
    write.delivery.record = bytes(record.to_bytes());
    write
}

/// The first change of a meter, by an act of licence that names an application; and the act's digest.
#[must_use]
pub fn licensed_write(serial: u32, n: u8, application: Digest) -> (Write, Digest) {
    let mut write = meter_write(serial, n, 1, 0, &[]);
    let mut decision: Signed<Decision> = layout(write.delivery.decision.as_slice());
    decision.body.decision = DecisionKind::Act;
    decision.body.evidence = digest(98);
    let body = Act {
        version: Version,
        installation: InstallationId::ZERO,
        box_kind: write.box_kind,
        subject: write.delivery.subject,
        sequence: 1,
        issued: Time(0),
        expires: Time(1),
        body: ActBody::License {
            limits: Limits {
                item: Mills(1),
                day: Mills(1),
                month: Mills(1),
                descending: Mills(1),
            },
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            application,
        },
    };
    let signatures = fits(List::new(vec![(KeyId([1; 8]), [7; 64])]));
    write.delivery.decision = bytes(decision.to_bytes());
    write.delivery.evidence = bytes(MultiSigned { body, signatures }.to_bytes());
    (write, digest(98))
}

/// The same delivery for another request, as a twin of the box would make it.
#[must_use]
pub fn with_request(mut write: Write, request_byte: u8) -> Write {
    let mut decision: Signed<Decision> = layout(write.delivery.decision.as_slice());
    decision.body.request = request(request_byte);
    write.delivery.decision = bytes(decision.to_bytes());
    write.delivery.request = request(request_byte);
    write
}

/// A scan by verifier `verifier` under key byte `key`.
#[must_use]
pub fn scan(verifier: u8, sequence: u64, meter: u32, piece_count: u32, key: u8) -> NewScan {
    NewScan {
        scan: Signed {
            body: AcceptanceScan {
                version: Version,
                installation: InstallationId::ZERO,
                verifier: KeyId([verifier; 8]),
                sequence,
                previous: Digest::ZERO,
                meter: MeterSerial(meter),
                piece_count,
                payload: Digest::ZERO,
                place: Zip(12_345),
                time: Time(sequence),
                key_digest: digest(key),
            },
            signature: [verifier; 64],
        },
        received: Time(sequence),
        sound: true,
    }
}

fn meter(serial: u32, n: u8, counter: u64, piece_count: u32) -> MeterRecord {
    MeterRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: Epoch(202_611),
        serial: MeterSerial(serial),
        manufacturing_number: u64::from(serial),
        account: account(n),
        item_kind: ItemKind::Postage,
        post: PostId(1),
        currency: Currency(840),
        vendor: ascii(*b"IN"),
        model: ascii(*b"01"),
        state: MeterState::Active,
        suspended: Suspension::NONE,
        counter: Counter(counter),
        ascending: Mills(u64::from(piece_count)),
        descending: Mills(1_000),
        piece_count,
        deposits: Mills(1_000 + u64::from(piece_count)),
        item_credits: Mills::ZERO,
        funding_sequence: 1,
        act_sequence: 0,
        credited_digest: Digest::ZERO,
        lowest_creditable_piece: 1,
        origin: Zip(12_345),
        licensing: Zip(12_345),
        token_keys: [[0; 60]; 2],
        limits: Limits {
            item: Mills(1_000),
            day: Mills(1_000),
            month: Mills(1_000),
            descending: Mills(1_000),
        },
        day: Day::NONE,
        day_used: Mills::ZERO,
        month: Epoch(0),
        month_used: Mills::ZERO,
        inspected: Day::NONE,
        inspection_due: Day::NONE,
        inspection_interval_days: 0,
        last_time: Time(counter),
        last_decision: Digest::ZERO,
        item_head: Digest::ZERO,
        box_id: BoxId(1),
        specimen: true,
    }
}

fn item(serial: u32, counter: u64, position: u32, piece: u32, order: SampleOrder) -> ItemRecord {
    ItemRecord {
        version: Version,
        meter: MeterSerial(serial),
        counter: Counter(counter),
        position,
        request: request(order.key),
        key_digest: digest(order.key),
        body_digest: digest(order.body),
        ascending: Mills(u64::from(piece)),
        descending: Mills(1_000),
        piece_count: piece,
        kind: ItemKind::Postage,
        category: ascii(*b"FCM "),
        weight_milligrams: 0,
        value: Mills(1),
        mailing_day: Day::NONE,
        time: Time(counter),
        origin: Zip(12_345),
        destination: 0,
        address_digest: [0; 8],
        user: user(1),
        department: Department(0),
        batch: BatchId::ZERO,
        end_customer: EndCustomer(0),
        specimen: true,
        payload: bytes(vec![0x80; 138]),
        previous: Digest::ZERO,
    }
}

/// The same change as a re-issue (P28) of the record of counter `shown`.
#[must_use]
pub fn as_reissue(mut write: Write, shown: u64) -> Write {
    let mut decision: Signed<Decision> = layout(write.delivery.decision.as_slice());
    decision.body.decision = DecisionKind::Reissue;
    decision.body.evidence = digest(100 + write.box_kind.code());
    let act = Act {
        version: Version,
        installation: InstallationId::ZERO,
        box_kind: write.box_kind,
        subject: write.delivery.subject,
        sequence: 1,
        issued: Time(0),
        expires: Time(1),
        body: ActBody::Reissue(Reissue {
            shown: Counter(shown),
            known: Counter(decision.body.counter.0.saturating_sub(1)),
            memory: Summary::default(),
        }),
    };
    let signatures = fits(List::new(vec![(KeyId([1; 8]), [7; 64])]));
    let act = MultiSigned {
        body: act,
        signatures,
    };
    write.delivery.decision = bytes(decision.to_bytes());
    write.delivery.evidence = bytes(act.to_bytes());
    write
}

fn write(
    box_kind: BoxKind,
    subject: Subject,
    counter: u64,
    record: Vec<u8>,
    rows: Vec<Vec<u8>>,
    orders: Vec<OrderOutcome>,
) -> Write {
    // One request a change, unlike that of any other subject.
    let [a, .., b, c] = subject.0;
    let mut id = [box_kind.code(); 32];
    id[..8].copy_from_slice(&counter.to_le_bytes());
    id[8..11].copy_from_slice(&[a, b, c]);
    id[11..15].copy_from_slice(&subject.0[..4]);
    let request = RequestId(id);
    let decision = Signed {
        body: Decision {
            version: Version,
            suite: Suite::Ed25519,
            key: KeySerial(1),
            installation: InstallationId::ZERO,
            box_kind,
            box_id: BoxId(1),
            subject,
            decision: DecisionKind::Act,
            counter: Counter(counter),
            request,
            old: Digest::ZERO,
            new: digest(9),
            head: Digest::ZERO,
            evidence: Digest::ZERO,
            time: Time(counter),
            journal_sequence: counter,
        },
        signature: [7; 64],
    };
    Write {
        box_kind,
        delivery: Delivery {
            subject,
            request,
            record: bytes(record),
            decision: bytes(decision.to_bytes()),
            rows: fits(List::new(rows.into_iter().map(bytes).collect())),
            evidence: Bytes::default(),
            orders: fits(List::new(orders)),
            secret: bytes(b"never written".to_vec()),
        },
    }
}

fn sealed<T: Layout>(body: T) -> Vec<u8> {
    Sealed { body, mac: [5; 32] }.to_bytes()
}

fn bytes<const MAX: usize>(content: Vec<u8>) -> Bytes<MAX> {
    fits(Bytes::new(content))
}

fn ascii<const N: usize>(text: [u8; N]) -> Ascii<N> {
    Ascii::new(text).expect("sample text is printable")
}

fn layout<T: Layout>(bytes: &[u8]) -> T {
    fits(T::from_bytes(bytes))
}

fn fits<T>(value: Result<T, item::LayoutError>) -> T {
    value.expect("samples stay within their limits")
}

/// The `counter`th change of a meter: this piece was taken back, on this day, with this last day.
#[must_use]
pub fn credit_write(
    serial: u32,
    n: u8,
    counter: u64,
    piece: u32,
    day: Day,
    last_day: u16,
) -> Write {
    let mut write = meter_write(serial, n, counter, 0, &[]);
    let row = CreditedItem {
        version: Version,
        meter: MeterSerial(serial),
        piece_count: piece,
        value: Mills(740),
        counter: Counter(counter),
        last_day,
        day,
    };
    write.delivery.rows = List::new(vec![Bytes::new(row.to_bytes()).expect("short")]).expect("one");
    let mut decision: Signed<Decision> =
        Signed::from_bytes(write.delivery.decision.as_slice()).expect("our own");
    decision.body.decision = DecisionKind::ItemCredit;
    write.delivery.decision = Bytes::new(decision.to_bytes()).expect("short");
    write
}
