//! The same single items once the installation has grown: with what was loaded before, and how long a
//! meter box with that many records takes to start.

use crate::dispensing;
use crate::now;
use crate::report::Figures;
use crate::site::{Site, Size};
use anyhow::Result;
use std::time::Duration;

/// What grows: name, meters, items.
pub(crate) const SIZES: [(&str, u64, u64); 3] = [
    ("growth_1e3", 1_000, 0),
    ("growth_1e5", 100_000, 100_000),
    ("growth_1e7", 10_000_000, 10_000_000),
];
/// What the largest size is measured for as well.
pub(crate) const COLD_START: &str = "coldstart_10m";
/// Those who own them.
const CUSTOMERS: usize = 8;
/// Connections that ask.
const CONNECTIONS: usize = 64;

/// Loads one size and measures it; with the largest, how long `indicia up` takes.
pub(crate) async fn measure(name: &str, time: Duration) -> Result<Vec<Figures>> {
    let Some((_, meters, items)) = SIZES.iter().find(|(of, ..)| *of == name).copied() else {
        return Ok(Vec::new());
    };
    let mut site = Site::new(Size {
        customers: CUSTOMERS,
        meters,
        items,
    })
    .await?;
    site.log_in().await?;
    let resting = site.resident_bytes("meter");
    let mut figures = dispensing::single(&site, CONNECTIONS, time).await?;
    figures.name = name.to_owned();
    figures.box_bytes_per_meter = Some(resting / meters as f64);
    let mut found = vec![figures];
    if SIZES.last().is_some_and(|(of, ..)| *of == name) {
        site.house.stop();
        let begun = now();
        site.house.up();
        let mut start = Figures {
            name: COLD_START.to_owned(),
            p50_ms: Some(begun.elapsed().as_secs_f64() * 1000.0),
            rate_per_s: 1.0 / begun.elapsed().as_secs_f64(),
            ..Figures::default()
        };
        site.used(&site.meter(), None, &mut start);
        found.push(start);
    }
    Ok(found)
}
