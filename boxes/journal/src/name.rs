//! The names of the files in the folder, and what a name says. No file is touched here.

use crate::Sequence;

pub(crate) const LOCK: &str = "LOCK";
pub(crate) const IDENTITY: &str = "identity";
pub(crate) const IDENTITY_UNFINISHED: &str = "identity.tmp";

/// The kind of file that a segment is: the file's ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Current,
    Earlier,
    Unfinished,
}

impl Role {
    const ALL: [(Role, &'static str); 3] = [
        (Role::Current, ".log"),
        (Role::Earlier, ".old"),
        (Role::Unfinished, ".tmp"),
    ];

    pub(crate) fn name(self, first: Sequence) -> String {
        let ending = Role::ALL
            .iter()
            .find(|(role, _)| *role == self)
            .map_or("", |(_, end)| end);
        format!("segment-{:020}{ending}", first.0)
    }

    /// What a file of that name is; `None`: not a segment.
    pub(crate) fn of_name(name: &str) -> Option<(Role, Sequence)> {
        let rest = name.strip_prefix("segment-")?;
        let (digits, ending) = rest.split_at_checked(20)?;
        let (role, _) = Role::ALL.into_iter().find(|(_, end)| *end == ending)?;
        let first = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?;
        Some((role, Sequence(first?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_was_made_from() {
        for (role, _) in Role::ALL {
            for first in [1, 42, u64::MAX].map(Sequence) {
                assert_eq!(Role::of_name(&role.name(first)), Some((role, first)));
            }
        }
        for other in [
            "",
            "LOCK",
            "segment-",
            "segment-1.log",
            "segment-+0000000000000000001.log",
            "segment-00000000000000000001.log~",
            "segment-00000000000000000001",
            "segment-99999999999999999999.log",
            "segment-0000000000000000000\u{e9}.log",
        ] {
            assert_eq!(Role::of_name(other), None, "{other}");
        }
    }
}
