//! Joins the entries of many callers into few `Decide` frames.
//!
//! There is no waiting for more: an entry that finds a free frame leaves at once. While all frames
//! are in flight entries gather, and the next frame takes them together; so frames grow with the
//! load and with the time that a commit takes. Entries of one subject go one after the other.

use crate::BoxError;
use crate::client::Line;
use crate::limits::{DECIDE_FRAMES, JOINED_BYTES_MAX};
use item::{List, Subject};
use std::collections::{HashSet, VecDeque};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use wire::limits::ENTRIES_MAX;
use wire::{Entry, Outcome, RefusalCode, Reply, Request};

/// One entry on its way, and who waits for its outcome.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) entry: Entry,
    pub(crate) deadline: Instant,
    pub(crate) answer: oneshot::Sender<Result<Outcome, BoxError>>,
}

/// Entries that wait, and the subjects that are in flight.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    in_flight: HashSet<Subject>,
}

impl Queue {
    /// Tells entries that found no frame in time; they were never sent.
    fn expire(&mut self, line: &Line) {
        let now = Instant::now();
        let over = |waiting: &mut Waiting| waiting.deadline <= now;
        while let Some(late) = self.waiting.pop_front_if(over) {
            let _ = late
                .answer
                .send(Err(line.unavailable("no place in a frame")));
        }
    }

    /// The next frame: oldest first, no subject that is in flight, no subject twice. Since an entry
    /// that stays behind keeps its place, entries of one subject keep their order.
    fn next_frame(&mut self) -> Vec<Waiting> {
        let mut frame = Vec::new();
        let mut stays = VecDeque::new();
        let mut held: HashSet<Subject> = HashSet::new();
        let mut bytes: usize = 0;
        while let Some(next) = self.waiting.pop_front() {
            let size = next.entry.shown.as_slice().len() + next.entry.body.as_slice().len() + 64;
            let fits = frame.is_empty() || bytes + size <= JOINED_BYTES_MAX;
            if !fits || frame.len() >= ENTRIES_MAX {
                self.waiting.push_front(next);
                break;
            }
            let subject = next.entry.subject;
            if held.contains(&subject) || !self.in_flight.insert(subject) {
                held.insert(subject);
                stays.push_back(next);
                continue;
            }
            bytes += size;
            frame.push(next);
        }
        stays.append(&mut self.waiting);
        self.waiting = stays;
        frame
    }
}

/// Runs until the last handle has gone and everything is answered.
pub(crate) async fn run(line: Line, mut entries: mpsc::Receiver<Waiting>) {
    let mut queue = Queue::default();
    let mut frames: JoinSet<Vec<Subject>> = JoinSet::new();
    let mut more = true;
    loop {
        queue.expire(&line);
        while frames.len() < DECIDE_FRAMES {
            let frame = queue.next_frame();
            if frame.is_empty() {
                break;
            }
            frames.spawn(send(line.clone(), frame));
        }
        if !more && frames.is_empty() {
            return;
        }
        tokio::select! {
            // In a fixed order, so that a simulated run is the same each time.
            biased;
            Some(done) = frames.join_next() => match done {
                Ok(subjects) => subjects.iter().for_each(|subject| {
                    queue.in_flight.remove(subject);
                }),
                // A frame's task neither panics nor is aborted before the runtime ends.
                Err(_) => return,
            },
            entry = entries.recv(), if more && queue.waiting.len() < ENTRIES_MAX => match entry {
                Some(entry) => {
                    queue.waiting.push_back(entry);
                    // Whoever came at the same time goes along.
                    while queue.waiting.len() < ENTRIES_MAX {
                        let Ok(entry) = entries.try_recv() else { break };
                        queue.waiting.push_back(entry);
                    }
                }
                None => more = false,
            },
        }
    }
}

/// Sends a frame and hands the outcomes out; the subjects that are free again.
async fn send(line: Line, frame: Vec<Waiting>) -> Vec<Subject> {
    let (entries, answers): (Vec<Entry>, Vec<_>) = frame
        .into_iter()
        .map(|waiting| (waiting.entry, waiting.answer))
        .unzip();
    let subjects = entries.iter().map(|entry| entry.subject).collect();
    let outcomes = decide(&line, entries).await;
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // The caller may have gone; see the crate's documentation.
        let _ = answer.send(outcome);
    }
    subjects
}

/// One outcome an entry, in order. A frame whose replies together are too long is asked again in
/// halves: what was decided is then simply delivered again (P17).
async fn decide(line: &Line, entries: Vec<Entry>) -> Vec<Result<Outcome, BoxError>> {
    let mut outcomes = Vec::with_capacity(entries.len());
    let mut parts = vec![entries];
    while let Some(mut part) = parts.pop() {
        let count = part.len();
        let Ok(list) = List::new(part.clone()) else {
            outcomes.extend(std::iter::repeat_n(Err(BoxError::TooLarge), count));
            continue;
        };
        let one = match line.ask(&Request::Decide(list)).await {
            Ok(Reply::Decided(decided)) if decided.as_slice().len() == count => {
                outcomes.extend(decided.into_vec().into_iter().map(Ok));
                continue;
            }
            Ok(Reply::Refused(refusal)) if refusal.code == RefusalCode::TooLarge && count > 1 => {
                let second = part.split_off(count / 2);
                parts.push(second);
                parts.push(part);
                continue;
            }
            Ok(Reply::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
            Ok(
                Reply::Status(_)
                | Reply::Decided(_)
                | Reply::Open(_)
                | Reply::Checkpoint(_)
                | Reply::Answer(_)
                | Reply::Acted(_)
                | Reply::Acknowledged(_)
                | Reply::Page(_)
                | Reply::Memory(_)
                | Reply::Taken(_),
            ) => Err(line.nonsense()),
            Err(error) => Err(error),
        };
        outcomes.extend(std::iter::repeat_n(one, count));
    }
    outcomes
}
