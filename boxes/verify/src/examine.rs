//! Examining one payload with a pack alone: the one core of every verification, offline or online.
//! The online part adds what the data centre's records say (`datacenter/functions`).

use crate::signed::is_signed;
use crate::{Finding, FindingCode, Pack, address_digest};
use item::{AddressLines, Day, Layout, Mills, Payload, Time};

/// Days after its mailing date on which an item is still taken without a look.
const LATE_DAYS: u32 = 10;

/// What the person or machine at the scanner knows about the mailpiece.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// Normalised address as read from the piece; empty = not given, then it does not count.
    pub address: AddressLines,
    /// What the piece costs, if it was weighed.
    pub value: Option<Mills>,
}

/// The findings about a payload, and the payload if it could be read.
///
/// Never says that the item is unused: only an online record can.
#[must_use]
pub fn examine(
    bytes: &[u8],
    pack: &Pack,
    now: Time,
    expected: &Expectation,
) -> (Vec<Finding>, Option<Payload>) {
    let Ok(payload) = Payload::from_bytes(bytes) else {
        return (vec![FindingCode::Unreadable.into()], None);
    };
    let mut findings: Vec<Finding> = Vec::new();
    let authentic = pack
        .item_key(payload.key, payload.mailing_day)
        .ok()
        .is_some_and(|key| is_signed(bytes, &payload, key))
        && payload.post == pack.body().post;
    findings.push(
        if authentic {
            FindingCode::Authentic
        } else {
            FindingCode::Forged
        }
        .into(),
    );
    if pack.is_void(payload.meter, payload.piece_count) {
        findings.push(FindingCode::Void.into());
    }
    if !date_fits(payload.mailing_day, Day::of_time(now)) {
        findings.push(FindingCode::Date.into());
    }
    if expected.value.is_some_and(|value| payload.value < value) {
        findings.push(FindingCode::Amount.into());
    }
    if !expected.address.is_empty() && payload.address_digest != [0; 8] {
        let given = address_digest(payload.meter, payload.piece_count, &expected.address);
        findings.push(
            if given == payload.address_digest {
                FindingCode::Address
            } else {
                FindingCode::OtherAddress
            }
            .into(),
        );
    }
    if payload.specimen {
        findings.push(FindingCode::Specimen.into());
    }
    if now >= pack.body().expires {
        findings.push(FindingCode::OldPack.into());
    }
    (findings, Some(payload))
}

fn date_fits(mailing: Day, today: Day) -> bool {
    let (mailing, today) = (mailing.number(), today.number());
    mailing.saturating_add(LATE_DAYS) >= today
        && mailing <= today.saturating_add(item::limits::MAILING_DAYS_MAX)
}
