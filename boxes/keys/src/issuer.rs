//! Makes issuing keys and masters of one epoch, at the ceremony and whenever one is opened. Who gets
//! which is decided here, by kind of box, and nowhere else.

use crate::CeremonyError;
use item::{
    BoxKind, Epoch, InstallationId, IssuingCertificate, KeySerial, KeyUsage, Signed, Suite, Time,
    Version,
};
use vault::{Entropy, KeptKey, MasterKey, Purpose, Secret, SigningKey, VaultError};

/// Issuing keys are valid this long, milliseconds: 400 days. Epochs end them sooner.
const ISSUING_VALID: u64 = 400 * 86_400_000;
/// A pack key is valid for 90 days (P32).
pub(crate) const PACK_VALID: u64 = 90 * 86_400_000;

/// The keys that each epoch has of its own.
pub(crate) const OF_EPOCH: [(BoxKind, KeyUsage); 5] = [
    (BoxKind::Keys, KeyUsage::Receipt),
    (BoxKind::Auth, KeyUsage::Decision),
    (BoxKind::Meter, KeyUsage::Decision),
    (BoxKind::Transaction, KeyUsage::Decision),
    (BoxKind::Meter, KeyUsage::Item),
];

/// Makes signing keys of one epoch, each with its certificate.
pub(crate) struct Issuer<'a> {
    pub(crate) root: &'a SigningKey,
    pub(crate) installation: InstallationId,
    pub(crate) epoch: Epoch,
    pub(crate) suite: Suite,
    /// From when the keys are good.
    pub(crate) from: Time,
    /// Highest number of a certificate so far.
    pub(crate) last: KeySerial,
    pub(crate) certificates: Vec<Signed<IssuingCertificate>>,
    pub(crate) kept: Vec<(BoxKind, KeptKey)>,
}

impl Issuer<'_> {
    pub(crate) fn issue(
        &mut self,
        kind: BoxKind,
        usage: KeyUsage,
        entropy: &mut dyn Entropy,
    ) -> Result<(), CeremonyError> {
        let serial = self.last.0.checked_add(1).map(KeySerial);
        let serial = serial.ok_or(CeremonyError::Vault)?;
        let (suite, valid) = match usage {
            KeyUsage::Pack => (Suite::Ed25519, PACK_VALID),
            KeyUsage::Item | KeyUsage::Decision | KeyUsage::Receipt => (self.suite, ISSUING_VALID),
        };
        let (key, secret) = SigningKey::generate(suite, entropy)?;
        let certificate = certify(
            self.root,
            IssuingCertificate {
                version: Version,
                installation: self.installation,
                serial,
                box_kind: kind,
                usage,
                epoch: self.epoch,
                not_before: self.from,
                not_after: Time(self.from.0.saturating_add(valid)),
                key: key.public().clone(),
            },
        )?;
        self.last = serial;
        self.certificates.push(certificate);
        self.kept.push((
            kind,
            KeptKey {
                serial,
                usage,
                public: key.public().clone(),
                secret,
            },
        ));
        Ok(())
    }

    /// The signing keys of one kind of box.
    pub(crate) fn kept_by(&self, kind: BoxKind) -> Vec<KeptKey> {
        let of_kind = self.kept.iter().filter(|(of, _)| *of == kind);
        of_kind.map(|(_, key)| key.clone()).collect()
    }
}

pub(crate) fn certify(
    root: &SigningKey,
    body: IssuingCertificate,
) -> Result<Signed<IssuingCertificate>, VaultError> {
    root.sign_body(body)
}

/// The symmetric masters that each epoch has of its own, with the kind of box that gets each.
pub(crate) fn masters(
    epoch: Epoch,
    entropy: &mut dyn Entropy,
) -> Result<Vec<MasterKey>, VaultError> {
    let authority = Secret::random(entropy)?;
    let mut out = Vec::new();
    let mut give = |purpose, kind, secret| {
        out.push(MasterKey {
            purpose,
            kind,
            epoch,
            secret,
        });
    };
    for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
        give(Purpose::Records, kind, Secret::random(entropy)?);
    }
    give(Purpose::Authority, BoxKind::Auth, authority.clone());
    give(Purpose::Authority, BoxKind::Meter, authority);
    Ok(out)
}

/// Those of one kind of box.
pub(crate) fn masters_of(masters: &[MasterKey], kind: BoxKind) -> Vec<MasterKey> {
    let of_kind = masters.iter().filter(|m| m.kind == kind);
    of_kind.cloned().collect()
}
