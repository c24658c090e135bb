//! The client against a real shell, with a wire between them that can be cut.

mod proxy;
mod toy;

use box_client::{BoxAddress, BoxClient, BoxError, BoxPool, Patience, ServerKey};
use boxd::{Bound, BoxdError, ChannelKey, ServeConfig, Stop};
use item::{BoxId, BoxKind, Bytes, RequestId, Subject};
use proxy::Proxy;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use toy::{Hook, Seen, Toy};
use wire::{Entry, Outcome, Reply, Request};
use zeroize::Zeroizing;

const SERVER: u8 = 1;
const STRANGER: u8 = 3;
const BOX: u8 = 9;

fn server_key(seed: u8) -> ServerKey {
    ServerKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

fn box_key(seed: u8) -> ChannelKey {
    ChannelKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

struct Running {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    stop: Stop,
    thread: JoinHandle<Result<(), BoxdError>>,
}

impl Running {
    fn start(entries_max: usize, hook: Hook) -> Self {
        let bound = Bound::bind(ServeConfig {
            id: BoxId(1),
            listen: "127.0.0.1:0".parse().unwrap(),
            key: box_key(BOX),
            servers: vec![*server_key(SERVER).public()],
        })
        .unwrap();
        let address = bound.address();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let toy = Toy::new(seen.clone(), entries_max, hook);
        let stop = Stop::new().unwrap();
        let watched = stop.try_clone().unwrap();
        let thread = std::thread::spawn(move || bound.serve(Box::new(toy), watched));
        Self {
            address,
            seen,
            stop,
            thread,
        }
    }

    fn usual() -> Self {
        Self::start(usize::MAX, Box::new(|_| {}))
    }

    async fn end(self) {
        self.stop.raise();
        let joined = tokio::task::spawn_blocking(|| self.thread.join());
        joined.await.unwrap().unwrap().unwrap();
    }
}

fn at(address: SocketAddr) -> BoxAddress {
    BoxAddress {
        kind: BoxKind::Meter,
        id: BoxId(1),
        address,
        key: *box_key(BOX).public(),
    }
}

fn client(address: SocketAddr) -> BoxClient {
    BoxClient::new(at(address), &server_key(SERVER)).unwrap()
}

fn short(address: SocketAddr, answer_ms: u64, total_ms: u64) -> BoxClient {
    let patience = Patience {
        answer: Duration::from_millis(answer_ms),
        total: Duration::from_millis(total_ms),
    };
    BoxClient::with_patience(at(address), &server_key(SERVER), patience).unwrap()
}

fn entry(number: u32, subjects: u32) -> Entry {
    let mut request = [0; 32];
    request[..4].copy_from_slice(&number.to_le_bytes());
    let mut subject = [0; 16];
    subject[..4].copy_from_slice(&(number % subjects).to_le_bytes());
    Entry {
        request: RequestId(request),
        subject: Subject(subject),
        shown: Bytes::default(),
        body: Bytes::new(format!("body of {number}").into_bytes()).unwrap(),
    }
}

fn query(text: &str) -> Request {
    Request::Query(Bytes::new(text.as_bytes().to_vec()).unwrap())
}

fn answer(text: &str) -> Reply {
    Reply::Answer(Bytes::new(text.as_bytes().to_vec()).unwrap())
}

/// Whether the outcome is the one of this entry and no other; the number of the decision.
fn decision(outcome: &Outcome, entry: &Entry) -> Vec<u8> {
    let Outcome::Done(delivery) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(delivery.request, entry.request);
    assert_eq!(delivery.subject, entry.subject);
    assert_eq!(delivery.record.as_slice(), entry.body.as_slice());
    delivery.decision.as_slice().to_vec()
}

/// Asks for `count` changes at once and checks each outcome.
async fn decide_all(client: &BoxClient, count: u32, subjects: u32) {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let client = client.clone();
        tasks.spawn(async move {
            let entry = entry(number, subjects);
            let outcome = client.decide(entry.clone()).await.unwrap();
            decision(&outcome, &entry)
        });
    }
    let numbers = tasks.join_all().await;
    let distinct: HashSet<_> = numbers.iter().collect();
    assert_eq!(
        distinct.len(),
        numbers.len(),
        "each got a decision of its own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_at_once_are_answered_right() {
    let running = Running::usual();
    let client = client(running.address);
    decide_all(&client, 1_000, 300).await;
    {
        let seen = running.seen.lock().unwrap();
        assert_eq!(seen.decided.len(), 1_000);
        assert!(!seen.doubled, "one subject twice in a frame");
        assert!(
            seen.frames.len() < 500,
            "{} frames: not joined",
            seen.frames.len()
        );
        // Entries of one subject keep their order only if their callers had one; these did not.
    }
    assert_eq!(client.busy(), 0);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_alone_leaves_at_once() {
    let running = Running::usual();
    let client = client(running.address);
    for number in 0..5 {
        let entry = entry(number, 100);
        decision(&client.decide(entry.clone()).await.unwrap(), &entry);
    }
    assert_eq!(running.seen.lock().unwrap().frames, [1; 5]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_before_the_reply_costs_nothing() {
    let cut = Arc::new(Notify::new());
    let wire = cut.clone();
    // The box has decided the first and the third frame; nobody hears of it.
    let running = Running::start(
        usize::MAX,
        Box::new(move |frames| {
            if frames == 1 || frames == 3 {
                wire.notify_waiters();
                std::thread::sleep(Duration::from_millis(100));
            }
        }),
    );
    let proxy = Proxy::to(running.address, cut).await;
    let client = client(proxy.address);
    decide_all(&client, 200, 50).await;
    assert_eq!(
        running.seen.lock().unwrap().decided.len(),
        200,
        "decided twice"
    );
    assert!(proxy.connections() >= 2, "never cut");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_takes_nothing_back() {
    let running = Running::start(
        usize::MAX,
        Box::new(|_| std::thread::sleep(Duration::from_millis(100))),
    );
    let client = client(running.address);
    client.ask(query("connect")).await.unwrap();
    let asked = client.decide(entry(1, 10));
    tokio::time::timeout(Duration::from_millis(20), asked)
        .await
        .unwrap_err();
    let again = entry(1, 10);
    let outcome = client.decide(again.clone()).await.unwrap();
    assert_eq!(decision(&outcome, &again), 1u64.to_le_bytes());
    let seen = running.seen.lock().unwrap().frames.len();
    assert_eq!(seen, 2, "the first was sent although nobody waited");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_are_too_long_together_are_asked_in_halves() {
    // The first frame takes long, so that the others gather.
    let running = Running::start(
        3,
        Box::new(|frames| {
            if frames == 1 {
                std::thread::sleep(Duration::from_millis(200));
            }
        }),
    );
    let client = client(running.address);
    decide_all(&client, 50, 50).await;
    {
        let seen = running.seen.lock().unwrap();
        assert!(
            seen.frames.iter().any(|&entries| entries > 3),
            "never too long"
        );
        assert_eq!(seen.decided.len(), 50);
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_holds_another_key_is_told_at_once() {
    let running = Running::usual();
    let mut address = at(running.address);
    address.key = *box_key(STRANGER).public();
    let client = BoxClient::new(address, &server_key(SERVER)).unwrap();
    let error = client.ask(query("hello")).await.unwrap_err();
    assert!(matches!(error, BoxError::WrongBox { .. }), "{error}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_enrolled_is_told_at_once() {
    let running = Running::usual();
    let client = BoxClient::new(at(running.address), &server_key(STRANGER)).unwrap();
    let error = client.decide(entry(1, 1)).await.unwrap_err();
    assert!(matches!(error, BoxError::NotEnrolled { .. }), "{error}");
    assert!(running.seen.lock().unwrap().decided.is_empty());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_is_not_there_is_unavailable_in_time() {
    // Nobody listens, and nobody else gets the port: not even a caller, who would be called by himself.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = short(nobody.local_addr().unwrap(), 100, 300);
    let many = (0..40).map(|number| {
        let client = client.clone();
        async move { client.ask(query(&number.to_string())).await }
    });
    let results = tokio::time::timeout(
        Duration::from_secs(5),
        many.collect::<JoinSet<_>>().join_all(),
    );
    for result in results.await.unwrap() {
        assert!(matches!(result, Err(BoxError::Unavailable { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_comes_back_answers_what_waited() {
    let running = Running::usual();
    let address = running.address;
    let client = client(address);
    assert_eq!(client.ask(query("before")).await, Ok(answer("before")));
    running.end().await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.ask(query("after")).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(client.busy(), 1);
    let bound = Bound::bind(ServeConfig {
        id: BoxId(1),
        listen: address,
        key: box_key(BOX),
        servers: vec![*server_key(SERVER).public()],
    })
    .unwrap();
    let stop = Stop::new().unwrap();
    let watched = stop.try_clone().unwrap();
    let toy = Toy::new(Arc::default(), usize::MAX, Box::new(|_| {}));
    let thread = std::thread::spawn(move || bound.serve(Box::new(toy), watched));
    assert_eq!(waiting.await.unwrap(), Ok(answer("after")));
    stop.raise();
    thread.join().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_on_one_connection_means_another_one() {
    let running = Running::start(
        usize::MAX,
        Box::new(|frames| {
            if frames == 1 {
                std::thread::sleep(Duration::from_millis(400));
            }
        }),
    );
    let proxy = Proxy::to(running.address, Arc::default()).await;
    let client = short(proxy.address, 150, 5_000);
    let asked = entry(1, 1);
    let outcome = client.decide(asked.clone()).await.unwrap();
    assert_eq!(decision(&outcome, &asked), 1u64.to_le_bytes());
    assert!(proxy.connections() > 1, "{}", proxy.connections());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_questions_share_the_connection() {
    let running = Running::usual();
    let proxy = Proxy::to(running.address, Arc::default()).await;
    let pool = BoxPool::new(vec![client(proxy.address)]).unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..500 {
        let pool = pool.clone();
        tasks.spawn(async move {
            let text = number.to_string();
            assert_eq!(pool.ask(query(&text)).await, Ok(answer(&text)));
        });
    }
    tasks.join_all().await;
    assert_eq!(proxy.connections(), 1);
    assert_eq!(pool.kind(), BoxKind::Meter);
    running.end().await;
}

#[tokio::test]
async fn a_pool_is_of_one_kind_and_not_empty() {
    assert_eq!(BoxPool::new(vec![]).unwrap_err(), BoxError::Pool);
    let mut other = at("127.0.0.1:9".parse().unwrap());
    let meter = client(other.address);
    other.kind = BoxKind::Auth;
    let auth = BoxClient::new(other, &server_key(SERVER)).unwrap();
    let mixed = BoxPool::new(vec![meter, auth]);
    assert_eq!(mixed.unwrap_err(), BoxError::Pool);
}
