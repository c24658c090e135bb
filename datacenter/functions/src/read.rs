//! Reading what an account has: always out of the sealed record, never out of the copies beside it.

use crate::{Centre, Code, Problem, Session};
use item::{Digest, ItemRecord, MeterRecord, MeterSerial, Rights};
use store::Store;

impl<S: Store> Centre<S> {
    /// A page of the session's meters, behind `after`.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn meters(
        &self,
        session: &Session,
        after: Option<MeterSerial>,
        limit: u32,
    ) -> Result<Vec<MeterRecord>, Problem> {
        may_read(session)?;
        let rows = self
            .store()
            .meters_of(session.authority().account, after, limit)
            .await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            records.push(self.stored_meter(row.serial, &row.record).await?);
        }
        records.retain(|meter| session.covers(meter));
        for record in &records {
            self.watch(record).await;
        }
        Ok(records)
    }

    /// One of the session's meters.
    ///
    /// # Errors
    /// [`Code::NotFound`] also for another account's.
    pub async fn meter(
        &self,
        session: &Session,
        serial: MeterSerial,
    ) -> Result<MeterRecord, Problem> {
        may_read(session)?;
        let record = self.any_meter(serial).await?;
        if !session.covers(&record) {
            return Err(no_meter());
        }
        self.watch(&record).await;
        Ok(record)
    }

    /// Any meter, for operators.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn any_meter(&self, serial: MeterSerial) -> Result<MeterRecord, Problem> {
        let row = self.store().meter(serial).await?.ok_or_else(no_meter)?;
        self.stored_meter(serial, &row.record).await
    }

    /// One item of the session's account.
    ///
    /// # Errors
    /// [`Code::NotFound`] also for another account's.
    pub async fn item(
        &self,
        session: &Session,
        serial: MeterSerial,
        piece_count: u32,
    ) -> Result<ItemRecord, Problem> {
        self.meter(session, serial).await.map_err(|problem| {
            if problem.code == Code::NotFound {
                no_item()
            } else {
                problem
            }
        })?;
        let bytes = self
            .store()
            .item(serial, piece_count)
            .await?
            .ok_or_else(no_item)?;
        let mut items = self.stored_items(serial, piece_count, &[bytes]).await?;
        items.pop().ok_or_else(no_item)
    }

    /// The items that an idempotency key was answered with.
    ///
    /// # Errors
    /// [`Code::NotFound`] if the account never used the key.
    pub async fn items_by_key(
        &self,
        session: &Session,
        key_digest: Digest,
    ) -> Result<Vec<ItemRecord>, Problem> {
        may_read(session)?;
        let prior = self
            .store()
            .prior_by_key(session.authority().account, key_digest)
            .await?
            .ok_or_else(no_item)?;
        self.stored_answer(session.authority().account, &key_digest, &prior)
            .await
    }
}

pub(crate) fn may_read(session: &Session) -> Result<(), Problem> {
    if session.authority().rights.covers(Rights::READ) {
        Ok(())
    } else {
        Err(Problem::new(Code::NotCovered, "The user may not read."))
    }
}

fn no_meter() -> Problem {
    Problem::new(
        Code::NotFound,
        "You have no such meter; `GET /v1/meters` lists yours.",
    )
}

fn no_item() -> Problem {
    Problem::new(Code::NotFound, "You have no such item.")
}
