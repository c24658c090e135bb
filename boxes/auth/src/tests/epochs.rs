//! A user over the change of an epoch (P3): passwords re-sealed, sessions that go on.

use super::*;
use item::{
    BoxId, Epoch, EpochDescriptor, EpochOpening, IssuingCertificate, KeySerial, KeyUsage,
    PackageName,
};
use keeper::Rules;
use vault::{
    BoxPackage, Enrolment, EpochKeys, KeptKey, MasterKey, OsEntropy, Purpose, RecordKeys, Secret,
    SigningKey,
};
use verify::{Tag, digest};
use wire::{EpochPackage, Reply, Request};

/// Minutes from the ceremony to the start of the next epoch.
const STARTS: u64 = 30;

fn secret(name: u8) -> Secret {
    Secret::new([name; 32])
}

/// The package of a box, as the box itself reads it.
fn package(house: &House, kind: BoxKind) -> BoxPackage {
    let enrolment = house::unlock(kind).enrolment().unwrap();
    let opened = enrolment.open(house.sealed_package(kind)).unwrap();
    BoxPackage::from_bytes(&opened).unwrap()
}

/// The root: only the keys box has it.
fn root(house: &House) -> SigningKey {
    let package = package(house, BoxKind::Keys);
    let mut kept = package.signing.as_slice().iter();
    let root = kept.find(|k| k.serial == KeySerial(0)).unwrap();
    SigningKey::from_secret(&root.secret, &root.public).unwrap()
}

/// Record keys of the first epoch.
fn first_records(house: &House) -> RecordKeys {
    let epoch = house.installation.transcript().epoch.body.epoch;
    let package = package(house, BoxKind::Auth);
    let master = package.master(Purpose::Records, epoch).unwrap();
    RecordKeys::new(BoxKind::Auth, epoch, master)
}

/// Record keys of the next epoch.
fn next_records(epoch: Epoch) -> RecordKeys {
    RecordKeys::new(BoxKind::Auth, epoch, &secret(101))
}

/// The next epoch for the auth box, as the keys box would open it: its root is in the house.
fn take_next(case: &mut Case) -> Epoch {
    let transcript = case.house.installation.transcript().clone();
    let root = root(&case.house);
    let previous = transcript.epoch.body.epoch;
    let epoch = previous.next().unwrap();
    let starts = Time(START + STARTS * MINUTE);
    let key = SigningKey::from_seed(&secret(102)).unwrap();
    let serial = KeySerial(77);
    let certificate = root
        .sign_body(IssuingCertificate {
            version: Version,
            installation: transcript.installation,
            serial,
            box_kind: BoxKind::Auth,
            usage: KeyUsage::Decision,
            epoch,
            not_before: starts,
            not_after: Time(starts.0 + 400 * 24 * HOUR),
            key: key.public().clone(),
        })
        .unwrap();
    let master = |purpose, name| MasterKey {
        purpose,
        kind: BoxKind::Auth,
        epoch,
        secret: secret(name),
    };
    let keys = EpochKeys {
        version: Version,
        kind: BoxKind::Auth,
        id: BoxId(1),
        epoch,
        masters: List::new(vec![
            master(Purpose::Records, 101),
            master(Purpose::Authority, 103),
        ])
        .unwrap(),
        signing: List::new(vec![KeptKey {
            serial,
            usage: KeyUsage::Decision,
            public: key.public().clone(),
            secret: secret(102),
        }])
        .unwrap(),
    };
    let enrolment = *house::unlock(BoxKind::Auth).enrolment().unwrap().public();
    let sealed = Enrolment::seal_to(&enrolment, &keys.to_bytes()).unwrap();
    let opening = root
        .sign_body(EpochOpening {
            version: Version,
            descriptor: root
                .sign_body(EpochDescriptor {
                    version: Version,
                    installation: transcript.installation,
                    epoch,
                    previous,
                    starts,
                })
                .unwrap(),
            act: item::Digest::ZERO,
            certificates: List::new(vec![certificate]).unwrap(),
            packages: List::new(vec![PackageName {
                kind: BoxKind::Auth,
                id: BoxId(1),
                digest: digest(Tag::EPOCH_PACKAGE, &[&sealed]),
            }])
            .unwrap(),
        })
        .unwrap();
    let package = EpochPackage {
        opening: Bytes::new(opening.to_bytes()).unwrap(),
        package: Bytes::new(sealed).unwrap(),
    };
    let taken = case.desk.ask(Request::TakeEpoch(package));
    assert_eq!(taken, Reply::Taken(epoch));
    epoch
}

fn until_the_start(case: &mut Case) {
    let passed = case.desk.now.wall.0 - START;
    case.desk.wait(STARTS * MINUTE - passed);
}

#[test]
fn every_change_of_a_user_re_seals_the_passwords_p3() {
    const NEW: &str = "battery staple horse";
    for (name, asked) in [
        ("log-in", log_in(RIGHT)),
        ("failed log-in", log_in(WRONG)),
        ("new password", new_password(RIGHT, NEW)),
    ] {
        let mut case = Case::new();
        let before = case.record();
        let epoch = take_next(&mut case);
        until_the_start(&mut case);
        case.next(&asked);
        let after = case.record();
        assert_eq!(after.epoch, epoch, "{name}");
        assert_ne!(after.passwords, before.passwords, "{name}");
        let opened = crate::passwords::Passwords::open(&next_records(epoch), &after);
        assert!(opened.is_ok(), "{name}: under the keys of the new epoch");
        let right = if name == "new password" { NEW } else { RIGHT };
        done(case.next(&log_in(right)));
        case.desk.restart();
        done(case.next(&log_in(right)));
        // The history moved with it.
        let again = new_password(right, RIGHT);
        match case.next(&again) {
            Outcome::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::PasswordPolicy),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_act_on_a_user_of_an_old_epoch_re_seals_it_p3() {
    let mut case = Case::new();
    let epoch = take_next(&mut case);
    until_the_start(&mut case);
    let act = case.act(1, set_user(Rights::READ, 5));
    done(case.next(&AuthRequest::Act(act)));
    assert_eq!(case.record().epoch, epoch);
    done(case.next(&log_in(RIGHT)));
}

#[test]
fn a_session_goes_on_over_the_change_of_an_epoch_p20() {
    let mut case = Case::new();
    let epoch = take_next(&mut case);
    case.desk.wait((STARTS - 2) * MINUTE);
    let secret = done(case.next(&log_in(RIGHT))).secret;
    let mut granted = AuthSecret::from_bytes(secret.as_slice()).unwrap().authority;
    assert_ne!(granted.body.epoch, epoch);
    until_the_start(&mut case);
    // Shown after the start: still believed; renewed, it is of the new epoch.
    for _ in 0..3 {
        let proof = SessionProof {
            authority: granted.clone(),
            secret: SessionSecret(SECRET),
        };
        let check = AuthQuery::Check(proof.clone()).to_bytes();
        assert_eq!(case.desk.query(&check), Ok(Vec::new()));
        let renewal = AuthQuery::Renew(Renewal {
            record: Bytes::new(case.row.clone()).unwrap(),
            proof,
        });
        let renewed = case.desk.query(&renewal.to_bytes()).unwrap();
        granted = AuthSecret::from_bytes(&renewed).unwrap().authority;
        assert_eq!(granted.body.epoch, epoch);
        case.desk.wait(4 * MINUTE);
    }
}

#[test]
fn a_log_in_that_waits_is_answered_again_to_its_own_password_over_the_change_p17() {
    let mut case = Case::new();
    take_next(&mut case);
    case.desk.wait((STARTS - 1) * MINUTE);
    let first = done(case.ask("one", &log_in(RIGHT)));
    until_the_start(&mut case);
    assert!(
        matches!(case.ask("one", &log_in(WRONG)), Outcome::Open(_)),
        "another password proves nothing"
    );
    assert_eq!(done(case.ask("one", &log_in(RIGHT))), first);
}

/// What is sealed in a user moves, and nothing else.
#[test]
fn re_sealing_a_user_keeps_everything_but_its_sealed_fields_p4() {
    let case = Case::new();
    let before = case.record();
    let old = first_records(&case.house);
    let new = next_records(Epoch(202_612));
    let mut moved = AuthRecord::User(before.clone());
    AuthRules::reseal(&mut moved, &old, &new, &mut OsEntropy).unwrap();
    let mut after = moved.into_user().unwrap();
    assert_eq!(after.epoch, Epoch(202_612));
    assert_ne!(after.passwords, before.passwords);
    after.epoch = before.epoch;
    after.passwords = before.passwords;
    assert_eq!(after, before);
    let mut altered = before;
    altered.passwords[40] ^= 1;
    let mut altered = AuthRecord::User(altered);
    assert!(AuthRules::reseal(&mut altered, &old, &new, &mut OsEntropy).is_err());
}
