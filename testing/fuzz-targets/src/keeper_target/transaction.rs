//! Target `keeper_transaction`: chains of events. Each entry follows the one before, and stands on
//! a decision that a box of this installation signed, about this account, of the kind that makes
//! such an event.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use item::{
    AccountId, AuthRecord, BoxId, BoxKind, Bytes, ChainEntry, ChainRecord, Counter, Decision,
    DecisionKind, Digest, EventKind, KeySerial, KeyUsage, Layout, List, MeterSerial, Mills,
    RequestId, Rights, Sealed, Signed, Subject, Suite, Time, UserId, UserRecord, Version,
};
use keeper::{Ground, Now, StartError};
use transaction::TransactionRules;
use vault::{RecordKeys, SigningKey};
use verify::{account_of, record_digest, statement_digest};
use wire::{Append, ChainRequest, Delivery};

use super::{Decided, Desk, Kind, Start, odd};
use crate::house::{HOUSE, MINUTE, START};

const FOUNDERS: [UserId; 3] = [UserId([1; 16]), UserId([2; 16]), UserId([3; 16])];

/// A user whom somebody added.
const FURTHER: UserId = UserId([4; 16]);

/// Keys of the boxes whose decisions are chained, and of those whose decisions are not.
static SIGNERS: LazyLock<BTreeMap<BoxKind, (KeySerial, SigningKey)>> = LazyLock::new(|| {
    let usage = |kind| match kind {
        BoxKind::Keys => KeyUsage::Receipt,
        _ => KeyUsage::Decision,
    };
    BoxKind::ALL
        .iter()
        .map(|kind| (*kind, HOUSE.signing(*kind, usage(*kind))))
        .collect()
});

/// Which decision makes which event; written again from the protocol.
fn makes(kind: BoxKind, decision: DecisionKind) -> Option<EventKind> {
    use DecisionKind as D;
    // Each kind is named: one that is forgotten here does not compile.
    let (by, event) = match decision {
        D::Act | D::Reissue if kind == BoxKind::Auth => (BoxKind::Auth, EventKind::UserChanged),
        D::SignUp => (BoxKind::Auth, EventKind::SignUp),
        D::LogIn => (BoxKind::Auth, EventKind::LogIn),
        D::LogInFailed => (BoxKind::Auth, EventKind::LogInFailed),
        D::LogOut => (BoxKind::Auth, EventKind::LogOut),
        D::PasswordChange
        | D::SetUser
        | D::BeginRecovery
        | D::FinishRecovery
        | D::SetSigningKey => (BoxKind::Auth, EventKind::UserChanged),
        D::AddUser => (BoxKind::Auth, EventKind::UserAdded),
        D::AddKey => (BoxKind::Auth, EventKind::KeyAdded),
        D::RollKey => (BoxKind::Auth, EventKind::KeyRolled),
        D::RevokeKey => (BoxKind::Auth, EventKind::KeyRevoked),
        D::Manufacture => (BoxKind::Meter, EventKind::MeterMade),
        D::Act | D::Reissue | D::Report => (BoxKind::Meter, EventKind::LifeCycle),
        D::Refill => (BoxKind::Meter, EventKind::Funding),
        D::ItemCredit => (BoxKind::Meter, EventKind::ItemCredited),
        D::BalanceRefund => (BoxKind::Meter, EventKind::BalanceRefunded),
        D::Dispense | D::UseKey | D::Append => return None,
    };
    (by == kind).then_some(event)
}

/// The chains of a story.
#[derive(Clone, Default)]
pub(crate) struct Chains {
    entries: BTreeMap<Subject, Vec<ChainEntry>>,
}

impl Kind for Chains {
    type Rules = TransactionRules;
    const CAUSE_ONCE: bool = false;

    fn rules(ground: &Ground) -> std::result::Result<TransactionRules, StartError> {
        TransactionRules::new(ground)
    }

    fn subjects(&self) -> Vec<Subject> {
        FOUNDERS
            .map(|founder| account_of(founder).subject())
            .to_vec()
    }

    fn request(
        &mut self,
        u: &mut Unstructured<'_>,
        subject: Subject,
        newest: Option<&ChainRecord>,
        _: Now,
    ) -> Result<Vec<u8>> {
        let founder = FOUNDERS
            .into_iter()
            .find(|founder| account_of(*founder).subject() == subject);
        let founder = founder.unwrap_or(FOUNDERS[0]);
        let (kind, decision) = match (newest, odd(u)?) {
            (None, 0) => (BoxKind::Auth, DecisionKind::SignUp),
            (Some(_), 0) => *u.choose(&[
                (BoxKind::Auth, DecisionKind::LogIn),
                (BoxKind::Auth, DecisionKind::LogInFailed),
                (BoxKind::Auth, DecisionKind::LogOut),
                (BoxKind::Auth, DecisionKind::PasswordChange),
                (BoxKind::Auth, DecisionKind::Act),
                (BoxKind::Auth, DecisionKind::AddUser),
                (BoxKind::Auth, DecisionKind::SetUser),
                (BoxKind::Meter, DecisionKind::Manufacture),
                (BoxKind::Meter, DecisionKind::Act),
                (BoxKind::Meter, DecisionKind::Refill),
                (BoxKind::Meter, DecisionKind::ItemCredit),
                (BoxKind::Meter, DecisionKind::BalanceRefund),
            ])?,
            _ => (*u.choose(BoxKind::ALL)?, *u.choose(DecisionKind::ALL)?),
        };
        let event = match (makes(kind, decision), odd(u)?) {
            (Some(event), 0) => event,
            _ => *u.choose(EventKind::ALL)?,
        };
        // Of a further user of some account, with the record that the decision made.
        let record = match odd(u)? % 4 {
            1 => further(account_of(founder)),
            2 => further(account_of(*u.choose(&FOUNDERS)?)),
            3 => further(AccountId([u.arbitrary()?; 16])),
            _ => Vec::new(),
        };
        let mut decision = signed(u, founder, kind, decision, &record)?;
        let mut shown = record;
        if !shown.is_empty() {
            match odd(u)? % 4 {
                1 => decision.body.new = record_digest(&shown),
                2 => shown.clear(),
                3 => {
                    let at = u.choose_index(shown.len())?;
                    shown[at] ^= 1;
                }
                _ => {}
            }
        }
        let append = Append {
            previous: self.previous(u, subject)?,
            event,
            decision,
            record: Bytes::new(shown).unwrap_or_default(),
        };
        Ok(ChainRequest::Append(append).to_bytes())
    }

    fn question(&mut self, u: &mut Unstructured<'_>, shown: Vec<u8>, _: Now) -> Result<Vec<u8>> {
        let count = u.int_in_range(0..=20usize)?.min(u.len());
        Ok([u.bytes(count)?, &shown].concat())
    }

    fn answered(&mut self, _: &[u8], _: &[u8], _: Now) {
        panic!("no question is known to a transaction box");
    }

    fn twin(record: &mut ChainRecord, how: u8) {
        match how % 3 {
            0 => record.counter.0 += 1,
            1 => record.head = Digest([how; 32]),
            _ => record.last_time = Time(0),
        }
    }

    fn made_again(&mut self, after: &ChainRecord, delivery: &Delivery) {
        let [row] = delivery.rows.as_slice() else {
            panic!("a chain goes on with the entry of its gap");
        };
        let entry = ChainEntry::from_bytes(row.as_slice()).expect("an entry");
        assert_eq!(after.head, statement_digest(row.as_slice()));
        self.entries
            .entry(delivery.subject)
            .or_default()
            .push(entry);
    }

    fn check(&mut self, decided: &Decided<'_, ChainRecord>, _: &RecordKeys) {
        let Decided {
            before,
            after,
            delivery,
            decision,
            entry,
        } = decided;
        assert_eq!(decision.decision, DecisionKind::Append);
        let [row] = delivery.rows.as_slice() else {
            panic!("not one entry");
        };
        let row = row.as_slice();
        let chained = ChainEntry::from_bytes(row).expect("an entry");
        assert_eq!(chained.account, after.account);
        assert_eq!(after.account.subject(), delivery.subject);
        assert_eq!(chained.sequence, after.counter.0);
        let head = before.as_ref().map_or(Digest::ZERO, |record| record.head);
        assert_eq!(chained.previous, head, "it follows the one before");
        assert_eq!(after.head, statement_digest(row));
        assert_eq!(decision.head, after.head);
        let founds = chained.event == EventKind::SignUp;
        assert_eq!(founds, before.is_none(), "a chain begins with its founder");
        let entries = self.entries.entry(delivery.subject).or_default();
        if let Some(entry) = entry {
            let ChainRequest::Append(asked) = ChainRequest::from_bytes(entry.body.as_slice())
                .expect("no decision about no request");
            caused(&asked.decision, asked.record.as_slice(), &chained);
            assert_eq!(asked.event, chained.event);
            assert_eq!(
                asked.previous.as_ref(),
                entries.last(),
                "the newest was shown"
            );
        }
        entries.push(chained);
    }
}

/// The decision that an entry stands on is a box's, and makes this event in this account.
fn caused(shown: &Signed<Decision>, record: &[u8], chained: &ChainEntry) {
    let Decision {
        key,
        box_kind,
        time,
        decision,
        subject,
        ..
    } = shown.body;
    let usage = KeyUsage::Decision;
    let installation = &HOUSE.installation;
    let opened = installation.open_statement(shown.clone(), key, box_kind, usage, time);
    assert!(opened.is_ok(), "a decision that no box signed");
    assert_eq!(makes(box_kind, decision), Some(chained.event));
    assert_eq!(chained.decision, statement_digest(&shown.to_bytes()));
    assert_eq!((chained.happened, chained.subject), (time, subject));
    if box_kind == BoxKind::Auth {
        let account = match record {
            [] => account_of(UserId(subject.0)),
            record => {
                assert_eq!(record_digest(record), shown.body.new, "another record");
                let record = Sealed::<AuthRecord>::from_bytes(record).expect("a record");
                record.body.account()
            }
        };
        assert_eq!(account, chained.account, "another account's user");
    } else {
        assert!(record.is_empty(), "a meter has no such record");
    }
}

impl Chains {
    /// The newest entry, mostly.
    fn previous(&self, u: &mut Unstructured<'_>, subject: Subject) -> Result<Option<ChainEntry>> {
        let entries = self.entries.get(&subject).map_or(&[][..], Vec::as_slice);
        let mut previous = entries.last().cloned();
        match odd(u)? % 9 {
            1 => previous = None,
            2 | 3 if !entries.is_empty() => previous = Some(u.choose(entries)?.clone()),
            4 => previous = self.entries.values().flatten().next().cloned(),
            5..=8 => {
                if let Some(entry) = &mut previous {
                    match u.int_in_range(0..=3u8)? {
                        0 => entry.sequence ^= 1,
                        1 => entry.account = AccountId([9; 16]),
                        2 => entry.recorded.0 ^= 1,
                        _ => entry.previous = Digest([1; 32]),
                    }
                }
            }
            _ => {}
        }
        Ok(previous)
    }
}

/// A further user's record of an account, as some auth box made it; nobody here checks its MAC.
fn further(account: AccountId) -> Vec<u8> {
    let body = UserRecord {
        version: Version,
        suite: Suite::Ed25519,
        epoch: HOUSE.epoch(),
        user: FURTHER,
        account,
        rights: Rights::READ,
        ceiling: Mills(1),
        meters: List::default(),
        passwords: [9; UserRecord::PASSWORDS_SEALED],
        failed_attempts: 0,
        next_allowed: Time(0),
        last_challenge: Digest::ZERO,
        last_login: Time(0),
        signing_key: None,
        recovery: Digest::ZERO,
        recovery_from: Time(0),
        session_generation: 0,
        act_sequence: 0,
        counter: Counter(1),
        last_time: Time(START),
        last_decision: Digest::ZERO,
        box_id: BoxId(1),
    };
    Sealed {
        body: AuthRecord::User(body),
        mac: [7; 32],
    }
    .to_bytes()
}

fn signed(
    u: &mut Unstructured<'_>,
    founder: UserId,
    kind: BoxKind,
    decision: DecisionKind,
    record: &[u8],
) -> Result<Signed<Decision>> {
    let (key, _) = SIGNERS[&kind];
    let mut body = Decision {
        version: Version,
        suite: Suite::Ed25519,
        key,
        installation: HOUSE.id(),
        box_kind: kind,
        box_id: BoxId(1),
        subject: match kind {
            BoxKind::Meter => MeterSerial(10_000_001).subject(),
            _ if !record.is_empty() => FURTHER.subject(),
            _ => founder.subject(),
        },
        decision,
        counter: Counter(u64::from(u.arbitrary::<u8>()?)),
        request: RequestId([5; 32]),
        old: Digest::ZERO,
        new: match record {
            [] => Digest([3; 32]),
            record => record_digest(record),
        },
        head: Digest::ZERO,
        evidence: Digest::ZERO,
        time: Time(START + MINUTE),
        journal_sequence: 1,
    };
    let flaw = odd(u)? % 10;
    let mut signer = kind;
    match flaw {
        1 => body.subject = u.choose(&FOUNDERS)?.subject(),
        2 => body.installation.0[0] ^= 1,
        3 => body.time = Time(START - 1),
        4 => body.key = KeySerial(u32::from(u.arbitrary::<u8>()?)),
        5 => body.box_kind = *u.choose(BoxKind::ALL)?,
        6 => signer = *u.choose(BoxKind::ALL)?,
        7 => body.time = Time(u.arbitrary()?),
        _ => {}
    }
    let mut signed = SIGNERS[&signer].1.sign_body(body).expect("signs");
    match flaw {
        8 => signed.body.decision = *u.choose(DecisionKind::ALL)?,
        9 => signed.signature[u.choose_index(64)?] ^= 1,
        _ => {}
    }
    Ok(signed)
}

/// Two accounts, the first with a few entries.
static PREPARED: LazyLock<Start<Chains>> = LazyLock::new(|| {
    let mut desk = Desk::new(&Start::<Chains>::empty());
    for (founder, entries) in [(FOUNDERS[0], 3), (FOUNDERS[1], 1)] {
        let subject = account_of(founder).subject();
        for _ in 0..entries {
            let newest = desk.book.newest(subject);
            // Without bytes a request is in order.
            let u = &mut Unstructured::new(&[]);
            let now = desk.now;
            let body = desk.book.kind.request(u, subject, newest.as_ref(), now);
            desk.done(subject, body.expect("no bytes are needed"));
        }
    }
    desk.end()
});

static EMPTY: LazyLock<Start<Chains>> = LazyLock::new(Start::empty);

/// Target `keeper_transaction`.
pub(crate) fn run(data: &[u8]) {
    super::tell_story(data, &PREPARED, &EMPTY);
}
