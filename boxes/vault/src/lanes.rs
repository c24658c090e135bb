//! Work with keys on several cores.

use crate::{VaultError, scrub};

/// Values that are worth a thread of their own: signing them takes some forty times as long as
/// starting it.
const SHARE_MIN: usize = 128;

/// Does the same to each of many values; on so many cores at most, if there are enough values.
/// Results in order.
///
/// # Errors
/// The first of `work`.
pub fn on_each<T: Sync, R: Send>(
    values: &[T],
    cores: usize,
    work: impl Fn(&T) -> Result<R, VaultError> + Sync,
) -> Result<Vec<R>, VaultError> {
    let here = |part: &[T]| -> Result<Vec<R>, VaultError> { part.iter().map(&work).collect() };
    let shares = cores.min(values.len() / SHARE_MIN).max(1);
    let (own, others) = values.split_at(values.len().div_ceil(shares));
    std::thread::scope(|scope| {
        let lanes: Vec<_> = others
            .chunks(own.len().max(1))
            .map(|part| {
                scope.spawn(|| {
                    let done = here(part);
                    scrub();
                    done
                })
            })
            .collect();
        let mut results = here(own)?;
        for lane in lanes {
            results.append(&mut lane.join().map_err(|_| VaultError)??);
        }
        Ok(results)
    })
}
