//! Are these tokens the meter's (P2)? Changes nothing, and says nothing about use or signature.

use crate::require;
use item::{Layout, MeterRecord, Payload};
use keeper::{Context, Look};
use vault::{TokenKeys, same_bytes};
use wire::{RefusalCode, TokenCheck, TokenQuery};

/// Compares both tokens, each in constant time. Any genuine record of the meter will do: its token
/// keys never change.
///
/// # Errors
/// `Malformed` for what is no payload; what `look` says of the record; `Mismatch` for the record of
/// another meter; `Internal` if the token keys can not be opened.
pub(crate) fn check(
    context: &Context<'_>,
    look: Look<'_, MeterRecord>,
    query: &TokenQuery,
) -> Result<TokenCheck, RefusalCode> {
    let payload = Payload::from_bytes(&query.payload).map_err(|_| RefusalCode::Malformed)?;
    let shown = look(query.record.as_slice())?;
    let record = shown.record.body();
    require(payload.meter == record.serial, RefusalCode::Mismatch)?;
    let keys = context.others.keys_of(record.epoch)?;
    let keys = TokenKeys::open(keys, record.serial, &record.token_keys)
        .map_err(|_| RefusalCode::Internal)?;
    let [vendor, postal] = keys.tokens(&query.payload);
    Ok(TokenCheck {
        vendor: same_bytes(&vendor, &payload.vendor_token),
        postal: same_bytes(&postal, &payload.postal_token),
    })
}
