//! How large a run may be: who takes part, and how often what may go wrong.

use crate::Variant;

/// What may still go wrong in a run. A checker goes through every way to spend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Budget {
    /// Servers that die, wherever they are.
    pub server_crashes: u8,
    /// Times that the box dies and starts again.
    pub box_crashes: u8,
    /// Times that the box's disk is put back.
    pub put_backs: u8,
    /// Times that the journal is compacted.
    pub compactions: u8,
    /// Times that a recovery worker asks for what is open.
    pub listings: u8,
    /// Lies of the database in look-ups: another record, or hidden keys.
    pub lies: u8,
    /// Writes that the database claims and does not do.
    pub drops: u8,
    /// Times that the database goes back to an older state as a whole.
    pub restores: u8,
}

/// One thing to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Function servers.
    pub servers: u8,
    /// Idempotency keys, each with one order of one item worth 1.
    pub keys: u8,
    /// What the meter holds at first.
    pub balance: u8,
    /// Times that a client sends each key, to any servers, also at once.
    pub attempts: u8,
    /// Orders that a server may join in one entry.
    pub joined: u8,
    /// What may go wrong.
    pub budget: Budget,
    /// Which protocol.
    pub variant: Variant,
    /// Whether it is also checked that service goes on from each state: ten times the work.
    pub onward: bool,
}

impl Setting {
    /// Two servers, two keys, nothing that goes wrong but the network.
    #[must_use]
    pub fn calm() -> Self {
        Self {
            servers: 2,
            keys: 2,
            balance: 3,
            attempts: 1,
            joined: 1,
            budget: Budget::default(),
            variant: Variant::Right,
            onward: false,
        }
    }

    /// What every test run goes through, in well under a minute.
    #[must_use]
    pub fn short() -> Vec<(&'static str, Self)> {
        let calm = Self::calm();
        let none = Budget::default();
        let crashes = Budget {
            server_crashes: 1,
            box_crashes: 1,
            compactions: 1,
            ..none
        };
        let lies = Budget { lies: 1, ..none };
        let with = |attempts, joined, budget| Self {
            balance: 2,
            attempts,
            joined,
            budget,
            ..calm
        };
        let hostile = |budget| Self { budget, ..calm };
        let repeats = |attempts, budget| Self {
            keys: 1,
            attempts,
            budget,
            ..calm
        };
        vec![
            ("crashes", with(2, 2, crashes)),
            (
                "recovery",
                Self {
                    onward: true,
                    ..with(
                        1,
                        2,
                        Budget {
                            listings: 1,
                            ..crashes
                        },
                    )
                },
            ),
            ("lies", {
                hostile(Budget {
                    box_crashes: 1,
                    ..lies
                })
            }),
            ("dropped writes", hostile(Budget { drops: 1, ..lies })),
            (
                "a key again and again",
                repeats(
                    3,
                    Budget {
                        lies: 2,
                        drops: 1,
                        restores: 1,
                        ..none
                    },
                ),
            ),
            (
                "a box put back",
                hostile(Budget {
                    box_crashes: 1,
                    put_backs: 1,
                    ..none
                }),
            ),
            (
                "a box put back, and lies",
                repeats(
                    2,
                    Budget {
                        box_crashes: 1,
                        put_backs: 1,
                        ..lies
                    },
                ),
            ),
        ]
    }

    /// What takes minutes.
    #[must_use]
    pub fn long() -> Vec<(&'static str, Self)> {
        let calm = Self::calm();
        let none = Budget::default();
        let crashes = Budget {
            server_crashes: 1,
            box_crashes: 1,
            compactions: 1,
            listings: 1,
            ..none
        };
        let lies = Budget { lies: 1, ..none };
        let hostile = |attempts, budget| Self {
            attempts,
            budget,
            ..calm
        };
        vec![
            (
                "crashes and recovery",
                Self {
                    attempts: 2,
                    joined: 2,
                    budget: crashes,
                    ..calm
                },
            ),
            (
                "three servers",
                Self {
                    servers: 3,
                    joined: 2,
                    budget: Budget {
                        listings: 0,
                        ..crashes
                    },
                    ..calm
                },
            ),
            (
                "three keys",
                Self {
                    keys: 3,
                    joined: 2,
                    budget: Budget {
                        box_crashes: 1,
                        ..none
                    },
                    ..calm
                },
            ),
            ("two keys twice, and lies", hostile(2, lies)),
            (
                "restores",
                hostile(
                    1,
                    Budget {
                        restores: 1,
                        ..lies
                    },
                ),
            ),
            (
                "everything hostile",
                hostile(
                    1,
                    Budget {
                        box_crashes: 1,
                        drops: 1,
                        ..lies
                    },
                ),
            ),
            (
                "a box put back, two keys, and lies",
                hostile(
                    1,
                    Budget {
                        put_backs: 1,
                        ..lies
                    },
                ),
            ),
        ]
    }

    /// For random runs, each with enough of everything that no budget ends it.
    #[must_use]
    pub fn walks() -> [(&'static str, Self); 5] {
        let many = 200;
        let honest = Budget {
            server_crashes: many,
            box_crashes: many,
            compactions: many,
            listings: many,
            ..Budget::default()
        };
        let hostile = Budget {
            lies: many,
            drops: many,
            restores: many,
            ..honest
        };
        let forked = Budget {
            box_crashes: 2,
            put_backs: 2,
            ..Budget::default()
        };
        let twins = Budget {
            lies: many,
            put_backs: many,
            ..Budget::default()
        };
        let setting = |balance, budget| Self {
            servers: 3,
            keys: 4,
            balance,
            attempts: 100,
            joined: 2,
            budget,
            variant: Variant::Right,
            onward: false,
        };
        [
            ("honest", setting(12, honest)),
            ("poor", setting(2, honest)),
            ("hostile", setting(12, hostile)),
            ("put back", setting(12, forked)),
            ("twins", setting(12, twins)),
        ]
    }

    /// The same with another protocol.
    #[must_use]
    pub fn with(self, variant: Variant) -> Self {
        Self { variant, ..self }
    }

    /// Whether the database does what it says, in look-ups and in writes, and the box's disk is
    /// the one that it wrote: where the promises to customers hold in full.
    #[must_use]
    pub fn is_honest(&self) -> bool {
        self.writes_are_honest() && self.budget.lies == 0
    }

    /// Whether every write that the database claims is there and stays there.
    #[must_use]
    pub fn writes_are_honest(&self) -> bool {
        let Budget {
            drops,
            restores,
            put_backs,
            ..
        } = self.budget;
        drops == 0 && restores == 0 && put_backs == 0
    }
}
