//! One idle subject in as few bytes as its numbers need. Where the bytes lie is `table`'s.

use super::Idle;
use crate::state::Mark;
use item::{Counter, Mills, ShortDigest, Subject, Summary};

/// What a box remembers of a subject with nothing waiting. Bytes only, so that none is lost to
/// alignment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    subject: [u8; 16],
    digest: [u8; 16],
    counter: [u8; 6],
    ascending: [u8; 6],
    descending: [u8; 6],
    deposits: [u8; 6],
    item_credits: [u8; 6],
    pieces: [u8; 4],
    funding_sequence: [u8; 4],
    act_sequence: [u8; 4],
    state: u8,
}

const _: () = assert!(size_of::<Packed>() == 75);

impl Packed {
    /// `None` if a number does not fit: nothing is ever cut off.
    pub(super) fn pack(subject: &Subject, idle: &Idle) -> Option<Self> {
        let Idle { acked, summary } = idle;
        Some(Self {
            subject: subject.0,
            digest: acked.digest.0,
            counter: six(acked.counter.0)?,
            ascending: six(summary.ascending.0)?,
            descending: six(summary.descending.0)?,
            deposits: six(summary.deposits.0)?,
            item_credits: six(summary.item_credits.0)?,
            pieces: summary.pieces.to_le_bytes(),
            funding_sequence: four(summary.funding_sequence)?,
            act_sequence: four(summary.act_sequence)?,
            state: summary.state,
        })
    }

    pub(super) fn subject(&self) -> Subject {
        Subject(self.subject)
    }

    /// Exactly what was packed.
    pub(super) fn unpack(&self) -> Idle {
        Idle {
            acked: Mark {
                counter: Counter(wide(self.counter)),
                digest: ShortDigest(self.digest),
            },
            summary: Summary {
                pieces: u32::from_le_bytes(self.pieces),
                ascending: Mills(wide(self.ascending)),
                descending: Mills(wide(self.descending)),
                deposits: Mills(wide(self.deposits)),
                item_credits: Mills(wide(self.item_credits)),
                state: self.state,
                funding_sequence: u64::from(u32::from_le_bytes(self.funding_sequence)),
                act_sequence: u64::from(u32::from_le_bytes(self.act_sequence)),
            },
        }
    }
}

fn six(number: u64) -> Option<[u8; 6]> {
    match number.to_le_bytes() {
        [a, b, c, d, e, f, 0, 0] => Some([a, b, c, d, e, f]),
        _ => None,
    }
}

fn wide([a, b, c, d, e, f]: [u8; 6]) -> u64 {
    u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
}

fn four(number: u64) -> Option<[u8; 4]> {
    u32::try_from(number).ok().map(u32::to_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one number in each place.
    fn idle(six: u64, four: u64) -> Idle {
        Idle {
            acked: Mark {
                counter: Counter(six),
                digest: ShortDigest([1; 16]),
            },
            summary: Summary {
                pieces: 7,
                ascending: Mills(six),
                descending: Mills(six),
                deposits: Mills(six),
                item_credits: Mills(six),
                state: 3,
                funding_sequence: four,
                act_sequence: four,
            },
        }
    }

    #[test]
    fn what_fits_is_packed_and_nothing_is_cut_off() {
        let subject = Subject([9; 16]);
        let (six, four) = ((1 << 48) - 1, u64::from(u32::MAX));
        for (idle, fits) in [
            (idle(0, 0), true),
            (idle(six, four), true),
            (idle(six + 1, four), false),
            (idle(six, four + 1), false),
        ] {
            let packed = Packed::pack(&subject, &idle);
            assert_eq!(packed.is_some(), fits);
            if let Some(packed) = packed {
                assert_eq!((packed.subject(), packed.unpack()), (subject, idle));
            }
        }
    }
}
