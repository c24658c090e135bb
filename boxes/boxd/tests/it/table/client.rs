//! The life of one meter, as a server leads it that knows one thing to do when anything goes wrong:
//! connect again and ask again, with the same request.

use super::proxy::Proxy;
use super::rig::Rig;
use crate::SERVER;
use crate::peer::Peer;
use crate::world::{MINUTE, OPERATORS, SERIAL, TREASURY, World, sign_all};
use item::{
    Act, ActBody, Ascii, BatchId, Bytes, Counter, Day, Decision, Department, Digest, EndCustomer,
    ItemRecord, KeyUsage, Layout, Limits, List, MeterRecord, Mills, RequestId, Sealed, ShortDigest,
    Signed, Time, Zip, normalise_address,
};
use std::io;
use std::sync::atomic::Ordering;
use verify::record_digest;
use wire::{
    Acknowledgement, Delivery, Dispense, Entry, ItemSpec, MeterRequest, Order, Outcome,
    RefusalCode, Reply, Request,
};

/// Changes of the meter in one life.
pub(super) const STEPS: usize = 10;
/// Between two changes: a life takes days, so that old segments of the journal are let go.
const BETWEEN: u64 = 9 * 60 * MINUTE;
/// What each dispense costs; what was paid in before.
const ITEMS: [&[u64]; 4] = [&[740], &[1_000, 740], &[740, 740, 740], &[50]];
const DEPOSIT: u64 = 1_000_000;

pub(super) struct Client<'a> {
    rig: &'a mut Rig,
    proxy: Option<&'a Proxy>,
    peer: Option<Peer>,
    sent: u64,
    /// Every change that was answered, in order, with what asked for it.
    done: Vec<(Entry, Delivery)>,
}

impl<'a> Client<'a> {
    pub(super) fn direct(rig: &'a mut Rig) -> Self {
        Self {
            rig,
            proxy: None,
            peer: None,
            sent: 0,
            done: Vec::new(),
        }
    }

    pub(super) fn through(rig: &'a mut Rig, proxy: &'a Proxy) -> Self {
        Self {
            proxy: Some(proxy),
            ..Self::direct(rig)
        }
    }

    /// From the meter's making to its last item, and everything checked.
    pub(super) fn live(mut self) {
        self.change(MeterRequest::Manufacture(World::sign_receipt(
            self.rig.world.receipt(),
        )));
        for (sequence, act) in (1..).zip([
            ActBody::Register {
                origin: Zip(0),
                licensing: Zip(94_111),
            },
            ActBody::License {
                limits: Limits {
                    item: Mills(100_000),
                    day: Mills(1_000_000),
                    month: Mills(2_000_000),
                    descending: Mills(5_000_000),
                },
                inspection_due: Day::NONE,
                inspection_interval_days: 0,
                application: Digest::ZERO,
            },
            ActBody::Activate,
        ]) {
            let act: Act = self
                .rig
                .world
                .act(SERIAL.subject(), sequence, self.now(), act);
            self.change(MeterRequest::Act(sign_all(act, &OPERATORS)));
        }
        for (sequence, values) in (1..).zip(ITEMS) {
            if sequence < 3 {
                let evidence = self.rig.world.evidence(sequence, DEPOSIT, self.now());
                self.change(MeterRequest::Refill(sign_all(evidence, &TREASURY)));
            }
            let dispense = self.dispense(values);
            self.change(dispense);
        }
        self.check_books();
        // What was answered is still there when the power is cut behind the last answer.
        self.peer = None;
        self.rig.end();
        self.ask_the_last_again();
        self.acknowledge();
        self.peer = None;
        self.rig.end();
    }

    fn now(&self) -> u64 {
        self.rig.time.load(Ordering::SeqCst)
    }

    fn dispense(&self, values: &[u64]) -> MeterRequest {
        let now = self.now();
        let item = |value: &u64| ItemSpec {
            category: Ascii::new(*b"FCL ").unwrap(),
            weight_milligrams: 28_000,
            value: Mills(*value),
            mailing_day: Day::of_time(Time(now)),
            origin: Zip(95_814),
            destination: 0,
            address: normalise_address(["1315 10th St", "Sacramento CA"]).unwrap(),
            department: Department(4),
            end_customer: EndCustomer(5),
        };
        MeterRequest::Dispense(Dispense {
            authorities: List::new(vec![World::seal_authority(World::authority(now))]).unwrap(),
            orders: List::new(vec![Order {
                request: RequestId([0xdd; 32]),
                key_digest: Digest([6; 32]),
                body_digest: Digest([8; 32]),
                authority: 0,
                expected_piece_count: None,
                batch: BatchId::ZERO,
                signature: None,
                items: List::new(values.iter().map(item).collect()).unwrap(),
            }])
            .unwrap(),
        })
    }

    /// One change, asked for until it is answered, and then once more.
    fn change(&mut self, body: MeterRequest) {
        let shown = self.done.last().map(|(_, delivery)| &delivery.record);
        let entry = Entry {
            request: RequestId([self.done.len() as u8 + 1; 32]),
            subject: SERIAL.subject(),
            shown: Bytes::new(shown.map(|r| r.as_slice().to_vec()).unwrap_or_default()).unwrap(),
            body: Bytes::new(body.to_bytes()).unwrap(),
        };
        let delivery = self.until_done(&entry);
        self.done.push((entry, delivery));
        self.ask_the_last_again();
        self.rig.time.fetch_add(BETWEEN, Ordering::SeqCst);
    }

    /// The bytes of the last answer, and no others, for as long as nothing says that they are kept.
    fn ask_the_last_again(&mut self) {
        let (entry, told) = self.done.last().unwrap().clone();
        assert!(self.until_done(&entry) == told, "answered otherwise before");
    }

    fn until_done(&mut self, entry: &Entry) -> Delivery {
        for _ in 0..100 {
            match self.ask(Request::Decide(List::new(vec![entry.clone()]).unwrap())) {
                Ok(Reply::Decided(outcomes)) => match outcomes.into_vec().remove(0) {
                    Outcome::Done(delivery) => return *delivery,
                    // The journal takes no more: the box is about to end.
                    Outcome::Refused(refusal) if refusal.code == RefusalCode::Internal => {}
                    other => panic!("{other:?}"),
                },
                Ok(other) => panic!("{other:?}"),
                Err(_) => self.after_a_loss(entry),
            }
        }
        panic!("never answered: {entry:?}");
    }

    /// Before anything else, what was answered before must still be so. Unless the request that
    /// was lost got through: then the box says that the one before is outdated,
    /// or for the making of the meter, that there is one.
    fn after_a_loss(&mut self, lost: &Entry) {
        self.peer = None;
        let Some((entry, told)) = self.done.last().cloned() else {
            return;
        };
        if entry == *lost {
            return;
        }
        let outdated = match entry.shown.is_empty() {
            true => RefusalCode::Exists,
            false => RefusalCode::Stale,
        };
        match self.ask(Request::Decide(List::new(vec![entry]).unwrap())) {
            Ok(Reply::Decided(outcomes)) => match outcomes.into_vec().remove(0) {
                Outcome::Done(again) => assert!(*again == told, "answered otherwise before"),
                Outcome::Refused(refusal) => assert_eq!(refusal.code, outdated),
                other => panic!("{other:?}"),
            },
            Ok(other) => panic!("{other:?}"),
            Err(_) => self.peer = None,
        }
    }

    /// Asks once. Time goes on by a little, so that nothing decided twice could look the same.
    fn ask(&mut self, request: Request) -> io::Result<Reply> {
        self.rig.time.fetch_add(1, Ordering::SeqCst);
        self.sent += 1;
        let peer = match &mut self.peer {
            Some(peer) => peer,
            none => {
                let box_at = self.rig.address();
                let address = self.proxy.map_or(box_at, |proxy| proxy.address(box_at));
                let mut peer = Peer::connect(address, SERVER, &Rig::pin());
                peer.handshake()?;
                none.insert(peer)
            }
        };
        peer.send(self.sent, &request);
        let (correlation, reply) = peer.receive()?;
        assert_eq!(correlation, self.sent);
        Ok(reply)
    }

    /// Decisions follow one another without a gap, and money and items add up.
    fn check_books(&self) {
        assert_eq!(self.done.len(), STEPS);
        let (mut before, mut items) = (Digest::ZERO, Vec::new());
        for (counter, (entry, delivery)) in (1..).zip(&self.done) {
            let signed = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
            let (key, time) = (signed.body.key, signed.body.time);
            let decision = self
                .rig
                .world
                .installation
                .open_statement(signed, key, item::BoxKind::Meter, KeyUsage::Decision, time)
                .unwrap()
                .into_body();
            let digest = record_digest(delivery.record.as_slice());
            assert_eq!(decision.counter, Counter(counter));
            assert_eq!(decision.request, entry.request);
            assert_eq!((decision.old, decision.new), (before, digest));
            before = digest;
            for row in delivery.rows.as_slice() {
                items.push(ItemRecord::from_bytes(row.as_slice()).unwrap());
            }
        }
        let record = self.record();
        let spent: u64 = ITEMS.iter().flat_map(|values| values.iter()).sum();
        assert_eq!(record.ascending, Mills(spent));
        assert_eq!(record.descending, Mills(2 * DEPOSIT - spent));
        assert_eq!(record.piece_count as usize, items.len());
        assert_eq!(
            items.len(),
            ITEMS.iter().map(|values| values.len()).sum::<usize>()
        );
    }

    fn record(&self) -> MeterRecord {
        let (_, last) = self.done.last().unwrap();
        Sealed::<MeterRecord>::from_bytes(last.record.as_slice())
            .unwrap()
            .body
    }

    /// Says that the last one is kept: exactly one decision waited.
    fn acknowledge(&mut self) {
        let (_, last) = self.done.last().unwrap();
        let digest: ShortDigest = record_digest(last.record.as_slice()).short();
        let mark = Acknowledgement {
            subject: SERIAL.subject(),
            counter: Counter(STEPS as u64),
            digest,
        };
        let request = Request::Acknowledge(List::new(vec![mark]).unwrap());
        for _ in 0..100 {
            match self.ask(request.clone()) {
                Ok(Reply::Acknowledged(1)) => return,
                // The answer to the first time was lost.
                Ok(Reply::Acknowledged(0)) if self.proxy.is_some_and(Proxy::was_cut) => return,
                Ok(other) => panic!("{other:?}"),
                Err(_) => self.peer = None,
            }
        }
        panic!("never acknowledged");
    }
}
