//! How large what must stay small may be: code lines of folders and box binaries, crates of box
//! binaries. Which crates those are: `trees.rs`. Called by `tidy::run` and `tidy --measure`.

use std::collections::BTreeMap;

use super::files::Files;
use super::finding::Finding;
use super::graph::Graph;
use super::layers::{Layers, lies_in};

/// Figures of today.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Folder to code lines, in the order of `layers.toml`.
    pub(crate) folders: Vec<(String, usize)>,
    /// Package of a box binary to (code lines with all of ours beneath, crates of others).
    pub(crate) binaries: BTreeMap<String, (usize, usize)>,
}

/// Measures what `layers` sets budgets for. `trees`: golden tree text by package.
pub(crate) fn measure(
    graph: &Graph,
    files: &Files,
    layers: &Layers,
    trees: &BTreeMap<String, String>,
) -> Measured {
    let folders = layers
        .budget
        .folder
        .iter()
        .map(|budget| {
            let prefix = std::slice::from_ref(&budget.folder);
            let lines = files
                .rust
                .iter()
                .filter(|file| lies_in(&file.path, prefix))
                .map(|file| file.code_lines())
                .sum();
            (budget.folder.clone(), lines)
        })
        .collect();
    let lines = lines_by_package(graph, files);
    let binaries = graph
        .ours()
        .filter(|(_, _, folder)| lies_in(folder, std::slice::from_ref(&layers.box_binaries.folder)))
        .map(|(at, package, _)| {
            let beneath = graph.reach(at, false).into_keys().chain([at]);
            let code = beneath.filter_map(|package| lines.get(&package)).sum();
            let crates = trees
                .get(&package.name)
                .map_or(0, |tree| others_in(graph, tree));
            (package.name.clone(), (code, crates))
        })
        .collect();
    Measured { folders, binaries }
}

/// Code lines of each of our packages, by index; a file belongs to the deepest package around it.
fn lines_by_package(graph: &Graph, files: &Files) -> BTreeMap<usize, usize> {
    let mut lines = BTreeMap::new();
    for file in &files.rust {
        let owner = graph
            .ours()
            .filter(|(_, _, folder)| lies_in(&file.path, &[format!("{folder}/")]))
            .max_by_key(|(_, _, folder)| folder.len());
        if let Some((at, _, _)) = owner {
            *lines.entry(at).or_default() += file.code_lines();
        }
    }
    lines
}

fn others_in(graph: &Graph, tree: &str) -> usize {
    tree.lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| graph.our(name).is_none())
        .count()
}

/// Figures above their budget, and box binaries without one.
pub(crate) fn check(measured: &Measured, layers: &Layers) -> Vec<Finding> {
    let over = |what: String, reason: &str| {
        Finding::new(
            "layers.toml",
            what,
            format!("the trusted base must stay reviewable (budget: {reason})"),
            "make it smaller, or raise the budget and say why in its `reason`",
        )
    };
    let mut findings = Vec::new();
    for (budget, (folder, lines)) in layers.budget.folder.iter().zip(&measured.folders) {
        if *lines > budget.code_lines_max {
            let what = format!(
                "{folder} has {lines} code lines, its budget is {}",
                budget.code_lines_max
            );
            findings.push(over(what, &budget.reason));
        }
    }
    for (package, (lines, crates)) in &measured.binaries {
        let Some(budget) = layers
            .budget
            .binary
            .iter()
            .find(|budget| budget.package == *package)
        else {
            findings.push(Finding::new(
                "layers.toml",
                format!("box binary {package} has no budget"),
                "a box that nobody measures grows unseen",
                "add a [[budget.binary]] with the figures of `cargo xtask tidy --measure`",
            ));
            continue;
        };
        if *lines > budget.code_lines_max {
            let what = format!(
                "{package} has {lines} code lines with ours beneath, its budget is {}",
                budget.code_lines_max
            );
            findings.push(over(what, &budget.reason));
        }
        if *crates > budget.crates_max {
            let what = format!(
                "{package} has {crates} crates of others, its budget is {}",
                budget.crates_max
            );
            findings.push(over(what, &budget.reason));
        }
    }
    for budget in layers
        .budget
        .binary
        .iter()
        .filter(|budget| !measured.binaries.contains_key(&budget.package))
    {
        findings.push(Finding::new(
            "layers.toml",
            format!("budget for {}, which is no box binary", budget.package),
            "a budget about nothing never bites",
            "follow the rename, or remove it",
        ));
    }
    let unexplained = layers
        .budget
        .folder
        .iter()
        .map(|budget| (&budget.folder, &budget.reason));
    let unexplained = unexplained.chain(
        layers
            .budget
            .binary
            .iter()
            .map(|budget| (&budget.package, &budget.reason)),
    );
    for (name, _) in unexplained.filter(|(_, reason)| reason.trim().is_empty()) {
        findings.push(Finding::new(
            "layers.toml",
            format!("the budget of {name} has no reason"),
            "growth of the trusted base is a decision",
            "say in one line where the figure comes from",
        ));
    }
    findings
}

/// The figures as a table, with the budget and the figure + 15 % beside each.
pub(crate) fn table(measured: &Measured, layers: &Layers) -> String {
    let mut rows = Vec::new();
    for (folder, lines) in &measured.folders {
        let budget = layers
            .budget
            .folder
            .iter()
            .find(|budget| budget.folder == *folder);
        rows.push((
            folder.clone(),
            "code lines",
            *lines,
            budget.map(|budget| budget.code_lines_max),
        ));
    }
    for (package, (lines, crates)) in &measured.binaries {
        let budget = layers
            .budget
            .binary
            .iter()
            .find(|budget| budget.package == *package);
        rows.push((
            package.clone(),
            "code lines",
            *lines,
            budget.map(|budget| budget.code_lines_max),
        ));
        rows.push((
            package.clone(),
            "crates",
            *crates,
            budget.map(|budget| budget.crates_max),
        ));
    }
    let mut text = format!(
        "{:<28}{:<12}{:>8}{:>8}{:>8}\n",
        "what", "unit", "now", "+15 %", "budget"
    );
    for (name, unit, now, budget) in rows {
        let more = (now * 115).div_ceil(100);
        let budget = budget.map_or("none".to_owned(), |budget| budget.to_string());
        text += &format!("{name:<28}{unit:<12}{now:>8}{more:>8}{budget:>8}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::files::temporary::files;
    use super::super::graph::synthetic::House;
    use super::super::layers;
    use super::*;

    /// Two box crates of 3 + 2 lines, one external crate; the budgets are given.
    fn found(folder_max: usize, lines_max: usize, crates_max: usize) -> Vec<String> {
        let graph = House::default()
            .ours("indicia-box-meter", "boxes/boxd/bin/meter")
            .ours("boxd", "boxes/boxd")
            .external("zeroize", "MIT")
            .edge("indicia-box-meter", "boxd")
            .edge("boxd", "zeroize")
            .graph();
        let (_root, files) = files(&[
            (
                "boxes/boxd/bin/meter/src/main.rs",
                "fn main() {\n    go()\n}\n",
            ),
            (
                "boxes/boxd/src/lib.rs",
                "//! Doc.\nfn a() {}\nfn b() {}\n#[test]\nfn t() {}\n",
            ),
            ("boxes/loose.rs", "fn c() {}\n"),
        ]);
        let mut layers = layers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        layers.budget.folder[0].code_lines_max = folder_max;
        layers
            .budget
            .binary
            .retain(|budget| budget.package == "indicia-box-meter");
        layers.budget.binary[0].code_lines_max = lines_max;
        layers.budget.binary[0].crates_max = crates_max;
        let trees = BTreeMap::from([(
            "indicia-box-meter".to_owned(),
            "boxd v1.0.0 (boxes/boxd)\nindicia-box-meter v1.0.0 (boxes/boxd/bin/meter)\nzeroize v1.0.0\n".to_owned(),
        )]);
        let measured = measure(&graph, &files, &layers, &trees);
        check(&measured, &layers)
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_budget_holds_to_the_line() {
        assert_eq!(found(6, 5, 1), Vec::<String>::new());
        assert_eq!(found(5, 5, 1), ["boxes/ has 6 code lines, its budget is 5"]);
        assert_eq!(
            found(6, 4, 1),
            ["indicia-box-meter has 5 code lines with ours beneath, its budget is 4"]
        );
        assert_eq!(
            found(6, 5, 0),
            ["indicia-box-meter has 1 crates of others, its budget is 0"]
        );
    }

    #[test]
    fn a_box_without_budget_and_a_budget_without_box_or_reason_are_findings() {
        let mut layers = layers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        layers
            .budget
            .binary
            .retain(|budget| budget.package == "indicia-box-meter");
        layers.budget.binary[0].reason = " ".into();
        let measured = Measured {
            folders: vec![("boxes/".into(), 1)],
            binaries: BTreeMap::from([("indicia-box-new".into(), (1, 1))]),
        };
        let whats: Vec<String> = check(&measured, &layers)
            .into_iter()
            .map(|finding| finding.what)
            .collect();
        assert_eq!(whats.len(), 3, "{whats:?}");
        assert!(whats[0].contains("indicia-box-new has no budget"));
        assert!(whats[1].contains("which is no box binary"));
        assert!(whats[2].contains("has no reason"));
    }
}
