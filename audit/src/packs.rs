//! Verification packs (P32) and the number of alerts.

use crate::context::Audit;
use crate::{Code, credits, rows};
use item::{Mills, Time};
use verify::{Pack, fingerprint};

/// Every pack verifies, is the one that its number says, and is no older than the one before.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    audit.report.counts.alerts = connection
        .prepare_cached("SELECT count(*) FROM alerts")?
        .query_row([], |row| Ok(rows::unsigned(row, 0).unwrap_or_default()))?;
    let mut statement =
        connection.prepare_cached("SELECT sequence, pack FROM packs ORDER BY sequence")?;
    let mut all = statement.query([])?;
    let transcript = audit.transcript();
    let pinned = fingerprint(&transcript.root);
    let mut newest = Time(0);
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.packs = audit.report.counts.packs.saturating_add(1);
        let place = rows::place("packs", row, 1);
        let bytes = rows::blob(row, 1).unwrap_or_default();
        let pack = match Pack::open(bytes, &transcript.root, &pinned) {
            Ok(pack) => pack,
            Err(error) => {
                audit.problem(Code::PackInvalid, place, error, Mills::ZERO);
                continue;
            }
        };
        let body = pack.body();
        let ascending = body
            .voids
            .as_slice()
            .is_sorted_by(|a, b| (a.meter, a.piece_count) < (b.meter, b.piece_count));
        let fits = Some(body.sequence) == rows::unsigned(row, 0)
            && body.installation == transcript.installation
            && body.post == transcript.post
            && ascending;
        let message = "another number, installation or post, or its voids are not in order";
        audit.expect(fits, Code::PackInvalid, &place, message, Mills::ZERO);
        credits::pack(audit, body, &place)?;
        let message = "it is older than the pack before it";
        audit.expect(
            body.issued >= newest,
            Code::TimeFalls,
            &place,
            message,
            Mills::ZERO,
        );
        newest = newest.max(body.issued);
    }
    Ok(())
}
