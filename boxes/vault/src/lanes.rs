//! Work with keys on several cores.

use crate::{VaultError, scrub};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

/// Values for each core that are worth a thread of their own: signing them takes some forty times
/// as long as starting it.
const SHARE_MIN: usize = 128;
/// Values that a core takes at once: so few that all cores end at nearly the same time, also when
/// one of them has other work in between.
const TAKEN: usize = 16;

/// Does the same to each of many values, on so many cores at most, if there are enough values, and hands
/// each result to `take` in order: on the calling thread, while others still work.
///
/// # Errors
/// One of `work` or `take`; then nothing more is taken.
pub fn on_each<T: Sync, R: Send>(
    values: &[T],
    cores: usize,
    work: impl Fn(&T) -> Result<R, VaultError> + Sync,
    mut take: impl FnMut(R) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let parts: Vec<&[T]> = values.chunks(TAKEN).collect();
    let next = AtomicUsize::new(0);
    // The next part that nobody has begun, done.
    let part = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let part = parts.get(number)?;
        let results: Result<Vec<R>, VaultError> = part.iter().map(&work).collect();
        Some((number, results))
    };
    let others = cores.min(values.len() / SHARE_MIN).saturating_sub(1);
    std::thread::scope(|scope| {
        let (done, from_others) = channel();
        for _ in 0..others {
            let (done, part) = (done.clone(), &part);
            scope.spawn(move || {
                // Whoever takes no more wants no more.
                while let Some(done_part) = part() {
                    if done.send(done_part).is_err() {
                        break;
                    }
                }
                scrub();
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        for number in 0..parts.len() {
            let results = loop {
                waiting.extend(from_others.try_iter());
                if let Some(results) = waiting.remove(&number) {
                    break results;
                }
                // What is not done is being done by another, or is done here.
                let (number, results) = match part() {
                    Some(done) => done,
                    None => from_others.recv().map_err(|_| VaultError)?,
                };
                waiting.insert(number, results);
            };
            results?.into_iter().try_for_each(&mut take)?;
        }
        Ok(())
    })
}
