//! Requests to an auth box.

use crate::limits::RECORD_MAX;
use crate::variants;
use item::limits::{METERS_MAX, PASSWORD_MAX, PASSWORD_MIN};
use item::{
    Act, Authority, Bytes, Challenge, Digest, Layout, List, MeterSerial, Mills, MultiSigned,
    OwnSignature, PublicKey, Rights, Sealed, Time, UserId, layout,
};

/// A password as typed, UTF-8: 12 to 128 characters of up to four bytes.
///
/// `Debug` is written by hand so that no log ever shows one.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Bytes<{ 4 * PASSWORD_MAX }>);

impl Password {
    /// Takes the text over.
    ///
    /// # Errors
    /// [`item::LayoutError::TooLong`] above the byte limit.
    pub fn new(text: String) -> Result<Self, item::LayoutError> {
        Bytes::new(text.into_bytes()).map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Whether it may be a new password: UTF-8 of 12 to 128 characters that are not all one. The
    /// auth box decides by it; a server asks before it books a log-in name.
    #[must_use]
    pub fn meets_policy(&self) -> bool {
        let text = std::str::from_utf8(self.as_slice()).unwrap_or_default();
        let first = text.chars().next();
        (PASSWORD_MIN..=PASSWORD_MAX).contains(&text.chars().count())
            && text.chars().any(|c| Some(c) != first)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl item::Layout for Password {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut item::Reader<'_>) -> Result<Self, item::LayoutError> {
        let bytes: Bytes<{ 4 * PASSWORD_MAX }> = item::Layout::get(reader)?;
        if std::str::from_utf8(bytes.as_slice()).is_err() {
            return Err(item::LayoutError::Range("password"));
        }
        Ok(Self(bytes))
    }
}

layout! {
    /// Makes a user with an account of its own: the account id is derived from the user id, so
    /// nobody can put a user into somebody else's account.
    pub struct SignUp {
        /// First password.
        pub password: Password,
        /// Rights.
        pub rights: Rights,
        /// Most that one request may spend.
        pub ceiling: Mills,
    }
}

layout! {
    /// Signs on.
    pub struct LogIn {
        /// The password.
        pub password: Password,
        /// Digest of the secret that only the client holds.
        pub session: Digest,
    }
}

layout! {
    /// Changes the password; ends all sessions.
    pub struct PasswordChange {
        /// The password in force.
        pub old: Password,
        /// The new one; none of the last five.
        pub new: Password,
    }
}

/// What only the client of a session, the program of a key, or who recovers a user has. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionSecret(pub [u8; 32]);

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(..)")
    }
}

impl item::Layout for SessionSecret {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(reader: &mut item::Reader<'_>) -> Result<Self, item::LayoutError> {
        item::Layout::get(reader).map(Self)
    }
}

layout! {
    /// An authority with the secret that belongs to it.
    pub struct SessionProof {
        /// The authority.
        pub authority: Sealed<Authority>,
        /// Its digest is in the authority.
        pub secret: SessionSecret,
    }
}

layout! {
    /// Somebody who is signed on, a person and not a key, and orders something about users or keys.
    pub struct SignedOn {
        /// A session in force.
        pub proof: SessionProof,
        /// The user's record, MAC included, which must be the newest: what was taken from a user is gone
        /// at once for this, not with the authority.
        pub record: Bytes<RECORD_MAX>,
        /// Over a `UserStatement`, by a user with a key of his own.
        pub signature: Option<OwnSignature>,
    }
}

layout! {
    /// Adds a user to the manager's account.
    pub struct AddUser {
        /// Who adds.
        pub manager: SignedOn,
        /// First password.
        pub password: Password,
        /// Rights, none beyond the manager's.
        pub rights: Rights,
        /// Most that one request may spend, no more than the manager.
        pub ceiling: Mills,
        /// Meters, none beyond the manager's; none named means all of the account.
        pub meters: List<MeterSerial, METERS_MAX>,
    }
}

layout! {
    /// Sets what another user of the manager's account may do, and ends that user's sessions.
    pub struct SetUser {
        /// Who orders it.
        pub manager: SignedOn,
        /// Rights, none beyond the manager's; nothing at all disables the user.
        pub rights: Rights,
        /// Most that one request may spend, no more than the manager.
        pub ceiling: Mills,
        /// Meters, none beyond the manager's; none named means all of the account.
        pub meters: List<MeterSerial, METERS_MAX>,
    }
}

layout! {
    /// Makes a key for programs of the user who is signed on.
    pub struct AddKey {
        /// Whose.
        pub owner: SignedOn,
        /// Digest of its secret.
        pub secret: Digest,
        /// Rights, none beyond the owner's, and never manage.
        pub rights: Rights,
        /// Most that one request may spend, no more than the owner.
        pub ceiling: Mills,
        /// Meters, none beyond the owner's; none named means all that the owner may use.
        pub meters: List<MeterSerial, METERS_MAX>,
        /// No secret of it is good from this time on; zero means never.
        pub expires: Time,
    }
}

layout! {
    /// Puts a new secret in force. One that was in force still from an earlier roll ends.
    pub struct RollKey {
        /// Whose key it is.
        pub owner: SignedOn,
        /// Digest of the new secret.
        pub secret: Digest,
        /// The secret before is good until this time.
        pub previous_until: Time,
    }
}

layout! {
    /// Begins the recovery of another user of the manager's account, or calls it off.
    pub struct BeginRecovery {
        /// Who orders it.
        pub manager: SignedOn,
        /// Digest of its code; zero calls off the one under way.
        pub recovery: Digest,
    }
}

layout! {
    /// Ends a recovery: puts a new password in force, ends all sessions, removes the user's own key.
    pub struct FinishRecovery {
        /// The code.
        pub code: SessionSecret,
        /// The new password; none of the last five.
        pub new: Password,
    }
}

layout! {
    /// Sets, replaces or removes a user's own key; ends all sessions.
    pub struct SetSigningKey {
        /// A session of the user.
        pub proof: SessionProof,
        /// That the signatures are over.
        pub challenge: Sealed<Challenge>,
        /// The key; none removes the one in force.
        pub key: Option<PublicKey>,
        /// Over a `KeyStatement`, by the new key, if there is one.
        pub possession: Option<[u8; 64]>,
        /// The same by the key in force, if there is one.
        pub consent: Option<[u8; 64]>,
    }
}

layout! {
    /// Signs on by the user's own key.
    pub struct KeyLogIn {
        /// That the signature is over.
        pub challenge: Sealed<Challenge>,
        /// Digest of the secret that only the client holds.
        pub session: Digest,
        /// Over a `LogInStatement`.
        pub signature: [u8; 64],
    }
}

variants! {
    /// A change of a record: of a user, or from 8 to 11 of a key.
    pub enum AuthRequest {
        /// Make the user.
        SignUp(SignUp) = 1,
        /// Sign on; a wrong password is recorded.
        LogIn(LogIn) = 2,
        /// End all sessions.
        LogOut(SessionProof) = 3,
        /// Change the password.
        ChangePassword(PasswordChange) = 4,
        /// An act on the user.
        Act(MultiSigned<Act>) = 5,
        /// Make a further user of an account.
        AddUser(AddUser) = 6,
        /// Set what a user of one's account may do.
        SetUser(SetUser) = 7,
        /// Make a key.
        AddKey(AddKey) = 8,
        /// Give it a new secret.
        RollKey(RollKey) = 9,
        /// End it for good: by its owner, or a manager of the account.
        RevokeKey(SignedOn) = 10,
        /// Note the first use of a day, proven by the secret.
        UseKey(SessionSecret) = 11,
        /// Begin a recovery.
        BeginRecovery(BeginRecovery) = 12,
        /// End it by its code.
        FinishRecovery(FinishRecovery) = 13,
        /// Set, replace or remove the user's own key.
        SetSigningKey(SetSigningKey) = 14,
        /// Sign on by it.
        KeyLogIn(KeyLogIn) = 15,
    }
}

impl AuthRequest {
    /// Who orders it, where somebody who is signed on does.
    #[must_use]
    pub fn signed_on(&self) -> Option<&SignedOn> {
        match self {
            Self::AddUser(AddUser { manager, .. })
            | Self::SetUser(SetUser { manager, .. })
            | Self::BeginRecovery(BeginRecovery { manager, .. }) => Some(manager),
            Self::AddKey(AddKey { owner, .. }) | Self::RollKey(RollKey { owner, .. }) => {
                Some(owner)
            }
            Self::RevokeKey(by) => Some(by),
            Self::SignUp(_)
            | Self::LogIn(_)
            | Self::LogOut(_)
            | Self::ChangePassword(_)
            | Self::Act(_)
            | Self::UseKey(_)
            | Self::FinishRecovery(_)
            | Self::SetSigningKey(_)
            | Self::KeyLogIn(_) => None,
        }
    }

    /// Which order it is and what it says, without who gives it: all bytes but those of `SignedOn`,
    /// which come first. Their digest stands in a `UserStatement`.
    #[must_use]
    pub fn particulars(&self) -> Vec<u8> {
        let bytes = self.to_bytes();
        let who = self.signed_on().map_or(0, |by| by.to_bytes().len());
        let rest = bytes.iter().skip(1).skip(who);
        bytes.iter().take(1).chain(rest).copied().collect()
    }
}

layout! {
    /// Asks for another five minutes.
    pub struct Renewal {
        /// The session, its authority possibly expired.
        pub proof: SessionProof,
        /// The user's record, MAC included, which must be the newest.
        pub record: Bytes<RECORD_MAX>,
    }
}

layout! {
    /// Asks for the authority of a key: five minutes of what key and user may both do now.
    pub struct KeyQuery {
        /// The key's secret.
        pub secret: SessionSecret,
        /// The key's record, MAC included, which must be the newest.
        pub record: Bytes<RECORD_MAX>,
        /// Its user's record, MAC included, which must be the newest.
        pub user: Bytes<RECORD_MAX>,
    }
}

variants! {
    /// A question to an auth box.
    pub enum AuthQuery {
        /// Is this a session? Answered by nothing or a refusal.
        Check(SessionProof) = 1,
        /// Renew it; answered by an `AuthSecret`.
        Renew(Renewal) = 2,
        /// Sign a key on; answered by an `AuthSecret`.
        Key(KeyQuery) = 3,
        /// Something to sign for this user; answered by a `Sealed<Challenge>`.
        Challenge(UserId) = 4,
    }
}

layout! {
    /// What a log-in, renewal or key hands to the caller alone.
    pub struct AuthSecret {
        /// Five minutes of authority.
        pub authority: Sealed<Authority>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Frame, Request};
    use item::{Layout, List, RequestId, Subject};

    /// Neither as text nor as the numbers that `Debug` makes of bytes.
    #[test]
    fn debug_shows_no_password_session_or_mac() {
        let (password, mark) = ("planted-password", [0xa7; 32]);
        let log_in = AuthRequest::LogIn(LogIn {
            password: Password::new(password.to_owned()).unwrap(),
            session: Digest::ZERO,
        });
        let body = log_in.to_bytes();
        let entry = Entry {
            request: RequestId([1; 32]),
            subject: Subject::ZERO,
            shown: Bytes::default(),
            body: Bytes::new(body.clone()).unwrap(),
        };
        let secret = SessionSecret(mark);
        let sealed = Sealed {
            body: 7u8,
            mac: mark,
        };
        let texts = [
            format!("{log_in:?}"),
            format!("{secret:?} {sealed:?}"),
            format!("{:?}", Request::Decide(List::new(vec![entry]).unwrap())),
            format!("{:?}", Request::Query(Bytes::new(body.clone()).unwrap())),
            format!(
                "{:?}",
                Frame {
                    correlation: 1,
                    body
                }
            ),
        ];
        let numbers = format!("{:?}", password.as_bytes());
        for text in texts {
            for shown in [
                password,
                numbers.trim_matches(['[', ']']),
                "167, 167",
                "a7a7",
            ] {
                assert!(!text.contains(shown), "{shown} in {text}");
            }
        }
    }
}
