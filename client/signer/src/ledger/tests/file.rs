//! What crashes and damage do to the file.

use super::*;
use std::fs;

/// A ledger of four lines: opened, signed, settled, signed.
fn four_lines(world: &World) -> Vec<u8> {
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    ledger
        .settle(world.refill(&payment), &world.installation)
        .unwrap();
    world.credit(&mut ledger, METER, "b", NOW).unwrap();
    drop(ledger);
    fs::read(world.path()).unwrap()
}

#[test]
fn a_line_cut_off_anywhere_is_dropped_and_nothing_else() {
    let world = World::new();
    let whole = four_lines(&world);
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;
    for length in last..whole.len() {
        fs::write(world.path(), &whole[..length]).unwrap();
        let mut ledger = world.open().unwrap();
        assert_eq!(ledger.find("a").unwrap().state(), FundingState::Credited);
        assert!(ledger.find("b").is_none());
        assert_eq!(fs::metadata(world.path()).unwrap().len(), last as u64);
        // The line is written again where it was torn.
        world.credit(&mut ledger, METER, "b", NOW).unwrap();
        drop(ledger);
        assert_eq!(fs::read(world.path()).unwrap(), whole);
    }
}

#[test]
fn every_altered_byte_is_found() {
    let world = World::new();
    let whole = four_lines(&world);
    for at in 0..whole.len() - 1 {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(world.path(), &altered).unwrap();
        let line = whole[..at].iter().filter(|b| **b == b'\n').count() + 1;
        match world.open() {
            Err(LedgerError::Damaged { line: found }) => assert_eq!(found, line, "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn lines_left_out_or_moved_are_found() {
    let world = World::new();
    let whole = four_lines(&world);
    let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 4);
    for order in [
        &[0, 2, 3][..],
        &[0, 1, 3],
        &[1, 2, 3],
        &[0, 1, 2, 3, 3],
        &[0, 1, 3, 2],
        &[],
    ] {
        let text: Vec<u8> = order
            .iter()
            .flat_map(|i: &usize| lines[*i].to_vec())
            .collect();
        fs::write(world.path(), text).unwrap();
        assert!(
            matches!(world.open(), Err(LedgerError::Damaged { .. })),
            "{order:?}"
        );
    }
}

#[test]
fn missing_locked_existing_and_foreign_ledgers_are_told_apart() {
    let world = World::new();
    assert!(matches!(
        world.open(),
        Err(LedgerError::Log(LogError::Io { .. }))
    ));
    let ledger = world.create();
    assert!(matches!(
        world.open(),
        Err(LedgerError::Log(LogError::Locked { .. }))
    ));
    drop(ledger);
    assert!(matches!(
        Ledger::create(&world.path(), ID),
        Err(LedgerError::Log(LogError::Io { .. }))
    ));
    let other = InstallationId([9; 16]);
    assert!(matches!(
        Ledger::open(&world.path(), other),
        Err(LedgerError::OtherInstallation)
    ));
    let path = world.folder.path().join("other");
    let mut foreign = Ledger::create(&path, other).unwrap();
    assert!(matches!(
        world.credit(&mut foreign, METER, "a", NOW),
        Err(LedgerError::OtherInstallation)
    ));
}
