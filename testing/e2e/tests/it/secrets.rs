//! What must be in plain text nowhere (V5): keys, passwords, sessions, and items before their commit.
//!
//! Not here: memory of a box, which is its own. The keys are not only those of files: every box's
//! package is opened, as its unlock key allows, so that what the ceremony made is looked for too.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use aho_corasick::AhoCorasick;
use e2e::{House, KINDS, PASSWORD, letter};
use item::Layout;
use sdk::api::Session;
use serde_json::json;
use vault::{BoxPackage, OsEntropy, Secret, UnlockedKeys};

use crate::held::{Held, decided, settled};
use crate::raw::Ask;

/// The folders of an installation that hold secrets because they must.
const SECRET_PLACES: [&str; 2] = ["keys", "unlock"];
const CHOSEN_PASSWORD: &str = "planted-password-7f3a";
const NEXT_PASSWORD: &str = "planted-password-91bc";
const WRONG_PASSWORD: &str = "planted-mistake-55d0";
const SESSION_SECRET: &str = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7";

/// Things to look for, each in every form that a program would write it in.
#[derive(Default)]
pub(crate) struct Needles {
    names: Vec<String>,
    /// Forms, each with the place of its name.
    forms: Vec<(Vec<u8>, usize)>,
}

impl Needles {
    pub(crate) fn add(&mut self, name: impl Into<String>, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![bytes.to_vec(), hex.to_uppercase().into(), hex.into()];
        // Inside a longer text in base64 the bytes begin at any of three places of a group; the
        // groups that they share with their neighbours are left out.
        for before in 0..3 {
            let padded = [vec![0; before], bytes.to_vec()].concat();
            let text = sdk::encode(&padded[..padded.len() / 3 * 3]);
            let own = &text[if before == 0 { 0 } else { 4 }..];
            forms.push(own.into());
            forms.push(own.replace('+', "-").replace('/', "_").into());
        }
        assert!(
            forms.iter().all(|form| form.len() >= 12),
            "too short to be told from chance"
        );
        let place = self.names.len();
        self.names.push(name.into());
        self.forms
            .extend(forms.into_iter().map(|form| (form, place)));
    }

    /// Names of what is in each of these texts, with the text's own name.
    pub(crate) fn search(
        &self,
        texts: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> BTreeSet<String> {
        let forms = self.forms.iter().map(|(form, _)| form);
        let automaton = AhoCorasick::new(forms).unwrap();
        let mut found = BTreeSet::new();
        for (place, text) in texts {
            for hit in automaton.find_overlapping_iter(&text) {
                let (_, name) = self.forms[hit.pattern().as_usize()];
                found.insert(format!("{} in {place}", self.names[name]));
            }
        }
        found
    }

    fn search_files(&self, files: &[PathBuf]) -> BTreeSet<String> {
        let read = |file: &PathBuf| (file.display().to_string(), std::fs::read(file).unwrap());
        self.search(files.iter().map(read))
    }
}

/// All files beneath a folder, but for some of its own folders and files.
fn files(folder: &Path, except: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if except
            .iter()
            .any(|name| path.file_name() == Some(OsStr::new(name)))
        {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, &[]));
        } else {
            found.push(path);
        }
    }
    found
}

pub(crate) fn from_hex(text: &str) -> [u8; 32] {
    item::Digest::from_hex(text.trim()).unwrap().0
}

/// What opens the state of a box.
pub(crate) fn unlock_secret(house: &House, kind: &str) -> [u8; 32] {
    from_hex(&std::fs::read_to_string(house.path(&format!("unlock/{kind}.key"))).unwrap())
}

/// What the ceremony sealed for a box.
pub(crate) fn package(house: &House, kind: &str) -> BoxPackage {
    let secret = Secret::new(unlock_secret(house, kind));
    let unlocked = UnlockedKeys::new(&secret, &mut OsEntropy).unwrap();
    let sealed = std::fs::read(house.path(&format!("ceremony/packages/{kind}-1.package"))).unwrap();
    let opened = unlocked.enrolment().unwrap().open(&sealed).unwrap();
    BoxPackage::from_bytes(&opened).unwrap()
}

/// Every secret of an installation's folder, and what the ceremony made out of sight.
pub(crate) fn keys(house: &House) -> Needles {
    let mut needles = Needles::default();
    for name in [
        "operator", "treasury", "refunder", "verifier", "rates", "reporter", "server",
    ] {
        let text = std::fs::read_to_string(house.path(&format!("keys/{name}.key"))).unwrap();
        let secret = text
            .lines()
            .find_map(|line| line.strip_prefix("secret "))
            .unwrap();
        needles.add(format!("key of {name}"), &from_hex(secret));
    }
    let post = std::fs::read_to_string(house.path("keys/post.key")).unwrap();
    needles.add("the post's master key", &from_hex(&post));
    for kind in KINDS {
        needles.add(format!("unlock key of {kind}"), &unlock_secret(house, kind));
        let package = package(house, kind);
        needles.add(format!("channel key of {kind}"), package.channel.expose());
        for master in package.masters.as_slice() {
            needles.add(
                format!("{kind}: master key {:?}", master.purpose),
                master.secret.expose(),
            );
        }
        for key in package.signing.as_slice() {
            needles.add(
                format!("{kind}: signing key {:?} {}", key.usage, key.serial.0),
                key.secret.expose(),
            );
        }
    }
    needles
}

/// Command line and environment of every process of the house; those that the system does not show
/// even to their own user are shut well enough.
fn processes(house: &House) -> Vec<(String, Vec<u8>)> {
    let mut pids: Vec<(String, i32)> = KINDS
        .iter()
        .chain(&["datacenter"])
        .map(|name| ((*name).to_owned(), house.pid(name).unwrap()))
        .collect();
    let parent = std::fs::read_to_string(format!("/proc/{}/stat", pids[0].1)).unwrap();
    let after_name = parent.rsplit_once(')').unwrap().1;
    let supervisor = after_name
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    pids.push(("up".to_owned(), supervisor));
    let mut shown = Vec::new();
    for (name, pid) in pids {
        for part in ["cmdline", "environ"] {
            match std::fs::read(format!("/proc/{pid}/{part}")) {
                Ok(text) => shown.push((format!("{part} of {name}"), text)),
                Err(error) if error.kind() == ErrorKind::PermissionDenied && part == "environ" => {}
                Err(error) => panic!("{part} of {name}: {error}"),
            }
        }
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_password_or_session_is_anywhere_in_plain_text() {
    let mut house = House::running();
    let api = house.api();
    let mut needles = keys(&house);
    assert!(needles.names.len() > 20, "{:?}", needles.names);

    // One of everything that is told a secret.
    let customer = house.customer("planted").await;
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
    let session: Session = log_in(CHOSEN_PASSWORD).send(&api).await.json();
    let change = json!({ "login": "own@example.com", "old_password": CHOSEN_PASSWORD, "new_password": NEXT_PASSWORD });
    assert_eq!(
        Ask::post("/v1/password", &change).send(&api).await.status,
        204
    );
    // Also where it is not understood: a refusal may not repeat what it was told.
    let strange =
        json!({ "login": "own@example.com", "password": CHOSEN_PASSWORD, "more": NEXT_PASSWORD });
    assert_eq!(
        Ask::post("/v1/sessions", &strange).send(&api).await.status,
        400
    );
    customer.print("one").await.unwrap();
    let password_file = house.beside("password");
    std::fs::write(&password_file, format!("{PASSWORD}\n")).unwrap();
    let file = password_file.to_str().unwrap();
    house.indicia(&["login", "--login", &customer.login, "--password-file", file]);
    for kind in ["datacenter", "meter", "auth"] {
        house.kill_and_wait(kind);
    }
    settled(&house).await;

    for (name, text) in [
        ("password", PASSWORD),
        ("first password", CHOSEN_PASSWORD),
        ("second password", NEXT_PASSWORD),
        ("mistyped password", WRONG_PASSWORD),
        ("street of a recipient", "1315 10th St"),
    ] {
        needles.add(name, text.as_bytes());
    }
    needles.add("session secret", &from_hex(SESSION_SECRET));
    for (name, token) in [
        ("token", session.token),
        ("kept token", customer.client.session().unwrap().token),
    ] {
        needles.add(name, token.as_bytes());
    }

    // The search sees what is there: each key in its own place, a public name in the database.
    let places = [house.path("keys"), house.path("unlock")];
    let own: Vec<PathBuf> = places.iter().flat_map(|place| files(place, &[])).collect();
    let seen = needles.search_files(&own);
    for file in &own {
        let file = file.display().to_string();
        assert!(
            seen.iter().any(|one| one.ends_with(&file)),
            "{file}: {seen:#?}"
        );
    }
    let mut public = Needles::default();
    public.add("log-in name", b"own@example.com");
    assert!(
        !public
            .search_files(&files(&house.path("data"), &[]))
            .is_empty()
    );

    let nothing = BTreeSet::new();
    assert_eq!(needles.search(processes(&house)), nothing);
    // Running, and stopped: checkpoints and what a clean stop leaves. `session.json` is where the
    // command line keeps its user's session, for this user alone.
    let except = [&SECRET_PLACES[..], &["session.json"]].concat();
    assert_eq!(
        needles.search_files(&files(house.folder(), &except)),
        nothing
    );
    house.stop();
    assert_eq!(
        needles.search_files(&files(house.folder(), &except)),
        nothing
    );
    house.assert_clean();
}

/// Copies a folder as a thief would, while everything runs. In another process: a file that this
/// one closes would take along the lock that it holds on the database.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp")
        .arg("-R")
        .arg(from)
        .arg(to)
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_finished_indicium_is_anywhere_before_its_commit() {
    let mut house = House::running();
    let customer = house.customer("early").await;
    settled(&house).await;
    let stolen = house.beside("stolen");
    let held = Held::by_us(&house);
    let (client, meter) = (house.client(), customer.meter);
    client.set_session(customer.client.session());
    let asked =
        tokio::spawn(async move { client.dispense(meter, &letter(), "early").await.unwrap() });
    decided(&house, "meter").await;
    copy(house.folder(), &stolen);
    assert!(!asked.is_finished());
    held.release();
    let item = asked.await.unwrap();

    let payload = sdk::decode(&item.payload).unwrap();
    // Whole, and its parts that alone would do: the signature, and both tokens.
    let mut needles = Needles::default();
    needles.add("payload", &payload);
    needles.add("signature", &payload[74..]);
    needles.add("tokens", &payload[62..74]);
    assert_eq!(needles.search_files(&files(&stolen, &[])), BTreeSet::new());
    let now = needles.search_files(&files(&house.path("data"), &[]));
    assert!(now.len() >= 3, "each is there now: {now:?}");
    house.stop();
    house.assert_clean();
}
