//! The meter box's core in this process, without sockets: from the bytes of a request to the bytes of
//! its answer, and what a server reads of it. Run under an instruction counter by `instructions`.

use anyhow::{Context, Result, bail};
use item::{
    Authority, BatchId, Bytes, Day, Department, Digest, EndCustomer, Layout, List, MeterRecord,
    Mills, Rights, Sealed, Suite, Time, UserId, Version,
};
use keeper::{Caller, Now, Service};
use std::path::Path;
use vault::{MacKey, Purpose, seal_authority};
use verify::{idempotency_key, request_body, request_id};
use wire::{Dispense, Entry, ItemSpec, MeterRequest, Order, Outcome, Reply, Request};

const HOUR_MS: u64 = 3_600_000;

/// Dispenses so many batches of so many items from a meter of an installation that does not run.
///
/// # Errors
/// In words.
pub fn dispense(folder: &Path, serial: u32, batches: u32, items: u32) -> Result<()> {
    let mut meter_box = loader::open_box(folder)?;
    let mut shown = stored(folder, serial)?;
    let record = Sealed::<MeterRecord>::from_bytes(&shown)?.body;
    let ground = meter_box.ground();
    let key = MacKey::new(ground.package.master(Purpose::Authority, record.epoch)?);
    let now = Now {
        wall: e2e::now(),
        since_boot: 0,
    };
    let authority = seal_authority(&key, authority(&record, now.wall));
    let spec = ItemSpec {
        category: item::Ascii::new(*b"LTR ").context("a category")?,
        weight_milligrams: 28_350,
        value: Mills(740),
        mailing_day: Day::of_time(now.wall),
        origin: record.origin,
        destination: 0,
        address: item::normalise_address(["Occupant", "100 Capitol Mall", "Sacramento, CA 95814"])?,
        department: Department(0),
        end_customer: EndCustomer(0),
    };
    for number in 0..batches {
        let key_digest = idempotency_key(&number.to_string());
        let request = request_id(&record.account.0, &key_digest, "dispense");
        let order = Order {
            request,
            key_digest,
            body_digest: request_body(b"measured"),
            authority: 0,
            expected_piece_count: None,
            batch: BatchId::ZERO,
            signature: None,
            items: List::new(vec![spec.clone(); items as usize])?,
        };
        let body = MeterRequest::Dispense(Dispense {
            authorities: List::new(vec![authority.clone()])?,
            orders: List::new(vec![order])?,
        });
        let entry = Entry {
            request,
            subject: record.subject(),
            shown: Bytes::new(shown)?,
            body: Bytes::new(body.to_bytes())?,
        };
        let asked = Request::Decide(List::new(vec![entry])?).to_bytes();
        let pending = meter_box.handle(Caller(0), Request::from_bytes(&asked)?, now);
        let committed = meter_box.commit()?;
        let reply = pending.release(&committed).context("a reply")?.to_bytes();
        let Reply::Decided(outcomes) = Reply::from_bytes(&reply)? else {
            bail!("the box does not decide");
        };
        let [Outcome::Done(delivery)] = outcomes.as_slice() else {
            bail!("the box refuses: {outcomes:?}");
        };
        shown = delivery.record.as_slice().to_vec();
    }
    Ok(())
}

fn stored(folder: &Path, serial: u32) -> Result<Vec<u8>> {
    let database = e2e::rows::open(&folder.join("data/indicia.sqlite"));
    let row = database.query_row(
        "SELECT record FROM meters WHERE serial = ?1",
        [serial],
        |row| row.get(0),
    );
    row.with_context(|| format!("meter {serial}"))
}

fn authority(record: &MeterRecord, now: Time) -> Authority {
    Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch: record.epoch,
        user: UserId([1; 16]),
        account: record.account,
        rights: Rights::DISPENSE,
        ceiling: Mills(1_000_000_000),
        generation: 1,
        api_key: None,
        signing_key: None,
        logged_in: now,
        issued: now,
        expires: Time(now.0 + HOUR_MS),
        session: Digest([3; 32]),
        meters: List::default(),
    }
}
