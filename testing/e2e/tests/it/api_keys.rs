//! Programs with API keys, over HTTP, by the SDK and by the command line (P20).

use e2e::{Customer, House, PASSWORD, letter, rows};
use sdk::api::{ApiKeyRoll, ApiKeyShown, NewApiKey, Scope};
use sdk::{ApiError, Client};

use crate::raw::Ask;

fn shop(rights: &[&str], ceiling_mills: u64) -> NewApiKey {
    NewApiKey {
        name: "Web shop".to_owned(),
        scope: Scope {
            rights: rights.iter().map(|right| (*right).to_owned()).collect(),
            ceiling_mills,
            meters: Vec::new(),
        },
        expires: None,
        secret: None,
    }
}

async fn made(customer: &Customer, name: &str) -> ApiKeyShown {
    let body = shop(&["read", "dispense"], 800);
    customer.client.add_api_key(&body, name).await.unwrap()
}

fn program(house: &House, made: &ApiKeyShown) -> Client {
    let text = made.text.as_deref().unwrap();
    Client::with_api_key(&house.api(), text).unwrap()
}

#[track_caller]
fn code<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    match outcome.unwrap_err() {
        ApiError::Problem(problem) => problem.code.clone(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_program_dispenses_with_its_key_and_does_nothing_else_p20() {
    let house = House::running();
    let customer = house.customer("ada").await;
    let made = made(&customer, "shop").await;
    let text = made.text.clone().unwrap();
    assert!(text.starts_with("ind_test_") && text.len() == 113, "{text}");
    let program = program(&house, &made);
    let item = program
        .dispense(customer.meter, &letter(), "one")
        .await
        .unwrap();
    assert_eq!(item.value_mills, 740);
    // The same key of the account: a person's repeat finds the program's item.
    let again = customer
        .client
        .dispense(customer.meter, &letter(), "one")
        .await
        .unwrap();
    assert_eq!(again.id, item.id);
    let mut dear = letter();
    dear.item = sdk::api::ItemOrder {
        value_mills: Some(801),
        ..sdk::api::ItemOrder::default()
    };
    assert_eq!(
        code(program.dispense(customer.meter, &dear, "two").await),
        "ceiling"
    );
    assert_eq!(code(program.all_users().await), "not-covered");
    assert_eq!(code(program.all_api_keys().await), "not-covered");
    assert_eq!(
        code(program.add_api_key(&shop(&["read"], 1), "more").await),
        "not-covered"
    );
    assert_eq!(
        code(program.revoke_api_key(&made.key.key).await),
        "not-covered"
    );
    for (method, path) in [
        ("DELETE", "/v1/sessions"),
        ("POST", "/v1/sessions/renewals"),
    ] {
        let answer = Ask::new(method, path)
            .bearer(&text)
            .send(&house.api())
            .await;
        assert_eq!(answer.problem().code, "sign-on-needed", "{method} {path}");
    }
    let keys = customer.client.all_api_keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (keys[0].name.as_str(), keys[0].revoked),
        ("Web shop", false)
    );
    assert!(keys[0].last_used.is_some());
    // Above what its user may give: refused, and no name is kept.
    let managing = customer
        .client
        .add_api_key(&shop(&["manage"], 1), "m")
        .await;
    assert_eq!(code(managing), "bad-scope");
    // Nobody else sees it.
    let other = house.newcomer("other").await;
    assert!(other.client.all_api_keys().await.unwrap().is_empty());
    assert_eq!(
        code(other.client.revoke_api_key(&made.key.key).await),
        "not-found"
    );
    // The secret is nowhere in the database.
    let (_, secret) = text.split_at(9 + 32);
    let secret: Vec<u8> = (0..32)
        .map(|n| u8::from_str_radix(&secret[2 * n..2 * n + 2], 16).unwrap())
        .collect();
    let bytes = std::fs::read(house.database()).unwrap();
    assert!(!bytes.windows(32).any(|part| part == secret));
    house.assert_clean();
}

#[tokio::test]
async fn a_key_is_rolled_with_overlap_and_revoked_at_once_p20() {
    let house = House::running();
    let customer = house.customer("ada").await;
    let first = made(&customer, "shop").await;
    let before = program(&house, &first);
    before.meter(customer.meter).await.unwrap();
    let overlap = ApiKeyRoll {
        previous_until: Some("2199-01-01T00:00:00Z".to_owned()),
        secret: None,
    };
    let roll = customer
        .client
        .roll_api_key(&first.key.key, &overlap, "r")
        .await;
    let second = roll.unwrap();
    assert_ne!(first.text, second.text);
    let after = program(&house, &second);
    for program in [&before, &after] {
        program.meter(customer.meter).await.unwrap();
    }
    let at_once = ApiKeyRoll {
        previous_until: None,
        secret: None,
    };
    let third = customer
        .client
        .roll_api_key(&first.key.key, &at_once, "r2")
        .await;
    let third = program(&house, &third.unwrap());
    assert_eq!(code(after.meter(customer.meter).await), "key-ended");
    third.meter(customer.meter).await.unwrap();
    let revoked = customer
        .client
        .revoke_api_key(&first.key.key)
        .await
        .unwrap();
    assert!(revoked.revoked);
    assert!(
        customer
            .client
            .revoke_api_key(&first.key.key)
            .await
            .unwrap()
            .revoked
    );
    assert_eq!(code(third.meter(customer.meter).await), "key-ended");
    // A mistyped key is told without asking anybody.
    let mut typo = first.text.unwrap();
    typo.replace_range(20..21, if &typo[20..21] == "0" { "1" } else { "0" });
    let typo = Client::with_api_key(&house.api(), &typo).unwrap();
    assert_eq!(code(typo.meter(customer.meter).await), "key-ended");
    house.assert_clean();
}

/// What somebody with the database in hands would try: none of it signs anybody on.
#[tokio::test]
async fn a_key_row_inserted_altered_or_put_back_gets_nothing() {
    let house = House::running();
    let (rich, poor) = (house.customer("rich").await, house.newcomer("poor").await);
    let stolen = made(&rich, "rich").await;
    let own = made(&poor, "poor").await;
    let condition = format!("key = x'{}'", own.key.key);
    let victim = format!("key = x'{}'", stolen.key.key);
    let sql = house.sql();
    let kept = rows::keep(&sql, "api_key_records", &condition);
    let text = own.text.clone().unwrap();
    // With the row as it was made, the key reads its user's meter.
    let attempt = async |what: &str, codes: &[&str]| {
        let client = Client::with_api_key(&house.api(), &text).unwrap();
        let refused = code(client.meter(poor.meter).await);
        assert!(codes.contains(&refused.as_str()), "{what}: {refused}");
    };
    let altered = ["record-refused", "key-ended"];
    // Another's record in its place; another's columns; its every byte.
    let swap = format!(
        "UPDATE api_key_records SET record = (SELECT record FROM api_key_records WHERE {victim}) \
         WHERE {condition}"
    );
    rows::edit(&sql, &swap, []);
    attempt("another's record", &altered).await;
    rows::put_back(&sql, &kept);
    let right: Vec<u8> = rows::value(
        &sql,
        &format!("SELECT record FROM api_key_records WHERE {condition}"),
        [],
    );
    let alter = format!("UPDATE api_key_records SET record = ?1 WHERE {condition}");
    for index in (0..right.len()).step_by(7) {
        let mut bytes = right.clone();
        bytes[index] ^= 1 << (index % 8);
        rows::edit(&sql, &alter, [&bytes]);
        attempt(&format!("byte {index}"), &altered).await;
    }
    rows::edit(&sql, &alter, [&right]);
    // Rolled, and the row of before put back: the old secret is none any more.
    let at_once = ApiKeyRoll {
        previous_until: None,
        secret: None,
    };
    poor.client
        .roll_api_key(&own.key.key, &at_once, "roll")
        .await
        .unwrap();
    rows::edit(&sql, &alter, [&right]);
    // The box knows a newer one: it may be on its way, so that is asked for again.
    attempt("put back", &["unavailable"]).await;
    assert!(!house.audit().is_clean());
}

#[tokio::test]
async fn keys_by_the_command_line() {
    let house = House::running();
    let word = house.path("word.txt");
    std::fs::write(&word, PASSWORD).unwrap();
    let word = word.to_str().unwrap();
    let signup = ["signup", "--login", "me@example.com", "--name", "Me"];
    house.indicia(&[&signup[..], &["--password-file", word]].concat());
    let create = [
        "keys",
        "create",
        "--name",
        "Shop",
        "--ceiling",
        "5.00",
        "--json",
    ];
    let made: ApiKeyShown = serde_json::from_str(&house.indicia(&create)).unwrap();
    let id = made.key.key.clone();
    let text = made.text.unwrap();
    let mut with_key = house.command(&["meter", "--json"]);
    let answer = with_key.env("INDICIA_API_KEY", &text).output().unwrap();
    assert!(answer.status.success(), "{answer:?}");
    let list = house.indicia(&["keys", "list"]);
    assert!(list.contains(&id) && !list.contains(&text[41..]), "{list}");
    let rolled = house.indicia(&["keys", "roll", &id, "--overlap-hours", "2"]);
    assert!(rolled.contains("ind_test_"), "{rolled}");
    let revoked = house.indicia(&["keys", "revoke", &id]);
    assert!(revoked.contains("revoked"), "{revoked}");
    house.assert_clean();
}
