//! What must hold in every state, and what must be reachable.

use crate::book::Id;
use crate::message::{Answer, Message, Refusal};
use crate::setting::Setting;
use crate::state::{Fork, Phase, State};
use crate::{Protocol, Set, goes_on};
use stateright::Property;

/// A released signature stands on what the box will go on from, even if it dies now: its debit is
/// there, and once, since a chain names each record once.
pub const V1_DEBITED: &str = "V1: a released signature is debited exactly once";
/// No two released signatures have one piece count.
pub const V1_PIECES: &str = "V1: no two released signatures carry one piece count";
/// Registers.
pub const V2: &str = "V2: registers add up, and each item costs its value";
/// See [`crate::secure_box::Harm`].
pub const V3_NEWEST: &str = "V3: only the newest, unaltered record is decided on";
/// See [`crate::secure_box::Harm`].
pub const V3_REFUSAL: &str = "V3: a refusal changes nothing";
/// See [`goes_on`].
pub const V4_GOES_ON: &str = "V4: service goes on without a person";
/// The latch.
pub const V3_FORK: &str = "V3: after a fork nothing is signed";
/// What the database was told to keep.
pub const V4_ANSWERED: &str = "V4: what was answered is in the database";
/// What the box forgot the bytes of.
pub const V4_ACKNOWLEDGED: &str = "V4: what the box let go of is in the database";
/// What is in nobody's database yet.
pub const V4_KEPT: &str = "V4: what was released is in the database or kept by the box";
/// One debit a key.
pub const V4_ONCE: &str = "V4: no key is charged twice";
/// One item a key.
pub const V8_SAME: &str = "V8: the same key gets the same item";
/// Hiding does not make an item disappear.
pub const V8_RECORDED: &str = "V8: a second item is recorded";
/// Nothing is answered that the box does not stand for.
pub const V8_KNOWN: &str = "V8: the box stands for every item that was answered";

type Condition = fn(&Protocol, &State) -> bool;

/// What must hold.
pub const ALWAYS: [(&str, Condition); 14] = [
    (V1_DEBITED, |p, s| {
        put_back(p) || s.released.within(durable_chain(s))
    }),
    (V1_PIECES, |p, s| put_back(p) || pieces_differ(s)),
    (V2, |p, s| registers_add_up(&p.0, s)),
    (V3_NEWEST, |_, s| !s.harm.decided_on_other),
    (V3_REFUSAL, |_, s| !s.harm.refusal_changed),
    (V3_FORK, |_, s| s.fork != Fork::SignedAfter),
    (V4_ANSWERED, |p, s| {
        !p.0.is_honest() || answered(s).within(stored_chain(s))
    }),
    (V4_ACKNOWLEDGED, |p, s| {
        !p.0.is_honest() || stored_chain(s).has(s.secure_box.memory.acked.0)
    }),
    (V4_KEPT, |p, s| {
        !p.0.is_honest() || s.released.minus(stored_chain(s)).within(kept(s))
    }),
    (V4_GOES_ON, |p, s| !p.0.onward || goes_on(&p.0, s)),
    (V4_ONCE, |p, s| !p.0.is_honest() || nobody_charged_twice(s)),
    (V8_SAME, |p, s| {
        !p.0.is_honest() || s.clients.iter().all(|client| client.got.len() <= 1)
    }),
    (V8_RECORDED, |p, s| {
        !p.0.writes_are_honest() || answered(s).within(s.database.rows)
    }),
    (V8_KNOWN, |p, s| {
        put_back(p) || answered(s).within(durable_chain(s))
    }),
];

fn put_back(protocol: &Protocol) -> bool {
    protocol.0.budget.put_backs > 0
}

fn durable_chain(state: &State) -> Set {
    state.book.chain(state.secure_box.durable.newest())
}

fn stored_chain(state: &State) -> Set {
    state
        .book
        .chain(state.database.record)
        .and(state.database.rows)
}

/// What the box delivers again, now and if it dies now.
fn kept(state: &State) -> Set {
    let secure_box = &state.secure_box;
    let of = |open: Option<Id>| open.map_or(Set::NONE, |id| Set::one(id.0));
    of(secure_box.memory.open).and(of(secure_box.durable.open))
}

fn answered(state: &State) -> Set {
    let all = state.clients.iter().flat_map(|client| client.got.iter());
    all.collect()
}

fn pieces_differ(state: &State) -> bool {
    let mut pieces = Set::NONE;
    for id in state.book.made().filter(|id| state.released.has(id.0)) {
        let record = state.book.get(id);
        let first = record.ascending + 1 - record.done.len() as u8;
        for piece in first..=record.ascending {
            if pieces.has(piece) {
                return false;
            }
            pieces = pieces.with(piece);
        }
    }
    true
}

fn registers_add_up(setting: &Setting, state: &State) -> bool {
    state.book.made().all(|id| {
        let record = state.book.get(id);
        let parent = state.book.get(record.parent);
        let value = record.done.len() as u8;
        let paid_in = if record.counter > 0 {
            setting.balance
        } else {
            0
        };
        record.ascending + record.descending == paid_in
            && record.ascending == parent.ascending + value
    })
}

fn nobody_charged_twice(state: &State) -> bool {
    let chain = state.book.chain(state.secure_box.memory.newest());
    let mut charged = Set::NONE;
    for id in chain.iter() {
        let done = state.book.get(Id(id)).done;
        if !done.and(charged).is_empty() {
            return false;
        }
        charged = charged.iter().chain(done.iter()).collect();
    }
    true
}

/// What must be reachable, and in which settings.
type Reach = (&'static str, fn(&Setting) -> bool, Condition);

/// What must be reachable: else a promise may hold because nothing happens.
pub const REACHED: [Reach; 13] = [
    (
        "every client is answered",
        |_| true,
        |_, s| s.clients.iter().all(|client| !client.got.is_empty()),
    ),
    (
        "every client is answered although a server and the box died",
        |p| p.attempts > 1 && p.budget.server_crashes > 0 && p.budget.box_crashes > 0,
        |_, s| {
            s.left.server_crashes == 0
                && s.left.box_crashes == 0
                && s.clients.iter().all(|client| !client.got.is_empty())
        },
    ),
    (
        "another's decision is handed over to be written (P17)",
        |p| p.keys > 1,
        |_, s| {
            let foreign = |phase: &Phase| matches!(phase, Phase::Holds { own: false, .. });
            s.servers.iter().any(foreign)
        },
    ),
    (
        "a decision that its server lost is written by recovery (P19)",
        |p| p.budget.listings > 0 && p.budget.server_crashes > 0,
        |p, s| {
            s.left.server_crashes < p.0.budget.server_crashes
                && s.worker.is_some_and(|id| !s.database.rows.has(id.0))
                && s.servers.iter().all(|phase| *phase == Phase::Idle)
        },
    ),
    (
        "a late entry is stale (P16)",
        |p| p.keys > 1,
        |_, s| refused(s, Refusal::Stale),
    ),
    (
        "a server wakes with what is long since written (P15)",
        |p| p.keys > 1,
        |_, s| {
            s.servers.iter().any(|phase| {
                matches!(phase, Phase::Holds { id, .. }
                    if s.database.rows.has(id.0) && s.database.record != *id)
            })
        },
    ),
    (
        "replies wait for one flush together (P14)",
        |p| p.keys > 1,
        |_, s| s.secure_box.waiting.len() > 1,
    ),
    (
        "an altered record is refused",
        |p| p.budget.lies > 0,
        |_, s| refused(s, Refusal::Altered),
    ),
    (
        "a hidden key gets a second item (V8)",
        |p| p.budget.lies > 0 && p.attempts > 1,
        |_, s| s.clients.iter().any(|client| client.got.len() > 1),
    ),
    (
        "a restored database is stale",
        |p| p.budget.restores > 0,
        |p, s| s.left.restores < p.0.budget.restores && refused(s, Refusal::Stale),
    ),
    (
        "a write that was claimed is missing, and the box let go of it",
        |p| p.budget.drops > 0,
        |_, s| !s.released.within(s.database.rows) && s.secure_box.memory.open.is_none(),
    ),
    (
        "a box that went back notices",
        |p| p.budget.put_backs > 0,
        |_, s| refused(s, Refusal::Fork),
    ),
    (
        "and stays latched when it starts again",
        |p| p.budget.put_backs > 0 && p.budget.box_crashes > 0,
        |_, s| s.left.box_crashes == 0 && refused(s, Refusal::Latched),
    ),
];

fn refused(state: &State, why: Refusal) -> bool {
    let told = Answer::Refused(why);
    state
        .network
        .iter()
        .any(|message| matches!(message, Message::Reply(_, answer) if *answer == told))
}

/// All of a setting.
pub(crate) fn all(setting: &Setting) -> Vec<Property<Protocol>> {
    let always = ALWAYS.iter();
    let reached = REACHED.iter().filter(|(_, applies, _)| applies(setting));
    always
        .map(|(name, holds)| Property::always(name, *holds))
        .chain(reached.map(|(name, _, holds)| Property::sometimes(name, *holds)))
        .collect()
}
