//! What holds for every sealed record: its newest decision made exactly these bytes (P7).

use crate::Code;
use crate::context::Audit;
use crate::line::Made;
use item::{
    AuthRecord, BoxId, BoxKind, ChainRecord, Counter, Decision, Digest, Epoch, Layout, LayoutError,
    MeterRecord, Mills, Sealed, Subject, Time,
};
use std::fmt::Display;
use verify::{record_digest, statement_digest};

/// The decisions of a subject, as far as its record can be compared with them.
#[derive(Default)]
pub(crate) struct Newest {
    /// How many rows there are.
    pub(crate) count: u64,
    /// The last one that could be read.
    pub(crate) made: Option<Made>,
}

/// The fields that every record has.
pub(crate) trait Record: Layout {
    const KIND: BoxKind;
    fn epoch(&self) -> Epoch;
    fn subject(&self) -> Subject;
    fn counter(&self) -> Counter;
    fn last_time(&self) -> Time;
    fn last_decision(&self) -> Digest;
    fn box_id(&self) -> BoxId;
}

macro_rules! records {
    ($($name:ty => $kind:ident),*) => {$(
        impl Record for $name {
            const KIND: BoxKind = BoxKind::$kind;
            fn epoch(&self) -> Epoch { self.epoch }
            fn subject(&self) -> Subject { self.subject() }
            fn counter(&self) -> Counter { self.counter }
            fn last_time(&self) -> Time { self.last_time }
            fn last_decision(&self) -> Digest { self.last_decision }
            fn box_id(&self) -> BoxId { self.box_id }
        }
    )*};
}
records!(MeterRecord => Meter, ChainRecord => Transaction);

impl Record for AuthRecord {
    const KIND: BoxKind = BoxKind::Auth;
    fn epoch(&self) -> Epoch {
        self.epoch()
    }
    fn subject(&self) -> Subject {
        self.subject()
    }
    fn counter(&self) -> Counter {
        self.counter()
    }
    fn last_time(&self) -> Time {
        self.last_time()
    }
    fn last_decision(&self) -> Digest {
        self.last_decision()
    }
    fn box_id(&self) -> BoxId {
        self.box_id()
    }
}

/// A record as it is stored.
pub(crate) struct Stored<T> {
    pub(crate) body: Result<T, LayoutError>,
    digest: Digest,
}

impl<T: Record> Stored<T> {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self {
            body: Sealed::<T>::from_bytes(bytes).map(|sealed| sealed.body),
            digest: record_digest(bytes),
        }
    }

    /// Compares with the newest decision. `value` is what the record holds.
    pub(crate) fn check(
        &self,
        audit: &mut Audit<'_>,
        place: &dyn Display,
        subject: Subject,
        newest: &Newest,
        value: Mills,
    ) {
        let record = match &self.body {
            Ok(record) => record,
            Err(error) => {
                audit.problem(Code::Undecodable, place, error, value);
                return;
            }
        };
        audit.report.count_epoch(T::KIND, record.epoch());
        audit.expect(
            record.subject() == subject,
            Code::ColumnDiffers,
            place,
            "the record is another subject's",
            value,
        );
        if newest.count == 0 {
            audit.problem(
                Code::DecisionsMissing,
                place,
                "no decision made this record",
                value,
            );
            return;
        }
        audit.expect(
            record.counter().0 == newest.count,
            Code::CounterDiffers,
            place,
            format_args!(
                "counter {}, but {} decisions",
                record.counter().0,
                newest.count
            ),
            value,
        );
        let Some(made) = &newest.made else { return };
        audit.expect(
            self.digest == made.body.new,
            Code::RecordDiffers,
            place,
            "it is not the record that its newest decision made",
            value,
        );
        let linked = record.last_decision() == statement_digest(&without_new(&made.body))
            && record.last_time() == made.body.time
            && record.box_id() == made.body.box_id;
        audit.expect(
            linked,
            Code::RecordLink,
            place,
            "time, box or digest of its last decision are others",
            value,
        );
    }
}

/// The decision's body as the record that it makes can name it: before the digest of that record
/// is known.
pub(crate) fn without_new(body: &Decision) -> Vec<u8> {
    Decision {
        new: Digest::ZERO,
        ..body.clone()
    }
    .to_bytes()
}
