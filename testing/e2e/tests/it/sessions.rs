//! Sessions while their user's record is on its way into the database (P20).

use e2e::{House, PASSWORD};
use sdk::api::Session;

use crate::held::{Held, decided, settled};
use crate::raw::Ask;

fn renewal(session: &Session) -> Ask {
    Ask::new("POST", "/v1/sessions/renewals").bearer(&session.token)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_beside_a_log_in_that_is_not_written_is_put_off_and_alarms_nobody_p20() {
    let house = House::running();
    let customer = house.customer("renews").await;
    let session = customer.client.session().unwrap();
    settled(&house).await;
    let held = Held::by_us(&house);
    let (other, login) = (house.client(), customer.login.clone());
    let log_in = tokio::spawn(async move { other.sign_on(&login, PASSWORD).await });
    decided(&house, "auth").await;

    let problem = renewal(&session).send(&house.api()).await.problem();
    assert_eq!(problem.code, "unavailable");
    assert!(problem.retryable && problem.charged == Some(false));

    held.release();
    log_in.await.unwrap().unwrap();
    let renewed = renewal(&session).send(&house.api()).await;
    assert_eq!(renewed.status, 200);
    assert!(house.alerts().is_empty());
}
