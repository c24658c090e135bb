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
        let signed = self.opened_scan(scan)?;
        let checked = signed.body.clone();
        if checked.payload != digest(Tag::PAYLOAD_DIGEST, &[payload]) {
            return Err(Problem::new(
                Code::Mismatch,
                "The scan is for another payload.",
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
        let (outcome, first) = self.store_scan(signed, sound).await?;
        if outcome == AcceptOutcome::Refused {
            return Ok((outcome, examined));
        }
        say_use(&mut examined, first.as_ref())?;
        Ok((outcome, examined))
    }

    /// Takes a scan that was answered once and is not in the database any more: it went back. The
    /// payload was judged then. Now the scan counts as a use if it is of the recorded item, or of one
    /// that a re-issue of its meter gave up (P28). Says whether it was missing.
    ///
    /// # Errors
    /// As for [`Centre::accept`].
    pub async fn accept_again(&self, scan: &[u8]) -> Result<bool, Problem> {
        let signed = self.opened_scan(scan)?;
        let (meter, piece) = (signed.body.meter, signed.body.piece_count);
        let sound = match self.store().item(meter, piece).await? {
            Some(stored) => {
                let item = self.stored_payload(meter, piece, &stored).await?;
                signed.body.payload == digest(Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()])
            }
            None => match self.store().meter(meter).await? {
                Some(row) => piece <= self.stored_meter(meter, &row.record).await?.piece_count,
                None => false,
            },
        };
        match self.put_scan(signed, sound).await? {
            Accepted::First | Accepted::Used { .. } | Accepted::Refused => Ok(true),
            Accepted::Repeat { .. } => Ok(false),
            Accepted::KeyReused { .. } => Err(key_reused()),
            Accepted::SequenceGap { expected } => Err(not_next(expected)),
        }
    }

    /// A scan that an enrolled verifier signed for this installation.
    fn opened_scan(&self, scan: &[u8]) -> Result<Signed<AcceptanceScan>, Problem> {
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
        open(signed.clone(), &key.key)
            .map_err(|_| Problem::new(Code::BadSignature, "The scan's signature does not fit."))?;
        if signed.body.installation != transcript.installation {
            return Err(Problem::new(
                Code::Mismatch,
                "The scan is for another installation.",
            ));
        }
        Ok(signed)
    }

    /// Stores a scan behind the verifier's last one; who was first, if somebody else was.
    async fn store_scan(
        &self,
        signed: Signed<AcceptanceScan>,
        sound: bool,
    ) -> Result<(AcceptOutcome, Option<ScanRow>), Problem> {
        Ok(match self.put_scan(signed, sound).await? {
            Accepted::First => (AcceptOutcome::Accepted, None),
            Accepted::Used { first } => (AcceptOutcome::Used, Some(first)),
            Accepted::Refused => (AcceptOutcome::Refused, None),
            Accepted::Repeat { .. } if !sound => (AcceptOutcome::Refused, None),
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
            Accepted::Repeat { first: None, .. } => (AcceptOutcome::Refused, None),
            Accepted::KeyReused { .. } => return Err(key_reused()),
            Accepted::SequenceGap { expected } => return Err(not_next(expected)),
        })
    }

    async fn put_scan(
        &self,
        signed: Signed<AcceptanceScan>,
        sound: bool,
    ) -> Result<Accepted, Problem> {
        let previous = signed.body.previous;
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

fn key_reused() -> Problem {
    Problem::new(
        Code::KeyReused,
        "The verifier used this idempotency key for another item.",
    )
}

fn not_next(expected: u64) -> Problem {
    Problem::new(
        Code::ScanSequence,
        format!("The verifier's next sequence is {expected}."),
    )
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
