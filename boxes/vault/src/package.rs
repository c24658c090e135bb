//! What one box gets from the ceremony (P5): only that box's keys, and the public transcript.

use crate::{Secret, SigningKey, VaultError};
use item::LayoutError;
use item::limits::CERTIFICATES_MAX;
use item::{
    BoxId, BoxKind, Bytes, Digest, Epoch, KeySerial, KeyUsage, List, PublicKey, Version, codes,
    layout,
};

/// Masters of one box: two purposes of an epoch, ten years of months, and the token masters.
const MASTERS_MAX: usize = 256;
/// Masters, and signing keys, that one box gets for one epoch.
const EPOCH_KEYS_MAX: usize = 8;

codes! {
    /// What a symmetric master key is for.
    pub enum Purpose: u8 {
        /// Records of this box's kind.
        Records = 1,
        /// Authority, shared by auth and meter boxes.
        Authority = 2,
        /// The provider's token master.
        VendorTokens = 3,
        /// The post's token master, imported.
        PostalTokens = 4,
    }
}

layout! {
    /// One symmetric master key.
    pub struct MasterKey {
        /// What for.
        pub purpose: Purpose,
        /// Whose records (other purposes: the kind that uses it).
        pub kind: BoxKind,
        /// Its epoch.
        pub epoch: Epoch,
        /// The key.
        pub secret: Secret,
    }
}

layout! {
    /// One signing key. The root has serial 0 and no certificate.
    pub struct KeptKey {
        /// Its certificate.
        pub serial: KeySerial,
        /// What it may sign; the root is listed as `Receipt` with serial 0 and used for
        /// certificates and epochs alone.
        pub usage: KeyUsage,
        /// Public half.
        pub public: PublicKey,
        /// Secret half.
        pub secret: Secret,
    }
}

layout! {
    /// The package. Sealed to the box's enrolment key on its way, under its unlock secret at rest.
    pub struct BoxPackage {
        /// Layout 1.
        pub version: Version<1>,
        /// Kind of box.
        pub kind: BoxKind,
        /// Which box.
        pub id: BoxId,
        /// Root fingerprint.
        pub fingerprint: Digest,
        /// The signed transcript as stored.
        pub transcript: Bytes<{ 48 * 1024 }>,
        /// Seed of the channel key.
        pub channel: Secret,
        /// Symmetric masters.
        pub masters: List<MasterKey, MASTERS_MAX>,
        /// Signing keys.
        pub signing: List<KeptKey, CERTIFICATES_MAX>,
    }
}

layout! {
    /// One box's keys of a further epoch (P3). Sealed to its enrolment key on its way, under its unlock
    /// secret at rest.
    pub struct EpochKeys {
        /// Layout 1.
        pub version: Version<1>,
        /// Kind of box.
        pub kind: BoxKind,
        /// Which box.
        pub id: BoxId,
        /// The epoch.
        pub epoch: Epoch,
        /// Symmetric masters.
        pub masters: List<MasterKey, EPOCH_KEYS_MAX>,
        /// Signing keys.
        pub signing: List<KeptKey, EPOCH_KEYS_MAX>,
    }
}

impl BoxPackage {
    /// With the keys of a further epoch.
    ///
    /// # Errors
    /// [`LayoutError`] if there is no room for more.
    pub fn extend(&mut self, keys: &EpochKeys) -> Result<(), LayoutError> {
        let masters = self.masters.into_iter().chain(&keys.masters);
        let masters = List::new(masters.cloned().collect())?;
        let signing = self.signing.into_iter().chain(&keys.signing);
        self.signing = List::new(signing.cloned().collect())?;
        self.masters = masters;
        Ok(())
    }

    /// A master key.
    ///
    /// # Errors
    /// [`VaultError`] if this box was not given it.
    pub fn master(&self, purpose: Purpose, epoch: Epoch) -> Result<&Secret, VaultError> {
        self.masters
            .as_slice()
            .iter()
            .find(|m| m.purpose == purpose && m.epoch == epoch)
            .map(|m| &m.secret)
            .ok_or(VaultError)
    }

    /// The newest signing key of a usage, with its certificate's serial.
    ///
    /// # Errors
    /// [`VaultError`] if this box was not given one.
    pub fn signing_key(&self, usage: KeyUsage) -> Result<(KeySerial, SigningKey), VaultError> {
        self.newest_of(usage, |_| true)
    }

    /// The newest of a usage among those that `certified` names.
    ///
    /// # Errors
    /// As there.
    pub fn newest_of(
        &self,
        usage: KeyUsage,
        certified: impl Fn(&KeptKey) -> bool,
    ) -> Result<(KeySerial, SigningKey), VaultError> {
        let kept = self
            .signing
            .as_slice()
            .iter()
            .filter(|k| k.usage == usage && k.serial != KeySerial(0) && certified(k))
            .max_by_key(|k| k.serial)
            .ok_or(VaultError)?;
        Ok((
            kept.serial,
            SigningKey::from_secret(&kept.secret, &kept.public)?,
        ))
    }
}
