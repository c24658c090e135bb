//! The rate table of an installation: replaced by its signer only.

use std::fs;

use e2e::House;
use sdk::RateQuestion;

fn letter() -> RateQuestion {
    RateQuestion {
        shape: "letter".to_owned(),
        weight_oz: "1".to_owned(),
        ..RateQuestion::default()
    }
}

#[tokio::test]
async fn only_a_signed_rate_table_is_used() {
    let mut house = House::running();
    let before = house.client().rate(&letter()).await.unwrap();
    assert_eq!((before.total_mills, before.illustrative), (740, true));

    let copy = house.beside("rates.toml");
    house.indicia(&["rates", "--export", copy.to_str().unwrap()]);
    let table = fs::read_to_string(&copy).unwrap();
    let dearer = table.replace(
        "mills = 740, category = \"FCL1\"",
        "mills = 750, category = \"FCL1\"",
    );
    assert_ne!(dearer, table);
    fs::write(&copy, &dearer).unwrap();
    house.stop();

    // Altered where it stands: nothing of it is read.
    let standing = house.path("public/rates.toml");
    fs::write(&standing, &dearer).unwrap();
    let refused = house.command(&["rates"]).output().unwrap();
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("signature is not valid"), "{why}");
    let started = house.command(&["up"]).output().unwrap();
    assert!(
        !started.status.success(),
        "a data centre with an unsigned table"
    );

    // Signed by somebody who is no rate signer.
    let copy = copy.to_str().unwrap();
    let operator = house.path("keys/operator.key");
    let wrong = [
        "rates",
        "--install",
        copy,
        "--key",
        operator.to_str().unwrap(),
    ];
    assert!(!house.command(&wrong).output().unwrap().status.success());

    let said = house.indicia(&["rates", "--install", copy]);
    assert!(said.contains("Signed and installed"), "{said}");
    house.up();
    let after = house.client().rate(&letter()).await.unwrap();
    assert_eq!(after.total_mills, 750);

    // Out of date: no price, and it is said so.
    let old = RateQuestion {
        mailing_date: "2001-01-01".to_owned(),
        ..letter()
    };
    let error = house.client().rate(&old).await.unwrap_err();
    assert!(error.has_code("no-rate"), "{error}");
}
