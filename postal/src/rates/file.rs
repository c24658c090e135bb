//! The written form of a rate table, and the rules that its content keeps.
//!
//! Not here: the signature (checked before), pricing. Called once, by `RateTable::open`.
//!
//! Rules: format 2; texts are one line; periods rise and do not overlap, only the last may be open-ended;
//! within a period each (class, shape, channel, zone or group) and each category stands once; within a rate
//! weights rise and prices do not fall; every code that is named exists. `extras` has the rules of
//! surcharges, services and groups.

use serde::Deserialize;

use super::{Channel, Class, Period, Rate, RateError, RateTable, Shape, Span, Step};
use crate::date::is_date;
use crate::limits::{
    PRICE_MILLS_MAX, RATE_CLASSES_MAX, RATE_CODE_CHARS_MAX, RATE_PERIODS_MAX, RATE_STEPS_MAX,
    RATE_TEXT_CHARS_MAX, RATES_PER_PERIOD_MAX,
};
use crate::weight::milligrams;
use crate::zone::Zone;

mod extras;

/// The one format that this version reads.
const FORMAT: u32 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    format: u32,
    title: String,
    source: String,
    illustrative: bool,
    class: Vec<ClassFile>,
    period: Vec<PeriodFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassFile {
    code: String,
    title: String,
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodFile {
    from: u32,
    to: Option<u32>,
    source: Option<String>,
    rate: Vec<RateFile>,
    #[serde(default)]
    surcharge: Vec<extras::SurchargeFile>,
    #[serde(default)]
    service: Vec<extras::ServiceFile>,
    #[serde(default)]
    group: Vec<extras::GroupFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    description: String,
    source: Option<String>,
    class: String,
    shape: Shape,
    channels: Vec<Channel>,
    zones: Option<Vec<u8>>,
    groups: Option<Vec<String>>,
    steps: Vec<StepFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    up_to_ounces_hundredths: u32,
    mills: u64,
    category: String,
}

/// Reads and checks a table whose signature holds.
pub(super) fn read(bytes: &[u8]) -> Result<RateTable, RateError> {
    let text = str::from_utf8(bytes).map_err(|error| RateError::Format {
        reason: error.to_string(),
    })?;
    let file: TableFile = toml::from_str(text).map_err(|error| RateError::Format {
        reason: error.to_string(),
    })?;
    rule(file.format == FORMAT, || {
        format!("format {} is not known, only {FORMAT} is", file.format)
    })?;
    one_line(&file.title, "title")?;
    one_line(&file.source, "source")?;
    let classes = read_classes(file.class)?;
    count(file.period.len(), RATE_PERIODS_MAX, "periods")?;
    let mut periods: Vec<Period> = Vec::with_capacity(file.period.len());
    for period in file.period {
        let period = read_period(period, &file.source, &classes)?;
        if let Some(before) = periods.last() {
            rule(before.to.is_some_and(|to| to < period.from), || {
                format!(
                    "the period from {} must end before the next begins at {}",
                    before.from, period.from
                )
            })?;
        }
        periods.push(period);
    }
    Ok(RateTable {
        title: file.title,
        illustrative: file.illustrative,
        classes,
        periods,
    })
}

fn read_classes(files: Vec<ClassFile>) -> Result<Vec<Class>, RateError> {
    count(files.len(), RATE_CLASSES_MAX, "classes")?;
    for class in &files {
        code(&class.code)?;
        one_line(&class.title, "title of a class")?;
        one_line(&class.description, "description of a class")?;
    }
    if let Some(repeated) = first_repeated(files.iter().map(|class| &class.code)) {
        return broken(format!("class {repeated} stands twice"));
    }
    let class = |file: ClassFile| Class {
        code: file.code,
        title: file.title,
        description: file.description,
    };
    Ok(files.into_iter().map(class).collect())
}

fn read_period(
    file: PeriodFile,
    table_source: &str,
    classes: &[Class],
) -> Result<Period, RateError> {
    let PeriodFile {
        from,
        to,
        source,
        rate,
        surcharge,
        service,
        group,
    } = file;
    for date in [Some(from), to].into_iter().flatten() {
        rule(is_date(date), || format!("{date} is not a date (YYYYMMDD)"))?;
    }
    rule(to.is_none_or(|to| from <= to), || {
        format!("the period from {from} ends before it begins")
    })?;
    let source = source.as_deref().unwrap_or(table_source);
    one_line(source, "source of a period")?;
    count(rate.len(), RATES_PER_PERIOD_MAX, "rates of a period")?;
    let groups = extras::groups(group)?;
    let rates = rate
        .into_iter()
        .map(|rate| read_rate(rate, source))
        .collect::<Result<Vec<_>, _>>()?;
    for rate in &rates {
        known_class(classes, &rate.class)?;
        if let Span::Groups(codes) = &rate.span {
            for wanted in codes {
                rule(groups.iter().any(|group| group.code == *wanted), || {
                    format!("{}: group {wanted} is not in the period", rate.description)
                })?;
            }
        }
    }
    if let Some((class, shape, channel, place)) = first_repeated(rates.iter().flat_map(keys)) {
        return broken(format!(
            "the period from {from} has two rates for {class}, {shape}, {channel}, {place}"
        ));
    }
    let categories = rates
        .iter()
        .flat_map(|rate| rate.steps.iter().map(|step| step.category));
    if let Some(category) = first_repeated(categories) {
        return broken(format!(
            "the period from {from} has category {} twice",
            category.escape_ascii()
        ));
    }
    let surcharges = extras::surcharges(surcharge, source, classes)?;
    let services = extras::services(service, source, classes)?;
    Ok(Period {
        from,
        to,
        rates,
        surcharges,
        services,
        groups,
    })
}

/// Every key that a rate answers to.
fn keys(rate: &Rate) -> Vec<(String, Shape, Channel, String)> {
    let places = match &rate.span {
        Span::Domestic => vec!["domestic".to_owned()],
        Span::Zones(zones) => zones
            .iter()
            .map(|zone| format!("zone {}", zone.number()))
            .collect(),
        Span::Groups(groups) => groups
            .iter()
            .map(|group| format!("group {group}"))
            .collect(),
    };
    let key = |place: &String, channel| (rate.class.clone(), rate.shape, channel, place.clone());
    let channels = || rate.channels.iter().copied();
    places
        .iter()
        .flat_map(|place| channels().map(move |channel| key(place, channel)))
        .collect()
}

fn read_rate(file: RateFile, period_source: &str) -> Result<Rate, RateError> {
    let RateFile {
        description,
        source,
        class,
        shape,
        channels,
        zones,
        groups,
        steps,
    } = file;
    let source = source.unwrap_or_else(|| period_source.to_owned());
    one_line(&description, "description")?;
    one_line(&source, "source of a rate")?;
    // More channels than there are would repeat one, which the period refuses.
    rule(!channels.is_empty(), || {
        format!("{description}: no channel")
    })?;
    let span = read_span(zones, groups, &description)?;
    count(steps.len(), RATE_STEPS_MAX, "steps of a rate")?;
    let steps = steps
        .into_iter()
        .map(|step| read_step(step, &description))
        .collect::<Result<Vec<_>, _>>()?;
    let rises = |one: &Step, next: &Step| {
        one.up_to_milligrams < next.up_to_milligrams && one.mills <= next.mills
    };
    rule(steps.is_sorted_by(rises), || {
        format!("{description}: the steps must rise in weight and not fall in price")
    })?;
    Ok(Rate {
        description,
        source,
        class,
        shape,
        channels,
        span,
        steps,
    })
}

fn read_span(
    zones: Option<Vec<u8>>,
    groups: Option<Vec<String>>,
    rate: &str,
) -> Result<Span, RateError> {
    match (zones, groups) {
        (None, None) => Ok(Span::Domestic),
        (Some(zones), None) if !zones.is_empty() => {
            let zone = |number| match Zone::new(number) {
                Some(zone) => Ok(zone),
                None => broken(format!("{rate}: zone {number} is not 1 to 9")),
            };
            zones
                .into_iter()
                .map(zone)
                .collect::<Result<_, _>>()
                .map(Span::Zones)
        }
        (None, Some(groups)) if !groups.is_empty() => Ok(Span::Groups(groups)),
        _ => broken(format!(
            "{rate}: give zones or groups or neither, and at least one of them"
        )),
    }
}

fn read_step(file: StepFile, rate: &str) -> Result<Step, RateError> {
    let StepFile {
        up_to_ounces_hundredths,
        mills,
        category,
    } = file;
    let up_to_milligrams =
        milligrams(up_to_ounces_hundredths).map_err(|error| RateError::Inconsistent {
            reason: format!("{rate}: {error}"),
        })?;
    price(mills, rate)?;
    let well_formed = |bytes: &[u8; 4]| {
        bytes
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let Some(category) = category.as_bytes().try_into().ok().filter(well_formed) else {
        return broken(format!(
            "{rate}: category {category:?} is not four capitals or digits"
        ));
    };
    Ok(Step {
        up_to_milligrams,
        mills,
        category,
    })
}

/// The first item that stands a second time.
fn first_repeated<Item: PartialEq>(items: impl Iterator<Item = Item>) -> Option<Item> {
    let mut seen = Vec::new();
    for item in items {
        if seen.contains(&item) {
            return Some(item);
        }
        seen.push(item);
    }
    None
}

fn one_line(text: &str, what: &str) -> Result<(), RateError> {
    let fits = !text.trim().is_empty()
        && text.chars().nth(RATE_TEXT_CHARS_MAX).is_none()
        && !text.contains(char::is_control);
    rule(fits, || {
        format!("the {what} must be one line of 1 to {RATE_TEXT_CHARS_MAX} characters")
    })
}

fn count(found: usize, most: usize, what: &str) -> Result<(), RateError> {
    rule((1..=most).contains(&found), || {
        format!("{found} {what}: there must be 1 to {most}")
    })
}

fn rule(holds: bool, reason: impl FnOnce() -> String) -> Result<(), RateError> {
    if holds { Ok(()) } else { broken(reason()) }
}

fn broken<Value>(reason: String) -> Result<Value, RateError> {
    Err(RateError::Inconsistent { reason })
}

fn price(mills: u64, what: &str) -> Result<(), RateError> {
    rule((1..=PRICE_MILLS_MAX).contains(&mills), || {
        format!("{what}: {mills} mills is not a price (1 to {PRICE_MILLS_MAX})")
    })
}

/// A word of requests: lower-case letters, digits and hyphens.
fn code(text: &str) -> Result<(), RateError> {
    let fits = (1..=RATE_CODE_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    rule(fits, || {
        format!(
            "code {text:?} must be 1 to {RATE_CODE_CHARS_MAX} lower-case letters, digits and hyphens"
        )
    })
}

fn known_class(classes: &[Class], wanted: &str) -> Result<(), RateError> {
    rule(classes.iter().any(|class| class.code == wanted), || {
        format!("class {wanted} is named and not among the classes")
    })
}
