//! Users' own keys: what is asked with them, and what must hold of what was decided, said again without
//! the box's code: nothing that a user with a key orders is done without the signature of that key.

use arbitrary::{Result, Unstructured};
use item::{
    Authority, Challenge, Decision, DecisionKind, Digest, KeyStatement, Layout, LogInStatement,
    MeterSerial, Mills, OrderStatement, OwnSignature, PublicKey, Sealed, Subject, Time, UserId,
    UserRecord, UserStatement, Version,
};
use keeper::Now;
use vault::{SigningKey, open_authority, seal_authority};
use verify::{Tag, Tagged, digest, record_digest, session_digest, verify_signature};
use wire::{AuthRequest, KeyLogIn, Order, SetSigningKey};

use super::auth::Users;
use super::odd;
use super::sessions::{AUTHORITY, user_of};
use crate::house::{HOUSE, MINUTE, signer};

/// Each user has two keys.
fn own(user: UserId, which: u8) -> SigningKey {
    signer(150 + 2 * (user.0[0] % 8) + which % 2)
}

fn sign<T: Layout + Tagged>(key: &SigningKey, statement: &T) -> [u8; 64] {
    key.sign(T::TAG, &statement.to_bytes())
        .expect("Ed25519 always signs")
}

/// Whether the key signed the statement.
fn is_by<T: Layout + Tagged>(key: &PublicKey, statement: &T, signature: &[u8; 64]) -> bool {
    verify_signature(key, T::TAG, &statement.to_bytes(), signature)
}

/// Which of a user's keys is in force.
fn in_force(record: &UserRecord) -> Option<SigningKey> {
    let key = record.signing_key.as_ref()?;
    let mut both = [0, 1].map(|which| own(record.user, which)).into_iter();
    both.find(|one| one.public() == key)
}

/// As the box would give it, mostly now.
fn challenge(u: &mut Unstructured<'_>, user: UserId, now: Now) -> Result<Sealed<Challenge>> {
    let mut nonce = Digest([7; 32]);
    nonce.0[..8].copy_from_slice(&now.wall.0.to_le_bytes());
    let mut body = Challenge {
        version: Version,
        epoch: HOUSE.epoch(),
        of: digest(Tag::CHALLENGE_USER, &[&user.0, &nonce.0]),
        issued: now.wall,
        nonce,
    };
    let flaw = odd(u)? % 6;
    match flaw {
        1 => body.issued.0 -= 2 * MINUTE,
        2 => body.issued.0 += 1,
        3 => body.of.0[0] ^= 1,
        4 => body.issued.0 -= u64::from(u.arbitrary::<u8>()?) * 1_000,
        _ => {}
    }
    let mut sealed = seal_authority(&AUTHORITY, body);
    if flaw == 5 {
        sealed.mac[u.choose_index(32)?] ^= 1;
    }
    Ok(sealed)
}

fn key_statement(user: UserId, asked: &SetSigningKey) -> KeyStatement {
    KeyStatement {
        version: Version,
        installation: HOUSE.installation.transcript().installation,
        user,
        challenge: record_digest(&asked.challenge.to_bytes()),
        key: asked.key.clone(),
    }
}

fn log_in_statement(asked: &KeyLogIn) -> LogInStatement {
    LogInStatement {
        version: Version,
        installation: HOUSE.installation.transcript().installation,
        challenge: record_digest(&asked.challenge.to_bytes()),
        session: asked.session,
    }
}

fn user_statement(
    user: UserId,
    subject: Subject,
    asked: &AuthRequest,
    expires: Time,
) -> UserStatement {
    let makes = matches!(asked, AuthRequest::AddUser(_) | AuthRequest::AddKey(_));
    UserStatement {
        version: Version,
        installation: HOUSE.installation.transcript().installation,
        user,
        subject: if makes { Subject::ZERO } else { subject },
        particulars: digest(Tag::PARTICULARS, &[&asked.particulars()]),
        expires,
    }
}

/// Signs on by a key, mostly the one in force.
pub(super) fn log_in(
    u: &mut Unstructured<'_>,
    record: &UserRecord,
    now: Now,
) -> Result<AuthRequest> {
    let mut asked = KeyLogIn {
        challenge: challenge(u, record.user, now)?,
        session: session_digest(&[u.arbitrary::<u8>()? % 4; 32]),
        signature: [0; 64],
    };
    let key = match (odd(u)?, in_force(record)) {
        (0, Some(key)) => key,
        (which, _) => own(record.user, which),
    };
    asked.signature = sign(&key, &log_in_statement(&asked));
    if odd(u)? == 1 {
        asked.session.0[0] ^= 1;
    }
    Ok(AuthRequest::KeyLogIn(asked))
}

/// Signs an order about users or keys, mostly as its user must.
pub(super) fn sign_order(
    u: &mut Unstructured<'_>,
    asked: &mut AuthRequest,
    subject: Subject,
    now: Now,
) -> Result<()> {
    let Some(record) = asked
        .signed_on()
        .and_then(|by| user_of(by.record.as_slice()))
    else {
        return Ok(());
    };
    let Some(key) = in_force(&record) else {
        return Ok(());
    };
    let flaw = odd(u)? % 7;
    let mut statement = user_statement(record.user, subject, asked, Time(now.wall.0 + 9 * MINUTE));
    match flaw {
        1 => return Ok(()),
        2 => statement.expires = now.wall,
        3 => statement.expires.0 += 2 * MINUTE,
        4 => statement.particulars.0[0] ^= 1,
        5 => statement.subject.0[0] ^= 1,
        _ => {}
    }
    let signature = Some(OwnSignature {
        max_total: Mills(u64::from(flaw == 6)),
        expires: statement.expires,
        signature: sign(&key, &statement),
    });
    match asked {
        AuthRequest::AddUser(order) => order.manager.signature = signature,
        AuthRequest::SetUser(order) => order.manager.signature = signature,
        AuthRequest::BeginRecovery(order) => order.manager.signature = signature,
        AuthRequest::AddKey(order) => order.owner.signature = signature,
        AuthRequest::RollKey(order) => order.owner.signature = signature,
        _ => {}
    }
    Ok(())
}

/// The key of a user who buys items.
pub(super) fn mailers() -> SigningKey {
    signer(190)
}

/// Signs an order of items where its authority asks for it, mostly as it must be.
pub(super) fn sign_items(
    u: &mut Unstructured<'_>,
    order: &mut Order,
    authorities: &[Sealed<Authority>],
    meter: MeterSerial,
    now: Now,
) -> Result<()> {
    let shown = authorities.get(usize::from(order.authority));
    let Some(shown) = shown.filter(|shown| shown.body.signing_key.is_some()) else {
        return Ok(());
    };
    let total = order.items.into_iter().map(|item| item.value.0);
    let total = Mills(total.fold(0, u64::saturating_add));
    let said = (total, Time(now.wall.0 + 9 * MINUTE));
    let mut statement = order_statement(order, shown.body.user, meter, said);
    match odd(u)? % 6 {
        1 => return Ok(()),
        2 => statement.items += 1,
        3 => statement.meter.0 += 1,
        4 => statement.expires.0 = 0,
        5 => statement.max_total.0 = statement.max_total.0.saturating_sub(1),
        _ => {}
    }
    order.signature = Some(OwnSignature {
        max_total: statement.max_total,
        expires: statement.expires,
        signature: sign(&mailers(), &statement),
    });
    Ok(())
}

/// What a user agrees to of an order of items.
pub(super) fn order_statement(
    order: &Order,
    user: UserId,
    meter: MeterSerial,
    (max_total, expires): (Mills, Time),
) -> OrderStatement {
    OrderStatement {
        version: Version,
        installation: HOUSE.installation.transcript().installation,
        user,
        meter,
        key_digest: order.key_digest,
        body_digest: order.body_digest,
        items: u32::try_from(order.items.as_slice().len()).expect("few"),
        expected_piece_count: order.expected_piece_count,
        max_total,
        expires,
    }
}

/// Whether the user of an authority agreed to an order that was carried out.
pub(super) fn agreed(authority: &Authority, meter: MeterSerial, order: &Order, now: Time) -> bool {
    let Some(key) = &authority.signing_key else {
        return true;
    };
    let shown = order.signature.expect("an unsigned order was carried out");
    let total: u64 = order.items.into_iter().map(|item| item.value.0).sum();
    let said = (shown.max_total, shown.expires);
    let statement = order_statement(order, authority.user, meter, said);
    total <= shown.max_total.0
        && now < shown.expires
        && shown.expires.0 <= now.0 + 10 * MINUTE
        && is_by(key, &statement, &shown.signature)
}

impl Users {
    /// Sets, replaces or removes a key, mostly with the signatures that it needs.
    pub(super) fn set_key(
        &self,
        u: &mut Unstructured<'_>,
        record: &UserRecord,
        now: Now,
    ) -> Result<AuthRequest> {
        let new = match u.int_in_range(0..=2u8)? {
            2 => None,
            which => Some(own(record.user, which)),
        };
        let mut asked = SetSigningKey {
            proof: self.proof(u, now)?,
            challenge: challenge(u, record.user, now)?,
            key: new.as_ref().map(|key| key.public().clone()),
            possession: None,
            consent: None,
        };
        let statement = key_statement(record.user, &asked);
        asked.possession = new.as_ref().map(|key| sign(key, &statement));
        asked.consent = in_force(record).map(|key| sign(&key, &statement));
        match odd(u)? % 4 {
            1 => asked.possession = None,
            2 => asked.consent = None,
            3 => asked.consent = Some([1; 64]),
            _ => {}
        }
        Ok(AuthRequest::SetSigningKey(asked))
    }

    /// What was ordered about users and keys is signed by whoever has a key.
    pub(super) fn check_signed(&self, asked: &AuthRequest, subject: Subject, now: Time) {
        let Some(by) = asked.signed_on() else {
            return;
        };
        let record = user_of(by.record.as_slice()).expect("an order with no record");
        let Some(key) = &record.signing_key else {
            return;
        };
        if matches!(asked, AuthRequest::RevokeKey(_)) {
            return;
        }
        let shown = by.signature.expect("an unsigned order was carried out");
        let statement = user_statement(record.user, subject, asked, shown.expires);
        assert!(is_by(key, &statement, &shown.signature), "another's");
        assert!(now < shown.expires && shown.expires.0 <= now.0 + 10 * MINUTE);
    }

    /// What happens to a user's key, and by whose word.
    pub(super) fn check_key_of(
        &self,
        before: &UserRecord,
        after: &UserRecord,
        decision: &Decision,
        asked: Option<&AuthRequest>,
    ) {
        match decision.decision {
            DecisionKind::SetSigningKey => {}
            DecisionKind::FinishRecovery => assert_eq!(after.signing_key, None),
            _ => assert_eq!(after.signing_key, before.signing_key),
        }
        let taken = |challenge: &Sealed<Challenge>| {
            assert!(open_authority(&AUTHORITY, challenge).is_ok(), "its MAC");
            let of = digest(
                Tag::CHALLENGE_USER,
                &[&before.user.0, &challenge.body.nonce.0],
            );
            assert_eq!(challenge.body.of, of, "another's");
            let issued = challenge.body.issued;
            assert!(issued <= decision.time && decision.time.0 < issued.0 + 2 * MINUTE);
            assert!(issued > before.last_login, "used up");
            assert_eq!(after.last_challenge, record_digest(&challenge.to_bytes()));
            assert_ne!(after.last_challenge, before.last_challenge, "twice");
        };
        match asked {
            Some(AuthRequest::KeyLogIn(asked)) => {
                let key = before.signing_key.as_ref().expect("nobody has a key");
                let statement = log_in_statement(asked);
                assert!(is_by(key, &statement, &asked.signature), "another's key");
                taken(&asked.challenge);
            }
            Some(AuthRequest::SetSigningKey(asked)) => {
                self.is_session(&asked.proof);
                assert_eq!(after.signing_key, asked.key);
                let statement = key_statement(before.user, asked);
                for (key, signature) in [
                    (&asked.key, &asked.possession),
                    (&before.signing_key, &asked.consent),
                ] {
                    assert_eq!(key.is_some(), signature.is_some());
                    if let (Some(key), Some(signature)) = (key, signature) {
                        assert!(is_by(key, &statement, signature), "not agreed to");
                    }
                }
                taken(&asked.challenge);
            }
            Some(_) => assert_eq!(after.last_challenge, before.last_challenge),
            None => {}
        }
    }
}
