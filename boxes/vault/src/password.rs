//! Argon2id hashes of passwords.

use crate::{Entropy, Secret, VaultError};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use item::layout;
use zeroize::Zeroize;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PasswordCost {
    /// 19 MiB and two passes: the usual floor for Argon2id on servers.
    pub const DEFAULT: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// More than this in a record is refused rather than computed.
    const MAX: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
    };
}

layout! {
    /// One hash with what it was made with; all zero for an empty slot.
    pub struct PasswordHash {
        /// Whether the slot holds a hash.
        pub present: bool,
        /// Memory in KiB.
        pub memory_kib: u32,
        /// Passes.
        pub passes: u32,
        /// Lanes; 1.
        pub lanes: u8,
        /// Salt.
        pub salt: [u8; 16],
        /// Argon2id output.
        pub hash: Secret,
    }
}

impl PasswordHash {
    /// An empty slot.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            present: false,
            memory_kib: 0,
            passes: 0,
            lanes: 0,
            salt: [0; 16],
            hash: Secret::new([0; 32]),
        }
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// [`VaultError`] without entropy or with a cost that Argon2 refuses.
    pub fn new(
        password: &[u8],
        cost: PasswordCost,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, VaultError> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt)?;
        Ok(Self {
            present: true,
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: 1,
            salt,
            hash: hash(password, cost, &salt)?,
        })
    }

    /// Whether this is the hash of `password`. An empty slot fits nothing, after the same work.
    ///
    /// # Errors
    /// [`VaultError`] if the record names a cost that this program does not compute.
    pub fn fits(&self, password: &[u8]) -> Result<bool, VaultError> {
        let cost = if self.present {
            PasswordCost {
                memory_kib: self.memory_kib,
                passes: self.passes,
            }
        } else {
            PasswordCost::DEFAULT
        };
        let same = hash(password, cost, &self.salt)? == self.hash;
        Ok(same && self.present)
    }
}

fn hash(password: &[u8], cost: PasswordCost, salt: &[u8; 16]) -> Result<Secret, VaultError> {
    if cost.memory_kib > PasswordCost::MAX.memory_kib || cost.passes > PasswordCost::MAX.passes {
        return Err(VaultError);
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(|_| VaultError)?;
    let mut blocks = vec![Block::default(); params.block_count()];
    let mut out = [0; 32];
    let outcome = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut out, &mut blocks);
    for block in &mut blocks {
        block.as_mut().zeroize();
    }
    outcome.map_err(|_| VaultError)?;
    let hash = Secret::new(out);
    out.zeroize();
    Ok(hash)
}
