//! Servers with real bytes in their hands, at the points where a real one can die or be late.

use super::house::request;
use super::{Cannot, Real};
use crate::Set;
use crate::database::Written;
use crate::message::{Answer, Ask, Message, Shown};
use wire::{Delivery, Entry, Outcome};

/// Where a server is.
#[derive(Clone)]
pub(crate) enum Work {
    Idle,
    Ready(Set),
    Asked {
        keys: Set,
        entry: Entry,
    },
    Holds {
        keys: Set,
        delivery: Delivery,
        own: bool,
    },
    Answering {
        keys: Set,
        delivery: Delivery,
    },
}

impl Real<'_> {
    fn work(&self, server: u8) -> &Work {
        &self.servers[usize::from(server)]
    }

    /// Sets what a server does. Replies to what it asked before reach it no more.
    pub(super) fn enter(&mut self, server: u8, work: Work) -> Result<(), Cannot> {
        let place = self.servers.get_mut(usize::from(server));
        *place.ok_or(Cannot("no such server"))? = work;
        self.replies.retain(|(ask, _)| ask.server != server);
        Ok(())
    }

    /// What a server asked, in the model's words.
    fn ask_of(&self, server: u8, keys: Set, entry: &Entry) -> Option<Ask> {
        Some(Ask {
            server,
            asked: keys,
            shown: self.names.shown(entry.shown.as_slice())?,
        })
    }

    /// Whether the server still waits for the answer to this.
    pub(super) fn waits(&self, ask: Ask) -> bool {
        match self.work(ask.server) {
            Work::Asked { keys, entry } => self.ask_of(ask.server, *keys, entry) == Some(ask),
            _ => false,
        }
    }

    pub(super) fn take(&mut self, server: u8, keys: Set) -> Result<(), Cannot> {
        match self.work(server) {
            Work::Idle => self.enter(server, Work::Ready(keys)),
            _ => Err(Cannot("the server has work")),
        }
    }

    pub(super) fn look_up(
        &mut self,
        server: u8,
        shows: Option<Shown>,
        hides: Set,
    ) -> Result<(), Cannot> {
        let Work::Ready(keys) = *self.work(server) else {
            return Err(Cannot("nothing is to be looked up"));
        };
        let mut rest = Set::NONE;
        let mut record = None;
        for (key, found) in self.shelf.look_up(keys) {
            record = record.or(found.meter.map(|row| row.record));
            match found.prior.filter(|_| !hides.has(key)) {
                Some(prior) => {
                    let id = self.names.of_items(&prior.items);
                    let id = id.ok_or(Cannot("an answer that nobody made"))?;
                    self.give(key, id);
                }
                None => rest = rest.with(key),
            }
        }
        if rest.is_empty() {
            return self.enter(server, Work::Idle);
        }
        let shown = match shows {
            Some(shown) => self.names.bytes(shown),
            None => record,
        };
        let entry = self.house.entry(rest, &shown.ok_or(Cannot("no record"))?);
        let keys = rest;
        self.enter(
            server,
            Work::Asked {
                keys,
                entry: entry.clone(),
            },
        )?;
        self.send(server, keys, entry)
    }

    fn give(&mut self, key: u8, id: crate::book::Id) {
        let got = &mut self.got[usize::from(key)];
        *got = got.with(id.0);
    }

    fn send(&mut self, server: u8, keys: Set, entry: Entry) -> Result<(), Cannot> {
        let ask = self.ask_of(server, keys, &entry);
        let ask = ask.ok_or(Cannot("a record that nobody sealed"))?;
        if !self.asks.iter().any(|(of, _)| *of == ask) {
            self.asks.push((ask, entry));
        }
        Ok(())
    }

    pub(super) fn resend(&mut self, server: u8) -> Result<(), Cannot> {
        match self.work(server).clone() {
            Work::Asked { keys, entry } => self.send(server, keys, entry),
            _ => Err(Cannot("nothing was asked")),
        }
    }

    pub(super) fn hear(&mut self, server: u8, answer: Answer) -> Result<(), Cannot> {
        let Work::Asked { keys, .. } = *self.work(server) else {
            return Err(Cannot("nothing was asked"));
        };
        let is_it = |(ask, outcome): &(Ask, Outcome)| {
            ask.server == server && self.names.answer(outcome) == Some(answer)
        };
        let place = self.replies.iter().position(is_it);
        let (_, outcome) = self
            .replies
            .remove(place.ok_or(Cannot("no such reply is on its way"))?);
        let work = match outcome {
            Outcome::Done(delivery) => Work::Holds {
                keys,
                delivery: *delivery,
                own: true,
            },
            Outcome::Open(delivery) => Work::Holds {
                keys,
                delivery: *delivery,
                own: false,
            },
            Outcome::Refused(refusal) if refusal.code == wire::RefusalCode::Stale => {
                Work::Ready(keys)
            }
            Outcome::Refused(_) | Outcome::Declined(_) | Outcome::Failed(_) => Work::Idle,
        };
        self.enter(server, work)
    }

    fn store(&mut self, delivery: &Delivery, dropped: bool) -> Written {
        let written = if dropped {
            Written::Written
        } else {
            self.shelf.write(delivery)
        };
        if let Some(id) = self.names.of(delivery).filter(|_| written.is_there()) {
            self.marks = self.marks.with(id.0);
        }
        written
    }

    pub(super) fn write(&mut self, server: u8, dropped: bool) -> Result<Written, Cannot> {
        let Work::Holds {
            keys,
            delivery,
            own,
        } = self.work(server).clone()
        else {
            return Err(Cannot("nothing is to be written"));
        };
        let written = self.store(&delivery, dropped);
        let work = match (written.is_there(), own) {
            (true, true) => Work::Answering { keys, delivery },
            (true, false) => Work::Ready(keys),
            (false, _) => Work::Idle,
        };
        self.enter(server, work)?;
        Ok(written)
    }

    pub(super) fn recover(&mut self, dropped: bool) -> Result<Written, Cannot> {
        let delivery = self.worker.take().ok_or(Cannot("nothing was handed out"))?;
        Ok(self.store(&delivery, dropped))
    }

    pub(super) fn answer(&mut self, server: u8) -> Result<(), Cannot> {
        let Work::Answering { keys, delivery } = self.work(server).clone() else {
            return Err(Cannot("nobody is to be answered"));
        };
        let rows = delivery.rows.as_slice();
        for key in keys.iter() {
            let outcomes = &mut delivery.orders.as_slice().iter();
            let of_key = outcomes.find(|order| order.request == request(key));
            if let Some(Ok((first, count))) = of_key.map(|order| &order.result) {
                let items = rows.iter().skip(*first as usize).take(*count as usize);
                let items: Vec<Vec<u8>> = items.map(|row| row.as_slice().to_vec()).collect();
                let id = self.names.of_items(&items);
                self.give(key, id.ok_or(Cannot("items that nobody made"))?);
            }
        }
        self.enter(server, Work::Idle)
    }

    pub(super) fn lose(&mut self, message: Message) -> Result<(), Cannot> {
        let names = &self.names;
        let gone = match message {
            Message::Ask(ask) => take_out(&mut self.asks, |(of, _)| *of == ask),
            Message::Reply(ask, answer) => take_out(&mut self.replies, |(of, outcome)| {
                *of == ask && names.answer(outcome) == Some(answer)
            }),
        };
        gone.then_some(()).ok_or(Cannot("no such message"))
    }

    /// As [`crate::trace::phase_text`].
    pub(super) fn work_text(&self, server: u8) -> String {
        use crate::state::Phase;
        use crate::trace::phase_text;
        let nobodys = "unknown".to_owned();
        let phase = match self.work(server) {
            Work::Idle => Some(Phase::Idle),
            Work::Ready(keys) => Some(Phase::Ready {
                keys: *keys,
                looked: Set::NONE,
            }),
            Work::Asked { keys, entry } => {
                let shown = self.names.shown(entry.shown.as_slice());
                shown.map(|shown| Phase::Asked { keys: *keys, shown })
            }
            Work::Holds {
                keys,
                delivery,
                own,
            } => self.names.of(delivery).map(|id| Phase::Holds {
                keys: *keys,
                id,
                own: *own,
            }),
            Work::Answering { keys, delivery } => {
                let id = self.names.of(delivery);
                id.map(|id| Phase::Answering { keys: *keys, id })
            }
        };
        phase.map_or(nobodys, phase_text)
    }
}

fn take_out<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let place = list.iter().position(is_it);
    place.map(|place| list.remove(place)).is_some()
}
