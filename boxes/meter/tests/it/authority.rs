//! What an authority allows.

use crate::desk::*;
use crate::world::*;
use item::*;
use wire::*;

#[test]
fn an_authority_is_refused_by_name() {
    let mut desk = Desk::active();
    type Alter = fn(&mut Authority);
    let cases: [(&str, Alter, RefusalCode); 10] = [
        (
            "another epoch",
            |a| a.epoch = Epoch(202_610),
            RefusalCode::BadAuthority,
        ),
        (
            "past its five minutes",
            |a| a.expires = Time(NOON),
            RefusalCode::AuthorityExpired,
        ),
        (
            "made in the future",
            |a| {
                a.issued = Time(NOON + 5 * MINUTE + 1);
                a.expires = Time(NOON + 10 * MINUTE);
            },
            RefusalCode::AuthorityExpired,
        ),
        (
            "another account",
            |a| a.account = AccountId([1; 16]),
            RefusalCode::NotCovered,
        ),
        (
            "other meters",
            |a| a.meters = List::new(vec![MeterSerial(5)]).unwrap(),
            RefusalCode::NotCovered,
        ),
        (
            "right to read",
            |a| a.rights = Rights::READ,
            RefusalCode::NotCovered,
        ),
        (
            "right to fund",
            |a| a.rights = Rights::FUND,
            RefusalCode::NotCovered,
        ),
        (
            "ceiling for one item of two",
            |a| a.ceiling = Mills(1_479),
            RefusalCode::Ceiling,
        ),
        (
            "expired and of another account",
            |a| {
                a.expires = Time(NOON);
                a.account = AccountId([1; 16]);
            },
            RefusalCode::AuthorityExpired,
        ),
        (
            "ceiling and another account",
            |a| {
                a.ceiling = Mills(0);
                a.account = AccountId([1; 16]);
            },
            RefusalCode::NotCovered,
        ),
    ];
    for (name, alter, code) in cases {
        let mut authority = World::authority(NOON);
        alter(&mut authority);
        let order = desk.order(&[740, 740]);
        refused_alone(&mut desk, name, dispense(authority, vec![order]), code);
    }
    let mut forged = World::seal_authority(World::authority(NOON));
    forged.body.ceiling = Mills(u64::MAX);
    let mut order = desk.order(&[740]);
    let entry = |forged: &Sealed<Authority>, order: &Order| {
        MeterRequest::Dispense(Dispense {
            authorities: List::new(vec![forged.clone()]).unwrap(),
            orders: List::new(vec![order.clone()]).unwrap(),
        })
    };
    refused_alone(
        &mut desk,
        "altered",
        entry(&forged, &order),
        RefusalCode::BadAuthority,
    );
    order.authority = 1;
    refused_alone(
        &mut desk,
        "not shown",
        entry(&forged, &order),
        RefusalCode::Malformed,
    );
    let mut authority = World::authority(NOON);
    authority.meters = List::new(vec![MeterSerial(5), SERIAL]).unwrap();
    authority.ceiling = Mills(1_480);
    authority.issued = Time(NOON + 5 * MINUTE);
    let mut order = desk.order(&[740, 740]);
    order.expected_piece_count = Some(0);
    desk.done(dispense(authority, vec![order]));
}
