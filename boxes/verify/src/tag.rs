//! The one table of domain tags (P4). Every string that is MACed, signed, digested or derived from
//! starts with one, so that no bytes made for one purpose can serve another.

use item::{
    AcceptanceScan, Act, AuthRecord, Authority, ChainRecord, Challenge, Checkpoint, CreditApproval,
    CreditEvidence, DailyTotals, Decision, EpochDescriptor, EpochOpening, IssuingCertificate,
    KeyStatement, LicenceApplication, LicenceRefusal, LogInStatement, ManufactureReceipt,
    MeterRecord, OrderStatement, PackBody, StaleStatement, TranscriptBody, UserStatement,
};

/// A domain tag. Its bytes are the text and one zero byte, so no tag is the start of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(&'static str);

macro_rules! tags {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        impl Tag {
            $($(#[$meta])* pub const $name: Self = Self($text);)*
            /// The whole table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

tags! {
    /// Signature of an indicium.
    ITEM = "indicia/item/1";
    /// Token under the vendor's key.
    VENDOR_TOKEN = "indicia/token/vendor/1";
    /// Token under the post's key.
    POSTAL_TOKEN = "indicia/token/postal/1";
    /// Address digest in an indicium.
    ADDRESS = "indicia/address/1";
    /// Signature of a decision.
    DECISION = "indicia/decision/1";
    /// Signature of a checkpoint.
    CHECKPOINT = "indicia/checkpoint/1";
    /// Digest over all subjects in a checkpoint.
    CHECKPOINT_SUBJECTS = "indicia/checkpoint/subjects/1";
    /// Signature of a stale statement.
    STALE = "indicia/stale/1";
    /// Signatures of an act.
    ACT = "indicia/act/1";
    /// Signatures of credit evidence.
    CREDIT = "indicia/credit/1";
    /// Id of credit evidence.
    CREDIT_ID = "indicia/credit/id/1";
    /// Signatures of an approval of an item credit.
    CREDIT_APPROVAL = "indicia/credit-approval/1";
    /// Digest of a credited list.
    CREDITED_LIST = "indicia/digest/credited-list/1";
    /// Signature of a manufacture receipt.
    RECEIPT = "indicia/receipt/1";
    /// Signature of an issuing certificate.
    CERTIFICATE = "indicia/certificate/1";
    /// Signature of an epoch descriptor.
    EPOCH = "indicia/epoch/1";
    /// Signature of an epoch's opening.
    EPOCH_OPENING = "indicia/epoch/opening/1";
    /// Digest of a box's sealed package of an epoch.
    EPOCH_PACKAGE = "indicia/epoch/package/1";
    /// Signature of a pack.
    PACK = "indicia/pack/1";
    /// Signature of a transcript.
    TRANSCRIPT = "indicia/transcript/1";
    /// Signature of an acceptance scan.
    SCAN = "indicia/scan/1";
    /// Signature of a sheet of daily totals.
    DAILY_TOTALS = "indicia/daily-totals/1";
    /// Signature of a rate table.
    RATES = "indicia/rates/1";
    /// Signature of an application for a licence.
    LICENCE_APPLICATION = "indicia/licence-application/1";
    /// Signatures of the refusal of one.
    LICENCE_REFUSAL = "indicia/licence-refusal/1";
    /// Digest of who applies, in words.
    LICENCE_DETAILS = "indicia/licence-details/1";
    /// Digest of an agreement's text.
    AGREEMENT = "indicia/agreement/1";
    /// Signature of an operator's question to the API.
    OPERATOR_QUERY = "indicia/operator-query/1";
    /// MAC of a meter record.
    METER_RECORD = "indicia/record/meter/1";
    /// MAC of a user record.
    USER_RECORD = "indicia/record/user/1";
    /// MAC of the record of an API key.
    API_KEY_RECORD = "indicia/record/api-key/1";
    /// MAC of a chain record.
    CHAIN_RECORD = "indicia/record/chain/1";
    /// MAC of an authority.
    AUTHORITY = "indicia/authority/1";
    /// Digest of a stored record.
    RECORD_DIGEST = "indicia/digest/record/1";
    /// Digest of an item record, chain entry, scan, or signed statement.
    STATEMENT_DIGEST = "indicia/digest/statement/1";
    /// Digest of a payload.
    PAYLOAD_DIGEST = "indicia/digest/payload/1";
    /// Id of a key.
    KEY_ID = "indicia/key-id/1";
    /// Root fingerprint.
    FINGERPRINT = "indicia/fingerprint/1";
    /// Id of a request.
    REQUEST = "indicia/request/1";
    /// Idempotency key.
    IDEMPOTENCY = "indicia/idempotency/1";
    /// Body of a request.
    REQUEST_BODY = "indicia/request-body/1";
    /// Secret of a session.
    SESSION = "indicia/session/1";
    /// Secret of an API key.
    API_KEY = "indicia/api-key/1";
    /// Check value at the end of an API key's text.
    API_KEY_CHECK = "indicia/api-key/check/1";
    /// Code of a recovery.
    RECOVERY = "indicia/recovery/1";
    /// Signature of an order of items by a user's own key.
    ORDER = "indicia/own-key/order/1";
    /// Signature of an order about users or keys by a user's own key.
    USER_ORDER = "indicia/own-key/user-order/1";
    /// What such an order says.
    PARTICULARS = "indicia/own-key/particulars/1";
    /// Signature of a log-in by a user's own key.
    KEY_LOG_IN = "indicia/own-key/log-in/1";
    /// Signatures of a user's own key that is set or removed.
    OWN_KEY = "indicia/own-key/1";
    /// MAC of a challenge.
    CHALLENGE = "indicia/challenge/1";
    /// User of a challenge.
    CHALLENGE_USER = "indicia/challenge/user/1";
    /// Account of its first user.
    ACCOUNT = "indicia/account/1";
    /// Payment reference.
    REFERENCE = "indicia/reference/1";
    /// Ceremony config.
    CONFIG = "indicia/config/1";
    /// Check value of a key.
    KEY_CHECK = "indicia/key-check/1";
    /// Derivation: sealing key of a record.
    DERIVE_SEAL = "indicia/derive/seal/1";
    /// Derivation: MAC key of a record.
    DERIVE_MAC = "indicia/derive/mac/1";
    /// Derivation: token key of a meter.
    DERIVE_TOKEN = "indicia/derive/token/1";
    /// Derivation: journal keys of a box.
    DERIVE_JOURNAL = "indicia/derive/journal/1";
    /// Derivation: key of a sealed package.
    DERIVE_PACKAGE = "indicia/derive/package/1";
    /// Derivation: key that seals a box's state under its unlock secret.
    DERIVE_UNLOCK = "indicia/derive/unlock/1";
}

impl Tag {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// `tag | parts`, as it is signed.
    #[must_use]
    pub fn message(self, parts: &[&[u8]]) -> Vec<u8> {
        let length = parts
            .iter()
            .fold(self.0.len(), |sum, part| sum.saturating_add(part.len()));
        let mut out = Vec::with_capacity(length.saturating_add(1));
        out.extend_from_slice(self.0.as_bytes());
        out.push(0);
        parts.iter().for_each(|part| out.extend_from_slice(part));
        out
    }
}

/// A body that is signed or MACed under one tag.
pub trait Tagged {
    /// Its tag.
    const TAG: Tag;
}

/// A record's tag under its MAC: of an auth box's, by what the record is.
pub trait RecordTag {
    /// Its tag.
    fn record_tag(&self) -> Tag;
}

impl<T: Tagged> RecordTag for T {
    fn record_tag(&self) -> Tag {
        T::TAG
    }
}

impl RecordTag for AuthRecord {
    fn record_tag(&self) -> Tag {
        match self {
            Self::User(_) => Tag::USER_RECORD,
            Self::Key(_) => Tag::API_KEY_RECORD,
        }
    }
}

macro_rules! tagged {
    ($($body:ty => $tag:ident,)*) => {
        $(impl Tagged for $body { const TAG: Tag = Tag::$tag; })*
    };
}

tagged! {
    Decision => DECISION,
    Checkpoint => CHECKPOINT,
    StaleStatement => STALE,
    Act => ACT,
    CreditEvidence => CREDIT,
    CreditApproval => CREDIT_APPROVAL,
    ManufactureReceipt => RECEIPT,
    IssuingCertificate => CERTIFICATE,
    EpochDescriptor => EPOCH,
    EpochOpening => EPOCH_OPENING,
    PackBody => PACK,
    TranscriptBody => TRANSCRIPT,
    AcceptanceScan => SCAN,
    DailyTotals => DAILY_TOTALS,
    LicenceApplication => LICENCE_APPLICATION,
    LicenceRefusal => LICENCE_REFUSAL,
    MeterRecord => METER_RECORD,
    ChainRecord => CHAIN_RECORD,
    Authority => AUTHORITY,
    Challenge => CHALLENGE,
    OrderStatement => ORDER,
    UserStatement => USER_ORDER,
    LogInStatement => KEY_LOG_IN,
    KeyStatement => OWN_KEY,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_purposes_share_a_tag() {
        let texts: HashSet<_> = Tag::ALL.iter().map(|t| t.as_str()).collect();
        assert_eq!(texts.len(), Tag::ALL.len());
        assert!(
            texts
                .iter()
                .all(|t| t.starts_with("indicia/") && !t.contains('\0'))
        );
    }
}
