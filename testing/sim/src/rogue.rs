//! A server that lies: it holds an enrolled key, so boxes listen to it. It repeats what others asked,
//! under other request ids and upon other records, brings statements in twice, and says that things
//! are written which are not.

use crate::customers::Street;
use crate::gate::Gate;
use crate::house::{CUSTOMERS, SERVERS};
use crate::server::Roof;
use hostile_store::Record;
use item::{BoxKind, Bytes, Decision, Layout, List, RequestId, Signed};
use keeper::Caller;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::sleep;
use wire::{Acknowledgement, Entry, Reply, Request};

/// Makes trouble until `calm`.
pub async fn trouble(roof: Roof, street: Street, mut rng: fastrand::Rng, blows: u32) {
    let gate = Gate::new(SERVERS - 1, rng.u64(..), roof.story.clone());
    for _ in 0..blows {
        sleep(Duration::from_millis(rng.u64(5..500))).await;
        let heard = {
            let watch = street.watch.lock().unwrap_or_else(PoisonError::into_inner);
            let heard: Vec<_> = watch.heard.iter().cloned().collect();
            rng.choice(heard)
        };
        let Some((kind, entry)) = heard else { continue };
        let client = roof.client(kind, &gate, Caller(SERVERS - 1));
        if rng.u8(..8) == 0 {
            roof.story.fault("rogue: acknowledged without writing");
            acknowledge(&client).await;
            continue;
        }
        let entry = twisted(entry, kind, &street, &mut rng);
        roof.story.fault("rogue: repeated what another asked");
        // What it gets it keeps to itself.
        let _ = client.decide(entry).await;
    }
}

/// The entry, upon another record or under another request id, or both.
fn twisted(mut entry: Entry, kind: BoxKind, street: &Street, rng: &mut fastrand::Rng) -> Entry {
    if rng.u8(..3) > 0 {
        let mut id = entry.request.0;
        id[0] ^= rng.u8(1..);
        entry.request = RequestId(id);
    }
    let versions = record_of(&entry, kind, street)
        .map(|record| street.house.store.history(record))
        .unwrap_or_default();
    let shown = match rng.u8(..8) {
        0 => rng.choice(versions).map(|version| version.record),
        1 => None,
        _ => versions.last().map(|version| version.record.clone()),
    };
    if let Some(shown) = shown.and_then(|shown| Bytes::new(shown).ok())
        && !entry.shown.is_empty()
    {
        entry.shown = shown;
    }
    entry
}

fn record_of(entry: &Entry, kind: BoxKind, street: &Street) -> Option<Record> {
    let customers = &street.house.customers[..CUSTOMERS];
    customers.iter().find_map(|customer| match kind {
        BoxKind::Meter if customer.meter.subject() == entry.subject => {
            Some(Record::Meter(customer.meter))
        }
        BoxKind::Auth if customer.user.subject() == entry.subject => {
            Some(Record::User(customer.user))
        }
        _ => None,
    })
}

/// Says of everything that waits that it is written.
async fn acknowledge(client: &box_client::BoxClient) {
    let Ok(Reply::Open(open)) = client.ask(Request::ListOpen(16)).await else {
        return;
    };
    let marks = open.into_iter().filter_map(|delivery| {
        let signed = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).ok()?;
        Some(Acknowledgement {
            subject: signed.body.subject,
            counter: signed.body.counter,
            digest: signed.body.new.short(),
        })
    });
    if let Ok(marks) = List::new(marks.collect()) {
        let _ = client.ask(Request::Acknowledge(marks)).await;
    }
}
