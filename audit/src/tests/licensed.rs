//! Licences: what an audit says of documents that do not belong together. Single bytes are in `flips`.

use super::keys::{Key, sign_together};
use super::site::{INSTALLATION, METER, Site, USER};
use super::{audit_rows, codes};
use crate::Code;
use item::*;
use rusqlite::params;
use verify::{account_of, agreement_digest, licence_details_digest, statement_digest};

const AGREEMENT: &[u8] = b"SAMPLE agreement";

impl Site {
    /// Keeps an application for the meter, signed by a key of its own; gives its digest.
    pub(super) fn apply(&self, alter: impl FnOnce(&mut LicenceApplication)) -> Digest {
        let key = Key::new(40);
        let details = LicenceDetails {
            salt: [1; 16],
            organisation: Bytes::new(b"Example".to_vec()).unwrap(),
            address: Bytes::new(b"1 Main St".to_vec()).unwrap(),
            contact: Bytes::new(b"mail".to_vec()).unwrap(),
        };
        let mut body = LicenceApplication {
            version: Version,
            installation: INSTALLATION,
            account: account_of(USER),
            user: USER,
            meter: METER,
            origin: Zip(95_814),
            licensing: Zip(95_814),
            details: licence_details_digest(&details),
            agreement: agreement_digest(AGREEMENT),
            key: key.public(),
            time: Time(self.time),
        };
        alter(&mut body);
        let (account, meter) = (body.account.0, body.meter.0);
        let bytes = key.sign(body).to_bytes();
        let digest = statement_digest(&bytes);
        self.insert(
            "INSERT OR IGNORE INTO agreements VALUES (?1, ?2)",
            params![agreement_digest(AGREEMENT).0, AGREEMENT],
        );
        self.insert(
            "INSERT INTO licences VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL)",
            params![digest.0, account, meter, bytes, details.to_bytes()],
        );
        digest
    }

    /// The operators refuse an application, by a statement about `named`.
    pub(super) fn refuse(&self, digest: Digest, named: Digest) {
        let refusal = LicenceRefusal {
            version: Version,
            installation: INSTALLATION,
            application: named,
            reason: Bytes::new(b"no".to_vec()).unwrap(),
            time: Time(self.time),
        };
        let [a, b] = &self.operators;
        let bytes = sign_together(&[a, b], refusal).to_bytes();
        self.insert(
            "UPDATE licences SET refusal = ?2 WHERE digest = ?1",
            params![digest.0, bytes],
        );
    }
}

#[test]
fn a_refused_application_and_one_that_waits_are_clean() {
    let site = Site::build();
    let one = site.apply(|a| a.time = Time(3));
    site.refuse(one, one);
    site.apply(|a| a.time = Time(4));
    assert_eq!(codes(&audit_rows(&site)), []);
}

#[test]
fn documents_that_do_not_belong_together_are_named() {
    type Alter = fn(&Site);
    let cases: [(&str, Alter, Code); 7] = [
        (
            "another installation",
            |s| {
                s.apply(|a| a.installation = InstallationId([9; 16]));
            },
            Code::Foreign,
        ),
        (
            "an agreement that is not kept",
            |s| {
                s.apply(|a| a.agreement = Digest([9; 32]));
            },
            Code::LicenceDiffers,
        ),
        (
            "other details",
            |s| {
                s.apply(|a| a.details = Digest([9; 32]));
            },
            Code::LicenceDiffers,
        ),
        (
            "another's refusal",
            |s| {
                let digest = s.apply(|a| a.time = Time(3));
                s.refuse(digest, Digest([9; 32]));
            },
            Code::LicenceDiffers,
        ),
        (
            "an act that does not name it",
            |s| {
                let digest = s.apply(|a| a.time = Time(3));
                s.insert(
                    "UPDATE licences SET act = (SELECT digest FROM evidence
                         WHERE counter = 2 AND box_kind = 3)
                     WHERE digest = ?1",
                    params![digest.0],
                );
            },
            Code::LicenceDiffers,
        ),
        (
            "a grant that is hidden",
            |s| s.insert("UPDATE licences SET act = NULL", []),
            Code::ColumnDiffers,
        ),
        (
            "a granted application that is gone",
            |s| s.insert("DELETE FROM licences", []),
            Code::LicenceMissing,
        ),
    ];
    for (name, alter, code) in cases {
        let site = Site::build();
        alter(&site);
        assert_eq!(codes(&audit_rows(&site)), [code], "{name}");
    }
}

#[test]
fn a_licence_at_another_place_than_was_asked_for_is_named() {
    let site = Site::build_with(|application| application.licensing = Zip(10_001));
    assert_eq!(codes(&audit_rows(&site)), [Code::LicenceDiffers]);
}

#[test]
fn erased_details_are_a_notice() {
    let site = Site::build();
    site.insert("UPDATE licences SET details = NULL", []);
    let report = audit_rows(&site);
    assert_eq!(codes(&report), []);
    assert!(report.notices.iter().any(|n| n.code == Code::LicenceErased));
}
