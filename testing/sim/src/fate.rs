//! The misfortunes of a run: which, when, and how they end.

use crate::boxes::{BoxProcess, Compaction};
use crate::clock;
use crate::customers::Street;
use crate::disk::{Condition, Fault, Picture};
use crate::gate::{Blow, Life};
use crate::house::{CUSTOMERS, act};
use crate::network::Weather;
use crate::server::{Roof, Server};
use crate::temper::Temper;
use crate::watch::Line;
use hostile_store::{Record, Rule, Version};
use item::{ActBody, BoxKind, Counter, Layout, MeterRecord, Sealed};
use keeper::box_subject;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::sleep;
use verify::idempotency_key;
use wire::{Nothing, Reply, Request};

/// A box's disk as it was, with what the watcher knew then.
type Earlier = (Picture, Line);

/// Who brings misfortune, and who mends it.
pub struct Fate {
    /// Processes.
    pub roof: Roof,
    /// Customers and servers.
    pub street: Street,
    /// Dice.
    pub rng: fastrand::Rng,
    /// Which kinds.
    pub temper: Temper,
}

fn counter(version: &Version) -> Option<Counter> {
    let sealed = Sealed::<MeterRecord>::from_bytes(&version.record);
    sealed.ok().map(|sealed| sealed.body.counter)
}

impl Fate {
    /// Brings misfortune until `calm`, milliseconds of the run.
    pub async fn strike(mut self, calm: u64) -> Self {
        // The beginning is the first state that a disk can be put back to.
        let mut earlier = self.beginning();
        let blows = self.rng.u32(3..12);
        self.roof.network.set(Weather {
            lost: self.rng.u32(..12),
            doubled: self.rng.u32(..30),
            slow: self.rng.u32(..60),
            cut: self.rng.u32(..8),
        });
        for _ in 0..blows {
            let left = calm.saturating_sub(clock::elapsed());
            if left < 50 {
                break;
            }
            sleep(Duration::from_millis(self.rng.u64(1..=left / 2))).await;
            match self.temper {
                Temper::Faults => self.fault(),
                Temper::Lies => {
                    if self.rng.bool() {
                        self.lie();
                    } else {
                        self.fault();
                    }
                }
                Temper::Rogue => match self.rng.u8(..4) {
                    0 => self.lie(),
                    1 => self.forget(),
                    _ => self.fault(),
                },
                Temper::PutBack => {
                    if self.rng.bool() {
                        self.put_back(&mut earlier).await;
                    } else {
                        self.process_fault();
                    }
                }
            }
        }
        let left = calm.saturating_sub(clock::elapsed());
        sleep(Duration::from_millis(left)).await;
        self
    }

    fn beginning(&self) -> Option<Earlier> {
        let kind = BoxKind::Meter.code();
        let house = &self.street.house;
        let picture = house.pictures.get(&kind)?;
        let line = house.watch.lines.get(&kind)?;
        Some((picture.clone(), line.clone()))
    }

    fn note(&self, name: &'static str) {
        self.roof.story.fault(name);
        self.roof.story.tell(|| format!("FAULT  {name}"));
    }

    fn a_box(&mut self) -> BoxProcess {
        // The meter box is where the money is.
        let at = [0, 1, 2, 2, 2, 3][self.rng.usize(..6)];
        self.roof.boxes[at].clone()
    }

    fn a_server(&mut self) -> Server {
        let servers = self.servers();
        servers[self.rng.usize(..servers.len())].clone()
    }

    fn servers(&self) -> Vec<Server> {
        let servers = self.street.servers.lock();
        servers.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fault(&mut self) {
        match self.rng.u8(..10) {
            0..5 => self.process_fault(),
            5..8 => self.disk_fault(),
            8 => self.clock_fault(),
            _ => self.write_fault(),
        }
    }

    fn process_fault(&mut self) {
        match self.rng.u8(..8) {
            0 => {
                self.note("box killed");
                self.a_box().kill(false);
            }
            1 => {
                self.note("box loses power");
                self.a_box().kill(true);
            }
            2 => {
                self.note("box killed between commit and reply");
                let replies = self.rng.usize(..2);
                self.a_box().die_after(replies);
            }
            3 => {
                self.note("server killed");
                self.a_server().gate.kill();
            }
            4 => {
                self.note("server stopped");
                let time = Duration::from_millis(self.rng.u64(10..4_000));
                self.a_server().gate.stop(time);
            }
            5 => {
                let steps = self.rng.u32(..14);
                self.a_server().gate.strike_after(steps, Blow::Die);
            }
            6 => {
                let steps = self.rng.u32(..14);
                let time = Duration::from_millis(self.rng.u64(10..6_000));
                self.a_server().gate.strike_after(steps, Blow::Stop(time));
            }
            _ => {
                self.note("database slow");
                let most = self.rng.u64(5_000..300_000);
                self.a_server().gate.slow(most);
            }
        }
    }

    fn disk_fault(&mut self) {
        let one = self.a_box();
        match self.rng.u8(..8) {
            0 => {
                self.note("disk full");
                one.disk.set(Condition::Full);
                self.heal_later(one);
            }
            1 => {
                self.note("disk read-only");
                one.disk.set(Condition::ReadOnly);
                self.heal_later(one);
            }
            2 => {
                self.note("compaction");
                one.compact(Compaction::InPieces);
            }
            3 => {
                self.note("disk fails during compaction");
                let fault = self.a_disk_fault();
                one.disk.fail_after(self.rng.u64(..7), fault);
                one.compact(Compaction::AtOnce);
            }
            4 => {
                self.note("bit flipped on disk, disk mended");
                one.kill(false);
                let whole = one.disk.picture();
                one.disk.flip(&mut self.rng);
                // It may start with its last group dropped, or not at all; it must not panic.
                if one.start().is_ok() {
                    one.kill(false);
                }
                one.disk.put_back(&whole);
            }
            _ => {
                self.note("disk call fails");
                let fault = self.a_disk_fault();
                one.disk.fail_after(self.rng.u64(..6), fault);
            }
        }
    }

    fn a_disk_fault(&mut self) -> Fault {
        [Fault::NotApplied, Fault::Applied, Fault::Torn][self.rng.usize(..3)]
    }

    fn heal_later(&mut self, one: BoxProcess) {
        let time = Duration::from_millis(self.rng.u64(100..4_000));
        tokio::spawn(async move {
            sleep(time).await;
            one.disk.set(Condition::Good);
        });
    }

    fn clock_fault(&mut self) {
        self.note("clock step");
        let hour = 3_600_000;
        let step = [-20 * hour, -hour, -200_000, 200_000, hour, 30 * hour][self.rng.usize(..6)];
        self.a_box().step_clock(step);
    }

    fn write_fault(&mut self) {
        let rule = [Rule::LoseReplies, Rule::FailWrites, Rule::DuplicateWrites];
        self.note("database write fails, or its answer is lost");
        let times = self.rng.u32(1..4);
        let rule = rule[self.rng.usize(..3)].clone();
        self.street.house.store.play_times(rule, times);
    }

    fn a_record(&mut self) -> Record {
        let customer = &self.street.house.customers[self.rng.usize(..CUSTOMERS)];
        match self.rng.u8(..6) {
            0 => Record::User(customer.user),
            1 => Record::Chain(customer.account),
            2 => Record::ApiKey(customer.key),
            _ => Record::Meter(customer.meter),
        }
    }

    fn lie(&mut self) {
        self.note("database lies");
        let record = self.a_record();
        let customers = &self.street.house.customers;
        let (one, other) = (&customers[0], &customers[1]);
        let key = |rng: &mut fastrand::Rng, customer| {
            let (lane, nth) = (rng.u64(..2), rng.u64(..3));
            idempotency_key(&format!("order {customer} {lane} {nth}"))
        };
        let rng = &mut self.rng;
        let rule = match rng.u8(..13) {
            0..3 => Rule::Older(record, rng.usize(1..4)),
            3 => Rule::Swap(Record::Meter(one.meter), Record::Meter(other.meter)),
            4 => Rule::Flip(record, rng.usize(..4_000)),
            5 => Rule::Hide(record),
            6 => Rule::HidePrior(one.account, key(rng, 0)),
            7 => Rule::SwapPrior(one.account, key(rng, 0), key(rng, 0)),
            8 => Rule::HideItem(other.meter, rng.u32(1..6)),
            9 => Rule::HideCredit(one.meter, rng.u32(1..6)),
            10 => Rule::HideCredits(one.meter),
            11 => Rule::FlipCredit(one.meter, rng.u32(1..6), rng.usize(..240)),
            _ => Rule::FlipItem(other.meter, rng.u32(1..6), rng.usize(..3_000)),
        };
        let times = rng.u32(1..30);
        self.street.house.store.play_times(rule, times);
    }

    fn forget(&mut self) {
        self.note("database forgets writes");
        let times = self.rng.u32(1..3);
        self.street.house.store.play_times(Rule::DropWrites, times);
    }

    /// Takes a picture of the meter box while it rests, or puts it back to the picture taken. What
    /// the database shows then is newer than what the box knows, or, if it lies, older.
    async fn put_back(&mut self, earlier: &mut Option<Earlier>) {
        let one = self.roof.of(BoxKind::Meter).clone();
        let kind = one.kind.code();
        one.kill(false);
        // What is on its way to a database belongs to the line that was.
        sleep(Duration::from_millis(50)).await;
        // The supervisor may have been quicker.
        one.kill(false);
        let mut watch = self
            .street
            .watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let again = self.rng.u8(..3) == 0;
        match earlier {
            Some(known) if again => {
                let line = watch.lines.get(&kind).cloned().unwrap_or_default();
                *known = (one.disk.picture(), line);
            }
            None => {}
            Some((picture, line)) => {
                self.note("disk put back");
                one.disk.put_back(picture);
                watch.lines.insert(kind, line.clone());
                watch.may_fork = true;
                drop(watch);
                if self.rng.bool() {
                    self.show_what_it_knows(line);
                }
            }
        }
    }

    /// The database shows a meter as the box that was put back remembers it, and so has it decide a
    /// second time on a record that it had gone beyond. By one decision if there is such a meter: then
    /// the next record that the database shows has the box's own counter, and not its digest.
    fn show_what_it_knows(&mut self, line: &Line) {
        let mut customers: Vec<_> = self.street.house.customers.iter().collect();
        self.rng.shuffle(&mut customers);
        let known = customers.into_iter().filter_map(|customer| {
            let known = line.newest.get(&customer.meter.subject())?.counter;
            let record = Record::Meter(customer.meter);
            let history = self.street.house.store.history(record);
            let version = history.iter().find(|one| counter(one) == Some(known))?;
            let newest = history.iter().filter_map(counter).max();
            Some((newest == known.next(), record, version.clone()))
        });
        let known: Vec<_> = known.collect();
        let by_one = known.iter().find(|one| one.0);
        if let Some((_, record, version)) = by_one.or(known.first()).cloned() {
            self.note("database shows what the put-back box knows");
            let times = self.rng.u32(2..8);
            let rule = Rule::Show(record, version);
            self.street.house.store.play_times(rule, times);
        }
    }

    /// Starts again what has ended, as a supervisor does. Runs to the end of the run.
    pub async fn supervise(roof: Roof, street: Street, mut rng: fastrand::Rng, temper: Temper) {
        loop {
            sleep(Duration::from_millis(rng.u64(100..700))).await;
            for one in &roof.boxes {
                let expected = one.disk.condition() == Condition::Good;
                if !one.is_up()
                    && let Err(error) = one.start()
                    && expected
                    && !one.disk.took_effect()
                    && temper != Temper::PutBack
                {
                    roof.story.violation(format!(
                        "V4: the {} box does not start: {error}",
                        one.kind.name()
                    ));
                    return;
                }
            }
            let mut servers = street
                .servers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for server in servers.iter_mut() {
                if server.gate.life() == Life::Dead {
                    let (number, seed) = (server.gate.name, rng.u64(..));
                    *server = Server::start(number, seed, &street.house, &roof);
                }
            }
        }
    }

    /// Ends all misfortunes; what needs a person, an operator does.
    pub async fn calm(mut self) {
        self.roof.network.set(Weather::default());
        self.street.house.store.stop();
        for server in self.servers() {
            server.gate.spare();
            server.gate.slow(3_000);
        }
        for one in &self.roof.boxes {
            // An order to fail that nothing has reached is taken back.
            let _ = one.disk.took_effect();
            one.spare();
            one.disk.set(Condition::Good);
            let step = one.clock_step();
            if step != 0 {
                one.step_clock(-step);
            }
        }
        self.roof.story.tell(|| "all faults end".to_owned());
        for _ in 0..6 {
            sleep(Duration::from_millis(900)).await;
            self.confirm_times().await;
        }
    }

    /// An operator confirms the time of boxes that doubt it (P26).
    async fn confirm_times(&mut self) {
        if self.roof.boxes.iter().all(|one| one.clock_stepped() == 0) {
            return;
        }
        let server = self.a_server();
        let health = tokio::time::timeout(Duration::from_secs(2), server.centre.health()).await;
        for one in health.unwrap_or_default() {
            let Some(status) = one.status.filter(|status| status.clock_doubtful) else {
                continue;
            };
            let body = ActBody::ConfirmTime(clock::now());
            let (subject, sequence) = (box_subject(status.id), status.act_sequence + 1);
            let installation = &self.street.house.installation;
            let Ok(bytes) = act(installation, one.kind, subject, sequence, body) else {
                return;
            };
            self.note("operator confirms the time");
            let acting = server.centre.act(&bytes);
            let _ = tokio::time::timeout(Duration::from_secs(5), acting).await;
        }
    }
}

/// What a box says of itself, asked past all faults.
pub async fn ask(roof: &Roof, kind: BoxKind, request: Request) -> Option<Reply> {
    let gate = crate::gate::Gate::new(0, 1, roof.story.clone());
    let client = roof.client(kind, &gate, keeper::Caller(0));
    client.ask(request).await.ok()
}

/// The request for a box's status.
#[must_use]
pub fn status() -> Request {
    Request::Status(Nothing)
}
