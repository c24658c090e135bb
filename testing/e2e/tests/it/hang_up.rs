//! A client that hangs up: before its request is whole nothing is begun; after that the work is not
//! begun, or done to its end. Either way the same request finds one outcome, charged once (P18, V8).

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use e2e::{Customer, House, PASSWORD, key_of, letter, now, rows};
use item::{ActBody, Layout, Suspension, Zip};
use sdk::api::{Accepted, Decided, Item, SignedUp};
use serde_json::json;
use signer::{Sighting, Verifier};

use crate::held::{Held, settled};
use crate::raw::{Answer, Ask};

/// Requests of each kind that are hung up on.
const ROUNDS: usize = 20;
/// Longest wait between the last byte and the end, milliseconds: longer than a request takes.
const WAIT_MAX: usize = 60;
/// Long enough for work that was begun; shorter than recovery leaves a decision alone.
const SOON: Duration = Duration::from_millis(2_500);

/// A generator of numbers that do not look regular (SplitMix64), so that a run can be repeated.
struct Numbers(u64);

impl Numbers {
    /// The seed is printed; `INDICIA_TEST_SEED` repeats a run.
    fn seeded() -> Self {
        let given = std::env::var("INDICIA_TEST_SEED").ok();
        let seed = given.map_or_else(|| now().0, |text| text.parse().unwrap());
        println!("INDICIA_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = (mixed ^ (mixed >> 31)) as usize;
        mixed % end
    }
}

/// Where a client hung up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Before the last byte of its body.
    Early,
    /// After it.
    Late,
}

/// Sends some of a request, or all of it, and hangs up in one of the two ways that there are.
fn hang_up(house: &House, ask: &Ask, cut: Cut, numbers: &mut Numbers) {
    let host = house.api().replace("http://", "");
    let bytes = ask.to_http(&host);
    let mut socket = TcpStream::connect(&host).unwrap();
    let head = bytes.len() - ask.body_length();
    let sent = match cut {
        // Somewhere, but in the body every second time.
        Cut::Early if numbers.below(2) == 0 => numbers.below(bytes.len()),
        Cut::Early => head + numbers.below(ask.body_length()),
        Cut::Late => bytes.len(),
    };
    socket.write_all(&bytes[..sent]).unwrap();
    let wait = numbers.below(WAIT_MAX);
    std::thread::sleep(Duration::from_millis(u64::try_from(wait).unwrap()));
    if numbers.below(2) == 0 {
        // It could still read: that it says no more is an end all the same.
        let _gone = socket.shutdown(Shutdown::Write);
    }
}

/// One kind of request, each under a key of its own.
struct Kind<'a> {
    house: &'a House,
    name: &'static str,
    numbers: Numbers,
    asked: usize,
    /// Requests whose outcome was there before they were repeated.
    found: usize,
}

impl<'a> Kind<'a> {
    fn new(house: &'a House, name: &'static str) -> Self {
        Self {
            house,
            name,
            numbers: Numbers::seeded(),
            asked: 0,
            found: 0,
        }
    }

    /// Hangs up on a request, then asks it twice: the first answer to it, given twice. `done` looks
    /// whether it was carried out.
    async fn ask(&mut self, ask: &Ask, done: impl Fn() -> bool) -> Answer {
        // The first one early, whatever the dice say: of twenty all late ones nothing is learned.
        let cut = match (self.asked, self.numbers.below(4)) {
            (0, _) | (_, 0) => Cut::Early,
            _ => Cut::Late,
        };
        self.asked += 1;
        hang_up(self.house, ask, cut, &mut self.numbers);
        if cut == Cut::Early {
            assert!(!done(), "{}: begun before it was whole", self.name);
        }
        settled(self.house).await;
        let was_done = done();
        assert!(cut == Cut::Late || !was_done, "{}: {cut:?}", self.name);
        self.found += usize::from(was_done);
        let api = self.house.api();
        let answer = ask.send(&api).await;
        assert!(answer.status < 300, "{}: {answer:?}", self.name);
        let again = ask.send(&api).await;
        assert_eq!(again.status, answer.status, "{}", self.name);
        answer
    }

    /// Both must have been seen, or the rounds proved little.
    fn ends(self) {
        println!("{}: {} of {ROUNDS} were done", self.name, self.found);
        assert!((1..ROUNDS).contains(&self.found), "{}", self.name);
    }
}

fn dispense(customer: &Customer, key: &str) -> Ask {
    let path = format!("/v1/meters/{}/items", customer.meter);
    let session = customer.client.session().unwrap();
    Ask::post(path, &letter()).bearer(&session.token).key(key)
}

fn count(house: &House, query: &str) -> usize {
    usize::try_from(rows::value::<i64>(&house.sql(), query, [])).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_anywhere_is_charged_once() {
    let mut house = House::running();
    let mut customer = house.customer("gone").await;
    let price = customer.print("first").await.unwrap().value_mills;

    let mut kind = Kind::new(&house, "dispense");
    let mut payloads = BTreeSet::new();
    for round in 0..ROUNDS {
        let ask = dispense(&customer, &format!("letter-{round}"));
        let before = count(&house, "SELECT count(*) FROM items");
        let done = || count(&house, "SELECT count(*) FROM items") > before;
        let item: Item = kind.ask(&ask, done).await.json();
        let again: Item = ask.send(&house.api()).await.json();
        assert_eq!(item.payload, again.payload);
        assert!(payloads.insert(item.payload));
    }
    kind.ends();
    let meter = customer.state().await;
    let pieces = u32::try_from(ROUNDS).unwrap() + 1;
    assert_eq!(meter.piece_count, pieces);
    assert_eq!(meter.ascending_mills, u64::from(pieces) * price);

    let mut kind = Kind::new(&house, "refill");
    let balance = customer.state().await.descending_mills;
    for round in 0..ROUNDS {
        let sequence = u64::try_from(round).unwrap() + 2;
        let credit = house.deposit_now(customer.meter, sequence, 1_000, &format!("PAY-{round}"));
        let path = format!("/v1/meters/{}/refills", customer.meter);
        let ask = signed(&path, &credit);
        let used = uses(&credit);
        let first: Decided = kind.ask(&ask, || count(&house, &used) > 0).await.json();
        let again: Decided = ask.send(&house.api()).await.json();
        assert_eq!(first.decision, again.decision);
    }
    kind.ends();
    let credited = u64::try_from(ROUNDS).unwrap() * 1_000;
    let meter = customer.state().await;
    assert_eq!(meter.descending_mills, balance + credited);

    let mut kind = Kind::new(&house, "act");
    for round in 0..ROUNDS {
        let body = match round % 2 {
            0 => ActBody::Suspend(Suspension::ABUSE),
            _ => ActBody::Resume(Suspension::ABUSE),
        };
        let sequence = u64::try_from(round).unwrap() + 4;
        let act = house.act_on_meter(customer.meter, sequence, body);
        let ask = signed("/v1/acts", &act);
        let used = uses(&act);
        let first: Decided = kind.ask(&ask, || count(&house, &used) > 0).await.json();
        let again: Decided = ask.send(&house.api()).await.json();
        assert_eq!(first.decision, again.decision);
    }
    kind.ends();

    let mut kind = Kind::new(&house, "scan");
    let log = house.path("verifier/scans.log");
    let mut verifier = Verifier::open(&log, house.key("verifier")).unwrap();
    for (round, payload) in payloads.iter().enumerate() {
        let sighting = Sighting {
            installation: house.installation().transcript().installation,
            payload: &sdk::decode(payload).unwrap(),
            place: Zip(95_814),
            time: now(),
            idempotency_key: &format!("scan-{round}"),
        };
        let scan = sdk::encode(&verifier.scan(&sighting).unwrap().to_bytes());
        let body = json!({ "scan": scan, "payload": payload });
        let ask = Ask::post("/v1/acceptances", &body);
        let before = count(&house, "SELECT count(*) FROM scans");
        let done = || count(&house, "SELECT count(*) FROM scans") > before;
        let outcome: Accepted = kind.ask(&ask, done).await.json();
        let expected = ["accepted", "repeat"].contains(&outcome.outcome.as_str());
        assert!(expected, "{outcome:?}");
        let again: Accepted = ask.send(&house.api()).await.json();
        assert_eq!(again.outcome, "repeat");
    }
    kind.ends();
    drop(verifier);
    assert_eq!(count(&house, "SELECT count(*) FROM scans"), ROUNDS);

    let mut kind = Kind::new(&house, "sign-up");
    for round in 0..ROUNDS {
        let ask = sign_up(&format!("newcomer-{round}"));
        let before = count(&house, "SELECT count(*) FROM meters");
        let done = || count(&house, "SELECT count(*) FROM meters") > before;
        let made: SignedUp = kind.ask(&ask, done).await.json();
        let again: SignedUp = ask.send(&house.api()).await.json();
        assert_eq!((made.user, made.meter), (again.user, again.meter));
    }
    kind.ends();
    assert_eq!(count(&house, "SELECT count(*) FROM meters"), ROUNDS + 1);

    customer.log_in(&house).await.unwrap();
    customer.print("last").await.unwrap();
    house.stop();
    house.assert_clean();
}

fn signed(path: &str, statement: &[u8]) -> Ask {
    let body = json!({ "statement": sdk::encode(statement) });
    Ask::post(path, &body).key(&key_of(statement))
}

/// Counts the decisions that used a statement.
fn uses(statement: &[u8]) -> String {
    let digest = verify::statement_digest(statement);
    format!("SELECT count(*) FROM evidence WHERE digest = x'{digest}'")
}

fn sign_up(name: &str) -> Ask {
    let body = json!({
        "login": format!("{name}@example.com"), "password": PASSWORD, "display_name": name,
    });
    Ask::post("/v1/accounts", &body).key(name)
}

/// A sign-up has steps at three boxes. Nobody but its own task goes from one to the next, so it shows
/// whether that goes on: its first write waits until the client is gone for good.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_goes_on_without_its_client() {
    let mut house = House::running();
    settled(&house).await;
    let held = Held::by_us(&house);
    let host = house.api().replace("http://", "");
    let mut socket = TcpStream::connect(&host).unwrap();
    let ask = sign_up("leaves");
    socket.write_all(&ask.to_http(&host)).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(socket);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(count(&house, "SELECT count(*) FROM signups"), 0);
    held.release();
    tokio::time::sleep(SOON).await;
    assert_eq!(count(&house, "SELECT count(*) FROM signups"), 1);
    assert_eq!(count(&house, "SELECT count(*) FROM meters"), 1);
    let made: SignedUp = ask.send(&house.api()).await.json();
    assert_eq!(made.meter, 10_000_001);
    house.stop();
    house.assert_clean();
}
