//! How many want what at once: an ordinary day, or a rush hour at one meter, in which orders gather
//! and are joined (P11).

/// The load of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rush {
    /// Three customers at up to three servers.
    Ordinary,
    /// One customer's whole office at two servers with a slow database.
    Hour,
}

impl Rush {
    /// Of a seed: one in three is a rush hour.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        if seed.is_multiple_of(3) {
            Self::Hour
        } else {
            Self::Ordinary
        }
    }

    /// Servers.
    pub fn servers(self, rng: &mut fastrand::Rng) -> usize {
        match self {
            Self::Ordinary => rng.usize(2..4),
            Self::Hour => 2,
        }
    }

    /// Customers that order.
    #[must_use]
    pub fn customers(self) -> usize {
        match self {
            Self::Ordinary => crate::house::CUSTOMERS,
            Self::Hour => 1,
        }
    }

    /// Orders that one customer has on their way at once.
    #[must_use]
    pub fn lanes(self) -> u64 {
        match self {
            Self::Ordinary => 2,
            Self::Hour => 5,
        }
    }

    /// Orders of one lane, one after the other.
    #[must_use]
    pub fn orders(self) -> std::ops::Range<usize> {
        match self {
            Self::Ordinary => 1..5,
            Self::Hour => 1..4,
        }
    }

    /// Longest pause between two orders of a lane, milliseconds.
    #[must_use]
    pub fn pause(self) -> u64 {
        match self {
            Self::Ordinary => 1_400,
            Self::Hour => 60,
        }
    }

    /// Longest that the database takes for half a call, microseconds.
    #[must_use]
    pub fn slowness(self) -> u64 {
        match self {
            Self::Ordinary => 3_000,
            Self::Hour => 30_000,
        }
    }
}
