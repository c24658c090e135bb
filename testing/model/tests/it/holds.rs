//! Every state of the short settings.

use model::Setting;

/// Goes through the settings whose name this is.
fn check(name: &str) {
    let settings = Setting::short();
    let of_name = settings.iter().filter(|(of, _)| *of == name);
    let mut checked = 0;
    for (_, setting) in of_name {
        let seen = setting.check(1);
        println!("{name}: {seen}");
        assert!(seen.holds(), "{name}: {seen}");
        assert!(
            seen.states > 10_000,
            "{name}: a model that stands still holds too"
        );
        checked += 1;
    }
    assert_eq!(checked, 1, "{name}");
}

#[test]
fn the_protocol_holds_whatever_dies_v4() {
    check("crashes");
}

#[test]
fn the_protocol_holds_and_goes_on_with_recovery_v4() {
    check("recovery");
}

#[test]
fn the_protocol_holds_against_a_lying_database_v3() {
    check("lies");
}

#[test]
fn the_protocol_holds_against_dropped_writes_v1() {
    check("dropped writes");
}

#[test]
fn the_protocol_holds_for_a_key_again_and_again_v8() {
    check("a key again and again");
}

#[test]
fn the_protocol_holds_with_a_box_put_back_p16() {
    check("a box put back");
}

#[test]
fn the_protocol_holds_with_a_box_put_back_and_lies_p16() {
    check("a box put back, and lies");
}

#[test]
fn no_short_setting_is_left_out() {
    let here = include_str!("holds.rs");
    for (name, _) in Setting::short() {
        assert!(here.contains(&format!("check(\"{name}\")")), "{name}");
    }
}
