//! One finding: four parts, one line. Made by every rule, printed by `tidy::run`.

use std::fmt;

/// Something that breaks a written rule of the house.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// File, `file:line`, or package.
    pub(crate) place: String,
    /// What is wrong there.
    pub(crate) what: String,
    /// Why it matters.
    pub(crate) why: String,
    /// What to do about it.
    pub(crate) fix: String,
}

impl Finding {
    pub(crate) fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            why: why.into(),
            fix: fix.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            what,
            why,
            fix,
        } = self;
        write!(f, "{place}: {what}. Why: {why}. Do: {fix}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line() {
        let line = Finding::new("a.rs:3", "a is b", "b is not a", "make it a").to_string();
        assert_eq!(line, "a.rs:3: a is b. Why: b is not a. Do: make it a.");
    }
}
