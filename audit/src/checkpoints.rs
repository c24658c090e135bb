//! Checkpoints (P8): the newest of each box, rebuilt from the decisions up to its journal sequence.
//!
//! Each box's rebuild sees the decisions of that box alone, one subject after the other in subject
//! order, as the passes over users, meters and chains walk them.

use crate::context::Audit;
use crate::{Age, AuditError, Code, read_limited};
use item::{
    BoxKind, Checkpoint, Counter, Decision, Digest, KeyUsage, Layout, LayoutError, Mills,
    ShortDigest, Signed, Subject, Sums,
};
use std::path::Path;
use verify::{Hasher, Tag};

/// Most bytes of a checkpoint file that are read.
const CHECKPOINT_MAX: u64 = 4_096;

/// A file as found.
pub(crate) struct CheckpointFile {
    name: String,
    bytes: std::io::Result<Vec<u8>>,
}

impl CheckpointFile {
    #[cfg(test)]
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            bytes: Ok(bytes),
        }
    }
}

/// All `*.checkpoint` files of a folder, by name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<CheckpointFile>, AuditError> {
    let failed = |source| AuditError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|e| e == "checkpoint") {
            files.push(CheckpointFile {
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                bytes: read_limited(&path, CHECKPOINT_MAX),
            });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Keeps the newest good checkpoint of each box for the passes to rebuild.
pub(crate) fn load(audit: &mut Audit<'_>, files: Vec<CheckpointFile>) {
    let mut good: Vec<(Checkpoint, String)> = Vec::new();
    for file in files {
        let place = format!("checkpoint {}", file.name);
        audit.report.counts.checkpoints = audit.report.counts.checkpoints.saturating_add(1);
        match file
            .bytes
            .map_err(|e| e.to_string())
            .and_then(|bytes| open(audit, &bytes))
        {
            Ok((checkpoint, digest)) => {
                if checkpoint.box_kind == BoxKind::Meter {
                    let total = checkpoint.sums.item_credits;
                    audit.closed.insert(digest, total);
                }
                good.push((checkpoint, place));
            }
            Err(error) => audit.problem(Code::CheckpointInvalid, place, error, Mills::ZERO),
        }
    }
    good.sort_by_key(|(c, _)| (c.box_kind, c.box_id, c.journal_sequence, c.time));
    for pair in good.windows(2) {
        if let [(older, _), (newer, place)] = pair {
            contradiction(audit, older, newer, place);
        }
    }
    for (checkpoint, place) in good {
        match audit.rebuilds.last_mut() {
            Some(last) if last.is_of(&checkpoint) => *last = Rebuild::new(checkpoint, place),
            _ => audit.rebuilds.push(Rebuild::new(checkpoint, place)),
        }
    }
}

fn open(audit: &Audit<'_>, bytes: &[u8]) -> Result<(Checkpoint, Digest), String> {
    let signed = Signed::<Checkpoint>::from_bytes(bytes).map_err(|e: LayoutError| e.to_string())?;
    let (key, kind, time) = (signed.body.key, signed.body.box_kind, signed.body.time);
    let checkpoint = audit
        .installation
        .open_statement(signed, key, kind, KeyUsage::Decision, time)
        .map_err(|e| e.to_string())?;
    let (digest, checkpoint) = (checkpoint.digest(), checkpoint.into_body());
    let transcript = audit.transcript();
    let enrolled = transcript
        .boxes
        .as_slice()
        .iter()
        .any(|b| b.kind == checkpoint.box_kind && b.id == checkpoint.box_id);
    if checkpoint.installation != transcript.installation || !enrolled {
        return Err("of another installation or a box that is not enrolled".to_owned());
    }
    Ok((checkpoint, digest))
}

/// Subjects and counters never fall, and one sequence has one state.
fn contradiction(audit: &mut Audit<'_>, older: &Checkpoint, newer: &Checkpoint, place: &str) {
    if (older.box_kind, older.box_id) != (newer.box_kind, newer.box_id) {
        return;
    }
    let falls =
        newer.sums.subjects < older.sums.subjects || newer.sums.counters < older.sums.counters;
    let two = newer.journal_sequence == older.journal_sequence
        && (newer.sums, newer.digest) != (older.sums, older.digest);
    audit.expect(
        !falls && !two,
        Code::CheckpointFork,
        place,
        "it contradicts the checkpoint before it: the box went back or has a twin",
        Mills::ZERO,
    );
}

/// One checkpoint being rebuilt.
pub(crate) struct Rebuild {
    checkpoint: Checkpoint,
    place: String,
    hasher: Hasher,
    sums: Sums,
    newer: u64,
    state: Option<(Counter, ShortDigest, Sums)>,
}

impl Rebuild {
    fn new(checkpoint: Checkpoint, place: String) -> Self {
        Self {
            checkpoint,
            place,
            hasher: Hasher::new(Tag::CHECKPOINT_SUBJECTS),
            sums: Sums::default(),
            newer: 0,
            state: None,
        }
    }

    fn is_of(&self, other: &Checkpoint) -> bool {
        (self.checkpoint.box_kind, self.checkpoint.box_id) == (other.box_kind, other.box_id)
    }

    pub(crate) fn kind(&self) -> BoxKind {
        self.checkpoint.box_kind
    }

    /// A decision of the subject being walked, and what the subject then adds.
    pub(crate) fn decided(&mut self, decision: &Decision, sums: Sums) {
        if (decision.box_kind, decision.box_id)
            != (self.checkpoint.box_kind, self.checkpoint.box_id)
        {
            return;
        }
        if decision.journal_sequence <= self.checkpoint.journal_sequence {
            self.state = Some((decision.counter, decision.new.short(), sums));
        } else {
            self.newer = self.newer.saturating_add(1);
        }
    }

    /// All decisions of `subject` were seen.
    pub(crate) fn subject_ends(&mut self, subject: &Subject) {
        let Some((counter, short, added)) = self.state.take() else {
            return;
        };
        let mut row = Vec::with_capacity(40);
        subject.put(&mut row);
        counter.put(&mut row);
        short.put(&mut row);
        self.hasher.update(&row);
        let sums = &mut self.sums;
        sums.subjects = sums.subjects.saturating_add(1);
        sums.counters = sums.counters.saturating_add(counter.0);
        sums.pieces = sums.pieces.saturating_add(added.pieces);
        for (sum, value) in [
            (&mut sums.ascending, added.ascending),
            (&mut sums.descending, added.descending),
            (&mut sums.deposits, added.deposits),
            (&mut sums.item_credits, added.item_credits),
        ] {
            sum.0 = sum.0.saturating_add(value.0);
        }
    }
}

/// After all passes: compares, and says how far each box's newest checkpoint reaches.
pub(crate) fn compare(audit: &mut Audit<'_>) {
    for rebuild in std::mem::take(&mut audit.rebuilds) {
        let Rebuild {
            checkpoint,
            place,
            hasher,
            sums,
            newer,
            ..
        } = rebuild;
        let age = Age::known(&checkpoint, newer, audit.now);
        audit.report.age.push(age);
        // The keys box keeps no records here: there is nothing to compare its sums with.
        if checkpoint.box_kind == BoxKind::Keys {
            continue;
        }
        let said = &checkpoint.sums;
        let missing = said.deposits.minus(sums.deposits).unwrap_or_default();
        if sums.subjects < said.subjects {
            let message = format!(
                "{} subjects then, {} of them found",
                said.subjects, sums.subjects
            );
            audit.problem(Code::SubjectMissing, &place, message, missing);
        }
        if sums.counters < said.counters {
            let message = format!(
                "{} decisions then, {} of them found: the database was put back",
                said.counters, sums.counters
            );
            audit.problem(Code::PutBack, &place, message, missing);
        }
        if sums != *said || hasher.finish() != checkpoint.digest {
            let message = "sums or digest over all subjects are others";
            audit.problem(Code::CheckpointDiffers, &place, message, missing);
        }
    }
    for enrolled in audit.transcript().boxes.as_slice() {
        let known = audit
            .report
            .age
            .iter()
            .any(|age| (age.box_kind, age.box_id) == (enrolled.kind.name(), enrolled.id.0));
        if !known && enrolled.kind != BoxKind::Keys {
            audit
                .report
                .age
                .push(Age::unknown(enrolled.kind, enrolled.id));
        }
    }
}
