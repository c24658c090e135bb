//! The installation under test: four boxes and two servers on one database, each a process, with a
//! link before each server and between each server and each box. Not here: what is done to it
//! (`storm`) or asked of it (`load`).

use crate::disk::Disk;
use crate::link::{Link, Target};
use crate::notes::Notes;
use crate::plan::{DISKS, PROCESSES};
use crate::process::{Process, Recipe};
use anyhow::{Context, Result, bail};
use e2e::{House, KINDS, program};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// From a start, or the end of all faults, to everything being ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// Links that a site has: one before each server, and one from each server to each box.
pub(crate) const LINKS: usize = 2 + 2 * KINDS.len();

/// The running installation.
pub(crate) struct Site {
    // Ends in this order: nobody may use a disk or folder that goes.
    processes: BTreeMap<&'static str, Process>,
    /// First those that clients use, one a server.
    pub(crate) links: Vec<Link>,
    disks: BTreeMap<&'static str, Disk>,
    pub(crate) house: Arc<House>,
}

impl Site {
    /// Starts everything; returns when it is ready.
    pub(crate) async fn start(notes: &Arc<Notes>, seed: u64) -> Result<Self> {
        let house = tokio::task::spawn_blocking(House::new).await?;
        std::fs::create_dir_all(house.path("run"))?;
        let mut disks = BTreeMap::new();
        if Disk::are_allowed() {
            for name in DISKS {
                disks.insert(name, Disk::beneath(&house.path(&place(name)))?);
            }
        }
        let targets: BTreeMap<&str, Target> = PROCESSES
            .into_iter()
            .map(|name| (name, Target::default()))
            .collect();
        let target = |name: &str| targets.get(name).cloned().context("no such process");
        let mut links = Vec::new();
        for server in &PROCESSES[KINDS.len()..] {
            links.push(Link::open(format!("clients to {server}"), target(server)?).await?);
        }
        let mut site = Self {
            house: Arc::new(house),
            processes: BTreeMap::new(),
            links,
            disks,
        };
        let mut recipes: Vec<Recipe> = KINDS.iter().map(|kind| site.of_box(kind)).collect();
        for server in &PROCESSES[KINDS.len()..] {
            let first = site.links.len();
            for kind in KINDS {
                let name = format!("{server} to {kind}");
                site.links.push(Link::open(name, target(kind)?).await?);
            }
            recipes.push(site.of_server(server, &site.links[first..])?);
        }
        for (recipe, number) in recipes.into_iter().zip(1..) {
            let name = recipe.name;
            let process = Process::start(recipe, target(name)?, Arc::clone(notes), seed ^ number);
            site.processes.insert(name, process);
        }
        site.ready(notes).await?;
        Ok(site)
    }

    fn of_box(&self, kind: &'static str) -> Recipe {
        let path = |inside: String| self.house.path(&inside).display().to_string();
        Recipe {
            name: kind,
            program: program(&format!("indicia-box-{kind}")),
            arguments: [
                "serve",
                "--tether",
                "stdin",
                "--state",
                &path(format!("boxes/{kind}")),
                "--unlock",
                &path(format!("unlock/{kind}.key")),
                "--listen",
                "127.0.0.1:0",
            ]
            .map(str::to_owned)
            .to_vec(),
            log: self.log(kind),
        }
    }

    /// A server with a configuration of its own: as `indicia init` wrote it, but for the addresses.
    fn of_server(&self, name: &'static str, boxes: &[Link]) -> Result<Recipe> {
        let text = std::fs::read_to_string(self.house.path("datacenter.toml"))?;
        let mut config: toml::Table = text.parse()?;
        config.insert("listen".to_owned(), "127.0.0.1:0".into());
        let entries = config
            .get_mut("box")
            .and_then(toml::Value::as_array_mut)
            .context("datacenter.toml names no boxes")?;
        for (kind, link) in KINDS.into_iter().zip(boxes) {
            let entry = entries
                .iter_mut()
                .filter_map(toml::Value::as_table_mut)
                .find(|entry| entry.get("kind").and_then(toml::Value::as_str) == Some(kind))
                .with_context(|| format!("datacenter.toml names no {kind} box"))?;
            entry.insert("address".to_owned(), link.address().to_string().into());
        }
        let file = self.house.beside(&format!("{name}.toml"));
        std::fs::write(&file, config.to_string())?;
        let file = file.display().to_string();
        Ok(Recipe {
            name,
            program: program("indicia-datacenter"),
            arguments: ["serve", "--tether", "stdin", "--config", &file]
                .map(str::to_owned)
                .to_vec(),
            log: self.log(name),
        })
    }

    fn log(&self, name: &str) -> PathBuf {
        self.house.path(&format!("run/{name}.log"))
    }

    /// Waits until every process is ready, or the run is over.
    pub(crate) async fn ready(&self, notes: &Notes) -> Result<()> {
        let begun = notes.time();
        while let Some((name, _)) = self.processes.iter().find(|(_, p)| !p.is_ready()) {
            if notes.is_over() {
                return Ok(());
            }
            if notes.time() > begun + READY_TIMEOUT {
                bail!("{name} is not ready after {READY_TIMEOUT:?}");
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// One of [`PROCESSES`].
    pub(crate) fn process(&self, name: &str) -> &Process {
        &self.processes[name]
    }

    /// All processes.
    pub(crate) fn processes(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    /// One of [`DISKS`], if there are any.
    pub(crate) fn disk(&self, name: &str) -> Option<&Disk> {
        self.disks.get(name)
    }

    /// Addresses for clients, one a server.
    pub(crate) fn doors(&self) -> Vec<String> {
        let servers = PROCESSES.len() - KINDS.len();
        let links = self.links.iter().take(servers);
        links
            .map(|link| format!("http://{}", link.address()))
            .collect()
    }

    /// The folder that a process writes to.
    pub(crate) fn state_of(&self, process: &str) -> PathBuf {
        let disk = if DISKS.contains(&process) {
            process
        } else {
            "database"
        };
        self.house.path(&place(disk))
    }

    /// Ends everything by SIGTERM, servers first; says what did not end well.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let mut outcome = Ok(());
        for name in PROCESSES.iter().rev() {
            if let Some(process) = self.processes.remove(name) {
                outcome = outcome.and(process.retire());
            }
        }
        outcome
    }

    /// Copies everything that tells what happened to a place that outlives this.
    pub(crate) fn keep(&self, to: &Path) -> Result<()> {
        crate::disk::copy(self.house.folder(), to)
    }
}

/// Where a disk is in the folder of the installation.
fn place(disk: &str) -> String {
    match disk {
        "database" => "data".to_owned(),
        "logs" => "run".to_owned(),
        kind => format!("boxes/{kind}"),
    }
}
