//! Which decision makes which event: one table.

use item::{BoxKind, DecisionKind, EventKind};

/// Whether a decision of this kind, by a box of this kind, makes the event.
pub(crate) fn made_by(event: EventKind, box_kind: BoxKind, decision: DecisionKind) -> bool {
    use DecisionKind as D;
    matches!(
        (event, box_kind, decision),
        (EventKind::SignUp, BoxKind::Auth, D::SignUp)
            | (EventKind::LogIn, BoxKind::Auth, D::LogIn)
            | (EventKind::LogInFailed, BoxKind::Auth, D::LogInFailed)
            | (EventKind::LogOut, BoxKind::Auth, D::LogOut)
            | (
                EventKind::UserChanged,
                BoxKind::Auth,
                D::PasswordChange
                    | D::SetUser
                    | D::Act
                    | D::Reissue
                    | D::BeginRecovery
                    | D::FinishRecovery
                    | D::SetSigningKey
            )
            | (EventKind::UserAdded, BoxKind::Auth, D::AddUser)
            | (EventKind::KeyAdded, BoxKind::Auth, D::AddKey)
            | (EventKind::KeyRolled, BoxKind::Auth, D::RollKey)
            | (EventKind::KeyRevoked, BoxKind::Auth, D::RevokeKey)
            | (EventKind::MeterMade, BoxKind::Meter, D::Manufacture)
            | (
                EventKind::LifeCycle,
                BoxKind::Meter,
                D::Act | D::Reissue | D::Report
            )
            | (EventKind::Funding, BoxKind::Meter, D::Refill)
            | (EventKind::BalanceRefunded, BoxKind::Meter, D::BalanceRefund)
            | (EventKind::ItemCredited, BoxKind::Meter, D::ItemCredit)
    )
}

/// Whether a chain starts with this event, and only starts with it.
pub(crate) fn founds(event: EventKind) -> bool {
    event == EventKind::SignUp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_decisions_and_no_others() {
        let mut made = Vec::new();
        for event in EventKind::ALL {
            for kind in BoxKind::ALL {
                for decision in DecisionKind::ALL {
                    if made_by(*event, *kind, *decision) {
                        made.push((event.name(), kind.name(), decision.name()));
                    }
                }
            }
        }
        assert_eq!(
            made,
            [
                ("SignUp", "Auth", "SignUp"),
                ("LogIn", "Auth", "LogIn"),
                ("LogInFailed", "Auth", "LogInFailed"),
                ("LogOut", "Auth", "LogOut"),
                ("MeterMade", "Meter", "Manufacture"),
                ("LifeCycle", "Meter", "Act"),
                ("LifeCycle", "Meter", "Reissue"),
                ("LifeCycle", "Meter", "Report"),
                ("Funding", "Meter", "Refill"),
                ("UserChanged", "Auth", "Act"),
                ("UserChanged", "Auth", "Reissue"),
                ("UserChanged", "Auth", "PasswordChange"),
                ("UserChanged", "Auth", "SetUser"),
                ("UserChanged", "Auth", "BeginRecovery"),
                ("UserChanged", "Auth", "FinishRecovery"),
                ("UserChanged", "Auth", "SetSigningKey"),
                ("ItemCredited", "Meter", "ItemCredit"),
                ("BalanceRefunded", "Meter", "BalanceRefund"),
                ("UserAdded", "Auth", "AddUser"),
                ("KeyAdded", "Auth", "AddKey"),
                ("KeyRolled", "Auth", "RollKey"),
                ("KeyRevoked", "Auth", "RevokeKey"),
            ]
        );
    }
}
