//! Random runs of the model: the same seed is the same run.

use crate::action::Action;
use crate::setting::Setting;
use crate::state::State;
use crate::step::step;

/// A run that never ends by itself.
#[derive(Debug)]
pub struct Walk {
    setting: Setting,
    state: State,
    dice: u64,
    /// The next action, where it follows from the one before.
    follows: Option<Action>,
}

impl Walk {
    /// A run of this seed.
    #[must_use]
    pub fn new(setting: Setting, seed: u64) -> Self {
        Self {
            setting,
            state: State::first(&setting),
            dice: seed,
            follows: None,
        }
    }

    /// SplitMix64: a few lines, and the same on every machine for good.
    fn roll(&mut self, sides: usize) -> usize {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % sides as u64) as usize
    }
}

impl Iterator for Walk {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        if let Some(action) = self.follows.take() {
            return Some(action);
        }
        let mut actions = Vec::new();
        self.setting.actions(&self.state, &mut actions);
        // First a kind, then one of it: else what can be done in many ways is done all the time.
        let mut kinds: Vec<_> = actions.iter().map(std::mem::discriminant).collect();
        kinds.dedup();
        if kinds.is_empty() {
            return None;
        }
        let kind = kinds[self.roll(kinds.len())];
        actions.retain(|action| std::mem::discriminant(action) == kind);
        let action = actions[self.roll(actions.len())];
        let (next, _) = step(&self.setting, &self.state, action)?;
        self.state = next;
        // In the model a reply that rests on nothing new goes out at once. A real box flushes first.
        if matches!(action, Action::Deliver(_)) && !self.state.secure_box.is_unflushed() {
            self.follows = Some(Action::Commit);
        }
        Some(action)
    }
}
