//! Actions as words, and back: one line each, for traces and for people. The words are listed in
//! `trace`.

use crate::Set;
use crate::action::Action;
use crate::book::Id;
use crate::message::{Answer, Ask, Message, Refusal, Shown};
use crate::set::MAX;
use std::fmt;
use std::str::FromStr;

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.id, if self.altered { "*" } else { "" })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(id) => write!(f, "done:{id}"),
            Self::Open(id) => write!(f, "open:{id}"),
            Self::Declined => f.write_str("declined"),
            Self::Refused(Refusal::Altered) => f.write_str("altered"),
            Self::Refused(Refusal::Stale) => f.write_str("stale"),
            Self::Refused(Refusal::Fork) => f.write_str("fork"),
            Self::Refused(Refusal::Latched) => f.write_str("latched"),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = joined(self.asked, 'k');
        write!(f, "s{} {asked} {}", self.server, self.shown)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dropped = |dropped| if dropped { " dropped" } else { "" };
        match self {
            Self::Take { server, keys } => write!(f, "take s{server} {}", joined(*keys, 'k')),
            Self::LookUp {
                server,
                shows,
                hides,
            } => {
                write!(f, "look-up s{server}")?;
                if let Some(shown) = shows {
                    write!(f, " shows {shown}")?;
                }
                if !hides.is_empty() {
                    write!(f, " hides {}", joined(*hides, 'k'))?;
                }
                Ok(())
            }
            Self::Resend { server } => write!(f, "resend s{server}"),
            Self::Deliver(ask) => write!(f, "deliver {ask}"),
            Self::Commit => f.write_str("commit"),
            Self::Hear { server, answer } => write!(f, "hear s{server} {answer}"),
            Self::Write { server, dropped: d } => write!(f, "write s{server}{}", dropped(*d)),
            Self::Answer { server } => write!(f, "answer s{server}"),
            Self::Tell(id) => write!(f, "tell {id}"),
            Self::List => f.write_str("list"),
            Self::Recover { dropped: d } => write!(f, "recover{}", dropped(*d)),
            Self::Lose(Message::Ask(ask)) => write!(f, "lose-ask {ask}"),
            Self::Lose(Message::Reply(ask, answer)) => write!(f, "lose-reply {ask} {answer}"),
            Self::CrashServer { server } => write!(f, "crash s{server}"),
            Self::CrashBox { kept } => {
                write!(f, "crash-box{}", if *kept { " kept" } else { "" })
            }
            Self::Compact => f.write_str("compact"),
            Self::PutBack => f.write_str("put-back"),
            Self::Restore(id) => write!(f, "restore {id}"),
        }
    }
}

/// `k0+k1`; `-` for nothing.
pub(crate) fn joined(set: Set, letter: char) -> String {
    if set.is_empty() {
        return "-".to_owned();
    }
    let names: Vec<String> = set.iter().map(|n| format!("{letter}{n}")).collect();
    names.join("+")
}

/// The other way round.
pub(crate) fn split(text: &str, letter: char) -> Option<Set> {
    if text == "-" {
        return Some(Set::NONE);
    }
    text.split('+').map(|name| number(name, letter)).collect()
}

/// `s3` with the letter `s` is 3. Only what a set can hold.
pub(crate) fn number(text: &str, letter: char) -> Option<u8> {
    let digits = text.strip_prefix(letter)?;
    digits.parse().ok().filter(|number| *number < MAX)
}

pub(crate) fn id(text: &str) -> Option<Id> {
    number(text, 'r').map(Id)
}

fn shown(text: &str) -> Option<Shown> {
    let (name, altered) = match text.strip_suffix('*') {
        Some(name) => (name, true),
        None => (text, false),
    };
    Some(Shown {
        id: id(name)?,
        altered,
    })
}

pub(crate) fn answer(text: &str) -> Option<Answer> {
    Some(match text.split_once(':') {
        Some(("done", name)) => Answer::Done(id(name)?),
        Some(("open", name)) => Answer::Open(id(name)?),
        Some(_) => return None,
        None => match text {
            "declined" => Answer::Declined,
            "altered" => Answer::Refused(Refusal::Altered),
            "stale" => Answer::Refused(Refusal::Stale),
            "fork" => Answer::Refused(Refusal::Fork),
            "latched" => Answer::Refused(Refusal::Latched),
            _ => return None,
        },
    })
}

fn ask(server: &str, keys: &str, record: &str) -> Option<Ask> {
    Some(Ask {
        server: number(server, 's')?,
        asked: split(keys, 'k')?,
        shown: shown(record)?,
    })
}

fn look_up(server: &str, rest: &[&str]) -> Option<Action> {
    let (shows, hides) = match rest {
        [] => (None, Set::NONE),
        ["shows", record] => (Some(shown(record)?), Set::NONE),
        ["hides", keys] => (None, split(keys, 'k')?),
        ["shows", record, "hides", keys] => (Some(shown(record)?), split(keys, 'k')?),
        _ => return None,
    };
    Some(Action::LookUp {
        server: number(server, 's')?,
        shows,
        hides,
    })
}

fn action(text: &str) -> Option<Action> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let server = |name: &str| number(name, 's');
    Some(match words.as_slice() {
        ["take", name, keys] => Action::Take {
            server: server(name)?,
            keys: split(keys, 'k')?,
        },
        ["look-up", name, rest @ ..] => look_up(name, rest)?,
        ["resend", name] => Action::Resend {
            server: server(name)?,
        },
        ["deliver", name, keys, record] => Action::Deliver(ask(name, keys, record)?),
        ["commit"] => Action::Commit,
        ["hear", name, told] => Action::Hear {
            server: server(name)?,
            answer: answer(told)?,
        },
        ["write", name] => Action::Write {
            server: server(name)?,
            dropped: false,
        },
        ["write", name, "dropped"] => Action::Write {
            server: server(name)?,
            dropped: true,
        },
        ["answer", name] => Action::Answer {
            server: server(name)?,
        },
        ["tell", record] => Action::Tell(id(record)?),
        ["list"] => Action::List,
        ["recover"] => Action::Recover { dropped: false },
        ["recover", "dropped"] => Action::Recover { dropped: true },
        ["lose-ask", name, keys, record] => Action::Lose(Message::Ask(ask(name, keys, record)?)),
        ["lose-reply", name, keys, record, told] => {
            Action::Lose(Message::Reply(ask(name, keys, record)?, answer(told)?))
        }
        ["crash", name] => Action::CrashServer {
            server: server(name)?,
        },
        ["crash-box"] => Action::CrashBox { kept: false },
        ["crash-box", "kept"] => Action::CrashBox { kept: true },
        ["compact"] => Action::Compact,
        ["put-back"] => Action::PutBack,
        ["restore", record] => Action::Restore(id(record)?),
        _ => return None,
    })
}

/// A line that says nothing that can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAction;

impl FromStr for Action {
    type Err = NoAction;

    fn from_str(text: &str) -> Result<Self, NoAction> {
        action(text).ok_or(NoAction)
    }
}
