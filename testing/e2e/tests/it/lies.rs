//! A database that lies while the system runs: nothing is signed on a lie, nothing that a box decided
//! is lost or decided twice (must hold 4).

use audit::Code as Found;
use e2e::{Boxes, Desk, House, PASSWORD, Patron};
use hostile_store::{Record, Rule};
use item::{ActBody, BoxKind, Decision, Layout, Signed};

use crate::put_back::assert_signed;

/// A data centre over real boxes, and two customers.
struct Work {
    house: House,
    boxes: Boxes,
    desk: Desk,
    ada: Patron,
    bob: Patron,
}

async fn work() -> Work {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let ada = desk.patron(&house, "ada").await;
    let bob = desk.patron(&house, "bob").await;
    Work {
        house,
        boxes,
        desk,
        ada,
        bob,
    }
}

#[tokio::test]
async fn failed_log_ins_can_not_be_hidden_while_it_runs() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        bob,
    } = work().await;
    let user = Record::User(ada.user);
    for attempt in ["a", "b", "c"] {
        let wrong = desk
            .log_in_with(&ada.login, attempt, "not the password")
            .await;
        wrong.unwrap_err();
    }
    desk.centre.acknowledge().await.unwrap();
    for back in [1, 2, 3] {
        let lied = desk
            .lying(Rule::Older(user, back), desk.log_in(&ada.login, "d"))
            .await;
        assert_eq!(
            lied.unwrap_err().code,
            functions::Code::RecordRefused,
            "{back} back"
        );
    }
    assert!(
        rows_of(&house)
            .iter()
            .any(|(s, c)| *s == ada.user.subject() && c == "rolled-back")
    );
    desk.log_in(&bob.login, "e").await.unwrap();
    house.assert_clean();
}

fn rows_of(house: &House) -> Vec<(item::Subject, String)> {
    house
        .alerts()
        .into_iter()
        .map(|a| (a.subject, a.code))
        .collect()
}

/// V8, by a database that lies: the second item is recorded and audit names the pair.
#[tokio::test]
async fn a_hidden_answer_costs_a_second_recorded_item() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        ..
    } = work().await;
    let first = desk.print(&ada, "key").await.unwrap();
    let hide = Rule::HidePrior(ada.account, verify::idempotency_key("key"));
    let second = desk.lying(hide, desk.print(&ada, "key")).await.unwrap();
    assert_eq!((first.piece_count, second.piece_count), (1, 2));
    assert_eq!(desk.print(&ada, "key").await.unwrap(), first);
    let report = house.audit();
    let pair = report
        .problems
        .iter()
        .find(|p| p.code == Found::AnsweredTwice)
        .unwrap();
    assert_eq!(pair.value_mills, 1_000, "{pair:?}");
    assert_eq!(report.counts.items, 2);
    assert_eq!(report.totals.ascending_mills, 2_000);
}

/// A database that says "written" and wrote nothing: the box delivers the same bytes again.
/// As it looks to a server that read just before another one wrote.
#[tokio::test]
async fn a_sign_up_that_was_made_meanwhile_is_found_p18() {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let (key, body) = (
        verify::idempotency_key("sign-up"),
        verify::request_body(b"eve"),
    );
    let sign_up = || {
        let password = PASSWORD.to_owned();
        desk.centre
            .sign_up(key, "eve@example.com", password, "eve", body)
    };
    let first = sign_up().await.unwrap();
    desk.centre.acknowledge().await.unwrap();
    for record in [Record::User(first.user), Record::Meter(first.meter)] {
        // Once before the box is asked, and once for what it is shown.
        desk.store.play_times(Rule::Hide(record), 2);
        let lies = desk.store.lies();
        assert_eq!(sign_up().await.unwrap(), first);
        assert_eq!(desk.store.lies(), lies + 2);
        desk.store.stop();
    }
    house.assert_clean();
}

#[tokio::test]
async fn dropped_writes_are_delivered_again() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        bob,
    } = work().await;
    desk.centre.acknowledge().await.unwrap();
    let lost = desk
        .lying(Rule::DropWrites, desk.print(&ada, "key"))
        .await
        .unwrap();
    assert_eq!(desk.meter(&ada).await.piece_count, 0);
    // The same key, and another: each finds the first item written.
    let again = desk.print(&ada, "key").await.unwrap();
    assert_eq!(again, lost);
    assert_eq!(desk.print(&ada, "other").await.unwrap().piece_count, 2);
    house.assert_clean();

    // Where the box was told that it is written, only an act has it delivered again (P19): the one
    // decision that is named,
    let lost = acknowledged_and_not_written(&house, &desk, &bob, "key").await;
    let counter = desk.meter(&bob).await.counter.next().unwrap();
    let subject = bob.meter.subject();
    let one = ActBody::Redeliver { subject, counter };
    let one = house.act(BoxKind::Meter, e2e::box_subject(), 1, one);
    desk.centre.act(&one).await.unwrap();
    assert_eq!(desk.print(&bob, "key").await.unwrap(), lost);
    let once_more = desk.centre.act(&one).await.unwrap_err();
    assert_eq!(once_more.code, functions::Code::ActSequence);
    house.assert_clean();

    // or everything that is kept.
    let lost = acknowledged_and_not_written(&house, &desk, &bob, "later").await;
    let all = ActBody::RedeliverFrom(0);
    let all = house.act(BoxKind::Meter, e2e::box_subject(), 2, all);
    let digest = verify::statement_digest(&all);
    desk.centre.act(&all).await.unwrap();
    let page = desk.centre.redeliver(BoxKind::Meter, digest, 0).await;
    let page = page.unwrap();
    assert_eq!(
        (page.written, page.next, &page.conflicts[..]),
        (1, None, &[][..])
    );
    assert!(page.there >= 12, "{page:?}");
    assert_eq!(desk.print(&bob, "later").await.unwrap(), lost);
    assert_eq!(desk.print(&bob, "next").await.unwrap().piece_count, 3);
    house.assert_clean();
}

/// A lying or crashed server tells the box that a decision is written, and the database does not
/// hold it: the next request is refused, and the alert has the box's signed word.
async fn acknowledged_and_not_written(
    house: &House,
    desk: &Desk,
    patron: &Patron,
    key: &str,
) -> item::ItemRecord {
    let lost = desk
        .lying(Rule::DropWrites, desk.print(patron, key))
        .await
        .unwrap();
    desk.centre.acknowledge().await.unwrap();
    let refused = desk.print(patron, key).await.unwrap_err();
    assert_eq!(refused.code, functions::Code::RecordRefused);
    let alert = house.alert(patron.meter.subject(), "rolled-back");
    assert_signed(house, BoxKind::Meter, &alert);
    lost
}

/// A database that says "written" for ever and keeps nothing: nobody waits for 64 rounds, and
/// operators are told which record it is about.
#[tokio::test]
async fn a_database_that_keeps_nothing_is_noticed_after_three_writes() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        bob,
    } = work().await;
    desk.centre.acknowledge().await.unwrap();
    let lost = desk
        .lying(Rule::DropWrites, desk.print(&ada, "key"))
        .await
        .unwrap();
    let before = desk.store.lies();
    let refused = desk
        .lying(Rule::DropWrites, desk.print(&ada, "other"))
        .await
        .unwrap_err();
    assert_eq!(refused.code, functions::Code::RecordRefused);
    assert_eq!(refused.charged, functions::Charged::Unknown);
    assert_eq!(desk.store.lies() - before, 3, "writes that were tried");
    let alert = house.alert(ada.meter.subject(), "write-lost");
    let decision = Signed::<Decision>::from_bytes(&alert.evidence).unwrap();
    assert_eq!(decision.body.subject, ada.meter.subject());
    // The same of a log-in.
    let lied = desk
        .lying(Rule::DropWrites, async {
            desk.log_in(&bob.login, "one").await.unwrap();
            desk.log_in(&bob.login, "two").await
        })
        .await;
    assert_eq!(lied.unwrap_err().code, functions::Code::RecordRefused);
    let _named = house.alert(bob.user.subject(), "write-lost");
    // It keeps again what it is given: everything is there, once.
    assert_eq!(desk.print(&ada, "key").await.unwrap(), lost);
    assert_eq!(desk.print(&ada, "other").await.unwrap().piece_count, 2);
    desk.log_in(&bob.login, "truthful").await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn lost_and_doubled_replies_of_the_database_charge_once() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        ..
    } = work().await;
    for (number, rule) in [Rule::LoseReplies, Rule::FailWrites, Rule::DuplicateWrites]
        .into_iter()
        .enumerate()
    {
        let key = format!("key {number}");
        let lied = desk.lying(rule.clone(), desk.print(&ada, &key)).await;
        if let Err(problem) = &lied {
            assert_eq!(problem.charged, functions::Charged::Unknown, "{rule:?}");
        }
        let item = desk.print(&ada, &key).await.unwrap();
        assert_eq!(item.piece_count as usize, number + 1, "{rule:?}");
        if let Ok(lied) = lied {
            assert_eq!(lied, item, "{rule:?}");
        }
    }
    assert_eq!(desk.meter(&ada).await.piece_count, 3);
    house.assert_clean();
}

/// The same lies while the system runs.
#[tokio::test]
async fn a_database_that_lies_while_it_runs_gets_nothing_signed() {
    let house = House::new();
    let boxes = Boxes::start(&house);
    let desk = boxes.desk(&house);
    let ada = desk.patron(&house, "ada").await;
    let bob = desk.patron(&house, "bob").await;
    desk.print(&ada, "first").await.unwrap();
    desk.centre.acknowledge().await.unwrap();
    let meter = Record::Meter(ada.meter);
    let before = desk.meter(&ada).await;
    for (number, rule) in [
        Rule::Flip(meter, 8 * 200),
        Rule::Flip(meter, 8 * 300 + 3),
        Rule::Swap(meter, Record::Meter(bob.meter)),
        Rule::Older(meter, 1),
        Rule::Older(meter, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key {number}");
        let (lied, other) = desk
            .lying(rule.clone(), async {
                let lied = desk.print(&ada, &key).await;
                (lied, desk.print(&bob, &key).await)
            })
            .await;
        let problem = lied.unwrap_err();
        assert_eq!(
            problem.code,
            functions::Code::RecordRefused,
            "{rule:?}: {problem}"
        );
        other.unwrap();
        assert_eq!(desk.meter(&ada).await, before, "{rule:?}");
        assert!(
            house
                .alerts()
                .iter()
                .any(|a| a.subject == ada.meter.subject()),
            "{rule:?}"
        );
    }
    let (user, chain) = (Record::User(ada.user), Record::Chain(ada.account));
    for (number, rule) in [
        Rule::Flip(user, 8 * 100),
        Rule::Swap(user, Record::User(bob.user)),
        Rule::Flip(chain, 8 * 60),
        Rule::Swap(chain, Record::Chain(bob.account)),
        Rule::FlipEntry(ada.account, 8 * 40),
        Rule::HideEntry(ada.account),
        Rule::Older(chain, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let attempt = format!("attempt {number}");
        let lied = desk
            .lying(rule.clone(), desk.log_in(&ada.login, &attempt))
            .await;
        let problem = lied.unwrap_err();
        assert_eq!(
            problem.code,
            functions::Code::RecordRefused,
            "{rule:?}: {problem}"
        );
        // Truthful again, the same attempt is good.
        desk.log_in(&ada.login, &attempt).await.unwrap();
        desk.centre.acknowledge().await.unwrap();
    }
    assert_eq!(desk.print(&ada, "key 0").await.unwrap().piece_count, 2);
    house.assert_clean();
}

/// What a key was answered with is compared with what the box signed, also when it is only shown.
#[tokio::test]
async fn a_false_earlier_answer_is_not_given() {
    let Work {
        house,
        boxes: _boxes,
        desk,
        ada,
        ..
    } = work().await;
    let first = desk.print(&ada, "one").await.unwrap();
    let second = desk.print(&ada, "two").await.unwrap();
    let (one, two) = ["one", "two"].map(verify::idempotency_key).into();
    for rule in [
        Rule::SwapPrior(ada.account, one, two),
        Rule::HideItem(ada.meter, 1),
        Rule::FlipItem(ada.meter, 1, 8 * 30),
        Rule::FlipItem(ada.meter, 1, 8 * 250),
    ] {
        let told = desk.lying(rule.clone(), desk.print(&ada, "one")).await;
        let problem = told.unwrap_err();
        assert_eq!(problem.code, functions::Code::RecordRefused, "{rule:?}");
    }
    let subject = ada.meter.subject();
    for code in ["answer-moved", "item-missing", "item-altered"] {
        let _named = house.alert(subject, code);
    }
    assert_eq!(desk.print(&ada, "one").await.unwrap(), first);
    assert_eq!(desk.print(&ada, "two").await.unwrap(), second);
    house.assert_clean();
}
