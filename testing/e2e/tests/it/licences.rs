//! A licence, from the customer's signed application to the operators' act or refusal, and what an audit
//! says of it.

use e2e::{Customer, House, PASSWORD};
use item::{ActBody, Day, Digest, Limits, Mills, Zip};

const AGREEMENT: &str = "SAMPLE. We agree.\n";

fn log_in(house: &House, customer: &Customer) {
    let file = house.beside("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let file = file.to_str().unwrap();
    house.indicia(&["login", "--login", &customer.login, "--password-file", file]);
}

fn agreement(house: &House, name: &str, text: &str) -> String {
    let path = house.beside(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Applies by command; the application's id.
fn apply(house: &House, agreement: &str, origin: &str) -> String {
    let told = house.indicia(&[
        "--json",
        "licence",
        "apply",
        "--origin",
        origin,
        "--licensing",
        "95814",
        "--organisation",
        "Example Mail Room",
        "--address",
        "1 Main St;Reno, NV 89501",
        "--contact",
        "mail@example.com",
        "--agreement",
        agreement,
    ]);
    let answer: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(answer["state"], "applied");
    answer["id"].as_str().unwrap().to_owned()
}

fn refused(house: &House, arguments: &[&str]) -> String {
    let output = house.command(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn an_application_becomes_a_licence_that_names_it() {
    let house = House::running();
    let ada = house.newcomer("ada").await;
    log_in(&house, &ada);
    let text = agreement(&house, "agreement.md", AGREEMENT);
    let id = apply(&house, &text, "00000");
    let seen = ada.client.licence(&id, None).await.unwrap();
    assert_eq!((seen.meter, seen.state.as_str()), (ada.meter, "applied"));
    let details = seen.details.unwrap();
    assert_eq!(details.organisation, "Example Mail Room");
    assert_eq!(details.address, ["1 Main St", "Reno, NV 89501"]);
    let open = house.indicia(&["licence", "list", "--open"]);
    assert!(open.contains(&id), "{open}");
    // Nobody else sees it.
    let bob = house.customer("bob").await;
    let foreign = bob.client.licence(&id, None).await.unwrap_err();
    assert!(foreign.has_code("not-found"));
    assert!(
        bob.client
            .licences(None, None)
            .await
            .unwrap()
            .licences
            .is_empty()
    );
    assert!(house.client().licences(None, None).await.is_err());

    // Operators grant what was accepted, and nothing else.
    let other = agreement(&house, "other.md", "SAMPLE. We agree to more.\n");
    let grant = |file: &str| {
        let words = [
            "licence",
            "grant",
            "--application",
            &id,
            "--agreement",
            file,
        ];
        words.map(str::to_owned).to_vec()
    };
    let words = grant(&other);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert!(refused(&house, &words).contains("accepts another agreement"));
    let words = grant(&text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = house.indicia(&words);
    assert!(told.contains("granted"), "{told}");
    let meter = ada.state().await;
    assert_eq!(
        (meter.state.as_str(), meter.origin.as_str()),
        ("active", "00000")
    );
    assert_eq!(
        ada.client.licence(&id, None).await.unwrap().state,
        "granted"
    );
    assert!(!house.indicia(&["licence", "list", "--open"]).contains(&id));
    let late = [
        "licence",
        "refuse",
        "--application",
        &id,
        "--reason",
        "late",
    ];
    assert!(refused(&house, &late).contains("wrong-state"));
    house.assert_clean();
}

#[tokio::test]
async fn a_refusal_says_why_and_leaves_the_meter_as_it_was() {
    let house = House::running();
    let ada = house.newcomer("ada").await;
    log_in(&house, &ada);
    let text = agreement(&house, "agreement.md", AGREEMENT);
    let id = apply(&house, &text, "95814");
    let reason = "The address can not be confirmed";
    house.indicia(&[
        "licence",
        "refuse",
        "--application",
        &id,
        "--reason",
        reason,
    ]);
    let seen = ada.client.licence(&id, None).await.unwrap();
    assert_eq!(
        (seen.state.as_str(), seen.reason.as_deref()),
        ("refused", Some(reason))
    );
    let told = house.indicia(&["licence", "show", "--application", &id]);
    assert!(told.contains(reason), "{told}");
    let words = [
        "licence",
        "grant",
        "--application",
        &id,
        "--agreement",
        &text,
    ];
    assert!(refused(&house, &words).contains("was refused"));
    assert_eq!(ada.state().await.state, "manufactured");
    // Anew, and granted.
    let anew = apply(&house, &text, "95814");
    assert_ne!(anew, id);
    house.indicia(&[
        "licence",
        "grant",
        "--application",
        &anew,
        "--agreement",
        &text,
    ]);
    let mine = ada.client.licences(None, None).await.unwrap().licences;
    let mut states: Vec<&str> = mine.iter().map(|one| one.state.as_str()).collect();
    states.sort_unstable();
    assert_eq!(states, ["granted", "refused"]);
    house.assert_clean();
}

#[tokio::test]
async fn an_act_names_an_application_of_its_own_meter_or_is_not_carried_out() {
    let mut house = House::running();
    let (ada, bob) = (house.newcomer("ada").await, house.newcomer("bob").await);
    log_in(&house, &ada);
    let text = agreement(&house, "agreement.md", AGREEMENT);
    let id = Digest::from_hex(&apply(&house, &text, "95814")).unwrap();
    let license = |application| ActBody::License {
        limits: Limits {
            item: Mills(1),
            day: Mills(1),
            month: Mills(1),
            descending: Mills(1),
        },
        inspection_due: Day::NONE,
        inspection_interval_days: 0,
        application,
    };
    let register = ActBody::Register {
        origin: Zip(95_814),
        licensing: Zip(95_814),
    };
    house
        .hand_in(&house.act_on_meter(bob.meter, 1, register.clone()))
        .await
        .unwrap();
    for (application, code) in [(id, "statement-mismatch"), (Digest([7; 32]), "not-found")] {
        let act = house.act_on_meter(bob.meter, 2, license(application));
        let told = house.hand_in(&act).await.unwrap_err();
        assert!(told.has_code(code), "{told:?}");
    }
    house
        .hand_in(&house.act_on_meter(bob.meter, 2, license(Digest::ZERO)))
        .await
        .unwrap();
    house
        .hand_in(&house.act_on_meter(ada.meter, 1, register))
        .await
        .unwrap();
    house
        .hand_in(&house.act_on_meter(ada.meter, 2, license(id)))
        .await
        .unwrap();
    house.assert_clean();

    // Names go, the signed statement stays; an application that goes is missed.
    house.edited(|sql| {
        assert_eq!(sql.execute("UPDATE licences SET details = NULL", []), Ok(1));
    });
    house.assert_clean();
    let mut ada = ada;
    ada.move_to(&house);
    let seen = ada.client.licence(&id.to_string(), None).await.unwrap();
    assert!(seen.details.is_none() && seen.state == "granted");
    house.edited(|sql| {
        assert_eq!(sql.execute("DELETE FROM licences", []), Ok(1));
    });
    house.assert_found(&[audit::Code::LicenceMissing]);
}
