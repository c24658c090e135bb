//! Dispensing: what is issued, what is refused, and in which order.

use crate::desk::*;
use crate::tokens::tokens;
use crate::world::*;
use item::limits::ASCENDING_MAX;
use item::payload::ROUTING_MAX;
use item::*;
use wire::*;

#[test]
fn an_item_is_signed_chained_and_booked_p13() {
    let mut desk = Desk::active();
    let counter = desk.record().counter;
    let mut first = desk.order(&[740, 240]);
    first.expected_piece_count = Some(0);
    let request = desk.joined(vec![first.clone()]);
    let delivery = desk.done(request);
    let items = rows(&delivery);
    let record = desk.record();
    assert_eq!(
        (record.ascending, record.descending, record.piece_count),
        (Mills(980), Mills(999_020), 2)
    );
    assert_eq!(
        (record.day_used, record.month_used),
        (Mills(980), Mills(980))
    );
    assert_eq!(
        delivery.orders.as_slice(),
        [OrderOutcome {
            request: first.request,
            result: Ok((0, 2))
        }]
    );
    assert_eq!(items[0].previous, Digest::ZERO);
    assert_eq!(
        items[1].previous,
        verify::statement_digest(delivery.rows.as_slice()[0].as_slice())
    );
    assert_eq!(
        record.item_head,
        verify::statement_digest(delivery.rows.as_slice()[1].as_slice())
    );
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice()).unwrap();
    assert_eq!(decision.body.head, record.item_head);
    assert_eq!(decision.body.decision, DecisionKind::Dispense);
    assert_eq!(decision.body.new, verify::record_digest(&desk.shown));

    for (place, item) in items.iter().enumerate() {
        let payload = Payload::from_bytes(item.payload.as_slice()).unwrap();
        verify::open_payload(payload.clone(), &World::item_key()).unwrap();
        assert_eq!(item.counter, Counter(counter.0 + 1));
        assert_eq!(item.position as usize, place);
        assert_eq!(item.piece_count as usize, place + 1);
        assert_eq!((item.user, item.department), (USER, Department(4)));
        assert_eq!(item.request, first.request);
        assert!(payload.specimen && item.specimen);
        assert_eq!(payload.ascending, item.ascending);
        assert_eq!(payload.descending, item.descending);
        assert_eq!(payload.piece_count, item.piece_count);
        assert_eq!(
            payload.address_digest,
            verify::address_digest(
                SERIAL,
                item.piece_count,
                &first.items.as_slice()[place].address
            )
        );
        assert_eq!(tokens(&mut desk, &payload), (true, true));
    }
    let print = desk.print(&[100]);
    let next = desk.done(print);
    assert_eq!(rows(&next)[0].previous, record.item_head);
}

#[test]
fn an_order_is_refused_by_name() {
    let mut desk = Desk::active_with(
        Limits {
            item: Mills(900_000),
            day: Mills(1_500_000),
            month: Mills(1_600_000),
            descending: Mills(1_000_000),
        },
        Zip(95_814),
    );
    let after = |days: u64| Day::of_time(Time(NOON + days * DAY));
    let yesterday = Day::of_time(Time(NOON - DAY));
    type Alter = Box<dyn Fn(&mut ItemSpec)>;
    let spec = |alter: fn(&mut ItemSpec)| -> Alter { Box::new(alter) };
    let lines = |bytes: &[u8]| AddressLines::new(bytes.to_vec()).unwrap();
    let cases: Vec<(&str, Alter, RefusalCode)> = vec![
        (
            "no value",
            spec(|s| s.value = Mills(0)),
            RefusalCode::BadValue,
        ),
        (
            "more than a payload holds",
            spec(|s| s.value = Mills(1 << 32)),
            RefusalCode::BadValue,
        ),
        (
            "more than 64 bits in sum",
            spec(|s| s.value = Mills(u64::MAX)),
            RefusalCode::BadValue,
        ),
        (
            "one above the item limit",
            spec(|s| s.value = Mills(900_001)),
            RefusalCode::ItemLimit,
        ),
        (
            "yesterday",
            Box::new(move |s| s.mailing_day = yesterday),
            RefusalCode::MailingDate,
        ),
        (
            "in 31 days",
            Box::new(move |s| s.mailing_day = after(31)),
            RefusalCode::MailingDate,
        ),
        (
            "no day",
            spec(|s| s.mailing_day = Day::NONE),
            RefusalCode::MailingDate,
        ),
        (
            "another origin",
            spec(|s| s.origin = Zip(95_815)),
            RefusalCode::Origin,
        ),
        (
            "no origin",
            spec(|s| s.origin = Zip(0)),
            RefusalCode::Origin,
        ),
        (
            "above every delivery point",
            spec(|s| s.destination = ROUTING_MAX + 1),
            RefusalCode::Destination,
        ),
        (
            "address not normalised",
            Box::new(move |s| s.address = lines(b"a b")),
            RefusalCode::Destination,
        ),
        (
            "date and origin",
            Box::new(move |s| {
                s.mailing_day = yesterday;
                s.origin = Zip(0);
            }),
            RefusalCode::MailingDate,
        ),
        (
            "value and date",
            Box::new(move |s| {
                s.value = Mills(0);
                s.mailing_day = yesterday;
            }),
            RefusalCode::BadValue,
        ),
        (
            "more than there is, to nowhere",
            spec(|s| {
                s.value = Mills(900_000);
                s.destination = ROUTING_MAX + 1;
            }),
            RefusalCode::Destination,
        ),
    ];
    let mut generous = World::authority(NOON);
    generous.ceiling = Mills(u64::MAX);
    for (name, alter, code) in cases {
        let mut order = desk.order(&[200_000, 740]);
        let mut items = order.items.into_vec();
        alter(&mut items[1]);
        order.items = List::new(items).unwrap();
        refused_alone(
            &mut desk,
            name,
            dispense(generous.clone(), vec![order]),
            code,
        );
    }
    for (name, values, expected, code) in [
        ("funds", vec![500_000, 500_001], None, RefusalCode::Funds),
        (
            "funds before piece count",
            vec![500_000, 500_001],
            Some(9),
            RefusalCode::Funds,
        ),
        ("piece count", vec![740], Some(1), RefusalCode::PieceCount),
        (
            "day before funds",
            vec![750_001, 750_000],
            None,
            RefusalCode::DayLimit,
        ),
    ] {
        let mut order = desk.order(&values);
        order.expected_piece_count = expected;
        refused_alone(
            &mut desk,
            name,
            dispense(generous.clone(), vec![order]),
            code,
        );
    }
    // The first item's later reason does not hide the second item's earlier one.
    let mut order = desk.order(&[740, 740]);
    let mut items = order.items.into_vec();
    items[0].destination = ROUTING_MAX + 1;
    items[1].value = Mills(0);
    order.items = List::new(items).unwrap();
    refused_alone(
        &mut desk,
        "precedence over items",
        dispense(generous.clone(), vec![order]),
        RefusalCode::BadValue,
    );
    // The very edges pass.
    let mut order = desk.order(&[500_000, 500_000]);
    let mut items = order.items.into_vec();
    items[0].mailing_day = after(30);
    items[0].destination = ROUTING_MAX;
    items[0].address = AddressLines::default();
    order.items = List::new(items).unwrap();
    let delivery = desk.done(dispense(generous, vec![order]));
    assert_eq!(rows(&delivery)[0].address_digest, [0; 8]);
    assert_eq!(desk.record().descending, Mills::ZERO);
}

#[test]
fn a_floating_meter_takes_any_real_origin() {
    let mut desk = Desk::active();
    for (origin, ok) in [(0, false), (1, true), (99_999, true), (100_000, false)] {
        let mut order = desk.order(&[740]);
        let mut items = order.items.into_vec();
        items[0].origin = Zip(origin);
        order.items = List::new(items).unwrap();
        let request = desk.joined(vec![order]);
        if ok {
            assert_eq!(rows(&desk.done(request))[0].origin, Zip(origin));
        } else {
            assert_eq!(desk.refused(request), RefusalCode::Origin);
        }
    }
}

#[test]
fn state_suspension_and_inspection_stop_dispensing() {
    let mut desk = Desk::active();
    desk.done_act(ActBody::Inspect { due: desk.today() });
    assert_eq!(desk.record().inspected, desk.today());
    let print = desk.print(&[0]);
    refused_alone(&mut desk, "due today", print, RefusalCode::InspectionDue);
    desk.done_act(ActBody::Suspend(Suspension::ABUSE));
    let print = desk.print(&[740]);
    refused_alone(&mut desk, "both", print, RefusalCode::Suspended);
    desk.done_act(ActBody::Resume(Suspension::ABUSE));
    desk.done_act(ActBody::Inspect {
        due: Day::of_time(Time(NOON + DAY)),
    });
    let print = desk.print(&[740]);
    desk.done(print);
    desk.now += DAY;
    let print = desk.print(&[740]);
    refused_alone(&mut desk, "the next day", print, RefusalCode::InspectionDue);
    let mut idle = Desk::manufactured();
    let print = idle.print(&[740]);
    refused_alone(&mut idle, "not active", print, RefusalCode::WrongState);
}

#[test]
fn registers_keep_the_width_of_the_payload() {
    let full: [fn(&mut MeterRecord); 2] = [
        |r| {
            r.ascending = Mills(ASCENDING_MAX - 999);
            base(r);
        },
        |r| {
            r.piece_count = u32::MAX - 1;
            base(r);
        },
    ];
    for prepare in full {
        let mut desk = Desk::prepared(prepare);
        let print = desk.print(&[500, 500]);
        refused_alone(&mut desk, "too wide", print, RefusalCode::RegisterWidth);
        let print = desk.print(&[999]);
        desk.done(print);
        let record = desk.record();
        assert!(record.ascending.0 == ASCENDING_MAX || record.piece_count == u32::MAX);
    }
}

fn base(record: &mut MeterRecord) {
    record.state = MeterState::Active;
    record.limits = GENEROUS;
    record.descending = Mills(5_000);
    record.deposits = Mills(record.ascending.0 + 5_000);
}

#[test]
fn day_and_month_limits_start_anew_p26() {
    let mut desk = Desk::active_with(
        Limits {
            item: Mills(1_000),
            day: Mills(1_000),
            month: Mills(2_500),
            descending: Mills(1_000_000),
        },
        Zip(0),
    );
    let month_starts = 20_788 * DAY; // 2026-12-01
    let mut print = |now: u64, value: u64| {
        desk.now = now;
        let request = desk.print(&[value]);
        match desk.decide(request) {
            Outcome::Done(delivery) => {
                desk.shown = delivery.record.as_slice().to_vec();
                Ok(desk.record().day_used.0)
            }
            Outcome::Declined(orders) => Err(orders.as_slice()[0].result.clone().unwrap_err().code),
            other => panic!("{other:?}"),
        }
    };
    let midnight = 20_779 * DAY;
    for (name, now, value, result) in [
        ("most of the day", NOON, 900, Ok(900)),
        ("above the day", NOON, 101, Err(RefusalCode::DayLimit)),
        (
            "still above at the last moment",
            midnight - 1,
            101,
            Err(RefusalCode::DayLimit),
        ),
        ("the rest of the day", midnight - 1, 100, Ok(1_000)),
        ("the next day", midnight, 1_000, Ok(1_000)),
        (
            "above the month",
            midnight + DAY,
            501,
            Err(RefusalCode::MonthLimit),
        ),
        ("the rest of the month", midnight + DAY, 500, Ok(500)),
        (
            "nothing is left",
            month_starts - 1,
            1,
            Err(RefusalCode::MonthLimit),
        ),
        ("the next month", month_starts, 1_000, Ok(1_000)),
    ] {
        assert_eq!(print(now, value), result, "{name}");
    }
}

#[test]
fn joined_orders_are_refused_alone_p11() {
    let mut desk = Desk::active();
    let counter = desk.record().counter;
    let mut orders = vec![
        desk.order(&[1_000, 2_000]),
        desk.order(&[0]),
        desk.order(&[300_000]),
        desk.order(&[3_000]),
        desk.order(&[4_000]),
        desk.order(&[5_000]),
    ];
    // Counts before its own first item, those before it in the entry included.
    orders[3].expected_piece_count = Some(2);
    orders[4].expected_piece_count = Some(2);
    orders[5].expected_piece_count = Some(3);
    let requests: Vec<_> = orders.iter().map(|o| o.request).collect();
    let request = desk.joined(orders);
    let delivery = desk.done(request);
    let results: Vec<_> = delivery
        .orders
        .as_slice()
        .iter()
        .zip(&requests)
        .map(|(outcome, request)| {
            assert_eq!(outcome.request, *request);
            outcome.result.clone().map_err(|refusal| refusal.code)
        })
        .collect();
    assert_eq!(
        results,
        [
            Ok((0, 2)),
            Err(RefusalCode::BadValue),
            Err(RefusalCode::ItemLimit),
            Ok((2, 1)),
            Err(RefusalCode::PieceCount),
            Ok((3, 1)),
        ]
    );
    let items = rows(&delivery);
    assert_eq!(items.len(), 4);
    let positions: Vec<_> = items.iter().map(|i| (i.position, i.piece_count)).collect();
    assert_eq!(positions, [(0, 1), (1, 2), (2, 3), (3, 4)]);
    assert_eq!(items[3].request, requests[5]);
    let record = desk.record();
    assert_eq!(record.counter, Counter(counter.0 + 1));
    assert_eq!(record.ascending, Mills(11_000));
    assert_eq!(record.day_used, Mills(11_000));
}

#[test]
fn the_shape_of_an_entry() {
    let mut desk = Desk::active();
    let order = desk.order(&[740]);
    let empty = desk.order(&[]);
    let many: Vec<_> = (0..5).map(|_| desk.order(&[1; 1_000])).collect();
    for (name, orders, code) in [
        ("no order", vec![], RefusalCode::Malformed),
        (
            "an order of nothing",
            vec![order.clone(), empty],
            RefusalCode::Malformed,
        ),
        (
            "one request twice",
            vec![order.clone(), order],
            RefusalCode::Malformed,
        ),
        ("5,000 items", many, RefusalCode::TooLarge),
    ] {
        let request = desk.joined(orders);
        let before = desk.journal_sequence();
        assert_eq!(
            desk.decide(request),
            Outcome::Refused(code.into()),
            "{name}"
        );
        assert_eq!(desk.journal_sequence(), before);
    }
}

#[test]
fn a_thousand_items_in_one_decision() {
    let mut desk = Desk::active();
    let print = desk.print(&[740; 1_000]);
    let delivery = desk.done(print);
    assert_eq!(rows(&delivery).len(), 1_000);
    assert_eq!(desk.record().descending, Mills(260_000));
    assert_eq!(desk.record().piece_count, 1_000);
}

#[test]
fn a_clock_set_back_by_act_gives_no_new_allowance() {
    let limits = Limits {
        day: Mills(100_000),
        ..GENEROUS
    };
    let mut desk = Desk::active_with(limits, Zip(0));
    let print = desk.print(&[100_000]);
    desk.done(print);
    desk.now -= DAY;
    let print = desk.print(&[1]);
    assert_eq!(desk.refused(print.clone()), RefusalCode::ClockDoubtful);
    let of_box = Subject([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    let confirm = ActBody::ConfirmTime(Time(desk.now));
    let act = sign_all(desk.world.act(of_box, 1, desk.now, confirm), &OPERATORS);
    assert_eq!(desk.ask(Request::BoxAct(act)), Reply::Acted(None));
    refused_alone(&mut desk, "the day before", print, RefusalCode::DayLimit);
    desk.now += 2 * DAY;
    let confirm = ActBody::ConfirmTime(Time(desk.now));
    let act = sign_all(desk.world.act(of_box, 2, desk.now, confirm), &OPERATORS);
    assert_eq!(desk.ask(Request::BoxAct(act)), Reply::Acted(None));
    let print = desk.print(&[1]);
    desk.done(print);
    assert_eq!(desk.record().day_used, Mills(1));
}
