//! How much one page of redelivery holds (P19).

use crate::bench::*;
use crate::toy::Ask;
use item::{ActBody, Layout, Subject};
use wire::limits::{FRAME_MAX, LISTED_MAX, ROW_MAX};
use wire::{Page, PageRequest, Reply, Request};

fn numbered(number: usize) -> Subject {
    let mut bytes = [1; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Subject(bytes)
}

/// Makes one record for each of these numbers of rows, and reads the pages: subjects of each.
fn pages(rows: &[usize]) -> Vec<usize> {
    let mut bench = Bench::new();
    for (number, rows) in rows.iter().enumerate() {
        let ask = Ask {
            rows: u16::try_from(*rows).unwrap(),
            ..Ask::default()
        };
        let entry = bench.entry(numbered(number), &[], ask);
        done(bench.send(entry));
    }
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
                assert_eq!(seen, rows.len());
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
