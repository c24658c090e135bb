//! A loaded installation works: the programs as they ship, on a house that was filled.

use e2e::House;
use item::{AccountId, Mills};
use loader::{FIRST_SERIAL, LoadPlan, Loaded, accounts, load};
use sdk::api::Verification;

fn plan(house: &House, owners: Vec<AccountId>, meters: u64, items: u64) -> LoadPlan {
    LoadPlan {
        folder: house.folder().to_owned(),
        meters,
        items,
        first_serial: FIRST_SERIAL,
        accounts: owners,
        balance: Mills(50_000),
    }
}

#[tokio::test]
async fn a_loaded_meter_dispenses_twice_and_what_it_printed_verifies() {
    let mut house = House::running();
    let mut first = house.customer("first").await;
    let mut second = house.newcomer("second").await;
    first.print("before").await.unwrap();
    house.stop();

    let plan = plan(&house, accounts(house.folder(), 2).unwrap(), 1_000, 2_500);
    assert_eq!(plan.accounts, [first.account, second.account]);
    let mut told = Vec::new();
    let loaded = load(&plan, &mut |done| told.push(done)).unwrap();
    let expected = Loaded {
        first_serial: FIRST_SERIAL,
        meters: 1_000,
        items: 2_500,
    };
    assert_eq!(loaded, expected);
    assert_eq!(told.last(), Some(&1_000));

    house.up();
    first.log_in(&house).await.unwrap();
    second.log_in(&house).await.unwrap();
    for (customer, meter) in [
        (&mut first, FIRST_SERIAL + 998),
        (&mut second, FIRST_SERIAL + 499),
    ] {
        let own = std::mem::replace(&mut customer.meter, meter);
        let before = customer.state().await;
        assert_eq!(before.descending_mills, 50_000);
        for key in ["one", "two"] {
            let item = customer.print(key).await.unwrap();
            let asked = Verification {
                payload: Some(item.payload),
                ..Verification::default()
            };
            let verified = house.client().verify(&asked).await.unwrap();
            assert_eq!(verified.verdict, "accept", "{:?}", verified.findings);
        }
        let after = customer.state().await;
        assert_eq!(after.piece_count, before.piece_count + 2);
        customer.meter = own;
    }
    // What was there before goes on.
    first.print("after").await.unwrap();
    assert!(house.alerts().is_empty(), "{:?}", house.alerts());
    house.stop();

    // Once more in the same house: other serials only.
    let refused = load(&plan, &mut |_| ()).unwrap_err();
    assert!(
        format!("{refused:#}").contains("choose another first serial"),
        "{refused:#}"
    );
    let more = LoadPlan {
        first_serial: FIRST_SERIAL + 1_000,
        meters: 3,
        items: 0,
        ..plan
    };
    load(&more, &mut |_| ()).unwrap();
    house.up();
    first.log_in(&house).await.unwrap();
    for meter in [FIRST_SERIAL, FIRST_SERIAL + 1_000, first.meter] {
        first.meter = meter;
        first.print(&format!("again-{meter}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_house_that_runs_and_owners_that_never_signed_up_are_refused() {
    let mut house = House::running();
    let nobody = accounts(house.folder(), 1).unwrap_err();
    assert!(format!("{nobody:#}").contains("0 accounts have signed up"));
    let stranger = plan(&house, vec![AccountId([7; 16])], 1, 0);
    let refused = load(&stranger, &mut |_| ()).unwrap_err();
    assert!(
        format!("{refused:#}").contains("has not signed up"),
        "{refused:#}"
    );
    let mut customer = house.customer("real").await;
    let plan = plan(&house, vec![customer.account], 1, 0);
    let refused = load(&plan, &mut |_| ()).unwrap_err();
    assert!(
        format!("{refused:#}").contains("stop the installation first"),
        "{refused:#}"
    );
    house.stop();
    house.up();
    customer.log_in(&house).await.unwrap();
    customer.print("nothing is spoiled").await.unwrap();
    house.stop();
    house.assert_clean();
}
