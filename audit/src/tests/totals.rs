//! Daily totals: recomputed, and each way in which a sheet can be wrong is named.

use super::keys::Key;
use super::site::{HONEST, Hooks, INSTALLATION, METER, Site};
use super::{audit_rows, codes};
use crate::Code;
use item::*;
use rusqlite::params;
use std::collections::BTreeMap;
use verify::statement_digest;

/// The seed of the enrolled reporter.
pub(super) const REPORTER: u8 = 14;

impl Site {
    /// Rows of a day, as the items and credits of the site give them.
    fn rows_of(&self, day: Day) -> Vec<DailyRow> {
        let mut rows: BTreeMap<DailyKey, DailyRow> = BTreeMap::new();
        let mut items: Vec<(ItemRecord, Option<Day>)> = Vec::new();
        let mut statement = self
            .connection
            .prepare(
                "SELECT item, c.day FROM items i LEFT JOIN item_credits c USING (meter, piece_count)",
            )
            .unwrap();
        let mut all = statement.query([]).unwrap();
        while let Some(row) = all.next().unwrap() {
            let bytes: Vec<u8> = row.get(0).unwrap();
            let back: Option<u32> = row.get(1).unwrap();
            let back = back.map(|number| Day::of_time(Time(u64::from(number) * 86_400_000)));
            items.push((ItemRecord::from_bytes(&bytes).unwrap(), back));
        }
        for (item, back) in items {
            let empty = DailyRow {
                meter: item.meter,
                origin: item.origin,
                kind: item.kind,
                specimen: item.specimen,
                pieces: 0,
                value: Mills::ZERO,
                credited_pieces: 0,
                credited: Mills::ZERO,
            };
            if Day::of_time(item.time) == day {
                let row = rows.entry(empty.key()).or_insert(empty.clone());
                row.pieces += 1;
                row.value.0 += item.value.0;
            }
            if back == Some(day) {
                let row = rows.entry(empty.key()).or_insert(empty);
                row.credited_pieces += 1;
                row.credited.0 += item.value.0;
            }
        }
        rows.into_values().collect()
    }

    fn first_day(&self) -> Day {
        Day::of_time(self.installation.transcript().time)
    }

    fn newest_sheet(&self) -> Option<Vec<u8>> {
        let sql = "SELECT sheet FROM daily_totals ORDER BY sequence DESC LIMIT 1";
        self.connection.query_row(sql, [], |row| row.get(0)).ok()
    }

    /// The next day's sheet, altered before it is signed by the key of a seed.
    pub(super) fn sheet_by(&self, seed: u8, alter: impl FnOnce(&mut DailyTotals)) {
        let before = self.newest_sheet();
        let newest = before
            .as_ref()
            .map(|bytes| Signed::<DailyTotals>::from_bytes(bytes).unwrap().body);
        let day = newest
            .as_ref()
            .map_or(self.first_day(), |sheet| sheet.day.plus_days(1));
        let key = Key::new(seed);
        let mut sheet = DailyTotals {
            version: Version,
            installation: INSTALLATION,
            reporter: key.id(),
            sequence: newest.map_or(1, |sheet| sheet.sequence + 1),
            previous: before.map_or(Digest::ZERO, |bytes| statement_digest(&bytes)),
            day,
            part: 1,
            last: true,
            made: Time(self.time),
            rows: DailyRows::new(self.rows_of(day)).unwrap(),
        };
        alter(&mut sheet);
        self.insert(
            "INSERT INTO daily_totals VALUES (?1, ?2, ?3)",
            params![
                sheet.sequence as i64,
                sheet.day.decimal(),
                key.sign(sheet).to_bytes()
            ],
        );
    }

    /// So many true sheets, from the next day on.
    pub(super) fn sheets(&self, count: usize) {
        (0..count).for_each(|_| self.sheet_by(REPORTER, |_| ()));
    }
}

pub(super) fn alter_row(sheet: &mut DailyTotals, alter: impl FnOnce(&mut DailyRow)) {
    let mut rows = sheet.rows.as_slice().to_vec();
    alter(&mut rows[0]);
    sheet.rows = DailyRows::new(rows).unwrap();
}

#[test]
fn sheets_recompute_with_voids_on_another_day() {
    let mut site = Site::build();
    assert_eq!(audit_rows(&site).counts.days_unreported, 1);
    site.take_back(3, 10);
    assert_eq!(audit_rows(&site).counts.days_unreported, 2);
    site.sheets(5);
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(
        (report.counts.sheets, report.counts.days_unreported),
        (5, 1)
    );
    site.sheets(6);
    let report = audit_rows(&site);
    assert_eq!(report.problems, []);
    assert_eq!(
        (report.counts.sheets, report.counts.days_unreported),
        (11, 0)
    );
    let sheet = Signed::<DailyTotals>::from_bytes(&site.newest_sheet().unwrap()).unwrap();
    let [row] = sheet.body.rows.as_slice() else {
        panic!("{sheet:?}");
    };
    assert_eq!(
        (row.pieces, row.credited_pieces, row.credited.0),
        (0, 1, 740)
    );
}

#[test]
fn what_a_sheet_says_wrongly_is_named_to_the_mill() {
    type Alter = fn(&mut DailyTotals);
    let cases: [(&str, Alter, Code, u64); 8] = [
        (
            "a mill more",
            |s| alter_row(s, |r| r.value.0 += 1),
            Code::TotalsDiffer,
            1,
        ),
        (
            "a piece less",
            |s| alter_row(s, |r| r.pieces -= 1),
            Code::TotalsDiffer,
            0,
        ),
        (
            "another origin",
            |s| alter_row(s, |r| r.origin = Zip(1)),
            Code::TotalsDiffer,
            2_220,
        ),
        (
            "no row",
            |s| s.rows = DailyRows::default(),
            Code::TotalsDiffer,
            2_220,
        ),
        (
            "another day",
            |s| s.day = s.day.plus_days(1),
            Code::TotalsGap,
            0,
        ),
        ("a part that is none", |s| s.part = 2, Code::TotalsGap, 0),
        (
            "not full and not the last",
            |s| s.last = false,
            Code::TotalsGap,
            0,
        ),
        (
            "another link",
            |s| s.previous = Digest([1; 32]),
            Code::TotalsChain,
            0,
        ),
    ];
    for (name, alter, code, value) in cases {
        let site = Site::build();
        site.sheet_by(REPORTER, alter);
        let report = audit_rows(&site);
        let found = report.problems.iter().find(|p| p.code == code);
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", report.problems));
        assert_eq!(found.value_mills, value, "{name}: {found:?}");
    }
    let site = Site::build();
    site.sheet_by(77, |_| ());
    assert_eq!(codes(&audit_rows(&site)), [Code::ReporterUnknown]);
    let site = Site::build();
    site.sheet_by(77, |sheet| sheet.reporter = Key::new(REPORTER).id());
    assert_eq!(codes(&audit_rows(&site)), [Code::BadSignature]);
    let site = Site::build();
    site.sheet_by(REPORTER, |sheet| {
        sheet.installation = InstallationId([9; 16])
    });
    assert_eq!(codes(&audit_rows(&site)), [Code::Foreign]);
}

#[test]
fn a_sheet_that_is_missing_in_the_middle_is_named_with_what_it_told_of() {
    let mut site = Site::build();
    site.take_back(3, 10);
    site.sheets(12);
    assert_eq!(audit_rows(&site).problems, []);
    site.connection
        .execute("DELETE FROM daily_totals WHERE sequence = 11", [])
        .unwrap();
    let report = audit_rows(&site);
    // Its number, its day, the link of the next one, and the item that was taken back that day.
    assert_eq!(
        codes(&report),
        [
            Code::TotalsGap,
            Code::TotalsChain,
            Code::TotalsGap,
            Code::TotalsDiffer
        ]
    );
    assert_eq!(report.problems[3].value_mills, 740);
    // Without any sheet everything is only not reported yet.
    site.connection
        .execute("DELETE FROM daily_totals", [])
        .unwrap();
    let report = audit_rows(&site);
    assert_eq!(
        (report.problems.len(), report.counts.days_unreported),
        (0, 2)
    );
}

#[test]
fn each_origin_of_a_floating_meter_has_a_row() {
    let mut site = Site::empty();
    site.hooks = Hooks {
        payload: |payload| payload.origin = Zip(90_000 + payload.piece_count % 2),
        ..HONEST
    };
    site.sign_up();
    site.manufacture();
    let application = site.apply(|application| application.origin = Zip(0));
    for body in [
        ActBody::Register {
            origin: Zip(0),
            licensing: Zip(95_814),
        },
        ActBody::License {
            limits: super::ceremony::limits(),
            inspection_due: Day::NONE,
            inspection_interval_days: 90,
            application,
        },
        ActBody::Activate,
    ] {
        site.act(body);
    }
    site.refill(Mills(10_000), 1);
    site.dispense(&[(1, 3)]);
    site.sheets(1);
    let sheet = Signed::<DailyTotals>::from_bytes(&site.newest_sheet().unwrap()).unwrap();
    let rows: Vec<_> = sheet
        .body
        .rows
        .as_slice()
        .iter()
        .map(|r| (r.meter, r.origin.0, r.pieces))
        .collect();
    assert_eq!(rows, [(METER, 90_000, 1), (METER, 90_001, 2)]);
    assert_eq!(audit_rows(&site).problems, []);
}
