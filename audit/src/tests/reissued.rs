//! Records that were re-issued by act after a restore (P28): the gap is named, and everything else is
//! found as ever.

use super::ceremony::limits;
use super::keys::sign_together;
use super::site::{INSTALLATION, METER, Site, USER};
use super::totals::{REPORTER, alter_row};
use super::{Code, audit_rows, audit_with, codes};
use crate::Report;
use item::*;

/// Changes that the lost time held.
const LOST: u64 = 3;

impl Site {
    /// An act that has a record made again, signed and kept as evidence; its digest.
    fn reissue_act(&mut self, kind: BoxKind, subject: Subject, reissue: Reissue) -> Digest {
        self.time += 3_600_000;
        self.sequence += 10;
        let act = Act {
            version: Version,
            installation: INSTALLATION,
            box_kind: kind,
            subject,
            sequence: reissue.memory.act_sequence + 1,
            issued: Time(self.time),
            expires: Time(self.time + 3_600_000),
            body: ActBody::Reissue(reissue),
        };
        let [a, b] = &self.operators;
        let bytes = sign_together(&[a, b], act).to_bytes();
        self.evidence(kind, subject, reissue.known.0 + 1, &bytes)
    }

    /// What the meter box remembers, after a deposit of 5.000, two items and an act that are lost.
    fn memory(&self) -> Reissue {
        Reissue {
            shown: self.meter.counter,
            known: Counter(self.meter.counter.0 + LOST),
            memory: Summary {
                pieces: self.meter.piece_count + 2,
                ascending: Mills(self.meter.ascending.0 + 1_480),
                descending: Mills(self.meter.descending.0 + 5_000 - 1_480),
                deposits: Mills(self.meter.deposits.0 + 5_000),
                item_credits: Mills::ZERO,
                state: self.meter.state.code(),
                funding_sequence: self.meter.funding_sequence + 1,
                act_sequence: self.meter.act_sequence + 1,
            },
        }
    }

    /// Re-issues the meter as its box would.
    fn reissue_meter(&mut self, reissue: Reissue) {
        let act = self.reissue_act(BoxKind::Meter, METER.subject(), reissue);
        let memory = reissue.memory;
        let record = &mut self.meter;
        record.counter = reissue.known;
        record.suspended = record.suspended.with(Suspension::RECONCILED);
        (record.ascending, record.descending) = (memory.ascending, memory.descending);
        record.piece_count = memory.pieces;
        record.credited_digest = Digest::ZERO;
        record.lowest_creditable_piece = memory.pieces + 1;
        record.deposits = memory.deposits;
        record.funding_sequence = memory.funding_sequence;
        record.act_sequence = memory.act_sequence + 1;
        record.limits = Limits {
            item: Mills::ZERO,
            day: Mills::ZERO,
            month: Mills::ZERO,
            descending: Mills::ZERO,
        };
        record.inspection_interval_days = 0;
        record.item_head = act;
        let made = self.decide_meter(DecisionKind::Reissue, act);
        self.append(EventKind::LifeCycle, METER.subject(), made);
    }

    /// Acts confirm limits, and the meter goes on.
    fn go_on(&mut self) {
        self.meter.limits = limits();
        self.act(ActBody::SetLimits {
            limits: limits(),
            inspection_interval_days: 0,
        });
        self.meter.suspended = Suspension::NONE;
        self.act(ActBody::Resume(Suspension::RECONCILED));
        self.dispense(&[(7, 2)]);
        self.refill(Mills(250), 7);
        self.dispense(&[(8, 1)]);
    }
}

fn notices(report: &Report) -> Vec<(Code, &str)> {
    report
        .notices
        .iter()
        .map(|notice| (notice.code, notice.message.as_str()))
        .collect()
}

fn reissued() -> Site {
    let mut site = Site::build();
    let memory = site.memory();
    site.reissue_meter(memory);
    site
}

#[test]
fn a_reissued_meter_is_a_named_gap_and_audit_goes_on_from_it_p28() {
    let mut site = reissued();
    assert_eq!(audit_rows(&site).problems, []);
    site.go_on();
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(
        notices(&report),
        [
            (
                Code::Reissued,
                "re-issued by act: changes 10 to 12 are given up"
            ),
            (
                Code::Reissued,
                "in the gap of change 13: 2 items worth 1.480, deposits of 5.000, item credits of 0.000"
            ),
        ]
    );
    assert_eq!(report.totals.deposits_mills, 15_750);
    assert_eq!(report.totals.ascending_mills, 8 * 740);
    // Checkpoints since are rebuilt as ever; one from the gap tells that it is one.
    let checkpoint = site.checkpoint(BoxKind::Meter);
    assert_eq!(audit_with(&site, &[checkpoint]).problems, []);
}

#[test]
fn a_scan_of_a_lost_item_is_a_notice_and_of_one_that_never_was_a_problem() {
    for (piece, problems) in [(4, &[][..]), (5, &[]), (6, &[Code::ScanOrphan])] {
        let site = reissued();
        site.scan(0, piece, true, 9);
        assert_eq!(codes(&audit_rows(&site)), problems, "piece {piece}");
    }
}

#[test]
fn a_gap_excuses_nothing_else_p28() {
    type Edit = fn(&mut Site);
    let cases: [(&str, Edit, Code); 10] = [
        (
            "an item that goes missing afterwards",
            |s| s.insert("DELETE FROM items WHERE piece_count = 6", []),
            Code::ItemGap,
        ),
        (
            "an item from the gap",
            |s| {
                s.insert(
                    "INSERT INTO items (meter, piece_count, counter, item)
                     SELECT meter, 5, 10, item FROM items WHERE piece_count = 6",
                    [],
                );
            },
            Code::ItemOrphan,
        ),
        (
            "a decision that goes missing afterwards",
            |s| {
                s.insert(
                    "DELETE FROM decisions WHERE box_kind = 3 AND counter = 15",
                    [],
                )
            },
            Code::DecisionGap,
        ),
        (
            "a decision of items that goes missing afterwards",
            |s| s.insert("UPDATE items SET decision = NULL WHERE counter = 16", []),
            Code::DecisionGap,
        ),
        (
            "a decision that goes missing before it",
            |s| s.insert("UPDATE items SET decision = NULL WHERE counter = 9", []),
            Code::DecisionFork,
        ),
        (
            "the re-issue itself",
            |s| {
                s.insert(
                    "DELETE FROM decisions WHERE box_kind = 3 AND counter = 13",
                    [],
                )
            },
            Code::DecisionGap,
        ),
        (
            "its act",
            |s| s.insert("DELETE FROM evidence WHERE counter = 13", []),
            Code::EvidenceMissing,
        ),
        (
            "the balance",
            |s| s.insert("UPDATE meters SET balance_mills = 1", []),
            Code::ColumnDiffers,
        ),
        (
            "an event of afterwards",
            |s| {
                let time = s.time;
                s.append(EventKind::LifeCycle, METER.subject(), Digest([9; 32]));
                s.time = time;
            },
            Code::EventDiffers,
        ),
        (
            "permissions that no act gave",
            |s| {
                s.meter.limits.day.0 += 1;
                s.dispense(&[(9, 1)]);
            },
            Code::StateDiffers,
        ),
    ];
    for (name, edit, code) in cases {
        let mut site = reissued();
        site.go_on();
        edit(&mut site);
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&code), "{name}: {found:?}");
    }
}

#[test]
fn a_reissue_that_is_not_what_was_signed_is_named_p28() {
    type Lie = fn(&mut Reissue);
    let lies: [(&str, Lie, Code); 6] = [
        (
            "fewer items than there were",
            |r| r.memory.pieces -= 3,
            Code::RegistersDiffer,
        ),
        (
            "less paid in than there was",
            |r| r.memory.deposits.0 -= 5_001,
            Code::RegistersDiffer,
        ),
        (
            "money from nowhere",
            |r| r.memory.descending.0 += 1,
            Code::EquationBroken,
        ),
        (
            "an act from before",
            |r| r.memory.act_sequence -= 3,
            Code::RegistersDiffer,
        ),
        ("no state", |r| r.memory.state = 99, Code::StateDiffers),
        (
            "nothing given up",
            |r| r.known.0 -= LOST,
            Code::UnexpectedDecision,
        ),
    ];
    for (name, lie, code) in lies {
        let mut site = Site::build();
        let mut memory = site.memory();
        lie(&mut memory);
        site.reissue_meter(memory);
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&code), "{name}: {found:?}");
    }
    // The box decided something else than the operators signed.
    let mut site = Site::build();
    let memory = site.memory();
    let mut more = memory;
    more.memory.descending.0 += 100;
    more.memory.deposits.0 += 100;
    let act = site.reissue_act(BoxKind::Meter, METER.subject(), memory);
    site.meter.counter = memory.known;
    site.meter.descending = more.memory.descending;
    site.meter.deposits = more.memory.deposits;
    site.meter.item_head = act;
    site.decide_meter(DecisionKind::Reissue, act);
    assert!(codes(&audit_rows(&site)).contains(&Code::RegistersDiffer));
}

#[test]
fn a_reissued_user_and_chain_are_named_gaps_p28() {
    let mut site = Site::build();
    let lost = |counter: Counter, act_sequence| Reissue {
        shown: counter,
        known: Counter(counter.0 + LOST),
        memory: Summary {
            act_sequence,
            ..Summary::default()
        },
    };
    let reissue = lost(site.user.counter, 2);
    let act = site.reissue_act(BoxKind::Auth, USER.subject(), reissue);
    site.user.counter = reissue.known;
    (site.user.rights, site.user.ceiling) = (Rights::NONE, Mills::ZERO);
    site.user.act_sequence = 3;
    let made = site.decide_user_because(DecisionKind::Reissue, act);
    site.append(EventKind::UserChanged, USER.subject(), made);

    let reissue = lost(site.chain.counter, 0);
    let subject = site.chain.subject();
    let act = site.reissue_act(BoxKind::Transaction, subject, reissue);
    site.chain.counter = reissue.known;
    site.append_as(DecisionKind::Reissue, EventKind::Reissued, subject, act);
    let made = site.decide_user(DecisionKind::LogIn);
    site.append(EventKind::LogIn, USER.subject(), made);
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    let named: Vec<Code> = report.notices.iter().map(|notice| notice.code).collect();
    assert_eq!(named, [Code::Reissued, Code::Reissued]);

    // Rights that no act gave back, and an entry that claims to be a re-issue's.
    site.user.rights = Rights::ALL;
    let made = site.decide_user(DecisionKind::LogIn);
    site.append(EventKind::Reissued, USER.subject(), made);
    let found = codes(&audit_rows(&site));
    assert!(found.contains(&Code::StateDiffers), "{found:?}");
    assert!(found.contains(&Code::EventDiffers), "{found:?}");
}

/// The account's chain may be complete where the meter is not: its entries then stand for decisions
/// that the meter's re-issue named.
#[test]
fn entries_for_what_a_reissue_gave_up_are_not_missed_again_p28() {
    let mut site = Site::build();
    let memory = site.memory();
    site.time += 60_000;
    site.append(EventKind::LifeCycle, METER.subject(), Digest([9; 32]));
    assert_eq!(codes(&audit_rows(&site)), [Code::EventDiffers]);
    site.reissue_meter(memory);
    assert_eq!(audit_rows(&site).problems, []);
    // Another subject's is missed all the same.
    site.append(EventKind::LogIn, USER.subject(), Digest([8; 32]));
    assert_eq!(codes(&audit_rows(&site)), [Code::EventDiffers]);
}

#[test]
fn a_chain_reissue_has_its_own_entry_p28() {
    let mut site = Site::build();
    let reissue = Reissue {
        shown: site.chain.counter,
        known: Counter(site.chain.counter.0 + LOST),
        memory: Summary::default(),
    };
    let subject = site.chain.subject();
    let act = site.reissue_act(BoxKind::Transaction, subject, reissue);
    site.chain.counter = reissue.known;
    site.append_as(DecisionKind::Reissue, EventKind::LogIn, subject, act);
    assert_eq!(codes(&audit_rows(&site)), [Code::EventDiffers]);
}

/// A sheet that was made before the database went back tells of the items that are given up now.
#[test]
fn totals_of_items_that_are_given_up_are_a_notice_and_no_more_of_them_p28() {
    for (more, problems) in [(2, 0), (3, 1)] {
        let mut site = Site::build();
        site.sheet_by(REPORTER, |sheet| {
            alter_row(sheet, |row| {
                row.pieces += more;
                row.value.0 += u64::from(more) * 740;
            });
        });
        let memory = site.memory();
        site.reissue_meter(memory);
        let report = audit_rows(&site);
        assert_eq!(report.problems.len(), problems, "{:?}", report.problems);
        let told = notices(&report);
        let told = told
            .iter()
            .any(|(_, text)| text.contains("tells of more than is kept"));
        assert_eq!(told, problems == 0);
    }
}
