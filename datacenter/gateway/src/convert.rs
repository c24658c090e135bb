//! Between records and the types of `api`.

use crate::extract::base64;
use crate::problem::Refused;
use functions::{
    AcceptOutcome, Code, Examined, Inspection, NamedKey, NamedUser, NewItem, Piece, Postage,
    Scanned, UserScope,
};
use item::{
    BatchId, Currency, Day, Department, EndCustomer, ItemRecord, List, MeterRecord, MeterSerial,
    MeterState, Mills, Rights, Time, Zip,
};
use postal::countries::Country;
use postal::rates::ServiceRequest;
use verify::{Finding, Verdict};

/// RFC 3339, UTC, milliseconds.
pub(crate) fn time(time: Time) -> String {
    i64::try_from(time.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map(|t| t.to_string())
        .unwrap_or_default()
}

/// Out of RFC 3339.
pub(crate) fn time_of(text: &str) -> Option<Time> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok().map(Time)
}

pub(crate) fn currency(code: Currency) -> String {
    match code.0 {
        840 => "USD".to_owned(),
        978 => "EUR".to_owned(),
        other => format!("{other:03}"),
    }
}

fn state(state: MeterState) -> &'static str {
    match state {
        MeterState::Manufactured => "manufactured",
        MeterState::Registered => "registered",
        MeterState::Licensed => "licensed",
        MeterState::Active => "active",
        MeterState::WithdrawalPending => "withdrawal-pending",
        MeterState::Withdrawn => "withdrawn",
    }
}

pub(crate) fn warnings(inspection: Inspection) -> Vec<api::Warning> {
    let (code, detail) = match inspection {
        Inspection::Far => return Vec::new(),
        Inspection::Near(due) => (
            "inspection-near",
            format!(
                "From {due} on the meter dispenses nothing, unless it is reported on or funded."
            ),
        ),
        Inspection::Due(due) => (
            "inspection-due",
            format!("Since {due} the meter dispenses nothing: report on it, or fund it."),
        ),
    };
    vec![api::Warning {
        code: code.to_owned(),
        detail,
    }]
}

pub(crate) fn user(user: &NamedUser) -> api::User {
    let record = &user.record;
    api::User {
        user: record.user.to_string(),
        login: user.login.clone(),
        display_name: user.display_name.clone(),
        disabled: record.rights.is_empty(),
        scope: api::Scope {
            rights: rights_of(record.rights),
            ceiling_mills: record.ceiling.0,
            meters: record
                .meters
                .as_slice()
                .iter()
                .map(|meter| meter.0)
                .collect(),
        },
        last_login: (record.last_login != Time(0)).then(|| time(record.last_login)),
        failed_attempts: record.failed_attempts,
        signing_key: record.signing_key.as_ref().map(|key| hex(key.bytes())),
        recovery_from: (record.recovery_from != Time(0)).then(|| time(record.recovery_from)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn api_key(key: &NamedKey) -> api::ApiKey {
    let record = &key.record;
    let unless_never = |at: Time| (at != Time(0)).then(|| time(at));
    api::ApiKey {
        key: record.key.to_string(),
        name: key.name.clone(),
        user: record.user.to_string(),
        scope: api::Scope {
            rights: rights_of(record.rights),
            ceiling_mills: record.ceiling.0,
            meters: record
                .meters
                .as_slice()
                .iter()
                .map(|meter| meter.0)
                .collect(),
        },
        created: time(key.created),
        expires: unless_never(record.expires),
        previous_until: unless_never(record.previous_until),
        revoked: record.revoked,
        last_used: (record.last_used != Day::NONE).then(|| record.last_used.to_string()),
    }
}

fn rights_of(rights: Rights) -> Vec<String> {
    rights.names().into_iter().map(str::to_owned).collect()
}

/// What a user is to do at most. One set of meters has one form: ascending, each once.
pub(crate) fn scope(scope: &api::Scope) -> Result<UserScope, Refused> {
    let bad = |text: &str| Refused::new(Code::BadScope, text);
    let mut rights = Rights::NONE;
    for name in &scope.rights {
        let right = Rights::of_name(name);
        rights = rights
            .with(right.ok_or_else(|| bad("Rights are `read`, `dispense`, `fund` and `manage`."))?);
    }
    let mut meters: Vec<_> = scope
        .meters
        .iter()
        .map(|meter| MeterSerial(*meter))
        .collect();
    meters.sort_unstable();
    meters.dedup();
    Ok(UserScope {
        rights,
        ceiling: Mills(scope.ceiling_mills),
        meters: List::new(meters).map_err(|_| bad("At most 32 meters can be named."))?,
    })
}

pub(crate) fn meter(record: &MeterRecord, today: Day) -> api::Meter {
    let day = |day: Day| (day != Day::NONE).then(|| day.to_string());
    // The record counts the day and the month of its last item.
    let used = |is_now: bool, mills: Mills| if is_now { mills.0 } else { 0 };
    api::Meter {
        serial: record.serial.0,
        state: state(record.state).to_owned(),
        suspended: record
            .suspended
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        currency: currency(record.currency),
        ascending_mills: record.ascending.0,
        descending_mills: record.descending.0,
        piece_count: record.piece_count,
        counter: record.counter.0,
        origin: format!("{:05}", record.origin.0),
        licensing: format!("{:05}", record.licensing.0),
        limits: api::MeterLimits {
            item_mills: record.limits.item.0,
            day_mills: record.limits.day.0,
            day_used_mills: used(record.day == today, record.day_used),
            month_mills: record.limits.month.0,
            month_used_mills: used(record.month == today.month(), record.month_used),
            descending_mills: record.limits.descending.0,
        },
        inspection: api::MeterInspection {
            last: day(record.inspected),
            due: day(record.inspection_due),
            interval_days: record.inspection_interval_days,
        },
        warnings: warnings(Inspection::of(record, today)),
        funding_sequence: record.funding_sequence,
        act_sequence: record.act_sequence,
        specimen: record.specimen,
    }
}

pub(crate) fn item(record: &ItemRecord, code: Currency) -> api::Item {
    api::Item {
        id: format!("{}-{}", record.meter.0, record.piece_count),
        meter: record.meter.0,
        piece_count: record.piece_count,
        value_mills: record.value.0,
        currency: currency(code),
        category: record.category.as_str().trim_end().to_owned(),
        mailing_date: record.mailing_day.to_string(),
        origin: format!("{:05}", record.origin.0),
        destination: postal::Zip::from_routing(record.destination)
            .ok()
            .flatten()
            .map(|zip| zip.to_string()),
        ascending_mills: record.ascending.0,
        descending_mills: record.descending.0,
        time: time(record.time),
        batch: (record.batch != BatchId::ZERO).then(|| record.batch.to_string()),
        department: (record.department != Department(0)).then_some(record.department.0),
        end_customer: (record.end_customer != EndCustomer(0)).then_some(record.end_customer.0),
        specimen: record.specimen,
        void: false,
        payload: base64(record.payload.as_slice()),
        warnings: Vec::new(),
    }
}

/// `SERIAL-PIECE`.
pub(crate) fn item_id(text: &str) -> Result<(MeterSerial, u32), Refused> {
    text.split_once('-')
        .and_then(|(serial, piece)| Some((serial.parse().ok()?, piece.parse().ok()?)))
        .map(|(serial, piece)| (MeterSerial(serial), piece))
        .ok_or_else(|| Refused::new(Code::NotFound, "An item id is `SERIAL-PIECE`."))
}

/// `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    let dashes = bytes.len() == 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let digits: String = text.split('-').collect();
    let number = (dashes && digits.len() == 8).then(|| digits.parse().ok())??;
    Day::from_decimal(number).filter(|day| *day != Day::NONE)
}

/// Five digits.
pub(crate) fn zip5(text: &str) -> Option<Zip> {
    let five = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    five.then(|| text.parse().ok().map(Zip))?
}

/// One item of a request; `usual` is the origin of those that name none.
pub(crate) fn new_item(order: &api::ItemOrder, usual: Option<Zip>) -> Result<NewItem, Refused> {
    let postage = match (&order.shape, &order.weight_oz, order.value_mills) {
        (Some(shape), Some(weight), None) => Postage::Rated(Piece {
            class: order.class.clone(),
            is_non_machinable: order.non_machinable,
            services: order.services.iter().map(service).collect(),
            ..piece(shape, weight)?
        }),
        (None, None, Some(value)) if is_entered(order) => Postage::Entered(Mills(value)),
        _ => {
            return Err(Refused::new(
                Code::BadValue,
                "Give `shape` and `weight_oz`, with `class`, `non_machinable` and `services` if need \
                 be, or `value_mills` alone.",
            ));
        }
    };
    let mailing_day = order.mailing_date.as_deref().map(mailing_day).transpose()?;
    let origin = order.origin.as_deref().map(origin).transpose()?;
    let country = order.country.as_deref().map(country).transpose()?;
    Ok(NewItem {
        postage,
        mailing_day,
        origin: origin.or(usual),
        recipient: order.recipient.clone(),
        country,
        department: Department(order.department),
        end_customer: EndCustomer(order.end_customer),
    })
}

/// Nothing is said that only a rate would need.
fn is_entered(order: &api::ItemOrder) -> bool {
    order.class.is_none() && !order.non_machinable && order.services.is_empty()
}

/// A piece without anything special.
pub(crate) fn piece(shape: &str, weight_oz: &str) -> Result<Piece, Refused> {
    let no_rate = |error: postal::RateError| Refused::new(Code::NoRate, error.to_string());
    Ok(Piece {
        class: None,
        shape: shape.parse().map_err(no_rate)?,
        weight_milligrams: postal::weight::parse_ounces(weight_oz)
            .map_err(|error| Refused::new(Code::NoRate, error.to_string()))?,
        is_non_machinable: false,
        services: Vec::new(),
    })
}

fn service(order: &api::ServiceOrder) -> ServiceRequest {
    ServiceRequest {
        code: order.code.clone(),
        value_mills: order.value_mills,
    }
}

/// A date of mailing.
pub(crate) fn mailing_day(text: &str) -> Result<Day, Refused> {
    day(text).ok_or_else(|| {
        Refused::new(
            Code::MailingDate,
            "A date is `YYYY-MM-DD`, a day that exists.",
        )
    })
}

/// An origin of deposit.
pub(crate) fn origin(text: &str) -> Result<Zip, Refused> {
    zip5(text).ok_or_else(|| Refused::new(Code::Origin, "An origin has five digits."))
}

/// A country by its code.
pub(crate) fn country(code: &str) -> Result<Country, Refused> {
    Country::of_code(code).ok_or_else(|| {
        Refused::new(
            Code::BadAddress,
            "A country is two letters of ISO 3166-1, like `DE`.",
        )
    })
}

/// `SomeName` as `some-name`.
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn findings(findings: &[Finding]) -> Vec<api::Finding> {
    findings
        .iter()
        .map(|finding| api::Finding {
            code: kebab(finding.code.name()),
            first_seen: finding.first.map(|(at, _)| time(at)),
            first_place: finding.first.map(|(_, place)| format!("{:05}", place.0)),
        })
        .collect()
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept",
        Verdict::Check => "check",
        Verdict::Refuse => "refuse",
    }
    .to_owned()
}

pub(crate) fn verified(examined: &Examined) -> api::Verified {
    let payload = examined.payload.as_ref();
    api::Verified {
        verdict: verdict(examined.verdict),
        findings: findings(&examined.findings),
        item: payload.map(|p| format!("{}-{}", p.meter.0, p.piece_count)),
        value_mills: payload.map(|p| p.value.0),
    }
}

pub(crate) fn accepted(scanned: &Scanned) -> api::Accepted {
    api::Accepted {
        outcome: match scanned.outcome {
            AcceptOutcome::Accepted => "accepted",
            AcceptOutcome::Repeat => "repeat",
            AcceptOutcome::Used => "used",
            AcceptOutcome::Refused => "refused",
        }
        .to_owned(),
        verdict: verdict(scanned.examined.verdict),
        findings: findings(&scanned.examined.findings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_zips_are_strict() {
        assert_eq!(day("2026-11-21").map(Day::decimal), Some(20_261_121));
        for text in [
            "20261121",
            "2026-13-01",
            "2026-02-30",
            "26-11-21",
            "2026-11-2",
            "0000-00-00",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
        assert_eq!(zip5("00501"), Some(Zip(501)));
        for text in ["9581", "958144", "95a14", "+9581", ""] {
            assert_eq!(zip5(text), None, "{text}");
        }
    }

    #[test]
    fn finding_codes_are_kebab() {
        assert_eq!(kebab("NotRecorded"), "not-recorded");
    }
}
