//! Serials, packs, and the clock of a running keys box.

use crate::bench::*;
use item::*;
use verify::{Installation, Pack, Tagged, key_id};
use wire::*;

fn allocate(request: u8, account: u8) -> KeysRequest {
    KeysRequest::Allocate(Allocate {
        request: RequestId([request; 32]),
        account: AccountId([account; 16]),
    })
}

fn receipt(bench: &mut Bench, request: u8, account: u8) -> Signed<ManufactureReceipt> {
    match bench.query(&allocate(request, account)).unwrap() {
        KeysAnswer::Receipt(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

fn pack(bench: &mut Bench) -> Signed<PackBody> {
    let ask = KeysRequest::Pack(PackRequest {
        voids: List::default(),
        closes: None,
    });
    match bench.query(&ask).unwrap() {
        KeysAnswer::Pack(pack) => pack,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_serial_is_given_once_and_again_to_the_same_request_p18() {
    let mut bench = Bench::new("ed25519");
    let first = receipt(&mut bench, 1, 1);
    let second = receipt(&mut bench, 2, 1);
    assert_ne!(first.body.serial, second.body.serial);
    assert_ne!(
        first.body.manufacturing_number,
        second.body.manufacturing_number
    );
    bench.now += 1000;
    assert_eq!(receipt(&mut bench, 1, 1), first, "later");
    bench.restart();
    assert_eq!(receipt(&mut bench, 1, 1), first, "after a restart");
    assert_eq!(
        bench.query(&allocate(1, 2)),
        Err(RefusalCode::Mismatch),
        "for another account"
    );
    let third = receipt(&mut bench, 3, 1);
    assert!(third.body.serial > second.body.serial);
}

#[test]
fn receipts_are_signed_under_either_suite_p1() {
    for suite in ["ed25519", "p256"] {
        let mut bench = Bench::new(suite);
        let receipt = receipt(&mut bench, 1, 1);
        let installation =
            Installation::open(&bench.ceremony.transcript, &bench.ceremony.fingerprint).unwrap();
        let (key, time) = (receipt.body.key, receipt.body.time);
        let checked = installation
            .open_statement(receipt, key, BoxKind::Keys, KeyUsage::Receipt, time)
            .unwrap();
        assert_eq!(checked.transcript, installation.digest());
    }
}

#[test]
fn packs_rise_and_are_the_roots_p32() {
    let mut bench = Bench::new("ed25519");
    let root = Installation::open(&bench.ceremony.transcript, &bench.ceremony.fingerprint)
        .unwrap()
        .transcript()
        .root
        .clone();
    let pinned = bench.ceremony.fingerprint;
    let open = |pack: &Signed<PackBody>| Pack::open(&pack.to_bytes(), &root, &pinned);
    let first = pack(&mut bench);
    assert_eq!(open(&first).unwrap().body().sequence, 1);
    bench.restart();
    let second = pack(&mut bench);
    assert_eq!(
        open(&second).unwrap().body().sequence,
        2,
        "also after a restart"
    );
    // Three months on, the pack key has been replaced by one that the root signed.
    bench.wait_days(65);
    let third = pack(&mut bench);
    let key = |p: &Signed<PackBody>| key_id(&p.body.pack_certificate.body.key);
    assert_ne!(key(&third), key(&second));
    assert_eq!(open(&third).unwrap().body().sequence, 3);
    bench.restart();
    let fourth = pack(&mut bench);
    assert_eq!(key(&fourth), key(&third), "the new key is kept");
    // Nobody else's key will do, and no byte can change.
    let mut forged = first.clone();
    let message = forged.body.to_bytes();
    forged.signature = signer(11).sign(PackBody::TAG, &message).unwrap();
    assert!(open(&forged).is_err());
    let bytes = first.to_bytes();
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        assert!(
            Pack::open(&altered, &root, &pinned).is_err(),
            "byte {place}"
        );
    }
}

#[test]
fn voids_must_ascend() {
    let mut bench = Bench::new("ed25519");
    let void = |piece_count| VoidEntry {
        meter: MeterSerial(1),
        piece_count,
        value: Mills(1),
    };
    for (pieces, ok) in [(&[1, 2][..], true), (&[2, 1], false), (&[1, 1], false)] {
        let ask = KeysRequest::Pack(PackRequest {
            voids: List::new(pieces.iter().map(|p| void(*p)).collect()).unwrap(),
            closes: None,
        });
        assert_eq!(bench.query(&ask).is_ok(), ok, "{pieces:?}");
    }
}

/// Signed by the key that certifies meter boxes' decisions, or by another.
fn checkpoint(bench: &Bench, item_credits: u64, kind: BoxKind) -> Signed<Checkpoint> {
    let installation =
        Installation::open(&bench.ceremony.transcript, &bench.ceremony.fingerprint).unwrap();
    let transcript = installation.transcript();
    let certificate = transcript
        .certificates
        .as_slice()
        .iter()
        .find(|c| c.body.box_kind == kind && c.body.usage == KeyUsage::Decision)
        .unwrap();
    let body = Checkpoint {
        version: Version,
        suite: Suite::Ed25519,
        key: certificate.body.serial,
        installation: transcript.installation,
        box_kind: kind,
        box_id: BoxId(1),
        journal_sequence: 5,
        time: Time(bench.now),
        sums: Sums {
            item_credits: Mills(item_credits),
            ..Sums::default()
        },
        digest: Digest::ZERO,
    };
    bench.sign_as(kind, body)
}

#[test]
fn voids_close_the_checkpoint_that_they_name_p32() {
    let mut bench = Bench::new("ed25519");
    let void = |piece_count, value| VoidEntry {
        meter: MeterSerial(1),
        piece_count,
        value: Mills(value),
    };
    let voids = [void(1, 700), void(2, 40)];
    let right = checkpoint(&bench, 740, BoxKind::Meter);
    let mut altered = right.clone();
    altered.body.sums.item_credits = Mills(700);
    for (voids, closes, outcome) in [
        (&voids[..], &right, Ok(())),
        (&voids[..1], &right, Err(RefusalCode::Mismatch)),
        (&[], &right, Err(RefusalCode::Mismatch)),
        (&voids[..1], &altered, Err(RefusalCode::BadSignature)),
        (
            &voids[..],
            &checkpoint(&bench, 740, BoxKind::Auth),
            Err(RefusalCode::BadSignature),
        ),
    ] {
        let ask = KeysRequest::Pack(PackRequest {
            voids: List::new(voids.to_vec()).unwrap(),
            closes: Some(closes.clone()),
        });
        match bench.query(&ask) {
            Ok(KeysAnswer::Pack(pack)) => {
                assert_eq!(outcome, Ok(()));
                let digest = verify::statement_digest(&closes.to_bytes());
                assert_eq!(pack.body.closes, digest);
            }
            other => assert_eq!(other.map(|_| ()), outcome),
        }
    }
}

#[test]
fn a_doubtful_clock_waits_for_an_act_p26() {
    let mut bench = Bench::new("ed25519");
    receipt(&mut bench, 1, 1);
    bench.now += 8 * DAY;
    bench.restart();
    assert_eq!(
        bench.query(&allocate(2, 1)),
        Err(RefusalCode::ClockDoubtful)
    );
    let installation =
        Installation::open(&bench.ceremony.transcript, &bench.ceremony.fingerprint).unwrap();
    let act = |now: u64, key: u8, body: ActBody| {
        let body = Act {
            version: Version,
            installation: installation.transcript().installation,
            box_kind: BoxKind::Keys,
            subject: keeper::box_subject(BoxId(1)),
            sequence: 1,
            issued: Time(now),
            expires: Time(now + DAY),
            body,
        };
        let signer = signer(key);
        let signed = signer.sign_body(body.clone()).unwrap();
        let signatures = vec![(key_id(signer.public()), signed.signature)];
        Request::BoxAct(MultiSigned {
            body,
            signatures: List::new(signatures).unwrap(),
        })
    };
    let now = bench.now;
    for (case, request, code) in [
        (
            "a stranger's",
            act(now, 12, ActBody::ConfirmTime(Time(now))),
            RefusalCode::BadSignature,
        ),
        (
            "another time",
            act(now, 11, ActBody::ConfirmTime(Time(now - DAY))),
            RefusalCode::ClockDoubtful,
        ),
        (
            "another act",
            act(now, 11, ActBody::Unlatch),
            RefusalCode::Mismatch,
        ),
    ] {
        assert_eq!(bench.ask(request), Reply::Refused(code.into()), "{case}");
    }
    let right = act(now, 11, ActBody::ConfirmTime(Time(now)));
    assert_eq!(bench.ask(right.clone()), Reply::Acted(None));
    receipt(&mut bench, 2, 1);
    bench.restart();
    receipt(&mut bench, 3, 1);
    assert_eq!(
        bench.ask(right),
        Reply::Refused(RefusalCode::ActSequence.into()),
        "it works once, also after a restart"
    );
}

#[test]
fn requests_of_other_boxes_are_malformed() {
    let mut bench = Bench::new("ed25519");
    for request in [
        Request::Decide(List::default()),
        Request::ListOpen(1),
        Request::Checkpoint(Nothing),
        Request::Acknowledge(List::default()),
        Request::Query(Bytes::new(vec![9]).unwrap()),
    ] {
        assert_eq!(
            bench.ask(request),
            Reply::Refused(RefusalCode::Malformed.into())
        );
    }
}
