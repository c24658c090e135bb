//! A checker that finds nothing may be blind: each seeded mistake must give a run that shows it, in
//! a setting no larger than those that the right protocol passes (`holds`).

use model::properties::*;
use model::{Budget, Setting, Variant};

/// Finds the mistake by each of these properties.
#[track_caller]
fn found(variant: Variant, setting: Setting, properties: &[&'static str]) {
    let wrong = setting.with(variant);
    for property in properties {
        let run = wrong.find(property);
        let run = run.unwrap_or_else(|| panic!("{variant:?} does not break {property}"));
        println!("{variant:?} breaks \"{property}\" in {} steps", run.len());
        for action in run {
            println!("    {action}");
        }
    }
}

fn calm() -> Setting {
    Setting::calm()
}

fn twice() -> Setting {
    Setting {
        attempts: 2,
        joined: 2,
        ..calm()
    }
}

fn with(budget: Budget) -> Setting {
    Setting { budget, ..calm() }
}

fn liar() -> Setting {
    with(Budget {
        lies: 1,
        ..Budget::default()
    })
}

fn put_back() -> Setting {
    with(Budget {
        put_backs: 1,
        ..Budget::default()
    })
}

#[test]
fn a_reply_before_the_flush_is_found_p14() {
    let setting = with(Budget {
        box_crashes: 1,
        ..Budget::default()
    });
    let broken = [V1_DEBITED, V8_KNOWN];
    found(Variant::ReplyBeforeFlush, setting, &broken);
}

#[test]
fn an_unconditional_write_is_found_p15() {
    let broken = [V4_ANSWERED, V4_ACKNOWLEDGED];
    found(Variant::UnconditionalWrite, calm(), &broken);
}

#[test]
fn an_uncompared_digest_is_found_p16() {
    found(Variant::DigestNotCompared, put_back(), &[V3_NEWEST]);
}

#[test]
fn a_decision_on_a_stale_record_is_found_p16() {
    let broken = [V1_DEBITED, V1_PIECES, V3_NEWEST];
    found(Variant::StaleIsDecidedOn, liar(), &broken);
}

#[test]
fn a_refusal_that_changes_something_is_found_p16() {
    let broken = [V1_DEBITED, V1_PIECES, V3_REFUSAL];
    found(Variant::StaleIsTakenOver, liar(), &broken);
}

#[test]
fn a_newer_record_that_is_adopted_is_found_p16() {
    found(Variant::NewerIsAdopted, put_back(), &[V3_NEWEST]);
}

#[test]
fn a_latch_that_a_restart_opens_is_found_p16() {
    let setting = Setting {
        keys: 1,
        attempts: 2,
        ..with(Budget {
            box_crashes: 1,
            put_backs: 1,
            lies: 1,
            ..Budget::default()
        })
    };
    found(Variant::LatchInMemoryOnly, setting, &[V3_FORK]);
}

#[test]
fn an_altered_record_that_passes_is_found_p12() {
    found(Variant::AlteredPasses, liar(), &[V2, V3_NEWEST]);
}

#[test]
fn a_redelivery_that_is_a_new_item_is_found_p17() {
    let broken = [V1_DEBITED, V1_PIECES, V3_NEWEST, V4_KEPT];
    found(Variant::RedeliveryIsNewItem, calm(), &broken);
}

#[test]
fn an_entry_joined_from_two_snapshots_is_found_p11() {
    let broken = [V4_ONCE, V8_SAME];
    found(Variant::JoinedFromTwoSnapshots, twice(), &broken);
}

#[test]
fn a_record_from_a_later_snapshot_is_found_p10() {
    let broken = [V4_ONCE, V8_SAME];
    found(Variant::RecordFromLaterSnapshot, twice(), &broken);
}

#[test]
fn an_answer_before_the_write_is_found_p15() {
    let broken = [V4_ANSWERED, V8_RECORDED];
    found(Variant::AnswerBeforeWrite, calm(), &broken);
}

#[test]
fn an_acknowledgement_before_the_write_is_found_p16() {
    let broken = [V4_ACKNOWLEDGED, V4_KEPT];
    found(Variant::AcknowledgeBeforeWrite, calm(), &broken);
}

#[test]
fn an_acknowledgement_without_a_write_stops_service_v4() {
    let setting = Setting {
        onward: true,
        ..with(Budget {
            server_crashes: 1,
            ..Budget::default()
        })
    };
    found(Variant::AcknowledgeBeforeWrite, setting, &[V4_GOES_ON]);
}

#[test]
fn an_answer_from_an_open_decision_is_found_p17() {
    let broken = [V4_ANSWERED, V8_RECORDED];
    found(Variant::AnswerFromOpen, twice(), &broken);
}

#[test]
fn no_wrong_variant_is_left_out() {
    let here = include_str!("wrong.rs");
    for variant in Variant::WRONG {
        assert!(
            here.contains(&format!("Variant::{variant:?},")),
            "{variant:?}"
        );
    }
}
