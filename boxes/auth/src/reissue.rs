//! A user or key made again from an older record (P28). That the act is genuine, the next one, and says what
//! the box remembers was seen by the engine.
//!
//! The older record may know a password that was changed since, rights that were taken since, and
//! fewer failures. So the user has no rights until an act gives them, waits before the next log-in,
//! no session of before is renewed, and no recovery is under way. A key is revoked: the older record may know a secret that was
//! given up since.

use crate::limits::LONGEST_DELAY_MS;
use crate::recovery::call_off;
use item::{AuthRecord, DecisionKind, Mills, Rights, Time};
use keeper::{Change, Context, Outdated};
use wire::RefusalCode;

/// Makes the record.
///
/// # Errors
/// `Internal` if the session generation is at its end.
pub(crate) fn reissue(
    context: &Context<'_>,
    outdated: Outdated<AuthRecord>,
) -> Result<Change<AuthRecord>, RefusalCode> {
    let act_sequence = outdated.act().sequence;
    let lost = outdated.reissue();
    let mut record = match outdated.into_record() {
        AuthRecord::User(record) => record,
        AuthRecord::Key(mut record) => {
            record.revoked = true;
            record.act_sequence = act_sequence;
            let record = AuthRecord::Key(record);
            return Ok(Change::of(record, DecisionKind::Reissue));
        }
    };
    // No change raises the generation by more than one.
    record.session_generation = lost
        .known
        .0
        .checked_sub(lost.shown.0)
        .and_then(|changes| changes.checked_add(1))
        .and_then(|changes| u32::try_from(changes).ok())
        .and_then(|changes| record.session_generation.checked_add(changes))
        .ok_or(RefusalCode::Internal)?;
    record.rights = Rights::NONE;
    record.ceiling = Mills::ZERO;
    record.next_allowed = Time(context.now.0.saturating_add(LONGEST_DELAY_MS));
    call_off(&mut record);
    record.act_sequence = act_sequence;
    Ok(Change::of(AuthRecord::User(record), DecisionKind::Reissue))
}
