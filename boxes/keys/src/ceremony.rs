//! The ceremony: makes every key once, hands each box only its own, writes a signed transcript.

use crate::Plan;
use crate::plan::PlannedBox;
use item::{
    BoxKind, Bytes, Day, Digest, EnrolledBox, Epoch, EpochDescriptor, InstallationId,
    IssuingCertificate, KeySerial, KeyUsage, Layout, LayoutError, List, Signed, Suite, Time,
    TranscriptBody, Version,
};
use vault::{
    BoxPackage, Enrolment, Entropy, KeptKey, MacKey, MasterKey, Purpose, Secret, SigningKey,
    VaultError,
};
use verify::{Tag, digest, fingerprint};

/// Issuing keys are valid this long, milliseconds: 400 days. Epochs end them sooner.
const ISSUING_VALID: u64 = 400 * 86_400_000;
/// A pack key is valid for 90 days (P32).
pub(crate) const PACK_VALID: u64 = 90 * 86_400_000;

/// Why a ceremony fails.
#[derive(Debug)]
pub enum CeremonyError {
    /// A cryptographic step, or an enrolment key that is none.
    Vault,
    /// The plan does not fit the transcript.
    Layout(LayoutError),
}

impl std::fmt::Display for CeremonyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vault => f.write_str("a key could not be made, or an enrolment key is none"),
            Self::Layout(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for CeremonyError {}

impl From<VaultError> for CeremonyError {
    fn from(_: VaultError) -> Self {
        Self::Vault
    }
}

impl From<LayoutError> for CeremonyError {
    fn from(error: LayoutError) -> Self {
        Self::Layout(error)
    }
}

/// What a ceremony leaves.
#[derive(Debug)]
pub struct Ceremony {
    /// The signed transcript: public.
    pub transcript: Vec<u8>,
    /// Root fingerprint: to be written down by everybody present.
    pub fingerprint: Digest,
    /// One sealed package a box, in the plan's order.
    pub packages: Vec<(PlannedBox, Vec<u8>)>,
}

/// Check value of a master key, as its owner computes it too.
fn check_value(master: &Secret) -> Digest {
    digest(Tag::KEY_CHECK, &[&MacKey::new(master).mac(&[])])
}

/// Keys while the ceremony holds them all.
struct Maker<'a> {
    plan: &'a Plan,
    installation: InstallationId,
    epoch: Epoch,
    now: Time,
    root: SigningKey,
    certificates: Vec<Signed<IssuingCertificate>>,
    kept: Vec<(BoxKind, KeptKey)>,
}

impl Maker<'_> {
    fn issue(
        &mut self,
        kind: BoxKind,
        usage: KeyUsage,
        entropy: &mut dyn Entropy,
    ) -> Result<(), CeremonyError> {
        let serial = KeySerial(
            u32::try_from(self.certificates.len().saturating_add(1))
                .map_err(|_| CeremonyError::Vault)?,
        );
        let (suite, valid) = match usage {
            KeyUsage::Pack => (Suite::Ed25519, PACK_VALID),
            KeyUsage::Item | KeyUsage::Decision | KeyUsage::Receipt => {
                (self.plan.suite, ISSUING_VALID)
            }
        };
        let (key, secret) = SigningKey::generate(suite, entropy)?;
        let certificate = certify(
            &self.root,
            IssuingCertificate {
                version: Version,
                installation: self.installation,
                serial,
                box_kind: kind,
                usage,
                epoch: self.epoch,
                not_before: self.now,
                not_after: Time(self.now.0.saturating_add(valid)),
                key: key.public().clone(),
            },
        )?;
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
}

pub(crate) fn certify(
    root: &SigningKey,
    body: IssuingCertificate,
) -> Result<Signed<IssuingCertificate>, VaultError> {
    root.sign_body(body)
}

/// Holds a ceremony. `postal` is the post's token master, imported; `config` is the plan's text.
///
/// # Errors
/// [`CeremonyError`]; nothing was handed out.
pub fn hold(
    plan: &Plan,
    config: &str,
    postal: &Secret,
    now: Time,
    entropy: &mut dyn Entropy,
) -> Result<Ceremony, CeremonyError> {
    let mut installation = [0; 16];
    entropy.fill(&mut installation)?;
    let (root, root_secret) = SigningKey::generate(Suite::Ed25519, entropy)?;
    let mut maker = Maker {
        plan,
        installation: InstallationId(installation),
        epoch: Day::of_time(now).month(),
        now,
        root,
        certificates: Vec::new(),
        kept: Vec::new(),
    };
    maker.issue(BoxKind::Keys, KeyUsage::Receipt, entropy)?;
    maker.issue(BoxKind::Keys, KeyUsage::Pack, entropy)?;
    maker.issue(BoxKind::Auth, KeyUsage::Decision, entropy)?;
    maker.issue(BoxKind::Meter, KeyUsage::Decision, entropy)?;
    maker.issue(BoxKind::Transaction, KeyUsage::Decision, entropy)?;
    maker.issue(BoxKind::Meter, KeyUsage::Item, entropy)?;

    let vendor = Secret::random(entropy)?;
    let authority = Secret::random(entropy)?;
    let masters = masters(maker.epoch, &vendor, postal, &authority, entropy)?;
    let channels = plan
        .boxes
        .iter()
        .map(|_| SigningKey::generate(Suite::Ed25519, entropy))
        .collect::<Result<Vec<_>, _>>()?;

    let transcript = transcript(&maker, config, &vendor, postal, &channels)?;
    let signed = maker.root.sign_body(transcript)?.to_bytes();
    let fingerprint = fingerprint(maker.root.public());

    let mut packages = Vec::with_capacity(plan.boxes.len());
    for (planned, (_, channel)) in plan.boxes.iter().zip(&channels) {
        let mut signing: Vec<KeptKey> = maker
            .kept
            .iter()
            .filter(|(kind, _)| *kind == planned.kind)
            .map(|(_, key)| key.clone())
            .collect();
        if planned.kind == BoxKind::Keys {
            signing.push(KeptKey {
                serial: KeySerial(0),
                usage: KeyUsage::Receipt,
                public: maker.root.public().clone(),
                secret: root_secret.clone(),
            });
        }
        let package = BoxPackage {
            version: Version,
            kind: planned.kind,
            id: planned.id,
            fingerprint,
            transcript: Bytes::new(signed.clone())?,
            channel: channel.clone(),
            masters: List::new(
                masters
                    .iter()
                    .filter(|m| m.kind == planned.kind)
                    .cloned()
                    .collect(),
            )?,
            signing: List::new(signing)?,
        };
        let sealed = Enrolment::seal_to(&planned.enrolment, &package.to_bytes())?;
        packages.push((planned.clone(), sealed));
    }
    Ok(Ceremony {
        transcript: signed,
        fingerprint,
        packages,
    })
}

/// Every symmetric master, with the kind of box that gets it.
fn masters(
    epoch: Epoch,
    vendor: &Secret,
    postal: &Secret,
    authority: &Secret,
    entropy: &mut dyn Entropy,
) -> Result<Vec<MasterKey>, VaultError> {
    let mut out = Vec::new();
    let mut give = |purpose, kind, secret: Secret| {
        out.push(MasterKey {
            purpose,
            kind,
            epoch,
            secret,
        });
    };
    give(Purpose::Records, BoxKind::Auth, Secret::random(entropy)?);
    give(Purpose::Records, BoxKind::Meter, Secret::random(entropy)?);
    give(
        Purpose::Records,
        BoxKind::Transaction,
        Secret::random(entropy)?,
    );
    give(Purpose::Authority, BoxKind::Auth, authority.clone());
    give(Purpose::Authority, BoxKind::Meter, authority.clone());
    give(Purpose::VendorTokens, BoxKind::Meter, vendor.clone());
    give(Purpose::PostalTokens, BoxKind::Meter, postal.clone());
    Ok(out)
}

fn transcript(
    maker: &Maker<'_>,
    config: &str,
    vendor: &Secret,
    postal: &Secret,
    channels: &[(SigningKey, Secret)],
) -> Result<TranscriptBody, CeremonyError> {
    let plan = maker.plan;
    let boxes = plan
        .boxes
        .iter()
        .zip(channels)
        .map(|(planned, (channel, _))| EnrolledBox {
            kind: planned.kind,
            id: planned.id,
            enrolment: planned.enrolment,
            channel: channel.public().clone(),
        })
        .collect();
    Ok(TranscriptBody {
        version: Version,
        installation: maker.installation,
        name: plan.name.clone(),
        time: maker.now,
        config: digest(Tag::CONFIG, &[config.as_bytes()]),
        root: maker.root.public().clone(),
        specimen: true,
        post: plan.post,
        currency: plan.currency,
        vendor: plan.vendor,
        model: plan.model,
        epoch: maker.root.sign_body(EpochDescriptor {
            version: Version,
            installation: maker.installation,
            epoch: maker.epoch,
            previous: maker.epoch,
            starts: maker.now,
        })?,
        certificates: List::new(maker.certificates.clone())?,
        operators: plan.operators.clone(),
        treasury: plan.treasury.clone(),
        refunders: plan.refunders.clone(),
        verifiers: plan.verifiers.clone(),
        rate_signers: plan.rate_signers.clone(),
        reporters: plan.reporters.clone(),
        credit_waiting_days: plan.credit_waiting_days,
        credit_window_days: plan.credit_window_days,
        boxes: List::new(boxes)?,
        servers: plan.servers.clone(),
        vendor_key_check: check_value(vendor),
        postal_key_check: check_value(postal),
    })
}
