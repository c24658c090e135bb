//! What happens to the box of the story besides requests about records: its process dies, its disk
//! is full, its clock is turned, operators act on it, questions are asked, backups come back.

use arbitrary::{Result, Unstructured};

use item::{ActBody, BoxId, Bytes, Counter, Layout, List, MultiSigned, Reissue, RequestId, Time};
use keeper::{Caller, Now, Rules, Service, box_subject};
use verify::statement_digest;
use wire::{Entry, Outcome, RefusalCode, ReissueRequest, Reply, Request, Status};

use super::Kind;
use super::desk::{Desk, any_act, odd};
use crate::house::{DAY, HOUSE, MINUTE, OPERATORS, START, sign_all};

impl<K: Kind> Desk<K> {
    pub(super) fn die_before_commit(&mut self, entries: Vec<Entry>) {
        let keeper = self.keeper.as_mut().expect("running");
        let request = Request::Decide(List::new(entries).expect("few"));
        drop(keeper.handle(Caller(0), request, self.now));
        self.restart();
    }

    pub(super) fn fill_disk(&mut self, entries: Vec<Entry>) {
        let keeper = self.keeper.as_mut().expect("running");
        self.disk.fail_next_write(true);
        let request = Request::Decide(List::new(entries).expect("few"));
        let pending = keeper.handle(Caller(0), request, self.now);
        let committed = keeper.commit();
        self.disk.fail_next_write(false);
        if let Err(_failed) = committed {
            let stopped = keeper.commit().is_err();
            assert!(stopped, "after a failure a box commits nothing");
            drop(pending);
            self.restart();
        }
    }

    pub(super) fn turn_clock(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let unit = *u.choose(&[MINUTE / 60, MINUTE, 60 * MINUTE, DAY])?;
        let by = u64::from(u.arbitrary::<u8>()?) * unit;
        let Now { wall, since_boot } = &mut self.now;
        match odd(u)? {
            0..=16 => (wall.0, *since_boot) = (wall.0 + by, *since_boot + by),
            17..=20 => wall.0 += by,
            21..=26 => wall.0 -= by.min(wall.0),
            _ => *since_boot += by,
        }
        let keeper = self.keeper.as_mut().expect("running");
        keeper.tick(self.now).expect("a disk that works");
        Ok(())
    }

    pub(super) fn act_on_box(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let before = self.status();
        let subject = *u.choose(&self.book.kind.subjects())?;
        let body = match u.int_in_range(0..=5u8)? {
            0 | 1 => ActBody::ConfirmTime(self.now.wall),
            2 => ActBody::ConfirmTime(Time(u.arbitrary()?)),
            3 => ActBody::Unlatch,
            4 => {
                let counter = Counter(u.int_in_range(0..=20u64)?);
                ActBody::Redeliver { subject, counter }
            }
            _ => any_act(u)?,
        };
        // Other operators would end the story: nobody could confirm anything any more.
        let enrols = matches!(body, ActBody::Enrol(_));
        let flaw = odd(u)? % 8;
        let sequence = before.act_sequence + u64::from(flaw != 1);
        let box_subject = box_subject(BoxId(1 + u16::from(flaw == 2)));
        let act = HOUSE.act(K::Rules::KIND, box_subject, sequence, body.clone());
        let signers: &[u8] = match flaw {
            3 => &OPERATORS[..1],
            4 => &OPERATORS[2..],
            _ => &OPERATORS[..2],
        };
        let mut act: MultiSigned<_> = sign_all(act, signers);
        if flaw == 5 {
            act.body.sequence ^= 3;
        }
        let reply = if enrols {
            Reply::Refused(RefusalCode::Mismatch.into())
        } else {
            self.ask(Request::BoxAct(act))
        };
        let after = self.status();
        let Reply::Acted(found) = reply else {
            assert_eq!(
                after,
                Status {
                    time: after.time,
                    ..before
                },
                "refused, and yet done"
            );
            return Ok(());
        };
        let expired = self.now.wall >= Time(START + 300 * DAY);
        assert!(!(1..=5).contains(&flaw) && !expired, "an act that is none");
        assert_eq!(after.act_sequence, sequence, "each act once");
        assert_eq!(after.journal_sequence, before.journal_sequence + 1);
        if after.latched != before.latched {
            assert!(body == ActBody::Unlatch && before.latched);
        }
        if let ActBody::ConfirmTime(time) = body {
            assert!(time.0.abs_diff(self.now.wall.0) <= 5 * MINUTE);
            assert!(!after.clock_doubtful);
        }
        if let Some(delivery) = found {
            let new = self.book.see(&delivery, None, &self.keys);
            assert!(!new && delivery.secret.is_empty(), "delivered again");
        }
        Ok(())
    }

    pub(super) fn ask_question(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let subject = *u.choose(&self.book.kind.subjects())?;
        let shown = self.shown(u, subject)?;
        let asked = self.book.kind.question(u, shown, self.now)?;
        let request = Request::Query(Bytes::new(asked.clone()).unwrap_or_default());
        let before = self.status();
        if let Reply::Answer(answer) = self.ask(request) {
            self.book.kind.answered(&asked, answer.as_slice(), self.now);
        }
        let after = self.status();
        assert_eq!(before.journal_sequence, after.journal_sequence);
        Ok(())
    }

    /// An older record comes back from a backup, and operators have it made again (P28).
    pub(super) fn make_again(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let subject = *u.choose(&self.book.kind.subjects())?;
        let Some(newest) = self.book.newest(subject) else {
            return Ok(());
        };
        let history = self.book.history(subject);
        let known = history.len() as u64;
        // Zero is the one before the newest.
        let back = u.int_in_range(0..=known - 1)? + 1;
        let shown = known.saturating_sub(back).max(1);
        let record = history[shown as usize - 1].to_vec();
        let flaw = odd(u)? % 8;
        let mut memory = K::Rules::summary(&newest);
        let sequence = memory.act_sequence + u64::from(flaw != 1);
        match flaw {
            2 => memory.descending.0 += 1,
            3 => memory.act_sequence += 1,
            _ => {}
        }
        let body = ActBody::Reissue(Reissue {
            shown: Counter(shown + u64::from(flaw == 4)),
            known: Counter(known + u64::from(flaw == 5)),
            memory,
        });
        let act = HOUSE.act(K::Rules::KIND, subject, sequence, body);
        let signers = if flaw == 6 { 1 } else { 2 };
        let mut act = sign_all(act, &OPERATORS[..signers]);
        if flaw == 7 {
            act.body.expires.0 += 1;
        }
        let entry = Entry {
            request: RequestId(statement_digest(&act.to_bytes()).0),
            subject,
            shown: Bytes::new(record).expect("released"),
            body: Bytes::default(),
        };
        let asked = ReissueRequest {
            shown: entry.shown.clone(),
            act,
        };
        let outcomes = self.settle(vec![entry], Request::Reissue(asked));
        let made = matches!(outcomes.as_slice(), [Outcome::Done(_)]);
        assert!(
            !made || !(1..=7).contains(&flaw),
            "made again by an act that is none"
        );
        Ok(())
    }
}
