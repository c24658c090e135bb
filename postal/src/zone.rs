//! Zones: how far a parcel goes, in the steps that the post prices by.
//!
//! Not here: prices. Called by rating.
//!
//! The post's own zone chart is not public domain data that we may carry. [`Zone::between`] is an
//! approximation: the distance between the centres of the two three-digit prefixes, in a straight line over a
//! round earth. Near a threshold it can be one zone off. Nothing is computed in floating point: centres are
//! unit vectors in millionths (`data/prefixes.txt`), and the squared chord between two of them is compared
//! with the squared chord of each threshold, both integers.

use std::sync::OnceLock;

use crate::zip::Zip;

const FILE: &str = include_str!("../data/prefixes.txt");

/// The squared chord of 50, 150, 300, 600, 1000, 1400 and 1800 miles, in millionths squared:
/// (2 sin(miles / 2R) * 1,000,000)^2 with R = 3958.8 miles, the earth's mean radius, computed beforehand by
/// `data/make_tables.py` and stated in its output. A zone reaches to its threshold and no further.
const CHORDS_SQUARED: [i64; 7] = [
    159_517_051,
    1_435_500_789,
    5_739_942_494,
    22_926_823_037,
    63_469_104_548,
    123_765_055_132,
    203_199_623_279,
];

/// A zone, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(u8);

impl Zone {
    /// The zone of this number.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 9 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number, 1 to 9.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The zone from one ZIP to another, 1 to 8, by distance: an approximation (see the module). The same in
    /// both directions. None if the table has no centre for one of the prefixes: armed forces, whose mail is
    /// zoned by the port that it leaves through, and ZIPs that do not exist. Zone 9 is never answered: which
    /// ZIPs the post prices so was not found in a source that we may quote.
    pub fn between(origin: &Zip, destination: &Zip) -> Option<Self> {
        let (one, other) = (centre(origin)?, centre(destination)?);
        let chord_squared: i64 = one
            .iter()
            .zip(other)
            .map(|(a, b)| (i64::from(*a) - i64::from(b)).pow(2))
            .sum();
        let beyond = CHORDS_SQUARED
            .iter()
            .take_while(|threshold| chord_squared > **threshold)
            .count();
        Self::new(1 + beyond as u8)
    }
}

/// The centre of a ZIP's prefix: a unit vector in millionths.
fn centre(zip: &Zip) -> Option<[i32; 3]> {
    static CENTRES: OnceLock<Vec<Option<[i32; 3]>>> = OnceLock::new();
    // American Samoa has the prefix of Hawaii and lies 2,600 miles from it.
    if zip.zip5() == 96_799 {
        return None;
    }
    let centres = CENTRES.get_or_init(|| {
        let mut centres = vec![None; 1_000];
        for line in FILE.lines().filter(|line| !line.starts_with('#')) {
            let mut numbers = line.split(' ').map(str::parse::<i32>);
            if let (Some(Ok(prefix)), Some(Ok(x)), Some(Ok(y)), Some(Ok(z))) = (
                numbers.next(),
                numbers.next(),
                numbers.next(),
                numbers.next(),
            ) && let Some(slot) = usize::try_from(prefix)
                .ok()
                .and_then(|at| centres.get_mut(at))
            {
                *slot = Some([x, y, z]);
            }
        }
        centres
    });
    centres.get(zip.zip5() as usize / 100).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::{CHORDS_SQUARED, FILE, Zone, centre};
    use crate::zip::Zip;

    fn zip(text: &str) -> Zip {
        Zip::parse(text).unwrap()
    }

    #[test]
    fn zones_of_known_distances() {
        let cases = [
            ("10001", "10002", Some(1)),
            ("10001", "07102", Some(1)), // New York to Newark, 10 miles
            ("10001", "19103", Some(2)), // Philadelphia, 80
            ("10001", "02108", Some(3)), // Boston, 190
            ("10001", "15222", Some(4)), // Pittsburgh, 315
            ("10001", "60601", Some(5)), // Chicago, 710
            ("10001", "33130", Some(6)), // Miami, 1,090
            ("10001", "80203", Some(7)), // Denver, 1,630
            ("10001", "95814", Some(8)), // Sacramento, 2,500
            ("10001", "96813", Some(8)), // Honolulu
            ("00901", "33130", Some(6)), // San Juan to Miami, 1,040
            ("99801", "98101", Some(5)), // Juneau to Seattle, 900
            ("10001", "09459", None),    // armed forces
            ("10001", "96799", None),    // American Samoa
            ("10001", "00099", None),    // no such prefix
        ];
        for (origin, destination, expected) in cases {
            let found = Zone::between(&zip(origin), &zip(destination)).map(Zone::number);
            assert_eq!(found, expected, "{origin} {destination}");
            let back = Zone::between(&zip(destination), &zip(origin)).map(Zone::number);
            assert_eq!(back, expected, "{destination} {origin}");
        }
    }

    #[test]
    fn every_centre_is_a_unit_vector() {
        let lines = FILE.lines().filter(|line| !line.starts_with('#'));
        for line in lines.clone() {
            let [x, y, z] = centre(&zip(&format!("{}01", &line[..3]))).unwrap();
            let length = [x, y, z]
                .map(f64::from)
                .map(|axis| axis * axis)
                .iter()
                .sum::<f64>()
                .sqrt();
            assert!((length - 1e6).abs() < 2.0, "{line}");
        }
        assert_eq!(lines.count(), 916);
    }

    #[test]
    fn thresholds_are_those_of_the_distances() {
        let miles = [50.0, 150.0, 300.0, 600.0, 1000.0, 1400.0, 1800.0];
        for (chord_squared, miles) in CHORDS_SQUARED.iter().zip(miles) {
            let chord: f64 = 2.0 * f64::sin(miles / 2.0 / 3958.8) * 1e6;
            assert!(
                (chord * chord - *chord_squared as f64).abs() < 1.0,
                "{miles}"
            );
        }
    }
}
