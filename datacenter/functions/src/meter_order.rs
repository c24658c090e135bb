//! Meters made for an account: a serial (keys box), a meter (meter box), the event (transaction box).
//!
//! Not here: commissioning, which is an act. Called by sign-up for the first one, and by whoever manages
//! an account for each further one. Each step can be repeated, and finds what the first did (P18).

use crate::change::parse;
use crate::limits::METERS_MAX;
use crate::{Centre, Code, Problem, Session};
use item::{
    AccountId, BoxKind, Bytes, Digest, EventKind, Layout, MeterRecord, MeterSerial, Rights, Signed,
};
use store::Store;
use verify::request_id;
use wire::{Allocate, KeysAnswer, KeysRequest, MeterRequest, Reply, Request};

type Receipt = Signed<item::ManufactureReceipt>;

impl<S: Store> Centre<S> {
    /// Orders another meter for the session's account; the same key again gets the same one.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn order_meter(
        &self,
        session: &Session,
        key_digest: &Digest,
    ) -> Result<MeterRecord, Problem> {
        let authority = session.authority();
        if !authority.rights.covers(Rights::MANAGE) && !authority.rights.covers(Rights::FUND) {
            return Err(Problem::new(
                Code::NotCovered,
                "The user may neither manage nor fund the account.",
            ));
        }
        let account = authority.account;
        self.inner.throttle.addition(account)?;
        let scope = account.0;
        let receipt = self.allocate(&scope, account, key_digest).await?;
        let subject = receipt.body.serial.subject();
        // A serial that nobody made a meter of costs nothing; the same key gets it again.
        if self.shown(BoxKind::Meter, subject).await?.is_none() {
            let meters = self.store().meters_of(account, None, METERS_MAX).await?;
            if meters.len() >= METERS_MAX as usize {
                return Err(Problem::new(
                    Code::TooMany,
                    format!("An account has {METERS_MAX} meters at most."),
                ));
            }
        }
        let serial = self
            .manufacture(&scope, account, key_digest, receipt)
            .await?;
        self.any_meter(serial).await
    }

    /// A meter for an account; `scope` is whom the key belongs to.
    pub(crate) async fn make_meter(
        &self,
        scope: &[u8; 16],
        account: AccountId,
        key_digest: &Digest,
    ) -> Result<MeterSerial, Problem> {
        let receipt = self.allocate(scope, account, key_digest).await?;
        self.manufacture(scope, account, key_digest, receipt).await
    }

    async fn allocate(
        &self,
        scope: &[u8; 16],
        account: AccountId,
        key_digest: &Digest,
    ) -> Result<Receipt, Problem> {
        let request = request_id(scope, key_digest, "serial");
        let ask = KeysRequest::Allocate(Allocate { request, account });
        let bytes = Bytes::new(ask.to_bytes()).map_err(|_| Problem::internal("allocate"))?;
        match self.boxes().keys.ask(Request::Query(bytes)).await? {
            Reply::Answer(answer) => match parse(answer.as_slice(), "receipt")? {
                KeysAnswer::Receipt(receipt) => Ok(receipt),
                KeysAnswer::Pack(_) | KeysAnswer::Epoch(_) => {
                    Err(Problem::internal("no receipt for a receipt"))
                }
            },
            Reply::Refused(refusal) => Err(refusal.into()),
            _ => Err(Problem::internal("no receipt")),
        }
    }

    async fn manufacture(
        &self,
        scope: &[u8; 16],
        account: AccountId,
        key_digest: &Digest,
        receipt: Receipt,
    ) -> Result<MeterSerial, Problem> {
        let (kind, event) = (BoxKind::Meter, EventKind::MeterMade);
        let serial = receipt.body.serial;
        let subject = serial.subject();
        if self.shown(kind, subject).await?.is_some() {
            self.chain_first(kind, subject, account, event).await?;
            return Ok(serial);
        }
        let body = MeterRequest::Manufacture(receipt).to_bytes();
        let request = request_id(scope, key_digest, "meter");
        match self
            .decide(kind, subject, request, || Ok(body.clone()))
            .await
        {
            Ok(decided) => self.write_chained(kind, &decided, account, event).await?,
            Err(problem) => {
                self.made_meanwhile(kind, subject, account, event, problem)
                    .await?;
            }
        }
        Ok(serial)
    }
}
