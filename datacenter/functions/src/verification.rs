//! Online verification: the one core of `verify`, and what the data centre's records say (P30).
//! Checking never changes an item.

use crate::change::parse;
use crate::{Centre, Problem};
use item::{AcceptanceScan, ItemRecord, Layout, Payload, Signed, Time};
use store::{ItemId, ItemUse, ScanRow, Store, StoreError};
use verify::{Expectation, Finding, FindingCode, Pack, Verdict, examine, judge};

/// A payload as it was read, with what is known of its piece.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Bytes of the symbol.
    pub payload: Vec<u8>,
    /// What the piece says and costs.
    pub expected: Expectation,
}

/// What an examination found.
#[derive(Debug, Clone)]
pub struct Examined {
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub findings: Vec<Finding>,
    /// The payload, if it could be read.
    pub payload: Option<Payload>,
}

impl Examined {
    /// What the pack alone says: processor work, a signature.
    fn by_pack(shown: &Shown, pack: &Pack, now: Time) -> Self {
        let (findings, payload) = examine(&shown.payload, pack, now, &shown.expected);
        Self {
            verdict: judge(&findings),
            findings,
            payload,
        }
    }

    /// What to ask the records about: an item that is genuine.
    fn id(&self) -> Option<ItemId> {
        let genuine = self.has(FindingCode::Authentic);
        let payload = self.payload.as_ref().filter(|_| genuine)?;
        Some(ItemId {
            meter: payload.meter,
            piece_count: payload.piece_count,
        })
    }

    fn has(&self, code: FindingCode) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }

    /// What the pack found already is not found again.
    pub(crate) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if !self.has(finding.code) {
                self.findings.push(finding);
            }
        }
        self.verdict = judge(&self.findings);
    }
}

impl<S: Store> Centre<S> {
    /// Examines a payload against pack and records.
    ///
    /// # Errors
    /// [`Problem`] if pack or records can not be had.
    pub async fn verify(&self, shown: Shown) -> Result<Examined, Problem> {
        let mut examined = self.verify_many(vec![shown]).await?;
        examined.pop().unwrap_or_else(no_answer)
    }

    /// Examines many payloads against pack and records, all of them in one snapshot; answers in
    /// order. A record that was altered is a problem of its own item alone.
    ///
    /// # Errors
    /// [`Problem`] if pack or records can not be had.
    pub async fn verify_many(
        &self,
        shown: Vec<Shown>,
    ) -> Result<Vec<Result<Examined, Problem>>, Problem> {
        let (pack, now) = (self.pack().await?, self.now());
        let work = move |shown: Shown| {
            let examined = Examined::by_pack(&shown, &pack.0, now);
            (shown.payload, examined)
        };
        let examined = self.inner.cores.each(shown, work).await?;
        self.compare_with_records(examined).await
    }

    /// Adds what the records say of the genuine ones, each with the bytes that it was read from.
    async fn compare_with_records(
        &self,
        examined: Vec<(Vec<u8>, Examined)>,
    ) -> Result<Vec<Result<Examined, Problem>>, Problem> {
        let ids: Vec<ItemId> = examined
            .iter()
            .filter_map(|(_, found)| found.id())
            .collect();
        let uses = match ids.as_slice() {
            [] => Vec::new(),
            ids => self.store().item_uses(ids).await?,
        };
        let mut uses = uses.into_iter();
        let mut compared = Vec::with_capacity(examined.len());
        for (bytes, mut found) in examined {
            compared.push(match found.id() {
                None => Ok(found),
                Some(id) => match uses.next() {
                    Some(seen) => self.of_records(&bytes, id, seen).await.map(|findings| {
                        found.add(findings);
                        found
                    }),
                    None => no_answer(),
                },
            });
        }
        Ok(compared)
    }

    async fn of_records(
        &self,
        bytes: &[u8],
        id: ItemId,
        seen: Result<ItemUse, StoreError>,
    ) -> Result<Vec<Finding>, Problem> {
        let seen = seen?;
        let recorded = match seen.item {
            None => FindingCode::NotRecorded,
            // What equals a genuine payload is genuine.
            Some(stored) if holds(&stored, bytes) => FindingCode::Recorded,
            Some(stored) => {
                self.stored_payload(id.meter, id.piece_count, &stored)
                    .await?;
                // Both are signed for one piece: a box was copied.
                FindingCode::Fork
            }
        };
        let mut findings = vec![recorded.into(), used_by(seen.first.as_ref())?];
        if let Some(credit) = seen.credit {
            self.stored_credit(id, &credit).await?;
            findings.push(FindingCode::Void.into());
        }
        Ok(findings)
    }
}

fn holds(stored: &[u8], payload: &[u8]) -> bool {
    ItemRecord::from_bytes(stored).is_ok_and(|item| item.payload.as_slice() == payload)
}

/// What is found about use where this was the first scan of the item.
pub(crate) fn used_by(first: Option<&ScanRow>) -> Result<Finding, Problem> {
    Ok(match first {
        None => FindingCode::Unused.into(),
        Some(row) => {
            let scan: Signed<AcceptanceScan> = parse(&row.scan, "scan")?;
            Finding {
                code: FindingCode::Used,
                first: Some((scan.body.time, scan.body.place)),
            }
        }
    })
}

/// Where fewer answers came than questions were asked.
pub(crate) fn no_answer<T>() -> Result<T, Problem> {
    Err(Problem::internal("an answer is missing"))
}
