//! The indicium as printed: 138 bytes, version 0x80. Signing and checking are elsewhere.
//!
//! Same field order as the historical 89-byte layout, with wider fields, a kind, an issuer, an
//! address digest and two tokens. The layout is our own and is never called by another's name.

use crate::limits::{ASCENDING_MAX, DESCENDING_MAX};
use crate::{
    Ascii, Currency, Day, ItemKind, KeySerial, Layout, LayoutError, MeterSerial, Mills, PostId,
    Reader, Suite, Zip,
};

/// Why a scanned payload is not an indicium of ours.
pub type PayloadError = LayoutError;

/// Highest routing integer: an 11-digit delivery point of nines.
pub const ROUTING_MAX: u64 = 99_999_999_999 + 1_000_100_001;

/// The content of one printed item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Algorithms of the signature.
    pub suite: Suite,
    /// Certificate of the key that signed.
    pub key: KeySerial,
    /// Provider, two characters.
    pub vendor: Ascii<2>,
    /// Model of meter, two characters.
    pub model: Ascii<2>,
    /// The meter that paid.
    pub meter: MeterSerial,
    /// Ascending register after this item, below 2^40 mills.
    pub ascending: Mills,
    /// What the item is worth, below 2^32 mills.
    pub value: Mills,
    /// Date of mailing.
    pub mailing_day: Day,
    /// Origin of deposit.
    pub origin: Zip,
    /// Routing integer of the destination, 0 = none, below 2^40.
    pub destination: u64,
    /// Descending register after this item, below 2^32 mills.
    pub descending: Mills,
    /// Rate category, space-padded.
    pub category: Ascii<4>,
    /// What kind of item.
    pub kind: ItemKind,
    /// Plainly not valid: set by the box from its key set.
    pub specimen: bool,
    /// Post or other issuer.
    pub post: PostId,
    /// Currency of every amount.
    pub currency: Currency,
    /// Number of this item among all items of the meter, from 1.
    pub piece_count: u32,
    /// First 8 bytes of the address digest, zero = no address.
    pub address_digest: [u8; 8],
    /// Check value under the vendor's token key.
    pub vendor_token: [u8; 6],
    /// Check value under the post's token key.
    pub postal_token: [u8; 6],
    /// Signature over `tag | bytes 0..74`.
    pub signature: [u8; 64],
}

impl Payload {
    /// Length of the encoding.
    pub const LENGTH: usize = 138;
    /// Tokens cover the bytes before this offset.
    pub const TOKEN_MESSAGE: usize = 62;
    /// The signature covers the bytes before this offset.
    pub const SIGNED_MESSAGE: usize = 74;
    /// First byte of every payload of this layout.
    pub const VERSION: u8 = 0x80;
}

fn put_u40(value: u64, out: &mut Vec<u8>) {
    let [a, b, c, d, e, ..] = value.to_le_bytes();
    out.extend_from_slice(&[a, b, c, d, e]);
}

fn get_u40(reader: &mut Reader<'_>) -> Result<u64, LayoutError> {
    let [a, b, c, d, e] = reader.array()?;
    Ok(u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]))
}

fn put_u32(value: u64, out: &mut Vec<u8>) {
    // The box checks the register widths before it signs; a value above would be cut to the
    // width's maximum here and then not verify.
    u32::try_from(value).unwrap_or(u32::MAX).put(out);
}

impl Layout for Payload {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(Self::VERSION);
        self.suite.put(out);
        self.key.put(out);
        self.vendor.put(out);
        self.model.put(out);
        self.meter.put(out);
        put_u40(self.ascending.0.min(ASCENDING_MAX), out);
        put_u32(self.value.0, out);
        self.mailing_day.put(out);
        self.origin.put(out);
        put_u40(self.destination.min(ROUTING_MAX), out);
        put_u32(self.descending.0, out);
        self.category.put(out);
        self.kind.put(out);
        out.push(u8::from(self.specimen));
        self.post.put(out);
        self.currency.put(out);
        self.piece_count.put(out);
        self.address_digest.put(out);
        self.vendor_token.put(out);
        self.postal_token.put(out);
        self.signature.put(out);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u8::get(reader)? {
            Self::VERSION => {}
            other => return Err(LayoutError::Version(other)),
        }
        let payload = Self {
            suite: Layout::get(reader)?,
            key: Layout::get(reader)?,
            vendor: Layout::get(reader)?,
            model: Layout::get(reader)?,
            meter: Layout::get(reader)?,
            ascending: Mills(get_u40(reader)?),
            value: Mills(u64::from(u32::get(reader)?)),
            mailing_day: Layout::get(reader)?,
            origin: Layout::get(reader)?,
            destination: get_u40(reader)?,
            descending: Mills(u64::from(u32::get(reader)?)),
            category: Layout::get(reader)?,
            kind: Layout::get(reader)?,
            specimen: bool::get(reader)?,
            post: Layout::get(reader)?,
            currency: Layout::get(reader)?,
            piece_count: Layout::get(reader)?,
            address_digest: Layout::get(reader)?,
            vendor_token: Layout::get(reader)?,
            postal_token: Layout::get(reader)?,
            signature: Layout::get(reader)?,
        };
        if payload.origin.0 > 99_999 {
            return Err(LayoutError::Range("origin"));
        }
        if payload.destination > ROUTING_MAX {
            return Err(LayoutError::Range("destination"));
        }
        if payload.mailing_day == Day::NONE {
            return Err(LayoutError::Range("mailing date"));
        }
        if payload.value > payload.ascending || payload.value.0 == 0 || payload.piece_count == 0 {
            return Err(LayoutError::Range("registers"));
        }
        Ok(payload)
    }
}

const _: () = assert!(DESCENDING_MAX == u32::MAX as u64 && ROUTING_MAX < 1 << 40);
