//! One server in front of one meter box: keeps the newest record as the database would.

use crate::prepared::Prepared;
use crate::world::*;
use item::*;
use keeper::{Caller, Keeper, Now, Service};
use meter::MeterRules;
use vault::OsEntropy;
use wire::*;

pub(crate) const GENEROUS: Limits = Limits {
    item: Mills(100_000),
    day: Mills(1_000_000),
    month: Mills(2_000_000),
    descending: Mills(5_000_000),
};

pub(crate) struct Desk {
    pub(crate) world: World,
    folder: tempfile::TempDir,
    keeper: Option<Keeper<Prepared>>,
    prepare: fn(&mut MeterRecord),
    pub(crate) now: u64,
    /// The record as the database has it.
    pub(crate) shown: Vec<u8>,
    requests: u64,
}

impl Desk {
    /// A box that knows no meter yet.
    pub(crate) fn empty(prepare: fn(&mut MeterRecord)) -> Self {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        Keeper::<Prepared>::init(
            folder.path(),
            world.package(),
            World::keys(),
            at(NOON),
            &mut OsEntropy,
        )
        .unwrap();
        let mut desk = Self {
            world,
            folder,
            keeper: None,
            prepare,
            now: NOON,
            shown: Vec::new(),
            requests: 0,
        };
        desk.restart();
        desk
    }

    /// A new meter whose record was prepared.
    pub(crate) fn prepared(prepare: fn(&mut MeterRecord)) -> Self {
        let mut desk = Self::empty(prepare);
        let receipt = World::sign_receipt(desk.world.receipt());
        desk.done(MeterRequest::Manufacture(receipt));
        desk
    }

    /// A new meter.
    pub(crate) fn manufactured() -> Self {
        Self::prepared(|_| ())
    }

    /// An active meter with these limits and 1000.000 in its descending register.
    pub(crate) fn active_with(limits: Limits, origin: Zip) -> Self {
        let mut desk = Self::manufactured();
        desk.done_act(register(origin));
        desk.done_act(license(limits));
        desk.done_act(ActBody::Activate);
        desk.fund(1_000_000);
        desk
    }

    pub(crate) fn active() -> Self {
        Self::active_with(GENEROUS, Zip(0))
    }

    /// Ends the box process and starts it again.
    pub(crate) fn restart(&mut self) {
        self.keeper = None;
        let prepare = self.prepare;
        self.keeper = Some(
            Keeper::open(
                self.folder.path(),
                World::keys(),
                at(self.now),
                Box::new(OsEntropy),
                |ground| {
                    Ok(Prepared {
                        rules: MeterRules::new(ground)?,
                        prepare,
                    })
                },
            )
            .unwrap(),
        );
    }

    /// Has the journal start a new segment.
    pub(crate) fn compact(&mut self) {
        self.keeper.as_mut().unwrap().compact().unwrap();
    }

    /// Lets time pass as the shell does, with a look at the clock each minute.
    pub(crate) fn wait(&mut self, milliseconds: u64) {
        self.now += milliseconds;
        let now = at(self.now);
        let keeper = self.keeper.as_mut().unwrap();
        keeper.tick(now).unwrap();
        while keeper.go_on().unwrap() {}
    }

    /// Sets the wall clock without letting time pass.
    pub(crate) fn ask_at(&mut self, now: Now, request: Request) -> Reply {
        let keeper = self.keeper.as_mut().unwrap();
        let pending = keeper.handle(Caller(0), request, now);
        let committed = keeper.commit().unwrap();
        pending.release(&committed).unwrap()
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        let keeper = self.keeper.as_mut().unwrap();
        let pending = keeper.handle(Caller(0), request, at(self.now));
        let committed = keeper.commit().unwrap();
        pending.release(&committed).unwrap()
    }

    pub(crate) fn send(&mut self, entry: Entry) -> Outcome {
        match self.ask(Request::Decide(List::new(vec![entry]).unwrap())) {
            Reply::Decided(outcomes) => outcomes.into_vec().pop().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// An entry with a request id that was never used.
    pub(crate) fn entry(&mut self, body: MeterRequest) -> Entry {
        self.requests += 1;
        let mut request = [0xee; 32];
        request[..8].copy_from_slice(&self.requests.to_le_bytes());
        Entry {
            request: RequestId(request),
            subject: SERIAL.subject(),
            shown: Bytes::new(self.shown.clone()).unwrap(),
            body: Bytes::new(body.to_bytes()).unwrap(),
        }
    }

    pub(crate) fn decide(&mut self, body: MeterRequest) -> Outcome {
        let entry = self.entry(body);
        self.send(entry)
    }

    /// Decides, and writes the delivery as the database would.
    pub(crate) fn done(&mut self, body: MeterRequest) -> Delivery {
        match self.decide(body) {
            Outcome::Done(delivery) => {
                self.shown = delivery.record.as_slice().to_vec();
                *delivery
            }
            other => panic!("not done: {other:?}"),
        }
    }

    /// The code of a refusal of the whole entry, or of its one order.
    pub(crate) fn refused(&mut self, body: MeterRequest) -> RefusalCode {
        match self.decide(body) {
            Outcome::Refused(refusal) => refusal.code,
            Outcome::Declined(orders) => match orders.as_slice() {
                [
                    OrderOutcome {
                        result: Err(refusal),
                        ..
                    },
                ] => refusal.code,
                other => panic!("{other:?}"),
            },
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Newest record, as written.
    pub(crate) fn record(&self) -> MeterRecord {
        Sealed::from_bytes(&self.shown).unwrap().body
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(Request::Status(Nothing)) {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Number of the newest journal record: rises with everything that the box keeps.
    pub(crate) fn journal_sequence(&mut self) -> u64 {
        self.status().journal_sequence
    }

    pub(crate) fn next_act(&self, body: ActBody) -> Act {
        let sequence = self.record().act_sequence + 1;
        self.world.act(SERIAL.subject(), sequence, self.now, body)
    }

    pub(crate) fn act(&self, body: ActBody) -> MeterRequest {
        MeterRequest::Act(sign_all(self.next_act(body), &OPERATORS))
    }

    pub(crate) fn done_act(&mut self, body: ActBody) -> Delivery {
        let act = self.act(body);
        self.done(act)
    }

    pub(crate) fn refused_act(&mut self, body: ActBody) -> RefusalCode {
        let act = self.act(body);
        self.refused(act)
    }

    /// The next deposit.
    pub(crate) fn deposit(&self, amount: u64) -> CreditEvidence {
        let sequence = self.record().funding_sequence + 1;
        self.world.evidence(sequence, amount, self.now)
    }

    pub(crate) fn fund(&mut self, amount: u64) -> Delivery {
        let evidence = self.deposit(amount);
        self.done(refill(evidence))
    }

    /// One plain item.
    pub(crate) fn spec(&self, value: u64) -> ItemSpec {
        ItemSpec {
            category: Ascii::new(*b"FCL ").unwrap(),
            weight_milligrams: 28_000,
            value: Mills(value),
            mailing_day: self.today(),
            origin: Zip(95_814),
            destination: 0,
            address: normalise_address(["1315 10th St", "Sacramento CA"]).unwrap(),
            department: Department(4),
            end_customer: EndCustomer(5),
        }
    }

    pub(crate) fn today(&self) -> Day {
        Day::of_time(Time(self.now))
    }

    /// An order of items of these values.
    pub(crate) fn order(&mut self, values: &[u64]) -> Order {
        self.requests += 1;
        let mut request = [0xdd; 32];
        request[..8].copy_from_slice(&self.requests.to_le_bytes());
        Order {
            request: RequestId(request),
            key_digest: Digest([6; 32]),
            body_digest: Digest([8; 32]),
            authority: 0,
            expected_piece_count: None,
            batch: BatchId::ZERO,
            signature: None,
            items: List::new(values.iter().map(|v| self.spec(*v)).collect()).unwrap(),
        }
    }

    /// Orders under a plain authority.
    pub(crate) fn joined(&self, orders: Vec<Order>) -> MeterRequest {
        dispense(World::authority(self.now), orders)
    }

    pub(crate) fn print(&mut self, values: &[u64]) -> MeterRequest {
        let order = self.order(values);
        self.joined(vec![order])
    }
}

pub(crate) fn at(now: u64) -> Now {
    Now {
        wall: Time(now),
        since_boot: now,
    }
}

pub(crate) fn register(origin: Zip) -> ActBody {
    ActBody::Register {
        origin,
        licensing: Zip(94_111),
    }
}

pub(crate) fn license(limits: Limits) -> ActBody {
    ActBody::License {
        limits,
        inspection_due: Day::NONE,
        inspection_interval_days: 0,
        application: Digest::ZERO,
    }
}

pub(crate) fn set_limits(limits: Limits) -> ActBody {
    ActBody::SetLimits {
        limits,
        inspection_interval_days: 0,
    }
}

pub(crate) fn refill(evidence: CreditEvidence) -> MeterRequest {
    MeterRequest::Refill(sign_all(evidence, &TREASURY))
}

pub(crate) fn dispense(authority: Authority, orders: Vec<Order>) -> MeterRequest {
    MeterRequest::Dispense(Dispense {
        authorities: List::new(vec![World::seal_authority(authority)]).unwrap(),
        orders: List::new(orders).unwrap(),
    })
}

/// The item records of a delivery.
pub(crate) fn rows(delivery: &Delivery) -> Vec<ItemRecord> {
    delivery
        .rows
        .as_slice()
        .iter()
        .map(|row| ItemRecord::from_bytes(row.as_slice()).unwrap())
        .collect()
}

/// Refused with this code, and the meter goes on as if nobody had asked.
#[track_caller]
pub(crate) fn refused_alone(desk: &mut Desk, name: &str, request: MeterRequest, code: RefusalCode) {
    let before = desk.journal_sequence();
    assert_eq!(desk.refused(request), code, "{name}");
    assert_eq!(desk.journal_sequence(), before, "{name}: nothing was kept");
}
