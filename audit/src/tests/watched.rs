//! The inspection watchdog: what an audit says of a report or a day that no box made.

use super::{Site, audit_rows, codes};
use crate::Code;
use item::{ActBody, Day, InstallationId, MeterSerial, StatusReport};

#[test]
fn reports_fundings_and_acts_move_the_day_as_the_rules_say() {
    let mut site = Site::build();
    site.act(ActBody::Inspect {
        due: Day::from_decimal(20_270_105).unwrap(),
    });
    site.act(ActBody::SetLimits {
        limits: site.meter.limits,
        inspection_interval_days: 7,
    });
    site.report(|_| ());
    site.refill(item::Mills(5), 9);
    assert_eq!(codes(&audit_rows(&site)), []);
}

#[test]
fn a_report_of_other_registers_or_of_something_else_is_named() {
    type Alter = fn(&mut StatusReport);
    let cases: [(Alter, Code); 5] = [
        (|r| r.ascending.0 += 1, Code::RegistersDiffer),
        (|r| r.descending.0 -= 1, Code::RegistersDiffer),
        (|r| r.piece_count += 1, Code::RegistersDiffer),
        (|r| r.meter = MeterSerial(5), Code::EvidenceDiffers),
        (
            |r| r.installation = InstallationId([9; 16]),
            Code::EvidenceDiffers,
        ),
    ];
    for (alter, code) in cases {
        let mut site = Site::build();
        site.report(alter);
        assert_eq!(codes(&audit_rows(&site)), [code]);
    }
}

#[test]
fn a_record_that_puts_its_inspection_off_is_named() {
    type Alter = fn(&mut item::MeterRecord);
    let cases: [Alter; 3] = [
        |r| r.inspection_due = r.inspection_due.plus_days(1),
        |r| r.inspection_interval_days += 1,
        |r| r.inspected = r.inspected.plus_days(1),
    ];
    for alter in cases {
        let mut site = Site::build();
        alter(&mut site.meter);
        site.dispense(&[(3, 1)]);
        assert_eq!(codes(&audit_rows(&site)), [Code::StateDiffers]);
    }
}
