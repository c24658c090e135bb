//! The freshness table (P16): what a shown record is, compared with what the box remembers.
//! A pure function; its test is the table of the protocol.

use item::{Counter, ShortDigest};

/// What a box remembers of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Last acknowledged record; none while the first waits to be written.
    pub acked: Option<(Counter, ShortDigest)>,
    /// Decided, not yet acknowledged.
    pub open: Option<(Counter, ShortDigest)>,
}

/// What the shown record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The last acknowledged one, nothing waits: decide.
    Current,
    /// The last acknowledged one, and a decision waits to be written: deliver it again.
    Behind,
    /// The waiting decision's own record: it has been written. Acknowledge, then decide.
    Acknowledges,
    /// Older than the last acknowledged one, or given up by a re-issue that waits.
    Stale,
    /// Genuine, but not what this box made: it went back, or has a twin.
    Fork,
}

/// Compares. `None` for `known` is a subject that this box has never seen: a genuine record of it
/// is newer than all.
#[must_use]
pub fn compare(known: Option<&Known>, shown: (Counter, ShortDigest)) -> Freshness {
    let Some(known) = known else {
        return Freshness::Fork;
    };
    #[cfg(feature = "planted")]
    if let Some(planted) = planted_freshness(known, shown) {
        return planted;
    }
    let open = known.open;
    if open == Some(shown) {
        return Freshness::Acknowledges;
    }
    match known.acked {
        Some(acked) if acked == shown => {
            #[cfg(feature = "planted")]
            let open = open.filter(|_| !planted::is(planted::Bug::RedeliveryDecides));
            if open.is_some() {
                Freshness::Behind
            } else {
                Freshness::Current
            }
        }
        Some((counter, _)) if shown.0 < counter => Freshness::Stale,
        // Between them only while a re-issue waits: what this box made and the act gave up.
        Some((counter, _)) if shown.0 > counter && open.is_some_and(|open| shown.0 < open.0) => {
            Freshness::Stale
        }
        _ => Freshness::Fork,
    }
}

/// What a bug would have it be.
#[cfg(feature = "planted")]
fn planted_freshness(known: &Known, shown: (Counter, ShortDigest)) -> Option<Freshness> {
    let (acked, open) = (known.acked.map(|a| a.0), known.open.map(|o| o.0));
    if planted::is(planted::Bug::DigestNotCompared) {
        if open == Some(shown.0) {
            return Some(Freshness::Acknowledges);
        }
        return (open.is_none() && acked == Some(shown.0)).then_some(Freshness::Current);
    }
    let newer = open.is_none() && acked.is_some_and(|acked| acked < shown.0);
    (newer && planted::is(planted::Bug::NewerAdopted)).then_some(Freshness::Current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_table_p16() {
        let record = |counter, digest| (Counter(counter), ShortDigest([digest; 16]));
        let c = record(7, 1);
        let o = record(8, 2);
        let closed = Known {
            acked: Some(c),
            open: None,
        };
        let open = Known {
            acked: Some(c),
            open: Some(o),
        };
        let reissued = Known {
            acked: Some(record(5, 1)),
            open: Some(o),
        };
        let new = Known {
            acked: None,
            open: Some(record(1, 3)),
        };
        for (name, known, shown, expected) in [
            ("counter < c", Some(&closed), record(6, 9), Freshness::Stale),
            (
                "counter < c, something open",
                Some(&open),
                record(6, 9),
                Freshness::Stale,
            ),
            ("= c, nothing open", Some(&closed), c, Freshness::Current),
            ("= c, something open", Some(&open), c, Freshness::Behind),
            ("= o", Some(&open), o, Freshness::Acknowledges),
            (
                "= c, other digest",
                Some(&closed),
                record(7, 9),
                Freshness::Fork,
            ),
            (
                "= c, other digest, open",
                Some(&open),
                record(7, 9),
                Freshness::Fork,
            ),
            (
                "= o, other digest",
                Some(&open),
                record(8, 9),
                Freshness::Fork,
            ),
            ("newer than c", Some(&closed), record(8, 2), Freshness::Fork),
            ("newer than o", Some(&open), record(9, 2), Freshness::Fork),
            ("never seen", None, record(1, 3), Freshness::Fork),
            (
                "re-issue open, given up",
                Some(&reissued),
                record(7, 1),
                Freshness::Stale,
            ),
            (
                "re-issue open, the one it was made from",
                Some(&reissued),
                record(5, 1),
                Freshness::Behind,
            ),
            (
                "re-issue open, = c, other digest",
                Some(&reissued),
                record(5, 9),
                Freshness::Fork,
            ),
            (
                "re-issue open, = o",
                Some(&reissued),
                o,
                Freshness::Acknowledges,
            ),
            (
                "re-issue open, = o, other digest",
                Some(&reissued),
                record(8, 9),
                Freshness::Fork,
            ),
            (
                "first one open, = o",
                Some(&new),
                record(1, 3),
                Freshness::Acknowledges,
            ),
            (
                "first one open, other digest",
                Some(&new),
                record(1, 4),
                Freshness::Fork,
            ),
            (
                "first one open, newer",
                Some(&new),
                record(2, 3),
                Freshness::Fork,
            ),
        ] {
            assert_eq!(compare(known, shown), expected, "{name}");
        }
    }
}
