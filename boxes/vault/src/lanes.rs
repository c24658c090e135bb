//! Work with keys on several cores.

use crate::{VaultError, scrub};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Values for each core that are worth a thread of their own: signing them takes some forty times
/// as long as starting it.
const SHARE_MIN: usize = 128;
/// Values that a core takes at once: so few that all cores end at nearly the same time, also when
/// one of them has other work in between.
const TAKEN: usize = 16;

/// Does the same to each of many values; on so many cores at most, if there are enough values.
/// Results in order.
///
/// # Errors
/// One of `work`.
pub fn on_each<T: Sync, R: Send>(
    values: &[T],
    cores: usize,
    work: impl Fn(&T) -> Result<R, VaultError> + Sync,
) -> Result<Vec<R>, VaultError> {
    let parts: Vec<&[T]> = values.chunks(TAKEN).collect();
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(number) else {
                return Ok(done);
            };
            let results: Result<Vec<R>, VaultError> = part.iter().map(&work).collect();
            done.push((number, results?));
        }
    };
    let others = cores.min(values.len() / SHARE_MIN).saturating_sub(1);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..others)
            .map(|_| {
                scope.spawn(|| {
                    let done = lane();
                    scrub();
                    done
                })
            })
            .collect();
        let mut done = lane()?;
        for other in lanes {
            done.append(&mut other.join().map_err(|_| VaultError)??);
        }
        done.sort_unstable_by_key(|(number, _)| *number);
        Ok(done.into_iter().flat_map(|(_, results)| results).collect())
    })
}
