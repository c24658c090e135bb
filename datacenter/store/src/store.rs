//! The named transactions. Each method is one transaction.

use crate::{
    Accepted, Alert, AlertRow, ApiKeyRow, ApiKeyStart, ChainRow, CreditRow, CreditedMeter,
    DecisionRow, EpochRow, EvidenceOf, EvidenceRow, HeadingChange, HeadingKind, HeadingMade,
    HeadingRow, ItemCursor, ItemId, ItemRow, ItemUse, LicenceRow, Licences, LookUp, LookUpKey,
    MeterRow, NewApiKey, NewHeading, NewLicence, NewScan, NewVoid, OldHold, PackRow, PriorAnswer,
    RecordEpochs, Reservation, Reserved, ScanRow, SignUp, SignUpRow, SignUpStart, Spender,
    Spending, SpendingLimit, StoreError, TotalsRow, UserRow, VoidRow, VoidState, VoidsOf, Write,
    Written,
};
use item::{
    AccountId, ApiKeyId, BoxKind, Counter, Day, Digest, KeyId, MeterSerial, RequestId, Subject,
    Time, UserId,
};
use std::future::Future;

/// A database of one installation.
///
/// Every method may be repeated: the second call finds what the first one wrote (but for
/// [`Store::raise_alert`], which then stores a second alert). A future that is dropped leaves its
/// transaction whole, done or not. Listings are ascending and return at most
/// [`crate::limits::LISTED_MAX`] rows.
///
/// # Errors
/// Every method: [`StoreError::Unavailable`], [`StoreError::Corrupt`] or [`StoreError::Statement`].
pub trait Store: Send + Sync + 'static {
    /// Keeps a sign-up before the boxes are asked.
    fn begin_sign_up(
        &self,
        sign_up: SignUp,
    ) -> impl Future<Output = Result<SignUpStart, StoreError>> + Send;

    /// Sign-ups created before `older_than` that lack the user's record or the account's chain,
    /// oldest first.
    fn pending_sign_ups(
        &self,
        older_than: Time,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<SignUpRow>, StoreError>> + Send;

    /// The user with exactly this log-in name.
    fn user_by_login(
        &self,
        login: &str,
    ) -> impl Future<Output = Result<Option<UserRow>, StoreError>> + Send;

    /// One user.
    fn user(
        &self,
        user: UserId,
    ) -> impl Future<Output = Result<Option<UserRow>, StoreError>> + Send;

    /// Users of an account whom the auth box has made, with an id above `after`; `None` starts.
    fn users_of(
        &self,
        account: AccountId,
        after: Option<UserId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<UserRow>, StoreError>> + Send;

    /// Keeps the name of a key before the auth box is asked.
    fn begin_api_key(
        &self,
        new: NewApiKey,
    ) -> impl Future<Output = Result<ApiKeyStart, StoreError>> + Send;

    /// One key.
    fn api_key(
        &self,
        key: ApiKeyId,
    ) -> impl Future<Output = Result<Option<ApiKeyRow>, StoreError>> + Send;

    /// Keys of an account with an id above `after`; `None` starts.
    fn api_keys_of(
        &self,
        account: AccountId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ApiKeyRow>, StoreError>> + Send;

    /// Head and newest entry of an account's chain, in one snapshot.
    fn chain(
        &self,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<ChainRow>, StoreError>> + Send;

    /// `ChainEntry`s with a sequence above `after_sequence`.
    fn chain_entries(
        &self,
        account: AccountId,
        after_sequence: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, StoreError>> + Send;

    /// One meter.
    fn meter(
        &self,
        serial: MeterSerial,
    ) -> impl Future<Output = Result<Option<MeterRow>, StoreError>> + Send;

    /// Meters of an account with a serial above `after`; `None` starts.
    fn meters_of(
        &self,
        account: AccountId,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MeterRow>, StoreError>> + Send;

    /// Meter and prior answer, and where it is asked for the meter's newest item, in one snapshot (P10).
    fn look_up(&self, key: LookUpKey) -> impl Future<Output = Result<LookUp, StoreError>> + Send;

    /// Many look-ups in one snapshot, answers in order. A damaged row fails only its own.
    fn look_up_many(
        &self,
        keys: &[LookUpKey],
    ) -> impl Future<Output = Result<Vec<Result<LookUp, StoreError>>, StoreError>> + Send;

    /// What an idempotency key of an account was answered with.
    fn prior_by_key(
        &self,
        account: AccountId,
        key_digest: Digest,
    ) -> impl Future<Output = Result<Option<PriorAnswer>, StoreError>> + Send;

    /// One `ItemRecord`.
    fn item(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Items of a meter, from piece `first` on.
    fn items(
        &self,
        meter: MeterSerial,
        first: u32,
        count: u32,
    ) -> impl Future<Output = Result<Vec<ItemRow>, StoreError>> + Send;

    /// Items of all meters of an account behind the cursor, by meter and piece count.
    fn items_of_account(
        &self,
        account: AccountId,
        after: ItemCursor,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<ItemRow>, StoreError>> + Send;

    /// Writes what boxes decided, in this order, in one transaction (P15). Each delivery is written
    /// whole or not at all, whatever happens to the others. One result a delivery, in order.
    ///
    /// A new record needs counter 1; any other the stored counter n - 1 for a decision n, a re-issue
    /// the one that its act names (P28). A stored
    /// counter of n or more: the same bytes must be there. An idempotency key that is already held
    /// keeps its first answer; the later order's items are stored all the same.
    fn write(
        &self,
        writes: &[Write],
    ) -> impl Future<Output = Result<Vec<Written>, StoreError>> + Send;

    /// The decision that gave a record this counter; none of those that made items.
    fn decision(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        counter: Counter,
    ) -> impl Future<Output = Result<Option<DecisionRow>, StoreError>> + Send;

    /// The signed decision that made items, by the first of them.
    fn decision_at(
        &self,
        meter: MeterSerial,
        first_piece: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The decision of a transaction box that answered a request; any of them if several did.
    fn chain_decision(
        &self,
        request: RequestId,
    ) -> impl Future<Output = Result<Option<DecisionRow>, StoreError>> + Send;

    /// What was shown to a box under this digest, and the decision that used it first.
    fn evidence(
        &self,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<EvidenceRow>, StoreError>> + Send;

    /// Keeps an acceptance scan; the first sound one of an item wins (P31).
    fn accept(&self, scan: NewScan) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// Keeps many scans in one transaction, in this order, each as [`Store::accept`] would behind
    /// those before it. One outcome a scan; one that is not stored undoes none of the others.
    fn accept_many(
        &self,
        scans: Vec<NewScan>,
    ) -> impl Future<Output = Result<Vec<Accepted>, StoreError>> + Send;

    /// A meter with its item credits, in one snapshot (P23).
    fn credited_meter(
        &self,
        serial: MeterSerial,
    ) -> impl Future<Output = Result<Option<CreditedMeter>, StoreError>> + Send;

    /// Item credits of all meters behind the cursor, by meter and piece count.
    fn item_credits(
        &self,
        after: ItemCursor,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<CreditRow>, StoreError>> + Send;

    /// Asks for an item to be taken back, and gives how the request stands then: one that was
    /// cancelled or rejected is asked anew, any other stays as it is.
    fn ask_void(&self, asked: NewVoid) -> impl Future<Output = Result<VoidRow, StoreError>> + Send;

    /// Ends a request that is waiting, cancelled or rejected; gives how it stands then. A request
    /// that is not waiting stays as it is; `None`: there is none.
    fn end_void(
        &self,
        item: ItemId,
        state: VoidState,
        reason: &str,
        now: Time,
    ) -> impl Future<Output = Result<Option<VoidRow>, StoreError>> + Send;

    /// One request.
    fn void_request(
        &self,
        item: ItemId,
    ) -> impl Future<Output = Result<Option<VoidRow>, StoreError>> + Send;

    /// Requests behind the cursor, by meter and piece count.
    fn void_requests(
        &self,
        of: VoidsOf,
        after: ItemCursor,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<VoidRow>, StoreError>> + Send;

    /// Records and uses of many items in one snapshot, answers in order. A damaged row fails only
    /// its own.
    fn item_uses(
        &self,
        items: &[ItemId],
    ) -> impl Future<Output = Result<Vec<Result<ItemUse, StoreError>>, StoreError>> + Send;

    /// The verifier's scan of highest sequence: its digest must be the next one's `previous`.
    fn verifier_head(
        &self,
        verifier: KeyId,
    ) -> impl Future<Output = Result<Option<ScanRow>, StoreError>> + Send;

    /// The scan that used an item.
    fn first_scan(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> impl Future<Output = Result<Option<ScanRow>, StoreError>> + Send;

    /// Keeps an application for a licence, and the agreement that it accepts. The same again changes
    /// nothing.
    fn put_licence(&self, new: NewLicence) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a refusal, if there is such an application without one.
    fn refuse_licence(
        &self,
        digest: Digest,
        refusal: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// One application. Which act granted it is noted by [`Store::write`].
    fn licence(
        &self,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<LicenceRow>, StoreError>> + Send;

    /// Applications with a digest above `after`; `None` starts.
    fn licences(
        &self,
        which: Licences,
        after: Option<Digest>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<LicenceRow>, StoreError>> + Send;

    /// Keeps a verification pack. [`StoreError::Taken`] if that sequence holds other bytes.
    fn put_pack(
        &self,
        sequence: u64,
        pack: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The pack of highest sequence.
    fn latest_pack(&self) -> impl Future<Output = Result<Option<PackRow>, StoreError>> + Send;

    /// Keeps an epoch's opening. [`StoreError::Taken`] if that epoch holds other bytes.
    fn put_epoch(&self, epoch: EpochRow) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Every epoch that was opened, ascending: one a month, so there is no page.
    fn epochs(&self) -> impl Future<Output = Result<Vec<EpochRow>, StoreError>> + Send;

    /// Which epochs the records of a kind of box name, by their bytes: of records behind `after`,
    /// ascending; `None` starts. The keys box keeps none.
    fn record_epochs(
        &self,
        box_kind: BoxKind,
        after: Option<Subject>,
        limit: u32,
    ) -> impl Future<Output = Result<RecordEpochs, StoreError>> + Send;

    /// Keeps a sheet of daily totals. [`StoreError::Taken`] if that sequence holds other bytes.
    fn put_totals(&self, row: TotalsRow) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The sheet of highest sequence.
    fn latest_totals(&self) -> impl Future<Output = Result<Option<TotalsRow>, StoreError>> + Send;

    /// Sheets with a sequence above `after`; of one day, if it is given.
    fn totals(
        &self,
        after: u64,
        day: Option<Day>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<TotalsRow>, StoreError>> + Send;

    /// Meters of all accounts with a serial above `after`; `None` starts.
    fn all_meters(
        &self,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<MeterRow>, StoreError>> + Send;

    /// Keeps an alert, returns its id.
    fn raise_alert(&self, alert: Alert) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Alerts with an id above `after`.
    fn alerts(
        &self,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AlertRow>, StoreError>> + Send;

    /// Makes a department or end customer; the same request again finds it.
    fn make_heading(
        &self,
        new: NewHeading,
    ) -> impl Future<Output = Result<HeadingMade, StoreError>> + Send;

    /// Departments or end customers of an account with a number above `after`.
    fn headings(
        &self,
        account: AccountId,
        kind: HeadingKind,
        after: u32,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<HeadingRow>, StoreError>> + Send;

    /// Those with these numbers, in one snapshot; answers in order.
    fn headings_by_number(
        &self,
        account: AccountId,
        numbers: &[(HeadingKind, u32)],
    ) -> impl Future<Output = Result<Vec<Option<HeadingRow>>, StoreError>> + Send;

    /// Changes a heading; gives it as it is then, or none if there is none.
    fn change_heading(
        &self,
        account: AccountId,
        kind: HeadingKind,
        number: u32,
        change: HeadingChange,
    ) -> impl Future<Output = Result<Option<HeadingRow>, StoreError>> + Send;

    /// Holds what an order is about to spend, unless it would pass a limit of its user or of a department.
    /// Nothing is held for whoever has no limit, and for a key that is answered already. The same request
    /// again shares what it holds.
    fn reserve(
        &self,
        asked: Reservation,
    ) -> impl Future<Output = Result<Reserved, StoreError>> + Send;

    /// One call with this request ended without items; with the last one what it held is free. Items that
    /// are written free it themselves ([`Store::write`]).
    fn release(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What is held since before a time, oldest first; some may come twice.
    fn old_holds(
        &self,
        before: Time,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OldHold>, StoreError>> + Send;

    /// Frees whatever this request held: it will have no items that are not written already.
    fn settle_hold(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Sets a limit or, with none, takes it away. What was spent since the beginning of the month counts.
    fn set_spending_limit(
        &self,
        account: AccountId,
        spender: Spender,
        limit: SpendingLimit,
        today: Day,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// How a user or department stands on a day; none without a limit.
    fn spending(
        &self,
        account: AccountId,
        spender: Spender,
        day: Day,
    ) -> impl Future<Output = Result<Option<Spending>, StoreError>> + Send;

    /// Evidence of a subject's decisions behind a counter.
    fn evidence_of(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        after: Counter,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<EvidenceOf>, StoreError>> + Send;

    /// The newest `ItemRecord` of a meter below a piece count.
    fn item_before(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}
