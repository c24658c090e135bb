//! What must hold of keys of programs, said again without the box's code: nobody but a user who is
//! signed on makes one, and it gives no more than both may do.

use item::{ApiKeyRecord, AuthRecord, Day, DecisionKind, Digest, Layout, Rights, Sealed, Time};
use keeper::Now;
use vault::open_authority;
use verify::{api_key_digest, session_digest};
use wire::{AuthRequest, AuthSecret, KeyQuery, SessionSecret};

use super::Decided;
use super::auth::Users;
use super::sessions::{AUTHORITY, is_box_time, user_of};
use crate::house::MINUTE;

impl Users {
    /// One decision about a key.
    pub(super) fn check_key(
        &mut self,
        before: Option<&ApiKeyRecord>,
        after: &ApiKeyRecord,
        decided: &Decided<'_, AuthRecord>,
    ) {
        let (delivery, decision) = (decided.delivery, &decided.decision);
        let row = delivery.record.as_slice().to_vec();
        self.rows.entry(delivery.subject).or_default().push(row);
        let asked = decided.entry.map(|entry| {
            AuthRequest::from_bytes(entry.body.as_slice()).expect("no decision about no request")
        });
        if let Some(asked) = &asked {
            self.check_signed(asked, delivery.subject, decision.time);
        }
        assert!(!after.rights.covers(Rights::MANAGE), "a key that manages");
        let Some(before) = before else {
            assert_eq!(decision.decision, DecisionKind::AddKey);
            assert!(!after.revoked && after.previous == Digest::ZERO);
            if let Some(asked) = asked {
                let AuthRequest::AddKey(asked) = asked else {
                    panic!("a key that nobody asked for");
                };
                let owner = self.orders(&asked.owner, decision.time);
                assert_eq!((after.user, after.account), (owner.user, owner.account));
                assert!(owner.rights.covers(after.rights) && after.ceiling <= owner.ceiling);
                assert_eq!(after.secret, asked.secret);
            }
            self.newest_keys.insert(delivery.subject, after.clone());
            return;
        };
        let fixed = |key: &ApiKeyRecord| {
            let meters = key.meters.as_slice().to_vec();
            let who = (key.key, key.user, key.account);
            (who, key.rights, key.ceiling, meters, key.expires)
        };
        assert_eq!(fixed(before), fixed(after), "what never changes");
        match (decision.decision, asked) {
            (DecisionKind::RollKey, asked) => {
                assert!(!before.revoked && !after.revoked);
                assert!(after.previous == Digest::ZERO || after.previous == before.secret);
                if let Some(AuthRequest::RollKey(asked)) = asked {
                    let owner = self.orders(&asked.owner, decision.time);
                    assert_eq!(owner.user, before.user, "another's key");
                    assert_eq!(after.secret, asked.secret);
                }
            }
            (DecisionKind::RevokeKey, asked) => {
                assert!(!before.revoked && after.revoked);
                assert_eq!(after.secret, before.secret);
                if let Some(AuthRequest::RevokeKey(by)) = asked {
                    let who = self.orders(&by, decision.time);
                    let manages = who.rights.covers(Rights::MANAGE);
                    assert_eq!(who.account, before.account);
                    assert!(who.user == before.user || manages, "a stranger");
                }
            }
            (DecisionKind::UseKey, asked) => {
                assert_eq!(after.last_used, Day::of_time(decision.time));
                assert_ne!(before.last_used, after.last_used, "twice a day");
                assert_eq!(after.secret, before.secret);
                if let Some(AuthRequest::UseKey(secret)) = asked {
                    is_good(before, &secret, decision.time);
                }
            }
            (other, _) => panic!("no decision about a key: {other:?}"),
        }
        self.newest_keys.insert(delivery.subject, after.clone());
    }

    /// A key was signed on.
    pub(super) fn check_key_answer(&mut self, asked: &KeyQuery, answer: &[u8], now: Now) {
        let key = Sealed::<AuthRecord>::from_bytes(asked.record.as_slice());
        let key = key.expect("a record").body.into_key().expect("a key");
        let user = user_of(asked.user.as_slice()).expect("a user");
        assert_eq!(
            self.newest_keys.get(&key.subject()),
            Some(&key),
            "an old key"
        );
        assert_eq!(self.newest.get(&user.subject()), Some(&user), "an old user");
        assert_eq!((key.user, key.account), (user.user, user.account));
        is_good(&key, &asked.secret, now.wall);
        let given = AuthSecret::from_bytes(answer).expect("a secret").authority;
        assert!(open_authority(&AUTHORITY, &given).is_ok(), "its MAC");
        let body = &given.body;
        assert_eq!((body.user, body.account), (user.user, user.account));
        assert_eq!(body.api_key, Some(key.key));
        assert!(key.rights.covers(body.rights) && user.rights.covers(body.rights));
        assert!(!body.rights.is_empty());
        assert_eq!(body.ceiling, key.ceiling.min(user.ceiling));
        for named in [&key.meters, &user.meters] {
            let (named, given) = (named.as_slice(), body.meters.as_slice());
            let within = !given.is_empty() && given.iter().all(|one| named.contains(one));
            assert!(named.is_empty() || within, "a meter too many");
        }
        assert_eq!(body.session, session_digest(&asked.secret.0));
        assert!(is_box_time(body.issued, now));
        assert!(body.expires.0 <= body.issued.0 + 5 * MINUTE, "five minutes");
    }
}

fn is_good(key: &ApiKeyRecord, secret: &SessionSecret, now: Time) {
    let shown = api_key_digest(key.key, &secret.0);
    let overlaps = shown == key.previous && now < key.previous_until;
    assert!(shown == key.secret || overlaps, "another secret");
    assert!(!key.revoked, "revoked");
    assert!(key.expires == Time(0) || now < key.expires, "expired");
}
