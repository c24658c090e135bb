//! What an action does. An action says all there is to say: the same state and action give the same
//! next state.

use crate::action::Action;
use crate::book::Id;
use crate::database::{Database, Written};
use crate::message::{Answer, Ask, Message, Shown};
use crate::setting::Setting;
use crate::state::{Fork, Phase, State};
use crate::{Set, Variant};

/// The next state, and how a write ended if the action was one; `None` if this can not happen here.
/// Whether the budget allows it is not asked: see [`Setting::actions`].
#[must_use]
pub fn step(setting: &Setting, state: &State, action: Action) -> Option<(State, Option<Written>)> {
    let mut next = state.clone();
    let mut written = None;
    let possible = match action {
        Action::Take { server, keys } => take(&mut next, server, keys),
        Action::LookUp {
            server,
            shows,
            hides,
        } => look_up(setting, &mut next, server, shows, hides),
        Action::Resend { server } => resend(&mut next, server),
        Action::Deliver(ask) => deliver(setting, &mut next, ask),
        Action::Commit => {
            for (ask, answer) in next.secure_box.commit() {
                next.release(ask, answer);
            }
            true
        }
        Action::Hear { server, answer } => hear(setting, &mut next, server, answer),
        Action::Write { server, dropped } => {
            written = write(setting, &mut next, server, dropped);
            written.is_some()
        }
        Action::Answer { server } => answer(&mut next, server),
        Action::Tell(id) => {
            let State {
                secure_box, book, ..
            } = &mut next;
            secure_box.told(book, id, setting.variant);
            state.marks.has(id.0)
        }
        Action::List => list(&mut next),
        Action::Recover { dropped } => {
            written = recover(setting, &mut next, dropped);
            written.is_some()
        }
        Action::Lose(message) => next.take(message),
        Action::CrashServer { server } => {
            next.left.server_crashes = next.left.server_crashes.saturating_sub(1);
            next.enter(server, Phase::Idle);
            state.phase(server) != Phase::Idle
        }
        Action::CrashBox { kept } => {
            next.left.box_crashes = next.left.box_crashes.saturating_sub(1);
            let lost = next.secure_box.restart(kept);
            next.forget(lost);
            !kept || state.secure_box.is_unflushed()
        }
        Action::Compact => {
            next.left.compactions = next.left.compactions.saturating_sub(1);
            next.secure_box.compact();
            !state.secure_box.is_unflushed()
        }
        Action::PutBack => {
            next.left.put_backs = next.left.put_backs.saturating_sub(1);
            next.secure_box.put_back();
            !state.secure_box.is_unflushed()
        }
        Action::Restore(id) => {
            next.left.restores = next.left.restores.saturating_sub(1);
            let keys = setting.keys;
            let rests_on_it = state.book.knows(id)
                && id != state.database.record
                && state.book.chain(state.database.record).has(id.0);
            if rests_on_it {
                next.database = Database::at(&state.book, id, keys);
            }
            rests_on_it
        }
    };
    possible.then_some((next, written))
}

fn take(next: &mut State, server: u8, keys: Set) -> bool {
    let known = Set::below(next.clients.len() as u8);
    if keys.is_empty()
        || !keys.within(known)
        || usize::from(server) >= next.servers.len()
        || next.phase(server) != Phase::Idle
    {
        return false;
    }
    for key in keys.iter() {
        let client = &mut next.clients[usize::from(key)];
        client.attempts = client.attempts.saturating_sub(1);
    }
    let looked = Set::NONE;
    next.enter(server, Phase::Ready { keys, looked });
    true
}

fn look_up(
    setting: &Setting,
    next: &mut State,
    server: u8,
    shows: Option<Shown>,
    hides: Set,
) -> bool {
    let Phase::Ready { mut keys, looked } = next.phase(server) else {
        return false;
    };
    if shows.is_some_and(|shown| !next.released.has(shown.id.0)) {
        return false;
    }
    let lies = u8::from(shows.is_some()) + u8::from(!hides.is_empty());
    next.left.lies = next.left.lies.saturating_sub(lies);
    let now = match setting.variant {
        // One key at a time, each with the record of its own snapshot.
        Variant::JoinedFromTwoSnapshots => keys.minus(looked).iter().take(1).collect(),
        _ => keys.minus(looked),
    };
    for key in now.iter() {
        if let Some(prior) = next.database.prior(key).filter(|_| !hides.has(key)) {
            next.answer(Set::one(key), prior);
            keys = keys.without(key);
        }
    }
    let looked = keys.and(looked.iter().chain(now.iter()).collect());
    let waits = match setting.variant {
        Variant::JoinedFromTwoSnapshots => looked != keys,
        // The record is read by the next look-up.
        Variant::RecordFromLaterSnapshot => !now.is_empty(),
        _ => false,
    };
    let shown = shows.unwrap_or(Shown::genuine(next.database.record));
    if keys.is_empty() {
        next.enter(server, Phase::Idle);
    } else if waits {
        next.enter(server, Phase::Ready { keys, looked });
    } else {
        next.enter(server, Phase::Asked { keys, shown });
        next.send(Message::Ask(Ask {
            server,
            asked: keys,
            shown,
        }));
    }
    true
}

fn resend(next: &mut State, server: u8) -> bool {
    let Phase::Asked { keys, shown } = next.phase(server) else {
        return false;
    };
    next.send(Message::Ask(Ask {
        server,
        asked: keys,
        shown,
    }));
    true
}

fn deliver(setting: &Setting, next: &mut State, ask: Ask) -> bool {
    if !next.take(Message::Ask(ask)) {
        return false;
    }
    let State {
        secure_box, book, ..
    } = next;
    let open = secure_box.memory.open;
    let (answer, harm) = secure_box.handle(book, ask, setting.variant);
    next.harm.decided_on_other |= harm.decided_on_other;
    next.harm.refusal_changed |= harm.refusal_changed;
    let is_new = matches!(answer, Answer::Done(id) if open != Some(id));
    if is_new && next.fork != Fork::None {
        next.fork = Fork::SignedAfter;
    }
    if !next.secure_box.is_unflushed() || setting.variant == Variant::ReplyBeforeFlush {
        // A flush of nothing: the reply goes out at once.
        next.release(ask, answer);
    } else if !next.secure_box.waiting.contains(&(ask, answer)) {
        next.secure_box.waiting.push((ask, answer));
    }
    true
}

fn hear(setting: &Setting, next: &mut State, server: u8, answer: Answer) -> bool {
    let Phase::Asked { keys, shown } = next.phase(server) else {
        return false;
    };
    let ask = Ask {
        server,
        asked: keys,
        shown,
    };
    if !next.take(Message::Reply(ask, answer)) {
        return false;
    }
    let again = Phase::Ready {
        keys,
        looked: Set::NONE,
    };
    if let Some(id) = answer.carries()
        && setting.variant == Variant::AcknowledgeBeforeWrite
    {
        next.marks = next.marks.with(id.0);
    }
    let phase = match answer {
        Answer::Done(id) => {
            if setting.variant == Variant::AnswerBeforeWrite {
                next.answer(keys, id);
            }
            Phase::Holds {
                keys,
                id,
                own: true,
            }
        }
        Answer::Open(id) if setting.variant == Variant::AnswerFromOpen => {
            next.answer(keys, id);
            Phase::Idle
        }
        Answer::Open(id) => Phase::Holds {
            keys,
            id,
            own: false,
        },
        // Looked up again, in a snapshot begun after the reply. After a few times the server gives
        // up and raises an alert, which is as if it died here.
        Answer::Refused(crate::message::Refusal::Stale) => again,
        Answer::Declined | Answer::Refused(_) => Phase::Idle,
    };
    next.enter(server, phase);
    true
}

fn store(setting: &Setting, next: &mut State, id: Id, dropped: bool) -> Written {
    let written = if dropped {
        next.left.drops = next.left.drops.saturating_sub(1);
        Written::Written
    } else {
        next.database.write(&next.book, id, setting.variant)
    };
    if written.is_there() {
        next.marks = next.marks.with(id.0);
    }
    written
}

fn write(setting: &Setting, next: &mut State, server: u8, dropped: bool) -> Option<Written> {
    let Phase::Holds { keys, id, own } = next.phase(server) else {
        return None;
    };
    let written = store(setting, next, id, dropped);
    let looked = Set::NONE;
    next.enter(
        server,
        match (written.is_there(), own) {
            (true, true) => Phase::Answering { keys, id },
            (true, false) => Phase::Ready { keys, looked },
            // An alert; the clients are told that nobody knows.
            (false, _) => Phase::Idle,
        },
    );
    Some(written)
}

fn answer(next: &mut State, server: u8) -> bool {
    let Phase::Answering { keys, id } = next.phase(server) else {
        return false;
    };
    next.answer(keys, id);
    next.enter(server, Phase::Idle);
    true
}

fn list(next: &mut State) -> bool {
    next.left.listings = next.left.listings.saturating_sub(1);
    // The listing waits for the flush like every reply.
    let open = next.secure_box.memory.open;
    let Some(id) = open.filter(|_| !next.secure_box.is_unflushed()) else {
        return false;
    };
    next.released = next.released.with(id.0);
    next.worker = Some(id);
    true
}

fn recover(setting: &Setting, next: &mut State, dropped: bool) -> Option<Written> {
    let id = next.worker.take()?;
    Some(store(setting, next, id, dropped))
}
