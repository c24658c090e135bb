//! One installation with one meter, made once by the real ceremony: licensed, active, and just
//! given a deposit. Every comparison begins here.

use super::disk::{MemoryDisk, Picture};
use item::{
    AccountId, Act, ActBody, Ascii, Authority, BatchId, BoxKind, Bytes, CreditEvidence, Currency,
    Day, Department, Digest, EndCustomer, EvidenceKind, ItemKind, KeyUsage, Layout, Limits, List,
    ManufactureReceipt, MeterSerial, Mills, MultiSigned, RequestId, Rights, Sealed, Suite, Time,
    UserId, Version, Zip,
};
use keeper::{Caller, Keeper, Now, Service};
use keys::{Ceremony, Plan, hold};
use meter::MeterRules;
use vault::{
    BoxPackage, MacKey, OsEntropy, Purpose, Secret, SigningKey, UnlockedKeys, seal_authority,
};
use verify::{Installation, Tag, Tagged, digest, evidence_id, key_id};
use wire::{Delivery, Dispense, Entry, ItemSpec, MeterRequest, Order, Outcome, Reply, Request};

/// The meter.
pub(crate) const SERIAL: MeterSerial = MeterSerial(10_000_001);
/// Its account.
pub(crate) const ACCOUNT: AccountId = AccountId([7; 16]);
/// Noon of 2026-11-21 UTC.
pub(crate) const NOON: u64 = 20_778 * 86_400_000 + 43_200_000;
/// What each order takes: the model's 1.
const WORTH: Mills = Mills(740);
const HOUR: u64 = 3_600_000;

/// The real meter box.
pub(crate) type MeterBox = Keeper<MeterRules, MemoryDisk>;

/// Everything that a run begins with.
#[derive(Debug)]
pub struct House {
    /// The box's disk on the first day.
    pub(crate) picture: Picture,
    /// Deliveries up to the record with the deposit, which is the last.
    pub(crate) deliveries: Vec<Delivery>,
    authority: Sealed<Authority>,
}

fn key(name: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([name; 32])).expect("a seed of 32 bytes")
}

const OPERATOR: u8 = 11;
const TREASURY: u8 = 21;

fn unlocked(kind: BoxKind) -> UnlockedKeys {
    let secret = Secret::new([kind.code(); 32]);
    UnlockedKeys::new(&secret, &mut OsEntropy).expect("randomness")
}

fn ceremony() -> Ceremony {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let public = |name| format!("ed25519:{}", hex(key(name).public().bytes()));
    let mut text = format!(
        "installation Model\nmode specimen\npost 1\ncurrency 840\nvendor IN\nmodel 01\n\
         suite ed25519\noperators-required 1\noperator one {}\ntreasury-required 1\n\
         treasury money {}\nrefunders-required 1\nrefunder back {}\nverifier door {}\nrate-signer rates {}\nserver first {}\n",
        public(OPERATOR),
        public(TREASURY),
        public(61),
        public(31),
        public(41),
        public(51)
    );
    for kind in BoxKind::ALL {
        let enrolment = unlocked(*kind).enrolment().expect("an enrolment key");
        let name = kind.name().to_lowercase();
        text.push_str(&format!("box {name} 1 {}\n", hex(enrolment.public())));
    }
    let plan = Plan::parse(&text).expect("a plan");
    let postal = Secret::new([77; 32]);
    hold(&plan, &text, &postal, Time(NOON), &mut OsEntropy).expect("a ceremony")
}

fn sealed_package(ceremony: &Ceremony, kind: BoxKind) -> &[u8] {
    let of_kind = |(planned, _): &&(keys::PlannedBox, Vec<u8>)| planned.kind == kind;
    let found = ceremony.packages.iter().find(of_kind);
    &found.expect("a package for each box").1
}

fn package(ceremony: &Ceremony, kind: BoxKind) -> BoxPackage {
    let enrolment = unlocked(kind).enrolment().expect("an enrolment key");
    let opened = enrolment.open(sealed_package(ceremony, kind));
    BoxPackage::from_bytes(&opened.expect("its own package")).expect("a package")
}

fn signed<T: Layout + Tagged + Clone>(body: T, name: u8) -> MultiSigned<T> {
    let key = key(name);
    let signed = key.sign_body(body).expect("a signature");
    MultiSigned {
        signatures: List::new(vec![(key_id(key.public()), signed.signature)]).expect("one"),
        body: signed.body,
    }
}

/// The same time on both clocks of a box.
pub(crate) fn at(now: u64) -> Now {
    Now {
        wall: Time(now),
        since_boot: now,
    }
}

/// Starts the box from its disk.
pub(crate) fn start(disk: MemoryDisk, now: u64) -> MeterBox {
    let entropy = Box::new(OsEntropy);
    Keeper::open_on(
        disk,
        unlocked(BoxKind::Meter),
        at(now),
        entropy,
        MeterRules::new,
    )
    .expect("a box starts from what it synced")
}

/// Asks, flushes, and reads the reply.
pub(crate) fn ask(meter_box: &mut MeterBox, request: Request, now: u64) -> Reply {
    let pending = meter_box.handle(Caller(0), request, at(now));
    let committed = meter_box.commit().expect("a disk without faults");
    pending.release(&committed).expect("a commit covers all")
}

impl House {
    /// Holds a ceremony and prepares a meter that holds `balance` orders.
    #[must_use]
    pub fn build(balance: u8) -> Self {
        let ceremony = ceremony();
        let installation = Installation::open(&ceremony.transcript, &ceremony.fingerprint);
        let installation = installation.expect("its own transcript");
        let disk = MemoryDisk::default();
        let sealed = sealed_package(&ceremony, BoxKind::Meter);
        let keys = unlocked(BoxKind::Meter);
        MeterBox::init_on(&disk, sealed, keys, at(NOON), &mut OsEntropy).expect("a new box");
        let mut meter_box = start(disk.clone(), NOON);
        let mut deliveries: Vec<Delivery> = Vec::new();
        for (place, body) in (0u8..).zip(life(&ceremony, &installation, balance)) {
            let shown = deliveries.last().map(|delivery| delivery.record.clone());
            let entry = Entry {
                request: RequestId([place; 32]),
                subject: SERIAL.subject(),
                shown: shown.unwrap_or_default(),
                body: Bytes::new(body.to_bytes()).expect("a small request"),
            };
            let entries = List::new(vec![entry]).expect("one");
            match ask(&mut meter_box, Request::Decide(entries), NOON) {
                Reply::Decided(outcomes) => match outcomes.into_vec().pop() {
                    Some(Outcome::Done(delivery)) => deliveries.push(*delivery),
                    other => panic!("step {place} of a meter's life: {other:?}"),
                },
                other => panic!("step {place} of a meter's life: {other:?}"),
            }
        }
        Self {
            picture: disk.picture(),
            deliveries,
            authority: authority(&ceremony, &installation),
        }
    }

    /// The entry that a server makes of these keys.
    pub(crate) fn entry(&self, keys: crate::Set, shown: &[u8]) -> Entry {
        let orders: Vec<Order> = keys.iter().map(order).collect();
        let ids: Vec<u8> = orders.iter().flat_map(|order| order.request.0).collect();
        let dispense = MeterRequest::Dispense(Dispense {
            authorities: List::new(vec![self.authority.clone()]).expect("one"),
            orders: List::new(orders).expect("few orders"),
        });
        Entry {
            request: RequestId(digest(Tag::REQUEST, &[&ids]).0),
            subject: SERIAL.subject(),
            shown: Bytes::new(shown.to_vec()).expect("a record"),
            body: Bytes::new(dispense.to_bytes()).expect("few orders"),
        }
    }
}

/// What a client of this key sends as its key.
pub(crate) fn key_digest(key: u8) -> Digest {
    Digest([0x60 + key; 32])
}

/// The request that an order of this key is.
pub(crate) fn request(key: u8) -> RequestId {
    RequestId([0xa0 + key; 32])
}

fn order(key: u8) -> Order {
    let spec = ItemSpec {
        category: Ascii::new(*b"FCL ").expect("letters"),
        weight_milligrams: 28_000,
        value: WORTH,
        mailing_day: Day::of_time(Time(NOON)),
        origin: Zip(95_814),
        destination: 0,
        address: item::AddressLines::default(),
        department: Department(0),
        end_customer: EndCustomer(0),
    };
    Order {
        request: request(key),
        key_digest: key_digest(key),
        body_digest: Digest([key; 32]),
        authority: 0,
        expected_piece_count: None,
        batch: BatchId::ZERO,
        signature: None,
        items: List::new(vec![spec]).expect("one"),
    }
}

/// From manufacture to the deposit.
fn life(ceremony: &Ceremony, installation: &Installation, balance: u8) -> Vec<MeterRequest> {
    let act = |sequence, body| {
        let act = Act {
            version: Version,
            installation: installation.transcript().installation,
            box_kind: BoxKind::Meter,
            subject: SERIAL.subject(),
            sequence,
            issued: Time(NOON),
            expires: Time(NOON + HOUR),
            body,
        };
        MeterRequest::Act(signed(act, OPERATOR))
    };
    let amount = Mills(WORTH.0 * u64::from(balance));
    let reference = Digest([1; 32]);
    let plenty = Mills(10_000_000);
    vec![
        MeterRequest::Manufacture(receipt(ceremony, installation)),
        act(
            1,
            ActBody::Register {
                origin: Zip(0),
                licensing: Zip(94_111),
            },
        ),
        act(
            2,
            ActBody::License {
                limits: Limits {
                    item: plenty,
                    day: plenty,
                    month: plenty,
                    descending: plenty,
                },
                inspection_due: Day::NONE,
                inspection_interval_days: 0,
                application: Digest::ZERO,
            },
        ),
        act(3, ActBody::Activate),
        MeterRequest::Refill(signed(
            CreditEvidence {
                version: Version,
                kind: EvidenceKind::Deposit,
                installation: installation.transcript().installation,
                id: evidence_id(SERIAL, 1, &reference),
                meter: SERIAL,
                funding_sequence: 1,
                amount,
                currency: Currency(840),
                reference,
                expires: Time(NOON + HOUR),
            },
            TREASURY,
        )),
    ]
}

fn receipt(ceremony: &Ceremony, installation: &Installation) -> item::Signed<ManufactureReceipt> {
    let keys = package(ceremony, BoxKind::Keys);
    let (serial, key) = keys.signing_key(KeyUsage::Receipt).expect("a receipt key");
    let transcript = installation.transcript();
    key.sign_body(ManufactureReceipt {
        version: Version,
        suite: Suite::Ed25519,
        key: serial,
        installation: transcript.installation,
        epoch: transcript.epoch.body.epoch,
        serial: SERIAL,
        manufacturing_number: 1,
        account: ACCOUNT,
        item_kind: ItemKind::Postage,
        post: transcript.post,
        currency: transcript.currency,
        vendor: transcript.vendor,
        model: transcript.model,
        request: RequestId([1; 32]),
        time: Time(NOON),
        transcript: installation.digest(),
    })
    .expect("a signature")
}

fn authority(ceremony: &Ceremony, installation: &Installation) -> Sealed<Authority> {
    let epoch = installation.transcript().epoch.body.epoch;
    let auth = package(ceremony, BoxKind::Auth);
    let master = auth.master(Purpose::Authority, epoch).expect("its own key");
    let body = Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch,
        user: UserId([9; 16]),
        account: ACCOUNT,
        rights: Rights::DISPENSE,
        ceiling: Mills(10_000_000),
        generation: 1,
        api_key: None,
        signing_key: None,
        logged_in: Time(NOON),
        issued: Time(NOON),
        expires: Time(NOON + HOUR),
        session: Digest([3; 32]),
        meters: List::default(),
    };
    seal_authority(&MacKey::new(master), body)
}
