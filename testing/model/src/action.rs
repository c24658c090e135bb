//! Everything that can happen next.

use crate::Set;
use crate::book::Id;
use crate::message::{Answer, Ask, Message, Shown};

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Clients send these keys, and this server takes them on together.
    Take {
        /// Which server.
        server: u8,
        /// Which keys.
        keys: Set,
    },
    /// A server looks up its keys and the record in one snapshot.
    LookUp {
        /// Which server.
        server: u8,
        /// What the database shows instead of its record.
        shows: Option<Shown>,
        /// Keys that the database says were never used.
        hides: Set,
    },
    /// A server sends its entry again: it heard nothing.
    Resend {
        /// Which server.
        server: u8,
    },
    /// An entry reaches the box.
    Deliver(Ask),
    /// The box flushes its journal; replies that waited go out.
    Commit,
    /// A reply reaches its server.
    Hear {
        /// Which server.
        server: u8,
        /// What it hears.
        answer: Answer,
    },
    /// A server writes what it holds.
    Write {
        /// Which server.
        server: u8,
        /// The database says that it wrote, and did not.
        dropped: bool,
    },
    /// A server answers its clients.
    Answer {
        /// Which server.
        server: u8,
    },
    /// A server tells the box that this record is written.
    Tell(Id),
    /// A recovery worker asks for what is open, and is handed it.
    List,
    /// The recovery worker writes what it was handed.
    Recover {
        /// The database says that it wrote, and did not.
        dropped: bool,
    },
    /// A message is lost.
    Lose(Message),
    /// A server dies, and starts with nothing.
    CrashServer {
        /// Which server.
        server: u8,
    },
    /// The box dies and starts from its journal.
    CrashBox {
        /// It died after a flush, before any reply went out.
        kept: bool,
    },
    /// The box compacts its journal.
    Compact,
    /// The box's disk is put back to the first day.
    PutBack,
    /// The database goes back to where this record was the newest.
    Restore(Id),
}
