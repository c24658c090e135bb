//! What the ceremony gave this box, opened: the ground that every service of `boxd` starts on.

use crate::epochs::{InForce, KeptEpoch};
use item::{BoxId, BoxKind, KeySerial, KeyUsage, Time};
use journal::disk::Disk;
use journal::{Authenticator, Journal, JournalError, OpenReport};
use std::ops::Range;
use vault::{BoxPackage, MacKey, SigningKey, UnlockedKeys, VaultError};
use verify::{Installation, TrustError};
use wire::RefusalCode;

/// Why a box does not start.
#[derive(Debug)]
pub enum StartError {
    /// The state folder.
    Journal(JournalError),
    /// The unlock secret does not open the package, or the package lacks a key.
    Package,
    /// The transcript in the package is not its root's.
    Transcript(TrustError),
    /// The package is for another kind of box.
    OtherKind(BoxKind),
    /// The journal opens, but a record in it can not be.
    State(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Journal(error) => write!(f, "state folder: {error}"),
            Self::Package => write!(
                f,
                "the unlock secret does not open this box's package, or the package lacks a key"
            ),
            Self::Transcript(error) => write!(f, "transcript: {error}"),
            Self::OtherKind(kind) => write!(f, "the package is for a {} box", kind.name()),
            Self::State(what) => write!(f, "state folder: {what}"),
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Whether it may be over later, without anybody changing this box: a disk that is full or
    /// fails, or another process that still has the state open.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Journal(error) => matches!(
                error,
                JournalError::Locked | JournalError::Full { .. } | JournalError::Disk { .. }
            ),
            Self::Package | Self::Transcript(_) | Self::OtherKind(_) | Self::State(_) => false,
        }
    }
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<VaultError> for StartError {
    fn from(_: VaultError) -> Self {
        Self::Package
    }
}

/// A box's package, checked and opened.
#[derive(Debug)]
pub struct Ground {
    /// Which box.
    pub id: BoxId,
    /// The installation, checked against the root that the package names, with every epoch that this
    /// box has taken.
    pub installation: Installation,
    /// The package with its keys, and those of every epoch taken since.
    pub package: BoxPackage,
    /// Keys of the box's own state.
    pub keys: UnlockedKeys,
    /// Certificate and key, of the epoch in force, that sign decisions (receipts, for the keys box).
    pub statements: (KeySerial, SigningKey),
    /// From the start of the last of this box's certificates of the epoch in force to start, to the
    /// end of the first to end. Pack keys are left out: they are replaced while the keys box runs.
    pub signs: Range<Time>,
    /// Epochs taken since the ceremony, for the next snapshot.
    pub(crate) taken: Vec<KeptEpoch>,
    pub(crate) in_force: InForce,
    /// Bytes of a last group that was never finished, which opening dropped from the journal.
    /// Nothing of it was ever acknowledged (P14).
    pub dropped_tail_bytes: u64,
}

impl Ground {
    /// Opens the package as the state folder keeps it. `found`: what opening the journal found.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open<D: Disk>(
        journal: &Journal<JournalMac, D>,
        found: &OpenReport,
        keys: UnlockedKeys,
        kind: BoxKind,
    ) -> Result<Self, StartError> {
        let package = keys.open_package(journal.identity())?;
        if package.kind != kind {
            return Err(StartError::OtherKind(package.kind));
        }
        let installation = Installation::open(package.transcript.as_slice(), &package.fingerprint)
            .map_err(StartError::Transcript)?;
        let in_force = InForce::at(&installation, Time(0));
        let statements = package.signing_key(usage_of(kind))?;
        let mut ground = Self {
            id: package.id,
            installation,
            package,
            keys,
            statements,
            signs: Time(0)..Time(0),
            taken: Vec::new(),
            in_force,
            dropped_tail_bytes: found.dropped_tail_bytes,
        };
        ground.signs = ground.validity()?;
        Ok(ground)
    }

    /// What signs this box's statements.
    pub(crate) fn statement_usage(&self) -> KeyUsage {
        usage_of(self.package.kind)
    }

    /// See `signs`.
    pub(crate) fn validity(&self) -> Result<Range<Time>, StartError> {
        let epoch = self.window().current;
        let own = |serial| {
            self.package
                .signing
                .as_slice()
                .iter()
                .any(|k| k.serial == serial)
        };
        let certificates = || {
            let all = self.installation.certificates();
            all.filter(|c| c.usage != KeyUsage::Pack && c.epoch == epoch && own(c.serial))
        };
        let from = certificates().map(|c| c.not_before).max();
        let until = certificates().map(|c| c.not_after).min();
        Ok(from.ok_or(StartError::Package)?..until.ok_or(StartError::Package)?)
    }

    /// Whether what this box signs at `time` will verify (P2).
    ///
    /// # Errors
    /// `ClockDoubtful` before its certificates start: the ceremony is over, so the clock is behind,
    /// whoever confirmed it. `KeyExpired` once the first of them has ended.
    pub fn signs_at(&self, time: Time) -> Result<(), RefusalCode> {
        if time < self.signs.start {
            return Err(RefusalCode::ClockDoubtful);
        }
        if time >= self.signs.end {
            return Err(RefusalCode::KeyExpired);
        }
        Ok(())
    }
}

fn usage_of(kind: BoxKind) -> KeyUsage {
    match kind {
        BoxKind::Keys => KeyUsage::Receipt,
        BoxKind::Auth | BoxKind::Meter | BoxKind::Transaction => KeyUsage::Decision,
    }
}

/// The journal's MAC.
#[derive(Debug)]
pub struct JournalMac(pub MacKey);

impl Authenticator for JournalMac {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac(parts)
    }
}
