//! The edge of a server process. Whatever a server says to the world, or hears from it, passes its
//! gate; a gate that is shut for a while is a process that was stopped (SIGSTOP), one that is shut for
//! good is a process that was killed: nobody can tell the difference from outside.

use crate::signal::Signal;
use crate::story::Story;
use item::{
    AccountId, ApiKeyId, BoxKind, Counter, Day, Digest, KeyId, MeterSerial, RequestId, Subject,
    Time, UserId,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{
    Accepted, Alert, AlertRow, ApiKeyRow, ApiKeyStart, ChainRow, CreditRow, CreditedMeter,
    DecisionRow, EpochRow, EvidenceOf, EvidenceRow, HeadingChange, HeadingKind, HeadingMade,
    HeadingRow, ItemCursor, ItemId, ItemRow, ItemUse, LicenceRow, Licences, LookUp, LookUpKey,
    MeterRow, NewApiKey, NewHeading, NewLicence, NewScan, NewVoid, OldHold, PackRow, PriorAnswer,
    RecordEpochs, Reservation, Reserved, ScanRow, SignUp, SignUpRow, SignUpStart, Spender,
    Spending, SpendingLimit, Store, StoreError, TotalsRow, UserRow, VoidRow, VoidState, VoidsOf,
    Write, Written,
};
use tokio::time::sleep;

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Running,
    /// It is stopped and may go on.
    Stopped,
    /// It is dead.
    Dead,
}

/// What is to happen at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// It dies there.
    Die,
    /// It is stopped for so long.
    Stop(Duration),
}

struct Inner {
    rng: fastrand::Rng,
    blow: Option<(u32, Blow)>,
    /// Longest that the database takes for one call, microseconds.
    slowness: u64,
}

/// The gate of one server process; clones share it.
#[derive(Clone)]
pub struct Gate {
    life: Signal<Life>,
    inner: Arc<Mutex<Inner>>,
    story: Story,
    /// For the story.
    pub name: usize,
}

impl Gate {
    /// The gate of a new process.
    #[must_use]
    pub fn new(name: usize, seed: u64, story: Story) -> Self {
        Self {
            life: Signal::new(Life::Running),
            inner: Arc::new(Mutex::new(Inner {
                rng: fastrand::Rng::with_seed(seed),
                blow: None,
                slowness: 3_000,
            })),
            story,
            name,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the process runs; for ever if it is dead.
    pub async fn pass(&self) {
        self.life.wait_for(|life| life == Life::Running).await;
    }

    /// How it is.
    #[must_use]
    pub fn life(&self) -> Life {
        self.life.get()
    }

    /// Ends it.
    pub fn kill(&self) {
        self.life.set(Life::Dead);
        self.story
            .tell(|| format!("server {} is killed", self.name));
    }

    /// Stops it for a while.
    pub fn stop(&self, time: Duration) {
        if self.life() != Life::Running {
            return;
        }
        self.life.set(Life::Stopped);
        self.story
            .tell(|| format!("server {} is stopped for {time:?}", self.name));
        let gate = self.clone();
        tokio::spawn(async move {
            sleep(time).await;
            let woken = gate.life() == Life::Stopped;
            if woken {
                gate.life.set(Life::Running);
                gate.story.tell(|| format!("server {} goes on", gate.name));
            }
        });
    }

    /// Orders a blow at the step after the next `steps`.
    pub fn strike_after(&self, steps: u32, blow: Blow) {
        self.inner().blow = Some((steps, blow));
    }

    /// Takes back a blow that was not reached.
    pub fn spare(&self) {
        self.inner().blow = None;
    }

    /// Makes the database slow for this server.
    pub fn slow(&self, microseconds: u64) {
        self.inner().slowness = microseconds;
    }

    /// One step of the process: takes time, and may be its last.
    async fn step(&self) {
        let (pause, struck) = {
            let mut inner = self.inner();
            let struck = match inner.blow {
                Some((0, blow)) => {
                    inner.blow = None;
                    Some(blow)
                }
                Some((left, blow)) => {
                    inner.blow = Some((left - 1, blow));
                    None
                }
                None => None,
            };
            let slowness = inner.slowness;
            (inner.rng.u64(20..slowness), struck)
        };
        match struck {
            Some(Blow::Die) => {
                self.story.fault("server killed at a step");
                self.kill();
            }
            Some(Blow::Stop(time)) => {
                self.story.fault("server stopped at a step");
                self.stop(time);
            }
            None => {}
        }
        sleep(Duration::from_micros(pause)).await;
        self.pass().await;
    }

    /// A call to the world: the process may end or stop before it and after it.
    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.step().await;
        let answer = call.await;
        self.step().await;
        answer
    }
}

/// A database as one server process sees it.
pub struct Gated<S> {
    /// The process.
    pub gate: Gate,
    /// The database.
    pub store: S,
}

impl<S: Store> Store for Gated<S> {
    async fn begin_sign_up(&self, sign_up: SignUp) -> Result<SignUpStart, StoreError> {
        self.gate.call(self.store.begin_sign_up(sign_up)).await
    }
    async fn pending_sign_ups(
        &self,
        older_than: Time,
        limit: u32,
    ) -> Result<Vec<SignUpRow>, StoreError> {
        self.gate
            .call(self.store.pending_sign_ups(older_than, limit))
            .await
    }
    async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError> {
        self.gate.call(self.store.user_by_login(login)).await
    }
    async fn user(&self, user: UserId) -> Result<Option<UserRow>, StoreError> {
        self.gate.call(self.store.user(user)).await
    }
    async fn users_of(
        &self,
        account: AccountId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        self.gate
            .call(self.store.users_of(account, after, limit))
            .await
    }

    async fn begin_api_key(&self, new: NewApiKey) -> Result<ApiKeyStart, StoreError> {
        self.gate.call(self.store.begin_api_key(new)).await
    }
    async fn api_key(&self, key: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        self.gate.call(self.store.api_key(key)).await
    }
    async fn api_keys_of(
        &self,
        account: AccountId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeyRow>, StoreError> {
        self.gate
            .call(self.store.api_keys_of(account, after, limit))
            .await
    }

    async fn chain(&self, account: AccountId) -> Result<Option<ChainRow>, StoreError> {
        self.gate.call(self.store.chain(account)).await
    }
    async fn chain_entries(
        &self,
        account: AccountId,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.gate
            .call(self.store.chain_entries(account, after_sequence, limit))
            .await
    }
    async fn meter(&self, serial: MeterSerial) -> Result<Option<MeterRow>, StoreError> {
        self.gate.call(self.store.meter(serial)).await
    }
    async fn meters_of(
        &self,
        account: AccountId,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRow>, StoreError> {
        self.gate
            .call(self.store.meters_of(account, after, limit))
            .await
    }
    async fn look_up(&self, key: LookUpKey) -> Result<LookUp, StoreError> {
        self.gate.call(self.store.look_up(key)).await
    }
    async fn look_up_many(
        &self,
        keys: &[LookUpKey],
    ) -> Result<Vec<Result<LookUp, StoreError>>, StoreError> {
        self.gate.call(self.store.look_up_many(keys)).await
    }
    async fn prior_by_key(
        &self,
        account: AccountId,
        key_digest: Digest,
    ) -> Result<Option<PriorAnswer>, StoreError> {
        self.gate
            .call(self.store.prior_by_key(account, key_digest))
            .await
    }
    async fn item(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.gate.call(self.store.item(meter, piece_count)).await
    }
    async fn items(
        &self,
        meter: MeterSerial,
        first: u32,
        count: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        self.gate.call(self.store.items(meter, first, count)).await
    }
    async fn items_of_account(
        &self,
        account: AccountId,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        self.gate
            .call(self.store.items_of_account(account, after, limit))
            .await
    }
    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.gate.call(self.store.write(writes)).await
    }
    async fn decision(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        counter: Counter,
    ) -> Result<Option<DecisionRow>, StoreError> {
        self.gate
            .call(self.store.decision(box_kind, subject, counter))
            .await
    }
    async fn decision_at(
        &self,
        meter: MeterSerial,
        first_piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.gate
            .call(self.store.decision_at(meter, first_piece))
            .await
    }
    async fn chain_decision(&self, request: RequestId) -> Result<Option<DecisionRow>, StoreError> {
        self.gate.call(self.store.chain_decision(request)).await
    }
    async fn evidence(&self, digest: Digest) -> Result<Option<EvidenceRow>, StoreError> {
        self.gate.call(self.store.evidence(digest)).await
    }
    async fn accept(&self, scan: NewScan) -> Result<Accepted, StoreError> {
        self.gate.call(self.store.accept(scan)).await
    }
    async fn accept_many(&self, scans: Vec<NewScan>) -> Result<Vec<Accepted>, StoreError> {
        self.gate.call(self.store.accept_many(scans)).await
    }
    async fn credited_meter(
        &self,
        serial: MeterSerial,
    ) -> Result<Option<CreditedMeter>, StoreError> {
        self.gate.call(self.store.credited_meter(serial)).await
    }
    async fn item_credits(
        &self,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<CreditRow>, StoreError> {
        self.gate.call(self.store.item_credits(after, limit)).await
    }
    async fn ask_void(&self, asked: NewVoid) -> Result<VoidRow, StoreError> {
        self.gate.call(self.store.ask_void(asked)).await
    }
    async fn end_void(
        &self,
        item: ItemId,
        state: VoidState,
        reason: &str,
        now: Time,
    ) -> Result<Option<VoidRow>, StoreError> {
        self.gate
            .call(self.store.end_void(item, state, reason, now))
            .await
    }
    async fn void_request(&self, item: ItemId) -> Result<Option<VoidRow>, StoreError> {
        self.gate.call(self.store.void_request(item)).await
    }
    async fn void_requests(
        &self,
        of: VoidsOf,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidRow>, StoreError> {
        self.gate
            .call(self.store.void_requests(of, after, limit))
            .await
    }
    async fn item_uses(
        &self,
        items: &[ItemId],
    ) -> Result<Vec<Result<ItemUse, StoreError>>, StoreError> {
        self.gate.call(self.store.item_uses(items)).await
    }
    async fn verifier_head(&self, verifier: KeyId) -> Result<Option<ScanRow>, StoreError> {
        self.gate.call(self.store.verifier_head(verifier)).await
    }
    async fn first_scan(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<ScanRow>, StoreError> {
        self.gate
            .call(self.store.first_scan(meter, piece_count))
            .await
    }
    async fn put_licence(&self, new: NewLicence) -> Result<(), StoreError> {
        self.gate.call(self.store.put_licence(new)).await
    }

    async fn refuse_licence(&self, digest: Digest, refusal: &[u8]) -> Result<(), StoreError> {
        self.gate
            .call(self.store.refuse_licence(digest, refusal))
            .await
    }

    async fn licence(&self, digest: Digest) -> Result<Option<LicenceRow>, StoreError> {
        self.gate.call(self.store.licence(digest)).await
    }

    async fn licences(
        &self,
        which: Licences,
        after: Option<Digest>,
        limit: u32,
    ) -> Result<Vec<LicenceRow>, StoreError> {
        self.gate
            .call(self.store.licences(which, after, limit))
            .await
    }

    async fn put_pack(&self, sequence: u64, pack: &[u8]) -> Result<(), StoreError> {
        self.gate.call(self.store.put_pack(sequence, pack)).await
    }
    async fn latest_pack(&self) -> Result<Option<PackRow>, StoreError> {
        self.gate.call(self.store.latest_pack()).await
    }
    async fn put_epoch(&self, epoch: EpochRow) -> Result<(), StoreError> {
        self.gate.call(self.store.put_epoch(epoch)).await
    }
    async fn epochs(&self) -> Result<Vec<EpochRow>, StoreError> {
        self.gate.call(self.store.epochs()).await
    }
    async fn record_epochs(
        &self,
        box_kind: BoxKind,
        after: Option<Subject>,
        limit: u32,
    ) -> Result<RecordEpochs, StoreError> {
        let found = self.store.record_epochs(box_kind, after, limit);
        self.gate.call(found).await
    }
    async fn put_totals(&self, row: TotalsRow) -> Result<(), StoreError> {
        self.gate.call(self.store.put_totals(row)).await
    }
    async fn latest_totals(&self) -> Result<Option<TotalsRow>, StoreError> {
        self.gate.call(self.store.latest_totals()).await
    }
    async fn totals(
        &self,
        after: u64,
        day: Option<Day>,
        limit: u32,
    ) -> Result<Vec<TotalsRow>, StoreError> {
        self.gate.call(self.store.totals(after, day, limit)).await
    }
    async fn all_meters(
        &self,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRow>, StoreError> {
        self.gate.call(self.store.all_meters(after, limit)).await
    }
    async fn raise_alert(&self, alert: Alert) -> Result<u64, StoreError> {
        self.gate.call(self.store.raise_alert(alert)).await
    }
    async fn alerts(&self, after: u64, limit: u32) -> Result<Vec<AlertRow>, StoreError> {
        self.gate.call(self.store.alerts(after, limit)).await
    }
    async fn make_heading(&self, new: NewHeading) -> Result<HeadingMade, StoreError> {
        self.gate.call(self.store.make_heading(new)).await
    }

    async fn headings(
        &self,
        account: AccountId,
        kind: HeadingKind,
        after: u32,
        limit: u32,
    ) -> Result<Vec<HeadingRow>, StoreError> {
        self.gate
            .call(self.store.headings(account, kind, after, limit))
            .await
    }

    async fn headings_by_number(
        &self,
        account: AccountId,
        numbers: &[(HeadingKind, u32)],
    ) -> Result<Vec<Option<HeadingRow>>, StoreError> {
        self.gate
            .call(self.store.headings_by_number(account, numbers))
            .await
    }

    async fn change_heading(
        &self,
        account: AccountId,
        kind: HeadingKind,
        number: u32,
        change: HeadingChange,
    ) -> Result<Option<HeadingRow>, StoreError> {
        self.gate
            .call(self.store.change_heading(account, kind, number, change))
            .await
    }

    async fn reserve(&self, asked: Reservation) -> Result<Reserved, StoreError> {
        self.gate.call(self.store.reserve(asked)).await
    }

    async fn release(&self, account: AccountId, request: RequestId) -> Result<(), StoreError> {
        self.gate.call(self.store.release(account, request)).await
    }

    async fn old_holds(&self, before: Time, limit: u32) -> Result<Vec<OldHold>, StoreError> {
        self.gate.call(self.store.old_holds(before, limit)).await
    }

    async fn settle_hold(&self, account: AccountId, request: RequestId) -> Result<(), StoreError> {
        self.gate
            .call(self.store.settle_hold(account, request))
            .await
    }

    async fn set_spending_limit(
        &self,
        account: AccountId,
        spender: Spender,
        limit: SpendingLimit,
        today: Day,
    ) -> Result<(), StoreError> {
        self.gate
            .call(
                self.store
                    .set_spending_limit(account, spender, limit, today),
            )
            .await
    }

    async fn spending(
        &self,
        account: AccountId,
        spender: Spender,
        day: Day,
    ) -> Result<Option<Spending>, StoreError> {
        self.gate
            .call(self.store.spending(account, spender, day))
            .await
    }

    async fn evidence_of(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        after: Counter,
        limit: u32,
    ) -> Result<Vec<EvidenceOf>, StoreError> {
        self.gate
            .call(self.store.evidence_of(box_kind, subject, after, limit))
            .await
    }

    async fn item_before(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.gate
            .call(self.store.item_before(meter, piece_count))
            .await
    }
}
