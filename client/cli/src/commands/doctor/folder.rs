//! What can be seen in the installation folder.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use item::{Day, Time};
use postal::{RateError, RateTable};

use super::Finding;
use crate::clock;
use crate::commands::pack;
use crate::files;
use crate::folder::{BOX_KINDS, Folder};
use crate::programs::{self, Programs};
use crate::trust::Trust;

/// Room below which a box or the database may stop: a day's journal and as much again.
const ROOM_WRONG: u64 = 256 << 20;
/// Room below which it is time to think about a larger disk.
const ROOM_LITTLE: u64 = 2 << 30;
/// How a database of SQLite begins.
const DATABASE_HEAD: &[u8; 16] = b"SQLite format 3\0";
/// A day, milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;

/// Everything about the folder; only that it is none, if so.
pub(super) fn look(folder: &Folder) -> Vec<Finding> {
    let path = folder.path().display();
    if !folder.root_fingerprint().is_file() {
        return vec![
            versions(),
            Finding::wrong(
                "folder",
                format!("{path} is no installation folder"),
                "name it with --dir, or make one with `indicia init`",
            ),
        ];
    }
    let mut findings = vec![versions(), Finding::good("folder", format!("{path}"))];
    let trust = Trust::of_folder(folder);
    findings.push(match &trust {
        Ok(trust) => Finding::good("fingerprint", format!("pinned: {}", trust.root)),
        Err(error) => Finding::wrong(
            "fingerprint",
            format!("{error:#}"),
            "compare public/root.fingerprint with what was written down at the ceremony, and put \
             the transcript of that ceremony back",
        ),
    });
    findings.push(rights(folder));
    findings.extend(unlock(folder));
    findings.push(database(&folder.database()));
    findings.push(room(folder.path()));
    if let Ok(trust) = &trust {
        findings.push(rates(folder, trust));
        findings.push(latest_pack(folder, trust, clock::now()));
    }
    findings
}

/// All programs are of one version.
fn versions() -> Finding {
    let own = env!("CARGO_PKG_VERSION");
    let asked = Programs::beside_this().and_then(|beside| {
        let mut others = Vec::new();
        let boxes = BOX_KINDS.iter().map(|kind| beside.of_box(kind));
        for program in boxes.chain([beside.datacenter()]) {
            let said = programs::run(program?, ["--version"])?;
            let (name, version) = said.trim().split_once(' ').unwrap_or((said.trim(), "?"));
            if version != own {
                others.push(format!("{name} is {version}"));
            }
        }
        Ok(others)
    });
    match asked {
        Ok(others) if others.is_empty() => {
            Finding::good("versions", format!("all programs are {own}"))
        }
        Ok(others) => Finding::wrong(
            "versions",
            format!("this is {own}; {}", others.join(", ")),
            "put all programs of one release into one folder",
        ),
        Err(error) => Finding::wrong(
            "versions",
            format!("{error:#}"),
            "put all programs of one release into one folder",
        ),
    }
}

/// Nobody but their owner reads secrets.
fn rights(folder: &Folder) -> Finding {
    let mut open = Vec::new();
    let mut seen = 0_usize;
    let folders = [folder.keys(), folder.unlock()];
    let files = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let files = files.flatten().flatten().map(|entry| entry.path());
    for path in files.chain([folder.session()]) {
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        seen += 1;
        if metadata.permissions().mode() & 0o077 != 0 {
            open.push(path.display().to_string());
        }
    }
    match open.is_empty() {
        true => Finding::good("key files", format!("{seen}, for their owner only")),
        false => Finding::wrong(
            "key files",
            format!("others can read {}", open.join(", ")),
            format!("chmod 0600 {}", open.join(" ")),
        ),
    }
}

/// Unlock secrets are somewhere else than the state that they unlock (P5).
fn unlock(folder: &Folder) -> Option<Finding> {
    let device = |path: PathBuf| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let (unlock, state) = (device(folder.unlock())?, device(folder.boxes())?);
    Some(match unlock == state {
        false => Finding::good("unlocking", "unlock secrets are on a disk of their own"),
        true => Finding::warning(
            "unlocking",
            "unlock secrets lie beside the state that they unlock: whoever copies this disk can \
             open the boxes (P5)",
            "for more than a try, keep unlock/ on a medium of its own; docs/operators.md",
        ),
    })
}

fn database(path: &Path) -> Finding {
    let head = fs::File::open(path).and_then(|mut file| {
        let mut head = [0; 16];
        file.read_exact(&mut head)?;
        Ok((head, file.metadata()?.len()))
    });
    match head {
        Ok((head, length)) if head == *DATABASE_HEAD => {
            Finding::good("database", format!("{} KiB", length >> 10))
        }
        Ok(_) => Finding::wrong(
            "database",
            format!("{} is no SQLite database", path.display()),
            "put the newest copy back: docs/runbooks/restored-database.md",
        ),
        Err(error) => Finding::wrong(
            "database",
            format!("{}: {error}", path.display()),
            "put the newest copy back: docs/runbooks/restored-database.md",
        ),
    }
}

fn room(path: &Path) -> Finding {
    let free = match rustix::fs::statvfs(path) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            return Finding::wrong("disk", format!("{error}"), "look at the disk");
        }
    };
    let says = format!("{} MiB free", free >> 20);
    match free {
        free if free < ROOM_WRONG => {
            Finding::wrong("disk", says, "make room: docs/runbooks/disk.md")
        }
        free if free < ROOM_LITTLE => {
            Finding::warning("disk", says, "make room soon: docs/runbooks/disk.md")
        }
        _ => Finding::good("disk", says),
    }
}

fn rates(folder: &Folder, trust: &Trust) -> Finding {
    let table = files::read_if_there(&folder.rates()).and_then(|bytes| {
        let signature = files::read_if_there(&folder.rates_signature())?;
        let (bytes, signature) = (bytes.unwrap_or_default(), signature.unwrap_or_default());
        Ok(RateTable::open(&bytes, &signature, |table, signature| {
            let signature = signature.try_into();
            signature
                .is_ok_and(|signature| crate::commands::rates::is_signed(trust, table, &signature))
        })?)
    });
    let table = match table {
        Ok(table) => table,
        Err(error) => {
            return Finding::wrong(
                "rates",
                format!("{error:#}"),
                "sign a table anew: `indicia rates --install FILE`",
            );
        }
    };
    let today = Day::of_time(clock::now()).decimal();
    match table.period(today) {
        Err(RateError::NoRateOnDate { .. }) => Finding::wrong(
            "rates",
            "there are no prices for today",
            "install a table with a period for today: `indicia rates --install FILE`",
        ),
        Ok(period) if period.to.is_some() => Finding::good(
            "rates",
            format!("in date, until {}", period.to.unwrap_or_default()),
        ),
        _ => Finding::good("rates", "in date"),
    }
}

/// A pack that is used without a network is not too old.
fn latest_pack(folder: &Folder, trust: &Trust, now: Time) -> Finding {
    let path = folder.latest_pack();
    let pack = match files::read_if_there(&path) {
        Ok(Some(bytes)) => pack::open(&bytes, trust),
        Ok(None) => {
            return Finding::good("pack", "none was fetched for checks without a network");
        }
        Err(error) => Err(error),
    };
    match pack {
        Ok(pack) if pack.body().expires < now => Finding::warning(
            "pack",
            format!("{} is out of date", path.display()),
            "fetch a newer one: `indicia pack`",
        ),
        Ok(pack) => {
            let days = now.0.saturating_sub(pack.body().issued.0) / DAY_MS;
            Finding::good("pack", format!("{days} days old, good"))
        }
        Err(error) => Finding::wrong(
            "pack",
            format!("{error:#}"),
            "remove it and fetch another: `indicia pack`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn what_is_no_installation_is_said_and_nothing_else_is_looked_at() {
        let place = tempfile::tempdir().unwrap();
        let findings = look(&Folder::new(place.path().to_owned()));
        assert_eq!(findings.len(), 2);
        assert_eq!(
            (findings[1].check, findings[1].state),
            ("folder", State::Wrong)
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        fs::create_dir(folder.keys()).unwrap();
        let path = folder.operator_key();
        for (mode, state) in [
            (0o600, State::Good),
            (0o640, State::Wrong),
            (0o604, State::Wrong),
        ] {
            fs::write(&path, "secret").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let finding = rights(&folder);
            assert_eq!(finding.state, state, "{mode:o}");
            let named = finding
                .advice
                .is_some_and(|text| text.contains("operator.key"));
            assert_eq!(named, state == State::Wrong);
        }
    }

    #[test]
    fn unlock_secrets_beside_the_state_are_told_p5() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        assert!(unlock(&folder).is_none());
        fs::create_dir(folder.unlock()).unwrap();
        fs::create_dir(folder.boxes()).unwrap();
        let finding = unlock(&folder).unwrap();
        assert_eq!(finding.state, State::Warning);
        assert!(finding.says.contains("(P5)"));
    }

    #[test]
    fn a_database_is_known_by_its_head() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.sqlite");
        assert_eq!(database(&path).state, State::Wrong);
        for (content, state) in [
            (&b"SQLite format 3\0and more"[..], State::Good),
            (b"SQLite", State::Wrong),
            (b"something else entirely", State::Wrong),
        ] {
            fs::write(&path, content).unwrap();
            assert_eq!(database(&path).state, state);
        }
    }
}
