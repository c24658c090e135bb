//! Secret keys of the tests: Ed25519 from a one-byte seed.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use item::{EnrolledKey, KeyId, Layout, List, MultiSigned, PublicKey, Signed, Suite};
use verify::{Tag, Tagged, key_id};

pub(super) struct Key(Ed25519KeyPair);

impl Key {
    pub(super) fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(super) fn public(&self) -> PublicKey {
        PublicKey::new(Suite::Ed25519, self.0.public_key().as_ref()).unwrap()
    }

    pub(super) fn id(&self) -> KeyId {
        key_id(&self.public())
    }

    pub(super) fn enrolled(&self) -> EnrolledKey {
        EnrolledKey {
            name: item::Bytes::new(b"test".to_vec()).unwrap(),
            key: self.public(),
        }
    }

    pub(super) fn signature(&self, tag: Tag, message: &[u8]) -> [u8; 64] {
        self.0
            .sign(&tag.message(&[message]))
            .as_ref()
            .try_into()
            .unwrap()
    }

    pub(super) fn sign<T: Layout + Tagged>(&self, body: T) -> Signed<T> {
        let signature = self.signature(T::TAG, &body.to_bytes());
        Signed { body, signature }
    }
}

/// All of them sign.
pub(super) fn sign_together<T: Layout + Tagged>(keys: &[&Key], body: T) -> MultiSigned<T> {
    let bytes = body.to_bytes();
    let mut signatures: Vec<_> = keys
        .iter()
        .map(|key| (key.id(), key.signature(T::TAG, &bytes)))
        .collect();
    signatures.sort_by_key(|(id, _)| *id);
    MultiSigned {
        body,
        signatures: List::new(signatures).unwrap(),
    }
}
