//! The ceremony: makes every key once, hands each box only its own, writes a signed transcript.

use crate::Plan;
use crate::issuer::{Issuer, OF_EPOCH, masters, masters_of};
use crate::plan::PlannedBox;
use item::{
    BoxKind, Bytes, Day, Digest, EnrolledBox, EpochDescriptor, InstallationId, KeySerial, KeyUsage,
    Layout, LayoutError, List, Suite, Time, TranscriptBody, Version,
};
use vault::{
    BoxPackage, Enrolment, Entropy, KeptKey, MacKey, MasterKey, Purpose, Secret, SigningKey,
    VaultError,
};
use verify::{Tag, digest, fingerprint};

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
    let mut issuer = Issuer {
        root: &root,
        installation: InstallationId(installation),
        epoch: Day::of_time(now).month(),
        suite: plan.suite,
        from: now,
        last: KeySerial(0),
        certificates: Vec::new(),
        kept: Vec::new(),
    };
    issuer.issue(BoxKind::Keys, KeyUsage::Pack, entropy)?;
    for (kind, usage) in OF_EPOCH {
        issuer.issue(kind, usage, entropy)?;
    }

    let vendor = Secret::random(entropy)?;
    let mut masters = masters(issuer.epoch, entropy)?;
    for (purpose, secret) in [
        (Purpose::VendorTokens, &vendor),
        (Purpose::PostalTokens, postal),
    ] {
        masters.push(MasterKey {
            purpose,
            kind: BoxKind::Meter,
            epoch: issuer.epoch,
            secret: secret.clone(),
        });
    }
    let channels = plan
        .boxes
        .iter()
        .map(|_| SigningKey::generate(Suite::Ed25519, entropy))
        .collect::<Result<Vec<_>, _>>()?;

    let transcript = transcript(plan, &issuer, config, &vendor, postal, &channels)?;
    let signed = root.sign_body(transcript)?.to_bytes();
    let fingerprint = fingerprint(root.public());

    let mut packages = Vec::with_capacity(plan.boxes.len());
    for (planned, (_, channel)) in plan.boxes.iter().zip(&channels) {
        let mut signing = issuer.kept_by(planned.kind);
        if planned.kind == BoxKind::Keys {
            signing.push(KeptKey {
                serial: KeySerial(0),
                usage: KeyUsage::Receipt,
                public: root.public().clone(),
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
            masters: List::new(masters_of(&masters, planned.kind))?,
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

fn transcript(
    plan: &Plan,
    issuer: &Issuer<'_>,
    config: &str,
    vendor: &Secret,
    postal: &Secret,
    channels: &[(SigningKey, Secret)],
) -> Result<TranscriptBody, CeremonyError> {
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
        installation: issuer.installation,
        name: plan.name.clone(),
        time: issuer.from,
        config: digest(Tag::CONFIG, &[config.as_bytes()]),
        root: issuer.root.public().clone(),
        specimen: true,
        post: plan.post,
        currency: plan.currency,
        vendor: plan.vendor,
        model: plan.model,
        epoch: issuer.root.sign_body(EpochDescriptor {
            version: Version,
            installation: issuer.installation,
            epoch: issuer.epoch,
            previous: issuer.epoch,
            starts: issuer.from,
        })?,
        certificates: List::new(issuer.certificates.clone())?,
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
