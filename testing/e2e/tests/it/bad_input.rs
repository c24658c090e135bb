//! Bad input, one line a case: each gets its own problem, with its code, and changes nothing.
//!
//! "Nothing" is every row of every table, compared before and after. Not here: altered stores
//! (`hostile`), the rules themselves (tables of `boxes/meter`, `postal`).

mod edges;
mod items;
mod people;
mod statements;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use e2e::rows::{changed, dump};
use e2e::{Customer, House, PASSWORD};
use item::{ActBody, Suspension};
use sdk::ApiError;
use sdk::api::{DispenseOne, Item, ItemOrder};
use serde_json::json;

use crate::manners::catalogue;
use crate::raw::Ask;

/// A request that must be refused.
struct Case {
    name: &'static str,
    ask: Ask,
    code: &'static str,
    status: u16,
}

/// Cases as they are collected.
struct Table(Vec<Case>);

impl Table {
    fn add(&mut self, name: &'static str, ask: Ask, status: u16, code: &'static str) {
        self.0.push(Case {
            name,
            ask,
            code,
            status,
        });
    }
}

/// Everybody who is needed for saying something wrong.
struct Scene {
    house: House,
    /// Meter with money, and an item.
    rich: Customer,
    item: Item,
    /// Active, without money; another account.
    poor: Customer,
    /// Suspended, with money.
    suspended: Customer,
    /// Made, and nothing more.
    fresh: Customer,
}

impl Scene {
    async fn set() -> Self {
        let house = House::running();
        let rich = house.customer("rich").await;
        let poor = house.newcomer("poor").await;
        for act in house.commission(poor.meter) {
            house.hand_in(&act).await.unwrap();
        }
        let suspended = house.customer("suspended").await;
        let suspend = ActBody::Suspend(Suspension::ABUSE);
        let suspend = house.act_on_meter(suspended.meter, 4, suspend);
        house.hand_in(&suspend).await.unwrap();
        let fresh = house.newcomer("fresh").await;
        let item = buy(&rich, "first").await.unwrap();
        Self {
            house,
            rich,
            item,
            poor,
            suspended,
            fresh,
        }
    }
}

pub(crate) async fn buy(customer: &Customer, key: &str) -> Result<Item, ApiError> {
    let item = ItemOrder {
        value_mills: Some(740),
        ..ItemOrder::default()
    };
    let order = DispenseOne {
        item,
        expected_piece_count: None,
        allow_duplicate: true,
    };
    customer.client.dispense(customer.meter, &order, key).await
}

pub(crate) fn token(customer: &Customer) -> String {
    customer.client.session().unwrap().token
}

#[tokio::test]
async fn every_bad_input_gets_its_own_problem_and_changes_nothing() {
    let mut scene = Scene::set().await;
    let mut table = Table(Vec::new());
    items::add(&scene, &mut table);
    edges::add(&scene, &mut table);
    people::add(&mut table);
    statements::add(&scene, &mut table);

    let base = scene.house.api();
    let mut before = dump(&scene.house.sql());
    let mut wrong = String::new();
    let mut produced = BTreeSet::new();
    for Case {
        name,
        ask,
        code,
        status,
    } in &table.0
    {
        let answer = ask.send(&base).await;
        if answer.status < 400 {
            let _ = writeln!(wrong, "{name}: answered with {}", answer.status);
            continue;
        }
        let problem = answer.problem();
        produced.insert(problem.code.clone());
        if (problem.status, problem.code.as_str()) != (*status, *code) {
            let _ = writeln!(
                wrong,
                "{name}: {} {} ({})",
                problem.status, problem.code, problem.detail
            );
        }
        if problem.charged != Some(false) {
            let _ = writeln!(wrong, "{name}: charged {:?}", problem.charged);
        }
        let after = dump(&scene.house.sql());
        if after != before {
            let _ = writeln!(wrong, "{name}: changed {:?}", changed(&before, &after));
        }
        before = after;
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    catalogue::assert_complete(&produced);

    // What was refused took nothing away either: key and name are free, money and meter work.
    buy(&scene.rich, "bad").await.unwrap();
    scene.house.newcomer("new").await;
    scene.house.stop();
    scene.house.assert_clean();
}

#[tokio::test]
async fn wrong_passwords_make_wait_and_never_lock_p21() {
    let mut house = House::running();
    let customer = house.newcomer("guessed").await;
    let base = house.api();
    let log_in = |password: &str| {
        Ask::post(
            "/v1/sessions",
            &json!({ "login": customer.login, "password": password }),
        )
    };
    // Three are free, the fourth counts too; then nothing is even looked at.
    for attempt in 1..=10 {
        let answer = log_in(&format!("wrong password {attempt}"))
            .send(&base)
            .await;
        let (status, code) = if attempt <= 4 {
            (401, "wrong-credentials")
        } else {
            (429, "try-later")
        };
        let problem = answer.problem();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (status, code),
            "{attempt}"
        );
        assert_eq!(problem.charged, Some(false));
        assert_eq!(
            answer.retry_after.is_some(),
            attempt >= 4,
            "{attempt}: {answer:?}"
        );
    }
    let refused = log_in(PASSWORD).send(&base).await;
    assert_eq!(
        refused.problem().code,
        "try-later",
        "also the right one waits"
    );
    let seconds = refused.retry_after.unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    let session = log_in(PASSWORD).send(&base).await;
    assert_eq!(session.status, 201, "{session:?}");
    // It forgave: three are free again.
    for attempt in 1..=3 {
        let answer = log_in(&format!("wrong password {attempt}"))
            .send(&base)
            .await;
        assert_eq!(answer.problem().code, "wrong-credentials");
    }
    assert_eq!(log_in(PASSWORD).send(&base).await.status, 201);
    house.stop();
    house.assert_clean();
}
