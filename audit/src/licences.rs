//! Licences: applications, the agreements that they accept, and the acts or refusals that answer them.
//!
//! Names and addresses may have been erased; what is there must be what was signed.

use crate::context::Audit;
use crate::{Code, rows};
use item::{
    Act, ActBody, Digest, Layout, LicenceApplication, LicenceDetails, LicenceRefusal, MeterSerial,
    Mills, MultiSigned, Signed,
};
use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;
use verify::{agreement_digest, licence_details_digest, open, open_by_quorum, statement_digest};

/// Every agreement and application.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    agreements(audit)?;
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT digest, account, meter, application, details, refusal, act FROM licences
         ORDER BY digest",
    )?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        audit.report.counts.licences = audit.report.counts.licences.saturating_add(1);
        application(audit, row)?;
    }
    Ok(())
}

fn agreements(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement =
        connection.prepare_cached("SELECT digest, text FROM agreements ORDER BY digest")?;
    let mut all = statement.query([])?;
    while let Some(row) = all.next()? {
        audit.row();
        let fits = rows::array(row, 0).map(Digest) == rows::blob(row, 1).map(agreement_digest)
            && rows::blob(row, 1).is_some();
        let message = "the text is not the one that its digest names";
        let place = rows::place("agreements", row, 1);
        audit.expect(fits, Code::LicenceDiffers, place, message, Mills::ZERO);
    }
    Ok(())
}

fn application(audit: &mut Audit<'_>, row: &rusqlite::Row<'_>) -> rusqlite::Result<()> {
    let place = rows::place("licences", row, 1);
    let bytes = rows::blob(row, 3).unwrap_or_default();
    let Ok(signed) = Signed::<LicenceApplication>::from_bytes(bytes) else {
        let message = "it is no application";
        audit.problem(Code::Undecodable, place, message, Mills::ZERO);
        return Ok(());
    };
    let body = signed.body.clone();
    if let Err(error) = open(signed, &body.key) {
        audit.problem(Code::BadSignature, &place, error, Mills::ZERO);
    }
    let digest = statement_digest(bytes);
    let copied = rows::array(row, 0).map(Digest) == Some(digest)
        && rows::array(row, 1) == Some(body.account.0)
        && rows::unsigned(row, 2) == Some(u64::from(body.meter.0));
    let message = "digest, account or meter differ from the application";
    audit.expect(copied, Code::ColumnDiffers, &place, message, Mills::ZERO);
    audit.expect(
        body.installation == audit.transcript().installation,
        Code::Foreign,
        &place,
        "it is for another installation",
        Mills::ZERO,
    );
    let agreed = audit
        .connection
        .prepare_cached("SELECT 1 FROM agreements WHERE digest = ?1")?
        .exists([body.agreement.0])?;
    let message = "the agreement that it accepts is not kept";
    audit.expect(agreed, Code::LicenceDiffers, &place, message, Mills::ZERO);
    let is_null = |column| matches!(row.get_ref(column), Ok(ValueRef::Null));
    if is_null(4) {
        let message = "its details were erased";
        audit.notice(Code::LicenceErased, &place, message);
    } else {
        let details = rows::blob(row, 4).and_then(|b| LicenceDetails::from_bytes(b).ok());
        let fits = details.is_some_and(|details| licence_details_digest(&details) == body.details);
        let message = "its details are not those that were signed";
        audit.expect(fits, Code::LicenceDiffers, &place, message, Mills::ZERO);
    }
    if !is_null(5) {
        refusal(
            audit,
            &place,
            rows::blob(row, 5).unwrap_or_default(),
            &digest,
        );
    }
    if !is_null(6) {
        let act = act_of(audit, rows::array(row, 6))?;
        let fits = act.is_some_and(|act| {
            names(&act) == Some(digest) && MeterSerial::of_subject(&act.subject) == Some(body.meter)
        });
        let message = "the act that is said to grant it does not name it";
        audit.expect(fits, Code::LicenceDiffers, &place, message, Mills::ZERO);
    }
    Ok(())
}

fn refusal(audit: &mut Audit<'_>, place: &str, bytes: &[u8], digest: &Digest) {
    let Ok(signed) = MultiSigned::<LicenceRefusal>::from_bytes(bytes) else {
        let message = "its refusal is none";
        audit.problem(Code::Undecodable, place, message, Mills::ZERO);
        return;
    };
    let body = signed.body.clone();
    if let Err(error) = open_by_quorum(signed, &audit.transcript().operators) {
        audit.problem(Code::BadQuorum, place, error, Mills::ZERO);
    }
    let transcript = audit.transcript();
    let fits = body.application == *digest && body.installation == transcript.installation;
    let message = "its refusal is of another application or installation";
    audit.expect(fits, Code::LicenceDiffers, place, message, Mills::ZERO);
}

/// The application that an act names.
fn names(act: &Act) -> Option<Digest> {
    match act.body {
        ActBody::License { application, .. } if application != Digest::ZERO => Some(application),
        _ => None,
    }
}

fn act_of(audit: &Audit<'_>, digest: Option<[u8; 32]>) -> rusqlite::Result<Option<Act>> {
    let Some(digest) = digest else {
        return Ok(None);
    };
    let found = audit
        .connection
        .prepare_cached("SELECT evidence FROM evidence WHERE digest = ?1")?
        .query_row([digest], |row| Ok(rows::blob(row, 0).map(<[u8]>::to_vec)))
        .optional()?
        .flatten();
    Ok(found.and_then(|bytes| Some(MultiSigned::<Act>::from_bytes(&bytes).ok()?.body)))
}

/// What an act of licence rests on: the application that it names is kept, for this meter, and says
/// where the meter was registered.
pub(crate) fn granted(
    audit: &mut Audit<'_>,
    place: &dyn std::fmt::Display,
    act: &Act,
    evidence: &Digest,
    registered: (item::Zip, item::Zip),
) -> rusqlite::Result<()> {
    let Some(application) = names(act) else {
        return Ok(());
    };
    let row = audit
        .connection
        .prepare_cached("SELECT application, act FROM licences WHERE digest = ?1")?
        .query_row([application.0], |row| {
            let bytes = rows::blob(row, 0).unwrap_or_default();
            Ok((
                Signed::<LicenceApplication>::from_bytes(bytes).ok(),
                rows::array(row, 1).map(Digest),
            ))
        })
        .optional()?;
    let Some((signed, noted)) = row else {
        let message = "the application that the act grants is not kept";
        audit.problem(Code::LicenceMissing, place, message, Mills::ZERO);
        return Ok(());
    };
    audit.expect(
        noted == Some(*evidence),
        Code::ColumnDiffers,
        place,
        "the application that the act grants names another act, or none",
        Mills::ZERO,
    );
    let fits = signed.is_some_and(|signed| {
        let body = signed.body;
        MeterSerial::of_subject(&act.subject) == Some(body.meter)
            && registered == (body.origin, body.licensing)
    });
    let message = "the meter is not licensed as its application asked";
    audit.expect(fits, Code::LicenceDiffers, place, message, Mills::ZERO);
    Ok(())
}
