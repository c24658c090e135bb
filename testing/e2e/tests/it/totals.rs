//! Daily totals for the post: made, handed in, refused where they are not those of the records.

use e2e::{House, noon_after, within_one_day};
use item::{DailyTotals, Layout, Mills, Signed};
use loader::{FIRST_SERIAL, LoadPlan, accounts, load};
use serde_json::{Value, json};
use signer::sign_totals;

use crate::raw::Ask;

const ALL: &[&str] = &[
    "indicia",
    "indicia-box-keys",
    "indicia-box-auth",
    "indicia-box-meter",
    "indicia-box-transaction",
    "indicia-datacenter",
];

fn asked(house: &House, arguments: &[&str]) -> Value {
    let text = house.indicia(&[&["--json", "totals"], arguments].concat());
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// The first sheet, without rows, of a day that is not over, signed by the key of some role.
pub(crate) fn handing_in(house: &House, role: &str) -> Ask {
    let installation = house.installation();
    let transcript = installation.transcript();
    let sheet = DailyTotals {
        version: item::Version,
        installation: transcript.installation,
        reporter: house.key("reporter").id(),
        sequence: 1,
        previous: item::Digest::ZERO,
        day: item::Day::of_time(transcript.time),
        part: 1,
        last: true,
        made: e2e::now(),
        rows: item::DailyRows::default(),
    };
    let signed = sign_totals(sheet, &house.key(role)).to_bytes();
    Ask::post("/v1/totals", &json!({ "statement": sdk::encode(&signed) }))
}

async fn hand_in(house: &House, sheet: &[u8]) -> (u16, String) {
    let body = json!({ "statement": sdk::encode(sheet) });
    let answer = Ask::post("/v1/totals", &body).send(&house.api()).await;
    match answer.status {
        200 => (200, String::new()),
        status => (status, answer.problem().code),
    }
}

#[tokio::test]
async fn sheets_are_made_day_by_day_and_only_of_what_the_records_say() {
    within_one_day();
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    let ada = house.customer("ada").await;
    let first = ada.print("one").await.unwrap();
    let second = ada.print("two").await.unwrap();
    // Today is not over.
    assert_eq!(asked(&house, &["make"])["newest"], 0);
    house.ground().wall_at(noon_after(2));
    let made = asked(&house, &["make"]);
    assert_eq!((&made["newest"], &made["made"]), (&json!(2), &json!(2)));
    assert_eq!(asked(&house, &["make"])["made"], 0);
    assert_eq!(asked(&house, &["verify", "--all"])["sheets"], 2);
    let today = item::Day::of_time(e2e::now()).to_string();
    let shown = asked(&house, &["show", "--day", &today]);
    let row = &shown["rows"][0];
    assert_eq!(shown["rows"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&row["meter"], &row["pieces"]),
        (&json!(ada.meter), &json!(2))
    );
    assert_eq!(row["value_mills"], first.value_mills + second.value_mills);
    let csv = house.indicia(&["totals", "show", "--csv"]);
    assert_eq!(csv.lines().count(), 2, "{csv}");

    // The same bytes again are the same sheet; anything else is refused by name.
    let kept = std::fs::read(house.path("totals/000001.totals")).unwrap();
    assert_eq!(hand_in(&house, &kept).await.0, 200);
    let body = Signed::<DailyTotals>::from_bytes(&kept).unwrap().body;
    let reporter = house.key("reporter");
    let forged = sign_totals(body.clone(), &house.key("verifier"));
    let refused = hand_in(&house, &forged.to_bytes()).await;
    assert_eq!(refused, (403, "bad-signature".to_owned()));
    let other = DailyTotals {
        made: item::Time(1),
        ..body.clone()
    };
    let refused = hand_in(&house, &sign_totals(other, &reporter).to_bytes()).await;
    assert_eq!(refused, (409, "totals-sequence".to_owned()));

    // A database that lost the sheets gets them again from the folder of the reporter.
    house.edited(|sql| {
        sql.execute("DELETE FROM daily_totals", []).unwrap();
    });
    let mut altered = body.clone();
    let mut rows = altered.rows.as_slice().to_vec();
    rows[0].value.0 += 1;
    altered.rows = item::DailyRows::new(rows).unwrap();
    for (altered, code) in [
        (altered, "totals-differ"),
        (
            DailyTotals {
                rows: item::DailyRows::default(),
                ..body.clone()
            },
            "totals-differ",
        ),
        (
            DailyTotals {
                last: false,
                ..body.clone()
            },
            "totals-differ",
        ),
        (
            DailyTotals {
                part: 2,
                ..body.clone()
            },
            "totals-sequence",
        ),
    ] {
        let refused = hand_in(&house, &sign_totals(altered, &reporter).to_bytes()).await;
        assert_eq!(refused, (409, code.to_owned()));
    }
    let made = asked(&house, &["make"]);
    assert_eq!((&made["newest"], &made["made"]), (&json!(2), &json!(0)));
    let early = DailyTotals {
        sequence: 3,
        previous: verify::statement_digest(
            &std::fs::read(house.path("totals/000002.totals")).unwrap(),
        ),
        day: body.day.plus_days(2),
        rows: item::DailyRows::default(),
        ..body
    };
    let refused = hand_in(&house, &sign_totals(early, &reporter).to_bytes()).await;
    assert_eq!(refused, (409, "day-not-over".to_owned()));
    house.assert_clean();
}

/// Meters of an invented past, each with an item of today: one row each. (Audit follows no invented past.)
#[tokio::test]
async fn a_day_of_more_rows_than_a_sheet_holds_has_two_sheets() {
    within_one_day();
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    drop(house.customer("ada").await);
    house.stop();
    let (meters, rows_max) = (10_050, item::limits::TOTALS_ROWS_MAX);
    let plan = LoadPlan {
        folder: house.folder().to_owned(),
        accounts: accounts(house.folder(), 1).unwrap(),
        meters,
        items: meters,
        first_serial: FIRST_SERIAL,
        balance: Mills(100_000),
    };
    load(&plan, &mut |_| ()).unwrap();
    house.up();
    house.ground().wall_at(noon_after(1));
    let made = asked(&house, &["make"]);
    assert_eq!((&made["newest"], &made["made"]), (&json!(2), &json!(2)));
    assert_eq!(asked(&house, &["verify", "--all"])["sheets"], 2);
    let rows = |number: u32| {
        let sheet = std::fs::read(house.path(&format!("totals/{number:06}.totals"))).unwrap();
        let sheet = Signed::<DailyTotals>::from_bytes(&sheet).unwrap().body;
        (sheet.part, sheet.last, sheet.rows.as_slice().len())
    };
    assert_eq!(rows(1), (1, false, rows_max));
    assert_eq!(rows(2), (2, true, 50));
}
