//! The keeper: opens its state, answers requests, commits.

use crate::compaction::{Compacting, Settled};
use crate::ground::{Ground, JournalMac, StartError};
use crate::redelivery::Redelivering;
use crate::replay::Replay;
use crate::state::{Kept, KeptHead, add};
use crate::subjects::Subjects;
use crate::{Caller, Clock, Context, Failed, KeptEpoch, Now, Others, Pending, Rules, Service};
use item::{BoxKind, Checkpoint, Epoch, Layout, LayoutError, Quorum, Sealed, Signed, Sums, Time};
use journal::disk::{Disk, RealDisk};
use journal::{Committed, Journal, JournalError, Sequence, Unflushed};
use std::collections::HashMap;
use std::path::Path;
use vault::{Entropy, Genuine, Keyring, Purpose, RecordKeys, UnlockedKeys};
use verify::checkpoint_digest;
use wire::limits::LISTED_MAX;
use wire::{Delivery, EpochPackage, Refusal, RefusalCode, Reply, Request, Status};

/// One box of kind `R::KIND` without sockets, threads and clocks.
pub struct Keeper<R: Rules, D: Disk = RealDisk> {
    pub(crate) rules: R,
    pub(crate) ground: Ground,
    pub(crate) records: Keyring,
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
        let mac = JournalMac(keys.journal_mac());
        let mut replay = Replay::default();
        let (journal, found) = Journal::open_on(disk, mac, |r| replay.record(&keys, r))?;
        let head = replay
            .head
            .ok_or_else(|| StartError::State("the box's own record is missing".into()))?;
        let mut ground = Ground::open(&journal, &found, keys, R::KIND)?;
        for kept in replay.epochs {
            ground.add_epoch(kept)?;
        }
        let clock = Clock::start(now, head.time);
        ground.turn(clock.latest())?;
        let mut records = Keyring::new(record_keys::<R>(&ground, ground.window().current)?);
        for epoch in ground.epochs().filter(|e| *e != ground.window().current) {
            records.add(record_keys::<R>(&ground, epoch)?);
        }
        let rules = rules(&ground)?;
        let open_bytes = replay
            .subjects
            .waiting()
            .iter()
            .fold(0usize, |sum, open| sum.saturating_add(open.size()));
        Ok(Self {
            rules,
            records,
            journal,
            entropy,
            clock,
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
        self.sound()?;
        self.journal.commit().map_err(|e| Failed(e.to_string()))
    }

    fn sound(&self) -> Result<(), Failed> {
        match &self.failed {
            Some(why) => Err(Failed(why.clone())),
            None => Ok(()),
        }
    }

    /// Puts in force, in all that has keys, the epoch that is so now (P3).
    fn turn(&mut self, time: Time) -> Result<(), RefusalCode> {
        let turned = self.ground.turn(time).and_then(|turned| {
            if turned {
                self.records.turn(self.ground.window().current)?;
                self.rules.renew_keys(&self.ground)?;
            }
            Ok(())
        });
        turned.map_err(|error| self.fail(error.to_string()))
    }

    /// Takes the keys of the next epoch: once, whatever the clock says. Again: nothing more happens.
    fn take_epoch(&mut self, asked: EpochPackage) -> Result<Epoch, RefusalCode> {
        if self.failed.is_some() {
            return Err(RefusalCode::Internal);
        }
        if let Some(kept) = self.ground.open_epoch(asked)? {
            let plain = kept.to_bytes();
            let epoch = kept.keys.epoch;
            let taken = self
                .keep(Kept::Epoch, &plain)
                .map_err(|failed| failed.0)
                .and_then(|_| self.add_epoch(kept, epoch).map_err(|e| e.to_string()));
            taken.map_err(|why| self.fail(why))?;
        }
        Ok(self.ground.installation.newest_epoch().epoch)
    }

    fn add_epoch(&mut self, kept: KeptEpoch, epoch: Epoch) -> Result<(), StartError> {
        self.ground.add_epoch(kept)?;
        self.records.add(record_keys::<R>(&self.ground, epoch)?);
        self.rules.renew_keys(&self.ground)
    }

    /// The box must be started again: what it has in memory is not what its journal says.
    fn fail(&mut self, why: String) -> RefusalCode {
        self.failed = Some(why);
        RefusalCode::Internal
    }

    fn sealed(shown: &[u8]) -> Result<Sealed<R::Record>, RefusalCode> {
        match Sealed::<R::Record>::from_bytes(shown) {
            Ok(sealed) => Ok(sealed),
            Err(
                LayoutError::Truncated
                | LayoutError::Trailing
                | LayoutError::Version(_)
                | LayoutError::Range(_)
                | LayoutError::TooLong(_),
            ) => Err(RefusalCode::Altered),
        }
    }

    /// The epoch that shown bytes name. Only that: nothing is checked.
    pub(crate) fn epoch_of(shown: &[u8]) -> Result<Epoch, RefusalCode> {
        Self::sealed(shown).map(|sealed| R::epoch(&sealed.body))
    }

    /// Opens a shown record: layout, epoch, MAC, subject, and re-seals what is sealed in it under the
    /// keys in force. Anything wrong is `Altered`, but for an epoch of which this box has no keys.
    pub(crate) fn genuine(&mut self, shown: &[u8]) -> Result<Genuine<R::Record>, RefusalCode> {
        let sealed = Self::sealed(shown)?;
        let epoch = R::epoch(&sealed.body);
        if self.records.of(epoch).is_none() {
            return Err(RefusalCode::UnknownEpoch);
        }
        let subject = R::subject(&sealed.body);
        self.records
            .open(epoch, &subject, sealed, R::reseal, self.entropy.as_mut())
            .map_err(|_| RefusalCode::Altered)
    }

    /// The same for a record that is only looked at: what is sealed in it stays as it is.
    pub(crate) fn as_it_is(
        records: &Keyring,
        shown: &[u8],
    ) -> Result<Genuine<R::Record>, RefusalCode> {
        let sealed = Self::sealed(shown)?;
        let keys = records.of(R::epoch(&sealed.body));
        let keys = keys.ok_or(RefusalCode::UnknownEpoch)?;
        let subject = R::subject(&sealed.body);
        keys.open(&subject, sealed)
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
        let others = Others::new(records, subjects);
        let look = |shown: &[u8]| others.look::<R>(shown);
        let context = Context {
            now,
            installation: &ground.installation,
            operators,
            keys: records.in_force(),
            epochs: ground.window(),
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
            epoch: self.records.in_force().epoch(),
            taken: self.ground.installation.newest_epoch().epoch,
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
                room = room.saturating_sub(o.size());
                fits
            })
            .filter_map(|o| Some(o.decision().ok()?.delivery))
            .collect()
    }

    /// Signs the sums over everything decided so far (P8).
    fn checkpoint(&self, time: Time) -> Result<Signed<Checkpoint>, RefusalCode> {
        let mut sums = Sums::default();
        let newest = self.subjects.in_order();
        let digest = checkpoint_digest(newest.map(|(subject, mark, summary)| {
            add(&mut sums, mark.counter, &summary);
            (subject, mark.counter, mark.digest)
        }));
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
        if let Ok(time) = time {
            self.turn(time)?;
        }
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
            Request::TakeEpoch(asked) => Reply::Taken(self.take_epoch(asked)?),
        })
    }
}

fn record_keys<R: Rules>(ground: &Ground, epoch: Epoch) -> Result<RecordKeys, StartError> {
    let master = ground.package.master(Purpose::Records, epoch)?;
    Ok(RecordKeys::new(R::KIND, epoch, master))
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

    fn write(&mut self) -> Result<Unflushed, Failed> {
        self.sound()?;
        self.journal.write().map_err(|e| Failed(e.to_string()))
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
