//! When a box trusts its clock (P26).

use crate::Now;
use item::Time;

/// Two clocks may differ by this much, milliseconds: five minutes.
const DRIFT_MAX: u64 = 5 * 60 * 1000;
/// A box may have been off for this long: seven days.
const GAP_MAX: u64 = 7 * 24 * 3600 * 1000;
/// Time between two heartbeats: ten minutes.
const HEARTBEAT: u64 = 10 * 60 * 1000;

/// Why the box stops issuing until an act confirms the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// Wall clock and time since boot ran apart while the box ran.
    Drift,
    /// At the start, the wall clock was below the journaled time.
    Backwards,
    /// At the start, the box had been off for too long to believe the wall clock.
    Gap,
}

/// The clock of one box.
#[derive(Debug)]
pub struct Clock {
    base: Now,
    latest: Time,
    heartbeat: Time,
    fault: Option<ClockFault>,
}

impl Clock {
    /// Starts. `journaled` is the newest time in the journal.
    #[must_use]
    pub fn start(now: Now, journaled: Time) -> Self {
        let fault = if now.wall.0.saturating_add(DRIFT_MAX) < journaled.0 {
            Some(ClockFault::Backwards)
        } else if now.wall.0 > journaled.0.saturating_add(GAP_MAX) {
            Some(ClockFault::Gap)
        } else {
            None
        };
        Self {
            base: now,
            latest: journaled,
            heartbeat: journaled,
            fault,
        }
    }

    /// Reads box time: the wall clock, never falling.
    ///
    /// # Errors
    /// [`ClockFault`], and again at every later reading until [`Clock::confirm`].
    pub fn read(&mut self, now: Now) -> Result<Time, ClockFault> {
        let elapsed = now.since_boot.saturating_sub(self.base.since_boot);
        let expected = self.base.wall.0.saturating_add(elapsed);
        if self.fault.is_none() && now.wall.0.abs_diff(expected) > DRIFT_MAX {
            self.fault = Some(ClockFault::Drift);
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.latest = self.latest.max(now.wall);
        Ok(self.latest)
    }

    /// An act confirmed the wall clock.
    pub fn confirm(&mut self, now: Now) {
        self.base = now;
        self.latest = now.wall;
        self.heartbeat = now.wall;
        self.fault = None;
    }

    /// Whether `time`, as operators read it, confirms the wall clock.
    #[must_use]
    pub fn agrees(now: Now, time: Time) -> bool {
        now.wall.0.abs_diff(time.0) <= DRIFT_MAX
    }

    /// The time to journal, if a heartbeat is due.
    pub fn heartbeat_due(&mut self) -> Option<Time> {
        let due =
            self.fault.is_none() && self.latest.0.saturating_sub(self.heartbeat.0) >= HEARTBEAT;
        if due {
            self.heartbeat = self.latest;
        }
        due.then_some(self.latest)
    }

    /// Newest box time.
    #[must_use]
    pub fn latest(&self) -> Time {
        self.latest
    }

    /// What is wrong, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<ClockFault> {
        self.fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;
    const DAY: u64 = 24 * 60 * MINUTE;

    fn now(wall: u64, since_boot: u64) -> Now {
        Now {
            wall: Time(wall),
            since_boot,
        }
    }

    #[test]
    fn start_table_p26() {
        let journaled = Time(100 * DAY);
        for (name, wall, fault) in [
            ("at once", 100 * DAY, None),
            ("the next day", 101 * DAY, None),
            ("seven days on", 107 * DAY, None),
            ("later than that", 107 * DAY + 1, Some(ClockFault::Gap)),
            ("five minutes back", 100 * DAY - 5 * MINUTE, None),
            (
                "more than that",
                100 * DAY - 5 * MINUTE - 1,
                Some(ClockFault::Backwards),
            ),
        ] {
            let mut clock = Clock::start(now(wall, 1), journaled);
            assert_eq!(clock.read(now(wall, 1)).err(), fault, "{name}");
        }
    }

    #[test]
    fn drift_stops_until_confirmed_p26() {
        let start = now(100 * DAY, 0);
        for (name, wall, boot, doubtful) in [
            ("in step", DAY, DAY, false),
            ("a little ahead", DAY + 5 * MINUTE, DAY, false),
            ("too far ahead", DAY + 5 * MINUTE + 1, DAY, true),
            ("standing still", 0, 6 * MINUTE, true),
            ("a little behind", DAY - 5 * MINUTE, DAY, false),
            ("too far behind", DAY - 5 * MINUTE - 1, DAY, true),
        ] {
            let mut clock = Clock::start(start, start.wall);
            let later = now(start.wall.0 + wall, boot);
            assert_eq!(clock.read(later).is_err(), doubtful, "{name}");
            assert_eq!(clock.read(start).is_err(), doubtful, "{name}: it stays");
            clock.confirm(later);
            assert_eq!(clock.read(later), Ok(later.wall), "{name}: confirmed");
        }
        // Back by as much as has passed: twice that apart.
        for (minutes, doubtful) in [(2, false), (3, true), (6, true)] {
            let mut clock = Clock::start(start, start.wall);
            let back = now(start.wall.0 - minutes * MINUTE, minutes * MINUTE);
            assert_eq!(clock.read(back).is_err(), doubtful, "{minutes} minutes");
        }
    }

    #[test]
    fn a_time_within_five_minutes_confirms_p26() {
        let wall = 100 * DAY;
        for (time, agrees) in [
            (wall - 5 * MINUTE - 1, false),
            (wall - 5 * MINUTE, true),
            (wall + 5 * MINUTE, true),
            (wall + 5 * MINUTE + 1, false),
        ] {
            assert_eq!(Clock::agrees(now(wall, 0), Time(time)), agrees, "{time}");
        }
    }

    #[test]
    fn box_time_never_falls() {
        let start = now(100 * DAY, 0);
        let mut clock = Clock::start(start, start.wall);
        let ahead = clock.read(now(start.wall.0 + MINUTE, MINUTE)).unwrap();
        assert_eq!(clock.read(now(start.wall.0, MINUTE)), Ok(ahead));
    }
}
