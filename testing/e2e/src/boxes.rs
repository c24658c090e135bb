//! The boxes alone, under a data centre in this process whose store lies by script.

use crate::house::KINDS;
use crate::programs::program;
use crate::{House, PASSWORD, address, now};
use box_client::{BoxAddress, BoxClient, BoxPool, ServerKey};
use functions::{Centre, DispenseCall, NewItem, Postage, Problem, Session, Setup};
use hostile_store::{HostileStore, Rule};
use item::{
    AccountId, BoxId, BoxKind, Department, Digest, EndCustomer, ItemRecord, MeterRecord,
    MeterSerial, Mills, UserId,
};
use postal::RateTable;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use store_sqlite::SqliteStore;
use verify::{idempotency_key, request_body};
use zeroize::Zeroizing;

/// Four box processes and a data centre in this process.
pub struct Boxes {
    children: Vec<Child>,
    addresses: Vec<SocketAddr>,
}

impl Boxes {
    /// Starts the boxes of a house that does not run.
    ///
    /// # Panics
    /// If one does not get ready.
    #[must_use]
    pub fn start(house: &House) -> Self {
        let mut boxes = Self {
            children: Vec::new(),
            addresses: Vec::new(),
        };
        for kind in KINDS {
            let mut child = Command::new(program(&format!("indicia-box-{kind}")))
                .arg("serve")
                .arg("--state")
                .arg(house.path(&format!("boxes/{kind}")))
                .arg("--unlock")
                .arg(house.path(&format!("unlock/{kind}.key")))
                .args(["--listen", "127.0.0.1:0"])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap())
                .read_line(&mut line)
                .unwrap();
            boxes.children.push(child);
            let address = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix("listen="));
            let address = address.unwrap_or_else(|| panic!("{kind}: {line:?}"));
            boxes.addresses.push(address.parse().unwrap());
        }
        boxes
    }

    /// The boxes of a house that runs: what is made of them is a second server beside its own.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn of(house: &House) -> Self {
        Self {
            children: Vec::new(),
            addresses: KINDS.map(|kind| house.address(kind)).to_vec(),
        }
    }

    /// A data centre over these boxes and a store that lies. Nothing runs beside what is called:
    /// no recovery, no acknowledgements.
    ///
    /// # Panics
    /// If the database can not be opened.
    #[must_use]
    pub fn desk(&self, house: &House) -> Desk {
        let installation = house.installation();
        let key = server_key(house);
        let pool = |kind: BoxKind| {
            let name = kind.name().to_lowercase();
            let index = KINDS.iter().position(|k| *k == name).unwrap();
            let enrolled = installation.transcript().boxes.as_slice();
            let enrolled = enrolled.iter().find(|one| one.kind == kind).unwrap();
            let address = BoxAddress {
                kind,
                id: BoxId(1),
                address: self.addresses[index],
                key: enrolled.channel.bytes().try_into().unwrap(),
            };
            BoxPool::new(vec![BoxClient::new(address, &key).unwrap()]).unwrap()
        };
        let boxes = functions::Boxes {
            keys: pool(BoxKind::Keys),
            auth: pool(BoxKind::Auth),
            meter: pool(BoxKind::Meter),
            transaction: pool(BoxKind::Transaction),
        };
        let rates = std::fs::read(house.path("public/rates.toml")).unwrap();
        let signature = std::fs::read(house.path("public/rates.sig")).unwrap();
        // Whose signature it bears is the business of the process that ships, not of this desk.
        let rates = RateTable::open(&rates, &signature, |_, _| true).unwrap();
        let store = HostileStore::new(SqliteStore::open(&house.database()).unwrap());
        let centre = Centre::new(Setup {
            store: store.clone(),
            boxes: boxes.clone(),
            installation,
            rates,
            checkpoints: house.path("checkpoints"),
            now,
        });
        Desk {
            centre,
            store,
            boxes,
        }
    }
}

impl Drop for Boxes {
    fn drop(&mut self) {
        for child in &self.children {
            let _gone = kill_process(Pid::from_child(child), Signal::TERM);
        }
        for child in &mut self.children {
            let _gone = child.wait();
        }
    }
}

/// A data centre in this process, its lying store, and its boxes.
pub struct Desk {
    /// The use cases.
    pub centre: Centre<HostileStore<SqliteStore>>,
    /// Lies by script.
    pub store: HostileStore<SqliteStore>,
    /// For asking a box directly.
    pub boxes: functions::Boxes,
}

/// A customer of a desk: signed up, logged in, with a meter in use and 100.00 on it.
#[derive(Debug)]
pub struct Patron {
    /// Log-in name.
    pub login: String,
    /// Account.
    pub account: AccountId,
    /// User.
    pub user: UserId,
    /// Meter.
    pub meter: MeterSerial,
    /// Session.
    pub session: Session,
}

impl Desk {
    /// Signs up, logs in, commissions and funds.
    ///
    /// # Panics
    /// If any of it is refused.
    pub async fn patron(&self, house: &House, name: &str) -> Patron {
        let login = format!("{name}@example.com");
        let body = request_body(name.as_bytes());
        let key = idempotency_key(&format!("sign-up-{name}"));
        let made = self
            .centre
            .sign_up(key, &login, PASSWORD.to_owned(), name, body)
            .await
            .unwrap();
        for act in house.commission(made.meter.0) {
            self.centre.act(&act).await.unwrap();
        }
        let deposit = house.deposit_now(made.meter.0, 1, 100_000, &format!("first-{name}"));
        self.centre.refill(made.meter, &deposit).await.unwrap();
        let session = self.log_in(&login, "first").await.unwrap();
        Patron {
            login,
            account: made.account,
            user: made.user,
            meter: made.meter,
            session,
        }
    }

    /// One attempt to log in, named by `attempt`.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn log_in(&self, login: &str, attempt: &str) -> Result<Session, Problem> {
        self.log_in_with(login, attempt, PASSWORD).await
    }

    /// The same with another password.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn log_in_with(
        &self,
        login: &str,
        attempt: &str,
        password: &str,
    ) -> Result<Session, Problem> {
        let key = idempotency_key(&format!("log-in-{attempt}"));
        let token = self
            .centre
            .sign_on(key, login, password.to_owned(), [7; 32])
            .await?;
        self.centre.session(token).await
    }

    /// Dispenses one item of 1.00 under this key.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn print(&self, patron: &Patron, key: &str) -> Result<ItemRecord, Problem> {
        let call = DispenseCall {
            meter: patron.meter,
            key_digest: idempotency_key(key),
            body_digest: request_body(b"one dollar"),
            items: vec![dollar()],
            batch: false,
            expected_piece_count: None,
            allow_duplicate: true,
        };
        let mut dispensed = self.centre.dispense(&patron.session, call).await?;
        Ok(dispensed.items.remove(0))
    }

    /// The meter as the database shows it.
    ///
    /// # Panics
    /// If it shows none.
    pub async fn meter(&self, patron: &Patron) -> MeterRecord {
        self.centre.any_meter(patron.meter).await.unwrap()
    }

    /// Lies by one rule while `work` runs; fails if no lie was told.
    ///
    /// # Panics
    /// Also if nobody asked.
    pub async fn lying<T>(&self, rule: Rule, work: impl Future<Output = T>) -> T {
        let before = self.store.lies();
        self.store.play(rule.clone());
        let outcome = work.await;
        self.store.stop();
        assert!(self.store.lies() > before, "{rule:?} was never told");
        outcome
    }
}

/// An item worth 1.00 to the usual address.
#[must_use]
pub fn dollar() -> NewItem {
    NewItem {
        postage: Postage::Entered(Mills(1_000)),
        mailing_day: None,
        origin: None,
        recipient: address(),
        country: None,
        department: Department(0),
        end_customer: EndCustomer(0),
    }
}

/// The channel key of the house's server, out of its key file.
fn server_key(house: &House) -> ServerKey {
    let text = std::fs::read_to_string(house.path("keys/server.key")).unwrap();
    let secret = text.lines().find_map(|line| line.strip_prefix("secret "));
    let secret = Digest::from_hex(secret.unwrap().trim()).unwrap();
    ServerKey::from_seed(&Zeroizing::new(secret.0)).unwrap()
}
