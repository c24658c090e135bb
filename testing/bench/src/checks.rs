//! What a post does: verifying with a pack alone, verifying and accepting by calls for many.
//!
//! Its items are dispensed by the installation that is measured, and bought before time counts.

use crate::ceilings::on_all_cores;
use crate::dispensing::{BATCH, order, with_latency};
use crate::drive::{Source, closed, one_by_one};
use crate::http::{Ask, Body, Connection};
use crate::report::Figures;
use crate::site::Site;
use anyhow::{Context, Result, bail};
use e2e::now;
use item::{AcceptanceScan, Digest, Layout, Payload, Signed, Version, Zip};
use sdk::api::{
    Acceptance, AcceptanceBatch, DispenseBatch, Items, PayloadShown, VerificationBatch,
    VerifiedBatch,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use verify::{
    Expectation, FindingCode, Pack, Tag, Tagged, examine, fingerprint, idempotency_key,
    statement_digest,
};

/// Elements of one call.
const MANY: usize = 100;
/// Connections that verify: while one is read or written, others are worked on.
const CALLERS: usize = 8;
/// Batches bought for verifying: more payloads than any cache of a processor holds.
const VERIFIED: usize = 10;
/// Batches bought for accepting, for each second: an item is accepted once.
const ACCEPTED_PER_SECOND: usize = 8;

/// Numbers keys over all measurements of a run.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Payloads of so many batches, each customer's in turn.
async fn bought(site: &Site, batches: usize) -> Result<Vec<Vec<u8>>> {
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let body = Body::from(serde_json::to_vec(&DispenseBatch {
        items: (0..BATCH).map(order).collect(),
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    })?);
    let mut connection = Connection::open(&site.api).await?;
    let mut payloads = Vec::new();
    for (number, customer) in (0..batches).zip(site.customers.iter().cycle()) {
        let said = connection
            .ask(Ask {
                path: format!("/v1/meters/{}/batches", customer.meter),
                authorization: Some(Arc::clone(&customer.authorization)),
                key: Some(format!("checked-{run}-{number}")),
                body: body.clone(),
                weight: 0,
            })
            .await?;
        if !said.is_good() {
            bail!("nothing to check could be bought: {}", said.code());
        }
        let items: Items = serde_json::from_slice(said.body)?;
        for item in items.items {
            payloads.push(sdk::decode(&item.payload)?);
        }
    }
    Ok(payloads)
}

/// `verify_offline`: the library alone, on all cores.
pub(crate) async fn verify_offline(site: &Site, time: Duration) -> Result<Figures> {
    let payloads = bought(site, VERIFIED).await?;
    let root = site.house.installation().transcript().root.clone();
    let pack = sdk::decode(&site.house.client().latest_pack().await?.pack)?;
    let pack = Pack::open(&pack, &root, &fingerprint(&root))?;
    let (at, expected) = (now(), Expectation::default());
    let genuine = |payload: &[u8]| {
        let (findings, _) = examine(payload, &pack, at, &expected);
        findings.contains(&FindingCode::Authentic.into())
    };
    if !payloads.iter().all(|payload| genuine(payload)) {
        bail!("a payload that was just dispensed is not genuine");
    }
    let next = AtomicUsize::new(0);
    let since = site.meter();
    let work = || {
        let place = next.fetch_add(1, Ordering::Relaxed) % payloads.len();
        std::hint::black_box(payloads.get(place).is_some_and(|payload| genuine(payload)));
    };
    let mut figures = Figures {
        name: "verify_offline".to_owned(),
        rate_per_s: tokio::task::block_in_place(|| on_all_cores(time, work)),
        ..Figures::default()
    };
    site.used(&since, None, &mut figures);
    Ok(figures)
}

/// `verify_online_100`: calls of a hundred, which anybody may make.
pub(crate) async fn verify_online(site: &Site, time: Duration) -> Result<Figures> {
    let payloads = bought(site, VERIFIED).await?;
    let mut calls = Vec::new();
    for hundred in payloads.chunks(MANY) {
        let payloads = hundred.iter().map(|payload| PayloadShown {
            payload: sdk::encode(payload),
            ..PayloadShown::default()
        });
        let body = VerificationBatch {
            payloads: payloads.collect(),
        };
        let VerifiedBatch { results } = site.house.client().verify_many(&body).await?;
        let good = |result: &sdk::api::VerificationResult| {
            let verified = result.verified.as_ref();
            verified.is_some_and(|verified| verified.verdict == "accept")
        };
        if results.len() != MANY || !results.iter().all(good) {
            bail!("an item that was just dispensed is not accepted");
        }
        calls.push(Body::from(serde_json::to_vec(&body)?));
    }
    let source: Source = Arc::new(move |worker, number| {
        let place = usize::try_from(number).unwrap_or_default() + worker * calls.len() / CALLERS;
        Ask {
            path: "/v1/verifications/batch".into(),
            body: calls.get(place % calls.len()).cloned().unwrap_or_default(),
            weight: MANY as u64,
            ..Ask::default()
        }
    });
    let since = site.meter();
    let mut driven = closed(&site.api, CALLERS, time, source).await?.all_good()?;
    let mut figures = Figures {
        name: "verify_online_100".to_owned(),
        rate_per_s: driven.rate(),
        ..Figures::default()
    };
    site.used(&since, None, &mut figures);
    with_latency(&mut figures, &mut driven);
    Ok(figures)
}

/// `accept_100`: one verifier, whose calls follow each other. Signed before time counts.
pub(crate) async fn accept(site: &Site, time: Duration) -> Result<Figures> {
    let seconds = usize::try_from(time.as_secs())?.max(1);
    let payloads = bought(site, ACCEPTED_PER_SECOND * seconds).await?;
    let (key, mut sequence) = (site.house.key("verifier"), 0);
    let installation = site.house.installation().transcript().installation;
    let mut previous = Digest::ZERO;
    let mut calls = Vec::new();
    for hundred in payloads.chunks(MANY) {
        let mut scans = Vec::new();
        for payload in hundred {
            let fields = Payload::from_bytes(payload).ok().context("a payload")?;
            sequence += 1;
            let body = AcceptanceScan {
                version: Version,
                installation,
                verifier: key.id(),
                sequence,
                previous,
                meter: fields.meter,
                piece_count: fields.piece_count,
                payload: verify::digest(Tag::PAYLOAD_DIGEST, &[payload]),
                place: Zip(95_814),
                time: now(),
                key_digest: idempotency_key(&format!("scan-{sequence}")),
            };
            let signature = key.sign(AcceptanceScan::TAG, &body.to_bytes());
            let scan = Signed { body, signature }.to_bytes();
            previous = statement_digest(&scan);
            scans.push(Acceptance {
                scan: sdk::encode(&scan),
                payload: sdk::encode(payload),
            });
        }
        calls.push(Ask {
            path: "/v1/acceptances/batch".into(),
            body: Body::from(serde_json::to_vec(&AcceptanceBatch { scans })?),
            weight: MANY as u64,
            ..Ask::default()
        });
    }
    let since = site.meter();
    let driven = one_by_one(&site.api, time, calls).await?;
    let mut driven = driven.all_good()?;
    let mut figures = Figures {
        name: "accept_100".to_owned(),
        rate_per_s: driven.rate(),
        ..Figures::default()
    };
    site.used(&since, Some(driven.done), &mut figures);
    with_latency(&mut figures, &mut driven);
    let taken = "SELECT count(*) FROM scans WHERE first = 1";
    let taken: i64 = site.house.sql().query_row(taken, [], |row| row.get(0))?;
    if u64::try_from(taken)? != driven.done {
        bail!("{taken} of {} scans were taken", driven.done);
    }
    Ok(figures)
}
