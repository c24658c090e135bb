//! What one box gets from the ceremony (P5): only that box's keys, and the public transcript.

use crate::{Secret, SigningKey, VaultError};
use item::limits::CERTIFICATES_MAX;
use item::{
    BoxId, BoxKind, Bytes, Digest, Epoch, KeySerial, KeyUsage, List, PublicKey, Version, codes,
    layout,
};

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
        pub masters: List<MasterKey, 64>,
        /// Signing keys.
        pub signing: List<KeptKey, CERTIFICATES_MAX>,
    }
}

impl BoxPackage {
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
        let kept = self
            .signing
            .as_slice()
            .iter()
            .filter(|k| k.usage == usage && k.serial != KeySerial(0))
            .max_by_key(|k| k.serial)
            .ok_or(VaultError)?;
        Ok((
            kept.serial,
            SigningKey::from_secret(&kept.secret, &kept.public)?,
        ))
    }
}
