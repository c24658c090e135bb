//! What a serving box gives up once its state is open and its socket bound (P5): every file but
//! those of its state folder, every system call but those that serving needs.
//!
//! Not here: what each kernel feature is asked for (`files`, `calls`), core dumps and debuggers
//! (`harden`). Called by `program` on the main thread, before it makes any other: threads that are
//! made afterwards are held by the same rules, those made before would not be.

mod calls;
mod files;

use std::fmt;
use std::path::Path;

/// What holds the box, and where the kernel refused, why.
#[derive(Debug)]
pub struct Confinement {
    /// Files outside the state folder, connections to others (Landlock).
    pub files: Result<(), String>,
    /// System calls (seccomp).
    pub calls: Result<(), String>,
}

/// Holds the calling thread and all that it makes from now on. `state` is the one folder in which
/// it may still make, read, write and remove files.
#[must_use]
pub fn confine(state: &Path) -> Confinement {
    // Landlock first: its system calls are not among those that are left.
    Confinement {
        files: files::confine(state),
        calls: calls::confine(),
    }
}

impl Confinement {
    /// Whether the kernel took all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.files.is_ok() && self.calls.is_ok()
    }
}

/// One line for the log.
impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |f: &mut fmt::Formatter<'_>, name, outcome: &Result<(), String>| match outcome {
            Ok(()) => write!(f, "{name} confined"),
            Err(why) => write!(f, "{name} NOT confined ({why})"),
        };
        write!(f, "sandbox: ")?;
        part(f, "files", &self.files)?;
        write!(f, ", ")?;
        part(f, "system calls", &self.calls)
    }
}
