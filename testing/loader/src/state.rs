//! The meter box's state, opened as the box itself opens it: with its unlock key. New meters go into a
//! new segment of its journal, in the snapshot that the segment begins with, behind everything that the
//! box remembered before.

use crate::batches::Batches;
use anyhow::{Context, Result, anyhow, bail};
use item::{BoxKind, Digest, Layout, List, Time};
use journal::{Journal, JournalError, Record, Rejected};
use keeper::state::{Kept, KeptHead, KeptIdle, KeptSubjects, SUBJECTS_MAX};
use keeper::{Ground, JournalMac, Keeper, Now};
use meter::MeterRules;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use vault::{OsEntropy, Secret, UnlockedKeys};

/// Now, by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the loader stands in for a box that works now"
)]
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0)))
}

/// An open state. Holds its lock.
pub(crate) struct BoxState {
    journal: Journal<JournalMac>,
    ground: Ground,
    /// The newest snapshot, record by record, sealed as it was.
    before: Vec<(u8, Vec<u8>)>,
}

impl BoxState {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let state = folder.join("boxes/meter");
        fold(folder)?;
        let keys = unlock_keys(&folder.join("unlock/meter.key"))?;
        let mut before = Vec::new();
        let (journal, found) =
            Journal::open(
                &state,
                JournalMac(keys.journal_mac()),
                |record| match record {
                    Record::Snapshot { kind, bytes } => {
                        before.push((kind, bytes.to_vec()));
                        Ok(())
                    }
                    Record::Appended { .. } => Err(Rejected("it is not folded".to_owned())),
                },
            )
            .map_err(explained)?;
        let ground = Ground::open(&journal, &found, keys, BoxKind::Meter)
            .map_err(|error| anyhow!("{error}"))?;
        Ok(Self {
            journal,
            ground,
            before,
        })
    }

    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Remembers what `batches` give, durably, and writes all subjects in their order, as the box itself
    /// does: so all are in memory once.
    pub(crate) fn take_in(
        &mut self,
        mut batches: Batches,
        meters: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let Self {
            journal,
            ground,
            before,
        } = self;
        let keys = &mut ground.keys;
        // A segment is begun only behind a record: this one says nothing but the time.
        let time = now();
        let (kind, heartbeat) = seal(keys, Kept::Heartbeat, &time.to_bytes())?;
        journal.append(kind, &heartbeat).map_err(explained)?;
        journal.commit().map_err(explained)?;

        let (mut snapshot, mut idle, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, bytes) in before.drain(..) {
            let plain = keys.open_journal(&bytes).map_err(|e| anyhow!("{e}"))?;
            match Kept::from_bytes(&[kind]).map_err(|e| anyhow!("{e}"))? {
                Kept::Head => {
                    let mut head = KeptHead::from_bytes(&plain).map_err(|e| anyhow!("{e}"))?;
                    head.subjects += meters;
                    snapshot.push(seal(keys, Kept::Head, &head.to_bytes())?);
                }
                Kept::Subjects => {
                    let kept = KeptSubjects::from_bytes(&plain).map_err(|e| anyhow!("{e}"))?;
                    idle.extend(kept.subjects.into_vec());
                }
                Kept::Open => open.push((kind, bytes)),
                _ => snapshot.push((kind, bytes)),
            }
        }
        let had = idle.len();
        while let Some(some) = batches.next()? {
            idle.extend(some);
            progress((idle.len() - had) as u64);
        }
        idle.sort_unstable_by_key(|kept| kept.subject);
        let idle = idle.chunks(SUBJECTS_MAX).map(|some| {
            let sealed = seal_all(keys, some.to_vec());
            sealed.map_err(|error| Rejected(format!("{error:#}")))
        });
        let open = open.into_iter().map(Ok);
        let snapshot = snapshot.into_iter().map(Ok).chain(idle).chain(open);
        journal.compact(time.0, snapshot).map_err(explained)
    }
}

/// The meter box of an installation that does not run, in this process: for measuring its core.
///
/// # Errors
/// In words: the installation runs, or is none.
pub fn open_box(folder: &Path) -> Result<Keeper<MeterRules>> {
    let now = Now {
        wall: now(),
        since_boot: 0,
    };
    let keys = unlock_keys(&folder.join("unlock/meter.key"))?;
    let state = folder.join("boxes/meter");
    Keeper::open(&state, keys, now, Box::new(OsEntropy), MeterRules::new)
        .map_err(|error| anyhow!("{error}"))
        .context("stop the installation first: indicia up must not run")
}

/// Has the box's own engine write everything into a snapshot, so that there are no other records.
fn fold(folder: &Path) -> Result<()> {
    open_box(folder)?
        .compact()
        .map_err(|failed| anyhow!("{}", failed.0))
}

fn seal(keys: &mut UnlockedKeys, kind: Kept, plain: &[u8]) -> Result<(u8, Vec<u8>)> {
    match keys.seal_journal(plain) {
        Ok(sealed) => Ok((kind.code(), sealed)),
        Err(error) => bail!("sealing: {error}"),
    }
}

fn seal_all(keys: &mut UnlockedKeys, idle: Vec<KeptIdle>) -> Result<(u8, Vec<u8>)> {
    let subjects = List::new(idle).map_err(|error| anyhow!("{error}"))?;
    seal(keys, Kept::Subjects, &KeptSubjects { subjects }.to_bytes())
}

fn unlock_keys(path: &Path) -> Result<UnlockedKeys> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let secret = Digest::from_hex(text.trim())
        .with_context(|| format!("{}: no unlock key", path.display()))?;
    UnlockedKeys::new(&Secret::new(secret.0), &mut OsEntropy).map_err(|error| anyhow!("{error}"))
}

fn explained(error: JournalError) -> anyhow::Error {
    anyhow!("{error}")
}
