//! The ceremony of the small installation, and its records before their first decision.

use super::keys::Key;
use super::site::{INSTALLATION, METER, START, USER};
use item::*;
use verify::account_of;

pub(super) fn certificate(
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

pub(super) fn ceremony(
    root: &Key,
    site: &[(BoxKind, KeyUsage, &Key)],
    quorums: [&[Key; 2]; 4],
) -> TranscriptBody {
    let [operators, treasury, refunders, verifiers] = quorums;
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
        refunders: quorum(refunders),
        verifiers: List::new(verifiers.iter().map(Key::enrolled).collect()).unwrap(),
        rate_signers: List::default(),
        reporters: List::new(vec![Key::new(14).enrolled()]).unwrap(),
        credit_waiting_days: 10,
        credit_window_days: 60,
        boxes: List::new(boxes.collect()).unwrap(),
        servers: List::default(),
        vendor_key_check: Digest([8; 32]),
        postal_key_check: Digest([9; 32]),
    }
}

pub(super) fn limits() -> Limits {
    Limits {
        item: Mills(5_000),
        day: Mills(50_000),
        month: Mills(500_000),
        descending: Mills(100_000),
    }
}

pub(super) fn new_meter() -> MeterRecord {
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
        inspection_interval_days: 0,
        last_time: Time(0),
        last_decision: Digest::ZERO,
        item_head: Digest::ZERO,
        box_id: BoxId(1),
        specimen: true,
    }
}

pub(super) fn new_user() -> UserRecord {
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
        signing_key: None,
        recovery: Digest::ZERO,
        recovery_from: Time(0),
        session_generation: 0,
        act_sequence: 0,
        counter: Counter(0),
        last_time: Time(0),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    }
}

pub(super) fn new_chain() -> ChainRecord {
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
