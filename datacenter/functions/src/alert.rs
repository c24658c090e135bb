//! Alerts: what boxes noticed, for operators. At most one per subject, reason and minute (P16).

use crate::Centre;
use item::{BoxKind, Subject, Time};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{Alert, Store};

/// Subjects remembered; beyond it the oldest half is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// When each alert was last raised.
#[derive(Default)]
pub(crate) struct Alerts(Mutex<HashMap<(Subject, String), Time>>);

impl Alerts {
    fn is_due(&self, subject: Subject, code: &str, now: Time) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= REMEMBERED_MAX {
            last.retain(|_, at| now.0.saturating_sub(at.0) < 60_000);
        }
        let key = (subject, code.to_owned());
        match last.get(&key) {
            Some(at) if now.0.saturating_sub(at.0) < 60_000 => false,
            _ => last.insert(key, now).is_none_or(|at| at != now),
        }
    }
}

impl<S: Store> Centre<S> {
    /// Raises an alert. A database that does not take it is one more reason to look at the log.
    pub(crate) async fn alert(
        &self,
        box_kind: BoxKind,
        subject: Subject,
        code: &str,
        detail: &str,
        evidence: Vec<u8>,
    ) {
        let now = self.now();
        if !self.inner.alerts.is_due(subject, code, now) {
            return;
        }
        tracing::error!(kind = box_kind.name(), %subject, code, detail, "ALERT");
        let alert = Alert {
            raised: now,
            box_kind,
            subject,
            code: code.to_owned(),
            detail: detail.to_owned(),
            evidence,
        };
        if let Err(error) = self.store().raise_alert(alert).await {
            tracing::error!(%error, "the alert could not be stored");
        }
    }
}
