//! Starts after something ended badly: docs/runbooks/killed.md, torn-tail.md, damaged-state.md.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use e2e::{House, KINDS};

use super::{printed, until};

/// The current segment of a box's journal.
fn segment(house: &House, kind: &str) -> PathBuf {
    let folder = std::fs::read_dir(house.path(&format!("boxes/{kind}"))).unwrap();
    let mut segments: Vec<PathBuf> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    segments.sort();
    segments.pop().unwrap()
}

/// How many bytes of a segment are written: behind them is a blank. A group may itself end in a few zeros.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

/// Whoever kills `indicia up` kills nothing else, but what it started ends by itself; and the next
/// `up` waits for that.
#[tokio::test]
async fn a_killed_supervisor_takes_its_children_along_and_starts_again() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    printed(&ada, "before").await;
    let children: Vec<i32> = KINDS
        .iter()
        .chain(&["datacenter"])
        .map(|name| house.pid(name).unwrap())
        .collect();
    house.kill_up();
    house.up();
    let gone = |pid: &i32| !PathBuf::from(format!("/proc/{pid}")).exists();
    until("the old ones are gone", async || children.iter().all(gone)).await;
    ada.move_to(&house);
    assert_eq!(printed(&ada, "before").await.piece_count, 1);
    assert_eq!(printed(&ada, "after").await.piece_count, 2);
    house.stop();
    house.assert_clean();
}

/// A power cut in the middle of a write and of a compaction: the unfinished group and the unfinished
/// snapshot are dropped. Nobody was told of them.
#[tokio::test]
async fn a_torn_tail_and_half_a_snapshot_are_dropped_at_the_start() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    printed(&ada, "before").await;
    house.kill_up();
    until("it is gone", async || house.is_free()).await;
    let path = segment(&house, "meter");
    let bytes = std::fs::read(&path).unwrap();
    let end = written(&bytes);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // A part of an entry, but for its first bytes: whatever the disk had of it.
    let mut torn = bytes[end - 150..end - 50].to_vec();
    torn.push(1);
    file.write_all_at(&torn, end as u64 + 8).unwrap();
    let half = path.with_file_name("segment-00000000000000009999.tmp");
    std::fs::write(&half, &bytes[..200]).unwrap();
    house.up();
    ada.move_to(&house);
    assert_eq!(printed(&ada, "before").await.piece_count, 1);
    assert_eq!(printed(&ada, "after").await.piece_count, 2);
    assert!(!half.exists());
    let log = house.log("meter");
    let dropped = (100..=109).any(|bytes| {
        let words = format!("journal: {bytes} bytes of a last group");
        log.contains(&words)
    });
    assert!(dropped, "{log}");
    assert!(log.contains("docs/runbooks/torn-tail.md"), "{log}");
    house.stop();
    house.assert_clean();
}

/// Damage where it was acknowledged is no torn tail: the box does not start, says which file and
/// byte, and starts again once the same bytes are back.
#[tokio::test]
async fn a_damaged_journal_is_refused_with_its_place() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    printed(&ada, "before").await;
    house.stop();
    let path = segment(&house, "meter");
    let right = std::fs::read(&path).unwrap();
    let mut wrong = right.clone();
    let middle = written(&wrong) / 2;
    wrong[middle] ^= 1;
    std::fs::write(&path, wrong).unwrap();
    let output = house.command(&["up"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("is damaged at byte"), "{words}");
    assert!(words.contains("docs/runbooks/damaged-state.md"), "{words}");
    std::fs::write(&path, right).unwrap();
    house.up();
    ada.move_to(&house);
    assert_eq!(printed(&ada, "before").await.piece_count, 1);
    house.stop();
    house.assert_clean();
}
