//! Items: one at a time, in batches, and more than there is capacity for.

use crate::drive::{Driven, Source, at_rate, closed};
use crate::http::{Ask, Body};
use crate::report::Figures;
use crate::site::Site;
use anyhow::Result;
use sdk::api::{DispenseBatch, DispenseOne, ItemOrder};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Items of a batch.
pub(crate) const BATCH: usize = 1_000;
/// Part of its capacity at which latency is measured.
const COMFORTABLE: f64 = 0.7;
/// Connections over which requests come at a rate: more than are ever under way.
const CALLERS: usize = 256;
/// Connections of overload: nearly as many as a data centre takes. A third of them are worked for, a
/// third wait for that, a third are held and refused.
const CROWD: usize = 704;
/// How far above its capacity overload asks.
const OVERLOAD: f64 = 2.0;

/// Numbers keys over all measurements of a run.
static RUNS: AtomicU64 = AtomicU64::new(0);

pub(crate) fn order(number: usize) -> ItemOrder {
    ItemOrder {
        shape: Some("letter".to_owned()),
        weight_oz: Some("1".to_owned()),
        recipient: vec![
            format!("Occupant {number}"),
            format!("{} Capitol Mall", 100 + number),
            "Sacramento, CA 95814".to_owned(),
        ],
        ..ItemOrder::default()
    }
}

/// Single items, from meters in no order.
fn singles(site: &Site) -> Result<Source> {
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let body = Body::from(serde_json::to_vec(&DispenseOne {
        item: order(1),
        expected_piece_count: None,
        allow_duplicate: true,
    })?);
    let meters = site.meters();
    Ok(Arc::new(move |worker, number| {
        let any = meters.any(scattered(worker as u64, number));
        let (serial, authorization) = any.unwrap_or_default();
        Ask {
            path: format!("/v1/meters/{serial}/items"),
            authorization: Some(authorization),
            key: Some(format!("single-{run}-{worker}-{number}")),
            body: body.clone(),
            weight: 1,
        }
    }))
}

/// A number that looks random, the same in each run.
fn scattered(worker: u64, number: u64) -> u64 {
    let mixed = (worker << 40 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 17
}

/// Batches, each connection a customer of its own.
fn batches(site: &Site) -> Result<Source> {
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let body = Body::from(serde_json::to_vec(&DispenseBatch {
        items: (0..BATCH).map(order).collect(),
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    })?);
    let customers = site.customers.clone();
    Ok(Arc::new(move |worker, number| {
        let customer = customers.get(worker % customers.len().max(1));
        Ask {
            path: customer
                .map(|c| format!("/v1/meters/{}/batches", c.meter))
                .unwrap_or_default(),
            authorization: customer.map(|c| Arc::clone(&c.authorization)),
            key: Some(format!("batch-{run}-{worker}-{number}")),
            body: body.clone(),
            weight: BATCH as u64,
        }
    }))
}

/// `single_cN`: N connections; then, unless it is one, latency at a part of that rate.
pub(crate) async fn single(site: &Site, connections: usize, time: Duration) -> Result<Figures> {
    let name = format!("single_c{connections}");
    let source = singles(site)?;
    measured(site, name, connections, time, source).await
}

/// `batch1000_N`: N customers.
pub(crate) async fn batch(site: &Site, customers: usize, time: Duration) -> Result<Figures> {
    let name = format!("batch1000_{customers}");
    let source = batches(site)?;
    measured(site, name, customers, time, source).await
}

async fn measured(
    site: &Site,
    name: String,
    connections: usize,
    time: Duration,
    source: Source,
) -> Result<Figures> {
    let since = site.meter();
    let mut driven = closed(&site.api, connections, time, source.clone())
        .await?
        .all_good()?;
    let mut figures = Figures {
        name,
        rate_per_s: driven.rate(),
        ..Figures::default()
    };
    site.used(&since, Some(driven.done), &mut figures);
    if connections > 1 {
        let weight = (source)(0, u64::MAX).weight;
        let per_second = driven.rate() * COMFORTABLE / weight as f64;
        let other = rerun(source);
        let callers = if weight == 1 {
            CALLERS
        } else {
            4 * connections
        };
        driven = at_rate(&site.api, callers, time, per_second, usize::MAX, other)
            .await?
            .all_good()?;
        figures.latency_at_per_s = Some(per_second * weight as f64);
    }
    with_latency(&mut figures, &mut driven);
    Ok(figures)
}

pub(crate) fn with_latency(figures: &mut Figures, driven: &mut Driven) {
    figures.p50_ms = driven.within_ms(0.5);
    figures.p99_ms = driven.within_ms(0.99);
}

/// The same requests under other keys, shared out by number: whichever connection is free sends the
/// next one.
fn rerun(source: Source) -> Source {
    Arc::new(move |_, number| {
        let mut ask = source(usize::try_from(number).unwrap_or_default(), number);
        ask.key = ask.key.map(|key| format!("again-{key}"));
        ask
    })
}

/// `overload_2x`: single items at twice the rate that it can do. What it can do is measured right before
/// and right after: it is less the more items there are.
pub(crate) async fn overload(site: &Site, time: Duration) -> Result<Figures> {
    let before = capacity(site, time / 2).await?;
    let since = site.meter();
    let source = singles(site)?;
    let mut driven = at_rate(&site.api, CROWD, time, OVERLOAD * before, CROWD, source).await?;
    let mut figures = Figures {
        name: "overload_2x".to_owned(),
        rate_per_s: driven.rate(),
        latency_at_per_s: Some(OVERLOAD * before),
        refused: driven.refused.clone(),
        ratio_to: Some("before and after".to_owned()),
        ..Figures::default()
    };
    site.used(&since, Some(driven.done), &mut figures);
    with_latency(&mut figures, &mut driven);
    let after = capacity(site, time / 2).await?;
    figures.ratio = Some(driven.rate() * 2.0 / (before + after));
    Ok(figures)
}

/// As `single_c256`: what it does when as many ask as it works for at once.
async fn capacity(site: &Site, time: Duration) -> Result<f64> {
    let driven = closed(&site.api, CALLERS, time, singles(site)?).await?;
    Ok(driven.all_good()?.rate())
}
