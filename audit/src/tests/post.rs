//! What leaves the small installation: scans, pack, checkpoints.

use super::ceremony::certificate;
use super::keys::Key;
use super::site::{INSTALLATION, METER, Site, USER};
use item::*;
use rusqlite::params;
use verify::{Tag, digest, record_digest, statement_digest};

impl Site {
    /// A scan by verifier 0 or 1.
    pub(super) fn scan(&self, verifier: usize, piece: u32, first: bool, received: i64) {
        let key = &self.verifiers[verifier];
        let id = key.id();
        let before: Vec<Vec<u8>> = self
            .connection
            .prepare("SELECT scan FROM scans WHERE verifier = ?1 ORDER BY sequence")
            .unwrap()
            .query_map([id.0], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        // Of an item that is on no record, any payload.
        let item: Option<Vec<u8>> = self
            .connection
            .query_row(
                "SELECT item FROM items WHERE piece_count = ?1",
                [piece],
                |row| row.get(0),
            )
            .ok();
        let payload = item.map_or_else(Bytes::default, |item| {
            ItemRecord::from_bytes(&item).unwrap().payload
        });
        let mut scan = AcceptanceScan {
            version: Version,
            installation: INSTALLATION,
            verifier: id,
            sequence: before.len() as u64 + 1,
            previous: before
                .last()
                .map_or(Digest::ZERO, |bytes| statement_digest(bytes)),
            meter: METER,
            piece_count: piece,
            payload: digest(Tag::PAYLOAD_DIGEST, &[payload.as_slice()]),
            place: Zip(95_814),
            time: Time(self.time),
            key_digest: digest(Tag::IDEMPOTENCY, &[&[before.len() as u8]]),
        };
        (self.hooks.scan)(&mut scan);
        let (sequence, key_digest) = (scan.sequence as i64, scan.key_digest.0);
        self.insert(
            "INSERT INTO scans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id.0,
                sequence,
                METER.0,
                piece,
                first,
                received,
                key_digest,
                key.sign(scan).to_bytes()
            ],
        );
    }

    pub(super) fn pack(&self) {
        self.pack_of(1, &[], Digest::ZERO);
    }

    /// A pack with these voids, each worth an item.
    pub(super) fn pack_of(&self, sequence: u64, voids: &[u32], closes: Digest) {
        let voids = voids.iter().map(|piece_count| VoidEntry {
            meter: METER,
            piece_count: *piece_count,
            value: Mills(740),
        });
        let root = Key::new(1);
        let pack_key = Key::new(5);
        let body = PackBody {
            version: Version,
            installation: INSTALLATION,
            sequence,
            issued: Time(self.time),
            expires: Time(self.time + 86_400_000),
            post: PostId(1),
            pack_certificate: certificate(&root, 6, BoxKind::Keys, KeyUsage::Pack, &pack_key),
            certificates: List::new(vec![certificate(
                &root,
                5,
                BoxKind::Meter,
                KeyUsage::Item,
                &self.item_key,
            )])
            .unwrap(),
            revoked: List::default(),
            voids: List::new(voids.collect()).unwrap(),
            closes,
        };
        self.insert(
            "INSERT INTO packs VALUES (?1, ?2)",
            params![sequence as i64, pack_key.sign(body).to_bytes()],
        );
    }

    /// A checkpoint of a kind that has one subject, which is all that this site has of any.
    pub(super) fn checkpoint(&self, kind: BoxKind) -> Vec<u8> {
        let (subject, counter, record) = match kind {
            BoxKind::Meter => (METER.subject(), self.meter.counter, &self.meter_bytes),
            BoxKind::Auth => (USER.subject(), self.user.counter, &self.user_bytes),
            _ => (self.chain.subject(), self.chain.counter, &self.chain_bytes),
        };
        let mut sums = Sums {
            subjects: 1,
            counters: counter.0,
            ..Sums::default()
        };
        if kind == BoxKind::Meter {
            sums.pieces = u64::from(self.meter.piece_count);
            sums.ascending = self.meter.ascending;
            sums.descending = self.meter.descending;
            sums.deposits = self.meter.deposits;
            sums.item_credits = self.meter.item_credits;
        }
        let short = record_digest(record).short();
        let mut body = Checkpoint {
            version: Version,
            suite: Suite::Ed25519,
            key: self.decision_serial(kind),
            installation: INSTALLATION,
            box_kind: kind,
            box_id: BoxId(1),
            journal_sequence: self.sequence,
            time: Time(self.time),
            sums,
            digest: verify::checkpoint_digest([(&subject, counter, short)]),
        };
        (self.hooks.checkpoint)(&mut body);
        self.decision_key.sign(body).to_bytes()
    }
}
