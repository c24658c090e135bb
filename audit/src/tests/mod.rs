//! The auditor against a small installation: clean, then damaged in every way that there is.

mod answers;
mod books;
mod ceremony;
mod credits;
mod dispensing;
mod flips;
mod hostile;
mod keys;
mod licensed;
mod metering;
mod post;
mod reissued;
mod site;
mod statements;
mod tampering;
mod totals;
mod users;
mod watched;

use crate::checkpoints::CheckpointFile;
use crate::context::Audit;
use crate::{AuditError, AuditInput, Code, Report};
use item::{BoxKind, Layout, Time};
use site::Site;

fn audit_with(site: &Site, checkpoints: &[Vec<u8>]) -> Report {
    let mut quiet = |_| {};
    let now = Time(site.time + 60_000);
    let learnt = crate::epochs::learn(&site.connection, site.installation.clone());
    let mut audit = Audit::new(&site.connection, &learnt.installation, now, &mut quiet).unwrap();
    learnt.report(&mut audit);
    let files = checkpoints
        .iter()
        .zip(1..)
        .map(|(bytes, number)| CheckpointFile::new(&format!("{number}"), bytes.clone()))
        .collect();
    crate::everything(&mut audit, files);
    audit.finish()
}

fn audit_rows(site: &Site) -> Report {
    audit_with(site, &[])
}

fn codes(report: &Report) -> Vec<Code> {
    report.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn a_clean_installation_is_clean() {
    let site = Site::build();
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(report.notices, []);
    assert!(report.is_clean());
    let counts = report.counts;
    assert_eq!(
        (counts.meters, counts.users, counts.chains, counts.items),
        (1, 1, 1, 3)
    );
    assert_eq!((counts.decisions, counts.chain_entries), (20, 9));
    assert_eq!(
        (counts.evidence, counts.answers, counts.scans, counts.packs),
        (7, 2, 3, 1)
    );
    let epochs: Vec<(&str, u32, u64)> = report
        .epochs
        .iter()
        .map(|one| (one.box_kind, one.epoch, one.records))
        .collect();
    // The user was not used since the second began.
    assert_eq!(
        epochs,
        [
            ("Auth", 202_609, 1),
            ("Meter", 202_610, 1),
            ("Transaction", 202_610, 1)
        ]
    );
    assert_eq!(counts.epochs, 1);
    assert_eq!(report.totals.value_mills, 3 * 740);
    assert_eq!(report.totals.specimen_mills, 3 * 740);
    assert_eq!(report.totals.deposits_mills, 10_500);
    assert_eq!(report.totals.descending_mills, 10_500 - 3 * 740);
    let ages: Vec<String> = report.age.iter().map(ToString::to_string).collect();
    assert!(
        ages.iter().all(|age| age.ends_with("age unknown")),
        "{ages:?}"
    );
    assert_eq!(ages.len(), 3);
}

#[test]
fn an_installation_on_disk_is_audited_while_it_is_written() {
    let site = Site::build();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    site.connection
        .execute("VACUUM INTO ?1", [path("db").to_str().unwrap()])
        .unwrap();
    let writer = rusqlite::Connection::open(path("db")).unwrap();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; DELETE FROM items")
        .unwrap();
    std::fs::write(path("transcript"), &site.transcript).unwrap();
    std::fs::create_dir(path("kept")).unwrap();
    for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
        let name = format!("kept/{}-1-{}.checkpoint", kind.name(), site.sequence);
        std::fs::write(path(&name), site.checkpoint(kind)).unwrap();
    }
    let mut input = AuditInput {
        database: path("db"),
        transcript: path("transcript"),
        root: site.root,
        checkpoints: path("kept"),
        statements: Vec::new(),
        now: Time(site.time + 5),
    };
    let mut calls = 0;
    let report = crate::audit(&input, &mut |_| calls += 1).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(calls, 12, "once a stage");
    assert_eq!(report.counts.checkpoints, 3);
    assert!(
        report
            .age
            .iter()
            .all(|age| age.newer == 0 && age.age_ms == Some(5))
    );
    writer.execute_batch("COMMIT").unwrap();
    assert!(!crate::audit(&input, &mut |_| {}).unwrap().is_clean());
    input.root = item::Digest::ZERO;
    assert!(
        crate::audit(&input, &mut |_| {}).is_err(),
        "another root than the pinned one"
    );
}

#[test]
fn a_database_of_another_schema_is_refused() {
    let site = Site::build();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("transcript"), &site.transcript).unwrap();
    let input = AuditInput {
        database: path("db"),
        transcript: path("transcript"),
        root: site.root,
        checkpoints: path("kept"),
        statements: Vec::new(),
        now: Time(site.time),
    };
    site.connection
        .execute("VACUUM INTO ?1", [path("db").to_str().unwrap()])
        .unwrap();
    assert!(crate::audit(&input, &mut |_| {}).unwrap().is_clean());
    let database = rusqlite::Connection::open(path("db")).unwrap();
    for (version, remedy) in [
        (0, "start the data centre once"),
        (8, "start the data centre once"),
        (10, "use a newer program"),
    ] {
        database
            .pragma_update(None, "user_version", version)
            .unwrap();
        let refused = crate::audit(&input, &mut |_| {}).unwrap_err();
        assert!(matches!(refused, AuditError::Schema { found } if found == version));
        let message = refused.to_string();
        let schemas = format!("it has schema {version}, this audit reads schema 9");
        assert!(message.contains(&schemas), "{message}");
        assert!(message.contains(remedy), "{message}");
    }
}

#[test]
fn a_report_is_json_with_stable_codes() {
    let site = Site::build();
    site.connection.execute("DELETE FROM packs", []).unwrap();
    site.connection
        .execute("UPDATE meters SET balance_mills = 0", [])
        .unwrap();
    let json = serde_json::to_value(audit_rows(&site)).unwrap();
    assert_eq!(json["problems"][0]["code"], "column-differs");
    assert_eq!(json["problems"][0]["place"], "meters 4711");
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.name());
    }
}

#[test]
fn checkpoints_tell_age_and_what_is_gone() {
    let mut site = Site::build();
    let kinds = [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction];
    let old = kinds.map(|kind| site.checkpoint(kind));
    assert_eq!(audit_with(&site, &old).problems, []);
    site.dispense(&[(3, 1)]);
    let report = audit_with(&site, &old);
    assert_eq!(report.problems, []);
    let meter = report
        .age
        .iter()
        .find(|age| age.box_kind == "Meter")
        .unwrap();
    assert_eq!(meter.newer, 1);
    let new = kinds.map(|kind| site.checkpoint(kind));
    assert_eq!(
        audit_with(&site, &[old.to_vec(), new.to_vec()].concat()).problems,
        []
    );

    let earlier = Site::build();
    let report = audit_with(&earlier, &new);
    assert_eq!(codes(&report), [Code::PutBack, Code::CheckpointDiffers]);
    for table in [
        "users",
        "meters",
        "chains",
        "decisions",
        "items",
        "evidence",
        "chain_entries",
        "scans",
        "signups",
    ] {
        earlier
            .connection
            .execute(&format!("DELETE FROM {table}"), [])
            .unwrap();
    }
    let report = audit_with(&earlier, &new);
    assert_eq!(
        codes(&report)
            .iter()
            .filter(|c| **c == Code::SubjectMissing)
            .count(),
        3
    );
}

#[test]
fn every_byte_of_a_checkpoint_counts() {
    let site = Site::build();
    for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
        let good = site.checkpoint(kind);
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            assert!(
                !audit_with(&site, &[bad]).is_clean(),
                "{kind:?} byte {index}"
            );
        }
    }
    let mut twin =
        item::Signed::<item::Checkpoint>::from_bytes(&site.checkpoint(BoxKind::Auth)).unwrap();
    twin.body.digest = item::Digest([1; 32]);
    let twin = site.decision_key.sign(twin.body).to_bytes();
    let report = audit_with(&site, &[site.checkpoint(BoxKind::Auth), twin]);
    assert!(codes(&report).contains(&Code::CheckpointFork));
}
