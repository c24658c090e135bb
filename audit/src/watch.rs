//! The inspection watchdog of a meter, followed from act to act: a record that asks for its next
//! inspection later than acts, fundings and status reports allow was not made by the rules.

use crate::context::Audit;
use crate::evidence::fetch;
use crate::line::Made;
use crate::{Code, items::Tape};
use item::{ActBody, Day, Layout, MeterRecord, MeterSerial, Mills, StatusReport};

/// What the record must say of inspections.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    interval_days: u16,
    inspected: Day,
    due: Day,
}

impl Watch {
    pub(crate) fn act(&mut self, body: &ActBody, today: Day) {
        match body {
            ActBody::License {
                inspection_due,
                inspection_interval_days,
                ..
            } => {
                self.due = *inspection_due;
                self.set_interval(*inspection_interval_days, today);
            }
            ActBody::SetLimits {
                inspection_interval_days,
                ..
            } => self.set_interval(*inspection_interval_days, today),
            ActBody::Inspect { due } => (self.inspected, self.due) = (today, *due),
            _ => {}
        }
    }

    fn set_interval(&mut self, days: u16, today: Day) {
        self.interval_days = days;
        if days != 0 {
            self.due = self.due.earlier(today.plus_days(days));
        }
    }

    /// A funding, or a report.
    pub(crate) fn restart(&mut self, today: Day) {
        if self.interval_days != 0 {
            self.due = today.plus_days(self.interval_days);
        }
    }

    /// A re-issue leaves the interval to the act that sets limits.
    pub(crate) fn reissue(&mut self) {
        self.interval_days = 0;
    }

    /// A status report: what it says must be what the meter held.
    pub(crate) fn reported(
        &mut self,
        audit: &mut Audit<'_>,
        made: &Made,
        tape: &Tape,
    ) -> rusqlite::Result<()> {
        let today = Day::of_time(made.body.time);
        self.inspected = today;
        self.restart(today);
        let Some(bytes) = fetch(audit, made)? else {
            return Ok(());
        };
        let report = match StatusReport::from_bytes(&bytes) {
            Ok(report) => report,
            Err(error) => {
                let place = format!("evidence {}", made.body.evidence);
                audit.problem(Code::Undecodable, place, error, Mills::ZERO);
                return Ok(());
            }
        };
        let fits = report.installation == made.body.installation
            && MeterSerial::of_subject(&made.body.subject) == Some(report.meter);
        audit.expect(
            fits,
            Code::EvidenceDiffers,
            made.place(),
            "the status report is about another meter or installation",
            Mills::ZERO,
        );
        let held = (tape.ascending, tape.descending, tape.piece_count);
        audit.expect(
            held == (report.ascending, report.descending, report.piece_count),
            Code::RegistersDiffer,
            made.place(),
            "the status report says other registers than items and evidence give",
            report.descending,
        );
        Ok(())
    }

    pub(crate) fn fits(&self, record: &MeterRecord) -> bool {
        (self.interval_days, self.inspected, self.due)
            == (
                record.inspection_interval_days,
                record.inspected,
                record.inspection_due,
            )
    }
}
