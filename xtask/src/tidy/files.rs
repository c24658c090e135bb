//! The files of the house that rules read: `.rs` and `.md`. Nothing is judged here.
//! Loaded once by `tidy::run`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::source::{TestModule, filled_lines, without_comments, without_tests};

/// One `.rs` file. The three texts have equal offsets.
#[derive(Debug)]
pub(crate) struct RustFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments and contents of literals.
    pub(crate) code: String,
    /// Without tests too; empty for a file that is a test.
    pub(crate) shipped: String,
}

impl RustFile {
    /// Lines of code that ship.
    pub(crate) fn code_lines(&self) -> usize {
        filled_lines(&self.shipped)
    }
}

/// One `.md` file.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
}

#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) root: PathBuf,
    pub(crate) rust: Vec<RustFile>,
    pub(crate) pages: Vec<Page>,
}

impl Files {
    /// Reads every `.rs` and `.md` beneath `root`, leaving out hidden folders and `target`.
    ///
    /// # Errors
    /// When a folder or file cannot be read, or is not UTF-8.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut paths = Vec::new();
        walk(root, &mut paths)?;
        paths.sort();
        let (mut rust, mut pages) = (Vec::new(), Vec::new());
        let mut test_places = BTreeSet::new();
        for full in paths {
            let path = relative(root, &full);
            let text = std::fs::read_to_string(&full).with_context(|| format!("read {path}"))?;
            if path.ends_with(".md") {
                pages.push(Page { path, text });
                continue;
            }
            let code = without_comments(&text);
            let (shipped, modules) = without_tests(&code);
            for module in modules {
                test_places.extend(places_of(&path, &text, &module));
            }
            rust.push(RustFile {
                path,
                text,
                code,
                shipped,
            });
        }
        for file in &mut rust {
            if is_test_file(&file.path, &test_places) {
                file.shipped.clear();
            }
        }
        Ok(Self {
            root: root.to_owned(),
            rust,
            pages,
        })
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A link could lead out of the house, or round in a circle.
        let kind = entry.file_type()?;
        if kind.is_dir() && name != "target" && !name.starts_with('.') {
            walk(&entry.path(), found)?;
        } else if kind.is_file() && (name.ends_with(".rs") || name.ends_with(".md")) {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn relative(root: &Path, full: &Path) -> String {
    full.strip_prefix(root)
        .unwrap_or(full)
        .to_string_lossy()
        .replace('\\', "/")
}

/// The file and the folder in which `#[cfg(test)] mod NAME;` of the file at `path` may live.
fn places_of(path: &str, text: &str, module: &TestModule) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let attributes = &text[module.span.0..module.span.1];
    if let Some((_, rest)) = attributes.split_once("path")
        && let Some(given) = rest.split('"').nth(1)
    {
        return vec![format!("{folder}/{given}")];
    }
    let name = &module.name;
    let home = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        other => format!("{folder}/{}", other.trim_end_matches(".rs")),
    };
    vec![format!("{home}/{name}.rs"), format!("{home}/{name}/")]
}

fn is_test_file(path: &str, test_places: &BTreeSet<String>) -> bool {
    let in_test_folder = path
        .split('/')
        .rev()
        .skip(1)
        .any(|part| matches!(part, "tests" | "benches" | "examples"));
    in_test_folder
        || test_places
            .iter()
            .any(|place| path == place || (place.ends_with('/') && path.starts_with(place)))
}

#[cfg(test)]
pub(crate) mod temporary {
    //! A folder of files made for one test.

    use super::Files;

    /// Writes `files` (path, text) into a new temporary folder.
    pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let full = root.path().join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, text).unwrap();
        }
        root
    }

    /// Writes and loads them.
    pub(crate) fn files(files: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
        let root = folder(files);
        let loaded = Files::load(root.path()).unwrap();
        (root, loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::temporary::files;

    #[test]
    fn only_what_ships_is_counted() {
        let (_root, files) = files(&[
            (
                "a/src/lib.rs",
                "//! Doc.\n\n#[cfg(test)]\nmod checks;\nmod b;\nfn a() {} // one\n",
            ),
            ("a/src/checks.rs", "fn t() {}\n"),
            ("a/src/checks/deep.rs", "fn t() {}\n"),
            ("a/src/b.rs", "fn b() {}\n#[cfg(test)]\nmod tests;\n"),
            ("a/src/b/tests.rs", "fn t() {}\n"),
            (
                "a/src/c.rs",
                "#[cfg(test)]\n#[path = \"c_tests.rs\"]\nmod tests;\nfn c() {}\n",
            ),
            ("a/src/c_tests.rs", "fn t() {}\n"),
            ("a/tests/it/main.rs", "fn t() {}\n"),
            ("target/debug/x.rs", "fn x() {}\n"),
            (".venv/x.rs", "fn x() {}\n"),
        ]);
        let counted: Vec<(&str, usize)> = files
            .rust
            .iter()
            .map(|f| (f.path.as_str(), f.code_lines()))
            .filter(|(_, lines)| *lines > 0)
            .collect();
        assert_eq!(
            counted,
            [("a/src/b.rs", 1), ("a/src/c.rs", 1), ("a/src/lib.rs", 2)]
        );
    }
}
