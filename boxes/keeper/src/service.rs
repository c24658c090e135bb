//! What a shell drives: decide, write, flush, release. The order is a type: see [`Pending`].

use item::{BoxKind, Time};
use journal::{Committed, Sequence, Unflushed};
use wire::{Reply, Request};

/// Time as the shell reads it, twice: P26 compares the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Wall clock.
    pub wall: Time,
    /// Milliseconds since the machine started, sleep included (`CLOCK_BOOTTIME`).
    pub since_boot: u64,
}

/// Who asks: the channel key of an enrolled server, as its place in the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller(pub usize);

/// A reply that was decided and can not be read before what it says is on the disk (P14).
///
/// ```compile_fail
/// fn read_early(pending: keeper::Pending) -> wire::Reply {
///     pending.reply // private: only `release` gives it, against a `Committed`
/// }
/// ```
///
/// ```compile_fail
/// type Record = item::MeterRecord;
/// fn forge(genuine: vault::Genuine<Record>) -> keeper::Fresh<Record> {
///     keeper::Fresh(genuine) // private: only the engine says that a record is fresh
/// }
/// ```
#[derive(Debug)]
pub struct Pending {
    needs: Sequence,
    reply: Reply,
}

impl Pending {
    /// A reply that rests on the journal up to `needs`. Only a [`Service`] makes one: it alone knows
    /// which record a reply rests on.
    #[must_use]
    pub fn new(needs: Sequence, reply: Reply) -> Self {
        Self { needs, reply }
    }

    /// Gives the reply out against the proof of its commit.
    ///
    /// `None` if the proof does not reach far enough: then nobody ever reads the reply.
    #[must_use]
    pub fn release(self, committed: &Committed) -> Option<Reply> {
        committed.covers(self.needs).then_some(self.reply)
    }
}

/// The box has failed and must be started again; nothing that waits was acknowledged.
#[derive(Debug)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// One box without sockets, threads and clocks.
pub trait Service: Send {
    /// Its kind.
    fn kind(&self) -> BoxKind;

    /// Decides one request. Call for everything that waits, then [`Service::write`] once.
    fn handle(&mut self, caller: Caller, request: Request, now: Now) -> Pending;

    /// One flush for everything decided since the last.
    ///
    /// # Errors
    /// [`Failed`]: the shell ends the process; a new one recovers.
    fn commit(&mut self) -> Result<Committed, Failed>;

    /// Writes everything decided since the last, to be flushed on another thread while more is decided.
    /// A service that cannot flushes it itself.
    ///
    /// # Errors
    /// [`Failed`], as for `commit`.
    fn write(&mut self) -> Result<Unflushed, Failed> {
        self.commit().map(Unflushed::from)
    }

    /// To be called at least every minute: heartbeat, clock check, beginning of a compaction.
    ///
    /// # Errors
    /// [`Failed`], as for `commit`.
    fn tick(&mut self, now: Now) -> Result<(), Failed>;

    /// A small piece of what `tick` began, to be called between groups; whether more is to be done.
    ///
    /// # Errors
    /// [`Failed`], as for `commit`.
    fn go_on(&mut self) -> Result<bool, Failed> {
        Ok(false)
    }
}
