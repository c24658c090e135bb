//! Epochs opened by act (P3): made once, written down before anybody hears of it, handed to all.

use crate::bench::*;
use item::*;
use verify::{Installation, Pack, key_id};
use wire::*;

const NEXT: Epoch = Epoch(202_612);
const MINUTE: u64 = 60_000;

fn first(bench: &Bench) -> Installation {
    Installation::open(&bench.ceremony.transcript, &bench.ceremony.fingerprint).unwrap()
}

fn act(bench: &mut Bench, body: ActBody, key: u8) -> MultiSigned<Act> {
    let sequence = status(bench).act_sequence + 1;
    let body = Act {
        version: Version,
        installation: first(bench).transcript().installation,
        box_kind: BoxKind::Keys,
        subject: keeper::box_subject(BoxId(1)),
        sequence,
        issued: Time(bench.now),
        expires: Time(bench.now + DAY),
        body,
    };
    let signer = signer(key);
    let signed = signer.sign_body(body.clone()).unwrap();
    let signatures = vec![(key_id(signer.public()), signed.signature)];
    MultiSigned {
        body,
        signatures: List::new(signatures).unwrap(),
    }
}

fn open_act(bench: &mut Bench, epoch: Epoch, starts: u64) -> MultiSigned<Act> {
    let starts = Time(starts);
    act(bench, ActBody::OpenEpoch { epoch, starts }, 11)
}

fn order(bench: &mut Bench, epoch: Epoch, starts: u64) -> Result<(), RefusalCode> {
    let act = open_act(bench, epoch, starts);
    hand_in(bench, act)
}

fn hand_in(bench: &mut Bench, act: MultiSigned<Act>) -> Result<(), RefusalCode> {
    match bench.ask(Request::BoxAct(act)) {
        Reply::Acted(None) => Ok(()),
        Reply::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

fn status(bench: &mut Bench) -> Status {
    match bench.ask(Request::Status(Nothing)) {
        Reply::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

fn after(bench: &mut Bench, epoch: Epoch) -> Option<OpenedEpoch> {
    match bench.query(&KeysRequest::EpochAfter(epoch)).unwrap() {
        KeysAnswer::Epoch(opened) => opened,
        other => panic!("{other:?}"),
    }
}

fn package_of(opened: &OpenedEpoch, kind: BoxKind) -> EpochPackage {
    let mut packages = opened.packages.as_slice().iter();
    let sealed = packages.find(|p| p.kind == kind).unwrap();
    EpochPackage {
        opening: opened.opening.clone(),
        package: sealed.package.clone(),
    }
}

fn take(bench: &mut Bench, opened: &OpenedEpoch) -> Reply {
    bench.ask(Request::TakeEpoch(package_of(opened, BoxKind::Keys)))
}

fn receipt(bench: &mut Bench, request: u8) -> Signed<ManufactureReceipt> {
    let ask = KeysRequest::Allocate(Allocate {
        request: RequestId([request; 32]),
        account: AccountId([1; 16]),
    });
    match bench.query(&ask).unwrap() {
        KeysAnswer::Receipt(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

fn pack(bench: &mut Bench) -> Pack {
    let ask = KeysRequest::Pack(PackRequest {
        voids: List::default(),
        closes: None,
    });
    let root = first(bench).transcript().root.clone();
    match bench.query(&ask).unwrap() {
        KeysAnswer::Pack(pack) => {
            Pack::open(&pack.to_bytes(), &root, &bench.ceremony.fingerprint).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_epoch_is_made_once_and_given_to_whoever_asks_p3() {
    for suite in ["ed25519", "p256"] {
        let mut bench = Bench::new(suite);
        let (start, epoch) = (START + 60 * MINUTE, first(&bench).newest_epoch().epoch);
        assert_eq!(after(&mut bench, epoch), None);
        let act = open_act(&mut bench, NEXT, start);
        assert_eq!(hand_in(&mut bench, act.clone()), Ok(()));
        let opened = after(&mut bench, epoch).unwrap();
        assert_eq!(after(&mut bench, NEXT), None);
        // The same act again, also after a start: nothing more is made.
        assert_eq!(hand_in(&mut bench, act.clone()), Ok(()));
        bench.restart();
        assert_eq!(hand_in(&mut bench, act.clone()), Ok(()));
        assert_eq!(after(&mut bench, epoch), Some(opened.clone()));
        assert_eq!(after(&mut bench, NEXT), None);
        assert_eq!(status(&mut bench).act_sequence, 1);
        // Everybody who pins the root learns of it.
        let mut known = first(&bench);
        assert_eq!(known.learn(opened.opening.as_slice()), Ok(NEXT));
        let opening = known.openings()[0].clone();
        assert_eq!(
            opening.body().act,
            verify::statement_digest(&act.to_bytes())
        );
        let newest = known.newest_epoch();
        assert_eq!((newest.previous, newest.starts), (epoch, Time(start)));
        for certificate in known.certificates().filter(|c| c.epoch == NEXT) {
            assert_eq!(certificate.not_before, Time(start));
        }
    }
}

#[test]
fn each_box_gets_its_own_keys_of_an_epoch_and_nothing_else_p5() {
    let mut bench = Bench::new("ed25519");
    order(&mut bench, NEXT, START + MINUTE).unwrap();
    let epoch = first(&bench).newest_epoch().epoch;
    let opened = after(&mut bench, epoch).unwrap();
    let mut masters = Vec::new();
    for sealed in opened.packages.as_slice() {
        let own = unlocked(sealed.kind).enrolment().unwrap();
        for other in BoxKind::ALL.iter().filter(|k| **k != sealed.kind) {
            let other = unlocked(*other).enrolment().unwrap();
            assert!(other.open(sealed.package.as_slice()).is_err());
        }
        let keys = own.open(sealed.package.as_slice()).unwrap();
        let keys = vault::EpochKeys::from_bytes(&keys).unwrap();
        assert_eq!(
            (keys.kind, keys.id, keys.epoch),
            (sealed.kind, sealed.id, NEXT)
        );
        let purposes: Vec<_> = keys.masters.as_slice().iter().map(|m| m.purpose).collect();
        let usages: Vec<_> = keys.signing.as_slice().iter().map(|k| k.usage).collect();
        let (records, authority) = (vault::Purpose::Records, vault::Purpose::Authority);
        let (decision, item) = (KeyUsage::Decision, KeyUsage::Item);
        let (expected, signs) = match sealed.kind {
            BoxKind::Keys => (vec![], vec![KeyUsage::Receipt]),
            BoxKind::Auth => (vec![records, authority], vec![decision]),
            BoxKind::Meter => (vec![records, authority], vec![decision, item]),
            BoxKind::Transaction => (vec![records], vec![decision]),
        };
        assert_eq!((purposes, usages), (expected, signs), "{:?}", sealed.kind);
        masters.extend(keys.masters.into_vec());
    }
    // All differ, but for the authority key that auth and meter box share; and none is an old one.
    let same = |a: &vault::MasterKey, b: &vault::MasterKey| a.secret.expose() == b.secret.expose();
    for (at, one) in masters.iter().enumerate() {
        let twins: Vec<_> = masters
            .iter()
            .skip(at + 1)
            .filter(|m| same(m, one))
            .collect();
        let shared = one.purpose == vault::Purpose::Authority;
        assert!(twins.iter().all(|m| shared && m.purpose == one.purpose));
    }
    assert_eq!(masters.len(), 5);
}

#[test]
fn what_may_not_be_opened_is_not_p3() {
    let mut bench = Bench::new("ed25519");
    let stranger = act(
        &mut bench,
        ActBody::OpenEpoch {
            epoch: NEXT,
            starts: Time(START),
        },
        12,
    );
    assert_eq!(
        hand_in(&mut bench, stranger),
        Err(RefusalCode::BadSignature)
    );
    for (name, epoch, starts, code) in [
        ("the same", 202_611, START + 1, RefusalCode::EpochOrder),
        ("no month", 202_613, START + 1, RefusalCode::EpochOrder),
        ("in the past", 202_612, START - 1, RefusalCode::EpochStart),
        (
            "too far",
            202_612,
            START + 93 * DAY,
            RefusalCode::EpochStart,
        ),
    ] {
        let outcome = order(&mut bench, Epoch(epoch), starts);
        assert_eq!(outcome, Err(code), "{name}");
        assert_eq!(
            status(&mut bench).act_sequence,
            0,
            "{name}: nothing was kept"
        );
    }
    let start = START + 60 * MINUTE;
    assert_eq!(order(&mut bench, NEXT, start), Ok(()));
    let later = Epoch(202_701);
    let too_soon = Err(RefusalCode::EpochStart);
    assert_eq!(order(&mut bench, later, start + MINUTE), too_soon);
    // Who lost the answer is told that it is open, not that it is too soon.
    let again = order(&mut bench, NEXT, start + MINUTE);
    assert_eq!(again, Err(RefusalCode::EpochOrder));
    // It has begun, but this box does not have its keys: perhaps no other box has.
    bench.now = start;
    assert_eq!(order(&mut bench, later, start + MINUTE), too_soon);
    let epoch = first(&bench).newest_epoch().epoch;
    let opened = after(&mut bench, epoch).unwrap();
    assert_eq!(take(&mut bench, &opened), Reply::Taken(NEXT));
    assert_eq!(order(&mut bench, later, start + MINUTE), Ok(()));
    let second = after(&mut bench, NEXT).unwrap();
    let mut known = first(&bench);
    for opened in [&opened, &second] {
        known.learn(opened.opening.as_slice()).unwrap();
    }
    assert_eq!(known.newest_epoch().epoch, later);
    bench.restart();
    assert_eq!(after(&mut bench, epoch), Some(opened));
    assert_eq!(after(&mut bench, NEXT), Some(second));
}

#[test]
fn a_receipt_is_of_the_epoch_in_which_it_was_made_for_good_p18() {
    let mut bench = Bench::new("ed25519");
    let before = receipt(&mut bench, 1);
    let start = START + 60 * MINUTE;
    order(&mut bench, NEXT, start).unwrap();
    let epoch = first(&bench).newest_epoch().epoch;
    let opened = after(&mut bench, epoch).unwrap();
    bench.now = start;
    // Opened is not taken: nobody may have the new receipt key's certificate yet.
    let between = receipt(&mut bench, 2);
    assert_eq!(between.body.epoch, epoch);
    take(&mut bench, &opened);
    let late = receipt(&mut bench, 3);
    assert_eq!(late.body.epoch, NEXT);
    let mut known = first(&bench);
    known.learn(opened.opening.as_slice()).unwrap();
    for _ in 0..2 {
        for (request, first) in [(1, &before), (2, &between), (3, &late)] {
            assert_eq!(receipt(&mut bench, request), *first, "{request}");
            let (key, time) = (first.body.key, first.body.time);
            let usage = KeyUsage::Receipt;
            let checked = known.open_statement(first.clone(), key, BoxKind::Keys, usage, time);
            assert!(checked.is_ok(), "{request}");
        }
        bench.restart();
    }
}

#[test]
fn a_pack_has_the_keys_of_every_epoch_from_the_moment_it_is_opened_p32() {
    let mut bench = Bench::new("ed25519");
    let of = |pack: &Pack, epoch| {
        let mut all = pack.body().certificates.as_slice().iter();
        all.any(|c| c.body.epoch == epoch && c.body.usage == KeyUsage::Item)
    };
    let epoch = first(&bench).newest_epoch().epoch;
    let old = pack(&mut bench);
    assert!(of(&old, epoch) && !of(&old, NEXT));
    order(&mut bench, NEXT, START + DAY).unwrap();
    for _ in 0..2 {
        let new = pack(&mut bench);
        assert!(of(&new, epoch) && of(&new, NEXT));
        bench.restart();
    }
}
