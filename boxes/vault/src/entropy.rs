//! Randomness as an argument, so that a simulation can be repeated.

use crate::VaultError;

/// A source of random bytes.
pub trait Entropy: Send {
    /// Fills `out`.
    ///
    /// # Errors
    /// [`VaultError`] if there is no randomness to be had.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), VaultError>;
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), VaultError> {
        aws_lc_rs::rand::fill(out).map_err(|_| VaultError)
    }
}

impl<E: Entropy + ?Sized> Entropy for Box<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), VaultError> {
        self.as_mut().fill(out)
    }
}
