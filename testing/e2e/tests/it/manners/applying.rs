//! An application for a licence, as a customer hands it in.

use e2e::{Customer, House, now};
use item::{Layout, Zip};
use signer::SigningKey;

/// Applies for the licence of a new meter.
pub(super) async fn apply(house: &House, owner: &Customer) -> sdk::api::LicenceApplication {
    let key = SigningKey::generate("customer").unwrap();
    let details = item::LicenceDetails {
        salt: [1; 16],
        organisation: item::Bytes::new(b"Olga".to_vec()).unwrap(),
        address: item::Bytes::default(),
        contact: item::Bytes::default(),
    };
    let agreement = "SAMPLE".to_owned();
    let application = item::LicenceApplication {
        version: item::Version,
        installation: house.installation().transcript().installation,
        account: owner.account,
        user: owner.user,
        meter: item::MeterSerial(owner.meter),
        origin: Zip(95_814),
        licensing: Zip(95_814),
        details: verify::licence_details_digest(&details),
        agreement: verify::agreement_digest(agreement.as_bytes()),
        key: key.public(),
        time: now(),
    };
    let body = sdk::api::LicenceApplication {
        application: sdk::encode(&signer::sign_application(application, &key).to_bytes()),
        details: sdk::api::LicenceDetails {
            organisation: "Olga".to_owned(),
            address: Vec::new(),
            contact: String::new(),
        },
        salt: "01".repeat(16),
        agreement,
    };
    owner.client.apply_for_licence(&body).await.unwrap();
    body
}
