//! Target `keeper_auth`: what is asked of an auth box. What must hold of its answers is in
//! `sessions`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use auth::AuthRules;
use item::limits::METERS_MAX;
use item::{
    Act, ActBody, ApiKeyId, ApiKeyRecord, AuthRecord, BoxKind, Bytes, Digest, Layout, List,
    MeterSerial, Mills, MultiSigned, Rights, Sealed, Subject, Time, UserId, UserRecord,
};
use keeper::{Ground, Now, StartError};
use vault::{MacKey, PasswordCost, RecordKeys, Secret, seal_authority};
use verify::{api_key_digest, recovery_digest, session_digest};
use wire::limits::RECORD_MAX;
use wire::{
    AddKey, AddUser, AuthQuery, AuthRequest, BeginRecovery, Delivery, FinishRecovery, KeyQuery,
    LogIn, Password, PasswordChange, Renewal, RollKey, SessionProof, SessionSecret, SetUser,
    SignUp, SignedOn,
};

use super::desk::any_act;
use super::sessions::Session;
use super::{Decided, Desk, Kind, Start, odd, own_keys};
use crate::house::{HOUSE, OPERATORS, START, sign_all};

const KEYS: [ApiKeyId; 2] = [ApiKeyId([7; 16]), ApiKeyId([8; 16])];
const USERS: [UserId; 3] = [UserId([1; 16]), UserId([2; 16]), UserId([3; 16])];

/// Eight to choose from, then one too short, one of one character, and none.
const PASSWORDS: [&str; 11] = [
    "correct horse 0",
    "correct horse 1",
    "correct horse 2",
    "correct horse 3",
    "correct horse 4",
    "correct horse 5",
    "correct horse 6",
    "\u{1f4ee} thirteen characters",
    "too short",
    "aaaaaaaaaaaaaaaa",
    "",
];

/// The users of a story, as their caller knows them.
#[derive(Clone, Default)]
pub(crate) struct Users {
    /// The password in force, where the caller was told how its requests ended.
    pub(super) passwords: BTreeMap<Subject, Option<Password>>,
    pub(super) newest: BTreeMap<Subject, UserRecord>,
    pub(super) newest_keys: BTreeMap<Subject, ApiKeyRecord>,
    /// Every record as it is stored, oldest first.
    pub(super) rows: BTreeMap<Subject, Vec<Vec<u8>>>,
    /// Every authority that a box has given out.
    pub(super) sessions: Vec<Session>,
}

impl Kind for Users {
    type Rules = AuthRules;
    const CAUSE_ONCE: bool = true;

    fn rules(ground: &Ground) -> std::result::Result<AuthRules, StartError> {
        // Cheap hashes: what is fuzzed is who gets an answer, not Argon2.
        let cost = PasswordCost {
            memory_kib: 8,
            passes: 1,
        };
        Ok(AuthRules::new(ground)?.with_cost(cost))
    }

    fn subjects(&self) -> Vec<Subject> {
        let users = USERS.into_iter().map(UserId::subject);
        users.chain(KEYS.map(ApiKeyId::subject)).collect()
    }

    fn request(
        &mut self,
        u: &mut Unstructured<'_>,
        subject: Subject,
        newest: Option<&AuthRecord>,
        now: Now,
    ) -> Result<Vec<u8>> {
        let is_key = KEYS.map(ApiKeyId::subject).contains(&subject);
        if is_key != (odd(u)? == 1) {
            let mut asked = self.about_key(u, now)?;
            own_keys::sign_order(u, &mut asked, subject, now)?;
            return Ok(asked.to_bytes());
        }
        let record = match newest {
            Some(AuthRecord::User(record)) => Some(record),
            Some(AuthRecord::Key(_)) => return Ok(AuthRequest::SignUp(sign_up(u)?).to_bytes()),
            None => None,
        };
        let Some(record) = record else {
            let mut asked = match u.int_in_range(0..=2u8)? {
                2 => AuthRequest::AddUser(AddUser {
                    manager: self.manager(u, now)?,
                    password: any_password(u)?,
                    rights: rights(u)?,
                    ceiling: ceiling(u)?,
                    meters: meters(u)?,
                }),
                _ => AuthRequest::SignUp(sign_up(u)?),
            };
            own_keys::sign_order(u, &mut asked, subject, now)?;
            return Ok(asked.to_bytes());
        };
        let mut asked = match u.int_in_range(0..=21u8)? {
            0..=2 => AuthRequest::LogIn(LogIn {
                password: self.password(u, subject)?,
                session: session_digest(&[u.arbitrary::<u8>()? % 4; 32]),
            }),
            3 | 4 => AuthRequest::LogOut(self.proof(u, now)?),
            5 | 6 => AuthRequest::ChangePassword(PasswordChange {
                old: self.password(u, subject)?,
                new: any_password(u)?,
            }),
            7 | 8 => AuthRequest::Act(act(u, record)?),
            9..=12 => AuthRequest::SetUser(SetUser {
                manager: self.manager(u, now)?,
                rights: rights(u)?,
                ceiling: ceiling(u)?,
                meters: meters(u)?,
            }),
            13 | 14 => AuthRequest::BeginRecovery(BeginRecovery {
                manager: self.manager(u, now)?,
                recovery: recovery(u, subject)?,
            }),
            15 | 16 => AuthRequest::FinishRecovery(FinishRecovery {
                code: any_secret(u)?,
                new: any_password(u)?,
            }),
            17 | 18 => self.set_key(u, record, now)?,
            19 | 20 => own_keys::log_in(u, record, now)?,
            _ => AuthRequest::SignUp(sign_up(u)?),
        };
        own_keys::sign_order(u, &mut asked, subject, now)?;
        Ok(asked.to_bytes())
    }

    fn question(&mut self, u: &mut Unstructured<'_>, shown: Vec<u8>, now: Now) -> Result<Vec<u8>> {
        let proof = self.proof(u, now)?;
        let shown = Bytes::new(shown).unwrap_or_default();
        let asked = match u.int_in_range(0..=3u8)? {
            3 => AuthQuery::Challenge(*u.choose(&USERS)?),
            0 => AuthQuery::Check(proof),
            1 => AuthQuery::Renew(Renewal {
                proof,
                record: shown,
            }),
            _ => {
                let key = *u.choose(&KEYS)?;
                let record = match odd(u)? % 3 {
                    1 => shown,
                    _ => self.row(u, key.subject())?,
                };
                let owner = match self.newest_keys.get(&key.subject()) {
                    Some(record) if odd(u)? != 1 => record.user,
                    _ => *u.choose(&USERS)?,
                };
                AuthQuery::Key(KeyQuery {
                    secret: any_secret(u)?,
                    record,
                    user: self.row(u, owner.subject())?,
                })
            }
        };
        Ok(asked.to_bytes())
    }

    fn answered(&mut self, asked: &[u8], answer: &[u8], now: Now) {
        self.check_answer(asked, answer, now);
    }

    fn twin(record: &mut AuthRecord, how: u8) {
        let record = match record {
            AuthRecord::User(record) => record,
            AuthRecord::Key(record) => {
                match how % 4 {
                    0 => record.revoked = !record.revoked,
                    1 => record.counter.0 += 1,
                    2 => record.rights = Rights::ALL,
                    _ => record.previous_until.0 += 1,
                }
                return;
            }
        };
        match how % 4 {
            0 => record.failed_attempts = 0,
            1 => record.counter.0 += 1,
            2 => record.rights = Rights::ALL,
            _ => record.session_generation = record.session_generation.saturating_sub(1),
        }
    }

    fn made_again(&mut self, after: &AuthRecord, delivery: &Delivery) {
        match after {
            AuthRecord::User(after) => {
                // An older password may be in force again.
                self.passwords.insert(delivery.subject, None);
                self.newest.insert(delivery.subject, after.clone());
            }
            AuthRecord::Key(after) => {
                assert!(after.revoked, "a key lives again");
                self.newest_keys.insert(delivery.subject, after.clone());
            }
        }
        let row = delivery.record.as_slice().to_vec();
        self.rows.entry(delivery.subject).or_default().push(row);
    }

    fn check(&mut self, decided: &Decided<'_, AuthRecord>, _: &RecordKeys) {
        self.check_decision(decided);
    }

    fn delivered(&mut self, body: &[u8], delivery: &Delivery, failed: bool) {
        self.check_delivery(body, delivery, failed);
    }
}

impl Users {
    /// Who is signed on, mostly, with the newest record.
    fn manager(&self, u: &mut Unstructured<'_>, now: Now) -> Result<SignedOn> {
        let proof = self.proof(u, now)?;
        let of = match odd(u)? % 3 {
            1 => u.choose(&USERS)?.subject(),
            _ => proof.authority.body.user.subject(),
        };
        let record = self.row(u, of)?;
        Ok(SignedOn {
            proof,
            record,
            signature: None,
        })
    }

    /// The newest record of a subject as it is stored, mostly.
    fn row(&self, u: &mut Unstructured<'_>, of: Subject) -> Result<Bytes<RECORD_MAX>> {
        let rows = self.rows.get(&of).map_or(&[][..], Vec::as_slice);
        let back = usize::from(odd(u)? % 3);
        let row = rows.iter().rev().nth(back).cloned().unwrap_or_default();
        Ok(Bytes::new(row).unwrap_or_default())
    }

    /// What may be asked about a key, whether there is one or not.
    fn about_key(&self, u: &mut Unstructured<'_>, now: Now) -> Result<AuthRequest> {
        Ok(match u.int_in_range(0..=7u8)? {
            0..=2 => {
                let expires = match odd(u)? % 3 {
                    1 => Time(now.wall.0 + 1_000 * u64::from(u.arbitrary::<u8>()?)),
                    _ => Time(0),
                };
                let key = *u.choose(&KEYS)?;
                AuthRequest::AddKey(AddKey {
                    owner: self.manager(u, now)?,
                    secret: api_key_digest(key, &any_secret(u)?.0),
                    rights: rights(u)?,
                    ceiling: ceiling(u)?,
                    meters: meters(u)?,
                    expires,
                })
            }
            3 | 4 => {
                let key = *u.choose(&KEYS)?;
                AuthRequest::RollKey(RollKey {
                    owner: self.manager(u, now)?,
                    secret: api_key_digest(key, &any_secret(u)?.0),
                    previous_until: Time(now.wall.0 + 1_000 * u64::from(u.arbitrary::<u8>()?)),
                })
            }
            5 => AuthRequest::RevokeKey(self.manager(u, now)?),
            _ => AuthRequest::UseKey(any_secret(u)?),
        })
    }

    /// The password in force, mostly.
    fn password(&self, u: &mut Unstructured<'_>, subject: Subject) -> Result<Password> {
        match (odd(u)?, self.passwords.get(&subject)) {
            (0, Some(Some(password))) => Ok(password.clone()),
            _ => any_password(u),
        }
    }

    /// An authority with its secret, mostly.
    pub(super) fn proof(&self, u: &mut Unstructured<'_>, now: Now) -> Result<SessionProof> {
        let Some(last) = self.sessions.len().checked_sub(1) else {
            return forged(u, now);
        };
        // Zero is the newest.
        let back = u.int_in_range(0..=last)?;
        let Session { authority, secret } = self.sessions[last - back].clone();
        let secret = SessionSecret(secret);
        let mut proof = SessionProof { authority, secret };
        match odd(u)? % 9 {
            1 => proof.secret = SessionSecret([u.arbitrary::<u8>()? % 5; 32]),
            2 => proof.authority.body.generation += 1,
            3 => proof.authority.body.user = *u.choose(&USERS)?,
            4 => proof.authority.body.expires.0 += 1,
            5 => proof.authority.body.rights = Rights::ALL,
            6 => proof.authority.mac[u.choose_index(32)?] ^= 1,
            7 => proof.authority.body.logged_in = now.wall,
            8 => return forged(u, now),
            _ => {}
        }
        Ok(proof)
    }
}

fn any_password(u: &mut Unstructured<'_>) -> Result<Password> {
    let which = match odd(u)? {
        0 => usize::from(u.arbitrary::<u8>()? % 8),
        flaw => usize::from(flaw) % PASSWORDS.len(),
    };
    Ok(Password::new(PASSWORDS[which].to_owned()).expect("short"))
}

fn sign_up(u: &mut Unstructured<'_>) -> Result<SignUp> {
    Ok(SignUp {
        password: any_password(u)?,
        rights: rights(u)?,
        ceiling: Mills(1_000_000),
    })
}

/// One of four.
fn any_secret(u: &mut Unstructured<'_>) -> Result<SessionSecret> {
    Ok(SessionSecret([40 + u.arbitrary::<u8>()? % 4; 32]))
}

/// Digest of one of four codes of a user, or none.
fn recovery(u: &mut Unstructured<'_>, user: Subject) -> Result<Digest> {
    let code = any_secret(u)?;
    Ok(match odd(u)? % 5 {
        1 => Digest::ZERO,
        _ => recovery_digest(UserId(user.0), &code.0),
    })
}

fn ceiling(u: &mut Unstructured<'_>) -> Result<Mills> {
    Ok(Mills(
        900_000 + 1_000 * u64::from(u.arbitrary::<u8>()? % 128),
    ))
}

/// Mostly all of the account's.
fn meters(u: &mut Unstructured<'_>) -> Result<List<MeterSerial, METERS_MAX>> {
    let named = (0..odd(u)? % 4).map(|n| MeterSerial(u32::from(n)));
    Ok(List::new(named.collect()).unwrap_or_default())
}

fn rights(u: &mut Unstructured<'_>) -> Result<Rights> {
    let bits = u.arbitrary::<u8>()? & 15;
    Ok(Rights::from_bytes(&[bits, 0, 0, 0]).unwrap_or(Rights::READ))
}

/// An authority under another key than the box's.
fn forged(u: &mut Unstructured<'_>, now: Now) -> Result<SessionProof> {
    let secret = [u.arbitrary::<u8>()? % 4; 32];
    let user = *u.choose(&USERS)?;
    let body = item::Authority {
        version: item::Version,
        suite: item::Suite::Ed25519,
        epoch: HOUSE.epoch(),
        user,
        account: verify::account_of(user),
        rights: Rights::ALL,
        ceiling: Mills(1),
        generation: 0,
        api_key: None,
        signing_key: None,
        logged_in: now.wall,
        issued: now.wall,
        expires: Time(now.wall.0 + 1_000),
        session: session_digest(&secret),
        meters: item::List::default(),
    };
    let authority: Sealed<_> = seal_authority(&MacKey::new(&Secret::new([1; 32])), body);
    let secret = SessionSecret(secret);
    Ok(SessionProof { authority, secret })
}

fn act(u: &mut Unstructured<'_>, record: &UserRecord) -> Result<MultiSigned<Act>> {
    let body = match odd(u)? {
        0..=16 => ActBody::SetUser {
            rights: rights(u)?,
            ceiling: Mills(u.arbitrary()?),
        },
        17..=24 => ActBody::Recover(recovery(u, record.subject())?),
        _ => any_act(u)?,
    };
    let sequence = record.act_sequence + 1;
    let mut act = HOUSE.act(BoxKind::Auth, record.subject(), sequence, body);
    let flaw = odd(u)? % 10;
    match flaw {
        1 => act.sequence = u64::from(u.arbitrary::<u8>()?),
        2 => act.subject = u.choose(&USERS)?.subject(),
        3 => act.box_kind = BoxKind::Meter,
        4 => act.installation.0[0] ^= 1,
        5 => act.expires = Time(START),
        _ => {}
    }
    let signers: &[u8] = match flaw {
        6 => &OPERATORS[..1],
        7 => &OPERATORS[2..],
        8 => &[],
        _ => &OPERATORS[..2],
    };
    let mut signed = sign_all(act, signers);
    if flaw == 9 {
        signed.body.sequence = sequence + 1;
    }
    Ok(signed)
}

/// Two users, the first signed on.
static PREPARED: LazyLock<Start<Users>> = LazyLock::new(|| {
    let mut desk = Desk::new(&Start::<Users>::empty());
    for (user, password) in USERS.iter().zip(PASSWORDS).take(2) {
        let sign_up = AuthRequest::SignUp(SignUp {
            password: Password::new(password.to_owned()).expect("short"),
            rights: Rights::ALL,
            ceiling: Mills(1_000_000),
        });
        desk.done(user.subject(), sign_up.to_bytes());
    }
    let log_in = AuthRequest::LogIn(LogIn {
        password: Password::new(PASSWORDS[0].to_owned()).expect("short"),
        session: session_digest(&[0; 32]),
    });
    desk.done(USERS[0].subject(), log_in.to_bytes());
    desk.end()
});

static EMPTY: LazyLock<Start<Users>> = LazyLock::new(Start::empty);

/// Target `keeper_auth`.
pub(crate) fn run(data: &[u8]) {
    super::tell_story(data, &PREPARED, &EMPTY);
}
