//! Zones: how far a parcel goes, in the steps that the post prices by.
//!
//! Not here: prices. Called by rating.

/// A zone, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(u8);

impl Zone {
    /// The zone of this number.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 9 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, 1 to 9.
    pub const fn number(self) -> u8 {
        self.0
    }
}
