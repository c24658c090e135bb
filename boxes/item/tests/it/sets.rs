//! Reasons of suspension and rights.

use item::{Rights, Suspension};

#[test]
fn reasons_are_added_and_taken_away_as_sets() {
    let (lost, abuse) = (Suspension::LOST, Suspension::ABUSE);
    let both = lost.with(abuse);
    assert_eq!(both.with(lost), both, "twice is once");
    assert_eq!(both.without(lost), abuse);
    assert_eq!(both.without(both), Suspension::NONE);
    assert_eq!(lost.without(abuse), lost, "what is not there");
    assert!(Suspension::NONE.is_empty());
    assert!(!lost.is_empty());
}

#[test]
fn reasons_are_named_in_their_order() {
    assert!(Suspension::NONE.names().is_empty());
    let both = Suspension::LOST.with(Suspension::NO_FUNDS);
    assert_eq!(both.names(), ["no-funds", "lost"]);
    let all = Suspension::NAMED
        .iter()
        .fold(Suspension::NONE, |all, (_, reason)| all.with(*reason));
    assert_eq!(all.names().len(), Suspension::NAMED.len());
}

#[test]
fn rights_are_joined_as_sets() {
    let both = Rights::READ.with(Rights::FUND);
    assert!(both.covers(Rights::READ) && both.covers(Rights::FUND));
    assert!(!both.covers(Rights::DISPENSE));
    assert_eq!(both.with(Rights::FUND), both, "twice is once");
}

#[test]
fn rights_cover_their_subsets_only() {
    for (held, asked, covered) in [
        (Rights::DISPENSE, Rights::DISPENSE, true),
        (Rights::ALL, Rights::DISPENSE, true),
        (Rights::ALL, Rights::ALL, true),
        (Rights::DISPENSE, Rights::FUND, false),
        (Rights::DISPENSE, Rights::ALL, false),
        (Rights::default(), Rights::READ, false),
    ] {
        assert_eq!(held.covers(asked), covered, "{held:?} covers {asked:?}");
    }
}
