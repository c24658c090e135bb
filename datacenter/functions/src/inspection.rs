//! Inspections: what is said before one is due, and the status report that puts it off. The lock
//! itself, and the comparison of registers, are the meter box's.

use crate::limits::{INSPECTION_NEAR_DAYS, WATCHED_MAX};
use crate::{ActOutcome, Centre, Code, Problem, Session};
use item::{BoxKind, Day, Digest, Layout, MeterRecord, MeterSerial, Mills, StatusReport};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use store::Store;
use verify::request_id;
use wire::{MeterRequest, Report};

/// How near a meter's next inspection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// None is asked for, or not soon.
    Far,
    /// Within two weeks, on this day.
    Near(Day),
    /// Since this day: the meter dispenses nothing.
    Due(Day),
}

impl Inspection {
    /// Of a meter, on a day.
    #[must_use]
    pub fn of(record: &MeterRecord, today: Day) -> Self {
        let due = record.inspection_due;
        if due == Day::NONE {
            Self::Far
        } else if due <= today {
            Self::Due(due)
        } else if due.number() <= today.number().saturating_add(INSPECTION_NEAR_DAYS) {
            Self::Near(due)
        } else {
            Self::Far
        }
    }
}

/// Registers as a user knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    /// Ascending.
    pub ascending: Mills,
    /// Descending.
    pub descending: Mills,
    /// Items ever dispensed.
    pub piece_count: u32,
}

/// Meters whose alert was raised today.
#[derive(Default)]
pub(crate) struct Watched(Mutex<(Day, HashSet<MeterSerial>)>);

impl Watched {
    /// Whether today's alert of a meter was not raised yet. It counts as raised from now on.
    fn is_new(&self, meter: MeterSerial, today: Day) -> bool {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, meters) = &mut *watched;
        if *day != today {
            *day = today;
            meters.clear();
        }
        meters.len() < WATCHED_MAX && meters.insert(meter)
    }
}

impl<S: Store> Centre<S> {
    /// How near the inspection of a meter is that somebody uses or looks at. Operators are told once
    /// a day.
    pub(crate) async fn watch(&self, record: &MeterRecord) -> Inspection {
        let today = self.today();
        let inspection = Inspection::of(record, today);
        let (code, detail) = match inspection {
            Inspection::Far => return inspection,
            Inspection::Near(due) => ("inspection-near", format!("it is due on {due}")),
            Inspection::Due(due) => (
                "inspection-due",
                format!("it was due on {due}: the meter dispenses nothing"),
            ),
        };
        if self.inner.watched.is_new(record.serial, today) {
            let subject = record.serial.subject();
            self.alert(BoxKind::Meter, subject, code, &detail, Vec::new())
                .await;
        }
        inspection
    }

    /// Has the meter box compare its registers with those that a user knows. The same report with
    /// the same key again gets the same decision.
    ///
    /// # Errors
    /// [`Code::ReportDiffers`] if they are others; [`Problem`].
    pub async fn report(
        &self,
        session: &Session,
        serial: MeterSerial,
        key_digest: &Digest,
        registers: Registers,
    ) -> Result<ActOutcome, Problem> {
        let record = self.any_meter(serial).await?;
        if !session.covers(&record) {
            return Err(Problem::new(Code::NotFound, "You have no such meter."));
        }
        let authority = session.authority();
        let report = StatusReport {
            version: item::Version,
            installation: self.installation().transcript().installation,
            meter: serial,
            user: authority.user,
            request: request_id(&authority.account.0, key_digest, "report"),
            ascending: registers.ascending,
            descending: registers.descending,
            piece_count: registers.piece_count,
        };
        let statement = report.to_bytes();
        let body = MeterRequest::Report(Report {
            authority: session.sealed().clone(),
            report,
        });
        let (kind, subject) = (BoxKind::Meter, serial.subject());
        self.carry_out(kind, subject, &statement, body.to_bytes())
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(decimal: u32) -> Day {
        Day::from_decimal(decimal).unwrap()
    }

    #[test]
    fn an_alert_is_raised_once_a_day_and_meter() {
        let watched = Watched::default();
        let (today, tomorrow) = (day(20_261_121), day(20_261_122));
        assert!(watched.is_new(MeterSerial(1), today));
        assert!(!watched.is_new(MeterSerial(1), today));
        assert!(watched.is_new(MeterSerial(2), today));
        assert!(watched.is_new(MeterSerial(1), tomorrow));
        for serial in 2..WATCHED_MAX {
            assert!(watched.is_new(MeterSerial(u32::try_from(serial).unwrap()), tomorrow));
        }
        assert!(watched.is_new(MeterSerial(0), tomorrow));
        assert!(!watched.is_new(MeterSerial(u32::MAX), tomorrow), "no more");
        assert!(watched.is_new(MeterSerial(u32::MAX), day(20_261_123)));
    }
}
