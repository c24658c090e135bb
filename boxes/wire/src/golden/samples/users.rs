//! How users are recovered.

use super::*;

fn manager() -> SignedOn {
    SignedOn {
        proof: proof(),
        record: b(b"record"),
    }
}

pub(super) fn of_users() -> Vec<Vector> {
    let begin_recovery = BeginRecovery {
        manager: manager(),
        recovery: Digest([0xa4; 32]),
    };
    let finish_recovery = FinishRecovery {
        code: SessionSecret([0xa5; 32]),
        new: password("the second password"),
    };
    vec![
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
