//! Genuine things of yesterday put back: one record, the whole database, a box's own state (must
//! hold 4).

use audit::Code as Found;
use e2e::{Customer, House, rows};
use item::{ActBody, BoxKind, Counter, Layout, MeterSerial, Signed, StaleStatement};
use sdk::ApiError;

pub(crate) fn code_of<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    let error = outcome.unwrap_err();
    let problem = error.problem().unwrap_or_else(|| panic!("{error:?}"));
    problem.code.clone()
}

/// A house with two customers, where the first one's record is one of yesterday.
async fn with_older_row(
    table: &'static str,
    row: impl Fn(&Customer) -> String,
    later: impl AsyncFn(&mut House, &mut Customer),
) -> (House, Customer, Customer, Vec<rows::Kept>) {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let bob = house.customer("bob").await;
    let row = row(&ada);
    let older = rows::keep(&house.sql(), table, &row);
    later(&mut house, &mut ada).await;
    let newest = rows::keep(&house.sql(), table, &row);
    assert_ne!(older, newest);
    house.edited(|sql| rows::put_back(sql, &older));
    (house, ada, bob, newest)
}

/// The evidence of a put-back record is a statement that its box signed.
pub(crate) fn assert_signed(house: &House, kind: BoxKind, alert: &e2e::Alert) {
    let signed = Signed::<StaleStatement>::from_bytes(&alert.evidence).unwrap();
    let (key, time) = (signed.body.key, signed.body.time);
    let usage = item::KeyUsage::Decision;
    let opened = house
        .installation()
        .open_statement(signed, key, kind, usage, time)
        .unwrap();
    assert_eq!(opened.subject, alert.subject);
    assert!(opened.shown_counter < opened.known_counter);
}

#[tokio::test]
async fn an_older_meter_record_dispenses_nothing() {
    let row = |ada: &Customer| format!("serial = {}", ada.meter);
    let (mut house, mut ada, mut bob, newest) = with_older_row("meters", row, async |_, ada| {
        for key in ["first", "second", "third"] {
            ada.print(key).await.unwrap();
        }
    })
    .await;
    ada.move_to(&house);
    bob.move_to(&house);
    assert_eq!(code_of(ada.print("fourth").await), "record-refused");
    let alert = house.alert(ada.subject(), "rolled-back");
    assert_signed(&house, BoxKind::Meter, &alert);
    bob.print("first").await.unwrap();
    house.assert_found(&[Found::RecordDiffers]);
    house.edited(|sql| rows::put_back(sql, &newest));
    ada.move_to(&house);
    assert_eq!(ada.print("fourth").await.unwrap().piece_count, 4);
    house.assert_clean();
}

/// Wrong passwords raise the waiting time in the record; putting the record back does not take
/// them back.
#[tokio::test]
async fn a_user_record_from_before_failed_log_ins_is_refused() {
    let row = |ada: &Customer| format!("user = x'{}'", ada.user);
    let (mut house, mut ada, mut bob, newest) = with_older_row("users", row, async |house, ada| {
        for _ in 0..3 {
            let wrong = house.client().sign_on(&ada.login, "not the password").await;
            assert!(["wrong-credentials", "try-later"].contains(&code_of(wrong).as_str()));
        }
    })
    .await;
    assert_eq!(code_of(ada.log_in(&house).await), "record-refused");
    let alert = house.alert(ada.user.subject(), "rolled-back");
    assert_signed(&house, BoxKind::Auth, &alert);
    bob.log_in(&house).await.unwrap();
    house.assert_found(&[Found::RecordDiffers]);
    house.edited(|sql| rows::put_back(sql, &newest));
    // The failures count on: the right password, too, waits or is taken, as the record says.
    match ada.log_in(&house).await {
        Ok(()) => {}
        Err(error) => assert!(error.has_code("try-later"), "{error:?}"),
    }
    house.assert_clean();
}

#[tokio::test]
async fn an_older_chain_takes_no_event() {
    let row = |ada: &Customer| format!("account = x'{}'", ada.account);
    let (mut house, mut ada, mut bob, newest) =
        with_older_row("chains", row, async |house, ada| {
            for _ in 0..3 {
                ada.log_in(house).await.unwrap();
            }
        })
        .await;
    assert_eq!(code_of(ada.log_in(&house).await), "record-refused");
    let alert = house.alert(ada.account.subject(), "rolled-back");
    assert_signed(&house, BoxKind::Transaction, &alert);
    bob.log_in(&house).await.unwrap();
    house.assert_found(&[Found::RecordDiffers]);
    house.edited(|sql| rows::put_back(sql, &newest));
    ada.log_in(&house).await.unwrap();
    house.assert_clean();
}

#[tokio::test]
async fn an_older_database_is_noticed_as_a_whole() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    let mut bob = house.customer("bob").await;
    house.stop();
    std::fs::copy(house.database(), house.beside("older")).unwrap();
    house.up();
    for customer in [&mut ada, &mut bob] {
        customer.move_to(&house);
    }
    for key in ["first", "second", "third"] {
        ada.print(key).await.unwrap();
    }
    house.stop();
    std::fs::rename(house.database(), house.beside("right")).unwrap();
    std::fs::copy(house.beside("older"), house.database()).unwrap();
    house.up();
    for customer in [&mut ada, &mut bob] {
        customer.move_to(&house);
    }
    assert_eq!(code_of(ada.print("first").await), "record-refused");
    assert_eq!(code_of(ada.print("fourth").await), "record-refused");
    let _named = house.alert(ada.subject(), "rolled-back");
    // Checkpoints of the clean stop are kept outside the database.
    house.assert_found(&[Found::PutBack]);
    // Whose meter did not change since is not concerned.
    assert_eq!(bob.print("first").await.unwrap().piece_count, 1);

    house.stop();
    std::fs::rename(house.beside("right"), house.database()).unwrap();
    house.up();
    for customer in [&mut ada, &mut bob] {
        customer.move_to(&house);
    }
    assert_eq!(ada.print("first").await.unwrap().piece_count, 1);
    assert_eq!(ada.print("fourth").await.unwrap().piece_count, 4);
    // What the other database took is delivered once more to this one.
    assert_eq!(bob.print("first").await.unwrap().piece_count, 1);
    house.assert_clean();
}

/// A box whose own state was put back meets records newer than all it knows: that is a fork. It
/// signs nothing until an act says so, and reading goes on.
#[tokio::test]
async fn a_put_back_box_latches_until_an_act() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    house.stop();
    copy_folder(&house.path("boxes/meter"), &house.beside("older-box"));
    house.up();
    ada.move_to(&house);
    ada.print("first").await.unwrap();
    house.stop();
    copy_folder(&house.path("boxes/meter"), &house.beside("right-box"));
    copy_folder(&house.beside("older-box"), &house.path("boxes/meter"));
    house.up();
    ada.move_to(&house);
    assert_eq!(code_of(ada.print("second").await), "record-refused");
    let _named = house.alert(ada.subject(), "fork");
    // What an operator sees of it.
    let told = house.indicia(&["alerts"]);
    for words in [&format!("meter {}  fork", ada.meter), "box-put-back.md"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(code_of(ada.print("third").await), "latched");
    assert_eq!(ada.state().await.piece_count, 1);
    // The latch outlives a restart.
    house.stop();
    house.up();
    ada.move_to(&house);
    assert_eq!(code_of(ada.print("third").await), "latched");
    // With its right state, it never latched.
    house.stop();
    copy_folder(&house.beside("right-box"), &house.path("boxes/meter"));
    house.up();
    ada.move_to(&house);
    assert_eq!(ada.print("second").await.unwrap().piece_count, 2);
    // That it once went back stays on record, in the checkpoint of its stop; nothing else is wrong.
    let found: Vec<Found> = house.audit().problems.iter().map(|p| p.code).collect();
    assert_eq!(found, [Found::CheckpointFork]);
}

/// The newest decision of another box is genuine, but not this one's: the latch ends by act, once
/// the database shows what the box made.
#[tokio::test]
async fn unlatch_lets_a_box_sign_again() {
    let mut house = House::running();
    let mut ada = house.customer("ada").await;
    house.stop();
    copy_folder(&house.path("boxes/meter"), &house.beside("older-box"));
    std::fs::copy(house.database(), house.beside("older")).unwrap();
    house.up();
    ada.move_to(&house);
    ada.print("first").await.unwrap();
    house.stop();
    copy_folder(&house.beside("older-box"), &house.path("boxes/meter"));
    house.up();
    ada.move_to(&house);
    assert_eq!(code_of(ada.print("second").await), "record-refused");
    house.edited(|sql| {
        let older = rows::open(&house_beside_older(sql));
        rows::put_back(sql, &rows::keep(&older, "meters", "1"));
        // With its decision and the answer to its key.
        rows::edit(sql, "DELETE FROM items", []);
    });
    ada.move_to(&house);
    assert_eq!(code_of(ada.print("second").await), "latched");
    let unlatch = house.act(BoxKind::Meter, e2e::box_subject(), 1, ActBody::Unlatch);
    house.hand_in(&unlatch).await.unwrap();
    ada.print("second").await.unwrap();
    // Shown again, it would not end a later latch.
    let again = house.client().act(&unlatch, "again").await;
    assert_eq!(code_of(again), "act-sequence");
    // Audit knows what the lost time held: checkpoints outside the database tell.
    house.stop();
    house.assert_found(&[Found::CheckpointFork]);
    let record = rows::value::<Vec<u8>>(&house.sql(), "SELECT record FROM meters", []);
    let record = item::Sealed::<item::MeterRecord>::from_bytes(&record)
        .unwrap()
        .body;
    assert_eq!(
        (record.serial, record.piece_count),
        (MeterSerial(ada.meter), 1)
    );
    assert!(record.counter > Counter(1));
}

/// `older` lies beside the installation folder, whose database this is.
fn house_beside_older(sql: &rusqlite::Connection) -> std::path::PathBuf {
    let database = std::path::Path::new(sql.path().unwrap());
    database.ancestors().nth(3).unwrap().join("older")
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
