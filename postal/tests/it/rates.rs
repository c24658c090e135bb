//! The bundled rate table: every price of it is asked for, and what services say to each other.

use std::collections::BTreeSet;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use postal::rates::{Channel, Fee, Period, Rate, RateError, Service, Span};
use postal::{RateRequest, RateTable, Reach, ServiceRequest, Shape, US_FIRST_CLASS, Zone};
use proptest::prelude::*;

const DATE: u32 = 20_250_713;

fn table() -> RateTable {
    RateTable::open(US_FIRST_CLASS.as_bytes(), &[], |_, _| true).unwrap()
}

/// Every place that a rate holds in.
fn reaches(period: &Period, rate: &Rate) -> Vec<Reach> {
    match &rate.span {
        Span::Domestic => vec![Reach::Domestic, Reach::Zone(Zone::new(5).unwrap())],
        Span::Zones(zones) => zones.iter().map(|zone| Reach::Zone(*zone)).collect(),
        Span::Groups(codes) => {
            let groups = period
                .groups
                .iter()
                .filter(|group| codes.contains(&group.code));
            groups
                .flat_map(|group| group.countries.iter().cloned().map(Reach::Country))
                .collect()
        }
    }
}

/// A request that a rate answers, at its first step, on the first day of the period.
fn request(period: &Period, rate: &Rate) -> RateRequest {
    RateRequest {
        class: Some(rate.class.clone()),
        channel: rate.channels[0],
        reach: reaches(period, rate)[0].clone(),
        ..RateRequest::new(period.from, rate.shape, rate.steps[0].up_to_milligrams)
    }
}

/// Walks the table and asks for each figure of it; the figures reached are counted against the text.
#[test]
fn every_price_of_the_bundled_table_is_reached() {
    let table = table();
    let mut reached = 0;
    for period in table.periods() {
        for rate in &period.rates {
            reached += every_step(&table, period, rate);
        }
        for surcharge in &period.surcharges {
            for class in &surcharge.classes {
                for shape in &surcharge.shapes {
                    let asked = RateRequest {
                        is_non_machinable: true,
                        ..piece(period, class, *shape)
                    };
                    let quote = table.price(&asked).unwrap();
                    let line = quote.surcharge.as_ref().unwrap();
                    assert_eq!(
                        (line.mills, &line.source),
                        (surcharge.mills, &surcharge.source)
                    );
                    assert_eq!(quote.total_mills, quote.base.mills + surcharge.mills);
                }
            }
            reached += 1;
        }
        for service in &period.services {
            reached += every_fee(&table, period, service);
        }
    }
    let written = US_FIRST_CLASS.matches("mills = ").count()
        - US_FIRST_CLASS.matches("up_to_mills = ").count();
    assert_eq!(reached, written);
}

/// How many steps the rate has: each is asked for at its limit and just above the one before, in each channel
/// and place, on the first and the last day of the period.
fn every_step(table: &RateTable, period: &Period, rate: &Rate) -> usize {
    let last_day = period.to.unwrap_or(99_991_231);
    let mut lower = 0;
    for step in &rate.steps {
        for reach in reaches(period, rate) {
            for channel in &rate.channels {
                for (date, weight_milligrams) in
                    [(period.from, lower + 1), (last_day, step.up_to_milligrams)]
                {
                    let asked = RateRequest {
                        class: Some(rate.class.clone()),
                        channel: *channel,
                        reach: reach.clone(),
                        ..RateRequest::new(date, rate.shape, weight_milligrams)
                    };
                    let quote = table
                        .price(&asked)
                        .unwrap_or_else(|error| panic!("{asked:?}: {error}"));
                    assert_eq!(
                        (quote.total_mills, quote.category),
                        (step.mills, step.category),
                        "{asked:?}"
                    );
                    assert_eq!(
                        (quote.base.mills, &quote.base.source),
                        (step.mills, &rate.source)
                    );
                    assert!(quote.is_illustrative);
                }
            }
        }
        lower = step.up_to_milligrams;
    }
    rate.steps.len()
}

/// A piece of a class and shape that has a price.
fn piece(period: &Period, class: &str, shape: Shape) -> RateRequest {
    let fits = |rate: &&Rate| rate.class == class && rate.shape == shape;
    request(period, period.rates.iter().find(fits).unwrap())
}

/// A service with the value that a fee by value wants.
fn wanted(service: &Service, value_mills: u64) -> ServiceRequest {
    let value_mills = matches!(service.fee, Fee::ByValue(_)).then_some(value_mills);
    ServiceRequest {
        code: service.code.clone(),
        value_mills,
    }
}

/// How many figures the service has: each is asked for with each class and shape that has it, beside each
/// prerequisite that goes with the same piece.
fn every_fee(table: &RateTable, period: &Period, service: &Service) -> usize {
    let figures: Vec<(u64, u64)> = match &service.fee {
        Fee::Flat(mills) => vec![(0, *mills)],
        Fee::ByValue(bands) => {
            let lower = std::iter::once(1).chain(bands.iter().map(|band| band.up_to_mills + 1));
            let edges = bands.iter().zip(lower);
            edges
                .flat_map(|(band, lower)| [(lower, band.mills), (band.up_to_mills, band.mills)])
                .collect()
        }
    };
    let mut asked_for = BTreeSet::new();
    for class in &service.classes {
        for shape in &service.shapes {
            if !period
                .rates
                .iter()
                .any(|rate| rate.class == *class && rate.shape == *shape)
            {
                continue;
            }
            let takes =
                |other: &&Service| other.classes.contains(class) && other.shapes.contains(shape);
            let needs = service
                .needs
                .iter()
                .map(|code| period.service(code).unwrap())
                .filter(takes);
            let beside: Vec<Option<&Service>> = if service.needs.is_empty() {
                vec![None]
            } else {
                needs.map(Some).collect()
            };
            for (value, mills) in &figures {
                for other in &beside {
                    let services = other
                        .iter()
                        .map(|other| wanted(other, 1))
                        .chain([wanted(service, *value)]);
                    let asked = RateRequest {
                        services: services.collect(),
                        ..piece(period, class, *shape)
                    };
                    let quote = table
                        .price(&asked)
                        .unwrap_or_else(|error| panic!("{asked:?}: {error}"));
                    let line = quote.services.last().unwrap();
                    assert_eq!(
                        (&line.code, line.mills),
                        (&service.code, *mills),
                        "{asked:?}"
                    );
                    assert_eq!(line.source, service.source);
                    assert_eq!(
                        quote.total_mills,
                        quote.lines().map(|line| line.mills).sum::<u64>()
                    );
                    asked_for.insert(*mills);
                }
            }
        }
    }
    assert_eq!(
        asked_for,
        figures.iter().map(|(_, mills)| *mills).collect(),
        "{}",
        service.code
    );
    if matches!(service.fee, Fee::Flat(_)) {
        1
    } else {
        figures.len() / 2
    }
}

#[test]
fn services_that_do_not_go_together() {
    let service = |code: &str| ServiceRequest {
        code: code.to_owned(),
        value_mills: None,
    };
    let valued = |code: &str, mills| ServiceRequest {
        code: code.to_owned(),
        value_mills: Some(mills),
    };
    let exclude = |one: &str, other: &str| RateError::ServicesExclude {
        one: one.into(),
        other: other.into(),
    };
    let cases = [
        (
            vec![service("certified"), service("certified")],
            RateError::ServiceTwice {
                service: "certified".into(),
            },
        ),
        (
            vec![service("return-receipt")],
            RateError::ServiceNeeds {
                service: "return-receipt".into(),
                needs: "certified or registered or insured or collect-on-delivery".into(),
            },
        ),
        (
            vec![service("certified"), valued("registered", 1_000)],
            exclude("certified", "registered"),
        ),
        (
            vec![valued("registered", 1_000), service("certified")],
            exclude("certified", "registered"),
        ),
        (
            vec![valued("insured", 1), valued("collect-on-delivery", 1)],
            exclude("insured", "collect-on-delivery"),
        ),
        (
            vec![service("insured")],
            RateError::ValueMissing {
                service: "insured".into(),
            },
        ),
        (
            vec![valued("insured", 0)],
            RateError::ValueMissing {
                service: "insured".into(),
            },
        ),
        (
            vec![valued("certified", 1)],
            RateError::ValueNotAsked {
                service: "certified".into(),
            },
        ),
        (
            vec![valued("insured", 5_000_001)],
            RateError::ValueTooHigh {
                service: "insured".into(),
                value_mills: 5_000_001,
                limit_mills: 5_000_000,
            },
        ),
    ];
    let table = table();
    for (services, expected) in cases {
        let asked = RateRequest {
            services,
            ..RateRequest::new(DATE, Shape::Letter, 28_350)
        };
        assert_eq!(table.price(&asked), Err(expected), "{:?}", asked.services);
    }
    let parcel = RateRequest {
        services: vec![service("certified")],
        reach: Reach::Zone(Zone::new(4).unwrap()),
        ..RateRequest::new(DATE, Shape::Parcel, 28_350)
    };
    let expected = RateError::ServiceNotForPiece {
        service: "certified".into(),
        class: "ground".into(),
        shape: Shape::Parcel,
    };
    assert_eq!(table.price(&parcel), Err(expected));
    let other = RateRequest {
        services: vec![service("gold")],
        ..parcel
    };
    let text = table.price(&other).unwrap_err().to_string();
    assert!(
        text.contains("gold") && text.contains("certified, return-receipt"),
        "{text}"
    );
}

#[test]
fn pieces_that_have_no_price() {
    let letter = RateRequest::new(DATE, Shape::Letter, 28_350);
    let to = |country: &str| Reach::Country(country.to_owned());
    let table = table();
    let text = |asked: RateRequest| table.price(&asked).unwrap_err().to_string();
    let cases = [
        (
            RateRequest {
                class: Some("gold".into()),
                ..letter.clone()
            },
            "class \"gold\" is not known",
        ),
        (
            RateRequest {
                class: Some("ground".into()),
                ..letter.clone()
            },
            "in class ground within the country",
        ),
        (
            RateRequest {
                channel: Channel::Commercial,
                ..letter.clone()
            },
            "no commercial price",
        ),
        (
            RateRequest {
                reach: to("US"),
                ..letter.clone()
            },
            "no prices for country \"US\"",
        ),
        (
            RateRequest {
                reach: to("XX"),
                ..letter.clone()
            },
            "no prices for country \"XX\"",
        ),
        (
            RateRequest {
                shape: Shape::Flat,
                reach: to("DE"),
                ..letter.clone()
            },
            "to DE on 20250713",
        ),
        (
            RateRequest {
                shape: Shape::Flat,
                is_non_machinable: true,
                ..letter.clone()
            },
            "has no price as non-machinable",
        ),
    ];
    for (asked, expected) in cases {
        let found = text(asked.clone());
        assert!(found.contains(expected), "{asked:?}: {found}");
    }
    let abroad = RateRequest {
        reach: to("de"),
        ..letter
    };
    assert_eq!(table.price(&abroad).unwrap().class, "international");
}

/// A table is refused when one bit of it differs, when it is not signed, and when another key signed it.
#[test]
fn a_table_must_be_signed_by_the_right_key() {
    let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let other = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
    let public = UnparsedPublicKey::new(&ED25519, key.public_key().as_ref().to_vec());
    let check = |table: &[u8], signature: &[u8]| public.verify(table, signature).is_ok();
    let bytes = US_FIRST_CLASS.as_bytes();
    let signature = key.sign(bytes);
    assert!(RateTable::open(bytes, signature.as_ref(), check).is_ok());
    let refused = |table: &[u8], signature: &[u8]| {
        assert_eq!(
            RateTable::open(table, signature, check).unwrap_err(),
            RateError::Signature
        );
    };
    refused(bytes, &[]);
    refused(bytes, other.sign(bytes).as_ref());
    for at in (0..bytes.len()).step_by(997) {
        let mut altered = bytes.to_vec();
        altered[at] ^= 1;
        refused(&altered, signature.as_ref());
    }
    let dearer = US_FIRST_CLASS.replacen("mills = 740", "mills = 741", 1);
    refused(dearer.as_bytes(), signature.as_ref());
}

#[test]
fn a_list_of_what_there_is() {
    let table = table();
    let classes: Vec<&str> = table
        .classes()
        .iter()
        .map(|class| class.code.as_str())
        .collect();
    assert_eq!(classes, ["first-class", "ground", "international"]);
    let period = table.period(DATE).unwrap();
    assert_eq!(period.from, DATE);
    assert_eq!(period.group_of("CA").unwrap().code, "north");
    assert_eq!(period.group_of("PR"), None);
    assert_eq!(
        table.period(20_240_713),
        Err(RateError::NoRateOnDate { date: 20_240_713 })
    );
    // Each service that needs another, and each that excludes one, can be shown with it.
    let receipt = period.service("return-receipt").unwrap();
    assert!(receipt.needs.contains(&"certified".to_owned()));
}

proptest! {
    /// Whatever is asked, the total is the sum of the lines or there is a reason.
    #[test]
    fn a_total_is_the_sum_of_its_lines(
        shape in prop::sample::select(Shape::ALL.to_vec()),
        channel in prop::sample::select(Channel::ALL.to_vec()),
        zone in 1u8..=9, weight_milligrams in 1u32..35_000_000, is_non_machinable in any::<bool>(),
        services in prop::sample::subsequence(
            vec![("certified", None), ("return-receipt", None), ("insured", Some(90_000)), ("registered", Some(1))], 0..3,
        ),
    ) {
        let services = services.into_iter()
            .map(|(code, value_mills)| ServiceRequest { code: code.to_owned(), value_mills })
            .collect();
        let asked = RateRequest {
            channel,
            reach: Reach::Zone(Zone::new(zone).unwrap()),
            is_non_machinable,
            services,
            ..RateRequest::new(DATE, shape, weight_milligrams)
        };
        match table().price(&asked) {
            Ok(quote) => {
                prop_assert_eq!(quote.total_mills, quote.lines().map(|line| line.mills).sum::<u64>());
                prop_assert_eq!(quote.services.len(), asked.services.len());
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
