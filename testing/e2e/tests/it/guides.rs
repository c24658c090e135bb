//! What the documents tell people to type is typed: blocks of `sh`, in order, by a real shell, in a folder
//! of their own, against an installation that they start themselves.
//!
//! What a document promises behind a command counts: `# REFUSE`, `# CHECK` and `# PROBLEM` are exit codes 3,
//! 4 and 1, `# refused` is a problem of the API. A block of `json` behind it has the fields that were answered.
//! `indicia up` goes on in the background. One thing is put in another's place: ports of loopback, because
//! tests run beside each other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use e2e::{PASSWORD, program};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

/// A block of a document: its language, its line, its text.
struct Block {
    language: String,
    line: usize,
    text: String,
}

/// All fenced blocks.
fn blocks(document: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in document.lines().enumerate() {
        match (text.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => found.push(block),
            (Some(language), None) => {
                open = Some(Block {
                    language: language.to_owned(),
                    line: line + 1,
                    text: String::new(),
                });
            }
            (None, Some(mut block)) => {
                block.text.push_str(text);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block that does not end");
    found
}

/// A port that nobody has now, and that no other program of the page is told to take.
fn free_port(taken: &[u16]) -> u16 {
    std::iter::repeat_with(any_free_port)
        .find(|port| !taken.contains(port))
        .expect("an endless row")
}

/// Below those that a system gives to whoever names none.
fn any_free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests of other processes begin elsewhere.
    let first = std::process::id() % 250 * 40;
    std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|number| 20_000 + (number % 10_000) as u16)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("an endless row")
}

/// The text with each port of loopback in another's place, the same one everywhere.
fn with_free_ports(text: &str, ports: &mut BTreeMap<String, u16>) -> String {
    let mut text = text.to_owned();
    for before in ["--api-port ", "127.0.0.1:"] {
        let mut parts = text.split(before);
        let mut changed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            let (port, rest) = part.split_at(end);
            changed.push_str(before);
            match port {
                "" | "0" => changed.push_str(port),
                port => {
                    let taken: Vec<u16> = ports.values().copied().collect();
                    let free = ports
                        .entry(port.to_owned())
                        .or_insert_with(|| free_port(&taken));
                    changed.push_str(&free.to_string());
                }
            }
            changed.push_str(rest);
        }
        text = changed;
    }
    text
}

/// What a comment promises of a command's end.
fn promised(line: &str) -> Option<u8> {
    let comment = line.split_once("# ")?.1;
    [("REFUSE", 3), ("CHECK", 4), ("PROBLEM", 1)]
        .into_iter()
        .find(|(word, _)| comment.contains(word))
        .map(|(_, code)| code)
}

/// One block as the shell gets it.
fn prepared(block: &Block) -> String {
    let mut out = format!("echo '==> line {}' >&2\n", block.line);
    let refused = block.text.contains("# refused");
    if refused {
        out.push_str("set +e\n");
    }
    for line in block.text.lines() {
        let words = line.split("  #").next().unwrap_or_default().trim_end();
        if words.starts_with("indicia up") {
            let _ = writeln!(out, "{words} > up.out 2> up.err &");
            out.push_str(
                "until grep -q '^ready' up.out; do kill -0 $! || exit 1; sleep 0.05; done\n",
            );
        } else if let Some(code) = promised(line) {
            // Only the last of several on a line has that end.
            let (first, last) = words.rsplit_once("&& ").unwrap_or(("true ", words));
            let _ = writeln!(out, "{first} && ends {code} {last}");
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    if refused {
        // What curl says of a refusal, told to do so.
        out.push_str("code=$?; set -e; test $code = 22\n");
    }
    out
}

/// Where a document's commands are typed, and what they left.
struct Desk {
    place: tempfile::TempDir,
    ports: BTreeMap<String, u16>,
}

impl Desk {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let programs = program("indicia").parent().unwrap().to_owned();
        // As after a build in a clone.
        std::fs::create_dir_all(place.path().join("target")).unwrap();
        symlink(programs, place.path().join("target/debug")).unwrap();
        // curl that says by its end whether it was refused.
        let tools = place.path().join("tools");
        std::fs::create_dir(&tools).unwrap();
        let curl = "#!/bin/sh\nPATH=${PATH#*:} exec curl --fail-with-body \"$@\"\n";
        std::fs::write(tools.join("curl"), curl).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(tools.join("curl"), mode).unwrap();
        Self {
            place,
            ports: BTreeMap::new(),
        }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.place.path().join(inside)
    }

    /// Types all blocks of a part of a document, in order.
    fn type_all(&mut self, document: &str) {
        let blocks = blocks(document);
        let mut script = String::from(
            "set -euo pipefail\n\
             ends() { local want=$1 got=0; shift; \"$@\" || got=$?; [ $got = $want ]; }\n\
             trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\n",
        );
        for (place, block) in blocks.iter().enumerate() {
            if block.language == "sh" {
                let out = self.path(&format!("block-{place}.out"));
                let commands = with_free_ports(&prepared(block), &mut self.ports);
                // Not in a sub-shell: what is set in one block is there in the next.
                let _ = writeln!(script, "{{\n{commands}}} > {}", out.display());
            }
        }
        let tools = format!(
            "{}:{}",
            self.path("tools").display(),
            self.path("target/debug").display()
        );
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &script])
            .current_dir(self.place.path())
            .env("PATH", format!("{tools}:{path}"))
            .env("HOME", self.place.path())
            .env("INDICIA_PASSWORD", PASSWORD)
            .env_remove("INDICIA_DIR")
            .env_remove("INDICIA_API")
            .env_remove("INDICIA_CONFIG")
            .env_remove("XDG_CONFIG_HOME")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let shell = shell.spawn().unwrap();
        let group = Pid::from_child(&shell);
        let ended = shell.wait_with_output().unwrap();
        // Nothing that was started outlives the document.
        let _none = kill_process_group(group, Signal::KILL);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(
            ended.status.success(),
            "{}\n{said}\n{}",
            ended.status,
            self.last_words()
        );
        self.compare(&blocks);
    }

    /// The answers that are shown have the fields that were answered.
    fn compare(&self, blocks: &[Block]) {
        for (place, block) in blocks.iter().enumerate() {
            if block.language != "json" {
                continue;
            }
            let said = self.said(place - 1);
            let shown: String = block
                .text
                .lines()
                .map(str::trim_start)
                .collect::<Vec<_>>()
                .join(" ");
            let shown: Value = serde_json::from_str(&shown).unwrap();
            let answer = said.lines().next_back().unwrap_or_default();
            let answer: Value =
                serde_json::from_str(answer).unwrap_or_else(|e| panic!("{e}: {said}"));
            let fields = |value: &Value| -> Vec<String> {
                value.as_object().unwrap().keys().cloned().collect()
            };
            assert_eq!(fields(&shown), fields(&answer), "line {}", block.line);
        }
    }

    fn said(&self, place: usize) -> String {
        std::fs::read_to_string(self.path(&format!("block-{place}.out"))).unwrap_or_default()
    }

    /// What the last block and the installation said, for whoever looks for the reason.
    fn last_words(&self) -> String {
        let last = (0..100)
            .rev()
            .map(|place| self.said(place))
            .find(|said| !said.is_empty());
        let up = std::fs::read_to_string(self.path("up.err")).unwrap_or_default();
        format!("{}\n{up}", last.unwrap_or_default())
    }

    /// Pages of a PDF.
    fn pages(&self, inside: &str) -> usize {
        let said = Command::new("pdfinfo")
            .arg(self.path(inside))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let pages = said.lines().find_map(|line| line.strip_prefix("Pages:"));
        pages.expect(inside).trim().parse().unwrap()
    }
}

/// A document of the repository.
fn document(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).expect(path)
}

/// One chapter of it.
fn chapter(text: &str, title: &str) -> String {
    let start = text.find(&format!("\n## {title}\n")).expect(title) + 1;
    let rest = &text[start..];
    let end = rest[3..].find("\n## ").map_or(rest.len(), |end| end + 3);
    rest[..end].to_owned()
}

fn copy(desk: &Desk, from: &str, to: &str) {
    let path = desk.path(to);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, document(from)).unwrap();
}

#[test]
fn a_newcomer_prints_a_hundred_addresses() {
    let mut desk = Desk::new();
    copy(
        &desk,
        "examples/public-buildings.csv",
        "public-buildings.csv",
    );
    desk.type_all(&document("docs/getting-started.md"));
    assert_eq!(desk.pages("letters/envelopes.pdf"), 100);
    assert_eq!(desk.pages("envelope.pdf"), 1);
    assert_eq!(desk.pages("from-the-api.pdf"), 1);
    let items = std::fs::read_to_string(desk.path("letters/items.csv")).unwrap();
    assert_eq!(items.lines().count(), 101);
    let label = std::fs::read_to_string(desk.path("label.zpl")).unwrap();
    assert!(label.starts_with("^XA"), "{label}");
}

#[test]
fn what_the_readme_tells_to_type_works() {
    let mut desk = Desk::new();
    copy(
        &desk,
        "examples/state-capitols.csv",
        "examples/state-capitols.csv",
    );
    desk.type_all(&chapter(&document("README.md"), "By hand"));
    assert_eq!(desk.pages("letters/envelopes.pdf"), 50);
}

#[test]
fn what_the_api_document_tells_to_type_works() {
    let mut desk = Desk::new();
    desk.type_all(&chapter(&document("docs/api.md"), "A session with curl"));
    let png = std::fs::read(desk.path("envelope.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn what_operators_are_told_to_type_works() {
    let mut desk = Desk::new();
    let text = document("docs/operators.md");
    let chapters = ["On one machine", "The file of settings", "The rate table"];
    desk.type_all(&chapters.map(|title| chapter(&text, title)).concat());
    let doctor = std::fs::read(desk.path("doctor.json")).unwrap();
    let doctor: Value = serde_json::from_slice(&doctor).unwrap();
    assert_eq!(doctor["well"], true, "{doctor:#}");
    let findings = doctor["findings"].as_array().unwrap();
    let warned: Vec<_> = findings
        .iter()
        .filter(|one| one["state"] != "good")
        .collect();
    let [unlock] = warned.as_slice() else {
        panic!("{warned:#?}")
    };
    assert!(unlock["says"].as_str().unwrap().contains("P5"), "{unlock}");
    for check in [
        "folder",
        "fingerprint",
        "key files",
        "versions",
        "database",
        "disk",
        "rates",
        "pack",
        "running",
        "meter box",
        "clocks",
    ] {
        assert!(
            findings.iter().any(|one| one["check"] == check),
            "{check}: {doctor:#}"
        );
    }
}

#[test]
fn a_ceremony_by_hand_is_held_as_it_is_told() {
    let mut desk = Desk::new();
    desk.type_all(&chapter(
        &document("docs/operators.md"),
        "The ceremony by hand",
    ));
}

/// Examples of `--help` that can be run one after the other, each a line of client/cli/help.golden. All
/// others are parsed by the command line's own tests.
const EXAMPLES: &[&str] = &[
    "indicia init",
    "indicia up",
    "indicia signup --login me@example.com --name 'Example Mail Room' --password-file secret.txt",
    "indicia act commission --meter 10000001 --origin 95814",
    "indicia fund 10000001 --amount 500.00 --reference PAY-1",
    "indicia login --login me@example.com --password-file secret.txt",
    "indicia meter",
    "indicia meter 10000001",
    "indicia rate",
    "indicia rate --weight 2.5 --service certified --service return-receipt",
    "indicia rate --shape parcel --weight 48 --origin 95814 --destination 10001",
    "indicia rate --country DE --weight 2",
    "indicia rate --list",
    "indicia rates",
    "indicia rates --export rates.toml",
    "indicia rates --install rates.toml --dry-run",
    "indicia address 'State Capitol;1315 Tenth Street;Sacramento, California 95814'",
    "indicia address --file addresses.txt --json",
    "indicia stocks",
    "indicia stocks --calibrate sheet-5160 --out rulers.pdf",
    "indicia print --to 'State Capitol;1315 10th St;Sacramento, CA 95814' --out envelope.pdf",
    "indicia print --to-file address.txt --from 'Me;1 Main St;Reno, NV 89501' --weight 2.5 --out e.pdf",
    "indicia print --to 'State Capitol;Austin, TX 78701' --value 0.74 --out e.pdf --png e.png",
    "indicia print --to-file address.txt --service certified --stock envelope-6x9 --out e.pdf",
    "indicia print --to-file address.txt --shape parcel --weight 48 --stock label-4x6 --out label.zpl",
    "indicia label --to 'State Capitol;1315 10th St;Sacramento, CA 95814'",
    "indicia label --to-file address.txt --shape parcel --weight 48 --out label.zpl",
    "indicia batch examples/state-capitols.csv --out letters --dry-run",
    "indicia batch list.csv --out letters --from 'Me;1 Main St;Reno, NV 89501' --png-first",
    // Between the two mailings of one list, which would look like a mistake.
    "indicia label --to-file address.txt --stock sheet-5160 --start 7",
    "indicia batch list.csv --out letters --run second-mailing",
    "indicia verify envelope.pdf",
    "indicia pack",
    "indicia accept --again",
    "indicia act suspend --meter 10000001 --reason abuse",
    "indicia act resume --meter 10000001 --reason abuse",
    "indicia act set-limits --meter 10000001 --item-limit 20.00",
    "indicia act inspect --meter 10000001 --due 2027-01-01",
    "indicia act confirm-time --box meter",
    "indicia act redeliver",
    "indicia act redeliver --box meter --json",
    "indicia status --json",
    "indicia alerts",
    "indicia doctor",
    "indicia doctor --json",
    "indicia check-config",
    "indicia check-config --keys",
    "indicia completions powershell > indicia.ps1",
    "indicia audit",
    "indicia logout",
];

#[test]
fn examples_of_the_help_work() {
    let golden = document("client/cli/help.golden");
    let told: Vec<&str> = golden
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .collect();
    for example in EXAMPLES {
        // With an explanation behind it, or without.
        let is_told = told.iter().any(|line| {
            line.strip_prefix(example)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("   "))
        });
        assert!(is_told, "no `--help` says {example:?}");
    }
    let mut desk = Desk::new();
    copy(
        &desk,
        "examples/state-capitols.csv",
        "examples/state-capitols.csv",
    );
    let capitols = document("examples/state-capitols.csv");
    let few: Vec<&str> = capitols.lines().take(4).collect();
    let address = "State Capitol\n1315 10th St\nSacramento, CA 95814\n";
    for (path, text) in [
        ("list.csv", few.join("\n").as_str()),
        ("address.txt", address),
        ("addresses.txt", address),
        ("secret.txt", PASSWORD),
    ] {
        std::fs::write(desk.path(path), text).unwrap();
    }
    desk.type_all(&format!("```sh\n{}\n```\n", EXAMPLES.join("\n")));
}

#[test]
fn blocks_promises_and_ports_are_read_as_they_are_written() {
    let found = blocks("a\n```sh\nb\nc\n```\n```json\n{}\n```\n");
    let found: Vec<_> = found
        .iter()
        .map(|b| (b.language.as_str(), b.line, b.text.as_str()))
        .collect();
    assert_eq!(found, [("sh", 2, "b\nc\n"), ("json", 6, "{}\n")]);
    for (line, code) in [
        ("indicia verify a.png   # REFUSE: used", Some(3)),
        ("indicia verify a.png   # at best CHECK", Some(4)),
        ("indicia audit          # PROBLEM here", Some(1)),
        ("indicia audit          # nothing", None),
        ("indicia REFUSE", None),
    ] {
        assert_eq!(promised(line), code, "{line}");
    }
    let mut ports = BTreeMap::new();
    let text = with_free_ports("x 127.0.0.1:8080 y 127.0.0.1:0 --api-port 8080", &mut ports);
    let free = ports["8080"];
    assert_eq!(
        text,
        format!("x 127.0.0.1:{free} y 127.0.0.1:0 --api-port {free}")
    );
}
