//! Recovery of users who lost their password, over HTTP and by the command line, on a clock that a day is
//! put onto (P21).

use e2e::{Customer, House, PASSWORD};
use item::UserId;
use sdk::ApiError;
use sdk::api::{NewRecovery, NewUser, Recovery, Scope, User};
use verify::recovery_digest;

const ALL: &[&str] = &[
    "indicia",
    "indicia-box-keys",
    "indicia-box-auth",
    "indicia-box-meter",
    "indicia-box-transaction",
    "indicia-datacenter",
];
const DAY_MS: i64 = 24 * 60 * 60_000;
const LOGIN: &str = "forgetful@example.com";
const NEW: &str = "a password after recovery";
const CODE: [u8; 32] = [0x5a; 32];

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

async fn clerk(manager: &Customer) -> User {
    let body = NewUser {
        login: LOGIN.to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "A forgetful clerk".to_owned(),
        scope: Scope {
            rights: vec!["read".to_owned()],
            ceiling_mills: 900,
            meters: Vec::new(),
        },
    };
    manager.client.add_user(&body, "clerk").await.unwrap()
}

fn id(user: &User) -> UserId {
    UserId::from_hex(&user.user).unwrap()
}

fn begin(user: &User, code: &[u8; 32]) -> NewRecovery {
    NewRecovery {
        code_digest: recovery_digest(id(user), code).to_string(),
    }
}

async fn finish(house: &House, login: &str, code: &[u8; 32], new: &str) -> Result<(), ApiError> {
    let body = Recovery {
        login: login.to_owned(),
        code: item::Digest(*code).to_string(),
        new_password: new.to_owned(),
    };
    let key = sdk::random_key().unwrap();
    house.client().finish_recovery(&body, &key).await
}

/// A night passes, and one more.
fn next_day(house: &mut House, day: i64) {
    house.stop();
    house.ground().wall(day * DAY_MS);
    house.up();
}

#[tokio::test]
async fn a_recovery_waits_and_a_log_in_calls_it_off_p21() {
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    let mut boss = house.customer("boss").await;
    let user = clerk(&boss).await;
    let wish = begin(&user, &CODE);
    let own = house.client();
    own.sign_on(LOGIN, PASSWORD).await.unwrap();
    assert_eq!(
        code(own.begin_recovery(&user.user, &wish, "own").await),
        "not-covered"
    );
    let boss_id = boss.user.to_string();
    let himself = boss.client.begin_recovery(&boss_id, &wish, "self");
    assert_eq!(code(himself.await), "own-rights");

    let began = boss.client.begin_recovery(&user.user, &wish, "one");
    let began = began.await.unwrap();
    let from = began.recovery_from.clone().expect("it waits");
    // Said again it is the same one, and its time does not start anew.
    let again = boss.client.begin_recovery(&user.user, &wish, "two");
    assert_eq!(again.await.unwrap().recovery_from, Some(from.clone()));
    // Operators are told, and the user himself sees it.
    let alert = house.alert(id(&user).subject(), "recovery");
    assert!(alert.detail.contains("log-in"), "{alert:?}");
    let seen = own.user(&user.user).await.unwrap();
    assert_eq!(seen.recovery_from, Some(from));
    let too_early = finish(&house, LOGIN, &CODE, NEW).await.unwrap_err();
    let problem = too_early.problem().unwrap();
    assert_eq!(problem.code, "recovery-waiting");
    assert!(problem.retryable, "{problem:?}");
    // One answer for a wrong code, for a user without a recovery, and for nobody.
    let mut told = Vec::new();
    for (login, shown) in [
        (LOGIN, [0; 32]),
        (boss.login.as_str(), CODE),
        ("nobody@example.com", CODE),
    ] {
        let refused = finish(&house, login, &shown, NEW).await.unwrap_err();
        let problem = refused.problem().unwrap();
        told.push((problem.code.clone(), problem.detail.clone()));
    }
    assert_eq!(told[0].0, "no-recovery");
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    // The user still knows the password.
    own.sign_on(LOGIN, PASSWORD).await.unwrap();
    assert_eq!(own.user(&user.user).await.unwrap().recovery_from, None);
    next_day(&mut house, 1);
    let late = finish(&house, LOGIN, &CODE, NEW).await;
    assert_eq!(code(late), "no-recovery");

    // Begun anew, with nobody who signs on: a day later the code sets a password, once.
    boss.move_to(&house);
    boss.log_in(&house).await.unwrap();
    let began = boss.client.begin_recovery(&user.user, &wish, "three");
    began.await.unwrap();
    next_day(&mut house, 2);
    finish(&house, LOGIN, &CODE, NEW).await.unwrap();
    let client = house.client();
    assert_eq!(
        code(client.sign_on(LOGIN, PASSWORD).await),
        "wrong-credentials"
    );
    client.sign_on(LOGIN, NEW).await.unwrap();
    let twice = finish(&house, LOGIN, &CODE, "yet another password").await;
    assert_eq!(code(twice), "no-recovery");
    house.stop();
    house.assert_clean();
}

#[tokio::test]
async fn the_commands_of_manager_operator_and_user_recover_a_user_p21() {
    let mut house = House::on_ground(ALL, "boxes");
    house.up();
    let secret = house.beside("secret.txt");
    std::fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
    let secret = secret.to_str().unwrap().to_owned();
    let boss = house.customer("boss").await;
    let user = clerk(&boss).await;
    let log_in = ["login", "--login", &boss.login, "--password-file", &secret];
    house.indicia(&log_in);
    let code_of = |text: &str| {
        let is_code = |line: &&str| line.len() == 64 && line.bytes().all(|b| b.is_ascii_hexdigit());
        text.lines().find(is_code).expect("a code").to_owned()
    };
    let by_manager = code_of(&house.indicia(&["user", "recover", LOGIN]));
    assert!(
        house
            .indicia(&["user", "list"])
            .contains("can be ended from")
    );
    house.indicia(&["user", "recover", LOGIN, "--call-off"]);
    assert!(
        !house
            .indicia(&["user", "list"])
            .contains("can be ended from")
    );
    let ordered = house.indicia(&["act", "recover", "--user", &user.user]);
    let by_operator = code_of(&ordered);
    next_day(&mut house, 1);
    for (code, good) in [(by_manager, false), (by_operator, true)] {
        let (code_file, new) = (house.beside("code.txt"), house.beside("new.txt"));
        std::fs::write(&code_file, format!("{code}\n")).unwrap();
        std::fs::write(&new, format!("{NEW}\n")).unwrap();
        let (code_file, new) = (code_file.to_str().unwrap(), new.to_str().unwrap());
        let recover = [
            "recover",
            LOGIN,
            "--code-file",
            code_file,
            "--password-file",
            new,
        ];
        let ended = house.command(&recover).output().unwrap();
        assert_eq!(ended.status.success(), good, "{ended:?}");
    }
    house.client().sign_on(LOGIN, NEW).await.unwrap();
    house.stop();
    house.assert_clean();
}
