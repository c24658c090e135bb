//! P16 and P17 with real rules: what the box does with older, altered, forked and repeated things.

use crate::desk::*;
use crate::world::*;
use item::*;
use keeper::{Keeper, StartError};
use meter::MeterRules;
use vault::OsEntropy;
use wire::*;

#[track_caller]
fn code(outcome: Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_older_record_is_stale_and_signed_p16() {
    let mut desk = Desk::active();
    let old = desk.shown.clone();
    for _ in 0..2 {
        let print = desk.print(&[740]);
        desk.done(print);
    }
    // The second decision is open: the record before it is the last acknowledged one.
    let newest = std::mem::replace(&mut desk.shown, old.clone());
    let print = desk.print(&[740]);
    let before = desk.journal_sequence();
    let Outcome::Refused(refusal) = desk.decide(print) else {
        panic!("not refused");
    };
    assert_eq!(refusal.code, RefusalCode::Stale);
    let statement = Signed::<StaleStatement>::from_bytes(refusal.statement.as_slice()).unwrap();
    let key = statement.body.key;
    let stale = desk
        .world
        .installation
        .open_statement(
            statement,
            key,
            BoxKind::Meter,
            KeyUsage::Decision,
            Time(NOON),
        )
        .unwrap();
    assert_eq!(stale.shown, verify::record_digest(&old));
    assert_eq!(stale.known_counter, refusal.known_counter);
    assert_eq!(desk.journal_sequence(), before);
    desk.shown = newest;
    let print = desk.print(&[740]);
    desk.done(print);
    assert_eq!(desk.record().piece_count, 3);
}

#[test]
fn the_same_request_gets_the_same_bytes_p17() {
    let mut desk = Desk::active();
    let print = desk.print(&[740, 240]);
    let entry = desk.entry(print);
    let first = desk.send(entry.clone());
    assert!(matches!(first, Outcome::Done(_)));
    assert_eq!(desk.send(entry.clone()), first);
    desk.restart();
    assert_eq!(desk.send(entry.clone()), first, "after a restart");

    let print = desk.print(&[1]);
    let other = desk.entry(print);
    let Outcome::Open(open) = desk.send(other.clone()) else {
        panic!("not open");
    };
    assert_eq!(Outcome::Done(open.clone()), first);
    assert_eq!(desk.status().open, 1);

    // Written: the next entry shows it, and that acknowledges.
    desk.shown = open.record.as_slice().to_vec();
    let next = desk.entry(MeterRequest::from_bytes(other.body.as_slice()).unwrap());
    assert!(matches!(desk.send(next), Outcome::Done(_)));
    assert_eq!(code(desk.send(entry)), RefusalCode::Stale);
}

#[test]
fn a_fork_latches_until_an_act_p16() {
    let mut desk = Desk::active();
    let print = desk.print(&[740]);
    let entry = desk.entry(print);
    let mut twin = desk.record();
    twin.descending = Mills(2_000_000);
    twin.deposits = Mills(2_000_000);
    let (forged, _) = World::records().seal(&SERIAL.subject(), twin).unwrap();
    let mut shown = entry.clone();
    shown.shown = Bytes::new(forged).unwrap();
    assert_eq!(code(desk.send(shown)), RefusalCode::Fork);
    assert_eq!(code(desk.send(entry.clone())), RefusalCode::Latched);
    desk.restart();
    assert!(desk.status().latched);
    assert_eq!(code(desk.send(entry.clone())), RefusalCode::Latched);

    let of_box = Subject([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    let unlatch = |names: &[u8]| {
        let act = World::new().act(of_box, 1, NOON, ActBody::Unlatch);
        Request::BoxAct(sign_all(act, names))
    };
    assert_eq!(
        desk.ask(unlatch(&OPERATORS[..1])),
        Reply::Refused(RefusalCode::BadSignature.into())
    );
    assert_eq!(desk.ask(unlatch(&OPERATORS)), Reply::Acted(None));
    assert_eq!(
        desk.ask(unlatch(&OPERATORS)),
        Reply::Refused(RefusalCode::ActSequence.into())
    );
    assert!(matches!(desk.send(entry), Outcome::Done(_)));
}

#[test]
fn no_byte_of_a_record_can_be_altered_p4() {
    let mut desk = Desk::active();
    let before = desk.journal_sequence();
    let genuine = desk.shown.clone();
    let print = desk.print(&[740]);
    for place in 0..genuine.len() {
        desk.shown = genuine.clone();
        desk.shown[place] ^= 1;
        let code = desk.refused(print.clone());
        assert!(
            matches!(code, RefusalCode::Altered | RefusalCode::UnknownEpoch),
            "byte {place}: {code:?}"
        );
    }
    for length in [0, 1, genuine.len() - 1] {
        desk.shown = genuine[..length].to_vec();
        let code = desk.refused(print.clone());
        assert!(
            matches!(code, RefusalCode::Altered | RefusalCode::Exists),
            "{length} bytes: {code:?}"
        );
    }
    desk.shown = genuine;
    assert_eq!(desk.journal_sequence(), before, "nothing was signed");
    assert!(!desk.status().latched);
    desk.done(print);
}

#[test]
fn a_record_does_not_pass_for_another_meter() {
    let mut desk = Desk::active();
    let print = desk.print(&[740]);
    let mut entry = desk.entry(print.clone());
    entry.subject = MeterSerial(5).subject();
    assert_eq!(code(desk.send(entry)), RefusalCode::Altered);
    // Another meter's sealed token keys, under a genuine MAC, are still another's.
    let sealed = Sealed::<MeterRecord>::from_bytes(&desk.shown).unwrap();
    let [vendor, postal] = sealed.body.token_keys;
    assert!(vault::TokenKeys::open(&World::records(), MeterSerial(5), &[vendor, postal]).is_err());
    assert!(vault::TokenKeys::open(&World::records(), SERIAL, &[postal, vendor]).is_err());
    desk.done(print);
}

#[test]
fn a_box_does_not_start_with_another_item_key_than_its_certificate_names_p5() {
    for (key, starts) in [(2, true), (STRANGER, false)] {
        let world = World::holding(key);
        let folder = tempfile::tempdir().unwrap();
        let init = Keeper::<MeterRules>::init(
            folder.path(),
            world.package(),
            World::keys(),
            at(NOON),
            &mut OsEntropy,
        );
        init.unwrap();
        let opened = Keeper::open(
            folder.path(),
            World::keys(),
            at(NOON),
            Box::new(OsEntropy),
            MeterRules::new,
        );
        assert_eq!(opened.is_ok(), starts);
        assert!(matches!(opened.err(), None | Some(StartError::Package)));
    }
}
