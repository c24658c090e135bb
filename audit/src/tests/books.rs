//! What counts against limits of users and departments, recomputed.

use super::site::{Site, USER};
use super::{Code, audit_rows, codes};
use item::{Day, ItemRecord, Layout, Mills};
use rusqlite::params;
use verify::account_of;

/// What the items of the small installation are worth, all of one day.
const VALUE: Mills = Mills(3 * 740);

impl Site {
    /// The day of its items.
    fn day(&self) -> Day {
        let item = self
            .connection
            .query_row("SELECT item FROM items LIMIT 1", [], |row| {
                row.get::<_, Vec<u8>>(0)
            })
            .unwrap();
        Day::of_time(ItemRecord::from_bytes(&item).unwrap().time)
    }
}

fn limit(site: &Site, kind: u8, who: &[u8], spent: u64) {
    let account = account_of(USER).0;
    let day = site.day().decimal();
    site.insert(
        "INSERT INTO spending_limits VALUES (?1, ?2, ?3, 100000, NULL, ?4)",
        params![account, kind, who, day / 100 * 100 + 1],
    );
    if spent > 0 {
        site.insert(
            "INSERT INTO spending VALUES (?1, ?2, ?3, ?4, ?5)",
            params![account, kind, who, day, spent as i64],
        );
    }
}

#[test]
fn sums_of_limits_are_recomputed() {
    let site = Site::build();
    limit(&site, 1, &USER.0, VALUE.0);
    limit(&site, 2, &7u32.to_be_bytes(), 0);
    assert_eq!(audit_rows(&site).problems, []);
    for sql in [
        "UPDATE spending SET mills = mills - 1",
        "UPDATE spending SET day = day + 1",
        "DELETE FROM spending",
        "UPDATE spending SET account = zeroblob(16)",
        "DELETE FROM spending_limits",
        "INSERT INTO holds VALUES (zeroblob(16), 1, zeroblob(16), zeroblob(32), 5, 1, 1, 1)",
    ] {
        let site = Site::build();
        limit(&site, 1, &USER.0, VALUE.0);
        site.connection.execute_batch(sql).unwrap();
        let found = codes(&audit_rows(&site));
        assert!(found.contains(&Code::SpendingDiffers), "{sql}: {found:?}");
    }
}
