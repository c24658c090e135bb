//! Boxes and key holders that sign what they should not: each rule's own code.

use super::keys::Key;
use super::site::{HONEST, Hooks, METER};
use super::{Code, Site, audit_rows, audit_with, codes};
use item::{
    BoxId, BoxKind, Counter, Day, DecisionKind, Digest, InstallationId, KeySerial, MeterState,
    Mills, Time,
};

/// A dispense of one item, after `prepare`.
fn dispensed(prepare: fn(&mut Site)) -> Site {
    let mut site = Site::build();
    prepare(&mut site);
    site.dispense(&[(3, 1)]);
    site
}

fn hooked(hooks: Hooks) -> Site {
    let mut site = Site::build();
    site.hooks = hooks;
    site.dispense(&[(3, 1)]);
    site
}

fn scanned(hooks: Hooks) -> Site {
    let mut site = Site::build();
    site.hooks = hooks;
    site.scan(0, 3, true, 9);
    site
}

fn credited(hooks: Hooks) -> Site {
    let mut site = Site::build();
    site.hooks = hooks;
    site.refill(Mills(5), 9);
    site
}

/// Name, how it comes about, and the code that names it.
type Case = (&'static str, fn() -> Site, Code);

#[test]
fn what_a_box_signs_is_not_believed() {
    use Code::*;
    let cases: [Case; 33] = [
        (
            "state by no act",
            || dispensed(|s| s.meter.state = MeterState::Withdrawn),
            StateDiffers,
        ),
        (
            "limits by no act",
            || dispensed(|s| s.meter.limits.day = Mills(9)),
            StateDiffers,
        ),
        (
            "real postage of a test site",
            || dispensed(|s| s.meter.specimen = false),
            SpecimenDiffers,
        ),
        (
            "funding sequence by nothing",
            || dispensed(|s| s.meter.funding_sequence += 1),
            RegistersDiffer,
        ),
        (
            "pieces by nothing",
            || dispensed(|s| s.meter.piece_count += 1),
            ItemGap,
        ),
        (
            "another receipt",
            || dispensed(|s| s.meter.manufacturing_number = 2),
            EvidenceDiffers,
        ),
        (
            "a record of another box",
            || dispensed(|s| s.meter.box_id = BoxId(2)),
            RecordLink,
        ),
        (
            "a chain cut off",
            || dispensed(|s| s.meter.item_head = Digest::ZERO),
            ItemChain,
        ),
        (
            "another signer",
            || dispensed(|s| s.decision_key = Key::new(66)),
            BadSignature,
        ),
        (
            "another item signer",
            || dispensed(|s| s.item_key = Key::new(66)),
            PayloadForged,
        ),
        (
            "an expired key",
            || dispensed(|s| s.time += 2_000_000_000),
            BadSignature,
        ),
        (
            "another installation",
            || {
                hooked(Hooks {
                    decision: |d| d.installation = InstallationId([2; 16]),
                    ..HONEST
                })
            },
            Foreign,
        ),
        (
            "a box never enrolled",
            || {
                hooked(Hooks {
                    decision: |d| d.box_id = BoxId(7),
                    ..HONEST
                })
            },
            Foreign,
        ),
        (
            "a key of another usage",
            || {
                hooked(Hooks {
                    decision: |d| d.key = KeySerial(5),
                    ..HONEST
                })
            },
            BadSignature,
        ),
        (
            "another head",
            || {
                hooked(Hooks {
                    decision: |d| d.head = Digest::ZERO,
                    ..HONEST
                })
            },
            HeadDiffers,
        ),
        (
            "made on another record",
            || {
                hooked(Hooks {
                    decision: |d| d.old = Digest::ZERO,
                    ..HONEST
                })
            },
            DecisionFork,
        ),
        (
            "a counter left out",
            || {
                hooked(Hooks {
                    decision: |d| d.counter = Counter(99),
                    ..HONEST
                })
            },
            DecisionGap,
        ),
        (
            "a journal that went back",
            || {
                hooked(Hooks {
                    decision: |d| d.journal_sequence = 0,
                    ..HONEST
                })
            },
            JournalFalls,
        ),
        (
            "an item of another decision",
            || {
                hooked(Hooks {
                    item: |i| i.counter = Counter(2),
                    ..HONEST
                })
            },
            ItemOrphan,
        ),
        (
            "an item worth more",
            || {
                hooked(Hooks {
                    item: |i| i.value = Mills(99_000),
                    ..HONEST
                })
            },
            PayloadDiffers,
        ),
        (
            "an item of another day",
            || {
                hooked(Hooks {
                    item: |i| i.mailing_day = Day::from_decimal(20_300_101).unwrap(),
                    ..HONEST
                })
            },
            PayloadDiffers,
        ),
        (
            "a payload of another vendor",
            || {
                hooked(Hooks {
                    payload: |p| p.vendor = item::Ascii::new(*b"XX").unwrap(),
                    ..HONEST
                })
            },
            PayloadDiffers,
        ),
        (
            "a payload that is not a specimen",
            || {
                hooked(Hooks {
                    payload: |p| p.specimen = false,
                    ..HONEST
                })
            },
            SpecimenDiffers,
        ),
        (
            "another body under the key",
            || {
                hooked(Hooks {
                    item: |i| i.body_digest = Digest::ZERO,
                    ..HONEST
                })
            },
            AnswerDiffers,
        ),
        (
            "another key than was answered",
            || {
                hooked(Hooks {
                    item: |i| i.key_digest = Digest::ZERO,
                    ..HONEST
                })
            },
            AnswerMissing,
        ),
        (
            "credit of another meter",
            || {
                credited(Hooks {
                    credit: |c| c.meter.0 += 1,
                    ..HONEST
                })
            },
            EvidenceDiffers,
        ),
        (
            "expired credit",
            || {
                credited(Hooks {
                    credit: |c| c.expires = Time(0),
                    ..HONEST
                })
            },
            EvidenceDiffers,
        ),
        (
            "a funding sequence left out",
            || {
                credited(Hooks {
                    credit: |c| c.funding_sequence += 1,
                    ..HONEST
                })
            },
            SequenceGap,
        ),
        (
            "more than was paid",
            || {
                credited(Hooks {
                    credit: |c| c.amount = Mills(1),
                    ..HONEST
                })
            },
            RegistersDiffer,
        ),
        (
            "a scan of nothing",
            || {
                scanned(Hooks {
                    scan: |s| s.piece_count = 77,
                    ..HONEST
                })
            },
            ColumnDiffers,
        ),
        (
            "a scan of a copied box's item",
            || {
                scanned(Hooks {
                    scan: |s| s.payload = Digest::ZERO,
                    ..HONEST
                })
            },
            ScanFork,
        ),
        (
            "a scan out of its chain",
            || {
                scanned(Hooks {
                    scan: |s| s.previous = Digest::ZERO,
                    ..HONEST
                })
            },
            ScanChain,
        ),
        (
            "a scan elsewhere",
            || {
                scanned(Hooks {
                    scan: |s| s.installation = InstallationId([2; 16]),
                    ..HONEST
                })
            },
            Foreign,
        ),
    ];
    for (name, build, expected) in cases {
        let found = codes(&audit_rows(&build()));
        assert!(found.contains(&expected), "{name}: {found:?}");
    }
    assert!(audit_rows(&hooked(HONEST)).is_clean());
    assert!(audit_rows(&scanned(HONEST)).is_clean());
    assert!(audit_rows(&credited(HONEST)).is_clean());
}

#[test]
fn a_scan_by_a_stranger_or_of_nothing_is_named() {
    let mut site = Site::build();
    site.verifiers[0] = Key::new(66);
    site.scan(0, 3, true, 9);
    assert_eq!(codes(&audit_rows(&site)), [Code::VerifierUnknown]);
    let site = Site::build();
    site.connection
        .execute("DELETE FROM items WHERE piece_count = 2", [])
        .unwrap();
    assert!(codes(&audit_rows(&site)).contains(&Code::ScanOrphan));
}

#[test]
fn a_refused_scan_is_a_notice_and_hides_no_first() {
    let forged = || {
        let mut site = Site::build();
        let honest = site.hooks;
        site.hooks.scan = |scan| scan.payload = Digest::ZERO;
        site.scan(0, 3, false, 9);
        site.hooks = honest;
        site
    };
    let notices = |site: &Site| -> Vec<Code> {
        let report = audit_rows(site);
        assert!(report.is_clean(), "{:?}", report.problems);
        report.notices.iter().map(|notice| notice.code).collect()
    };
    assert_eq!(notices(&forged()), [Code::ScanRefused]);
    // The genuine item came later, and is the first all the same.
    let site = forged();
    site.scan(0, 3, true, 10);
    assert_eq!(notices(&site), [Code::ScanRefused]);
    // Called refused by the database, a genuine one does not disappear among the forged.
    let site = forged();
    site.scan(0, 3, false, 10);
    assert_eq!(codes(&audit_rows(&site)), [Code::ScanFirst]);
    // Nor may a forged one be the first.
    let site = forged();
    site.connection
        .execute("UPDATE scans SET first = 1 WHERE piece_count = 3", [])
        .unwrap();
    assert_eq!(codes(&audit_rows(&site)), [Code::ScanFork]);
}

#[test]
fn a_receipt_of_another_meter_is_named() {
    let mut site = Site::empty();
    site.sign_up();
    site.hooks.receipt = |receipt| receipt.serial.0 += 1;
    site.manufacture();
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::EvidenceDiffers), "{found:?}");
}

#[test]
fn one_manufacturing_number_on_two_meters_is_named() {
    let site = Site::build();
    site.connection
        .execute_batch(&format!(
            "UPDATE decisions SET subject = x'{}' WHERE box_kind = 3;
             INSERT INTO decisions SELECT box_kind, zeroblob(16), counter, request, decision
             FROM decisions WHERE box_kind = 3 AND counter = 1",
            METER.subject()
        ))
        .unwrap();
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::ManufacturedTwice), "{found:?}");
}

#[test]
fn a_clock_put_back_between_subjects_is_a_notice() {
    let mut site = Site::build();
    let other = item::UserId([8; 16]);
    let about = super::site::About {
        kind: BoxKind::Auth,
        decision: DecisionKind::SignUp,
        head: Digest::ZERO,
        evidence: Digest::ZERO,
    };
    site.time = super::site::START;
    site.decide(about, other.subject(), Counter(1), &[], |link, _| link);
    let notices: Vec<Code> = audit_rows(&site).notices.iter().map(|n| n.code).collect();
    assert!(notices.contains(&Code::ClockWentBack), "{notices:?}");
}

#[test]
fn a_checkpoint_that_does_not_fit_is_named() {
    let mut site = Site::build();
    for (hook, expected) in [
        (
            (|c| c.sums.deposits = Mills(1)) as fn(&mut item::Checkpoint),
            Code::CheckpointDiffers,
        ),
        (|c| c.digest = Digest::ZERO, Code::CheckpointDiffers),
        (|c| c.sums.subjects = 2, Code::SubjectMissing),
        (|c| c.sums.counters += 1, Code::PutBack),
        (|c| c.box_id = BoxId(9), Code::CheckpointInvalid),
        (
            |c| c.installation = InstallationId([2; 16]),
            Code::CheckpointInvalid,
        ),
    ] {
        site.hooks.checkpoint = hook;
        let found = codes(&audit_with(&site, &[site.checkpoint(BoxKind::Meter)]));
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
}

#[test]
fn bytes_that_are_nothing_are_named() {
    for (sql, expected) in [
        ("UPDATE decisions SET decision = x'00'", Code::Undecodable),
        (
            "UPDATE items SET decision = x'00' WHERE piece_count = 3",
            Code::Undecodable,
        ),
        (
            "UPDATE items SET counter = -1 WHERE piece_count = 1",
            Code::UnreadableRow,
        ),
        (
            "UPDATE items SET account = x'00' WHERE piece_count = 1",
            Code::UnreadableRow,
        ),
        (
            "UPDATE items SET meter = -1 WHERE piece_count = 3",
            Code::ItemOrphan,
        ),
        (
            "UPDATE decisions SET subject = x'00' WHERE counter = 2",
            Code::UnreadableRow,
        ),
        ("UPDATE meters SET record = x''", Code::Undecodable),
        ("UPDATE items SET item = x'0102'", Code::Undecodable),
        ("UPDATE evidence SET subject = x''", Code::UnreadableRow),
        ("UPDATE scans SET scan = x''", Code::Undecodable),
        ("UPDATE signups SET finished = 5", Code::UnreadableRow),
    ] {
        let site = Site::build();
        site.connection.execute_batch(sql).unwrap();
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&expected), "{sql}: {found:?}");
    }
}
