//! A meter over the change of an epoch (P3): token keys re-sealed, items under the new key, authorities
//! and receipts of the neighbours believed.

use crate::desk::*;
use crate::later::*;
use crate::tokens::tokens;
use crate::world::*;
use item::*;
use vault::{OsEntropy, RecordKeys, TokenKeys};
use wire::*;

fn take(desk: &mut Desk, later: Later) {
    let package = later.package(&desk.world);
    let taken = desk.ask(Request::TakeEpoch(package));
    assert_eq!(taken, Reply::Taken(later.epoch));
}

fn until(desk: &mut Desk, moment: u64) {
    while desk.now < moment {
        desk.wait((moment - desk.now).min(60 * MINUTE));
    }
}

/// A dispense of one item under an authority of some epoch.
fn print(desk: &mut Desk, authority: Sealed<Authority>) -> MeterRequest {
    let order = desk.order(&[740]);
    MeterRequest::Dispense(Dispense {
        authorities: List::new(vec![authority]).unwrap(),
        orders: List::new(vec![order]).unwrap(),
    })
}

fn payload(delivery: &Delivery) -> Payload {
    Payload::from_bytes(rows(delivery)[0].payload.as_slice()).unwrap()
}

#[test]
fn an_item_of_each_epoch_has_its_key_and_the_meters_own_tokens_p3() {
    let mut desk = Desk::active();
    let authority = World::seal_authority(World::authority(desk.now));
    let asked = print(&mut desk, authority);
    let first = payload(&desk.done(asked));
    assert_eq!(first.key, KeySerial(1));
    let of_before = desk.record();
    take(&mut desk, DECEMBER);
    until(&mut desk, DECEMBER.starts);
    // A question shows the record of before, and changes nothing.
    assert_eq!(tokens(&mut desk, &first), (true, true));
    assert_eq!(desk.record(), of_before);
    let asked = print(&mut desk, DECEMBER.seal_authority(DECEMBER.starts));
    let second = payload(&desk.done(asked));
    assert_eq!(second.key, DECEMBER.serial(KeyUsage::Item));
    let record = desk.record();
    assert_eq!(record.epoch, DECEMBER.epoch);
    assert_ne!(record.token_keys, of_before.token_keys);
    for payload in [&first, &second] {
        assert_eq!(tokens(&mut desk, payload), (true, true));
    }
    // The token keys are the same ones, under the record keys of the new epoch and no other.
    let under = |keys: RecordKeys| TokenKeys::open(&keys, SERIAL, &record.token_keys);
    let opened = under(DECEMBER.records()).unwrap();
    assert_eq!(
        opened.tokens(&first.to_bytes()),
        [first.vendor_token, first.postal_token]
    );
    assert!(under(World::records()).is_err());
    desk.restart();
    assert_eq!(tokens(&mut desk, &second), (true, true));
    let asked = print(&mut desk, DECEMBER.seal_authority(DECEMBER.starts));
    assert_eq!(payload(&desk.done(asked)).ascending, Mills(3 * 740));
}

#[test]
fn every_change_of_a_meter_re_seals_all_of_it_p3() {
    type Ask = fn(&mut Desk) -> MeterRequest;
    let changes: [(&str, Ask); 4] = [
        ("act", |desk| desk.act(ActBody::Suspend(Suspension::ABUSE))),
        ("refill", |desk| {
            let evidence = desk.deposit(1_000);
            refill(evidence)
        }),
        ("dispense", |desk| {
            let now = desk.now;
            print(desk, DECEMBER.seal_authority(now))
        }),
        ("limits", |desk| desk.act(set_limits(GENEROUS))),
    ];
    for (name, change) in changes {
        let mut desk = Desk::active();
        take(&mut desk, DECEMBER);
        until(&mut desk, DECEMBER.starts);
        let asked = change(&mut desk);
        desk.done(asked);
        let record = desk.record();
        assert_eq!(record.epoch, DECEMBER.epoch, "{name}");
        let opened = TokenKeys::open(&DECEMBER.records(), SERIAL, &record.token_keys);
        assert!(opened.is_ok(), "{name}");
    }
}

#[test]
fn authorities_of_the_epochs_next_to_the_one_in_force_are_believed_p3() {
    let mut desk = Desk::active();
    let of = |epoch: u32, now: u64| match epoch {
        0 => World::seal_authority(World::authority(now)),
        1 => DECEMBER.seal_authority(now),
        _ => JANUARY.seal_authority(now),
    };
    let check = |desk: &mut Desk, name: &str, believed: [bool; 3]| {
        for (epoch, believed) in (0..).zip(believed) {
            let now = desk.now;
            let asked = print(desk, of(epoch, now));
            if believed {
                desk.done(asked);
            } else {
                let code = RefusalCode::BadAuthority;
                refused_alone(desk, &format!("{name}, epoch {epoch}"), asked, code);
            }
        }
    };
    check(&mut desk, "the first alone", [true, false, false]);
    take(&mut desk, DECEMBER);
    check(&mut desk, "its next one taken", [true, true, false]);
    take(&mut desk, JANUARY);
    check(&mut desk, "another behind", [true, true, false]);
    until(&mut desk, DECEMBER.starts);
    check(&mut desk, "the second", [true, true, true]);
    until(&mut desk, JANUARY.starts);
    check(&mut desk, "the third", [false, true, true]);
    // The key belongs to the epoch that the authority names.
    let mut other = JANUARY.seal_authority(desk.now);
    other.body.epoch = DECEMBER.epoch;
    let asked = print(&mut desk, other);
    refused_alone(&mut desk, "renamed", asked, RefusalCode::BadAuthority);
}

#[test]
fn receipts_of_the_epochs_next_to_the_one_in_force_make_a_meter_p3() {
    for (name, reached, made_at, believed) in [
        ("of the previous", 1, NOON - MINUTE, true),
        ("of one older than that", 2, NOON - MINUTE, false),
    ] {
        let mut desk = Desk::empty(|_| ());
        for later in [DECEMBER, JANUARY].into_iter().take(reached) {
            take(&mut desk, later);
            until(&mut desk, later.starts);
        }
        let mut receipt = desk.world.receipt();
        receipt.time = Time(made_at);
        let asked = MeterRequest::Manufacture(World::sign_receipt(receipt));
        if believed {
            desk.done(asked);
            assert_eq!(desk.record().epoch, DECEMBER.epoch, "{name}");
        } else {
            assert_eq!(desk.refused(asked), RefusalCode::UnknownEpoch, "{name}");
        }
    }
    // Of one to come: the keys box's clock runs ahead of this one's.
    let mut desk = Desk::empty(|_| ());
    take(&mut desk, DECEMBER);
    until(&mut desk, DECEMBER.starts - 1_000);
    let receipt = DECEMBER.receipt(&desk.world, DECEMBER.starts);
    desk.done(MeterRequest::Manufacture(receipt));
    assert_eq!(desk.record().epoch, EPOCH);
}

#[test]
fn a_meter_of_an_old_epoch_is_reissued_under_the_new_keys_p28() {
    let mut desk = Desk::active();
    let old = desk.shown.clone();
    let authority = World::seal_authority(World::authority(desk.now));
    let asked = print(&mut desk, authority);
    let first = payload(&desk.done(asked));
    desk.fund(1_000);
    take(&mut desk, DECEMBER);
    until(&mut desk, DECEMBER.starts);
    let memory = match desk.ask(Request::Recall(SERIAL.subject())) {
        Reply::Memory(memory) => memory,
        other => panic!("{other:?}"),
    };
    let shown = Sealed::<MeterRecord>::from_bytes(&old)
        .unwrap()
        .body
        .counter;
    let body = ActBody::Reissue(Reissue {
        shown,
        known: memory.known,
        memory: memory.summary,
    });
    let sequence = memory.summary.act_sequence + 1;
    let act = desk.world.act(SERIAL.subject(), sequence, desk.now, body);
    let asked = Request::Reissue(ReissueRequest {
        shown: Bytes::new(old).unwrap(),
        act: sign_all(act, &OPERATORS),
    });
    match desk.ask(asked) {
        Reply::Decided(outcomes) => match outcomes.into_vec().pop().unwrap() {
            Outcome::Done(delivery) => desk.shown = delivery.record.into_vec(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.record().epoch, DECEMBER.epoch);
    assert_eq!(tokens(&mut desk, &first), (true, true));
}

/// Every sealed field of a record moves with it: the fields that are sealed are those that another
/// epoch's keys do not open.
#[test]
fn re_sealing_a_meter_keeps_everything_but_its_sealed_fields_p4() {
    use keeper::Rules;
    let desk = Desk::active();
    let before = desk.record();
    let mut after = before.clone();
    let (old, new) = (World::records(), DECEMBER.records());
    meter::MeterRules::reseal(&mut after, &old, &new, &mut OsEntropy).unwrap();
    assert_eq!(after.epoch, DECEMBER.epoch);
    assert_ne!(after.token_keys, before.token_keys);
    after.epoch = before.epoch;
    after.token_keys = before.token_keys;
    assert_eq!(after, before);
    let mut altered = before;
    altered.token_keys[1][20] ^= 1;
    assert!(meter::MeterRules::reseal(&mut altered, &old, &new, &mut OsEntropy).is_err());
}
