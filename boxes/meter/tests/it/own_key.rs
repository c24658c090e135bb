//! Orders of a user with a key of his own: nothing is dispensed that the user did not sign, and nothing
//! that costs more than he agreed to (P20).

use crate::desk::*;
use crate::world::*;
use item::*;
use verify::Tagged;
use wire::*;

/// Names of the user's key, and of somebody else's.
const OWN: u8 = 91;
const OTHER: u8 = 92;

/// A full authority of a user with a key.
fn authority(now: u64) -> Authority {
    Authority {
        signing_key: Some(signer(OWN).public().clone()),
        api_key: Some(ApiKeyId([7; 16])),
        ..World::authority(now)
    }
}

/// What the user agrees to, as a client writes it.
fn statement(desk: &Desk, order: &Order, max_total: u64) -> OrderStatement {
    OrderStatement {
        version: Version,
        installation: desk.world.installation.transcript().installation,
        user: USER,
        meter: SERIAL,
        key_digest: order.key_digest,
        body_digest: order.body_digest,
        items: u32::try_from(order.items.as_slice().len()).unwrap(),
        expected_piece_count: order.expected_piece_count,
        max_total: Mills(max_total),
        expires: Time(desk.now + 10 * MINUTE),
    }
}

fn signed(statement: &OrderStatement, key: u8) -> OwnSignature {
    OwnSignature {
        max_total: statement.max_total,
        expires: statement.expires,
        signature: signer(key)
            .sign(OrderStatement::TAG, &statement.to_bytes())
            .unwrap(),
    }
}

/// An order of two items, signed for exactly what it costs.
fn order(desk: &mut Desk) -> Order {
    let mut order = desk.order(&[740, 740]);
    order.expected_piece_count = Some(desk.record().piece_count);
    let statement = statement(desk, &order, 1_480);
    order.signature = Some(signed(&statement, OWN));
    order
}

#[test]
fn an_order_that_the_user_signed_is_dispensed_p20() {
    let mut desk = Desk::active();
    let order = order(&mut desk);
    let delivery = desk.done(dispense(authority(NOON), vec![order]));
    assert_eq!(rows(&delivery).len(), 2);
    // A limit above what it costs is as good; so is no expected count.
    let mut generous = desk.order(&[740]);
    let statement = statement(&desk, &generous, 5_000);
    generous.signature = Some(signed(&statement, OWN));
    desk.done(dispense(authority(NOON), vec![generous]));
}

#[test]
fn whatever_a_server_alters_in_a_signed_order_is_refused_p20() {
    let mut desk = Desk::active();
    type Alter = fn(&mut Order);
    let cases: [(&str, Alter); 13] = [
        ("stripped", |o| o.signature = None),
        ("other body", |o| o.body_digest = Digest([9; 32])),
        ("other idempotency key", |o| o.key_digest = Digest([9; 32])),
        ("no expected count", |o| o.expected_piece_count = None),
        ("dearer", |o| {
            let mut items = o.items.clone().into_vec();
            items[1].value = Mills(741);
            o.items = List::new(items).unwrap();
        }),
        ("one more, of little", |o| {
            let mut items = o.items.clone().into_vec();
            items[1].value = Mills(370);
            items.push(items[1].clone());
            o.items = List::new(items).unwrap();
        }),
        ("one less", |o| {
            let mut items = o.items.clone().into_vec();
            items.pop();
            o.items = List::new(items).unwrap();
        }),
        ("another limit", |o| {
            o.signature.as_mut().unwrap().max_total = Mills(1_481);
        }),
        ("another expiry", |o| {
            o.signature.as_mut().unwrap().expires.0 -= 1;
        }),
        ("first byte", |o| {
            o.signature.as_mut().unwrap().signature[0] ^= 1;
        }),
        ("last byte", |o| {
            o.signature.as_mut().unwrap().signature[63] ^= 1;
        }),
        ("nothing", |o| {
            o.signature.as_mut().unwrap().signature = [0; 64];
        }),
        ("a later piece", |o| o.expected_piece_count = Some(1)),
    ];
    for (name, alter) in cases {
        let mut order = order(&mut desk);
        alter(&mut order);
        let code = match name {
            "a later piece" => RefusalCode::PieceCount,
            _ => RefusalCode::OwnSignature,
        };
        let request = dispense(authority(NOON), vec![order]);
        refused_alone(&mut desk, name, request, code);
    }
}

#[test]
fn a_signature_for_something_else_is_refused_p20() {
    let mut desk = Desk::active();
    type Alter = fn(&mut OrderStatement);
    let cases: [(&str, Alter, u8); 7] = [
        ("somebody else's key", |_| {}, OTHER),
        (
            "another data centre",
            |s| s.installation = InstallationId([9; 16]),
            OWN,
        ),
        ("another user", |s| s.user.0[0] ^= 1, OWN),
        ("another meter", |s| s.meter = MeterSerial(9), OWN),
        ("for less", |s| s.max_total = Mills(1_479), OWN),
        ("past its time", |s| s.expires = Time(NOON), OWN),
        (
            "far ahead",
            |s| s.expires = Time(NOON + 10 * MINUTE + 1),
            OWN,
        ),
    ];
    for (name, alter, key) in cases {
        let mut order = order(&mut desk);
        let mut statement = statement(&desk, &order, 1_480);
        alter(&mut statement);
        order.signature = Some(signed(&statement, key));
        let request = dispense(authority(NOON), vec![order]);
        refused_alone(&mut desk, name, request, RefusalCode::OwnSignature);
    }
    // Under another tag the same bytes are nothing.
    let mut order = order(&mut desk);
    let statement = statement(&desk, &order, 1_480);
    let signature = signer(OWN).sign(UserStatement::TAG, &statement.to_bytes());
    order.signature.as_mut().unwrap().signature = signature.unwrap();
    let request = dispense(authority(NOON), vec![order]);
    refused_alone(&mut desk, "tag", request, RefusalCode::OwnSignature);
}

#[test]
fn every_byte_of_a_signature_counts() {
    let mut desk = Desk::active();
    let order = order(&mut desk);
    let shown = order.signature.unwrap().to_bytes();
    for place in 0..shown.len() {
        let mut bytes = shown.clone();
        bytes[place] ^= 1;
        let mut altered = order.clone();
        altered.signature = Some(OwnSignature::from_bytes(&bytes).unwrap());
        let request = dispense(authority(NOON), vec![altered]);
        assert_eq!(
            desk.refused(request),
            RefusalCode::OwnSignature,
            "byte {place}"
        );
    }
    desk.done(dispense(authority(NOON), vec![order]));
}

#[test]
fn an_unsigned_order_is_refused_alone_among_others_p11() {
    let mut desk = Desk::active();
    let mut unsigned = desk.order(&[740]);
    unsigned.authority = 1;
    let mut good = order(&mut desk);
    good.authority = 1;
    good.expected_piece_count = None;
    let statement = statement(&desk, &good, 1_480);
    good.signature = Some(signed(&statement, OWN));
    let mut free = desk.order(&[740]);
    free.authority = 0;
    let request = MeterRequest::Dispense(Dispense {
        authorities: List::new(
            [World::authority(NOON), authority(NOON)]
                .map(World::seal_authority)
                .to_vec(),
        )
        .unwrap(),
        orders: List::new(vec![unsigned, good, free]).unwrap(),
    });
    let delivery = desk.done(request);
    let results: Vec<_> = delivery
        .orders
        .as_slice()
        .iter()
        .map(|o| o.result.as_ref().err().map(|refusal| refusal.code))
        .collect();
    assert_eq!(results, [Some(RefusalCode::OwnSignature), None, None]);
    assert_eq!(rows(&delivery).len(), 3);
}
