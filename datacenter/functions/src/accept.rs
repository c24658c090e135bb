//! Acceptance scans by enrolled verifiers: the first one of an item wins (P31).

use crate::change::parse;
use crate::{Centre, Code, Examined, Problem};
use item::{AcceptanceScan, Digest, Layout, Signed};
use store::{Accepted, NewScan, ScanRow, Store};
use verify::{Expectation, Finding, FindingCode, Tag, Verdict, digest, judge, key_id, open};

/// How an acceptance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// Accepted now.
    Accepted,
    /// The same scan was accepted before: still accepted.
    Repeat,
    /// Somebody was first.
    Used,
    /// Not an item to be honoured. The scan was stored, as no use of it.
    Refused,
}

impl<S: Store> Centre<S> {
    /// Takes a scan with the payload that was scanned.
    ///
    /// # Errors
    /// [`Problem`] if the scan is not an enrolled verifier's next one.
    pub async fn accept(
        &self,
        scan: &[u8],
        payload: &[u8],
    ) -> Result<(AcceptOutcome, Examined), Problem> {
        let signed = Signed::<AcceptanceScan>::from_bytes(scan).map_err(|error| {
            Problem::new(
                Code::BadStatement,
                format!("The scan can not be read: {error}."),
            )
        })?;
        let transcript = self.installation().transcript();
        let key = transcript
            .verifiers
            .as_slice()
            .iter()
            .find(|k| key_id(&k.key) == signed.body.verifier)
            .ok_or_else(|| {
                Problem::new(Code::BadSignature, "The scan's verifier is not enrolled.")
            })?;
        let checked = open(signed.clone(), &key.key)
            .map_err(|_| Problem::new(Code::BadSignature, "The scan's signature does not fit."))?;
        if checked.installation != transcript.installation
            || checked.payload != digest(Tag::PAYLOAD_DIGEST, &[payload])
        {
            return Err(Problem::new(
                Code::Mismatch,
                "The scan is for another installation or payload.",
            ));
        }
        let mut examined = self.verify(payload, &Expectation::default()).await?;
        let names_it = examined.payload.as_ref().is_some_and(|item| {
            (item.meter, item.piece_count) == (checked.meter, checked.piece_count)
        });
        // Whatever was scanned is stored: whoever hands in a copy or a forgery leaves a trace, and
        // the verifier's next scan follows this one.
        let sound = names_it
            && examined
                .findings
                .iter()
                .filter(|f| f.code != FindingCode::Used)
                .all(|f| f.code.at_best() != Verdict::Refuse);
        let outcome = self.store_scan(signed, checked.previous, sound).await?;
        let (outcome, first) = match outcome {
            Accepted::First => (AcceptOutcome::Accepted, None),
            Accepted::Used { first } => (AcceptOutcome::Used, Some(first)),
            Accepted::Refused => return Ok((AcceptOutcome::Refused, examined)),
            Accepted::Repeat { .. } if !sound => return Ok((AcceptOutcome::Refused, examined)),
            Accepted::Repeat {
                earlier,
                first: Some(first),
            } => {
                if earlier == first {
                    (AcceptOutcome::Repeat, None)
                } else {
                    (AcceptOutcome::Used, Some(first))
                }
            }
            // It was refused then; the item may be scanned anew.
            Accepted::Repeat { first: None, .. } => return Ok((AcceptOutcome::Refused, examined)),
            Accepted::KeyReused { .. } => {
                return Err(Problem::new(
                    Code::KeyReused,
                    "The verifier used this idempotency key for another item.",
                ));
            }
            Accepted::SequenceGap { expected } => {
                return Err(Problem::new(
                    Code::ScanSequence,
                    format!("The verifier's next sequence is {expected}."),
                ));
            }
        };
        say_use(&mut examined, first.as_ref())?;
        Ok((outcome, examined))
    }

    /// Stores a scan behind the verifier's last one.
    async fn store_scan(
        &self,
        signed: Signed<AcceptanceScan>,
        previous: Digest,
        sound: bool,
    ) -> Result<Accepted, Problem> {
        let head = self.store().verifier_head(signed.body.verifier).await?;
        let expected = head
            .as_ref()
            .filter(|row| row.sequence.checked_add(1) == Some(signed.body.sequence))
            .map_or(Digest::ZERO, |row| verify::statement_digest(&row.scan));
        let next = head.map_or(1, |row| row.sequence.saturating_add(1));
        if signed.body.sequence == next && previous != expected {
            return Err(Problem::new(
                Code::ScanSequence,
                "The scan does not follow the verifier's last one.",
            ));
        }
        Ok(self
            .store()
            .accept(NewScan {
                scan: signed,
                received: self.now(),
                sound,
            })
            .await?)
    }
}

/// Puts what the scan itself found about use in place of what was there before it.
fn say_use(examined: &mut Examined, first: Option<&ScanRow>) -> Result<(), Problem> {
    examined
        .findings
        .retain(|f| !matches!(f.code, FindingCode::Used | FindingCode::Unused));
    examined.findings.push(match first {
        None => FindingCode::Unused.into(),
        Some(row) => {
            let scan: Signed<AcceptanceScan> = parse(&row.scan, "scan")?;
            Finding {
                code: FindingCode::Used,
                first: Some((scan.body.time, scan.body.place)),
            }
        }
    });
    examined.verdict = judge(&examined.findings);
    Ok(())
}
