//! Landlock: the state folder and nothing else, no connection to anybody, no signal to others.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::Path;

/// The newest rules asked for. An older kernel takes what it knows of them, and is reported.
const ABI_ASKED: ABI = ABI::V6;

/// What the journal does in its folder: no links, no devices, no programs, no folders.
fn journal() -> BitFlags<AccessFs> {
    AccessFs::ReadFile
        | AccessFs::WriteFile
        | AccessFs::ReadDir
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::Truncate
}

pub(super) fn confine(state: &Path) -> Result<(), String> {
    let folder = PathFd::new(state).map_err(|error| error.to_string())?;
    let restricted = || -> Result<RulesetStatus, RulesetError> {
        Ok(Ruleset::default()
            .handle_access(AccessFs::from_all(ABI_ASKED))?
            .handle_access(AccessNet::from_all(ABI_ASKED))?
            .scope(Scope::from_all(ABI_ASKED))?
            .create()?
            .add_rule(PathBeneath::new(folder, journal()))?
            .restrict_self()?
            .ruleset)
    };
    match restricted().map_err(|error| error.to_string())? {
        RulesetStatus::FullyEnforced => Ok(()),
        RulesetStatus::PartiallyEnforced => {
            Err("only in part: this kernel knows an older Landlock".to_owned())
        }
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::io::ErrorKind::PermissionDenied;
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;

    /// On a thread of its own, which alone is held.
    #[test]
    fn only_the_state_folder_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let (state, beside) = (folder.path().join("state"), folder.path().join("beside"));
        fs::create_dir(&state).unwrap();
        fs::write(state.join("old"), "kept").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reach = || {
            [
                File::open("/etc/passwd").map(drop),
                File::create(&beside).map(drop),
                fs::rename(state.join("old"), &beside)
                    .and_then(|()| fs::rename(&beside, state.join("old"))),
                fs::create_dir(state.join("inner"))
                    .and_then(|()| fs::remove_dir(state.join("inner"))),
                std::os::unix::fs::symlink("/etc/passwd", state.join("link"))
                    .and_then(|()| fs::remove_file(state.join("link"))),
                TcpStream::connect(address).map(drop),
                TcpListener::bind("127.0.0.1:0").map(drop),
                Command::new("true").status().map(drop),
            ]
        };
        for (at, done) in reach().into_iter().enumerate() {
            done.unwrap_or_else(|error| panic!("{at} works before: {error}"));
        }
        let held = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    confine(&state)?;
                    for (at, done) in reach().into_iter().enumerate() {
                        let error = done.expect_err("reached");
                        // A move between folders is answered as one between file systems.
                        let refused = error.kind() == PermissionDenied
                            || error.raw_os_error() == Some(libc::EXDEV);
                        assert!(refused, "{at}: {error}");
                    }
                    fs::write(state.join("new.tmp"), "new").unwrap();
                    fs::rename(state.join("new.tmp"), state.join("new")).unwrap();
                    assert_eq!(fs::read_dir(&state).unwrap().count(), 2);
                    assert_eq!(fs::read(state.join("old")).unwrap(), b"kept");
                    fs::remove_file(state.join("old")).unwrap();
                    File::open(&state).unwrap().sync_all().unwrap();
                    Ok::<_, String>(())
                })
                .join()
                .unwrap()
        });
        if let Err(why) = held {
            eprintln!("NOT TESTED, this kernel refuses: {why}");
        }
    }
}
