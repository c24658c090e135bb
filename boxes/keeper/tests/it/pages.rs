//! How much one page of redelivery holds (P19).

use crate::bench::*;
use crate::toy::Ask;
use crate::world::DAY;
use item::{ActBody, Layout, Subject};
use wire::limits::{FRAME_MAX, LISTED_MAX, ROW_MAX};
use wire::{Page, PageRequest, Reply, Request};

fn numbered(number: usize) -> Subject {
    let mut bytes = [1; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Subject(bytes)
}

/// A box that made one record for each of these numbers of rows, and none of them is written.
fn filled(rows: &[usize]) -> Bench {
    let mut bench = Bench::new();
    for (number, rows) in rows.iter().enumerate() {
        let ask = Ask {
            rows: u16::try_from(*rows).unwrap(),
            ..Ask::default()
        };
        let entry = bench.entry(numbered(number), &[], ask);
        done(bench.send(entry));
    }
    bench
}

fn pages(rows: &[usize]) -> Vec<usize> {
    read(&mut filled(rows), rows.len())
}

/// Reads all pages, which hold `count` records in the order of their making; how many each holds.
fn read(bench: &mut Bench, count: usize) -> Vec<usize> {
    let allow = bench.box_act(ActBody::RedeliverFrom(0));
    let Request::BoxAct(act) = &allow else {
        panic!("no act");
    };
    let act = verify::statement_digest(&act.to_bytes());
    assert_eq!(bench.ask(allow), Reply::Acted(None));
    let (mut from, mut seen, mut pages) = (0, 0, Vec::new());
    loop {
        let Reply::Page(Page {
            deliveries, next, ..
        }) = bench.ask(Request::Page(PageRequest { act, from }))
        else {
            panic!("no page");
        };
        for delivery in &deliveries {
            assert_eq!(delivery.subject, numbered(seen));
            seen += 1;
        }
        pages.push(deliveries.as_slice().len());
        match next {
            Some(next) => from = next,
            None => {
                assert_eq!(seen, count);
                return pages;
            }
        }
    }
}

#[test]
fn a_page_holds_so_many_decisions_p19() {
    assert_eq!(pages(&[0; LISTED_MAX]), [LISTED_MAX]);
    assert_eq!(pages(&[0; LISTED_MAX + 1]), [LISTED_MAX, 1]);
}

#[test]
fn a_page_holds_half_a_frame_or_one_decision_that_is_larger_p19() {
    const HALF: usize = FRAME_MAX / 2 / ROW_MAX;
    assert_eq!(
        pages(&[HALF / 3; 3]),
        [2, 1],
        "what is beside the rows counts"
    );
    assert_eq!(pages(&[HALF / 3 - 1; 4]), [3, 1]);
    assert_eq!(pages(&[0, HALF + 1, HALF + 1, 0, 0]), [1, 1, 1, 2]);
}

#[test]
fn what_stands_in_two_segments_takes_its_room_once_p19() {
    let rows = [FRAME_MAX / 2 / ROW_MAX / 3 - 1; 3];
    let mut bench = filled(&rows);
    bench.keeper().compact().unwrap();
    assert_eq!(read(&mut bench, 3), [3]);
}

#[test]
fn what_only_a_snapshot_knows_comes_in_order_p19() {
    const COUNT: usize = LISTED_MAX + 44;
    let mut bench = filled(&[0; COUNT]);
    for _ in 0..2 {
        bench.keeper().compact().unwrap();
        bench.pass(DAY);
        bench.tick().unwrap();
    }
    bench.keeper().compact().unwrap();
    assert_eq!(read(&mut bench, COUNT), [LISTED_MAX, 44]);
}
