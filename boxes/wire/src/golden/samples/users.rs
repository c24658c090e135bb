//! How users are recovered, and keys of their own.

use super::*;

pub(super) fn own_signature() -> OwnSignature {
    OwnSignature {
        max_total: Mills(0xb1),
        expires: Time(0xb2),
        signature: [0xb3; 64],
    }
}

pub(super) fn manager(signature: Option<OwnSignature>) -> SignedOn {
    SignedOn {
        proof: proof(),
        record: b(b"record"),
        signature,
    }
}

fn challenge() -> Sealed<Challenge> {
    Sealed {
        body: Challenge {
            version: Version,
            epoch: Epoch(202_611),
            of: Digest([0xb4; 32]),
            issued: Time(0xb5),
            nonce: Digest([0xb6; 32]),
        },
        mac: [0xb7; 32],
    }
}

pub(super) fn of_users() -> Vec<Vector> {
    let begin_recovery = BeginRecovery {
        manager: manager(Some(own_signature())),
        recovery: Digest([0xa4; 32]),
    };
    let finish_recovery = FinishRecovery {
        code: SessionSecret([0xa5; 32]),
        new: password("the second password"),
    };
    let set_signing_key = SetSigningKey {
        proof: proof(),
        challenge: challenge(),
        key: Some(PublicKey::new(Suite::Ed25519, &[0xb8; 32]).unwrap()),
        possession: Some([0xb9; 64]),
        consent: Some([0xba; 64]),
    };
    let removal = SetSigningKey {
        key: None,
        possession: None,
        ..set_signing_key.clone()
    };
    let key_log_in = KeyLogIn {
        challenge: challenge(),
        session: Digest([0xbb; 32]),
        signature: [0xbc; 64],
    };
    vec![
        vector("SetSigningKey", &set_signing_key),
        vector(
            "AuthRequest.SetSigningKey",
            &AuthRequest::SetSigningKey(set_signing_key.clone()),
        ),
        vector(
            "AuthRequest.SetSigningKey.removed",
            &AuthRequest::SetSigningKey(removal),
        ),
        vector("KeyLogIn", &key_log_in),
        vector(
            "AuthRequest.KeyLogIn",
            &AuthRequest::KeyLogIn(key_log_in.clone()),
        ),
        vector(
            "AuthQuery.Challenge",
            &AuthQuery::Challenge(UserId([0xbd; 16])),
        ),
        vector("BeginRecovery", &begin_recovery),
        vector(
            "AuthRequest.BeginRecovery",
            &AuthRequest::BeginRecovery(begin_recovery.clone()),
        ),
        vector("FinishRecovery", &finish_recovery),
        vector(
            "AuthRequest.FinishRecovery",
            &AuthRequest::FinishRecovery(finish_recovery.clone()),
        ),
    ]
}
