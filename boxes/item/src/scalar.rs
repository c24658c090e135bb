//! Ids, money and time: small types that cannot be mixed up.

use crate::{Layout, LayoutError, Reader};
use std::fmt;

macro_rules! newtype {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl Layout for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }
            fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
                Ok(Self(Layout::get(reader)?))
            }
        }
    };
}

macro_rules! hex_id {
    ($(#[$meta:meta])* $name:ident[$n:literal]) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $n]);

        impl $name {
            /// All zero: "none".
            pub const ZERO: Self = Self([0; $n]);

            /// Reads exactly the lower-case hex form that `Display` writes.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut out = [0u8; $n];
                let (pairs, rest) = text.as_bytes().as_chunks::<2>();
                if pairs.len() != $n || !rest.is_empty() {
                    return None;
                }
                for (slot, pair) in out.iter_mut().zip(pairs) {
                    let [high, low] = pair.map(hex_digit);
                    *slot = (high? << 4) | low?;
                }
                Some(Self(out))
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ZERO
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [[0; 2]; $n];
                for (pair, byte) in text.iter_mut().zip(self.0) {
                    *pair = [hex_of(byte >> 4), hex_of(byte & 0xf)];
                }
                let text = text.as_flattened();
                f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Layout for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
            fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
                Ok(Self(reader.array()?))
            }
        }
    };
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(byte.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

/// The digit of four bits.
fn hex_of(bits: u8) -> u8 {
    match bits {
        0..=9 => b'0'.wrapping_add(bits),
        _ => b'a'.wrapping_add(bits.wrapping_sub(10)),
    }
}

hex_id!(/// SHA-256 of something tagged.
    Digest[32]);
hex_id!(/// First 16 bytes of a record digest: what a box keeps as freshness data (P4).
    ShortDigest[16]);
hex_id!(/// Digest of (account or sign-up id, idempotency key, step), P18.
    RequestId[32]);
hex_id!(/// One data centre with one ceremony.
    InstallationId[16]);
hex_id!(/// A mailer's account.
    AccountId[16]);
hex_id!(/// A person or program of an account.
    UserId[16]);
hex_id!(/// A key by which programs of a user sign on.
    ApiKeyId[16]);
hex_id!(/// A run of items of one request; zero for single items.
    BatchId[16]);
hex_id!(/// First 8 bytes of the tagged digest of a public key.
    KeyId[8]);
hex_id!(/// What a sealed record is about: a meter, a user, an account's chain, or a box itself.
    Subject[16]);

impl Digest {
    /// The 16 bytes that freshness data keep.
    #[must_use]
    pub fn short(&self) -> ShortDigest {
        let mut out = [0; 16];
        for (slot, byte) in out.iter_mut().zip(self.0) {
            *slot = byte;
        }
        ShortDigest(out)
    }
}

newtype!(/// Serial number of a meter, as printed.
    MeterSerial(u32));
newtype!(/// One box of its kind, from the ceremony.
    BoxId(u16));
newtype!(/// Serial of an issuing-key certificate.
    KeySerial(u32));
newtype!(/// Number of changes of a record; kept in the record and inside the box.
    Counter(u64));
newtype!(/// Milliseconds since 1970-01-01 UTC.
    Time(u64));
newtype!(/// A post or other issuer whose items a meter dispenses.
    PostId(u16));
newtype!(/// ISO 4217 numeric code; 840 is USD.
    Currency(u16));
newtype!(/// ZIP code as its decimal value, 0 = none or floating, at most 99999.
    Zip(u32));
newtype!(/// Department of an account, 0 = none.
    Department(u32));
newtype!(/// End customer of a mail house, 0 = none.
    EndCustomer(u32));

impl fmt::Display for MeterSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl MeterSerial {
    /// The subject of this meter's record.
    #[must_use]
    pub fn subject(self) -> Subject {
        let [a, b, c, d] = self.0.to_le_bytes();
        Subject([a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    /// The meter of a subject, if it is one.
    #[must_use]
    pub fn of_subject(subject: &Subject) -> Option<Self> {
        match subject.0 {
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => {
                Some(Self(u32::from_le_bytes([a, b, c, d])))
            }
            _ => None,
        }
    }
}

impl UserId {
    /// The subject of this user's record.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject(self.0)
    }
}

impl ApiKeyId {
    /// The subject of this key's record.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject(self.0)
    }
}

impl AccountId {
    /// The subject of this account's chain.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject(self.0)
    }
}

impl Counter {
    /// The next counter; `None` at the end of the range.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

/// Money: thousandths of the currency's main unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mills(pub u64);

impl Mills {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Sum, `None` when it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, `None` when it would be negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for Mills {
    /// Main units with three decimals: `0.740`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

impl Layout for Mills {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(Self(u64::get(reader)?))
    }
}

/// A calendar day, UTC, whose decimal form is YYYYMMDD; zero is "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(u32);

impl Day {
    /// No day.
    pub const NONE: Self = Self(0);

    /// From the decimal form, if that day exists (years 2000 to 2199) or is zero.
    #[must_use]
    pub fn from_decimal(decimal: u32) -> Option<Self> {
        let (year, month, day) = (decimal / 10_000, decimal / 100 % 100, decimal % 100);
        let exists = (2000..2200).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && day <= days_of_month(year, month);
        (decimal == 0 || exists).then_some(Self(decimal))
    }

    /// The decimal form.
    #[must_use]
    pub fn decimal(self) -> u32 {
        self.0
    }

    /// The UTC day of a time; the last day of 2199 for anything later, the first of 2000 before.
    #[must_use]
    pub fn of_time(time: Time) -> Self {
        let day_number = i64::try_from(time.0 / 86_400_000).unwrap_or(i64::MAX);
        let (year, month, day) = civil_from_days(day_number.clamp(10_957, 84_005));
        Self(
            year.saturating_mul(10_000)
                .saturating_add(month.saturating_mul(100))
                .saturating_add(day),
        )
    }

    /// Days since 1970-01-01; zero for "none".
    #[must_use]
    pub fn number(self) -> u32 {
        if self.0 == 0 {
            return 0;
        }
        days_from_civil(self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }

    /// So many days later; the last day of 2199 for anything later. "None" stays none.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        if self == Self::NONE {
            return self;
        }
        let number = u64::from(self.number()).saturating_add(days.into());
        Self::of_time(Time(number.saturating_mul(86_400_000)))
    }

    /// The earlier of two days, where "none" means never.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        match (self, other) {
            (Self::NONE, day) | (day, Self::NONE) => day,
            (one, two) => one.min(two),
        }
    }

    /// Its month, decimal YYYYMM.
    #[must_use]
    pub fn month(self) -> Epoch {
        Epoch(self.0 / 100)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.0;
        write!(f, "{:04}-{:02}-{:02}", d / 10_000, d / 100 % 100, d % 100)
    }
}

impl Layout for Day {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Self::from_decimal(u32::get(reader)?).ok_or(LayoutError::Range("day"))
    }
}

newtype!(/// A key epoch: a calendar month, decimal YYYYMM (P3).
    Epoch(u32));

impl Epoch {
    /// Months since January of year 0; none if the month does not exist (years 2000 to 2199).
    #[must_use]
    pub fn months(self) -> Option<u32> {
        let (year, month) = (self.0 / 100, self.0 % 100);
        let exists = (2000..2200).contains(&year) && (1..=12).contains(&month);
        exists.then(|| {
            year.saturating_mul(12)
                .saturating_add(month)
                .saturating_sub(1)
        })
    }

    /// The month after; none after December 2199.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let months = self.months()?.saturating_add(1);
        let next = Self(
            (months / 12)
                .saturating_mul(100)
                .saturating_add(months % 12)
                .saturating_add(1),
        );
        next.months().map(|_| next)
    }

    /// When the month begins, UTC; none if it does not exist.
    #[must_use]
    pub fn begins(self) -> Option<Time> {
        self.months()?;
        let first = Day(self.0.saturating_mul(100).saturating_add(1));
        Some(Time(u64::from(first.number()).saturating_mul(86_400_000)))
    }
}

fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

// Both conversions count from 1 March of year 0, so that the leap day is a year's last day
// (the usual proleptic Gregorian arithmetic). Callers stay within years 2000 to 2199.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "inputs are limited to years 2000..2200: nothing here can wrap"
)]
fn days_from_civil(year: u32, month: u32, day: u32) -> u32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y / 400;
    let year_of_era = y % 400;
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "the caller clamps the day number to years 2000..2200: nothing here can wrap"
)]
fn civil_from_days(days: i64) -> (u32, u32, u32) {
    let days = u32::try_from(days).unwrap_or(10_957) + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    (year, month, day)
}

codes! {
    /// Algorithms of one record or key (P1). The suite id stands in every record.
    pub enum Suite: u8 {
        /// Ed25519, HMAC-SHA-256, AES-256-GCM, HKDF-SHA-256.
        Ed25519 = 1,
        /// ECDSA P-256 with SHA-256, otherwise as suite 1.
        P256 = 2,
    }
}

codes! {
    /// The kinds of secure box.
    pub enum BoxKind: u8 {
        /// Ceremony, serials, certificates, packs.
        Keys = 1,
        /// Users and authority.
        Auth = 2,
        /// Meters.
        Meter = 3,
        /// Chains of events.
        Transaction = 4,
    }
}

codes! {
    /// What a meter dispenses.
    pub enum ItemKind: u8 {
        /// Evidence of postage.
        Postage = 1,
        /// Admission or carriage.
        Ticket = 2,
        /// Price reduction.
        Coupon = 3,
        /// Claim to goods or service.
        Voucher = 4,
        /// Currency-like note.
        Note = 5,
        /// Traveller's cheque.
        Cheque = 6,
    }
}

/// A public key with its suite: 32 bytes of Ed25519, or 65 bytes of uncompressed P-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    suite: Suite,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Checks the length that the suite asks for.
    ///
    /// # Errors
    /// [`LayoutError::Range`] for any other length.
    pub fn new(suite: Suite, bytes: &[u8]) -> Result<Self, LayoutError> {
        if bytes.len() != Self::length(suite) {
            return Err(LayoutError::Range("public key"));
        }
        Ok(Self {
            suite,
            bytes: bytes.to_vec(),
        })
    }

    const fn length(suite: Suite) -> usize {
        match suite {
            Suite::Ed25519 => 32,
            Suite::P256 => 65,
        }
    }

    /// Its suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The raw key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Layout for PublicKey {
    fn put(&self, out: &mut Vec<u8>) {
        self.suite.put(out);
        out.extend_from_slice(&self.bytes);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let suite = Suite::get(reader)?;
        let bytes = reader.take(Self::length(suite))?;
        Self::new(suite, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_months_of_the_calendar_p3() {
        for (epoch, next, begins_on_day) in [
            (202_611, Some(202_612), Some(20_758)),
            (202_612, Some(202_701), Some(20_788)),
            (200_001, Some(200_002), Some(10_957)),
            (219_912, None, Some(83_975)),
            (202_600, None, None),
            (202_613, None, None),
            (199_912, None, None),
            (0, None, None),
        ] {
            let begins = begins_on_day.map(|day| Time(day * 86_400_000));
            assert_eq!(Epoch(epoch).next(), next.map(Epoch), "{epoch}");
            assert_eq!(Epoch(epoch).begins(), begins, "{epoch}");
        }
    }

    #[test]
    fn days_count_like_the_calendar() {
        for (time_days, decimal) in [
            (10_957, 20_000_101),
            (11_016, 20_000_229),
            (20_778, 20_261_121),
            (84_005, 21_991_231),
        ] {
            let day = Day::of_time(Time(time_days * 86_400_000 + 5));
            assert_eq!(day.decimal(), decimal);
            assert_eq!(u64::from(day.number()), time_days);
        }
        for number in 10_957..84_006u64 {
            let day = Day::of_time(Time(number * 86_400_000));
            assert_eq!(u64::from(day.number()), number);
            assert!(Day::from_decimal(day.decimal()).is_some());
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for decimal in [
            20_260_229, 20_261_301, 20_261_200, 19_991_231, 1, 20_260_431,
        ] {
            assert_eq!(Day::from_decimal(decimal), None, "{decimal}");
        }
    }

    #[test]
    fn hex_ids_have_one_form() {
        let id = KeyId([0xab; 8]);
        assert_eq!(KeyId::from_hex(&id.to_string()), Some(id));
        for text in [
            "ABABABABABABABAB",
            "abab",
            "abababababababab0",
            "gbababababababab",
        ] {
            assert_eq!(KeyId::from_hex(text), None);
        }
    }
}
