//! The database held by somebody else: reads go on, writes wait, so that what a box has decided
//! stays open for as long as a test wants to look at it.

use std::time::Duration;

use e2e::House;
use rusqlite::Connection;

const PAUSE: Duration = Duration::from_millis(10);
/// Looks until a box has decided: thirty seconds.
const LOOKS_MAX: usize = 3_000;

/// The write lock of a house's database, while this lives. The data centre waits ten seconds for it.
pub(crate) struct Held(Connection);

impl Held {
    pub(crate) fn by_us(house: &House) -> Self {
        let sql = house.sql();
        sql.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(sql)
    }

    pub(crate) fn release(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

/// Waits until a box of this kind has decided something that is not written.
pub(crate) async fn decided(house: &House, kind: &str) {
    let client = house.client();
    for _ in 0..LOOKS_MAX {
        if let Ok(health) = client.health().await
            && health
                .boxes
                .iter()
                .any(|one| one.kind == kind && one.open > 0)
        {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the {kind} box decided nothing");
}

/// Waits until no box waits for anything to be written.
pub(crate) async fn settled(house: &House) {
    let client = house.client();
    for _ in 0..LOOKS_MAX {
        if let Ok(health) = client.health().await
            && health.status == "ok"
            && health.boxes.iter().all(|one| one.open == 0)
        {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("something is open still");
}
