//! Target `keys`: a real keys box on a disk in memory, and a hostile caller. Each request has one
//! serial and each serial one request, packs only rise, an act works once, and an epoch that was opened
//! stays as it was.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use item::{
    AccountId, ActBody, BoxId, BoxKind, Bytes, Epoch, KeyUsage, Layout, List, ManufactureReceipt,
    MeterSerial, Mills, PackBody, RequestId, Signed, Time, VoidEntry,
};
use keeper::{Caller, Now, Service, box_subject};
use keys::KeysBox;
use verify::{Installation, Pack};
use wire::{
    Allocate, EpochPackage, KeysAnswer, KeysRequest, Nothing, OpenedEpoch, PackRequest,
    RefusalCode, Reply, Request, Status,
};

use crate::disk::{Image, MemoryDisk};
use crate::entropy::Seeded;
use crate::house::{DAY, HOUSE, House, MINUTE, OPERATORS, START, now, sign_all, unlock};
use crate::keeper_target::{any_act, odd};

const STEPS_MAX: usize = 40;

/// The box, and everything that it ever gave out.
struct Desk {
    house: &'static House,
    disk: MemoryDisk,
    keys: Option<KeysBox<MemoryDisk>>,
    now: Now,
    starts: u64,
    receipts: BTreeMap<RequestId, Vec<u8>>,
    pack: u64,
    /// With every epoch that was opened.
    known: Installation,
    /// What was made of each, by the epoch before.
    opened: BTreeMap<Epoch, OpenedEpoch>,
}

fn new_image(house: &House) -> Image {
    let disk = MemoryDisk::default();
    let package = house.sealed_package(BoxKind::Keys);
    let keys = unlock(BoxKind::Keys, 5);
    KeysBox::init_on(&disk, package, keys, now(START), &mut Seeded(6)).expect("init");
    disk.image()
}

static IMAGE: LazyLock<Image> = LazyLock::new(|| new_image(&HOUSE));

/// Packs that the keys box of a house signs, one after the other.
pub(crate) fn packs(house: &'static House, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut desk = Desk::new(house, &new_image(house));
    (0..count).map(move |_| {
        let ask = PackRequest {
            voids: List::default(),
            closes: None,
        };
        match desk.query(KeysRequest::Pack(ask).to_bytes()) {
            Reply::Answer(answer) => match KeysAnswer::from_bytes(answer.as_slice()) {
                Ok(KeysAnswer::Pack(pack)) => pack.to_bytes(),
                other => panic!("no pack: {other:?}"),
            },
            other => panic!("no pack: {other:?}"),
        }
    })
}

/// Target `keys`.
pub(crate) fn run(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let mut desk = Desk::new(&HOUSE, &IMAGE);
    for _ in 0..STEPS_MAX {
        // Running out of bytes ends the story.
        if u.is_empty() || desk.step(u).is_err() {
            break;
        }
    }
    desk.restart();
    desk.same_again();
}

impl Desk {
    fn new(house: &'static House, image: &Image) -> Self {
        let mut desk = Self {
            house,
            disk: MemoryDisk::of(image),
            keys: None,
            now: now(START + MINUTE),
            starts: 0,
            receipts: BTreeMap::new(),
            pack: 0,
            known: house.installation.clone(),
            opened: BTreeMap::new(),
        };
        desk.restart();
        desk
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=16u8)? {
            0..=5 => {
                let asked = question(u)?;
                let reply = self.query(asked.clone());
                self.answered(&asked, reply);
            }
            6 | 7 => self.restart(),
            8 => {
                let asked = question(u)?;
                drop(self.keys().handle_query(asked));
                self.restart();
            }
            9 => {
                let asked = question(u)?;
                self.fill_disk(asked);
            }
            10 | 11 => self.turn_clock(u)?,
            12 => self.act(u)?,
            13 => {
                let asked = crate::alter::some(u)?.to_vec();
                let reply = self.query(asked.clone());
                self.answered(&asked, reply);
            }
            14 => {
                let bytes = u.bytes(u.len().min(64))?.to_vec();
                if let Ok(request) = Request::from_bytes(&bytes) {
                    self.ask(request);
                }
            }
            15 => self.same_again(),
            _ => self.take_epoch(u)?,
        }
        Ok(())
    }

    fn keys(&mut self) -> At<'_> {
        At {
            keys: self.keys.as_mut().expect("running"),
            now: self.now,
        }
    }

    fn restart(&mut self) {
        self.keys = None;
        self.starts += 1;
        let entropy = Seeded(self.starts << 32);
        let keys = unlock(BoxKind::Keys, entropy.0 + 1);
        let opened = KeysBox::open_on(self.disk.clone(), keys, self.now, Box::new(entropy));
        match opened {
            Ok(keys) => self.keys = Some(keys),
            Err(error) => panic!("the box does not start: {error}"),
        }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let At { keys, now } = self.keys();
        let pending = keys.handle(Caller(0), request, now);
        let committed = keys.commit().expect("a disk that works");
        pending.release(&committed).expect("committed")
    }

    fn query(&mut self, asked: Vec<u8>) -> Reply {
        self.ask(Request::Query(Bytes::new(asked).expect("short")))
    }

    fn status(&mut self) -> Status {
        match self.ask(Request::Status(Nothing)) {
            Reply::Status(status) => status,
            other => panic!("no status: {other:?}"),
        }
    }

    fn answered(&mut self, asked: &[u8], reply: Reply) {
        let answer = match reply {
            Reply::Answer(answer) => answer,
            Reply::Refused(_) => return,
            other => panic!("no answer: {other:?}"),
        };
        let asked = KeysRequest::from_bytes(asked).expect("no answer to no question");
        let answer = KeysAnswer::from_bytes(answer.as_slice()).expect("an answer");
        match (asked, answer) {
            (KeysRequest::Allocate(asked), KeysAnswer::Receipt(receipt)) => {
                self.allocated(&asked, &receipt);
            }
            (KeysRequest::Pack(asked), KeysAnswer::Pack(pack)) => self.packed(&asked, &pack),
            (KeysRequest::EpochAfter(epoch), KeysAnswer::Epoch(opened)) => {
                let known = self.opened.get(&epoch);
                // Of an epoch that never was, the one that is next by name may be told.
                if self.known.epochs().any(|e| e.epoch == epoch) {
                    assert_eq!(opened.as_ref(), known, "one epoch, two openings");
                }
            }
            (asked, answer) => panic!("{answer:?} to {asked:?}"),
        }
    }

    fn allocated(&mut self, asked: &Allocate, receipt: &Signed<ManufactureReceipt>) {
        let bytes = receipt.to_bytes();
        let body = &receipt.body;
        assert_eq!((body.request, body.account), (asked.request, asked.account));
        if let Some(before) = self.receipts.get(&asked.request) {
            assert!(*before == bytes, "one request, two receipts");
            return;
        }
        let (kind, usage) = (BoxKind::Keys, KeyUsage::Receipt);
        let installation = &self.known;
        let opened = installation.open_statement(receipt.clone(), body.key, kind, usage, body.time);
        assert!(opened.is_ok(), "a receipt that does not verify");
        let mut known = self.receipts.values().filter_map(|bytes| serial_of(bytes));
        assert!(
            known.all(|serial| serial != body.serial),
            "one serial, two meters"
        );
        self.receipts.insert(asked.request, bytes);
    }

    fn packed(&mut self, asked: &PackRequest, pack: &Signed<PackBody>) {
        assert!(pack.body.sequence > self.pack, "packs only rise");
        self.pack = pack.body.sequence;
        assert_eq!(pack.body.voids, asked.voids);
        let root = &self.house.installation.transcript().root;
        let opened = Pack::open(&pack.to_bytes(), root, &self.house.fingerprint);
        assert!(opened.is_ok(), "a pack that does not open: {opened:?}");
        let newest = self.known.newest_epoch().epoch;
        let mut certificates = pack.body.certificates.as_slice().iter();
        assert!(
            certificates.any(|c| c.body.epoch == newest),
            "a pack without its keys"
        );
        for void in &asked.voids {
            assert!(
                opened
                    .as_ref()
                    .is_ok_and(|p| p.is_void(void.meter, void.piece_count))
            );
        }
    }

    fn epoch_after(&mut self, epoch: Epoch) -> Option<OpenedEpoch> {
        match self.query(KeysRequest::EpochAfter(epoch).to_bytes()) {
            Reply::Answer(answer) => match KeysAnswer::from_bytes(answer.as_slice()) {
                Ok(KeysAnswer::Epoch(opened)) => opened,
                other => panic!("no epoch: {other:?}"),
            },
            other => panic!("no epoch: {other:?}"),
        }
    }

    /// The box is given its own keys, or what somebody made of them.
    fn take_epoch(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let before = self.status();
        let Some(opened) = self.epoch_after(before.taken) else {
            return Ok(());
        };
        let mut packages = opened.packages.as_slice().iter();
        let own = packages.find(|p| p.kind == BoxKind::Keys).expect("its own");
        let mut package = EpochPackage {
            opening: opened.opening.clone(),
            package: own.package.clone(),
        };
        let flaw = odd(u)? % 3;
        if flaw == 1 {
            let mut bytes = package.opening.clone().into_vec();
            alter(u, &mut bytes)?;
            package.opening = Bytes::new(bytes).unwrap_or_default();
        }
        if flaw == 2 {
            let mut bytes = package.package.clone().into_vec();
            alter(u, &mut bytes)?;
            package.package = Bytes::new(bytes).unwrap_or_default();
        }
        let honest = package.opening == opened.opening && package.package == own.package;
        let reply = self.ask(Request::TakeEpoch(package));
        let after = self.status();
        match reply {
            Reply::Taken(epoch) => {
                assert!(honest, "altered keys were taken");
                assert!(epoch > before.taken && after.taken == epoch);
            }
            other => {
                assert!(!honest, "refused its own keys: {other:?}");
                assert_eq!(after.taken, before.taken);
            }
        }
        Ok(())
    }

    /// Every request gets its receipt again, and every epoch is what it was.
    fn same_again(&mut self) {
        for (before, opened) in self.opened.clone() {
            assert_eq!(self.epoch_after(before), Some(opened));
        }
        let receipts: Vec<Vec<u8>> = self.receipts.values().cloned().collect();
        for bytes in receipts {
            let Ok(receipt) = Signed::<ManufactureReceipt>::from_bytes(&bytes) else {
                panic!("a receipt that decoded before");
            };
            let asked = KeysRequest::Allocate(Allocate {
                request: receipt.body.request,
                account: receipt.body.account,
            })
            .to_bytes();
            match self.query(asked.clone()) {
                Reply::Refused(refusal) => {
                    let sleeps = [RefusalCode::ClockDoubtful, RefusalCode::KeyExpired];
                    assert!(sleeps.contains(&refusal.code), "forgotten: {refusal:?}");
                }
                reply => self.answered(&asked, reply),
            }
        }
    }

    fn fill_disk(&mut self, asked: Vec<u8>) {
        self.disk.fail_next_write(true);
        let pending = self.keys().handle_query(asked.clone());
        let committed = self.keys().keys.commit();
        self.disk.fail_next_write(false);
        match committed {
            Ok(committed) => {
                let reply = pending.release(&committed).expect("committed");
                self.answered(&asked, reply);
            }
            Err(_failed) => {
                assert!(self.keys().keys.commit().is_err(), "after a failure");
                drop(pending);
                self.restart();
            }
        }
    }

    fn turn_clock(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let unit = *u.choose(&[MINUTE, 60 * MINUTE, DAY])?;
        let by = u64::from(u.arbitrary::<u8>()?) * unit;
        let Now { wall, since_boot } = &mut self.now;
        match odd(u)? {
            0..=20 => (wall.0, *since_boot) = (wall.0 + by, *since_boot + by),
            21..=26 => wall.0 = wall.0.saturating_sub(by),
            _ => *since_boot += by,
        }
        let At { keys, now } = self.keys();
        keys.tick(now).expect("a disk that works");
        Ok(())
    }

    fn act(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let before = self.status();
        let flaw = odd(u)? % 6;
        let newest = self.known.newest_epoch().epoch;
        let body = match flaw {
            0 if u.ratio(1, 3)? => ActBody::OpenEpoch {
                epoch: newest.next().unwrap_or(newest),
                starts: Time(self.now.wall.0 + u64::from(u.arbitrary::<u8>()?) * MINUTE),
            },
            1 => any_act(u)?,
            2 => ActBody::ConfirmTime(Time(u.arbitrary()?)),
            _ => ActBody::ConfirmTime(self.now.wall),
        };
        let subject = box_subject(BoxId(1 + u16::from(flaw == 3)));
        let sequence = before.act_sequence + u64::from(flaw != 4);
        let act = self
            .house
            .act(BoxKind::Keys, subject, sequence, body.clone());
        let signers = if flaw == 5 {
            &OPERATORS[..1]
        } else {
            &OPERATORS[..2]
        };
        let reply = self.ask(Request::BoxAct(sign_all(act, signers)));
        let after = self.status();
        let Reply::Acted(None) = reply else {
            assert_eq!(before.act_sequence, after.act_sequence);
            assert_eq!(before.journal_sequence, after.journal_sequence);
            return Ok(());
        };
        assert!(!(3..=5).contains(&flaw), "an act that is none");
        let time = match body {
            ActBody::ConfirmTime(time) => time,
            ActBody::OpenEpoch { epoch, .. } => {
                let opened = self.epoch_after(newest).expect("it was opened");
                assert_eq!(self.known.learn(opened.opening.as_slice()), Ok(epoch));
                self.opened.insert(newest, opened);
                assert_eq!(after.act_sequence, before.act_sequence + 1, "each act once");
                return Ok(());
            }
            _ => panic!("an act that a keys box does not know"),
        };
        assert!(time.0.abs_diff(self.now.wall.0) <= 5 * MINUTE);
        assert_eq!(after.act_sequence, before.act_sequence + 1, "each act once");
        assert!(!after.clock_doubtful);
        Ok(())
    }
}

/// The box at a time.
struct At<'a> {
    keys: &'a mut KeysBox<MemoryDisk>,
    now: Now,
}

impl At<'_> {
    fn handle_query(self, asked: Vec<u8>) -> keeper::Pending {
        let request = Request::Query(Bytes::new(asked).expect("short"));
        self.keys.handle(Caller(0), request, self.now)
    }
}

fn serial_of(receipt: &[u8]) -> Option<MeterSerial> {
    let signed = Signed::<ManufactureReceipt>::from_bytes(receipt).ok()?;
    Some(signed.body.serial)
}

fn alter(u: &mut Unstructured<'_>, bytes: &mut [u8]) -> Result<()> {
    if !bytes.is_empty() {
        let place = u.choose_index(bytes.len())?;
        bytes[place] ^= u.arbitrary::<u8>()?;
    }
    Ok(())
}

fn question(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if odd(u)? % 4 == 1 {
        let epoch = Epoch(202_600 + u32::from(u.arbitrary::<u8>()?));
        return Ok(KeysRequest::EpochAfter(epoch).to_bytes());
    }
    if u.int_in_range(0..=3u8)? < 3 {
        let ask = Allocate {
            request: RequestId([u.arbitrary::<u8>()? % 16; 32]),
            account: AccountId([u.arbitrary::<u8>()? / 64; 16]),
        };
        return Ok(KeysRequest::Allocate(ask).to_bytes());
    }
    let mut voids = Vec::new();
    for _ in 0..u.int_in_range(0..=3u8)? {
        voids.push(VoidEntry {
            meter: MeterSerial(u32::from(u.arbitrary::<u8>()?)),
            piece_count: u32::from(u.arbitrary::<u8>()?),
            value: Mills(u.arbitrary()?),
        });
    }
    if odd(u)? == 0 {
        voids.sort_by_key(|void| (void.meter, void.piece_count));
    }
    let ask = PackRequest {
        voids: List::new(voids).unwrap_or_default(),
        closes: None,
    };
    Ok(KeysRequest::Pack(ask).to_bytes())
}

/// A story in order, and one of each kind of step.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0; 60]];
    for step in 0..=16u8 {
        seeds.push(vec![
            0, 0, 1, 1, step, 3, 2, 2, 0, 3, 2, 5, 5, step, 0, 9, 9, 9, 15,
        ]);
    }
    seeds
}
