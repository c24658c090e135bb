//! Findings and the verdict that follows from them (P30).

use item::{Time, Zip, codes};

codes! {
    /// What an examination can find: a closed list. Order: as a person would read them.
    pub enum FindingCode: u8 {
        /// Not a payload of this layout.
        Unreadable = 1,
        /// Signed by an issuing key of the installation.
        Authentic = 2,
        /// The signature does not fit, or the key is unknown or revoked.
        Forged = 3,
        /// The data centre has the item's record, with exactly this payload.
        Recorded = 4,
        /// The data centre has no such item.
        NotRecorded = 5,
        /// The data centre has another item under the same meter and piece count, both authentic:
        /// a box was copied.
        Fork = 6,
        /// No acceptance scan so far.
        Unused = 7,
        /// An acceptance scan took it before: `first` says when and where.
        Used = 8,
        /// Nobody was asked whether it was used: offline.
        UseUnknown = 9,
        /// Taken back.
        Void = 10,
        /// The mailing date is outside the window.
        Date = 11,
        /// Worth less than the item needs.
        Amount = 12,
        /// The address is the one that was paid for.
        Address = 13,
        /// The address is another one.
        OtherAddress = 14,
        /// Plainly marked as not valid.
        Specimen = 15,
        /// The pack is past its expiry.
        OldPack = 16,
    }
}

/// One finding, with what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// For `Used`: when and where it was first seen.
    pub first: Option<(Time, Zip)>,
}

impl From<FindingCode> for Finding {
    fn from(code: FindingCode) -> Self {
        Self { code, first: None }
    }
}

/// What to do with the item. The order is of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Genuine, recorded, not used so far.
    Accept,
    /// Nothing speaks against it, but not everything could be asked, or a person must look.
    Check,
    /// Do not honour it.
    Refuse,
}

impl FindingCode {
    /// The best verdict that this finding leaves open. Exhaustive on purpose.
    #[must_use]
    pub fn at_best(self) -> Verdict {
        match self {
            Self::Authentic | Self::Recorded | Self::Unused | Self::Address | Self::Specimen => {
                Verdict::Accept
            }
            Self::UseUnknown | Self::Date | Self::OldPack => Verdict::Check,
            Self::Unreadable
            | Self::Forged
            | Self::NotRecorded
            | Self::Fork
            | Self::Used
            | Self::Void
            | Self::Amount
            | Self::OtherAddress => Verdict::Refuse,
        }
    }
}

/// The verdict: the worst of the findings, and never `Accept` unless the online record was seen.
#[must_use]
pub fn judge(findings: &[Finding]) -> Verdict {
    let has = |code| findings.iter().any(|f| f.code == code);
    let worst = findings
        .iter()
        .map(|f| f.code.at_best())
        .max()
        .unwrap_or(Verdict::Check);
    if has(FindingCode::Authentic) && has(FindingCode::Recorded) && has(FindingCode::Unused) {
        worst
    } else {
        worst.max(Verdict::Check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_table() {
        use FindingCode::*;
        for (codes, verdict) in [
            (&[Authentic, Recorded, Unused][..], Verdict::Accept),
            (&[Authentic, Recorded, Unused, Specimen], Verdict::Accept),
            (&[Authentic, Recorded, Unused, Date], Verdict::Check),
            (&[Authentic, UseUnknown], Verdict::Check),
            (&[Authentic, UseUnknown, Specimen], Verdict::Check),
            (&[Recorded, Unused], Verdict::Check),
            (&[], Verdict::Check),
            (&[Authentic, Recorded, Used], Verdict::Refuse),
            (&[Authentic, NotRecorded], Verdict::Refuse),
            (&[Authentic, Fork], Verdict::Refuse),
            (&[Authentic, Recorded, Unused, Void], Verdict::Refuse),
            (
                &[Authentic, Recorded, Unused, OtherAddress],
                Verdict::Refuse,
            ),
            (&[Authentic, Recorded, Unused, Amount], Verdict::Refuse),
            (&[Forged], Verdict::Refuse),
            (&[Unreadable], Verdict::Refuse),
        ] {
            let findings: Vec<Finding> = codes.iter().map(|c| (*c).into()).collect();
            assert_eq!(judge(&findings), verdict, "{codes:?}");
        }
    }
}
