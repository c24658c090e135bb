//! One small installation, made once: a ceremony, four boxes, three customers with a licensed and
//! funded meter each and a session. Every run begins with a copy of it.

use crate::boxes::{BoxProcess, Seeded, init, unlock};
use crate::clock;
use crate::disk::{Picture, SimDisk};
use crate::network::Network;
use crate::server::{Roof, Server};
use crate::story::Story;
use crate::watch::Watch;
use anyhow::{Context, Result, anyhow, bail};
use functions::{KeyToMake, SessionToken, UserScope};
use hostile_store::HostileStore;
use item::{
    AccountId, Act, ActBody, ApiKeyId, BoxKind, CreditApproval, CreditEvidence, Currency, Day,
    Digest, EvidenceKind, ItemRecord, Layout, Limits, List, MeterSerial, Mills, MultiSigned,
    Rights, Subject, Time, UserId, Version, Zip,
};
use keys::{Plan, hold};
use postal::RateTable;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use store_sqlite::{Memory, SqliteStore};
use tempfile::TempDir;
use vault::{Secret, SigningKey};
use verify::{Installation, Tagged, evidence_id, idempotency_key, key_id, statement_digest};

/// Customers of the house.
pub const CUSTOMERS: usize = 3;
/// Servers with a key in the transcript: the last one is the rogue's.
pub const SERVERS: usize = 4;
/// Mills in each descending register at the start.
pub const FIRST_DEPOSIT: u64 = 200_000;

/// Kinds of boxes in the order of starting.
pub const KINDS: [BoxKind; 4] = [
    BoxKind::Keys,
    BoxKind::Auth,
    BoxKind::Meter,
    BoxKind::Transaction,
];

/// One customer.
#[derive(Clone)]
pub struct Customer {
    /// Account.
    pub account: AccountId,
    /// User.
    pub user: UserId,
    /// Meter.
    pub meter: MeterSerial,
    /// Log-in name.
    pub login: String,
    /// Session at the start of each run.
    pub token: SessionToken,
    /// A key of the customer's.
    pub key: ApiKeyId,
    /// Text of that key, which the customer's programs use.
    pub api_key: String,
}

/// What a run begins with.
pub struct House {
    /// The installation.
    pub installation: Installation,
    /// Rates; no run uses them.
    pub rates: RateTable,
    /// The database, lying or not.
    pub store: HostileStore<SqliteStore>,
    /// Its contents as a whole.
    pub memory: Memory,
    /// The boxes' disks.
    pub pictures: BTreeMap<u8, Picture>,
    /// What the watcher knows by then.
    pub watch: Watch,
    /// Customers.
    pub customers: Vec<Customer>,
    /// Acts done on each meter.
    pub acts_done: u64,
    /// Credits given to each meter.
    pub credits_done: u64,
    /// Where servers put checkpoints; it goes with the house.
    pub checkpoints: TempDir,
}

fn seeded(name: u8) -> Result<SigningKey> {
    SigningKey::from_seed(&Secret::new([name; 32])).map_err(|_| anyhow!("a key of the house"))
}

/// The operator's, the treasury's, the refunder's and the verifier's key.
const OPERATOR: u8 = 11;
const TREASURY: u8 = 21;
const REFUNDER: u8 = 61;
const VERIFIER: u8 = 31;

/// The verifier's key.
///
/// # Errors
/// Never in practice.
pub fn verifier() -> Result<SigningKey> {
    seeded(VERIFIER)
}

fn config() -> Result<String> {
    let key = |name: u8| -> Result<String> {
        Ok(format!(
            "ed25519:{}",
            hex::encode(seeded(name)?.public().bytes())
        ))
    };
    let mut text = format!(
        "installation Simulated house\nmode specimen\npost 1\ncurrency 840\nvendor IN\nmodel S1\n\
         suite ed25519\noperators-required 1\noperator one {}\ntreasury-required 1\n\
         treasury money {}\nrefunders-required 1\nrefunder back {}\nverifier door {}\nrate-signer rates {}\n",
        key(OPERATOR)?,
        key(TREASURY)?,
        key(REFUNDER)?,
        key(VERIFIER)?,
        key(41)?,
    );
    text.push_str("credit-waiting-days 0\n");
    for server in 0..SERVERS as u8 {
        text.push_str(&format!("server s{server} {}\n", key(51 + server)?));
    }
    for kind in KINDS {
        let mut entropy = Seeded(fastrand::Rng::with_seed(1));
        let keys =
            vault::UnlockedKeys::new(&unlock(kind), &mut entropy).map_err(|_| anyhow!("unlock"))?;
        let enrolment = keys.enrolment().map_err(|_| anyhow!("enrolment"))?;
        let name = kind.name().to_lowercase();
        text.push_str(&format!(
            "box {name} 1 {}\n",
            hex::encode(enrolment.public())
        ));
    }
    Ok(text)
}

fn signed<T: Layout + Tagged + Clone>(body: T, key: &SigningKey) -> Result<MultiSigned<T>> {
    let signed = key.sign_body(body).map_err(|_| anyhow!("sign"))?;
    Ok(MultiSigned {
        signatures: List::new(vec![(key_id(key.public()), signed.signature)])?,
        body: signed.body,
    })
}

/// An act, signed by the operator.
///
/// # Errors
/// Never in practice.
pub fn act(
    installation: &Installation,
    box_kind: BoxKind,
    subject: Subject,
    sequence: u64,
    body: ActBody,
) -> Result<Vec<u8>> {
    let now = clock::now();
    let act = Act {
        version: Version,
        installation: installation.transcript().installation,
        box_kind,
        subject,
        sequence,
        issued: now,
        expires: Time(now.0 + 30 * clock::DAY),
        body,
    };
    Ok(signed(act, &seeded(OPERATOR)?)?.to_bytes())
}

/// Credit evidence, signed by the treasury, with its digest.
///
/// # Errors
/// Never in practice.
pub fn credit(
    installation: &Installation,
    meter: MeterSerial,
    sequence: u64,
    amount: u64,
) -> Result<(Vec<u8>, Digest)> {
    let reference = Digest([sequence as u8; 32]);
    let evidence = CreditEvidence {
        version: Version,
        kind: EvidenceKind::Deposit,
        installation: installation.transcript().installation,
        id: evidence_id(meter, sequence, &reference),
        meter,
        funding_sequence: sequence,
        amount: Mills(amount),
        currency: Currency(840),
        reference,
        expires: Time(clock::now().0 + 30 * clock::DAY),
    };
    let bytes = signed(evidence, &seeded(TREASURY)?)?.to_bytes();
    let digest = statement_digest(&bytes);
    Ok((bytes, digest))
}

/// An approval that an item is taken back, signed by the refunder; another one for each `nth`.
///
/// # Errors
/// Never in practice.
pub fn approval(installation: &Installation, item: &ItemRecord, nth: u64) -> Result<Vec<u8>> {
    let approval = CreditApproval {
        version: Version,
        installation: installation.transcript().installation,
        meter: item.meter,
        piece_count: item.piece_count,
        value: item.value,
        payload: verify::digest(verify::Tag::PAYLOAD_DIGEST, &[item.payload.as_slice()]),
        expires: Time(clock::now().0 + 30 * clock::DAY + nth),
    };
    Ok(signed(approval, &seeded(REFUNDER)?)?.to_bytes())
}

impl House {
    /// Builds it: minutes of simulated time, a second of real time.
    ///
    /// # Errors
    /// If a house can not be built, nothing can be simulated.
    pub fn build() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()?;
        runtime.block_on(async {
            clock::start();
            Self::raise().await
        })
    }

    async fn raise() -> Result<Self> {
        let text = config()?;
        let plan = Plan::parse(&text).map_err(|error| anyhow!("plan: {error}"))?;
        let mut entropy = Seeded(fastrand::Rng::with_seed(7));
        let ceremony = hold(
            &plan,
            &text,
            &Secret::new([77; 32]),
            clock::now(),
            &mut entropy,
        )
        .map_err(|error| anyhow!("ceremony: {error}"))?;
        let installation = Installation::open(&ceremony.transcript, &ceremony.fingerprint)
            .map_err(|error| anyhow!("transcript: {error}"))?;
        let rates = RateTable::open(
            include_bytes!("../../../postal/rates/us-first-class.toml"),
            &[],
            |_, _| true,
        )?;
        let (sqlite, memory) = SqliteStore::in_memory()?;
        let mut house = Self {
            installation,
            rates,
            store: HostileStore::new(sqlite),
            memory,
            pictures: BTreeMap::new(),
            watch: Watch::default(),
            customers: Vec::new(),
            acts_done: 0,
            credits_done: 0,
            checkpoints: tempfile::tempdir()?,
        };
        let story = Story::new(false);
        let watch = Arc::new(Mutex::new(Watch::default()));
        let mut boxes = Vec::new();
        for (kind, seed) in KINDS.into_iter().zip(100..) {
            let (_, package) = ceremony
                .packages
                .iter()
                .find(|(planned, _)| planned.kind == kind)
                .context("a package for each box")?;
            let disk = SimDisk::default();
            init(kind, &disk, package, seed).map_err(|error| anyhow!("init: {error}"))?;
            let one = BoxProcess::new(kind, disk, seed, story.clone(), Arc::clone(&watch));
            one.start().map_err(|error| anyhow!("start: {error}"))?;
            boxes.push(one);
        }
        let roof = Roof {
            boxes: boxes.clone(),
            network: Network::new(1, story.clone()),
            story: story.clone(),
        };
        let server = Server::start(0, 1, &house, &roof);
        for customer in 0..CUSTOMERS {
            let made = house.welcome(&server, &watch, customer).await?;
            house.customers.push(made);
        }
        // Everything is acknowledged before the pictures are taken.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        for one in &boxes {
            one.kill(false);
            house.pictures.insert(one.kind.code(), one.disk.picture());
        }
        let closed = story.close(&BTreeMap::new());
        if !closed.violations.is_empty() {
            bail!("the house itself is broken: {:?}", closed.violations);
        }
        house.watch = watch.lock().unwrap_or_else(PoisonError::into_inner).clone();
        house.watch.refusals.clear();
        house.memory.keep()?;
        Ok(house)
    }

    async fn welcome(
        &mut self,
        server: &Server,
        watch: &Mutex<Watch>,
        number: usize,
    ) -> Result<Customer> {
        let login = format!("customer-{number}");
        let key = idempotency_key(&login);
        let centre = &server.centre;
        let made = centre
            .sign_up(key, &login, password(&login), "A customer", key)
            .await?;
        let acts = [
            ActBody::Register {
                origin: Zip(0),
                licensing: Zip(12_345),
            },
            ActBody::License {
                limits: Limits {
                    item: Mills(100_000),
                    day: Mills(10_000_000),
                    month: Mills(20_000_000),
                    descending: Mills(50_000_000),
                },
                inspection_due: Day::default(),
                inspection_interval_days: 30,
                application: Digest::ZERO,
            },
            ActBody::Activate,
        ];
        self.acts_done = acts.len() as u64;
        for (sequence, body) in (1..).zip(acts) {
            let subject = made.meter.subject();
            let act = act(&self.installation, BoxKind::Meter, subject, sequence, body)?;
            centre.act(&act).await?;
        }
        let (evidence, digest) = credit(&self.installation, made.meter, 1, FIRST_DEPOSIT)?;
        self.credits_done = 1;
        watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .credits
            .insert(digest, (FIRST_DEPOSIT, made.meter.subject()));
        centre.refill(made.meter, &evidence).await?;
        let secret = [number as u8 + 1; 32];
        let token = centre
            .sign_on(key, &login, password(&login), secret)
            .await?;
        let session = centre.session(token.clone()).await?;
        let program = KeyToMake {
            name: "A program".to_owned(),
            scope: UserScope {
                rights: Rights::DISPENSE,
                ceiling: Mills(1_000_000),
                meters: List::default(),
            },
            expires: Time(0),
        };
        let made_key = centre.add_api_key(&session, key, &program, secret, key);
        let (named, text) = made_key.await?;
        let api_key = text.ok_or_else(|| anyhow!("a key without a text"))?;
        Ok(Customer {
            key: named.record.key,
            api_key,
            account: made.account,
            user: made.user,
            meter: made.meter,
            login,
            token,
        })
    }
}

/// The password of a log-in name.
#[must_use]
pub fn password(login: &str) -> String {
    format!("a password of {login}")
}
