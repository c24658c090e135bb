//! The four boxes as processes that can die: the real keeper and rule sets over a simulated disk.
//! What `boxd` does with threads is done here by one task a box: take what waits, decide, write once;
//! flush and release (P14), now before and now after the next group was decided.

use crate::clock;
use crate::disk::SimDisk;
use crate::signal::Signal;
use crate::story::Story;
use crate::watch::Watch;
use auth::AuthRules;
use item::{BoxKind, Layout};
use keeper::{Caller, Failed, Keeper, Pending, Rules, Service, StartError, Unflushed};
use keys::KeysBox;
use meter::MeterRules;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use transaction::TransactionRules;
use vault::{Entropy, Secret, UnlockedKeys, VaultError};
use wire::Request;

/// Randomness that is the same each time.
pub struct Seeded(pub fastrand::Rng);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), VaultError> {
        self.0.fill(out);
        Ok(())
    }
}

/// One request on its way into a box.
pub struct Job {
    /// Whose channel it came through.
    pub caller: Caller,
    /// Its number on that channel.
    pub correlation: u64,
    /// The frame's body.
    pub body: Vec<u8>,
    /// Where the reply goes; nobody may be there any more.
    pub reply_to: mpsc::UnboundedSender<(u64, Vec<u8>)>,
}

/// One box.
#[derive(Clone)]
pub struct BoxProcess {
    /// Its kind.
    pub kind: BoxKind,
    /// Its disk.
    pub disk: SimDisk,
    inner: Arc<Mutex<Inner>>,
    inbox: mpsc::UnboundedSender<Job>,
    /// Raised with each death: connections to an earlier life are lost.
    life: Signal<u64>,
}

struct Inner {
    service: Option<Running>,
    rng: fastrand::Rng,
    /// How far its wall clock is off, milliseconds.
    step: i64,
    steps: u32,
    /// Dies at the next group after so many replies were sent.
    dies_after: Option<usize>,
    life: Signal<u64>,
    story: Story,
    watch: Arc<Mutex<Watch>>,
}

type Waiting = (Job, Request, Pending);

/// A group whose flush is under way, and the life of the process in which it was written.
struct Written {
    unflushed: Unflushed,
    waiting: Vec<Waiting>,
    life: u64,
}

/// What is asked of any box, and of three of them.
enum Running {
    Keys(KeysBox<SimDisk>),
    Auth(Keeper<AuthRules, SimDisk>),
    Meter(Keeper<MeterRules, SimDisk>),
    Transaction(Keeper<TransactionRules, SimDisk>),
}

impl Running {
    fn service(&mut self) -> &mut dyn Service {
        match self {
            Self::Keys(service) => service,
            Self::Auth(service) => service,
            Self::Meter(service) => service,
            Self::Transaction(service) => service,
        }
    }

    fn compact(&mut self, how: Compaction) -> bool {
        match self {
            Self::Keys(_) => true,
            Self::Auth(keeper) => how.compact(keeper).is_ok(),
            Self::Meter(keeper) => how.compact(keeper).is_ok(),
            Self::Transaction(keeper) => how.compact(keeper).is_ok(),
        }
    }
}

/// How a box compacts its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compaction {
    /// All of it now.
    AtOnce,
    /// A piece after each group, as the shell does it.
    InPieces,
}

impl Compaction {
    fn compact<R: Rules>(self, keeper: &mut Keeper<R, SimDisk>) -> Result<(), Failed> {
        match self {
            Self::AtOnce => keeper.compact(),
            Self::InPieces => keeper.begin_compaction(),
        }
    }
}

/// The unlock secret of a box.
#[must_use]
pub fn unlock(kind: BoxKind) -> Secret {
    Secret::new([kind.code(); 32])
}

fn open(kind: BoxKind, disk: SimDisk, step: i64, seed: u64) -> Result<Running, StartError> {
    let mut entropy = Seeded(fastrand::Rng::with_seed(seed));
    let keys = UnlockedKeys::new(&unlock(kind), &mut entropy)?;
    let now = clock::box_now(step);
    let entropy: Box<dyn Entropy> = Box::new(entropy);
    Ok(match kind {
        BoxKind::Keys => Running::Keys(KeysBox::open_on(disk, keys, now, entropy)?),
        BoxKind::Auth => Running::Auth(Keeper::open_on(disk, keys, now, entropy, AuthRules::new)?),
        BoxKind::Meter => {
            Running::Meter(Keeper::open_on(disk, keys, now, entropy, MeterRules::new)?)
        }
        BoxKind::Transaction => Running::Transaction(Keeper::open_on(
            disk,
            keys,
            now,
            entropy,
            TransactionRules::new,
        )?),
    })
}

/// Makes the state of a new box.
///
/// # Errors
/// As of the box.
pub fn init(kind: BoxKind, disk: &SimDisk, package: &[u8], seed: u64) -> Result<(), StartError> {
    let mut entropy = Seeded(fastrand::Rng::with_seed(seed));
    let keys = UnlockedKeys::new(&unlock(kind), &mut entropy)?;
    let now = clock::box_now(0);
    match kind {
        BoxKind::Keys => KeysBox::init_on(disk, package, keys, now, &mut entropy),
        BoxKind::Auth => Keeper::<AuthRules, _>::init_on(disk, package, keys, now, &mut entropy),
        BoxKind::Meter => Keeper::<MeterRules, _>::init_on(disk, package, keys, now, &mut entropy),
        BoxKind::Transaction => {
            Keeper::<TransactionRules, _>::init_on(disk, package, keys, now, &mut entropy)
        }
    }
}

impl BoxProcess {
    /// A box that is down, with its task. Needs a runtime.
    #[must_use]
    pub fn new(
        kind: BoxKind,
        disk: SimDisk,
        seed: u64,
        story: Story,
        watch: Arc<Mutex<Watch>>,
    ) -> Self {
        let (inbox, jobs) = mpsc::unbounded_channel();
        let life = Signal::new(0);
        let one = Self {
            kind,
            disk,
            inner: Arc::new(Mutex::new(Inner {
                service: None,
                rng: fastrand::Rng::with_seed(seed),
                step: 0,
                steps: 0,
                dies_after: None,
                life: life.clone(),
                story,
                watch,
            })),
            inbox,
            life,
        };
        tokio::spawn(one.clone().serve(jobs));
        one
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.inner().service.is_some()
    }

    /// Which life it is in.
    #[must_use]
    pub fn life(&self) -> &Signal<u64> {
        &self.life
    }

    /// Takes a request in.
    pub fn submit(&self, job: Job) {
        // The task lives as long as this handle.
        let _ = self.inbox.send(job);
    }

    /// Starts it. Says why it does not start.
    ///
    /// # Errors
    /// As of the box.
    pub fn start(&self) -> Result<(), StartError> {
        let mut inner = self.inner();
        if inner.service.is_some() {
            return Ok(());
        }
        let seed = inner.rng.u64(..);
        match open(self.kind, self.disk.clone(), inner.step, seed) {
            Ok(service) => {
                inner.service = Some(service);
                inner
                    .story
                    .tell(|| format!("{} box is up", self.kind.name()));
                Ok(())
            }
            Err(error) => {
                inner
                    .story
                    .tell(|| format!("{} box does not start: {error}", self.kind.name()));
                Err(error)
            }
        }
    }

    /// Ends it at once; `power`: what was not synced may be lost, too.
    pub fn kill(&self, power: bool) {
        let mut inner = self.inner();
        die(&mut inner, self.kind, "killed");
        if power {
            let Inner { rng, story, .. } = &mut *inner;
            story.tell(|| format!("{} box loses power", self.kind.name()));
            self.disk.cut_power(rng);
        }
    }

    /// Has it die after it has sent so many replies of a group.
    pub fn die_after(&self, replies: usize) {
        self.inner().dies_after = Some(replies);
    }

    /// Takes back an order to die that was not reached.
    pub fn spare(&self) {
        self.inner().dies_after = None;
    }

    /// Moves its wall clock.
    pub fn step_clock(&self, milliseconds: i64) {
        let mut inner = self.inner();
        inner.step += milliseconds;
        inner.steps += 1;
        let step = inner.step;
        inner
            .story
            .tell(|| format!("clock of {} box is off by {step} ms", self.kind.name()));
    }

    /// How often its wall clock was moved.
    #[must_use]
    pub fn clock_stepped(&self) -> u32 {
        self.inner().steps
    }

    /// How far its wall clock is off.
    #[must_use]
    pub fn clock_step(&self) -> i64 {
        self.inner().step
    }

    /// Has it begin a new segment of its journal.
    pub fn compact(&self, how: Compaction) {
        let mut inner = self.inner();
        let done = inner.service.as_mut().is_some_and(|it| it.compact(how));
        inner
            .story
            .tell(|| format!("{} box compacts: {done}", self.kind.name()));
        if !done {
            die(&mut inner, self.kind, "compaction failed");
        }
    }

    /// Looks at its clock, as the shell does every minute.
    fn tick(&self) {
        let mut inner = self.inner();
        let now = clock::box_now(inner.step);
        let failed = match &mut inner.service {
            Some(running) => {
                let service = running.service();
                service.tick(now).is_err() || service.go_on().is_err()
            }
            None => false,
        };
        if failed {
            die(&mut inner, self.kind, "tick failed");
        }
    }

    async fn serve(self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut written: Option<Written> = None;
        loop {
            let patience = match &written {
                // What its flush takes: others may come meanwhile.
                Some(_) => Duration::from_micros(self.inner().rng.u64(50..2_000)),
                None => Duration::from_secs(10),
            };
            let first = match tokio::time::timeout(patience, jobs.recv()).await {
                Ok(Some(job)) => job,
                Ok(None) => return,
                Err(_) => {
                    match written.take() {
                        Some(written) => self.release(written),
                        None => self.tick(),
                    }
                    continue;
                }
            };
            // What a group takes: others gather meanwhile.
            let pause = self.inner().rng.u64(100..2_000);
            tokio::time::sleep(Duration::from_micros(pause)).await;
            let mut group = vec![first];
            while let Ok(job) = jobs.try_recv() {
                group.push(job);
            }
            let waiting = self.decide(group);
            // The flush before has ended by now, or writing waits for it.
            if self.inner().rng.bool()
                && let Some(written) = written.take()
            {
                self.release(written);
            }
            let next = self.write(waiting);
            if let Some(written) = written.take() {
                self.release(written);
            }
            written = next;
        }
    }

    /// One group, as `boxd` decides it.
    fn decide(&self, jobs: Vec<Job>) -> Vec<Waiting> {
        let mut inner = self.inner();
        let Inner { service, step, .. } = &mut *inner;
        let Some(running) = service else {
            return Vec::new();
        };
        let service = running.service();
        let mut waiting = Vec::new();
        for job in jobs {
            let Ok(request) = Request::from_bytes(&job.body) else {
                continue;
            };
            let pending = service.handle(job.caller, request.clone(), clock::box_now(*step));
            waiting.push((job, request, pending));
        }
        waiting
    }

    /// Writes it, for one flush.
    fn write(&self, waiting: Vec<Waiting>) -> Option<Written> {
        let mut inner = self.inner();
        let life = inner.life.get();
        match inner.service.as_mut()?.service().write() {
            Ok(unflushed) => Some(Written {
                unflushed,
                waiting,
                life,
            }),
            Err(failed) => {
                die(&mut inner, self.kind, &failed.to_string());
                None
            }
        }
    }

    /// Flushes it and lets its replies go, unless the process has died since.
    fn release(&self, written: Written) {
        let mut inner = self.inner();
        let Inner {
            service,
            rng,
            dies_after,
            life,
            story,
            watch,
            ..
        } = &mut *inner;
        let Some(running) = service else {
            return;
        };
        let Written {
            unflushed,
            mut waiting,
            life: written,
        } = written;
        if written != life.get() {
            return;
        }
        let committed = match unflushed.flush() {
            Ok(committed) => committed,
            Err(failed) => {
                let why = failed.to_string();
                die(&mut inner, self.kind, &why);
                return;
            }
        };
        // Replies leave in any order.
        rng.shuffle(&mut waiting);
        let mut left = dies_after.take();
        for (job, request, pending) in waiting {
            if left == Some(0) {
                die(&mut inner, self.kind, "killed between commit and reply");
                return;
            }
            left = left.map(|left| left - 1);
            let Some(reply) = pending.release(&committed) else {
                story.violation("P14: a reply is not covered by its commit".to_owned());
                continue;
            };
            story.count_request(self.kind, &request, &reply);
            let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(violation) = watch.reply(self.kind, &request, &reply) {
                story.violation(violation);
            }
            drop(watch);
            let _ = job.reply_to.send((job.correlation, reply.to_bytes()));
        }
        if let Err(failed) = running.service().go_on() {
            die(&mut inner, self.kind, &failed.to_string());
        }
    }
}

fn die(inner: &mut Inner, kind: BoxKind, why: &str) {
    if inner.service.take().is_some() {
        inner.life.set(inner.life.get() + 1);
        inner
            .story
            .tell(|| format!("{} box ends: {why}", kind.name()));
    }
}
