//! A meter box on a disk that fails once: started again as its supervisor would, by hand of the client.

use crate::fake_disk::{FakeDisk, Fault, Restart};
use crate::world::{NOON, World};
use crate::{BOX, SERVER, config, key};
use boxd::{Bound, BoxdError, Stop};
use item::{BoxKind, Time};
use journal::Committed;
use keeper::{Caller, Failed, Keeper, Now, Pending, Service, Unflushed};
use meter::MeterRules;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use vault::OsEntropy;
use wire::Request;

/// Groups with decisions between two compactions.
const COMPACT_EVERY: u32 = 3;

/// The keeper as `boxd` drives it, at a time of the test's choosing, compacted often.
struct Hurried {
    keeper: Keeper<MeterRules, FakeDisk>,
    time: Arc<AtomicU64>,
    asked: bool,
    decided: u32,
    ticked: bool,
}

fn at(time: &AtomicU64) -> Now {
    let now = time.load(Ordering::SeqCst);
    Now {
        wall: Time(now),
        since_boot: now,
    }
}

impl Service for Hurried {
    fn kind(&self) -> BoxKind {
        self.keeper.kind()
    }

    fn handle(&mut self, caller: Caller, request: Request, _: Now) -> Pending {
        self.asked |= matches!(request, Request::Decide(_));
        self.keeper.handle(caller, request, at(&self.time))
    }

    fn commit(&mut self) -> Result<Committed, Failed> {
        self.keeper.commit()
    }

    fn write(&mut self) -> Result<Unflushed, Failed> {
        if std::mem::take(&mut self.asked) {
            self.decided += 1;
            if self.decided.is_multiple_of(COMPACT_EVERY) {
                // Before anybody is answered, so that a client sees the box fail, and not its end later.
                self.keeper.compact()?;
            }
        }
        self.keeper.write()
    }

    fn tick(&mut self, _: Now) -> Result<(), Failed> {
        // By the wall clock it would come once more in a slow run, and the calls would not be the
        // same ones.
        if std::mem::replace(&mut self.ticked, true) {
            return Ok(());
        }
        self.keeper.tick(at(&self.time))
    }
}

struct Running {
    address: SocketAddr,
    stop: Stop,
    thread: JoinHandle<Result<(), BoxdError>>,
}

/// The box, its disk, and its supervisor.
pub(super) struct Rig {
    pub(super) world: World,
    pub(super) time: Arc<AtomicU64>,
    disk: FakeDisk,
    /// Calls that made the state: not of the table.
    made_by: usize,
    restart: Restart,
    running: Option<Running>,
    failures: usize,
}

impl Rig {
    /// A new box; call number `call` of its life fails so, and then it restarts so.
    pub(super) fn new(fault: Option<(usize, Fault, Restart)>) -> Self {
        let (world, disk) = (World::new(), FakeDisk::default());
        let time = Arc::new(AtomicU64::new(NOON));
        Keeper::<MeterRules, _>::init_on(
            &disk,
            world.package(),
            World::keys(),
            at(&time),
            &mut OsEntropy,
        )
        .unwrap();
        let made_by = disk.calls().len();
        if let Some((call, fault, _)) = fault {
            disk.fail_at(made_by + call, fault);
        }
        Self {
            world,
            time,
            disk,
            made_by,
            restart: fault.map_or(Restart::Process, |(_, _, restart)| restart),
            running: None,
            failures: 0,
        }
    }

    /// Calls of its life.
    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.disk.calls().split_off(self.made_by)
    }

    /// How often it failed, starting or serving.
    pub(super) fn failures(&self) -> usize {
        self.failures
    }

    /// Where it serves; started, or started again, if it does not.
    pub(super) fn address(&mut self) -> SocketAddr {
        if self
            .running
            .as_ref()
            .is_some_and(|r| r.thread.is_finished())
        {
            self.bury();
        }
        loop {
            if let Some(running) = &self.running {
                return running.address;
            }
            self.start();
        }
    }

    fn start(&mut self) {
        assert!(self.failures < 3, "one fault, and it fails again and again");
        let opened = Keeper::open_on(
            self.disk.clone(),
            World::keys(),
            at(&self.time),
            Box::new(OsEntropy),
            MeterRules::new,
        );
        let Ok(keeper) = opened else {
            self.failures += 1;
            self.disk.restart(self.restart);
            return;
        };
        let service = Hurried {
            keeper,
            time: self.time.clone(),
            asked: false,
            decided: 0,
            ticked: false,
        };
        let bound = Bound::bind(config(&[SERVER])).unwrap();
        let address = bound.address();
        let stop = Stop::new().unwrap();
        let watched = stop.try_clone().unwrap();
        self.running = Some(Running {
            address,
            stop,
            thread: std::thread::spawn(move || bound.serve(Box::new(service), watched)),
        });
    }

    /// The process is gone, and with it its threads.
    fn bury(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        running.stop.raise();
        if let Err(error) = running.thread.join().unwrap() {
            assert!(matches!(error, BoxdError::Failed(_)), "{error}");
            self.failures += 1;
            self.disk.restart(self.restart);
        }
    }

    /// Stops it cleanly, then cuts the power: what was answered needs neither.
    pub(super) fn end(&mut self) {
        self.bury();
        self.disk.restart(Restart::PowerCut);
    }

    /// What the client pins.
    pub(super) fn pin() -> [u8; 32] {
        *key(BOX).public()
    }
}
