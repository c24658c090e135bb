//! The API describes itself: the served document is the checked-in one, and its routes exist.

use std::collections::BTreeSet;

use e2e::House;
use serde_json::Value;

use crate::raw::Ask;

fn checked_in() -> Value {
    let text = include_str!("../../../../formats/openapi.json");
    serde_json::from_str(text).expect("JSON")
}

/// Every method and path of a document.
fn routes(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = BTreeSet::new();
    for (path, methods) in paths {
        for method in methods.as_object().expect("methods").keys() {
            routes.insert((method.to_uppercase(), path.clone()));
        }
    }
    routes
}

#[tokio::test]
async fn the_served_document_is_the_checked_in_one_and_each_route_answers() {
    let house = House::running();
    let base = house.api();
    let served: Value = Ask::get("/v1/openapi.json").send(&base).await.json();
    assert_eq!(served, checked_in(), "run `cargo xtask openapi`");
    assert_eq!(served["openapi"].as_str().map(|v| &v[..4]), Some("3.1."));

    let routes = routes(&served);
    assert!(routes.len() >= 18, "{routes:?}");
    for (method, path) in &routes {
        let described = &served["paths"][path][method.to_lowercase()]["responses"];
        let filled = path
            .replace("{serial}", "10000001")
            .replace("{number}", "1")
            .replace("{id}", "10000001-1");
        let answer = Ask::new(method, filled).send(&base).await;
        let own = answer.status.to_string();
        let class = format!("{}XX", answer.status / 100);
        assert!(
            described.get(&own).or(described.get(&class)).is_some(),
            "{method} {path} answers {own}, which it does not describe"
        );
        if answer.status >= 400 {
            let code = answer.problem().code;
            assert!(
                !["no-such-route", "method-not-allowed", "internal"].contains(&code.as_str()),
                "{method} {path}: {code}"
            );
        }
    }
    // What is not described is not there.
    for path in routes.iter().map(|(_, path)| path).collect::<BTreeSet<_>>() {
        let filled = path
            .replace("{serial}", "10000001")
            .replace("{number}", "1")
            .replace("{id}", "10000001-1");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !routes.contains(&(method.to_owned(), path.clone())) {
                let answer = Ask::new(method, filled.as_str()).send(&base).await;
                assert_eq!(
                    answer.problem().code,
                    "method-not-allowed",
                    "{method} {path}"
                );
            }
        }
    }
}
