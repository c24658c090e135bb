//! The wrapper: every answer passes through the script.

mod answers;

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
    Spending, SpendingLimit, Store, StoreError, TotalsRow, Unavailable, UserRow, VoidRow,
    VoidState, VoidsOf, Write, Written,
};

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
    fn tell_credit(&self, meter: MeterSerial, credit: &mut [u8]) -> bool {
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
