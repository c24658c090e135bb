//! Verification packs: asked of the keys box, kept in the database, remembered for a while (P32).

use crate::change::parse;
use crate::limits::{PACK_FRESH, PACK_PAUSE};
use crate::{Centre, Problem};
use item::{Bytes, Digest, Layout, List, PackBody, Signed, Time};
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;
use verify::{Pack, fingerprint};
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
            Some(pack) if is_fresh(&pack.0, now) || self.asked_lately(now) => Ok(pack),
            // An old pack is better than none, and says itself that it is old.
            Some(pack) => Ok(self.new_pack().await.unwrap_or(pack)),
            None => self.new_pack().await,
        }
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

    async fn new_pack(&self) -> Result<StoredPack, Problem> {
        let ask = KeysRequest::Pack(PackRequest {
            voids: List::default(),
            closes: Digest::ZERO,
        });
        let bytes = Bytes::new(ask.to_bytes()).map_err(|_| Problem::internal("pack request"))?;
        let signed: Signed<PackBody> = match self.boxes().keys.ask(Request::Query(bytes)).await? {
            Reply::Answer(answer) => match parse(answer.as_slice(), "pack")? {
                KeysAnswer::Pack(pack) => pack,
                KeysAnswer::Receipt(_) => {
                    return Err(Problem::internal("a receipt for a pack"));
                }
            },
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no pack")),
        };
        let pack = self.open_pack(signed.to_bytes())?;
        self.store()
            .put_pack(pack.0.body().sequence, &pack.1)
            .await?;
        self.remember(&pack);
        Ok(pack)
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
