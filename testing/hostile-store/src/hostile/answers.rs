//! Each method of the store: the true answer, then what the script makes of it.

use super::*;

/// Methods that answer as the store within.
macro_rules! as_within {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $out:ty;)*) => {
        $(async fn $name(&self, $($argument: $kind),*) -> Result<$out, StoreError> {
            self.inner.$name($($argument),*).await
        })*
    };
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

    async fn decision_at(
        &self,
        meter: MeterSerial,
        first_piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.decision_at(meter, first_piece).await
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

    // What no rule lies about: the customer's own books, and the post's.
    as_within! {
        put_totals(row: TotalsRow) -> ();
        latest_totals() -> Option<TotalsRow>;
        totals(after: u64, day: Option<Day>, limit: u32) -> Vec<TotalsRow>;
        all_meters(after: Option<MeterSerial>, limit: u32) -> Vec<MeterRow>;
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
