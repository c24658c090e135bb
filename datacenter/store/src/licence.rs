//! Applications for licences: signed bytes, and the names beside them, which stay erasable (P6).

use item::{AccountId, Digest, MeterSerial};

/// A new application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLicence {
    /// Digest of the signed application.
    pub digest: Digest,
    /// Whose.
    pub account: AccountId,
    /// Meter to be licensed.
    pub meter: MeterSerial,
    /// `Signed<LicenceApplication>`.
    pub application: Vec<u8>,
    /// `LicenceDetails`.
    pub details: Vec<u8>,
    /// Digest and text of the agreement that it accepts.
    pub agreement: (Digest, Vec<u8>),
}

/// An application as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenceRow {
    /// Digest of the signed application.
    pub digest: Digest,
    /// Whose, a copy for search. Decide by the application.
    pub account: AccountId,
    /// `Signed<LicenceApplication>`.
    pub application: Vec<u8>,
    /// `LicenceDetails`; none once erased.
    pub details: Option<Vec<u8>>,
    /// `MultiSigned<LicenceRefusal>`, if it was refused.
    pub refusal: Option<Vec<u8>>,
    /// Digest of the act that licensed the meter, if one did.
    pub act: Option<Digest>,
}

/// Which applications are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licences {
    /// All of an account.
    Of(AccountId),
    /// Those that nobody has answered.
    Open,
}
