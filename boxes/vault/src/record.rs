//! Sealing of records: MAC over the whole, AES-GCM over the fields that nobody may read (P3, P4).

use crate::secret::Extracted;
use crate::{Entropy, MacKey, Opened, SealKey, Secret, VaultError};
use item::{BoxKind, Digest, Epoch, Layout, MeterSerial, Payload, Sealed, Subject};
use verify::{RecordTag, Tag, Tagged, record_digest};

/// A record whose MAC fits: the witness that the next step asks for (P12).
#[derive(Debug, Clone)]
pub struct Genuine<T> {
    body: T,
    digest: Digest,
}

impl<T> Genuine<T> {
    /// Digest of the record as stored.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The record.
    #[must_use]
    pub fn body(&self) -> &T {
        &self.body
    }

    /// With a change to the record alone: the digest stays that of the stored bytes.
    pub(crate) fn try_map(
        mut self,
        change: impl FnOnce(&mut T) -> Result<(), VaultError>,
    ) -> Result<Self, VaultError> {
        change(&mut self.body)?;
        Ok(self)
    }

    /// Gives the record up.
    #[must_use]
    pub fn into_body(self) -> T {
        self.body
    }
}

/// Keys of all records of one box kind and epoch.
#[derive(Debug)]
pub struct RecordKeys {
    kind: BoxKind,
    epoch: Epoch,
    master: Extracted,
}

impl RecordKeys {
    /// From the epoch's master of this kind.
    #[must_use]
    pub fn new(kind: BoxKind, epoch: Epoch, master: &Secret) -> Self {
        Self {
            kind,
            epoch,
            master: master.extracted(),
        }
    }

    /// The epoch of these keys.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn binding(&self, subject: &Subject, field: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.kind.put(&mut out);
        self.epoch.put(&mut out);
        subject.put(&mut out);
        out.extend_from_slice(field.as_bytes());
        out
    }

    fn mac_key(&self, subject: &Subject) -> Result<MacKey, VaultError> {
        let secret = self
            .master
            .derive(Tag::DERIVE_MAC, &[&self.binding(subject, "")])?;
        Ok(MacKey::new(&secret))
    }

    /// Ends a record with its MAC: the bytes to store, and their digest.
    ///
    /// # Errors
    /// [`VaultError`] never in practice.
    pub fn seal<T: Layout + RecordTag>(
        &self,
        subject: &Subject,
        body: T,
    ) -> Result<(Vec<u8>, Digest), VaultError> {
        let mac = self.mac(subject, &body)?;
        let stored = Sealed { body, mac }.to_bytes();
        let digest = record_digest(&stored);
        Ok((stored, digest))
    }

    fn mac<T: Layout + RecordTag>(
        &self,
        subject: &Subject,
        body: &T,
    ) -> Result<[u8; 32], VaultError> {
        let message = body
            .record_tag()
            .message(&[&self.binding(subject, ""), &body.to_bytes()]);
        Ok(self.mac_key(subject)?.mac(&[&message]))
    }

    /// Checks the MAC of a stored record.
    ///
    /// # Errors
    /// [`VaultError`] if it does not fit this subject, kind and epoch.
    pub fn open<T: Layout + RecordTag>(
        &self,
        subject: &Subject,
        stored: Sealed<T>,
    ) -> Result<Genuine<T>, VaultError> {
        if !crate::same_bytes(&self.mac(subject, &stored.body)?, &stored.mac) {
            return Err(VaultError);
        }
        Ok(Genuine {
            digest: record_digest(&stored.to_bytes()),
            body: stored.body,
        })
    }

    fn field_key(&self, subject: &Subject) -> Result<SealKey, VaultError> {
        SealKey::new(
            &self
                .master
                .derive(Tag::DERIVE_SEAL, &[&self.binding(subject, "")])?,
        )
    }

    /// Seals one field, bound to kind, epoch, subject and field name.
    ///
    /// # Errors
    /// [`VaultError`] without entropy, or if the plain text has not the field's length.
    pub fn seal_field<const N: usize>(
        &self,
        subject: &Subject,
        field: &str,
        plain: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<[u8; N], VaultError> {
        self.field_key(subject)?
            .seal(&self.binding(subject, field), plain, entropy)?
            .try_into()
            .map_err(|_| VaultError)
    }

    /// Seals a field again that was sealed under the keys of another epoch.
    ///
    /// # Errors
    /// [`VaultError`] if it is not that field of that subject under those keys, or without entropy.
    pub fn reseal_field<const N: usize>(
        &self,
        from: &Self,
        subject: &Subject,
        field: &str,
        sealed: &[u8; N],
        entropy: &mut dyn Entropy,
    ) -> Result<[u8; N], VaultError> {
        let plain = from.open_field(subject, field, sealed)?;
        self.seal_field(subject, field, &plain, entropy)
    }

    /// Opens one field.
    ///
    /// # Errors
    /// [`VaultError`] if it is not that field of that subject under these keys.
    pub fn open_field(
        &self,
        subject: &Subject,
        field: &str,
        sealed: &[u8],
    ) -> Result<Opened, VaultError> {
        self.field_key(subject)?
            .open(&self.binding(subject, field), sealed)
    }
}

/// The two token keys of one meter (P2): one under the vendor's key, one under the post's.
#[derive(Debug)]
pub struct TokenKeys {
    vendor: TokenKey,
    postal: TokenKey,
}

/// One of them, and what is made of it once for many tokens.
#[derive(Debug)]
struct TokenKey {
    secret: Secret,
    mac: MacKey,
}

impl TokenKey {
    fn new(secret: Secret) -> Self {
        Self {
            mac: MacKey::new(&secret),
            secret,
        }
    }

    fn token(&self, tag: Tag, message: &[u8]) -> [u8; 6] {
        let [a, b, c, d, e, f, ..] = self.mac.mac(&[&tag.message(&[message])]);
        [a, b, c, d, e, f]
    }
}

impl TokenKeys {
    /// Derives them at manufacture.
    ///
    /// # Errors
    /// [`VaultError`] never in practice.
    pub fn derive(
        vendor: &Secret,
        postal: &Secret,
        serial: MeterSerial,
    ) -> Result<Self, VaultError> {
        let serial = serial.0.to_le_bytes();
        Ok(Self {
            vendor: TokenKey::new(vendor.derive(Tag::DERIVE_TOKEN, &[b"vendor", &serial])?),
            postal: TokenKey::new(postal.derive(Tag::DERIVE_TOKEN, &[b"postal", &serial])?),
        })
    }

    /// Seals both for the meter record.
    ///
    /// # Errors
    /// [`VaultError`] without entropy.
    pub fn seal(
        &self,
        keys: &RecordKeys,
        serial: MeterSerial,
        entropy: &mut dyn Entropy,
    ) -> Result<[[u8; 60]; 2], VaultError> {
        let subject = serial.subject();
        Ok([
            keys.seal_field(
                &subject,
                "vendor token key",
                self.vendor.secret.expose(),
                entropy,
            )?,
            keys.seal_field(
                &subject,
                "postal token key",
                self.postal.secret.expose(),
                entropy,
            )?,
        ])
    }

    /// Opens both from the meter record.
    ///
    /// # Errors
    /// [`VaultError`] if they are not this meter's.
    pub fn open(
        keys: &RecordKeys,
        serial: MeterSerial,
        sealed: &[[u8; 60]; 2],
    ) -> Result<Self, VaultError> {
        let [vendor, postal] = sealed;
        let subject = serial.subject();
        let key = keys.field_key(&subject)?;
        let open = |field, bytes| -> Result<TokenKey, VaultError> {
            let opened = key.open(&keys.binding(&subject, field), bytes)?;
            let secret = opened.as_slice().try_into().map_err(|_| VaultError)?;
            Ok(TokenKey::new(Secret::new(secret)))
        };
        Ok(Self {
            vendor: open("vendor token key", vendor)?,
            postal: open("postal token key", postal)?,
        })
    }

    /// Vendor's and post's token of a payload, over the first 62 of its bytes.
    #[must_use]
    pub fn tokens(&self, payload: &[u8]) -> [[u8; 6]; 2] {
        let message = payload.get(..Payload::TOKEN_MESSAGE).unwrap_or_default();
        [
            self.vendor.token(Tag::VENDOR_TOKEN, message),
            self.postal.token(Tag::POSTAL_TOKEN, message),
        ]
    }
}

/// MACs an authority, or a challenge, under the key that auth and meter boxes share (P20).
#[must_use]
pub fn seal_authority<T: Layout + Tagged>(key: &MacKey, body: T) -> Sealed<T> {
    let mac = key.mac(&[&T::TAG.message(&[&body.to_bytes()])]);
    Sealed { body, mac }
}

/// Checks its MAC.
///
/// # Errors
/// [`VaultError`] if it does not fit.
pub fn open_authority<T: Layout + Tagged + Clone>(
    key: &MacKey,
    shown: &Sealed<T>,
) -> Result<Genuine<T>, VaultError> {
    let message = T::TAG.message(&[&shown.body.to_bytes()]);
    if !key.fits(&[&message], &shown.mac) {
        return Err(VaultError);
    }
    Ok(Genuine {
        digest: record_digest(&shown.to_bytes()),
        body: shown.body.clone(),
    })
}
