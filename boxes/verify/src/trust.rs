//! What a reader pins, and what follows from it: root -> transcript or pack -> issuing keys.

use crate::{ReadyKey, SignatureError, Tag, Tagged, Verified, digest, open};
use item::limits::MAILING_DAYS_MAX;
use item::{
    BoxKind, Day, Digest, Epoch, EpochDescriptor, EpochOpening, IssuingCertificate, KeySerial,
    KeyUsage, Layout, LayoutError, PackBody, PublicKey, Signed, Time, TranscriptBody,
};
use std::fmt;

/// Why a transcript or pack is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustError {
    /// Not the layout, or a signature that does not fit.
    Signature(SignatureError),
    /// Signed by a root whose fingerprint is not the pinned one.
    OtherRoot,
    /// A certificate in it is for another installation, usage or box kind.
    WrongCertificate,
    /// It names a certificate that is not in it.
    UnknownKey,
    /// The certificate is not valid at that time.
    NotValidThen,
    /// The certificate is revoked.
    Revoked,
    /// Genuine, but not the epoch that follows the newest known one.
    NotNextEpoch,
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(error) => write!(f, "{error}"),
            Self::OtherRoot => write!(f, "signed by another root than the pinned one"),
            Self::WrongCertificate => write!(f, "a certificate is for something else"),
            Self::UnknownKey => write!(f, "the certificate is not known"),
            Self::NotValidThen => write!(f, "the certificate is not valid at that time"),
            Self::Revoked => write!(f, "the certificate is revoked"),
            Self::NotNextEpoch => write!(f, "not the epoch that follows the newest known one"),
        }
    }
}

impl std::error::Error for TrustError {}

impl From<SignatureError> for TrustError {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl From<LayoutError> for TrustError {
    fn from(error: LayoutError) -> Self {
        Self::Signature(SignatureError::Layout(error))
    }
}

/// Digest of a root key: what a user pins.
#[must_use]
pub fn fingerprint(root: &PublicKey) -> Digest {
    digest(Tag::FINGERPRINT, &[&root.to_bytes()])
}

/// A certificate with its key made ready: each is asked about many signatures.
#[derive(Debug, Clone)]
struct Certified {
    certificate: Verified<IssuingCertificate>,
    key: ReadyKey,
}

/// Certified keys with their usages.
#[derive(Debug, Clone, Default)]
struct Certificates(Vec<Certified>);

impl Certificates {
    fn open<'a>(
        signed: impl IntoIterator<Item = &'a Signed<IssuingCertificate>>,
        root: &PublicKey,
        installation: item::InstallationId,
    ) -> Result<Self, TrustError> {
        let root = ReadyKey::new(root.clone());
        let mut out = Vec::new();
        for certificate in signed {
            let certificate = open(certificate.clone(), &root)?;
            if certificate.installation != installation {
                return Err(TrustError::WrongCertificate);
            }
            let key = ReadyKey::new(certificate.key.clone());
            out.push(Certified { certificate, key });
        }
        Ok(Self(out))
    }

    fn find(
        &self,
        serial: KeySerial,
        kind: BoxKind,
        usage: KeyUsage,
    ) -> Result<&Certified, TrustError> {
        let certified = self
            .0
            .iter()
            .find(|c| c.certificate.serial == serial)
            .ok_or(TrustError::UnknownKey)?;
        if certified.certificate.box_kind != kind || certified.certificate.usage != usage {
            return Err(TrustError::WrongCertificate);
        }
        Ok(certified)
    }
}

fn valid_at(certificate: &IssuingCertificate, time: Time) -> Result<(), TrustError> {
    if time < certificate.not_before || time >= certificate.not_after {
        return Err(TrustError::NotValidThen);
    }
    Ok(())
}

/// A data centre whose transcript was checked against its root, and the epochs that it has opened
/// since, as far as they were learnt.
#[derive(Debug, Clone)]
pub struct Installation {
    bytes: Vec<u8>,
    transcript: Verified<TranscriptBody>,
    certificates: Certificates,
    /// Ascending; behind the transcript's own.
    openings: Vec<Opening>,
}

/// A later epoch of an [`Installation`], as its root signed it.
#[derive(Debug, Clone)]
pub struct Opening {
    bytes: Vec<u8>,
    body: Verified<EpochOpening>,
}

impl Opening {
    /// The signed opening as it was shown.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &EpochOpening {
        &self.body
    }

    /// Epoch, the one before, and start.
    #[must_use]
    pub fn epoch(&self) -> &EpochDescriptor {
        &self.body.descriptor.body
    }
}

impl Installation {
    /// Opens a transcript. `pinned` is the root fingerprint that the reader knows from elsewhere;
    /// a box takes it from its sealed package, a person from the ceremony's print-out.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn open(bytes: &[u8], pinned: &Digest) -> Result<Self, TrustError> {
        let signed = Signed::<TranscriptBody>::from_bytes(bytes)?;
        if fingerprint(&signed.body.root) != *pinned {
            return Err(TrustError::OtherRoot);
        }
        let root = signed.body.root.clone();
        let transcript = open(signed, &root)?;
        let certificates =
            Certificates::open(&transcript.certificates, &root, transcript.installation)?;
        open(transcript.epoch.clone(), &root)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            transcript,
            certificates,
            openings: Vec::new(),
        })
    }

    /// Learns of the next epoch (P3): its keys are believed from then on. What is known already
    /// changes nothing.
    ///
    /// # Errors
    /// [`TrustError`] if the root did not sign it or a certificate in it,
    /// [`TrustError::WrongCertificate`] if one is for something else or takes a known number,
    /// [`TrustError::NotNextEpoch`]; then nothing was learnt.
    pub fn learn(&mut self, opening: &[u8]) -> Result<Epoch, TrustError> {
        let signed = Signed::<EpochOpening>::from_bytes(opening)?;
        let opened = open(signed, &self.transcript.root)?;
        let body = open(opened.descriptor.clone(), &self.transcript.root)?.into_body();
        if body.installation != self.transcript.installation {
            return Err(TrustError::WrongCertificate);
        }
        if self.openings.iter().any(|o| o.bytes == opening) {
            return Ok(body.epoch);
        }
        let newest = self.newest_epoch();
        if body.previous != newest.epoch
            || body.epoch <= newest.epoch
            || body.starts <= newest.starts
        {
            return Err(TrustError::NotNextEpoch);
        }
        let root = &self.transcript.root;
        let new = Certificates::open(&opened.certificates, root, body.installation)?;
        for (at, one) in new.0.iter().enumerate() {
            let serial = one.certificate.serial;
            let known = self.certificates.0.iter().chain(new.0.iter().take(at));
            if one.certificate.epoch != body.epoch
                || one.certificate.usage == KeyUsage::Pack
                || known.map(|c| c.certificate.serial).any(|s| s == serial)
            {
                return Err(TrustError::WrongCertificate);
            }
        }
        self.certificates.0.extend(new.0);
        self.openings.push(Opening {
            bytes: opening.to_vec(),
            body: opened,
        });
        Ok(body.epoch)
    }

    /// Every epoch that is known, ascending: the transcript's first.
    pub fn epochs(&self) -> impl Iterator<Item = &EpochDescriptor> {
        let later = self.openings.iter().map(Opening::epoch);
        std::iter::once(&self.transcript.epoch.body).chain(later)
    }

    /// The last of them.
    #[must_use]
    pub fn newest_epoch(&self) -> &EpochDescriptor {
        let later = self.openings.last().map(Opening::epoch);
        later.unwrap_or(&self.transcript.epoch.body)
    }

    /// The openings of all epochs but the first, ascending.
    #[must_use]
    pub fn openings(&self) -> &[Opening] {
        &self.openings
    }

    /// The signed transcript as it was opened.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the ceremony said.
    #[must_use]
    pub fn transcript(&self) -> &TranscriptBody {
        &self.transcript
    }

    /// Digest of the signed transcript.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.transcript.digest()
    }

    /// Opens a statement of a box (decision, checkpoint, stale statement, receipt).
    ///
    /// # Errors
    /// [`TrustError`] if the certificate is unknown, for something else, or not valid at `time`,
    /// or if the signature does not fit.
    pub fn open_statement<T: Layout + Tagged>(
        &self,
        signed: Signed<T>,
        serial: KeySerial,
        kind: BoxKind,
        usage: KeyUsage,
        time: Time,
    ) -> Result<Verified<T>, TrustError> {
        let certified = self.certificates.find(serial, kind, usage)?;
        valid_at(&certified.certificate, time)?;
        Ok(open(signed, &certified.key)?)
    }

    /// Every certificate of the transcript and of the epochs since.
    pub fn certificates(&self) -> impl Iterator<Item = &IssuingCertificate> {
        self.certificates.0.iter().map(|c| &*c.certificate)
    }

    /// The same, as the root signed them.
    pub fn signed_certificates(&self) -> impl Iterator<Item = &Signed<IssuingCertificate>> {
        let later = self.openings.iter().flat_map(|o| &o.body.certificates);
        self.transcript.certificates.into_iter().chain(later)
    }

    /// The key that signs items under `serial`.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn item_key(&self, serial: KeySerial) -> Result<&PublicKey, TrustError> {
        self.certificates
            .find(serial, BoxKind::Meter, KeyUsage::Item)
            .map(|c| c.key.key())
    }
}

/// A verification pack that was checked against the pinned root (P32).
#[derive(Debug, Clone)]
pub struct Pack {
    body: Verified<PackBody>,
    certificates: Certificates,
}

impl Pack {
    /// Opens a pack: root certifies pack key, pack key signs the pack, root certifies item keys.
    /// Its age is a finding of each examination, not an error here.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn open(bytes: &[u8], root: &PublicKey, pinned: &Digest) -> Result<Self, TrustError> {
        if fingerprint(root) != *pinned {
            return Err(TrustError::OtherRoot);
        }
        let signed = Signed::<PackBody>::from_bytes(bytes)?;
        let certificate = open(signed.body.pack_certificate.clone(), root)?;
        if certificate.usage != KeyUsage::Pack
            || certificate.box_kind != BoxKind::Keys
            || certificate.installation != signed.body.installation
        {
            return Err(TrustError::WrongCertificate);
        }
        valid_at(&certificate, signed.body.issued)?;
        let body = open(signed, &certificate.key)?;
        let certificates = Certificates::open(&body.certificates, root, body.installation)?;
        // `is_void` searches by halves.
        let ascending = body
            .voids
            .as_slice()
            .is_sorted_by(|a, b| (a.meter, a.piece_count) < (b.meter, b.piece_count));
        if !ascending {
            return Err(LayoutError::Range("order of voids").into());
        }
        Ok(Self { body, certificates })
    }

    /// Its content.
    #[must_use]
    pub fn body(&self) -> &PackBody {
        &self.body
    }

    /// The key that signed an item, if it was good on a day on which a box signs for that mailing
    /// date: the date itself, or up to [`MAILING_DAYS_MAX`] days before.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn item_key(&self, serial: KeySerial, mailing: Day) -> Result<&ReadyKey, TrustError> {
        if self.body.revoked.as_slice().contains(&serial) {
            return Err(TrustError::Revoked);
        }
        let Certified { certificate, key } =
            self.certificates
                .find(serial, BoxKind::Meter, KeyUsage::Item)?;
        let first = Day::of_time(certificate.not_before).number();
        let last = Day::of_time(certificate.not_after).number();
        if !(first..=last.saturating_add(MAILING_DAYS_MAX)).contains(&mailing.number()) {
            return Err(TrustError::NotValidThen);
        }
        Ok(key)
    }

    /// Whether the item was taken back.
    #[must_use]
    pub fn is_void(&self, meter: item::MeterSerial, piece_count: u32) -> bool {
        self.body
            .voids
            .as_slice()
            .binary_search_by_key(&(meter, piece_count), |v| (v.meter, v.piece_count))
            .is_ok()
    }
}
