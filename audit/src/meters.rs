//! Meters: registers, acts and refills followed from manufacture to the stored record (V2).
//! Items: [`crate::items`].

use crate::context::Audit;
use crate::credits::{self, Credits};
use crate::items::Tape;
use crate::line::{Follow, Made, walk, walk_without_record};
use crate::record::{Newest, Stored};
use crate::scratch::{Event, Once};
use crate::watch::Watch;
use crate::{Code, credit, evidence, licences, rows};
use item::{
    AccountId, Act, ActBody, BalanceRefund, Beneficiary, BoxKind, Day, DecisionKind, EvidenceKind,
    Layout, Limits, ManufactureReceipt, MeterRecord, MeterSerial, MeterState, Mills, Subject, Sums,
    Suspension, Zip,
};
use rusqlite::OptionalExtension;
use std::fmt;

/// Every meter, then the items of meters that do not exist.
pub(crate) fn pass(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    walk::<Meter>(audit)?;
    without_meter(audit)?;
    credit::transfers(audit)?;
    credits::orphans(audit)
}

/// Items of meters that do not exist, and the decisions that are kept with them.
fn without_meter(audit: &mut Audit<'_>) -> rusqlite::Result<()> {
    let connection = audit.connection;
    let mut statement = connection.prepare_cached(
        "SELECT meter, piece_count FROM items i
         WHERE NOT EXISTS (SELECT 1 FROM meters m WHERE m.serial = i.meter)
         ORDER BY meter, piece_count",
    )?;
    let mut all = statement.query([])?;
    let mut newest = None;
    while let Some(row) = all.next()? {
        let subject = Meter::subject_of(row);
        if let Some(subject) = subject.filter(|_| subject != newest) {
            walk_without_record::<Meter>(audit, subject)?;
        }
        newest = subject;
        let place = rows::place("items", row, 2);
        audit.problem(
            Code::ItemOrphan,
            place,
            "its meter does not exist",
            Mills::ZERO,
        );
    }
    Ok(())
}

/// What the acts made of a meter.
#[derive(Debug, PartialEq, Eq)]
struct Life {
    state: MeterState,
    suspended: Suspension,
    origin: Zip,
    licensing: Zip,
    /// None before the first act that sets them: what the meter box starts with is its own.
    limits: Option<Limits>,
    watch: Watch,
}

impl Life {
    fn act(&mut self, body: &ActBody, descending: Mills, today: Day) {
        self.watch.act(body, today);
        match body {
            ActBody::Register { origin, licensing } => {
                self.state = MeterState::Registered;
                (self.origin, self.licensing) = (*origin, *licensing);
            }
            ActBody::License { limits, .. } => {
                self.state = MeterState::Licensed;
                self.limits = Some(*limits);
            }
            ActBody::Activate => self.state = MeterState::Active,
            ActBody::Suspend(reasons) => self.suspended = self.suspended.with(*reasons),
            ActBody::Resume(reasons) => self.suspended = self.suspended.without(*reasons),
            ActBody::Withdraw if descending == Mills::ZERO => self.state = MeterState::Withdrawn,
            ActBody::Withdraw => self.state = MeterState::WithdrawalPending,
            ActBody::SetLimits { limits, .. } => self.limits = Some(*limits),
            ActBody::RefundBalance(_) => self.state = MeterState::Withdrawn,
            ActBody::Inspect { .. }
            | ActBody::SetUser { .. }
            | ActBody::Recover(_)
            | ActBody::ConfirmTime(_)
            | ActBody::Unlatch
            | ActBody::Enrol(_)
            | ActBody::Redeliver { .. }
            | ActBody::RedeliverFrom(_)
            | ActBody::Reissue(_)
            | ActBody::OpenEpoch { .. } => {}
        }
    }

    /// A re-issue keeps the newest state, and gives no permission.
    fn reissue(&mut self, state: MeterState) {
        self.state = state;
        self.watch.reissue();
        self.suspended = self.suspended.with(Suspension::RECONCILED);
        self.limits = Some(Limits {
            item: Mills::ZERO,
            day: Mills::ZERO,
            month: Mills::ZERO,
            descending: Mills::ZERO,
        });
    }

    fn fits(&self, record: &MeterRecord) -> bool {
        self.state == record.state
            && self.suspended == record.suspended
            && (self.origin, self.licensing) == (record.origin, record.licensing)
            && self.limits.is_none_or(|limits| limits == record.limits)
            && self.watch.fits(record)
    }
}

/// The row of a meter.
struct Row {
    stored: Stored<MeterRecord>,
    account: Option<[u8; 16]>,
    counter: Option<u64>,
    state: Option<u64>,
    balance: Option<u64>,
}

struct Place(Subject);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MeterSerial::of_subject(&self.0) {
            Some(serial) => write!(f, "meters {}", serial.0),
            None => write!(f, "meters {}", self.0),
        }
    }
}

struct Meter {
    subject: Subject,
    row: Option<Row>,
    tape: Tape,
    life: Life,
    credits: Credits,
    deposits: Mills,
    /// Paid out of it (P24).
    refunds: Mills,
    funding_sequence: u64,
    act_sequence: u64,
}

impl Meter {
    fn record(&self) -> Option<&MeterRecord> {
        self.row.as_ref()?.stored.body.as_ref().ok()
    }

    fn manufactured(&self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let Some(receipt) = evidence::receipt(audit, made)? else {
            return Ok(());
        };
        let place = made.place().to_string();
        let number = receipt.manufacturing_number.to_le_bytes();
        let earlier = audit
            .scratch
            .once(Once::ManufacturingNumber, &number, &place)?;
        if let Some(earlier) = earlier {
            let message = format!("the manufacturing number was used at {earlier}");
            audit.problem(Code::ManufacturedTwice, &place, message, Mills::ZERO);
        }
        let fits = self
            .record()
            .is_none_or(|record| made_from(record, &receipt));
        audit.expect(
            fits,
            Code::EvidenceDiffers,
            Place(self.subject),
            "the record is not of the meter that its receipt allowed",
            Mills::ZERO,
        );
        Ok(())
    }

    fn refilled(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let credit = credit::refill(audit, made, self.record(), self.funding_sequence)?;
        self.funding_sequence = self.funding_sequence.saturating_add(1);
        if let Some(credit) = credit {
            self.deposits.0 = self.deposits.0.saturating_add(credit.amount.0);
            self.tape.descending.0 = self.tape.descending.0.saturating_add(credit.amount.0);
            if credit.kind != EvidenceKind::Correction {
                self.life.watch.restart(Day::of_time(made.body.time));
            }
        }
        Ok(())
    }

    fn credited(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let record = self
            .row
            .as_ref()
            .and_then(|row| row.stored.body.as_ref().ok());
        let pieces = self.tape.piece_count;
        let value = self.credits.credited(audit, made, record, pieces)?;
        self.tape.descending.0 = self.tape.descending.0.saturating_add(value.0);
        Ok(())
    }

    fn acted(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let act = evidence::act(audit, made, self.act_sequence)?;
        self.act_sequence = self.act_sequence.saturating_add(1);
        let refund = match &act {
            Some(Act {
                body: ActBody::RefundBalance(refund),
                ..
            }) => Some(*refund),
            _ => None,
        };
        audit.expect(
            act.is_none()
                || refund.is_some() == (made.body.decision == DecisionKind::BalanceRefund),
            Code::EvidenceDiffers,
            made.place(),
            "the act that it names orders something else",
            Mills::ZERO,
        );
        if let Some(act) = act {
            let registered = (self.life.origin, self.life.licensing);
            let place = made.place();
            licences::granted(audit, &place, &act, &made.body.evidence, registered)?;
            let today = Day::of_time(made.body.time);
            self.life.act(&act.body, self.tape.descending, today);
        }
        if let Some(refund) = refund {
            self.paid_out(audit, made, refund)?;
        }
        Ok(())
    }

    /// The whole balance, to one beneficiary; a transfer is used as a deposit of that meter alone.
    fn paid_out(
        &mut self,
        audit: &mut Audit<'_>,
        made: &Made,
        refund: BalanceRefund,
    ) -> rusqlite::Result<()> {
        audit.expect(
            refund.amount == self.tape.descending,
            Code::RegistersDiffer,
            made.place(),
            "what was paid out is not the balance",
            refund.amount,
        );
        self.refunds.0 = self.refunds.0.saturating_add(refund.amount.0);
        self.tape.descending = Mills::ZERO;
        let Beneficiary::Meter {
            serial,
            funding_sequence,
        } = refund.beneficiary
        else {
            return Ok(());
        };
        let reference = verify::payment_reference(&verify::refund_reference(&made.digest));
        audit
            .scratch
            .transfer(&reference, (serial.0, funding_sequence, refund.amount))
    }

    /// Names what a re-issue gave up, and goes on from what the operators signed and the box agreed
    /// to.
    fn reissued(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let Some(reissue) = evidence::reissue(audit, made)? else {
            return Ok(());
        };
        let memory = reissue.memory;
        let (items, spent, paid_in, credited) = (
            memory.pieces.checked_sub(self.tape.piece_count),
            memory.ascending.minus(self.tape.ascending),
            memory.deposits.minus(self.deposits),
            memory.item_credits.minus(self.credits.total),
        );
        let rises = items.is_some()
            && spent.is_some()
            && paid_in.is_some()
            && credited.is_some()
            && memory.funding_sequence >= self.funding_sequence
            && memory.act_sequence >= self.act_sequence;
        audit.expect(
            rises,
            Code::RegistersDiffer,
            made.place(),
            "it goes on with less than what was there before",
            spent.unwrap_or_default(),
        );
        let state = MeterState::from_bytes(&[memory.state]);
        audit.expect(
            state.is_ok(),
            Code::StateDiffers,
            made.place(),
            "it goes on in a state that there is not",
            Mills::ZERO,
        );
        let message = format_args!(
            "in the gap of change {}: {} items worth {}, deposits of {}, item credits of {}",
            made.body.counter.0,
            items.unwrap_or_default(),
            spent.unwrap_or_default(),
            paid_in.unwrap_or_default(),
            credited.unwrap_or_default()
        );
        audit.notice(Code::Reissued, Place(self.subject), message);
        if let Some(serial) = MeterSerial::of_subject(&self.subject) {
            let first = self.tape.piece_count.saturating_add(1);
            let lost = audit.lost_items.entry(serial).or_default();
            lost.push(first..=memory.pieces);
        }
        self.life.reissue(state.unwrap_or(self.life.state));
        self.tape.go_on(&memory, made.body.evidence);
        self.deposits = memory.deposits;
        let came_in = memory.deposits.plus(memory.item_credits);
        let is_there = memory.ascending.plus(memory.descending);
        let paid = came_in.zip(is_there).and_then(|(came, is)| came.minus(is));
        self.refunds = paid.unwrap_or_default();
        self.credits.go_on(memory.item_credits, memory.pieces);
        self.funding_sequence = memory.funding_sequence;
        self.act_sequence = memory.act_sequence.saturating_add(1);
        Ok(())
    }

    fn compare(&self, audit: &mut Audit<'_>, record: &MeterRecord) {
        let place = Place(self.subject);
        let value = record.ascending.plus(record.descending).unwrap_or_default();
        audit.expect(
            record.balance_refunds() == Some(self.refunds),
            Code::EquationBroken,
            &place,
            "ascending and descending register are not what came in less what was paid out",
            value,
        );
        let registers = record.ascending == self.tape.ascending
            && record.descending == self.tape.descending
            && record.piece_count == self.tape.piece_count
            && record.deposits == self.deposits
            && record.item_credits == self.credits.total
            && record.funding_sequence == self.funding_sequence
            && record.act_sequence == self.act_sequence;
        audit.expect(
            registers,
            Code::RegistersDiffer,
            &place,
            format_args!(
                "items and evidence give AR {}, DR {}, pieces {}, deposits {}, item credits {}, funding sequence {}, act sequence {}; the record says {}, {}, {}, {}, {}, {}, {}",
                self.tape.ascending, self.tape.descending, self.tape.piece_count, self.deposits, self.credits.total,
                self.funding_sequence, self.act_sequence,
                record.ascending, record.descending, record.piece_count, record.deposits, record.item_credits,
                record.funding_sequence, record.act_sequence,
            ),
            value,
        );
        self.credits.compare(audit, record, &place.to_string());
        audit.expect(
            record.item_head == self.tape.head,
            Code::HeadDiffers,
            &place,
            "the record does not end the chain of its items",
            value,
        );
        audit.expect(
            self.life.fits(record),
            Code::StateDiffers,
            &place,
            "state, suspension, limits, origin or inspections are not what made them",
            value,
        );
        audit.expect(
            record.specimen == audit.transcript().specimen,
            Code::SpecimenDiffers,
            &place,
            "the specimen flag differs from the installation's",
            value,
        );
    }
}

fn made_from(record: &MeterRecord, receipt: &ManufactureReceipt) -> bool {
    record.serial == receipt.serial
        && record.manufacturing_number == receipt.manufacturing_number
        && record.account == receipt.account
        && record.item_kind == receipt.item_kind
        && record.post == receipt.post
        && record.currency == receipt.currency
        && (record.vendor, record.model) == (receipt.vendor, receipt.model)
}

impl Follow for Meter {
    const KIND: BoxKind = BoxKind::Meter;
    const RECORDS: &'static str = "SELECT serial FROM meters ORDER BY serial";

    fn subject_of(row: &rusqlite::Row<'_>) -> Option<Subject> {
        let serial = u32::try_from(rows::unsigned(row, 0)?).ok()?;
        Some(MeterSerial(serial).subject())
    }

    fn begin(audit: &mut Audit<'_>, subject: Subject) -> rusqlite::Result<Self> {
        let serial = MeterSerial::of_subject(&subject);
        let row = audit
            .connection
            .prepare_cached(
                "SELECT serial, account, counter, state, balance_mills, record
                 FROM meters WHERE serial = ?1",
            )?
            // No meter has a negative serial.
            .query_row([serial.map_or(-1, |s| i64::from(s.0))], |row| {
                Ok(Row {
                    stored: Stored::read(rows::blob(row, 5).unwrap_or_default()),
                    account: rows::array(row, 1),
                    counter: rows::unsigned(row, 2),
                    state: rows::unsigned(row, 3),
                    balance: rows::unsigned(row, 4),
                })
            })
            .optional()?;
        Ok(Self {
            subject,
            row,
            tape: Tape::new(serial.unwrap_or_default()),
            life: Life {
                state: MeterState::Manufactured,
                suspended: Suspension::NONE,
                origin: Zip(0),
                licensing: Zip(0),
                limits: None,
                watch: Watch::default(),
            },
            credits: Credits::new(serial.unwrap_or_default()),
            deposits: Mills::ZERO,
            refunds: Mills::ZERO,
            funding_sequence: 0,
            act_sequence: 0,
        })
    }

    fn decided(&mut self, audit: &mut Audit<'_>, made: &Made) -> rusqlite::Result<()> {
        let body = &made.body;
        let first = body.decision == DecisionKind::Manufacture;
        let expected = first == (body.counter.0 == 1);
        match body.decision {
            DecisionKind::Manufacture => self.manufactured(audit, made)?,
            DecisionKind::Act | DecisionKind::BalanceRefund => self.acted(audit, made)?,
            DecisionKind::Refill => self.refilled(audit, made)?,
            DecisionKind::ItemCredit => self.credited(audit, made)?,
            DecisionKind::Reissue => self.reissued(audit, made)?,
            DecisionKind::Report => self.life.watch.reported(audit, made, &self.tape)?,
            DecisionKind::Dispense => {
                let record = self
                    .row
                    .as_ref()
                    .and_then(|row| row.stored.body.as_ref().ok());
                self.tape.dispensed(audit, made, record)?;
            }
            _ => {}
        }
        let known = matches!(
            body.decision,
            DecisionKind::Manufacture
                | DecisionKind::Act
                | DecisionKind::Refill
                | DecisionKind::Dispense
                | DecisionKind::ItemCredit
                | DecisionKind::BalanceRefund
                | DecisionKind::Reissue
                | DecisionKind::Report
        );
        audit.expect(
            expected && known,
            Code::UnexpectedDecision,
            made.place(),
            format_args!(
                "{} of a meter can not be followed here",
                body.decision.name()
            ),
            Mills::ZERO,
        );
        audit.expect(
            body.head == self.tape.head,
            Code::HeadDiffers,
            made.place(),
            "its head is not the newest item",
            Mills::ZERO,
        );
        if matches!(
            body.decision,
            DecisionKind::Manufacture
                | DecisionKind::Act
                | DecisionKind::Refill
                | DecisionKind::ItemCredit
                | DecisionKind::BalanceRefund
                | DecisionKind::Reissue
                | DecisionKind::Report
        ) {
            let account = self
                .record()
                .map_or(AccountId::ZERO, |record| record.account);
            audit.scratch.event(&made.digest, &event(made, account))?;
        }
        Ok(())
    }

    fn sums(&self) -> Sums {
        Sums {
            pieces: u64::from(self.tape.piece_count),
            ascending: self.tape.ascending,
            descending: self.tape.descending,
            deposits: self.deposits,
            item_credits: self.credits.total,
            ..Sums::default()
        }
    }

    fn end(mut self, audit: &mut Audit<'_>, newest: Newest) -> rusqlite::Result<()> {
        self.tape.end(audit)?;
        let totals = &mut audit.report.totals;
        for (total, value) in [
            (&mut totals.ascending_mills, self.tape.ascending),
            (&mut totals.descending_mills, self.tape.descending),
            (&mut totals.deposits_mills, self.deposits),
            (&mut totals.refunds_mills, self.refunds),
            (&mut totals.item_credits_mills, self.credits.total),
        ] {
            *total = total.saturating_add(value.0);
        }
        let place = Place(self.subject);
        let held = self.deposits;
        let Some(row) = &self.row else {
            let message = "its decisions exist, the record does not";
            audit.problem(Code::RecordMissing, place, message, held);
            return Ok(());
        };
        audit.report.counts.meters = audit.report.counts.meters.saturating_add(1);
        row.stored.check(audit, &place, self.subject, &newest, held);
        if let Ok(record) = &row.stored.body {
            let copied = row.account == Some(record.account.0)
                && row.counter == Some(record.counter.0)
                && row.state == Some(u64::from(record.state.code()))
                && row.balance == Some(record.descending.0);
            audit.expect(
                copied,
                Code::ColumnDiffers,
                &place,
                "account, counter, state or balance differ from the record",
                held,
            );
            self.compare(audit, record);
        }
        Ok(())
    }
}

/// What a decision is to the account's chain.
pub(crate) fn event(made: &Made, account: AccountId) -> Event {
    Event {
        box_kind: made.body.box_kind,
        decision: made.body.decision,
        subject: made.body.subject,
        counter: made.body.counter,
        account,
        time: made.body.time,
    }
}
