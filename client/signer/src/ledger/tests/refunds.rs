//! Balances that were paid out (P24).

use super::*;
use item::{Act, ActBody, BalanceRefund, Beneficiary};

const CLOSED: MeterSerial = METER;

/// An act that pays `CLOSED` out, and the box's decision about it.
fn paid(
    house: &World,
    amount: u64,
    beneficiary: Beneficiary,
) -> (Signed<Decision>, MultiSigned<Act>) {
    let act = Act {
        version: Version,
        installation: ID,
        box_kind: BoxKind::Meter,
        subject: CLOSED.subject(),
        sequence: 9,
        issued: NOW,
        expires: Time(NOW.0 + 1),
        body: ActBody::RefundBalance(BalanceRefund {
            amount: Mills(amount),
            beneficiary,
        }),
    };
    let [a, ..] = &house.treasury;
    let act = crate::sign_act(act, &[a]).unwrap();
    let decision = Decision {
        version: Version,
        suite: Suite::Ed25519,
        key: KeySerial(1),
        installation: ID,
        box_kind: BoxKind::Meter,
        box_id: BoxId(1),
        subject: CLOSED.subject(),
        decision: DecisionKind::BalanceRefund,
        counter: Counter(9),
        request: RequestId::ZERO,
        old: Digest::ZERO,
        new: Digest::ZERO,
        head: Digest::ZERO,
        evidence: statement_digest(&act.to_bytes()),
        time: NOW,
        journal_sequence: 9,
    };
    (signed(decision, &house.meter_box), act)
}

fn to_other(sequence: u64) -> Beneficiary {
    Beneficiary::Meter {
        serial: OTHER,
        funding_sequence: sequence,
    }
}

#[test]
fn a_balance_is_booked_once_p24() {
    let house = World::new();
    let mut ledger = house.create();
    let (decision, act) = paid(&house, 700, Beneficiary::Treasury);
    let booked = ledger.refund(decision.clone(), act.clone(), &house.installation);
    let booked = booked.unwrap();
    assert_eq!((booked.meter, booked.refund.amount), (CLOSED, Mills(700)));
    for _ in 0..2 {
        let again = ledger.refund(decision.clone(), act.clone(), &house.installation);
        assert_eq!(again.unwrap(), booked);
        drop(ledger);
        ledger = house.open().unwrap();
        assert_eq!(ledger.refunds().collect::<Vec<_>>(), [&booked]);
    }
    // Another decision of the same meter: its box has a twin.
    let (other, act) = paid(&house, 600, Beneficiary::Treasury);
    assert!(matches!(
        ledger.refund(other, act.clone(), &house.installation),
        Err(LedgerError::PaidTwice { meter: CLOSED })
    ));
    // An act that the decision does not name.
    assert!(matches!(
        ledger.refund(decision, act, &house.installation),
        Err(LedgerError::NotABalance)
    ));
    // What the treasury gets is credited to no meter.
    assert!(matches!(
        ledger.transfer(
            &house.installation,
            &booked,
            Currency(840),
            NOW,
            HOUR,
            &house.keys()
        ),
        Err(LedgerError::NotABalance)
    ));
}

#[test]
fn a_transfer_is_one_deposit_of_one_meter_p24() {
    let house = World::new();
    let mut ledger = house.create();
    let (decision, act) = paid(&house, 50_000, to_other(1));
    let reference = verify::refund_reference(&statement_digest(&decision.to_bytes()));
    // Nobody credits under its reference before a box has paid it out.
    assert!(matches!(
        house.credit(&mut ledger, OTHER, &reference, NOW),
        Err(LedgerError::NotABalance)
    ));
    let booked = ledger.refund(decision, act, &house.installation).unwrap();
    assert_eq!(booked.reference, reference);
    // Its sequence waits for it, and no other meter gets it.
    assert!(matches!(
        house.credit(&mut ledger, OTHER, "another payment", NOW),
        Err(LedgerError::Outstanding { sequence: 1, .. })
    ));
    assert!(matches!(
        house.credit(&mut ledger, MeterSerial(72), &reference, NOW),
        Err(LedgerError::NotABalance)
    ));
    let transfer = |ledger: &mut Ledger| {
        let keys = house.keys();
        ledger.transfer(
            &house.installation,
            &booked,
            Currency(840),
            NOW,
            HOUR,
            &keys,
        )
    };
    let evidence = transfer(&mut ledger).unwrap();
    assert_eq!(evidence.body.funding_sequence, 1);
    assert_eq!(evidence.body.reference, payment_reference(&reference));
    assert_eq!(transfer(&mut ledger).unwrap(), evidence, "the same again");
    drop(ledger);
    let mut ledger = house.open().unwrap();
    assert_eq!(transfer(&mut ledger).unwrap(), evidence);
    let settled = ledger.settle(house.refill(&evidence), &house.installation);
    assert_eq!(settled.unwrap().state, FundingState::Credited);
    assert_eq!(transfer(&mut ledger).unwrap(), evidence, "it is used up");
    assert_eq!(ledger.next_sequence(OTHER).unwrap(), 2);
}

#[test]
fn a_transfer_whose_sequence_is_gone_is_owed_by_the_treasury_p24() {
    let house = World::new();
    let mut ledger = house.create();
    let first = house.credit(&mut ledger, OTHER, "a payment", NOW).unwrap();
    let settled = ledger.settle(house.refill(&first), &house.installation);
    settled.unwrap();
    let (decision, act) = paid(&house, 50_000, to_other(1));
    let booked = ledger.refund(decision, act, &house.installation).unwrap();
    let keys = house.keys();
    let transfer = ledger.transfer(
        &house.installation,
        &booked,
        Currency(840),
        NOW,
        HOUR,
        &keys,
    );
    assert!(matches!(
        transfer,
        Err(LedgerError::SequenceTaken { sequence: 1 })
    ));
    assert!(
        house
            .credit(&mut ledger, OTHER, "the same by hand", NOW)
            .is_ok()
    );
}
