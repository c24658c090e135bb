//! A ceremony with one box of each kind, and a keys box in front of one server.

use item::*;
use keeper::{Caller, Now, Service};
use keys::{Ceremony, KeysBox, Plan, hold};
use tempfile::TempDir;
use vault::{BoxPackage, OsEntropy, Secret, SigningKey, UnlockedKeys};
use verify::Tagged;
use wire::{KeysAnswer, KeysRequest, Reply, Request};

pub(crate) const START: u64 = 20_778 * DAY;
pub(crate) const DAY: u64 = 86_400_000;

pub(crate) fn signer(name: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([name; 32])).unwrap()
}

/// What a box's unlock secret gives.
pub(crate) fn unlocked(kind: BoxKind) -> UnlockedKeys {
    UnlockedKeys::new(&Secret::new([kind.code(); 32]), &mut OsEntropy).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A config that is understood.
pub(crate) fn config(suite: &str) -> String {
    let key = |name: u8| format!("ed25519:{}", hex(signer(name).public().bytes()));
    let mut text = format!(
        "# a comment\ninstallation Test house # and one here\nmode specimen\npost 1\n\
         currency 840\nvendor IN\nmodel 01\nsuite {suite}\n\noperators-required 1\n\
         operator one {}\ntreasury-required 1\ntreasury money {}\nrefunders-required 1\n\
         refunder back {}\nverifier door {}\n\
         rate-signer rates {}\nserver first {}\n",
        key(11),
        key(21),
        key(61),
        key(31),
        key(41),
        key(51)
    );
    for kind in BoxKind::ALL {
        let enrolment = unlocked(*kind).enrolment().unwrap();
        let line = format!(
            "box {} 1 {}\n",
            kind.name().to_lowercase(),
            hex(enrolment.public())
        );
        text.push_str(&line);
    }
    text
}

pub(crate) fn ceremony(suite: &str) -> Ceremony {
    let text = config(suite);
    let plan = Plan::parse(&text).unwrap();
    hold(
        &plan,
        &text,
        &Secret::new([77; 32]),
        Time(START),
        &mut OsEntropy,
    )
    .unwrap()
}

pub(crate) fn package(ceremony: &Ceremony, kind: BoxKind) -> &[u8] {
    let (_, sealed) = ceremony
        .packages
        .iter()
        .find(|(planned, _)| planned.kind == kind)
        .unwrap();
    sealed
}

/// One keys box.
pub(crate) struct Bench {
    pub(crate) ceremony: Ceremony,
    folder: TempDir,
    keys_box: Option<KeysBox>,
    pub(crate) now: u64,
}

impl Bench {
    pub(crate) fn new(suite: &str) -> Self {
        let ceremony = ceremony(suite);
        let folder = tempfile::tempdir().unwrap();
        KeysBox::init(
            folder.path(),
            package(&ceremony, BoxKind::Keys),
            unlocked(BoxKind::Keys),
            at(START),
            &mut OsEntropy,
        )
        .unwrap();
        let mut bench = Self {
            ceremony,
            folder,
            keys_box: None,
            now: START,
        };
        bench.restart();
        bench
    }

    pub(crate) fn restart(&mut self) {
        self.keys_box = None;
        self.keys_box = Some(
            KeysBox::open(
                self.folder.path(),
                unlocked(BoxKind::Keys),
                at(self.now),
                Box::new(OsEntropy),
            )
            .unwrap(),
        );
    }

    pub(crate) fn ask(&mut self, request: Request) -> Reply {
        let keys_box = self.keys_box.as_mut().unwrap();
        let pending = keys_box.handle(Caller(0), request, at(self.now));
        let committed = keys_box.commit().unwrap();
        pending.release(&committed).unwrap()
    }

    pub(crate) fn query(&mut self, ask: &KeysRequest) -> Result<KeysAnswer, wire::RefusalCode> {
        match self.ask(Request::Query(Bytes::new(ask.to_bytes()).unwrap())) {
            Reply::Answer(answer) => Ok(KeysAnswer::from_bytes(answer.as_slice()).unwrap()),
            Reply::Refused(refusal) => Err(refusal.code),
            other => panic!("{other:?}"),
        }
    }

    /// As another box of the ceremony signs its statements.
    pub(crate) fn sign_as<T: Layout + Tagged>(&self, kind: BoxKind, body: T) -> Signed<T> {
        let sealed = package(&self.ceremony, kind);
        let opened = unlocked(kind).enrolment().unwrap().open(sealed).unwrap();
        let package = BoxPackage::from_bytes(&opened).unwrap();
        let (_, key) = package.signing_key(KeyUsage::Decision).unwrap();
        key.sign_body(body).unwrap()
    }

    /// Lets days pass as the shell does.
    pub(crate) fn wait_days(&mut self, days: u64) {
        for _ in 0..days {
            self.now += DAY;
            let now = at(self.now);
            self.keys_box.as_mut().unwrap().tick(now).unwrap();
        }
    }
}

pub(crate) fn at(now: u64) -> Now {
    Now {
        wall: Time(now),
        since_boot: now,
    }
}
