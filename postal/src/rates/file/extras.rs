//! The written form of surcharges, services and groups of countries, and their rules.
//!
//! Rules: each code stands once, each country in one group; a service that is named exists, is not the one
//! that names it, and is not both needed and excluded; fees by value rise in value and do not fall.

use serde::Deserialize;

use super::{broken, code, count, first_repeated, known_class, one_line, price, rule};
use crate::limits::{RATE_BANDS_MAX, RATE_COUNTRIES_MAX, RATE_GROUPS_MAX, RATE_SERVICES_MAX};
use crate::rates::{Band, Class, Fee, Group, RateError, Service, Shape, Surcharge};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SurchargeFile {
    description: String,
    source: Option<String>,
    classes: Vec<String>,
    shapes: Vec<Shape>,
    mills: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceFile {
    code: String,
    description: String,
    source: Option<String>,
    classes: Vec<String>,
    shapes: Vec<Shape>,
    mills: Option<u64>,
    bands: Option<Vec<BandFile>>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    excludes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandFile {
    up_to_mills: u64,
    mills: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFile {
    code: String,
    description: String,
    countries: Vec<String>,
}

pub(super) fn surcharges(
    files: Vec<SurchargeFile>,
    period_source: &str,
    classes: &[Class],
) -> Result<Vec<Surcharge>, RateError> {
    at_most(files.len(), RATE_SERVICES_MAX, "surcharges")?;
    let read = |file: SurchargeFile| {
        let SurchargeFile {
            description,
            source,
            classes: of,
            shapes,
            mills,
        } = file;
        let source = source.unwrap_or_else(|| period_source.to_owned());
        texts(&description, &source)?;
        pieces(&description, &of, &shapes, classes)?;
        price(mills, &description)?;
        Ok(Surcharge {
            description,
            source,
            classes: of,
            shapes,
            mills,
        })
    };
    let surcharges = files
        .into_iter()
        .map(read)
        .collect::<Result<Vec<_>, RateError>>()?;
    let keys = surcharges.iter().flat_map(|surcharge| {
        let of = |class: &String| {
            surcharge
                .shapes
                .iter()
                .map(move |shape| (class.clone(), *shape))
                .collect::<Vec<_>>()
        };
        surcharge.classes.iter().flat_map(of).collect::<Vec<_>>()
    });
    if let Some((class, shape)) = first_repeated(keys) {
        return broken(format!("two surcharges for {class}, {shape}"));
    }
    Ok(surcharges)
}

pub(super) fn services(
    files: Vec<ServiceFile>,
    period_source: &str,
    classes: &[Class],
) -> Result<Vec<Service>, RateError> {
    at_most(files.len(), RATE_SERVICES_MAX, "services")?;
    let read = |file| read_service(file, period_source, classes);
    let services = files.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if let Some(repeated) = first_repeated(services.iter().map(|service| &service.code)) {
        return broken(format!("service {repeated} stands twice"));
    }
    for service in &services {
        for named in service.needs.iter().chain(&service.excludes) {
            let is_another =
                *named != service.code && services.iter().any(|other| other.code == *named);
            rule(is_another, || {
                format!(
                    "service {} names {named}, which is no other service",
                    service.code
                )
            })?;
        }
        let both = service
            .needs
            .iter()
            .find(|needed| service.excludes.contains(needed));
        rule(both.is_none(), || {
            format!("service {} needs and excludes the same", service.code)
        })?;
    }
    Ok(services)
}

fn read_service(
    file: ServiceFile,
    period_source: &str,
    classes: &[Class],
) -> Result<Service, RateError> {
    let ServiceFile {
        code: word,
        description,
        source,
        classes: of,
        shapes,
        mills,
        bands,
        needs,
        excludes,
    } = file;
    let source = source.unwrap_or_else(|| period_source.to_owned());
    code(&word)?;
    texts(&description, &source)?;
    pieces(&description, &of, &shapes, classes)?;
    let fee = match (mills, bands) {
        (Some(mills), None) => {
            price(mills, &description)?;
            Fee::Flat(mills)
        }
        (None, Some(bands)) => Fee::ByValue(read_bands(bands, &description)?),
        _ => return broken(format!("{description}: give mills or bands, one of them")),
    };
    Ok(Service {
        code: word,
        description,
        source,
        classes: of,
        shapes,
        fee,
        needs,
        excludes,
    })
}

fn read_bands(files: Vec<BandFile>, service: &str) -> Result<Vec<Band>, RateError> {
    count(files.len(), RATE_BANDS_MAX, "bands of a fee")?;
    for band in &files {
        price(band.mills, service)?;
        rule(band.up_to_mills > 0, || {
            format!("{service}: a band ends at nothing")
        })?;
    }
    let band = |file: BandFile| Band {
        up_to_mills: file.up_to_mills,
        mills: file.mills,
    };
    let bands: Vec<Band> = files.into_iter().map(band).collect();
    let rises =
        |one: &Band, next: &Band| one.up_to_mills < next.up_to_mills && one.mills <= next.mills;
    rule(bands.is_sorted_by(rises), || {
        format!("{service}: the bands must rise in value and not fall in price")
    })?;
    Ok(bands)
}

pub(super) fn groups(files: Vec<GroupFile>) -> Result<Vec<Group>, RateError> {
    at_most(files.len(), RATE_GROUPS_MAX, "groups")?;
    for group in &files {
        code(&group.code)?;
        one_line(&group.description, "description of a group")?;
        count(
            group.countries.len(),
            RATE_COUNTRIES_MAX,
            "countries of a group",
        )?;
        for country in &group.countries {
            let fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
            rule(fits, || format!("country {country:?} is not two capitals"))?;
        }
    }
    if let Some(repeated) = first_repeated(files.iter().map(|group| &group.code)) {
        return broken(format!("group {repeated} stands twice"));
    }
    if let Some(repeated) = first_repeated(files.iter().flat_map(|group| &group.countries)) {
        return broken(format!("country {repeated} stands twice"));
    }
    let group = |file: GroupFile| Group {
        code: file.code,
        description: file.description,
        countries: file.countries,
    };
    Ok(files.into_iter().map(group).collect())
}

fn texts(description: &str, source: &str) -> Result<(), RateError> {
    one_line(description, "description")?;
    one_line(source, "source")
}

/// Classes and shapes that something is for.
fn pieces(what: &str, of: &[String], shapes: &[Shape], classes: &[Class]) -> Result<(), RateError> {
    rule(!of.is_empty() && !shapes.is_empty(), || {
        format!("{what}: no class or no shape")
    })?;
    of.iter().try_for_each(|class| known_class(classes, class))
}

fn at_most(found: usize, most: usize, what: &str) -> Result<(), RateError> {
    rule(found <= most, || {
        format!("{found} {what}: there may be {most}")
    })
}
