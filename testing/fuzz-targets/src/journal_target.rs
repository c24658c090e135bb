//! Target `journal`: a genuine state folder is altered at will, then opened. It is refused, or what
//! it shows is the beginning of what was written, cut where a group ends; and it goes on from there.
//!
//! The bytes of an input are steps of the alteration. An odd first byte takes a folder whose MAC is
//! always zero: there every alteration is authentic, and only "no panic, and what is appended is
//! there afterwards" holds. So the reader behind the MAC is fuzzed too.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use journal::{Authenticator, Journal, JournalError, Record, Sequence};
use vault::{MacKey, Secret};

use crate::disk::{Image, MemoryDisk};

struct Mac(Option<MacKey>);

impl Mac {
    fn new(real: bool) -> Self {
        Self(real.then(|| MacKey::new(&Secret::new([7; 32]))))
    }
}

impl Authenticator for Mac {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.as_ref().map_or([0; 32], |key| key.mac(parts))
    }
}

/// A record as it was shown: sequence (none in a snapshot), kind, bytes.
type Seen = (Option<u64>, u8, Vec<u8>);

/// What was really written.
struct History {
    /// The folder after each step of its life.
    images: Vec<Image>,
    /// Everything that a genuine folder may show at any time.
    shown: Vec<Vec<Seen>>,
}

static REAL: LazyLock<History> = LazyLock::new(|| History::make(true));
static ZERO: LazyLock<History> = LazyLock::new(|| History::make(false));

impl History {
    /// Three segments of several groups each; the last is the current one.
    fn make(real: bool) -> Self {
        let disk = MemoryDisk::default();
        let mut history = Self {
            images: Vec::new(),
            shown: Vec::new(),
        };
        let mut seen: Vec<Seen> = snapshot(0).into_iter().map(in_snapshot).collect();
        Journal::init_on(&disk, b"identity", 10, snapshot(0), Mac::new(real)).expect("init");
        history.keep(&disk, &seen);
        for segment in 1..=3 {
            let (mut journal, _) =
                Journal::open_on(disk.clone(), Mac::new(real), |_| Ok(())).expect("open");
            for group in [1u8, 3, 2] {
                for number in 0..group {
                    let bytes = vec![number; usize::from(number) * 20 + usize::from(segment)];
                    let sequence = journal.append(number, &bytes).expect("append");
                    seen.push((Some(sequence.0), number, bytes));
                }
                journal.commit().expect("commit");
                history.keep(&disk, &seen);
            }
            if segment < 3 {
                seen = snapshot(segment).into_iter().map(in_snapshot).collect();
                let time = 10 + u64::from(segment);
                journal
                    .compact(time, snapshot(segment).into_iter().map(Ok))
                    .expect("compact");
                history.keep(&disk, &seen);
            }
        }
        history
    }

    fn keep(&mut self, disk: &MemoryDisk, seen: &[Seen]) {
        self.images.push(disk.image());
        self.shown.push(seen.to_vec());
    }
}

fn snapshot(number: u8) -> Vec<(u8, Vec<u8>)> {
    vec![(9, vec![number; 5]), (8, vec![number; 40])]
}

fn in_snapshot((kind, bytes): (u8, Vec<u8>)) -> Seen {
    (None, kind, bytes)
}

fn open(disk: &MemoryDisk, real: bool) -> Opened {
    let mut seen = Vec::new();
    let (journal, _) = Journal::open_on(disk.clone(), Mac::new(real), |record| {
        seen.push(match record {
            Record::Snapshot { kind, bytes } => (None, kind, bytes.to_vec()),
            Record::Appended {
                sequence,
                kind,
                bytes,
            } => (Some(sequence.0), kind, bytes.to_vec()),
        });
        Ok(())
    })?;
    Ok((journal, seen))
}

type Opened = std::result::Result<(Journal<Mac, MemoryDisk>, Vec<Seen>), JournalError>;

/// Target `journal`.
pub(crate) fn run(data: &[u8]) {
    // Running out of bytes ends the alteration, nothing else.
    let _ = story(&mut Unstructured::new(data));
}

fn story(u: &mut Unstructured<'_>) -> Result<()> {
    let real = u.arbitrary::<u8>()? % 2 == 0;
    let history = if real { &*REAL } else { &*ZERO };
    let mut image = u.choose(&history.images)?.clone();
    while !u.is_empty() {
        alter(u, history, &mut image)?;
    }
    check(&MemoryDisk::of(&image), real, history);
    Ok(())
}

/// One step.
fn alter(u: &mut Unstructured<'_>, history: &History, image: &mut Image) -> Result<()> {
    let names: Vec<String> = image.keys().cloned().collect();
    if names.is_empty() {
        *image = u.choose(&history.images)?.clone();
        return Ok(());
    }
    let name = u.choose(&names)?.clone();
    let Some(bytes) = image.get_mut(&name) else {
        return Ok(());
    };
    let length = bytes.len();
    let step = u.int_in_range(0..=11u8)?;
    match step {
        0 if length > 0 => {
            let at = u.choose_index(length)?;
            bytes[at] ^= u.arbitrary::<u8>()?;
        }
        1 => bytes.truncate(u.int_in_range(0..=length)?),
        2 => bytes.extend(some_bytes(u)?),
        3 => {
            let at = u.int_in_range(0..=length)?;
            let new = some_bytes(u)?;
            for (slot, byte) in bytes[at..].iter_mut().zip(new) {
                *slot = byte;
            }
        }
        4 => {
            let at = u.int_in_range(0..=length)?;
            let new = some_bytes(u)?;
            bytes.splice(at..at, new);
        }
        5 => {
            let from = u.int_in_range(0..=length)?;
            let to = u.int_in_range(from..=length)?;
            bytes.drain(from..to);
        }
        6 => {
            // A piece of one file, genuine in itself, at another place.
            let other = image.get(u.choose(&names)?).cloned().unwrap_or_default();
            let from = u.int_in_range(0..=other.len())?;
            let to = u.int_in_range(from..=other.len())?;
            let bytes = image.entry(name).or_default();
            let at = u.int_in_range(0..=bytes.len())?;
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        7 => drop(image.remove(&name)),
        8 => {
            let other = new_name(u, &names)?;
            if let Some(bytes) = image.remove(&name) {
                image.insert(other, bytes);
            }
        }
        9 => {
            let other = new_name(u, &names)?;
            let bytes = bytes.clone();
            image.insert(other, bytes);
        }
        10 => {
            let older = u.choose(&history.images)?;
            if let Some(bytes) = older.get(&name) {
                image.insert(name, bytes.clone());
            }
        }
        _ => {
            let older = u.choose(&history.images)?;
            image.extend(older.clone());
        }
    }
    Ok(())
}

/// A name that the journal could look for.
fn new_name(u: &mut Unstructured<'_>, names: &[String]) -> Result<String> {
    Ok(match u.int_in_range(0..=4u8)? {
        0 => u.choose(names)?.clone(),
        1 => (*u.choose(&["LOCK", "identity", "identity.tmp", "other"])?).to_owned(),
        _ => {
            let ending = *u.choose(&["log", "old", "tmp"])?;
            let first = match u.arbitrary::<u8>()? {
                255 => u64::MAX,
                first => u64::from(first % 32),
            };
            format!("segment-{first:020}.{ending}")
        }
    })
}

fn some_bytes(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let count = u.int_in_range(0..=64usize)?.min(u.len());
    Ok(u.bytes(count)?.to_vec())
}

/// What must hold of an altered folder.
fn check(disk: &MemoryDisk, real: bool, history: &History) {
    let Ok((mut journal, mut seen)) = open(disk, real) else {
        return;
    };
    if real {
        let genuine = history.shown.contains(&seen);
        assert!(genuine, "an altered history opened: {seen:?}");
    }
    for segment in journal.segments() {
        // Old segments may be damaged: that costs old bytes, and is told.
        let _ = journal.read_segment(segment.first, |_| Ok(()));
    }
    for (kind, compacting) in [(3, false), (4, true), (5, false)] {
        let bytes = vec![kind; 30];
        match journal.append(kind, &bytes) {
            Ok(sequence) => seen.push((Some(sequence.0), kind, bytes)),
            // Only a history that nobody wrote ends there.
            Err(JournalError::SequencesUsedUp) if !real => return,
            Err(error) => panic!("append: {error}"),
        }
        let committed = journal.commit().expect("commit after open");
        let last = Sequence(journal.sequence().0 - 1);
        assert!(committed.covers(last), "the proof falls short");
        if compacting {
            let snapshot = snapshot(kind);
            seen = snapshot.iter().cloned().map(in_snapshot).collect();
            match journal.compact(99, snapshot.into_iter().map(Ok)) {
                Ok(()) => {}
                // A file of that name may have been put there.
                Err(_) => return,
            }
        }
        drop(journal);
        let (again, shown) = open(disk, real).expect("what was open opens again");
        assert!(shown == seen, "{shown:?} instead of {seen:?}");
        journal = again;
    }
}

/// Nothing altered, and one alteration of each kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let steps = (0..=11u8).flat_map(|step| [vec![1, step, 60, 1], vec![2, step, 90, 7, 3, 2]]);
    let mut seeds = vec![vec![0, 12], vec![1, 12], vec![0, 0], vec![1, 5]];
    for (number, step) in steps.enumerate() {
        let start = number as u8;
        seeds.push([&[0, start][..], &step].concat());
        seeds.push([&[1, start][..], &step].concat());
    }
    seeds
}
