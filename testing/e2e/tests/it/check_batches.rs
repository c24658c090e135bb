//! Many payloads verified, and many scans accepted, in one call: each ends as it would alone.

use e2e::{Customer, House, now};
use item::{Layout, Zip};
use sdk::api::{
    Acceptance, AcceptanceBatch, AcceptanceResult, DispenseBatch, PayloadShown, Verification,
    VerificationBatch, VerificationResult,
};
use serde_json::Value;
use signer::{Sighting, Verifier};

/// Payloads of a batch of letters.
async fn letters(customer: &Customer, count: usize) -> Vec<Vec<u8>> {
    let order = DispenseBatch {
        items: vec![e2e::letter().item; count],
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    };
    let bought = customer
        .client
        .dispense_batch(customer.meter, &order, "letters")
        .await
        .unwrap();
    let items = bought.items.iter();
    items
        .map(|item| sdk::decode(&item.payload).unwrap())
        .collect()
}

fn altered(payload: &[u8]) -> Vec<u8> {
    let mut altered = payload.to_vec();
    *altered.last_mut().unwrap() ^= 1;
    altered
}

fn shown(payload: &[u8]) -> PayloadShown {
    PayloadShown {
        payload: sdk::encode(payload),
        ..PayloadShown::default()
    }
}

fn codes(result: &VerificationResult) -> Vec<&str> {
    let verified = result.verified.as_ref().unwrap();
    verified.findings.iter().map(|f| f.code.as_str()).collect()
}

/// The verifier of the house, whose scans follow each other.
struct Desk {
    verifier: Verifier,
    installation: item::InstallationId,
}

impl Desk {
    fn open(house: &House) -> Self {
        let log = house.path("verifier/scans.log");
        Self {
            verifier: Verifier::open(&log, house.key("verifier")).unwrap(),
            installation: house.installation().transcript().installation,
        }
    }

    fn scan(&mut self, payload: &[u8], key: &str) -> Acceptance {
        let sighting = Sighting {
            installation: self.installation,
            payload,
            place: Zip(95_814),
            time: now(),
            idempotency_key: key,
        };
        Acceptance {
            scan: sdk::encode(&self.verifier.scan(&sighting).unwrap().to_bytes()),
            payload: sdk::encode(payload),
        }
    }
}

#[tokio::test]
async fn many_payloads_are_verified_as_each_would_be_alone_p30() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let items = letters(&customer, 80).await;
    let api = house.client();
    let mut desk = Desk::open(&house);
    api.accept(&desk.scan(&items[1], "used")).await.unwrap();
    house
        .sql()
        .execute("DELETE FROM items WHERE piece_count = 3", [])
        .unwrap();

    let elsewhere = PayloadShown {
        address: vec!["Another Place".to_owned()],
        value_mills: Some(9_000),
        ..shown(&items[4])
    };
    let mut payloads: Vec<PayloadShown> = items.iter().map(|item| shown(item)).collect();
    payloads[3] = shown(&altered(&items[3]));
    payloads[4] = elsewhere;
    payloads[5] = shown(b"no payload");
    payloads.push(PayloadShown {
        payload: "no base64".to_owned(),
        ..PayloadShown::default()
    });
    payloads.push(shown(&items[1]));
    let body = VerificationBatch { payloads };
    let results = api.verify_many(&body).await.unwrap().results;
    assert_eq!(results.len(), 82);
    for (asked, result) in body.payloads.iter().zip(&results).take(80) {
        let alone = Verification {
            payload: Some(asked.payload.clone()),
            address: asked.address.clone(),
            value_mills: asked.value_mills,
            image: None,
        };
        let alone = api.verify(&alone).await.unwrap();
        let many = result.verified.as_ref().unwrap();
        assert_eq!(
            serde_json::to_value(many).unwrap(),
            serde_json::to_value(alone).unwrap()
        );
    }
    let expected: [(usize, &[&str]); 7] = [
        (0, &["authentic", "specimen", "recorded", "unused"]),
        (1, &["authentic", "specimen", "recorded", "used"]),
        (2, &["authentic", "specimen", "not-recorded", "unused"]),
        (3, &["forged", "specimen"]),
        (5, &["unreadable"]),
        (80, &["unreadable"]),
        (81, &["authentic", "specimen", "recorded", "used"]),
    ];
    for (at, expected) in expected {
        assert_eq!(codes(&results[at]), expected, "{at}");
    }
    for code in ["amount", "other-address"] {
        assert!(codes(&results[4]).contains(&code), "{:?}", results[4]);
    }
    house.stop();
}

/// A record that somebody altered is a problem of its own payload; the others are examined.
#[tokio::test]
async fn an_altered_record_fails_its_own_payload_alone() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let items = letters(&customer, 3).await;
    let alter = "UPDATE items SET item = zeroblob(length(item)) WHERE piece_count = 2";
    house.sql().execute(alter, []).unwrap();
    let body = VerificationBatch {
        payloads: items.iter().map(|item| shown(item)).collect(),
    };
    let results = house.client().verify_many(&body).await.unwrap().results;
    for at in [0, 2] {
        assert!(
            codes(&results[at]).contains(&"recorded"),
            "{:?}",
            results[at]
        );
    }
    let VerificationResult { verified, problem } = &results[1];
    assert!(verified.is_none());
    assert_eq!(problem.as_ref().unwrap().code, "record-refused");
    house.stop();
}

fn outcome(result: &AcceptanceResult) -> &str {
    match (&result.accepted, &result.problem) {
        (Some(accepted), None) => &accepted.outcome,
        (None, Some(problem)) => &problem.code,
        both => panic!("{both:?}"),
    }
}

#[tokio::test]
async fn many_scans_end_as_each_would_behind_those_before_it_p31() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let items = letters(&customer, 40).await;
    let api = house.client();
    let mut desk = Desk::open(&house);
    let mut scans: Vec<Acceptance> = items
        .iter()
        .map(|item| desk.scan(item, &sdk::random_key().unwrap()))
        .collect();
    scans.push(desk.scan(&altered(&items[0]), "forged"));
    scans.push(desk.scan(&items[7], "copy"));
    let taken = scans.len();
    // One whose signature does not fit: it and what is behind it do not follow.
    let lost = desk.scan(&items[0], "lost");
    let mut spoilt = sdk::decode(&lost.scan).unwrap();
    *spoilt.last_mut().unwrap() ^= 1;
    scans.push(Acceptance {
        scan: sdk::encode(&spoilt),
        ..lost.clone()
    });
    scans.push(Acceptance {
        payload: scans[0].payload.clone(),
        ..scans[1].clone()
    });
    scans.push(desk.scan(&items[1], "behind"));
    let body = AcceptanceBatch { scans };

    let first = api.accept_many(&body).await.unwrap().results;
    let again = api.accept_many(&body).await.unwrap().results;
    for (results, expected) in [(&first, "accepted"), (&again, "repeat")] {
        let outcomes: Vec<&str> = results.iter().map(outcome).collect();
        assert_eq!(outcomes[..40], [expected; 40]);
        let rest = [
            "refused",
            "used",
            "bad-signature",
            "statement-mismatch",
            "scan-sequence",
        ];
        assert_eq!(outcomes[40..], rest, "{expected}");
    }
    let used = first[41].accepted.as_ref().unwrap();
    assert_eq!(used.verdict, "refuse");
    assert!(
        used.findings
            .iter()
            .any(|f| f.code == "used" && f.first_place.is_some())
    );
    assert_eq!(first[0].accepted.as_ref().unwrap().verdict, "accept");
    // What was not taken stands in nobody's way.
    let rest = AcceptanceBatch {
        scans: vec![lost, body.scans.last().unwrap().clone()],
    };
    let rest = api.accept_many(&rest).await.unwrap().results;
    assert_eq!(
        rest.iter().map(outcome).collect::<Vec<_>>(),
        ["used", "used"]
    );
    house.stop();
    house.assert_clean();
    assert_eq!(house.audit().counts.scans, taken as u64 + 2);
}

/// `indicia verify --list`: offline and online, every line in its place.
#[tokio::test]
async fn a_list_of_payloads_is_verified_line_by_line() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let items = letters(&customer, 3).await;
    let object = format!(
        "{{\"payload\":\"{}\",\"value_mills\":9000}}",
        sdk::encode(&items[2])
    );
    let lines = [
        sdk::encode(&items[0]),
        String::new(),
        sdk::encode(&altered(&items[1])),
        object,
    ];
    let list = house.beside("payloads.txt");
    std::fs::write(&list, lines.join("\n")).unwrap();
    let list = list.to_str().unwrap();
    house.indicia(&["pack"]);
    let ways: [(&[&str], &str); 2] = [(&["--offline"], "check"), (&[], "accept")];
    for (way, genuine) in ways {
        let arguments = [&["--json", "verify", "--list", list], way].concat();
        let output = house.command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let told: Vec<Value> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|told| {
                (
                    told["line"].as_u64().unwrap(),
                    told["verdict"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(told, [(1, genuine), (3, "refuse"), (4, "refuse")]);
        let output = house
            .command(&[&["verify", "--list", list], way].concat())
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(
            text.contains("line 3: REFUSE") && !text.contains("line 1"),
            "{text}"
        );
        let sum = match genuine {
            "check" => "3 payloads: 0 accept, 1 check, 2 refuse",
            _ => "3 payloads: 1 accept, 0 check, 2 refuse",
        };
        assert!(text.contains(sum), "{text}");
    }
    house.stop();
    house.assert_clean();
}
