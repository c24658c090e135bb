//! The ledger against a made-up installation whose meter box we hold the key of.

mod file;
mod model;
mod refunds;
mod rules;

use super::*;
use crate::{LogError, SigningKey};
use item::{
    Ascii, BoxId, Bytes, Counter, EnrolledKey, Epoch, EpochDescriptor, IssuingCertificate,
    KeySerial, Layout, List, PostId, Quorum, RequestId, Suite, TranscriptBody,
};
use std::path::PathBuf;
use verify::{Tagged, statement_digest};

const ID: InstallationId = InstallationId([3; 16]);
const HOUR: Duration = Duration::from_secs(3_600);
const NOW: Time = Time(1_000_000);
const METER: MeterSerial = MeterSerial(1);
const OTHER: MeterSerial = MeterSerial(2);

struct World {
    installation: Installation,
    treasury: [SigningKey; 3],
    meter_box: SigningKey,
    folder: tempfile::TempDir,
}

fn signed<T: Layout + Tagged>(body: T, key: &SigningKey) -> Signed<T> {
    let signature = key.sign(T::TAG, &body.to_bytes());
    Signed { body, signature }
}

impl World {
    /// Two of three treasury keys must sign.
    fn new() -> Self {
        let key = |name: &str| SigningKey::generate(name).unwrap();
        let (root, operator, meter_box) = (key("root"), key("operator"), key("meter-box"));
        let treasury = ["treasury-1", "treasury-2", "treasury-3"].map(key);
        let enrolled = |keys: &[SigningKey]| -> Vec<EnrolledKey> {
            keys.iter().map(EnrolledKey::from).collect()
        };
        let certificate = IssuingCertificate {
            version: Version,
            installation: ID,
            serial: KeySerial(1),
            box_kind: BoxKind::Meter,
            usage: KeyUsage::Decision,
            epoch: Epoch(202_601),
            not_before: Time(0),
            not_after: Time(u64::MAX),
            key: meter_box.public(),
        };
        let epoch = EpochDescriptor {
            version: Version,
            installation: ID,
            epoch: Epoch(202_601),
            previous: Epoch(202_601),
            starts: Time(0),
        };
        let transcript = TranscriptBody {
            version: Version,
            installation: ID,
            name: Bytes::new(b"test".to_vec()).unwrap(),
            time: Time(0),
            config: Digest::ZERO,
            root: root.public(),
            specimen: true,
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"01").unwrap(),
            epoch: signed(epoch, &root),
            certificates: List::new(vec![signed(certificate, &root)]).unwrap(),
            operators: Quorum::new(1, enrolled(&[operator])).unwrap(),
            treasury: Quorum::new(2, enrolled(&treasury)).unwrap(),
            refunders: Quorum::new(2, enrolled(&treasury)).unwrap(),
            verifiers: List::default(),
            rate_signers: List::default(),
            reporters: List::default(),
            credit_waiting_days: 10,
            credit_window_days: 60,
            boxes: List::default(),
            servers: List::default(),
            vendor_key_check: Digest::ZERO,
            postal_key_check: Digest::ZERO,
        };
        let bytes = signed(transcript, &root).to_bytes();
        let pinned = verify::fingerprint(&root.public());
        Self {
            installation: Installation::open(&bytes, &pinned).unwrap(),
            treasury,
            meter_box,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn create(&self) -> Ledger {
        Ledger::create(&self.path(), ID).unwrap()
    }

    fn open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.path(), ID)
    }

    fn keys(&self) -> [&SigningKey; 2] {
        let [a, b, _] = &self.treasury;
        [a, b]
    }

    fn credit(
        &self,
        ledger: &mut Ledger,
        meter: MeterSerial,
        reference: &str,
        now: Time,
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        ledger.credit(
            &self.installation,
            &deposit(meter, reference),
            now,
            HOUR,
            &self.keys(),
        )
    }

    fn cancel(
        &self,
        ledger: &mut Ledger,
        reference: &str,
        now: Time,
    ) -> Result<MultiSigned<CreditEvidence>, LedgerError> {
        ledger.cancel(&self.installation, reference, now, HOUR, &self.keys())
    }

    fn decision(&self, evidence: &MultiSigned<CreditEvidence>) -> Decision {
        Decision {
            version: Version,
            suite: Suite::Ed25519,
            key: KeySerial(1),
            installation: ID,
            box_kind: BoxKind::Meter,
            box_id: BoxId(1),
            subject: evidence.body.meter.subject(),
            decision: DecisionKind::Refill,
            counter: Counter(evidence.body.funding_sequence),
            request: RequestId::ZERO,
            old: Digest::ZERO,
            new: Digest::ZERO,
            head: Digest::ZERO,
            evidence: statement_digest(&evidence.to_bytes()),
            time: NOW,
            journal_sequence: 1,
        }
    }

    fn refill(&self, evidence: &MultiSigned<CreditEvidence>) -> Signed<Decision> {
        signed(self.decision(evidence), &self.meter_box)
    }
}

fn deposit(meter: MeterSerial, reference: &str) -> Credit<'_> {
    Credit {
        meter,
        reference,
        amount: Mills(50_000),
        currency: Currency(840),
        kind: EvidenceKind::Deposit,
    }
}

fn after(time: Time, span: Duration) -> Time {
    Time(time.0 + u64::try_from(span.as_millis()).unwrap())
}
