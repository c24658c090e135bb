//! Target `keeper_meter`: what is asked of a meter box. What must hold of its registers is in
//! `registers`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use item::{
    AccountId, Act, ActBody, Ascii, Authority, BalanceRefund, BatchId, Beneficiary, BoxKind, Bytes,
    CreditApproval, CreditEvidence, CreditedItem, CreditedList, Currency, Day, DecisionKind,
    Department, Digest, EndCustomer, EvidenceKind, ItemCredit, ItemKind, KeyUsage, Layout, Limits,
    List, ManufactureReceipt, MeterRecord, MeterSerial, MeterState, Mills, Payload, RequestId,
    Rights, Sealed, Signed, StatusReport, Subject, Suite, Suspension, Time, UserId, Version, Zip,
    normalise_address,
};
use keeper::{Ground, Now, StartError};
use meter::MeterRules;
use vault::{MacKey, RecordKeys, Secret, SigningKey, seal_authority};
use wire::{
    Delivery, Dispense, ItemCreditRequest, ItemSpec, MeterQuery, MeterRequest, Order, Report,
    TokenCheck, TokenQuery,
};

use super::desk::any_act;
use super::{Decided, Desk, Kind, Start, odd, own_keys, registers};
use crate::house::{DAY, HOUSE, MINUTE, OPERATORS, REFUNDERS, START, TREASURY, sign_all};

/// Two meters of one account, and one of another's.
const METERS: [MeterSerial; 3] = [
    MeterSerial(10_000_001),
    MeterSerial(10_000_002),
    MeterSerial(10_000_003),
];
const USER: UserId = UserId([9; 16]);

fn account(serial: MeterSerial) -> AccountId {
    AccountId([if serial == METERS[2] { 8 } else { 7 }; 16])
}

/// Keys that other boxes have.
struct Others {
    receipt: (item::KeySerial, SigningKey),
    authority: MacKey,
}

static OTHERS: LazyLock<Others> = LazyLock::new(|| Others {
    receipt: HOUSE.signing(BoxKind::Keys, KeyUsage::Receipt),
    authority: HOUSE.authority(),
});

/// The meter box of a story.
#[derive(Clone, Default)]
pub(crate) struct Meters {
    /// Payloads of items that were released, for questions about their tokens.
    payloads: Vec<[u8; 138]>,
    /// The credited list of each meter, as its rows give it.
    lists: BTreeMap<MeterSerial, CreditedList>,
}

impl Kind for Meters {
    type Rules = MeterRules;
    const CAUSE_ONCE: bool = true;

    fn rules(ground: &Ground) -> std::result::Result<MeterRules, StartError> {
        MeterRules::new(ground)
    }

    fn subjects(&self) -> Vec<Subject> {
        METERS.map(MeterSerial::subject).to_vec()
    }

    fn request(
        &mut self,
        u: &mut Unstructured<'_>,
        subject: Subject,
        newest: Option<&MeterRecord>,
        now: Now,
    ) -> Result<Vec<u8>> {
        let serial = MeterSerial::of_subject(&subject).unwrap_or(METERS[0]);
        let Some(record) = newest else {
            return Ok(MeterRequest::Manufacture(receipt(u, serial)?).to_bytes());
        };
        let asked = match u.int_in_range(0..=11u8)? {
            0..=3 if record.state < MeterState::Active => MeterRequest::Act(act(u, record)?),
            0..=4 => MeterRequest::Dispense(dispense(u, record, now)?),
            5 | 6 => MeterRequest::Refill(evidence(u, record, now)?),
            7 | 8 => MeterRequest::Act(act(u, record)?),
            9 | 10 => self.credit(u, record, now)?,
            _ if u.arbitrary()? => MeterRequest::Report(report(u, record, now)?),
            _ => MeterRequest::Manufacture(receipt(u, serial)?),
        };
        Ok(asked.to_bytes())
    }

    fn question(&mut self, u: &mut Unstructured<'_>, shown: Vec<u8>, _: Now) -> Result<Vec<u8>> {
        let mut payload = match self.payloads.is_empty() {
            true => [0; 138],
            false => *u.choose(&self.payloads)?,
        };
        if odd(u)? > 0 {
            payload[u.choose_index(138)?] ^= u.arbitrary::<u8>()?;
        }
        let record = Bytes::new(shown).unwrap_or_default();
        Ok(MeterQuery::Tokens(TokenQuery { payload, record }).to_bytes())
    }

    fn answered(&mut self, asked: &[u8], answer: &[u8], _: Now) {
        let Ok(MeterQuery::Tokens(query)) = MeterQuery::from_bytes(asked) else {
            panic!("an answer to no question");
        };
        let tokens = TokenCheck::from_bytes(answer).expect("an answer that decodes");
        // The first 62 bytes are what the tokens say; the tokens are the twelve behind.
        let genuine = self
            .payloads
            .iter()
            .any(|known| known[..74] == query.payload[..74]);
        assert_eq!(tokens.vendor && tokens.postal, genuine, "tokens");
    }

    fn twin(record: &mut MeterRecord, how: u8) {
        match how % 4 {
            0 => record.descending = Mills(record.descending.0 + 1_000),
            1 => record.counter.0 += 1,
            2 => record.last_time = Time(0),
            _ => record.deposits = Mills(record.deposits.0 + 1_000),
        }
    }

    fn made_again(&mut self, after: &MeterRecord, _: &Delivery) {
        self.lists.remove(&after.serial);
        assert!(
            !after.suspended.is_empty(),
            "it issues nothing before an act"
        );
        assert_eq!(after.limits.day, Mills::ZERO);
        assert_eq!(after.lowest_creditable_piece, after.piece_count + 1);
        assert!(after.balance_refunds().is_some(), "V2");
    }

    fn check(&mut self, decided: &Decided<'_, MeterRecord>, _: &RecordKeys) {
        let payloads = registers::check(decided, &OTHERS.authority);
        self.payloads.extend(payloads);
        if decided.decision.decision == DecisionKind::ItemCredit {
            let [row] = decided.delivery.rows.as_slice() else {
                panic!("a credit has one row");
            };
            let row = CreditedItem::from_bytes(row.as_slice()).expect("a credited item");
            let list = self.lists.entry(row.meter).or_default();
            *list = list.with(row.day, row.piece()).expect("its place");
        }
    }
}

impl Meters {
    /// Takes one of the items back, now and then with an older list, another approval or none.
    fn credit(
        &self,
        u: &mut Unstructured<'_>,
        record: &MeterRecord,
        now: Now,
    ) -> Result<MeterRequest> {
        let mut payload = match self.payloads.is_empty() {
            true => [0; 138],
            false => *u.choose(&self.payloads)?,
        };
        if odd(u)? == 1 {
            payload[u.choose_index(138)?] ^= u.arbitrary::<u8>()?;
        }
        let read = Payload::from_bytes(&payload).ok();
        let mut approval = CreditApproval {
            version: Version,
            installation: HOUSE.installation.transcript().installation,
            meter: record.serial,
            piece_count: read.as_ref().map_or(1, |p| p.piece_count),
            value: read.as_ref().map_or(Mills(1), |p| p.value),
            payload: verify::digest(verify::Tag::PAYLOAD_DIGEST, &[&payload]),
            expires: Time(now.wall.0.saturating_add(DAY)),
        };
        match odd(u)? {
            1 => approval.meter = *u.choose(&METERS)?,
            2 => approval.piece_count = u.arbitrary()?,
            3 => approval.expires = Time(now.wall.0),
            _ => {}
        }
        let keys = match odd(u)? {
            1 => &REFUNDERS[2..],
            _ => &REFUNDERS[..1],
        };
        let credited = match odd(u)? {
            1 => CreditedList::default(),
            _ => self.lists.get(&record.serial).cloned().unwrap_or_default(),
        };
        Ok(MeterRequest::ItemCredit(ItemCreditRequest {
            credit: ItemCredit {
                approval: sign_all(approval, keys),
                payload,
            },
            credited,
        }))
    }
}

// --- What is asked --------------------------------------------------------------------------------

fn receipt(u: &mut Unstructured<'_>, serial: MeterSerial) -> Result<Signed<ManufactureReceipt>> {
    let transcript = HOUSE.installation.transcript();
    let (key, signer) = &OTHERS.receipt;
    let mut body = ManufactureReceipt {
        version: Version,
        suite: Suite::Ed25519,
        key: *key,
        installation: HOUSE.id(),
        epoch: HOUSE.epoch(),
        serial,
        manufacturing_number: u64::from(serial.0),
        account: account(serial),
        item_kind: ItemKind::Postage,
        post: transcript.post,
        currency: transcript.currency,
        vendor: transcript.vendor,
        model: transcript.model,
        request: RequestId([1; 32]),
        time: Time(START + MINUTE),
        transcript: HOUSE.installation.digest(),
    };
    let flaw = odd(u)? % 10;
    match flaw {
        1 => body.serial = *u.choose(&METERS)?,
        2 => body.epoch.0 += 1,
        3 => body.installation.0[0] ^= 1,
        4 => body.transcript = Digest::ZERO,
        5 => body.key.0 = u.arbitrary()?,
        6 => body.currency = Currency(1),
        7 => body.time = Time(0),
        _ => {}
    }
    let mut signed = signer.sign_body(body).expect("signs");
    match flaw {
        8 => signed.body.account.0[0] ^= 1,
        9 => signed.signature[u.choose_index(64)?] ^= 1,
        _ => {}
    }
    Ok(signed)
}

fn limits(u: &mut Unstructured<'_>) -> Result<Limits> {
    let [item, day, month, descending] = match u.int_in_range(0..=3u8)? {
        0 | 1 => [100_000, 1_000_000, 2_000_000, 5_000_000],
        2 => [1_000, 2_000, 3_000, 4_000],
        _ => [
            u.arbitrary()?,
            u.arbitrary()?,
            u.arbitrary()?,
            u.arbitrary()?,
        ],
    };
    Ok(Limits {
        item: Mills(item),
        day: Mills(day),
        month: Mills(month),
        descending: Mills(descending),
    })
}

/// The act that leads on to an active meter.
fn next_of(u: &mut Unstructured<'_>, state: MeterState) -> Result<ActBody> {
    Ok(match state {
        MeterState::Manufactured => ActBody::Register {
            origin: Zip(*u.choose(&[0, 95_814])?),
            licensing: Zip(94_111),
        },
        MeterState::Registered => ActBody::License {
            limits: limits(u)?,
            inspection_due: Day::NONE,
            inspection_interval_days: 0,
            application: Digest::ZERO,
        },
        _ => ActBody::Activate,
    })
}

fn reasons(u: &mut Unstructured<'_>) -> Result<Suspension> {
    let bits = u.arbitrary::<u8>()?.to_le_bytes();
    Ok(Suspension::from_bytes(&[bits[0] & 127, 0]).unwrap_or(Suspension::ABUSE))
}

fn act(u: &mut Unstructured<'_>, record: &MeterRecord) -> Result<item::MultiSigned<Act>> {
    let body = match u.int_in_range(0..=10u8)? {
        0..=2 => next_of(u, record.state)?,
        3 => ActBody::Suspend(reasons(u)?),
        4 | 5 => ActBody::Resume(match u.arbitrary()? {
            true => record.suspended,
            false => reasons(u)?,
        }),
        6 => ActBody::SetLimits {
            limits: limits(u)?,
            inspection_interval_days: u.arbitrary::<u8>()?.into(),
        },
        7 => ActBody::Inspect {
            due: Day::of_time(Time(START + DAY * u64::from(u.arbitrary::<u8>()?))),
        },
        8 => ActBody::Withdraw,
        9 => ActBody::RefundBalance(BalanceRefund {
            amount: match odd(u)? {
                1 => Mills(u.arbitrary::<u16>()?.into()),
                _ => record.descending,
            },
            beneficiary: match u.arbitrary()? {
                true => Beneficiary::Treasury,
                false => Beneficiary::Meter {
                    serial: *u.choose(&METERS)?,
                    funding_sequence: 1,
                },
            },
        }),
        _ => any_act(u)?,
    };
    let sequence = record.act_sequence + 1;
    let mut act = HOUSE.act(BoxKind::Meter, record.subject(), sequence, body);
    let flaw = odd(u)? % 12;
    match flaw {
        1 => act.sequence = u64::from(u.arbitrary::<u8>()?),
        2 => act.subject = u.choose(&METERS)?.subject(),
        3 => act.box_kind = BoxKind::Auth,
        4 => act.installation.0[0] ^= 1,
        5 => act.expires = Time(START),
        _ => {}
    }
    let signers: &[u8] = match flaw {
        6 => &OPERATORS[..1],
        7 => &OPERATORS[2..],
        8 => &OPERATORS[..3],
        9 => &[],
        _ => &OPERATORS[..2],
    };
    let mut signed = sign_all(act, signers);
    match flaw {
        10 => signed.body.body = next_of(u, record.state)?,
        11 => signed.body.sequence = sequence,
        _ => {}
    }
    Ok(signed)
}

fn evidence(
    u: &mut Unstructured<'_>,
    record: &MeterRecord,
    now: Now,
) -> Result<item::MultiSigned<CreditEvidence>> {
    let amounts = [1_000_000, 5_000, 1, 0, u64::from(u32::MAX), u64::MAX];
    let amount = amounts[usize::from(odd(u)?) % amounts.len()];
    let sequence = record.funding_sequence + 1;
    let reference = Digest([u.arbitrary::<u8>()? % 4; 32]);
    let mut body = CreditEvidence {
        version: Version,
        kind: EvidenceKind::Deposit,
        installation: HOUSE.id(),
        id: Digest::ZERO,
        meter: record.serial,
        funding_sequence: sequence,
        amount: Mills(amount),
        currency: Currency(840),
        reference,
        expires: Time(START + 300 * DAY),
    };
    let flaw = odd(u)? % 15;
    match flaw {
        1 => body.funding_sequence = u64::from(u.arbitrary::<u8>()?),
        2 => body.meter = *u.choose(&METERS)?,
        3 => body.kind = *u.choose(EvidenceKind::ALL)?,
        4 => body.installation.0[0] ^= 1,
        5 => body.expires = now.wall,
        6 => body.currency = Currency(978),
        7 | 8 => (body.kind, body.amount) = (EvidenceKind::Correction, Mills::ZERO),
        _ => {}
    }
    body.id = verify::evidence_id(body.meter, body.funding_sequence, &body.reference);
    if flaw == 9 {
        body.id = Digest::ZERO;
    }
    let signers: &[u8] = match flaw {
        10 => &TREASURY[2..],
        11 => &[],
        12 => &OPERATORS[..2],
        13 => &TREASURY[..2],
        _ => &TREASURY[..1],
    };
    let mut signed = sign_all(body, signers);
    if flaw == 14 {
        signed.body.amount = Mills(amount.saturating_add(1));
    }
    Ok(signed)
}

fn authority(
    u: &mut Unstructured<'_>,
    record: &MeterRecord,
    now: Now,
) -> Result<Sealed<Authority>> {
    let mut body = Authority {
        version: Version,
        suite: Suite::Ed25519,
        epoch: HOUSE.epoch(),
        user: USER,
        account: record.account,
        rights: Rights::DISPENSE,
        ceiling: Mills(1_000_000),
        generation: 1,
        api_key: None,
        signing_key: None,
        logged_in: now.wall,
        issued: now.wall,
        expires: Time(now.wall.0 + 5 * MINUTE),
        session: Digest([3; 32]),
        meters: List::default(),
    };
    let flaw = odd(u)? % 13;
    match flaw {
        1 => body.account.0[0] ^= 15,
        12 => body.signing_key = Some(own_keys::mailers().public().clone()),
        2 => body.rights = Rights::READ,
        3 => body.ceiling = Mills(*u.choose(&[0, 739, 740, 1_479, 99_998])?),
        4 => body.expires = now.wall,
        5 => body.issued = Time(now.wall.0 + 6 * MINUTE),
        6 => body.epoch.0 += 1,
        7 => body.meters = List::new(vec![*u.choose(&METERS)?]).unwrap_or_default(),
        _ => {}
    }
    let mut sealed = match flaw {
        8 => seal_authority(&MacKey::new(&Secret::new([1; 32])), body),
        _ => seal_authority(&OTHERS.authority, body),
    };
    match flaw {
        9 => sealed.body.ceiling = Mills(u64::MAX),
        10 => sealed.body.account = record.account,
        11 => sealed.mac[u.choose_index(32)?] ^= 1,
        _ => {}
    }
    Ok(sealed)
}

fn report(u: &mut Unstructured<'_>, record: &MeterRecord, now: Now) -> Result<Report> {
    let mut report = StatusReport {
        version: Version,
        installation: HOUSE.installation.transcript().installation,
        meter: record.serial,
        user: USER,
        request: RequestId([u.arbitrary()?; 32]),
        ascending: record.ascending,
        descending: record.descending,
        piece_count: record.piece_count,
    };
    match odd(u)? % 8 {
        1 => report.installation.0[0] ^= 1,
        2 => report.meter = *u.choose(&METERS)?,
        3 => report.user.0[0] ^= 1,
        4 => report.ascending.0 ^= u64::from(u.arbitrary::<u8>()?),
        5 => report.descending.0 ^= u64::from(u.arbitrary::<u8>()?),
        6 => report.piece_count ^= u32::from(u.arbitrary::<u8>()?),
        _ => {}
    }
    Ok(Report {
        authority: authority(u, record, now)?,
        report,
    })
}

fn spec(u: &mut Unstructured<'_>, record: &MeterRecord, now: Now) -> Result<ItemSpec> {
    let values = [740, 1_000, 99_999, 1, 0, 1 << 32, u64::MAX, 2_000_000];
    let flaw = odd(u)? % 8;
    let mut spec = ItemSpec {
        category: Ascii::new(*b"FCL ").expect("text"),
        weight_milligrams: 28_000,
        value: Mills(values[usize::from(odd(u)?) % values.len()]),
        mailing_day: Day::of_time(now.wall),
        origin: Zip(95_814),
        destination: 0,
        address: normalise_address(["1315 10th St", "Sacramento CA"]).expect("short"),
        department: Department(4),
        end_customer: EndCustomer(5),
    };
    let days = match flaw {
        1 => Some(u.int_in_range(0..=32u64)?),
        _ => None,
    };
    if let Some(days) = days {
        spec.mailing_day = Day::of_time(Time(now.wall.0 + days * DAY));
    }
    match flaw {
        2 => spec.mailing_day = Day::of_time(Time(now.wall.0.saturating_sub(DAY))),
        3 => spec.origin = Zip(u.arbitrary()?),
        4 => spec.destination = u.arbitrary()?,
        5 => spec.destination = 1_000_100_001,
        6 => spec.value = record.descending,
        7 => spec.value = Mills(u64::from(u.arbitrary::<u32>()?)),
        _ => {}
    }
    Ok(spec)
}

fn dispense(u: &mut Unstructured<'_>, record: &MeterRecord, now: Now) -> Result<Dispense> {
    let mut authorities = vec![authority(u, record, now)?];
    if odd(u)? > 0 {
        authorities.push(authority(u, record, now)?);
    }
    let mut orders = Vec::new();
    for number in 0..=u.int_in_range(0..=2u8)? {
        let mut items = Vec::new();
        for _ in 0..=u.int_in_range(0..=2u8)? {
            items.push(spec(u, record, now)?);
        }
        let flaw = odd(u)? % 9;
        if flaw == 1 {
            items.clear();
        }
        let mut order = Order {
            request: RequestId([if flaw == 2 { 0 } else { number }; 32]),
            key_digest: Digest([number; 32]),
            body_digest: Digest([8; 32]),
            authority: if flaw < 3 { 0 } else { flaw % 3 },
            expected_piece_count: match flaw {
                7 => Some(record.piece_count),
                8 => Some(record.piece_count + 1),
                _ => None,
            },
            batch: BatchId::ZERO,
            signature: None,
            items: List::new(items).unwrap_or_default(),
        };
        own_keys::sign_items(u, &mut order, &authorities, record.serial, now)?;
        orders.push(order);
    }
    Ok(Dispense {
        authorities: List::new(authorities).unwrap_or_default(),
        orders: List::new(orders).unwrap_or_default(),
    })
}

// --- Beginnings -----------------------------------------------------------------------------------

/// The first meter active and with funds, the second made, the third unknown.
static PREPARED: LazyLock<Start<Meters>> = LazyLock::new(|| {
    let mut desk = Desk::new(&Start::<Meters>::empty());
    // All zero bytes are a request without a flaw.
    let u = &mut Unstructured::new(&[]);
    for serial in &METERS[..2] {
        let signed = receipt(u, *serial).expect("no bytes are needed");
        desk.done(
            serial.subject(),
            MeterRequest::Manufacture(signed).to_bytes(),
        );
    }
    let subject = METERS[0].subject();
    for _ in 0..3 {
        let record = desk.book.newest(subject).expect("made");
        let body = next_of(u, record.state).expect("no bytes are needed");
        let sequence = record.act_sequence + 1;
        let act = HOUSE.act(BoxKind::Meter, subject, sequence, body);
        let signed = sign_all(act, &OPERATORS[..2]);
        desk.done(subject, MeterRequest::Act(signed).to_bytes());
    }
    for _ in 0..3 {
        let record = desk.book.newest(subject).expect("made");
        let signed = evidence(u, &record, desk.now).expect("no bytes are needed");
        desk.done(subject, MeterRequest::Refill(signed).to_bytes());
    }
    desk.end()
});

static EMPTY: LazyLock<Start<Meters>> = LazyLock::new(Start::empty);

/// Target `keeper_meter`.
pub(crate) fn run(data: &[u8]) {
    super::tell_story(data, &PREPARED, &EMPTY);
}
