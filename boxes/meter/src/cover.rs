//! What an authority allows (P20). Which meter states and limits apply is in `debit`.

use crate::limits::{CLOCKS_APART_MAX, OWN_SIGNATURE_MAX};
use crate::require;
use item::{Authority, Layout, MeterRecord, Mills, OrderStatement, Rights, Sealed, Time, Version};
use keeper::Context;
use vault::{AuthorityKeys, Genuine};
use verify::{Tagged, Verifies};
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
        let genuine = keys
            .open(shown.body.epoch, shown)
            .map_err(|_| RefusalCode::BadAuthority)?;
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
    /// Whether the user agreed to it with a key of his own, if he has one.
    pub(crate) is_agreed: bool,
}

impl<'a> Covered<'a> {
    /// Checks account, meter, right and ceiling.
    ///
    /// # Errors
    /// `NotCovered`, `Ceiling`, in this order.
    pub(crate) fn check(
        authorised: &'a Authorised,
        context: &Context<'_>,
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
            is_agreed: is_agreed(authority, context, record, order, total),
        })
    }
}

/// Whether the user's own key signed this very order, for no less than it costs, and not long ago. The
/// statement is made of the order: whatever a server altered in it, the signature is another's.
fn is_agreed(
    authority: &Authority,
    context: &Context<'_>,
    record: &MeterRecord,
    order: &Order,
    total: Mills,
) -> bool {
    let Some(key) = &authority.signing_key else {
        return true;
    };
    let Some(shown) = &order.signature else {
        return false;
    };
    let Ok(items) = u32::try_from(order.items.as_slice().len()) else {
        return false;
    };
    let statement = OrderStatement {
        version: Version,
        installation: context.installation.transcript().installation,
        user: authority.user,
        meter: record.serial,
        key_digest: order.key_digest,
        body_digest: order.body_digest,
        items,
        expected_piece_count: order.expected_piece_count,
        max_total: shown.max_total,
        expires: shown.expires,
    };
    total <= shown.max_total
        && context.now < shown.expires
        && shown.expires.0 <= context.now.0.saturating_add(OWN_SIGNATURE_MAX)
        && key.verifies(OrderStatement::TAG, &statement.to_bytes(), &shown.signature)
}
