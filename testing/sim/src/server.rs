//! A function server as a process: the real use cases and the real box client, with the workers
//! that the gateway runs beside them.

use crate::boxes::BoxProcess;
use crate::clock;
use crate::gate::{Gate, Gated, Life};
use crate::house::House;
use crate::network::{Network, SimDial};
use crate::story::Story;
use box_client::{BoxClient, BoxPool, Patience};
use functions::{Boxes, Centre, Setup};
use hostile_store::HostileStore;
use item::BoxKind;
use keeper::Caller;
use std::sync::Arc;
use std::time::Duration;
use store_sqlite::SqliteStore;

/// The database that servers of a run share.
pub type Database = HostileStore<SqliteStore>;
/// The use cases over it.
pub type Functions = Centre<Gated<Database>>;

/// What all processes stand under.
#[derive(Clone)]
pub struct Roof {
    /// Boxes, in the order of [`crate::house::KINDS`].
    pub boxes: Vec<BoxProcess>,
    /// Between servers and boxes.
    pub network: Network,
    /// What is told.
    pub story: Story,
}

impl Roof {
    /// The box of a kind.
    ///
    /// # Panics
    /// If a house lacks one.
    #[must_use]
    pub fn of(&self, kind: BoxKind) -> &BoxProcess {
        self.boxes
            .iter()
            .find(|one| one.kind == kind)
            .expect("a house has a box of each kind")
    }

    /// A client of one box through a gate.
    #[must_use]
    pub fn client(&self, kind: BoxKind, gate: &Gate, caller: Caller) -> BoxClient {
        let dial = SimDial {
            network: self.network.clone(),
            gate: gate.clone(),
            to: self.of(kind).clone(),
            caller,
        };
        let patience = Patience {
            answer: Duration::from_millis(700),
            total: Duration::from_millis(4_000),
        };
        let name = format!("{} box", kind.name());
        BoxClient::over(kind, name, Arc::new(dial), patience)
    }
}

/// One server process.
#[derive(Clone)]
pub struct Server {
    /// Its edge to the world.
    pub gate: Gate,
    /// Its use cases.
    pub centre: Functions,
}

impl Server {
    /// Starts a process.
    ///
    /// # Panics
    /// If a house lacks a box.
    #[must_use]
    pub fn start(number: usize, seed: u64, house: &House, roof: &Roof) -> Self {
        let gate = Gate::new(number, seed, roof.story.clone());
        let pool = |kind| {
            let client = roof.client(kind, &gate, Caller(number));
            BoxPool::new(vec![client]).expect("one client is a pool")
        };
        let centre = Centre::new(Setup {
            store: Gated {
                gate: gate.clone(),
                store: house.store.clone(),
            },
            boxes: Boxes {
                keys: pool(BoxKind::Keys),
                auth: pool(BoxKind::Auth),
                meter: pool(BoxKind::Meter),
                transaction: pool(BoxKind::Transaction),
            },
            installation: house.installation.clone(),
            rates: house.rates.clone(),
            checkpoints: house.checkpoints.path().to_owned(),
            now: clock::now,
        });
        let server = Self { gate, centre };
        tokio::spawn(server.clone().acknowledge());
        tokio::spawn(server.clone().recover());
        tokio::spawn(server.clone().epochs());
        roof.story.tell(|| format!("server {number} is up"));
        server
    }

    /// As the gateway does every tenth of a second.
    async fn acknowledge(self) {
        while self.gate.life() != Life::Dead {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.gate.pass().await;
            // A box that does not answer is found again by recovery.
            let _ = self.centre.acknowledge().await;
        }
    }

    /// As the gateway does every three seconds.
    async fn recover(self) {
        while self.gate.life() != Life::Dead {
            self.gate.pass().await;
            let _ = self.centre.recover().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }

    /// As the gateway does every three seconds, and every minute anew.
    async fn epochs(self) {
        for look in (0..20).cycle() {
            if self.gate.life() == Life::Dead {
                return;
            }
            self.gate.pass().await;
            let _ = self.centre.look_after_epochs(look == 0).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }
}
