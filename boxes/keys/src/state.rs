//! What the keys box remembers, and how its journal tells it.

use item::{
    AccountId, Digest, Epoch, IssuingCertificate, Layout, MeterSerial, RequestId, Signed, Time,
    codes, layout,
};
use journal::{Record, Rejected};
use keeper::KeptEpoch;
use std::collections::HashMap;
use vault::{Secret, UnlockedKeys};
use wire::OpenedEpoch;

codes! {
    /// Kinds of journal record.
    pub enum Kept: u8 {
        /// In a snapshot: the box itself.
        Head = 1,
        /// A serial was allocated.
        Serial = 2,
        /// A pack was signed.
        Pack = 3,
        /// A pack key was made.
        PackKey = 4,
        /// A heartbeat.
        Heartbeat = 5,
        /// An act confirmed the time.
        ConfirmTime = 6,
        /// An act opened an epoch.
        Opened = 7,
        /// This box took its own keys of one.
        Taken = 8,
    }
}

layout! {
    /// The box itself.
    pub struct KeptHead {
        /// Newest time.
        pub time: Time,
        /// Last serial given; `FIRST_SERIAL - 1` before.
        pub serial: u32,
        /// Last pack.
        pub pack: u64,
        /// Sequence of the last act on the box.
        pub act_sequence: u64,
    }
}

layout! {
    /// An act that confirmed the time.
    pub struct KeptTime {
        /// Its sequence.
        pub act_sequence: u64,
        /// The time that it confirmed.
        pub time: Time,
    }
}

layout! {
    /// One serial.
    pub struct KeptSerial {
        /// Request that it answers.
        pub request: RequestId,
        /// Owner.
        pub account: AccountId,
        /// The serial.
        pub serial: MeterSerial,
        /// Epoch of the receipt.
        pub epoch: Epoch,
        /// When.
        pub time: Time,
    }
}

layout! {
    /// An epoch that an act opened: what everybody gets who asks for it.
    pub struct KeptOpened {
        /// Sequence of the act.
        pub act_sequence: u64,
        /// Its digest: the same act again is no other.
        pub act: Digest,
        /// What was made.
        pub opened: OpenedEpoch,
    }
}

layout! {
    /// A pack key made after the ceremony.
    pub struct KeptPackKey {
        /// Its certificate.
        pub certificate: Signed<IssuingCertificate>,
        /// Its secret.
        pub secret: Secret,
    }
}

/// What the journal said, while it is read.
#[derive(Default)]
pub(crate) struct Replay {
    pub(crate) head: Option<KeptHead>,
    pub(crate) serials: HashMap<RequestId, KeptSerial>,
    pub(crate) pack: Option<KeptPackKey>,
    pub(crate) opened: Vec<KeptOpened>,
    pub(crate) taken: Vec<KeptEpoch>,
}

fn unreadable(error: impl std::fmt::Display) -> Rejected {
    Rejected(error.to_string())
}

impl Replay {
    pub(crate) fn record(
        &mut self,
        keys: &UnlockedKeys,
        record: Record<'_>,
    ) -> Result<(), Rejected> {
        let (Record::Snapshot { kind, bytes } | Record::Appended { kind, bytes, .. }) = record;
        let plain = keys.open_journal(bytes).map_err(unreadable)?;
        match Kept::from_bytes(&[kind]).map_err(unreadable)? {
            Kept::Head => self.head = Some(KeptHead::from_bytes(&plain).map_err(unreadable)?),
            Kept::Serial => {
                let kept = KeptSerial::from_bytes(&plain).map_err(unreadable)?;
                let head = self.head()?;
                head.serial = head.serial.max(kept.serial.0);
                head.time = head.time.max(kept.time);
                self.serials.insert(kept.request, kept);
            }
            Kept::Pack => {
                let sequence = u64::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.pack = sequence;
            }
            Kept::PackKey => {
                self.pack = Some(KeptPackKey::from_bytes(&plain).map_err(unreadable)?);
            }
            Kept::Heartbeat => {
                let time = Time::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.time = time;
            }
            Kept::ConfirmTime => {
                let kept = KeptTime::from_bytes(&plain).map_err(unreadable)?;
                let head = self.head()?;
                (head.act_sequence, head.time) = (kept.act_sequence, kept.time);
            }
            Kept::Opened => {
                let kept = KeptOpened::from_bytes(&plain).map_err(unreadable)?;
                self.head()?.act_sequence = kept.act_sequence;
                self.opened.push(kept);
            }
            Kept::Taken => {
                self.taken
                    .push(KeptEpoch::from_bytes(&plain).map_err(unreadable)?);
            }
        }
        Ok(())
    }

    fn head(&mut self) -> Result<&mut KeptHead, Rejected> {
        self.head
            .as_mut()
            .ok_or_else(|| unreadable("a record stands before the box's own"))
    }
}
