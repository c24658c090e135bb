//! What a user says that a meter holds. Who may say it, and what it is compared with: `boxes/meter`.

use crate::{InstallationId, MeterSerial, Mills, RequestId, UserId, Version};

layout! {
    /// A status report: registers as the user knows them. Not signed: the meter box sees who makes
    /// it by the authority that it is shown with, and keeps the report as evidence of its decision.
    pub struct StatusReport {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Meter that it is about.
        pub meter: MeterSerial,
        /// Who reports.
        pub user: UserId,
        /// Names it for good, by the caller's account and idempotency key (P18).
        pub request: RequestId,
        /// Ascending register.
        pub ascending: Mills,
        /// Descending register.
        pub descending: Mills,
        /// Items ever dispensed.
        pub piece_count: u32,
    }
}
