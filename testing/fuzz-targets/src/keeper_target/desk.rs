//! The box of the story, and requests about its records. Not here: what is asked of one kind
//! (`Kind`), what else happens to the box (`surroundings`), what must hold of a decision (`book`).

use arbitrary::{Result, Unstructured};
use item::{
    ActBody, ActKind, Bytes, Counter, KeyUsage, Layout, List, RequestId, Sealed, ShortDigest,
    Subject,
};
use keeper::{Caller, Keeper, Now, Rules, Service};
use vault::RecordKeys;
use verify::record_digest;
use wire::{
    Acknowledgement, Delivery, Entry, Nothing, Outcome, RefusalCode, Reply, Request, Status,
};

use super::{Book, Kind, RecordOf};
use crate::disk::{Image, MemoryDisk};
use crate::entropy::Seeded;
use crate::house::{HOUSE, MINUTE, START, now, unlock};
use crate::tell;

/// Steps of one story.
const STEPS_MAX: usize = 32;
/// Entries that can be repeated.
const ASKED_MAX: usize = 16;

/// Zero seven times out of eight, so that most of a story is in order and it gets far.
pub(crate) fn odd(u: &mut Unstructured<'_>) -> Result<u8> {
    Ok(u.arbitrary::<u8>()?.saturating_sub(223))
}

/// Where a story begins.
#[derive(Clone)]
pub(crate) struct Start<K: Kind> {
    image: Image,
    book: Book<K>,
    now: Now,
    requests: u8,
    starts: u64,
}

impl<K: Kind> Start<K> {
    /// A box that knows nothing.
    pub(crate) fn empty() -> Self {
        Self {
            image: HOUSE.image::<K::Rules>(),
            book: Book::default(),
            now: now(START + MINUTE),
            requests: 0,
            starts: 0,
        }
    }
}

/// One box, and the caller with everything that it ever got.
pub(crate) struct Desk<K: Kind> {
    pub(super) disk: MemoryDisk,
    pub(super) keeper: Option<Keeper<K::Rules, MemoryDisk>>,
    pub(super) keys: RecordKeys,
    pub(crate) book: Book<K>,
    pub(crate) now: Now,
    asked: Vec<Entry>,
    requests: u8,
    starts: u64,
}

impl<K: Kind> Desk<K> {
    pub(crate) fn new(start: &Start<K>) -> Self {
        let mut desk = Self {
            disk: MemoryDisk::of(&start.image),
            keeper: None,
            keys: HOUSE.records(K::Rules::KIND),
            book: start.book.clone(),
            now: start.now,
            asked: Vec::new(),
            requests: start.requests,
            starts: start.starts,
        };
        desk.restart();
        desk
    }

    /// To begin other stories here.
    pub(crate) fn end(mut self) -> Start<K> {
        self.keeper = None;
        Start {
            image: self.disk.image(),
            book: self.book,
            now: self.now,
            requests: self.requests,
            starts: self.starts,
        }
    }

    /// Tells the story to its end.
    pub(crate) fn story(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        for _ in 0..STEPS_MAX {
            if u.is_empty() {
                break;
            }
            self.step(u)?;
            self.compare(false);
        }
        // Opening costs as much as many steps: not every story ends with it.
        if self.requests.is_multiple_of(2) {
            self.restart();
        }
        self.compare(true);
        Ok(())
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let step = u.int_in_range(0..=24u8)?;
        tell(|| format!("step {step}"));
        match step {
            0..=9 => {
                let entry = self.entry(u)?;
                self.decide(vec![entry]);
            }
            10 => {
                let entries = vec![self.entry(u)?, self.entry(u)?, self.entry(u)?];
                self.decide(entries);
            }
            11 | 12 => {
                let entry = self.repeated(u)?;
                self.decide(vec![entry]);
            }
            13 => self.acknowledge(u)?,
            14 => self.restart(),
            15 => {
                let entry = self.entry(u)?;
                self.die_before_commit(vec![entry]);
            }
            16 => {
                let entry = self.entry(u)?;
                self.fill_disk(vec![entry]);
            }
            17 | 18 => self.turn_clock(u)?,
            19 => self.act_on_box(u)?,
            20 => {
                let keeper = self.keeper.as_mut().expect("running");
                keeper.compact().expect("a disk that works");
            }
            21 | 22 => self.ask_question(u)?,
            23 => self.send_altered(u)?,
            _ => self.make_again(u)?,
        }
        Ok(())
    }

    // --- Requests ---------------------------------------------------------------------------------

    /// A request about one of the records, shown in some way.
    fn entry(&mut self, u: &mut Unstructured<'_>) -> Result<Entry> {
        // Most of the story is about the first record.
        let subjects = self.book.kind.subjects();
        let which = usize::from(u.int_in_range(0..=5u8)?).saturating_sub(3);
        let subject = subjects[which % subjects.len()];
        let shown = self.shown(u, subject)?;
        let newest = self.book.newest(subject);
        let body = self
            .book
            .kind
            .request(u, subject, newest.as_ref(), self.now)?;
        let request = match odd(u)? {
            0..=15 => {
                self.requests = self.requests.wrapping_add(1);
                self.requests
            }
            earlier => earlier,
        };
        Ok(self.remember(Entry {
            request: RequestId([request; 32]),
            subject,
            shown: Bytes::new(shown).unwrap_or_default(),
            body: Bytes::new(body).unwrap_or_default(),
        }))
    }

    fn remember(&mut self, entry: Entry) -> Entry {
        if self.asked.len() == ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push(entry.clone());
        entry
    }

    /// The record as a hostile database shows it.
    pub(super) fn shown(&self, u: &mut Unstructured<'_>, subject: Subject) -> Result<Vec<u8>> {
        let history = self.book.history(subject);
        let Some(newest) = history.last() else {
            return Ok(Vec::new());
        };
        Ok(match odd(u)? {
            0..=8 => newest.to_vec(),
            9..=16 => u.choose(&history)?.to_vec(),
            17..=20 => {
                let mut bytes = newest.to_vec();
                let at = u.choose_index(bytes.len())?;
                bytes[at] ^= u.arbitrary::<u8>()?;
                bytes
            }
            21..=24 => {
                let other = *u.choose(&self.book.kind.subjects())?;
                let history = self.book.history(other);
                history.last().map(|last| last.to_vec()).unwrap_or_default()
            }
            25..=28 => {
                let sealed = Sealed::<RecordOf<K>>::from_bytes(newest);
                let mut body = sealed.expect("released").body;
                K::twin(&mut body, u.arbitrary()?);
                let sealed = self.keys.seal(&subject, body);
                sealed.map(|(bytes, _)| bytes).unwrap_or_default()
            }
            _ => Vec::new(),
        })
    }

    /// An earlier request again, as it was or about the newest record.
    fn repeated(&mut self, u: &mut Unstructured<'_>) -> Result<Entry> {
        if self.asked.is_empty() {
            return self.entry(u);
        }
        let mut entry = u.choose(&self.asked)?.clone();
        if u.arbitrary::<bool>()? {
            let history = self.book.history(entry.subject);
            let newest = history.last().map(|last| last.to_vec()).unwrap_or_default();
            entry.shown = Bytes::new(newest).unwrap_or_default();
        }
        Ok(entry)
    }

    /// Has entries decided, and checks every outcome.
    pub(crate) fn decide(&mut self, entries: Vec<Entry>) -> Vec<Outcome> {
        let request = Request::Decide(List::new(entries.clone()).expect("few"));
        self.settle(entries, request)
    }

    pub(super) fn settle(&mut self, entries: Vec<Entry>, request: Request) -> Vec<Outcome> {
        let before = self.status();
        let Reply::Decided(outcomes) = self.ask(request) else {
            panic!("no outcomes");
        };
        let outcomes = outcomes.into_vec();
        assert_eq!(outcomes.len(), entries.len());
        let mut kept = 0;
        for (entry, outcome) in entries.iter().zip(&outcomes) {
            tell(|| format!("{} asked: {}", entry.request, name_of(outcome)));
            kept += u64::from(self.outcome(entry, outcome));
        }
        let after = self.status();
        assert_eq!(
            after.journal_sequence,
            before.journal_sequence + kept,
            "a refusal keeps nothing"
        );
        if before.latched {
            assert_eq!(kept, 0, "a latched box decides nothing");
        }
        outcomes
    }

    /// Whether the journal has one record more.
    fn outcome(&mut self, entry: &Entry, outcome: &Outcome) -> bool {
        let (delivery, answers) = match outcome {
            Outcome::Done(delivery) => (delivery, true),
            Outcome::Failed(failure) => (&failure.delivery, true),
            Outcome::Open(delivery) => (delivery, false),
            Outcome::Refused(refusal) => return refusal.code == RefusalCode::Fork,
            Outcome::Declined(orders) => {
                let refused = orders.into_iter().all(|order| order.result.is_err());
                assert!(refused, "declined, and yet done");
                return false;
            }
        };
        if answers {
            assert_eq!(delivery.request, entry.request, "another request's answer");
        } else {
            assert!(delivery.secret.is_empty(), "a secret for another");
        }
        let new = self
            .book
            .see(delivery, answers.then_some(entry), &self.keys);
        assert!(answers || !new, "another's decision that nobody knew");
        if answers {
            let failed = matches!(outcome, Outcome::Failed(_));
            let body = entry.body.as_slice();
            // A record that was made again answers an act, not a request.
            if !body.is_empty() {
                self.book.kind.delivered(body, delivery, failed);
            }
        }
        new
    }

    fn acknowledge(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let subject = *u.choose(&self.book.kind.subjects())?;
        let history = self.book.history(subject);
        let Some(last) = history.len().checked_sub(1) else {
            return Ok(());
        };
        let at = match odd(u)? {
            0..=16 => last,
            _ => u.choose_index(history.len())?,
        };
        let digest = match odd(u)? {
            0..=24 => record_digest(history[at]).short(),
            wrong => ShortDigest([wrong; 16]),
        };
        let mark = Acknowledgement {
            subject,
            counter: Counter(at as u64 + 1),
            digest,
        };
        let before = self.status();
        let request = Request::Acknowledge(List::new(vec![mark]).expect("one"));
        let Reply::Acknowledged(freed) = self.ask(request) else {
            panic!("no count");
        };
        let after = self.status();
        assert_eq!(before.open, after.open + u64::from(freed));
        assert!(
            at == last || freed == 0,
            "an old record acknowledges nothing"
        );
        Ok(())
    }

    /// A request whose bytes were altered on the way, if it still decodes.
    fn send_altered(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let entry = self.entry(u)?;
        let mut bytes = entry.to_bytes();
        for _ in 0..u.int_in_range(1..=3u8)? {
            let at = u.choose_index(bytes.len())?;
            bytes[at] ^= u.arbitrary::<u8>()?;
        }
        if let Ok(entry) = Entry::from_bytes(&bytes) {
            self.decide(vec![entry]);
        }
        Ok(())
    }

    // --- The process ------------------------------------------------------------------------------

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        let keeper = self.keeper.as_mut().expect("running");
        let pending = keeper.handle(Caller(0), request, self.now);
        let committed = keeper.commit().expect("a disk that works");
        pending.release(&committed).expect("committed")
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(Request::Status(Nothing)) {
            Reply::Status(status) => status,
            other => panic!("no status: {other:?}"),
        }
    }

    /// Ends the process without a word and starts another, which knows what was committed.
    pub(super) fn restart(&mut self) {
        self.keeper = None;
        self.starts += 1;
        let entropy = Seeded(self.starts << 32);
        let keys = unlock(K::Rules::KIND, entropy.0 + 1);
        let disk = self.disk.clone();
        let opened = Keeper::open_on(disk, keys, self.now, Box::new(entropy), K::rules);
        match opened {
            Ok(keeper) => self.keeper = Some(keeper),
            Err(error) => panic!("the box does not start: {error}"),
        }
        self.list_open();
    }

    /// What waits is known, or was decided by a process that died before it could say so.
    fn list_open(&mut self) {
        let Reply::Open(listed) = self.ask(Request::ListOpen(u32::MAX)) else {
            panic!("no list");
        };
        for delivery in &listed {
            assert!(delivery.secret.is_empty(), "a secret in a listing");
            self.book.see(delivery, None, &self.keys);
        }
    }

    // --- What must hold ---------------------------------------------------------------------------

    /// The box remembers exactly what it has released.
    fn compare(&mut self, verify: bool) {
        match self.ask(Request::Checkpoint(Nothing)) {
            Reply::Checkpoint(signed) => {
                self.book.check_checkpoint(&signed.body);
                if verify {
                    let (key, time) = (signed.body.key, signed.body.time);
                    let (kind, usage) = (K::Rules::KIND, KeyUsage::Decision);
                    let installation = &HOUSE.installation;
                    let opened = installation.open_statement(signed, key, kind, usage, time);
                    assert!(opened.is_ok(), "a checkpoint that does not verify");
                }
            }
            Reply::Refused(refusal) => {
                let sleeps = [RefusalCode::ClockDoubtful, RefusalCode::KeyExpired];
                assert!(sleeps.contains(&refusal.code), "{refusal:?}");
            }
            other => panic!("no checkpoint: {other:?}"),
        }
    }

    /// A request in order, about the newest record: for beginnings and seeds.
    pub(crate) fn done(&mut self, subject: Subject, body: Vec<u8>) -> Delivery {
        self.requests = self.requests.wrapping_add(1);
        let history = self.book.history(subject);
        let shown = history.last().map(|last| last.to_vec()).unwrap_or_default();
        let entry = Entry {
            request: RequestId([self.requests; 32]),
            subject,
            shown: Bytes::new(shown).expect("short"),
            body: Bytes::new(body).expect("short"),
        };
        match self.decide(vec![entry]).pop() {
            Some(Outcome::Done(delivery)) => *delivery,
            other => panic!("not done: {other:?}"),
        }
    }
}

fn name_of(outcome: &Outcome) -> String {
    let refused = |refusal: &wire::Refusal| refusal.code.name();
    match outcome {
        Outcome::Done(delivery) => format!("done, {} rows", delivery.rows.as_slice().len()),
        Outcome::Open(_) => "another waits".to_owned(),
        Outcome::Refused(refusal) => refused(refusal).to_owned(),
        Outcome::Declined(orders) => {
            let orders = orders.into_iter();
            let codes: Vec<_> = orders
                .filter_map(|order| Some(refused(order.result.as_ref().err()?)))
                .collect();
            codes.join(", ")
        }
        Outcome::Failed(failure) => format!("recorded, {}", refused(&failure.refusal)),
    }
}

/// An act with any content that its layout allows: also of kinds that nobody thought of here.
pub(crate) fn any_act(u: &mut Unstructured<'_>) -> Result<ActBody> {
    let kind = *u.choose(ActKind::ALL)?;
    let mut bytes = kind.to_bytes();
    let count = u.int_in_range(0..=40usize)?;
    bytes.extend_from_slice(u.bytes(count.min(u.len()))?);
    Ok(ActBody::from_bytes(&bytes).unwrap_or(ActBody::Activate))
}
