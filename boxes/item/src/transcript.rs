//! The public result of a ceremony, signed by the root: who and what belongs to an installation.

use crate::limits::{CERTIFICATES_MAX, ENROLLED_MAX, NAME_MAX, SIGNERS_MAX};
use crate::{
    Ascii, BoxId, BoxKind, Bytes, Currency, Digest, EpochDescriptor, InstallationId,
    IssuingCertificate, Layout, LayoutError, List, PostId, PublicKey, Reader, Signed, Time,
    Version,
};

layout! {
    /// A named public key.
    pub struct EnrolledKey {
        /// Who or what holds it.
        pub name: Bytes<NAME_MAX>,
        /// The key.
        pub key: PublicKey,
    }
}

layout! {
    /// One box: the key that its package was sealed to, and the key of its channel.
    pub struct EnrolledBox {
        /// Kind.
        pub kind: BoxKind,
        /// Number among its kind.
        pub id: BoxId,
        /// X25519 key of its enrolment.
        pub enrolment: [u8; 32],
        /// Channel key (P5), pinned by callers: Ed25519.
        pub channel: PublicKey,
    }
}

/// Keys of which `threshold` different ones must sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    threshold: u8,
    keys: List<EnrolledKey, SIGNERS_MAX>,
}

impl Quorum {
    /// m keys of n.
    ///
    /// # Errors
    /// [`LayoutError::Range`] unless 1 <= m <= n and all keys differ.
    pub fn new(threshold: u8, keys: Vec<EnrolledKey>) -> Result<Self, LayoutError> {
        let distinct = keys.iter().enumerate().all(|(i, a)| {
            keys.iter()
                .skip(i.saturating_add(1))
                .all(|b| a.key != b.key)
        });
        if threshold == 0 || usize::from(threshold) > keys.len() || !distinct {
            return Err(LayoutError::Range("quorum"));
        }
        Ok(Self {
            threshold,
            keys: List::new(keys)?,
        })
    }

    /// How many must sign.
    #[must_use]
    pub fn threshold(&self) -> usize {
        usize::from(self.threshold)
    }

    /// Who may sign.
    #[must_use]
    pub fn keys(&self) -> &[EnrolledKey] {
        self.keys.as_slice()
    }
}

impl Layout for Quorum {
    fn put(&self, out: &mut Vec<u8>) {
        self.threshold.put(out);
        self.keys.put(out);
    }
    fn get(reader: &mut Reader<'_>) -> Result<Self, LayoutError> {
        let threshold = u8::get(reader)?;
        let keys: List<EnrolledKey, SIGNERS_MAX> = List::get(reader)?;
        Self::new(threshold, keys.into_vec())
    }
}

layout! {
    /// Everything public about an installation. Signed by the root (`Signed`).
    pub struct TranscriptBody {
        /// Layout 2.
        pub version: Version<2>,
        /// Its id, random.
        pub installation: InstallationId,
        /// Its name.
        pub name: Bytes<NAME_MAX>,
        /// When the ceremony was held.
        pub time: Time,
        /// Digest of the ceremony's config file as read.
        pub config: Digest,
        /// Root public key; its digest is what verifiers pin.
        pub root: PublicKey,
        /// Prints only items that are plainly marked as not valid.
        pub specimen: bool,
        /// Post whose items are issued.
        pub post: PostId,
        /// Currency.
        pub currency: Currency,
        /// Provider.
        pub vendor: Ascii<2>,
        /// Model.
        pub model: Ascii<2>,
        /// First epoch.
        pub epoch: Signed<EpochDescriptor>,
        /// Issuing keys.
        pub certificates: List<Signed<IssuingCertificate>, CERTIFICATES_MAX>,
        /// Operators.
        pub operators: Quorum,
        /// Treasury keys, which sign credit evidence.
        pub treasury: Quorum,
        /// Refund keys, which approve item credits (P23).
        pub refunders: Quorum,
        /// Verifiers that may accept items.
        pub verifiers: List<EnrolledKey, ENROLLED_MAX>,
        /// Keys that may sign rate tables.
        pub rate_signers: List<EnrolledKey, ENROLLED_MAX>,
        /// Keys that may sign daily totals and reports for the post.
        pub reporters: List<EnrolledKey, ENROLLED_MAX>,
        /// Days after its mailing date from which an item may be credited (P23).
        pub credit_waiting_days: u16,
        /// Days after its mailing date until which an item may be credited (P23).
        pub credit_window_days: u16,
        /// Boxes.
        pub boxes: List<EnrolledBox, ENROLLED_MAX>,
        /// Channel keys of function servers.
        pub servers: List<EnrolledKey, ENROLLED_MAX>,
        /// Check value of the vendor key: tagged digest of a MAC of nothing under it.
        pub vendor_key_check: Digest,
        /// Check value of the post's imported key.
        pub postal_key_check: Digest,
    }
}
