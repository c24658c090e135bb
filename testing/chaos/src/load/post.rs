//! The post: a verifier that accepts items, and at times a copy of one it has seen.

use super::{Shift, pause};
use crate::book::{Bought, Scan};
use crate::door::Ask;
use crate::witness::Claim;
use fastrand::Rng;
use item::{Layout, Zip};
use sdk::api::{Acceptance, Accepted};
use signer::{Sighting, Verifier};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Between two scans.
const PAUSE_MS: std::ops::Range<u64> = 40..200;

pub(super) async fn office(shift: Arc<Shift>, mut rng: Rng) -> Option<()> {
    let log = shift.house.beside("scans.log");
    let mut verifier = Verifier::create(&log, shift.house.key("verifier")).expect("a new log");
    let mut seen: BTreeSet<Bought> = BTreeSet::new();
    let mut number = 0;
    while !shift.is_closed() {
        let item = {
            let pages = shift.book.open();
            match pages.items.len() {
                0 => None,
                count => Some(pages.items[rng.usize(..count)].clone()),
            }
        };
        if let Some(item) = item {
            let first = seen.insert(item.clone());
            if first || rng.u8(..3) == 0 {
                scan(&shift, &mut rng, &mut verifier, &item, first, number).await?;
                number += 1;
            }
        }
        pause(&mut rng, PAUSE_MS).await;
    }
    Some(())
}

async fn scan(
    shift: &Shift,
    rng: &mut Rng,
    verifier: &mut Verifier,
    item: &Bought,
    first: bool,
    number: u64,
) -> Option<()> {
    let payload = sdk::decode(&item.payload).ok()?;
    let key = format!("scan-{number}");
    let scan = verifier
        .scan(&Sighting {
            installation: shift.house.installation().transcript().installation,
            payload: &payload,
            place: Zip(95_814),
            time: e2e::now(),
            idempotency_key: &key,
        })
        .expect("a scan of an item");
    let digest = scan.body.key_digest;
    let written = Scan {
        verifier: scan.body.verifier,
        meter: item.meter,
        piece_count: item.piece_count,
        first,
        answered: false,
    };
    shift.book.open().scans.insert(digest, written);
    let body = Acceptance {
        scan: sdk::encode(&scan.to_bytes()),
        payload: item.payload.clone(),
    };
    let mut ask = Ask::post("scan", "/v1/acceptances".to_owned(), &key, &body);
    // The scan itself names the reading.
    ask.key = None;
    let said = shift.door.ask(rng, None, &ask).await?;
    let accepted: Accepted = shift.door.expected(&ask, said)?;
    let fits = match accepted.outcome.as_str() {
        "accepted" | "repeat" => first,
        "used" => !first,
        _ => false,
    };
    if !fits {
        shift
            .notes
            .violation(format!("{key} of {item:?}, first {first}: {accepted:?}"));
    }
    if let Some(written) = shift.book.open().scans.get_mut(&digest) {
        written.answered = true;
    }
    shift.witness.claim(Claim::Scan(digest));
    Some(())
}
