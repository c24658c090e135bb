//! One moment of the whole system.

use crate::Set;
use crate::book::{Book, Id};
use crate::database::Database;
use crate::message::{Answer, Ask, Message, Shown};
use crate::secure_box::{Harm, SecureBox};
use crate::setting::{Budget, Setting};

/// Where a server is with its entry. It pauses at each point for as long as nothing steps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Without work.
    Idle,
    /// With orders that are to be looked up (P10).
    Ready {
        /// Keys of the orders.
        keys: Set,
        /// Keys that were looked up already: none, in the right protocol.
        looked: Set,
    },
    /// It asked the box.
    Asked {
        /// Keys of the orders.
        keys: Set,
        /// The record that the look-up showed.
        shown: Shown,
    },
    /// With a delivery that is to be written (P15).
    Holds {
        /// Keys of the orders.
        keys: Set,
        /// The delivery.
        id: Id,
        /// Whether it answers these orders; otherwise they start again (P17).
        own: bool,
    },
    /// Written: the clients are to be answered.
    Answering {
        /// Keys of the orders.
        keys: Set,
        /// What they are answered from.
        id: Id,
    },
}

/// One client with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client {
    /// Times that it may still send.
    pub attempts: u8,
    /// Items that it was answered with, by the record that made them.
    pub got: Set,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// What records say.
    pub book: Book,
    /// The box.
    pub secure_box: SecureBox,
    /// The database.
    pub database: Database,
    /// Function servers.
    pub servers: Vec<Phase>,
    /// What a recovery worker was handed and has not written (P19).
    pub worker: Option<Id>,
    /// On its way: ascending, nothing twice.
    pub network: Vec<Message>,
    /// Decisions that a server knows to be written: it may tell the box so, at any time, more than
    /// once, or never.
    pub marks: Set,
    /// Clients, one a key.
    pub clients: Vec<Client>,
    /// What may still go wrong.
    pub left: Budget,
    /// Records whose signatures left the box.
    pub released: Set,
    /// What the box did wrong.
    pub harm: Harm,
    /// Whether the box told anybody of a fork, and signed after it.
    pub fork: Fork,
}

/// What became of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fork {
    /// None was told of.
    None,
    /// The box told somebody: from now on it signs nothing.
    Told,
    /// It signed all the same.
    SignedAfter,
}

impl State {
    /// Where every run of a setting begins.
    #[must_use]
    pub fn first(setting: &Setting) -> Self {
        let client = Client {
            attempts: setting.attempts,
            got: Set::NONE,
        };
        Self {
            book: Book::new(setting.balance),
            secure_box: SecureBox::new(),
            database: Database::new(setting.keys),
            servers: vec![Phase::Idle; usize::from(setting.servers)],
            worker: None,
            network: Vec::new(),
            marks: Set::NONE,
            clients: vec![client; usize::from(setting.keys)],
            left: setting.budget,
            released: Set::below(2),
            harm: Harm::default(),
            fork: Fork::None,
        }
    }

    /// A server's phase; idle if there is no such server.
    #[must_use]
    pub fn phase(&self, server: u8) -> Phase {
        let phase = self.servers.get(usize::from(server));
        phase.copied().unwrap_or(Phase::Idle)
    }

    pub(crate) fn send(&mut self, message: Message) {
        if let Err(place) = self.network.binary_search(&message) {
            self.network.insert(place, message);
        }
    }

    /// Takes it out of the network; false if it is not there.
    pub(crate) fn take(&mut self, message: Message) -> bool {
        let place = self.network.binary_search(&message);
        place.map(|place| self.network.remove(place)).is_ok()
    }

    /// Sets a server's phase. Whoever no longer waits for a reply never gets it: it belongs to
    /// a connection that is gone.
    pub(crate) fn enter(&mut self, server: u8, phase: Phase) {
        self.servers[usize::from(server)] = phase;
        self.network
            .retain(|message| !matches!(message, Message::Reply(ask, _) if ask.server == server));
    }

    /// A reply leaves the box.
    pub(crate) fn release(&mut self, ask: Ask, answer: Answer) {
        if let Some(id) = answer.carries() {
            self.released = self.released.with(id.0);
        }
        if answer == Answer::Refused(crate::message::Refusal::Fork) && self.fork == Fork::None {
            self.fork = Fork::Told;
        }
        let waits = Phase::Asked {
            keys: ask.asked,
            shown: ask.shown,
        };
        if self.phase(ask.server) == waits {
            self.send(Message::Reply(ask, answer));
        }
    }

    /// Clients of these keys are told what this record made for them.
    pub(crate) fn answer(&mut self, keys: Set, id: Id) {
        for key in keys.and(self.book.get(id).done).iter() {
            let client = &mut self.clients[usize::from(key)];
            client.got = client.got.with(id.0);
        }
    }

    /// The box lost a decision that it never told anybody of: its name is free again, so that runs
    /// that differ in nothing else are one.
    pub(crate) fn forget(&mut self, lost: Option<Id>) {
        if let Some(id) = lost
            && !self.released.has(id.0)
        {
            self.book.unseal(id);
        }
    }

    /// This state with servers in order of their phases: servers are alike.
    #[must_use]
    pub fn representative(&self) -> Self {
        let mut order: Vec<u8> = (0..self.servers.len()).map(|n| n as u8).collect();
        order.sort_by_key(|server| {
            let server = *server;
            let own = |ask: &Ask| ask.server == server;
            let asks = self.network.iter().filter_map(|message| match message {
                Message::Ask(ask) if own(ask) => Some((ask.asked, ask.shown, None)),
                Message::Reply(ask, answer) if own(ask) => {
                    Some((ask.asked, ask.shown, Some(*answer)))
                }
                Message::Ask(_) | Message::Reply(..) => None,
            });
            (self.phase(server), asks.collect::<Vec<_>>())
        });
        if order.is_sorted() {
            return self.clone();
        }
        let place = |server: u8| {
            let found = order.iter().position(|old| *old == server);
            found.map_or(server, |place| place as u8)
        };
        let renamed = |ask: Ask| Ask {
            server: place(ask.server),
            ..ask
        };
        let mut state = self.clone();
        state.servers.sort();
        for message in &mut state.network {
            *message = match *message {
                Message::Ask(ask) => Message::Ask(renamed(ask)),
                Message::Reply(ask, answer) => Message::Reply(renamed(ask), answer),
            };
        }
        state.network.sort();
        for (ask, _) in &mut state.secure_box.waiting {
            *ask = renamed(*ask);
        }
        state
    }
}
