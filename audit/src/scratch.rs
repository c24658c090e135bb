//! What must be compared across subjects, kept in a private temporary database of SQLite that
//! spills to disk: memory stays bounded whatever the installation holds.

use crate::rows;
use item::{
    AccountId, BoxId, BoxKind, Counter, DailyKey, DailyRow, DailyTotals, Day, DecisionKind, Digest,
    ItemKind, Layout, MeterSerial, Mills, Subject, Time, Zip,
};
use rusqlite::{Connection, OptionalExtension, params};

/// What may occur once in an installation.
#[derive(Clone, Copy)]
pub(crate) enum Once {
    /// Id of credit evidence.
    EvidenceId = 1,
    /// Reference of a confirmed payment.
    Payment = 2,
    /// Number given at manufacture.
    ManufacturingNumber = 3,
    /// An item that was taken back.
    CreditedItem = 4,
}

/// A decision of a user or meter that belongs into the account's chain.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) box_kind: BoxKind,
    pub(crate) decision: DecisionKind,
    pub(crate) subject: Subject,
    pub(crate) counter: Counter,
    pub(crate) account: AccountId,
    pub(crate) time: Time,
}

/// Meter, funding sequence, amount.
pub(crate) type Credited = (u32, u64, Mills);

/// What a sheet of daily totals says under a key: which sheet, and pieces, value, credited pieces,
/// credited.
pub(crate) struct Told {
    pub(crate) sheet: u64,
    pub(crate) sums: [u64; 4],
}

/// What was counted on a day under a key, where a sheet says something else or nothing.
pub(crate) struct Reported {
    pub(crate) day: Day,
    pub(crate) key: DailyKey,
    pub(crate) counted: Option<[u64; 4]>,
    pub(crate) told: Option<Told>,
}

pub(crate) struct Scratch(Connection);

impl Scratch {
    pub(crate) fn new() -> rusqlite::Result<Self> {
        // The empty name is SQLite's for a private database in a temporary file.
        let connection = Connection::open("")?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE journal (kind, box, sequence, time, PRIMARY KEY (kind, box, sequence)) WITHOUT ROWID;
             CREATE TABLE events (digest PRIMARY KEY, kind, decision, subject, counter, account, time, chained) WITHOUT ROWID;
             CREATE TABLE once (what, key, place, PRIMARY KEY (what, key)) WITHOUT ROWID;
             CREATE TABLE transfers (reference PRIMARY KEY, meter, sequence, amount) WITHOUT ROWID;
             CREATE TABLE deposits (reference PRIMARY KEY, meter, sequence, amount) WITHOUT ROWID;
             CREATE TABLE voids (meter, piece, value, journal, PRIMARY KEY (meter, piece)) WITHOUT ROWID;
             CREATE TABLE daily (day, meter, origin, kind, specimen, pieces, value, credited, credited_value,
                 PRIMARY KEY (day, meter, origin, kind, specimen)) WITHOUT ROWID;
             CREATE TABLE reported (day, meter, origin, kind, specimen, pieces, value, credited, credited_value,
                 sheet, PRIMARY KEY (day, meter, origin, kind, specimen)) WITHOUT ROWID;
             BEGIN",
        )?;
        Ok(Self(connection))
    }

    /// Notes a decision's place in its box's journal; false if another decision holds it.
    pub(crate) fn journal(
        &self,
        kind: BoxKind,
        id: BoxId,
        sequence: u64,
        time: Time,
    ) -> rusqlite::Result<bool> {
        let rows = self
            .0
            .prepare_cached("INSERT OR IGNORE INTO journal VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                kind.code(),
                id.0,
                rows::stored(sequence),
                rows::stored(time.0)
            ])?;
        Ok(rows == 1)
    }

    /// Calls `each` with (kind, box, sequence, time) in the order of the journals.
    pub(crate) fn journals(
        &self,
        mut each: impl FnMut(u64, u64, u64, u64),
    ) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare(
            "SELECT kind, box, sequence, time FROM journal ORDER BY kind, box, sequence",
        )?;
        let mut all = statement.query([])?;
        while let Some(row) = all.next()? {
            let column = |i| rows::unsigned(row, i).unwrap_or_default();
            each(column(0), column(1), column(2), column(3));
        }
        Ok(())
    }

    /// Notes that `key` occurs at `place`; gives the earlier place if it occurred before.
    pub(crate) fn once(
        &self,
        what: Once,
        key: &[u8],
        place: &str,
    ) -> rusqlite::Result<Option<String>> {
        let what = what as u8;
        let earlier = self
            .0
            .prepare_cached("SELECT place FROM once WHERE what = ?1 AND key = ?2")?
            .query_row(params![what, key], |row| row.get(0))
            .optional()?;
        if earlier.is_none() {
            self.0
                .prepare_cached("INSERT INTO once VALUES (?1, ?2, ?3)")?
                .execute(params![what, key, place])?;
        }
        Ok(earlier)
    }

    /// Whether `key` occurred.
    pub(crate) fn occurred(&self, what: Once, key: &[u8]) -> rusqlite::Result<bool> {
        self.0
            .prepare_cached("SELECT 1 FROM once WHERE what = ?1 AND key = ?2")?
            .exists(params![what as u8, key])
    }

    /// Notes an item that was taken back: meter, piece count, value, and where in the box's journal.
    pub(crate) fn void(
        &self,
        (meter, piece, value): (u32, u32, Mills),
        journal: u64,
    ) -> rusqlite::Result<()> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO voids VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                meter,
                piece,
                rows::stored(value.0),
                rows::stored(journal)
            ])?;
        Ok(())
    }

    /// Notes a balance that goes to a meter: under which reference, where, as which sequence, how much.
    pub(crate) fn transfer(&self, reference: &Digest, credit: Credited) -> rusqlite::Result<()> {
        self.credited(
            "INSERT OR IGNORE INTO transfers VALUES (?1, ?2, ?3, ?4)",
            reference,
            credit,
        )
    }

    /// Notes a deposit that was credited.
    pub(crate) fn deposit(&self, reference: &Digest, credit: Credited) -> rusqlite::Result<()> {
        self.credited(
            "INSERT OR IGNORE INTO deposits VALUES (?1, ?2, ?3, ?4)",
            reference,
            credit,
        )
    }

    fn credited(&self, sql: &str, reference: &Digest, credit: Credited) -> rusqlite::Result<()> {
        let (meter, sequence, amount) = credit;
        self.0.prepare_cached(sql)?.execute(params![
            reference.0,
            meter,
            rows::stored(sequence),
            rows::stored(amount.0)
        ])?;
        Ok(())
    }

    /// Calls `each` with the meter of every transfer, how much, and whether it was credited as it was
    /// to be; none if it was not credited at all.
    pub(crate) fn transfers(
        &self,
        mut each: impl FnMut(u64, Mills, Option<bool>),
    ) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare(
            "SELECT t.meter, t.amount,
                    (d.meter, d.sequence, d.amount) = (t.meter, t.sequence, t.amount)
             FROM transfers t LEFT JOIN deposits d ON d.reference = t.reference ORDER BY t.meter",
        )?;
        let mut all = statement.query([])?;
        while let Some(row) = all.next()? {
            let amount = Mills(rows::unsigned(row, 1).unwrap_or_default());
            let credited: Option<bool> = row.get(2)?;
            each(rows::unsigned(row, 0).unwrap_or_default(), amount, credited);
        }
        Ok(())
    }

    /// Whether this item was taken back.
    pub(crate) fn is_void(
        &self,
        (meter, piece, value): (u32, u32, Mills),
    ) -> rusqlite::Result<bool> {
        self.0
            .prepare_cached("SELECT 1 FROM voids WHERE meter = ?1 AND piece = ?2 AND value = ?3")?
            .exists(params![meter, piece, rows::stored(value.0)])
    }

    /// Adds to what was counted on a day under a key.
    pub(crate) fn count_day(
        &self,
        day: Day,
        key: DailyKey,
        sums: [u64; 4],
    ) -> rusqlite::Result<()> {
        let (meter, origin, kind, specimen) = key;
        let [pieces, value, credited, credited_value] = sums.map(rows::stored);
        self.0
            .prepare_cached(
                "INSERT INTO daily VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET
                 pieces = pieces + ?6, value = value + ?7, credited = credited + ?8,
                 credited_value = credited_value + ?9",
            )?
            .execute(params![
                day.decimal(), meter.0, origin.0, kind.code(), specimen, pieces, value, credited,
                credited_value
            ])?;
        Ok(())
    }

    /// Notes a row of a sheet; false if another row was of the same.
    pub(crate) fn report_day(&self, sheet: &DailyTotals, row: &DailyRow) -> rusqlite::Result<bool> {
        let rows = self
            .0
            .prepare_cached(
                "INSERT OR IGNORE INTO reported VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                sheet.day.decimal(),
                row.meter.0,
                row.origin.0,
                row.kind.code(),
                row.specimen,
                row.pieces,
                rows::stored(row.value.0),
                row.credited_pieces,
                rows::stored(row.credited.0),
                rows::stored(sheet.sequence)
            ])?;
        Ok(rows == 1)
    }

    /// Calls `each` with every day and key of which the sheets do not say what was counted.
    pub(crate) fn days(&self, mut each: impl FnMut(Reported)) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare(
            "SELECT day, meter, origin, kind, specimen,
                    d.pieces, d.value, d.credited, d.credited_value,
                    r.pieces, r.value, r.credited, r.credited_value, r.sheet
             FROM daily d FULL JOIN reported r USING (day, meter, origin, kind, specimen)
             WHERE (d.pieces, d.value, d.credited, d.credited_value)
                   IS NOT (r.pieces, r.value, r.credited, r.credited_value)
             ORDER BY day, meter, origin, kind, specimen",
        )?;
        let mut all = statement.query([])?;
        while let Some(row) = all.next()? {
            each(read_reported(row));
        }
        Ok(())
    }

    pub(crate) fn event(&self, digest: &Digest, event: &Event) -> rusqlite::Result<()> {
        self.0
            .prepare_cached("INSERT OR IGNORE INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)")?
            .execute(params![
                digest.0,
                event.box_kind.code(),
                event.decision.code(),
                event.subject.0,
                rows::stored(event.counter.0),
                event.account.0,
                rows::stored(event.time.0)
            ])?;
        Ok(())
    }

    /// The event of a chained decision and how often it was chained before; counts this time.
    pub(crate) fn chain(&self, digest: &Digest) -> rusqlite::Result<Option<(Event, u64)>> {
        let found = self
            .0
            .prepare_cached(
                "SELECT kind, decision, subject, counter, account, time, chained FROM events
                 WHERE digest = ?1",
            )?
            .query_row([digest.0], |row| {
                Ok(read_event(row).zip(rows::unsigned(row, 6)))
            })
            .optional()?
            .flatten();
        if found.is_some() {
            self.0
                .prepare_cached("UPDATE events SET chained = chained + 1 WHERE digest = ?1")?
                .execute([digest.0])?;
        }
        Ok(found)
    }

    /// Calls `each` with every event that was never chained.
    pub(crate) fn unchained(&self, mut each: impl FnMut(Event)) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare(
            "SELECT kind, decision, subject, counter, account, time FROM events
             WHERE chained = 0 ORDER BY kind, subject, counter",
        )?;
        let mut all = statement.query([])?;
        while let Some(row) = all.next()? {
            if let Some(event) = read_event(row) {
                each(event);
            }
        }
        Ok(())
    }
}

fn read_reported(row: &rusqlite::Row<'_>) -> Reported {
    let number = |column| rows::unsigned(row, column).unwrap_or_default();
    let small = |column| u32::try_from(number(column)).unwrap_or_default();
    let kind = u8::try_from(number(3)).unwrap_or_default();
    let is_there = |column| rows::unsigned(row, column).is_some();
    Reported {
        day: Day::from_decimal(small(0)).unwrap_or_default(),
        key: (
            MeterSerial(small(1)),
            Zip(small(2)),
            ItemKind::from_bytes(&[kind]).unwrap_or(ItemKind::Postage),
            number(4) == 1,
        ),
        counted: is_there(5).then(|| [5, 6, 7, 8].map(number)),
        told: is_there(9).then(|| Told {
            sheet: number(13),
            sums: [9, 10, 11, 12].map(number),
        }),
    }
}

fn read_event(row: &rusqlite::Row<'_>) -> Option<Event> {
    let code = |column| u8::try_from(rows::unsigned(row, column)?).ok();
    Some(Event {
        box_kind: BoxKind::from_bytes(&[code(0)?]).ok()?,
        decision: DecisionKind::from_bytes(&[code(1)?]).ok()?,
        subject: rows::subject(row, 2)?,
        counter: Counter(rows::unsigned(row, 3)?),
        account: AccountId(rows::array(row, 4)?),
        time: Time(rows::unsigned(row, 5)?),
    })
}
