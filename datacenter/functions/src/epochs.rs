//! Epochs (P3): learnt from the database and the keys box, handed to every box, counted in records.
//!
//! Not here: the act that opens one (`acts`), and when a box puts one in force (its own clock). An
//! opening is believed because the root signed it, whoever shows it: a row that somebody altered or
//! invented changes nothing but an alert.
//!
//! A box that gets the keys later than the others goes on with the epoch before, and nothing is
//! refused, because of the order: whoever must believe what another box makes gets the keys first.
//! The transaction box believes decisions of auth and meter box, the meter box authorities and
//! receipts, the keys box nobody. And nobody gets the next epoch before all have this one.

use crate::change::parse;
use crate::health::ANSWER_TIMEOUT;
use crate::limits::RECORDS_COUNTED;
use crate::{Centre, Problem};
use box_client::BoxClient;
use item::{BoxKind, Bytes, Epoch, EpochOpening, Layout, Signed, Subject};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use store::{EpochRow, Store, StoreError};
use verify::Installation;
use wire::{EpochPackage, KeysAnswer, KeysRequest, OpenedEpoch, Reply, Request, Status};

/// The order in which boxes get the keys of an epoch: see above.
const ORDER: [BoxKind; 4] = [
    BoxKind::Transaction,
    BoxKind::Meter,
    BoxKind::Auth,
    BoxKind::Keys,
];

/// What this server knows of epochs.
pub(crate) struct Epochs {
    known: RwLock<Arc<Installation>>,
    /// The newest that every box has; none before the first look.
    handed_out: Mutex<Option<Epoch>>,
}

impl Epochs {
    pub(crate) fn new(installation: &Installation) -> Self {
        Self {
            known: RwLock::new(Arc::new(installation.clone())),
            handed_out: Mutex::new(None),
        }
    }

    fn known(&self) -> Arc<Installation> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    /// Learns; whether it was new.
    fn learn(&self, opening: &[u8]) -> Result<bool, verify::TrustError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut learnt = known.as_ref().clone();
        learnt.learn(opening)?;
        let new = learnt.openings().len() > known.openings().len();
        if new {
            *known = Arc::new(learnt);
        }
        Ok(new)
    }

    fn handed_out(&self) -> std::sync::MutexGuard<'_, Option<Epoch>> {
        self.handed_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Centre<S> {
    /// The installation with every epoch that this server has learnt of.
    #[must_use]
    pub fn known(&self) -> Arc<Installation> {
        self.inner.epochs.known()
    }

    /// Learns what other servers have stored.
    ///
    /// # Errors
    /// [`Problem`], if the database does not answer.
    pub async fn learn_epochs(&self) -> Result<(), Problem> {
        for row in self.store().epochs().await? {
            let Err(error) = self.inner.epochs.learn(&row.opening) else {
                continue;
            };
            let detail = format!("the stored opening of epoch {}: {error}", row.epoch.0);
            self.alert(
                BoxKind::Keys,
                Subject::ZERO,
                "epoch-altered",
                &detail,
                row.opening,
            )
            .await;
        }
        Ok(())
    }

    /// One round of all that epochs need: learn of new ones, from the database and the keys box; store
    /// them; and hand each box the keys that it lacks.
    ///
    /// # Errors
    /// [`Problem`] of the first box that does not answer or take its keys: the boxes behind it wait.
    pub async fn keep_epochs(&self) -> Result<(), Problem> {
        self.learn_epochs().await?;
        self.collect_epochs().await?;
        self.hand_out_epochs().await
    }

    /// What a server does every few seconds: learn of what another server stored, and hand out what
    /// is not handed out yet. If `doubt`, everybody is asked anew: an act may have been answered to
    /// nobody, and a box may have been put back, or made anew.
    ///
    /// # Errors
    /// As of [`Centre::keep_epochs`].
    pub async fn look_after_epochs(&self, doubt: bool) -> Result<(), Problem> {
        if doubt {
            *self.inner.epochs.handed_out() = None;
        }
        if !doubt && self.epochs_are_handed_out() {
            self.learn_epochs().await?;
        }
        if self.epochs_are_handed_out() {
            return Ok(());
        }
        self.keep_epochs().await
    }

    /// Whether every box has the keys of every epoch that this server knows of.
    fn epochs_are_handed_out(&self) -> bool {
        *self.inner.epochs.handed_out() == Some(self.known().newest_epoch().epoch)
    }

    /// Asks the keys box for epochs behind the newest known one, and stores them.
    async fn collect_epochs(&self) -> Result<(), Problem> {
        while let Some(opened) = self.epoch_after(self.known().newest_epoch().epoch).await? {
            let bytes = opened.opening.into_vec();
            let opening: Signed<EpochOpening> = parse(&bytes, "opening")?;
            let descriptor = opening.body.descriptor.body;
            let row = EpochRow {
                epoch: descriptor.epoch,
                starts: descriptor.starts,
                opening: bytes.clone(),
            };
            // Stored first: what follows from it must be found by whoever reads the database alone.
            match self.store().put_epoch(row).await {
                Ok(()) => {}
                Err(StoreError::Taken { .. }) => {
                    let detail =
                        format!("another opening of epoch {} is stored", descriptor.epoch.0);
                    let evidence = bytes.clone();
                    self.alert(
                        BoxKind::Keys,
                        Subject::ZERO,
                        "epoch-altered",
                        &detail,
                        evidence,
                    )
                    .await;
                }
                Err(error) => return Err(error.into()),
            }
            let learnt = self.inner.epochs.learn(&bytes).map_err(|error| {
                tracing::error!(%error, "epoch");
                Problem::internal("the keys box opened an epoch that is not the root's")
            })?;
            if !learnt {
                return Err(Problem::internal("the keys box gave an older epoch"));
            }
            tracing::info!(epoch = descriptor.epoch.0, "epoch opened");
            // With its keys in it, before any box signs with them. If it fails, the next that is asked
            // for has them.
            if let Err(problem) = self.new_pack().await {
                tracing::warn!(%problem, "pack of a new epoch");
            }
        }
        Ok(())
    }

    async fn epoch_after(&self, epoch: Epoch) -> Result<Option<OpenedEpoch>, Problem> {
        let ask = KeysRequest::EpochAfter(epoch);
        let bytes = Bytes::new(ask.to_bytes()).map_err(|_| Problem::internal("epoch request"))?;
        match self.boxes().keys.ask(Request::Query(bytes)).await? {
            Reply::Answer(answer) => match parse(answer.as_slice(), "epoch")? {
                KeysAnswer::Epoch(opened) => Ok(opened),
                KeysAnswer::Receipt(_) | KeysAnswer::Pack(_) => {
                    Err(Problem::internal("no epoch for an epoch"))
                }
            },
            Reply::Refused(refusal) => Err(refusal.into()),
            _ => Err(Problem::internal("no epoch")),
        }
    }

    /// Hands each box the keys that it lacks, epoch by epoch and in order.
    async fn hand_out_epochs(&self) -> Result<(), Problem> {
        if self.epochs_are_handed_out() {
            return Ok(());
        }
        let known = self.known();
        // Each is asked when its turn comes: one that is away holds up only those behind it.
        let mut boxes: Vec<_> = ORDER
            .into_iter()
            .flat_map(|kind| self.boxes().of(kind).boxes())
            .map(|one| (one.clone(), None))
            .collect();
        let mut before = known.transcript().epoch.body.epoch;
        for opening in known.openings() {
            let epoch = opening.epoch().epoch;
            let mut opened = None;
            for (one, asked) in &mut boxes {
                let status = match asked {
                    Some(status) => status,
                    none => none.insert(status_of(one).await?),
                };
                if status.taken >= epoch {
                    continue;
                }
                if opened.is_none() {
                    opened = self.epoch_after(before).await?;
                }
                let Some(opened) = &opened else {
                    return Err(Problem::internal(
                        "the keys box does not know its own epoch",
                    ));
                };
                give(one, status, opened).await?;
                tracing::info!(
                    epoch = epoch.0,
                    kind = status.kind.name(),
                    id = status.id.0,
                    "a box has the keys of the epoch"
                );
            }
            before = epoch;
        }
        *self.inner.epochs.handed_out() = Some(known.newest_epoch().epoch);
        Ok(())
    }

    /// How many records of each kind name each epoch, by kind and epoch: old keys stay in use for as
    /// long as one does. Reads every record once, a page at a time.
    ///
    /// # Errors
    /// [`Problem`], if the database does not answer.
    pub async fn record_epochs(&self) -> Result<Vec<(BoxKind, Epoch, u64)>, Problem> {
        let mut found = Vec::new();
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            let mut sums: BTreeMap<Epoch, u64> = BTreeMap::new();
            let mut after = None;
            loop {
                let page = self
                    .store()
                    .record_epochs(kind, after, RECORDS_COUNTED)
                    .await?;
                for (epoch, count) in page.counts {
                    *sums.entry(epoch).or_default() += count;
                }
                match page.last {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
            found.extend(sums.into_iter().map(|(epoch, count)| (kind, epoch, count)));
        }
        Ok(found)
    }
}

/// How a box is, if it says so soon: the others wait.
async fn status_of(one: &BoxClient) -> Result<Status, Problem> {
    let asked = one.ask(Request::Status(wire::Nothing));
    match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
        Ok(Ok(Reply::Status(status))) => Ok(status),
        Ok(Ok(_)) => Err(Problem::internal("no status")),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Problem::internal(
            "a box does not answer: epochs wait for it",
        )),
    }
}

async fn give(one: &BoxClient, status: &Status, opened: &OpenedEpoch) -> Result<(), Problem> {
    let sealed = opened
        .packages
        .as_slice()
        .iter()
        .find(|p| (p.kind, p.id) == (status.kind, status.id))
        .ok_or_else(|| Problem::internal("an epoch without a package for this box"))?;
    let package = EpochPackage {
        opening: opened.opening.clone(),
        package: sealed.package.clone(),
    };
    match one.ask(Request::TakeEpoch(package)).await? {
        Reply::Taken(_) => Ok(()),
        Reply::Refused(refusal) => Err(refusal.into()),
        _ => Err(Problem::internal("no answer to an epoch")),
    }
}
