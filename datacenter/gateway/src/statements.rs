//! Statements as JSON lines, CSV and PDF, written as they are told: none of them is in memory as a whole.
//!
//! Not here: what is on them (`functions`).

use crate::convert;
use crate::problem;
use crate::tables::{TableFormat, amount, csv_row, harmless};
use functions::{Money, MoneyKind, Period, Problem, StatementLine, StatementSums};
use item::{Currency, ItemRecord, MeterSerial};
use print::{Column, PrintError, RowStyle, TableHead, TableWriter};

/// What stands at the top of a statement, and on each line of sums.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) holder: String,
    pub(crate) account: String,
    pub(crate) period: Period,
    pub(crate) currency: Currency,
    pub(crate) is_specimen: bool,
}

/// A statement that grows.
pub(crate) struct Paper {
    heading: Heading,
    form: Form,
}

enum Form {
    Lines(Vec<u8>),
    Csv(Vec<u8>),
    Pdf(Box<TableWriter<Vec<u8>>>),
}

const CSV_TITLES: [&str; 15] = [
    "kind",
    "time",
    "meter",
    "item",
    "number",
    "category",
    "mailing_date",
    "origin",
    "user",
    "department",
    "end_customer",
    "amount",
    "balance",
    "currency",
    "items",
];

impl Paper {
    pub(crate) fn begin(format: TableFormat, heading: Heading) -> Result<Self, PrintError> {
        let form = match format {
            TableFormat::Json => Form::Lines(Vec::new()),
            TableFormat::Csv => {
                let mut out = Vec::new();
                csv_row(&mut out, CSV_TITLES);
                Form::Csv(out)
            }
            TableFormat::Pdf => {
                let writer = TableWriter::new(Vec::new(), heading.table())?;
                Form::Pdf(Box::new(writer))
            }
        };
        Ok(Self { heading, form })
    }

    pub(crate) const fn media(format: TableFormat) -> &'static str {
        match format {
            TableFormat::Json => "application/x-ndjson",
            TableFormat::Csv => "text/csv; charset=utf-8",
            TableFormat::Pdf => "application/pdf",
        }
    }

    /// Writes lines; takes a while where pages are drawn.
    pub(crate) fn add(&mut self, lines: Vec<StatementLine>) -> Result<(), PrintError> {
        for line in lines {
            let line = self.heading.line(line);
            self.put(&line)?;
        }
        Ok(())
    }

    /// Bytes written since the last call.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        match &mut self.form {
            Form::Lines(out) | Form::Csv(out) => std::mem::take(out),
            Form::Pdf(writer) => std::mem::take(writer.out()),
        }
    }

    /// The last bytes.
    pub(crate) fn finish(mut self, sums: &StatementSums) -> Result<Vec<u8>, PrintError> {
        let done = api::StatementLine::Done(self.heading.sums(None, sums));
        self.put(&done)?;
        match self.form {
            Form::Lines(out) | Form::Csv(out) => Ok(out),
            Form::Pdf(writer) => writer.finish(),
        }
    }

    /// The last bytes of what has no end; none where a reader must see that it broke off.
    pub(crate) fn stop(mut self, problem: Problem) -> Option<Vec<u8>> {
        match &mut self.form {
            Form::Lines(out) => {
                json_line(out, &api::StatementLine::Stopped(problem::body(problem)));
                Some(std::mem::take(out))
            }
            Form::Csv(_) | Form::Pdf(_) => None,
        }
    }

    fn put(&mut self, line: &api::StatementLine) -> Result<(), PrintError> {
        match &mut self.form {
            Form::Lines(out) => json_line(out, line),
            Form::Csv(out) => match line {
                api::StatementLine::Entry(entry) => {
                    csv_row(
                        out,
                        csv_entry(entry, &self.heading).iter().map(String::as_str),
                    );
                }
                api::StatementLine::Meter(sums) => csv_sums(out, "meter-", sums),
                api::StatementLine::Done(sums) => csv_sums(out, "total-", sums),
                api::StatementLine::Stopped(_) => {}
            },
            Form::Pdf(writer) => match line {
                api::StatementLine::Entry(entry) => {
                    let style = match entry.kind.as_str() {
                        "opening" => RowStyle::Strong,
                        _ => RowStyle::Plain,
                    };
                    writer.row(&pdf_entry(entry), style)?;
                }
                api::StatementLine::Meter(sums) => pdf_sums(writer, sums)?,
                api::StatementLine::Done(sums) => pdf_sums(writer, sums)?,
                api::StatementLine::Stopped(_) => {}
            },
        }
        Ok(())
    }
}

impl Heading {
    fn line(&self, line: StatementLine) -> api::StatementLine {
        let entry = |entry| api::StatementLine::Entry(Box::new(entry));
        match line {
            StatementLine::Opening(meter, balance) => entry(api::StatementEntry {
                kind: "opening".to_owned(),
                meter: meter.0,
                balance_mills: balance.0,
                ..api::StatementEntry::default()
            }),
            StatementLine::Item(record) => entry(item(&record)),
            StatementLine::Money(meter, moved, balance) => entry(api::StatementEntry {
                balance_mills: balance.0,
                ..money(meter, &moved)
            }),
            StatementLine::Difference(meter, time, mills, balance) => entry(api::StatementEntry {
                kind: "difference".to_owned(),
                meter: meter.0,
                time: time.map(convert::time),
                amount_mills: signed(mills),
                balance_mills: balance.0,
                ..api::StatementEntry::default()
            }),
            StatementLine::Closing(meter, sums) => {
                api::StatementLine::Meter(self.sums(Some(meter), &sums))
            }
        }
    }

    fn sums(&self, meter: Option<MeterSerial>, sums: &StatementSums) -> api::StatementSums {
        api::StatementSums {
            meter: meter.map(|meter| meter.0),
            from: self.period.from.to_string(),
            to: self.period.to.to_string(),
            currency: convert::currency(self.currency),
            opening_mills: sums.opening,
            deposits_mills: sums.deposits,
            item_credits_mills: sums.item_credits,
            items: sums.items,
            items_mills: sums.items_mills,
            balance_refunds_mills: sums.balance_refunds,
            differences_mills: signed(sums.differences),
            closing_mills: sums.closing,
        }
    }

    fn table(&self) -> TableHead {
        let column = |title: &str, share, is_number| Column {
            title: title.to_owned(),
            share,
            is_number,
        };
        let currency = convert::currency(self.currency);
        let specimen = match self.is_specimen {
            true => vec!["SPECIMEN: this installation prints no valid postage".to_owned()],
            false => Vec::new(),
        };
        let period = format!("{} to {} (UTC)", self.period.from, self.period.to);
        let mut lines = vec![
            self.holder.clone(),
            format!("Account {}", self.account),
            format!("{period}, amounts in {currency}"),
        ];
        lines.extend(specimen);
        TableHead {
            title: "Statement".to_owned(),
            lines,
            foot: format!("Account {}, {period}", self.account),
            columns: vec![
                column("Time (UTC)", 2.2, false),
                column("Entry", 2.0, false),
                column("Item", 2.2, false),
                column("Category", 1.1, false),
                column("Mailing date", 1.4, false),
                column("Dept.", 0.8, true),
                column("Customer", 1.1, true),
                column("Amount", 1.5, true),
                column("Balance", 1.7, true),
            ],
        }
    }
}

fn item(record: &ItemRecord) -> api::StatementEntry {
    let number = |number: u32| (number != 0).then_some(number);
    api::StatementEntry {
        kind: "item".to_owned(),
        meter: record.meter.0,
        time: Some(convert::time(record.time)),
        item: Some(format!("{}-{}", record.meter.0, record.piece_count)),
        number: None,
        category: Some(record.category.as_str().trim_end().to_owned()),
        mailing_date: Some(record.mailing_day.to_string()),
        origin: Some(format!("{:05}", record.origin.0)),
        user: Some(record.user.to_string()),
        department: number(record.department.0),
        end_customer: number(record.end_customer.0),
        amount_mills: signed(-i128::from(record.value.0)),
        balance_mills: record.descending.0,
    }
}

fn money(meter: MeterSerial, money: &Money) -> api::StatementEntry {
    let amount = i128::from(money.amount.0);
    let kind = match money.kind {
        MoneyKind::Deposit => "deposit",
        MoneyKind::ItemCredit => "item-credit",
        MoneyKind::BalanceRefund => "balance-refund",
    };
    api::StatementEntry {
        kind: kind.to_owned(),
        meter: meter.0,
        time: Some(convert::time(money.time)),
        item: money.piece.map(|piece| format!("{}-{piece}", meter.0)),
        number: money.number,
        amount_mills: signed(if money.kind.raises() { amount } else { -amount }),
        ..api::StatementEntry::default()
    }
}

fn signed(mills: i128) -> i64 {
    i64::try_from(mills).unwrap_or(if mills < 0 { i64::MIN } else { i64::MAX })
}

/// One line. Our own answers are plain structs: none of them can fail.
fn json_line(out: &mut Vec<u8>, line: &api::StatementLine) {
    if serde_json::to_writer(&mut *out, line).is_ok() {
        out.push(b'\n');
    }
}

fn csv_entry(entry: &api::StatementEntry, heading: &Heading) -> [String; CSV_TITLES.len()] {
    let text = |text: &Option<String>| harmless(text.as_deref().unwrap_or_default()).into_owned();
    let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
    [
        entry.kind.clone(),
        text(&entry.time),
        entry.meter.to_string(),
        text(&entry.item),
        number(entry.number),
        text(&entry.category),
        text(&entry.mailing_date),
        text(&entry.origin),
        text(&entry.user),
        number(entry.department.map(u64::from)),
        number(entry.end_customer.map(u64::from)),
        amount(i128::from(entry.amount_mills)),
        amount(i128::from(entry.balance_mills)),
        convert::currency(heading.currency),
        String::new(),
    ]
}

/// What each sum is called, its amount, and a count where there is one.
fn named_sums(sums: &api::StatementSums) -> [(&'static str, i128, Option<u64>); 7] {
    [
        ("opening", i128::from(sums.opening_mills), None),
        ("deposits", i128::from(sums.deposits_mills), None),
        ("item-credits", i128::from(sums.item_credits_mills), None),
        ("items", -i128::from(sums.items_mills), Some(sums.items)),
        (
            "balance-refunds",
            -i128::from(sums.balance_refunds_mills),
            None,
        ),
        ("differences", i128::from(sums.differences_mills), None),
        ("closing", i128::from(sums.closing_mills), None),
    ]
}

fn csv_sums(out: &mut Vec<u8>, prefix: &str, sums: &api::StatementSums) {
    for (name, mills, count) in named_sums(sums) {
        let mut cells = vec![String::new(); CSV_TITLES.len()];
        let filled = [
            (0, format!("{prefix}{name}")),
            (
                2,
                sums.meter
                    .map(|meter| meter.to_string())
                    .unwrap_or_default(),
            ),
            (11, amount(mills)),
            (13, sums.currency.clone()),
            (14, count.map(|count| count.to_string()).unwrap_or_default()),
        ];
        for (place, text) in filled {
            if let Some(cell) = cells.get_mut(place) {
                *cell = text;
            }
        }
        csv_row(out, cells.iter().map(String::as_str));
    }
}

fn pdf_entry(entry: &api::StatementEntry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: Option<u32>| number.map(|n| n.to_string()).unwrap_or_default();
    let time = text(&entry.time);
    let what = match (entry.kind.as_str(), entry.number) {
        ("opening", _) => format!("Meter {}: opening balance", entry.meter),
        ("deposit", Some(number)) => format!("Deposit {number}"),
        ("item", _) => "Item".to_owned(),
        (other, _) => other.replace('-', " "),
    };
    let is_opening = entry.kind == "opening";
    vec![
        match is_opening {
            true => what.clone(),
            false => time.get(..19).unwrap_or(&time).replace('T', " "),
        },
        if is_opening { String::new() } else { what },
        text(&entry.item),
        text(&entry.category),
        text(&entry.mailing_date),
        number(entry.department),
        number(entry.end_customer),
        match is_opening {
            true => String::new(),
            false => amount(i128::from(entry.amount_mills)),
        },
        amount(i128::from(entry.balance_mills)),
    ]
}

fn pdf_sums(
    writer: &mut TableWriter<Vec<u8>>,
    sums: &api::StatementSums,
) -> Result<(), PrintError> {
    let whose = match sums.meter {
        Some(meter) => format!("Meter {meter}"),
        None => "All meters".to_owned(),
    };
    writer.part();
    for (name, mills, count) in named_sums(sums) {
        let is_balance = matches!(name, "opening" | "closing");
        if mills == 0 && !is_balance {
            continue;
        }
        let mut cells = vec![String::new(); 9];
        let what = match count {
            Some(count) => format!("{count} {name}"),
            None if is_balance => format!("{name} balance"),
            None => name.replace('-', " "),
        };
        let filled = [
            (
                0,
                if is_balance {
                    whose.clone()
                } else {
                    String::new()
                },
            ),
            (1, what),
            (if is_balance { 8 } else { 7 }, amount(mills)),
        ];
        for (place, text) in filled {
            if let Some(cell) = cells.get_mut(place) {
                *cell = text;
            }
        }
        let style = if is_balance {
            RowStyle::Strong
        } else {
            RowStyle::Plain
        };
        writer.row(&cells, style)?;
    }
    writer.part();
    Ok(())
}
