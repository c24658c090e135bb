//! Packages and their edges, as `cargo metadata` tells them. No rule is applied here.
//! Read once by `tidy::run`; tests build the same JSON by hand.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// All packages of the lock file, with edges by index.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// For our own packages the folder relative to the root, with `/`; `None` for those of others.
    pub(crate) folder: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) proc_macro: bool,
    /// Whether it has a program of its own.
    pub(crate) program: bool,
    /// Names in the manifest, optional and per-platform ones too; dev-dependencies are left out.
    pub(crate) declared: Vec<String>,
    pub(crate) edges: Vec<GraphEdge>,
    /// Libraries and programs of our own packages.
    pub(crate) targets: Vec<Built>,
}

/// A library or a program.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) name: String,
    /// Its first file, relative to the root, with `/`.
    pub(crate) file: String,
    /// Whether cargo makes a program of its unit tests.
    pub(crate) tested: bool,
}

#[derive(Debug)]
pub(crate) struct GraphEdge {
    pub(crate) to: usize,
    /// A normal or a build dependency: it is, or makes, part of the program.
    pub(crate) linked: bool,
    pub(crate) dev: bool,
}

impl Graph {
    /// Asks cargo about the house at `root`.
    ///
    /// # Errors
    /// When cargo fails or its answer is not understood.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let output = std::process::Command::new("cargo")
            .args(["metadata", "--format-version", "1"])
            // Its licence counts too, though only one command builds it.
            .args(["--features", "indicia-fuzz/libfuzzer"])
            .current_dir(root)
            .output()
            .context("run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Self::parse(&output.stdout)
    }

    /// Reads the answer of `cargo metadata --format-version 1`.
    ///
    /// # Errors
    /// When it is not that JSON, or an edge names a package that is not listed.
    pub(crate) fn parse(json: &[u8]) -> Result<Self> {
        let metadata: Metadata =
            serde_json::from_slice(json).context("cargo metadata is not understood")?;
        let index: BTreeMap<&str, usize> = metadata
            .packages
            .iter()
            .enumerate()
            .map(|(at, package)| (package.id.as_str(), at))
            .collect();
        let at = |id: &str| {
            index
                .get(id)
                .copied()
                .with_context(|| format!("cargo metadata lists no package {id}"))
        };

        let mut packages: Vec<Package> = metadata
            .packages
            .iter()
            .map(|package| Package {
                name: package.name.clone(),
                version: package.version.clone(),
                folder: metadata
                    .workspace_members
                    .contains(&package.id)
                    .then(|| folder_of(&package.manifest_path, &metadata.workspace_root)),
                licence: package.license.clone(),
                proc_macro: package.has("proc-macro"),
                program: package.has("bin"),
                declared: package
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
                    .map(|dependency| dependency.name.clone())
                    .collect(),
                edges: Vec::new(),
                targets: package.built(&metadata.workspace_root),
            })
            .collect();
        for node in &metadata.resolve.nodes {
            let mut edges = Vec::with_capacity(node.deps.len());
            for dep in &node.deps {
                let dev = |kind: &DepKind| kind.kind.as_deref() == Some("dev");
                edges.push(GraphEdge {
                    to: at(&dep.pkg)?,
                    linked: dep.dep_kinds.iter().any(|kind| !dev(kind)),
                    dev: dep.dep_kinds.iter().any(dev),
                });
            }
            packages[at(&node.id)?].edges = edges;
        }
        Ok(Self { packages })
    }

    /// Our own packages with their folders.
    pub(crate) fn ours(&self) -> impl Iterator<Item = (usize, &Package, &str)> {
        self.packages
            .iter()
            .enumerate()
            .filter_map(|(at, package)| {
                package
                    .folder
                    .as_deref()
                    .map(|folder| (at, package, folder))
            })
    }

    /// The package of ours with this name.
    pub(crate) fn our(&self, name: &str) -> Option<(usize, &Package, &str)> {
        self.ours().find(|(_, package, _)| package.name == name)
    }

    /// Everything that `from` reaches through linked edges (and through its own dev-dependencies when
    /// `dev`), each with the shortest chain of package indices that leads there, `from` first.
    pub(crate) fn reach(&self, from: usize, dev: bool) -> BTreeMap<usize, Vec<usize>> {
        let mut chains = BTreeMap::from([(from, vec![from])]);
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            let chain = chains[&at].clone();
            for edge in &self.packages[at].edges {
                let counts = edge.linked || (dev && at == from && edge.dev);
                if counts && !chains.contains_key(&edge.to) {
                    let mut longer = chain.clone();
                    longer.push(edge.to);
                    chains.insert(edge.to, longer);
                    queue.push_back(edge.to);
                }
            }
        }
        chains.remove(&from);
        chains
    }

    /// A chain as text: `a -> b -> c`.
    pub(crate) fn show(&self, chain: &[usize]) -> String {
        let names: Vec<&str> = chain
            .iter()
            .map(|at| self.packages[*at].name.as_str())
            .collect();
        names.join(" -> ")
    }
}

fn folder_of(manifest: &str, root: &str) -> String {
    let folder = manifest
        .trim_end_matches("Cargo.toml")
        .trim_end_matches('/');
    folder
        .strip_prefix(root)
        .unwrap_or(folder)
        .trim_start_matches('/')
        .to_owned()
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<RawPackage>,
    workspace_members: Vec<String>,
    workspace_root: String,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct RawPackage {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: String,
    targets: Vec<Target>,
    dependencies: Vec<Declared>,
}

impl RawPackage {
    /// Whether one of its targets is of this kind.
    fn has(&self, kind: &str) -> bool {
        let is = |target: &Target| target.kind.iter().any(|one| one == kind);
        self.targets.iter().any(is)
    }

    fn built(&self, root: &str) -> Vec<Built> {
        let of = |target: &Target| {
            let is_one = |kind: &String| ["lib", "bin"].contains(&kind.as_str());
            let file = target.src_path.strip_prefix(root)?.strip_prefix('/')?;
            target.kind.iter().any(is_one).then(|| Built {
                name: target.name.clone(),
                file: file.to_owned(),
                tested: target.test,
            })
        };
        self.targets.iter().filter_map(of).collect()
    }
}

#[derive(Deserialize)]
struct Target {
    #[serde(default)]
    name: String,
    kind: Vec<String>,
    #[serde(default)]
    src_path: String,
    #[serde(default)]
    test: bool,
}

#[derive(Deserialize)]
struct Declared {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDep>,
}

#[derive(Deserialize)]
struct NodeDep {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Deserialize)]
struct DepKind {
    kind: Option<String>,
}

#[cfg(test)]
pub(crate) mod synthetic {
    //! A small house in the words of `cargo metadata`, to which tests add what must not be there.

    use serde_json::{Value, json};

    use super::Graph;

    /// Packages in the order of adding; ids are names.
    #[derive(Default, Clone)]
    pub(crate) struct House {
        packages: Vec<(String, Option<String>, String, bool)>,
        edges: Vec<(String, String, Option<&'static str>)>,
    }

    impl House {
        pub(crate) fn ours(mut self, name: &str, folder: &str) -> Self {
            self.packages.push((
                name.into(),
                Some(folder.into()),
                "MIT OR Apache-2.0".into(),
                false,
            ));
            self
        }

        pub(crate) fn external(mut self, name: &str, licence: &str) -> Self {
            self.packages
                .push((name.into(), None, licence.into(), false));
            self
        }

        pub(crate) fn proc_macro(mut self, name: &str) -> Self {
            self.packages.push((name.into(), None, "MIT".into(), true));
            self
        }

        pub(crate) fn edge(mut self, from: &str, to: &str) -> Self {
            self.edges.push((from.into(), to.into(), None));
            self
        }

        pub(crate) fn build_edge(mut self, from: &str, to: &str) -> Self {
            self.edges.push((from.into(), to.into(), Some("build")));
            self
        }

        pub(crate) fn dev_edge(mut self, from: &str, to: &str) -> Self {
            self.edges.push((from.into(), to.into(), Some("dev")));
            self
        }

        fn out_of<'a>(
            &'a self,
            name: &'a str,
        ) -> impl Iterator<Item = &'a (String, String, Option<&'static str>)> {
            self.edges.iter().filter(move |(from, _, _)| from == name)
        }

        pub(crate) fn graph(&self) -> Graph {
            let packages: Vec<Value> = self
                .packages
                .iter()
                .map(|(name, folder, licence, proc_macro)| {
                    let folder = folder.as_ref().map_or(format!("/registry/{name}"), |f| format!("/house/{f}"));
                    json!({
                        "id": name, "name": name, "version": "1.0.0", "license": licence,
                        "manifest_path": format!("{folder}/Cargo.toml"),
                        "targets": [{ "kind": [if *proc_macro { "proc-macro" } else { "lib" }] }],
                        "dependencies": self.out_of(name)
                            .map(|(_, to, kind)| json!({ "name": to, "kind": kind })).collect::<Vec<_>>(),
                    })
                })
                .collect();
            let nodes: Vec<Value> = self
                .packages
                .iter()
                .map(|(name, ..)| {
                    json!({ "id": name, "deps": self.out_of(name)
                        .map(|(_, to, kind)| json!({ "pkg": to, "dep_kinds": [{ "kind": kind }] }))
                        .collect::<Vec<_>>() })
                })
                .collect();
            let members: Vec<&String> = self
                .packages
                .iter()
                .filter(|(_, folder, ..)| folder.is_some())
                .map(|(name, ..)| name)
                .collect();
            let metadata = json!({
                "packages": packages, "workspace_members": members, "workspace_root": "/house",
                "resolve": { "nodes": nodes },
            });
            Graph::parse(&serde_json::to_vec(&metadata).unwrap()).unwrap()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::synthetic::House;

    #[test]
    fn reach_follows_linked_edges_and_only_the_first_dev_edge() {
        let graph = House::default()
            .ours("a", "a")
            .ours("b", "b")
            .external("c", "MIT")
            .external("d", "MIT")
            .dev_edge("a", "b")
            .build_edge("b", "c")
            .dev_edge("b", "d")
            .graph();
        assert!(graph.reach(0, false).is_empty());
        let names: Vec<String> = graph
            .reach(0, true)
            .values()
            .map(|chain| graph.show(chain))
            .collect();
        assert_eq!(names, ["a -> b", "a -> b -> c"]);
    }

    #[test]
    fn ours_are_known_by_their_folder() {
        let graph = House::default()
            .ours("a", "boxes/a")
            .external("b", "MIT")
            .graph();
        assert_eq!(graph.our("a").unwrap().2, "boxes/a");
        assert!(graph.our("b").is_none());
    }
}
