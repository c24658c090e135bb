//! Why a box did not start, or had to end.

use keeper::Failed;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Exit code of a box that failed while it ran: start it again, it recovers (`EX_SOFTWARE`).
const FAILED: u8 = 70;
/// Exit code of a box that could not start yet: nobody need change it, it may start later
/// (`EX_TEMPFAIL`).
pub(crate) const NOT_YET: u8 = 75;
/// Exit code of a box that could not start: starting it again changes nothing (`EX_CONFIG`).
pub(crate) const REFUSED: u8 = 78;

/// Ordered as a start goes.
#[derive(Debug)]
pub enum BoxdError {
    /// The process could not be hardened.
    Harden(io::Error),
    /// The kernel does not confine the box, and it was told to insist: in words.
    Confine(String),
    /// Signal handlers could not be set.
    Stop(io::Error),
    /// The channel key or a pinned key is not usable.
    Channel(rustls::Error),
    /// No servers, more than a box serves, or one twice.
    Servers(&'static str),
    /// Not a loopback address.
    Public(SocketAddr),
    /// The address cannot be bound.
    Bind(SocketAddr, io::Error),
    /// Nobody can be told that the box is ready, or a thread could not be made.
    Start(io::Error),
    /// The service failed. Nothing that waited was acknowledged.
    Failed(Failed),
}

impl fmt::Display for BoxdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Harden(error) => {
                write!(
                    f,
                    "the process cannot be closed to debuggers and core dumps: {error}"
                )
            }
            Self::Confine(why) => write!(f, "not confined as `--confine required` asks: {why}"),
            Self::Stop(error) => write!(f, "signal handlers cannot be set: {error}"),
            Self::Channel(error) => write!(f, "channel key: {error}"),
            Self::Servers(what) => write!(f, "enrolled servers: {what}"),
            Self::Public(address) => write!(
                f,
                "{address}: a box never listens on a public interface; give a loopback address \
                 (127.0.0.1:0) and put a tunnel of your choice in front"
            ),
            Self::Bind(address, error) => write!(f, "{address} cannot be bound: {error}"),
            Self::Start(error) => write!(f, "the box cannot start serving: {error}"),
            Self::Failed(failed) => write!(
                f,
                "the box failed and ends; nothing that waits was acknowledged; start it again \
                 (docs/runbooks/disk.md): {failed}"
            ),
        }
    }
}

impl std::error::Error for BoxdError {}

/// A line for the log. One that can not be written, its disk full, must not end what it tells of.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Ends a box's `main`: the reason on stderr, and a code by which a supervisor knows whether
/// starting again helps: 0 clean stop, 70 start again, 75 start again later, 78 somebody must change something first.
#[must_use]
pub fn conclude(result: Result<(), BoxdError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("error: {error}"));
            ExitCode::from(match error {
                BoxdError::Failed(_) => FAILED,
                BoxdError::Harden(_)
                | BoxdError::Confine(_)
                | BoxdError::Stop(_)
                | BoxdError::Channel(_)
                | BoxdError::Servers(_)
                | BoxdError::Public(_)
                | BoxdError::Bind(..)
                | BoxdError::Start(_) => REFUSED,
            })
        }
    }
}
