//! Signatures that need no memory: acts, approvals of item credits, daily
//! totals, and rate tables. Credit evidence is in `ledger`, scans are
//! in `verifier`.

use crate::SigningKey;
use item::limits::SIGNERS_MAX;
use item::{
    Act, CreditApproval, DailyTotals, KeyId, Layout, LicenceApplication, LicenceRefusal, List,
    MultiSigned, Signed,
};
use verify::{Tag, Tagged};

/// Why something is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// No key at all, or more than a statement can carry.
    #[error("a statement is signed by 1 to {SIGNERS_MAX} keys, not by {0}")]
    Count(usize),
    /// One key twice.
    #[error("key {0} is there already: each signs once")]
    Twice(KeyId),
    /// The partly signed body is not the one that was looked at.
    #[error("the partly signed act is not the act that you were shown")]
    OtherBody,
}

/// Signs an act with these operator keys. Fewer than m may sign now; the others add theirs with
/// [`add_signature`].
///
/// # Errors
/// [`SignError::Count`], [`SignError::Twice`].
pub fn sign_act(act: Act, keys: &[&SigningKey]) -> Result<MultiSigned<Act>, SignError> {
    sign_by_all(act, keys)
}

/// Adds one signature to a partly signed act. `shown` is the act that the signer was shown and
/// agreed to: another body in the file is refused.
///
/// # Errors
/// [`SignError`].
pub fn add_signature(
    partly: MultiSigned<Act>,
    shown: &Act,
    key: &SigningKey,
) -> Result<MultiSigned<Act>, SignError> {
    if partly.body != *shown {
        return Err(SignError::OtherBody);
    }
    let signature = key.sign(Act::TAG, &shown.to_bytes());
    let mut signatures = partly.signatures.into_vec();
    signatures.push((key.id(), signature));
    ordered(partly.body, signatures)
}

/// Signs an approval of an item credit with these refunders' keys.
///
/// # Errors
/// [`SignError::Count`], [`SignError::Twice`].
pub fn sign_approval(
    approval: CreditApproval,
    keys: &[&SigningKey],
) -> Result<MultiSigned<CreditApproval>, SignError> {
    sign_by_all(approval, keys)
}

/// Signs an application for a licence with the key that it names.
#[must_use]
pub fn sign_application(
    application: LicenceApplication,
    key: &SigningKey,
) -> Signed<LicenceApplication> {
    Signed {
        signature: key.sign(LicenceApplication::TAG, &application.to_bytes()),
        body: application,
    }
}

/// Signs the refusal of an application with these operator keys.
///
/// # Errors
/// [`SignError::Count`], [`SignError::Twice`].
pub fn sign_refusal(
    refusal: LicenceRefusal,
    keys: &[&SigningKey],
) -> Result<MultiSigned<LicenceRefusal>, SignError> {
    sign_by_all(refusal, keys)
}

/// Signs a sheet of daily totals with the reporter's key that it names.
#[must_use]
pub fn sign_totals(sheet: DailyTotals, key: &SigningKey) -> Signed<DailyTotals> {
    Signed {
        signature: key.sign(DailyTotals::TAG, &sheet.to_bytes()),
        body: sheet,
    }
}

/// Signs the bytes of a rate table.
#[must_use]
pub fn sign_rates(bytes: &[u8], key: &SigningKey) -> [u8; 64] {
    key.sign(Tag::RATES, bytes)
}

/// Signs a body with all of these keys.
pub(crate) fn sign_by_all<T: Layout + Tagged>(
    body: T,
    keys: &[&SigningKey],
) -> Result<MultiSigned<T>, SignError> {
    let bytes = body.to_bytes();
    let signatures = keys
        .iter()
        .map(|key| (key.id(), key.sign(T::TAG, &bytes)))
        .collect();
    ordered(body, signatures)
}

fn ordered<T>(
    body: T,
    mut signatures: Vec<(KeyId, [u8; 64])>,
) -> Result<MultiSigned<T>, SignError> {
    signatures.sort_by_key(|(id, _)| *id);
    let twice = signatures
        .iter()
        .zip(signatures.iter().skip(1))
        .find(|((a, _), (b, _))| a == b);
    if let Some(((id, _), _)) = twice {
        return Err(SignError::Twice(*id));
    }
    let count = signatures.len();
    if count == 0 {
        return Err(SignError::Count(count));
    }
    Ok(MultiSigned {
        body,
        signatures: List::new(signatures).map_err(|_| SignError::Count(count))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use item::{ActBody, BoxKind, InstallationId, MeterSerial, Quorum, Time, Version};
    use verify::{SignatureError, open_by_quorum};

    fn act(sequence: u64) -> Act {
        Act {
            version: Version,
            installation: InstallationId([7; 16]),
            box_kind: BoxKind::Meter,
            subject: MeterSerial(9).subject(),
            sequence,
            issued: Time(1),
            expires: Time(2),
            body: ActBody::Activate,
        }
    }

    fn keys<const N: usize>() -> [SigningKey; N] {
        std::array::from_fn(|i| SigningKey::generate(&format!("operator-{i}")).unwrap())
    }

    #[test]
    fn any_order_of_keys_gives_one_encoding_that_the_quorum_opens() {
        let [a, b, c] = keys();
        let quorum = Quorum::new(2, [&a, &b, &c].map(Into::into).to_vec()).unwrap();
        let signed = sign_act(act(1), &[&a, &b]).unwrap();
        assert_eq!(signed, sign_act(act(1), &[&b, &a]).unwrap());
        assert_eq!(
            MultiSigned::from_bytes(&signed.to_bytes()),
            Ok(signed.clone())
        );
        assert!(open_by_quorum(signed, &quorum).is_ok());
        let alone = sign_act(act(1), &[&c]).unwrap();
        assert_eq!(
            open_by_quorum(alone.clone(), &quorum),
            Err(SignatureError::TooFew)
        );
        let joined = add_signature(alone, &act(1), &a).unwrap();
        assert!(open_by_quorum(joined, &quorum).is_ok());
    }

    #[test]
    fn another_body_a_second_time_and_no_key_are_refused() {
        let [a] = keys();
        let signed = sign_act(act(1), &[&a]).unwrap();
        assert_eq!(
            add_signature(signed.clone(), &act(2), &a),
            Err(SignError::OtherBody)
        );
        assert_eq!(
            add_signature(signed, &act(1), &a),
            Err(SignError::Twice(a.id()))
        );
        assert_eq!(sign_act(act(1), &[&a, &a]), Err(SignError::Twice(a.id())));
        assert_eq!(sign_act(act(1), &[]), Err(SignError::Count(0)));
        let many: [SigningKey; 17] = keys();
        let all: Vec<_> = many.iter().collect();
        assert_eq!(sign_act(act(1), &all), Err(SignError::Count(17)));
    }

    #[test]
    fn a_rate_table_is_signed_under_its_own_tag() {
        let [a] = keys();
        let signature = sign_rates(b"table", &a);
        assert!(verify::verify_signature(
            &a.public(),
            Tag::RATES,
            b"table",
            &signature
        ));
        assert!(!verify::verify_signature(
            &a.public(),
            Tag::ACT,
            b"table",
            &signature
        ));
    }
}
