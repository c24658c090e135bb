//! Verification packs: asked of the keys box with all voids, kept in the database, remembered for a
//! while (P32).

use crate::change::parse;
use crate::limits::{PACK_FRESH, PACK_PAUSE};
use crate::{Centre, Code, Problem};
use item::limits::VOIDS_MAX;
use item::{
    BoxKind, Bytes, Checkpoint, CreditedItem, Decision, DecisionKind, Layout, List, PackBody,
    Signed, Time, VoidEntry,
};
use std::sync::{Arc, Mutex, PoisonError};
use store::limits::LISTED_MAX;
use store::{ItemCursor, Store};
use verify::{Pack, fingerprint};
use wire::limits::LISTED_MAX as LISTED_MAX_OPEN;
use wire::{KeysAnswer, KeysRequest, PackRequest, Reply, Request};

/// The newest pack, opened, with its bytes; and when a newer one was last asked for.
#[derive(Default)]
pub(crate) struct PackCache {
    newest: Mutex<Option<StoredPack>>,
    asked: Mutex<Option<Time>>,
}

/// A pack with its bytes.
pub(crate) type StoredPack = Arc<(Pack, Vec<u8>)>;

impl<S: Store> Centre<S> {
    /// The newest pack; a new one if that is older than an hour.
    ///
    /// # Errors
    /// [`Problem`] if there is none and the keys box does not answer.
    pub async fn pack(&self) -> Result<StoredPack, Problem> {
        let now = self.now();
        let known = match self.remembered() {
            None => self.stored_pack().await?,
            known => known,
        };
        match known {
            Some(pack) if self.has_newest_keys(&pack.0) && is_fresh(&pack.0, now) => Ok(pack),
            Some(pack) if self.asked_lately(now) => Ok(pack),
            // An old pack is better than none, and says itself that it is old.
            Some(pack) => Ok(self.new_pack().await.unwrap_or(pack)),
            None => self.new_pack().await,
        }
    }

    /// Whether the keys of the newest epoch are in the pack: items may be signed with them soon.
    fn has_newest_keys(&self, pack: &Pack) -> bool {
        let newest = self.known().newest_epoch().epoch;
        let mut certificates = pack.body().certificates.as_slice().iter();
        certificates.any(|c| c.body.epoch == newest)
    }

    /// What the database has, remembered.
    async fn stored_pack(&self) -> Result<Option<StoredPack>, Problem> {
        let Some(row) = self.store().latest_pack().await? else {
            return Ok(None);
        };
        let pack = self.open_pack(row.pack)?;
        self.remember(&pack);
        Ok(Some(pack))
    }

    /// Whether another call asked for a new pack just now, and perhaps still does; if not, this one
    /// is noted.
    fn asked_lately(&self, now: Time) -> bool {
        let mut asked = self
            .inner
            .packs
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lately = asked.is_some_and(|at| now.0.abs_diff(at.0) < PACK_PAUSE);
        if !lately {
            *asked = Some(now);
        }
        lately
    }

    fn remembered(&self) -> Option<StoredPack> {
        let cache = self
            .inner
            .packs
            .newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        cache.clone()
    }

    fn remember(&self, pack: &StoredPack) {
        let mut cache = self
            .inner
            .packs
            .newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *cache = Some(Arc::clone(pack));
    }

    pub(crate) async fn new_pack(&self) -> Result<StoredPack, Problem> {
        let pack = match self.closing_checkpoint().await? {
            Some(checkpoint) => match self.sign_closed(&checkpoint).await {
                Err(problem) if problem.code == Code::Mismatch => {
                    self.look_again(&checkpoint).await?
                }
                signed => signed?,
            },
            None => self.sign_pack(self.open_voids().await?).await?,
        };
        self.store()
            .put_pack(pack.0.body().sequence, &pack.1)
            .await?;
        self.remember(&pack);
        Ok(pack)
    }

    async fn sign_pack(&self, ask: PackRequest) -> Result<StoredPack, Problem> {
        let ask = KeysRequest::Pack(ask);
        let bytes = Bytes::new(ask.to_bytes()).map_err(|_| Problem::internal("pack request"))?;
        let signed: Signed<PackBody> = match self.boxes().keys.ask(Request::Query(bytes)).await? {
            Reply::Answer(answer) => match parse(answer.as_slice(), "pack")? {
                KeysAnswer::Pack(pack) => pack,
                KeysAnswer::Receipt(_) | KeysAnswer::Epoch(_) => {
                    return Err(Problem::internal("no pack for a pack"));
                }
            },
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no pack")),
        };
        self.open_pack(signed.to_bytes())
    }

    /// A checkpoint that the meter box takes now, for the voids up to it to close (P32). None if
    /// nothing was ever taken back: then a checkpoint, which reads every meter, tells nothing.
    async fn closing_checkpoint(&self) -> Result<Option<Signed<Checkpoint>>, Problem> {
        let first = self.store().item_credits(ItemCursor::default(), 1).await?;
        if first.is_empty() {
            return Ok(None);
        }
        // One meter box: the checkpoints of several would have to be added up.
        let mut boxes = self.boxes().of(BoxKind::Meter).boxes();
        let (Some(one), None) = (boxes.next(), boxes.next()) else {
            return Ok(None);
        };
        Ok(Some(self.take_checkpoint(BoxKind::Meter, one).await?))
    }

    async fn sign_closed(&self, checkpoint: &Signed<Checkpoint>) -> Result<StoredPack, Problem> {
        let upto = checkpoint.body.journal_sequence;
        self.sign_pack(PackRequest {
            voids: self.voids_upto(upto).await?,
            closes: Some(checkpoint.clone()),
        })
        .await
    }

    /// The voids do not close the checkpoint: perhaps one of them is decided and not written yet. It is
    /// then open at the box, or, if it was written meanwhile, among those that are read now. If it is
    /// neither, the database lacks it.
    async fn look_again(&self, checkpoint: &Signed<Checkpoint>) -> Result<StoredPack, Problem> {
        let is_open = self.has_open_credits().await?;
        match self.sign_closed(checkpoint).await {
            Err(problem) if problem.code == Code::Mismatch => {
                if !is_open {
                    self.note_open_voids().await;
                }
                self.sign_pack(self.open_voids().await?).await
            }
            signed => signed,
        }
    }

    /// Whether a meter box has decided an item credit that it does not know to be written.
    async fn has_open_credits(&self) -> Result<bool, Problem> {
        for one in self.boxes().of(BoxKind::Meter).boxes() {
            let open = self.open_decisions(one).await?;
            // More than are listed: it may be among the others.
            if open.len() == LISTED_MAX_OPEN {
                return Ok(true);
            }
            for delivery in open {
                let decision: Signed<Decision> = parse(delivery.decision.as_slice(), "decision")?;
                if decision.body.decision == DecisionKind::ItemCredit {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn open_voids(&self) -> Result<PackRequest, Problem> {
        Ok(PackRequest {
            voids: self.voids_upto(u64::MAX).await?,
            closes: None,
        })
    }

    async fn voids_upto(&self, journal: u64) -> Result<List<VoidEntry, VOIDS_MAX>, Problem> {
        let mut voids = Vec::new();
        let mut after = ItemCursor::default();
        loop {
            let rows = self.store().item_credits(after, LISTED_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = ItemCursor {
                meter: last.item.meter,
                piece_count: last.item.piece_count,
            };
            for row in rows.iter().filter(|row| row.journal <= journal) {
                let credit: CreditedItem = parse(&row.credit, "item credit")?;
                voids.push(VoidEntry {
                    meter: credit.meter,
                    piece_count: credit.piece_count,
                    value: credit.value,
                });
            }
        }
        List::new(voids).map_err(|_| Problem::internal("more voids than a pack holds"))
    }

    /// The database lacks item credits that the meter box counts: whoever verifies offline with a
    /// pack can not tell that these items are void.
    async fn note_open_voids(&self) {
        let detail = "the stored item credits are not all that the meter box counts";
        let subject = item::Subject::ZERO;
        self.alert(BoxKind::Meter, subject, "voids-missing", detail, Vec::new())
            .await;
    }

    fn open_pack(&self, bytes: Vec<u8>) -> Result<StoredPack, Problem> {
        let root = &self.installation().transcript().root;
        let pack = Pack::open(&bytes, root, &fingerprint(root)).map_err(|error| {
            tracing::error!(%error, "pack");
            Problem::internal("the stored pack is not the root's")
        })?;
        Ok(Arc::new((pack, bytes)))
    }
}

fn is_fresh(pack: &Pack, now: Time) -> bool {
    now.0.saturating_sub(pack.body().issued.0) < PACK_FRESH
}
