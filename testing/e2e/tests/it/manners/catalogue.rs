//! Every problem code is explained in docs/problems.md, and a test produces it: over HTTP in
//! `bad_input`, or elsewhere, and then that test is named here and must be there.

use std::collections::BTreeSet;
use std::path::Path;

use e2e::House;
use item::{ActBody, Day, Limits, Mills, Rights};
use serde_json::json;

use crate::bad_input::{buy, token};
use crate::raw::Ask;

const PAGE: &str = include_str!("../../../../../docs/problems.md");

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) title: &'static str,
    charged: &'static str,
    again: &'static str,
}

impl Row {
    fn of(line: &'static str) -> Option<Self> {
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let mut next = || cells.next();
        let code = next()?.strip_suffix('`')?;
        let (status, title) = (next()?.parse().ok()?, next()?);
        next()?;
        Some(Self {
            code,
            status,
            title,
            charged: next()?,
            again: next()?,
        })
    }

    /// Whether a problem may say this about the charge, and about asking again.
    pub(crate) fn allows(&self, charged: Option<bool>, retryable: bool) -> bool {
        let charge = match charged {
            Some(false) => self.charged.starts_with("no"),
            None => self.charged.ends_with("not known"),
            Some(true) => false,
        };
        let word = if retryable { "later" } else { "no" };
        charge && self.again.contains(word)
    }
}

/// All lines.
fn rows() -> impl Iterator<Item = Row> {
    PAGE.lines().filter_map(Row::of)
}

/// What is documented of a code.
pub(crate) fn row(code: &str) -> Option<Row> {
    rows().find(|row| row.code == code)
}

/// Codes that `bad_input` does not produce: the file and test that does, and how it names the code.
#[rustfmt::skip] // One line a code.
const ELSEWHERE: &[(&str, &str, &str, &str)] = &[
    ("request-timeout", "testing/e2e/tests/it/manners/schemathesis.rs", "whatever_is_sent_gets_an_answer_that_is_described", "request-timeout"),
    ("not-covered", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "not-covered"),
    ("day-limit", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "day-limit"),
    // It comes before the limit of a day only on a later day of the month.
    ("month-limit", "boxes/meter/tests/it/dispense.rs", "day_and_month_limits_start_anew_p26", "MonthLimit"),
    ("balance-limit", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "balance-limit"),
    ("inspection-due", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "inspection-due"),
    // Four thousand million items, or as many mills: nobody waits for that.
    ("register-full", "boxes/meter/tests/it/dispense.rs", "registers_keep_the_width_of_the_payload", "RegisterWidth"),
    ("scan-sequence", "testing/e2e/tests/it/check_batches.rs", "many_scans_end_as_each_would_behind_those_before_it_p31", "scan-sequence"),
    ("other-address", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "other-address"),
    ("record-refused", "testing/e2e/tests/it/put_back.rs", "an_older_meter_record_dispenses_nothing", "record-refused"),
    ("clock-doubtful", "testing/e2e/tests/it/recovery/clock.rs", "a_clock_that_jumps_while_it_runs_stops_issuing_until_it_is_confirmed", "clock-doubtful"),
    ("latched", "testing/e2e/tests/it/put_back.rs", "a_put_back_box_latches_until_an_act", "latched"),
    // A certificate lasts for years.
    ("epoch-order", "testing/e2e/tests/it/epochs.rs", "an_epoch_that_does_not_follow_is_refused_by_name_p3", "epoch-order"),
    ("epoch-start", "testing/e2e/tests/it/epochs.rs", "an_epoch_that_does_not_follow_is_refused_by_name_p3", "epoch-start"),
    ("keys-expired", "boxes/keeper/tests/it/standing.rs", "a_box_signs_until_the_first_of_its_own_certificates_ends_p2", "KeyExpired"),
    ("unavailable", "testing/e2e/tests/it/sessions.rs", "a_renewal_beside_a_log_in_that_is_not_written_is_put_off_and_alarms_nobody_p20", "unavailable"),
    ("item-used", "testing/e2e/tests/it/voids.rs", "an_item_that_is_taken_back_is_void_everywhere_p23", "item-used"),
    ("void-decided", "testing/e2e/tests/it/voids.rs", "an_item_that_is_taken_back_is_void_everywhere_p23", "void-decided"),
    ("already-void", "boxes/meter/tests/it/credit.rs", "refund_repeated", "AlreadyCredited"),
    ("credit-waiting", "boxes/meter/tests/it/credit.rs", "waiting_time_and_window_count_from_the_mailing_date_p23", "CreditWaiting"),
    ("credit-window", "boxes/meter/tests/it/credit.rs", "waiting_time_and_window_count_from_the_mailing_date_p23", "CreditWindow"),
    ("not-creditable", "testing/e2e/tests/it/restored.rs", "what_is_gone_for_good_is_reissued_and_audit_names_the_gap_p28", "not-creditable"),
    ("credits-full", "boxes/meter/tests/it/credit.rs", "a_full_list_takes_no_more_p23", "CreditedFull"),
    ("bad-scope", "testing/e2e/tests/it/manners/catalogue.rs", "limits_rights_and_inspections_refuse_by_name", "bad-scope"),
    // Nothing that is sent may do it.
    ("internal", "datacenter/gateway/src/exchange.rs", "a_refusal_of_the_framework_becomes_a_problem", "internal"),
    ("user-disabled", "testing/e2e/tests/it/users.rs", "a_user_who_is_disabled_is_out_and_a_manager_stays_p21", "user-disabled"),
    ("own-rights", "testing/e2e/tests/it/users.rs", "a_user_who_is_disabled_is_out_and_a_manager_stays_p21", "own-rights"),
    ("own-signature", "testing/e2e/tests/it/signing_keys.rs", "nothing_is_dispensed_that_the_user_did_not_sign_p20", "own-signature"),
    // A day passes by the clock of the box only.
    ("recovery-waiting", "testing/e2e/tests/it/recoveries.rs", "a_recovery_waits_and_a_log_in_calls_it_off_p21", "recovery-waiting"),
    ("no-recovery", "testing/e2e/tests/it/recoveries.rs", "a_recovery_waits_and_a_log_in_calls_it_off_p21", "no-recovery"),
    ("bad-scope", "testing/e2e/tests/it/users.rs", "a_clerk_does_what_the_manager_allowed_and_no_more_p21", "bad-scope"),
    ("key-ended", "testing/e2e/tests/it/api_keys.rs", "a_key_is_rolled_with_overlap_and_revoked_at_once_p20", "key-ended"),
    ("duplicate-suspected", "testing/e2e/tests/it/duplicates.rs", "the_command_line_asks_nobody_and_names_the_flag", "duplicate-suspected"),
    ("report-differs", "testing/e2e/tests/it/inspections.rs", "a_meter_warns_is_locked_and_goes_on_after_a_report_or_a_deposit", "report-differs"),
    ("number-taken", "testing/e2e/tests/it/books.rs", "items_are_booked_under_what_the_account_has_and_nothing_else", "number-taken"),
    ("too-many", "testing/e2e/tests/it/books.rs", "an_account_has_so_many_departments_and_no_more", "too-many"),
    ("department", "testing/e2e/tests/it/books.rs", "items_are_booked_under_what_the_account_has_and_nothing_else", "department"),
    ("end-customer", "testing/e2e/tests/it/books.rs", "items_are_booked_under_what_the_account_has_and_nothing_else", "end-customer"),
    ("user-limit", "testing/e2e/tests/it/limits.rs", "a_limit_is_not_passed_in_parallel", "user-limit"),
    ("department-limit", "testing/e2e/tests/it/limits.rs", "a_limit_is_not_passed_in_parallel", "department-limit"),
    ("totals-sequence", "testing/e2e/tests/it/totals.rs", "sheets_are_made_day_by_day_and_only_of_what_the_records_say", "totals-sequence"),
    ("totals-differ", "testing/e2e/tests/it/totals.rs", "sheets_are_made_day_by_day_and_only_of_what_the_records_say", "totals-differ"),
    ("day-not-over", "testing/e2e/tests/it/totals.rs", "sheets_are_made_day_by_day_and_only_of_what_the_records_say", "day-not-over"),
    ("try-later", "testing/e2e/tests/it/bad_input.rs", "wrong_passwords_make_wait_and_never_lock_p21", "try-later"),
];

/// Fails unless every documented code is among those that were just produced, or named above; and if
/// one is named that needs not be.
pub(crate) fn assert_complete(produced: &BTreeSet<String>) {
    let mut wrong = Vec::new();
    for row in rows() {
        let named = ELSEWHERE.iter().find(|(code, ..)| *code == row.code);
        match (produced.contains(row.code), named) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => wrong.push(format!("{}: named, and produced here", row.code)),
            (false, None) => wrong.push(format!("{}: no test produces it", row.code)),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (code, file, test, says) in ELSEWHERE {
        if row(code).is_none() {
            wrong.push(format!("{code}: named, and not documented"));
        }
        let text = std::fs::read_to_string(root.join(file)).expect(file);
        let at = text.find(&format!("fn {test}("));
        if !at.is_some_and(|at| body(&text[at..]).contains(says)) {
            wrong.push(format!(
                "{code}: {file} has no test {test} that says {says}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A function of the outermost level or of a module of tests, to its end.
fn body(text: &str) -> &str {
    let end = text.find("\n}\n").or(text.find("\n    }\n"));
    end.map_or(text, |end| &text[..end])
}

#[tokio::test]
async fn limits_rights_and_inspections_refuse_by_name() {
    let mut house = House::running();
    let base = house.api();
    let customer = house.customer("limited").await;
    let meter = customer.meter;
    let limits = |day: u64, month: u64, descending: u64| ActBody::SetLimits {
        limits: Limits {
            item: Mills(1_000),
            day: Mills(day),
            month: Mills(month),
            descending: Mills(descending),
        },
        inspection_interval_days: 0,
    };
    let letter = json!({ "item": { "value_mills": 740 }, "allow_duplicate": true });
    let order = |key: &str| {
        let path = format!("/v1/meters/{meter}/items");
        Ask::post(path, &letter).key(key).bearer(&token(&customer))
    };
    let mut sequence = 4;
    for (body, code) in [
        (limits(1_000, 50_000_000, 10_000_000), ""),
        (limits(1_479, 50_000_000, 10_000_000), "day-limit"),
        (limits(10_000, 50_000_000, 10_000_000), ""),
        (
            ActBody::Inspect {
                due: Day::from_decimal(20_200_101).unwrap(),
            },
            "inspection-due",
        ),
        (ActBody::Inspect { due: Day::NONE }, ""),
    ] {
        let act = house.act_on_meter(meter, sequence, body);
        house.hand_in(&act).await.unwrap();
        let answer = order(&format!("letter-{sequence}")).send(&base).await;
        match code {
            "" => assert_eq!(answer.status, 201, "{answer:?}"),
            code => assert_eq!(answer.problem().code, code),
        }
        sequence += 1;
    }
    let used = customer.state().await.limits;
    let three = (3 * 740, 3 * 740);
    assert_eq!((used.day_used_mills, used.month_used_mills), three);

    let act = house.act_on_meter(meter, sequence, limits(10_000, 50_000, 100_000));
    house.hand_in(&act).await.unwrap();
    let deposit = house.deposit_now(meter, 2, 100_000, "too-much");
    let body = json!({ "statement": sdk::encode(&deposit) });
    let refill = Ask::post(format!("/v1/meters/{meter}/refills"), &body).key("too much");
    assert_eq!(refill.send(&base).await.problem().code, "balance-limit");

    let scope = json!({ "rights": ["fly"], "ceiling_mills": 1 });
    let user = format!("/v1/users/{}/scope", customer.user);
    let set = Ask::put(user, &scope)
        .key("scope")
        .bearer(&token(&customer));
    assert_eq!(set.send(&base).await.problem().code, "bad-scope");

    let item = customer.print("to the capitol").await.unwrap();
    let drawing = json!({ "format": "svg", "envelopes": [
        { "item": item.id, "recipient": ["Somebody", "1 Main St", "Reno, NV 89501"] }] });
    let draw = Ask::post("/v1/envelopes", &drawing).bearer(&token(&customer));
    assert_eq!(draw.send(&base).await.problem().code, "other-address");

    // Acts on users end their sessions: each is tried with a new one.
    let mut customer = customer;
    for (sequence, rights, ceiling, code) in [
        (1, Rights::DISPENSE, 700, "ceiling"),
        (2, Rights::READ, 10_000, "not-covered"),
    ] {
        let body = ActBody::SetUser {
            rights,
            ceiling: Mills(ceiling),
        };
        let act = house.act(item::BoxKind::Auth, customer.user.subject(), sequence, body);
        house.hand_in(&act).await.unwrap();
        customer.log_in(&house).await.unwrap();
        let error = buy(&customer, "with less").await.unwrap_err();
        assert!(error.has_code(code), "{error:?}");
    }
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn the_type_of_a_problem_is_a_link_that_works() {
    let house = House::running();
    let base = house.api();
    let problem = Ask::get("/v1/items/1-1").send(&base).await.problem();
    let page = Ask::get(problem.kind.as_str()).send(&base).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(
        text.starts_with(&problem.code) && text.contains(&problem.title),
        "{text}"
    );
    for row in rows() {
        let page = Ask::get(format!("/problems/{}", row.code))
            .send(&base)
            .await;
        let text = String::from_utf8(page.body).unwrap();
        assert_eq!(page.status, 200, "{text}");
        assert!(
            text.contains(row.title) && text.contains("What to do: "),
            "{text}"
        );
    }
    let all = Ask::get("/problems").send(&base).await;
    assert_eq!(String::from_utf8(all.body).unwrap(), PAGE);
    let none = Ask::get("/problems/no-such-code")
        .send(&base)
        .await
        .problem();
    assert_eq!(none.code, "not-found");
}
