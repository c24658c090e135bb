//! Targets `keeper_*`: a real keeper on a disk in memory, in a story that the input tells. The
//! caller is hostile: it keeps every record it ever got, shows any of them, alters them, repeats
//! requests, ends the box at any moment, fills its disk and turns its clock.
//!
//! | file | one idea |
//! |---|---|
//! | `desk` | the box, and requests about its records |
//! | `surroundings` | what else happens to it: death, full disk, clock, acts, questions, backups |
//! | `book` | what was released, and what must hold of every decision |
//! | `meter`, `registers` | requests to a meter box; what must hold of its registers |
//! | `auth`, `sessions` | requests to an auth box; what must hold of its sessions |
//! | `transaction` | requests to a transaction box; what must hold of its chains |

mod api_keys;
mod auth;
mod book;
mod desk;
mod meter;
mod own_keys;
mod registers;
mod sessions;
mod surroundings;
mod transaction;

pub(crate) use auth::run as auth;
pub(crate) use book::{Book, Decided};
use desk::{Desk, Start};
pub(crate) use desk::{any_act, odd};
pub(crate) use meter::run as meter;
pub(crate) use transaction::run as transaction;

use arbitrary::{Result, Unstructured};
use item::Subject;
use keeper::{Ground, Now, Rules, StartError};
use vault::RecordKeys;
use wire::Delivery;

/// The record of a rule set.
pub(crate) type RecordOf<K> = <<K as Kind>::Rules as Rules>::Record;

/// What one rule set adds to the story.
pub(crate) trait Kind: Default + Clone + 'static {
    /// Its rules.
    type Rules: Rules;

    /// Whether act, evidence or receipt may cause one decision only. Not for chains: whether a
    /// decision is chained twice is audit's to see.
    const CAUSE_ONCE: bool;

    /// Makes the rules.
    fn rules(ground: &Ground) -> std::result::Result<Self::Rules, StartError>;

    /// The records of the story.
    fn subjects(&self) -> Vec<Subject>;

    /// The next request about a record.
    fn request(
        &mut self,
        u: &mut Unstructured<'_>,
        subject: Subject,
        newest: Option<&RecordOf<Self>>,
        now: Now,
    ) -> Result<Vec<u8>>;

    /// The next question.
    fn question(&mut self, u: &mut Unstructured<'_>, shown: Vec<u8>, now: Now) -> Result<Vec<u8>>;

    /// Checks the answer to a question.
    fn answered(&mut self, asked: &[u8], answer: &[u8], now: Now);

    /// Alters a record so that only the box's memory can tell: it is sealed again.
    fn twin(record: &mut RecordOf<Self>, how: u8);

    /// Checks a decision that was not known before.
    fn check(&mut self, decided: &Decided<'_, RecordOf<Self>>, keys: &RecordKeys);

    /// A record was made again from an older one (P28): what the caller knows of it is void.
    fn made_again(&mut self, after: &RecordOf<Self>, delivery: &Delivery);

    /// A delivery that answers this caller's request, with its secret; `failed` if it records a
    /// failure.
    fn delivered(&mut self, body: &[u8], delivery: &Delivery, failed: bool) {
        let _ = (body, delivery, failed);
    }
}

/// Tells the story that `data` holds: its first byte chooses where it begins.
fn tell_story<K: Kind>(data: &[u8], prepared: &Start<K>, empty: &Start<K>) {
    let u = &mut Unstructured::new(data);
    let begin = u.arbitrary::<u8>().unwrap_or_default();
    let start = if begin % 4 == 3 { empty } else { prepared };
    // A story whose bytes run out ends; that is no finding.
    let _ = Desk::new(start).story(u);
}

/// Stories in order, and one with each kind of step.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0; 200], vec![3; 200], vec![0; 40]];
    for step in 0..=23u8 {
        let step = [&[step, 0][..], &[0; 30]].concat();
        seeds.push([&[0][..], &step, &step, &[5; 60]].concat());
        seeds.push([&[3][..], &step, &step, &[7; 60]].concat());
    }
    seeds
}
