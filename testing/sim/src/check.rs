//! The end of a run: the database and the boxes against the watcher's sums, and against what each
//! customer remembers.

use crate::clock;
use crate::customers::{Order, Street, Told, bytes_of};
use crate::fate::{ask, status};
use crate::house::KINDS;
use crate::server::Roof;
use crate::temper::Temper;
use crate::watch::{Registers, Watch};
use item::{BoxKind, Digest, ItemRecord, Layout, MeterSerial};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use store::{ItemId, Store};
use verify::statement_digest;
use wire::{RefusalCode, Reply, Request};

/// Items read at once: more than any run makes.
const MANY: u32 = 1_000;

/// Everything that must hold at the end of a run of this temper.
pub async fn check(roof: &Roof, street: &Street, temper: Temper) {
    let watch = {
        let watch = street.watch.lock();
        watch.unwrap_or_else(PoisonError::into_inner).clone()
    };
    let orders = {
        let orders = street.orders.lock();
        orders.unwrap_or_else(PoisonError::into_inner).clone()
    };
    let end = End {
        roof,
        street,
        temper,
        watch: &watch,
    };
    if temper.recovers() {
        end.boxes_rest().await;
        end.every_box_has_every_epoch().await;
        end.everybody_is_answered(&orders);
        end.database_is_complete().await;
        end.voids_are_stored().await;
    }
    if temper.keeps_writes() {
        end.what_was_told_is_there(&orders).await;
    }
    if temper.is_honest() {
        end.nothing_else_is_there(&orders).await;
        end.nobody_was_alarmed().await;
        end.no_epoch_was_refused();
    }
}

struct End<'a> {
    roof: &'a Roof,
    street: &'a Street,
    temper: Temper,
    watch: &'a Watch,
}

impl End<'_> {
    fn require(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.roof.story.violation(what());
        }
    }

    /// No decision waits; what a box remembers adds up to what it let out.
    async fn boxes_rest(&self) {
        for kind in KINDS {
            let Some(Reply::Status(status)) = ask(self.roof, kind, status()).await else {
                self.require(false, || {
                    format!("V4: the {} box does not answer", kind.name())
                });
                continue;
            };
            self.require(!status.latched, || {
                format!("P16: the {} box is latched", kind.name())
            });
            self.require(status.open == 0, || {
                format!(
                    "P19: {} decisions wait in the {} box",
                    status.open,
                    kind.name()
                )
            });
            if kind == BoxKind::Keys {
                continue;
            }
            let request = Request::Checkpoint(wire::Nothing);
            let Some(Reply::Checkpoint(signed)) = ask(self.roof, kind, request).await else {
                self.require(false, || {
                    format!("P8: no checkpoint of the {} box", kind.name())
                });
                continue;
            };
            self.sums_agree(kind, &signed.body.sums);
        }
    }

    /// Every box has an epoch that was opened, and it is in force once it has begun (P3).
    async fn every_box_has_every_epoch(&self) {
        let store = self.street.house.store.inner();
        let epochs = store.epochs().await.unwrap_or_default();
        let Some(newest) = epochs.last() else { return };
        for kind in KINDS {
            let Some(Reply::Status(status)) = ask(self.roof, kind, status()).await else {
                continue;
            };
            let both = (status.epoch, status.taken);
            let is_later = clock::now() < newest.starts;
            let in_force = is_later || status.epoch == newest.epoch;
            self.require(in_force && status.taken == newest.epoch, || {
                format!(
                    "P3: the {} box has epochs {both:?}, not {:?}",
                    kind.name(),
                    newest.epoch
                )
            });
        }
    }

    /// Boxes changed epochs one after the other, and nothing that one made was refused by another.
    fn no_epoch_was_refused(&self) {
        for code in [RefusalCode::BadAuthority, RefusalCode::UnknownEpoch] {
            let count = self.watch.refusals.get(&code.code()).copied();
            self.require(count.is_none(), || {
                format!("P3: refused with {} {count:?} times", code.name())
            });
        }
    }

    fn sums_agree(&self, kind: BoxKind, sums: &item::Sums) {
        let Some(line) = self.watch.lines.get(&kind.code()) else {
            return;
        };
        let counters: u64 = line.newest.values().map(|newest| newest.counter.0).sum();
        let mut all = Registers::default();
        for meter in line.meters.values() {
            all.ascending += meter.ascending;
            all.descending += meter.descending;
            all.deposits += meter.deposits;
            all.pieces += meter.pieces;
            all.credits += meter.credits;
        }
        let mine = (
            line.newest.len() as u64,
            counters,
            u64::from(all.pieces),
            all.ascending,
            all.descending,
            all.deposits,
            all.credits,
        );
        let theirs = (
            sums.subjects,
            sums.counters,
            sums.pieces,
            sums.ascending.0,
            sums.descending.0,
            sums.deposits.0,
            sums.item_credits.0,
        );
        self.require(mine == theirs, || {
            format!(
                "P8: the {} box sums {theirs:?}, seen were {mine:?}",
                kind.name()
            )
        });
    }

    fn everybody_is_answered(&self, orders: &[Order]) {
        for order in orders {
            self.require(order.told != Told::Nothing, || {
                format!("V4: customer {} was never answered", order.customer)
            });
        }
        let unanswered = self.street.unanswered.lock();
        for line in unanswered.unwrap_or_else(PoisonError::into_inner).iter() {
            // A database that hides a meter has its customer told that there is none.
            let lied_to = !self.temper.is_honest() && line.contains("refused");
            self.require(lied_to, || format!("V4: {line}"));
        }
    }

    /// Whether a meter's decision is in the database: apart, or with the first item that it made.
    async fn is_decided(&self, serial: MeterSerial, counter: item::Counter) -> bool {
        let store = self.street.house.store.inner();
        let (kind, subject) = (BoxKind::Meter, serial.subject());
        if matches!(store.decision(kind, subject, counter).await, Ok(Some(_))) {
            return true;
        }
        let newest = store.item_before(serial, u32::MAX).await.ok().flatten();
        let newest = newest.and_then(|bytes| ItemRecord::from_bytes(&bytes).ok());
        let Some(newest) = newest.filter(|item| item.counter == counter) else {
            return false;
        };
        let first = newest.piece_count.saturating_sub(newest.position);
        matches!(store.decision_at(serial, first).await, Ok(Some(_)))
    }

    /// The newest record and every item that a box let out are in the database.
    async fn database_is_complete(&self) {
        let store = self.street.house.store.inner();
        let Some(line) = self.watch.lines.get(&BoxKind::Meter.code()) else {
            return;
        };
        for (subject, newest) in &line.newest {
            let Some(serial) = MeterSerial::of_subject(subject) else {
                continue;
            };
            let row = store.meter(serial).await.ok().flatten();
            let record = row.map(|row| row.record).unwrap_or_default();
            let counter = item::Sealed::<item::MeterRecord>::from_bytes(&record)
                .map_or(0, |sealed| sealed.body.counter.0);
            self.require(counter == newest.counter.0, || {
                format!(
                    "V4: the database has meter {serial} at counter {counter}, the box is at {}",
                    newest.counter.0
                )
            });
            self.require(self.is_decided(serial, newest.counter).await, || {
                format!("V4: the last decision on meter {serial} is not in the database")
            });
        }
        for ((subject, piece), payload) in &self.watch.items {
            let Some(serial) = MeterSerial::of_subject(subject) else {
                continue;
            };
            let stored = store.item(serial, *piece).await.ok().flatten();
            let there = stored
                .and_then(|bytes| ItemRecord::from_bytes(&bytes).ok())
                .is_some_and(|item| item.payload.as_slice() == payload);
            self.require(there, || {
                format!("V4: piece {piece} of meter {serial} was signed and is not recorded")
            });
        }
    }

    /// Every item that was taken back is void in the database.
    async fn voids_are_stored(&self) {
        let store = self.street.house.store.inner();
        for (subject, piece_count) in &self.watch.voids {
            let Some(meter) = MeterSerial::of_subject(subject) else {
                continue;
            };
            let id = ItemId {
                meter,
                piece_count: *piece_count,
            };
            let uses = store.item_uses(&[id]).await.unwrap_or_default();
            let void = uses
                .first()
                .is_some_and(|seen| seen.as_ref().is_ok_and(|seen| seen.credit.is_some()));
            self.require(void, || {
                format!("V4: piece {piece_count} of meter {meter} was taken back and is not void")
            });
        }
    }

    /// What customers hold in their hands is in the database, byte for byte, worth what they asked.
    async fn what_was_told_is_there(&self, orders: &[Order]) {
        let store = self.street.house.store.inner();
        for order in orders {
            let Told::Items(items) = &order.told else {
                continue;
            };
            let values: Vec<u64> = items.iter().map(|item| item.value.0).collect();
            self.require(values == order.values, || {
                format!("V1: asked for {:?}, got {values:?}", order.values)
            });
            for (item, bytes) in items.iter().zip(bytes_of(items)) {
                let stored = store
                    .item(item.meter, item.piece_count)
                    .await
                    .ok()
                    .flatten();
                self.require(stored.as_ref() == Some(&bytes), || {
                    format!(
                        "V4: piece {} of meter {} was handed out and is not recorded so",
                        item.piece_count, item.meter
                    )
                });
            }
        }
    }

    /// Every item was ordered, by an order that was not refused; each order once (V8).
    async fn nothing_else_is_there(&self, orders: &[Order]) {
        let store = self.street.house.store.inner();
        let wanted: BTreeMap<Digest, &Order> = orders.iter().map(|o| (o.key, o)).collect();
        let mut found: BTreeMap<Digest, Vec<u64>> = BTreeMap::new();
        let mut lasts: BTreeSet<Digest> = BTreeSet::new();
        for customer in &self.street.house.customers {
            let rows = store
                .items(customer.meter, 1, MANY)
                .await
                .unwrap_or_default();
            for row in rows {
                let Ok(item) = ItemRecord::from_bytes(&row.item) else {
                    self.require(false, || "a stored item can not be read".to_owned());
                    continue;
                };
                found.entry(item.key_digest).or_default().push(item.value.0);
                lasts.insert(statement_digest(&row.item));
            }
        }
        for (key, values) in &found {
            let Some(order) = wanted.get(key) else {
                self.require(false, || format!("V1: nobody ordered {values:?}"));
                continue;
            };
            self.require(*values == order.values, || {
                format!("V8: ordered {:?} once, recorded {values:?}", order.values)
            });
            // An earlier attempt may still have been on its way when the last one was refused.
            let refused = matches!(order.told, Told::Refused(_)) && order.unanswered == 0;
            self.require(!refused, || {
                format!("V8: an order was refused and charged: {order:?}")
            });
        }
    }

    async fn nobody_was_alarmed(&self) {
        let alerts = self.street.house.store.inner().alerts(0, MANY).await;
        for row in alerts.unwrap_or_default() {
            self.require(false, || {
                format!(
                    "an alert in a run of temper {}: {} {}: {}",
                    self.temper.name(),
                    row.alert.box_kind.name(),
                    row.alert.code,
                    row.alert.detail
                )
            });
        }
    }
}
