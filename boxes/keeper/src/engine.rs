//! The keeper: opens its state, answers requests, commits.

use crate::compaction::{Compacting, Settled};
use crate::ground::{Ground, JournalMac, StartError};
use crate::redelivery::Redelivering;
use crate::replay::Replay;
use crate::state::{Kept, KeptHead, add};
use crate::subjects::Subjects;
use crate::{Caller, Clock, Context, Failed, Now, Others, Pending, Rules, Service};
use item::{BoxKind, Checkpoint, Layout, LayoutError, Quorum, Sealed, Signed, Sums, Time};
use journal::disk::{Disk, RealDisk};
use journal::{Committed, Journal, JournalError, Sequence};
use std::collections::HashMap;
use std::path::Path;
use vault::{Entropy, Purpose, RecordKeys, UnlockedKeys};
use verify::checkpoint_digest;
use wire::limits::LISTED_MAX;
use wire::{Delivery, Refusal, RefusalCode, Reply, Request, Status};

/// One box of kind `R::KIND` without sockets, threads and clocks.
pub struct Keeper<R: Rules, D: Disk = RealDisk> {
    pub(crate) rules: R,
    pub(crate) ground: Ground,
    pub(crate) records: RecordKeys,
    pub(crate) journal: Journal<JournalMac, D>,
    pub(crate) entropy: Box<dyn Entropy>,
    pub(crate) clock: Clock,
    pub(crate) operators: Quorum,
    pub(crate) act_sequence: u64,
    pub(crate) latched: bool,
    pub(crate) redelivering: Option<Redelivering>,
    pub(crate) subjects: Subjects,
    pub(crate) open_bytes: HashMap<usize, usize>,
    pub(crate) settled: Settled,
    pub(crate) compacting: Option<Compacting>,
    /// Set where a step fails half-way: the box must be started again.
    pub(crate) failed: Option<String>,
}

impl<R: Rules> Keeper<R> {
    /// Makes the state of a new box from the package that the ceremony sealed for it (P27).
    ///
    /// # Errors
    /// [`StartError`]; a folder that holds anything is never touched.
    pub fn init(
        folder: &Path,
        package: &[u8],
        keys: UnlockedKeys,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<(), StartError> {
        let disk = RealDisk::at(folder);
        disk.create_folder()
            .map_err(|error| StartError::State(format!("{}: {error}", folder.display())))?;
        Self::init_on(&disk, package, keys, now, entropy)
    }

    /// Opens the state of a box.
    ///
    /// # Errors
    /// [`StartError`]: missing, short, damaged, put back and locked are told apart.
    pub fn open(
        folder: &Path,
        keys: UnlockedKeys,
        now: Now,
        entropy: Box<dyn Entropy>,
        rules: impl FnOnce(&Ground) -> Result<R, StartError>,
    ) -> Result<Self, StartError> {
        Self::open_on(RealDisk::at(folder), keys, now, entropy, rules)
    }
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// As `init`, on any disk.
    ///
    /// # Errors
    /// As there.
    pub fn init_on(
        disk: &D,
        package: &[u8],
        mut keys: UnlockedKeys,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<(), StartError> {
        let mac = JournalMac(keys.journal_mac());
        let opened = keys.enrolment()?.open(package)?;
        let package = vault::BoxPackage::from_bytes(&opened).map_err(|_| StartError::Package)?;
        let sealed = keys.seal_package(&package, entropy)?;
        let head = KeptHead {
            time: now.wall,
            act_sequence: 0,
            operators: verify::Installation::open(
                package.transcript.as_slice(),
                &package.fingerprint,
            )
            .map_err(StartError::Transcript)?
            .transcript()
            .operators
            .clone(),
            latched: false,
            subjects: 0,
        };
        if package.kind != R::KIND {
            return Err(StartError::OtherKind(package.kind));
        }
        let snapshot = [(Kept::Head.code(), keys.seal_journal(&head.to_bytes())?)];
        Ok(Journal::init_on(disk, &sealed, now.wall.0, snapshot, mac)?)
    }

    /// As `open`, on any disk.
    ///
    /// # Errors
    /// As there.
    pub fn open_on(
        disk: D,
        keys: UnlockedKeys,
        now: Now,
        entropy: Box<dyn Entropy>,
        rules: impl FnOnce(&Ground) -> Result<R, StartError>,
    ) -> Result<Self, StartError> {
        let mut replay = Replay::default();
        let mac = JournalMac(keys.journal_mac());
        let (journal, found) = Journal::open_on(disk, mac, |r| replay.record(&keys, r))?;
        let head = replay
            .head
            .ok_or_else(|| StartError::State("the box's own record is missing".into()))?;
        let ground = Ground::open(&journal, &found, keys, R::KIND)?;
        let epoch = ground.installation.transcript().epoch.body.epoch;
        let master = ground.package.master(Purpose::Records, epoch)?;
        let records = RecordKeys::new(R::KIND, epoch, master);
        let rules = rules(&ground)?;
        let open_bytes = replay
            .subjects
            .waiting()
            .iter()
            .fold(0usize, |sum, open| sum.saturating_add(open.bytes));
        Ok(Self {
            rules,
            records,
            journal,
            entropy,
            clock: Clock::start(now, head.time),
            operators: head.operators,
            act_sequence: head.act_sequence,
            latched: head.latched,
            redelivering: None,
            subjects: replay.subjects,
            open_bytes: HashMap::from([(usize::MAX, open_bytes)]),
            settled: Settled::default(),
            compacting: None,
            ground,
            failed: None,
        })
    }

    /// What this box stands on.
    #[must_use]
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Appends to the journal; sealed. Commits first if the group is full.
    pub(crate) fn keep(&mut self, kind: Kept, plain: &[u8]) -> Result<Sequence, Failed> {
        let sealed = self
            .ground
            .keys
            .seal_journal(plain)
            .map_err(|e| Failed(e.to_string()))?;
        match self.journal.append(kind.code(), &sealed) {
            Err(JournalError::GroupFull) => {
                self.journal.commit().map_err(|e| Failed(e.to_string()))?;
                self.journal.append(kind.code(), &sealed)
            }
            other => other,
        }
        .map_err(|e| Failed(e.to_string()))
    }

    pub(crate) fn flush(&mut self) -> Result<Committed, Failed> {
        if let Some(why) = &self.failed {
            return Err(Failed(why.clone()));
        }
        self.journal.commit().map_err(|e| Failed(e.to_string()))
    }

    /// Opens a shown record: layout, epoch, MAC, subject. Anything wrong is `Altered`, but for an
    /// epoch of which this box has no keys.
    pub(crate) fn genuine(
        records: &RecordKeys,
        shown: &[u8],
    ) -> Result<vault::Genuine<R::Record>, RefusalCode> {
        let sealed = match Sealed::<R::Record>::from_bytes(shown) {
            Ok(sealed) => sealed,
            Err(
                LayoutError::Truncated
                | LayoutError::Trailing
                | LayoutError::Version(_)
                | LayoutError::Range(_)
                | LayoutError::TooLong(_),
            ) => return Err(RefusalCode::Altered),
        };
        if R::epoch(&sealed.body) != records.epoch() {
            return Err(RefusalCode::UnknownEpoch);
        }
        let subject = R::subject(&sealed.body);
        records
            .open(&subject, sealed)
            .map_err(|_| RefusalCode::Altered)
    }

    fn query(&mut self, body: &[u8], now: Time) -> Result<Vec<u8>, Refusal> {
        let Self {
            rules,
            ground,
            records,
            operators,
            entropy,
            subjects,
            ..
        } = self;
        let records: &RecordKeys = records;
        let others = Others::new(records, subjects);
        let look = |shown: &[u8]| others.look::<R>(shown);
        let context = Context {
            now,
            installation: &ground.installation,
            operators,
            keys: records,
            entropy: entropy.as_mut(),
            others,
        };
        rules.query(context, &look, body)
    }

    fn status(&self, now: Now) -> Status {
        Status {
            installation: self.ground.installation.transcript().installation,
            kind: R::KIND,
            id: self.ground.id,
            epoch: self.records.epoch(),
            time: self.clock.latest().max(now.wall),
            subjects: self.subjects.len(),
            open: self.subjects.waiting_count() as u64,
            journal_sequence: self.journal.sequence().0,
            latched: self.latched,
            clock_doubtful: self.clock.fault().is_some(),
            act_sequence: self.act_sequence,
        }
    }

    /// Waiting decisions, oldest first, without secrets (P19).
    fn list_open(&self, at_most: u32) -> Vec<Delivery> {
        let count = usize::try_from(at_most)
            .unwrap_or(LISTED_MAX)
            .min(LISTED_MAX);
        // A frame must hold the answer.
        let mut room = wire::limits::FRAME_MAX / 2;
        let open = self.subjects.waiting();
        open.iter()
            .take(count)
            .take_while(|o| {
                let fits = room > 0;
                room = room.saturating_sub(o.bytes);
                fits
            })
            .map(|o| o.decision.delivery.clone())
            .collect()
    }

    /// Signs the sums over everything decided so far (P8).
    fn checkpoint(&self, time: Time) -> Result<Signed<Checkpoint>, RefusalCode> {
        let mut sums = Sums::default();
        let newest = self.subjects.in_order().map(|(subject, mark, summary)| {
            add(&mut sums, mark.counter, &summary);
            (subject, mark.counter, mark.digest)
        });
        let digest = checkpoint_digest(newest);
        let (key, signer) = &self.ground.statements;
        signer
            .sign_body(Checkpoint {
                version: item::Version,
                suite: signer.public().suite(),
                key: *key,
                installation: self.ground.installation.transcript().installation,
                box_kind: R::KIND,
                box_id: self.ground.id,
                journal_sequence: self.journal.sequence().0.saturating_sub(1),
                time,
                sums,
                digest,
            })
            .map_err(|_| RefusalCode::Internal)
    }

    fn answer(&mut self, caller: Caller, request: Request, now: Now) -> Result<Reply, Refusal> {
        let time = self.clock.read(now);
        Ok(match request {
            Request::Status(_) => Reply::Status(self.status(now)),
            Request::ListOpen(at_most) => Reply::Open(
                item::List::new(self.list_open(at_most)).map_err(|_| RefusalCode::TooLarge)?,
            ),
            Request::Decide(entries) => {
                let outcomes = entries
                    .into_vec()
                    .into_iter()
                    .map(|entry| self.decide(caller, &entry, time))
                    .collect();
                Reply::Decided(item::List::new(outcomes).map_err(|_| RefusalCode::TooLarge)?)
            }
            Request::Checkpoint(_) => {
                let time = time.map_err(|_| RefusalCode::ClockDoubtful)?;
                self.ground.signs_at(time)?;
                Reply::Checkpoint(self.checkpoint(time)?)
            }
            Request::Query(body) => {
                let time = time.map_err(|_| RefusalCode::ClockDoubtful)?;
                let answer = self.query(body.as_slice(), time)?;
                Reply::Answer(item::Bytes::new(answer).map_err(|_| RefusalCode::TooLarge)?)
            }
            Request::BoxAct(act) => Reply::Acted(self.carry_out(act, now)?),
            Request::Acknowledge(marks) => Reply::Acknowledged(self.acknowledge_all(&marks)),
            Request::Page(asked) => Reply::Page(self.page(asked, now)?),
            Request::Recall(subject) => Reply::Memory(self.recall(subject)?),
            Request::Reissue(asked) => {
                let outcome = self.reissue(caller, asked, time);
                Reply::Decided(item::List::new(vec![outcome]).map_err(|_| RefusalCode::TooLarge)?)
            }
        })
    }
}

impl<R: Rules, D: Disk + Send> Service for Keeper<R, D>
where
    Journal<JournalMac, D>: Send,
{
    fn kind(&self) -> BoxKind {
        R::KIND
    }

    fn handle(&mut self, caller: Caller, request: Request, now: Now) -> Pending {
        let reply = self
            .answer(caller, request, now)
            .unwrap_or_else(Reply::Refused);
        // Every reply waits for everything decided so far: it may rest on it.
        Pending::new(Sequence(self.journal.sequence().0.saturating_sub(1)), reply)
    }

    fn commit(&mut self) -> Result<Committed, Failed> {
        self.flush()
    }

    fn tick(&mut self, now: Now) -> Result<(), Failed> {
        // A doubtful clock stops issuing, not the box: status says so.
        let _ = self.clock.read(now);
        if let Some(time) = self.clock.heartbeat_due() {
            self.keep(Kept::Heartbeat, &time.to_bytes())?;
            self.flush()?;
        }
        if self.has_grown() {
            self.begin_compaction()?;
        }
        self.keep_settled()
    }

    fn go_on(&mut self) -> Result<bool, Failed> {
        self.compaction_step()
    }
}
