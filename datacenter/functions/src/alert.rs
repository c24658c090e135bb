//! Alerts: what boxes noticed, for operators. At most one per subject, reason and minute (P16).

use crate::limits::ALERTS_MAX;
use crate::{Centre, Problem};
use item::{BoxKind, Subject, Time};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use store::{Alert, AlertRow, Store};

/// When each alert was last raised.
#[derive(Default)]
pub(crate) struct Alerts(Mutex<HashMap<(Subject, String), Time>>);

impl Alerts {
    fn is_due(&self, subject: Subject, code: &str, now: Time) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= ALERTS_MAX {
            last.retain(|_, at| now.0.saturating_sub(at.0) < 60_000);
        }
        let key = (subject, code.to_owned());
        match last.get(&key) {
            Some(at) if now.0.saturating_sub(at.0) < 60_000 => false,
            None if last.len() >= ALERTS_MAX => false,
            _ => last.insert(key, now).is_none_or(|at| at != now),
        }
    }
}

impl<S: Store> Centre<S> {
    /// Alerts behind `after`, oldest first; for operators.
    ///
    /// # Errors
    /// [`Problem`], if the database does not answer.
    pub async fn alerts(&self, after: u64, limit: u32) -> Result<Vec<AlertRow>, Problem> {
        Ok(self.store().alerts(after, limit).await?)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_limited_by_subject_and_minute_and_in_memory() {
        let alerts = Alerts::default();
        let subject = |number: usize| {
            let mut subject = Subject::ZERO;
            subject.0[..8].copy_from_slice(&number.to_le_bytes());
            subject
        };
        let due = |number, now| alerts.is_due(subject(number), "fork", Time(now));
        assert!(due(0, 1_000) && !due(0, 2_000), "once a minute");
        assert!((1..ALERTS_MAX).all(|number| due(number, 2_000)));
        assert!(!due(ALERTS_MAX, 2_000), "no more are remembered");
        assert!(due(0, 61_000) && due(ALERTS_MAX, 62_000), "a minute later");
        assert!(alerts.0.lock().unwrap().len() <= ALERTS_MAX);
    }
}
