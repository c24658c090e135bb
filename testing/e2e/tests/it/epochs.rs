//! Epochs roll over (P3) on real processes: under load without a refusal, with boxes that are away or
//! started again in between, and beside rows that somebody altered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use audit::Code as Found;
use e2e::{Customer, House, KINDS, PASSWORD, rows};
use item::{ActBody, BoxKind, Layout, Payload, Subject, Time};
use rustix::process::Signal;
use sdk::api::{Item, SignUp, Verification};
use verify::{Expectation, FindingCode, Pack, examine};

/// Longest that anything here may take.
const PATIENCE_MS: u64 = 60_000;

fn json(house: &House, arguments: &[&str]) -> serde_json::Value {
    let text = house.indicia(&[&["--json"], arguments].concat());
    serde_json::from_str(&text).unwrap()
}

/// The month after the ceremony's.
fn next_month(house: &House) -> u32 {
    house.installation().newest_epoch().epoch.next().unwrap().0
}

/// Epoch in force at each box; 0 where none answers.
async fn in_force(house: &House) -> Vec<u32> {
    let health = house.client().health().await.unwrap();
    health.boxes.iter().map(|one| one.epoch).collect()
}

/// Waits until every box signs with the keys of this epoch.
async fn until_in_force(house: &House, epoch: u32) {
    let until = e2e::now().0 + PATIENCE_MS;
    while in_force(house).await.iter().any(|one| *one != epoch) {
        assert!(e2e::now().0 < until, "{:?}", in_force(house).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How many records of a kind name an epoch.
fn records(listing: &serde_json::Value, kind: &str, epoch: u32) -> u64 {
    let all = listing["records"].as_array().unwrap().iter();
    let named = all.filter(|one| one["kind"] == kind && one["epoch"] == epoch);
    named.map(|one| one["records"].as_u64().unwrap()).sum()
}

fn key_of(item: &Item) -> u32 {
    let payload = sdk::decode(&item.payload).unwrap();
    Payload::from_bytes(&payload).unwrap().key.0
}

async fn assert_accepted(house: &House, items: &[Item]) {
    for item in items {
        let asked = Verification {
            payload: Some(item.payload.clone()),
            ..Verification::default()
        };
        let verified = house.client().verify(&asked).await.unwrap();
        assert_eq!(verified.verdict, "accept", "{verified:?}");
    }
}

/// Whether an offline check finds it genuine.
fn is_authentic(pack: &Pack, item: &Item) -> bool {
    let payload = sdk::decode(&item.payload).unwrap();
    let (findings, _) = examine(&payload, pack, e2e::now(), &Expectation::default());
    findings.iter().any(|f| f.code == FindingCode::Authentic)
}

async fn newest_pack(house: &House) -> Pack {
    let bytes = sdk::decode(&house.client().latest_pack().await.unwrap().pack).unwrap();
    let root = house.installation().transcript().root.clone();
    Pack::open(&bytes, &root, &house.root()).unwrap()
}

/// People who go on until they are told to stop. Each is answered, or the test fails.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU32>,
    tasks: tokio::task::JoinSet<Vec<Item>>,
}

impl Load {
    fn start(house: &House, customers: &[&Customer]) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            done: Arc::default(),
            tasks: tokio::task::JoinSet::new(),
        };
        for customer in customers {
            for lane in 0..2 {
                load.print(house, customer, lane);
            }
        }
        load.sessions(house, customers[0].login.clone());
        load.sign_ups(house);
        load
    }

    /// So many requests at most, whatever happens.
    const REQUESTS: u32 = 2_000;

    fn print(&mut self, house: &House, customer: &Customer, lane: u32) {
        let (stop, done) = (Arc::clone(&self.stop), Arc::clone(&self.done));
        let (client, meter) = (house.client(), customer.meter);
        client.set_session(customer.client.session());
        self.tasks.spawn(async move {
            let mut items = Vec::new();
            for number in 0..Self::REQUESTS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let key = format!("load-{meter}-{lane}-{number}");
                let item = client.dispense(meter, &e2e::letter(), &key).await;
                items.push(item.unwrap_or_else(|e| panic!("{key}: {e:?}")));
                if number % 10 == 9 {
                    client.renew().await.unwrap();
                }
                done.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            items
        });
    }

    fn sessions(&mut self, house: &House, login: String) {
        let (stop, done, client) = (
            Arc::clone(&self.stop),
            Arc::clone(&self.done),
            house.client(),
        );
        self.tasks.spawn(async move {
            for number in 0..Self::REQUESTS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let signed_on = client.sign_on(&login, PASSWORD).await;
                signed_on.unwrap_or_else(|e| panic!("log-in {number}: {e:?}"));
                client.renew().await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
                // Below what one log-in name is allowed for long.
                tokio::time::sleep(Duration::from_millis(1_100)).await;
            }
            Vec::new()
        });
    }

    fn sign_ups(&mut self, house: &House) {
        let (stop, done, client) = (
            Arc::clone(&self.stop),
            Arc::clone(&self.done),
            house.client(),
        );
        self.tasks.spawn(async move {
            for number in 0..Self::REQUESTS {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let body = SignUp {
                    login: format!("newcomer-{number}@example.com"),
                    password: PASSWORD.to_owned(),
                    display_name: "A newcomer".to_owned(),
                };
                let made = client.sign_up(&body, &format!("newcomer-{number}")).await;
                made.unwrap_or_else(|e| panic!("sign-up {number}: {e:?}"));
                done.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            Vec::new()
        });
    }

    /// Ends it; everything that was printed.
    async fn stop(mut self) -> Vec<Item> {
        self.stop.store(true, Ordering::Relaxed);
        let mut items = Vec::new();
        while let Some(some) = self.tasks.join_next().await {
            items.extend(some.expect("somebody was refused"));
        }
        items
    }
}

/// Must hold: no refused request, every record re-sealed on use, packs of both epochs verify.
#[tokio::test(flavor = "multi_thread")]
async fn an_installation_under_load_rolls_over_without_a_refusal_p3() {
    let mut house = House::running();
    let first = house.installation().newest_epoch().epoch.0;
    let next = next_month(&house);
    let ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    // As much as the load can spend.
    for customer in [&ada, &bob] {
        let deposit = house.deposit_now(customer.meter, 2, 3_000_000, &customer.login);
        customer.refill(&deposit).await.unwrap();
    }
    // Rests over the change.
    let carol = house.customer("carol").await;
    let old_item = carol.print("before").await.unwrap();
    let old_pack = newest_pack(&house).await;
    let load = Load::start(&house, &[&ada, &bob]);
    let opened = json(&house, &["epochs", "open", "--in", "6s"]);
    assert_eq!(opened["epoch"], next, "{opened}");
    assert_eq!(opened["waited"], true, "every box has its keys");
    let before = load.done.load(Ordering::Relaxed);
    until_in_force(&house, next).await;
    let change = load.done.load(Ordering::Relaxed);
    assert!(change > before, "it went on");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let listing = json(&house, &["epochs"]);
    let items = load.stop().await;
    let (of_first, of_next): (Vec<Item>, Vec<Item>) = items
        .into_iter()
        .partition(|item| key_of(item) == key_of(&old_item));
    assert!(!of_first.is_empty() && !of_next.is_empty());

    // Both are good, with the records and with packs alone.
    let new_pack = newest_pack(&house).await;
    let last = of_next.last().unwrap().clone();
    assert_accepted(&house, &[old_item.clone(), last.clone()]).await;
    for item in of_first.iter().chain([&old_item]) {
        assert!(is_authentic(&old_pack, item));
        assert!(is_authentic(&new_pack, item));
    }
    for item in &of_next {
        assert!(is_authentic(&new_pack, item));
    }
    assert!(!is_authentic(&old_pack, &last), "made before its keys");

    // What was used since is re-sealed; what rests is not, and is once it is used.
    assert!(records(&listing, "meter", next) >= 2, "{listing}");
    assert!(records(&listing, "meter", first) >= 1, "{listing}");
    let audited = house.audit();
    let by_audit = |kind: &str, epoch: u32| -> u64 {
        let all = audited.epochs.iter();
        let named = all.filter(|e| e.box_kind.eq_ignore_ascii_case(kind) && e.epoch == epoch);
        named.map(|e| e.records).sum()
    };
    let listing = json(&house, &["epochs"]);
    for kind in ["auth", "meter", "transaction"] {
        for epoch in [first, next] {
            let (shown, audited) = (records(&listing, kind, epoch), by_audit(kind, epoch));
            assert_eq!(shown, audited, "{kind} {epoch}");
        }
    }
    let resting = records(&listing, "meter", first);
    carol.print("after").await.unwrap();
    let listing = json(&house, &["epochs"]);
    assert_eq!(records(&listing, "meter", first), resting - 1);
    // The treasury believes a decision of the new epoch.
    let deposit = house.deposit_now(carol.meter, 2, 5_000, "later");
    carol.refill(&deposit).await.unwrap();
    assert_eq!(house.alerts(), [], "nobody was alarmed");
    house.stop();
    house.assert_clean();
    assert_eq!(house.audit().counts.epochs, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_away_gets_its_keys_later_and_nobody_waits_for_it_p3() {
    let mut house = House::running();
    let first = house.installation().newest_epoch().epoch.0;
    let next = next_month(&house);
    let mut ada = house.customer("ada").await;
    ada.print("before").await.unwrap();
    // It gets its keys before the auth box does: so that box stays with the epoch before, too.
    house.signal("meter", Signal::STOP);
    house.indicia(&["epochs", "open", "--in", "3s", "--no-wait"]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    ada.log_in(&house).await.unwrap();
    let epochs = in_force(&house).await;
    assert_eq!(epochs.iter().max(), Some(&next), "{epochs:?}");
    assert!(epochs.contains(&first), "{epochs:?}");
    // Killed before it ever heard of the epoch.
    house.kill_and_wait("meter");
    until_in_force(&house, next).await;
    ada.print("after").await.unwrap();
    for kind in KINDS {
        house.kill_and_wait(kind);
    }
    until_in_force(&house, next).await;
    ada.print("after all were killed").await.unwrap();
    ada.log_in(&house).await.unwrap();
    house.stop();
    house.up();
    ada.move_to(&house);
    let last = ada.print("after a clean stop").await.unwrap();
    assert_accepted(&house, &[last]).await;
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn an_epoch_that_does_not_follow_is_refused_by_name_p3() {
    let house = House::running();
    let first = house.installation().newest_epoch().epoch;
    let next = first.next().unwrap();
    let soon = Time(e2e::now().0 + e2e::HOUR_MS);
    for (epoch, starts, code) in [
        (first, soon, "epoch-order"),
        (next, Time(0), "epoch-start"),
        (next, Time(soon.0 + 100 * 24 * e2e::HOUR_MS), "epoch-start"),
    ] {
        let body = ActBody::OpenEpoch { epoch, starts };
        let act = house.act(BoxKind::Keys, e2e::box_subject(), 1, body);
        let refused = house.hand_in(&act).await.unwrap_err();
        assert!(refused.has_code(code), "{refused:?}");
    }
    assert_eq!(house.client().epochs().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_or_invented_epoch_changes_nothing_p3() {
    let mut house = House::running();
    let next = next_month(&house);
    let mut ada = house.customer("ada").await;
    house.indicia(&["epochs", "open", "--in", "1s"]);
    until_in_force(&house, next).await;
    let good = ada.print("good").await.unwrap();
    let row = format!("epoch = {next}");
    let kept = rows::keep(&house.sql(), "epochs", &row);
    for (name, edit) in [
        (
            "altered",
            "UPDATE epochs
             SET opening = CAST(substr(opening, 1, 40)
                 || CASE substr(opening, 41, 1) WHEN x'00' THEN x'01' ELSE x'00' END
                 || substr(opening, 42) AS BLOB)",
        ),
        (
            "invented",
            "INSERT INTO epochs
             SELECT 209912, starts + 1, CAST(opening || x'00' AS BLOB) FROM epochs",
        ),
        (
            "copied under another name",
            "INSERT INTO epochs SELECT 209911, starts, opening FROM epochs",
        ),
        ("moved", "UPDATE epochs SET starts = starts + 1000"),
        ("deleted", "DELETE FROM epochs"),
    ] {
        house.edited(|sql| {
            sql.execute("DELETE FROM epochs", []).unwrap();
            rows::put_back(sql, &kept);
            sql.execute("DELETE FROM alerts", []).unwrap();
            sql.execute(edit, []).unwrap();
        });
        ada.move_to(&house);
        until_in_force(&house, next).await;
        let item = ada.print(name).await.unwrap();
        assert_accepted(&house, &[good.clone(), item]).await;
        let named = json(&house, &["epochs"]);
        let named = named["epochs"].as_array().unwrap();
        assert_eq!(named.len(), 2, "{name}: {named:?}");
        match name {
            // The server gets it from the keys box, and the row is there again.
            "deleted" => house.assert_clean(),
            _ => house.assert_found(&[Found::EpochInvalid]),
        }
        if ["altered", "invented"].contains(&name) {
            let _ = house.alert(Subject::ZERO, "epoch-altered");
        }
    }
}
