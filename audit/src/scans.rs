//! Acceptance scans (P31): the verifiers' chains, and what was scanned first.

use crate::context::Audit;
use crate::{Code, rows};
use item::{AcceptanceScan, Digest, ItemRecord, KeyId, Layout, Mills, PublicKey, Signed};
use rusqlite::{OptionalExtension, Row, params};
use verify::{Tag, digest, key_id, open, statement_digest};

/// Every verifier's scans in sequence, then every scanned item.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT verifier, sequence, meter, piece_count, key_digest, scan, first
         FROM scans ORDER BY verifier, sequence",
    )?;
    let mut all = statement.query([])?;
    let mut chain = Verifier::default();
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.scans = audit.report.counts.scans.saturating_add(1);
        let place = rows::place("scans", row, 2);
        let (Some(id), Some(sequence), Some(stored)) = (
            rows::array(row, 0).map(KeyId),
            rows::unsigned(row, 1),
            rows::blob(row, 5),
        ) else {
            let message = "columns are not a scan's";
            audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
            continue;
        };
        if chain.id != Some(id) {
            chain = Verifier::find(audit, id);
        }
        chain.follow(audit, row, &place, sequence, stored)?;
    }
    firsts(audit)
}

/// One verifier's scans so far.
#[derive(Default)]
struct Verifier {
    id: Option<KeyId>,
    key: Option<PublicKey>,
    sequence: u64,
    previous: Digest,
}

impl Verifier {
    fn find(audit: &Audit<'_>, id: KeyId) -> Self {
        let enrolled = audit.transcript().verifiers.as_slice();
        Self {
            id: Some(id),
            key: enrolled
                .iter()
                .find(|e| key_id(&e.key) == id)
                .map(|e| e.key.clone()),
            ..Self::default()
        }
    }

    fn follow(
        &mut self,
        audit: &mut Audit<'_>,
        row: &Row<'_>,
        place: &str,
        sequence: u64,
        stored: &[u8],
    ) -> rusqlite::Result<()> {
        self.sequence = self.sequence.saturating_add(1);
        let message = format_args!("it is the verifier's scan number {}", self.sequence);
        let follows = sequence == self.sequence;
        audit.expect(follows, Code::ScanGap, place, message, Mills::ZERO);
        self.sequence = sequence;
        let previous = std::mem::replace(&mut self.previous, statement_digest(stored));
        let signed = match Signed::<AcceptanceScan>::from_bytes(stored) {
            Ok(signed) => signed,
            Err(error) => {
                audit.problem(Code::Undecodable, place, error, Mills::ZERO);
                return Ok(());
            }
        };
        let scan = signed.body.clone();
        match &self.key {
            None => {
                let message = "the verifier is not enrolled";
                audit.problem(Code::VerifierUnknown, place, message, Mills::ZERO);
            }
            Some(key) => {
                if let Err(error) = open(signed, key) {
                    audit.problem(Code::BadSignature, place, error, Mills::ZERO);
                }
            }
        }
        let copied = Some(scan.verifier) == self.id
            && scan.sequence == sequence
            && rows::unsigned(row, 2) == Some(u64::from(scan.meter.0))
            && rows::unsigned(row, 3) == Some(u64::from(scan.piece_count))
            && rows::array(row, 4) == Some(scan.key_digest.0);
        let message = "the row's columns differ from its scan";
        audit.expect(copied, Code::ColumnDiffers, place, message, Mills::ZERO);
        let home = scan.installation == audit.transcript().installation;
        let message = "the scan is of another installation";
        audit.expect(home, Code::Foreign, place, message, Mills::ZERO);
        let message = "it does not name the verifier's scan before it";
        let linked = scan.previous == previous;
        audit.expect(linked, Code::ScanChain, place, message, Mills::ZERO);
        let refused = rows::unsigned(row, 6) == Some(0);
        scanned(audit, place, &scan, refused)
    }
}

/// The item that was scanned. A scan that is not the first may be of what is none: it was refused.
fn scanned(
    audit: &mut Audit<'_>,
    place: &str,
    scan: &AcceptanceScan,
    not_first: bool,
) -> rusqlite::Result<()> {
    let found = item(audit, scan.meter.0, scan.piece_count)?;
    let Some(stored) = found else {
        let lost = audit.lost_items.get(&scan.meter);
        if lost.is_some_and(|lost| lost.iter().any(|items| items.contains(&scan.piece_count))) {
            let message = "the item that it accepted was given up by a re-issue";
            audit.notice(Code::Reissued, place, message);
            return Ok(());
        }
        let message = "the item that it accepted is not recorded";
        if not_first {
            audit.notice(Code::ScanRefused, place, "what was scanned is not recorded");
        } else {
            audit.problem(Code::ScanOrphan, place, message, Mills::ZERO);
        }
        return Ok(());
    };
    // An item that can not be read is reported where items are.
    let Ok(item) = ItemRecord::from_bytes(&stored) else {
        return Ok(());
    };
    if digest(Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()]) == scan.payload {
        return Ok(());
    }
    if not_first {
        let message = "what was scanned is not the recorded payload";
        audit.notice(Code::ScanRefused, place, message);
    } else {
        let message =
            "it accepted another payload than the recorded one: forged, or a box was copied";
        audit.problem(Code::ScanFork, place, message, item.value);
    }
    Ok(())
}

/// The stored item; empty bytes if its column holds none.
fn item(audit: &Audit<'_>, meter: u32, piece_count: u32) -> rusqlite::Result<Option<Vec<u8>>> {
    audit
        .connection
        .prepare_cached("SELECT item FROM items WHERE meter = ?1 AND piece_count = ?2")?
        .query_row(params![meter, piece_count], |row| {
            Ok(rows::blob(row, 0).map(<[u8]>::to_vec).unwrap_or_default())
        })
        .optional()
}

/// Exactly one scan of an item is the first: the earliest received.
fn firsts(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT meter, piece_count, sum(first = 1), sum(first NOT IN (0, 1)),
                min(received) IS min(CASE WHEN first = 1 THEN received END)
         FROM scans GROUP BY meter, piece_count ORDER BY meter, piece_count",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        let right = [2, 3, 4].map(|column| rows::unsigned(row, column));
        if right != [Some(1), Some(0), Some(1)] && !is_first_of_sound(audit, row)? {
            let place = rows::place("scans of item", row, 2);
            let message = "not exactly the earliest scan is marked as the first";
            audit.problem(Code::ScanFirst, place, message, Mills::ZERO);
        }
    }
    Ok(())
}

/// Whether an item was taken back; whether that was decided is checked where meters are.
fn is_void(audit: &Audit<'_>, meter: u32, piece_count: u32) -> rusqlite::Result<bool> {
    audit
        .connection
        .prepare_cached("SELECT 1 FROM item_credits WHERE meter = ?1 AND piece_count = ?2")?
        .exists(params![meter, piece_count])
}

/// Whether the scans of an item are marked right once those of other payloads are left out: they
/// were refused, and none of them is the first.
fn is_first_of_sound(audit: &Audit<'_>, row: &Row<'_>) -> rusqlite::Result<bool> {
    let (Some(meter), Some(piece)) = (rows::unsigned(row, 0), rows::unsigned(row, 1)) else {
        return Ok(false);
    };
    let (Ok(meter), Ok(piece)) = (u32::try_from(meter), u32::try_from(piece)) else {
        return Ok(false);
    };
    let recorded = item(audit, meter, piece)?
        .and_then(|stored| ItemRecord::from_bytes(&stored).ok())
        .map(|item| digest(Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()]));
    let mut statement = audit.connection.prepare_cached(
        "SELECT first, scan FROM scans WHERE meter = ?1 AND piece_count = ?2 ORDER BY received, first DESC",
    )?;
    let mut scans = statement.query(params![meter, piece])?;
    // What was taken back is accepted by nobody; who accepted it before is named with the credit.
    let is_void = rows::unsigned(row, 2) == Some(0) && is_void(audit, meter, piece)?;
    let mut first_wanted = !is_void;
    while let Some(row) = scans.next()? {
        let scan = rows::blob(row, 1).and_then(|b| Signed::<AcceptanceScan>::from_bytes(b).ok());
        let sound = recorded.is_some() && scan.map(|scan| scan.body.payload) == recorded;
        let expected = u64::from(sound && first_wanted);
        if rows::unsigned(row, 0) != Some(expected) {
            return Ok(false);
        }
        first_wanted &= !sound;
    }
    Ok(true)
}
