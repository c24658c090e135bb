//! One key, one item (V8): however often, from how many servers, and in whose company it is asked
//! for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use e2e::{Customer, House, PASSWORD, letter, program, rows};
use rustix::process::{Pid, Signal, kill_process};
use sdk::Client;
use sdk::api::{DispenseBatch, Item, Session};
use serde_json::json;
use tokio::task::JoinSet;

use crate::held::{Held, decided, settled};
use crate::raw::Ask;

/// A second data centre on the same database and boxes; ends with this.
struct Second {
    child: Child,
    api: String,
}

impl Second {
    fn start(house: &House) -> Self {
        let first = std::fs::read_to_string(house.path("datacenter.toml")).unwrap();
        let listens = |line: &str| line.starts_with("listen = ");
        assert!(first.lines().any(listens), "{first}");
        let second: Vec<&str> = first
            .lines()
            .map(|line| {
                if listens(line) {
                    "listen = \"127.0.0.1:0\""
                } else {
                    line
                }
            })
            .collect();
        let config = house.beside("second.toml");
        std::fs::write(&config, second.join("\n")).unwrap();
        let mut child = Command::new(program("indicia-datacenter"))
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let api = line.trim().strip_prefix("ready api=").map(str::to_owned);
        let api = api.unwrap_or_else(|| panic!("{line:?}"));
        Self { child, api }
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _gone = self.child.wait();
    }
}

/// The customer's session at another address.
fn at(api: &str, customer: &Customer) -> Arc<Client> {
    let client = Client::new(api).unwrap();
    client.set_session(customer.client.session());
    Arc::new(client)
}

/// Asks for one letter under each key, all at the same time, in turn at each of the servers.
async fn at_once(
    clients: &[Arc<Client>],
    meter: u32,
    keys: &[&str],
) -> BTreeMap<String, BTreeSet<String>> {
    let mut asked = JoinSet::new();
    for (index, key) in keys.iter().enumerate() {
        let (client, key) = (
            Arc::clone(&clients[index % clients.len()]),
            (*key).to_owned(),
        );
        asked.spawn(async move {
            let item = client.dispense(meter, &letter(), &key).await.unwrap();
            (key, item)
        });
    }
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    while let Some(answer) = asked.join_next().await {
        let (key, item) = answer.unwrap();
        answers
            .entry(key)
            .or_default()
            .insert(format!("{} {}", item.id, item.payload));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_item_at_the_same_time_from_two_servers_among_others_and_after_a_restart() {
    let mut house = House::running();
    let mut customer = house.customer("repeats").await;
    let price = customer.print("first").await.unwrap().value_mills;
    let second = Second::start(&house);
    let clients = [at(&house.api(), &customer), at(&second.api, &customer)];

    // Eight times the same key among forty others.
    let others: Vec<String> = (0..40).map(|n| format!("other-{n}")).collect();
    let mut keys: Vec<&str> = Vec::new();
    for five in others.chunks(5) {
        keys.push("same");
        keys.extend(five.iter().map(String::as_str));
    }
    let answers = at_once(&clients, customer.meter, &keys).await;
    assert_eq!(answers.len(), 41);
    for (key, items) in &answers {
        assert_eq!(items.len(), 1, "{key}: {items:?}");
    }
    let distinct: BTreeSet<_> = answers.values().flatten().collect();
    assert_eq!(distinct.len(), 41, "no item for two keys");
    let meter = customer.state().await;
    assert_eq!((meter.piece_count, meter.ascending_mills), (42, 42 * price));

    // All of them again, each at the other server; then one by one.
    let swapped = [Arc::clone(&clients[1]), Arc::clone(&clients[0])];
    assert_eq!(at_once(&swapped, customer.meter, &keys).await, answers);
    let known = customer.client.items_by_key("same").await.unwrap();
    assert_eq!(known.items.len(), 1);
    let mut dearer = letter();
    dearer.item.weight_oz = Some("2".to_owned());
    for client in &clients {
        let refused = client
            .dispense(customer.meter, &dearer, "same")
            .await
            .unwrap_err();
        assert!(refused.has_code("idempotency-key-reused"), "{refused}");
        assert_eq!(refused.problem().unwrap().status, 422);
        assert_eq!(refused.problem().unwrap().charged, Some(false));
    }

    drop(second);
    house.stop();
    house.up();
    customer.move_to(&house);
    let second = Second::start(&house);
    let clients = [at(&house.api(), &customer), at(&second.api, &customer)];
    assert_eq!(at_once(&clients, customer.meter, &keys).await, answers);
    let meter = customer.state().await;
    assert_eq!((meter.piece_count, meter.ascending_mills), (42, 42 * price));
    drop(second);
    house.stop();
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_one_batch_and_is_neither_more_nor_less() {
    let mut house = House::running();
    let customer = house.customer("batches").await;
    let second = Second::start(&house);
    let clients = [at(&house.api(), &customer), at(&second.api, &customer)];
    let order = |count: usize| DispenseBatch {
        items: vec![letter().item; count],
        expected_piece_count: None,
        allow_duplicate: true,
        origin: None,
    };
    let mut asked = JoinSet::new();
    for index in 0..8 {
        let (client, order, meter) = (Arc::clone(&clients[index % 2]), order(20), customer.meter);
        asked.spawn(async move { client.dispense_batch(meter, &order, "batch").await.unwrap() });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asked.join_next().await {
        let payloads = answer.unwrap().items.into_iter().map(|item| item.payload);
        answers.push(payloads.collect::<Vec<String>>());
    }
    assert_eq!(answers.len(), 8);
    assert!(
        answers
            .iter()
            .all(|one| one.len() == 20 && *one == answers[0])
    );
    assert_eq!(customer.state().await.piece_count, 20);
    for count in [19, 21] {
        let refused = customer
            .client
            .dispense_batch(customer.meter, &order(count), "batch")
            .await;
        assert!(refused.unwrap_err().has_code("idempotency-key-reused"));
    }
    drop(second);
    house.stop();
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_gets_its_item_when_it_comes_back() {
    let mut house = House::running();
    let customer = house.customer("hangs-up").await;
    let api = house.api();
    let host = api.strip_prefix("http://").unwrap();
    let token = customer.client.session().unwrap().token;
    for attempt in 0..10_u32 {
        let key = format!("hung-up-{attempt}");
        let request = Ask::post(format!("/v1/meters/{}/items", customer.meter), &letter())
            .bearer(&token)
            .key(&key)
            .to_http(host);
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(&request).unwrap();
        // Gone at once, or a little later: before, while, and after the box decides.
        tokio::time::sleep(Duration::from_millis(u64::from(attempt / 2))).await;
        drop(stream);
        let item = customer.print(&key).await.unwrap();
        let again = customer.print(&key).await.unwrap();
        assert_eq!((item.id, item.payload), (again.id, again.payload));
    }
    settled(&house).await;
    assert_eq!(customer.state().await.piece_count, 10);
    house.stop();
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_wait_share_one_decision_and_a_repeat_among_them_is_one_item() {
    let mut house = House::running();
    let customer = house.customer("joins").await;
    settled(&house).await;
    let decisions = || {
        let query = "SELECT count(decision) FROM items WHERE meter = ?1";
        rows::value::<i64>(&house.sql(), query, [customer.meter])
    };
    let before = decisions();
    let held = Held::by_us(&house);
    let clients = [at(&house.api(), &customer)];
    let keys = [
        "first", "a", "b", "first", "c", "d", "a", "e", "f", "first", "g", "h",
    ];
    let asked = {
        let (clients, meter) = (clients.clone(), customer.meter);
        tokio::spawn(async move { at_once(&clients, meter, &keys).await })
    };
    decided(&house, "meter").await;
    // The others gather meanwhile behind the one that can not be written.
    tokio::time::sleep(Duration::from_millis(500)).await;
    held.release();
    let answers = asked.await.unwrap();
    assert!(
        answers.values().all(|items| items.len() == 1),
        "{answers:?}"
    );
    let distinct: BTreeSet<_> = answers.values().flatten().collect();
    assert_eq!((answers.len(), distinct.len()), (9, 9));
    assert_eq!(customer.state().await.piece_count, 9);
    let own = decisions() - before;
    assert!((2..9).contains(&own), "{own} decisions for nine items");
    house.stop();
    house.assert_clean();
}

fn log_in(customer: &Customer, key: &str, password: &str, secret: char) -> Ask {
    let secret = secret.to_string().repeat(64);
    let body = json!({ "login": customer.login, "password": password, "session_secret": secret });
    Ask::post("/v1/sessions", &body).key(key)
}

/// Whether a session is one: it shows its own meter.
async fn opens(house: &House, customer: &Customer, session: &Session) -> bool {
    let meter = format!("/v1/meters/{}", customer.meter);
    let answer = Ask::get(meter)
        .bearer(&session.token)
        .send(&house.api())
        .await;
    answer.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_never_gets_the_answer_of_an_open_right_one() {
    let mut house = House::running();
    let customer = house.newcomer("open").await;
    settled(&house).await;
    let api = house.api();

    // The right log-in is decided and can not be written.
    let held = Held::by_us(&house);
    let send = |ask: Ask| {
        let api = api.clone();
        tokio::spawn(async move { ask.send(&api).await })
    };
    let right = send(log_in(&customer, "morning", PASSWORD, 'a'));
    decided(&house, "auth").await;
    let others = [
        send(log_in(&customer, "morning", "a wrong password", 'a')),
        send(log_in(&customer, "other", "a wrong password", 'a')),
    ];
    let stranger = send(log_in(&customer, "morning", PASSWORD, 'b'));
    // Time for them to meet the open decision; however late they come, the outcome is the same.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(
        !right.is_finished(),
        "nobody is answered before it is written"
    );
    held.release();
    let session: Session = right.await.unwrap().json();
    assert!(opens(&house, &customer, &session).await);
    for other in others {
        let answer = other.await.unwrap();
        assert_eq!(answer.problem().code, "wrong-credentials");
        assert!(!String::from_utf8_lossy(&answer.body).contains("ind_test_ses_"));
    }
    // The right password with another secret is a log-in of its own.
    let own: Session = stranger.await.unwrap().json();
    assert!(opens(&house, &customer, &own).await);
    assert_ne!(own.token, session.token);

    // The server that asked is gone, and the decision still open, when the wrong password comes.
    settled(&house).await;
    let mut second = Second::start(&house);
    let held = Held::by_us(&house);
    let asked_there = log_in(&customer, "evening", PASSWORD, 'c');
    let there = second.api.clone();
    let lost = tokio::spawn(async move { asked_there.send(&there).await });
    decided(&house, "auth").await;
    second.child.kill().unwrap();
    assert!(lost.await.is_err(), "its server was killed");
    decided(&house, "auth").await;
    let wrong = send(log_in(&customer, "evening", "a wrong password", 'c'));
    tokio::time::sleep(Duration::from_millis(500)).await;
    held.release();
    assert_eq!(wrong.await.unwrap().problem().code, "wrong-credentials");
    let answer = log_in(&customer, "evening", PASSWORD, 'c').send(&api).await;
    assert!(opens(&house, &customer, &answer.json()).await);
    house.stop();
    house.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_decided_and_not_written_waits_for_its_own_key() {
    let mut house = House::running();
    let customer = house.customer("waits").await;
    settled(&house).await;
    let held = Held::by_us(&house);
    let clients: Vec<Arc<Client>> = (0..3).map(|_| at(&house.api(), &customer)).collect();
    let ask = |index: usize, key: &'static str| {
        let (client, meter) = (Arc::clone(&clients[index]), customer.meter);
        tokio::spawn(async move { client.dispense(meter, &letter(), key).await.unwrap() })
    };
    let first = ask(0, "first");
    decided(&house, "meter").await;
    let (again, other) = (ask(1, "first"), ask(2, "other"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!first.is_finished() && !again.is_finished() && !other.is_finished());
    house.kill_and_wait("meter");
    held.release();
    let (first, again, other): (Item, Item, Item) = (
        first.await.unwrap(),
        again.await.unwrap(),
        other.await.unwrap(),
    );
    assert_eq!(first.payload, again.payload);
    assert_ne!(first.payload, other.payload);
    assert_eq!(customer.state().await.piece_count, 2);
    settled(&house).await;
    house.stop();
    house.assert_clean();
}
