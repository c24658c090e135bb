//! What the lies are.

use item::{AccountId, ApiKeyId, Digest, MeterSerial, UserId};
use std::collections::HashMap;
use tokio::sync::oneshot;

/// A record that can be lied about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Record {
    /// A user's.
    User(UserId),
    /// A key's.
    ApiKey(ApiKeyId),
    /// A meter's.
    Meter(MeterSerial),
    /// The head of an account's chain.
    Chain(AccountId),
}

/// A record as it was once answered truly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The sealed record.
    pub record: Vec<u8>,
    /// The newest chain entry, for a chain.
    pub entry: Option<Vec<u8>>,
}

/// One lie. Rules apply in the order in which they were added; the last one that fits is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Answers the true record of this many versions ago (1: the one before the newest), the
    /// oldest one remembered if there are fewer. A chain's entry goes back with it.
    Older(Record, usize),
    /// Answers these bytes.
    Show(Record, Version),
    /// Answers the second record for the first; both must be of one kind.
    Swap(Record, Record),
    /// Flips this bit of the record, counted from the first byte's lowest.
    Flip(Record, usize),
    /// Flips this bit of the chain's newest entry.
    FlipEntry(AccountId, usize),
    /// Answers the chain without its newest entry.
    HideEntry(AccountId),
    /// Answers that there is none; of a user, the sign-up stays.
    Hide(Record),
    /// Answers that this key was never used.
    HidePrior(AccountId, Digest),
    /// Answers the second key's prior answer for the first.
    SwapPrior(AccountId, Digest, Digest),
    /// Answers that this item does not exist, by itself and among others.
    HideItem(MeterSerial, u32),
    /// Flips this bit of an item.
    FlipItem(MeterSerial, u32, usize),
    /// Answers that this item was never taken back, by itself and on the meter's list.
    HideCredit(MeterSerial, u32),
    /// Answers that nothing of a meter was ever taken back.
    HideCredits(MeterSerial),
    /// Flips this bit of an item credit.
    FlipCredit(MeterSerial, u32, usize),
    /// Acknowledges writes without writing.
    DropWrites,
    /// Writes everything twice, answers the second result.
    DuplicateWrites,
    /// Writes, then says that it failed.
    LoseReplies,
    /// Writes nothing and says so.
    FailWrites,
}

/// A rule and how often it still applies.
#[derive(Debug)]
struct Playing {
    rule: Rule,
    left: Option<u32>,
}

/// A write that a server has begun, and that reaches the store when its holder says: the server was
/// stopped in between. Dropped, it lets the write go too.
#[derive(Debug)]
pub struct Hold {
    reached: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

/// The other side of a [`Hold`].
#[derive(Debug)]
pub(crate) struct Stopped {
    reached: oneshot::Sender<()>,
    release: oneshot::Receiver<()>,
}

impl Hold {
    pub(crate) fn new() -> (Self, Stopped) {
        let (stopped, reached) = oneshot::channel();
        let (go, release) = oneshot::channel();
        let hold = Self {
            reached,
            release: go,
        };
        let stopped = Stopped {
            reached: stopped,
            release,
        };
        (hold, stopped)
    }

    /// Until the write was begun.
    ///
    /// # Panics
    /// If it never will be.
    pub async fn reached(&mut self) {
        (&mut self.reached).await.expect("nobody writes");
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If whoever wrote is gone.
    pub fn release(self) {
        self.release.send(()).expect("the writer is gone");
    }
}

impl Stopped {
    pub(crate) async fn wait(self) {
        // A test that looks at nothing and one that is over are both no reason to fail here.
        let _ = self.reached.send(());
        let _ = self.release.await;
    }
}

/// Rules in force, and what was seen.
#[derive(Debug, Default)]
pub(crate) struct Script {
    playing: Vec<Playing>,
    seen: HashMap<Record, Vec<Version>>,
    lies: u64,
    holding: Option<Stopped>,
}

impl Script {
    pub(crate) fn play(&mut self, rule: Rule, left: Option<u32>) {
        self.playing.push(Playing { rule, left });
    }

    pub(crate) fn hold(&mut self, stopped: Stopped) {
        self.holding = Some(stopped);
    }

    pub(crate) fn held(&mut self) -> Option<Stopped> {
        self.holding.take()
    }

    pub(crate) fn stop(&mut self) {
        self.playing.clear();
    }

    pub(crate) fn lies(&self) -> u64 {
        self.lies
    }

    pub(crate) fn history(&self, record: Record) -> &[Version] {
        self.seen.get(&record).map_or(&[], Vec::as_slice)
    }

    /// Keeps a true answer, if it is new.
    pub(crate) fn remember(&mut self, record: Record, version: &Version) {
        let seen = self.seen.entry(record).or_default();
        if seen.last() != Some(version) {
            seen.push(version.clone());
        }
    }

    /// The rules that fit, each counted as used.
    pub(crate) fn fitting(&mut self, fits: impl Fn(&Rule) -> bool) -> Vec<Rule> {
        let mut rules = Vec::new();
        for playing in &mut self.playing {
            if playing.left == Some(0) || !fits(&playing.rule) {
                continue;
            }
            playing.left = playing.left.map(|left| left - 1);
            self.lies += 1;
            rules.push(playing.rule.clone());
        }
        rules
    }
}

/// Flips one bit; bits beyond the end wrap around, so that any number names a bit.
pub(crate) fn flip(bytes: &mut [u8], bit: usize) {
    if bytes.is_empty() {
        return;
    }
    let at = bit / 8 % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
}
