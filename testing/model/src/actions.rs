//! What a checker tries in a state: everything that changes something, within the budget.

use crate::action::Action;
use crate::book::Id;
use crate::message::{Ask, Message, Shown};
use crate::setting::Setting;
use crate::state::{Phase, State};
use crate::{Set, Variant};

impl Setting {
    /// Adds the actions of a state.
    pub fn actions(&self, state: &State, out: &mut Vec<Action>) {
        for server in 0..self.servers {
            self.of_server(state, server, out);
        }
        self.of_box(state, out);
        self.of_worker(state, out);
        if state.left.restores > 0 {
            let chain = state.book.chain(state.database.record);
            let older = chain.without(state.database.record.0);
            out.extend(older.iter().map(|id| Action::Restore(Id(id))));
        }
    }

    fn of_server(&self, state: &State, server: u8, out: &mut Vec<Action>) {
        let phase = state.phase(server);
        match phase {
            Phase::Idle => {
                let may = |key: &u8| state.clients[usize::from(*key)].attempts > 0;
                let keys: Set = (0..self.keys).filter(may).collect();
                out.extend(
                    keys.subsets()
                        .filter(|set| (1..=usize::from(self.joined)).contains(&set.len()))
                        .map(|keys| Action::Take { server, keys }),
                );
            }
            Phase::Ready { keys, looked } => self.look_ups(state, server, keys, looked, out),
            Phase::Asked { keys, shown } => {
                let ask = Ask {
                    server,
                    asked: keys,
                    shown,
                };
                if state.network.binary_search(&Message::Ask(ask)).is_err() {
                    out.push(Action::Resend { server });
                }
                for message in &state.network {
                    if let Message::Reply(to, answer) = message
                        && *to == ask
                    {
                        out.push(Action::Hear {
                            server,
                            answer: *answer,
                        });
                    }
                }
            }
            Phase::Holds { .. } => {
                let dropped = false;
                out.push(Action::Write { server, dropped });
                if state.left.drops > 0 {
                    let dropped = true;
                    out.push(Action::Write { server, dropped });
                }
            }
            Phase::Answering { .. } => out.push(Action::Answer { server }),
        }
        if phase != Phase::Idle && state.left.server_crashes > 0 {
            out.push(Action::CrashServer { server });
        }
    }

    fn look_ups(&self, state: &State, server: u8, keys: Set, looked: Set, out: &mut Vec<Action>) {
        let budget = state.left.lies;
        let held: Set = keys
            .minus(looked)
            .iter()
            .filter(|key| state.database.prior(*key).is_some())
            .collect();
        let mut shows = vec![None];
        if budget > 0 {
            let others = state.released.without(state.database.record.0);
            shows.extend(others.iter().map(|id| Some(Shown::genuine(Id(id)))));
            shows.push(Some(Shown {
                id: state.database.record,
                altered: true,
            }));
        }
        for shows in shows {
            let left = budget - u8::from(shows.is_some());
            for hides in held.subsets() {
                if left > 0 || hides.is_empty() {
                    out.push(Action::LookUp {
                        server,
                        shows,
                        hides,
                    });
                }
            }
        }
    }

    fn of_box(&self, state: &State, out: &mut Vec<Action>) {
        let secure_box = &state.secure_box;
        for message in &state.network {
            if let Message::Ask(ask) = message {
                out.push(Action::Deliver(*ask));
            }
            out.push(Action::Lose(*message));
        }
        if secure_box.is_unflushed() {
            out.push(Action::Commit);
        }
        // Any other mark changes nothing, unless counters are all that is compared.
        let open = secure_box.memory.open;
        let told = state.marks.iter().map(Id).filter(|id| {
            open == Some(*id)
                || self.variant == Variant::DigestNotCompared
                    && open.is_some_and(|open| {
                        state.book.get(open).counter == state.book.get(*id).counter
                    })
        });
        out.extend(told.map(Action::Tell));
        if state.left.box_crashes > 0 {
            out.push(Action::CrashBox { kept: false });
            if secure_box.is_unflushed() {
                out.push(Action::CrashBox { kept: true });
            }
        }
        if secure_box.is_unflushed() {
            return;
        }
        if state.left.compactions > 0 && secure_box.memory != secure_box.durable {
            out.push(Action::Compact);
        }
        if state.left.put_backs > 0 {
            out.push(Action::PutBack);
        }
    }

    fn of_worker(&self, state: &State, out: &mut Vec<Action>) {
        let secure_box = &state.secure_box;
        if state.left.listings > 0
            && secure_box.memory.open.is_some()
            && !secure_box.is_unflushed()
            && state.worker != secure_box.memory.open
        {
            out.push(Action::List);
        }
        if state.worker.is_some() {
            out.push(Action::Recover { dropped: false });
            if state.left.drops > 0 {
                out.push(Action::Recover { dropped: true });
            }
        }
    }
}
