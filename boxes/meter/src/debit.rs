//! What the meter allows: state, limits, dates, funds (P12). Moving registers is in `press`.

use crate::cover::Covered;
use crate::equation::Balanced;
use crate::limits::{VALUE_MAX, ZIP_MAX};
use crate::require;
use item::limits::{ASCENDING_MAX, MAILING_DAYS_MAX};
use item::payload::ROUTING_MAX;
use item::{Authority, Day, Epoch, MeterRecord, MeterState, Mills};
use wire::{ItemSpec, Order, RefusalCode};

/// An order that passed every check on the record that it holds: nobody else can change that
/// record before [`Debit::draw`] hands it on.
pub(crate) struct Debit<'a> {
    covered: Covered<'a>,
    meter: &'a mut Balanced,
    day: (Day, Mills),
    month: (Epoch, Mills),
}

impl<'a> Debit<'a> {
    /// Checks all of an order, all its items against one reason before the next, so that the order
    /// of precedence holds over the whole request.
    ///
    /// # Errors
    /// Codes 40 to 53 in the order of their numbers, then `OwnSignature`.
    pub(crate) fn check(
        covered: Covered<'a>,
        meter: &'a mut Balanced,
        today: Day,
    ) -> Result<Self, RefusalCode> {
        let record = meter.record();
        let limits = &record.limits;
        let total = covered.total;
        let items = covered.order.items.as_slice();
        let all = |holds: &dyn Fn(&ItemSpec) -> bool, otherwise| {
            require(items.iter().all(holds), otherwise)
        };

        require(record.state == MeterState::Active, RefusalCode::WrongState)?;
        require(record.suspended.is_empty(), RefusalCode::Suspended)?;
        require(
            record.inspection_due == Day::NONE || today < record.inspection_due,
            RefusalCode::InspectionDue,
        )?;
        all(
            &|spec| spec.value > Mills::ZERO && spec.value <= VALUE_MAX,
            RefusalCode::BadValue,
        )?;
        all(&|spec| spec.value <= limits.item, RefusalCode::ItemLimit)?;
        let day = used((record.day, record.day_used), today, total);
        require(day.1 <= limits.day, RefusalCode::DayLimit)?;
        let month = used((record.month, record.month_used), today.month(), total);
        require(month.1 <= limits.month, RefusalCode::MonthLimit)?;
        require(
            has_room(record, total, items.len()),
            RefusalCode::RegisterWidth,
        )?;
        all(
            &|spec| is_in_window(spec.mailing_day, today),
            RefusalCode::MailingDate,
        )?;
        all(&|spec| is_origin(record, spec), RefusalCode::Origin)?;
        all(
            &|spec| spec.destination <= ROUTING_MAX && spec.address.is_normal(),
            RefusalCode::Destination,
        )?;
        require(total <= record.descending, RefusalCode::Funds)?;
        let expected = covered.order.expected_piece_count;
        require(
            expected.is_none_or(|count| count == record.piece_count),
            RefusalCode::PieceCount,
        )?;
        require(covered.is_agreed, RefusalCode::OwnSignature)?;
        Ok(Self {
            covered,
            meter,
            day,
            month,
        })
    }

    /// The meter's record.
    pub(crate) fn record(&self) -> &MeterRecord {
        self.meter.record()
    }

    /// Books the use of day and month, and hands on what is to be issued.
    pub(crate) fn draw(self) -> (&'a Order, &'a Authority, &'a mut MeterRecord) {
        let record = self.meter.record_mut();
        (record.day, record.day_used) = self.day;
        (record.month, record.month_used) = self.month;
        (self.covered.order, self.covered.authority, record)
    }
}

/// Use of a day or month after `more`. It starts anew in a later one only: a clock that was set
/// back by act gives no new allowance.
fn used<P: Ord>((last, used): (P, Mills), now: P, more: Mills) -> (P, Mills) {
    if now > last {
        (now, more)
    } else {
        (last, Mills(used.0.saturating_add(more.0)))
    }
}

/// Whether the registers after it fit the payload. The descending register only falls.
fn has_room(record: &MeterRecord, total: Mills, items: usize) -> bool {
    let ascending = record.ascending.plus(total);
    let pieces = u32::try_from(items)
        .ok()
        .and_then(|items| record.piece_count.checked_add(items));
    ascending.is_some_and(|after| after.0 <= ASCENDING_MAX) && pieces.is_some()
}

fn is_in_window(mailing: Day, today: Day) -> bool {
    mailing >= today && mailing.number() <= today.number().saturating_add(MAILING_DAYS_MAX)
}

fn is_origin(record: &MeterRecord, spec: &ItemSpec) -> bool {
    if record.origin.0 == 0 {
        (1..=ZIP_MAX).contains(&spec.origin.0)
    } else {
        spec.origin == record.origin
    }
}
