//! What is in a box's memory, and who may look (V5). Real processes, searched byte by byte.
//!
//! Not here: files, command lines and the database (`secrets`).

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use e2e::{House, KINDS, PASSWORD, program};
use rustix::process::{Pid, Resource, Signal, geteuid, getrlimit, kill_process};
use serde_json::json;

use crate::image;
use crate::raw::Ask;
use crate::secrets::{Needles, package, unlock_secret};

const CHOSEN_PASSWORD: &str = "planted-password-7f3a";
const NEXT_PASSWORD: &str = "planted-password-91bc";
const WRONG_PASSWORD: &str = "planted-mistake-55d0";
const SESSION_SECRET: &str = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7";
/// Nobody's user id.
const NOBODY: u32 = 65_534;

/// Whether this test can look into a box at all.
fn may_look() -> bool {
    let root = geteuid().is_root();
    if !root {
        println!("NOT TESTED: only root can look into a box, as it should be");
    }
    root
}

/// What came in or was typed: to be found in no box once it is answered.
fn passing(house: &House) -> Needles {
    let mut needles = Needles::default();
    for (name, text) in [
        ("password", PASSWORD),
        ("first password", CHOSEN_PASSWORD),
        ("second password", NEXT_PASSWORD),
        ("mistyped password", WRONG_PASSWORD),
    ] {
        needles.add(name, text.as_bytes());
    }
    needles.add("session secret", &crate::secrets::from_hex(SESSION_SECRET));
    for kind in KINDS {
        needles.add(
            format!("unlock secret of {kind}"),
            &unlock_secret(house, kind),
        );
    }
    needles
}

/// Keys that a box of this kind works with as long as it runs.
fn in_use(house: &House, kind: &str) -> Needles {
    let package = package(house, kind);
    let mut needles = Needles::default();
    needles.add("channel key", package.channel.expose());
    for master in package.masters.as_slice() {
        needles.add(
            format!("master {:?}", master.purpose),
            master.secret.expose(),
        );
    }
    for key in package.signing.as_slice() {
        needles.add(
            format!("key {:?} {}", key.usage, key.serial.0),
            key.secret.expose(),
        );
    }
    needles
}

/// One of everything that tells a box a secret.
async fn tell_secrets(house: &House) {
    let api = house.api();
    let sign_up =
        json!({ "login": "own@example.com", "password": CHOSEN_PASSWORD, "display_name": "Own" });
    let made = Ask::post("/v1/accounts", &sign_up)
        .key("own")
        .send(&api)
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let log_in = |password: &str| {
        let body = json!({ "login": "own@example.com", "password": password, "session_secret": SESSION_SECRET });
        Ask::post("/v1/sessions", &body)
    };
    assert_eq!(log_in(WRONG_PASSWORD).send(&api).await.status, 401);
    let change = json!({ "login": "own@example.com", "old_password": CHOSEN_PASSWORD, "new_password": NEXT_PASSWORD });
    let changed = Ask::post("/v1/password", &change).send(&api).await;
    assert_eq!(changed.status, 204, "{changed:?}");
    assert_eq!(log_in(NEXT_PASSWORD).send(&api).await.status, 201);
    let customer = house.customer("planted").await;
    customer.print("one").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_or_unlock_secret_stays_in_a_box() {
    if !may_look() {
        return;
    }
    let mut house = House::running();
    tell_secrets(&house).await;
    let passing = passing(&house);
    let nothing = BTreeSet::new();
    for kind in KINDS {
        let pid = house.pid(kind).unwrap();
        let image = image::of(pid).unwrap();
        let found = in_use(&house, kind).search(image.clone());
        assert!(
            found.iter().any(|one| one.starts_with("channel key"))
                && found.iter().any(|one| one.starts_with("key ")),
            "the search finds what {kind} works with: {found:#?}"
        );
        assert_eq!(passing.search(image), nothing, "in {kind}");
    }
    // The last moment of a clean stop: no key is left either.
    let pid = house.pid("auth").unwrap();
    let state = house.path("boxes/auth").display().to_string();
    let keys = in_use(&house, "auth");
    let image = image::at_exit(pid, || house.stop());
    let mut told = Needles::default();
    told.add("command line", state.as_bytes());
    assert!(
        !told.search(image.clone()).is_empty(),
        "the search finds what is there"
    );
    assert_eq!(keys.search(image.clone()), nothing);
    assert_eq!(passing.search(image), nothing);
}

/// A program as nobody, who owns the folder that it runs in, with cores allowed.
fn as_nobody(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"])
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .uid(NOBODY)
        .gid(NOBODY);
    command
}

fn done(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().unwrap().success()
}

/// Whether another process of the same user may open this one's memory.
fn is_open(folder: &Path, pid: u32) -> bool {
    let open = format!("exec 3<>/proc/{pid}/mem");
    done(&mut as_nobody(folder, &["sh", "-c", &open]))
}

/// Ends a process as a failed assertion would; whether it left a core in its folder.
fn leaves_core(folder: &Path, child: &mut Child) -> bool {
    let cores = || {
        let names = std::fs::read_dir(folder).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with("core"))
            .count()
    };
    assert_eq!(cores(), 0);
    kill_process(Pid::from_child(child), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "{status}");
    let left = cores() > 0 || status.core_dumped();
    let _ = std::fs::remove_file(folder.join("core"));
    left
}

#[test]
fn a_box_is_shut_to_its_own_user_and_leaves_no_core() {
    if !may_look() {
        return;
    }
    let house = House::new();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    // Wherever the house was built, nobody may reach it here.
    let own = folder.join("box");
    std::fs::copy(program("indicia-box-meter"), &own).unwrap();
    let copy = |from: &str, to: &str| {
        let mut command = Command::new("cp");
        assert!(done(
            command.arg("-R").arg(house.path(from)).arg(folder.join(to))
        ));
    };
    copy("boxes/meter", "state");
    copy("unlock/meter.key", "key");
    let nobody = format!("{NOBODY}:{NOBODY}");
    assert!(done(
        Command::new("chown").args(["-R", &nobody]).arg(folder)
    ));
    let serve = ["./box", "serve", "--state", "state", "--unlock", "key"];

    // It goes on without locked memory, and says so, unless it was told to insist.
    if getrlimit(Resource::Memlock).maximum.is_some() {
        let insisting = [&serve[..], &["--confine", "required"]].concat();
        let refused = as_nobody(folder, &insisting).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(78), "{said}");
        assert!(said.contains("memory NOT locked (the limit is "), "{said}");
        assert!(refused.stdout.is_empty(), "it was never ready");
    }

    let mut sleep = as_nobody(folder, &["sleep", "60"]).spawn().unwrap();
    let mut serving = as_nobody(folder, &serve)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let out = serving.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut ready).unwrap();
    assert!(ready.starts_with("ready kind=meter "), "{ready:?}");
    if !is_open(folder, sleep.id()) {
        println!("NOT SHOWN: here no process is open to its own user");
    }
    assert!(!is_open(folder, serving.id()));
    if !leaves_core(folder, &mut sleep) {
        println!("NOT SHOWN: here no process leaves a core");
    }
    assert!(!leaves_core(folder, &mut serving));
}
