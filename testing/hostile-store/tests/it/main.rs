//! The contract on SQLite, plain and through the wrapper; and each lie.

mod lies;

use hostile_store::HostileStore;
use store_sqlite::SqliteStore;
use tempfile::TempDir;

async fn plain() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(&folder.path().join("store.db")).unwrap();
    (folder, store)
}

async fn wrapped() -> (TempDir, HostileStore<SqliteStore>) {
    let (folder, store) = plain().await;
    (folder, HostileStore::new(store))
}

mod sqlite {
    hostile_store::contract!(super::plain());
}

mod sqlite_through_the_wrapper {
    hostile_store::contract!(super::wrapped());
}
