//! The table of places, asked as a caller would.

use postal::places::{has_city, near_cities, of_zip, states_of, zips_like, zips_of};
use postal::state::State;

fn state(code: &str) -> State {
    State::parse(code).unwrap()
}

#[test]
fn a_zip_has_city_state_county_and_centre() {
    let place = of_zip(95_814).unwrap();
    assert_eq!(
        (place.city, place.state.code(), place.county),
        ("SACRAMENTO", "CA", "SACRAMENTO")
    );
    assert_eq!(place.centre, Some((3858, -12149)));
    let forces = of_zip(9_001).unwrap();
    assert_eq!(
        (forces.city, forces.state.code(), forces.centre),
        ("APO", "AE", None)
    );
    for unknown in [0, 1, 99_999, 100_000, u32::MAX] {
        assert_eq!(of_zip(unknown), None);
    }
}

#[test]
fn a_city_is_found_however_it_is_written() {
    let zips = zips_of(state("MN"), "SAINT PAUL");
    assert!(zips.iter().any(|place| place.zip5 == 55_155) && zips.len() > 20);
    for written in ["St. Paul", "ST PAUL", "saint paul", "Saint-Paul"] {
        assert_eq!(zips_of(state("MN"), written), zips, "{written}");
    }
    assert!(has_city(state("ID"), "Coeur d'Alene") && has_city(state("NV"), "N Las Vegas"));
    assert!(!has_city(state("CA"), "Saint Paul") && !has_city(state("PR"), "San Juan"));
}

#[test]
fn near_names_and_near_zips() {
    assert_eq!(near_cities(state("CA"), "Sacremento"), ["SACRAMENTO"]);
    assert_eq!(
        near_cities(state("CA"), "Los Angles").first(),
        Some(&"LOS ANGELES")
    );
    assert!(near_cities(state("CA"), "Xyzzyplugh").is_empty());
    assert!(near_cities(state("CA"), "").is_empty());
    let like: Vec<u32> = zips_like(state("CA"), "Beverly Hills", 90_120, 2)
        .iter()
        .map(|place| place.zip5)
        .collect();
    assert_eq!(like, [90_210, 90_209]);
}

#[test]
fn prefixes_reach_into_states() {
    let codes = |prefix| {
        states_of(prefix)
            .iter()
            .map(|state| state.code())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(958), ["CA"]);
    assert_eq!(codes(9), ["PR"]);
    assert_eq!(codes(967), ["HI", "AS"]);
    assert_eq!(codes(96), ["AE"]);
    assert!(codes(0).is_empty() && codes(5_000).is_empty());
}
