//! Keys of several epochs side by side (P3): which one is in force, and which one a record or an
//! authority names. Each look-up compares an epoch's number; nothing is derived for it.

use crate::{Entropy, Genuine, MacKey, RecordKeys, VaultError, open_authority, seal_authority};
use item::{Epoch, Layout, Sealed, Subject};
use verify::{RecordTag, Tagged};

/// The record keys of every epoch that a box has, with one in force. Old ones stay for as long as a
/// record may name them.
#[derive(Debug)]
pub struct Keyring {
    in_force: RecordKeys,
    others: Vec<RecordKeys>,
}

impl Keyring {
    /// With the keys of one epoch, which is in force.
    #[must_use]
    pub fn new(keys: RecordKeys) -> Self {
        Self {
            in_force: keys,
            others: Vec::new(),
        }
    }

    /// Adds the keys of another epoch; it is not in force yet.
    pub fn add(&mut self, keys: RecordKeys) {
        self.others.push(keys);
    }

    /// Puts an epoch in force.
    ///
    /// # Errors
    /// [`VaultError`] without its keys: then nothing changes.
    pub fn turn(&mut self, epoch: Epoch) -> Result<(), VaultError> {
        if self.in_force.epoch() == epoch {
            return Ok(());
        }
        let other = self.others.iter_mut().find(|keys| keys.epoch() == epoch);
        std::mem::swap(&mut self.in_force, other.ok_or(VaultError)?);
        Ok(())
    }

    /// The keys that seal.
    #[must_use]
    pub fn in_force(&self) -> &RecordKeys {
        &self.in_force
    }

    /// The keys that opened what names this epoch.
    #[must_use]
    pub fn of(&self, epoch: Epoch) -> Option<&RecordKeys> {
        if self.in_force.epoch() == epoch {
            return Some(&self.in_force);
        }
        self.others.iter().find(|keys| keys.epoch() == epoch)
    }
}

/// What moves the sealed fields of a record from the keys of one epoch to those of another.
pub type Reseal<T> =
    fn(&mut T, &RecordKeys, &RecordKeys, &mut dyn Entropy) -> Result<(), VaultError>;

impl Keyring {
    /// Checks the MAC of a stored record that names `epoch`. Its digest is that of the stored bytes;
    /// its sealed fields are under the keys in force from here on, so that whoever works with it
    /// knows one epoch only, and what is sealed next is all of one.
    ///
    /// # Errors
    /// [`VaultError`] without keys of that epoch, or if the MAC or a field does not fit.
    pub fn open<T: Layout + RecordTag>(
        &self,
        epoch: Epoch,
        subject: &Subject,
        stored: Sealed<T>,
        reseal: Reseal<T>,
        entropy: &mut dyn Entropy,
    ) -> Result<Genuine<T>, VaultError> {
        let keys = self.of(epoch).ok_or(VaultError)?;
        let genuine = keys.open(subject, stored)?;
        if epoch == self.in_force.epoch() {
            return Ok(genuine);
        }
        genuine.try_map(|body| reseal(body, keys, &self.in_force, entropy))
    }
}

/// The authority keys of the epoch in force and its neighbours (P3, P20): boxes change epochs one
/// after the other, so each also believes the one before and the one to come.
#[derive(Debug)]
pub struct AuthorityKeys {
    in_force: (Epoch, MacKey),
    neighbours: Vec<(Epoch, MacKey)>,
}

impl AuthorityKeys {
    /// With these.
    #[must_use]
    pub fn new(in_force: (Epoch, MacKey), neighbours: Vec<(Epoch, MacKey)>) -> Self {
        Self {
            in_force,
            neighbours,
        }
    }

    /// The epoch that an authority made now must name.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.in_force.0
    }

    /// MACs an authority or challenge of the epoch in force.
    #[must_use]
    pub fn seal<T: Layout + Tagged>(&self, body: T) -> Sealed<T> {
        seal_authority(&self.in_force.1, body)
    }

    /// Checks the MAC of an authority or challenge under the key of the epoch that it names.
    ///
    /// # Errors
    /// [`VaultError`] if it does not fit, or names no epoch that is believed now.
    pub fn open<T: Layout + Tagged + Clone>(
        &self,
        named: Epoch,
        shown: &Sealed<T>,
    ) -> Result<Genuine<T>, VaultError> {
        let key = std::iter::once(&self.in_force)
            .chain(&self.neighbours)
            .find(|(epoch, _)| *epoch == named);
        open_authority(&key.ok_or(VaultError)?.1, shown)
    }
}
