//! What the process takes from itself before it reads a secret. Limits on what it may reach from
//! outside (user, files, system calls) are the service manager's.

use crate::BoxdError;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core dumps, and no debugger or `/proc/PID/mem` of the same user. Call first in `main`.
///
/// # Errors
/// [`BoxdError::Harden`] if the system refuses; the box then must not go on.
pub fn harden() -> Result<(), BoxdError> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(|error| BoxdError::Harden(error.into()))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| BoxdError::Harden(error.into()))
}
