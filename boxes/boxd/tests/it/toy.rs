//! A service with a real journal: answers a query with the caller's place and the query itself, and
//! refuses everything else.

use item::BoxKind;
use journal::{Authenticator, Committed, Journal, Sequence};
use keeper::{Caller, Failed, Now, Pending, Service};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wire::{RefusalCode, Reply, Request};

pub(crate) struct Zero;

impl Authenticator for Zero {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut sum = [0u8; 32];
        for (at, byte) in parts.iter().flat_map(|part| part.iter()).enumerate() {
            sum[at % 32] = sum[at % 32].rotate_left(1) ^ byte;
        }
        sum
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    /// The commit fails.
    Commit,
    /// Replies rest on a record that is never written.
    Ahead,
    /// The same, once as much waits as a connection may ask at once.
    AheadOfMany,
    /// Each request takes a while.
    Slow,
}

pub(crate) struct Toy {
    journal: Journal<Zero>,
    fault: Fault,
    folder: tempfile::TempDir,
    handled: Arc<AtomicUsize>,
}

impl Toy {
    pub(crate) fn new(fault: Fault) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        Journal::init(&state, b"toy", 0, [], Zero).unwrap();
        let (journal, _) = Journal::open(&state, Zero, |_| Ok(())).unwrap();
        Self {
            journal,
            fault,
            folder,
            handled: Arc::default(),
        }
    }

    /// Its state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Requests that came to it so far.
    pub(crate) fn handled(&self) -> Arc<AtomicUsize> {
        self.handled.clone()
    }

    /// Begins a new segment.
    pub(crate) fn compact(&mut self) {
        self.journal.append(1, b"before").unwrap();
        self.journal.commit().unwrap();
        self.journal.compact(1, []).unwrap();
    }
}

impl Service for Toy {
    fn kind(&self) -> BoxKind {
        BoxKind::Meter
    }

    fn handle(&mut self, caller: Caller, request: Request, now: Now) -> Pending {
        assert!(now.wall.0 > 1_600_000_000_000 && now.since_boot > 0);
        self.handled.fetch_add(1, Ordering::SeqCst);
        let Request::Query(question) = request else {
            return Pending::new(Sequence(0), Reply::Refused(RefusalCode::Unknown.into()));
        };
        if self.fault == Fault::Slow {
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut needs = self.journal.append(1, b"asked").unwrap();
        if matches!(self.fault, Fault::Ahead | Fault::AheadOfMany) {
            needs = Sequence(needs.0 + 1_000);
        }
        let mut answer = format!("{}:", caller.0).into_bytes();
        answer.extend(question.into_vec());
        Pending::new(needs, Reply::Answer(item::Bytes::new(answer).unwrap()))
    }

    fn commit(&mut self) -> Result<Committed, Failed> {
        if self.fault == Fault::Commit && self.journal.sequence() > Sequence(1) {
            return Err(Failed("disk".to_owned()));
        }
        self.journal.commit().map_err(|e| Failed(e.to_string()))
    }

    fn tick(&mut self, _: Now) -> Result<(), Failed> {
        if self.fault == Fault::AheadOfMany {
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}
