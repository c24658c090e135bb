//! An older database meets boxes that know better (P19, P28): a database from last night's backup,
//! and one whose newest changes are gone for good.

use std::process::Output;

use audit::Code as Found;
use e2e::{Customer, House, PASSWORD, key_of, rows};
use item::{BoxKind, Digest};
use keeper::{Ground, Keeper, Now, Rules, StartError};
use rusqlite::Connection;
use sdk::api::{Redelivery, SignUp, Verification};
use vault::{OsEntropy, Secret, UnlockedKeys};

use crate::put_back::{assert_signed, code_of};
use crate::statements::{as_lines, recomputes, told};
use crate::voids::{approval, payload};

/// Everything that boxes decided, as the database holds it.
const DECIDED: [&str; 8] = [
    "users",
    "meters",
    "chains",
    "chain_entries",
    "decisions",
    "items",
    "evidence",
    "item_credits",
];

fn everything(sql: &Connection) -> Vec<Vec<rows::Kept>> {
    DECIDED
        .iter()
        .map(|table| rows::keep(sql, table, "1 ORDER BY 1, 2, 3"))
        .collect()
}

/// A backup of a stopped house.
fn back_up(house: &mut House) {
    house.stop();
    std::fs::copy(house.database(), house.beside("backup")).unwrap();
    house.up();
}

/// The backup in the place of the database; what was there stays beside it.
fn restore(house: &mut House, between: impl FnOnce(&House)) {
    house.stop();
    std::fs::rename(house.database(), house.beside("right")).unwrap();
    std::fs::copy(house.beside("backup"), house.database()).unwrap();
    between(house);
    house.up();
}

/// A command that an operator gives; its answer as JSON.
fn operator(house: &House, arguments: &[&str]) -> (serde_json::Value, Output) {
    let output = house
        .command(&[&["--json"], arguments].concat())
        .output()
        .unwrap();
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (answer, output)
}

fn done(house: &House, arguments: &[&str]) -> serde_json::Value {
    let (answer, output) = operator(house, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    answer
}

fn move_to(house: &House, customers: &mut [&mut Customer]) {
    for customer in customers {
        customer.move_to(house);
    }
}

/// Has the house's verifier accept an item; the exit code.
fn accept(house: &House, item: &sdk::api::Item) -> Option<i32> {
    let path = house.beside("payload.bin");
    std::fs::write(&path, sdk::decode(&item.payload).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    let (_, output) = operator(house, &["accept", path, "--place", "95814"]);
    output.status.code()
}

/// Must hold: nothing is lost and nothing is charged again.
#[tokio::test]
async fn a_database_of_last_night_gets_everything_back_byte_for_byte_p19() {
    let mut house = House::without_waiting();
    house.up();
    let mut ada = house.customer("ada").await;
    let mut bob = house.customer("bob").await;
    ada.print("before").await.unwrap();
    back_up(&mut house);
    move_to(&house, &mut [&mut ada, &mut bob]);

    let mut made = Vec::new();
    for key in ["first", "second", "third"] {
        made.push(ada.print(key).await.unwrap());
    }
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "second");
    ada.refill(&deposit).await.unwrap();
    ada.log_in(&house).await.unwrap();
    ada.client.request_void(&made[2].id).await.unwrap();
    house.indicia(&["refunds", "approve", &made[2].id]);
    bob.print("first").await.unwrap();
    let wrong = house.client().sign_on(&bob.login, "not the password").await;
    wrong.unwrap_err();
    let suspend = item::ActBody::Suspend(item::Suspension::LOST);
    let act = house.act_on_meter(bob.meter, 4, suspend);
    house.hand_in(&act).await.unwrap();
    let mut carol = house.customer("carol").await;
    carol.print("first").await.unwrap();
    assert_eq!(accept(&house, &made[0]), Some(0));
    assert_eq!(accept(&house, &made[1]), Some(0));
    let (balance, suspended) = (
        ada.state().await.descending_mills,
        bob.state().await.suspended,
    );

    restore(&mut house, |_| ());
    move_to(&house, &mut [&mut ada, &mut bob, &mut carol]);
    assert_eq!(code_of(ada.print("fourth").await), "record-refused");
    let alert = house.alert(ada.subject(), "rolled-back");
    assert_signed(&house, BoxKind::Meter, &alert);
    house.assert_found(&[Found::PutBack]);

    let lines = done(&house, &["act", "redeliver"]);
    for (line, kind) in lines
        .as_array()
        .unwrap()
        .iter()
        .zip(["auth", "meter", "transaction"])
    {
        assert_eq!(line["kind"], kind);
        assert!(line["written"].as_u64().unwrap() > 0, "{line}");
        assert!(line["there"].as_u64().unwrap() > 0, "{line}");
        assert_eq!(line["conflicts"], serde_json::json!([]));
    }
    let right = rows::open(&house.beside("right"));
    assert_eq!(everything(&house.sql()), everything(&right));
    // Given again, it finds everything there.
    for line in done(&house, &["act", "redeliver"]).as_array().unwrap() {
        assert_eq!(line["written"], 0, "{line}");
    }

    // The same keys get the same items; nothing was charged for any of this.
    for (key, item) in ["first", "second", "third"].iter().zip(&made) {
        let again = ada.print(key).await.unwrap();
        assert_eq!((&again.id, &again.payload), (&item.id, &item.payload));
    }
    assert_eq!(ada.state().await.descending_mills, balance);
    assert_eq!(bob.state().await.suspended, suspended);
    assert_eq!(ada.print("fourth").await.unwrap().piece_count, 5);
    // Scans are the post's: its verifiers have them in their own logs.
    for (written, there) in [(2, 0), (0, 2)] {
        let handed_in = done(&house, &["accept", "--again"]);
        let counted = serde_json::json!({ "written": written, "there": there });
        assert_eq!(handed_in, counted);
    }
    assert_eq!(accept(&house, &made[0]), Some(3), "used, as before");

    // What was taken back stays so, and is credited once: who asked for it is in no box, and asks again.
    let (void, api) = (&made[2], house.client());
    assert!(ada.client.item(&void.id).await.unwrap().void);
    ada.client.request_void(&void.id).await.unwrap();
    let again = approval(&house, &payload(void), 7);
    let answer = api.approve_void(&void.id, &again, &key_of(&again)).await;
    assert!(answer.is_ok() || code_of(answer) == "already-void");
    assert_eq!(ada.state().await.descending_mills, balance - 740);
    assert_eq!(accept(&house, void), Some(3), "void, as before");
    ada.log_in(&house).await.unwrap();

    // Names are in no box: who signed up since has to give his again, with the key of then.
    house.assert_found(&[Found::SignupDiffers]);
    let name = SignUp {
        login: carol.login.clone(),
        password: PASSWORD.to_owned(),
        display_name: "carol".to_owned(),
    };
    let again = house
        .client()
        .sign_up(&name, "sign-up-carol")
        .await
        .unwrap();
    assert_eq!(again.meter, carol.meter);
    carol.log_in(&house).await.unwrap();
    assert_eq!(carol.print("second").await.unwrap().piece_count, 2);
    house.assert_clean();
    house.stop();
    house.assert_clean();
}

/// Lets a box forget the bytes of everything that it decided, as it does of itself two days after
/// its journal has grown: a new segment, and a day later the old one goes.
fn forget<R: Rules>(house: &House, rules: fn(&Ground) -> Result<R, StartError>) {
    let name = R::KIND.name().to_lowercase();
    let secret = std::fs::read_to_string(house.path(&format!("unlock/{name}.key"))).unwrap();
    let secret = Secret::new(Digest::from_hex(secret.trim()).unwrap().0);
    let state = house.path(&format!("boxes/{name}"));
    for later in [0, 25 * e2e::HOUR_MS] {
        let now = Now {
            wall: item::Time(e2e::now().0 + later),
            since_boot: later,
        };
        let keys = UnlockedKeys::new(&secret, &mut OsEntropy).unwrap();
        let mut keeper = Keeper::open(&state, keys, now, Box::new(OsEntropy), rules).unwrap();
        keeper::Service::tick(&mut keeper, now).unwrap();
        keeper.compact().unwrap();
    }
}

/// The boxes were a day ahead for a moment: operators say what time it is.
fn confirm_times(house: &House) {
    for kind in ["auth", "meter", "transaction"] {
        done(house, &["act", "confirm-time", "--box", kind]);
    }
}

#[tokio::test]
async fn what_is_gone_for_good_is_reissued_and_audit_names_the_gap_p28() {
    let mut house = House::without_waiting();
    house.up();
    let mut ada = house.customer("ada").await;
    let mut bob = house.customer("bob").await;
    let before = ada.print("before").await.unwrap();
    back_up(&mut house);
    move_to(&house, &mut [&mut ada, &mut bob]);

    let lost = ada.print("lost").await.unwrap();
    ada.print("lost too").await.unwrap();
    assert_eq!(accept(&house, &lost), Some(0));
    let deposit = house.deposit_now(ada.meter, 2, 7_000, "second");
    ada.refill(&deposit).await.unwrap();
    ada.log_in(&house).await.unwrap();
    ada.log_in(&house).await.unwrap();
    let newest = ada.state().await;

    restore(&mut house, |house| {
        forget(house, auth::AuthRules::new);
        forget(house, meter::MeterRules::new);
        forget(house, transaction::TransactionRules::new);
    });
    move_to(&house, &mut [&mut ada, &mut bob]);
    confirm_times(&house);
    assert_eq!(code_of(ada.print("fourth").await), "record-refused");

    // Redelivery has only the last decision of each record, and says what is missing.
    let (lines, output) = operator(&house, &["act", "redeliver"]);
    assert_eq!(output.status.code(), Some(1));
    for line in lines.as_array().unwrap() {
        let conflicts = line["conflicts"].as_array().unwrap();
        assert!(!conflicts.is_empty(), "{line}");
        assert!(conflicts.iter().all(|c| c["reason"] == "gap"), "{line}");
    }
    let serial = ada.meter.to_string();
    let (account, user) = (ada.account.to_string(), ada.user.to_string());
    let look = done(&house, &["act", "reissue", "--meter", &serial, "--dry-run"]);
    assert_eq!(look["remembered"]["known_counter"], newest.counter);
    assert_eq!(look["remembered"]["piece_count"], 3);
    assert_eq!(look["shown"]["piece_count"], 1);
    // In any order: an event that the chain can not take yet stays out of it.
    let reissued = done(&house, &["act", "reissue", "--meter", &serial]);
    assert_eq!(reissued["decided"]["meter"]["piece_count"], 3);
    done(&house, &["act", "reissue", "--account", &account]);
    done(&house, &["act", "reissue", "--user", &user]);
    for (subject, code) in [
        (ada.subject(), "reissued"),
        (ada.account.subject(), "reissued"),
        (ada.user.subject(), "reissued"),
    ] {
        let alert = house.alert(subject, code);
        assert!(alert.detail.contains("are given up"), "{alert:?}");
    }
    // A second one has nothing to give up.
    let (_, output) = operator(&house, &["act", "reissue", "--meter", &serial]);
    assert_eq!(output.status.code(), Some(1));

    // Money and numbers are the newest; permissions wait for acts.
    let state = ada.state().await;
    assert_eq!(state.counter, newest.counter + 1);
    assert_eq!(
        (
            state.descending_mills,
            state.ascending_mills,
            state.piece_count
        ),
        (
            newest.descending_mills,
            newest.ascending_mills,
            newest.piece_count
        )
    );
    assert_eq!(state.suspended, ["reconciled"]);
    assert_eq!(code_of(ada.print("new").await), "meter-suspended");
    let log_in = house.client().sign_on(&ada.login, PASSWORD).await;
    assert_eq!(code_of(log_in), "try-later");
    done(&house, &["act", "set-user", "--user", &user]);
    done(&house, &["act", "set-limits", "--meter", &serial]);
    done(
        &house,
        &[
            "act",
            "resume",
            "--meter",
            &serial,
            "--reason",
            "reconciled",
        ],
    );
    // The authority of before is good for its five minutes.
    assert_eq!(ada.print("new").await.unwrap().piece_count, 4);
    let deposit = house.deposit_now(ada.meter, 3, 1_000, "third");
    ada.refill(&deposit).await.unwrap();
    assert_eq!(bob.print("first").await.unwrap().piece_count, 1);

    // What the gap costs: a key of it charges again, and an item of it is on no record.
    let again = ada.print("lost").await.unwrap();
    assert_eq!(again.piece_count, 5);
    assert_ne!(again.payload, lost.payload);
    let asked = Verification {
        payload: Some(lost.payload),
        ..Verification::default()
    };
    let verified = house.client().verify(&asked).await.unwrap();
    assert_eq!(verified.verdict, "refuse");
    assert!(verified.findings.iter().any(|f| f.code == "not-recorded"));

    // Whether an item of before was taken back in the gap, nobody knows: none is taken back any more.
    ada.client.request_void(&before.id).await.unwrap();
    let late = approval(&house, &payload(&before), 0);
    let refused = house
        .client()
        .approve_void(&before.id, &late, &key_of(&late))
        .await;
    assert_eq!(code_of(refused), "not-creditable");

    // What was accepted of it is the verifier's to prove.
    let handed_in = done(&house, &["accept", "--again"]);
    assert_eq!(handed_in["written"], 1);

    // A statement says what is missing, and that recomputes too.
    let (entries, _, sums) = told(&ada, &sdk::BooksQuestion::default()).await;
    assert!(entries.iter().any(|entry| entry.kind == "difference"));
    assert_eq!(sums.differences_mills, 7_000 - 1_480);
    let statement = as_lines(&house, &ada).await;

    house.stop();
    recomputes(&house, &statement);
    let report = house.audit();
    assert_eq!(report.problems, []);
    let named: Vec<&str> = report
        .notices
        .iter()
        .filter(|notice| notice.code == Found::Reissued)
        .map(|notice| notice.message.as_str())
        .collect();
    assert_eq!(named.len(), 5, "{named:#?}");
    let gap = "2 items worth 1.480, deposits of 7.000, item credits of 0.000";
    assert!(
        named.iter().any(|message| message.ends_with(gap)),
        "{named:#?}"
    );
}

#[tokio::test]
async fn only_operators_open_what_boxes_remember_and_keep() {
    let house = House::running();
    let ada = house.customer("ada").await;
    let client = house.client();
    let path = |kind| sdk::record_path(kind, &ada.subject().to_string());
    let unsigned = client.recall(&path("meter"), "Indicia-Key 00:0:00").await;
    assert_eq!(code_of(unsigned), "operator-signature");
    let page = |kind: &str, act: &str| Redelivery {
        kind: kind.to_owned(),
        act: act.to_owned(),
        from: 0,
    };
    let digest = Digest([1; 32]).to_string();
    for (kind, act, code) in [
        ("meter", digest.as_str(), "act-sequence"),
        ("keys", digest.as_str(), "malformed-request"),
        ("Meter", digest.as_str(), "malformed-request"),
        ("meter", "", "malformed-request"),
        ("meter", &digest[1..], "malformed-request"),
    ] {
        let refused = client.redeliver(&page(kind, act)).await;
        assert_eq!(code_of(refused), code, "{kind} {act}");
    }
    for record in [["--meter", "77"], ["--user", "00"]] {
        let command = [&["act", "reissue"], &record[..]].concat();
        let (_, output) = operator(&house, &command);
        assert!(!output.status.success(), "{command:?}");
    }
    let serial = ada.meter.to_string();
    let (_, output) = operator(&house, &["act", "reissue", "--meter", &serial]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing is lost"), "{said}");
    house.assert_clean();
}
