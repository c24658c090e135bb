//! The checker, and what it tells.

use crate::action::Action;
use crate::properties;
use crate::setting::Setting;
use crate::state::State;
use crate::step::step;
use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};
use std::collections::BTreeMap;
use std::fmt;

/// No mistake needs a longer run to be seen.
const DEPTH_MAX: usize = 30;

/// A setting, as the checker takes it.
#[derive(Debug, Clone, Copy)]
pub struct Protocol(pub Setting);

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(&self.0)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.0.actions(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        step(&self.0, state, action).map(|(next, _)| next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.0)
    }
}

/// What the checker saw.
#[derive(Debug)]
pub struct Seen {
    /// Different states.
    pub states: usize,
    /// Steps tried.
    pub steps: usize,
    /// Steps of the longest run.
    pub depth: usize,
    /// Properties that do not hold, each with a run that shows it.
    pub broken: BTreeMap<&'static str, Vec<Action>>,
    /// What should be reachable and is not.
    pub unreached: Vec<&'static str>,
}

impl Seen {
    /// Whether everything that must hold does, and everything that must be reachable is.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.broken.is_empty() && self.unreached.is_empty()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} states, {} steps, longest run {}",
            self.states, self.steps, self.depth
        )?;
        for (name, run) in &self.broken {
            write!(f, "\nBROKEN {name}")?;
            for action in run {
                write!(f, "\n    {action}")?;
            }
        }
        for name in &self.unreached {
            write!(f, "\nNOT REACHED {name}")?;
        }
        Ok(())
    }
}

impl Setting {
    /// Goes through every state.
    #[must_use]
    pub fn check(&self, threads: usize) -> Seen {
        let checker = Protocol(*self).checker().threads(threads);
        seen(
            &checker
                .symmetry_fn(State::representative)
                .spawn_dfs()
                .join(),
        )
    }

    /// Looks for the shortest run that breaks this property.
    #[must_use]
    pub fn find(&self, property: &'static str) -> Option<Vec<Action>> {
        (2..DEPTH_MAX).find_map(|depth| {
            let wanted = HasDiscoveries::AnyOf([property].into());
            let checker = Protocol(*self).checker().finish_when(wanted);
            let checker = checker.target_max_depth(depth).spawn_bfs().join();
            seen(&checker).broken.remove(property)
        })
    }
}

fn seen(checker: &impl Checker<Protocol>) -> Seen {
    let mut found = checker.discoveries();
    let mut broken = BTreeMap::new();
    let mut unreached = Vec::new();
    for property in checker.model().properties() {
        let path = found.remove(property.name);
        match (&property.expectation, path) {
            (Expectation::Sometimes, None) => unreached.push(property.name),
            (Expectation::Always, Some(path)) => {
                broken.insert(property.name, path.into_actions());
            }
            _ => {}
        }
    }
    Seen {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        broken,
        unreached,
    }
}
