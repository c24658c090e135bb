//! What an authority allows (P20). Which meter states and limits apply is in `debit`.

use crate::limits::CLOCKS_APART_MAX;
use crate::require;
use item::{Authority, MeterRecord, Mills, Rights, Sealed, Time};
use vault::{AuthorityKeys, Genuine};
use wire::{Order, RefusalCode};

/// An authority whose MAC fits and whose time is now.
pub(crate) struct Authorised(Genuine<Authority>);

impl Authorised {
    /// Checks MAC, under the key of the epoch that it names, and time.
    ///
    /// # Errors
    /// `BadAuthority`, `AuthorityExpired`, in this order.
    pub(crate) fn open(
        keys: &AuthorityKeys,
        now: Time,
        shown: &Sealed<Authority>,
    ) -> Result<Self, RefusalCode> {
        let genuine = keys.open(shown).map_err(|_| RefusalCode::BadAuthority)?;
        let authority = genuine.body();
        let begun = authority.issued.0 <= now.0.saturating_add(CLOCKS_APART_MAX);
        require(
            begun && now < authority.expires,
            RefusalCode::AuthorityExpired,
        )?;
        Ok(Self(genuine))
    }

    /// The authority, if it is of the meter's account and for this meter and these rights.
    ///
    /// # Errors
    /// `NotCovered`.
    pub(crate) fn covers(
        &self,
        record: &MeterRecord,
        rights: Rights,
    ) -> Result<&Authority, RefusalCode> {
        let authority = self.0.body();
        let meters = authority.meters.as_slice();
        require(
            authority.account == record.account
                && (meters.is_empty() || meters.contains(&record.serial))
                && authority.rights.covers(rights),
            RefusalCode::NotCovered,
        )?;
        Ok(authority)
    }
}

/// An order that an authority allows on one meter.
pub(crate) struct Covered<'a> {
    /// The order.
    pub(crate) order: &'a Order,
    /// Who asks.
    pub(crate) authority: &'a Authority,
    /// Sum of its values; saturates, and is exact where each value fits a payload.
    pub(crate) total: Mills,
}

impl<'a> Covered<'a> {
    /// Checks account, meter, right and ceiling.
    ///
    /// # Errors
    /// `NotCovered`, `Ceiling`, in this order.
    pub(crate) fn check(
        authorised: &'a Authorised,
        record: &MeterRecord,
        order: &'a Order,
    ) -> Result<Self, RefusalCode> {
        let authority = authorised.covers(record, Rights::DISPENSE)?;
        let total = order
            .items
            .as_slice()
            .iter()
            .fold(0u64, |sum, spec| sum.saturating_add(spec.value.0));
        let total = Mills(total);
        require(total <= authority.ceiling, RefusalCode::Ceiling)?;
        Ok(Self {
            order,
            authority,
            total,
        })
    }
}
