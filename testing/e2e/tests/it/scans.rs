//! What becomes of a scan of what is no item: it is refused, it is kept, it uses nothing, and the
//! verifier's next scan follows it (P31).

use e2e::{House, now};
use item::{Layout, Zip};
use sdk::api::{Acceptance, Accepted};
use signer::{Sighting, Verifier};

#[tokio::test]
async fn a_refused_scan_is_kept_and_the_next_one_follows_p31() {
    let mut house = House::running();
    let customer = house.customer("mailer").await;
    let genuine = sdk::decode(&customer.print("letter").await.unwrap().payload).unwrap();
    let mut forged = genuine.clone();
    *forged.last_mut().unwrap() ^= 1;
    let log = house.path("verifier/scans.log");
    let mut verifier = Verifier::open(&log, house.key("verifier")).unwrap();
    let installation = house.installation().transcript().installation;
    let mut scan = |payload: &[u8], key: &str| {
        let sighting = Sighting {
            installation,
            payload,
            place: Zip(95_814),
            time: now(),
            idempotency_key: key,
        };
        Acceptance {
            scan: sdk::encode(&verifier.scan(&sighting).unwrap().to_bytes()),
            payload: sdk::encode(payload),
        }
    };
    let api = house.client();
    let outcome = async |scan: &Acceptance| -> String {
        let accepted: Accepted = api.accept(scan).await.unwrap();
        accepted.outcome
    };
    let of_forged = scan(&forged, "forged");
    assert_eq!(outcome(&of_forged).await, "refused");
    assert_eq!(outcome(&of_forged).await, "refused", "the same again");
    // It names the same piece, and has not used it; nor has it broken the chain.
    let of_genuine = scan(&genuine, "genuine");
    assert_eq!(outcome(&of_genuine).await, "accepted");
    assert_eq!(outcome(&of_forged).await, "refused", "also now");
    assert_eq!(outcome(&of_genuine).await, "repeat");
    assert_eq!(outcome(&scan(&genuine, "copy")).await, "used");
    house.stop();
    house.assert_clean();
    let report = house.audit();
    assert_eq!(report.counts.scans, 3);
    let notices: Vec<_> = report.notices.iter().map(|notice| notice.code).collect();
    assert!(notices.contains(&audit::Code::ScanRefused), "{notices:?}");
}
