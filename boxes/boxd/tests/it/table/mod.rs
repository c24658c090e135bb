//! The fault table of the shell: real server, real TLS, a real keeper with the rules of the meter.
//! Every call of its disk fails once in every way, and its connection is cut at every record of TLS,
//! both ways. A client that only ever asks again must find everything that it was told, exactly
//! once and byte for byte (P14, P16, P17).
//!
//! Not here: faults within the journal's own recovery (`journal/tests/it/faults.rs`).

mod client;
mod proxy;
mod rig;

use crate::fake_disk::{Fault, Restart};
use client::Client;
use proxy::{Cut, Proxy};
use rig::Rig;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Says which case it was when its thread panics.
struct Named<'a, T: Debug>(&'a T);

impl<T: Debug> Drop for Named<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in case {:?}", self.0);
        }
    }
}

/// Runs all cases on a few threads.
fn in_parallel<T: Sync + Debug>(cases: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let _named = Named(case);
                    run(case);
                }
            });
        }
    });
}

#[test]
fn no_fault_of_the_disk_loses_or_doubles_what_was_answered() {
    // A life without faults counts the calls.
    let mut rig = Rig::new(None);
    Client::direct(&mut rig).live();
    let calls = rig.calls();
    let kinds: BTreeSet<&str> = calls.iter().copied().collect();
    let all = [
        "create",
        "length",
        "list",
        "lock",
        "open",
        "read",
        "remove",
        "rename",
        "sync",
        "sync_folder",
        "write",
    ];
    assert!(kinds.into_iter().eq(all), "{calls:?}");

    let mut cases = Vec::new();
    for call in 0..calls.len() {
        for fault in Fault::ALL {
            for restart in [Restart::Process, Restart::PowerCut] {
                cases.push((call, fault, restart));
            }
        }
    }
    in_parallel(&cases, |case| {
        let mut rig = Rig::new(Some(*case));
        Client::direct(&mut rig).live();
        assert_eq!(rig.failures(), 1, "the box was to fail once");
    });
    println!("{} calls, {} cases", calls.len(), cases.len());
}

#[test]
fn no_cut_of_the_connection_loses_or_doubles_what_was_answered() {
    let mut rig = Rig::new(None);
    let proxy = Proxy::new(None);
    Client::through(&mut rig, &proxy).live();
    let records = proxy.records();
    let both_ways =
        [true, false].map(|inward| records.iter().filter(|one| **one == inward).count());
    // Fewer would mean that some step of the life has no record of its own.
    assert!(
        both_ways.iter().all(|count| *count >= client::STEPS),
        "{both_ways:?}"
    );

    let mut cases = Vec::new();
    for record in 0..records.len() {
        for cut in Cut::ALL {
            cases.push((record, cut));
        }
    }
    in_parallel(&cases, |case| {
        let mut rig = Rig::new(None);
        let proxy = Proxy::new(Some(*case));
        Client::through(&mut rig, &proxy).live();
        // The last one may be the box's goodbye, for which nobody waits: it is not there in each run.
        let is_last = case.0 + 1 == records.len();
        assert!(proxy.was_cut() || is_last, "never reached");
        assert_eq!(rig.failures(), 0, "a cut ends no box");
    });
    println!("{} records, {} cases", records.len(), cases.len());
}
