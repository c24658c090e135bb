//! Carries out a plan: one fault after another, those that last beside those that follow. Not here:
//! what is planned (`plan`) and what clients make of it (`load`).

use crate::link::Weather;
use crate::notes::Notes;
use crate::plan::{DISKS, Fault, PROCESSES};
use crate::process::Process;
use crate::site::Site;
use rustix::process::Signal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long a link cuts what passes.
const CUTTING: Duration = Duration::from_millis(400);
/// Longest wait for a process that is to be killed once more.
const RESTART_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(2);

/// Makes all planned faults; returns when the last one is over.
pub(crate) async fn rage(site: &Arc<Site>, notes: &Arc<Notes>, plan: Vec<(Duration, Fault)>) {
    let mut lasting = JoinSet::new();
    for (gap, fault) in plan {
        sleep(gap).await;
        if notes.is_over() {
            break;
        }
        let (site, notes) = (Arc::clone(site), Arc::clone(notes));
        lasting.spawn(async move { make(&site, &notes, fault).await });
        while let Some(ended) = lasting.try_join_next() {
            expect_no_panic(ended);
        }
    }
    while let Some(ended) = lasting.join_next().await {
        expect_no_panic(ended);
    }
    notes.calm();
    calm(site);
}

fn expect_no_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Ends everything that lasts.
fn calm(site: &Site) {
    for link in &site.links {
        link.set(Weather::Fair);
    }
    for process in site.processes() {
        process.signal(Signal::CONT);
        process.limit_files(None);
    }
    for name in DISKS {
        free(site, name);
    }
}

async fn make(site: &Site, notes: &Notes, fault: Fault) {
    let what = fault.to_string();
    let fault_at = |kind, place: &str| notes.fault(kind, place, what.clone());
    let on_link = |kind, link: usize| {
        let name = &site.links[link].name;
        notes.fault(kind, "links", format!("{what} ({name})"));
    };
    match fault {
        Fault::Kill(name) => {
            fault_at("kill", name);
            site.process(name).signal(Signal::KILL);
        }
        Fault::KillAgain(name, after) => {
            fault_at("kill", name);
            let process = site.process(name);
            let before = process.starts();
            process.signal(Signal::KILL);
            started_again(process, before).await;
            sleep(after).await;
            fault_at("kill again", name);
            process.signal(Signal::KILL);
        }
        Fault::Pause(name, long) => {
            fault_at("stop", name);
            site.process(name).signal(Signal::STOP);
            sleep(long).await;
            site.process(name).signal(Signal::CONT);
        }
        Fault::KillPaused(name, after) => {
            fault_at("stop", name);
            site.process(name).signal(Signal::STOP);
            sleep(after).await;
            fault_at("kill stopped", name);
            site.process(name).signal(Signal::KILL);
        }
        Fault::Blackout => {
            for name in PROCESSES {
                fault_at("kill all", name);
                site.process(name).signal(Signal::KILL);
            }
        }
        Fault::Restart(name) => {
            fault_at("ask to end", name);
            site.process(name).signal(Signal::TERM);
        }
        Fault::Cut(link, bytes) => {
            on_link("cut", link);
            weather(site, link, Weather::Cut(bytes), CUTTING).await;
        }
        Fault::Stall(link, long) => {
            on_link("stall", link);
            weather(site, link, Weather::Stall, long).await;
        }
        Fault::Deaf(link, long) => {
            on_link("lose answers", link);
            weather(site, link, Weather::Deaf, long).await;
        }
        Fault::Refuse(link, long) => {
            on_link("refuse", link);
            weather(site, link, Weather::Refuse, long).await;
        }
        Fault::Full(disk, left, long) => {
            if fill(site, notes, disk, left, long) {
                fault_at("fill disk", disk);
                sleep(long).await;
                free(site, disk);
            }
        }
        Fault::AllFull(long) => {
            for disk in DISKS {
                if fill(site, notes, disk, 0, long) {
                    let what = format!("disk of {disk} full for {long:?}, as all");
                    notes.fault("fill disk", disk, what);
                }
            }
            sleep(long).await;
            for disk in DISKS {
                free(site, disk);
            }
        }
        Fault::NoGrowth(name, above, long) => {
            fault_at("limit files", name);
            let process = site.process(name);
            process.excuse(long);
            process.limit_files(Some(match above {
                0 => 0,
                above => longest(&site.state_of(name)) + above,
            }));
            sleep(long).await;
            process.limit_files(None);
        }
    }
}

async fn weather(site: &Site, link: usize, weather: Weather, long: Duration) {
    site.links[link].set(weather);
    sleep(long).await;
    site.links[link].set(Weather::Fair);
}

async fn started_again(process: &Process, before: u64) {
    let wait = async {
        while process.starts() == before {
            sleep(LOOK).await;
        }
    };
    // One that does not come back is found by whoever waits for it to be ready.
    let _in_time = tokio::time::timeout(RESTART_TIMEOUT, wait).await;
}

/// Whether there is such a disk.
fn fill(site: &Site, notes: &Notes, disk: &str, left: u64, long: Duration) -> bool {
    let Some(full) = site.disk(disk) else {
        return false;
    };
    // A server does without its database, and everybody without logs; a box without its journal ends.
    if PROCESSES.contains(&disk) {
        site.process(disk).excuse(long);
    }
    if let Err(error) = full.fill(left) {
        notes.event(format!("the disk of {disk} could not be filled: {error:#}"));
    }
    true
}

fn free(site: &Site, disk: &str) {
    if let Some(disk) = site.disk(disk) {
        disk.empty().expect("a disk of our own gets room again");
    }
}

/// Bytes of the longest file in a folder.
fn longest(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .max()
        .unwrap_or(0)
}
