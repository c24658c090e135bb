//! The running keys box: serials and manufacture receipts (P18), verification packs (P32), epochs
//! opened by act (P3: `acts`, `opening`).

use crate::issuer::{PACK_VALID, certify};
use crate::state::{Kept, KeptHead, KeptOpened, KeptPackKey, KeptSerial, Replay};
use item::{
    BoxKind, Bytes, Digest, IssuingCertificate, KeySerial, KeyUsage, Layout, LayoutError, List,
    ManufactureReceipt, MeterSerial, Mills, PackBody, RequestId, Signed, Suite, Time, Version,
};
use journal::disk::{Disk, RealDisk};
use journal::{Committed, Journal, JournalError, Sequence};
use keeper::{
    Caller, Clock, ClockFault, Failed, Ground, JournalMac, Now, Pending, Service, StartError,
};
use std::collections::HashMap;
use std::path::Path;
use vault::{BoxPackage, Entropy, SigningKey, UnlockedKeys, VaultError};
use verify::Installation;
use wire::{
    Allocate, KeysAnswer, KeysRequest, PackRequest, Refusal, RefusalCode, Reply, Request, Status,
};

/// Serial of the first meter.
const FIRST_SERIAL: u32 = 10_000_001;
/// A pack is good for this long, milliseconds: 7 days.
const PACK_GOOD: u64 = 7 * 86_400_000;
/// A pack key with less than this left is replaced: 30 days.
const PACK_KEY_LEFT: u64 = 30 * 86_400_000;

/// The keys box.
pub struct KeysBox<D: Disk = RealDisk> {
    pub(crate) ground: Ground,
    pub(crate) root: SigningKey,
    pack: (Signed<IssuingCertificate>, SigningKey),
    pub(crate) journal: Journal<JournalMac, D>,
    pub(crate) entropy: Box<dyn Entropy>,
    pub(crate) clock: Clock,
    pub(crate) head: KeptHead,
    serials: HashMap<RequestId, KeptSerial>,
    /// Ascending.
    pub(crate) opened: Vec<KeptOpened>,
    /// With every epoch that was opened, also those that this box has not taken yet: what packs say.
    pub(crate) public: Installation,
    failed: Option<String>,
}

impl KeysBox {
    /// Makes the state of a new keys box from its sealed package.
    ///
    /// # Errors
    /// [`StartError`]; a folder that holds anything is never touched.
    pub fn init(
        folder: &Path,
        package: &[u8],
        keys: UnlockedKeys,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<(), StartError> {
        let disk = RealDisk::at(folder);
        disk.create_folder()
            .map_err(|error| StartError::State(format!("{}: {error}", folder.display())))?;
        Self::init_on(&disk, package, keys, now, entropy)
    }

    /// Opens the state.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(
        folder: &Path,
        keys: UnlockedKeys,
        now: Now,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, StartError> {
        Self::open_on(RealDisk::at(folder), keys, now, entropy)
    }
}

impl<D: Disk> KeysBox<D> {
    /// As `init`, on any disk.
    ///
    /// # Errors
    /// As there.
    pub fn init_on(
        disk: &D,
        package: &[u8],
        mut keys: UnlockedKeys,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<(), StartError> {
        let mac = JournalMac(keys.journal_mac());
        let opened = keys.enrolment()?.open(package)?;
        let package = BoxPackage::from_bytes(&opened).map_err(|_| StartError::Package)?;
        if package.kind != BoxKind::Keys {
            return Err(StartError::OtherKind(package.kind));
        }
        let sealed = keys.seal_package(&package, entropy)?;
        let head = KeptHead {
            time: now.wall,
            serial: FIRST_SERIAL.saturating_sub(1),
            pack: 0,
            act_sequence: 0,
        };
        let snapshot = [(Kept::Head.code(), keys.seal_journal(&head.to_bytes())?)];
        Ok(Journal::init_on(disk, &sealed, now.wall.0, snapshot, mac)?)
    }

    /// As `open`, on any disk.
    ///
    /// # Errors
    /// As there.
    pub fn open_on(
        disk: D,
        keys: UnlockedKeys,
        now: Now,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, StartError> {
        let mut replay = Replay::default();
        let mac = JournalMac(keys.journal_mac());
        let (journal, found) = Journal::open_on(disk, mac, |r| replay.record(&keys, r))?;
        let head = replay
            .head
            .ok_or_else(|| StartError::State("the box's own record is missing".into()))?;
        let mut ground = Ground::open(&journal, &found, keys, BoxKind::Keys)?;
        for kept in replay.taken {
            ground.add_epoch(kept)?;
        }
        let clock = Clock::start(now, head.time);
        ground.turn(clock.latest())?;
        let mut public = ground.installation.clone();
        for kept in &replay.opened {
            public
                .learn(kept.opened.opening.as_slice())
                .map_err(StartError::Transcript)?;
        }
        let root = ground
            .package
            .signing
            .as_slice()
            .iter()
            .find(|k| k.serial == KeySerial(0))
            .ok_or(StartError::Package)?;
        let root = SigningKey::from_secret(&root.secret, &root.public)?;
        let pack = match replay.pack {
            Some(kept) => {
                let key = SigningKey::from_secret(&kept.secret, &kept.certificate.body.key)?;
                (kept.certificate, key)
            }
            None => ceremony_pack_key(&ground)?,
        };
        Ok(Self {
            root,
            pack,
            journal,
            entropy,
            clock,
            head,
            serials: replay.serials,
            opened: replay.opened,
            public,
            failed: None,
            ground,
        })
    }

    /// What this box stands on.
    #[must_use]
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    pub(crate) fn keep(&mut self, kind: Kept, plain: &[u8]) -> Result<(), RefusalCode> {
        let sealed = self.ground.keys.seal_journal(plain);
        let kept = sealed.map_err(|e| e.to_string()).and_then(|s| {
            self.journal
                .append(kind.code(), &s)
                .map_err(|e| e.to_string())
        });
        kept.map(|_| ()).map_err(|why| self.fail(why))
    }

    fn receipt(
        &mut self,
        ask: &Allocate,
        now: Time,
    ) -> Result<Signed<ManufactureReceipt>, RefusalCode> {
        self.ground.signs_at(now)?;
        let kept = match self.serials.get(&ask.request) {
            Some(kept) if kept.account == ask.account => kept.clone(),
            Some(_) => return Err(RefusalCode::Mismatch),
            None => {
                let serial = self
                    .head
                    .serial
                    .checked_add(1)
                    .ok_or(RefusalCode::RegisterWidth)?;
                let kept = KeptSerial {
                    request: ask.request,
                    account: ask.account,
                    serial: MeterSerial(serial),
                    epoch: self.ground.window().current,
                    time: now,
                };
                self.keep(Kept::Serial, &kept.to_bytes())?;
                self.head.serial = serial;
                self.serials.insert(ask.request, kept.clone());
                kept
            }
        };
        let transcript = self.ground.installation.transcript();
        // The same receipt again is of the same epoch, whichever is in force.
        let (key, signer) = self
            .ground
            .signing_key_of(KeyUsage::Receipt, kept.epoch)
            .map_err(|_| RefusalCode::Internal)?;
        signer
            .sign_body(ManufactureReceipt {
                version: Version,
                suite: signer.public().suite(),
                key,
                installation: transcript.installation,
                epoch: kept.epoch,
                serial: kept.serial,
                manufacturing_number: u64::from(kept.serial.0),
                account: kept.account,
                item_kind: item::ItemKind::Postage,
                post: transcript.post,
                currency: transcript.currency,
                vendor: transcript.vendor,
                model: transcript.model,
                request: kept.request,
                time: kept.time,
                transcript: self.ground.installation.digest(),
            })
            .map_err(|_| RefusalCode::Internal)
    }

    /// Digest of the checkpoint whose total the voids close, zero if none is named (P32): whoever
    /// leaves a void out of a pack that names one would need another void of the same value.
    fn closed(&self, ask: &PackRequest) -> Result<Digest, RefusalCode> {
        let Some(signed) = &ask.closes else {
            return Ok(Digest::ZERO);
        };
        let (key, time) = (signed.body.key, signed.body.time);
        // The meter box may be an epoch ahead.
        let checkpoint = self
            .public
            .open_statement(
                signed.clone(),
                key,
                BoxKind::Meter,
                KeyUsage::Decision,
                time,
            )
            .map_err(|_| RefusalCode::BadSignature)?;
        let mut sum = Mills::ZERO;
        for void in &ask.voids {
            sum = sum.plus(void.value).ok_or(RefusalCode::RegisterWidth)?;
        }
        let closes = checkpoint.box_kind == BoxKind::Meter
            && checkpoint.installation == self.ground.installation.transcript().installation
            && checkpoint.sums.item_credits == sum;
        if closes {
            Ok(checkpoint.digest())
        } else {
            Err(RefusalCode::Mismatch)
        }
    }

    fn sign_pack(&mut self, ask: PackRequest, now: Time) -> Result<Signed<PackBody>, RefusalCode> {
        let ascending = ask
            .voids
            .as_slice()
            .is_sorted_by(|a, b| (a.meter, a.piece_count) < (b.meter, b.piece_count));
        if !ascending {
            return Err(RefusalCode::Malformed);
        }
        let closes = self.closed(&ask)?;
        if now < self.ground.signs.start {
            return Err(RefusalCode::ClockDoubtful);
        }
        let key = &self.pack.0.body;
        // It starts later than now after a clock was set back by act.
        if now < key.not_before || now.0.saturating_add(PACK_KEY_LEFT) >= key.not_after.0 {
            self.renew_pack_key(now)?;
        }
        let sequence = self
            .head
            .pack
            .checked_add(1)
            .ok_or(RefusalCode::RegisterWidth)?;
        self.keep(Kept::Pack, &sequence.to_bytes())?;
        self.head.pack = sequence;
        let transcript = self.ground.installation.transcript();
        let certificates = self
            .public
            .signed_certificates()
            .filter(|c| matches!(c.body.usage, KeyUsage::Item | KeyUsage::Decision))
            .cloned()
            .collect();
        self.pack
            .1
            .sign_body(PackBody {
                version: Version,
                installation: transcript.installation,
                sequence,
                issued: now,
                expires: Time(now.0.saturating_add(PACK_GOOD)),
                post: transcript.post,
                pack_certificate: self.pack.0.clone(),
                certificates: List::new(certificates).map_err(|_| RefusalCode::Internal)?,
                revoked: List::default(),
                voids: ask.voids,
                closes,
            })
            .map_err(|_| RefusalCode::Internal)
    }

    fn renew_pack_key(&mut self, now: Time) -> Result<(), RefusalCode> {
        let internal = |_: VaultError| RefusalCode::Internal;
        let (key, secret) =
            SigningKey::generate(Suite::Ed25519, self.entropy.as_mut()).map_err(internal)?;
        let last = &self.pack.0.body;
        let certificate = certify(
            &self.root,
            IssuingCertificate {
                // Pack certificates travel inside their pack: their serials need no other order.
                serial: KeySerial(last.serial.0.saturating_add(1)),
                not_before: now,
                not_after: Time(now.0.saturating_add(PACK_VALID)),
                key: key.public().clone(),
                ..last.clone()
            },
        )
        .map_err(internal)?;
        let kept = KeptPackKey {
            certificate,
            secret,
        };
        self.keep(Kept::PackKey, &kept.to_bytes())?;
        self.pack = (kept.certificate, key);
        Ok(())
    }

    fn status(&self, now: Now) -> Status {
        let transcript = self.ground.installation.transcript();
        Status {
            installation: transcript.installation,
            kind: BoxKind::Keys,
            id: self.ground.id,
            epoch: self.ground.window().current,
            taken: self.ground.installation.newest_epoch().epoch,
            time: self.clock.latest().max(now.wall),
            subjects: self.serials.len() as u64,
            open: 0,
            journal_sequence: self.journal.sequence().0,
            latched: false,
            clock_doubtful: self.clock.fault().is_some(),
            act_sequence: self.head.act_sequence,
        }
    }

    pub(crate) fn fail(&mut self, why: String) -> RefusalCode {
        self.failed = Some(why);
        RefusalCode::Internal
    }

    fn answer(&mut self, request: Request, now: Now) -> Result<Reply, Refusal> {
        if self.failed.is_some() {
            return Err(RefusalCode::Internal.into());
        }
        let time = self
            .clock
            .read(now)
            .map_err(|_: ClockFault| RefusalCode::ClockDoubtful);
        if let Ok(time) = time {
            let turned = self.ground.turn(time);
            turned.map_err(|error| self.fail(error.to_string()))?;
        }
        match request {
            Request::Status(_) => Ok(Reply::Status(self.status(now))),
            Request::Query(body) => {
                let ask = KeysRequest::from_bytes(body.as_slice())
                    .map_err(|_: LayoutError| RefusalCode::Malformed)?;
                let answer = match ask {
                    KeysRequest::Allocate(ask) => KeysAnswer::Receipt(self.receipt(&ask, time?)?),
                    KeysRequest::Pack(ask) => KeysAnswer::Pack(self.sign_pack(ask, time?)?),
                    KeysRequest::EpochAfter(epoch) => KeysAnswer::Epoch(self.epoch_after(epoch)),
                };
                let bytes = Bytes::new(answer.to_bytes()).map_err(|_| RefusalCode::TooLarge)?;
                Ok(Reply::Answer(bytes))
            }
            Request::BoxAct(act) => {
                self.carry_out(act, time, now)?;
                Ok(Reply::Acted(None))
            }
            Request::TakeEpoch(asked) => Ok(Reply::Taken(self.take_epoch(asked)?)),
            Request::Decide(_)
            | Request::ListOpen(_)
            | Request::Checkpoint(_)
            | Request::Acknowledge(_)
            | Request::Page(_)
            | Request::Recall(_)
            | Request::Reissue(_) => Err(RefusalCode::Malformed.into()),
        }
    }
}

/// The pack key that the ceremony made, with its certificate out of the transcript.
fn ceremony_pack_key(
    ground: &Ground,
) -> Result<(Signed<IssuingCertificate>, SigningKey), StartError> {
    let (serial, key) = ground.package.signing_key(KeyUsage::Pack)?;
    let certificate = ground
        .installation
        .transcript()
        .certificates
        .as_slice()
        .iter()
        .find(|c| c.body.serial == serial)
        .ok_or(StartError::Package)?;
    Ok((certificate.clone(), key))
}

impl<D: Disk + Send> Service for KeysBox<D>
where
    Journal<JournalMac, D>: Send,
{
    fn kind(&self) -> BoxKind {
        BoxKind::Keys
    }

    fn handle(&mut self, _: Caller, request: Request, now: Now) -> Pending {
        let reply = self.answer(request, now).unwrap_or_else(Reply::Refused);
        Pending::new(Sequence(self.journal.sequence().0.saturating_sub(1)), reply)
    }

    fn commit(&mut self) -> Result<Committed, Failed> {
        if let Some(why) = &self.failed {
            return Err(Failed(why.clone()));
        }
        self.journal
            .commit()
            .map_err(|e: JournalError| Failed(e.to_string()))
    }

    fn tick(&mut self, now: Now) -> Result<(), Failed> {
        // A doubtful clock stops issuing, not the box: status says so.
        let _ = self.clock.read(now);
        if let Some(time) = self.clock.heartbeat_due() {
            self.keep(Kept::Heartbeat, &time.to_bytes())
                .map_err(|code| Failed(code.name().to_owned()))?;
            self.commit()?;
        }
        Ok(())
    }
}
