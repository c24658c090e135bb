//! Acceptance scans by enrolled verifiers: the first one of an item wins (P31).
//!
//! Many scans of one verifier are one transaction, and end as they would one after the other.

use crate::verification::{no_answer, used_by};
use crate::{Centre, Code, Examined, Problem, Shown};
use item::{AcceptanceScan, Digest, KeyId, Layout, Signed};
use std::collections::HashMap;
use store::{Accepted, NewScan, ScanRow, Store};
use verify::{
    Expectation, FindingCode, Installation, ReadyKey, Tag, Verdict, digest, key_id, open,
    statement_digest,
};

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

/// A scan, with the payload that was scanned.
#[derive(Debug, Clone)]
pub struct HandedIn {
    /// `Signed<AcceptanceScan>`.
    pub scan: Vec<u8>,
    /// Bytes of the symbol.
    pub payload: Vec<u8>,
}

/// What became of a scan.
#[derive(Debug, Clone)]
pub struct Scanned {
    /// How it ended.
    pub outcome: AcceptOutcome,
    /// What was found about the item.
    pub examined: Examined,
}

/// The enrolled verifiers' keys, by id.
pub(crate) struct Verifiers(HashMap<KeyId, ReadyKey>);

impl Verifiers {
    pub(crate) fn of(installation: &Installation) -> Self {
        let enrolled = installation.transcript().verifiers.as_slice().iter();
        Self(
            enrolled
                .map(|verifier| (key_id(&verifier.key), ReadyKey::new(verifier.key.clone())))
                .collect(),
        )
    }
}

/// A scan whose signature and enrolment were checked.
struct Opened {
    scan: Signed<AcceptanceScan>,
    digest: Digest,
}

/// Where a verifier's chain of scans ends.
struct Chain {
    verifier: KeyId,
    next: u64,
    previous: Digest,
}

impl Chain {
    fn behind(verifier: KeyId, head: Option<&ScanRow>) -> Self {
        Self {
            verifier,
            next: head.map_or(1, |row| row.sequence.saturating_add(1)),
            previous: head.map_or(Digest::ZERO, |row| statement_digest(&row.scan)),
        }
    }

    /// The next one must name the one before. Any other is an earlier one, or leaves a gap: the
    /// store tells which.
    fn take(&mut self, opened: &Opened) -> Result<(), Problem> {
        let scan = &opened.scan.body;
        if scan.verifier != self.verifier {
            return Err(Problem::new(
                Code::Mismatch,
                "The scans of one call are of one verifier.",
            ));
        }
        if scan.sequence == self.next {
            if scan.previous != self.previous {
                return Err(Problem::new(
                    Code::ScanSequence,
                    "The scan does not follow the verifier's last one.",
                ));
            }
            self.next = self.next.saturating_add(1);
            self.previous = opened.digest;
        }
        Ok(())
    }
}

impl<S: Store> Centre<S> {
    /// Takes a scan with the payload that was scanned.
    ///
    /// # Errors
    /// [`Problem`] if the scan is not an enrolled verifier's next one.
    pub async fn accept(&self, handed: HandedIn) -> Result<Scanned, Problem> {
        let mut scanned = self.accept_many(vec![handed]).await?;
        scanned.pop().unwrap_or_else(no_answer)
    }

    /// Takes many scans of one verifier in one transaction; answers in order. Each ends as it would
    /// alone, behind those before it: one that is not taken undoes none of them.
    ///
    /// # Errors
    /// [`Problem`] if pack or records can not be had.
    pub async fn accept_many(
        &self,
        handed: Vec<HandedIn>,
    ) -> Result<Vec<Result<Scanned, Problem>>, Problem> {
        let centre = self.clone();
        let open = move |handed| centre.opened(handed);
        let (mut scans, mut shown) = (Vec::new(), Vec::new());
        for opened in self.inner.cores.each(handed, open).await? {
            scans.push(opened.map(|(scan, payload)| {
                shown.push(payload);
                scan
            }));
        }
        let Some(first) = scans.iter().flatten().next() else {
            return Ok(scans
                .into_iter()
                .filter_map(|scan| scan.err().map(Err))
                .collect());
        };
        let verifier = first.scan.body.verifier;
        let mut examined = self.verify_many(shown).await?.into_iter();
        let mut chain = self.chain_of(verifier).await?;
        let received = self.now();
        let (mut new, mut found) = (Vec::new(), Vec::new());
        for scan in scans {
            found.push(scan.and_then(|opened| {
                let examined = examined.next().unwrap_or_else(no_answer)?;
                chain.take(&opened)?;
                let sound = is_sound(&opened.scan.body, &examined);
                new.push(NewScan {
                    scan: opened.scan,
                    received,
                    sound,
                });
                Ok((examined, sound))
            }));
        }
        let mut stored = self.store().accept_many(new).await?.into_iter();
        let ended = found.into_iter().map(|found| {
            let (examined, sound) = found?;
            ended(stored.next().map_or_else(no_answer, Ok)?, examined, sound)
        });
        Ok(ended.collect())
    }

    /// Takes a scan that was answered once and is not in the database any more: it went back. The
    /// payload was judged then. Now the scan counts as a use if it is of the recorded item, or of one
    /// that a re-issue of its meter gave up (P28). Says whether it was missing.
    ///
    /// # Errors
    /// As for [`Centre::accept`].
    pub async fn accept_again(&self, scan: &[u8]) -> Result<bool, Problem> {
        let opened = self.opened_scan(scan)?;
        let scan = &opened.scan.body;
        let (meter, piece) = (scan.meter, scan.piece_count);
        let sound = match self.store().item(meter, piece).await? {
            Some(stored) => {
                let item = self.stored_payload(meter, piece, &stored).await?;
                scan.payload == digest(Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()])
            }
            None => match self.store().meter(meter).await? {
                Some(row) => piece <= self.stored_meter(meter, &row.record).await?.piece_count,
                None => false,
            },
        };
        self.chain_of(scan.verifier).await?.take(&opened)?;
        let new = NewScan {
            scan: opened.scan,
            received: self.now(),
            sound,
        };
        match self.store().accept(new).await? {
            Accepted::First | Accepted::Used { .. } | Accepted::Refused => Ok(true),
            Accepted::Repeat { .. } => Ok(false),
            Accepted::KeyReused { .. } => Err(key_reused()),
            Accepted::SequenceGap { expected } => Err(not_next(expected)),
        }
    }

    /// A scan, and what it is of: nothing else is known of a piece that is accepted.
    fn opened(&self, handed: HandedIn) -> Result<(Opened, Shown), Problem> {
        let opened = self.opened_scan(&handed.scan)?;
        if opened.scan.body.payload != digest(Tag::PAYLOAD_DIGEST, &[&handed.payload]) {
            return Err(Problem::new(
                Code::Mismatch,
                "The scan is for another payload.",
            ));
        }
        let shown = Shown {
            payload: handed.payload,
            expected: Expectation::default(),
        };
        Ok((opened, shown))
    }

    /// A scan that an enrolled verifier signed for this installation.
    fn opened_scan(&self, scan: &[u8]) -> Result<Opened, Problem> {
        let scan = Signed::<AcceptanceScan>::from_bytes(scan).map_err(|error| {
            Problem::new(
                Code::BadStatement,
                format!("The scan can not be read: {error}."),
            )
        })?;
        let key = self
            .inner
            .verifiers
            .0
            .get(&scan.body.verifier)
            .ok_or_else(|| {
                Problem::new(Code::BadSignature, "The scan's verifier is not enrolled.")
            })?;
        let digest = open(scan.clone(), key)
            .map_err(|_| Problem::new(Code::BadSignature, "The scan's signature does not fit."))?
            .digest();
        if scan.body.installation != self.installation().transcript().installation {
            return Err(Problem::new(
                Code::Mismatch,
                "The scan is for another installation.",
            ));
        }
        Ok(Opened { scan, digest })
    }

    async fn chain_of(&self, verifier: KeyId) -> Result<Chain, Problem> {
        let head = self.store().verifier_head(verifier).await?;
        Ok(Chain::behind(verifier, head.as_ref()))
    }
}

/// Whether what was scanned is an item that may be honoured, once. Whatever was scanned is stored:
/// whoever hands in a copy or a forgery leaves a trace, and the verifier's next scan follows it.
fn is_sound(scan: &AcceptanceScan, examined: &Examined) -> bool {
    let names_it = examined
        .payload
        .as_ref()
        .is_some_and(|item| (item.meter, item.piece_count) == (scan.meter, scan.piece_count));
    names_it
        && examined
            .findings
            .iter()
            .filter(|f| f.code != FindingCode::Used)
            .all(|f| f.code.at_best() != Verdict::Refuse)
}

/// How a stored scan ended, and what it itself found about use in place of what was there before it.
fn ended(stored: Accepted, mut examined: Examined, sound: bool) -> Result<Scanned, Problem> {
    let (outcome, first) = match stored {
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
    };
    if outcome != AcceptOutcome::Refused {
        examined
            .findings
            .retain(|f| !matches!(f.code, FindingCode::Used | FindingCode::Unused));
        examined.add([used_by(first.as_ref())?]);
    }
    Ok(Scanned { outcome, examined })
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
