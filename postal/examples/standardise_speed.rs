//! How many addresses a second one core standardises: `cargo run --release -p indicia-postal --example
//! standardise_speed`.
//!
//! 200,000 addresses of every kind: most are streets in order, as in a mailing list, some need correction, one
//! in fifty has a last line that is looked into for candidates. Every city, state and ZIP is from the table,
//! every street is made up.

use std::time::{Duration, Instant};

use postal::places;
use postal::standard::{Verdict, standardise};

const ADDRESSES: usize = 200_000;
const ROUNDS: usize = 3;

const STREETS: [&str; 20] = [
    "{} Main St",
    "{} North Oak Avenue",
    "{} W Washington Street Apt 5",
    "{} County Road 12",
    "{} Elm Dr Suite 200",
    "PO Box {}",
    "{} Martin Luther King Jr Blvd",
    "P.O. Box {}",
    "{} 5th Ave #12",
    "{} US Hwy 41",
    "{} Sunset Boulevard",
    "RR 2 Box {}",
    "{} Lake View Terrace SW",
    "{} Park Pl",
    "Apt 3, {} Maple Lane",
    "{} E 1700 South",
    "{} Old Mill Rd Bldg 4 Apt 12",
    "{} 1/2 Pine Ct",
    "{} Highland Ave",
    "{} Church Street 2nd Floor",
];

/// The wall clock of this program.
#[expect(
    clippy::disallowed_methods,
    reason = "an example that measures: this is its one look at the clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let first = now();
    let _ = standardise(["1 Main St", "Reno, NV 89501"]);
    println!(
        "first call, with reading of the tables: {:.1} ms",
        first.elapsed().as_secs_f64() * 1e3
    );
    let addresses = addresses();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let mut verdicts = [0_usize; 4];
        let start = now();
        for lines in &addresses {
            if let Ok(found) = standardise(lines) {
                verdicts[found.verdict as usize] += 1;
            }
        }
        best = best.min(start.elapsed());
        let count = |verdict: Verdict| verdicts[verdict as usize];
        println!(
            "{} addresses in {:.2} s: {:.0} a second ({} good, {} corrected, {} doubtful, {} not understood)",
            ADDRESSES,
            start.elapsed().as_secs_f64(),
            ADDRESSES as f64 / start.elapsed().as_secs_f64(),
            count(Verdict::Good),
            count(Verdict::Corrected),
            count(Verdict::Doubtful),
            count(Verdict::NotUnderstood),
        );
    }
    println!(
        "best: {:.0} addresses a second on one core",
        ADDRESSES as f64 / best.as_secs_f64()
    );
}

fn addresses() -> Vec<[String; 3]> {
    let mut made = Vec::with_capacity(ADDRESSES);
    let mut zip5 = 501;
    while made.len() < ADDRESSES {
        zip5 = if zip5 >= 99_950 { 501 } else { zip5 + 7 };
        let Some(place) = places::of_zip(zip5) else {
            continue;
        };
        let number = made.len();
        let street =
            STREETS[number % STREETS.len()].replace("{}", &(number % 9_000 + 1).to_string());
        let city = match number % 50 {
            // A letter too many, and a ZIP of elsewhere.
            0 if number % 100 == 0 => format!("{}x", place.city),
            0 => "Springfield".to_owned(),
            // As people write it: only the first letter is a capital.
            1..=30 => place
                .city
                .chars()
                .take(1)
                .chain(place.city.to_lowercase().chars().skip(1))
                .collect(),
            _ => place.city.to_owned(),
        };
        made.push([
            "Records Office".to_owned(),
            street,
            format!("{city}, {} {zip5:05}", place.state),
        ]);
    }
    made
}
