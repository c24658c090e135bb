//! What the tests need from a bare Debian 12, installed only when it is missing. A second run changes
//! nothing and needs no network. Called by `cargo xtask test` and `cargo xtask mutants`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell::{command, output, run, succeeds};

const REQUIREMENTS: &str = "testing/requirements.txt";

/// A program that tests start, a way to see that it is there, and the Debian packages that bring it.
struct Need {
    probe: &'static [&'static str],
    packages: &'static [&'static str],
}

const NEEDS: [Need; 9] = [
    Need {
        probe: &["pdftoppm", "-v"],
        packages: &["poppler-utils"],
    },
    // Draws our SVG.
    Need {
        probe: &["rsvg-convert", "--version"],
        packages: &["librsvg2-bin"],
    },
    Need {
        probe: &["zint", "--version"],
        packages: &["zint"],
    },
    Need {
        probe: &["sqlite3", "--version"],
        packages: &["sqlite3"],
    },
    // Documents tell to type it, and a test types it.
    Need {
        probe: &["curl", "--version"],
        packages: &["curl"],
    },
    // `python3` without ensurepip cannot make a virtual environment.
    Need {
        probe: &["python3", "-c", "import ensurepip, venv"],
        packages: &["python3", "python3-venv"],
    },
    Need {
        probe: &["git", "--version"],
        packages: &["git"],
    },
    Need {
        probe: &["cc", "--version"],
        packages: &["gcc", "libc6-dev"],
    },
    // libFuzzer is C++.
    Need {
        probe: &["c++", "--version"],
        packages: &["g++"],
    },
];

/// Path of the Python interpreter that tests use, whether it is there or not.
pub(crate) fn python(root: &Path) -> PathBuf {
    root.join(".venv/bin/python")
}

/// Installs what is missing.
///
/// # Errors
/// When something cannot be installed; the text says by what command it could be.
pub(crate) fn install(root: &Path) -> Result<()> {
    debian_packages(root)?;
    if !succeeds(&mut command(root, "cargo", ["nextest", "--version"])) {
        println!("cargo-nextest is missing: building it takes some minutes, once");
        run(&mut command(
            root,
            "cargo",
            // Unoptimised: it runs other programs, and is built in half the time.
            ["install", "cargo-nextest", "--locked", "--debug"],
        ))?;
    }
    python_environment(root)
}

/// Installs cargo-mutants, which only `cargo xtask mutants` needs. Its lists and results are read by
/// us, hence the fixed major version.
///
/// # Errors
/// When it cannot be installed.
pub(crate) fn cargo_mutants(root: &Path) -> Result<()> {
    if succeeds(&mut command(root, "cargo", ["mutants", "--version"])) {
        return Ok(());
    }
    println!("cargo-mutants is missing: building it takes a minute, once");
    let install = [
        "install",
        "cargo-mutants",
        "--version",
        "^27",
        "--locked",
        "--debug",
    ];
    run(&mut command(root, "cargo", install))
}

fn debian_packages(root: &Path) -> Result<()> {
    let is_missing = |need: &&Need| !succeeds(&mut command(root, need.probe[0], &need.probe[1..]));
    let packages: Vec<&str> = NEEDS
        .iter()
        .filter(is_missing)
        .flat_map(|need| need.packages)
        .copied()
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    println!("installing {}", packages.join(" "));
    let by_hand = format!("as root: apt-get install {}", packages.join(" "));
    if !succeeds(&mut command(root, "apt-get", ["--version"])) {
        bail!(
            "these Debian packages, or what they bring, are missing: {}",
            packages.join(" ")
        );
    }
    let is_root = output(&mut command(root, "id", ["-u"]))?.trim_ascii() == b"0";
    let apt = |arguments: &[&str]| {
        let environment = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        let words: Vec<&str> = environment.iter().chain(arguments).copied().collect();
        if is_root {
            command(root, words[0], &words[1..])
        } else {
            command(root, "sudo", &words)
        }
    };
    run(&mut apt(&["update", "-q"])).context(by_hand.clone())?;
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(&packages);
    run(&mut apt(&install)).context(by_hand)
}

/// Makes `.venv` when it does not hold exactly what the requirements file asks for.
fn python_environment(root: &Path) -> Result<()> {
    let wanted = std::fs::read_to_string(root.join(REQUIREMENTS))
        .with_context(|| format!("read {REQUIREMENTS}"))?;
    // Written last: an environment that was left half made is made again.
    let stamp = root.join(".venv/requirements.installed");
    let stands = std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if stands
        && succeeds(&mut command(
            root,
            &python(root).to_string_lossy(),
            ["--version"],
        ))
    {
        return Ok(());
    }
    println!("making .venv from {REQUIREMENTS}");
    run(&mut command(
        root,
        "python3",
        ["-m", "venv", "--clear", ".venv"],
    ))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        REQUIREMENTS,
    ];
    run(&mut command(root, &python(root).to_string_lossy(), pip))?;
    std::fs::write(&stamp, wanted).context("write .venv/requirements.installed")
}
