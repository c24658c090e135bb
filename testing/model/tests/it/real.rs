//! The model and the real code go the same way: random runs of the model, done by the real box and
//! the real store, are accepted by the model again. And a model of another protocol is noticed.

use model::real::{House, Real};
use model::{Setting, Trace, Variant, accepts, accepts_as};
use std::collections::BTreeSet;

const STEPS: usize = 120;
const RUNS: u64 = 20;

fn traces(runs: u64) -> Vec<(String, Trace)> {
    let mut out = Vec::new();
    for (kind, setting) in Setting::walks() {
        let house = House::build(setting.balance);
        for seed in 0..runs {
            let trace = Real::record(&house, &setting, seed, STEPS);
            out.push((format!("{kind}, seed {seed}"), trace));
        }
    }
    out
}

#[test]
fn the_model_goes_where_the_real_box_and_store_go_p16() {
    let mut words = BTreeSet::new();
    let mut steps = 0;
    for (name, trace) in traces(RUNS) {
        if let Err(divergence) = accepts(&trace) {
            let lines = &trace.lines[..=divergence.line];
            let story: Vec<String> = lines.iter().map(ToString::to_string).collect();
            panic!("{name}: {divergence}\n{}", story.join("\n"));
        }
        steps += trace.lines.len();
        for line in &trace.lines {
            let text = line.action.to_string();
            words.extend(text.split_whitespace().next().map(str::to_owned));
            words.extend(line.sight.get("written").cloned());
            let told = line.sight.get("replies").into_iter();
            words.extend(told.flat_map(|replies| {
                let kinds = replies
                    .split(',')
                    .filter_map(|reply| reply.split('/').nth(1));
                let kinds: Vec<String> = kinds
                    .map(|kind| kind.split(':').next().unwrap_or(kind).to_owned())
                    .collect();
                kinds
            }));
        }
    }
    println!("{steps} steps, seen: {words:?}");
    for expected in [
        "take",
        "look-up",
        "resend",
        "deliver",
        "commit",
        "hear",
        "write",
        "answer",
        "tell",
        "list",
        "recover",
        "lose-ask",
        "lose-reply",
        "crash",
        "crash-box",
        "compact",
        "put-back",
        "restore",
        "written",
        "there",
        "gap",
        "differs",
        "done",
        "open",
        "declined",
        "stale",
        "fork",
        "latched",
        "altered",
    ] {
        assert!(words.contains(expected), "no run came to {expected}");
    }
}

#[test]
fn a_model_of_another_protocol_is_noticed() {
    let traces = traces(20);
    let mut missed = Vec::new();
    for variant in Variant::WRONG {
        let noticed = traces
            .iter()
            .filter(|(_, trace)| accepts_as(trace, variant).is_err());
        let noticed = noticed.count();
        println!("{variant:?}: noticed in {noticed} of {} runs", traces.len());
        missed.extend((noticed == 0).then_some(variant));
    }
    assert_eq!(missed, []);
}

#[test]
fn a_trace_is_text_and_a_wrong_line_is_named() {
    let house = House::build(12);
    let trace = Real::record(&house, &Setting::walks()[2].1, 1, STEPS);
    let read: Trace = trace.to_string().parse().expect("its own text");
    assert_eq!(read, trace);
    for (place, line) in trace.lines.iter().enumerate().step_by(9) {
        for field in line.sight.keys() {
            let mut wrong = trace.clone();
            let value = wrong.lines[place].sight.get_mut(field).expect("a field");
            value.push('?');
            let found = accepts(&wrong).expect_err("something else was seen");
            assert_eq!((found.line, found.action), (place, line.action), "{field}");
        }
    }
    let mut short = trace;
    short.lines.remove(0);
    assert!(accepts(&short).is_err(), "an action that can not happen");
}
