//! What the keys box signs: issuing keys, epochs, and the serials of new meters. A further epoch with
//! all its keys is in `epoch`.

use crate::{
    AccountId, Ascii, BoxKind, Currency, Digest, Epoch, InstallationId, ItemKind, KeySerial,
    MeterSerial, PostId, PublicKey, RequestId, Suite, Time, Version,
};

codes! {
    /// What a key may sign. One key, one usage.
    pub enum KeyUsage: u8 {
        /// Items (meter box).
        Item = 1,
        /// Decisions, checkpoints and stale statements of its box kind.
        Decision = 2,
        /// Manufacture receipts (keys box).
        Receipt = 3,
        /// Verification packs (keys box).
        Pack = 4,
    }
}

layout! {
    /// Binds a key to a box kind, usage and epoch (P2). Signed by the root (`Signed`).
    pub struct IssuingCertificate {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// Number of this certificate.
        pub serial: KeySerial,
        /// Kind of box that holds the key.
        pub box_kind: BoxKind,
        /// What the key may sign.
        pub usage: KeyUsage,
        /// Its epoch.
        pub epoch: Epoch,
        /// Valid from.
        pub not_before: Time,
        /// Valid until before.
        pub not_after: Time,
        /// The key.
        pub key: PublicKey,
    }
}

layout! {
    /// Starts an epoch (P3). Signed by the root (`Signed`).
    pub struct EpochDescriptor {
        /// Layout 1.
        pub version: Version<1>,
        /// Which data centre.
        pub installation: InstallationId,
        /// The epoch.
        pub epoch: Epoch,
        /// The one before; itself for the first.
        pub previous: Epoch,
        /// From when.
        pub starts: Time,
    }
}

layout! {
    /// Allows the meter box to make one meter, once (P18). Signed by the receipt key (`Signed`).
    pub struct ManufactureReceipt {
        /// Layout 1.
        pub version: Version<1>,
        /// Algorithms of the signature.
        pub suite: Suite,
        /// Certificate of the receipt key.
        pub key: KeySerial,
        /// Which data centre.
        pub installation: InstallationId,
        /// Epoch in which the meter is made.
        pub epoch: Epoch,
        /// Serial of the new meter.
        pub serial: MeterSerial,
        /// Manufacturing number; never reused.
        pub manufacturing_number: u64,
        /// Owner.
        pub account: AccountId,
        /// What it dispenses.
        pub item_kind: ItemKind,
        /// Who honours it.
        pub post: PostId,
        /// Currency.
        pub currency: Currency,
        /// Provider.
        pub vendor: Ascii<2>,
        /// Model.
        pub model: Ascii<2>,
        /// Request that it answers.
        pub request: RequestId,
        /// When.
        pub time: Time,
        /// Digest of the transcript of the ceremony.
        pub transcript: Digest,
    }
}
