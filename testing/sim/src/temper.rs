//! What kind of misfortune a run meets, and so what may be asked of it at its end.

/// Kinds of misfortune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// Processes, network, disks and clocks fail; nobody lies.
    Faults,
    /// The database lies in what it shows, and processes and network fail.
    Lies,
    /// A server lies as well, and the database forgets what it was given.
    Rogue,
    /// A box's disk is put back to an earlier state.
    PutBack,
}

impl Temper {
    /// Of a seed: out of twenty runs eleven, three, four and two.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        match fastrand::Rng::with_seed(seed ^ 0x7e3a).u8(..20) {
            0..11 => Self::Faults,
            11..14 => Self::Lies,
            14..18 => Self::Rogue,
            _ => Self::PutBack,
        }
    }

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Lies => "lies",
            Self::Rogue => "rogue",
            Self::PutBack => "put-back",
        }
    }

    /// Everybody is answered, and nothing waits in a box, once the faults have ended (V4).
    #[must_use]
    pub fn recovers(self) -> bool {
        matches!(self, Self::Faults | Self::Lies)
    }

    /// Each key is one item, and nobody has anything to be alarmed about (V8).
    #[must_use]
    pub fn is_honest(self) -> bool {
        self == Self::Faults
    }

    /// What was answered is in the database.
    #[must_use]
    pub fn keeps_writes(self) -> bool {
        self != Self::Rogue
    }
}
