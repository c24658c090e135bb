//! Runs an installation on this machine: four boxes and a data centre as child processes.
//!
//! Not here: what the processes do. Called by `indicia up` and by the demonstration. A child that
//! dies is started again on the port that it had, because the others know it by that port; one that
//! can not be started again, or ends itself as beyond help (exit code 78), ends the whole.

mod child;
mod datacenter;
mod ports;

pub(crate) use ports::Ports;

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sdk::Client;
use tokio::sync::mpsc;

use crate::folder::{BOX_ID, BOX_KINDS, Folder};
use crate::programs::Programs;
use child::{Keeper, Spec};
use datacenter::BoxAddress;
use ports::Roster;

pub(crate) use datacenter::write_config;

/// How long the data centre may take from its first word to being well.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(20);
/// Pause between two looks at it.
const HEALTH_PAUSE: Duration = Duration::from_millis(25);
/// What the data centre says of a box that does not answer.
const UNREACHABLE: &str = "unreachable";
/// Name of the data centre among the processes.
pub(crate) const DATACENTER: &str = "datacenter";

/// A running installation. Dropping it kills every process; [`Supervisor::stop`] is the clean way.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// In the order of starting.
    started: Vec<Keeper>,
    failures: mpsc::Receiver<anyhow::Error>,
    roster: Roster,
    api: String,
}

impl Supervisor {
    /// Starts everything; returns when the data centre is well. `api_port` 0: any free port.
    ///
    /// # Errors
    /// Which process did not start, with its last words. Nothing runs then.
    pub(crate) async fn start(folder: &Folder, programs: &Programs, api_port: u16) -> Result<Self> {
        if !folder.datacenter_config().is_file() {
            bail!(
                "{} is no installation folder: make one with `indicia init --dir {0}`",
                folder.path().display()
            );
        }
        let roster = Roster::new(folder);
        let (failed, failures) = mpsc::channel(BOX_KINDS.len() + 1);
        let mut started = Vec::new();
        let api = start_all(folder, programs, api_port, &roster, &failed, &mut started).await;
        let supervisor = Self {
            started,
            failures,
            roster,
            api: api.as_ref().cloned().unwrap_or_default(),
        };
        match api {
            Ok(_) => Ok(supervisor),
            Err(error) => {
                // What could not be stopped either is of less interest than why it was to stop.
                let _stopped = supervisor.stop().await;
                Err(error)
            }
        }
    }

    /// Where the API is.
    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    /// Waits until a process can not be kept alive, and says why.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        match self.failures.recv().await {
            Some(error) => error,
            // Each child's task holds a sender until it is stopped.
            None => std::future::pending().await,
        }
    }

    /// Stops the data centre, then the boxes, so that no request meets a box that is gone.
    ///
    /// # Errors
    /// Which process had to be killed.
    pub(crate) async fn stop(self) -> Result<()> {
        let mut result = Ok(());
        for keeper in self.started.into_iter().rev() {
            let stopped = keeper.stop().await;
            result = result.and(stopped);
        }
        self.roster.remove()?;
        result
    }
}

/// Starts the boxes, then the data centre; gives the address of its API once it is well. Whatever
/// runs is in `started`, also after an error.
async fn start_all(
    folder: &Folder,
    programs: &Programs,
    api_port: u16,
    roster: &Roster,
    failed: &mpsc::Sender<anyhow::Error>,
    started: &mut Vec<Keeper>,
) -> Result<String> {
    let mut addresses = Vec::new();
    for kind in BOX_KINDS {
        let spec = box_spec(folder, programs, kind)?;
        let keeper = Keeper::start(spec, 0, roster.clone(), failed.clone()).await?;
        addresses.push(BoxAddress::new(kind, BOX_ID, keeper.address()));
        started.push(keeper);
    }
    let spec = datacenter_spec(folder, programs, addresses)?;
    let keeper = Keeper::start(spec, api_port, roster.clone(), failed.clone()).await?;
    let api = format!("http://{}", keeper.address());
    started.push(keeper);
    wait_until_well(&api).await?;
    roster.set_api(&api)?;
    Ok(api)
}

/// Until every box answers. One that waits for an act (latched, or in doubt about its clock) is
/// there: the act has to come in through the API, and reading goes on.
async fn wait_until_well(api: &str) -> Result<()> {
    let client = Client::new(api)?;
    let well = async {
        loop {
            match client.health().await {
                Ok(health) if health.boxes.iter().all(|one| one.status != UNREACHABLE) => {
                    return health;
                }
                _ => tokio::time::sleep(HEALTH_PAUSE).await,
            }
        }
    };
    if let Ok(health) = tokio::time::timeout(HEALTH_TIMEOUT, well).await {
        for one in health.boxes.iter().filter(|one| one.status != "ok") {
            eprintln!(
                "warning: the {} box is {}: it signs nothing until an act (`indicia status`, \
                 docs/runbooks/README.md)",
                one.kind, one.status
            );
        }
        return Ok(());
    }
    let last = client
        .health()
        .await
        .context("the data centre started, but does not answer")?;
    let boxes: Vec<String> = last
        .boxes
        .iter()
        .map(|one| format!("{} {}", one.kind, one.status))
        .collect();
    bail!("the data centre is {}: {}", last.status, boxes.join(", "))
}

fn box_spec(folder: &Folder, programs: &Programs, kind: &'static str) -> Result<Spec> {
    let (state, unlock) = (folder.box_state(kind), folder.unlock_key(kind));
    Ok(Spec {
        name: kind,
        program: programs.of_box(kind)?,
        log: folder.log(kind),
        arguments: Box::new(move |port| {
            Ok(vec![
                "serve".into(),
                "--tether".into(),
                "stdin".into(),
                "--state".into(),
                state.clone().into(),
                "--unlock".into(),
                unlock.clone().into(),
                "--listen".into(),
                OsString::from(format!("127.0.0.1:{port}")),
            ])
        }),
    })
}

/// The data centre learns the ports from its config file, which is written before each start.
fn datacenter_spec(folder: &Folder, programs: &Programs, boxes: Vec<BoxAddress>) -> Result<Spec> {
    let place = folder.clone();
    Ok(Spec {
        name: DATACENTER,
        program: programs.datacenter()?,
        log: folder.log(DATACENTER),
        arguments: Box::new(move |port| {
            write_config(&place, port, &boxes)?;
            Ok(vec![
                "serve".into(),
                "--tether".into(),
                "stdin".into(),
                "--config".into(),
                place.datacenter_config().into(),
            ])
        }),
    })
}
