//! What must hold of everything that an auth box decides and hands out, said again without its
//! code: who is signed on has shown the password in force, and ended sessions stay ended.

use std::sync::LazyLock;

use item::{
    AuthRecord, Authority, Challenge, Decision, DecisionKind, Digest, Layout, Rights, Sealed, Time,
    UserRecord,
};
use keeper::Now;
use vault::{MacKey, open_authority};
use verify::{account_of, recovery_digest, session_digest};
use wire::{AuthQuery, AuthRequest, AuthSecret, Delivery, Password, SessionProof, SignedOn};

use super::Decided;
use super::auth::Users;
use crate::house::{HOUSE, MINUTE};

pub(super) static AUTHORITY: LazyLock<MacKey> = LazyLock::new(|| HOUSE.authority());

/// An authority that was given out, with the secret that its caller made for it.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) authority: Sealed<Authority>,
    pub(crate) secret: [u8; 32],
}

impl Users {
    fn in_force(&self, user: item::Subject) -> Option<&Password> {
        self.passwords.get(&user)?.as_ref()
    }

    /// One decision that was not known before.
    pub(super) fn check_decision(&mut self, decided: &Decided<'_, AuthRecord>) {
        let Decided {
            before,
            after,
            delivery,
            decision,
            entry,
        } = decided;
        let (before, after) = match (before, after) {
            (Some(AuthRecord::User(before)), AuthRecord::User(after)) => (Some(before), after),
            (None, AuthRecord::User(after)) => (None, after),
            (Some(AuthRecord::Key(before)), AuthRecord::Key(after)) => {
                return self.check_key(Some(before), after, decided);
            }
            (None, AuthRecord::Key(after)) => return self.check_key(None, after, decided),
            _ => panic!("a user turned into a key"),
        };
        let subject = delivery.subject;
        let asked = entry.map(|entry| {
            AuthRequest::from_bytes(entry.body.as_slice()).expect("no decision about no request")
        });
        assert!(delivery.rows.as_slice().is_empty());
        let row = delivery.record.as_slice().to_vec();
        self.rows.entry(subject).or_default().push(row);
        if let Some(asked) = &asked {
            self.check_signed(asked, subject, decision.time);
        }
        match (&asked, before) {
            (Some(AuthRequest::AddUser(asked)), None) => {
                let manager = self.manages(&asked.manager, decision.time);
                assert_eq!(after.account, manager.account, "another's account");
                assert_ne!(after.user, manager.user);
                is_within(after, &manager);
            }
            (Some(AuthRequest::SetUser(asked)), Some(before)) => {
                let manager = self.manages(&asked.manager, decision.time);
                assert_eq!(after.account, manager.account, "another's account");
                assert_ne!(after.user, manager.user, "nobody sets his own rights");
                assert!(manager.rights.covers(before.rights), "above the manager");
                is_within(after, &manager);
            }
            (Some(AuthRequest::BeginRecovery(asked)), Some(_)) => {
                let manager = self.manages(&asked.manager, decision.time);
                assert_eq!(after.account, manager.account, "another's account");
                assert_ne!(after.user, manager.user, "nobody recovers himself");
                is_within(after, &manager);
                assert_eq!(after.recovery, asked.recovery);
            }
            _ => {}
        }
        match before {
            Some(before) => assert_eq!(after.account, before.account, "moved"),
            None if decision.decision == DecisionKind::AddUser => {}
            None => assert_eq!(after.account, account_of(after.user), "one's own"),
        }
        self.newest.insert(subject, after.clone());
        let Some(before) = before else {
            let made = [DecisionKind::SignUp, DecisionKind::AddUser];
            assert!(made.contains(&decision.decision));
            assert_eq!((after.failed_attempts, after.act_sequence), (0, 0));
            let password = asked.map(|asked| match asked {
                AuthRequest::SignUp(asked) => asked.password,
                AuthRequest::AddUser(asked) => asked.password,
                _ => panic!("a user that nobody asked for"),
            });
            assert!(password.as_ref().is_none_or(Password::meets_policy));
            self.passwords.insert(subject, password);
            return;
        };
        let kind = decision.decision;
        // Beginning a recovery by act leaves rights and sessions as they are.
        let begins = kind == DecisionKind::BeginRecovery
            || (kind == DecisionKind::Act
                && after.session_generation == before.session_generation
                && (after.rights, after.ceiling) == (before.rights, before.ceiling));
        let ends = matches!(
            kind,
            DecisionKind::LogOut
                | DecisionKind::PasswordChange
                | DecisionKind::Act
                | DecisionKind::SetUser
                | DecisionKind::FinishRecovery
                | DecisionKind::SetSigningKey
        ) && !begins;
        self.check_key_of(before, after, decision, asked.as_ref());
        self.check_recovery(before, after, decision, begins);
        let generation = before.session_generation + u32::from(ends);
        assert_eq!(after.session_generation, generation, "what ends sessions");
        let acts = u64::from(kind == DecisionKind::Act);
        assert_eq!(after.act_sequence, before.act_sequence + acts);
        if !matches!(kind, DecisionKind::Act | DecisionKind::SetUser) {
            assert_eq!(
                (after.rights, after.ceiling),
                (before.rights, before.ceiling)
            );
        }
        if kind != DecisionKind::SetUser {
            assert_eq!(after.meters, before.meters);
        }
        let renews = [DecisionKind::PasswordChange, DecisionKind::FinishRecovery];
        if !renews.contains(&kind) {
            assert_eq!(after.passwords, before.passwords);
        }
        match kind {
            DecisionKind::LogIn => {
                assert_eq!(after.last_login, decision.time);
                assert!(!before.rights.is_empty(), "a user who is disabled");
            }
            DecisionKind::LogInFailed => {
                assert_eq!(after.failed_attempts, before.failed_attempts + 1);
                assert!(
                    after.next_allowed.0 <= decision.time.0 + 15 * MINUTE,
                    "for good"
                );
                let waits = after.next_allowed > decision.time;
                assert_eq!(waits, after.failed_attempts > 3, "failures delay");
            }
            DecisionKind::LogOut
            | DecisionKind::Act
            | DecisionKind::PasswordChange
            | DecisionKind::SetUser
            | DecisionKind::BeginRecovery
            | DecisionKind::FinishRecovery
            | DecisionKind::SetSigningKey => {}
            other => panic!("no decision of an auth box: {other:?}"),
        }
        let tries = matches!(
            kind,
            DecisionKind::LogIn | DecisionKind::LogInFailed | DecisionKind::PasswordChange
        );
        // Who has the key waits for nobody who guesses passwords.
        let by_key = after.last_challenge != before.last_challenge;
        let waits = tries && !by_key;
        assert!(!waits || before.next_allowed <= decision.time, "too soon");
        match (kind, asked) {
            (DecisionKind::LogIn, Some(AuthRequest::LogIn(asked))) => {
                self.knows(subject, &asked.password, true);
            }
            (DecisionKind::LogInFailed, Some(AuthRequest::LogIn(asked))) => {
                self.knows(subject, &asked.password, false);
            }
            (DecisionKind::LogInFailed, Some(AuthRequest::ChangePassword(asked))) => {
                self.knows(subject, &asked.old, false);
            }
            (DecisionKind::PasswordChange, Some(AuthRequest::ChangePassword(asked))) => {
                self.knows(subject, &asked.old, true);
                assert!(asked.new != asked.old && asked.new.meets_policy());
                self.passwords.insert(subject, Some(asked.new));
            }
            (DecisionKind::FinishRecovery, Some(AuthRequest::FinishRecovery(asked))) => {
                let shown = recovery_digest(before.user, &asked.code.0);
                assert_eq!(shown, before.recovery, "another code");
                assert!(asked.new.meets_policy());
                self.passwords.insert(subject, Some(asked.new));
            }
            (DecisionKind::PasswordChange | DecisionKind::FinishRecovery, None) => {
                self.passwords.insert(subject, None);
            }
            (DecisionKind::LogOut, Some(AuthRequest::LogOut(shown))) => {
                self.is_session(&shown);
                let body = &shown.authority.body;
                assert_eq!(body.user, before.user, "another's session");
                assert_eq!(body.generation, before.session_generation);
            }
            (DecisionKind::Act, Some(AuthRequest::Act(shown))) => {
                let operators = &HOUSE.installation.transcript().operators;
                assert!(verify::open_by_quorum(shown.clone(), operators).is_ok());
                assert_eq!(shown.body.sequence, after.act_sequence);
                assert!(decision.time < shown.body.expires);
            }
            (DecisionKind::SetUser, Some(AuthRequest::SetUser(_)))
            | (DecisionKind::BeginRecovery, Some(AuthRequest::BeginRecovery(_)))
            | (DecisionKind::LogIn, Some(AuthRequest::KeyLogIn(_)))
            | (DecisionKind::SetSigningKey, Some(AuthRequest::SetSigningKey(_)))
            | (_, None) => {}
            (kind, _) => panic!("{kind:?} that nobody asked for"),
        }
    }

    /// Of a recovery: a day passes between its beginning and its end, and every log-in calls it off.
    fn check_recovery(
        &self,
        before: &UserRecord,
        after: &UserRecord,
        decision: &Decision,
        begins: bool,
    ) {
        let waiting = (after.recovery, after.recovery_from);
        let none = (Digest::ZERO, Time(0));
        let day = 24 * 60 * MINUTE;
        match decision.decision {
            DecisionKind::LogIn | DecisionKind::PasswordChange => assert_eq!(waiting, none),
            DecisionKind::FinishRecovery => {
                assert_eq!(waiting, none);
                assert_ne!(before.recovery, Digest::ZERO, "nobody began it");
                assert!(before.recovery_from <= decision.time, "too early");
                let ends = before.recovery_from.0 + 7 * day;
                assert!(decision.time.0 < ends, "too late");
            }
            _ if begins => {
                let from = match after.recovery {
                    Digest::ZERO => Time(0),
                    _ => Time(decision.time.0 + day),
                };
                assert_eq!(after.recovery_from, from, "a day");
            }
            _ => assert_eq!(waiting, (before.recovery, before.recovery_from)),
        }
    }

    /// The same, with the right to manage.
    fn manages(&self, shown: &SignedOn, now: Time) -> UserRecord {
        let record = self.orders(shown, now);
        assert!(record.rights.covers(Rights::MANAGE), "no manager");
        record
    }

    /// Who ordered it: signed on, with the newest record.
    pub(super) fn orders(&self, shown: &SignedOn, now: Time) -> UserRecord {
        self.is_session(&shown.proof);
        let authority = &shown.proof.authority.body;
        assert!(now < authority.expires, "expired");
        let record = user_of(shown.record.as_slice());
        let record = record.expect("an order with no record");
        let newest = self.newest.get(&record.user.subject());
        assert_eq!(newest, Some(&record), "ordered with an old record");
        assert_eq!(authority.user, record.user);
        assert_eq!(authority.generation, record.session_generation, "ended");
        assert_eq!(authority.api_key, None, "a program");
        record
    }

    fn knows(&self, user: item::Subject, shown: &Password, right: bool) {
        if let Some(password) = self.in_force(user) {
            assert_eq!(password == shown, right, "whose password that is");
        }
    }

    /// What a request is answered with, now or at a repetition: secrets go to who shows the
    /// password in force, and for the session that was asked for.
    pub(super) fn check_delivery(&mut self, body: &[u8], delivery: &Delivery, failed: bool) {
        let secret = delivery.secret.as_slice();
        let asked = AuthRequest::from_bytes(body).expect("no answer to no request");
        if let AuthRequest::LogIn(asked) = &asked {
            self.knows(delivery.subject, &asked.password, !failed);
        }
        if secret.is_empty() {
            return;
        }
        let session = match asked {
            AuthRequest::LogIn(asked) => asked.session,
            AuthRequest::KeyLogIn(asked) => asked.session,
            _ => panic!("an authority for no log-in"),
        };
        let AuthSecret { authority } = AuthSecret::from_bytes(secret).expect("a secret");
        assert_eq!(authority.body.session, session, "another's session");
        assert_eq!(authority.body.logged_in, authority.body.issued);
        let record = user_of(delivery.record.as_slice());
        self.given(authority, &record.expect("decoded before"));
    }

    /// Keeps an authority that a box gave out.
    fn given(&mut self, authority: Sealed<Authority>, record: &UserRecord) {
        let body = &authority.body;
        assert!(open_authority(&AUTHORITY, &authority).is_ok(), "its MAC");
        assert_eq!((body.user, body.account), (record.user, record.account));
        assert_eq!((body.rights, body.ceiling), (record.rights, record.ceiling));
        assert_eq!(body.generation, record.session_generation);
        assert_eq!(body.signing_key, record.signing_key);
        assert_eq!(body.expires.0, body.issued.0 + 5 * MINUTE, "five minutes");
        let secret = (0..=4u8)
            .map(|byte| [byte; 32])
            .find(|secret| session_digest(secret) == body.session);
        // A log-in that was altered on its way names a session whose secret nobody has.
        if let Some(secret) = secret {
            self.sessions.push(Session { authority, secret });
        }
    }

    /// Whether the box gave it out, and the secret is the one that it was made for.
    pub(super) fn is_session(&self, shown: &SessionProof) {
        let given = self
            .sessions
            .iter()
            .any(|one| one.authority == shown.authority && one.secret == shown.secret.0);
        assert!(given, "a session that nobody was given");
    }

    /// The answer to a question that was not refused.
    pub(super) fn check_answer(&mut self, asked: &[u8], answer: &[u8], now: Now) {
        match AuthQuery::from_bytes(asked).expect("no answer to no question") {
            AuthQuery::Check(shown) => {
                self.is_session(&shown);
                assert!(answer.is_empty());
                assert!(now.wall < shown.authority.body.expires, "expired");
            }
            AuthQuery::Renew(renewal) => {
                let shown = &renewal.proof.authority.body;
                self.is_session(&renewal.proof);
                let record = user_of(renewal.record.as_slice());
                let record = record.expect("no renewal about no record");
                let newest = self.newest.get(&record.user.subject());
                assert_eq!(newest, Some(&record), "renewed with an old record");
                assert_eq!(shown.user, record.user);
                assert_eq!(shown.generation, record.session_generation, "ended");
                assert!(
                    now.wall.0 < shown.logged_in.0 + 12 * 60 * MINUTE,
                    "too long"
                );
                let given = AuthSecret::from_bytes(answer).expect("a secret").authority;
                assert_eq!(given.body.session, shown.session);
                assert_eq!(given.body.logged_in, shown.logged_in);
                self.given(given, &record);
            }
            AuthQuery::Key(asked) => self.check_key_answer(&asked, answer, now),
            AuthQuery::Challenge(_) => {
                let given = Sealed::<Challenge>::from_bytes(answer).expect("a challenge");
                assert!(open_authority(&AUTHORITY, &given).is_ok(), "its MAC");
                assert!(is_box_time(given.body.issued, now));
            }
        }
    }
}

/// Whether a box may read its clock so: it never falls, and the wall clock may, by what two clocks may
/// differ, from one that was as much ahead (P26).
pub(super) fn is_box_time(time: Time, now: Now) -> bool {
    now.wall <= time && time.0 <= now.wall.0 + 10 * MINUTE
}

/// The user in a stored record.
pub(super) fn user_of(stored: &[u8]) -> Option<UserRecord> {
    let sealed = Sealed::<AuthRecord>::from_bytes(stored).ok()?;
    sealed.body.into_user()
}

/// Nobody has more than whoever gave it.
fn is_within(user: &UserRecord, manager: &UserRecord) {
    assert!(manager.rights.covers(user.rights), "a right too many");
    assert!(user.ceiling <= manager.ceiling, "too high a ceiling");
    let (own, given) = (manager.meters.as_slice(), user.meters.as_slice());
    if !own.is_empty() {
        assert!(!given.is_empty() && given.iter().all(|one| own.contains(one)));
    }
}
