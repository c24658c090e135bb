//! One meter after the other: sealed record, items, and what the box remembers of it.

use crate::LoadPlan;
use anyhow::{Context, Result, anyhow};
use item::limits::DESCENDING_MAX;
use item::{
    AccountId, Ascii, BatchId, BoxId, Bytes, Counter, Day, Department, Digest, EndCustomer, Epoch,
    ItemKind, ItemRecord, KeySerial, KeyUsage, Layout, Limits, MeterRecord, MeterSerial,
    MeterState, Mills, Payload, RequestId, Suspension, Time, UserId, Zip,
};
use keeper::Ground;
use keeper::state::{KeptIdle, Mark};
use meter::MeterRules;
use std::ops::Range;
use vault::{OsEntropy, Purpose, RecordKeys, Secret, TokenKeys};
use verify::{idempotency_key, request_body, statement_digest};

/// Changes of a meter until it is in use and funded: made, registered, licensed, activated, credited.
const CHANGES: u64 = 5;
/// Acts among them.
const ACTS: u64 = 3;
/// Price of each item: a letter of one ounce.
const PRICE: Mills = Mills(740);
/// Where they are mailed.
const ORIGIN: Zip = Zip(95_814);

/// Rows and memory of a run of meters.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) meters: Vec<MeterRow>,
    pub(crate) items: Vec<ItemRow>,
    /// What the box remembers.
    pub(crate) kept: Vec<KeptIdle>,
}

/// A row of `meters`, as the data centre would write it.
#[derive(Debug)]
pub(crate) struct MeterRow {
    pub(crate) serial: u32,
    pub(crate) account: AccountId,
    pub(crate) counter: i64,
    pub(crate) state: u8,
    pub(crate) balance: i64,
    pub(crate) record: Vec<u8>,
}

/// A row of `items`.
#[derive(Debug)]
pub(crate) struct ItemRow {
    pub(crate) meter: u32,
    pub(crate) piece: u32,
    pub(crate) counter: i64,
    pub(crate) item: Vec<u8>,
}

/// Makes meters of one plan. Shared by threads.
pub(crate) struct Maker<'a> {
    plan: &'a LoadPlan,
    keys: RecordKeys,
    vendor_tokens: Secret,
    postal_tokens: Secret,
    /// Every meter but for serial, account and what its items changed.
    pattern: MeterRecord,
    item_key: KeySerial,
    now: Time,
}

impl<'a> Maker<'a> {
    /// With the keys of the box on this ground.
    pub(crate) fn new(ground: &Ground, plan: &'a LoadPlan) -> Result<Self> {
        let transcript = ground.installation.transcript();
        let epoch = transcript.epoch.body.epoch;
        let master = |purpose| {
            let key = ground.package.master(purpose, epoch);
            key.cloned()
                .context("a key is missing in the box's package")
        };
        let (item_key, signer) = ground
            .package
            .signing_key(KeyUsage::Item)
            .context("the item key is missing in the box's package")?;
        let now = crate::state::now();
        let most = Mills(u64::MAX / 4);
        let pattern = MeterRecord {
            version: item::Version,
            suite: signer.public().suite(),
            epoch,
            serial: MeterSerial(0),
            manufacturing_number: 0,
            account: AccountId::ZERO,
            item_kind: ItemKind::Postage,
            post: transcript.post,
            currency: transcript.currency,
            vendor: transcript.vendor,
            model: transcript.model,
            state: MeterState::Active,
            suspended: Suspension::NONE,
            counter: Counter(CHANGES),
            ascending: Mills::ZERO,
            descending: plan.balance,
            piece_count: 0,
            deposits: plan.balance,
            item_credits: Mills::ZERO,
            funding_sequence: 1,
            act_sequence: ACTS,
            credited_digest: Digest::ZERO,
            lowest_creditable_piece: 1,
            origin: ORIGIN,
            licensing: ORIGIN,
            token_keys: [[0; 60]; 2],
            // Nothing that is measured may end at a limit of a day.
            limits: Limits {
                item: Mills(DESCENDING_MAX),
                day: most,
                month: most,
                descending: Mills(DESCENDING_MAX),
            },
            day: Day::NONE,
            day_used: Mills::ZERO,
            month: Epoch(0),
            month_used: Mills::ZERO,
            inspected: Day::NONE,
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            last_time: now,
            last_decision: statement_digest(b"loaded: there is no decision"),
            item_head: Digest::ZERO,
            box_id: BoxId(ground.id.0),
            specimen: transcript.specimen,
        };
        Ok(Self {
            plan,
            keys: RecordKeys::new(item::BoxKind::Meter, epoch, &master(Purpose::Records)?),
            vendor_tokens: master(Purpose::VendorTokens)?,
            postal_tokens: master(Purpose::PostalTokens)?,
            pattern,
            item_key,
            now,
        })
    }

    /// The meters of these places in the plan, with their items.
    pub(crate) fn batch(&self, places: Range<u64>) -> Result<Batch> {
        let mut batch = Batch::default();
        for place in places {
            self.add(place, &mut batch)
                .with_context(|| format!("meter {place} of the load"))?;
        }
        Ok(batch)
    }

    fn add(&self, place: u64, batch: &mut Batch) -> Result<()> {
        let serial = MeterSerial(self.plan.first_serial + u32::try_from(place)?);
        let owners = self.plan.accounts.len() as u64;
        let account = *self
            .plan
            .accounts
            .get(usize::try_from(place % owners)?)
            .context("no owner")?;
        let mut record = MeterRecord {
            serial,
            manufacturing_number: u64::from(serial.0),
            account,
            token_keys: self.token_keys(serial)?,
            ..self.pattern.clone()
        };
        let pieces = items_of(self.plan, place);
        record.deposits = Mills(record.deposits.0 + PRICE.0 * pieces);
        record.descending = record.deposits;
        for _ in 0..pieces {
            batch.items.push(self.item(&mut record)?);
        }
        let subject = record.subject();
        let (stored, digest) = self.keys.seal(&subject, record.clone()).map_err(sealing)?;
        batch.kept.push(KeptIdle {
            subject,
            acked: Mark {
                counter: record.counter,
                digest: digest.short(),
            },
            summary: <MeterRules as keeper::Rules>::summary(&record),
        });
        batch.meters.push(MeterRow {
            serial: serial.0,
            account,
            counter: i64::try_from(record.counter.0)?,
            state: record.state.code(),
            balance: i64::try_from(record.descending.0)?,
            record: stored,
        });
        Ok(())
    }

    fn token_keys(&self, serial: MeterSerial) -> Result<[[u8; 60]; 2]> {
        TokenKeys::derive(&self.vendor_tokens, &self.postal_tokens, serial)
            .and_then(|keys| keys.seal(&self.keys, serial, &mut OsEntropy))
            .map_err(sealing)
    }

    /// Books one item and makes its record, as a decision of its own would.
    fn item(&self, meter: &mut MeterRecord) -> Result<ItemRow> {
        meter.counter = meter.counter.next().context("counters end")?;
        meter.descending = meter.descending.minus(PRICE).context("no funds")?;
        meter.ascending = meter.ascending.plus(PRICE).context("register full")?;
        meter.piece_count += 1;
        let (serial, piece) = (meter.serial.0, meter.piece_count);
        let name = format!("loaded-{serial}-{piece}");
        let category = Ascii::new(*b"FCL1").context("no category")?;
        let payload = Payload {
            suite: meter.suite,
            key: self.item_key,
            vendor: meter.vendor,
            model: meter.model,
            meter: meter.serial,
            ascending: meter.ascending,
            value: PRICE,
            mailing_day: Day::of_time(self.now),
            origin: ORIGIN,
            destination: 0,
            descending: meter.descending,
            category,
            kind: meter.item_kind,
            specimen: meter.specimen,
            post: meter.post,
            currency: meter.currency,
            piece_count: piece,
            address_digest: [0; 8],
            vendor_token: [0; 6],
            postal_token: [0; 6],
            signature: [0; 64],
        };
        let record = ItemRecord {
            version: item::Version,
            meter: meter.serial,
            counter: meter.counter,
            position: 0,
            request: RequestId(statement_digest(name.as_bytes()).0),
            key_digest: idempotency_key(&name),
            body_digest: request_body(name.as_bytes()),
            ascending: meter.ascending,
            descending: meter.descending,
            piece_count: piece,
            kind: meter.item_kind,
            category,
            weight_milligrams: 0,
            value: PRICE,
            mailing_day: payload.mailing_day,
            time: self.now,
            origin: ORIGIN,
            destination: 0,
            address_digest: [0; 8],
            user: UserId::ZERO,
            department: Department(0),
            batch: BatchId::ZERO,
            end_customer: EndCustomer(0),
            specimen: meter.specimen,
            payload: Bytes::new(payload.to_bytes()).map_err(|error| anyhow!("{error}"))?,
            previous: meter.item_head,
        };
        let bytes = record.to_bytes();
        meter.item_head = statement_digest(&bytes);
        Ok(ItemRow {
            meter: serial,
            piece,
            counter: i64::try_from(meter.counter.0)?,
            item: bytes,
        })
    }
}

/// Items of the meter in this place: the first meters have one more where it does not come out even.
pub(crate) fn items_of(plan: &LoadPlan, place: u64) -> u64 {
    plan.items / plan.meters + u64::from(place < plan.items % plan.meters)
}

fn sealing(error: vault::VaultError) -> anyhow::Error {
    anyhow!("sealing: {error}")
}
