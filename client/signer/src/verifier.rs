//! A verifier's own chain of acceptance scans (P31). Whether a scan was the first of its item is for
//! the data centre to say; this log is how the verifier can prove later what it sent.

use crate::limits::IDEMPOTENCY_KEY_MAX;
use crate::log_file::LogFile;
use crate::{LogError, SigningKey};
use item::{
    AcceptanceScan, Digest, InstallationId, Layout, LayoutError, MeterSerial, Payload, Reader,
    Signed, Time, Version, Zip,
};
use std::collections::HashMap;
use std::path::Path;
use verify::{SignatureError, Tag, Tagged, statement_digest};

/// Why there is no scan.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// The file.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A scan in the log was altered, left out or moved, or is of another key.
    #[error("scan {number} of the log is damaged, or made with another key")]
    Damaged {
        /// First bad scan, from 1.
        number: u64,
    },
    /// What was read is no indicium.
    #[error("this is no indicium: {0}")]
    Payload(LayoutError),
    /// Empty or too long.
    #[error("an idempotency key has 1 to {IDEMPOTENCY_KEY_MAX} characters")]
    IdempotencyKey,
    /// The key was used for another item.
    #[error("this idempotency key was used for another item")]
    KeyReused,
    /// The range of sequences is used up.
    #[error("the verifier's sequences are used up")]
    SequencesUsedUp,
}

/// One reading of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Data centre that issued the item.
    pub installation: InstallationId,
    /// Bytes as read from the symbol.
    pub payload: &'a [u8],
    /// ZIP of the post office.
    pub place: Zip,
    /// By the verifier's clock.
    pub time: Time,
    /// Names this reading: the same one again, after a lost reply, is the same scan.
    pub idempotency_key: &'a str,
}

/// A key with its log, which nobody else can open meanwhile.
#[derive(Debug)]
pub struct Verifier {
    key: SigningKey,
    file: LogFile,
    /// Where in the file the scan of an idempotency key is.
    places: HashMap<Digest, u64>,
    sequence: u64,
    previous: Digest,
}

/// Whether a verifier's log has a scan of this item. Reads only, and needs no key: a refunder compares
/// before an item is taken back.
///
/// # Errors
/// [`VerifierError::Log`]; [`VerifierError::Damaged`] with the number of the first scan that can not be
/// read. A last one that was cut off was handed to nobody.
pub fn has_scanned(
    path: &Path,
    meter: MeterSerial,
    piece_count: u32,
) -> Result<bool, VerifierError> {
    let content = std::fs::read(path).map_err(|source| LogError::Io {
        path: path.to_owned(),
        source,
    })?;
    let mut reader = Reader::new(&content);
    let mut number: u64 = 0;
    while reader.left() > 0 {
        number = number.saturating_add(1);
        match Signed::<AcceptanceScan>::get(&mut reader) {
            Ok(scan) if (scan.body.meter, scan.body.piece_count) == (meter, piece_count) => {
                return Ok(true);
            }
            Ok(_) => {}
            Err(LayoutError::Truncated) => break,
            Err(_) => return Err(VerifierError::Damaged { number }),
        }
    }
    Ok(false)
}

impl Verifier {
    /// Starts the log of a new verifier.
    ///
    /// # Errors
    /// [`VerifierError::Log`], also when the file exists.
    pub fn create(path: &Path, key: SigningKey) -> Result<Self, VerifierError> {
        Ok(Self::at_start(LogFile::create(path, &[])?, key))
    }

    /// Opens a log. A last scan that a crash cut off is dropped: nobody got it. A log that is gone
    /// is an error: the data centre knows the sequence, and starting again would break the chain.
    ///
    /// # Errors
    /// [`VerifierError::Damaged`], [`VerifierError::Log`].
    pub fn open(path: &Path, key: SigningKey) -> Result<Self, VerifierError> {
        let (file, content) = LogFile::open(path)?;
        let total = file.length();
        let mut verifier = Self::at_start(file, key);
        let mut reader = Reader::new(&content);
        let mut newest = None;
        let mut whole = 0;
        while reader.left() > 0 {
            let damaged = VerifierError::Damaged {
                number: verifier.sequence.saturating_add(1),
            };
            match Signed::<AcceptanceScan>::get(&mut reader) {
                Ok(scan) if verifier.follows(&scan.body) => {
                    verifier.book(&scan, whole);
                    newest = Some(scan);
                }
                Err(LayoutError::Truncated) => break,
                Ok(_) | Err(_) => return Err(damaged),
            }
            let left = u64::try_from(reader.left()).unwrap_or(u64::MAX);
            whole = total.saturating_sub(left);
        }
        // Each scan's bytes are covered by the next one's chain field, and the last by its signature.
        if let Some(scan) = newest
            && verify::open(scan, &verifier.key.public()) == Err(SignatureError::Wrong)
        {
            return Err(VerifierError::Damaged {
                number: verifier.sequence,
            });
        }
        if whole < total {
            verifier.file.cut(whole)?;
        }
        Ok(verifier)
    }

    fn at_start(file: LogFile, key: SigningKey) -> Self {
        Self {
            key,
            file,
            places: HashMap::new(),
            sequence: 0,
            previous: Digest::ZERO,
        }
    }

    /// The key that signs.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Scans so far.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Digest of the last scan; zero if there is none.
    #[must_use]
    pub fn previous(&self) -> Digest {
        self.previous
    }

    /// A scan of the log, by its sequence; none beyond the end.
    ///
    /// # Errors
    /// [`VerifierError::Damaged`], [`VerifierError::Log`].
    pub fn kept(&self, sequence: u64) -> Result<Option<Signed<AcceptanceScan>>, VerifierError> {
        match sequence.checked_sub(1) {
            Some(before) if sequence <= self.sequence => {
                let place = before.saturating_mul(SCAN_LENGTH as u64);
                self.read(place).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The signed scan of a sighting, durable in the log before it is returned. The same
    /// idempotency key gives the same scan, with place and time of the first call.
    ///
    /// # Errors
    /// [`VerifierError`]: nothing was signed then.
    pub fn scan(
        &mut self,
        sighting: &Sighting<'_>,
    ) -> Result<Signed<AcceptanceScan>, VerifierError> {
        let key = sighting.idempotency_key;
        if key.is_empty() || key.chars().count() > IDEMPOTENCY_KEY_MAX {
            return Err(VerifierError::IdempotencyKey);
        }
        let fields = Payload::from_bytes(sighting.payload).map_err(VerifierError::Payload)?;
        let payload = verify::digest(Tag::PAYLOAD_DIGEST, &[sighting.payload]);
        let key_digest = verify::idempotency_key(key);
        if let Some(place) = self.places.get(&key_digest) {
            let scan = self.read(*place)?;
            let same =
                (scan.body.installation, scan.body.payload) == (sighting.installation, payload);
            return if same {
                Ok(scan)
            } else {
                Err(VerifierError::KeyReused)
            };
        }
        let body = AcceptanceScan {
            version: Version,
            installation: sighting.installation,
            verifier: self.key.id(),
            sequence: self
                .sequence
                .checked_add(1)
                .ok_or(VerifierError::SequencesUsedUp)?,
            previous: self.previous,
            meter: fields.meter,
            piece_count: fields.piece_count,
            payload,
            place: sighting.place,
            time: sighting.time,
            key_digest,
        };
        let signature = self.key.sign(AcceptanceScan::TAG, &body.to_bytes());
        let scan = Signed { body, signature };
        let place = self.file.length();
        self.file.append(&scan.to_bytes())?;
        self.book(&scan, place);
        Ok(scan)
    }

    fn follows(&self, scan: &AcceptanceScan) -> bool {
        self.sequence.checked_add(1) == Some(scan.sequence)
            && scan.previous == self.previous
            && scan.verifier == self.key.id()
            && !self.places.contains_key(&scan.key_digest)
    }

    fn book(&mut self, scan: &Signed<AcceptanceScan>, place: u64) {
        self.places.insert(scan.body.key_digest, place);
        self.sequence = scan.body.sequence;
        self.previous = statement_digest(&scan.to_bytes());
    }

    fn read(&self, place: u64) -> Result<Signed<AcceptanceScan>, VerifierError> {
        let mut bytes = [0; SCAN_LENGTH];
        self.file.read_at(place, &mut bytes)?;
        Signed::from_bytes(&bytes).map_err(|_| VerifierError::Damaged {
            number: place
                .checked_div(SCAN_LENGTH as u64)
                .unwrap_or_default()
                .saturating_add(1),
        })
    }
}

/// Bytes of a signed scan: every field has a fixed width.
const SCAN_LENGTH: usize = 1 + 16 + 8 + 8 + 32 + 4 + 4 + 32 + 4 + 8 + 32 + 64;

#[cfg(test)]
mod tests {
    use super::*;
    use item::{Ascii, Currency, Day, ItemKind, KeySerial, MeterSerial, Mills, PostId, Suite};
    use std::fs;
    use std::path::PathBuf;

    fn payload(piece_count: u32) -> Vec<u8> {
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
            piece_count,
            address_digest: [0; 8],
            vendor_token: [1; 6],
            postal_token: [0; 6],
            signature: [2; 64],
        }
        .to_bytes()
    }

    fn sighting<'a>(payload: &'a [u8], idempotency_key: &'a str) -> Sighting<'a> {
        Sighting {
            installation: InstallationId([3; 16]),
            payload,
            place: Zip(20_500),
            time: Time(9),
            idempotency_key,
        }
    }

    struct Desk {
        _folder: tempfile::TempDir,
        path: PathBuf,
        key: PathBuf,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let desk = Self {
                path: folder.path().join("scans"),
                key: folder.path().join("key"),
                _folder: folder,
            };
            SigningKey::generate("verifier")
                .unwrap()
                .save(&desk.key)
                .unwrap();
            drop(Verifier::create(&desk.path, desk.key()).unwrap());
            desk
        }

        fn key(&self) -> SigningKey {
            SigningKey::load(&self.key).unwrap()
        }

        fn open(&self) -> Result<Verifier, VerifierError> {
            Verifier::open(&self.path, self.key())
        }
    }

    #[test]
    fn scans_chain_and_a_lost_reply_gets_the_same_one() {
        let desk = Desk::new();
        let (one, two) = (payload(1), payload(2));
        let mut verifier = desk.open().unwrap();
        let first = verifier.scan(&sighting(&one, "k1")).unwrap();
        let second = verifier.scan(&sighting(&two, "k2")).unwrap();
        assert_eq!(
            (first.body.sequence, first.body.previous),
            (1, Digest::ZERO)
        );
        assert_eq!((second.body.sequence, second.body.piece_count), (2, 2));
        assert_eq!(second.body.previous, statement_digest(&first.to_bytes()));
        assert!(verify::open(second.clone(), &verifier.key().public()).is_ok());
        drop(verifier);
        let mut verifier = desk.open().unwrap();
        let late = Sighting {
            time: Time(99),
            ..sighting(&one, "k1")
        };
        assert_eq!(verifier.scan(&late).unwrap(), first);
        assert!(matches!(
            verifier.scan(&sighting(&two, "k1")),
            Err(VerifierError::KeyReused)
        ));
        assert_eq!(verifier.sequence(), 2);
        let again = verifier.scan(&sighting(&one, "k3")).unwrap();
        assert_eq!(again.body.previous, statement_digest(&second.to_bytes()));
        let stored: Vec<u8> = [first, second, again]
            .iter()
            .flat_map(Layout::to_bytes)
            .collect();
        assert_eq!(fs::read(&desk.path).unwrap(), stored);
        assert_eq!(stored.len(), 3 * SCAN_LENGTH);
    }

    #[test]
    fn a_scan_cut_off_is_dropped_and_any_altered_byte_is_found() {
        let desk = Desk::new();
        let item = payload(1);
        let mut verifier = desk.open().unwrap();
        verifier.scan(&sighting(&item, "k1")).unwrap();
        verifier.scan(&sighting(&item, "k2")).unwrap();
        drop(verifier);
        let whole = fs::read(&desk.path).unwrap();
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            fs::write(&desk.path, &altered).unwrap();
            assert!(
                matches!(desk.open(), Err(VerifierError::Damaged { .. })),
                "byte {at}"
            );
        }
        for length in SCAN_LENGTH..whole.len() {
            fs::write(&desk.path, &whole[..length]).unwrap();
            let mut verifier = desk.open().unwrap();
            assert_eq!(verifier.sequence(), 1);
            verifier.scan(&sighting(&item, "k2")).unwrap();
            drop(verifier);
            assert_eq!(fs::read(&desk.path).unwrap(), whole);
        }
    }

    #[test]
    fn bad_input_and_a_missing_or_foreign_log_are_refused() {
        let desk = Desk::new();
        let item = payload(1);
        let mut verifier = desk.open().unwrap();
        for key in ["", &"x".repeat(256)] {
            let refused = verifier.scan(&sighting(&item, key));
            assert!(matches!(refused, Err(VerifierError::IdempotencyKey)));
        }
        let refused = verifier.scan(&sighting(&item[1..], "k"));
        assert!(matches!(refused, Err(VerifierError::Payload(_))));
        assert_eq!(fs::metadata(&desk.path).unwrap().len(), 0);
        verifier.scan(&sighting(&item, "k")).unwrap();
        assert!(matches!(
            desk.open(),
            Err(VerifierError::Log(LogError::Locked { .. }))
        ));
        drop(verifier);
        let other = SigningKey::generate("other").unwrap();
        assert!(matches!(
            Verifier::open(&desk.path, other),
            Err(VerifierError::Damaged { number: 1 })
        ));
        fs::remove_file(&desk.path).unwrap();
        assert!(matches!(
            desk.open(),
            Err(VerifierError::Log(LogError::Io { .. }))
        ));
    }
}
