//! Each library and program either has unit tests, which are run, or none, and then no program is made of
//! them. Called by `tidy::run`.

use super::files::{Files, RustFile};
use super::finding::Finding;
use super::graph::{Built, Graph};

/// Both ways in which a manifest and its sources can differ.
pub(crate) fn check(graph: &Graph, files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, package, folder) in graph.ours() {
        for target in &package.targets {
            let mut rust = files.rust.iter();
            let has_tests =
                rust.any(|file| is_tested(file) && belongs(&file.path, target, &package.targets));
            let (what, why, fix) = match (target.tested, has_tests) {
                (false, true) => (
                    "has unit tests that are never run",
                    "a test that nobody runs holds nothing",
                    "take `test = false` out of its manifest",
                ),
                (true, false) => (
                    "has no unit test and is built as if it had",
                    "everybody waits for a program that does nothing",
                    "write `test = false` beneath its [lib] or [[bin]]",
                ),
                _ => continue,
            };
            findings.push(Finding::new(
                format!("{folder}/Cargo.toml"),
                format!("{} {what}", target.name),
                why,
                fix,
            ));
        }
    }
    findings
}

/// Whether a file is a part of this target: its first one, or beneath that one's folder and no other's
/// first. What lies beneath the folder of a library and a program is the library's.
fn belongs(path: &str, target: &Built, all: &[Built]) -> bool {
    if all.iter().any(|one| one.file == path) {
        return path == target.file;
    }
    let folder = folder_of(&target.file);
    let is_of_library = |one: &Built| one.file == format!("{folder}lib.rs");
    path.starts_with(folder) && (is_of_library(target) || !all.iter().any(is_of_library))
}

/// With its last slash.
fn folder_of(file: &str) -> &str {
    file.rfind('/')
        .map_or("", |slash| file.get(..=slash).unwrap_or_default())
}

fn is_tested(file: &RustFile) -> bool {
    file.code.contains("#[test]") || file.code.contains("#[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use super::super::files::temporary::files;
    use super::*;
    use serde_json::json;

    fn found(tested: [bool; 2], sources: &[(&str, &str)]) -> Vec<String> {
        let target = |name, kind, file, test| {
            let src_path = format!("/house/one/src/{file}");
            json!({"name": name, "kind": [kind], "src_path": src_path, "test": test})
        };
        let package = json!({
            "id": "one", "name": "one", "version": "0.1.0", "license": null, "dependencies": [],
            "manifest_path": "/house/one/Cargo.toml",
            "targets": [
                target("one", "lib", "lib.rs", tested[0]),
                target("program", "bin", "main.rs", tested[1]),
            ],
        });
        let house = json!({
            "packages": [package], "workspace_members": ["one"], "workspace_root": "/house",
            "resolve": {"nodes": []},
        });
        let graph = Graph::parse(house.to_string().as_bytes()).unwrap();
        let (_root, files) = files(sources);
        let findings = check(&graph, &files).into_iter();
        findings
            .map(|f| format!("{}: {}", f.place, f.what))
            .collect()
    }

    const NONE: &str = "fn one() {}\n";
    const SOME: &str = "#[cfg(test)]\nmod tests {}\n";

    #[test]
    fn tests_that_are_not_run_are_found() {
        let sources = [
            ("one/src/lib.rs", NONE),
            ("one/src/part.rs", SOME),
            ("one/src/main.rs", NONE),
        ];
        assert_eq!(
            found([false, false], &sources),
            ["one/Cargo.toml: one has unit tests that are never run"]
        );
        assert!(found([true, false], &sources).is_empty());
        let of_the_program = [("one/src/lib.rs", NONE), ("one/src/main.rs", SOME)];
        assert_eq!(
            found([false, false], &of_the_program),
            ["one/Cargo.toml: program has unit tests that are never run"]
        );
    }

    #[test]
    fn a_program_of_no_tests_is_found() {
        let sources = [("one/src/lib.rs", SOME), ("one/src/main.rs", NONE)];
        assert_eq!(
            found([true, true], &sources),
            ["one/Cargo.toml: program has no unit test and is built as if it had"]
        );
    }
}
