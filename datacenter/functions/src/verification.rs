//! Online verification: the one core of `verify`, and what the data centre's records say (P30).
//! Checking never changes an item.

use crate::change::parse;
use crate::{Centre, Problem};
use item::{AcceptanceScan, Payload, Signed};
use store::Store;
use verify::{Expectation, Finding, FindingCode, Verdict, examine, judge};

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

impl<S: Store> Centre<S> {
    /// Examines a payload against pack and records.
    ///
    /// # Errors
    /// [`Problem`] if pack or records can not be had.
    pub async fn verify(
        &self,
        payload: &[u8],
        expected: &Expectation,
    ) -> Result<Examined, Problem> {
        let pack = self.pack().await?;
        let (mut findings, read) = examine(payload, &pack.0, self.now(), expected);
        if let Some(item) = &read
            && findings.iter().any(|f| f.code == FindingCode::Authentic)
        {
            self.look_at_records(payload, item, &mut findings).await?;
        }
        Ok(Examined {
            verdict: judge(&findings),
            findings,
            payload: read,
        })
    }

    async fn look_at_records(
        &self,
        payload: &[u8],
        item: &Payload,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let stored = self.store().item(item.meter, item.piece_count).await?;
        let record = match stored {
            None => None,
            Some(bytes) => Some(
                self.stored_payload(item.meter, item.piece_count, &bytes)
                    .await?,
            ),
        };
        findings.push(
            match record {
                None => FindingCode::NotRecorded,
                Some(record) if record.payload.as_slice() == payload => FindingCode::Recorded,
                // Both are signed for one piece: a box was copied.
                Some(_) => FindingCode::Fork,
            }
            .into(),
        );
        let first = self
            .store()
            .first_scan(item.meter, item.piece_count)
            .await?;
        findings.push(match first {
            None => FindingCode::Unused.into(),
            Some(row) => {
                let scan: Signed<AcceptanceScan> = parse(&row.scan, "scan")?;
                Finding {
                    code: FindingCode::Used,
                    first: Some((scan.body.time, scan.body.place)),
                }
            }
        });
        Ok(())
    }
}
