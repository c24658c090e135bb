//! Extra services: which go with what, which need and which exclude each other, what each costs.
//!
//! Not here: their list, which is the table's. Called by `quote`.

use super::{Fee, Line, Period, RateError, RateRequest, Service, ServiceRequest};

impl Period {
    /// A line for each service of a request whose class is known, in the request's order.
    ///
    /// # Errors
    /// The first of: a service unknown, asked for twice, not for this class and shape, a value missing,
    /// superfluous or too high; then a prerequisite that is missing; then two that exclude each other.
    pub(super) fn fees(&self, class: &str, request: &RateRequest) -> Result<Vec<Line>, RateError> {
        let mut chosen: Vec<&Service> = Vec::new();
        let mut lines = Vec::new();
        for wanted in &request.services {
            let service = self
                .service(&wanted.code)
                .ok_or_else(|| RateError::UnknownService {
                    found: wanted.code.chars().take(32).collect(),
                    known: self
                        .services
                        .iter()
                        .map(|service| service.code.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                })?;
            if chosen.iter().any(|other| other.code == service.code) {
                return Err(RateError::ServiceTwice {
                    service: service.code.clone(),
                });
            }
            if !service.shapes.contains(&request.shape)
                || !service.classes.iter().any(|code| code == class)
            {
                return Err(RateError::ServiceNotForPiece {
                    service: service.code.clone(),
                    class: class.to_owned(),
                    shape: request.shape,
                });
            }
            lines.push(Line {
                code: service.code.clone(),
                description: service.description.clone(),
                source: service.source.clone(),
                mills: fee(service, wanted)?,
            });
            chosen.push(service);
        }
        combine(&chosen)?;
        Ok(lines)
    }
}

/// Whether the services go together.
fn combine(chosen: &[&Service]) -> Result<(), RateError> {
    let is_chosen = |code: &String| chosen.iter().any(|other| other.code == *code);
    for service in chosen {
        if !service.needs.is_empty() && !service.needs.iter().any(is_chosen) {
            return Err(RateError::ServiceNeeds {
                service: service.code.clone(),
                needs: service.needs.join(" or "),
            });
        }
    }
    for service in chosen {
        if let Some(other) = service.excludes.iter().find(|code| is_chosen(code)) {
            return Err(RateError::ServicesExclude {
                one: service.code.clone(),
                other: other.clone(),
            });
        }
    }
    Ok(())
}

/// The fee of a service for the value that was declared.
fn fee(service: &Service, wanted: &ServiceRequest) -> Result<u64, RateError> {
    let code = || service.code.clone();
    match (&service.fee, wanted.value_mills) {
        (Fee::Flat(mills), None) => Ok(*mills),
        (Fee::Flat(_), Some(_)) => Err(RateError::ValueNotAsked { service: code() }),
        (Fee::ByValue(_), None | Some(0)) => Err(RateError::ValueMissing { service: code() }),
        (Fee::ByValue(bands), Some(value_mills)) => {
            let band = bands.iter().find(|band| value_mills <= band.up_to_mills);
            band.map(|band| band.mills)
                .ok_or_else(|| RateError::ValueTooHigh {
                    service: code(),
                    value_mills,
                    limit_mills: bands.last().map_or(0, |last| last.up_to_mills),
                })
        }
    }
}
