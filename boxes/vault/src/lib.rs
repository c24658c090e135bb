//! The secret side: seal, MAC, sign, derive, hash passwords, wipe. The only door in boxes/ to
//! secret-key cryptography.
//!
//! Not here: what is signed when (`keeper` and the rule sets), public checks (`verify`), files
//! (`journal`). Every secret lives in a type that wipes itself and that `Debug` does not show.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod enrolment;
mod entropy;
mod epochs;
mod lanes;
mod mac;
mod package;
mod password;
mod record;
mod seal;
mod secret;
mod sign;
mod unlocked;

pub use enrolment::Enrolment;
pub use entropy::{Entropy, OsEntropy};
pub use epochs::{AuthorityKeys, Keyring, Reseal};
pub use lanes::on_each;
pub use mac::{MacKey, same_bytes};
pub use package::{BoxPackage, EpochKeys, KeptKey, MasterKey, Purpose};
pub use password::{PasswordCost, PasswordHash};
pub use record::{Genuine, RecordKeys, TokenKeys, open_authority, seal_authority};
pub use seal::{Opened, SealKey};
pub use secret::Secret;
pub use sign::SigningKey;
pub use unlocked::UnlockedKeys;

/// A cryptographic operation failed: wrong key, altered bytes, or no entropy. Says no more on
/// purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultError;

impl std::fmt::Display for VaultError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a cryptographic operation failed")
    }
}

impl std::error::Error for VaultError {}

/// Stack that [`scrub`] overwrites: deeper than any call of a box goes.
const STACK: usize = 128 << 10;

/// Overwrites what calls that have returned left on this thread's stack. For the places where a
/// thread is about to wait or to end: until it goes on, nothing of what it worked on is there.
#[inline(never)]
pub fn scrub() {
    std::hint::black_box(&mut [0u8; STACK]);
}

#[cfg(test)]
mod tests;
