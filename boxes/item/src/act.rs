//! Acts: what m enrolled operators order (P9). Each works once, by its sequence.

use crate::{
    BoxKind, Counter, Day, Digest, Epoch, InstallationId, Layout, LayoutError, MeterSerial, Mills,
    Quorum, Reader, Reissue, Subject, Time, Version, Zip,
};

/// Why a meter is suspended: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspension(u16);

impl Suspension {
    /// Not suspended.
    pub const NONE: Self = Self(0);
    /// No funds to cover a debt.
    pub const NO_FUNDS: Self = Self(1);
    /// Inspection overdue.
    pub const INSPECTION: Self = Self(2);
    /// Credit withdrawn.
    pub const CREDIT: Self = Self(4);
    /// Abuse.
    pub const ABUSE: Self = Self(8);
    /// Reported lost.
    pub const LOST: Self = Self(16);
    /// Its keys expired.
    pub const KEY_EXPIRED: Self = Self(32);
    /// Re-issued after a restore, limits not confirmed yet.
    pub const RECONCILED: Self = Self(64);
    /// Every reason with its name, in order.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("no-funds", Self::NO_FUNDS),
        ("inspection", Self::INSPECTION),
        ("credit", Self::CREDIT),
        ("abuse", Self::ABUSE),
        ("lost", Self::LOST),
        ("key-expired", Self::KEY_EXPIRED),
        ("reconciled", Self::RECONCILED),
    ];

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set less the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// No reason at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Names of the reasons in the set.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Self::NAMED
            .iter()
            .filter(|(_, reason)| self.0 & reason.0 != 0)
            .map(|(name, _)| *name)
            .collect()
    }
}

impl Layout for Suspension {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u16::get(reader)? {
            bits if bits < 128 => Ok(Self(bits)),
            _ => Err(LayoutError::Range("suspension")),
        }
    }
}

layout! {
    /// What a meter may dispense and hold at most.
    #[derive(Copy)]
    pub struct Limits {
        /// Per item.
        pub item: Mills,
        /// Per day, box time.
        pub day: Mills,
        /// Per month, box time.
        pub month: Mills,
        /// Highest descending register.
        pub descending: Mills,
    }
}

codes! {
    /// The acts.
    pub enum ActKind: u8 {
        /// manufactured -> registered.
        Register = 1,
        /// registered -> licensed.
        License = 2,
        /// licensed -> active.
        Activate = 3,
        /// Adds reasons of suspension.
        Suspend = 4,
        /// Takes reasons of suspension away.
        Resume = 5,
        /// Any state -> withdrawal pending or, with a zero balance, withdrawn.
        Withdraw = 6,
        /// Sets limits.
        SetLimits = 7,
        /// Records an inspection.
        Inspect = 8,
        /// Pays the balance out: withdrawal pending -> withdrawn.
        RefundBalance = 9,
        /// Sets a user's rights and ceiling, ends its sessions.
        SetUser = 32,
        /// Begins the recovery of a user who lost password or key, or calls it off (P21).
        Recover = 33,
        /// Makes a record again after a restore that lost its newer ones (P28).
        Reissue = 48,
        /// Confirms a box's clock (P26).
        ConfirmTime = 64,
        /// Ends the fork latch (P16).
        Unlatch = 65,
        /// Replaces the box's enrolled operators.
        Enrol = 66,
        /// Delivers acknowledged bytes again (P19).
        Redeliver = 67,
        /// Delivers everything again that is kept, page by page (P19).
        RedeliverFrom = 68,
        /// Opens an epoch (P3; keys box).
        OpenEpoch = 69,
    }
}

/// Who gets a balance (P24): no value rests outside meters but with the treasury.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beneficiary {
    /// The treasury, which pays it out.
    Treasury,
    /// Another meter, as the credit of this funding sequence and of no other.
    Meter {
        /// Its serial.
        serial: MeterSerial,
        /// Its funding sequence then.
        funding_sequence: u64,
    },
}

impl Layout for Beneficiary {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Treasury => out.push(1),
            Self::Meter {
                serial,
                funding_sequence,
            } => {
                out.push(2);
                serial.put(out);
                funding_sequence.put(out);
            }
        }
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        match u8::get(reader)? {
            1 => Ok(Self::Treasury),
            2 => Ok(Self::Meter {
                serial: Layout::get(reader)?,
                funding_sequence: Layout::get(reader)?,
            }),
            _ => Err(LayoutError::Range("beneficiary")),
        }
    }
}

layout! {
    /// The balance of a meter that is being withdrawn, all of it, and who gets it.
    #[derive(Copy)]
    pub struct BalanceRefund {
        /// The descending register as it stands.
        pub amount: Mills,
        /// The one who gets it.
        pub beneficiary: Beneficiary,
    }
}

/// What exactly is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActBody {
    /// Binds the meter to its origin (0 = floating) and licensing post office.
    Register {
        /// Origin of deposit.
        origin: Zip,
        /// Licensing post office.
        licensing: Zip,
    },
    /// Licenses it, with limits and the first day an inspection is asked for (zero = never, or
    /// the interval from now). Names the application that it grants.
    License {
        /// Limits.
        limits: Limits,
        /// See `MeterRecord::inspection_due`.
        inspection_due: Day,
        /// See `MeterRecord::inspection_interval_days`.
        inspection_interval_days: u16,
        /// Digest of the signed `LicenceApplication`; zero if there was none.
        application: Digest,
    },
    /// Puts it into use.
    Activate,
    /// Adds reasons.
    Suspend(Suspension),
    /// Takes reasons away.
    Resume(Suspension),
    /// Closes the meter.
    Withdraw,
    /// Sets limits, and how long a status report or funding lasts. A new interval brings the next
    /// inspection forward, never back.
    SetLimits {
        /// Limits.
        limits: Limits,
        /// See `MeterRecord::inspection_interval_days`.
        inspection_interval_days: u16,
    },
    /// Records an inspection and the day of the next.
    Inspect {
        /// Day from which a new inspection is asked for.
        due: Day,
    },
    /// Pays the balance out and closes the meter for good.
    RefundBalance(BalanceRefund),
    /// Sets a user's rights and ceiling.
    SetUser {
        /// New rights.
        rights: crate::Rights,
        /// New ceiling per request.
        ceiling: Mills,
    },
    /// Begins the recovery of a user: digest of its code; zero calls one off.
    Recover(Digest),
    /// Makes a meter, user or chain record again.
    Reissue(Reissue),
    /// "The time is right as the box reads it, if within five minutes of this."
    ConfirmTime(Time),
    /// Ends the fork latch.
    Unlatch,
    /// Enrols these operators, m of which must sign.
    Enrol(Quorum),
    /// Delivers the bytes of one decision again.
    Redeliver {
        /// Record that changed.
        subject: Subject,
        /// Counter after the change.
        counter: Counter,
    },
    /// Lets servers read every kept decision again, from this journal sequence on, until the act
    /// expires or another act follows.
    RedeliverFrom(u64),
    /// Makes the keys of an epoch and says from when they are in force.
    OpenEpoch {
        /// The epoch.
        epoch: Epoch,
        /// From when.
        starts: Time,
    },
}

impl ActBody {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Register { .. } => ActKind::Register,
            Self::License { .. } => ActKind::License,
            Self::Activate => ActKind::Activate,
            Self::Suspend(_) => ActKind::Suspend,
            Self::Resume(_) => ActKind::Resume,
            Self::Withdraw => ActKind::Withdraw,
            Self::SetLimits { .. } => ActKind::SetLimits,
            Self::Inspect { .. } => ActKind::Inspect,
            Self::RefundBalance(_) => ActKind::RefundBalance,
            Self::SetUser { .. } => ActKind::SetUser,
            Self::Recover(_) => ActKind::Recover,
            Self::Reissue(_) => ActKind::Reissue,
            Self::ConfirmTime(_) => ActKind::ConfirmTime,
            Self::Unlatch => ActKind::Unlatch,
            Self::Enrol(_) => ActKind::Enrol,
            Self::Redeliver { .. } => ActKind::Redeliver,
            Self::RedeliverFrom(_) => ActKind::RedeliverFrom,
            Self::OpenEpoch { .. } => ActKind::OpenEpoch,
        }
    }
}

impl Layout for ActBody {
    fn put(&self, out: &mut Vec<u8>) {
        self.kind().put(out);
        match self {
            Self::Register { origin, licensing } => {
                origin.put(out);
                licensing.put(out);
            }
            Self::License {
                limits,
                inspection_due,
                inspection_interval_days,
                application,
            } => {
                limits.put(out);
                inspection_due.put(out);
                inspection_interval_days.put(out);
                application.put(out);
            }
            Self::Activate | Self::Withdraw | Self::Unlatch => {}
            Self::Suspend(reasons) | Self::Resume(reasons) => reasons.put(out),
            Self::SetLimits {
                limits,
                inspection_interval_days,
            } => {
                limits.put(out);
                inspection_interval_days.put(out);
            }
            Self::Inspect { due } => due.put(out),
            Self::RefundBalance(refund) => refund.put(out),
            Self::SetUser { rights, ceiling } => {
                rights.put(out);
                ceiling.put(out);
            }
            Self::Recover(recovery) => recovery.put(out),
            Self::Reissue(reissue) => reissue.put(out),
            Self::ConfirmTime(time) => time.put(out),
            Self::Enrol(quorum) => quorum.put(out),
            Self::Redeliver { subject, counter } => {
                subject.put(out);
                counter.put(out);
            }
            Self::RedeliverFrom(sequence) => sequence.put(out),
            Self::OpenEpoch { epoch, starts } => {
                epoch.put(out);
                starts.put(out);
            }
        }
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        Ok(match ActKind::get(reader)? {
            ActKind::Register => Self::Register {
                origin: Layout::get(reader)?,
                licensing: Layout::get(reader)?,
            },
            ActKind::License => Self::License {
                limits: Layout::get(reader)?,
                inspection_due: Layout::get(reader)?,
                inspection_interval_days: Layout::get(reader)?,
                application: Layout::get(reader)?,
            },
            ActKind::Activate => Self::Activate,
            ActKind::Suspend => Self::Suspend(Layout::get(reader)?),
            ActKind::Resume => Self::Resume(Layout::get(reader)?),
            ActKind::Withdraw => Self::Withdraw,
            ActKind::SetLimits => Self::SetLimits {
                limits: Layout::get(reader)?,
                inspection_interval_days: Layout::get(reader)?,
            },
            ActKind::Inspect => Self::Inspect {
                due: Layout::get(reader)?,
            },
            ActKind::RefundBalance => Self::RefundBalance(Layout::get(reader)?),
            ActKind::SetUser => Self::SetUser {
                rights: Layout::get(reader)?,
                ceiling: Layout::get(reader)?,
            },
            ActKind::Recover => Self::Recover(Layout::get(reader)?),
            ActKind::Reissue => Self::Reissue(Layout::get(reader)?),
            ActKind::ConfirmTime => Self::ConfirmTime(Layout::get(reader)?),
            ActKind::Unlatch => Self::Unlatch,
            ActKind::Enrol => Self::Enrol(Layout::get(reader)?),
            ActKind::Redeliver => Self::Redeliver {
                subject: Layout::get(reader)?,
                counter: Layout::get(reader)?,
            },
            ActKind::RedeliverFrom => Self::RedeliverFrom(Layout::get(reader)?),
            ActKind::OpenEpoch => Self::OpenEpoch {
                epoch: Layout::get(reader)?,
                starts: Layout::get(reader)?,
            },
        })
    }
}

layout! {
    /// Signed by m enrolled operator keys (`MultiSigned`).
    pub struct Act {
        /// Layout 2.
        pub version: Version<2>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Kind of box that keeps the subject.
        pub box_kind: BoxKind,
        /// Meter, user, chain, or for acts on the box itself the zero subject with the box id.
        pub subject: Subject,
        /// The subject's act sequence plus one.
        pub sequence: u64,
        /// When it was made.
        pub issued: Time,
        /// Refused from this time on.
        pub expires: Time,
        /// What is ordered.
        pub body: ActBody,
    }
}
