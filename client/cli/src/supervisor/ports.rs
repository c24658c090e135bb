//! `run/ports.json`: where the processes of a running installation are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::folder::Folder;

/// The file's content.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ports {
    /// Where the API is; absent until it is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<String>,
    /// Process id of `indicia up` itself.
    pub(crate) supervisor: u32,
    /// The processes by name: a kind of box, or `datacenter`.
    pub(crate) processes: BTreeMap<String, Process>,
}

/// One process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Process {
    /// Process id.
    pub(crate) pid: u32,
    /// Where it listens.
    pub(crate) address: String,
}

impl Ports {
    /// The file of a folder, if its installation runs.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>> {
        let path = folder.ports();
        files::read_if_there(&path)?
            .map(|content| {
                serde_json::from_slice(&content).with_context(|| path.display().to_string())
            })
            .transpose()
    }
}

/// Keeps the file up to date while the installation runs.
#[derive(Debug, Clone)]
pub(super) struct Roster {
    path: PathBuf,
    ports: Arc<Mutex<Ports>>,
}

impl Roster {
    pub(super) fn new(folder: &Folder) -> Self {
        let ports = Ports {
            supervisor: std::process::id(),
            ..Ports::default()
        };
        Self {
            path: folder.ports(),
            ports: Arc::new(Mutex::new(ports)),
        }
    }

    /// A process runs, perhaps again.
    pub(super) fn set_process(&self, name: &str, pid: u32, address: &str) -> Result<()> {
        self.change(|ports| {
            let process = Process {
                pid,
                address: address.to_owned(),
            };
            ports.processes.insert(name.to_owned(), process);
        })
    }

    /// The API is well.
    pub(super) fn set_api(&self, api: &str) -> Result<()> {
        self.change(|ports| ports.api = Some(api.to_owned()))
    }

    /// Nothing runs any more.
    pub(super) fn remove(&self) -> Result<()> {
        files::remove_if_there(&self.path)
    }

    /// The file is written under the lock, so that an older content never comes last.
    fn change(&self, change: impl FnOnce(&mut Ports)) -> Result<()> {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut ports);
        files::replace(&self.path, &serde_json::to_vec_pretty(&*ports)?)
    }
}
