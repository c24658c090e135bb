//! What a ceremony hands out, and to whom.

use crate::bench::*;
use item::*;
use vault::{BoxPackage, MacKey, Purpose, Secret};
use verify::{Installation, Tag, digest, key_id};

fn opened(ceremony: &keys::Ceremony, kind: BoxKind) -> BoxPackage {
    let enrolment = unlocked(kind).enrolment().unwrap();
    BoxPackage::from_bytes(&enrolment.open(package(ceremony, kind)).unwrap()).unwrap()
}

#[test]
fn each_box_gets_its_own_keys_and_nothing_else_p5() {
    let ceremony = ceremony("ed25519");
    let purposes = |kind| {
        let package = opened(&ceremony, kind);
        let mut out: Vec<_> = package
            .masters
            .as_slice()
            .iter()
            .map(|m| m.purpose)
            .collect();
        out.sort();
        out
    };
    let usages = |kind| {
        let package = opened(&ceremony, kind);
        let mut out: Vec<_> = package
            .signing
            .as_slice()
            .iter()
            .map(|k| (k.usage, k.serial != KeySerial(0)))
            .collect();
        out.sort();
        out
    };
    use KeyUsage::{Decision, Item, Pack, Receipt};
    assert_eq!(purposes(BoxKind::Keys), []);
    assert_eq!(
        purposes(BoxKind::Auth),
        [Purpose::Records, Purpose::Authority]
    );
    assert_eq!(
        purposes(BoxKind::Meter),
        [
            Purpose::Records,
            Purpose::Authority,
            Purpose::VendorTokens,
            Purpose::PostalTokens
        ]
    );
    assert_eq!(purposes(BoxKind::Transaction), [Purpose::Records]);
    // The root (no certificate) is with the keys box alone.
    assert_eq!(
        usages(BoxKind::Keys),
        [(Receipt, false), (Receipt, true), (Pack, true)]
    );
    assert_eq!(usages(BoxKind::Auth), [(Decision, true)]);
    assert_eq!(usages(BoxKind::Meter), [(Item, true), (Decision, true)]);
    assert_eq!(usages(BoxKind::Transaction), [(Decision, true)]);
}

#[test]
fn a_package_opens_for_its_own_box_only_p5() {
    let ceremony = ceremony("ed25519");
    for sealed_to in BoxKind::ALL {
        for opened_by in BoxKind::ALL {
            let enrolment = unlocked(*opened_by).enrolment().unwrap();
            let outcome = enrolment.open(package(&ceremony, *sealed_to));
            assert_eq!(outcome.is_ok(), sealed_to == opened_by);
        }
    }
}

#[test]
fn the_post_key_is_imported_and_shared_keys_are_shared_p2() {
    let ceremony = ceremony("ed25519");
    let meter = opened(&ceremony, BoxKind::Meter);
    let auth = opened(&ceremony, BoxKind::Auth);
    let epoch = Day::of_time(Time(START)).month();
    let post = Secret::new([77; 32]);
    assert!(*meter.master(Purpose::PostalTokens, epoch).unwrap() == post);
    assert!(*meter.master(Purpose::VendorTokens, epoch).unwrap() != post);
    assert!(
        meter.master(Purpose::Authority, epoch).unwrap()
            == auth.master(Purpose::Authority, epoch).unwrap()
    );
    assert!(
        meter.master(Purpose::Records, epoch).unwrap()
            != auth.master(Purpose::Records, epoch).unwrap()
    );
    // The check value that the post computes from its own key.
    let check = digest(Tag::KEY_CHECK, &[&MacKey::new(&post).mac(&[])]);
    let installation = Installation::open(&ceremony.transcript, &ceremony.fingerprint).unwrap();
    assert_eq!(installation.transcript().postal_key_check, check);
}

#[test]
fn the_transcript_is_the_roots_and_tells_everything_public() {
    let ceremony = ceremony("ed25519");
    let installation = Installation::open(&ceremony.transcript, &ceremony.fingerprint).unwrap();
    let transcript = installation.transcript();
    assert!(transcript.specimen, "a fresh installation prints specimens");
    assert_eq!(installation.certificates().count(), 6);
    assert_eq!(
        key_id(&transcript.operators.keys()[0].key),
        key_id(signer(11).public())
    );
    for place in 0..ceremony.transcript.len() {
        let mut altered = ceremony.transcript.clone();
        altered[place] ^= 1;
        assert!(
            Installation::open(&altered, &ceremony.fingerprint).is_err(),
            "byte {place}"
        );
    }
    assert!(Installation::open(&ceremony.transcript, &Digest([1; 32])).is_err());
}

#[test]
fn two_ceremonies_share_nothing() {
    let (first, second) = (ceremony("ed25519"), ceremony("ed25519"));
    assert_ne!(first.fingerprint, second.fingerprint);
    let channel = |c: &keys::Ceremony| opened(c, BoxKind::Meter).channel;
    assert!(channel(&first) != channel(&second));
}
