//! Items that are taken back (P23, P25).

use crate::desk::*;
use crate::world::*;
use item::*;
use verify::{credited_digest, statement_digest};
use wire::{Delivery, Entry, ItemCreditRequest, MeterRequest, Outcome, RefusalCode};

const WAITING: u64 = 10;
const WINDOW: u64 = 60;

/// A meter, its items, and the credited list as the database has it.
pub(crate) struct Shop {
    pub(crate) desk: Desk,
    pub(crate) items: Vec<ItemRecord>,
    pub(crate) list: CreditedList,
}

impl Shop {
    pub(crate) fn open(limits: Limits, values: &[u64]) -> Self {
        Self::with(Desk::active_with(limits, Zip(0)), values)
    }

    /// With a meter whose record was prepared; past the waiting time.
    fn prepared(prepare: fn(&mut MeterRecord), values: &[u64]) -> Self {
        let mut desk = Desk::prepared(prepare);
        desk.done_act(register(Zip(0)));
        desk.done_act(license(GENEROUS));
        desk.done_act(ActBody::Activate);
        desk.fund(1_000_000);
        let mut shop = Self::with(desk, values);
        shop.desk.wait(WAITING * DAY);
        shop
    }

    fn with(mut desk: Desk, values: &[u64]) -> Self {
        let printed = desk.print(values);
        let items = rows(&desk.done(printed));
        Self {
            desk,
            items,
            list: CreditedList::default(),
        }
    }

    /// Two items, past their waiting time.
    pub(crate) fn waited() -> Self {
        let mut shop = Self::open(GENEROUS, &[700, 900]);
        shop.desk.wait(WAITING * DAY);
        shop
    }

    pub(crate) fn approval(&self, nth: usize) -> CreditApproval {
        let item = &self.items[nth];
        let payload = item.payload.as_slice();
        CreditApproval {
            version: Version,
            installation: self.desk.world.installation.transcript().installation,
            meter: item.meter,
            piece_count: item.piece_count,
            value: item.value,
            payload: verify::digest(verify::Tag::PAYLOAD_DIGEST, &[payload]),
            expires: Time(self.desk.now + 60 * MINUTE),
        }
    }

    fn approved(&self, nth: usize, approval: CreditApproval) -> MeterRequest {
        MeterRequest::ItemCredit(ItemCreditRequest {
            credit: ItemCredit {
                approval: sign_all(approval, &REFUNDERS),
                payload: self.items[nth].payload.as_slice().try_into().unwrap(),
            },
            credited: self.list.clone(),
        })
    }

    pub(crate) fn request(&self, nth: usize) -> MeterRequest {
        self.approved(nth, self.approval(nth))
    }

    /// Takes an item back, and keeps the list as the database would.
    pub(crate) fn take_back(&mut self, nth: usize) -> Delivery {
        let request = self.request(nth);
        let delivery = self.desk.done(request);
        self.keep(&delivery);
        delivery
    }

    fn keep(&mut self, delivery: &Delivery) {
        let row = CreditedItem::from_bytes(delivery.rows.as_slice()[0].as_slice()).unwrap();
        self.list = self.list.with(row.day, row.piece()).unwrap();
    }

    pub(crate) fn refused(&mut self, nth: usize) -> RefusalCode {
        let request = self.request(nth);
        self.desk.refused(request)
    }
}

fn shown(request: &MeterRequest) -> ItemCreditRequest {
    match request {
        MeterRequest::ItemCredit(shown) => shown.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_item_is_credited_with_its_value_once_p23() {
    let mut shop = Shop::waited();
    let before = shop.desk.record();
    let request = shop.request(0);
    let delivery = shop.take_back(0);
    let record = shop.desk.record();
    assert_eq!(record.descending.0, before.descending.0 + 700);
    assert_eq!(record.item_credits, Mills(700));
    assert_eq!(record.ascending, before.ascending);
    assert_eq!(record.piece_count, before.piece_count);
    assert_eq!(record.funding_sequence, before.funding_sequence);
    assert_eq!(record.item_head, before.item_head);
    assert_eq!(record.balance_refunds(), Some(Mills::ZERO));
    assert_eq!(record.credited_digest, credited_digest(&shop.list));
    let decision = Signed::<Decision>::from_bytes(delivery.decision.as_slice())
        .unwrap()
        .body;
    let credit = shown(&request).credit.to_bytes();
    assert_eq!(decision.decision, DecisionKind::ItemCredit);
    assert_eq!(decision.evidence, statement_digest(&credit));
    assert_eq!(delivery.evidence.as_slice(), credit);
}

/// The same again in every way that a caller, a crash or a thief may try.
#[test]
fn refund_repeated() {
    let mut shop = Shop::waited();
    let first = shop.request(0);
    let entry = shop.desk.entry(first.clone());
    let Outcome::Done(delivery) = shop.desk.send(entry.clone()) else {
        panic!("not credited");
    };
    // The reply was lost, and nothing written: the same request gets the same bytes.
    let Outcome::Done(again) = shop.desk.send(entry) else {
        panic!("not delivered again");
    };
    assert_eq!(again, delivery);
    shop.desk.shown = delivery.record.as_slice().to_vec();
    let stale_list = shop.list.clone();
    shop.keep(&delivery);
    let balance = shop.desk.record().descending;
    for restarted in [false, true] {
        if restarted {
            shop.desk.restart();
        }
        assert_eq!(shop.refused(0), RefusalCode::AlreadyCredited);
        // With the list from before, and with none.
        assert_eq!(shop.desk.refused(first.clone()), RefusalCode::CreditedList);
        let newest = std::mem::replace(&mut shop.list, stale_list.clone());
        assert_eq!(shop.refused(0), RefusalCode::CreditedList);
        shop.list = newest;
    }
    // Behind another credit, a deposit and an item.
    shop.take_back(1);
    shop.desk.fund(5_000);
    let printed = shop.desk.print(&[50]);
    shop.desk.done(printed);
    assert_eq!(shop.refused(0), RefusalCode::AlreadyCredited);
    assert_eq!(
        shop.desk.record().descending.0,
        balance.0 + 900 + 5_000 - 50
    );
}

/// Many approvals of one item at once, some in one frame: one of them is carried out.
#[test]
fn refunds_in_parallel() {
    for copies in 2..6u64 {
        let mut shop = Shop::waited();
        let balance = shop.desk.record().descending;
        let entries: Vec<Entry> = (0..copies)
            .map(|nth| {
                let mut approval = shop.approval(0);
                approval.expires.0 += nth;
                let request = shop.approved(0, approval);
                shop.desk.entry(request)
            })
            .collect();
        let request = wire::Request::Decide(List::new(entries).unwrap());
        let wire::Reply::Decided(outcomes) = shop.desk.ask(request) else {
            panic!("not decided");
        };
        let mut done = 0;
        for outcome in outcomes.into_vec() {
            match outcome {
                Outcome::Done(delivery) => {
                    done += 1;
                    shop.desk.shown = delivery.record.as_slice().to_vec();
                    shop.keep(&delivery);
                }
                Outcome::Open(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(done, 1);
        assert_eq!(shop.refused(0), RefusalCode::AlreadyCredited);
        assert_eq!(shop.desk.record().descending.0, balance.0 + 700);
    }
}

/// Each of two credits is within the highest balance, both are not; nor are a credit and a deposit.
#[test]
fn limit_passed_in_parallel() {
    let limits = Limits {
        descending: Mills(1_000_000),
        ..GENEROUS
    };
    let mut shop = Shop::open(limits, &[700, 900]);
    shop.desk.fund(800);
    shop.desk.wait(WAITING * DAY);
    // 800 are free.
    let credit = shop.request(0);
    let deposit = refill(shop.desk.deposit(300));
    let waiting = shop.desk.entry(deposit.clone());
    let Outcome::Done(delivery) = shop.desk.decide(credit) else {
        panic!("not credited");
    };
    assert!(matches!(shop.desk.send(waiting), Outcome::Open(_)));
    shop.desk.shown = delivery.record.as_slice().to_vec();
    shop.keep(&delivery);
    assert_eq!(shop.refused(1), RefusalCode::DescendingLimit);
    assert_eq!(shop.desk.refused(deposit), RefusalCode::DescendingLimit);
    assert_eq!(shop.desk.record().descending, Mills(1_000_000 - 100));
    shop.desk.fund(100);
}

/// What an item had used of day and month stays used: taking back gives no new allowance. A deposit
/// that was signed before keeps its sequence, and is used once.
#[test]
fn hold_not_counted() {
    let limits = Limits {
        item: Mills(1_000),
        day: Mills(1_000),
        month: Mills(1_500),
        ..GENEROUS
    };
    let mut shop = Shop::open(limits, &[1_000]);
    let pending = refill(shop.desk.deposit(5_000));
    let mut credited = shop.desk.record();
    shop.desk.wait(WAITING * DAY);
    let pending_late = refill(shop.desk.deposit(5_000));
    shop.take_back(0);
    let record = shop.desk.record();
    assert_eq!(record.day_used, credited.day_used);
    assert_eq!(record.month_used, credited.month_used);
    let printed = shop.desk.print(&[600]);
    let month_is_new = Day::of_time(Time(NOON)).month() != shop.desk.today().month();
    if !month_is_new {
        assert_eq!(shop.desk.refused(printed), RefusalCode::MonthLimit);
    }
    assert_eq!(shop.desk.refused(pending), RefusalCode::Expired);
    shop.desk.done(pending_late.clone());
    assert_eq!(
        shop.desk.refused(pending_late),
        RefusalCode::FundingSequence
    );
    credited = shop.desk.record();
    assert_eq!(credited.item_credits, Mills(1_000));
    assert_eq!(credited.balance_refunds(), Some(Mills::ZERO));
}

/// Nothing that leaves the box for a void is an item, but for the one that was taken back (V7).
#[test]
fn cancel_that_mints_a_valid_item() {
    let mut shop = Shop::waited();
    for nth in 0..2 {
        let own = shop.items[nth].payload.as_slice().to_vec();
        let delivery = shop.take_back(nth);
        assert!(delivery.secret.is_empty() && delivery.orders.as_slice().is_empty());
        let bytes = delivery.to_bytes();
        let found: Vec<&[u8]> = bytes
            .windows(Payload::LENGTH)
            .filter(|window| {
                Payload::from_bytes(window)
                    .is_ok_and(|p| verify::open_payload(p, &World::item_key()).is_ok())
            })
            .collect();
        assert_eq!(found, [own.as_slice()]);
    }
}

#[test]
fn a_void_is_refused_by_name_p23() {
    let mut shop = Shop::waited();
    type Alter = fn(&mut CreditApproval);
    let cases: [(&str, Alter, RefusalCode); 7] = [
        (
            "another installation",
            |a| a.installation = InstallationId([1; 16]),
            RefusalCode::WrongInstallation,
        ),
        (
            "past its expiry",
            |a| a.expires = Time(NOON),
            RefusalCode::Expired,
        ),
        (
            "another meter",
            |a| a.meter = MeterSerial(5),
            RefusalCode::Mismatch,
        ),
        (
            "another piece",
            |a| a.piece_count = 2,
            RefusalCode::Mismatch,
        ),
        (
            "another value",
            |a| a.value = Mills(701),
            RefusalCode::Mismatch,
        ),
        (
            "another payload",
            |a| a.payload = Digest([1; 32]),
            RefusalCode::Mismatch,
        ),
        (
            "expired before all else",
            |a| (a.expires, a.value) = (Time(0), Mills(1)),
            RefusalCode::Expired,
        ),
    ];
    for (name, alter, code) in cases {
        let mut approval = shop.approval(0);
        alter(&mut approval);
        let request = shop.approved(0, approval);
        refused_alone(&mut shop.desk, name, request, code);
    }
    for (name, keys) in [
        ("one refunder", &REFUNDERS[..1]),
        ("operators", &OPERATORS[..]),
        ("the treasury", &TREASURY[..]),
    ] {
        let mut request = shown(&shop.request(0));
        request.credit.approval = sign_all(shop.approval(0), keys);
        let request = MeterRequest::ItemCredit(request);
        refused_alone(&mut shop.desk, name, request, RefusalCode::BadSignature);
    }
    // The other item's payload under this one's approval.
    let mut request = shown(&shop.request(0));
    request.credit.payload = shop.items[1].payload.as_slice().try_into().unwrap();
    let request = MeterRequest::ItemCredit(request);
    refused_alone(
        &mut shop.desk,
        "another item",
        request,
        RefusalCode::Mismatch,
    );
}

#[test]
fn waiting_time_and_window_count_from_the_mailing_date_p23() {
    let mut shop = Shop::open(GENEROUS, &[700, 900]);
    assert_eq!(shop.refused(0), RefusalCode::CreditWaiting);
    shop.desk.wait((WAITING - 1) * DAY);
    assert_eq!(shop.refused(0), RefusalCode::CreditWaiting);
    shop.desk.wait(DAY);
    shop.take_back(0);
    shop.desk.wait((WINDOW - WAITING) * DAY);
    assert_eq!(
        shop.refused(0),
        RefusalCode::AlreadyCredited,
        "the last day"
    );
    shop.desk.wait(DAY);
    assert_eq!(shop.refused(0), RefusalCode::CreditWindow);
    assert_eq!(shop.refused(1), RefusalCode::CreditWindow);
}

/// A piece leaves the list only when its window is over, and the list's day does not fall with a clock
/// that an act set back: the piece can not be credited again.
#[test]
fn a_piece_that_left_the_list_is_past_its_window_p23() {
    let mut shop = Shop::waited();
    shop.take_back(0);
    shop.desk.wait((WINDOW - WAITING + 1) * DAY);
    let printed = shop.desk.print(&[300]);
    shop.items.extend(rows(&shop.desk.done(printed)));
    shop.desk.wait(WAITING * DAY);
    shop.take_back(2);
    assert!(!shop.list.holds(1), "it left the list");
    assert_eq!(shop.refused(0), RefusalCode::CreditWindow);
    // What a box thinks whose clock went back: the list's own day still counts.
    let day = shop.list.day();
    let piece = CreditedPiece {
        piece_count: 1,
        last_day: u16::try_from(Day::of_time(Time(NOON + WINDOW * DAY)).number()).unwrap(),
    };
    assert!(shop.list.with(Day::of_time(Time(NOON)), piece).is_err());
    assert!(day > Day::of_time(Time(NOON + WINDOW * DAY)));
}

#[test]
fn the_list_shortened_altered_or_swapped_is_refused_p23() {
    let mut shop = Shop::open(GENEROUS, &[700, 900, 1_100]);
    shop.desk.wait(WAITING * DAY);
    shop.take_back(0);
    let one = shop.list.clone();
    shop.take_back(1);
    let two = shop.list.clone();
    let other = |pieces: &[(u32, u16)]| {
        let pieces = pieces.iter().map(|(piece_count, last_day)| CreditedPiece {
            piece_count: *piece_count,
            last_day: *last_day,
        });
        CreditedList::new(two.day(), pieces.collect()).unwrap()
    };
    let last = two.pieces()[0].last_day;
    for (name, list) in [
        ("none", CreditedList::default()),
        ("the one before", one),
        ("without the first", other(&[(2, last)])),
        ("with one more", other(&[(1, last), (2, last), (9, last)])),
        ("another last day", other(&[(1, last), (2, last + 1)])),
        ("another piece", other(&[(1, last), (3, last)])),
    ] {
        let mut request = shown(&shop.request(2));
        request.credited = list;
        let request = MeterRequest::ItemCredit(request);
        refused_alone(&mut shop.desk, name, request, RefusalCode::CreditedList);
    }
    shop.take_back(2);
}

#[test]
fn no_byte_of_a_void_can_be_altered_p23() {
    let mut shop = Shop::waited();
    shop.take_back(1);
    let bytes = shop.request(0).to_bytes();
    let before = shop.desk.journal_sequence();
    for place in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        let entry = Entry {
            body: Bytes::new(altered).unwrap(),
            ..shop.desk.entry(shop.request(0))
        };
        let outcome = shop.desk.send(entry);
        assert!(matches!(outcome, Outcome::Refused(_)), "byte {place}");
    }
    assert_eq!(shop.desk.journal_sequence(), before);
    shop.take_back(0);
}

#[test]
fn only_a_meter_that_was_in_use_is_credited() {
    let mut shop = Shop::waited();
    shop.desk.done_act(ActBody::Suspend(Suspension::ABUSE));
    shop.take_back(0);
    shop.desk.done_act(ActBody::Withdraw);
    assert_eq!(shop.desk.record().state, MeterState::WithdrawalPending);
    shop.take_back(1);
    assert_eq!(shop.desk.record().item_credits, Mills(1_600));
}

/// As many pieces as a meter remembers, credited on the first day.
fn full() -> CreditedList {
    let last_day = u16::try_from(Day::of_time(Time(NOON + WINDOW * DAY)).number()).unwrap();
    let piece = |piece_count| CreditedPiece {
        piece_count,
        last_day,
    };
    let pieces = (10_001..).take(item::limits::CREDITED_MAX).map(piece);
    CreditedList::new(Day::of_time(Time(NOON)), pieces.collect()).unwrap()
}

#[test]
fn a_full_list_takes_no_more_p23() {
    let mut shop = Shop::prepared(|r| r.credited_digest = credited_digest(&full()), &[700]);
    shop.list = full();
    assert_eq!(shop.refused(0), RefusalCode::CreditedFull);
    // Once a window has ended there is room again.
    shop.desk.wait((WINDOW - WAITING + 1) * DAY);
    let printed = shop.desk.print(&[300]);
    shop.items.extend(rows(&shop.desk.done(printed)));
    shop.desk.wait(WAITING * DAY);
    shop.take_back(1);
    assert_eq!(shop.list.pieces().len(), 1);
}

#[test]
fn what_is_not_the_meters_to_credit_is_refused_p28() {
    let mut shop = Shop::prepared(|r| r.lowest_creditable_piece = 2, &[700, 900]);
    assert_eq!(shop.refused(0), RefusalCode::NotCreditable);
    shop.take_back(1);
}
