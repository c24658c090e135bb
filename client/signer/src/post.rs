//! The post's token master key, for demos: a real post keeps it in its own hardware. Checks the
//! post's token of an indicium without asking the data centre. The box derives the same keys in
//! `vault`.

use crate::{KeyError, secret_file};
use aws_lc_rs::{constant_time, hkdf, hmac};
use item::{Digest, Layout, MeterSerial, Payload};
use std::fmt;
use std::path::Path;
use verify::Tag;
use zeroize::Zeroizing;

/// 32 random bytes, from which the token key of every meter follows. The file holds them as hex.
pub struct PostKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostKey(..)")
    }
}

impl PostKey {
    /// A new key from the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut master = Zeroizing::new([0u8; 32]);
        aws_lc_rs::rand::fill(master.as_mut_slice()).map_err(|_| KeyError::Random)?;
        Ok(Self(master))
    }

    /// Keeps it in a new file, mode 0600: 64 hex digits and a line end.
    ///
    /// # Errors
    /// [`KeyError::Io`], also when the file exists.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let mut text = secret_file::secret_hex(&self.0);
        text.push('\n');
        secret_file::write(path, &text)
    }

    /// Reads its file.
    ///
    /// # Errors
    /// [`KeyError::Io`], [`KeyError::Exposed`], [`KeyError::Malformed`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = secret_file::read(path)?;
        text.strip_suffix('\n')
            .and_then(secret_file::secret_from_hex)
            .map(Self)
            .ok_or_else(|| KeyError::malformed(path))
    }

    /// Names the key without giving it away: tagged digest of a MAC of nothing under it.
    #[must_use]
    pub fn check_value(&self) -> Digest {
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice()), &[]);
        verify::digest(Tag::KEY_CHECK, &[mac.as_ref()])
    }

    /// Whether the post's token in these bytes is the one that this key gives. Says nothing of the
    /// signature, the vendor's token, or whether the item was used.
    #[must_use]
    pub fn check(&self, payload: &[u8; Payload::LENGTH]) -> bool {
        let Ok(fields) = Payload::from_bytes(payload) else {
            return false;
        };
        let Some(message) = payload.get(..Payload::TOKEN_MESSAGE) else {
            return false;
        };
        self.token(fields.meter, message).is_some_and(|token| {
            constant_time::verify_slices_are_equal(&token, &fields.postal_token).is_ok()
        })
    }

    /// `None` only if key derivation fails, which it does for no input of these lengths.
    fn token(&self, meter: MeterSerial, message: &[u8]) -> Option<[u8; 6]> {
        let info = Tag::DERIVE_TOKEN.message(&[b"postal", &meter.0.to_le_bytes()]);
        let mut key = Zeroizing::new([0u8; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(self.0.as_slice())
            .expand(&[&info], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(key.as_mut_slice()))
            .ok()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_slice());
        let mac = hmac::sign(&key, &Tag::POSTAL_TOKEN.message(&[message]));
        mac.as_ref().first_chunk().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{Ascii, Currency, Day, ItemKind, KeySerial, Mills, PostId, Suite, Zip};

    /// RFC 5869 and RFC 2104 written out, so that the derivation is not compared with itself.
    fn expected_token(master: &[u8; 32], meter: u32, message: &[u8]) -> Vec<u8> {
        let mac = |key: &[u8], text: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
                .as_ref()
                .to_vec()
        };
        let extracted = mac(&[0; 32], master);
        let mut info = b"indicia/derive/token/1\0postal".to_vec();
        info.extend_from_slice(&meter.to_le_bytes());
        info.push(1);
        let key = mac(&extracted, &info);
        let text = [b"indicia/token/postal/1\0", message].concat();
        mac(&key, &text)[..6].to_vec()
    }

    fn payload() -> Payload {
        Payload {
            suite: Suite::Ed25519,
            key: KeySerial(1),
            vendor: Ascii::new(*b"IN").unwrap(),
            model: Ascii::new(*b"01").unwrap(),
            meter: MeterSerial(42),
            ascending: Mills(740),
            value: Mills(740),
            mailing_day: Day::from_decimal(20_261_121).unwrap(),
            origin: Zip(20_500),
            destination: 0,
            descending: Mills(1),
            category: Ascii::new(*b"FCM ").unwrap(),
            kind: ItemKind::Postage,
            specimen: true,
            post: PostId(1),
            currency: Currency(840),
            piece_count: 1,
            address_digest: [0; 8],
            vendor_token: [1; 6],
            postal_token: [0; 6],
            signature: [2; 64],
        }
    }

    #[test]
    fn the_token_covers_the_first_62_bytes_and_the_meter() {
        let key = PostKey(Zeroizing::new([9; 32]));
        let mut payload = payload();
        let token = expected_token(&[9; 32], 42, &payload.to_bytes()[..62]);
        payload.postal_token = token.try_into().unwrap();
        let bytes: [u8; 138] = payload.to_bytes().try_into().unwrap();
        assert!(key.check(&bytes));
        assert!(!PostKey(Zeroizing::new([8; 32])).check(&bytes));
        for offset in (0..62).chain(68..74) {
            let mut altered = bytes;
            altered[offset] ^= 1;
            assert!(!key.check(&altered), "{offset}");
        }
        // Vendor's token and signature are for others to check.
        let mut altered = bytes;
        altered[62] ^= 1;
        altered[137] ^= 1;
        assert!(key.check(&altered));
    }

    #[test]
    fn the_key_comes_back_from_its_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("post");
        let key = PostKey::generate().unwrap();
        key.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 65);
        assert_eq!(
            PostKey::load(&path).unwrap().check_value(),
            key.check_value()
        );
        assert_ne!(
            PostKey::generate().unwrap().check_value(),
            key.check_value()
        );
        assert!(matches!(key.save(&path), Err(KeyError::Io { .. })));
        std::fs::write(&path, "00\n").unwrap();
        assert!(matches!(
            PostKey::load(&path),
            Err(KeyError::Malformed { .. })
        ));
    }
}
