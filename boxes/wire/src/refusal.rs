//! Why a box says no. Stable numbers; the order of the list is the order of precedence: where
//! several reasons hold, the first one listed is given.

use item::{Bytes, Counter, Time, codes, layout};

codes! {
    /// One reason each. A refusal changed nothing unless its line says otherwise.
    pub enum RefusalCode: u16 {
        /// The bytes are no request of this kind of box.
        Malformed = 1,
        /// More than a limit allows at once.
        TooLarge = 2,
        /// The bound of open decisions is reached (P19).
        Busy = 3,
        /// Made for another data centre or another kind of box.
        WrongInstallation = 4,
        /// The box doubts its clock (P26).
        ClockDoubtful = 5,
        /// The box found a fork and signs nothing until an act (P16).
        Latched = 6,
        /// A key of the box is past its certificate: what it signed would not verify.
        KeyExpired = 7,
        /// Not the epoch that follows the newest known one (P3).
        EpochOrder = 8,
        /// An epoch may not start then, or the one before it is not in force everywhere (P3).
        EpochStart = 9,
        /// The record's MAC does not fit: it was altered, or belongs to another key or subject.
        Altered = 10,
        /// The record names an epoch that this box has no keys of.
        UnknownEpoch = 11,
        /// The record is older than the last acknowledged one (P16).
        Stale = 12,
        /// The record is genuine but not one that this box made last: fork, latched (P16).
        Fork = 13,
        /// As `Fork`, of an older epoch: refused without latching (P16).
        OldFork = 14,
        /// The subject exists already.
        Exists = 15,
        /// There is no such subject.
        Unknown = 16,
        /// The registers do not add up (V2).
        Equation = 20,
        /// A signature is missing, wrong, or of a key that is not enrolled.
        BadSignature = 21,
        /// Not the act that comes next.
        ActSequence = 22,
        /// Not the credit that comes next.
        FundingSequence = 23,
        /// Act or evidence is past its expiry.
        Expired = 24,
        /// Shown for something else than it was made for.
        Mismatch = 25,
        /// The record shown of who orders it is not the newest one. Look it up again.
        OrdererStale = 26,
        /// Nobody sets what he himself may do: an account's last manager could be lost.
        OwnRights = 27,
        /// The code of the recovery is right, its waiting time not over: see `not_before` (P21).
        RecoveryWaiting = 28,
        /// No recovery is under way, or it was to be ended earlier, or its code is another.
        NoRecovery = 29,
        /// The authority's MAC does not fit.
        BadAuthority = 30,
        /// The authority is past its five minutes.
        AuthorityExpired = 31,
        /// The session was ended, or is older than twelve hours.
        SessionEnded = 32,
        /// The authority does not cover this meter or right.
        NotCovered = 33,
        /// More than the authority's ceiling per request.
        Ceiling = 34,
        /// Too soon after failed log-ins: see `not_before`.
        TooSoon = 35,
        /// Wrong password. The failed attempt was recorded.
        WrongPassword = 36,
        /// The password does not meet the policy, or was used before.
        PasswordPolicy = 37,
        /// The user is disabled: the password is right, and nothing is allowed.
        UserDisabled = 38,
        /// No secret of the key is in force that was shown: another, revoked, or past its time.
        KeyEnded = 39,
        /// The meter is not in a state for this.
        WrongState = 40,
        /// The meter is suspended.
        Suspended = 41,
        /// The meter is to be inspected first.
        InspectionDue = 42,
        /// No value, or none that a payload can carry.
        BadValue = 43,
        /// Above the limit per item.
        ItemLimit = 44,
        /// Above the limit per day.
        DayLimit = 45,
        /// Above the limit per month.
        MonthLimit = 46,
        /// The descending register would pass its limit.
        DescendingLimit = 47,
        /// A register would pass the width that a payload has for it.
        RegisterWidth = 48,
        /// The mailing date is outside the window.
        MailingDate = 49,
        /// The origin of deposit is not the meter's.
        Origin = 50,
        /// The destination is not a routing integer, or the address is not normalised.
        Destination = 51,
        /// The descending register does not cover the value.
        Funds = 52,
        /// The piece count is not the one that the caller expected.
        PieceCount = 53,
        /// The credited list is not the one that the record names: pieces were hidden or altered (P23).
        CreditedList = 54,
        /// The meter never dispensed the piece, or not since it was re-issued (P28).
        NotCreditable = 55,
        /// The waiting time after the mailing date is not over.
        CreditWaiting = 56,
        /// The window after the mailing date is over.
        CreditWindow = 57,
        /// The piece was credited before.
        AlreadyCredited = 58,
        /// The meter remembers as many credited pieces as it can.
        CreditedFull = 59,
        /// The previous entry shown is not the chain's newest.
        PreviousEntry = 60,
        /// The registers are not those of the status report.
        ReportDiffers = 61,
        /// The user has a key of his own, and it did not sign this order, or for less, or too long ago.
        OwnSignature = 62,
        /// The box failed; it stops and must be started again. Nothing was acknowledged.
        Internal = 90,
    }
}

/// Whether and how the same intention may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not as it stands: the request itself must change.
    Never,
    /// The same bytes, a little later.
    Later,
    /// After reading the record again (P10).
    AfterLookUp,
    /// After signing on again.
    AfterSignOn,
    /// After somebody's act: an operator, a deposit, a limit, a new day.
    AfterAct,
}

impl RefusalCode {
    /// Whether the same intention may be tried again. Exhaustive on purpose.
    #[must_use]
    pub fn retry(self) -> Retry {
        match self {
            Self::Malformed
            | Self::TooLarge
            | Self::WrongInstallation
            | Self::Exists
            | Self::Unknown
            | Self::BadSignature
            | Self::Mismatch
            | Self::OwnRights
            | Self::NoRecovery
            | Self::EpochOrder
            | Self::NotCovered
            | Self::Ceiling
            | Self::WrongPassword
            | Self::PasswordPolicy
            | Self::KeyEnded
            | Self::BadValue
            | Self::MailingDate
            | Self::Origin
            | Self::Destination
            | Self::PieceCount
            | Self::NotCreditable
            | Self::CreditWindow
            | Self::AlreadyCredited
            | Self::PreviousEntry
            | Self::ReportDiffers
            | Self::OwnSignature => Retry::Never,
            Self::Busy | Self::RecoveryWaiting | Self::TooSoon | Self::Internal => Retry::Later,
            Self::Stale | Self::OrdererStale => Retry::AfterLookUp,
            Self::BadAuthority | Self::AuthorityExpired | Self::SessionEnded => Retry::AfterSignOn,
            Self::ClockDoubtful
            | Self::Latched
            | Self::KeyExpired
            | Self::EpochStart
            | Self::Altered
            | Self::UnknownEpoch
            | Self::Fork
            | Self::OldFork
            | Self::Equation
            | Self::ActSequence
            | Self::FundingSequence
            | Self::Expired
            | Self::UserDisabled
            | Self::WrongState
            | Self::Suspended
            | Self::InspectionDue
            | Self::ItemLimit
            | Self::DayLimit
            | Self::MonthLimit
            | Self::DescendingLimit
            | Self::RegisterWidth
            | Self::Funds
            | Self::CreditedList
            | Self::CreditWaiting
            | Self::CreditedFull => Retry::AfterAct,
        }
    }

    /// Whether it says that somebody tampered, or that a database or box went back.
    #[must_use]
    pub fn is_alarm(self) -> bool {
        matches!(
            self,
            Self::Altered
                | Self::UnknownEpoch
                | Self::Stale
                | Self::Fork
                | Self::OldFork
                | Self::Equation
                | Self::CreditedList
                | Self::PreviousEntry
        )
    }
}

layout! {
    /// One refusal.
    pub struct Refusal {
        /// Why.
        pub code: RefusalCode,
        /// Last counter acknowledged to the box, zero where it says nothing about a record.
        pub known_counter: Counter,
        /// Earliest time of another try, zero where time does not matter.
        pub not_before: Time,
        /// Signed `StaleStatement`, for `Stale`; empty otherwise.
        pub statement: Bytes<512>,
    }
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self {
            code,
            known_counter: Counter(0),
            not_before: Time(0),
            statement: Bytes::default(),
        }
    }
}
