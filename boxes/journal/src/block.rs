//! A sealed block: the layout of the identity file and of the header of a segment. Not for
//! entries, which are chained. Called when the state is made, opened and compacted.
//!
//! `[mark 8][version u32][installation 32][payload length u32][payload][MAC 32]`, integers big
//! endian. The MAC covers what the reader *expects* for mark, version and installation, then the
//! length and the payload. So mark, version and installation in the file only serve to say what
//! is wrong: if the MAC fails and they differ, it is another file, version or installation; if
//! the MAC fits and they differ, they were damaged.

use crate::error::{Damage, JournalError};
use crate::mac::{Authenticator, Mac, same, take};

/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 8 + 4 + 32 + 4;
/// Bytes around the payload.
pub(crate) const FRAME_BYTES: usize = HEAD_BYTES + 32;

const VERSION: u32 = 1;

/// What a block is, and where it belongs.
pub(crate) struct Kind<'a> {
    pub(crate) mark: &'static [u8; 8],
    pub(crate) installation: &'a Mac,
}

impl Kind<'_> {
    fn mac(&self, auth: &impl Authenticator, length: u32, payload: &[u8]) -> Mac {
        auth.mac(&[
            self.mark,
            &VERSION.to_be_bytes(),
            self.installation,
            &length.to_be_bytes(),
            payload,
        ])
    }

    /// The block's bytes and its MAC. The payload is within a limit that fits u32.
    pub(crate) fn seal(&self, auth: &impl Authenticator, payload: &[u8]) -> (Vec<u8>, Mac) {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let mac = self.mac(auth, length, payload);
        let bytes = [
            self.mark.as_slice(),
            &VERSION.to_be_bytes(),
            self.installation,
            &length.to_be_bytes(),
            payload,
            &mac,
        ]
        .concat();
        (bytes, mac)
    }

    /// The payload and the MAC of the block that is all of `bytes`, from the file `name`.
    ///
    /// # Errors
    /// `Short`, `UnknownVersion`, `OtherInstallation`, `Damaged`.
    pub(crate) fn open<'b>(
        &self,
        auth: &impl Authenticator,
        name: &str,
        bytes: &'b [u8],
    ) -> Result<(&'b [u8], Mac), JournalError> {
        let short = || JournalError::Short {
            name: name.to_owned(),
            length: bytes.len() as u64,
        };
        let damaged = |offset, why| Err(JournalError::damaged(name, offset, why));

        let mut rest = bytes;
        let mark: [u8; 8] = take(&mut rest).ok_or_else(short)?;
        let version = u32::from_be_bytes(take(&mut rest).ok_or_else(short)?);
        let installation: Mac = take(&mut rest).ok_or_else(short)?;
        let length = u32::from_be_bytes(take(&mut rest).ok_or_else(short)?);
        let (payload, after) = rest.split_at_checked(length as usize).ok_or_else(short)?;
        rest = after;
        let stated: Mac = take(&mut rest).ok_or_else(short)?;

        let genuine = same(&stated, &self.mac(auth, length, payload));
        if &mark != self.mark {
            return damaged(0, Damage::Mark);
        }
        if version != VERSION {
            return match genuine {
                true => damaged(8, Damage::Mark),
                false => Err(JournalError::UnknownVersion {
                    name: name.to_owned(),
                    version,
                }),
            };
        }
        if &installation != self.installation {
            return match genuine {
                true => damaged(12, Damage::Mark),
                false => Err(JournalError::OtherInstallation {
                    name: name.to_owned(),
                }),
            };
        }
        if !genuine {
            return damaged(0, Damage::Mac);
        }
        if !rest.is_empty() {
            let end = bytes.len().saturating_sub(rest.len());
            return damaged(end as u64, Damage::Trailing);
        }
        Ok((payload, stated))
    }
}
