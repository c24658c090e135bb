//! Every limit of a function server, with its reason. What a use case allows in a request (lengths
//! of names, for one) stands beside that use case.

use std::num::NonZeroU32;

/// Rounds of look-up and decision before a request gives up. Each round but the last wrote another
/// request's decision, so only a busy subject needs more than two.
pub(crate) const ROUNDS_MAX: usize = 64;
/// Stale answers in a row before the database counts as rolled back: the second look-up began after
/// the box's reply, so it must have seen what the box knows.
pub(crate) const STALE_MAX: usize = 3;
/// Times that one decision is written before the database counts as not keeping it.
pub(crate) const WRITES_MAX: usize = 3;
/// Orders that may wait for one meter before new ones are turned away.
pub(crate) const WAITING_MAX: usize = 1_024;
/// Meters of one account: each takes room in the memory of a box for good.
pub(crate) const METERS_MAX: u32 = 1_000;
/// A reservation of this age belongs to no order under way, milliseconds: an hour, where the rounds of one
/// order end after half of it ([`ROUNDS_MAX`] times the patience with a box).
pub(crate) const HOLD_AGE: u64 = 3600 * 1000;
/// Old reservations settled in one turn of recovery.
pub(crate) const HOLDS_SETTLED_MAX: u32 = 100;
/// Groups of one report: a table that people still use, some tens of megabytes.
pub(crate) const GROUPS_MAX: usize = 100_000;

/// A day's totals can be made this long after its end, milliseconds: an hour, in which clocks of boxes that
/// lag and decisions that a crash left over have come in.
pub(crate) const DAY_SETTLED: u64 = 3600 * 1000;
/// Rows of one page of a day's totals; all of a meter are on one page.
pub(crate) const TOTALS_PAGE: usize = 1_000;
/// Meters that one such page looks at: most have no row.
pub(crate) const METERS_SEEN: usize = 20_000;

/// Written decisions remembered until their boxes are told. Beyond it they are dropped, and the
/// recovery worker finds them again.
pub(crate) const NOTES_MAX: usize = 1 << 20;
/// Longest life of an authority, milliseconds: five minutes.
pub(crate) const AUTHORITY_MS: u64 = 5 * 60 * 1000;
/// Sessions remembered. Beyond it each request asks the auth box again.
pub(crate) const SESSIONS_MAX: usize = 100_000;
/// Authorities of keys remembered. Beyond it each request of a key asks the auth box again.
pub(crate) const KEYS_MAX: usize = 100_000;
/// Alerts remembered for a minute. Beyond it further ones are in the log only, as are repeats.
pub(crate) const ALERTS_MAX: usize = 10_000;
/// Items read at once on the way to the end of a decision.
pub(crate) const ITEMS_READ: u32 = 1_000;

/// Attempts at one log-in name at once; so many more each second.
pub(crate) const ATTEMPTS: NonZeroU32 = NonZeroU32::new(20).unwrap();
pub(crate) const ATTEMPTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(1).unwrap();
/// Places in which attempts are counted: at a million attempts a second, on names that are all
/// different, each place gets fewer than its own twenty.
pub(crate) const NAME_PLACES: u64 = 1 << 16;
/// Times at once that the auth box is asked about one key, of requests that find no authority
/// remembered, right or wrong; so many more each second.
pub(crate) const KEY_QUESTIONS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
pub(crate) const KEY_QUESTIONS_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Sign-ups at once, of everybody together; so many more each second.
pub(crate) const SIGN_UPS: NonZeroU32 = NonZeroU32::new(200).unwrap();
pub(crate) const SIGN_UPS_PER_SECOND: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Rows of one mailing: what a small server checks in a second, and holds in some ten megabytes.
pub const MAILING_ROWS_MAX: usize = 10_000;

/// Signatures checked where they are asked for; more than that go to threads of their own: a third of
/// a millisecond.
pub(crate) const HERE_MAX: usize = 4;
/// Payloads of one piece of work: about two milliseconds, after which another call has its turn.
pub(crate) const PIECE_MAX: usize = 32;

/// A pack younger than this is used as it is, milliseconds: one hour.
pub(crate) const PACK_FRESH: u64 = 3600 * 1000;
/// Between two attempts at a new pack while there is an old one, milliseconds: while the keys box is
/// away, each verification would wait for it.
pub(crate) const PACK_PAUSE: u64 = 60 * 1000;
/// So many days before an inspection is due, answers and alerts say so: two weeks, so that a
/// holiday does not end in a meter that is locked.
pub(crate) const INSPECTION_NEAR_DAYS: u32 = 14;
/// Meters whose alert of today is remembered; beyond it further ones raise none.
pub(crate) const WATCHED_MAX: usize = 10_000;
/// A decision younger than this is still in somebody's hands, milliseconds.
pub(crate) const LEAVE_ALONE: u64 = 3_000;

const _: () = assert!(ROUNDS_MAX > STALE_MAX && NAME_PLACES <= 1 << 16);
const _: () = assert!(0 < HERE_MAX && HERE_MAX < PIECE_MAX);
const _: () =
    assert!(HOLD_AGE as u128 > ROUNDS_MAX as u128 * box_client::limits::TOTAL_TIMEOUT.as_millis());
const _: () = assert!(METERS_MAX <= store::limits::LISTED_MAX);
const _: () = assert!(ITEMS_READ as usize >= item::limits::ITEMS_MAX);
/// Records looked at in one read while epochs are counted: what a store lists at most, a few hundred KiB.
pub(crate) const RECORDS_COUNTED: u32 = store::limits::LISTED_MAX;
