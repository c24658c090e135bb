//! The real thing under the model's actions: a real keeper with the real meter rules on a disk in
//! memory, and the real store with its conditional write. After each action what is seen of it is
//! written down as a line of a [`Trace`](crate::trace::Trace).
//!
//! Servers are played here, with real bytes: what `datacenter/functions` does at the same points is
//! under the simulation, which can hand over traces of its own. The network and the lies of the
//! database are played too.
//!
//! What a box knows is not looked up in its memory but asked at its own door: its newest record by
//! a signed checkpoint, what is open by `ListOpen`, and what is acknowledged is then what the open
//! decision rests on.

mod disk;
mod house;
mod names;
mod servers;
mod shelf;
mod sight;

use crate::action::Action;
use crate::message::Ask;
use crate::setting::Setting;
use crate::trace::{Line, Trace};
use crate::{Set, Walk};
use disk::MemoryDisk;
use house::{MeterBox, NOON, ask, start};
use keeper::{Caller, Pending, Service};
use names::Names;
use servers::Work;
use shelf::Shelf;
use wire::{Acknowledgement, Entry, Outcome, Reply, Request};

pub use house::House;

/// Why the real thing can not do what an action says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cannot(pub &'static str);

/// One run of the real thing.
pub struct Real<'a> {
    house: &'a House,
    disk: MemoryDisk,
    /// Taken out only while the box is started again.
    meter_box: Option<MeterBox>,
    waiting: Vec<(Ask, Pending)>,
    shelf: Shelf,
    names: Names,
    servers: Vec<Work>,
    worker: Option<wire::Delivery>,
    asks: Vec<(Ask, Entry)>,
    replies: Vec<(Ask, Outcome)>,
    marks: Set,
    got: Vec<Set>,
    now: u64,
}

impl<'a> Real<'a> {
    /// The house as it was built.
    #[must_use]
    pub fn new(house: &'a House, servers: u8, keys: u8) -> Self {
        let disk = MemoryDisk::of(&house.picture);
        let meter_box = start(disk.clone(), NOON);
        let mut real = Self {
            house,
            disk,
            meter_box: Some(meter_box),
            waiting: Vec::new(),
            shelf: Shelf::new(&house.deliveries),
            names: Names::new(&house.deliveries),
            servers: vec![Work::Idle; usize::from(servers)],
            worker: None,
            asks: Vec::new(),
            replies: Vec::new(),
            marks: Set::NONE,
            got: vec![Set::NONE; usize::from(keys)],
            now: NOON,
        };
        // The run begins with the first record acknowledged.
        real.tell(crate::book::Id::FIRST).expect("it is open");
        real
    }

    /// Runs what a seed says and writes it down.
    #[must_use]
    pub fn record(house: &'a House, setting: &Setting, seed: u64, steps: usize) -> Trace {
        let mut real = Self::new(house, setting.servers, setting.keys);
        let actions = Walk::new(*setting, seed).take(steps);
        let mut lines = Vec::new();
        for action in actions {
            match real.apply(action) {
                Ok(line) => lines.push(line),
                Err(Cannot(why)) => {
                    // The model thought that it could: the trace says so, and is not accepted.
                    let sight = [("cannot".to_owned(), why.replace(' ', "-"))];
                    lines.push(Line {
                        action,
                        sight: sight.into(),
                    });
                    break;
                }
            }
        }
        Trace {
            servers: setting.servers,
            keys: setting.keys,
            balance: setting.balance,
            lines,
        }
    }

    /// Does it, and looks.
    ///
    /// # Errors
    /// [`Cannot`]: nothing was done.
    pub fn apply(&mut self, action: Action) -> Result<Line, Cannot> {
        // Time passes, so that what is decided again is not the same bytes by chance.
        self.now += 1;
        let mut written = None;
        match action {
            Action::Take { server, keys } => self.take(server, keys)?,
            Action::LookUp {
                server,
                shows,
                hides,
            } => self.look_up(server, shows, hides)?,
            Action::Resend { server } => self.resend(server)?,
            Action::Deliver(ask) => self.deliver(ask)?,
            Action::Commit => self.commit(),
            Action::Hear { server, answer } => self.hear(server, answer)?,
            Action::Write { server, dropped } => written = Some(self.write(server, dropped)?),
            Action::Answer { server } => self.answer(server)?,
            Action::Tell(id) => self.tell(id)?,
            Action::List => self.list()?,
            Action::Recover { dropped } => written = Some(self.recover(dropped)?),
            Action::Lose(message) => self.lose(message)?,
            Action::CrashServer { server } => self.enter(server, Work::Idle)?,
            Action::CrashBox { kept } => self.crash_box(kept),
            Action::Compact => {
                let compacted = self.meter_box().compact();
                compacted.map_err(|_| Cannot("the journal can not be compacted"))?;
            }
            Action::PutBack => {
                self.disk = MemoryDisk::of(&self.house.picture);
                self.restart();
            }
            Action::Restore(id) => {
                let deliveries = self.names.chain(id);
                self.shelf.restore(&deliveries);
            }
        }
        let sight = self.sight(written);
        Ok(Line { action, sight })
    }

    fn meter_box(&mut self) -> &mut MeterBox {
        self.meter_box.as_mut().expect("it runs between actions")
    }

    fn deliver(&mut self, ask: Ask) -> Result<(), Cannot> {
        let place = self.asks.iter().position(|(of, _)| *of == ask);
        let place = place.ok_or(Cannot("no such entry is on its way"))?;
        let (_, entry) = self.asks.remove(place);
        let entries = item::List::new(vec![entry]).map_err(|_| Cannot("one entry"))?;
        let now = house::at(self.now);
        let pending = self
            .meter_box()
            .handle(Caller(0), Request::Decide(entries), now);
        self.waiting.push((ask, pending));
        Ok(())
    }

    fn commit(&mut self) {
        let committed = self.meter_box().commit().expect("a disk without faults");
        for (ask, pending) in std::mem::take(&mut self.waiting) {
            let reply = pending.release(&committed).expect("a commit covers all");
            let Reply::Decided(outcomes) = reply else {
                panic!("an entry is answered by an outcome: {reply:?}");
            };
            for outcome in outcomes.into_vec() {
                self.names.learn(&outcome);
                let known = (ask, self.names.answer(&outcome));
                let is_there = |(of, o): &(Ask, Outcome)| (*of, self.names.answer(o)) == known;
                if self.waits(ask) && !self.replies.iter().any(is_there) {
                    self.replies.push((ask, outcome));
                }
            }
        }
    }

    fn tell(&mut self, id: crate::book::Id) -> Result<(), Cannot> {
        let mark = self.names.mark(id).ok_or(Cannot("no such record"))?;
        let mark = Acknowledgement {
            subject: house::SERIAL.subject(),
            ..mark
        };
        let marks = item::List::new(vec![mark]).map_err(|_| Cannot("one mark"))?;
        let now = house::at(self.now);
        // Its answer, a number, waits for the next flush and tells nothing.
        self.meter_box()
            .handle(Caller(0), Request::Acknowledge(marks), now);
        Ok(())
    }

    fn list(&mut self) -> Result<(), Cannot> {
        if !self.waiting.is_empty() {
            return Err(Cannot("a listing waits for the flush"));
        }
        self.worker = self.open();
        match self.worker {
            Some(_) => Ok(()),
            None => Err(Cannot("nothing is open")),
        }
    }

    fn open(&mut self) -> Option<wire::Delivery> {
        let now = self.now;
        match ask(self.meter_box(), Request::ListOpen(1), now) {
            Reply::Open(open) => open.into_vec().pop(),
            other => panic!("a listing lists: {other:?}"),
        }
    }

    fn crash_box(&mut self, kept: bool) {
        if kept {
            // It dies between the flush and the replies.
            self.meter_box().commit().expect("a disk without faults");
        }
        self.restart();
    }

    fn restart(&mut self) {
        self.waiting.clear();
        self.meter_box = None;
        self.disk = MemoryDisk::of(&self.disk.picture());
        self.meter_box = Some(start(self.disk.clone(), self.now));
    }
}
