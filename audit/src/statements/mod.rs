//! Statements that somebody was given: each line is recomputed from items, deposits, credits and
//! refunds, and compared to the last mill.
//!
//! Not here: whether the records themselves are genuine, which the rest of the audit says. A statement
//! of a period that was not over lacks what came later; that is named like any line that is left out.

mod line;
mod recomputed;

use crate::context::Audit;
use crate::{Code, Stage};
use item::{Day, MeterSerial, Mills};
use line::{Entry, Line, Sums, When};
use recomputed::Recomputed;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes of one line: an entry has some four hundred.
const LINE_MAX: u64 = 16 << 10;

/// Every statement.
pub(crate) fn check(audit: &mut Audit<'_>, files: &[PathBuf]) {
    if files.is_empty() {
        return;
    }
    audit.stage(Stage::Statements);
    for file in files {
        let outcome = one(audit, file);
        audit.damage("statements", outcome);
    }
}

fn one(audit: &mut Audit<'_>, path: &Path) -> rusqlite::Result<()> {
    let name = path.display().to_string();
    // Its period stands in its sums, which come last.
    let mut period = None;
    let mut sums = |_: u64, line: Option<Line>| {
        if let Some(Line::Meter(sums) | Line::Done(sums)) = line {
            period = sums.period();
        }
        Ok(())
    };
    if let Err(error) = each_line(path, &mut sums)? {
        audit.problem(Code::StatementBroken, &name, error, Mills::ZERO);
        return Ok(());
    }
    let Some((from, to)) = period else {
        let message = "no line of it says its sums and period: it is no statement, or not whole";
        audit.problem(Code::StatementBroken, &name, message, Mills::ZERO);
        return Ok(());
    };
    let mut checked = Checked {
        name,
        from,
        to,
        meter: None,
        newest: None,
        total: Sums::of(None, from, to, audit.transcript().currency),
        done: false,
    };
    let read = each_line(path, &mut |number, line| checked.line(audit, number, line))?;
    if let Err(error) = read {
        audit.problem(Code::StatementBroken, &checked.name, error, Mills::ZERO);
    }
    let message = "it ends without the sums of all meters: it is not whole";
    let whole = checked.done;
    audit.expect(
        whole,
        Code::StatementBroken,
        &checked.name,
        message,
        Mills::ZERO,
    );
    Ok(())
}

/// Calls `each` with every line and its number; `None` for a line that is none of a statement.
fn each_line(
    path: &Path,
    each: &mut dyn FnMut(u64, Option<Line>) -> rusqlite::Result<()>,
) -> rusqlite::Result<std::io::Result<()>> {
    let mut reader = match File::open(path) {
        Ok(file) => BufReader::new(file),
        Err(error) => return Ok(Err(error)),
    };
    let mut number = 0_u64;
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return Ok(Ok(())),
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        number = number.saturating_add(1);
        if !line.trim_ascii().is_empty() {
            each(number, Line::read(&line))?;
        }
    }
}

/// A statement that is being checked.
struct Checked<'a> {
    name: String,
    from: Day,
    to: Day,
    /// What the records say of the meter whose entries are read.
    meter: Option<Recomputed<'a>>,
    /// The last meter that began.
    newest: Option<u32>,
    /// Recomputed sums of all meters so far.
    total: Sums,
    done: bool,
}

impl<'a> Checked<'a> {
    fn place(&self, number: u64) -> String {
        format!("{} line {number}", self.name)
    }

    fn broken(&self, audit: &mut Audit<'a>, number: u64, message: impl Display) {
        let place = self.place(number);
        audit.problem(Code::StatementBroken, place, message, Mills::ZERO);
    }

    fn line(
        &mut self,
        audit: &mut Audit<'a>,
        number: u64,
        line: Option<Line>,
    ) -> rusqlite::Result<()> {
        audit.row();
        if self.done {
            self.broken(audit, number, "it stands behind the end of the statement");
            return Ok(());
        }
        match line {
            None => self.broken(audit, number, "it is no line of a statement"),
            Some(Line::Stopped) => self.broken(audit, number, "the statement broke off here"),
            Some(Line::Entry(entry)) if entry.kind == "opening" => {
                self.begin(audit, number, &entry)?;
            }
            Some(Line::Entry(entry)) => self.entry(audit, number, &entry)?,
            Some(Line::Meter(sums)) => self.end_meter(audit, number, Some(&sums))?,
            Some(Line::Done(sums)) => {
                if self.meter.is_some() {
                    self.end_meter(audit, number, None)?;
                }
                let own = self.total.clone();
                self.sums(audit, number, &sums, &own);
                self.done = true;
            }
        }
        Ok(())
    }

    fn begin(&mut self, audit: &mut Audit<'a>, number: u64, entry: &Entry) -> rusqlite::Result<()> {
        if self.meter.is_some() {
            self.end_meter(audit, number, None)?;
        }
        if self.newest >= Some(entry.meter) {
            self.broken(audit, number, "meters do not ascend");
        }
        self.newest = Some(entry.meter);
        let currency = audit.transcript().currency;
        let sums = Sums::of(Some(entry.meter), self.from, self.to, currency);
        let meter = MeterSerial(entry.meter);
        let mut meter = Recomputed::begin(audit.connection, meter, (self.from, self.to), sums);
        let opening = meter.opening()?;
        let is_there = opening.is_some();
        self.meter = Some(meter);
        match opening {
            Some(opening) => self.compare(audit, number, entry, &opening),
            None => self.broken(audit, number, "there is no such meter"),
        }
        if !is_there {
            self.meter = None;
        }
        Ok(())
    }

    fn entry(&mut self, audit: &mut Audit<'a>, number: u64, entry: &Entry) -> rusqlite::Result<()> {
        let Some(mut meter) = self.meter.take_if(|meter| meter.serial() == entry.meter) else {
            self.broken(audit, number, "it stands in no part of its meter");
            return Ok(());
        };
        loop {
            let Some(own) = meter.peek()? else {
                self.too_many(audit, number, entry);
                break;
            };
            if own.is_same_as(entry) {
                self.compare(audit, number, entry, own);
                meter.pop();
                break;
            }
            // What comes later is read on; what is behind it was left out.
            match entry.when(own) {
                When::Later => {
                    self.left_out(audit, number, own);
                    meter.pop();
                }
                When::Earlier => {
                    self.too_many(audit, number, entry);
                    break;
                }
            }
        }
        self.meter = Some(meter);
        Ok(())
    }

    fn left_out(&self, audit: &mut Audit<'a>, number: u64, own: &Entry) {
        let message = format_args!("before it {own} is left out");
        let value = Mills(own.amount_mills.unsigned_abs());
        audit.problem(Code::StatementDiffers, self.place(number), message, value);
    }

    fn too_many(&self, audit: &mut Audit<'a>, number: u64, entry: &Entry) {
        let message = format_args!("{entry} is not there in the records");
        let value = Mills(entry.amount_mills.unsigned_abs());
        audit.problem(Code::StatementDiffers, self.place(number), message, value);
    }

    fn compare(&self, audit: &mut Audit<'a>, number: u64, entry: &Entry, own: &Entry) {
        if entry == own {
            return;
        }
        let amount = entry.amount_mills.abs_diff(own.amount_mills);
        let balance = entry.balance_mills.abs_diff(own.balance_mills);
        let value = Mills(amount.max(balance));
        let message = match value {
            Mills::ZERO => format!("{entry} differs in a word: {}", entry.differs_in(own)),
            _ => format!("the statement says {entry}, the records {own}"),
        };
        audit.problem(Code::StatementDiffers, self.place(number), message, value);
    }

    /// The end of a meter's part: nothing may be left, and its sums are those of the records.
    fn end_meter(
        &mut self,
        audit: &mut Audit<'a>,
        number: u64,
        sums: Option<&Sums>,
    ) -> rusqlite::Result<()> {
        let Some(mut meter) = self.meter.take() else {
            self.broken(audit, number, "sums of a meter without entries");
            return Ok(());
        };
        while let Some(own) = meter.peek()? {
            self.left_out(audit, number, own);
            meter.pop();
        }
        let own = meter.sums();
        match sums {
            Some(sums) => self.sums(audit, number, sums, own),
            None => self.broken(
                audit,
                number,
                "the sums of the meter before it are left out",
            ),
        }
        self.total.add(own);
        Ok(())
    }

    fn sums(&self, audit: &mut Audit<'a>, number: u64, sums: &Sums, own: &Sums) {
        for (name, said, is) in sums.differences(own) {
            let value = Mills(u64::try_from(said.abs_diff(is)).unwrap_or(u64::MAX));
            let message = format_args!("`{name}` is {said}, and {is} by the records");
            audit.problem(Code::StatementDiffers, self.place(number), message, value);
        }
        if (sums.meter, &sums.from, &sums.to, &sums.currency)
            != (own.meter, &own.from, &own.to, &own.currency)
        {
            self.broken(audit, number, "sums of another meter, period or currency");
        }
    }
}
