//! What goes between a box and its callers: frames, requests, replies, refusal codes.
//!
//! Not here: sockets and TLS (`boxd`, `datacenter/box-client`), and what a request means (`keeper`
//! and the rule sets). Everything is a strict layout of `item`, so a hostile peer can send nothing
//! that both sides would read differently.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod auth;
pub mod channel;
mod frame;
mod keys;
pub mod limits;
mod meter;
mod refusal;
mod reply;
mod request;
mod transaction;

pub use auth::{
    AddKey, AddUser, AuthQuery, AuthRequest, AuthSecret, BeginRecovery, FinishRecovery, KeyLogIn,
    KeyQuery, LogIn, Password, PasswordChange, Renewal, RollKey, SessionProof, SessionSecret,
    SetSigningKey, SetUser, SignUp, SignedOn,
};
pub use frame::{Frame, HEADER, frame_length};
pub use keys::{Allocate, KeysAnswer, KeysRequest, OpenedEpoch, PackRequest, SealedPackage};
pub use meter::{
    Dispense, ItemCreditRequest, ItemSpec, MeterQuery, MeterRequest, Order, Report, TokenCheck,
    TokenQuery,
};
pub use refusal::{Refusal, RefusalCode, Retry};
pub use reply::{Delivery, Failure, Memory, OrderOutcome, Outcome, Page, Reply, Status};
pub use request::{Acknowledgement, Entry, EpochPackage, PageRequest, ReissueRequest, Request};
pub use transaction::{Append, ChainRequest};

/// Declares an enum whose first byte says which variant follows.
macro_rules! variants {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident($kind:ty) = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name { $($(#[$vmeta])* $variant($kind),)* }

        impl item::Layout for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant(value) => { out.push($code); item::Layout::put(value, out); })* }
            }
            fn room(&self) -> usize {
                let value = match self { $(Self::$variant(value) => item::Layout::room(value),)* };
                value.saturating_add(1)
            }
            fn get(reader: &mut item::Reader<'_>) -> Result<Self, item::LayoutError> {
                match <u8 as item::Layout>::get(reader)? {
                    $($code => Ok(Self::$variant(item::Layout::get(reader)?)),)*
                    _ => Err(item::LayoutError::Range(stringify!($name))),
                }
            }
        }
    };
}
pub(crate) use variants;

/// A variant without content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nothing;

impl item::Layout for Nothing {
    fn put(&self, _: &mut Vec<u8>) {}
    fn get(_: &mut item::Reader<'_>) -> Result<Self, item::LayoutError> {
        Ok(Self)
    }
}

#[cfg(test)]
mod golden;
