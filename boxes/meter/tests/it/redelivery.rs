//! P19 on a meter box: everything that is kept, delivered again by one act, page by page.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::*;

const OF_BOX: Subject = Subject([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);

/// Has an act carried out that allows pages; its digest.
fn allow(desk: &mut Desk, sequence: u64, from: u64) -> Digest {
    let body = ActBody::RedeliverFrom(from);
    let act = sign_all(desk.world.act(OF_BOX, sequence, desk.now, body), &OPERATORS);
    let digest = verify::statement_digest(&act.to_bytes());
    assert_eq!(desk.ask(Request::BoxAct(act.clone())), Reply::Acted(None));
    let used = Reply::Refused(RefusalCode::ActSequence.into());
    assert_eq!(desk.ask(Request::BoxAct(act)), used);
    digest
}

fn page(desk: &mut Desk, act: Digest, from: u64) -> Reply {
    desk.ask(Request::Page(PageRequest { act, from }))
}

/// All pages, and how many there were.
fn everything(desk: &mut Desk, act: Digest) -> (Vec<Delivery>, usize) {
    let (mut all, mut pages, mut from) = (Vec::new(), 0, 0);
    loop {
        let Reply::Page(page) = page(desk, act, from) else {
            panic!("no page");
        };
        pages += 1;
        all.extend(page.deliveries.into_vec());
        match page.next {
            Some(next) => from = next,
            None => return (all, pages),
        }
    }
}

fn counters(deliveries: &[Delivery]) -> Vec<u64> {
    let counter = |d: &Delivery| {
        let decision = Signed::<Decision>::from_bytes(d.decision.as_slice()).unwrap();
        decision.body.counter.0
    };
    deliveries.iter().map(counter).collect()
}

#[test]
fn everything_kept_comes_again_in_order_and_byte_for_byte_p19() {
    let mut desk = Desk::active();
    let first = desk.record().counter.0;
    let mut made = Vec::new();
    for _ in 0..300 {
        let print = desk.print(&[740]);
        made.push(desk.done(print));
    }
    let act = allow(&mut desk, 1, 0);
    let (all, pages) = everything(&mut desk, act);
    assert_eq!(counters(&all), (1..=first + 300).collect::<Vec<_>>());
    assert_eq!(all[first as usize..], made);
    assert!(all.iter().all(|delivery| delivery.secret.is_empty()));
    assert_eq!(pages, 2, "a page has a limit");
    // A page only shows: nothing was decided or acknowledged.
    let print = desk.print(&[740]);
    desk.done(print);
}

#[test]
fn pages_are_also_cut_by_their_bytes() {
    let mut desk = Desk::active();
    for _ in 0..12 {
        let print = desk.print(&[1; 1_000]);
        desk.done(print);
    }
    let act = allow(&mut desk, 1, 0);
    let (all, pages) = everything(&mut desk, act);
    assert_eq!(all.len(), 5 + 12);
    assert!(pages > 1);
}

#[test]
fn pages_span_segments_and_what_waited_at_a_compaction_comes_once() {
    let mut desk = Desk::active();
    for round in 0..3 {
        let print = desk.print(&[740]);
        desk.done(print);
        if round < 2 {
            desk.compact();
        }
    }
    let act = allow(&mut desk, 1, 0);
    let (all, _) = everything(&mut desk, act);
    assert_eq!(counters(&all), (1..=8).collect::<Vec<_>>());
    // Two days on, the old segments are gone: but for the decision that waited when they ended.
    desk.wait(DAY);
    desk.wait(DAY);
    desk.compact();
    let act = allow(&mut desk, 2, 0);
    let (all, _) = everything(&mut desk, act);
    assert_eq!(counters(&all), [7, 8]);
}

#[test]
fn pages_need_the_last_act_and_its_time_p9() {
    let mut desk = Desk::active();
    let refused = |code: RefusalCode| Reply::Refused(code.into());
    let nobody = page(&mut desk, Digest([1; 32]), 0);
    assert_eq!(nobody, refused(RefusalCode::ActSequence));
    let sequence = desk.journal_sequence();
    let print = desk.print(&[740]);
    let last = desk.done(print);
    let act = allow(&mut desk, 1, sequence);
    // Not before what the act names.
    let (all, _) = everything(&mut desk, act);
    assert_eq!(all, [last]);
    let other = page(&mut desk, Digest([1; 32]), 0);
    assert_eq!(other, refused(RefusalCode::ActSequence));
    desk.wait(60 * MINUTE);
    assert_eq!(page(&mut desk, act, 0), refused(RefusalCode::Expired));
    let act = allow(&mut desk, 2, 0);
    let next = desk.world.act(OF_BOX, 3, desk.now, ActBody::Unlatch);
    desk.ask(Request::BoxAct(sign_all(next, &OPERATORS)));
    assert_eq!(page(&mut desk, act, 0), refused(RefusalCode::ActSequence));
    let act = allow(&mut desk, 4, 0);
    desk.restart();
    assert_eq!(page(&mut desk, act, 0), refused(RefusalCode::ActSequence));
}
