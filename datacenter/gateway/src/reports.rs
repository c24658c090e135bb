//! Reports as JSON, CSV and PDF.
//!
//! Not here: how items are grouped (`functions`).

use crate::convert;
use crate::tables::{amount, csv_row, harmless};
use functions::{Group, GroupSums, ReportCall};
use item::Currency;
use print::{Column, PrintError, RowStyle, TableHead, TableWriter};

/// A report as it is told.
pub(crate) fn report(call: &ReportCall, groups: Vec<Group>, currency: Currency) -> api::Report {
    let total = groups
        .iter()
        .fold(GroupSums::default(), |all, group| all.plus(&group.sums));
    let key = |(by, (value, name)): (&functions::By, (String, Option<String>))| api::ReportKey {
        by: by.name().to_owned(),
        value,
        name,
    };
    api::Report {
        from: call.period.from.to_string(),
        to: call.period.to.to_string(),
        currency: convert::currency(currency),
        groups: groups
            .into_iter()
            .map(|group| api::ReportGroup {
                keys: call
                    .by
                    .iter()
                    .zip(group.keys.into_iter().zip(group.names))
                    .map(key)
                    .collect(),
                sums: sums(&group.sums),
            })
            .collect(),
        total: sums(&total),
    }
}

fn sums(sums: &GroupSums) -> api::ReportSums {
    api::ReportSums {
        items: sums.items,
        items_mills: sums.mills,
        credited_items: sums.credited_items,
        credited_mills: sums.credited_mills,
    }
}

fn numbers(sums: &api::ReportSums) -> [String; 4] {
    [
        sums.items.to_string(),
        amount(i128::from(sums.items_mills)),
        sums.credited_items.to_string(),
        amount(i128::from(sums.credited_mills)),
    ]
}

/// A column for each part of the group, one for its name where it may have one, then the sums.
pub(crate) fn csv(by: &[functions::By], report: &api::Report) -> Vec<u8> {
    let mut out = Vec::new();
    let named = |by: &functions::By| {
        use functions::By::{Department, EndCustomer, User};
        matches!(by, Department | EndCustomer | User)
    };
    let mut titles: Vec<String> = Vec::new();
    for by in by {
        titles.push(by.name().to_owned());
        if named(by) {
            titles.push(format!("{}-name", by.name()));
        }
    }
    let sums = [
        "items",
        "amount",
        "credited-items",
        "credited-amount",
        "currency",
    ];
    titles.extend(sums.map(str::to_owned));
    csv_row(&mut out, titles.iter().map(String::as_str));
    for group in &report.groups {
        let mut cells = Vec::with_capacity(titles.len());
        for (by, key) in by.iter().zip(&group.keys) {
            cells.push(harmless(&key.value).into_owned());
            if named(by) {
                cells.push(harmless(key.name.as_deref().unwrap_or_default()).into_owned());
            }
        }
        cells.extend(numbers(&group.sums));
        cells.push(report.currency.clone());
        csv_row(&mut out, cells.iter().map(String::as_str));
    }
    out
}

/// Pages.
pub(crate) fn pdf(
    by: &[functions::By],
    report: &api::Report,
    holder: &str,
    account: &str,
) -> Result<Vec<u8>, PrintError> {
    let column = |title: &str, share, is_number| Column {
        title: title.to_owned(),
        share,
        is_number,
    };
    let mut columns: Vec<Column> = by.iter().map(|by| column(by.name(), 2.5, false)).collect();
    for title in ["items", "amount", "credited items", "credited amount"] {
        columns.push(column(title, 1.5, true));
    }
    let period = format!(
        "{} to {} (UTC), amounts in {}",
        report.from, report.to, report.currency
    );
    let head = TableHead {
        title: "Report".to_owned(),
        lines: vec![
            holder.to_owned(),
            format!("Account {account}"),
            period.clone(),
        ],
        foot: format!("Account {account}, {period}"),
        columns,
    };
    let mut writer = TableWriter::new(Vec::new(), head)?;
    for group in &report.groups {
        let shown = |key: &api::ReportKey| match &key.name {
            Some(name) => format!("{} {name}", key.value),
            None => key.value.clone(),
        };
        let mut cells: Vec<String> = group.keys.iter().map(shown).collect();
        cells.extend(numbers(&group.sums));
        writer.row(&cells, RowStyle::Plain)?;
    }
    writer.part();
    let mut cells = vec![String::new(); by.len()];
    if let Some(first) = cells.first_mut() {
        *first = "Total".to_owned();
    }
    cells.extend(numbers(&report.total));
    writer.row(&cells, RowStyle::Strong)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use functions::{By, Period};
    use item::{Day, Mills};

    fn made(name: &str) -> (Vec<By>, api::Report) {
        let day = |day| Day::from_decimal(day).unwrap();
        let call = ReportCall {
            period: Period {
                from: day(20_261_101),
                to: day(20_261_130),
            },
            meters: 0..=u32::MAX,
            pieces: 0..=u32::MAX,
            by: vec![By::Department, By::Month],
        };
        let group = Group {
            keys: vec!["7".to_owned(), "2026-11".to_owned()],
            names: vec![Some(name.to_owned()), None],
            sums: GroupSums {
                items: 2,
                mills: Mills(1_480).0,
                ..GroupSums::default()
            },
        };
        let report = report(&call, vec![group.clone(), group], Currency(840));
        (call.by, report)
    }

    #[test]
    fn a_name_is_no_formula_and_sums_add_up() {
        let (by, report) = made("=HYPERLINK(\"http://x\")");
        assert_eq!((report.total.items, report.total.items_mills), (4, 2_960));
        let text = String::from_utf8(csv(&by, &report)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "department,department-name,month,items,amount,credited-items,credited-amount,currency"
        );
        assert_eq!(
            lines[1],
            "7,\"'=HYPERLINK(\"\"http://x\"\")\",2026-11,2,1.480,0,0.000,USD"
        );
    }

    #[test]
    fn a_report_is_drawn() {
        let (by, report) = made("Sales");
        let drawn = pdf(&by, &report, "Example Mail Room", "ab12").unwrap();
        assert!(drawn.starts_with(b"%PDF-"));
    }
}
