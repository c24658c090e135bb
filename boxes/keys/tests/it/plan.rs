//! The config file: what is understood, and what is refused by line.

use crate::bench::config;
use item::Suite;
use keys::Plan;

#[test]
fn a_whole_config_is_understood() {
    let plan = Plan::parse(&config("p256")).unwrap();
    assert_eq!(plan.name.as_slice(), b"Test house");
    assert_eq!(plan.suite, Suite::P256);
    assert_eq!(plan.boxes.len(), 4);
    assert_eq!(plan.operators.threshold(), 1);
    assert_eq!(plan.verifiers.as_slice().len(), 1);
    assert_eq!(plan.refunders.threshold(), 1);
    assert_eq!(plan.reporters.as_slice().len(), 0);
    assert_eq!(
        (plan.credit_waiting_days, plan.credit_window_days),
        (10, 60)
    );
}

#[test]
fn days_and_reporters_of_the_post_are_what_the_config_says_p23() {
    let reporter = config("p256")
        .lines()
        .find_map(|l| l.strip_prefix("verifier "))
        .unwrap()
        .to_owned();
    let text = config("p256")
        + &format!("reporter {reporter}\ncredit-waiting-days 0\ncredit-window-days 3\n");
    let plan = Plan::parse(&text).unwrap();
    assert_eq!((plan.credit_waiting_days, plan.credit_window_days), (0, 3));
    assert_eq!(plan.reporters, plan.verifiers);
}

#[test]
fn a_config_is_refused_with_its_line_and_reason() {
    let good = config("ed25519");
    let operator = good.lines().find(|l| l.starts_with("operator ")).unwrap();
    for (case, text, says) in [
        ("empty", String::new(), "`mode` is missing"),
        (
            "live",
            good.replace("mode specimen", "mode live"),
            "authorisation",
        ),
        (
            "no suite",
            good.replace("suite ed25519\n", ""),
            "`suite` is missing",
        ),
        (
            "other suite",
            good.replace("suite ed25519", "suite rsa"),
            "`suite` must be",
        ),
        (
            "unknown name",
            good.replace("post 1", "pots 1"),
            "line 4: `pots` is not known",
        ),
        (
            "no value",
            good.replace("post 1", "post"),
            "line 4: `post` has no value",
        ),
        (
            "twice",
            good.replace("post 1", "post 1\npost 2"),
            "line 5: `post` stands twice",
        ),
        (
            "not a number",
            good.replace("post 1", "post -1"),
            "`post` is not a number",
        ),
        (
            "number too large",
            good.replace("post 1", "post 65536"),
            "`post` is not a number",
        ),
        (
            "long vendor",
            good.replace("vendor IN", "vendor IND"),
            "two ASCII characters",
        ),
        (
            "no box",
            good.replace("box auth", "box meter"),
            "no `box auth`",
        ),
        (
            "other box",
            good.replace("box auth", "box anvil"),
            "`anvil` is no kind of box",
        ),
        (
            "short key",
            good.replace("ed25519:", "ed25519:0"),
            "64 lower-case hex digits",
        ),
        (
            "bare key",
            good.replace("ed25519:", ""),
            "must start with `ed25519:`",
        ),
        (
            "m above n",
            good.replace("operators-required 1", "operators-required 2"),
            "1 to the number",
        ),
        (
            "m of zero",
            good.replace("operators-required 1", "operators-required 0"),
            "1 to the number",
        ),
        (
            "no refunder",
            good.replace("refunder ", "reporter "),
            "1 to the number of different `refunder` keys",
        ),
        (
            "a wait beyond the window",
            format!("{good}credit-waiting-days 61\n"),
            "must not be above `credit-window-days`",
        ),
        (
            "a window without end",
            format!("{good}credit-window-days 401\n"),
            "not above 400",
        ),
        (
            "one key twice",
            good.replace(operator, &format!("{operator}\n{operator}")),
            "different",
        ),
        (
            "long name",
            good.replace("Test house", &"x".repeat(65)),
            "longer than 64 bytes",
        ),
    ] {
        let error = Plan::parse(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{case}: {error}");
    }
}
