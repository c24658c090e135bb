//! What goes wrong, when, and where: everything here follows from the seed. Not here: doing it
//! (`storm`). The moments are planned as pauses; what a fault meets depends on the machine.

use fastrand::Rng;
use std::fmt;
use std::time::Duration;

/// The processes, of five kinds.
pub(crate) const PROCESSES: [&str; 6] = [
    "keys",
    "auth",
    "meter",
    "transaction",
    "server-1",
    "server-2",
];
/// The disks: the database, the state of each box, and everybody's logs.
pub(crate) const DISKS: [&str; 6] = ["database", "keys", "auth", "meter", "transaction", "logs"];
/// Before the next fault.
const GAP_MS: std::ops::Range<u64> = 150..1_150;
/// Only a storm of so many faults has pauses that outlast every time-out of the product.
const LONG_PAUSES_FROM: usize = 100;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9`.
    Kill(&'static str),
    /// `kill -9`, and once more so long after it was started again: most times before it is ready.
    KillAgain(&'static str, Duration),
    /// SIGSTOP, and SIGCONT so long after it.
    Pause(&'static str, Duration),
    /// SIGSTOP, and `kill -9` so long after it.
    KillPaused(&'static str, Duration),
    /// `kill -9` of everything at once.
    Blackout,
    /// SIGTERM: a clean stop and a start, with checkpoints.
    Restart(&'static str),
    /// Connections of a link are reset after so many more bytes of answers.
    Cut(usize, u64),
    /// Nothing passes a link for so long, then everything.
    Stall(usize, Duration),
    /// Requests pass a link, answers are lost; then its connections are reset.
    Deaf(usize, Duration),
    /// Connections of a link are reset, and nobody gets a new one for so long.
    Refuse(usize, Duration),
    /// A disk has only so many bytes left, for so long.
    Full(&'static str, u64, Duration),
    /// All disks at once.
    AllFull(Duration),
    /// A process can not make its files longer than so many bytes above the longest, for so long.
    NoGrowth(&'static str, u64, Duration),
}

impl Fault {
    /// Kills and pauses in it: what a storm is counted by.
    #[must_use]
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Kill(_) | Self::Pause(..) => 1,
            Self::KillAgain(..) | Self::KillPaused(..) => 2,
            Self::Blackout => PROCESSES.len(),
            Self::Restart(_)
            | Self::Cut(..)
            | Self::Stall(..)
            | Self::Deaf(..)
            | Self::Refuse(..)
            | Self::Full(..)
            | Self::AllFull(_)
            | Self::NoGrowth(..) => 0,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(name) => write!(f, "kill -9 {name}"),
            Self::KillAgain(name, after) => {
                write!(f, "kill -9 {name}, and again {after:?} after its start")
            }
            Self::Pause(name, long) => write!(f, "stop {name} for {long:?}"),
            Self::KillPaused(name, after) => write!(f, "stop {name}, kill -9 after {after:?}"),
            Self::Blackout => write!(f, "kill -9 everything"),
            Self::Restart(name) => write!(f, "ask {name} to end"),
            Self::Cut(link, bytes) => write!(f, "link {link}: reset after {bytes} bytes"),
            Self::Stall(link, long) => write!(f, "link {link}: nothing passes for {long:?}"),
            Self::Deaf(link, long) => write!(f, "link {link}: answers are lost for {long:?}"),
            Self::Refuse(link, long) => write!(f, "link {link}: refuses for {long:?}"),
            Self::Full(disk, left, long) => {
                write!(f, "disk of {disk}: {left} bytes left for {long:?}")
            }
            Self::AllFull(long) => write!(f, "all disks full for {long:?}"),
            Self::NoGrowth(name, above, long) => {
                write!(f, "{name}: no file grows by more than {above} for {long:?}")
            }
        }
    }
}

/// Faults with the pause before each, until their weight is `kills`.
#[must_use]
pub(crate) fn plan(seed: u64, kills: usize, links: usize) -> Vec<(Duration, Fault)> {
    let mut rng = Rng::with_seed(seed);
    let mut planned = Vec::new();
    let mut weight = 0;
    // Every process is met once before chance chooses.
    let mut first: Vec<Fault> = PROCESSES.iter().map(|name| Fault::Kill(name)).collect();
    rng.shuffle(&mut first);
    while weight < kills {
        let fault = match first.pop() {
            Some(fault) if rng.bool() => fault,
            Some(put_back) => {
                first.push(put_back);
                draw(&mut rng, kills, links)
            }
            None => draw(&mut rng, kills, links),
        };
        if weight + fault.weight() > kills {
            continue;
        }
        weight += fault.weight();
        planned.push((Duration::from_millis(rng.u64(GAP_MS)), fault));
    }
    planned
}

fn draw(rng: &mut Rng, kills: usize, links: usize) -> Fault {
    let process = PROCESSES[rng.usize(..PROCESSES.len())];
    let link = rng.usize(..links);
    let mut ms = |range| Duration::from_millis(rng.u64(range));
    let (short, middle, long) = (ms(0..120), ms(50..1_500), ms(200..3_000));
    match rng.u32(..100) {
        0..34 => Fault::Kill(process),
        34..42 => Fault::KillAgain(process, short),
        42..44 if kills >= LONG_PAUSES_FROM => Fault::Pause(process, Duration::from_secs(9) + long),
        42..60 => Fault::Pause(process, long),
        60..64 => Fault::KillPaused(process, middle),
        64 => Fault::Blackout,
        65..69 => Fault::Restart(process),
        69..75 => Fault::Cut(link, rng.u64(..3_000)),
        75..79 => Fault::Stall(link, long),
        79..84 => Fault::Deaf(link, middle),
        84..88 => Fault::Refuse(link, middle),
        88..94 => {
            let disk = DISKS[rng.usize(..DISKS.len())];
            Fault::Full(disk, rng.u64(..3) * rng.u64(..30_000), middle)
        }
        94 => Fault::AllFull(middle),
        _ => Fault::NoGrowth(process, rng.u64(..2) * rng.u64(..20_000), middle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_storm_over_all_processes() {
        for seed in 0..200 {
            let planned = plan(seed, 20, 10);
            assert_eq!(planned, plan(seed, 20, 10));
            let weight: usize = planned.iter().map(|(_, fault)| fault.weight()).sum();
            assert_eq!(weight, 20);
        }
        assert_ne!(plan(1, 20, 10), plan(2, 20, 10));
        let met = |name: &str| {
            plan(3, 60, 10)
                .iter()
                .any(|(_, fault)| matches!(fault, Fault::Kill(met) if *met == name))
        };
        assert!(PROCESSES.iter().all(|name| met(name)));
    }
}
