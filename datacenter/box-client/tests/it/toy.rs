//! A service with a real journal that decides each request id once and delivers the same bytes to
//! whoever asks again, as a box does (P16).

use item::{BoxKind, Bytes, List, RequestId, Subject};
use journal::{Authenticator, Committed, Journal, Sequence};
use keeper::{Caller, Failed, Now, Pending, Service};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use wire::{Delivery, Entry, Outcome, RefusalCode, Reply, Request};

pub(crate) struct Sum;

impl Authenticator for Sum {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut sum = [0u8; 32];
        for (at, byte) in parts.iter().flat_map(|part| part.iter()).enumerate() {
            sum[at % 32] = sum[at % 32].rotate_left(1) ^ byte;
        }
        sum
    }
}

/// What the service saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Requests decided, in order; an id twice would be a decision twice.
    pub(crate) decided: Vec<(Subject, RequestId)>,
    /// Entries of each `Decide` frame.
    pub(crate) frames: Vec<usize>,
    /// A frame held one subject twice.
    pub(crate) doubled: bool,
}

/// Called with the number of `Decide` frames so far, after deciding and before any reply.
pub(crate) type Hook = Box<dyn Fn(usize) + Send>;

pub(crate) struct Toy {
    journal: Journal<Sum>,
    answers: HashMap<RequestId, Delivery>,
    seen: Arc<Mutex<Seen>>,
    hook: Hook,
    /// Above so many entries the reply is too large.
    entries_max: usize,
    _folder: tempfile::TempDir,
}

impl Toy {
    pub(crate) fn new(seen: Arc<Mutex<Seen>>, entries_max: usize, hook: Hook) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        Journal::init(&state, b"toy", 0, [], Sum).unwrap();
        let (journal, _) = Journal::open(&state, Sum, |_| Ok(())).unwrap();
        Self {
            journal,
            answers: HashMap::new(),
            seen,
            hook,
            entries_max,
            _folder: folder,
        }
    }

    fn decide(&mut self, entry: &Entry) -> Outcome {
        if let Some(delivery) = self.answers.get(&entry.request) {
            return Outcome::Done(Box::new(delivery.clone()));
        }
        let mut seen = self.seen.lock().unwrap();
        seen.decided.push((entry.subject, entry.request));
        self.journal.append(1, &entry.request.0).unwrap();
        // The number of the decision, so that a second one would show.
        let number = (seen.decided.len() as u64).to_le_bytes().to_vec();
        let delivery = Delivery {
            subject: entry.subject,
            request: entry.request,
            record: Bytes::new(entry.body.as_slice().to_vec()).unwrap(),
            decision: Bytes::new(number).unwrap(),
            rows: List::default(),
            evidence: Bytes::default(),
            orders: List::default(),
            secret: Bytes::default(),
        };
        self.answers.insert(entry.request, delivery.clone());
        Outcome::Done(Box::new(delivery))
    }
}

impl Service for Toy {
    fn kind(&self) -> BoxKind {
        BoxKind::Meter
    }

    fn handle(&mut self, _: Caller, request: Request, _: Now) -> Pending {
        let reply = match request {
            Request::Decide(entries) => {
                let subjects: HashSet<_> = entries.as_slice().iter().map(|e| e.subject).collect();
                let outcomes: Vec<_> = entries.as_slice().iter().map(|e| self.decide(e)).collect();
                let frames = {
                    let mut seen = self.seen.lock().unwrap();
                    seen.doubled |= subjects.len() != outcomes.len();
                    seen.frames.push(outcomes.len());
                    seen.frames.len()
                };
                (self.hook)(frames);
                if outcomes.len() > self.entries_max {
                    Reply::Refused(RefusalCode::TooLarge.into())
                } else {
                    Reply::Decided(List::new(outcomes).unwrap())
                }
            }
            Request::Query(question) => Reply::Answer(question),
            _ => Reply::Refused(RefusalCode::Unknown.into()),
        };
        Pending::new(Sequence(self.journal.sequence().0 - 1), reply)
    }

    fn commit(&mut self) -> Result<Committed, Failed> {
        self.journal.commit().map_err(|e| Failed(e.to_string()))
    }

    fn tick(&mut self, _: Now) -> Result<(), Failed> {
        Ok(())
    }
}
