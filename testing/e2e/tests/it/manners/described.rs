//! An answer is one that its operation is described with: status, media type, headers, codes.
//!
//! Every answer of `raw` goes through here. Bodies are compared with their schemas by `schemathesis`.

use std::sync::LazyLock;

use serde_json::Value;

use super::catalogue;
use crate::raw::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../../../formats/openapi.json");
    serde_json::from_str(text).expect("JSON")
});

/// Every method, in capitals, and path of the description.
pub(crate) fn operations() -> Vec<(String, String)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths").iter();
    let methods = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").keys();
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    methods.collect()
}

/// The description of what was asked; `None` if it is of nothing described.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object()?;
    // A path without parameters goes before one with.
    let exact = paths.get(path);
    let item = exact.or_else(|| {
        let fitting = paths.iter().find(|(template, _)| fits(template, path));
        fitting.map(|(_, item)| item)
    })?;
    item.get(method.to_lowercase())
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(wanted, given)| {
            wanted == given || (wanted.starts_with('{') && !given.is_empty())
        })
}

/// Follows a reference.
fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(place) => DOCUMENT.pointer(&place[1..]).expect(place),
        None => value,
    }
}

/// Fails unless the answer is one that is described.
#[track_caller]
pub(crate) fn assert_described(method: &str, path: &str, answer: &Answer) {
    let told = format!("{method} {path}: {answer:?}");
    assert!(answer.request_id.starts_with("req-"), "no name: {told}");
    if answer.status >= 400 {
        let problem = answer.problem();
        assert_eq!(problem.request_id, answer.request_id, "{told}");
        let row = catalogue::row(&problem.code);
        let row = row.unwrap_or_else(|| panic!("docs/problems.md has no such code: {told}"));
        assert_eq!(
            (row.status, row.title),
            (problem.status, problem.title.as_str()),
            "{told}"
        );
        assert!(
            row.allows(problem.charged, problem.retryable),
            "{row:?} of {told}"
        );
    }
    // HEAD is GET without a body.
    let Some(operation) = operation(method, path) else {
        assert!(
            path == "/v1/openapi.json" || method == "HEAD" || matches!(answer.status, 404 | 405),
            "answered, and not described: {told}"
        );
        return;
    };
    let described = operation["responses"].get(answer.status.to_string());
    let described = described.unwrap_or_else(|| panic!("status is not described: {told}"));
    let headers = resolved(described)["headers"].as_object();
    if answer.status < 400 {
        for name in headers.into_iter().flat_map(|headers| headers.keys()) {
            assert!(!answer.header(name).is_empty(), "no {name}: {told}");
        }
    }
    let content = resolved(described)["content"].as_object();
    let media = answer.media.split(';').next().unwrap_or_default().trim();
    match content {
        Some(content) => assert!(
            content.contains_key(media),
            "media is not described: {told}"
        ),
        None => assert!(answer.body.is_empty(), "a body is not described: {told}"),
    }
    if answer.status >= 400 {
        let code = answer.problem().code;
        let codes = resolved(described)["description"]
            .as_str()
            .unwrap_or_default();
        assert!(
            codes.contains(&format!("`{code}`")),
            "code is not described: {told}"
        );
    }
}
