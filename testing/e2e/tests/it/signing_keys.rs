//! Users with a key of their own, over HTTP and by the command line: what a server can do without the
//! user, which is nothing (P20).

use e2e::{Customer, House, PASSWORD, letter};
use item::{Digest, InstallationId, Mills};
use sdk::api::{
    DispenseBatch, ItemOrder, Mailing, MailingRow, NewApiKey, NewRecovery, NewUser, Scope,
};
use sdk::{ApiError, Client, OwnKey};
use serde_json::json;
use signer::SigningKey;

use crate::bad_input::token;
use crate::raw::Ask;

#[track_caller]
fn code<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    match outcome.unwrap_err() {
        ApiError::Problem(problem) => {
            assert_eq!(problem.charged, Some(false), "{problem:?}");
            problem.code.clone()
        }
        other => panic!("{other}"),
    }
}

fn installation(house: &House) -> InstallationId {
    house.installation().transcript().installation
}

/// The same key as often as it is needed.
struct KeyFile(std::path::PathBuf);

impl KeyFile {
    fn new(house: &House, name: &str) -> Self {
        let path = house.beside(name);
        SigningKey::generate("user").unwrap().save(&path).unwrap();
        Self(path)
    }

    fn key(&self) -> SigningKey {
        SigningKey::load(&self.0).unwrap()
    }
}

fn own(house: &House, customer: &Customer, key: &KeyFile, most: u64) -> OwnKey {
    OwnKey {
        key: key.key(),
        installation: installation(house),
        user: customer.user,
        most: Mills(most),
    }
}

async fn set_key(
    house: &House,
    customer: &mut Customer,
    new: Option<&KeyFile>,
    old: Option<&KeyFile>,
) {
    let (new, old) = (new.map(KeyFile::key), old.map(KeyFile::key));
    let whose = (installation(house), customer.user);
    customer
        .client
        .set_signing_key(&customer.login, new.as_ref(), old.as_ref(), whose)
        .await
        .unwrap();
}

/// A client that is signed on by the key, and signs.
async fn signed_on(house: &House, customer: &Customer, key: &KeyFile, most: u64) -> Client {
    let client = house.client();
    client
        .sign_on_by_key(&customer.login, &key.key(), installation(house))
        .await
        .unwrap();
    client.signing(own(house, customer, key, most))
}

fn unvalued() -> ItemOrder {
    ItemOrder {
        value_mills: None,
        shape: Some("letter".to_owned()),
        weight_oz: Some("1".to_owned()),
        ..letter().item
    }
}

#[tokio::test]
async fn nothing_is_dispensed_that_the_user_did_not_sign_p20() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let key = KeyFile::new(&house, "ada.key");
    set_key(&house, &mut ada, Some(&key), None).await;
    let client = signed_on(&house, &ada, &key, 10_000).await;
    let user = client.user(&ada.user.to_string()).await.unwrap();
    assert!(user.signing_key.is_some());

    // Signed: one item, a priced one, a batch. Repeated, each is the same.
    let item = client.dispense(ada.meter, &letter(), "one").await.unwrap();
    let again = client.dispense(ada.meter, &letter(), "one").await.unwrap();
    assert_eq!((item.piece_count, again.piece_count), (1, 1));
    let batch = DispenseBatch {
        items: vec![unvalued(), letter().item],
        expected_piece_count: Some(1),
        allow_duplicate: true,
        origin: None,
    };
    let items = client
        .dispense_batch(ada.meter, &batch, "two")
        .await
        .unwrap();
    assert_eq!(items.items.len(), 2);
    let balance = client.meter(ada.meter).await.unwrap().descending_mills;

    // A password gives a session that orders nothing by itself.
    let by_password = house.client();
    by_password.sign_on(&ada.login, PASSWORD).await.unwrap();
    let refused = by_password.dispense(ada.meter, &letter(), "unsigned").await;
    assert_eq!(code(refused), "own-signature");
    // For less than it costs, and by another's key.
    let poor = house.client();
    poor.set_session(by_password.session());
    let poor = poor.signing(own(&house, &ada, &key, 1));
    let priced = sdk::api::DispenseOne {
        item: unvalued(),
        ..letter()
    };
    assert_eq!(
        code(poor.dispense(ada.meter, &priced, "poor").await),
        "own-signature"
    );
    let other = KeyFile::new(&house, "other.key");
    let thief = house.client();
    thief.set_session(by_password.session());
    let thief = thief.signing(own(&house, &ada, &other, 10_000));
    assert_eq!(
        code(thief.dispense(ada.meter, &letter(), "thief").await),
        "own-signature"
    );
    // A mailing is several orders: it is said how to buy it.
    let mailing = Mailing {
        rows: vec![MailingRow {
            reference: None,
            item: letter().item,
        }],
        correct_addresses: false,
        partial: false,
        allow_duplicate: true,
        origin: None,
    };
    let bought = client
        .buy_mailing(ada.meter, &mailing, "three", |_| ())
        .await;
    let problem = bought.unwrap_err();
    let problem = problem.problem().unwrap();
    assert_eq!(problem.code, "own-signature");
    assert!(problem.detail.contains("batches"), "{problem:?}");
    // A header that is none.
    let path = format!("/v1/meters/{}/items", ada.meter);
    let body = json!({ "item": { "value_mills": 740 }, "allow_duplicate": true });
    for header in ["", "1:2", "1:2:ab", "x:2:ab", "1:2:3:4"] {
        let ask = Ask::post(&path, &body)
            .key("header")
            .bearer(&by_password.session().unwrap().token);
        let answer = ask
            .header("indicia-signature", header)
            .send(&house.api())
            .await;
        assert_eq!(answer.problem().code, "malformed-request", "{header}");
    }
    let after = client.meter(ada.meter).await.unwrap();
    assert_eq!(
        (after.descending_mills, after.piece_count),
        (balance, 3),
        "nothing was charged"
    );

    // The key is replaced by both, removed by itself, and then a password is enough again.
    ada.client.set_session(client.session());
    set_key(&house, &mut ada, Some(&other), Some(&key)).await;
    let old = house.client();
    let by_old = old
        .sign_on_by_key(&ada.login, &key.key(), installation(&house))
        .await;
    assert_eq!(code(by_old), "wrong-credentials");
    let nobody = old
        .sign_on_by_key("nobody@example.com", &key.key(), installation(&house))
        .await;
    assert_eq!(code(nobody), "wrong-credentials");
    ada.log_in(&house).await.unwrap();
    set_key(&house, &mut ada, None, Some(&other)).await;
    ada.log_in(&house).await.unwrap();
    ada.print("free again").await.unwrap();
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn what_a_keyed_manager_orders_of_users_and_programs_is_signed_p20() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let key = KeyFile::new(&house, "ada.key");
    set_key(&house, &mut ada, Some(&key), None).await;
    let client = signed_on(&house, &ada, &key, 10_000).await;
    ada.log_in(&house).await.unwrap();
    let scope = Scope {
        rights: vec!["read".to_owned(), "dispense".to_owned()],
        ceiling_mills: 2_000,
        meters: vec![ada.meter],
    };
    let clerk = NewUser {
        login: "clerk@example.com".to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "A clerk".to_owned(),
        scope: scope.clone(),
    };
    let program = NewApiKey {
        name: "Shop".to_owned(),
        scope: scope.clone(),
        expires: Some("2099-01-01T00:00:00Z".to_owned()),
        secret: None,
    };
    // A server with the session, and without the key, adds no user and no program to spend by.
    let unsigned = &ada.client;
    assert_eq!(
        code(unsigned.add_user(&clerk, "clerk-0").await),
        "own-signature"
    );
    assert_eq!(
        code(unsigned.add_api_key(&program, "shop-0").await),
        "own-signature"
    );
    let clerk = NewUser {
        login: "clerk-2@example.com".to_owned(),
        ..clerk
    };
    let added = client.add_user(&clerk, "clerk").await.unwrap();
    let less = Scope {
        ceiling_mills: 1_000,
        ..scope
    };
    assert_eq!(
        code(unsigned.set_user(&added.user, &less, "less").await),
        "own-signature"
    );
    let set = client.set_user(&added.user, &less, "less").await.unwrap();
    assert_eq!(set.scope.ceiling_mills, 1_000);
    let recovery = NewRecovery {
        code_digest: Digest([7; 32]).to_string(),
    };
    assert_eq!(
        code(unsigned.begin_recovery(&added.user, &recovery, "r").await),
        "own-signature"
    );
    client
        .begin_recovery(&added.user, &recovery, "r")
        .await
        .unwrap();
    let made = client.add_api_key(&program, "shop").await.unwrap();
    let roll = sdk::api::ApiKeyRoll {
        previous_until: None,
        secret: None,
    };
    assert_eq!(
        code(unsigned.roll_api_key(&made.key.key, &roll, "roll").await),
        "own-signature"
    );
    let rolled = client
        .roll_api_key(&made.key.key, &roll, "roll")
        .await
        .unwrap();

    // The program's orders are signed by the key of its user, or refused.
    let text = rolled.text.unwrap();
    let program = Client::with_api_key(&house.api(), &text).unwrap();
    assert_eq!(
        code(program.dispense(ada.meter, &letter(), "program").await),
        "own-signature"
    );
    let program = program.signing(own(&house, &ada, &key, 10_000));
    program
        .dispense(ada.meter, &letter(), "program")
        .await
        .unwrap();
    // To revoke needs no signature.
    ada.client.revoke_api_key(&made.key.key).await.unwrap();
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn the_commands_of_a_user_with_a_key_sign_by_themselves_p20() {
    let mut house = House::running();
    let ada = house.customer("ada").await;
    let secret = house.beside("secret.txt");
    std::fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
    let secret = secret.to_str().unwrap().to_owned();
    let (key, out) = (house.beside("me.key"), house.beside("e.pdf"));
    let (key, out) = (key.to_str().unwrap(), out.to_str().unwrap());
    let log_in = ["login", "--login", &ada.login, "--password-file", &secret];
    house.indicia(&log_in);
    house.indicia(&["user", "key", "set", "--login", &ada.login, "--key", key]);
    let print = [
        "print",
        "--to",
        "State Capitol;1315 10th St;Sacramento, CA 95814",
        "--out",
        out,
    ];
    house.indicia(&log_in);
    let refused = house.command(&print).output().unwrap();
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("own-signature"),
        "{refused:?}"
    );
    house.indicia(&[
        "login",
        "--login",
        &ada.login,
        "--key",
        key,
        "--at-most",
        "5.00",
    ]);
    house.indicia(&print);
    // The session is kept with its key: the next command signs as well.
    let twice = [&print[..], &["--allow-duplicate"]].concat();
    house.indicia(&twice);
    assert_eq!(ada.client.session().map(|_| ()), Some(()));
    assert!(!token(&ada).is_empty());
    house.indicia(&["user", "key", "remove", "--login", &ada.login, "--old", key]);
    house.indicia(&log_in);
    house.indicia(&twice);
    house.stop();
    house.assert_clean();
}
