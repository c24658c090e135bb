//! A stranger's program sends what the description allows, and what it does not, to all operations:
//! examples, edges of every field, random cases, chains of calls. No 5xx, and no status, media type,
//! header or schema that is not described.
//!
//! How it asks: testing/schemathesis. `cargo xtask test` installs it (PyPI schemathesis).

use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{House, PASSWORD};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use verify::Tag;

/// Random cases of one operation at most: with the edges some three thousand in all.
const EXAMPLES_MAX: &str = "10";
/// The same cases each time.
const SEED: &str = "20261128";

/// The python that has schemathesis: `INDICIA_TEST_PYTHON`, or the workspace's own environment.
fn python() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    std::env::var_os("INDICIA_TEST_PYTHON").map_or(usual, PathBuf::from)
}

/// Sends the beginning of a body and waits for what is said of it.
async fn slow_body(api: &str) -> String {
    let host = api.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /v1/verifications HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4_096];
    let length = socket.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_gets_an_answer_that_is_described() {
    let mut house = House::running();
    let api = house.api();
    let slow = tokio::spawn({
        let api = api.clone();
        async move { slow_body(&api).await }
    });
    let customer = house.customer("asks").await;
    let other = house.customer("leaves").await;
    let item = customer.print("the first").await.unwrap();
    let operator = house.key("operator");
    let secret = std::fs::read_to_string(house.path("keys/operator.key")).unwrap();
    let secret = secret.lines().find_map(|line| line.strip_prefix("secret "));
    let tag = Tag::OPERATOR_QUERY.message(&[]);
    let scene = json!({
        "logins": [customer.login, other.login],
        "password": PASSWORD,
        "meter": customer.meter,
        "user": customer.user.to_string(),
        "item": item.id,
        "payload": item.payload,
        "key": "the first",
        "subject": customer.subject().to_string(),
        "operator_id": operator.id().to_string(),
        "operator_secret": secret.unwrap().trim(),
        "operator_tag": tag.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    });

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemathesis");
    let place = house.beside("schemathesis");
    std::fs::create_dir(&place).unwrap();
    let mut asking = Command::new(python());
    asking
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(folder.join("schemathesis.toml"))
        .args(["run", &format!("{api}/v1/openapi.json")])
        .args([
            "--phases",
            "examples,coverage,fuzzing,stateful",
            "--seed",
            SEED,
        ])
        .args([
            "--max-examples",
            EXAMPLES_MAX,
            "--workers",
            "2",
            "--no-color",
            "--no-shrink",
        ])
        .args(["--generation-deterministic", "--request-timeout", "60"])
        .env("PYTHONPATH", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("INDICIA_API", &api)
        .env("INDICIA_SCENE", scene.to_string())
        .current_dir(&place);
    let output = tokio::task::spawn_blocking(move || asking.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    // It asked everything, in all four ways.
    for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
        assert!(said.contains(&format!("✅ {phase}")), "{phase}: {said}");
    }
    let tested = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Tested: "));
    let tested: usize = tested.unwrap().trim().parse().unwrap();
    assert_eq!(tested, super::described::operations().len(), "{said}");

    let slow = slow.await.unwrap();
    assert!(
        slow.starts_with("HTTP/1.1 408 ") && slow.contains("\"request-timeout\""),
        "{slow}"
    );
    assert!(house.alerts().is_empty(), "{:?}", house.alerts());
    house.stop();
    house.assert_clean();
}
