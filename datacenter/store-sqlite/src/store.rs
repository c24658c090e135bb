//! The trait: each method names its thread and its transaction.

use crate::engine::Turn;
use crate::query::{integer, one};
use crate::{
    SqliteStore, api_keys, checks, credits, epochs, headings, licences, read, scans, sign_ups,
    spending, sql, together, totals, write,
};
use item::{
    AccountId, ApiKeyId, BoxKind, Counter, Day, Digest, KeyId, MeterSerial, RequestId, Subject,
    Time, UserId,
};
use rusqlite::Connection;
use store::{
    Accepted, Alert, AlertRow, ApiKeyRow, ApiKeyStart, ChainRow, CreditRow, CreditedMeter,
    DecisionRow, EpochRow, EvidenceOf, EvidenceRow, HeadingChange, HeadingKind, HeadingMade,
    HeadingRow, ItemCursor, ItemId, ItemRow, ItemUse, LicenceRow, Licences, LookUp, LookUpKey,
    MeterRow, NewApiKey, NewHeading, NewLicence, NewScan, NewVoid, OldHold, PackRow, Plan,
    PriorAnswer, RecordEpochs, Reservation, Reserved, ScanRow, SignUp, SignUpRow, SignUpStart,
    Spender, Spending, SpendingLimit, Store, StoreError, TotalsRow, UserRow, VoidRow, VoidState,
    VoidsOf, Write, Written,
};

/// What a small row weighs.
const ROW_BYTES: usize = 1_024;

impl SqliteStore {
    /// A few rows by key.
    async fn near<T: Send + 'static>(
        &self,
        work: impl FnMut(&Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.near.call(0, work).await
    }

    /// A listing.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.call(0, work).await
    }
}

impl Store for SqliteStore {
    async fn begin_sign_up(&self, sign_up: SignUp) -> Result<SignUpStart, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| sign_ups::begin(db, &sign_up))
            .await
    }

    async fn pending_sign_ups(
        &self,
        older_than: Time,
        limit: u32,
    ) -> Result<Vec<SignUpRow>, StoreError> {
        self.read(move |db| sign_ups::pending(db, older_than, limit))
            .await
    }

    async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError> {
        let login = login.to_owned();
        self.near(move |db| read::user_by_login(db, &login)).await
    }

    async fn user(&self, user: UserId) -> Result<Option<UserRow>, StoreError> {
        self.near(move |db| read::user(db, user)).await
    }

    async fn users_of(
        &self,
        account: AccountId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        self.read(move |db| read::users_of(db, account, after, limit))
            .await
    }

    async fn begin_api_key(&self, new: NewApiKey) -> Result<ApiKeyStart, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| api_keys::begin(db, &new))
            .await
    }

    async fn api_key(&self, key: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        self.near(move |db| api_keys::get(db, key)).await
    }

    async fn api_keys_of(
        &self,
        account: AccountId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeyRow>, StoreError> {
        self.read(move |db| api_keys::of_account(db, account, after, limit))
            .await
    }

    async fn chain(&self, account: AccountId) -> Result<Option<ChainRow>, StoreError> {
        self.near(move |db| read::chain(db, account)).await
    }

    async fn chain_entries(
        &self,
        account: AccountId,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(move |db| read::chain_entries(db, account, after_sequence, limit))
            .await
    }

    async fn meter(&self, serial: MeterSerial) -> Result<Option<MeterRow>, StoreError> {
        self.near(move |db| read::meter(db, serial)).await
    }

    async fn meters_of(
        &self,
        account: AccountId,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRow>, StoreError> {
        self.read(move |db| read::meters_of(db, account, after, limit))
            .await
    }

    async fn look_up(&self, key: LookUpKey) -> Result<LookUp, StoreError> {
        self.look_ups.look_up(&self.near, key).await
    }

    async fn look_up_many(
        &self,
        keys: &[LookUpKey],
    ) -> Result<Vec<Result<LookUp, StoreError>>, StoreError> {
        together::look_up_many(&self.near, keys.to_vec()).await
    }

    async fn prior_by_key(
        &self,
        account: AccountId,
        key_digest: Digest,
    ) -> Result<Option<PriorAnswer>, StoreError> {
        self.near(move |db| read::prior_by_key(db, account, key_digest))
            .await
    }

    async fn item(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.near(move |db| read::item(db, meter, piece_count))
            .await
    }

    async fn items(
        &self,
        meter: MeterSerial,
        first: u32,
        count: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |db| read::items(db, meter, first, count))
            .await
    }

    async fn items_of_account(
        &self,
        account: AccountId,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        self.read(move |db| read::items_of_account(db, account, after, limit))
            .await
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        // Read here, not on the one thread that everybody waits for.
        let plans: Vec<_> = writes.iter().map(Plan::of).collect();
        let weight = writes.iter().map(weight).fold(0, usize::saturating_add);
        let work = move |db: &Turn<'_>| {
            plans
                .iter()
                .map(|plan| match plan {
                    Ok(plan) => write::apply(db, plan),
                    Err(reason) => Ok(Written::Conflict(*reason)),
                })
                .collect()
        };
        self.writer.call(weight, work).await
    }

    async fn decision(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        counter: Counter,
    ) -> Result<Option<DecisionRow>, StoreError> {
        self.near(move |db| read::decision(db, box_kind, subject, counter))
            .await
    }

    async fn decision_at(
        &self,
        meter: MeterSerial,
        first_piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.near(move |db| read::decision_at(db, meter, first_piece))
            .await
    }

    async fn chain_decision(&self, request: RequestId) -> Result<Option<DecisionRow>, StoreError> {
        self.near(move |db| read::chain_decision(db, request)).await
    }

    async fn evidence(&self, digest: Digest) -> Result<Option<EvidenceRow>, StoreError> {
        self.near(move |db| read::evidence(db, digest)).await
    }

    async fn accept(&self, scan: NewScan) -> Result<Accepted, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| scans::accept(db, &scan))
            .await
    }

    async fn accept_many(&self, scans: Vec<NewScan>) -> Result<Vec<Accepted>, StoreError> {
        let weight = scans.len().saturating_mul(ROW_BYTES);
        self.writer
            .call(weight, move |db| scans::accept_many(db, &scans))
            .await
    }

    async fn credited_meter(
        &self,
        serial: MeterSerial,
    ) -> Result<Option<CreditedMeter>, StoreError> {
        self.read(move |db| credits::credited_meter(db, serial))
            .await
    }

    async fn item_credits(
        &self,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<CreditRow>, StoreError> {
        self.read(move |db| credits::credits(db, after, limit))
            .await
    }

    async fn ask_void(&self, asked: NewVoid) -> Result<VoidRow, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| credits::ask(db, &asked))
            .await
    }

    async fn end_void(
        &self,
        item: ItemId,
        state: VoidState,
        reason: &str,
        now: Time,
    ) -> Result<Option<VoidRow>, StoreError> {
        let reason = reason.to_owned();
        self.writer
            .call(ROW_BYTES, move |db| {
                credits::end(db, item, state, &reason, now)
            })
            .await
    }

    async fn void_request(&self, item: ItemId) -> Result<Option<VoidRow>, StoreError> {
        self.near(move |db| credits::request(db, item)).await
    }

    async fn void_requests(
        &self,
        of: VoidsOf,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidRow>, StoreError> {
        self.read(move |db| credits::requests(db, of, after, limit))
            .await
    }

    async fn item_uses(
        &self,
        items: &[ItemId],
    ) -> Result<Vec<Result<ItemUse, StoreError>>, StoreError> {
        let items = items.to_vec();
        self.read(move |db| Ok(items.iter().map(|id| checks::item_use(db, id)).collect()))
            .await
    }

    async fn verifier_head(&self, verifier: KeyId) -> Result<Option<ScanRow>, StoreError> {
        self.near(move |db| scans::head(db, verifier)).await
    }

    async fn first_scan(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<ScanRow>, StoreError> {
        self.near(move |db| scans::first_scan(db, meter, piece_count))
            .await
    }

    async fn put_licence(&self, new: NewLicence) -> Result<(), StoreError> {
        let weight = new.application.len() + new.details.len() + new.agreement.1.len();
        self.writer
            .call(ROW_BYTES + weight, move |db| licences::put(db, &new))
            .await
    }

    async fn refuse_licence(&self, digest: Digest, refusal: &[u8]) -> Result<(), StoreError> {
        let refusal = refusal.to_vec();
        self.writer
            .call(ROW_BYTES, move |db| licences::refuse(db, digest, &refusal))
            .await
    }

    async fn licence(&self, digest: Digest) -> Result<Option<LicenceRow>, StoreError> {
        self.near(move |db| licences::get(db, digest)).await
    }

    async fn licences(
        &self,
        which: Licences,
        after: Option<Digest>,
        limit: u32,
    ) -> Result<Vec<LicenceRow>, StoreError> {
        self.read(move |db| licences::list(db, which, after, limit))
            .await
    }

    async fn put_pack(&self, sequence: u64, pack: &[u8]) -> Result<(), StoreError> {
        let pack = pack.to_vec();
        self.writer
            .call(pack.len(), move |db| scans::put_pack(db, sequence, &pack))
            .await
    }

    async fn latest_pack(&self) -> Result<Option<PackRow>, StoreError> {
        self.near(|db| read::latest_pack(db)).await
    }

    async fn put_epoch(&self, epoch: EpochRow) -> Result<(), StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| epochs::put(db, &epoch))
            .await
    }

    async fn epochs(&self) -> Result<Vec<EpochRow>, StoreError> {
        self.near(|db| epochs::list(db)).await
    }

    async fn record_epochs(
        &self,
        box_kind: BoxKind,
        after: Option<Subject>,
        limit: u32,
    ) -> Result<RecordEpochs, StoreError> {
        self.read(move |db| epochs::of_records(db, box_kind, after, limit))
            .await
    }

    async fn put_totals(&self, row: TotalsRow) -> Result<(), StoreError> {
        let weight = ROW_BYTES + row.sheet.len();
        self.writer
            .call(weight, move |db| totals::put(db, &row))
            .await
    }

    async fn latest_totals(&self) -> Result<Option<TotalsRow>, StoreError> {
        self.near(|db| totals::latest(db)).await
    }

    async fn totals(
        &self,
        after: u64,
        day: Option<Day>,
        limit: u32,
    ) -> Result<Vec<TotalsRow>, StoreError> {
        self.read(move |db| totals::list(db, after, day, limit))
            .await
    }

    async fn all_meters(
        &self,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRow>, StoreError> {
        self.read(move |db| totals::meters(db, after, limit)).await
    }

    async fn raise_alert(&self, alert: Alert) -> Result<u64, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| raise_alert(db, &alert))
            .await
    }

    async fn alerts(&self, after: u64, limit: u32) -> Result<Vec<AlertRow>, StoreError> {
        self.read(move |db| read::alerts(db, after, limit)).await
    }

    async fn make_heading(&self, new: NewHeading) -> Result<HeadingMade, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| headings::make(db, &new))
            .await
    }

    async fn headings(
        &self,
        account: AccountId,
        kind: HeadingKind,
        after: u32,
        limit: u32,
    ) -> Result<Vec<HeadingRow>, StoreError> {
        self.read(move |db| headings::after(db, account, kind, after, limit))
            .await
    }

    async fn headings_by_number(
        &self,
        account: AccountId,
        numbers: &[(HeadingKind, u32)],
    ) -> Result<Vec<Option<HeadingRow>>, StoreError> {
        let numbers = numbers.to_vec();
        self.near(move |db| {
            let numbers = numbers.iter();
            let found = numbers.map(|(kind, number)| headings::one_of(db, account, *kind, *number));
            found.collect()
        })
        .await
    }

    async fn change_heading(
        &self,
        account: AccountId,
        kind: HeadingKind,
        number: u32,
        change: HeadingChange,
    ) -> Result<Option<HeadingRow>, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| {
                headings::change_one(db, account, kind, number, &change)
            })
            .await
    }

    async fn reserve(&self, asked: Reservation) -> Result<Reserved, StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| spending::reserve(db, &asked))
            .await
    }

    async fn release(&self, account: AccountId, request: RequestId) -> Result<(), StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| spending::release(db, account, request))
            .await
    }

    async fn old_holds(&self, before: Time, limit: u32) -> Result<Vec<OldHold>, StoreError> {
        self.read(move |db| spending::old_holds(db, before, limit))
            .await
    }

    async fn settle_hold(&self, account: AccountId, request: RequestId) -> Result<(), StoreError> {
        self.writer
            .call(ROW_BYTES, move |db| spending::settle(db, account, request))
            .await
    }

    async fn set_spending_limit(
        &self,
        account: AccountId,
        spender: Spender,
        limit: SpendingLimit,
        today: Day,
    ) -> Result<(), StoreError> {
        // A month of items is read beside the one thread that everybody waits for.
        let sums = self
            .read(move |db| spending::month_so_far(db, account, spender, today))
            .await?;
        self.writer
            .call(ROW_BYTES, move |db| {
                spending::set_limit(db, account, spender, limit, today, &sums)
            })
            .await
    }

    async fn spending(
        &self,
        account: AccountId,
        spender: Spender,
        day: Day,
    ) -> Result<Option<Spending>, StoreError> {
        self.near(move |db| spending::standing(db, account, spender, day))
            .await
    }

    async fn evidence_of(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        after: Counter,
        limit: u32,
    ) -> Result<Vec<EvidenceOf>, StoreError> {
        self.read(move |db| read::evidence_of(db, box_kind, subject, after, limit))
            .await
    }

    async fn item_before(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.near(move |db| read::item_before(db, meter, piece_count))
            .await
    }
}

fn raise_alert(db: &Connection, alert: &Alert) -> Result<u64, StoreError> {
    let values = (
        integer(alert.raised.0)?,
        alert.box_kind.code(),
        alert.subject.0,
        &alert.code,
        &alert.detail,
        &alert.evidence,
    );
    one(db, sql::ALERT_INSERT, values, |row| row.number(0, "alerts"))?
        .ok_or_else(|| StoreError::Statement("an insert returned no id".to_owned()))
}

fn weight(write: &Write) -> usize {
    let rows = &write.delivery.rows;
    rows.into_iter()
        .map(|row| row.as_slice().len())
        .fold(4 * ROW_BYTES, usize::saturating_add)
}
