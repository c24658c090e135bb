//! Recovery as the normal path (V4): what docs/runbooks say happens, on real processes.

mod clock;
mod disk;
mod servers;
mod starts;

use std::time::Duration;

use e2e::{Customer, House};
use sdk::api::Item;

const PAUSE: Duration = Duration::from_millis(50);
/// Looks at something that has to come about: a minute.
const LOOKS_MAX: usize = 1_200;

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if holds().await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("never came about: {what}");
}

/// Prints a letter, asking with the same key until it is answered.
async fn printed(customer: &Customer, key: &str) -> Item {
    let mut refused = None;
    for _ in 0..LOOKS_MAX {
        match customer.print(key).await {
            Ok(item) => return item,
            Err(error) => refused = Some(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{key}: {refused:?}");
}

/// What `indicia status` says, whether all is well or not.
fn status(house: &House) -> String {
    let output = house.command(&["status"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The problem code of a refusal.
fn code_of<T: std::fmt::Debug>(outcome: Result<T, sdk::ApiError>) -> String {
    let error = outcome.unwrap_err();
    let problem = error.problem().unwrap_or_else(|| panic!("{error:?}"));
    problem.code.clone()
}
