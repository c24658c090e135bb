//! The chain of sheets: what the next one must be, and where they are kept.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use item::{DailyKey, DailyRow, DailyTotals, Day, Digest, Layout, Signed, TranscriptBody};
use verify::{key_id, open, statement_digest};

use super::SHEET_BYTES_MAX;
use crate::files;
use crate::trust::Trust;

/// Sheets so far.
pub(super) struct Chain {
    transcript: TranscriptBody,
    newest: Option<(DailyTotals, Digest)>,
}

/// What the next sheet must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) sequence: u64,
    pub(super) previous: Digest,
    pub(super) day: Day,
    pub(super) part: u32,
    /// Its rows come behind this one.
    pub(super) behind: Option<DailyKey>,
}

impl Chain {
    pub(super) fn new(trust: &Trust) -> Self {
        Self {
            transcript: trust.installation.transcript().clone(),
            newest: None,
        }
    }

    pub(super) fn newest(&self) -> Option<&DailyTotals> {
        self.newest.as_ref().map(|(sheet, _)| sheet)
    }

    pub(super) fn next(&self) -> Next {
        let Some((sheet, digest)) = &self.newest else {
            return Next {
                sequence: 1,
                previous: Digest::ZERO,
                day: Day::of_time(self.transcript.time),
                part: 1,
                behind: None,
            };
        };
        let (day, part, behind) = match sheet.last {
            true => (sheet.day.plus_days(1), 1, None),
            false => {
                let last = sheet.rows.as_slice().last().map(DailyRow::key);
                (sheet.day, sheet.part.saturating_add(1), last)
            }
        };
        Next {
            sequence: sheet.sequence.saturating_add(1),
            previous: *digest,
            day,
            part,
            behind,
        }
    }

    /// A sheet from which the chain goes on, its signature checked.
    pub(super) fn begin(&mut self, bytes: &[u8]) -> Result<DailyTotals> {
        let sheet = self.opened(bytes)?;
        self.newest = Some((sheet.clone(), statement_digest(bytes)));
        Ok(sheet)
    }

    /// The next sheet, its signature and place checked.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<DailyTotals> {
        let sheet = self.opened(bytes)?;
        let next = self.next();
        let first = sheet.rows.as_slice().first();
        ensure!(
            (sheet.sequence, sheet.previous) == (next.sequence, next.previous)
                && (sheet.day, sheet.part) == (next.day, next.part)
                && first.is_none_or(|row| super::is_behind(row, next.behind)),
            "sheet {} of {} does not follow: number {} of {}, part {}, must be next",
            sheet.sequence,
            sheet.day,
            next.sequence,
            next.day,
            next.part
        );
        self.begin(bytes)
    }

    /// A sheet that an enrolled reporter signed for this installation.
    pub(super) fn opened(&self, bytes: &[u8]) -> Result<DailyTotals> {
        let signed =
            Signed::<DailyTotals>::from_bytes(bytes).context("this is no sheet of daily totals")?;
        let mut reporters = self.transcript.reporters.as_slice().iter();
        let reporter = reporters
            .find(|one| key_id(&one.key) == signed.body.reporter)
            .context("no enrolled reporter signed the sheet")?;
        let sheet = open(signed, &reporter.key)?.into_body();
        ensure!(
            sheet.installation == self.transcript.installation,
            "the sheet is of another installation"
        );
        Ok(sheet)
    }
}

/// Where a sheet is kept.
pub(super) fn place(folder: &Path, sequence: u64) -> PathBuf {
    folder.join(format!("{sequence:06}.totals"))
}

pub(super) fn keep(folder: &Path, sequence: u64, bytes: &[u8]) -> Result<()> {
    files::replace(&place(folder, sequence), bytes)
}

pub(super) fn read(folder: &Path, sequence: u64) -> Result<Vec<u8>> {
    files::read_limited(&place(folder, sequence), SHEET_BYTES_MAX)
}

/// Number of the newest sheet that is kept; 0 if there is none.
pub(super) fn newest_in(folder: &Path) -> Result<u64> {
    let named = || folder.display().to_string();
    if !folder.exists() {
        return Ok(0);
    }
    let mut newest = 0;
    for entry in std::fs::read_dir(folder).with_context(named)? {
        let name = entry.with_context(named)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".totals"));
        newest = newest.max(number.and_then(|text| text.parse().ok()).unwrap_or(0));
    }
    Ok(newest)
}
