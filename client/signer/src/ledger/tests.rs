//! The ledger against a made-up installation whose meter box we hold the key of.

use super::*;
use crate::{LogError, SigningKey};
use item::{
    Ascii, BoxId, Bytes, Counter, EnrolledKey, Epoch, EpochDescriptor, IssuingCertificate,
    KeySerial, Layout, List, PostId, Quorum, RequestId, Suite, TranscriptBody,
};
use proptest::prelude::*;
use std::collections::HashMap;
use std::fs;
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
            verifiers: List::default(),
            rate_signers: List::default(),
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

#[test]
fn a_payment_is_signed_once_and_given_out_again_also_after_a_restart() {
    let world = World::new();
    let mut ledger = world.create();
    let first = world.credit(&mut ledger, METER, "wire 7", NOW).unwrap();
    assert_eq!(first.body.funding_sequence, 1);
    assert_eq!(first.body.expires, after(NOW, HOUR));
    assert_eq!(
        first.body.id,
        evidence_id(METER, 1, &payment_reference("wire 7"))
    );
    let treasury = &world.installation.transcript().treasury;
    assert!(verify::open_by_quorum(first.clone(), treasury).is_ok());
    assert_eq!(
        world.credit(&mut ledger, METER, "wire 7", NOW).unwrap(),
        first
    );
    drop(ledger);
    let before = fs::read(world.path()).unwrap();
    let mut ledger = world.open().unwrap();
    let [_, b, c] = &world.treasury;
    let again = ledger
        .credit(
            &world.installation,
            &deposit(METER, "wire 7"),
            NOW,
            HOUR,
            &[b, c],
        )
        .unwrap();
    assert_eq!(again, first, "other signers, same bytes");
    assert_eq!(fs::read(world.path()).unwrap(), before);
}

#[test]
fn expired_evidence_keeps_id_and_sequence_and_either_signing_settles() {
    for which in 0..2 {
        let world = World::new();
        let mut ledger = world.create();
        let first = world.credit(&mut ledger, METER, "a", NOW).unwrap();
        let later = after(NOW, HOUR);
        let second = world.credit(&mut ledger, METER, "a", later).unwrap();
        assert_eq!(second.body.expires, after(later, HOUR));
        assert_eq!(
            (second.body.id, second.body.funding_sequence),
            (first.body.id, first.body.funding_sequence)
        );
        drop(ledger);
        let mut ledger = world.open().unwrap();
        let used = [first, second][which].clone();
        let settlement = ledger
            .settle(world.refill(&used), &world.installation)
            .unwrap();
        assert_eq!(settlement.state, FundingState::Credited);
        assert_eq!(
            (settlement.reference.as_str(), settlement.sequence),
            ("a", 1)
        );
        assert_eq!(ledger.find("a").unwrap().state(), FundingState::Credited);
    }
}

#[test]
fn one_reference_serves_one_meter_with_one_set_of_terms() {
    let world = World::new();
    let mut ledger = world.create();
    let evidence = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    for settled in [false, true] {
        if settled {
            ledger
                .settle(world.refill(&evidence), &world.installation)
                .unwrap();
        }
        assert!(matches!(
            world.credit(&mut ledger, OTHER, "a", NOW),
            Err(LedgerError::ReferenceUsed { meter: METER })
        ));
        let plain = deposit(METER, "a");
        for other in [
            Credit {
                amount: Mills(1),
                ..plain
            },
            Credit {
                currency: Currency(978),
                ..plain
            },
            Credit {
                kind: EvidenceKind::CreditLine,
                ..plain
            },
        ] {
            let refused = ledger.credit(&world.installation, &other, NOW, HOUR, &world.keys());
            assert!(matches!(
                refused,
                Err(LedgerError::OtherTerms {
                    amount: Mills(50_000)
                })
            ));
        }
    }
}

#[test]
fn one_payment_waits_on_a_meter_at_a_time() {
    let world = World::new();
    let mut ledger = world.create();
    let first = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    match world.credit(&mut ledger, METER, "b", NOW) {
        Err(LedgerError::Outstanding {
            reference,
            sequence,
        }) => {
            assert_eq!((reference.as_str(), sequence), ("a", 1));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        world
            .credit(&mut ledger, OTHER, "b", NOW)
            .unwrap()
            .body
            .funding_sequence,
        1
    );
    ledger
        .settle(world.refill(&first), &world.installation)
        .unwrap();
    assert_eq!(
        world
            .credit(&mut ledger, METER, "c", NOW)
            .unwrap()
            .body
            .funding_sequence,
        2
    );
}

#[test]
fn a_used_payment_is_never_signed_anew() {
    let world = World::new();
    let mut ledger = world.create();
    let first = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    ledger
        .settle(world.refill(&first), &world.installation)
        .unwrap();
    let late = after(NOW, HOUR * 9);
    assert_eq!(world.credit(&mut ledger, METER, "a", late).unwrap(), first);
    assert!(matches!(
        world.cancel(&mut ledger, "a", late),
        Err(LedgerError::AlreadyCredited { sequence: 1 })
    ));
}

#[test]
fn a_payment_moves_only_after_the_box_used_its_correction() {
    let world = World::new();
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    let correction = world.cancel(&mut ledger, "a", NOW).unwrap();
    assert_eq!(correction.body.amount, Mills::ZERO);
    assert_eq!(correction.body.kind, EvidenceKind::Correction);
    assert_eq!(correction.body.funding_sequence, 1);
    assert_ne!(correction.body.id, payment.body.id);
    assert_eq!(world.cancel(&mut ledger, "a", NOW).unwrap(), correction);
    for meter in [METER, OTHER] {
        assert!(world.credit(&mut ledger, meter, "a", NOW).is_err());
    }
    assert!(matches!(
        world.credit(&mut ledger, METER, "b", NOW),
        Err(LedgerError::Outstanding { sequence: 1, .. })
    ));
    let settlement = ledger
        .settle(world.refill(&correction), &world.installation)
        .unwrap();
    assert_eq!(settlement.state, FundingState::TakenBack);
    drop(ledger);
    let mut ledger = world.open().unwrap();
    assert_eq!(
        world
            .credit(&mut ledger, OTHER, "a", NOW)
            .unwrap()
            .body
            .funding_sequence,
        1
    );
    assert_eq!(
        world
            .credit(&mut ledger, METER, "b", NOW)
            .unwrap()
            .body
            .funding_sequence,
        2
    );
}

#[test]
fn a_payment_that_beats_its_correction_is_credited() {
    let world = World::new();
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    let correction = world.cancel(&mut ledger, "a", NOW).unwrap();
    ledger
        .settle(world.refill(&payment), &world.installation)
        .unwrap();
    assert_eq!(ledger.find("a").unwrap().state(), FundingState::Credited);
    assert!(matches!(
        ledger.settle(world.refill(&correction), &world.installation),
        Err(LedgerError::Contradiction {
            meter: METER,
            sequence: 1
        })
    ));
    assert!(matches!(
        world.credit(&mut ledger, OTHER, "a", NOW),
        Err(LedgerError::ReferenceUsed { meter: METER })
    ));
}

#[test]
fn the_same_decision_twice_settles_once() {
    let world = World::new();
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    let decision = world.refill(&payment);
    let first = ledger
        .settle(decision.clone(), &world.installation)
        .unwrap();
    let length = fs::metadata(world.path()).unwrap().len();
    assert_eq!(ledger.settle(decision, &world.installation).unwrap(), first);
    assert_eq!(fs::metadata(world.path()).unwrap().len(), length);
}

#[test]
fn only_a_box_decision_about_our_evidence_settles() {
    let world = World::new();
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    let good = world.decision(&payment);
    let as_box = |body: Decision| signed(body, &world.meter_box);
    let mut stripped = payment.clone();
    stripped.signatures = List::new(payment.signatures.as_slice()[..1].to_vec()).unwrap();
    let settle = |ledger: &mut Ledger, decision| ledger.settle(decision, &world.installation);

    let forged = signed(good.clone(), &world.treasury[0]);
    assert!(matches!(
        settle(&mut ledger, forged),
        Err(LedgerError::Trust(_))
    ));
    for body in [
        Decision {
            decision: DecisionKind::Act,
            ..good.clone()
        },
        Decision {
            box_kind: BoxKind::Auth,
            ..good.clone()
        },
        Decision {
            installation: InstallationId([4; 16]),
            ..good.clone()
        },
    ] {
        assert!(matches!(
            settle(&mut ledger, as_box(body)),
            Err(LedgerError::NotARefill)
        ));
    }
    for body in [
        Decision {
            evidence: Digest([1; 32]),
            ..good.clone()
        },
        Decision {
            evidence: statement_digest(&stripped.to_bytes()),
            ..good.clone()
        },
        Decision {
            subject: OTHER.subject(),
            ..good.clone()
        },
    ] {
        assert!(matches!(
            settle(&mut ledger, as_box(body)),
            Err(LedgerError::UnknownEvidence)
        ));
    }
    assert_eq!(ledger.find("a").unwrap().state(), FundingState::Outstanding);
}

#[test]
fn exactly_m_enrolled_keys_sign() {
    let world = World::new();
    let mut ledger = world.create();
    let [a, b, c] = &world.treasury;
    let stranger = SigningKey::generate("stranger").unwrap();
    let order = deposit(METER, "a");
    let mut credit =
        |keys: &[&SigningKey]| ledger.credit(&world.installation, &order, NOW, HOUR, keys);
    assert!(matches!(
        credit(&[a]),
        Err(LedgerError::TooFewKeys { needed: 2 })
    ));
    assert!(matches!(
        credit(&[a, a]),
        Err(LedgerError::Sign(SignError::Twice(_)))
    ));
    assert!(matches!(
        credit(&[a, b, &stranger]),
        Err(LedgerError::NotEnrolled(_))
    ));
    assert_eq!(credit(&[c, a, b]).unwrap().signatures.as_slice().len(), 2);
}

#[test]
fn terms_out_of_range_are_refused_and_leave_no_trace() {
    let world = World::new();
    let mut ledger = world.create();
    let before = fs::read(world.path()).unwrap();
    let long = "x".repeat(141);
    for reference in ["", " a", "a ", "a\nb", "\u{e4}", "a\0", long.as_str()] {
        let refused = world.credit(&mut ledger, METER, reference, NOW);
        assert!(
            matches!(refused, Err(LedgerError::Reference)),
            "{reference:?}"
        );
    }
    let plain = deposit(METER, "a");
    for amount in [Mills(0), Mills(AMOUNT_MAX + 1)] {
        let order = Credit { amount, ..plain };
        let refused = ledger.credit(&world.installation, &order, NOW, HOUR, &world.keys());
        assert!(matches!(refused, Err(LedgerError::Amount)));
    }
    let order = Credit {
        kind: EvidenceKind::Correction,
        ..plain
    };
    let refused = ledger.credit(&world.installation, &order, NOW, HOUR, &world.keys());
    assert!(matches!(refused, Err(LedgerError::Kind)));
    for span in [Duration::ZERO, Duration::MAX] {
        let refused = ledger.credit(&world.installation, &plain, NOW, span, &world.keys());
        assert!(matches!(refused, Err(LedgerError::Validity)));
    }
    assert!(matches!(
        world.cancel(&mut ledger, "a", NOW),
        Err(LedgerError::UnknownReference)
    ));
    assert_eq!(fs::read(world.path()).unwrap(), before);
}

/// A ledger of four lines: opened, signed, settled, signed.
fn four_lines(world: &World) -> Vec<u8> {
    let mut ledger = world.create();
    let payment = world.credit(&mut ledger, METER, "a", NOW).unwrap();
    ledger
        .settle(world.refill(&payment), &world.installation)
        .unwrap();
    world.credit(&mut ledger, METER, "b", NOW).unwrap();
    drop(ledger);
    fs::read(world.path()).unwrap()
}

#[test]
fn a_line_cut_off_anywhere_is_dropped_and_nothing_else() {
    let world = World::new();
    let whole = four_lines(&world);
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|b| *b == b'\n')
        .unwrap()
        + 1;
    for length in last..whole.len() {
        fs::write(world.path(), &whole[..length]).unwrap();
        let mut ledger = world.open().unwrap();
        assert_eq!(ledger.find("a").unwrap().state(), FundingState::Credited);
        assert!(ledger.find("b").is_none());
        assert_eq!(fs::metadata(world.path()).unwrap().len(), last as u64);
        // The line is written again where it was torn.
        world.credit(&mut ledger, METER, "b", NOW).unwrap();
        drop(ledger);
        assert_eq!(fs::read(world.path()).unwrap(), whole);
    }
}

#[test]
fn every_altered_byte_is_found() {
    let world = World::new();
    let whole = four_lines(&world);
    for at in 0..whole.len() - 1 {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(world.path(), &altered).unwrap();
        let line = whole[..at].iter().filter(|b| **b == b'\n').count() + 1;
        match world.open() {
            Err(LedgerError::Damaged { line: found }) => assert_eq!(found, line, "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn lines_left_out_or_moved_are_found() {
    let world = World::new();
    let whole = four_lines(&world);
    let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 4);
    for order in [
        &[0, 2, 3][..],
        &[0, 1, 3],
        &[1, 2, 3],
        &[0, 1, 2, 3, 3],
        &[0, 1, 3, 2],
        &[],
    ] {
        let text: Vec<u8> = order
            .iter()
            .flat_map(|i: &usize| lines[*i].to_vec())
            .collect();
        fs::write(world.path(), text).unwrap();
        assert!(
            matches!(world.open(), Err(LedgerError::Damaged { .. })),
            "{order:?}"
        );
    }
}

#[test]
fn missing_locked_existing_and_foreign_ledgers_are_told_apart() {
    let world = World::new();
    assert!(matches!(
        world.open(),
        Err(LedgerError::Log(LogError::Io { .. }))
    ));
    let ledger = world.create();
    assert!(matches!(
        world.open(),
        Err(LedgerError::Log(LogError::Locked { .. }))
    ));
    drop(ledger);
    assert!(matches!(
        Ledger::create(&world.path(), ID),
        Err(LedgerError::Log(LogError::Io { .. }))
    ));
    let other = InstallationId([9; 16]);
    assert!(matches!(
        Ledger::open(&world.path(), other),
        Err(LedgerError::OtherInstallation)
    ));
    let path = world.folder.path().join("other");
    let mut foreign = Ledger::create(&path, other).unwrap();
    assert!(matches!(
        world.credit(&mut foreign, METER, "a", NOW),
        Err(LedgerError::OtherInstallation)
    ));
}

#[derive(Debug, Clone)]
enum Step {
    Credit(u32, usize),
    Cancel(usize),
    /// Shows one of all evidences ever signed to the box.
    Show(prop::sample::Index),
    /// Shows one of all decisions ever made to the ledger.
    Settle(prop::sample::Index),
    Wait,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..3u32, 0..3usize).prop_map(|(meter, reference)| Step::Credit(meter, reference)),
        2 => (0..3usize).prop_map(Step::Cancel),
        4 => any::<prop::sample::Index>().prop_map(Step::Show),
        4 => any::<prop::sample::Index>().prop_map(Step::Settle),
        1 => Just(Step::Wait),
        1 => Just(Step::Reopen),
    ]
}

/// What P22 asks of a box: right sequence, not expired, each sequence once.
#[derive(Default)]
struct ModelBox {
    sequences: HashMap<MeterSerial, u64>,
    credited: HashMap<Digest, u64>,
}

impl ModelBox {
    fn refill(&mut self, evidence: &CreditEvidence, now: Time) -> bool {
        let last = self.sequences.entry(evidence.meter).or_default();
        if evidence.funding_sequence != *last + 1 || now >= evidence.expires {
            return false;
        }
        *last += 1;
        if evidence.kind != EvidenceKind::Correction {
            *self.credited.entry(evidence.reference).or_default() += 1;
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_credits_a_payment_twice(steps in prop::collection::vec(step(), 1..60)) {
        let references = ["a", "b", "c"];
        let world = World::new();
        let mut ledger = world.create();
        let mut model = ModelBox::default();
        let (mut now, mut evidences, mut decisions) = (NOW, Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Credit(meter, i) => {
                    evidences.extend(world.credit(&mut ledger, MeterSerial(meter), references[i], now).ok());
                }
                Step::Cancel(i) => evidences.extend(world.cancel(&mut ledger, references[i], now).ok()),
                Step::Show(index) if !evidences.is_empty() => {
                    let evidence: &MultiSigned<CreditEvidence> = index.get(&evidences);
                    if model.refill(&evidence.body, now) {
                        decisions.push(world.refill(evidence));
                    }
                }
                Step::Settle(index) if !decisions.is_empty() => {
                    let decision: &Signed<Decision> = index.get(&decisions);
                    prop_assert!(ledger.settle(decision.clone(), &world.installation).is_ok());
                }
                Step::Show(_) | Step::Settle(_) => {}
                Step::Wait => now = after(now, HOUR),
                Step::Reopen => {
                    let before: Vec<Funding> = ledger.fundings().cloned().collect();
                    drop(ledger);
                    ledger = world.open().unwrap();
                    prop_assert_eq!(ledger.fundings().cloned().collect::<Vec<_>>(), before);
                }
            }
            prop_assert!(model.credited.values().all(|times| *times == 1), "{:?}", model.credited);
            // Nothing is creditable in two places: whatever is live has one id per reference.
            for reference in references {
                let live: Vec<_> = ledger
                    .fundings()
                    .filter(|f| f.reference() == reference && f.state() != FundingState::TakenBack)
                    .map(|f| f.evidence().body.id)
                    .collect();
                prop_assert!(live.len() <= 1, "{reference}: {live:?}");
            }
        }
        // Every payment can be brought to an end: settle all, cancel what is left, show, settle.
        for decision in &decisions {
            ledger.settle(decision.clone(), &world.installation).unwrap();
        }
        for reference in references {
            let waits = ledger.find(reference).is_some_and(|f| f.state() == FundingState::Outstanding);
            if waits {
                let correction = world.cancel(&mut ledger, reference, now).unwrap();
                prop_assert!(model.refill(&correction.body, now));
                let end = ledger.settle(world.refill(&correction), &world.installation).unwrap();
                prop_assert_eq!(end.state, FundingState::TakenBack);
            }
        }
    }
}
