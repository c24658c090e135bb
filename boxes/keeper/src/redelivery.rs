//! Bytes that the journal keeps, delivered again by act (P19): one decision, or all of them page by
//! page. Never secrets: those are kept beside the delivery. Not here: the acts (`standing`).

use crate::engine::Keeper;
use crate::state::{Kept, KeptDecision, KeptOpen};
use crate::{Now, Rules};
use item::{Counter, Digest, Layout, List, Subject, Time};
use journal::disk::Disk;
use journal::{Record, Rejected};
use std::collections::BTreeMap;
use wire::limits::{FRAME_MAX, LISTED_MAX};
use wire::{Delivery, Page, PageRequest, RefusalCode};

/// Bytes of one page, unless a single delivery is above them: as for listings, half a frame.
const PAGE_BYTES: usize = FRAME_MAX / 2;

/// An act that lets servers read pages. Not journaled: after a start, or another act on the box, the
/// operators sign a new one.
#[derive(Debug)]
pub(crate) struct Redelivering {
    pub(crate) act: Digest,
    pub(crate) from: u64,
    pub(crate) expires: Time,
}

/// The deliveries of lowest sequence that fit a page.
struct Gathered {
    from: u64,
    deliveries: BTreeMap<u64, (usize, Delivery)>,
    bytes: usize,
    /// Lowest sequence that did not fit.
    cut: Option<u64>,
}

impl Gathered {
    fn new(from: u64) -> Self {
        Self {
            from,
            deliveries: BTreeMap::new(),
            bytes: 0,
            cut: None,
        }
    }

    fn wants(&self, sequence: u64) -> bool {
        sequence >= self.from && self.cut.is_none_or(|cut| sequence < cut)
    }

    fn take(&mut self, sequence: u64, bytes: usize, delivery: Delivery) {
        // A decision that waited at a compaction stands in two segments, under one sequence.
        if !self.wants(sequence) || self.deliveries.contains_key(&sequence) {
            return;
        }
        self.deliveries.insert(sequence, (bytes, delivery));
        self.bytes = self.bytes.saturating_add(bytes);
        while self.deliveries.len() > 1
            && (self.bytes > PAGE_BYTES || self.deliveries.len() > LISTED_MAX)
        {
            let Some((last, (bytes, _))) = self.deliveries.pop_last() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(bytes);
            self.cut = Some(last);
        }
    }
}

impl<R: Rules, D: Disk> Keeper<R, D> {
    /// One page of everything that is kept.
    pub(crate) fn page(&mut self, asked: PageRequest, now: Now) -> Result<Page, RefusalCode> {
        let allowed = match &self.redelivering {
            Some(allowed) if allowed.act == asked.act => allowed,
            _ => return Err(RefusalCode::ActSequence),
        };
        if now.wall >= allowed.expires {
            return Err(RefusalCode::Expired);
        }
        let from = asked.from.max(allowed.from);
        let gathered = self.gather(from, |_| true)?;
        let deliveries = gathered.deliveries.into_values().map(|(_, one)| one);
        Ok(Page {
            deliveries: List::new(deliveries.collect()).map_err(|_| RefusalCode::TooLarge)?,
            next: gathered.cut,
            end: self.journal.sequence().0,
        })
    }

    /// The bytes of one decision.
    pub(crate) fn find(&mut self, subject: Subject, counter: Counter) -> Option<Delivery> {
        let wanted = |kept: &KeptDecision| (kept.subject, kept.after.counter) == (subject, counter);
        let mut gathered = self.gather(0, wanted).ok()?;
        let (_, (_, delivery)) = gathered.deliveries.pop_last()?;
        Some(delivery)
    }

    /// Reads segments, oldest first, until a page is full.
    fn gather(
        &mut self,
        from: u64,
        wanted: impl Fn(&KeptDecision) -> bool,
    ) -> Result<Gathered, RefusalCode> {
        self.journal.commit().map_err(|_| RefusalCode::Internal)?;
        let keys = &self.ground.keys;
        let segments = self.journal.segments();
        let ends = segments.iter().skip(1).map(|next| next.first.0);
        let mut gathered = Gathered::new(from);
        for (segment, end) in segments.iter().zip(ends.chain([u64::MAX])) {
            if end <= from {
                continue;
            }
            if gathered.cut.is_some() {
                break;
            }
            let read = self.journal.read_segment(segment.first, |record| {
                let (sequence, kind, bytes) = match record {
                    Record::Snapshot { kind, bytes } => (None, kind, bytes),
                    Record::Appended {
                        sequence,
                        kind,
                        bytes,
                    } => (Some(sequence.0), kind, bytes),
                };
                let is_wanted = sequence.is_none_or(|sequence| gathered.wants(sequence));
                let unreadable = |error: &dyn std::fmt::Display| Rejected(error.to_string());
                if kind == Kept::Decision.code() && is_wanted {
                    let plain = keys.open_journal(bytes).map_err(|e| unreadable(&e))?;
                    let kept = KeptDecision::from_bytes(&plain).map_err(|e| unreadable(&e))?;
                    if let Some(sequence) = sequence.filter(|_| wanted(&kept)) {
                        gathered.take(sequence, plain.len(), kept.delivery);
                    }
                } else if kind == Kept::Open.code() {
                    let plain = keys.open_journal(bytes).map_err(|e| unreadable(&e))?;
                    let kept = KeptOpen::from_bytes(&plain).map_err(|e| unreadable(&e))?;
                    if wanted(&kept.decision) {
                        gathered.take(kept.sequence, plain.len(), kept.decision.delivery);
                    }
                }
                Ok(())
            });
            read.map_err(|_| RefusalCode::Internal)?;
        }
        Ok(gathered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{Bytes, List, RequestId, Subject};

    fn delivery() -> Delivery {
        Delivery {
            subject: Subject([0; 16]),
            request: RequestId::ZERO,
            record: Bytes::default(),
            decision: Bytes::default(),
            rows: List::default(),
            evidence: Bytes::default(),
            orders: List::default(),
            secret: Bytes::default(),
        }
    }

    #[test]
    fn a_page_holds_the_lowest_in_whatever_order_they_come() {
        let mut page = Gathered::new(3);
        for (sequence, bytes) in [
            (5, PAGE_BYTES - 20),
            (7, 30),
            (6, 10),
            (8, 1),
            (2, 1),
            (5, 10),
            (3, 10),
        ] {
            page.take(sequence, bytes, delivery());
        }
        let kept: Vec<u64> = page.deliveries.keys().copied().collect();
        assert_eq!((kept, page.cut), (vec![3, 5, 6], Some(7)));
        assert_eq!(page.bytes, PAGE_BYTES);
    }
}
