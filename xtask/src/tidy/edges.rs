//! Edges that must never exist, over the package graph. Names inside source text: `secrets.rs`.
//! Called by `tidy::run`.

use super::finding::Finding;
use super::graph::Graph;
use super::layers::{BannedDirect, Edge, ExactlyOne, Layers, MayUse, lies_in};

/// All findings of the edge rules of `layers`.
pub(crate) fn check(graph: &Graph, layers: &Layers) -> Vec<Finding> {
    let mut findings = Vec::new();
    for edge in &layers.edge {
        findings.extend(never(graph, edge));
    }
    for rule in &layers.exactly_one {
        findings.extend(exactly_one(graph, rule));
    }
    for rule in &layers.banned_direct {
        findings.extend(banned_direct(graph, rule));
    }
    for rule in &layers.may_use {
        findings.extend(may_use(graph, rule));
    }
    findings.extend(asleep(graph, layers));
    findings
}

fn never(graph: &Graph, edge: &Edge) -> Vec<Finding> {
    let is_subject = |folder: &str| lies_in(folder, &edge.from) && !lies_in(folder, &edge.except);
    let is_forbidden = |at: usize| {
        let package = &graph.packages[at];
        package.folder.as_deref().is_some_and(|folder| {
            edge.never.contains(&package.name)
                || lies_in(folder, &edge.never_beneath)
                || (!edge.ours_only_beneath.is_empty() && !lies_in(folder, &edge.ours_only_beneath))
        })
    };
    // One wrong edge is told once, at the package that has it: a chain through another subject, or
    // through another forbidden package, is told there.
    let told_elsewhere = |at: usize| {
        is_forbidden(at) || graph.packages[at].folder.as_deref().is_some_and(is_subject)
    };

    let mut findings = Vec::new();
    for (at, _, folder) in graph.ours().filter(|(_, _, folder)| is_subject(folder)) {
        for (to, chain) in graph.reach(at, edge.dev) {
            let between = &chain[1..chain.len() - 1];
            if is_forbidden(to) && !between.iter().copied().any(told_elsewhere) {
                let what = format!("forbidden edge ({}): {}", edge.rule, graph.show(&chain));
                findings.push(Finding::new(manifest(folder), what, &edge.why, &edge.fix));
            }
        }
    }
    findings
}

fn exactly_one(graph: &Graph, rule: &ExactlyOne) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, package, folder) in graph
        .ours()
        .filter(|(_, _, folder)| lies_in(folder, &rule.from))
    {
        let reach = graph.reach(at, false);
        let linked: Vec<&str> = reach
            .keys()
            .map(|to| graph.packages[*to].name.as_str())
            .filter(|name| rule.of.iter().any(|of| of == name))
            .collect();
        if linked.len() != 1 {
            let list = if linked.is_empty() {
                "none".to_owned()
            } else {
                linked.join(", ")
            };
            let what = format!(
                "rule ({}): {} links {list} where exactly one is right",
                rule.rule, package.name
            );
            findings.push(Finding::new(manifest(folder), what, &rule.why, &rule.fix));
        }
    }
    findings
}

fn banned_direct(graph: &Graph, rule: &BannedDirect) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, package, folder) in graph
        .ours()
        .filter(|(_, _, folder)| lies_in(folder, &rule.from))
    {
        let mut names: Vec<&str> = package
            .declared
            .iter()
            .filter(|name| rule.crates.contains(name))
            .map(String::as_str)
            .collect();
        if rule.proc_macros {
            let direct = package
                .edges
                .iter()
                .filter(|edge| edge.linked)
                .map(|edge| &graph.packages[edge.to]);
            names.extend(direct.filter(|to| to.proc_macro).map(|to| to.name.as_str()));
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let what = format!("rule ({}): {} depends on {name}", rule.rule, package.name);
            findings.push(Finding::new(manifest(folder), what, &rule.why, &rule.fix));
        }
    }
    findings
}

fn may_use(graph: &Graph, rule: &MayUse) -> Vec<Finding> {
    let Some((_, package, folder)) = graph.our(&rule.package) else {
        return Vec::new();
    };
    package
        .declared
        .iter()
        .filter(|name| !rule.only.contains(name))
        .map(|name| {
            let what = format!(
                "{} depends on {name}, which is not on its list",
                package.name
            );
            Finding::new(manifest(folder), what, &rule.why, &rule.fix)
        })
        .collect()
}

/// Rules that name packages or folders which are not there: they would never bite.
fn asleep(graph: &Graph, layers: &Layers) -> Vec<Finding> {
    let mut packages: Vec<&String> = Vec::new();
    let mut folders: Vec<&String> = Vec::new();
    for edge in &layers.edge {
        packages.extend(&edge.never);
        folders.extend(
            edge.from
                .iter()
                .chain(&edge.except)
                .chain(&edge.never_beneath)
                .chain(&edge.ours_only_beneath),
        );
    }
    for rule in &layers.exactly_one {
        packages.extend(&rule.of);
        folders.extend(&rule.from);
    }
    folders.extend(layers.banned_direct.iter().flat_map(|rule| &rule.from));
    packages.extend(layers.may_use.iter().map(|rule| &rule.package));
    folders.extend(&layers.secret_names.allowed_in);

    let no_package = packages
        .into_iter()
        .filter(|name| graph.our(name).is_none());
    let no_folder = folders.into_iter().filter(|prefix| {
        !graph
            .ours()
            .any(|(_, _, folder)| lies_in(folder, std::slice::from_ref(prefix)))
    });
    let mut gone: Vec<&String> = no_package.chain(no_folder).collect();
    gone.sort_unstable();
    gone.dedup();
    gone.into_iter()
        .map(|name| {
            let what =
                format!("a rule names {name:?}, and the house has no such package or folder");
            Finding::new(
                "layers.toml",
                what,
                "a rule about nothing never bites",
                "follow the rename in layers.toml",
            )
        })
        .collect()
}

fn manifest(folder: &str) -> String {
    format!("{folder}/Cargo.toml")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::graph::synthetic::House;
    use super::super::layers;
    use super::*;

    /// The rules of the real `layers.toml`, so that the tests show that *these* bite.
    fn real_layers() -> Layers {
        layers::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
    }

    /// A house that breaks nothing.
    fn sound() -> House {
        let mut house = House::default()
            .ours("indicia-item", "boxes/item")
            .ours("indicia-verify", "boxes/verify")
            .ours("indicia-vault", "boxes/vault")
            .ours("indicia-wire", "boxes/wire")
            .ours("indicia-journal", "boxes/journal")
            .ours("indicia-keeper", "boxes/keeper")
            .ours("indicia-store", "datacenter/store")
            .ours("indicia-signer", "client/signer")
            .ours("indicia-audit", "audit")
            .ours("indicia-e2e", "testing/e2e")
            .external("tokio", "MIT")
            .external("aws-lc-rs", "ISC")
            .proc_macro("derive-things")
            .edge("indicia-wire", "indicia-item")
            .edge("indicia-vault", "aws-lc-rs")
            .edge("indicia-keeper", "indicia-vault")
            .edge("indicia-audit", "indicia-verify")
            .edge("indicia-store", "tokio")
            .edge("indicia-e2e", "indicia-keeper");
        for kind in ["auth", "meter", "transaction", "keys"] {
            let (rules, binary) = (format!("indicia-{kind}"), format!("indicia-box-{kind}"));
            house = house
                .ours(&rules, &format!("boxes/{kind}"))
                .ours(&binary, &format!("boxes/boxd/bin/{kind}"))
                .edge(&rules, "indicia-keeper")
                .edge(&binary, &rules);
        }
        house
    }

    fn whats(house: &House) -> Vec<String> {
        check(&house.graph(), &real_layers())
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[track_caller]
    fn bites(house: House, wanted: &str) {
        let found = whats(&house);
        assert!(
            found.iter().any(|what| what.contains(wanted)),
            "wanted {wanted:?} in {found:#?}"
        );
    }

    #[test]
    fn a_sound_house_has_no_finding() {
        assert_eq!(whats(&sound()), Vec::<String>::new());
    }

    #[test]
    fn each_guarded_package_is_refused_outside_the_boxes() {
        for name in ["vault", "keeper", "auth", "meter", "transaction", "keys"] {
            for from in ["indicia-store", "indicia-signer", "indicia-audit"] {
                let name = format!("indicia-{name}");
                bites(
                    sound().edge(from, &name),
                    &format!("forbidden edge (1): {from} -> {name}"),
                );
            }
        }
    }

    #[test]
    fn a_guarded_package_is_found_through_an_innocent_one_and_through_build_edges() {
        let house = sound()
            .ours("between", "boxes/between")
            .edge("indicia-store", "between");
        bites(
            house.build_edge("between", "indicia-keys"),
            "forbidden edge (1): indicia-store -> between -> indicia-keys",
        );
        bites(
            sound().edge("indicia-store", "indicia-e2e"),
            "forbidden edge (6): indicia-store -> indicia-e2e",
        );
    }

    #[test]
    fn one_wrong_edge_is_told_once() {
        let house = sound()
            .ours("above", "postal")
            .edge("above", "indicia-store");
        assert_eq!(
            whats(&house.edge("indicia-store", "indicia-keeper")),
            ["forbidden edge (1): indicia-store -> indicia-keeper"]
        );
    }

    #[test]
    fn boxes_link_nothing_of_ours_outside_not_even_in_tests() {
        bites(
            sound().edge("indicia-keeper", "indicia-store"),
            "forbidden edge (2): indicia-keeper -> indicia-store",
        );
        bites(
            sound().dev_edge("indicia-item", "indicia-e2e"),
            "forbidden edge (2): indicia-item -> indicia-e2e",
        );
        assert_eq!(
            whats(&sound().dev_edge("indicia-item", "tokio")),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_box_binary_links_exactly_one_rule_set() {
        bites(
            sound().edge("indicia-box-auth", "indicia-meter"),
            "indicia-box-auth links indicia-auth, indicia-meter",
        );
        bites(
            sound().ours("indicia-box-new", "boxes/boxd/bin/new"),
            "indicia-box-new links none",
        );
    }

    #[test]
    fn audit_links_nothing_of_the_data_centre() {
        bites(
            sound().edge("indicia-audit", "indicia-store"),
            "forbidden edge (4): indicia-audit -> indicia-store",
        );
    }

    #[test]
    fn boxes_have_no_runtime_and_no_procedural_macro() {
        bites(
            sound().edge("indicia-keeper", "tokio"),
            "rule (5): indicia-keeper depends on tokio",
        );
        bites(
            sound().build_edge("indicia-keeper", "tokio"),
            "rule (5): indicia-keeper depends on tokio",
        );
        bites(
            sound().edge("indicia-meter", "derive-things"),
            "rule (5): indicia-meter depends on derive-things",
        );
    }

    #[test]
    fn a_package_with_a_list_keeps_to_it() {
        bites(
            sound().edge("indicia-item", "aws-lc-rs"),
            "indicia-item depends on aws-lc-rs",
        );
        bites(
            sound().edge("indicia-journal", "indicia-item"),
            "indicia-journal depends on indicia-item",
        );
    }

    #[test]
    fn a_rule_about_a_package_that_is_gone_is_a_finding() {
        let mut layers = real_layers();
        layers.edge[0].never.push("indicia-vualt".into());
        layers.edge[0].except.push("tetsing/".into());
        let found = check(&sound().graph(), &layers);
        let whats: Vec<&str> = found.iter().map(|finding| finding.what.as_str()).collect();
        assert!(
            whats[0].contains("indicia-vualt") && whats[1].contains("tetsing/"),
            "{whats:?}"
        );
    }
}
