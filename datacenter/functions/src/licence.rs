//! Licences: an application signed by the customer, then the operators' act or their refusal.
//!
//! Not here: the act itself (`acts`); that an act names a genuine application is compared before a box
//! is asked, and by audit ever after. Names and addresses are kept beside the application, by which only
//! their digest is signed (P6).

use crate::change::parse;
use crate::{Centre, Code, Problem, Session};
use item::{
    AccountId, Act, ActBody, Digest, Layout, LicenceApplication, LicenceDetails, LicenceRefusal,
    MeterSerial, MeterState, MultiSigned, Rights, Signed, Zip,
};
use store::{LicenceRow, Licences, NewLicence, Store};
use verify::{agreement_digest, licence_details_digest, open, open_by_quorum, statement_digest};

/// Bytes of an agreement's text: some ten pages.
pub const AGREEMENT_MAX: usize = 32 << 10;
/// An application may be this much older or newer than the server's clock, milliseconds: a day.
const AGE_MAX: u64 = 24 * 60 * 60 * 1000;
/// Highest ZIP code.
const ZIP_MAX: u32 = 99_999;

/// What a customer hands in.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// `Signed<LicenceApplication>`.
    pub application: Vec<u8>,
    /// Who applies, in words.
    pub details: LicenceDetails,
    /// Text of the agreement.
    pub agreement: String,
}

/// How an application stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenceState {
    /// Nobody has answered it.
    Applied,
    /// The meter is licensed.
    Granted,
    /// Operators refused it, for this reason.
    Refused(String),
}

/// An application as it stands.
#[derive(Debug, Clone)]
pub struct Licence {
    /// Digest of the signed application.
    pub digest: Digest,
    /// As it was signed.
    pub signed: Vec<u8>,
    /// What it says.
    pub application: LicenceApplication,
    /// Who applies; none once erased.
    pub details: Option<LicenceDetails>,
    /// How it stands.
    pub state: LicenceState,
}

impl<S: Store> Centre<S> {
    /// Keeps an application. The same again finds it.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn apply_for_licence(
        &self,
        session: &Session,
        new: NewApplication,
    ) -> Result<Licence, Problem> {
        let authority = session.authority();
        if !authority.rights.covers(Rights::MANAGE) {
            return Err(Problem::new(
                Code::NotCovered,
                "The user may not apply for licences.",
            ));
        }
        let application = opened(&new.application)?;
        let differs =
            |what: &str| Problem::new(Code::Mismatch, format!("Nothing was kept: {what}."));
        if application.installation != self.installation().transcript().installation {
            return Err(differs("the application is for another installation"));
        }
        if (application.account, application.user) != (authority.account, authority.user) {
            return Err(differs("the application is another user's"));
        }
        if application.details != licence_details_digest(&new.details) {
            return Err(differs("the details are not those that were signed"));
        }
        if application.agreement != agreement_digest(new.agreement.as_bytes()) {
            return Err(differs("the agreement is not the one that was signed"));
        }
        let digest = statement_digest(&new.application);
        if self.store().licence(digest).await?.is_some() {
            return self.licence(Some(session), digest).await;
        }
        if new.agreement.is_empty() || new.agreement.len() > AGREEMENT_MAX {
            return Err(Problem::new(
                Code::BadStatement,
                "An agreement has 1 to 32,768 bytes.",
            ));
        }
        if self.now().0.abs_diff(application.time.0) > AGE_MAX {
            return Err(Problem::new(Code::Expired, "Sign the application anew."));
        }
        let is_zip = |zip: Zip| zip.0 <= ZIP_MAX;
        if !is_zip(application.origin)
            || !is_zip(application.licensing)
            || application.licensing.0 == 0
        {
            return Err(Problem::new(Code::Origin, "A ZIP code has five digits."));
        }
        let meter = self.meter(session, application.meter).await?;
        if !matches!(
            meter.state,
            MeterState::Manufactured | MeterState::Registered
        ) {
            return Err(Problem::new(
                Code::WrongState,
                "The meter has its licence, or is closed.",
            ));
        }
        self.store()
            .put_licence(NewLicence {
                digest,
                account: application.account,
                meter: application.meter,
                application: new.application,
                details: new.details.to_bytes(),
                agreement: (application.agreement, new.agreement.into_bytes()),
            })
            .await?;
        self.licence(Some(session), digest).await
    }

    /// One application: of the session's account, or for operators (no session) any.
    ///
    /// # Errors
    /// [`Code::NotFound`] also for another account's.
    pub async fn licence(
        &self,
        session: Option<&Session>,
        digest: Digest,
    ) -> Result<Licence, Problem> {
        let row = self.store().licence(digest).await?.ok_or_else(no_licence)?;
        let licence = self.read_licence(row)?;
        match session {
            Some(session) if licence.application.account != session.authority().account => {
                Err(no_licence())
            }
            _ => Ok(licence),
        }
    }

    /// A page of applications behind `after`: of an account, or for operators those that wait.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn licences(
        &self,
        account: Option<AccountId>,
        after: Option<Digest>,
        limit: u32,
    ) -> Result<Vec<Licence>, Problem> {
        let which = account.map_or(Licences::Open, Licences::Of);
        let rows = self.store().licences(which, after, limit).await?;
        let licences = rows.into_iter().map(|row| self.read_licence(row));
        let mut licences = licences.collect::<Result<Vec<_>, _>>()?;
        licences.retain(|one| account.is_none_or(|account| one.application.account == account));
        Ok(licences)
    }

    /// Keeps the operators' refusal. The first one stays.
    ///
    /// # Errors
    /// [`Problem`].
    pub async fn refuse_licence(
        &self,
        digest: Digest,
        statement: &[u8],
    ) -> Result<Licence, Problem> {
        let refusal = self.refusal(statement)?;
        if refusal.application != digest {
            return Err(Problem::new(
                Code::Mismatch,
                "The refusal is of another application.",
            ));
        }
        let licence = self.licence(None, digest).await?;
        if licence.state == LicenceState::Granted {
            return Err(Problem::new(Code::WrongState, "The licence was granted."));
        }
        self.store().refuse_licence(digest, statement).await?;
        self.licence(None, digest).await
    }

    /// Whether an act of licence names an application that is there and for its meter.
    pub(crate) async fn check_application(&self, act: &Act) -> Result<(), Problem> {
        let ActBody::License { application, .. } = &act.body else {
            return Ok(());
        };
        if *application == Digest::ZERO {
            return Ok(());
        }
        let licence = self.licence(None, *application).await?;
        let meter = MeterSerial::of_subject(&act.subject);
        if meter == Some(licence.application.meter) {
            Ok(())
        } else {
            Err(Problem::new(
                Code::Mismatch,
                "The application is for another meter.",
            ))
        }
    }

    fn refusal(&self, statement: &[u8]) -> Result<LicenceRefusal, Problem> {
        let transcript = self.installation().transcript();
        let signed = MultiSigned::<LicenceRefusal>::from_bytes(statement).map_err(unreadable)?;
        let refusal = open_by_quorum(signed, &transcript.operators)
            .map_err(|_| Problem::new(Code::BadSignature, "Enough operators must sign a refusal."))?
            .into_body();
        if refusal.installation != transcript.installation {
            return Err(Problem::new(
                Code::Mismatch,
                "The refusal is of another installation.",
            ));
        }
        Ok(refusal)
    }

    /// What a row says, as far as it is signed: the database may say anything.
    fn read_licence(&self, row: LicenceRow) -> Result<Licence, Problem> {
        let application = opened(&row.application)?;
        if statement_digest(&row.application) != row.digest {
            return Err(Problem::internal(
                "an application stands in another's place",
            ));
        }
        let details = match row.details {
            None => None,
            Some(bytes) => {
                let details: LicenceDetails = parse(&bytes, "licence details")?;
                (licence_details_digest(&details) == application.details).then_some(details)
            }
        };
        let state = match (row.act, row.refusal) {
            (Some(_), _) => LicenceState::Granted,
            (None, Some(refusal)) => {
                let reason = self.refusal(&refusal)?.reason;
                LicenceState::Refused(String::from_utf8_lossy(reason.as_slice()).into_owned())
            }
            (None, None) => LicenceState::Applied,
        };
        Ok(Licence {
            digest: row.digest,
            signed: row.application,
            application,
            details,
            state,
        })
    }
}

/// An application that its own key signed.
fn opened(bytes: &[u8]) -> Result<LicenceApplication, Problem> {
    let signed = Signed::<LicenceApplication>::from_bytes(bytes).map_err(unreadable)?;
    let key = signed.body.key.clone();
    let opened = open(signed, &key).map_err(|_| {
        Problem::new(
            Code::BadSignature,
            "The application is not signed by the key that it names.",
        )
    })?;
    Ok(opened.into_body())
}

fn unreadable(error: item::LayoutError) -> Problem {
    Problem::new(
        Code::BadStatement,
        format!("The statement can not be read: {error}."),
    )
}

fn no_licence() -> Problem {
    Problem::new(Code::NotFound, "There is no such application.")
}
