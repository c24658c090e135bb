//! What every use case stands on.

use crate::accept::Verifiers;
use crate::acknowledge::Acknowledgements;
use crate::alert::Alerts;
use crate::api_keys::KeyCache;
use crate::cores::Cores;
use crate::epochs::Epochs;
use crate::health::LastWrite;
use crate::inspection::Watched;
use crate::pack::PackCache;
use crate::queue::Queues;
use crate::recover::LeftOver;
use crate::session::SessionCache;
use crate::throttle::Throttle;
use box_client::BoxPool;
use item::{BoxKind, Day, Time};
use postal::RateTable;
use std::sync::Arc;
use store::Store;
use verify::Installation;

/// The boxes, by kind.
#[derive(Debug, Clone)]
pub struct Boxes {
    /// Keys.
    pub keys: BoxPool,
    /// Auth.
    pub auth: BoxPool,
    /// Meter.
    pub meter: BoxPool,
    /// Transaction.
    pub transaction: BoxPool,
}

impl Boxes {
    /// The pool of one kind.
    #[must_use]
    pub fn of(&self, kind: BoxKind) -> &BoxPool {
        match kind {
            BoxKind::Keys => &self.keys,
            BoxKind::Auth => &self.auth,
            BoxKind::Meter => &self.meter,
            BoxKind::Transaction => &self.transaction,
        }
    }
}

/// What a function server is made of.
pub struct Setup<S> {
    /// Its database.
    pub store: S,
    /// Its boxes.
    pub boxes: Boxes,
    /// The installation, checked against the pinned root.
    pub installation: Installation,
    /// The rate table, its signature checked.
    pub rates: RateTable,
    /// Folder of checkpoints, outside the database (P8).
    pub checkpoints: std::path::PathBuf,
    /// Reads the wall clock. Boxes have their own: this one only fills in "today".
    pub now: fn() -> Time,
}

/// A function server. Cheap to clone.
pub struct Centre<S> {
    pub(crate) inner: Arc<Inner<S>>,
}

impl<S> Clone for Centre<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

pub(crate) struct Inner<S> {
    pub(crate) setup: Setup<S>,
    pub(crate) queues: Queues,
    pub(crate) sessions: SessionCache,
    pub(crate) keys: KeyCache,
    pub(crate) packs: PackCache,
    pub(crate) alerts: Alerts,
    pub(crate) watched: Watched,
    pub(crate) acknowledgements: Acknowledgements,
    pub(crate) left_over: LeftOver,
    pub(crate) throttle: Throttle,
    pub(crate) last_write: LastWrite,
    pub(crate) verifiers: Verifiers,
    pub(crate) cores: Cores,
    pub(crate) epochs: Epochs,
}

impl<S: Store> Centre<S> {
    /// A function server on this ground.
    #[must_use]
    pub fn new(setup: Setup<S>) -> Self {
        Self {
            inner: Arc::new(Inner {
                verifiers: Verifiers::of(&setup.installation),
                epochs: Epochs::new(&setup.installation),
                setup,
                queues: Queues::default(),
                sessions: SessionCache::default(),
                keys: KeyCache::default(),
                packs: PackCache::default(),
                alerts: Alerts::default(),
                watched: Watched::default(),
                acknowledgements: Acknowledgements::default(),
                left_over: LeftOver::default(),
                throttle: Throttle::default(),
                last_write: LastWrite::default(),
                cores: Cores::default(),
            }),
        }
    }

    pub(crate) fn store(&self) -> &S {
        &self.inner.setup.store
    }

    pub(crate) fn boxes(&self) -> &Boxes {
        &self.inner.setup.boxes
    }

    /// The installation, as the ceremony left it. Its epochs since: [`Centre::known`].
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.inner.setup.installation
    }

    /// The rate table.
    #[must_use]
    pub fn rates(&self) -> &RateTable {
        &self.inner.setup.rates
    }

    /// The server's time.
    #[must_use]
    pub fn now(&self) -> Time {
        (self.inner.setup.now)()
    }

    /// Today, UTC.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::of_time(self.now())
    }
}
