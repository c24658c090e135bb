//! The decisions of one meter that made items: each is kept with the first of its items.
//!
//! Not here: what they mean ([`crate::items`]), and all other decisions, which are rows of `decisions`
//! ([`crate::line`]).

use crate::rows;
use item::{BoxKind, MeterSerial, Subject};
use rusqlite::{Connection, OptionalExtension, params};

/// Dispensing decisions of one subject, one after the other, in the order of its items.
pub(crate) struct Dispensing {
    /// None if the subject is no meter, and behind the last one.
    meter: Option<MeterSerial>,
    /// Newest piece count that was read, as the column has it.
    read: i64,
    /// Read and not given yet.
    next: Option<Kept>,
}

/// A decision as it is kept.
pub(crate) struct Kept {
    /// The item that it is kept with.
    pub(crate) piece: i64,
    pub(crate) counter: Option<u64>,
    pub(crate) decision: Option<Vec<u8>>,
}

impl Dispensing {
    pub(crate) fn of(kind: BoxKind, subject: &Subject) -> Self {
        let meter = MeterSerial::of_subject(subject);
        Self {
            meter: meter.filter(|_| kind == BoxKind::Meter),
            read: i64::MIN,
            next: None,
        }
    }

    /// Whether there is one more.
    pub(crate) fn goes_on(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        if self.next.is_none() {
            self.read_next(connection)?;
        }
        Ok(self.next.is_some())
    }

    /// The next one, if its counter is below `bound` or can not be read, or if there is no bound.
    pub(crate) fn next(
        &mut self,
        connection: &Connection,
        bound: Option<u64>,
    ) -> rusqlite::Result<Option<Kept>> {
        self.goes_on(connection)?;
        let is_due = |kept: &mut Kept| bound.is_none() || kept.counter < bound;
        Ok(self.next.take_if(is_due))
    }

    fn read_next(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(meter) = self.meter else {
            return Ok(());
        };
        let mut statement = connection.prepare_cached(
            "SELECT piece_count, counter, decision FROM items
             WHERE meter = ?1 AND piece_count > ?2 AND decision IS NOT NULL
             ORDER BY piece_count LIMIT 1",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Kept {
                piece: row.get(0).unwrap_or(i64::MAX),
                counter: rows::unsigned(row, 1),
                decision: rows::blob(row, 2).map(<[u8]>::to_vec),
            })
        };
        self.next = statement
            .query_row(params![meter.0, self.read], read)
            .optional()?;
        match &self.next {
            Some(kept) => self.read = kept.piece,
            None => self.meter = None,
        }
        Ok(())
    }
}
