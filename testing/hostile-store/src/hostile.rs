//! The wrapper: every answer passes through the script.

use crate::script::{Hold, Record, Rule, Script, Version, flip};
use item::{
    AccountId, ApiKeyId, BoxKind, Counter, CreditedItem, Day, Digest, KeyId, Layout, MeterSerial,
    RequestId, Subject, Time, UserId,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{
    Accepted, Alert, AlertRow, ApiKeyRow, ApiKeyStart, ChainRow, CreditRow, CreditedMeter,
    DecisionRow, EpochRow, EvidenceOf, EvidenceRow, HeadingChange, HeadingKind, HeadingMade,
    HeadingRow, ItemCursor, ItemId, ItemRow, ItemUse, LicenceRow, Licences, LookUp, LookUpKey,
    MeterRow, NewApiKey, NewHeading, NewLicence, NewScan, NewVoid, OldHold, PackRow, PriorAnswer,
    RecordEpochs, Reservation, Reserved, ScanRow, SignUp, SignUpRow, SignUpStart, Spender,
    Spending, SpendingLimit, Store, StoreError, Unavailable, UserRow, VoidRow, VoidState, VoidsOf,
    Write, Written,
};

/// Methods that answer as the store within.
macro_rules! as_within {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(async fn $name(&self, $($argument: $kind),*) -> Result<$out, StoreError> {
            self.inner.$name($($argument),*).await
        })*
    };
}

/// A store that answers as the one within, but for the rules that play.
///
/// Every true record that it answers is remembered, whether or not a rule hides it. Clones share
/// store and script, so that a test holds one while a server owns the other.
#[derive(Debug)]
pub struct HostileStore<S> {
    inner: Arc<S>,
    script: Arc<Mutex<Script>>,
}

impl<S> Clone for HostileStore<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            script: Arc::clone(&self.script),
        }
    }
}

impl<S: Store> HostileStore<S> {
    /// Honest at first.
    pub fn new(inner: S) -> Self {
        Self {
            inner: Arc::new(inner),
            script: Arc::default(),
        }
    }

    /// The honest store within.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Lies from now on.
    pub fn play(&self, rule: Rule) {
        self.script().play(rule, None);
    }

    /// Lies the next `times` times that the rule fits.
    pub fn play_times(&self, rule: Rule, times: u32) {
        self.script().play(rule, Some(times));
    }

    /// Stops the server that writes next, before its write.
    pub fn hold_next_write(&self) -> Hold {
        let (hold, stopped) = Hold::new();
        self.script().hold(stopped);
        hold
    }

    /// Honest again. What was seen stays remembered.
    pub fn stop(&self) {
        self.script().stop();
    }

    /// Honest again, with nothing remembered.
    pub fn forget(&self) {
        *self.script() = Script::default();
    }

    /// How many lies were told: a test should ask, or it may have tested nothing.
    pub fn lies(&self) -> u64 {
        self.script().lies()
    }

    /// True versions of a record that were answered so far, oldest first.
    pub fn history(&self, record: Record) -> Vec<Version> {
        self.script().history(record).to_vec()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The true version, remembered.
    async fn truth(&self, record: Record) -> Result<Option<Version>, StoreError> {
        let version = match record {
            Record::User(user) => {
                let row = self.inner.user(user).await?;
                row.and_then(|row| row.record).map(plain)
            }
            Record::ApiKey(key) => {
                let row = self.inner.api_key(key).await?;
                row.and_then(|row| row.record).map(plain)
            }
            Record::Meter(serial) => {
                let row = self.inner.meter(serial).await?;
                row.map(|row| plain(row.record))
            }
            Record::Chain(account) => {
                let row = self.inner.chain(account).await?;
                row.map(|row| Version {
                    record: row.record,
                    entry: row.newest_entry,
                })
            }
        };
        if let Some(version) = &version {
            self.script().remember(record, version);
        }
        Ok(version)
    }

    /// What is answered instead of a true version.
    async fn told(
        &self,
        record: Record,
        truth: Option<Version>,
    ) -> Result<Option<Version>, StoreError> {
        if let Some(version) = &truth {
            self.script().remember(record, version);
        }
        let rules = self.script().fitting(|rule| match rule {
            Rule::Older(about, _)
            | Rule::Show(about, _)
            | Rule::Swap(about, _)
            | Rule::Flip(about, _)
            | Rule::Hide(about) => *about == record,
            Rule::FlipEntry(account, _) | Rule::HideEntry(account) => {
                record == Record::Chain(*account)
            }
            _ => false,
        });
        let mut told = truth;
        for rule in rules {
            match rule {
                Rule::Older(_, back) => {
                    let script = self.script();
                    let seen = script.history(record);
                    let index = seen.len().saturating_sub(back.saturating_add(1));
                    told = seen.get(index).cloned();
                }
                Rule::Show(_, version) => told = Some(version),
                Rule::Swap(_, other) => told = self.truth(other).await?,
                Rule::Hide(_) => told = None,
                Rule::Flip(_, bit) => {
                    if let Some(version) = &mut told {
                        flip(&mut version.record, bit);
                    }
                }
                Rule::FlipEntry(_, bit) => {
                    if let Some(entry) = told.as_mut().and_then(|told| told.entry.as_mut()) {
                        flip(entry, bit);
                    }
                }
                Rule::HideEntry(_) => {
                    if let Some(version) = &mut told {
                        version.entry = None;
                    }
                }
                _ => {}
            }
        }
        Ok(told)
    }

    async fn tell_user(&self, row: Option<UserRow>) -> Result<Option<UserRow>, StoreError> {
        let Some(mut row) = row else { return Ok(None) };
        let truth = row.record.take().map(plain);
        let told = self.told(Record::User(row.user), truth).await?;
        row.record = told.map(|version| version.record);
        Ok(Some(row))
    }

    async fn tell_api_key(&self, row: Option<ApiKeyRow>) -> Result<Option<ApiKeyRow>, StoreError> {
        let Some(mut row) = row else { return Ok(None) };
        let truth = row.record.take().map(plain);
        let told = self.told(Record::ApiKey(row.key), truth).await?;
        row.record = told.map(|version| version.record);
        Ok(Some(row))
    }

    async fn tell_meter(&self, row: Option<MeterRow>) -> Result<Option<MeterRow>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let told = self
            .told(Record::Meter(row.serial), Some(plain(row.record)))
            .await?;
        Ok(told.map(|version| MeterRow {
            serial: row.serial,
            account: row.account,
            record: version.record,
        }))
    }

    async fn tell_prior(
        &self,
        account: AccountId,
        key_digest: Digest,
        prior: Option<PriorAnswer>,
    ) -> Result<Option<PriorAnswer>, StoreError> {
        let rules = self.script().fitting(|rule| match rule {
            Rule::HidePrior(of, key) | Rule::SwapPrior(of, key, _) => {
                (*of, *key) == (account, key_digest)
            }
            _ => false,
        });
        let mut told = prior;
        for rule in rules {
            told = match rule {
                Rule::SwapPrior(_, _, other) => self.inner.prior_by_key(account, other).await?,
                _ => None,
            };
        }
        if let Some(told) = &mut told {
            let (meter, first) = (told.meter, told.first_piece);
            // Positions count only while no item is missing already.
            let mut piece = first;
            told.items.retain_mut(|item| {
                let kept = self.tell_item(meter, piece, item);
                piece = piece.saturating_add(1);
                kept
            });
        }
        Ok(told)
    }

    /// Alters an item; false hides it.
    fn tell_item(&self, meter: MeterSerial, piece_count: u32, item: &mut [u8]) -> bool {
        let rules = self.script().fitting(|rule| match rule {
            Rule::HideItem(of, piece) | Rule::FlipItem(of, piece, _) => {
                (*of, *piece) == (meter, piece_count)
            }
            _ => false,
        });
        let mut kept = true;
        for rule in rules {
            match rule {
                Rule::FlipItem(_, _, bit) => flip(item, bit),
                _ => kept = false,
            }
        }
        kept
    }

    fn tell_items(&self, mut rows: Vec<ItemRow>) -> Vec<ItemRow> {
        rows.retain_mut(|row| self.tell_item(row.meter, row.piece_count, &mut row.item));
        rows
    }

    /// Alters a credit; false hides it.
    fn tell_credit(&self, meter: MeterSerial, credit: &mut Vec<u8>) -> bool {
        let piece = CreditedItem::from_bytes(credit).map_or(0, |row| row.piece_count);
        let rules = self.script().fitting(|rule| match rule {
            Rule::HideCredits(of) => *of == meter,
            Rule::HideCredit(of, one) | Rule::FlipCredit(of, one, _) => {
                (*of, *one) == (meter, piece)
            }
            _ => false,
        });
        let mut kept = true;
        for rule in rules {
            match rule {
                Rule::FlipCredit(_, _, bit) => flip(credit, bit),
                _ => kept = false,
            }
        }
        kept
    }

    async fn tell_look_up(&self, key: LookUpKey, found: LookUp) -> Result<LookUp, StoreError> {
        Ok(LookUp {
            meter: self.tell_meter(found.meter).await?,
            prior: self
                .tell_prior(key.account, key.key_digest, found.prior)
                .await?,
            newest: found.newest,
            limited: found.limited,
        })
    }
}

fn plain(record: Vec<u8>) -> Version {
    Version {
        record,
        entry: None,
    }
}

fn unavailable(detail: &str) -> StoreError {
    StoreError::Unavailable {
        reason: Unavailable::Io,
        detail: detail.to_owned(),
    }
}

impl<S: Store> Store for HostileStore<S> {
    async fn begin_sign_up(&self, sign_up: SignUp) -> Result<SignUpStart, StoreError> {
        self.inner.begin_sign_up(sign_up).await
    }

    async fn pending_sign_ups(
        &self,
        older_than: Time,
        limit: u32,
    ) -> Result<Vec<SignUpRow>, StoreError> {
        self.inner.pending_sign_ups(older_than, limit).await
    }

    async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError> {
        let row = self.inner.user_by_login(login).await?;
        self.tell_user(row).await
    }

    async fn user(&self, user: UserId) -> Result<Option<UserRow>, StoreError> {
        let row = self.inner.user(user).await?;
        self.tell_user(row).await
    }

    async fn users_of(
        &self,
        account: AccountId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserRow>, StoreError> {
        let mut told = Vec::new();
        for row in self.inner.users_of(account, after, limit).await? {
            told.extend(self.tell_user(Some(row)).await?);
        }
        Ok(told)
    }

    async fn begin_api_key(&self, new: NewApiKey) -> Result<ApiKeyStart, StoreError> {
        self.inner.begin_api_key(new).await
    }

    async fn api_key(&self, key: ApiKeyId) -> Result<Option<ApiKeyRow>, StoreError> {
        let row = self.inner.api_key(key).await?;
        self.tell_api_key(row).await
    }

    async fn api_keys_of(
        &self,
        account: AccountId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKeyRow>, StoreError> {
        let mut told = Vec::new();
        for row in self.inner.api_keys_of(account, after, limit).await? {
            told.extend(self.tell_api_key(Some(row)).await?);
        }
        Ok(told)
    }

    async fn chain(&self, account: AccountId) -> Result<Option<ChainRow>, StoreError> {
        let record = Record::Chain(account);
        let truth = self.truth(record).await?;
        let told = self.told(record, truth).await?;
        Ok(told.map(|version| ChainRow {
            record: version.record,
            newest_entry: version.entry,
        }))
    }

    async fn chain_entries(
        &self,
        account: AccountId,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.inner
            .chain_entries(account, after_sequence, limit)
            .await
    }

    async fn meter(&self, serial: MeterSerial) -> Result<Option<MeterRow>, StoreError> {
        let row = self.inner.meter(serial).await?;
        self.tell_meter(row).await
    }

    async fn meters_of(
        &self,
        account: AccountId,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRow>, StoreError> {
        let mut told = Vec::new();
        for row in self.inner.meters_of(account, after, limit).await? {
            told.extend(self.tell_meter(Some(row)).await?);
        }
        Ok(told)
    }

    async fn look_up(&self, key: LookUpKey) -> Result<LookUp, StoreError> {
        let found = self.inner.look_up(key).await?;
        self.tell_look_up(key, found).await
    }

    async fn look_up_many(
        &self,
        keys: &[LookUpKey],
    ) -> Result<Vec<Result<LookUp, StoreError>>, StoreError> {
        let found = self.inner.look_up_many(keys).await?;
        let mut told = Vec::with_capacity(found.len());
        for (key, found) in keys.iter().zip(found) {
            told.push(match found {
                Ok(found) => self.tell_look_up(*key, found).await,
                Err(error) => Err(error),
            });
        }
        Ok(told)
    }

    async fn prior_by_key(
        &self,
        account: AccountId,
        key_digest: Digest,
    ) -> Result<Option<PriorAnswer>, StoreError> {
        let prior = self.inner.prior_by_key(account, key_digest).await?;
        self.tell_prior(account, key_digest, prior).await
    }

    async fn item(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let item = self.inner.item(meter, piece_count).await?;
        Ok(item.and_then(|mut item| {
            self.tell_item(meter, piece_count, &mut item)
                .then_some(item)
        }))
    }

    async fn items(
        &self,
        meter: MeterSerial,
        first: u32,
        count: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let rows = self.inner.items(meter, first, count).await?;
        Ok(self.tell_items(rows))
    }

    async fn items_of_account(
        &self,
        account: AccountId,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let rows = self.inner.items_of_account(account, after, limit).await?;
        Ok(self.tell_items(rows))
    }

    async fn write(&self, writes: &[Write]) -> Result<Vec<Written>, StoreError> {
        let stopped = self.script().held();
        if let Some(stopped) = stopped {
            stopped.wait().await;
        }
        let rules = self.script().fitting(|rule| {
            matches!(
                rule,
                Rule::DropWrites | Rule::DuplicateWrites | Rule::LoseReplies | Rule::FailWrites
            )
        });
        match rules.last() {
            Some(Rule::DropWrites) => Ok(vec![Written::Written; writes.len()]),
            Some(Rule::DuplicateWrites) => {
                self.inner.write(writes).await?;
                self.inner.write(writes).await
            }
            Some(Rule::LoseReplies) => {
                self.inner.write(writes).await?;
                Err(unavailable("the reply was lost"))
            }
            Some(_) => Err(unavailable("the disk failed")),
            None => self.inner.write(writes).await,
        }
    }

    async fn credited_meter(
        &self,
        serial: MeterSerial,
    ) -> Result<Option<CreditedMeter>, StoreError> {
        let Some(found) = self.inner.credited_meter(serial).await? else {
            return Ok(None);
        };
        let mut credits = found.credits;
        credits.retain_mut(|credit| self.tell_credit(serial, credit));
        let meter = self.tell_meter(Some(found.meter)).await?;
        Ok(meter.map(|meter| CreditedMeter { meter, credits }))
    }

    async fn item_credits(
        &self,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<CreditRow>, StoreError> {
        self.inner.item_credits(after, limit).await
    }

    async fn ask_void(&self, asked: NewVoid) -> Result<VoidRow, StoreError> {
        self.inner.ask_void(asked).await
    }

    async fn end_void(
        &self,
        item: ItemId,
        state: VoidState,
        reason: &str,
        now: Time,
    ) -> Result<Option<VoidRow>, StoreError> {
        self.inner.end_void(item, state, reason, now).await
    }

    async fn void_request(&self, item: ItemId) -> Result<Option<VoidRow>, StoreError> {
        self.inner.void_request(item).await
    }

    async fn void_requests(
        &self,
        of: VoidsOf,
        after: ItemCursor,
        limit: u32,
    ) -> Result<Vec<VoidRow>, StoreError> {
        self.inner.void_requests(of, after, limit).await
    }

    async fn decision(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        counter: Counter,
    ) -> Result<Option<DecisionRow>, StoreError> {
        self.inner.decision(box_kind, subject, counter).await
    }

    async fn chain_decision(&self, request: RequestId) -> Result<Option<DecisionRow>, StoreError> {
        self.inner.chain_decision(request).await
    }

    async fn evidence(&self, digest: Digest) -> Result<Option<EvidenceRow>, StoreError> {
        self.inner.evidence(digest).await
    }

    async fn accept(&self, scan: NewScan) -> Result<Accepted, StoreError> {
        self.inner.accept(scan).await
    }

    async fn accept_many(&self, scans: Vec<NewScan>) -> Result<Vec<Accepted>, StoreError> {
        self.inner.accept_many(scans).await
    }

    async fn item_uses(
        &self,
        items: &[ItemId],
    ) -> Result<Vec<Result<ItemUse, StoreError>>, StoreError> {
        let mut told = self.inner.item_uses(items).await?;
        for (id, told) in items.iter().zip(&mut told) {
            if let Ok(told) = told {
                told.item = told.item.take().and_then(|mut item| {
                    let kept = self.tell_item(id.meter, id.piece_count, &mut item);
                    kept.then_some(item)
                });
                told.credit = told.credit.take().and_then(|mut credit| {
                    let kept = self.tell_credit(id.meter, &mut credit);
                    kept.then_some(credit)
                });
            }
        }
        Ok(told)
    }

    async fn verifier_head(&self, verifier: KeyId) -> Result<Option<ScanRow>, StoreError> {
        self.inner.verifier_head(verifier).await
    }

    async fn first_scan(
        &self,
        meter: MeterSerial,
        piece_count: u32,
    ) -> Result<Option<ScanRow>, StoreError> {
        self.inner.first_scan(meter, piece_count).await
    }

    async fn put_licence(&self, new: NewLicence) -> Result<(), StoreError> {
        self.inner.put_licence(new).await
    }

    async fn refuse_licence(&self, digest: Digest, refusal: &[u8]) -> Result<(), StoreError> {
        self.inner.refuse_licence(digest, refusal).await
    }

    async fn licence(&self, digest: Digest) -> Result<Option<LicenceRow>, StoreError> {
        self.inner.licence(digest).await
    }

    async fn licences(
        &self,
        which: Licences,
        after: Option<Digest>,
        limit: u32,
    ) -> Result<Vec<LicenceRow>, StoreError> {
        self.inner.licences(which, after, limit).await
    }

    async fn put_pack(&self, sequence: u64, pack: &[u8]) -> Result<(), StoreError> {
        self.inner.put_pack(sequence, pack).await
    }

    async fn latest_pack(&self) -> Result<Option<PackRow>, StoreError> {
        self.inner.latest_pack().await
    }

    async fn put_epoch(&self, epoch: EpochRow) -> Result<(), StoreError> {
        self.inner.put_epoch(epoch).await
    }

    async fn epochs(&self) -> Result<Vec<EpochRow>, StoreError> {
        self.inner.epochs().await
    }

    async fn record_epochs(
        &self,
        box_kind: BoxKind,
        after: Option<Subject>,
        limit: u32,
    ) -> Result<RecordEpochs, StoreError> {
        self.inner.record_epochs(box_kind, after, limit).await
    }

    async fn raise_alert(&self, alert: Alert) -> Result<u64, StoreError> {
        self.inner.raise_alert(alert).await
    }

    async fn alerts(&self, after: u64, limit: u32) -> Result<Vec<AlertRow>, StoreError> {
        self.inner.alerts(after, limit).await
    }

    // What no rule lies about: the customer's own books.
    as_within! {
        make_heading(new: NewHeading) -> HeadingMade;
        headings(account: AccountId, kind: HeadingKind, after: u32, limit: u32) -> Vec<HeadingRow>;
        headings_by_number(account: AccountId, numbers: &[(HeadingKind, u32)]) -> Vec<Option<HeadingRow>>;
        change_heading(account: AccountId, kind: HeadingKind, number: u32, change: HeadingChange) -> Option<HeadingRow>;
        reserve(asked: Reservation) -> Reserved;
        release(account: AccountId, request: RequestId) -> ();
        old_holds(before: Time, limit: u32) -> Vec<OldHold>;
        settle_hold(account: AccountId, request: RequestId) -> ();
        set_spending_limit(account: AccountId, spender: Spender, limit: SpendingLimit, today: Day) -> ();
        spending(account: AccountId, spender: Spender, day: Day) -> Option<Spending>;
        evidence_of(box_kind: BoxKind, subject: Subject, after: Counter, limit: u32) -> Vec<EvidenceOf>;
        item_before(meter: MeterSerial, piece_count: u32) -> Option<Vec<u8>>;
    }
}
