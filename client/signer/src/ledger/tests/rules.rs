//! What may be signed and settled, case by case.

use super::*;
use std::fs;

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
