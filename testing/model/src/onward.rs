//! Whether service goes on from a state by itself (V4): nothing more goes wrong, clients that have
//! no answer ask once more, and everybody does what he can. A bounded form of "it ends well".

use crate::action::Action;
use crate::setting::{Budget, Setting};
use crate::state::State;
use crate::step::step;

/// More than any state of the short settings needs.
const STEPS_MAX: usize = 60;

/// Whether each client gets an answer.
#[must_use]
pub fn goes_on(setting: &Setting, state: &State) -> bool {
    let budget = Budget::default();
    let calm = Setting { budget, ..*setting };
    let mut state = state.clone();
    state.left = budget;
    for client in &mut state.clients {
        client.attempts = u8::from(client.got.is_empty());
    }
    for _ in 0..STEPS_MAX {
        if state.clients.iter().all(|client| !client.got.is_empty()) {
            return true;
        }
        let mut actions = Vec::new();
        calm.actions(&state, &mut actions);
        let next = actions.into_iter().filter(|action| rank(action) < LAST);
        let Some(action) = next.min_by_key(rank) else {
            return false;
        };
        match step(&calm, &state, action) {
            Some((next, _)) => state = next,
            None => return false,
        }
    }
    false
}

const LAST: u8 = 8;

/// What is begun is ended first.
fn rank(action: &Action) -> u8 {
    match action {
        Action::Hear { .. } => 0,
        Action::Write { .. } => 1,
        Action::Answer { .. } => 2,
        Action::Commit => 3,
        Action::Deliver(_) => 4,
        Action::LookUp { .. } => 5,
        Action::Resend { .. } => 6,
        Action::Take { .. } => 7,
        Action::Tell(_)
        | Action::List
        | Action::Recover { .. }
        | Action::Lose(_)
        | Action::CrashServer { .. }
        | Action::CrashBox { .. }
        | Action::Compact
        | Action::PutBack
        | Action::Restore(_) => LAST,
    }
}
