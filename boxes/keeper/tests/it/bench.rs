//! One box under the toy rules, and what a server sends to it.

use crate::disk::Breakable;
use crate::toy::{Ask, Toy};
use crate::world::*;
use item::*;
use keeper::{Caller, Failed, Keeper, Now, Service, StartError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vault::OsEntropy;
use wire::*;

pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) keeper: Option<Keeper<Toy, Breakable>>,
    pub(crate) now: Now,
    broken: Arc<AtomicBool>,
    requests: u64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        let broken = Arc::default();
        let now = at(NOON);
        let disk = Breakable::at(folder.path(), &broken);
        Keeper::<Toy, _>::init_on(&disk, world.package(), World::keys(), now, &mut OsEntropy)
            .unwrap();
        drop(disk);
        let mut bench = Self {
            world,
            folder,
            keeper: None,
            now,
            broken,
            requests: 0,
        };
        bench.restart();
        bench
    }

    /// Ends the box and starts it again, on a disk that works.
    pub(crate) fn restart(&mut self) {
        self.keeper = None;
        self.broken.store(false, Ordering::Relaxed);
        let disk = Breakable::at(self.folder.path(), &self.broken);
        let entropy = Box::new(OsEntropy);
        let keeper = Keeper::open_on(disk, World::keys(), self.now, entropy, |_| Ok(Toy));
        self.keeper = Some(keeper.unwrap());
    }

    /// Starts it with the rules of another kind of box, having ended it.
    pub(crate) fn start_as_auth_box(&mut self) -> Result<(), StartError> {
        self.keeper = None;
        let disk = Breakable::at(self.folder.path(), &self.broken);
        let entropy = Box::new(OsEntropy);
        Keeper::open_on(disk, World::keys(), self.now, entropy, |_| Ok(Toy::<true>)).map(|_| ())
    }

    pub(crate) fn break_the_disk(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(crate) fn keeper(&mut self) -> &mut Keeper<Toy, Breakable> {
        self.keeper.as_mut().unwrap()
    }

    /// Files in the state folder: one more for each segment.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }

    /// Lets time pass, without a look at the clock.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.now = Now {
            wall: Time(self.now.wall.0 + milliseconds),
            since_boot: self.now.since_boot + milliseconds,
        };
    }

    pub(crate) fn tick(&mut self) -> Result<(), Failed> {
        let now = self.now;
        self.keeper().tick(now)?;
        while self.keeper().go_on()? {}
        Ok(())
    }

    pub(crate) fn ask_as(&mut self, caller: usize, request: Request) -> Reply {
        let now = self.now;
        let keeper = self.keeper();
        let pending = keeper.handle(Caller(caller), request, now);
        let committed = keeper.commit().unwrap();
        pending.release(&committed).unwrap()
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        self.ask_as(0, request)
    }

    /// An entry with a request id that was never used.
    pub(crate) fn entry(&mut self, subject: Subject, shown: &[u8], ask: Ask) -> Entry {
        self.requests += 1;
        let mut request = [0xee; 32];
        request[..8].copy_from_slice(&self.requests.to_le_bytes());
        Entry {
            request: RequestId(request),
            subject,
            shown: Bytes::new(shown.to_vec()).unwrap(),
            body: Bytes::new(ask.to_bytes()).unwrap(),
        }
    }

    pub(crate) fn send_as(&mut self, caller: usize, entry: Entry) -> Outcome {
        match self.ask_as(caller, decide(vec![entry])) {
            Reply::Decided(outcomes) => outcomes.into_vec().pop().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn send(&mut self, entry: Entry) -> Outcome {
        self.send_as(0, entry)
    }

    /// Decides by a plain request; the record afterwards.
    pub(crate) fn done(&mut self, subject: Subject, shown: &[u8]) -> Vec<u8> {
        let entry = self.entry(subject, shown, Ask::default());
        done(self.send(entry)).record.into_vec()
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(Request::Status(Nothing)) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn listed(&mut self, at_most: u32) -> Vec<Subject> {
        match self.ask(Request::ListOpen(at_most)) {
            Reply::Open(open) => open.as_slice().iter().map(|d| d.subject).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn acknowledge(&mut self, shown: &[u8]) -> u32 {
        let record = Sealed::<ChainRecord>::from_bytes(shown).unwrap().body;
        let mark = Acknowledgement {
            subject: record.subject(),
            counter: record.counter,
            digest: verify::record_digest(shown).short(),
        };
        match self.ask(Request::Acknowledge(List::new(vec![mark]).unwrap())) {
            Reply::Acknowledged(freed) => freed,
            other => panic!("{other:?}"),
        }
    }

    /// The next act on the box, signed now.
    pub(crate) fn box_act(&mut self, body: ActBody) -> Request {
        let sequence = self.status().act_sequence + 1;
        let of_box = keeper::box_subject(BoxId(1));
        let act = self.world.act(of_box, sequence, self.now.wall.0, body);
        Request::BoxAct(sign_all(act, &OPERATORS))
    }
}

pub(crate) fn at(now: u64) -> Now {
    Now {
        wall: Time(now),
        since_boot: now,
    }
}

pub(crate) fn subject(number: u8) -> Subject {
    Subject([number; 16])
}

pub(crate) fn decide(entries: Vec<Entry>) -> Request {
    Request::Decide(List::new(entries).unwrap())
}

#[track_caller]
pub(crate) fn done(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::Done(delivery) => *delivery,
        other => panic!("not done: {other:?}"),
    }
}

pub(crate) fn refused(code: RefusalCode) -> Outcome {
    Outcome::Refused(code.into())
}
