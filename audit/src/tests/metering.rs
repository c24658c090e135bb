//! What the meter box of the small installation does.

use super::keys::sign_together;
use super::site::{About, INSTALLATION, METER, Site, USER};
use item::*;
use rusqlite::params;
use verify::{Tag, account_of, digest, statement_digest};

impl Site {
    /// Writes the meter record as it now stands, with its decision.
    pub(super) fn decide_meter(&mut self, decision: DecisionKind, evidence: Digest) -> Digest {
        self.meter.counter.0 += 1;
        let about = About {
            kind: BoxKind::Meter,
            decision,
            head: self.meter.item_head,
            evidence,
        };
        let mut record = self.meter.clone();
        let old = std::mem::take(&mut self.meter_bytes);
        let (made, bytes) = self.decide(
            about,
            METER.subject(),
            record.counter,
            &old,
            |link, time| {
                (record.last_decision, record.last_time) = (link, time);
                record
            },
        );
        let record = &self.meter;
        self.insert(
            "INSERT INTO meters VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET counter = ?3, state = ?4, balance_mills = ?5, record = ?6",
            params![
                METER.0,
                record.account.0,
                record.counter.0 as i64,
                record.state.code(),
                record.descending.0 as i64,
                bytes
            ],
        );
        self.meter_bytes = bytes;
        made
    }

    pub(super) fn manufacture(&mut self) {
        let mut receipt = ManufactureReceipt {
            version: Version,
            suite: Suite::Ed25519,
            key: KeySerial(1),
            installation: INSTALLATION,
            epoch: Epoch(202_609),
            serial: METER,
            manufacturing_number: 1,
            account: account_of(USER),
            item_kind: ItemKind::Postage,
            post: PostId(1),
            currency: Currency(840),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"01").unwrap(),
            request: RequestId([1; 32]),
            time: Time(self.time),
            transcript: self.installation.digest(),
        };
        (self.hooks.receipt)(&mut receipt);
        let bytes = self.receipt_key.sign(receipt).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), 1, &bytes);
        let made = self.decide_meter(DecisionKind::Manufacture, evidence);
        self.append(EventKind::MeterMade, METER.subject(), made);
    }

    pub(super) fn act(&mut self, body: ActBody) {
        let kind = body.kind();
        let today = Day::of_time(Time(self.time + 1_000));
        let record = &mut self.meter;
        record.act_sequence += 1;
        match &body {
            ActBody::Register { origin, licensing } => {
                (record.origin, record.licensing) = (*origin, *licensing);
                record.state = MeterState::Registered;
            }
            ActBody::License {
                limits,
                inspection_due,
                inspection_interval_days,
                ..
            } => {
                record.limits = *limits;
                record.inspection_due = *inspection_due;
                watched_for(record, *inspection_interval_days, today);
                record.state = MeterState::Licensed;
            }
            ActBody::Activate => record.state = MeterState::Active,
            ActBody::Withdraw => record.state = MeterState::WithdrawalPending,
            ActBody::RefundBalance(_) => {
                (record.descending, record.state) = (Mills::ZERO, MeterState::Withdrawn);
            }
            ActBody::SetLimits {
                inspection_interval_days,
                ..
            } => watched_for(record, *inspection_interval_days, today),
            ActBody::Inspect { due } => (record.inspected, record.inspection_due) = (today, *due),
            _ => {}
        }
        let granted = match &body {
            ActBody::License { application, .. } => Some(*application),
            _ => None,
        };
        let act = Act {
            version: Version,
            installation: INSTALLATION,
            box_kind: BoxKind::Meter,
            subject: METER.subject(),
            sequence: record.act_sequence,
            issued: Time(self.time),
            expires: Time(self.time + 3_600_000),
            body,
        };
        let counter = record.counter.0 + 1;
        let [a, b] = &self.operators;
        let bytes = sign_together(&[a, b], act).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter, &bytes);
        if let Some(application) = granted {
            self.insert(
                "UPDATE licences SET act = ?2 WHERE digest = ?1",
                params![application.0, evidence.0],
            );
        }
        let (decision, event) = match kind {
            ActKind::RefundBalance => (DecisionKind::BalanceRefund, EventKind::BalanceRefunded),
            _ => (DecisionKind::Act, EventKind::LifeCycle),
        };
        let made = self.decide_meter(decision, evidence);
        self.append(event, METER.subject(), made);
    }

    /// A deposit; equal `payment` is the same payment.
    pub(super) fn refill(&mut self, amount: Mills, payment: u8) {
        let today = Day::of_time(Time(self.time + 1_000));
        let record = &mut self.meter;
        record.funding_sequence += 1;
        record.descending.0 += amount.0;
        record.deposits.0 += amount.0;
        if record.inspection_interval_days != 0 {
            record.inspection_due = today.plus_days(record.inspection_interval_days);
        }
        let reference = digest(Tag::REFERENCE, &[&[payment]]);
        let mut credit = CreditEvidence {
            version: Version,
            kind: EvidenceKind::Deposit,
            installation: INSTALLATION,
            id: verify::evidence_id(METER, record.funding_sequence, &reference),
            meter: METER,
            funding_sequence: record.funding_sequence,
            amount,
            currency: Currency(840),
            reference,
            expires: Time(self.time + 3_600_000),
        };
        let counter = record.counter.0 + 1;
        (self.hooks.credit)(&mut credit);
        let [a, b] = &self.treasury;
        let bytes = sign_together(&[a, b], credit).to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter, &bytes);
        let made = self.decide_meter(DecisionKind::Refill, evidence);
        self.append(EventKind::Funding, METER.subject(), made);
    }

    /// A status report, as the box takes it or, altered, as none would.
    pub(super) fn report(&mut self, alter: impl FnOnce(&mut StatusReport)) {
        let today = Day::of_time(Time(self.time + 1_000));
        let record = &mut self.meter;
        let mut report = StatusReport {
            version: Version,
            installation: INSTALLATION,
            meter: METER,
            user: USER,
            request: RequestId(digest(Tag::REQUEST, &[&self.sequence.to_le_bytes()]).0),
            ascending: record.ascending,
            descending: record.descending,
            piece_count: record.piece_count,
        };
        alter(&mut report);
        record.inspected = today;
        record.inspection_due = today.plus_days(record.inspection_interval_days);
        let counter = record.counter.0 + 1;
        let bytes = report.to_bytes();
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter, &bytes);
        let made = self.decide_meter(DecisionKind::Report, evidence);
        self.append(EventKind::LifeCycle, METER.subject(), made);
    }

    /// An item taken back, as if so many days had passed.
    pub(super) fn take_back(&mut self, piece: u32, days: u64) {
        self.time += days * 86_400_000;
        let stored: Vec<u8> = self
            .connection
            .query_row(
                "SELECT item FROM items WHERE piece_count = ?1",
                [piece],
                |row| row.get(0),
            )
            .unwrap();
        let item = ItemRecord::from_bytes(&stored).unwrap();
        let mut approval = CreditApproval {
            version: Version,
            installation: INSTALLATION,
            meter: METER,
            piece_count: piece,
            value: item.value,
            payload: digest(Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()]),
            expires: Time(self.time + 3_600_000),
        };
        (self.hooks.approval)(&mut approval);
        let [a, b] = &self.refunders;
        let bytes = ItemCredit {
            approval: sign_together(&[a, b], approval),
            payload: item.payload.as_slice().try_into().unwrap(),
        }
        .to_bytes();
        let counter = self.meter.counter.next().unwrap();
        let mut row = CreditedItem {
            version: Version,
            meter: METER,
            piece_count: piece,
            value: item.value,
            counter,
            last_day: u16::try_from(item.mailing_day.number() + 60).unwrap(),
            day: Day::of_time(Time(self.time + 1_000)).max(self.credited.day()),
        };
        (self.hooks.credited)(&mut row);
        self.credited = match self.credited.with(row.day, row.piece()) {
            Ok(list) => list,
            // Credited a second time by a box that forgot the first.
            Err(_) => CreditedList::default()
                .with(row.day, row.piece())
                .unwrap_or_default(),
        };
        let record = &mut self.meter;
        record.descending.0 += item.value.0;
        record.item_credits.0 += item.value.0;
        record.credited_digest = verify::credited_digest(&self.credited);
        let evidence = self.evidence(BoxKind::Meter, METER.subject(), counter.0, &bytes);
        let made = self.decide_meter(DecisionKind::ItemCredit, evidence);
        self.insert(
            "INSERT OR REPLACE INTO item_credits VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                METER.0,
                piece,
                counter.0 as i64,
                row.last_day,
                row.day.number(),
                self.sequence as i64,
                row.to_bytes()
            ],
        );
        self.append(EventKind::ItemCredited, METER.subject(), made);
    }

    /// One decision; for each request its key and number of items.
    pub(super) fn dispense(&mut self, requests: &[(u8, u32)]) {
        let counter = self.meter.counter.next().unwrap();
        let mut position = 0;
        for (key, pieces) in requests {
            let first_piece = self.meter.piece_count + 1;
            for _ in 0..*pieces {
                self.item(counter, position, *key);
                position += 1;
            }
            // A key that was answered before stays with that answer.
            self.insert(
                "UPDATE OR IGNORE items SET account = ?1, key_digest = ?2, body_digest = ?2,
                 request = ?2, pieces = ?3 WHERE meter = ?4 AND piece_count = ?5",
                params![account_of(USER).0, [*key; 32], pieces, METER.0, first_piece],
            );
        }
        self.decide_meter(DecisionKind::Dispense, Digest::ZERO);
    }

    fn item(&mut self, counter: Counter, position: u32, key: u8) {
        let time = Time(self.time + 1_000);
        let serial = self.item_serial();
        let record = &mut self.meter;
        record.ascending.0 += 740;
        record.descending.0 -= 740;
        record.piece_count += 1;
        let mut payload = Payload {
            suite: Suite::Ed25519,
            key: serial,
            vendor: record.vendor,
            model: record.model,
            meter: METER,
            ascending: record.ascending,
            value: Mills(740),
            mailing_day: Day::of_time(time),
            origin: record.origin,
            destination: 12_345,
            descending: record.descending,
            category: Ascii::new(*b"FCL ").unwrap(),
            kind: ItemKind::Postage,
            specimen: true,
            post: PostId(1),
            currency: Currency(840),
            piece_count: record.piece_count,
            address_digest: [4; 8],
            vendor_token: [1; 6],
            postal_token: [2; 6],
            signature: [0; 64],
        };
        (self.hooks.payload)(&mut payload);
        let bytes = payload.to_bytes();
        payload.signature = self
            .item_key
            .signature(Tag::ITEM, &bytes[..Payload::SIGNED_MESSAGE]);
        let mut item = ItemRecord {
            version: Version,
            meter: METER,
            counter,
            position,
            request: RequestId([key; 32]),
            key_digest: Digest([key; 32]),
            body_digest: Digest([key; 32]),
            ascending: record.ascending,
            descending: record.descending,
            piece_count: record.piece_count,
            kind: ItemKind::Postage,
            category: payload.category,
            weight_milligrams: 20_000,
            value: Mills(740),
            mailing_day: payload.mailing_day,
            time,
            origin: payload.origin,
            destination: payload.destination,
            address_digest: payload.address_digest,
            user: USER,
            department: Department(0),
            batch: BatchId::ZERO,
            end_customer: EndCustomer(0),
            specimen: true,
            payload: Bytes::new(payload.to_bytes()).unwrap(),
            previous: record.item_head,
        };
        (self.hooks.item)(&mut item);
        let bytes = item.to_bytes();
        record.item_head = statement_digest(&bytes);
        let piece = item.piece_count;
        self.insert(
            "INSERT INTO items (meter, piece_count, counter, item) VALUES (?1, ?2, ?3, ?4)",
            params![METER.0, piece, counter.0 as i64, bytes],
        );
    }
}

/// As the box sets an interval.
fn watched_for(record: &mut MeterRecord, days: u16, today: Day) {
    record.inspection_interval_days = days;
    if days != 0 {
        record.inspection_due = record.inspection_due.earlier(today.plus_days(days));
    }
}
