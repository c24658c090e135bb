//! Everybody in the walk, and what is theirs.

use e2e::{Customer, House, PASSWORD, now};
use item::{Layout, Zip};
use sdk::api::{Item, NewApiKey, NewUser, Scope, User};
use signer::SigningKey;

use crate::bad_input::token;
use crate::raw::Ask;

/// Everybody in the walk.
pub(super) struct Scene {
    pub(super) house: House,
    pub(super) owner: Customer,
    /// For a licence, as it was handed in.
    pub(super) application: sdk::api::LicenceApplication,
    pub(super) item: Item,
    /// Items that are to be taken back: one is approved, one rejected.
    pub(super) second: Item,
    pub(super) third: Item,
    pub(super) other_token: String,
    pub(super) ended: String,
    /// A user of the owner's account who may only read, and its session.
    pub(super) clerk: User,
    pub(super) clerk_token: String,
    /// A key of the owner's programs.
    pub(super) key: String,
    pub(super) programs: Programs,
}

/// Texts of API keys, each used before: the first use of a day is noted in its record.
pub(super) struct Programs {
    /// The owner's, which may only read.
    pub(super) reading: String,
    /// The owner's, which was revoked.
    pub(super) ended: String,
    /// Another account's, with all that a key may have.
    pub(super) other: String,
}

impl Programs {
    async fn of(house: &House, owner: &Customer, other: &Customer) -> Self {
        let (all, base) = (["read", "dispense", "fund"].as_slice(), house.api());
        let made = [
            (owner, "reading", &all[..1]),
            (owner, "ended", all),
            (other, "other", all),
        ];
        let mut texts = Vec::new();
        for (customer, name, rights) in made {
            let key = NewApiKey {
                name: name.to_owned(),
                scope: Scope {
                    rights: rights.iter().map(|right| (*right).to_owned()).collect(),
                    ceiling_mills: 10_000,
                    meters: Vec::new(),
                },
                expires: None,
                secret: None,
            };
            let key = customer.client.add_api_key(&key, name).await.unwrap();
            let text = key.text.unwrap();
            let used = Ask::get("/v1/meters").bearer(&text).send(&base).await;
            assert_eq!(used.status, 200, "{used:?}");
            if name == "ended" {
                customer.client.revoke_api_key(&key.key.key).await.unwrap();
            }
            texts.push(text);
        }
        let [reading, ended, other] = texts.try_into().unwrap();
        Self {
            reading,
            ended,
            other,
        }
    }
}

/// Applies for the licence of a new meter.
async fn apply(house: &House, owner: &Customer) -> sdk::api::LicenceApplication {
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

impl Scene {
    /// Id of the application.
    pub(super) fn licence(&self) -> String {
        let signed = sdk::decode(&self.application.application).unwrap();
        verify::statement_digest(&signed).to_string()
    }

    pub(super) async fn set() -> Self {
        let mut house = House::without_waiting();
        house.up();
        let owner = house.newcomer("olga-owner").await;
        let application = apply(&house, &owner).await;
        for act in house.commission(owner.meter) {
            house.hand_in(&act).await.unwrap();
        }
        let deposit = house.deposit_now(owner.meter, 1, 100_000, "first-olga-owner");
        owner.refill(&deposit).await.unwrap();
        let item = owner.print("the first").await.unwrap();
        let second = owner.print("the second").await.unwrap();
        let third = owner.print("the third").await.unwrap();
        for asked in [&second, &third] {
            owner.client.request_void(&asked.id).await.unwrap();
        }
        let other = house.customer("theo-other").await;
        let other_token = token(&other);
        let gone = house.newcomer("gina-gone").await;
        let ended = token(&gone);
        gone.client.sign_off().await.unwrap();
        let clerk = NewUser {
            login: "carla-clerk@example.com".to_owned(),
            password: PASSWORD.to_owned(),
            display_name: "carla-clerk".to_owned(),
            scope: Scope {
                rights: vec!["read".to_owned()],
                ceiling_mills: 10_000,
                meters: Vec::new(),
            },
        };
        let clerk = owner.client.add_user(&clerk, "the clerk").await.unwrap();
        let key = NewApiKey {
            name: "Shop".to_owned(),
            scope: clerk.scope.clone(),
            expires: None,
            secret: None,
        };
        let key = owner.client.add_api_key(&key, "the key").await.unwrap();
        let programs = Programs::of(&house, &owner, &other).await;
        let client = house.client();
        client.sign_on(&clerk.login, PASSWORD).await.unwrap();
        Self {
            house,
            owner,
            application,
            item,
            second,
            third,
            other_token,
            ended,
            clerk,
            clerk_token: client.session().unwrap().token,
            key: key.key.key,
            programs,
        }
    }

    /// What nobody but the owner may read.
    pub(super) fn secrets(&self) -> Vec<String> {
        vec![
            "olga-owner".to_owned(),
            self.owner.account.to_string(),
            self.owner.user.to_string(),
            self.owner.meter.to_string(),
            self.item.descending_mills.to_string(),
            self.item.payload.clone(),
            "carla-clerk".to_owned(),
            self.clerk.user.clone(),
        ]
    }
}
