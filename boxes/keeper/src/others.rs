//! Records that are shown beside the one that is asked about: with a question, or as the standing of
//! somebody who orders a change of another's record. They are looked at, and never changed.

use crate::engine::Keeper;
use crate::subjects::Subjects;
use crate::{Rules, Shown, Standing};
use item::Epoch;
use vault::{Keyring, RecordKeys};
use wire::RefusalCode;

/// What is needed to look at them.
#[derive(Clone, Copy)]
pub struct Others<'a> {
    records: &'a Keyring,
    subjects: &'a Subjects,
}

impl<'a> Others<'a> {
    pub(crate) fn new(records: &'a Keyring, subjects: &'a Subjects) -> Self {
        Self { records, subjects }
    }

    /// The keys of an epoch that a record names: what is sealed in one that is only looked at is still
    /// under these.
    ///
    /// # Errors
    /// `UnknownEpoch` if this box has none.
    pub fn keys_of(&self, epoch: Epoch) -> Result<&'a RecordKeys, RefusalCode> {
        self.records.of(epoch).ok_or(RefusalCode::UnknownEpoch)
    }

    /// Checks one: genuine, and how it stands.
    ///
    /// # Errors
    /// `Altered` or `UnknownEpoch` if it is not genuine, `Unknown` if this box never made it.
    pub fn look<R: Rules>(&self, shown: &[u8]) -> Result<Shown<R::Record>, RefusalCode> {
        let record = Keeper::<R>::as_it_is(self.records, shown)?;
        let newest = self
            .subjects
            .get(&R::subject(record.body()))
            .and_then(|state| state.newest())
            .ok_or(RefusalCode::Unknown)?;
        let standing = if newest.digest == record.digest().short() {
            Standing::Newest
        } else {
            Standing::Older
        };
        Ok(Shown { record, standing })
    }
}
