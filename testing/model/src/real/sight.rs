//! What is seen of the real thing, in the words of `trace`.

use super::Real;
use super::house::{NOON, SERIAL, ask};
use crate::book::Id;
use crate::database::Written;
use crate::set::MAX;
use crate::text::joined;
use crate::trace::{Sight, perhaps, replies_text, written_text, yes};
use verify::checkpoint_digest;
use wire::{Nothing, Reply, Request};

impl Real<'_> {
    /// Everything that can be seen now. While replies wait for the flush the box keeps to itself.
    pub(super) fn sight(&mut self, written: Option<Written>) -> Sight {
        let mut sight = Sight::new();
        let mut see = |field: String, value: String| {
            sight.insert(field, value);
        };
        if self.waiting.is_empty() {
            for (field, value) in self.box_sight() {
                see(field.to_owned(), value);
            }
            let replies = self.replies.iter().filter_map(|(ask, outcome)| {
                let answer = self.names.answer(outcome)?;
                Some((ask.server, answer))
            });
            let replies: Vec<_> = replies.collect();
            let nameless = replies.len() != self.replies.len();
            let text = replies_text(replies);
            see(
                "replies".into(),
                if nameless { "unknown".into() } else { text },
            );
        }
        let record = self.names.of_record(&self.shelf.record());
        see("record".into(), perhaps(record));
        let shelf = &self.shelf;
        let rows = self
            .names
            .those(|delivery, decision| shelf.holds(delivery, decision));
        see("rows".into(), joined(rows, 'r'));
        let keys = crate::Set::below(u8::try_from(self.got.len()).unwrap_or(MAX));
        for (key, found) in self.shelf.look_up(keys) {
            let first = found.prior.map(|prior| self.names.of_items(&prior.items));
            let text = match first {
                Some(None) => "unknown".to_owned(),
                Some(found) => perhaps(found),
                None => perhaps(None),
            };
            see(format!("key{key}"), text);
        }
        for server in 0..u8::try_from(self.servers.len()).unwrap_or(MAX) {
            see(format!("s{server}"), self.work_text(server));
        }
        let worker = self.worker.as_ref();
        see(
            "worker".into(),
            perhaps(worker.and_then(|d| self.names.of(d))),
        );
        see("marks".into(), joined(self.marks, 'r'));
        for (key, got) in self.got.iter().enumerate() {
            see(format!("got{key}"), joined(*got, 'r'));
        }
        if let Some(written) = written {
            see("written".into(), written_text(written).into());
        }
        sight
    }

    /// What the box says of itself.
    fn box_sight(&mut self) -> Vec<(&'static str, String)> {
        let open = self.open();
        if let Some(delivery) = &open {
            self.names.learn_delivery(delivery);
        }
        let open = open.map(|delivery| self.names.of(&delivery));
        let newest = self.newest();
        let acked = match open {
            Some(open) => open
                .and_then(|open| self.names.parent(open))
                .and_then(|digest| self.names.of_digest(digest)),
            None => newest,
        };
        let name = |id: Option<Id>| id.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
        let consistent = match open {
            Some(open) => open == newest,
            None => true,
        };
        let now = self.now;
        let latched = match ask(self.meter_box(), Request::Status(Nothing), now) {
            Reply::Status(status) => status.latched,
            other => panic!("a status: {other:?}"),
        };
        let open = match open {
            Some(_) if !consistent => "unknown".to_owned(),
            Some(open) => name(open),
            None => perhaps(None),
        };
        vec![
            ("acked", name(acked)),
            ("open", open),
            ("latched", yes(latched).to_owned()),
        ]
    }

    /// The newest record, by the digest of a signed checkpoint over the only subject.
    fn newest(&mut self) -> Option<Id> {
        let now = self.now.max(NOON);
        let digest = match ask(self.meter_box(), Request::Checkpoint(Nothing), now) {
            Reply::Checkpoint(signed) => signed.body.digest,
            other => panic!("a checkpoint: {other:?}"),
        };
        let subject = SERIAL.subject();
        let is_newest = |id: &Id| {
            self.names.mark(*id).is_some_and(|mark| {
                checkpoint_digest([(&subject, mark.counter, mark.digest)]) == digest
            })
        };
        (0..MAX).map(Id).find(is_newest)
    }
}
