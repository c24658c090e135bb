//! What the process takes from itself before it reads a secret, and how it wipes what it lets go.
//! What it may reach once it serves is `confine`'s.

use crate::BoxdError;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use rustix::thread::{CapabilitySet, capabilities};
use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// Every block that is given back is wiped first, whoever had it: buffers of TLS, of frames and of
/// requests, and the copies that a growing vector leaves behind. What the cryptographic library
/// takes for itself it wipes itself.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

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

/// Keeps all memory of the process, of now and later, out of swap.
///
/// # Errors
/// In words, where the system does not allow it. All or nothing: with a limit on locked memory a
/// busy box would one day get none, and fail.
pub fn lock_memory() -> Result<(), String> {
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    let exempt =
        || capabilities(None).is_ok_and(|of| of.effective.contains(CapabilitySet::IPC_LOCK));
    if setrlimit(Resource::Memlock, unlimited).is_err() && !exempt() {
        let limit = getrlimit(Resource::Memlock).maximum.unwrap_or(u64::MAX);
        return Err(format!(
            "the limit is {limit} bytes; give LimitMEMLOCK=infinity or CAP_IPC_LOCK, or run \
             without swap"
        ));
    }
    // Pages are locked as they are first touched: a thread's stack takes no more than it uses.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    mlockall(flags).map_err(|error| error.to_string())
}
