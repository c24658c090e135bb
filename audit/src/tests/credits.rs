//! Item credits: recomputed, and each way in which they can be wrong is named (P23).

use super::site::{HONEST, Hooks, Site};
use super::{audit_rows, audit_with, codes};
use crate::Code;
use item::{ActBody, BalanceRefund, Beneficiary, BoxKind, Digest, MeterSerial, Mills};
use verify::statement_digest;

/// The small installation with its third item taken back: nobody scanned that one.
fn credited(hooks: Hooks) -> Site {
    let mut site = Site::build();
    site.hooks = hooks;
    site.take_back(3, 10);
    site
}

#[test]
fn an_item_that_was_taken_back_recomputes_p23() {
    let mut site = credited(HONEST);
    site.refill(Mills(100), 3);
    let checkpoint = site.checkpoint(BoxKind::Meter);
    site.pack_of(2, &[3], statement_digest(&checkpoint));
    let report = audit_with(&site, &[checkpoint]);
    assert_eq!(report.problems, []);
    assert_eq!(report.notices, []);
    assert_eq!(report.totals.item_credits_mills, 740);
    assert_eq!(report.counts.item_credits, 1);
}

#[test]
fn the_credit_that_is_wrong_is_named_p23() {
    let approval = |approval| credited(Hooks { approval, ..HONEST });
    let row = |credited_row| {
        credited(Hooks {
            credited: credited_row,
            ..HONEST
        })
    };
    let early = || {
        let mut site = Site::build();
        site.take_back(3, 9);
        site
    };
    let late = || {
        let mut site = Site::build();
        site.take_back(3, 61);
        site
    };
    let cases: Vec<(&str, Site, Code)> = vec![
        (
            "for another value",
            approval(|a| a.value = Mills(1)),
            Code::EvidenceDiffers,
        ),
        (
            "for another piece",
            approval(|a| a.piece_count = 1),
            Code::EvidenceDiffers,
        ),
        (
            "expired",
            approval(|a| a.expires.0 = 0),
            Code::EvidenceDiffers,
        ),
        ("before its waiting time", early(), Code::CreditedOutside),
        ("after its window", late(), Code::CreditedOutside),
        (
            "with another last day",
            row(|r| r.last_day += 1),
            Code::CreditedListDiffers,
        ),
    ];
    for (name, site, code) in cases {
        assert!(codes(&audit_rows(&site)).contains(&code), "{name}");
    }
    let mut site = Site::build();
    site.refunders.reverse();
    site.refunders[0] = super::keys::Key::new(77);
    site.take_back(3, 10);
    assert!(codes(&audit_rows(&site)).contains(&Code::BadQuorum));
}

#[test]
fn an_item_credited_twice_or_used_is_named_p23() {
    let mut site = credited(HONEST);
    site.take_back(3, 0);
    assert!(codes(&audit_rows(&site)).contains(&Code::CreditedTwice));
    // Accepted, then credited.
    let mut site = Site::build();
    site.take_back(1, 10);
    assert_eq!(codes(&audit_rows(&site)), [Code::CreditedAndUsed]);
    // Credited, then accepted.
    let site = credited(HONEST);
    site.scan(1, 3, true, 9);
    assert_eq!(codes(&audit_rows(&site)), [Code::CreditedAndUsed]);
}

#[test]
fn rows_of_credits_that_were_removed_altered_or_invented_are_named() {
    for (change, code) in [
        ("DELETE FROM item_credits", Code::CreditMissing),
        (
            "UPDATE item_credits SET last_day = last_day + 1",
            Code::ColumnDiffers,
        ),
        ("UPDATE item_credits SET counter = 1", Code::ColumnDiffers),
        ("UPDATE item_credits SET day = 1", Code::ColumnDiffers),
        ("UPDATE item_credits SET journal = 1", Code::ColumnDiffers),
        (
            "UPDATE item_credits SET credit = x'00'",
            Code::ColumnDiffers,
        ),
        (
            "INSERT INTO item_credits SELECT meter, 1, counter, last_day, day, journal, credit \
             FROM item_credits",
            Code::CreditOrphan,
        ),
    ] {
        let site = credited(HONEST);
        site.connection.execute_batch(change).unwrap();
        assert_eq!(codes(&audit_rows(&site)), [code], "{change}");
    }
}

#[test]
fn a_pack_with_other_voids_is_named_p32() {
    let with = |voids: &[u32], closes: bool| {
        let site = credited(HONEST);
        let checkpoint = site.checkpoint(BoxKind::Meter);
        let digest = match closes {
            true => statement_digest(&checkpoint),
            false => Digest::ZERO,
        };
        site.pack_of(2, voids, digest);
        codes(&audit_with(&site, &[checkpoint]))
    };
    assert_eq!(with(&[3], true), []);
    assert_eq!(with(&[], false), []);
    assert_eq!(with(&[], true), [Code::PackVoids]);
    assert_eq!(with(&[1], false), [Code::PackVoids]);
    assert_eq!(with(&[1], true), [Code::PackVoids]);
    assert_eq!(with(&[1, 3], true), [Code::PackVoids, Code::PackVoids]);
}

fn paid_out(amount: u64, beneficiary: Beneficiary) -> Site {
    let mut site = Site::build();
    site.act(ActBody::Withdraw);
    site.act(ActBody::RefundBalance(BalanceRefund {
        amount: Mills(amount),
        beneficiary,
    }));
    site
}

#[test]
fn a_balance_that_was_paid_out_recomputes_p24() {
    let balance = 10_500 - 3 * 740;
    let site = paid_out(balance, Beneficiary::Treasury);
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(report.notices, []);
    assert_eq!(report.totals.refunds_mills, balance);
    let site = paid_out(balance - 1, Beneficiary::Treasury);
    assert!(codes(&audit_rows(&site)).contains(&Code::RegistersDiffer));
    // A transfer that waits to be credited is said, and blamed on nobody.
    let to = Beneficiary::Meter {
        serial: MeterSerial(9),
        funding_sequence: 1,
    };
    let report = audit_rows(&paid_out(balance, to));
    assert_eq!(report.problems, []);
    let notices: Vec<Code> = report.notices.iter().map(|notice| notice.code).collect();
    assert_eq!(notices, [Code::TransferOpen]);
}
