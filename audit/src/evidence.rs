//! Acts and receipts as they were shown to a box (P9, P18), and rows that nothing refers to.
//! Credit evidence: [`crate::credit`].

use crate::context::Audit;
use crate::line::Made;
use crate::{Code, rows};
use item::{
    Act, ActBody, BoxKind, Digest, KeyUsage, Layout, ManufactureReceipt, Mills, MultiSigned,
    Reissue, Signed, UserOrder,
};
use rusqlite::{OptionalExtension, params};
use verify::{Tagged, open_by_quorum, statement_digest};

/// The bytes that a decision names as its evidence; `None` is reported.
pub(crate) fn fetch(audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<Option<Vec<u8>>> {
    let found = audit
        .connection
        .prepare_cached("SELECT evidence FROM evidence WHERE digest = ?1")?
        .query_row([made.body.evidence.0], |row| {
            Ok(rows::blob(row, 0).map(<[u8]>::to_vec))
        })
        .optional()?
        .flatten();
    if found.is_none() {
        let message = "the evidence that caused it is not kept";
        audit.problem(Code::EvidenceMissing, made.place(), message, Mills::ZERO);
    }
    Ok(found)
}

/// Decodes evidence that a quorum signs. Wrong signatures are reported, the body is given anyway:
/// what it did is followed.
pub(crate) fn signed_by_many<T: Layout + Tagged + Clone>(
    audit: &mut Audit<'_>,
    made: &Made,
    bytes: &[u8],
    quorum: &item::Quorum,
) -> Option<T> {
    let signed = match MultiSigned::<T>::from_bytes(bytes) {
        Ok(signed) => signed,
        Err(error) => {
            undecodable(audit, made, &error);
            return None;
        }
    };
    let body = signed.body.clone();
    if let Err(error) = open_by_quorum(signed, quorum) {
        audit.problem(Code::BadQuorum, made.place(), error, Mills::ZERO);
    }
    Some(body)
}

fn undecodable(audit: &mut Audit<'_>, made: &Made, error: &item::LayoutError) {
    let place = format!("evidence {}", made.body.evidence);
    audit.problem(Code::Undecodable, place, error, Mills::ZERO);
}

/// The act that caused a decision, and whether its sequence follows `before`.
pub(crate) fn act(
    audit: &mut Audit<'_>,
    made: &Made,
    before: u64,
) -> rusqlite::Result<Option<Act>> {
    let act = shown_act(audit, made)?;
    if let Some(act) = &act {
        follows(audit, made, act, before);
    }
    Ok(act)
}

/// What an act had made again, and what the box remembered then (P28). Sequences go on from there.
pub(crate) fn reissue(audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<Option<Reissue>> {
    let Some(act) = shown_act(audit, made)? else {
        return Ok(None);
    };
    let ActBody::Reissue(reissue) = act.body else {
        let message = "the act that it names orders something else";
        audit.problem(Code::EvidenceDiffers, made.place(), message, Mills::ZERO);
        return Ok(None);
    };
    follows(audit, made, &act, reissue.memory.act_sequence);
    audit.expect(
        reissue.known.next() == Some(made.body.counter),
        Code::EvidenceDiffers,
        made.place(),
        "the act is for another counter",
        Mills::ZERO,
    );
    Ok(Some(reissue))
}

fn follows(audit: &mut Audit<'_>, made: &Made, act: &Act, before: u64) {
    audit.expect(
        Some(act.sequence) == before.checked_add(1),
        Code::SequenceGap,
        made.place(),
        format_args!("act sequence {} after {before}", act.sequence),
        Mills::ZERO,
    );
}

fn shown_act(audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<Option<Act>> {
    let Some(bytes) = fetch(audit, made)? else {
        return Ok(None);
    };
    let operators = &audit.transcript().operators;
    let Some(act) = signed_by_many::<Act>(audit, made, &bytes, operators) else {
        return Ok(None);
    };
    let body = &made.body;
    let fits = act.installation == body.installation
        && act.box_kind == body.box_kind
        && act.subject == body.subject
        && body.time < act.expires;
    audit.expect(
        fits,
        Code::EvidenceDiffers,
        made.place(),
        "the act is for another subject or had expired",
        Mills::ZERO,
    );
    Ok(Some(act))
}

/// What a manager ordered about a user: the box's own words, which nobody signs.
pub(crate) fn order(audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<Option<UserOrder>> {
    let Some(bytes) = fetch(audit, made)? else {
        return Ok(None);
    };
    let order = match UserOrder::from_bytes(&bytes) {
        Ok(order) => order,
        Err(error) => {
            undecodable(audit, made, &error);
            return Ok(None);
        }
    };
    audit.expect(
        order.user.subject() == made.body.subject && order.counter == made.body.counter,
        Code::EvidenceDiffers,
        made.place(),
        "the order is about another user or counter",
        Mills::ZERO,
    );
    Ok(Some(order))
}

/// The receipt that a meter was made from.
pub(crate) fn receipt(
    audit: &mut Audit<'_>,
    made: &Made,
) -> rusqlite::Result<Option<ManufactureReceipt>> {
    let Some(bytes) = fetch(audit, made)? else {
        return Ok(None);
    };
    let signed = match Signed::<ManufactureReceipt>::from_bytes(&bytes) {
        Ok(signed) => signed,
        Err(error) => {
            undecodable(audit, made, &error);
            return Ok(None);
        }
    };
    let receipt = signed.body.clone();
    let origin = audit.installation.open_statement(
        signed,
        receipt.key,
        BoxKind::Keys,
        KeyUsage::Receipt,
        receipt.time,
    );
    if let Err(error) = origin {
        audit.problem(Code::BadSignature, made.place(), error, Mills::ZERO);
    }
    let fits = receipt.installation == made.body.installation
        && receipt.serial.subject() == made.body.subject
        && receipt.transcript == audit.installation.digest();
    audit.expect(
        fits,
        Code::EvidenceDiffers,
        made.place(),
        "the receipt is for another meter or installation",
        Mills::ZERO,
    );
    Ok(Some(receipt))
}

/// Every row: its digest is right, and a decision refers to it.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT digest, box_kind, subject, counter, evidence FROM evidence ORDER BY digest",
    )?;
    let mut decision = connection.prepare_cached(
        "SELECT decision FROM decisions WHERE box_kind = ?1 AND subject = ?2 AND counter = ?3",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.evidence = audit.report.counts.evidence.saturating_add(1);
        let place = rows::place("evidence", row, 1);
        let (Some(digest), Some(kind), Some(subject), Some(counter), Some(bytes)) = (
            rows::array(row, 0).map(Digest),
            rows::unsigned(row, 1),
            rows::subject(row, 2),
            rows::unsigned(row, 3),
            rows::blob(row, 4),
        ) else {
            let message = "columns are not evidence's";
            audit.problem(Code::UnreadableRow, place, message, Mills::ZERO);
            continue;
        };
        audit.expect(
            digest == statement_digest(bytes),
            Code::EvidenceDiffers,
            &place,
            "its digest is another one",
            Mills::ZERO,
        );
        let key = params![rows::stored(kind), subject.0, rows::stored(counter)];
        let named = decision
            .query_row(key, |row| Ok(rows::blob(row, 0).and_then(evidence_of)))
            .optional()?
            .flatten();
        audit.expect(
            named == Some(digest),
            Code::EvidenceOrphan,
            &place,
            "the decision that its columns name does not refer to it",
            Mills::ZERO,
        );
    }
    Ok(())
}

fn evidence_of(stored: &[u8]) -> Option<Digest> {
    let signed = Signed::<item::Decision>::from_bytes(stored).ok()?;
    Some(signed.body.evidence)
}
