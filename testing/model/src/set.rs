//! Small sets of small numbers: keys of clients, or names of records. A state of the model holds
//! many of them, and a checker hashes and copies states by the million.

use std::fmt;

/// How many numbers there are: what a run can name.
pub(crate) const MAX: u8 = 64;

/// Numbers below 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Set(u64);

impl Set {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// One number.
    #[must_use]
    pub fn one(number: u8) -> Self {
        assert!(number < MAX, "a set holds numbers below 64");
        Self(1 << number)
    }

    /// All numbers below `end`.
    #[must_use]
    pub fn below(end: u8) -> Self {
        (0..end).fold(Self::NONE, Self::with)
    }

    /// This and one more.
    #[must_use]
    pub fn with(self, number: u8) -> Self {
        Self(self.0 | Self::one(number).0)
    }

    /// This without one.
    #[must_use]
    pub fn without(self, number: u8) -> Self {
        Self(self.0 & !Self::one(number).0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the number is in it.
    #[must_use]
    pub fn has(self, number: u8) -> bool {
        self.0 & Self::one(number).0 != 0
    }

    /// Whether everything in this is in the other.
    #[must_use]
    pub fn within(self, other: Self) -> bool {
        self.minus(other) == Self::NONE
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..MAX).filter(move |number| self.has(*number))
    }

    /// The sets within this one, itself and the empty one among them.
    pub fn subsets(self) -> impl Iterator<Item = Self> {
        let members: Vec<u8> = self.iter().collect();
        (0u64..1 << members.len()).map(move |choice| {
            let chosen = members.iter().enumerate();
            chosen
                .filter(|(place, _)| choice & (1 << place) != 0)
                .fold(Self::NONE, |set, (_, number)| set.with(*number))
        })
    }
}

impl FromIterator<u8> for Set {
    fn from_iter<I: IntoIterator<Item = u8>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sets() {
        let set: Set = [1, 4, 63].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [1, 4, 63]);
        assert_eq!(set.without(4).len(), 2);
        assert_eq!(set.minus(Set::below(5)), Set::one(63));
        assert!(Set::one(4).within(set) && !Set::one(5).within(set));
        assert_eq!(set.subsets().count(), 8);
    }
}
