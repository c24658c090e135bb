//! Epochs of a box (P3): taken once, put in force by box time, kept over starts and segments.

use crate::bench::*;
use crate::later::*;
use crate::toy::Ask;
use crate::world::*;
use item::*;
use keeper::Now;
use wire::*;

fn take(bench: &mut Bench, package: EpochPackage) -> Result<Epoch, RefusalCode> {
    match bench.ask(Request::TakeEpoch(package)) {
        Reply::Taken(epoch) => Ok(epoch),
        Reply::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

/// Epoch in force and newest one that the box has keys of.
fn epochs(bench: &mut Bench) -> (Epoch, Epoch) {
    let status = bench.status();
    (status.epoch, status.taken)
}

fn named(record: &[u8]) -> Epoch {
    Sealed::<ChainRecord>::from_bytes(record)
        .unwrap()
        .body
        .epoch
}

/// Lets time pass until a moment, with a heartbeat each hour as the shell has it.
fn until(bench: &mut Bench, moment: u64) {
    while bench.now.wall.0 < moment {
        let left = moment - bench.now.wall.0;
        bench.pass(left.min(60 * MINUTE));
        bench.tick().unwrap();
    }
}

#[test]
fn an_epoch_is_in_force_from_its_start_by_box_time_p3() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let untouched = bench.done(subject(2), &[]);
    let package = DECEMBER.package(&bench.world);
    for _ in 0..2 {
        assert_eq!(take(&mut bench, package.clone()), Ok(DECEMBER.epoch));
    }
    assert_eq!(epochs(&mut bench), (EPOCH, DECEMBER.epoch));
    until(&mut bench, DECEMBER.starts - 1);
    let before = bench.done(subject(1), &first);
    assert_eq!(named(&before), EPOCH);
    until(&mut bench, DECEMBER.starts);
    assert_eq!(epochs(&mut bench), (DECEMBER.epoch, DECEMBER.epoch));
    let after = done({
        let entry = bench.entry(subject(1), &before, Ask::default());
        bench.send(entry)
    });
    assert_eq!(named(after.record.as_slice()), DECEMBER.epoch);
    let decision = Signed::<Decision>::from_bytes(after.decision.as_slice()).unwrap();
    assert_eq!(decision.body.key, DECEMBER.serial(KeyUsage::Decision));
    assert_eq!(decision.body.old, verify::record_digest(&before));
    let mut known = bench.world.installation.clone();
    let (key, time) = (decision.body.key, decision.body.time);
    let open = |known: &verify::Installation| {
        let usage = KeyUsage::Decision;
        known.open_statement(decision.clone(), key, BoxKind::Meter, usage, time)
    };
    assert!(open(&known).is_err(), "nobody has learnt of the epoch yet");
    known.learn(package.opening.as_slice()).unwrap();
    assert!(open(&known).is_ok());
    // Months later, a record that was never used since is opened by the old keys and re-sealed.
    until(&mut bench, DECEMBER.starts + 70 * DAY);
    let resealed = bench.done(subject(2), &untouched);
    assert_eq!(named(&resealed), DECEMBER.epoch);
}

#[test]
fn an_epoch_that_is_taken_late_is_in_force_at_once_and_nothing_is_refused_before_p3() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    until(&mut bench, DECEMBER.starts + 10 * MINUTE);
    let before = bench.done(subject(1), &first);
    assert_eq!(named(&before), EPOCH);
    let package = DECEMBER.package(&bench.world);
    assert_eq!(take(&mut bench, package), Ok(DECEMBER.epoch));
    let after = bench.done(subject(1), &before);
    assert_eq!(named(&after), DECEMBER.epoch);
}

#[test]
fn epochs_hold_over_starts_and_segments_p3() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let package = DECEMBER.package(&bench.world);
    assert_eq!(take(&mut bench, package), Ok(DECEMBER.epoch));
    bench.restart();
    assert_eq!(epochs(&mut bench), (EPOCH, DECEMBER.epoch));
    bench.keeper().compact().unwrap();
    bench.restart();
    assert_eq!(
        epochs(&mut bench),
        (EPOCH, DECEMBER.epoch),
        "from a snapshot"
    );
    until(&mut bench, DECEMBER.starts);
    let second = bench.done(subject(1), &first);
    assert_eq!(named(&second), DECEMBER.epoch);
    let package = JANUARY.package(&bench.world);
    assert_eq!(take(&mut bench, package), Ok(JANUARY.epoch));
    bench.keeper().compact().unwrap();
    bench.restart();
    assert_eq!(epochs(&mut bench), (DECEMBER.epoch, JANUARY.epoch));
    until(&mut bench, JANUARY.starts);
    bench.restart();
    let third = bench.done(subject(1), &second);
    assert_eq!(named(&third), JANUARY.epoch);
    // What waits is delivered again as it was sealed, whatever is in force.
    assert_eq!(bench.acknowledge(&third), 1);
}

#[test]
fn a_repeat_across_an_epoch_gets_the_same_bytes_p17() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let package = DECEMBER.package(&bench.world);
    take(&mut bench, package).unwrap();
    let entry = bench.entry(subject(1), &first, Ask::default());
    let decided = done(bench.send(entry.clone()));
    assert_eq!(named(decided.record.as_slice()), EPOCH);
    until(&mut bench, DECEMBER.starts);
    assert_eq!(done(bench.send(entry)), decided);
}

#[test]
fn nothing_but_the_roots_next_epoch_for_this_box_is_taken_p3() {
    let mut bench = Bench::new();
    let world = World::new();
    let with = |change: fn(&mut Made)| DECEMBER.package_with(&world, change);
    let resigned = |change: fn(&mut EpochDescriptor)| {
        DECEMBER.package_with(&world, |made| {
            let mut body = made.opening.descriptor.body.clone();
            change(&mut body);
            made.opening.descriptor = signer(ROOT).sign_body(body).unwrap();
        })
    };
    let recertified = |change: fn(&mut IssuingCertificate)| {
        DECEMBER.package_with(&world, |made| {
            let mut all = made.opening.certificates.as_slice().to_vec();
            let mut body = all[0].body.clone();
            change(&mut body);
            all[0] = signer(ROOT).sign_body(body).unwrap();
            made.opening.certificates = List::new(all).unwrap();
        })
    };
    let honest = DECEMBER.package(&world);
    let other = DECEMBER.package_with(&world, |made| made.opening.act = Digest([1; 32]));
    let cut = |bytes: &[u8]| Bytes::new(bytes[1..].to_vec()).unwrap();
    let (malformed, signature) = (RefusalCode::Malformed, RefusalCode::BadSignature);
    let (order, mismatch) = (RefusalCode::EpochOrder, RefusalCode::Mismatch);
    for (name, package, code) in [
        (
            "no opening",
            EpochPackage {
                opening: cut(honest.opening.as_slice()),
                ..honest.clone()
            },
            malformed,
        ),
        ("a stranger's", with(|made| made.root = STRANGER), signature),
        (
            "another installation's",
            resigned(|body| body.installation = InstallationId([9; 16])),
            RefusalCode::WrongInstallation,
        ),
        ("a month is left out", JANUARY.package(&world), order),
        ("not later", resigned(|body| body.epoch = EPOCH), order),
        (
            "before the first",
            resigned(|body| body.starts = Time(0)),
            order,
        ),
        (
            "a certificate of another epoch",
            recertified(|body| body.epoch = EPOCH),
            signature,
        ),
        (
            "a number that is taken",
            recertified(|body| body.serial = KeySerial(1)),
            signature,
        ),
        (
            "a pack's",
            recertified(|body| body.usage = KeyUsage::Pack),
            signature,
        ),
        (
            "another package than the root names",
            EpochPackage {
                package: other.package.clone(),
                ..honest.clone()
            },
            mismatch,
        ),
        (
            "another box's keys",
            with(|made| made.keys.id = BoxId(2)),
            mismatch,
        ),
        (
            "of another epoch",
            with(|made| made.keys.epoch = EPOCH),
            mismatch,
        ),
        (
            "without a master",
            with(|made| made.keys.masters = List::default()),
            mismatch,
        ),
        (
            "without signing keys",
            with(|made| made.keys.signing = List::default()),
            mismatch,
        ),
        (
            "another key than its certificate names",
            with(|made| {
                let mut all = made.keys.signing.as_slice().to_vec();
                all[0].public = signer(STRANGER).public().clone();
                made.keys.signing = List::new(all).unwrap();
            }),
            mismatch,
        ),
    ] {
        let before = bench.status();
        assert_eq!(take(&mut bench, package), Err(code), "{name}");
        assert_eq!(bench.status(), before, "{name}: nothing was kept");
    }
    assert_eq!(take(&mut bench, honest.clone()), Ok(DECEMBER.epoch));
    assert_eq!(
        take(&mut bench, other),
        Err(order),
        "one epoch, two openings"
    );
    assert_eq!(take(&mut bench, honest), Ok(DECEMBER.epoch), "again");
}

#[test]
fn no_byte_of_an_epoch_can_be_altered_p3() {
    let mut bench = Bench::new();
    let honest = DECEMBER.package(&bench.world);
    let altered = |bytes: &[u8], place: usize| {
        let mut bytes = bytes.to_vec();
        bytes[place] ^= 1;
        bytes
    };
    for place in 0..honest.opening.as_slice().len() {
        let opening = altered(honest.opening.as_slice(), place);
        let package = EpochPackage {
            opening: Bytes::new(opening).unwrap(),
            ..honest.clone()
        };
        assert!(take(&mut bench, package).is_err(), "opening, byte {place}");
    }
    for place in 0..honest.package.as_slice().len() {
        let sealed = altered(honest.package.as_slice(), place);
        let package = EpochPackage {
            package: Bytes::new(sealed).unwrap(),
            ..honest.clone()
        };
        assert_eq!(
            take(&mut bench, package),
            Err(RefusalCode::Mismatch),
            "package, byte {place}"
        );
    }
    assert_eq!(epochs(&mut bench), (EPOCH, EPOCH));
}

#[test]
fn a_clock_that_is_set_back_by_act_puts_the_epoch_of_that_time_in_force_p26() {
    let mut bench = Bench::new();
    let first = bench.done(subject(1), &[]);
    let package = DECEMBER.package(&bench.world);
    take(&mut bench, package).unwrap();
    until(&mut bench, DECEMBER.starts);
    let second = bench.done(subject(1), &first);
    assert_eq!(named(&second), DECEMBER.epoch);
    // The clock was wrong: it is noon.
    bench.now = Now {
        wall: Time(NOON),
        since_boot: bench.now.since_boot + MINUTE,
    };
    let act = bench.box_act(ActBody::ConfirmTime(Time(NOON)));
    assert_eq!(bench.ask(act), Reply::Acted(None));
    let third = bench.done(subject(1), &second);
    assert_eq!(
        named(&third),
        EPOCH,
        "what it signs must verify at that time"
    );
    until(&mut bench, DECEMBER.starts);
    assert_eq!(named(&bench.done(subject(1), &third)), DECEMBER.epoch);
}

#[test]
fn a_box_without_a_clock_takes_an_epoch_and_signs_nothing_p26() {
    let mut bench = Bench::new();
    bench.pass(10 * DAY);
    bench.restart();
    let package = DECEMBER.package(&bench.world);
    assert_eq!(take(&mut bench, package), Ok(DECEMBER.epoch));
    assert_eq!(epochs(&mut bench), (EPOCH, DECEMBER.epoch));
    let entry = bench.entry(subject(1), &[], Ask::default());
    assert_eq!(bench.send(entry), refused(RefusalCode::ClockDoubtful));
}

/// A genuine record that this box did not make, under the keys of some epoch.
fn twins(number: u8, epoch: Epoch) -> Vec<u8> {
    let keys = match epoch {
        EPOCH => World::records(),
        _ if epoch == DECEMBER.epoch => DECEMBER.records(),
        _ => JANUARY.records(),
    };
    let record = ChainRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch,
        account: AccountId([number; 16]),
        counter: Counter(9),
        head: Digest::ZERO,
        last_time: Time(NOON),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    keys.seal(&subject(number), record).unwrap().0
}

#[test]
fn a_twin_of_an_older_epoch_than_the_previous_is_refused_without_a_latch_p16() {
    for (epoch, code) in [
        (EPOCH, RefusalCode::OldFork),
        (DECEMBER.epoch, RefusalCode::Fork),
        (JANUARY.epoch, RefusalCode::Fork),
    ] {
        let mut bench = Bench::new();
        let own = bench.done(subject(1), &[]);
        for later in [DECEMBER, JANUARY] {
            let package = later.package(&bench.world);
            take(&mut bench, package).unwrap();
            until(&mut bench, later.starts);
        }
        let entry = bench.entry(subject(1), &twins(1, epoch), Ask::default());
        assert_eq!(bench.send(entry), refused(code), "{epoch:?}");
        let latches = code == RefusalCode::Fork;
        assert_eq!(bench.status().latched, latches, "{epoch:?}");
        let entry = bench.entry(subject(1), &own, Ask::default());
        match bench.send(entry) {
            Outcome::Done(delivery) => {
                assert!(!latches);
                assert_eq!(named(delivery.record.as_slice()), JANUARY.epoch);
            }
            other => assert_eq!(other, refused(RefusalCode::Latched)),
        }
    }
}
