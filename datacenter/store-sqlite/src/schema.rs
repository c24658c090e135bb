//! Migrations: `db/sqlite/*.sql` in order, each applied once.

use crate::error::{OpenError, engine};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Migration n makes schema n + 1. Never change one that was released: add the next.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../db/sqlite/0001_first.sql"),
    include_str!("../../../db/sqlite/0002_accounts.sql"),
    include_str!("../../../db/sqlite/0003_credits.sql"),
    include_str!("../../../db/sqlite/0004_epochs.sql"),
    include_str!("../../../db/sqlite/0005_books.sql"),
    include_str!("../../../db/sqlite/0006_licences.sql"),
    include_str!("../../../db/sqlite/0007_totals.sql"),
    include_str!("../../../db/sqlite/0008_answers.sql"),
    include_str!("../../../db/sqlite/0009_items.sql"),
];

/// Marks the file as ours (`PRAGMA application_id`): "INDI".
const APPLICATION_ID: i64 = 0x494e_4449;

/// Makes the schema in an empty file.
pub(crate) fn create(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    migrate(connection, MIGRATIONS, path, true)
}

/// Brings the schema of an existing file up to date. Processes that open it at once take turns, but
/// only if there is something to do: a start need not wait for a writer.
pub(crate) fn upgrade(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    if is_current(connection)? {
        return Ok(());
    }
    migrate(connection, MIGRATIONS, path, false)
}

fn is_current(connection: &Connection) -> Result<bool, OpenError> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(engine)
    };
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    Ok(pragma("application_id")? == APPLICATION_ID && pragma("user_version")? == known)
}

fn migrate(
    connection: &mut Connection,
    migrations: &[&str],
    path: &Path,
    new: bool,
) -> Result<(), OpenError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(engine)?;
    let pragma = |name| {
        transaction
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(engine)
    };
    let found = pragma("user_version")?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let expected_id = if new { 0 } else { APPLICATION_ID };
    if pragma("application_id")? != expected_id || (found == 0) != new {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let done = usize::try_from(found).map_err(|_| OpenError::Foreign(path.to_owned()))?;
    for migration in migrations.iter().skip(done) {
        transaction.execute_batch(migration).map_err(engine)?;
    }
    if found != known {
        for (name, value) in [("application_id", APPLICATION_ID), ("user_version", known)] {
            transaction
                .pragma_update(None, name, value)
                .map_err(engine)?;
        }
    }
    Ok(transaction.commit().map_err(engine)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE one (a INTEGER) STRICT;";
    const TWO: &str = "CREATE TABLE two (a INTEGER) STRICT;";

    fn version(connection: &Connection) -> i64 {
        connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn each_migration_runs_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("db");
        migrate(&mut connection, &[ONE], path, true).unwrap();
        migrate(&mut connection, &[ONE, TWO], path, false).unwrap();
        migrate(&mut connection, &[ONE, TWO], path, false).unwrap();
        assert_eq!(version(&connection), 2);
        connection.execute_batch("SELECT a FROM two").unwrap();
    }

    /// Meters whose numbers differ in every byte, each made and then asked for two orders at once: the
    /// first of two items.
    #[test]
    fn items_decisions_and_answers_outlive_the_way_in_which_they_are_kept() {
        use hostile_store::sample::{account, digest};
        use item::{BoxKind, Counter, MeterSerial};
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("db");
        let before = MIGRATIONS.get(..7).unwrap();
        migrate(&mut connection, before, path, true).unwrap();
        let meters = [
            MeterSerial(7),
            MeterSerial(0x0102_0304),
            MeterSerial(u32::MAX),
        ];
        for (key, meter) in (0..).step_by(2).zip(meters) {
            for (counter, decision) in [(1, b"made"), (2, b"sold")] {
                let row = (meter.subject().0, counter, digest(8).0, decision);
                let insert = "INSERT INTO decisions VALUES (3, ?1, ?2, ?3, ?4)";
                connection.execute(insert, row).unwrap();
            }
            for piece in 1..=3 {
                let insert = "INSERT INTO items VALUES (?1, ?2, 2, x'00')";
                connection.execute(insert, (meter.0, piece)).unwrap();
            }
            for (key, first, pieces) in [(key, 1, 2), (key + 1, 3, 1)] {
                let digests = (digest(key).0, digest(9).0, digest(8).0);
                let row = (
                    account(1).0,
                    digests.0,
                    digests.1,
                    digests.2,
                    meter.0,
                    first,
                    pieces,
                );
                let insert = "INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5, 2, ?6, ?7)";
                connection.execute(insert, row).unwrap();
            }
        }
        upgrade(&mut connection, path).unwrap();
        for (key, meter) in (0..).step_by(2).zip(meters) {
            for (key, first, pieces) in [(key, 1, 2), (key + 1, 3, 1)] {
                let answer = crate::read::answer(&connection, account(1), digest(key));
                let answer = answer.unwrap().unwrap();
                assert_eq!((answer.meter, answer.counter), (meter, Counter(2)));
                assert_eq!((answer.first_piece, answer.pieces), (first, pieces));
                assert_eq!(
                    (answer.body_digest.0, answer.request.0),
                    (digest(9).0, digest(8).0)
                );
                let other = crate::read::answer(&connection, account(2), digest(key)).unwrap();
                assert!(other.is_none(), "another account's");
            }
            let at = |piece| crate::read::decision_at(&connection, meter, piece).unwrap();
            assert_eq!([1, 2, 3].map(at), [Some(b"sold".to_vec()), None, None]);
            let apart = [1, 2].map(|counter| {
                let (kind, subject) = (BoxKind::Meter, meter.subject());
                let found = crate::read::decision(&connection, kind, subject, Counter(counter));
                found.unwrap().map(|row| row.decision)
            });
            assert_eq!(apart, [Some(b"made".to_vec()), None]);
        }
        let twice = "UPDATE items SET key_digest = (SELECT max(key_digest) FROM items) \
                     WHERE key_digest IS NOT NULL";
        assert!(connection.execute(twice, []).is_err(), "one answer a key");
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("db");
        migrate(&mut connection, &[ONE, TWO], path, true).unwrap();
        let refused = migrate(&mut connection, &[ONE], path, false);
        assert!(matches!(
            refused,
            Err(OpenError::Newer { found: 2, known: 1 })
        ));
        assert_eq!(version(&connection), 2);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let path = Path::new("db");
        migrate(&mut connection, &[ONE], path, true).unwrap();
        let half = "CREATE TABLE two (a INTEGER) STRICT; SELECT nothing FROM nowhere;";
        assert!(migrate(&mut connection, &[ONE, half], path, false).is_err());
        assert_eq!(version(&connection), 1);
        migrate(&mut connection, &[ONE, TWO], path, false).unwrap();
    }

    #[test]
    fn another_programs_file_is_not_touched() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE theirs (a); PRAGMA user_version = 1;")
            .unwrap();
        let path = Path::new("db");
        for new in [true, false] {
            let refused = migrate(&mut connection, &[ONE], path, new);
            assert!(matches!(refused, Err(OpenError::Foreign(_))), "new {new}");
        }
    }
}
