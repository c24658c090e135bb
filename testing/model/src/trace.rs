//! What the real code did, line by line, and whether the model does the same.
//!
//! A trace is text, so that whoever records one needs nothing of this crate but [`accepts`]:
//!
//! ```text
//! model servers=2 keys=2 balance=3
//! take s0 k0
//! look-up s0 | s0=asked:k0:r1
//! deliver s0 k0 r1 | replies=-
//! commit | acked=r1 open=r2 latched=no replies=s0/done:r2
//! hear s0 done:r2
//! write s0 | written=written record=r2 rows=r0+r1+r2 key0=r2
//! answer s0 | got0=r2
//! ```
//!
//! The first line says who takes part: function servers `s0..`, idempotency keys `k0..`, orders that
//! the meter can pay for. Each further line is an action, and behind `|` what was seen after it. A
//! recorder leaves out what it can not see: only the fields that it gives are compared.
//!
//! Records are named in the order in which the box's decisions became durable or left the box,
//! whichever was first: `r0` is the record before the deposit, `r1` the one with it, where the run
//! begins; the same bytes are the same name. `r2*` is `r2` with other bytes under its MAC.
//! `k0+k1` is a set, `-` is nothing.
//!
//! | action | what happened |
//! |---|---|
//! | `take s0 k0+k1` | server 0, without work, takes on the orders of these keys, to be joined |
//! | `look-up s0` | it looks up its keys and the record, answers keys that have an answer, and sends the rest to the box |
//! | `look-up s0 shows r0 hides k1` | the same; the database shows another record and hides an answer |
//! | `resend s0` | its entry is on its way once more |
//! | `deliver s0 k0 r1` | its entry (keys, shown record) reaches the box and is decided |
//! | `commit` | the box flushes; replies go out |
//! | `hear s0 done:r2` | the reply reaches it: also `open:r2`, `declined`, `stale`, `fork`, `latched`, `altered` |
//! | `write s0`, `write s0 dropped` | it writes what it was handed; `dropped`: the database only says so |
//! | `answer s0` | it answers its clients from what it wrote |
//! | `tell r2` | some server tells the box that this is written (`Acknowledge`) |
//! | `list`, `recover`, `recover dropped` | a recovery worker is handed what is open; writes it |
//! | `lose-ask s0 k0 r1`, `lose-reply s0 k0 r1 done:r2` | a message is lost |
//! | `crash s0` | a server dies, or gives its orders up |
//! | `crash-box`, `crash-box kept` | the box dies and starts; `kept`: after a flush whose replies did not go out |
//! | `compact`, `put-back` | the journal is compacted; the box's disk is put back to the first day |
//! | `restore r1` | the database as a whole goes back to where this was its record |
//!
//! | field | value |
//! |---|---|
//! | `acked`, `open`, `latched` | what the box remembers (P16): `r1`, `r2` or `-`, `yes` or `no` |
//! | `record`, `rows`, `key0` | the database: its record, decisions with their items, what a key leads to |
//! | `s0` | `idle`, `ready:k0`, `asked:k0:r1`, `holds:k0:r2:own`, `holds:k0:r2:other`, `answering:k0:r2` |
//! | `worker`, `marks` | what recovery holds; what servers may tell the box |
//! | `replies` | on their way to servers that still wait: `s0/done:r2,s1/stale` |
//! | `got0` | records whose items the client of key 0 was answered with |
//! | `written` | how this write ended: `written`, `there`, `gap`, `differs` |

use crate::action::Action;
use crate::book::Id;
use crate::database::Written;
use crate::message::{Answer, Message, Shown};
use crate::set::MAX;
use crate::setting::{Budget, Setting};
use crate::state::{Phase, State};
use crate::step::step;
use crate::text::joined;
use crate::{Set, Variant};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What was seen: fields by name.
pub type Sight = BTreeMap<String, String>;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What happened.
    pub action: Action,
    /// What was seen after it.
    pub sight: Sight,
}

/// A run of the real code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Function servers.
    pub servers: u8,
    /// Keys.
    pub keys: u8,
    /// Orders that the meter can pay for at first.
    pub balance: u8,
    /// What happened, in order.
    pub lines: Vec<Line>,
}

/// Where model and real code part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// Place among the lines, from 0.
    pub line: usize,
    /// The action.
    pub action: Action,
    /// What is wrong with it.
    pub why: Why,
}

/// How a line differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The model can not do this here.
    Impossible,
    /// The box made more decisions than a run can name.
    TooLong,
    /// It does, and something else is to be seen.
    Differs {
        /// Which field.
        field: String,
        /// In the model; empty if there is no such field.
        model: String,
        /// In the trace.
        recorded: String,
    },
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: ", self.line, self.action)?;
        match &self.why {
            Why::Impossible => f.write_str("can not happen here"),
            Why::TooLong => f.write_str("one decision too many for a trace"),
            Why::Differs {
                field,
                model,
                recorded,
            } => write!(f, "{field} is {recorded}, the model says {model}"),
        }
    }
}

/// Whether the model goes the same way.
///
/// # Errors
/// The first line where it does not.
pub fn accepts(trace: &Trace) -> Result<(), Divergence> {
    accepts_as(trace, Variant::Right)
}

/// Whether this variant of the model goes the same way: a comparison that every variant passes
/// compares nothing.
///
/// # Errors
/// The first line where it does not.
pub fn accepts_as(trace: &Trace, variant: Variant) -> Result<(), Divergence> {
    let setting = trace.setting(variant);
    let mut state = State::first(&setting);
    for (line, Line { action, sight }) in trace.lines.iter().enumerate() {
        let diverges = |why| Divergence {
            line,
            action: *action,
            why,
        };
        if state.book.is_full() {
            return Err(diverges(Why::TooLong));
        }
        let (next, written) =
            step(&setting, &state, *action).ok_or_else(|| diverges(Why::Impossible))?;
        let model = look(&next, written);
        for (field, recorded) in sight {
            let model = model.get(field).map_or("", String::as_str);
            if model != recorded {
                return Err(diverges(Why::Differs {
                    field: field.clone(),
                    model: model.to_owned(),
                    recorded: recorded.clone(),
                }));
            }
        }
        state = next;
    }
    Ok(())
}

impl Trace {
    /// The setting that a trace runs in; its budgets are no bounds.
    fn setting(&self, variant: Variant) -> Setting {
        Setting {
            servers: self.servers,
            keys: self.keys,
            balance: self.balance,
            attempts: 0,
            joined: self.keys,
            budget: Budget::default(),
            variant,
            onward: false,
        }
    }
}

/// Everything that can be seen of a state.
#[must_use]
pub fn look(state: &State, written: Option<Written>) -> Sight {
    let known = state.secure_box.memory;
    let replies = state.network.iter().filter_map(|message| match message {
        Message::Reply(ask, answer) => Some((ask.server, *answer)),
        Message::Ask(_) => None,
    });
    let mut sight = Sight::new();
    let mut see = |field: String, value: String| {
        sight.insert(field, value);
    };
    see("acked".into(), known.acked.to_string());
    see("open".into(), perhaps(known.open));
    see("latched".into(), yes(known.latched).into());
    see("record".into(), state.database.record.to_string());
    see("rows".into(), joined(state.database.rows, 'r'));
    for (key, first) in state.database.keys.iter().enumerate() {
        see(format!("key{key}"), perhaps(*first));
    }
    for (server, phase) in state.servers.iter().enumerate() {
        see(format!("s{server}"), phase_text(*phase));
    }
    see("worker".into(), perhaps(state.worker));
    see("marks".into(), joined(state.marks, 'r'));
    see("replies".into(), replies_text(replies.collect()));
    for (key, client) in state.clients.iter().enumerate() {
        see(format!("got{key}"), joined(client.got, 'r'));
    }
    if let Some(written) = written {
        see("written".into(), written_text(written).into());
    }
    sight
}

pub(crate) fn perhaps(id: Option<Id>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

pub(crate) fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

pub(crate) fn written_text(written: Written) -> &'static str {
    match written {
        Written::Written => "written",
        Written::AlreadyThere => "there",
        Written::Gap => "gap",
        Written::Differs => "differs",
    }
}

pub(crate) fn replies_text(mut replies: Vec<(u8, Answer)>) -> String {
    replies.sort();
    let texts: Vec<String> = replies
        .iter()
        .map(|(server, answer)| format!("s{server}/{answer}"))
        .collect();
    if texts.is_empty() {
        return "-".to_owned();
    }
    texts.join(",")
}

/// As in the table above.
#[must_use]
pub fn phase_text(phase: Phase) -> String {
    let keys = |keys: Set| joined(keys, 'k');
    match phase {
        Phase::Idle => "idle".to_owned(),
        Phase::Ready { keys: of, looked } if looked.is_empty() => format!("ready:{}", keys(of)),
        Phase::Ready { keys: of, looked } => format!("ready:{}:{}", keys(of), keys(looked)),
        Phase::Asked { keys: of, shown } => asked_text(of, shown),
        Phase::Holds { keys: of, id, own } => {
            let whose = if own { "own" } else { "other" };
            format!("holds:{}:{id}:{whose}", keys(of))
        }
        Phase::Answering { keys: of, id } => format!("answering:{}:{id}", keys(of)),
    }
}

fn asked_text(keys: Set, shown: Shown) -> String {
    format!("asked:{}:{shown}", joined(keys, 'k'))
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.action)?;
        for (place, (field, value)) in self.sight.iter().enumerate() {
            write!(f, "{}{field}={value}", if place == 0 { " | " } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            servers,
            keys,
            balance,
            lines,
        } = self;
        write!(f, "model servers={servers} keys={keys} balance={balance}")?;
        for line in lines {
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

/// A text that is no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTrace {
    /// Line of the text, from 1.
    pub line: usize,
}

fn fields(text: &str) -> Option<Sight> {
    text.split_whitespace()
        .map(|word| word.split_once('='))
        .map(|pair| pair.map(|(field, value)| (field.to_owned(), value.to_owned())))
        .collect()
}

impl FromStr for Line {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        let (action, sight) = text.split_once('|').unwrap_or((text, ""));
        let no = NoTrace { line: 1 };
        Ok(Self {
            action: action.parse().map_err(|_| no.clone())?,
            sight: fields(sight).ok_or(no)?,
        })
    }
}

impl FromStr for Trace {
    type Err = NoTrace;

    fn from_str(text: &str) -> Result<Self, NoTrace> {
        let mut rows = text.lines().zip(1..);
        let header = rows.next().and_then(|(row, _)| row.strip_prefix("model "));
        let header = header.and_then(fields).ok_or(NoTrace { line: 1 })?;
        let number = |name: &str| {
            let found = header.get(name).and_then(|value| value.parse::<u8>().ok());
            found.filter(|n| *n < MAX).ok_or(NoTrace { line: 1 })
        };
        let lines = rows.map(|(row, line)| row.parse().map_err(|_| NoTrace { line }));
        Ok(Self {
            servers: number("servers")?,
            keys: number("keys")?,
            balance: number("balance")?,
            lines: lines.collect::<Result<_, _>>()?,
        })
    }
}
