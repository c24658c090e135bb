//! The clients' own ledger: what was asked, written before it was sent, and what was answered. It
//! knows nothing of what the data centre says elsewhere; `check` compares the two at the end.

use crate::door::Login;
use item::{Digest, KeyId};
use sdk::api::Item;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an item is known by, to whoever bought it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bought {
    pub(crate) meter: u32,
    pub(crate) piece_count: u32,
    pub(crate) value_mills: u64,
    /// As the API gives it, base64.
    pub(crate) payload: String,
}

impl From<&Item> for Bought {
    fn from(item: &Item) -> Self {
        Self {
            meter: item.meter,
            piece_count: item.piece_count,
            value_mills: item.value_mills,
            payload: item.payload.clone(),
        }
    }
}

/// One request for items; its key is its name.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    pub(crate) customer: Arc<Customer>,
    pub(crate) pieces: usize,
    pub(crate) batch: bool,
    pub(crate) answer: Option<Vec<Bought>>,
}

/// A user with a meter.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) login: Login,
    pub(crate) account: String,
    pub(crate) meter: u32,
}

/// A signed statement about a meter.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) meter: u32,
    /// What it pays in; nothing for an act.
    pub(crate) deposit_mills: u64,
    /// The decision that answered it.
    pub(crate) decision: Option<String>,
}

/// A scan of an item.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) verifier: KeyId,
    pub(crate) meter: u32,
    pub(crate) piece_count: u32,
    /// Whether it is the first of its item.
    pub(crate) first: bool,
    pub(crate) answered: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) customers: Vec<Arc<Customer>>,
    pub(crate) purchases: BTreeMap<String, Purchase>,
    /// Everything that was bought, in the order of answers.
    pub(crate) items: Vec<Bought>,
    pub(crate) statements: BTreeMap<Digest, Statement>,
    /// By digest of the scan's idempotency key.
    pub(crate) scans: BTreeMap<Digest, Scan>,
}

/// The ledger.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

impl Book {
    pub(crate) fn open(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_pages(self) -> Pages {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the answer to a purchase; what it was answered with before, if that differs.
    pub(crate) fn bought(&self, key: &str, items: &[Bought]) -> Result<(), String> {
        let mut pages = self.open();
        let pages = &mut *pages;
        let purchase = pages.purchases.get_mut(key).expect("written before");
        if items.len() != purchase.pieces {
            return Err(format!(
                "{key}: {} items of {}",
                items.len(),
                purchase.pieces
            ));
        }
        if let Some(earlier) = &purchase.answer {
            return if earlier == items {
                Ok(())
            } else {
                Err(format!("{key} was {earlier:?} and is now {items:?}"))
            };
        }
        purchase.answer = Some(items.to_vec());
        pages.items.extend_from_slice(items);
        Ok(())
    }

    /// Notes the decision about a statement.
    pub(crate) fn decided(&self, digest: Digest, decision: &str) -> Result<(), String> {
        let mut pages = self.open();
        let statement = pages.statements.get_mut(&digest).expect("written before");
        match &statement.decision {
            Some(earlier) if earlier != decision => Err(format!(
                "statement {digest} on {} was decided as {earlier} and is now {decision}",
                statement.meter
            )),
            _ => {
                statement.decision = Some(decision.to_owned());
                Ok(())
            }
        }
    }
}
