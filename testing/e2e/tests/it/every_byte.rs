//! Every byte of every kind of record, altered one after the other: boxes refuse each, audit finds
//! each (must hold 4).

use e2e::{Boxes, Desk, House, PASSWORD, Patron, rows};
use item::{BoxKind, Bytes, ChainEntry, Decision, EventKind, Layout, RequestId, Signed, Subject};
use wire::{Append, AuthRequest, ChainRequest, Entry, LogIn, MeterRequest, Outcome, RefusalCode};

/// What a record's owner would ask of its box, had nobody touched it.
struct Question {
    kind: BoxKind,
    subject: Subject,
    shown: Vec<u8>,
    body: Vec<u8>,
}

impl Question {
    async fn ask(&self, desk: &Desk, shown: &[u8], body: &[u8]) -> Outcome {
        let entry = Entry {
            request: RequestId([9; 32]),
            subject: self.subject,
            shown: Bytes::new(shown.to_vec()).unwrap(),
            body: Bytes::new(body.to_vec()).unwrap(),
        };
        desk.boxes.of(self.kind).decide(entry).await.unwrap()
    }
}

fn questions(house: &House, patron: &Patron) -> (Vec<Question>, ChainEntry, Signed<Decision>) {
    let sql = house.sql();
    let meter = format!(
        "SELECT record FROM meters WHERE serial = {}",
        patron.meter.0
    );
    let user = format!("SELECT record FROM users WHERE user = x'{}'", patron.user);
    let account = format!("account = x'{}'", patron.account);
    let chain = format!("SELECT record FROM chains WHERE {account}");
    let newest =
        format!("SELECT entry FROM chain_entries WHERE {account} ORDER BY sequence DESC LIMIT 1");
    let decision = format!(
        "SELECT decision FROM decisions WHERE box_kind = {} AND subject = x'{}' AND counter = 1",
        BoxKind::Meter.code(),
        patron.meter.subject()
    );
    let bytes = |query: &str| -> Vec<u8> { rows::value(&sql, query, []) };
    let act = item::ActBody::Suspend(item::Suspension::LOST);
    let act = house.act_on_meter(patron.meter.0, 4, act);
    let previous = ChainEntry::from_bytes(&bytes(&newest)).unwrap();
    let decision = Signed::<Decision>::from_bytes(&bytes(&decision)).unwrap();
    let append = |previous: &ChainEntry| {
        ChainRequest::Append(Append {
            previous: Some(previous.clone()),
            event: EventKind::MeterMade,
            decision: decision.clone(),
            record: Bytes::default(),
        })
    };
    let log_in = LogIn {
        password: wire::Password::new(PASSWORD.to_owned()).unwrap(),
        session: item::Digest([3; 32]),
    };
    let all = vec![
        Question {
            kind: BoxKind::Meter,
            subject: patron.meter.subject(),
            shown: bytes(&meter),
            body: MeterRequest::Act(item::MultiSigned::from_bytes(&act).unwrap()).to_bytes(),
        },
        Question {
            kind: BoxKind::Auth,
            subject: patron.user.subject(),
            shown: bytes(&user),
            body: AuthRequest::LogIn(log_in).to_bytes(),
        },
        Question {
            kind: BoxKind::Transaction,
            subject: patron.account.subject(),
            shown: bytes(&chain),
            body: append(&previous).to_bytes(),
        },
    ];
    (all, previous, decision)
}

/// Every byte of a record of each sealed kind, and of a chain's newest entry, shown to its box.
#[tokio::test]
async fn boxes_refuse_every_altered_byte() {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let patron = desk.patron(&house, "ada").await;
    desk.print(&patron, "first").await.unwrap();
    let (questions, previous, decision) = questions(&house, &patron);
    let mut tried = 0;
    for question in &questions {
        for index in 0..question.shown.len() {
            let mut altered = question.shown.clone();
            altered[index] ^= 1 << (index % 8);
            let outcome = question.ask(&desk, &altered, &question.body).await;
            let Outcome::Refused(refusal) = outcome else {
                panic!("{:?} byte {index}: {outcome:?}", question.kind);
            };
            let alarm = matches!(
                refusal.code,
                RefusalCode::Altered | RefusalCode::UnknownEpoch
            );
            assert!(alarm, "{:?} byte {index}: {refusal:?}", question.kind);
            tried += 1;
        }
    }
    let chain = &questions[2];
    let entry = previous.to_bytes();
    for index in 0..entry.len() {
        let mut altered = entry.clone();
        altered[index] ^= 1 << (index % 8);
        // What is no entry any more does not get as far as a box.
        let Ok(altered) = ChainEntry::from_bytes(&altered) else {
            continue;
        };
        let append = Append {
            previous: Some(altered),
            event: EventKind::MeterMade,
            decision: decision.clone(),
            record: Bytes::default(),
        };
        let body = ChainRequest::Append(append).to_bytes();
        let outcome = chain.ask(&desk, &chain.shown, &body).await;
        let Outcome::Refused(refusal) = outcome else {
            panic!("entry byte {index}: {outcome:?}");
        };
        assert_eq!(
            refusal.code,
            RefusalCode::PreviousEntry,
            "entry byte {index}"
        );
        tried += 1;
    }
    assert!(tried > 900, "{tried}");
    // None of it left a trace: each box does what is asked with the right bytes.
    for question in &questions {
        let outcome = question.ask(&desk, &question.shown, &question.body).await;
        assert!(
            matches!(outcome, Outcome::Done(_)),
            "{:?}: {outcome:?}",
            question.kind
        );
    }
}

/// Every byte of one row of a kind, in the database of a real installation, before audit.
async fn audit_finds_every_byte(places: &[(&str, &str, String)], least: usize) {
    let house = House::new();
    {
        let boxes = Boxes::start(&house);
        let desk = boxes.desk(&house);
        let patron = desk.patron(&house, "ada").await;
        desk.print(&patron, "first").await.unwrap();
    }
    house.assert_clean();
    let sql = house.sql();
    sql.pragma_update(None, "synchronous", "OFF").unwrap();
    let mut unnoticed = Vec::new();
    let mut tried = 0;
    for (table, column, condition) in places {
        let query = format!("SELECT {column} FROM {table} WHERE {condition}");
        let right: Vec<u8> = rows::value(&sql, &query, []);
        let statement = format!("UPDATE {table} SET {column} = ?1 WHERE {condition}");
        for index in 0..right.len() {
            let mut altered = right.clone();
            altered[index] ^= 1 << (index % 8);
            rows::edit(&sql, &statement, [&altered]);
            if house.audit().is_clean() {
                unnoticed.push(format!("{table} byte {index}"));
            }
            tried += 1;
        }
        rows::edit(&sql, &statement, [&right]);
    }
    assert_eq!(unnoticed, Vec::<String>::new(), "of {tried}");
    assert!(tried > least, "{tried}");
    house.assert_clean();
}

#[tokio::test]
async fn audit_finds_every_altered_byte_of_records() {
    let places = [
        ("meters", "record"),
        ("users", "record"),
        ("chains", "record"),
    ]
    .map(|(table, column)| (table, column, "1".to_owned()));
    audit_finds_every_byte(&places, 700).await;
}

#[tokio::test]
async fn audit_finds_every_altered_byte_of_items_and_entries() {
    let places = [
        ("items", "item", "1".to_owned()),
        ("items", "decision", "decision IS NOT NULL".to_owned()),
        ("chain_entries", "entry", "sequence = 2".to_owned()),
    ];
    audit_finds_every_byte(&places, 500).await;
}

#[tokio::test]
async fn audit_finds_every_altered_byte_of_decisions() {
    let places = [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction].map(|kind| {
        let condition = format!(
            "box_kind = {0} AND counter = (SELECT max(counter) FROM decisions WHERE box_kind = {0})",
            kind.code()
        );
        ("decisions", "decision", condition)
    });
    audit_finds_every_byte(&places, 800).await;
}
