//! Statements, reports and daily totals: they add up, to the last mill, against registers and each other.

use e2e::{Customer, House};
use sdk::BooksQuestion;
use sdk::api::{
    DispenseBatch, ItemOrder, NewHeading, StatementEntry, StatementLine, StatementSums,
};

use crate::raw::Ask;

pub(crate) async fn told(
    customer: &Customer,
    question: &BooksQuestion,
) -> (Vec<StatementEntry>, Vec<StatementSums>, StatementSums) {
    let (mut entries, mut meters) = (Vec::new(), Vec::new());
    let sums = customer
        .client
        .statement(question, |line| match line {
            StatementLine::Entry(entry) => entries.push(*entry),
            StatementLine::Meter(sums) => meters.push(sums),
            StatementLine::Done(_) | StatementLine::Stopped(_) => {}
        })
        .await
        .unwrap();
    (entries, meters, sums)
}

/// The customer's statement, as the API gives it.
pub(crate) async fn as_lines(house: &House, customer: &Customer) -> String {
    let token = customer.client.session().unwrap().token;
    let ask = Ask::get("/v1/statements").bearer(&token);
    String::from_utf8(ask.send(&house.api()).await.body).unwrap()
}

/// Audits a statement: a true one passes; with a figure a mill off, a line less or a line twice it does not.
pub(crate) fn recomputes(house: &House, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let path = house.beside("statement.jsonl");
    let audited = |lines: &[&str]| {
        std::fs::write(&path, lines.join("\n")).unwrap();
        house.audit_with(std::slice::from_ref(&path))
    };
    assert_eq!(audited(&lines).problems, []);
    let at = lines.len() / 2;
    let balance = |line: &str| {
        let (before, figure) = line.split_once("\"balance_mills\":").unwrap();
        let more = figure.trim_end_matches('}').parse::<u64>().unwrap() + 1;
        format!("{before}\"balance_mills\":{more}}}}}")
    };
    let (mut altered, mut less, mut twice) = (lines.clone(), lines.clone(), lines.clone());
    let more = balance(lines[at]);
    altered[at] = &more;
    less.remove(at);
    twice.insert(at, lines[at]);
    for lines in [altered, less, twice] {
        let report = audited(&lines);
        let codes: Vec<_> = report.problems.iter().map(|p| p.code).collect();
        assert_eq!(codes, [audit::Code::StatementDiffers], "{report:?}");
    }
    let path = path.to_str().unwrap();
    let refused = house.command(&["audit", "--statement", path]).output();
    assert_eq!(refused.unwrap().status.code(), Some(1));
}

fn adds_up(sums: &StatementSums) -> bool {
    let plus = sums.opening_mills + sums.deposits_mills + sums.item_credits_mills;
    let minus = sums.items_mills + sums.balance_refunds_mills + sums.closing_mills;
    i128::from(plus) - i128::from(minus) + i128::from(sums.differences_mills) == 0
}

/// Letters of so many mills under departments 1 and 2 in turn.
async fn buy(customer: &Customer, count: u32, key: &str) {
    let item = |number: u32| ItemOrder {
        value_mills: Some(u64::from(1 + number % 7)),
        department: 1 + number % 2,
        ..ItemOrder::default()
    };
    let batch = DispenseBatch {
        items: (0..count).map(item).collect(),
        origin: None,
        expected_piece_count: None,
        allow_duplicate: true,
    };
    let client = &customer.client;
    client
        .dispense_batch(customer.meter, &batch, key)
        .await
        .unwrap();
}

async fn departments(customer: &Customer) {
    for name in ["Sales", "=cmd|' /C calc'!A0"] {
        let new = NewHeading {
            name: name.to_owned(),
            ..NewHeading::default()
        };
        let kind = sdk::HeadingKind::Department;
        customer
            .client
            .make_heading(kind, &new, name)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn statements_and_reports_add_up_against_the_registers() {
    let house = House::running();
    let customer = house.customer("books").await;
    departments(&customer).await;
    customer.print("a letter").await.unwrap();
    buy(&customer, 700, "batch").await;
    let deposit = house.deposit_now(customer.meter, 2, 5_000, "second");
    customer.refill(&deposit).await.unwrap();
    buy(&customer, 3, "few").await;
    let second = customer.client.order_meter("m-2").await.unwrap().serial;

    let (entries, meters, all) = told(&customer, &BooksQuestion::default()).await;
    let state = customer.state().await;
    assert_eq!(all.closing_mills, state.descending_mills);
    assert_eq!(all.items_mills, state.ascending_mills);
    assert_eq!(all.items, u64::from(state.piece_count));
    assert_eq!((all.opening_mills, all.deposits_mills), (0, 105_000));
    assert!(adds_up(&all) && all.differences_mills == 0, "{all:?}");
    let serials: Vec<_> = meters.iter().map(|sums| sums.meter).collect();
    assert_eq!(serials, [Some(customer.meter), Some(second)]);
    let kinds = |kind: &str| entries.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!(
        (kinds("item"), kinds("deposit"), kinds("opening")),
        (704, 2, 2)
    );
    // Each balance follows from the one before it.
    for pair in entries.windows(2) {
        if let [before, entry] = pair
            && entry.kind != "opening"
        {
            let follows = i128::from(before.balance_mills) + i128::from(entry.amount_mills);
            assert_eq!(follows, i128::from(entry.balance_mills), "{entry:?}");
        }
    }

    let question = BooksQuestion {
        by: "department,meter".to_owned(),
        ..BooksQuestion::default()
    };
    let report = customer.client.grouped(&question).await.unwrap();
    assert_eq!(report.total.items_mills, state.ascending_mills);
    assert_eq!(report.groups.len(), 3);
    let sum: u64 = report
        .groups
        .iter()
        .map(|group| group.sums.items_mills)
        .sum();
    assert_eq!(sum, report.total.items_mills);
    assert_eq!(report.groups[1].keys[0].name.as_deref(), Some("Sales"));
    let some = BooksQuestion {
        pieces: "2-11".to_owned(),
        ..BooksQuestion::default()
    };
    assert_eq!(
        customer.client.grouped(&some).await.unwrap().total.items,
        10
    );
    // A period before everything has nothing, and the balance of its end.
    let before = BooksQuestion {
        from: "2020-01-01".to_owned(),
        to: "2020-12-31".to_owned(),
        ..BooksQuestion::default()
    };
    let (entries, _, sums) = told(&customer, &before).await;
    assert_eq!((entries.len(), sums.closing_mills), (2, 0));
    // A later one begins with all of it.
    let later = BooksQuestion {
        from: "2199-01-01".to_owned(),
        to: "2199-01-02".to_owned(),
        ..BooksQuestion::default()
    };
    let (_, _, sums) = told(&customer, &later).await;
    assert_eq!(
        (sums.opening_mills, sums.items),
        (state.descending_mills, 0)
    );
    recomputes(&house, &as_lines(&house, &customer).await);
}

#[tokio::test]
async fn csv_and_pdf_say_the_same_and_no_formula() {
    let house = House::running();
    let customer = house.customer("books").await;
    departments(&customer).await;
    buy(&customer, 200, "batch").await;
    let token = customer.client.session().unwrap().token;
    let get = |path: &str| Ask::get(path).bearer(&token);
    let csv = get("/v1/statements?format=csv").send(&house.api()).await;
    assert!(csv.media.starts_with("text/csv"), "{}", csv.media);
    let text = String::from_utf8(csv.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.iter().filter(|l| l.starts_with("item,")).count(), 200);
    let closing = lines.iter().find(|l| l.starts_with("total-closing,"));
    let balance = item::Mills(customer.state().await.descending_mills);
    assert!(
        closing.unwrap().contains(&balance.to_string()),
        "{closing:?}"
    );
    let report = get("/v1/reports?by=department")
        .header("accept", "text/csv")
        .send(&house.api())
        .await;
    let text = String::from_utf8(report.body).unwrap();
    assert!(text.contains("2,'=cmd|' /C calc'!A0,100,"), "{text}");
    let pdf = get("/v1/statements").header("accept", "application/pdf");
    let pdf = pdf.send(&house.api()).await;
    assert_eq!(pdf.media, "application/pdf");
    assert!(pdf.body.starts_with(b"%PDF-") && pdf.body.ends_with(b"%%EOF\n"));
    // Nobody else's, and nothing without a session.
    let nobody = Ask::get("/v1/statements").send(&house.api()).await;
    assert_eq!(nobody.problem().code, "sign-on-needed");
    let other = house.customer("other").await;
    let foreign = BooksQuestion {
        meters: customer.meter.to_string(),
        ..BooksQuestion::default()
    };
    let (entries, meters, _) = told(&other, &foreign).await;
    assert!(entries.is_empty() && meters.is_empty());
    for bad in [
        "/v1/statements?format=xls",
        "/v1/statements?from=yesterday",
        "/v1/statements?from=2026-02-01&to=2026-01-01",
        "/v1/statements?meters=9-1",
        "/v1/reports?by=weekday",
        "/v1/reports?by=day,day",
    ] {
        let refused = get(bad).send(&house.api()).await;
        assert_eq!(refused.problem().code, "malformed-request", "{bad}");
    }
}

/// What the data centre holds resident at most, KiB.
fn resident_kib(house: &House) -> u64 {
    let pid = house.pid("datacenter").unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_long_statement_takes_no_more_memory_than_a_short_one() {
    let house = House::running();
    let customer = house.customer("books").await;
    departments(&customer).await;
    let deposit = house.deposit_now(customer.meter, 2, 900_000, "much");
    customer.refill(&deposit).await.unwrap();
    // A short one of each first: what any leaves behind, fonts for one, is there once.
    buy(&customer, 1_000, "batch-short").await;
    for format in ["csv", "pdf"] {
        let question = BooksQuestion::default();
        let nothing = |_: &[u8]| Ok::<(), sdk::ApiError>(());
        let short = customer.client.statement_file(&question, format, nothing);
        short.await.unwrap();
    }
    for key in 1..100 {
        buy(&customer, 1_000, &format!("batch-{key}")).await;
    }
    for format in ["csv", "pdf"] {
        let before = resident_kib(&house);
        let mut length = 0;
        let question = BooksQuestion::default();
        let piece = |bytes: &[u8]| {
            length += bytes.len();
            Ok::<(), sdk::ApiError>(())
        };
        customer
            .client
            .statement_file(&question, format, piece)
            .await
            .unwrap();
        let grown = resident_kib(&house) - before;
        println!("{format}: {length} bytes, {grown} KiB more");
        assert!(length > 2_500_000, "{format}: {length}");
        // The whole is some ten megabytes as CSV, and some hundred as lines in memory. What an allocator
        // keeps of the threads that were at it is 5 MiB as a rule, and was 24 on a busy machine.
        assert!(grown < 40 * 1_024, "{format}: {grown} KiB more");
    }
}
