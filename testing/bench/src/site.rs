//! An installation with funded customers, and what its processes used.

use crate::report::Figures;
use anyhow::{Context, Result};
use e2e::{HOUR_MS, House, KINDS, PASSWORD, key_of, now};
use item::{AccountId, ActBody, Limits, Mills, Time, Zip};
use loader::{LoadPlan, Loaded};
use rustix::param::clock_ticks_per_second;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Money of each meter, mills: as much as an indicium can say, and enough for any run.
const BALANCE: u64 = 4_000_000_000;

/// How large an installation is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Who can log in; each has a meter of its own.
    pub(crate) customers: usize,
    /// Meters beside these, shared out among them.
    pub(crate) meters: u64,
    /// Items that were made before.
    pub(crate) items: u64,
}

/// A customer with a meter.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) login: String,
    account: AccountId,
    pub(crate) meter: u32,
    pub(crate) authorization: Arc<str>,
}

/// A running installation.
pub(crate) struct Site {
    pub(crate) house: House,
    pub(crate) customers: Vec<Customer>,
    pub(crate) api: String,
    loaded: Option<Loaded>,
}

impl Site {
    /// Makes one of that size.
    pub(crate) async fn new(size: Size) -> Result<Self> {
        Self::of(House::running(), size).await
    }

    /// Makes a running one as large.
    pub(crate) async fn of(house: House, size: Size) -> Result<Self> {
        let mut site = Self {
            house,
            customers: Vec::new(),
            api: String::new(),
            loaded: None,
        };
        for number in 0..size.customers {
            let customer = site.customer(&format!("mailer-{number}")).await?;
            site.customers.push(customer);
        }
        site.house.stop();
        if size.meters > 0 {
            site.loaded = Some(load(&site, size)?);
        }
        site.house.up();
        site.api = site.house.api();
        Ok(site)
    }

    async fn customer(&self, name: &str) -> Result<Customer> {
        let house = &self.house;
        let newcomer = house.newcomer(name).await;
        let meter = newcomer.meter;
        let limits = Limits {
            item: Mills(50_000),
            day: Mills(BALANCE),
            month: Mills(BALANCE),
            descending: Mills(BALANCE),
        };
        let acts = [
            ActBody::Register {
                origin: Zip(95_814),
                licensing: Zip(95_814),
            },
            ActBody::License {
                limits,
                inspection_due: item::Day::NONE,
                inspection_interval_days: 0,
                application: item::Digest::ZERO,
            },
            ActBody::Activate,
        ];
        for (body, sequence) in acts.into_iter().zip(1..) {
            let act = house.act_on_meter(meter, sequence, body);
            house.hand_in(&act).await?;
        }
        let credit = house.deposit(meter, 1, BALANCE, name, Time(now().0 + HOUR_MS));
        newcomer
            .client
            .refill(meter, &credit, &key_of(&credit))
            .await?;
        let session = newcomer.client.session().context("a session")?;
        Ok(Customer {
            login: newcomer.login,
            account: newcomer.account,
            meter,
            authorization: format!("Bearer {}", session.token).into(),
        })
    }

    /// Logs everybody in again: a session is good for five minutes.
    pub(crate) async fn log_in(&mut self) -> Result<()> {
        for customer in &mut self.customers {
            let client = self.house.client();
            let session = client.sign_on(&customer.login, PASSWORD).await?;
            customer.authorization = format!("Bearer {}", session.token).into();
        }
        Ok(())
    }

    /// All meters.
    pub(crate) fn meters(&self) -> Meters {
        Meters {
            customers: self.customers.clone(),
            loaded: self.loaded,
        }
    }

    /// Begins to count what is used.
    pub(crate) fn meter(&self) -> Meter {
        Meter {
            cpu: self.cpu(),
            bytes: self.bytes(),
        }
    }

    /// Puts what was used since into a result; `items` were made meanwhile.
    pub(crate) fn used(&self, since: &Meter, items: Option<u64>, figures: &mut Figures) {
        for (name, seconds) in self.cpu() {
            let before = since.cpu.get(&name).copied().unwrap_or_default();
            figures.cpu_s_by_process.insert(name, seconds - before);
        }
        for (name, pid) in self.processes() {
            figures
                .peak_rss_mib_by_process
                .insert(name, peak_rss_mib(pid));
        }
        figures.bytes_per_item = items.filter(|items| *items > 0).map(|items| {
            let grown = self.bytes().saturating_sub(since.bytes);
            grown as f64 / items as f64
        });
    }

    /// Memory that a process has now.
    pub(crate) fn resident_bytes(&self, name: &str) -> f64 {
        let pid = self.house.pid(name).unwrap_or_default();
        status_kib(pid, "VmRSS:") * 1024.0
    }

    fn processes(&self) -> Vec<(String, i32)> {
        let house = KINDS.iter().chain(&["datacenter"]);
        let house = house.filter_map(|name| Some(((*name).to_owned(), self.house.pid(name)?)));
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        house.chain([("load".to_owned(), own)]).collect()
    }

    fn cpu(&self) -> BTreeMap<String, f64> {
        let processes = self.processes();
        processes
            .into_iter()
            .map(|(name, pid)| (name, cpu_seconds(pid)))
            .collect()
    }

    /// Bytes of the database and of all boxes.
    fn bytes(&self) -> u64 {
        size(&self.house.path("data")) + size(&self.house.path("boxes"))
    }
}

/// The meters of an installation and who may use them.
pub(crate) struct Meters {
    customers: Vec<Customer>,
    loaded: Option<Loaded>,
}

impl Meters {
    /// One of them, by a number that may be any: its serial, and its owner's authorization. Loaded
    /// ones where there are any.
    pub(crate) fn any(&self, number: u64) -> Option<(u32, Arc<str>)> {
        let of = |count: u64| number.checked_rem(count);
        let owner = |place: u64| {
            let place = usize::try_from(place).ok()?;
            self.customers.get(place % self.customers.len().max(1))
        };
        Some(match self.loaded {
            Some(loaded) => {
                let place = of(loaded.meters)?;
                let serial = loaded.first_serial + u32::try_from(place).ok()?;
                (serial, Arc::clone(&owner(place)?.authorization))
            }
            None => {
                let owner = owner(of(self.customers.len() as u64)?)?;
                (owner.meter, Arc::clone(&owner.authorization))
            }
        })
    }
}

fn load(site: &Site, size: Size) -> Result<Loaded> {
    let plan = LoadPlan {
        folder: site.house.folder().to_owned(),
        meters: size.meters,
        items: size.items,
        first_serial: loader::FIRST_SERIAL,
        accounts: site.customers.iter().map(|c| c.account).collect(),
        balance: Mills(BALANCE),
    };
    loader::load(&plan, &mut |_| ())
}

/// What had been used when a measurement began.
pub(crate) struct Meter {
    cpu: BTreeMap<String, f64>,
    bytes: u64,
}

/// User and system time of a process, from its `stat`.
fn cpu_seconds(pid: i32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything, the 12th and 13th field.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / clock_ticks_per_second() as f64
}

fn peak_rss_mib(pid: i32) -> f64 {
    status_kib(pid, "VmHWM:") / 1024.0
}

/// A figure of a process' `status`.
fn status_kib(pid: i32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or_default()
}

fn size(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.metadata().map_or(0, |file| file.len());
    };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}
