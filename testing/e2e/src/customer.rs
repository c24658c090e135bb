//! A customer of the running house, over HTTP.

use crate::{House, key_of};
use item::{AccountId, Subject, UserId};
use sdk::api::{Decided, DispenseOne, Item, ItemOrder, Meter, SignUp};
use sdk::{ApiError, Client};

/// The password of every customer here.
pub const PASSWORD: &str = "correct horse battery staple";

/// A signed-up user with a meter that is in use and funded, logged in.
#[derive(Debug)]
pub struct Customer {
    /// Logged in.
    pub client: Client,
    /// Log-in name.
    pub login: String,
    /// Serial of the meter.
    pub meter: u32,
    /// Account.
    pub account: AccountId,
    /// User.
    pub user: UserId,
}

/// An address.
#[must_use]
pub fn address() -> Vec<String> {
    ["State Capitol", "1315 10th St", "Sacramento, CA 95814"]
        .map(str::to_owned)
        .to_vec()
}

/// A rated letter to that address.
#[must_use]
pub fn letter() -> DispenseOne {
    DispenseOne {
        item: ItemOrder {
            shape: Some("letter".to_owned()),
            weight_oz: Some("1".to_owned()),
            recipient: address(),
            ..ItemOrder::default()
        },
        expected_piece_count: None,
        allow_duplicate: true,
    }
}

impl House {
    /// Signs up, commissions the meter and credits 100.00 to it.
    ///
    /// # Panics
    /// If any of it is refused.
    pub async fn customer(&self, name: &str) -> Customer {
        let customer = self.newcomer(name).await;
        for act in self.commission(customer.meter) {
            self.hand_in(&act).await.unwrap();
        }
        let deposit = self.deposit_now(customer.meter, 1, 100_000, &format!("first-{name}"));
        customer.refill(&deposit).await.unwrap();
        customer
    }

    /// Signs up; the meter is as it was made.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn newcomer(&self, name: &str) -> Customer {
        let client = self.client();
        let body = SignUp {
            login: format!("{name}@example.com"),
            password: PASSWORD.to_owned(),
            display_name: name.to_owned(),
        };
        let made = client
            .sign_up(&body, &format!("sign-up-{name}"))
            .await
            .unwrap();
        client.sign_on(&body.login, PASSWORD).await.unwrap();
        Customer {
            client,
            login: body.login,
            meter: made.meter,
            account: AccountId::from_hex(&made.account).unwrap(),
            user: UserId::from_hex(&made.user).unwrap(),
        }
    }

    /// Hands in an act.
    ///
    /// # Errors
    /// What the data centre says.
    pub async fn hand_in(&self, act: &[u8]) -> Result<Decided, ApiError> {
        self.client().act(act, &key_of(act)).await
    }
}

impl Customer {
    /// What the meter's record is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        item::MeterSerial(self.meter).subject()
    }

    /// Logs in again, also after a restart at another address.
    ///
    /// # Errors
    /// What the data centre says.
    pub async fn log_in(&mut self, house: &House) -> Result<(), ApiError> {
        self.client = house.client();
        self.client.sign_on(&self.login, PASSWORD).await.map(drop)
    }

    /// Goes on with the same session after a restart at another address.
    pub fn move_to(&mut self, house: &House) {
        let client = house.client();
        client.set_session(self.client.session());
        self.client = client;
    }

    /// Dispenses one rated letter.
    ///
    /// # Errors
    /// What the data centre says.
    pub async fn print(&self, key: &str) -> Result<Item, ApiError> {
        self.client.dispense(self.meter, &letter(), key).await
    }

    /// The meter, as the data centre says.
    ///
    /// # Panics
    /// If it does not.
    pub async fn state(&self) -> Meter {
        self.client.meter(self.meter).await.unwrap()
    }

    /// Hands in credit evidence for the meter.
    ///
    /// # Errors
    /// What the data centre says.
    pub async fn refill(&self, evidence: &[u8]) -> Result<Decided, ApiError> {
        self.client
            .refill(self.meter, evidence, &key_of(evidence))
            .await
    }
}
