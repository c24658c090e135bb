//! Asking a running box to stop cleanly: by signal, or by a call.

use crate::BoxdError;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::Write;
use std::os::unix::net::UnixStream;

/// A request to stop, which is made once and stays. It is a pair of sockets, so that the acceptor
/// can wait for it and for connections in one call.
#[derive(Debug)]
pub struct Stop {
    raise: UnixStream,
    watch: UnixStream,
}

impl Stop {
    /// One that only [`Stop::raise`] raises.
    ///
    /// # Errors
    /// [`BoxdError::Stop`] if the system has no sockets left.
    pub fn new() -> Result<Self, BoxdError> {
        let (raise, watch) = UnixStream::pair().map_err(BoxdError::Stop)?;
        // A signal handler writes into it and must never wait.
        raise.set_nonblocking(true).map_err(BoxdError::Stop)?;
        Ok(Self { raise, watch })
    }

    /// One that SIGTERM and SIGINT raise as well.
    ///
    /// # Errors
    /// [`BoxdError::Stop`] if the handlers cannot be registered.
    pub fn on_signals() -> Result<Self, BoxdError> {
        let stop = Self::new()?;
        for signal in [SIGTERM, SIGINT] {
            let end = stop.raise.try_clone().map_err(BoxdError::Stop)?;
            signal_hook::low_level::pipe::register(signal, end).map_err(BoxdError::Stop)?;
        }
        Ok(stop)
    }

    /// Asks for the stop. Asking twice is asking once.
    pub fn raise(&self) {
        // Fails only when the pipe is full, and then it was raised before.
        let _ = (&self.raise).write(&[1]);
    }

    /// Another handle to the same request.
    ///
    /// # Errors
    /// [`BoxdError::Stop`] if the system has no file descriptors left.
    pub fn try_clone(&self) -> Result<Self, BoxdError> {
        Ok(Self {
            raise: self.raise.try_clone().map_err(BoxdError::Stop)?,
            watch: self.watch.try_clone().map_err(BoxdError::Stop)?,
        })
    }

    /// Readable from the moment it is raised; nobody reads it, so it stays readable.
    pub(crate) fn watch(&self) -> &UnixStream {
        &self.watch
    }
}
