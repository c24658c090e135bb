//! Statements that somebody was given: a true one passes, each false line is named with its amount.

use super::site::{METER, Site};
use super::{Code, codes};
use crate::context::Audit;
use crate::{Problem, Report};
use item::{ActBody, BalanceRefund, Beneficiary, Day, ItemRecord, Layout, Time};
use serde_json::{Value, json};

/// The small installation, an item of it taken back, and its balance paid out.
fn site() -> Site {
    let mut site = Site::build();
    site.take_back(3, 10);
    site.act(ActBody::Withdraw);
    let amount = site.meter.descending;
    site.act(ActBody::RefundBalance(BalanceRefund {
        amount,
        beneficiary: Beneficiary::Treasury,
    }));
    site
}

fn check(site: &Site, text: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statement");
    std::fs::write(&path, text).unwrap();
    let mut quiet = |_| {};
    let now = Time(site.time);
    let mut audit = Audit::new(&site.connection, &site.installation, now, &mut quiet).unwrap();
    crate::statements::check(&mut audit, &[path]);
    audit.finish()
}

/// Box times of what moves the meter's balance: two deposits, two and one items, credit, refund.
fn times(site: &Site) -> Vec<u64> {
    let mut statement = site
        .connection
        .prepare(
            "SELECT counter, decision FROM decisions WHERE box_kind = 3
             UNION ALL SELECT counter, decision FROM items WHERE decision IS NOT NULL
             ORDER BY counter",
        )
        .unwrap();
    let decisions = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(1))
        .unwrap()
        .map(|bytes| item::Signed::<item::Decision>::from_bytes(&bytes.unwrap()).unwrap());
    let moves = |kind| {
        use item::DecisionKind as Kind;
        matches!(
            kind,
            Kind::Refill | Kind::Dispense | Kind::ItemCredit | Kind::BalanceRefund
        )
    };
    decisions
        .filter(|signed| moves(signed.body.decision))
        .map(|signed| signed.body.time.0)
        .collect()
}

fn written(time: u64) -> String {
    // All times of the site are whole seconds of its clock.
    let day = Day::of_time(Time(time));
    let of_day = time / 1_000 % 86_400;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{day}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The true statement, by hand.
fn lines(site: &Site) -> Vec<Value> {
    let stored: Vec<u8> = site
        .connection
        .query_row("SELECT item FROM items LIMIT 1", [], |row| row.get(0))
        .unwrap();
    let record = ItemRecord::from_bytes(&stored).unwrap();
    let times = times(site);
    let meter = METER.0;
    let money = |kind: &str, at: usize, amount: i64, balance: u64| {
        json!({ "kind": kind, "meter": meter, "time": written(times[at]), "amount_mills": amount,
            "balance_mills": balance })
    };
    let deposit = |at, number, amount: i64, balance| {
        let mut line = money("deposit", at, amount, balance);
        line["number"] = json!(number);
        line
    };
    let item = |at: usize, piece: u32, balance| {
        let mut line = money("item", at, -740, balance);
        line["item"] = json!(format!("{meter}-{piece}"));
        line["category"] = json!(record.category.as_str().trim_end());
        line["mailing_date"] = json!(record.mailing_day.to_string());
        line["origin"] = json!(format!("{:05}", record.origin.0));
        line["user"] = json!(record.user.to_string());
        for (name, number) in [
            ("department", record.department.0),
            ("end_customer", record.end_customer.0),
        ] {
            if number != 0 {
                line[name] = json!(number);
            }
        }
        line
    };
    let mut credit = money("item-credit", 4, 740, 9_020);
    credit["item"] = json!(format!("{meter}-3"));
    let (from, to) = (Day::of_time(Time(times[0])), Day::of_time(Time(times[5])));
    let sums = json!({ "meter": meter, "from": from.to_string(), "to": to.to_string(), "currency": "USD",
        "opening_mills": 0, "deposits_mills": 10_500, "item_credits_mills": 740, "items": 3,
        "items_mills": 2_220, "balance_refunds_mills": 9_020, "differences_mills": 0, "closing_mills": 0 });
    let mut done = sums.clone();
    done.as_object_mut().unwrap().remove("meter");
    let opening =
        json!({ "kind": "opening", "meter": meter, "amount_mills": 0, "balance_mills": 0 });
    vec![
        opening,
        deposit(0, 1, 10_000, 10_000),
        item(1, 1, 9_260),
        item(1, 2, 8_520),
        deposit(2, 2, 500, 9_020),
        item(3, 3, 8_280),
        credit,
        money("balance-refund", 5, -9_020, 0),
        sums,
        done,
    ]
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn named(lines: &[Value]) -> String {
    let name = |line: &Value| match (line.get("kind"), line.get("meter")) {
        (Some(_), _) => "entry",
        (None, Some(_)) => "meter",
        (None, None) => "done",
    };
    let lines = lines.iter().map(|line| json!({ name(line): line }));
    text(&lines.collect::<Vec<_>>())
}

#[test]
fn a_true_statement_passes_in_both_forms() {
    let site = site();
    let lines = lines(&site);
    for text in [text(&lines), named(&lines)] {
        assert_eq!(check(&site, &text).problems, []);
    }
}

#[test]
fn a_later_period_begins_with_the_balance_before_it() {
    let site = site();
    let mut lines = lines(&site);
    let (day, last) = (Day::of_time(Time(times(&site)[4])), lines.len());
    lines.drain(1..6);
    lines[0]["balance_mills"] = json!(8_280);
    for sums in &mut lines[last - 7..] {
        for (name, value) in [
            ("from", json!(day.to_string())),
            ("opening_mills", json!(8_280)),
            ("deposits_mills", json!(0)),
            ("items", json!(0)),
            ("items_mills", json!(0)),
        ] {
            sums[name] = value;
        }
    }
    let report = check(&site, &text(&lines));
    assert_eq!(report.problems, []);
}

/// One problem at least, the first of this value on this line.
fn first(report: &Report) -> &Problem {
    let first = report.problems.first();
    first.unwrap_or_else(|| panic!("nothing was found"))
}

#[test]
fn every_figure_that_is_a_mill_off_is_named() {
    let site = site();
    let true_lines = lines(&site);
    let mut tried = 0;
    for (at, line) in true_lines.iter().enumerate() {
        let figures = line.as_object().unwrap().iter();
        let figures = figures.filter(|(_, value)| value.is_i64() || value.is_u64());
        for (name, value) in figures.filter(|(name, _)| *name != "meter") {
            let mut lines = true_lines.clone();
            lines[at][name] = json!(value.as_i64().unwrap() + 1);
            let report = check(&site, &text(&lines));
            let found = first(&report);
            assert!(
                found.place.ends_with(&format!(" line {}", at + 1)),
                "{name}: {found:?}"
            );
            if name.ends_with("_mills") {
                assert_eq!((found.code, found.value_mills), (Code::StatementDiffers, 1));
                assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
            }
            tried += 1;
        }
        for (name, _) in line
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, v)| v.is_string())
        {
            let mut lines = true_lines.clone();
            lines[at][name] = json!("2026-09-22");
            assert!(!check(&site, &text(&lines)).is_clean(), "line {at}: {name}");
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn a_line_that_is_left_out_or_twice_is_named() {
    let site = site();
    let lines = lines(&site);
    for at in 0..lines.len() {
        let mut less = lines.clone();
        let gone = less.remove(at);
        let report = check(&site, &text(&less));
        assert!(!report.is_clean(), "without line {at}");
        if (1..8).contains(&at) {
            let value = gone["amount_mills"].as_i64().unwrap().unsigned_abs();
            assert_eq!(codes(&report), [Code::StatementDiffers], "{at}");
            assert_eq!(first(&report).value_mills, value, "{:?}", report.problems);
        }
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        let report = check(&site, &text(&twice));
        assert!(!report.is_clean(), "line {at} twice");
        if (1..8).contains(&at) {
            assert_eq!(codes(&report), [Code::StatementDiffers], "{at}");
            let place = format!(" line {}", at + 2);
            assert!(
                first(&report).place.ends_with(&place),
                "{:?}",
                report.problems
            );
        }
    }
}

#[test]
fn what_is_no_whole_statement_is_named() {
    let site = site();
    let lines = lines(&site);
    let broken = |text: &str| {
        let report = check(&site, text);
        assert!(
            codes(&report).contains(&Code::StatementBroken),
            "{text}: {report:?}"
        );
    };
    broken("");
    broken("kind,time\n");
    broken(&text(&lines[..9]));
    broken(&(text(&lines[..5]) + "{\"stopped\":{}}\n"));
    broken(&(text(&lines) + &text(&lines[1..2])));
    let mut other = lines.clone();
    other[0]["meter"] = json!(9);
    broken(&text(&other));
    let mut currency = lines.clone();
    currency[9]["currency"] = json!("EUR");
    broken(&text(&currency));
    let missing = std::path::PathBuf::from("/nowhere/statement");
    let mut quiet = |_| {};
    let mut audit = Audit::new(&site.connection, &site.installation, Time(1), &mut quiet).unwrap();
    crate::statements::check(&mut audit, &[missing]);
    assert_eq!(codes(&audit.finish()), [Code::StatementBroken]);
}
