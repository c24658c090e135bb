//! The rules in a real keeper, on a real state folder.

mod acts;
mod api_keys;
mod epochs;
mod house;
mod manage;
mod own_key;
mod records;
mod recovery;
mod redelivery;
mod reissue;
mod sessions;
mod sign_on;

use crate::AuthRules;
use house::{Desk, House, MINUTE, START, done, operator};
use item::{
    Act, ActBody, AuthRecord, Authority, BoxKind, Bytes, Layout, List, Mills, MultiSigned, Rights,
    Sealed, Subject, Time, UserId, UserRecord, Version,
};
use vault::PasswordCost;
use verify::{Tagged, key_id, session_digest};
use wire::{
    AuthQuery, AuthRequest, AuthSecret, Failure, LogIn, Outcome, Password, PasswordChange,
    RefusalCode, Renewal, SessionProof, SessionSecret, SignUp,
};

/// The first password of every user here.
const RIGHT: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";
const SECRET: [u8; 32] = [5; 32];
const SECOND: u64 = 1000;
const HOUR: u64 = 60 * MINUTE;

fn quick(ground: &keeper::Ground) -> Result<AuthRules, keeper::StartError> {
    Ok(AuthRules::new(ground)?.with_cost(PasswordCost {
        memory_kib: 8,
        passes: 1,
    }))
}

fn password(text: &str) -> Password {
    Password::new(text.into()).unwrap()
}

fn sign_up(text: &str) -> AuthRequest {
    AuthRequest::SignUp(SignUp {
        password: password(text),
        rights: Rights::ALL,
        ceiling: Mills(50_000),
    })
}

fn log_in_as(text: &str, secret: [u8; 32]) -> AuthRequest {
    AuthRequest::LogIn(LogIn {
        password: password(text),
        session: session_digest(&secret),
    })
}

fn log_in(text: &str) -> AuthRequest {
    log_in_as(text, SECRET)
}

fn new_password(old: &str, new: &str) -> AuthRequest {
    AuthRequest::ChangePassword(PasswordChange {
        old: password(old),
        new: password(new),
    })
}

fn set_user(rights: Rights, ceiling: u64) -> ActBody {
    ActBody::SetUser {
        rights,
        ceiling: Mills(ceiling),
    }
}

/// An auth box, and a database that holds one user.
struct Case {
    house: House,
    desk: Desk<AuthRules>,
    user: UserId,
    /// The user's row; empty before sign-up.
    row: Vec<u8>,
    requests: u32,
}

impl Case {
    fn empty() -> Self {
        let house = House::new();
        Self {
            desk: house.start(quick),
            house,
            user: UserId([1; 16]),
            row: Vec::new(),
            requests: 0,
        }
    }

    /// With the user signed up.
    fn new() -> Self {
        let mut case = Self::empty();
        done(case.next(&sign_up(RIGHT)));
        case
    }

    fn subject(&self) -> Subject {
        self.user.subject()
    }

    /// Asks under a name, and does not write the answer.
    fn ask(&mut self, request: &str, body: &AuthRequest) -> Outcome {
        let subject = self.subject();
        let row = self.row.clone();
        self.desk.decide(subject, &row, request, &body.to_bytes())
    }

    /// Asks under a new name and writes what is to be written.
    fn next(&mut self, body: &AuthRequest) -> Outcome {
        self.requests += 1;
        let name = format!("request {}", self.requests);
        let outcome = self.ask(&name, body);
        self.write(&outcome);
        outcome
    }

    fn write(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Done(delivery)
            | Outcome::Open(delivery)
            | Outcome::Failed(Failure { delivery, .. }) => {
                self.row = delivery.record.as_slice().to_vec();
            }
            Outcome::Refused(_) | Outcome::Declined(_) => {}
        }
    }

    fn record(&self) -> UserRecord {
        user_of(&self.row)
    }

    /// An act on the user that the operator signed, good for an hour from the start.
    fn act(&self, sequence: u64, body: ActBody) -> MultiSigned<Act> {
        sign_act(Act {
            version: Version,
            installation: self.house.installation.transcript().installation,
            box_kind: BoxKind::Auth,
            subject: self.subject(),
            sequence,
            issued: Time(START),
            expires: Time(START + HOUR),
            body,
        })
    }

    /// Logs in and returns the session.
    #[track_caller]
    fn session(&mut self, text: &str) -> SessionProof {
        let delivery = done(self.next(&log_in(text)));
        SessionProof {
            authority: authority_of(delivery.secret.as_slice()),
            secret: SessionSecret(SECRET),
        }
    }

    /// A failed log-in: earliest time of the next.
    #[track_caller]
    fn fail(&mut self, body: &AuthRequest) -> Time {
        failure(self.next(body))
    }

    fn check(&mut self, proof: &SessionProof) -> Result<Vec<u8>, RefusalCode> {
        self.desk.query(&AuthQuery::Check(proof.clone()).to_bytes())
    }

    /// Renews with the newest record.
    fn renew(&mut self, proof: &SessionProof) -> Result<SessionProof, RefusalCode> {
        let row = self.row.clone();
        self.renew_with(proof, row)
    }

    fn renew_with(
        &mut self,
        proof: &SessionProof,
        row: Vec<u8>,
    ) -> Result<SessionProof, RefusalCode> {
        let query = AuthQuery::Renew(Renewal {
            proof: proof.clone(),
            record: Bytes::new(row).unwrap(),
        });
        let answer = self.desk.query(&query.to_bytes())?;
        Ok(SessionProof {
            authority: authority_of(&answer),
            secret: proof.secret,
        })
    }
}

/// The user in a row.
#[track_caller]
fn user_of(row: &[u8]) -> UserRecord {
    let sealed = Sealed::<AuthRecord>::from_bytes(row).unwrap();
    sealed.body.into_user().unwrap()
}

fn authority_of(secret: &[u8]) -> Sealed<Authority> {
    AuthSecret::from_bytes(secret).unwrap().authority
}

/// Earliest next time that a recorded failure names.
#[track_caller]
fn failure(outcome: Outcome) -> Time {
    match outcome {
        Outcome::Failed(failure) => {
            assert_eq!(failure.refusal.code, RefusalCode::WrongPassword);
            assert!(failure.delivery.secret.is_empty());
            failure.refusal.not_before
        }
        other => panic!("not a recorded failure: {other:?}"),
    }
}

fn sign_act(body: Act) -> MultiSigned<Act> {
    let signature = operator().sign(Act::TAG, &body.to_bytes()).unwrap();
    MultiSigned {
        body,
        signatures: List::new(vec![(key_id(operator().public()), signature)]).unwrap(),
    }
}
