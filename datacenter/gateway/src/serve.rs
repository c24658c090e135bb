//! Start and stop of a data-centre process.

use crate::config::Config;
use crate::limits::{CONNECTIONS, FINISH_TIME};
use crate::load::Load;
use crate::{App, Web, accept, openapi, tasks};
use anyhow::{Context, Result, bail};
use box_client::{BoxAddress, BoxClient, BoxPool, ServerKey};
use functions::{Boxes, Centre, Setup};
use item::{BoxKind, Digest, Time};
use postal::RateTable;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use store::StoreError;
use store_sqlite::{OpenError, SqliteStore};
use tokio::signal::unix::{SignalKind, signal};
use verify::{Installation, Tag, verify_signature};
use zeroize::Zeroizing;

/// The wall clock of this process. Only fills in "today": boxes have their own clocks.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reading of the wall clock in the data centre"
)]
fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Makes the database of a new installation.
///
/// # Errors
/// If it exists, or can not be made.
pub fn create(config: &Config) -> Result<()> {
    if let Some(folder) = config.database.parent() {
        std::fs::create_dir_all(folder)?;
    }
    SqliteStore::create(&config.database)
        .with_context(|| format!("database {}", config.database.display()))?;
    Ok(())
}

/// Whether what kept it from starting may be over later, without anybody changing anything.
#[must_use]
pub fn may_pass(error: &anyhow::Error) -> bool {
    let store = error
        .chain()
        .any(|cause| match cause.downcast_ref::<OpenError>() {
            Some(OpenError::Store(StoreError::Unavailable { .. })) => true,
            Some(
                OpenError::Store(_)
                | OpenError::Missing(_)
                | OpenError::Exists(_)
                | OpenError::File { .. }
                | OpenError::Foreign(_)
                | OpenError::Newer { .. },
            )
            | None => false,
        });
    let taken = |cause: &io::Error| cause.kind() == io::ErrorKind::AddrInUse;
    store
        || error
            .chain()
            .any(|cause| cause.downcast_ref().is_some_and(taken))
}

/// Serves until SIGTERM or SIGINT, or, if `tethered`, until standard input ends. Prints `ready api=http://ADDRESS` when it answers.
///
/// # Errors
/// What kept it from starting, or from going on.
pub async fn run(config: &Config, tethered: bool) -> Result<()> {
    let app = centre(config)?;
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} can not be bound", config.listen))?;
    let address = listener.local_addr()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut tasks = tasks::start(&app);
    let mut lost = false;
    println!("ready api=http://{address}");
    let stopped = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = input_ends(), if tethered => {}
            // They have no end of their own.
            _ = tasks.join_next() => lost = true,
        }
    };
    let load = Load::default();
    let web = Web {
        app: app.clone(),
        load: load.clone(),
    };
    accept::serve(listener, openapi::router(web), &load, CONNECTIONS, stopped).await;
    // Boxes may be gone already: what is left undone then, the next start does.
    if tokio::time::timeout(FINISH_TIME, tasks::finish(&app))
        .await
        .is_err()
    {
        tracing::warn!("stopped without the last checkpoints");
    }
    if lost {
        bail!("a task beside the answers failed; see the log, and start again");
    }
    Ok(())
}

/// Waits for the end of standard input. A thread of its own: a runtime would wait for it at its end.
async fn input_ends() {
    let (ended, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        // Nobody waits any more if another reason was first.
        let _ = ended.send(());
    });
    let _ = wait.await;
}

/// Whether everything that a configuration names is there and is what it should be. Starts nothing.
///
/// # Errors
/// The first thing that is not.
pub fn check(config: &Config) -> Result<()> {
    let _ = parts(config)?;
    if !config.database.is_file() {
        bail!(
            "database {} is missing: `indicia-datacenter create` makes one",
            config.database.display()
        );
    }
    Ok(())
}

/// What a data centre is made of, but for its database.
fn parts(config: &Config) -> Result<(Installation, RateTable, Boxes)> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("{} can not be read", path.display()))
    };
    let installation = Installation::open(&read(&config.transcript)?, &config.fingerprint()?)
        .context("the transcript is not the pinned root's")?;
    let rates = RateTable::open(
        &read(&config.rates)?,
        &read(&config.rates_signature)?,
        |table, signature| signed_by_rate_signer(&installation, table, signature),
    )
    .with_context(|| format!("rate table {}", config.rates.display()))?;
    let key = server_key(&config.server_key)?;
    let boxes = Boxes {
        keys: pool(config, &installation, &key, BoxKind::Keys)?,
        auth: pool(config, &installation, &key, BoxKind::Auth)?,
        meter: pool(config, &installation, &key, BoxKind::Meter)?,
        transaction: pool(config, &installation, &key, BoxKind::Transaction)?,
    };
    Ok((installation, rates, boxes))
}

fn centre(config: &Config) -> Result<App> {
    let (installation, rates, boxes) = parts(config)?;
    let store = SqliteStore::open(&config.database)
        .with_context(|| format!("database {}", config.database.display()))?;
    std::fs::create_dir_all(&config.checkpoints)?;
    Ok(Centre::new(Setup {
        store,
        boxes,
        installation,
        rates,
        checkpoints: config.checkpoints.clone(),
        now,
    }))
}

fn signed_by_rate_signer(installation: &Installation, table: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = <[u8; 64]>::try_from(signature) else {
        return false;
    };
    installation
        .transcript()
        .rate_signers
        .as_slice()
        .iter()
        .any(|signer| verify_signature(&signer.key, Tag::RATES, table, &signature))
}

/// Reads the channel key out of a signing-key file: only its `secret` line is needed here.
fn server_key(path: &Path) -> Result<ServerKey> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)
        .with_context(|| format!("{} can not be read", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        bail!(
            "{}: others can read this key; run: chmod 0600 {0}",
            path.display()
        );
    }
    let text = Zeroizing::new(
        std::fs::read_to_string(path)
            .with_context(|| format!("{} can not be read", path.display()))?,
    );
    let secret = text
        .lines()
        .find_map(|line| line.strip_prefix("secret "))
        .and_then(|hex| Digest::from_hex(hex.trim()))
        .with_context(|| format!("{}: no signing-key file", path.display()))?;
    Ok(ServerKey::from_seed(&Zeroizing::new(secret.0))?)
}

/// The boxes of one kind: address from the configuration, pinned key from the transcript.
fn pool(
    config: &Config,
    installation: &Installation,
    key: &ServerKey,
    kind: BoxKind,
) -> Result<BoxPool> {
    let mut clients = Vec::new();
    for one in &config.boxes {
        if one.kind()? != kind {
            continue;
        }
        let enrolled = installation
            .transcript()
            .boxes
            .as_slice()
            .iter()
            .find(|b| b.kind == kind && b.id == one.id())
            .with_context(|| format!("box {} {} is not in the transcript", one.kind, one.id))?;
        clients.push(BoxClient::new(
            BoxAddress {
                kind,
                id: one.id(),
                address: one.address,
                key: enrolled
                    .channel
                    .bytes()
                    .try_into()
                    .context("the box's channel key is not Ed25519")?,
            },
            key,
        )?);
    }
    BoxPool::new(clients).with_context(|| format!("`[[box]]` of kind {}", kind.name()))
}
