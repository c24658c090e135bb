//! The one typed refusal of this layer. Rendered as RFC 9457 at the web edge only.

use box_client::BoxError;
use store::StoreError;
use wire::{Refusal, RefusalCode, Retry};

/// Whether anything was charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// Nothing was.
    No,
    /// Not known: ask again with the same idempotency key.
    Unknown,
}

macro_rules! problems {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// Stable problem codes of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$meta])* $variant,)* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Kebab-case code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Title, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

problems! {
    /// The body is not the JSON asked for.
    MalformedBody = "malformed-body", 400, "The request body is not understood";
    /// A path or query part is not understood.
    MalformedRequest = "malformed-request", 400, "The request is not understood";
    /// No `Idempotency-Key`, or one above 255 bytes.
    IdempotencyKey = "idempotency-key", 400, "An Idempotency-Key header of 1 to 255 characters is needed";
    /// The key was used with another body.
    KeyReused = "idempotency-key-reused", 422, "The idempotency key was used for another request";
    /// Not `application/json`.
    UnsupportedMediaType = "unsupported-media-type", 415, "The content type is not supported";
    /// The body did not arrive in time.
    RequestTimeout = "request-timeout", 408, "The request did not arrive in time";
    /// Body above its limit.
    TooLarge = "too-large", 413, "The request is too large";
    /// No such route.
    NoRoute = "no-such-route", 404, "There is no such resource";
    /// Route without that method.
    NoMethod = "method-not-allowed", 405, "The resource does not have this method";
    /// No session, or one that is not good.
    SignOnNeeded = "sign-on-needed", 401, "A session is needed";
    /// The session is over.
    SessionEnded = "session-ended", 401, "The session has ended";
    /// Log-in name or password wrong.
    WrongPassword = "wrong-credentials", 401, "The log-in name or password is wrong";
    /// After failed log-ins.
    TooSoon = "try-later", 429, "Too many attempts: wait before the next";
    /// Not the caller's, or there is none.
    NotFound = "not-found", 404, "There is no such thing";
    /// The session does not cover this.
    NotCovered = "not-covered", 403, "The session does not cover this";
    /// The signature of an operator's question is not good.
    OperatorOnly = "operator-signature", 401, "A signature of an enrolled operator is needed";
    /// Another user has the log-in name.
    LoginTaken = "login-taken", 409, "The log-in name is taken";
    /// Log-in name or display name.
    BadName = "bad-name", 422, "A name is not usable";
    /// A user who may do nothing.
    UserDisabled = "user-disabled", 403, "The user is disabled";
    /// A key that is none, or none any more.
    KeyEnded = "key-ended", 401, "The API key is not in force";
    /// What somebody may do, set by that somebody.
    OwnRights = "own-rights", 422, "Nobody sets what he himself may do";
    /// The signature of a user's own key.
    OwnSignature = "own-signature", 403, "The user's own key must sign the order";
    /// A recovery in its waiting time.
    RecoveryWaiting = "recovery-waiting", 409, "The waiting time of the recovery is not over";
    /// No recovery with this code.
    NoRecovery = "no-recovery", 403, "No recovery is under way that this code ends";
    /// A right, or a set of meters.
    BadScope = "bad-scope", 422, "What the user may do is not understood";
    /// Number of a department or end customer.
    NumberTaken = "number-taken", 409, "The number is taken";
    /// As many as an account may have.
    TooMany = "too-many", 409, "The account has as many as it may have";
    /// Password policy.
    PasswordPolicy = "password-policy", 422, "The password does not meet the policy";
    /// An address.
    BadAddress = "bad-address", 422, "The address is not usable";
    /// Mailer id, service type or mark of a barcode.
    BadBarcode = "bad-barcode", 422, "A barcode can not be made of that";
    /// Stock, format or resolution of a drawing.
    BadDrawing = "bad-drawing", 422, "It can not be drawn so";
    /// A date.
    MailingDate = "mailing-date", 422, "The mailing date is outside the window";
    /// A value.
    BadValue = "bad-value", 422, "The value is not usable";
    /// Rating.
    NoRate = "no-rate", 422, "No rate fits";
    /// Origin of deposit.
    Origin = "origin", 422, "The origin of deposit is not the meter's";
    /// Department of an item.
    Department = "department", 422, "There is no such department, or it is archived";
    /// End customer of an item.
    EndCustomer = "end-customer", 422, "There is no such end customer, or it is archived";
    /// Number of items.
    ItemCount = "item-count", 422, "The number of items is outside its limits";
    /// Rows of a mailing.
    RowsRejected = "rows-rejected", 422, "Rows of the mailing can not be bought";
    /// Funds.
    Funds = "insufficient-funds", 402, "The balance does not cover the value";
    /// Ceiling of the session.
    Ceiling = "ceiling", 403, "The request is above the user's ceiling";
    /// Limit per item.
    ItemLimit = "item-limit", 422, "The value is above the meter's limit per item";
    /// Limit per day.
    DayLimit = "day-limit", 422, "The meter's limit per day is reached";
    /// Limit per month.
    MonthLimit = "month-limit", 422, "The meter's limit per month is reached";
    /// Limit of the user.
    UserLimit = "user-limit", 422, "The user's limit is reached";
    /// Limit of the department.
    DepartmentLimit = "department-limit", 422, "The department's limit is reached";
    /// Highest balance.
    BalanceLimit = "balance-limit", 422, "The meter's highest balance would be passed";
    /// Register width.
    RegisterFull = "register-full", 422, "A register of the meter is full";
    /// State.
    WrongState = "wrong-state", 409, "The meter is not in a state for this";
    /// Suspended.
    Suspended = "meter-suspended", 409, "The meter is suspended";
    /// Inspection.
    InspectionDue = "inspection-due", 409, "The meter is to be inspected first";
    /// The item just before.
    DuplicateSuspected = "duplicate-suspected", 409, "The piece looks like the one just before";
    /// A status report.
    ReportDiffers = "report-differs", 409, "The meter holds something else than was reported";
    /// `expected_piece_count`.
    PieceCount = "piece-count", 409, "The piece count is not the expected one";
    /// A verifier took the item.
    ItemUsed = "item-used", 409, "The item was used";
    /// A request to take an item back that does not wait any more.
    VoidDecided = "void-decided", 409, "The request to take the item back is not waiting";
    /// The item was taken back before.
    AlreadyVoid = "already-void", 409, "The item was taken back before";
    /// Waiting time of item credits.
    CreditWaiting = "credit-waiting", 409, "The waiting time after the mailing date is not over";
    /// Window of item credits.
    CreditWindow = "credit-window", 422, "The item is too old to be taken back";
    /// A piece that the meter can not be credited with.
    NotCreditable = "not-creditable", 422, "The item can not be taken back";
    /// The meter remembers no more credited pieces.
    CreditsFull = "credits-full", 409, "The meter can not remember more items that were taken back";
    /// A signed statement that is not one.
    BadStatement = "bad-statement", 422, "The signed statement is not understood";
    /// Its signatures.
    BadSignature = "bad-signature", 403, "The statement is not signed by enough enrolled keys";
    /// Its addressee.
    Mismatch = "statement-mismatch", 422, "The statement is for something else";
    /// Its act sequence.
    ActSequence = "act-sequence", 409, "The act is not the next one of its subject";
    /// Its epoch.
    EpochOrder = "epoch-order", 422, "The epoch does not follow the newest one";
    /// The start of its epoch.
    EpochStart = "epoch-start", 409, "The epoch can not start then";
    /// Its funding sequence.
    FundingSequence = "funding-sequence", 409, "The credit is not the next one of its meter";
    /// Its expiry.
    Expired = "statement-expired", 409, "The statement has expired";
    /// A verifier's sequence.
    ScanSequence = "scan-sequence", 409, "The scan is not the verifier's next one";
    /// Number, day or part of a sheet of daily totals.
    TotalsSequence = "totals-sequence", 409, "The sheet is not the next one";
    /// Day of a sheet.
    DayNotOver = "day-not-over", 409, "The day is not over";
    /// Rows of a sheet.
    TotalsDiffer = "totals-differ", 409, "The totals are not those of the records";
    /// Not a picture with a symbol.
    Unreadable = "unreadable-image", 422, "No symbol could be read from the image";
    /// The envelope's address is another than the item's.
    OtherAddress = "other-address", 422, "The item was dispensed for another address";
    /// A record was altered, or the database went back.
    RecordRefused = "record-refused", 500, "A stored record was refused by its box; operators were alerted";
    /// The box doubts its clock.
    ClockDoubtful = "clock-doubtful", 503, "A secure box doubts its clock and waits for an act";
    /// The box is latched.
    Latched = "latched", 503, "A secure box is stopped and waits for an act";
    /// A certificate has ended.
    KeysExpired = "keys-expired", 503, "A secure box's keys have expired";
    /// Busy, or a box or database does not answer.
    Unavailable = "unavailable", 503, "The service is not available now";
    /// A fault of the program.
    Internal = "internal", 500, "The service failed";
}

/// The item that a piece looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Its meter.
    pub meter: item::MeterSerial,
    /// Its piece count.
    pub piece_count: u32,
    /// Box time.
    pub time: item::Time,
}

/// One refusal: what happened, what was charged, whether to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub code: Code,
    /// This time; for the caller's eyes, without inner text.
    pub detail: String,
    /// Whether the same request may succeed later without a change.
    pub retryable: bool,
    /// Whether anything was charged.
    pub charged: Charged,
    /// Seconds to wait, where that is known.
    pub retry_after: Option<u64>,
    /// For [`Code::DuplicateSuspected`]: the item just before.
    pub earlier: Option<Earlier>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// A refusal that charged nothing and will not go away by itself.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retryable: false,
            charged: Charged::No,
            retry_after: None,
            earlier: None,
        }
    }

    /// Turned away before anything was begun: too much is under way.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self {
            retryable: true,
            retry_after: Some(1),
            ..Self::new(Code::Unavailable, detail)
        }
    }

    /// The service can not answer now; whether a value-moving request was carried out is not known.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self {
            retryable: true,
            charged: Charged::Unknown,
            retry_after: Some(1),
            ..Self::new(Code::Unavailable, detail)
        }
    }

    /// A fault of this program or its database; nothing may be said about the charge.
    pub(crate) fn internal(what: &str) -> Self {
        tracing::error!(what, "internal problem");
        Self {
            charged: Charged::Unknown,
            ..Self::new(
                Code::Internal,
                "Ask again with the same idempotency key; operators can find this request by its id.",
            )
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "store");
        if error.retryable() {
            Self::unavailable("The database is busy. Ask again with the same idempotency key.")
        } else {
            Self {
                charged: Charged::Unknown,
                ..Self::new(
                    Code::Unavailable,
                    "The database can not be used now; operators must look at it.",
                )
            }
        }
    }
}

impl From<BoxError> for Problem {
    fn from(error: BoxError) -> Self {
        tracing::warn!(%error, "box");
        Self::unavailable("A secure box does not answer. Ask again with the same idempotency key.")
    }
}

/// A box's refusal as the caller's problem. No wildcard: a new code must find its place here.
fn code_of(code: RefusalCode) -> Code {
    match code {
        RefusalCode::Malformed | RefusalCode::Exists | RefusalCode::Internal => Code::Internal,
        RefusalCode::TooLarge => Code::TooLarge,
        RefusalCode::Busy | RefusalCode::OrdererStale => Code::Unavailable,
        RefusalCode::ClockDoubtful => Code::ClockDoubtful,
        RefusalCode::Latched => Code::Latched,
        RefusalCode::KeyExpired => Code::KeysExpired,
        RefusalCode::EpochOrder => Code::EpochOrder,
        RefusalCode::EpochStart => Code::EpochStart,
        RefusalCode::Altered
        | RefusalCode::UnknownEpoch
        | RefusalCode::Stale
        | RefusalCode::Fork
        | RefusalCode::OldFork
        | RefusalCode::Equation
        | RefusalCode::CreditedList
        | RefusalCode::PreviousEntry => Code::RecordRefused,
        RefusalCode::Unknown => Code::NotFound,
        RefusalCode::BadSignature => Code::BadSignature,
        RefusalCode::ActSequence => Code::ActSequence,
        RefusalCode::FundingSequence => Code::FundingSequence,
        RefusalCode::Expired => Code::Expired,
        RefusalCode::WrongInstallation | RefusalCode::Mismatch => Code::Mismatch,
        RefusalCode::BadAuthority => Code::SignOnNeeded,
        RefusalCode::AuthorityExpired | RefusalCode::SessionEnded => Code::SessionEnded,
        RefusalCode::NotCovered => Code::NotCovered,
        RefusalCode::Ceiling => Code::Ceiling,
        RefusalCode::TooSoon => Code::TooSoon,
        RefusalCode::WrongPassword => Code::WrongPassword,
        RefusalCode::PasswordPolicy => Code::PasswordPolicy,
        RefusalCode::OwnRights => Code::OwnRights,
        RefusalCode::RecoveryWaiting => Code::RecoveryWaiting,
        RefusalCode::NoRecovery => Code::NoRecovery,
        RefusalCode::UserDisabled => Code::UserDisabled,
        RefusalCode::KeyEnded => Code::KeyEnded,
        RefusalCode::WrongState => Code::WrongState,
        RefusalCode::Suspended => Code::Suspended,
        RefusalCode::InspectionDue => Code::InspectionDue,
        RefusalCode::BadValue => Code::BadValue,
        RefusalCode::ItemLimit => Code::ItemLimit,
        RefusalCode::DayLimit => Code::DayLimit,
        RefusalCode::MonthLimit => Code::MonthLimit,
        RefusalCode::DescendingLimit => Code::BalanceLimit,
        RefusalCode::RegisterWidth => Code::RegisterFull,
        RefusalCode::MailingDate => Code::MailingDate,
        RefusalCode::Origin => Code::Origin,
        RefusalCode::Destination => Code::BadAddress,
        RefusalCode::Funds => Code::Funds,
        RefusalCode::PieceCount => Code::PieceCount,
        RefusalCode::NotCreditable => Code::NotCreditable,
        RefusalCode::CreditWaiting => Code::CreditWaiting,
        RefusalCode::CreditWindow => Code::CreditWindow,
        RefusalCode::AlreadyCredited => Code::AlreadyVoid,
        RefusalCode::CreditedFull => Code::CreditsFull,
        RefusalCode::ReportDiffers => Code::ReportDiffers,
        RefusalCode::OwnSignature => Code::OwnSignature,
    }
}

/// The same for a log-in name that nobody has.
pub(crate) const NO_RECOVERY: &str = "Nothing was changed. Check log-in name and code; a log-in, a newer \
    recovery or a week ends the one before.";

fn advice(code: RefusalCode) -> &'static str {
    if code.is_alarm() {
        return "Nothing was charged. Operators were alerted and must look at it.";
    }
    if code == RefusalCode::ClockDoubtful {
        return "Nothing was charged. An operator must confirm the time of a secure box first.";
    }
    if code == RefusalCode::UserDisabled {
        return "Nothing was charged. A manager of the account must enable the user first.";
    }
    if code == RefusalCode::RecoveryWaiting {
        return "Nothing was changed. A recovery can be ended a day after it was begun.";
    }
    if code == RefusalCode::OwnSignature {
        return "Nothing was charged. The signature is missing or past its time, or it is for another order \
                or for less than this one costs.";
    }
    if code == RefusalCode::NoRecovery {
        return NO_RECOVERY;
    }
    if code == RefusalCode::EpochStart {
        return "Nothing was charged. An epoch starts within 92 days, and only after every box has put \
                the one before in force: see `indicia epochs`.";
    }
    match code.retry() {
        Retry::Never => "Nothing was charged. The request must change before it can succeed.",
        Retry::Later => "Nothing was charged. The same request may succeed a little later.",
        Retry::AfterLookUp => "Nothing was charged. The record must be read again.",
        Retry::AfterSignOn => "Nothing was charged. Sign on again, then repeat the request.",
        Retry::AfterAct => {
            "Nothing was charged. The meter, its limits or its balance must change first."
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = code_of(refusal.code);
        Self {
            retryable: matches!(refusal.code.retry(), Retry::Later),
            ..Self::new(code, advice(refusal.code))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_kebab_case() {
        let codes: HashSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(
            codes
                .iter()
                .all(|c| c.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
        );
        assert!(Code::ALL.iter().all(|c| (400..600).contains(&c.status())));
    }

    #[test]
    fn every_refusal_becomes_a_problem_that_charged_nothing() {
        for code in RefusalCode::ALL {
            let problem = Problem::from(Refusal::from(*code));
            assert_eq!(problem.charged, Charged::No, "{code:?}");
            assert!(!problem.detail.is_empty());
        }
    }
}
