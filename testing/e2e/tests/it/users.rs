//! Further users of an account, over HTTP and by the command line (P21).

use e2e::{Customer, House, PASSWORD, letter, rows};
use sdk::api::{NewUser, Scope, User};
use sdk::{ApiError, Client};

const CLERK: &str = "the first word of a clerk";

fn scope(rights: &[&str], ceiling_mills: u64, meters: &[u32]) -> Scope {
    Scope {
        rights: rights.iter().map(|right| (*right).to_owned()).collect(),
        ceiling_mills,
        meters: meters.to_vec(),
    }
}

fn new_user(login: &str, scope: Scope) -> NewUser {
    NewUser {
        login: login.to_owned(),
        password: CLERK.to_owned(),
        display_name: "Clerk at the counter".to_owned(),
        scope,
    }
}

async fn added(manager: &Customer, login: &str, scope: Scope) -> User {
    let body = new_user(login, scope);
    manager.client.add_user(&body, login).await.unwrap()
}

async fn signed_on(house: &House, login: &str) -> Client {
    let client = house.client();
    client.sign_on(login, CLERK).await.unwrap();
    client
}

#[track_caller]
fn code<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    match outcome.unwrap_err() {
        ApiError::Problem(problem) => {
            assert_eq!(problem.charged, Some(false), "{problem:?}");
            problem.code.clone()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_clerk_does_what_the_manager_allowed_and_no_more_p21() {
    let house = House::running();
    let manager = house.customer("boss").await;
    let allowed = scope(&["read", "dispense"], 800, &[manager.meter]);
    let clerk = added(&manager, "Clerk@Example.com", allowed.clone()).await;
    assert_eq!(
        (clerk.login.as_str(), &clerk.scope),
        ("clerk@example.com", &allowed)
    );
    assert!(!clerk.disabled && clerk.last_login.is_none());
    // The same again is the same user; another body under that key is none.
    let body = new_user("Clerk@Example.com", allowed);
    let again = manager
        .client
        .add_user(&body, "Clerk@Example.com")
        .await
        .unwrap();
    assert_eq!(again.user, clerk.user);
    let other = new_user("Clerk@Example.com", scope(&["read"], 1, &[]));
    let other = manager.client.add_user(&other, "Clerk@Example.com").await;
    assert_eq!(code(other), "idempotency-key-reused");
    let taken = new_user(&manager.login, scope(&["read"], 1, &[]));
    assert_eq!(
        code(manager.client.add_user(&taken, "taken").await),
        "login-taken"
    );

    let unknown = new_user("pilot@example.com", scope(&["fly"], 1, &[]));
    assert_eq!(
        code(manager.client.add_user(&unknown, "pilot").await),
        "bad-scope"
    );

    let client = signed_on(&house, "clerk@example.com").await;
    let session = client.session().unwrap();
    assert_eq!(session.account, manager.account.to_string());
    assert_eq!(session.user, clerk.user);
    let item = client
        .dispense(manager.meter, &letter(), "one")
        .await
        .unwrap();
    assert_eq!(item.value_mills, 740);
    let mut dear = letter();
    dear.item.shape = None;
    dear.item.weight_oz = None;
    dear.item.value_mills = Some(801);
    assert_eq!(
        code(client.dispense(manager.meter, &dear, "two").await),
        "ceiling"
    );
    // No manager: neither for others nor for himself; but he may read what he may do.
    let more = new_user("friend@example.com", scope(&["read"], 1, &[]));
    assert_eq!(code(client.add_user(&more, "friend").await), "not-covered");
    assert_eq!(code(client.users(None, 10).await), "not-covered");
    let himself = client.user(&clerk.user).await.unwrap();
    assert!(himself.last_login.is_some());
    let change = scope(&["read", "dispense", "manage"], 800, &[manager.meter]);
    assert_eq!(
        code(client.set_user(&clerk.user, &change, "raise").await),
        "not-covered"
    );
    assert_eq!(
        code(client.user(&manager.user.to_string()).await),
        "not-covered"
    );

    // Nobody else's manager sees or changes anybody here.
    let stranger = house.newcomer("stranger").await;
    assert_eq!(code(stranger.client.user(&clerk.user).await), "not-found");
    let set = stranger
        .client
        .set_user(&clerk.user, &change, "steal")
        .await;
    assert_eq!(code(set), "not-found");
    let listed = stranger.client.all_users().await.unwrap();
    assert_eq!(listed.len(), 1);
    let mut names: Vec<_> = manager.client.all_users().await.unwrap();
    names.sort_by(|a, b| a.login.cmp(&b.login));
    let names: Vec<_> = names.iter().map(|user| user.login.as_str()).collect();
    assert_eq!(names, ["boss@example.com", "clerk@example.com"]);
    house.assert_clean();
}

#[tokio::test]
async fn a_user_who_is_disabled_is_out_and_a_manager_stays_p21() {
    let house = House::running();
    let manager = house.customer("boss").await;
    let everything = scope(&["read", "dispense", "fund", "manage"], 1_000_000, &[]);
    let second = added(&manager, "second@example.com", everything.clone()).await;
    let client = signed_on(&house, "second@example.com").await;
    let own = manager.user.to_string();
    let none = scope(&[], 0, &[]);
    // Nobody himself; nobody beyond what he has.
    assert_eq!(
        code(manager.client.set_user(&own, &none, "me").await),
        "own-rights"
    );
    let above = scope(&["read"], 1_000_001, &[]);
    let above = manager.client.set_user(&second.user, &above, "above").await;
    assert_eq!(code(above), "ceiling");
    let above = new_user("third@example.com", scope(&["read"], 1_000_001, &[]));
    assert_eq!(
        code(manager.client.add_user(&above, "third").await),
        "ceiling"
    );

    let set = manager
        .client
        .set_user(&second.user, &none, "out")
        .await
        .unwrap();
    assert!(set.disabled);
    let twice = manager
        .client
        .set_user(&second.user, &none, "out")
        .await
        .unwrap();
    assert!(twice.disabled);
    // His authority lives on for minutes, and orders nothing about users all the same.
    assert_eq!(
        code(client.set_user(&own, &none, "revenge").await),
        "session-ended"
    );
    let friend = new_user("friend@example.com", scope(&["read"], 1, &[]));
    assert_eq!(
        code(client.add_user(&friend, "friend").await),
        "session-ended"
    );
    assert_eq!(code(client.renew().await), "session-ended");
    let log_in = house.client().sign_on("second@example.com", CLERK).await;
    assert_eq!(code(log_in), "user-disabled");
    let wrong = house.client().sign_on("second@example.com", PASSWORD).await;
    assert_eq!(code(wrong), "wrong-credentials");
    manager
        .client
        .set_user(&second.user, &everything, "back")
        .await
        .unwrap();
    signed_on(&house, "second@example.com").await;

    // A row moved over another's gives nothing: the box looks at the record.
    let sql = house.sql();
    let swap = "UPDATE users SET record = (SELECT record FROM users u WHERE u.user = ?2) \
                WHERE user = ?1";
    let user = |text: &str| item::UserId::from_hex(text).unwrap().0;
    let kept = rows::keep(&sql, "users", &format!("user = x'{}'", second.user));
    rows::edit(&sql, swap, [user(&second.user), manager.user.0]);
    let moved = house.client().sign_on("second@example.com", CLERK).await;
    assert_eq!(code_of(moved), "record-refused");
    rows::put_back(&sql, &kept);
    signed_on(&house, "second@example.com").await;
    house.assert_clean();
}

#[track_caller]
fn code_of<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
    match outcome.unwrap_err() {
        ApiError::Problem(problem) => problem.code.clone(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn users_by_the_command_line() {
    let house = House::running();
    let word = house.path("word.txt");
    std::fs::write(&word, CLERK).unwrap();
    let word = word.to_str().unwrap();
    let signup = ["signup", "--login", "me@example.com", "--name", "Me"];
    house.indicia(&[&signup[..], &["--password-file", word]].concat());
    let add = [
        "user",
        "add",
        "--login",
        "clerk@example.com",
        "--name",
        "Clerk",
    ];
    let add = [
        &add[..],
        &["--password-file", word, "--ceiling", "5.00", "--json"],
    ]
    .concat();
    let added: User = serde_json::from_str(&house.indicia(&add)).unwrap();
    assert_eq!(added.scope, scope(&["read", "dispense"], 5_000, &[]));
    let list = house.indicia(&["user", "list"]);
    assert!(
        list.contains("clerk@example.com") && list.contains("me@example.com"),
        "{list}"
    );
    let set = [
        "user",
        "set",
        &added.user,
        "--right",
        "read",
        "--ceiling",
        "1.00",
    ];
    let set = house.indicia(&set);
    assert!(set.contains("rights      read\n"), "{set}");
    let disabled = house.indicia(&["user", "disable", &added.user]);
    assert!(disabled.contains("the user is disabled"), "{disabled}");
    house.assert_clean();
}
