//! A flood of wrong passwords for one name: the auth box sees as many attempts as are allowed before
//! it, each costs it a journal entry at most, and others log in meanwhile (P21).

use std::time::{Duration, Instant};

use e2e::{House, PASSWORD, rows};
use serde_json::json;
use tokio::task::JoinSet;

use crate::raw::{Answer, Ask};

/// Attempts, and callers that make them.
const ATTEMPTS: usize = 400;
const CALLERS: usize = 8;
/// What one name may try at once, and each second (`functions::limits`).
const AT_ONCE: u64 = 20;
/// Failures that the box counts before it makes the next one wait.
const FREE: u64 = 4;
/// Longest that somebody else may wait for a log-in.
const PATIENCE: Duration = Duration::from_secs(10);

#[expect(
    clippy::disallowed_methods,
    reason = "what is tested is how long others wait, and a rate over time"
)]
fn clock() -> Instant {
    Instant::now()
}

async fn log_in(api: &str, login: &str, password: &str) -> Answer {
    let body = json!({ "login": login, "password": password });
    Ask::post("/v1/sessions", &body).send(api).await
}

/// Whether the limit before the box answered, not the box.
fn is_before_the_box(answer: &Answer) -> bool {
    answer.problem().detail.starts_with("Too many attempts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_passwords_reaches_the_box_as_often_as_allowed_p21() {
    let mut house = House::running();
    let victim = house.newcomer("victim").await;
    let other = house.newcomer("other").await;
    let api = house.api();
    let decisions = || {
        let query = "SELECT count(*) FROM decisions WHERE box_kind = 2 AND subject = ?1";
        u64::try_from(rows::value::<i64>(&house.sql(), query, [victim.user.0])).unwrap()
    };
    let before = decisions();
    let start = clock();

    let mut flood = JoinSet::new();
    for caller in 0..CALLERS {
        let (api, login) = (api.clone(), victim.login.clone());
        flood.spawn(async move {
            let mut reached = 0;
            for attempt in 0..ATTEMPTS / CALLERS {
                let password = format!("wrong password {caller} {attempt}");
                let answer = log_in(&api, &login, &password).await;
                assert!([401, 429].contains(&answer.status), "{answer:?}");
                assert_eq!(answer.problem().charged, Some(false));
                if is_before_the_box(&answer) {
                    assert!(answer.retry_after.is_some());
                } else {
                    reached += 1;
                }
            }
            reached
        });
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let asked = clock();
        let answer = log_in(&api, &other.login, PASSWORD).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        slowest = slowest.max(asked.elapsed());
    }
    let reached: u64 = flood.join_all().await.into_iter().sum();
    let seconds = start.elapsed().as_secs();
    // The log-in of the customer itself, when it signed up, took one of them.
    let allowed = AT_ONCE + seconds + 1;
    println!("{reached} of {ATTEMPTS} reached the box in {seconds} s; others waited {slowest:?}");
    assert!((FREE..=allowed).contains(&reached), "{reached}, {allowed}");
    assert!(slowest < PATIENCE, "{slowest:?}");
    let entries = decisions() - before;
    assert!((1..=FREE + seconds).contains(&entries), "{entries} entries");

    // Nobody is locked out for good.
    let patience = clock();
    loop {
        let answer = log_in(&api, &victim.login, PASSWORD).await;
        if answer.status == 201 {
            break;
        }
        let wait = answer.retry_after.expect("a time");
        assert!(patience.elapsed() < PATIENCE * 6, "{answer:?}");
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    house.stop();
    house.assert_clean();
}
