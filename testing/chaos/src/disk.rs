//! Disks that can be filled: a small tmpfs over each folder that holds state. Only in a mount
//! namespace of this process's own (`main` sees to that), so that nothing else sees them and nothing
//! is left of them, however this process ends. Where that is not allowed there are none, and only
//! file-size limits of processes (`process`) play full disks.

use anyhow::{Context, Result, bail};
use rustix::fs::statvfs;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Room while a disk is well. Nothing of it is used before it is written.
const ROOM: u64 = 1 << 30;

/// Set by `main` inside a mount namespace of its own.
pub const INSIDE: &str = "INDICIA_CHAOS_INSIDE";

/// A folder on a small disk of its own.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Whether there can be any.
    pub(crate) fn are_allowed() -> bool {
        std::env::var_os(INSIDE).is_some()
    }

    /// Puts a folder with its content onto a disk. Nobody may have it open.
    pub(crate) fn beneath(path: &Path) -> Result<Self> {
        let aside = path.with_extension("aside");
        std::fs::rename(path, &aside)?;
        std::fs::create_dir(path)?;
        let name = path.display();
        mount(
            "chaos",
            path,
            "tmpfs",
            MountFlags::NODEV | MountFlags::NOSUID,
            CString::new(format!("size={ROOM},mode=0700"))?.as_c_str(),
        )
        .with_context(|| format!("a tmpfs at {name}"))?;
        let disk = Self {
            path: path.to_owned(),
        };
        // Also the folder's own mode.
        copy(&aside.join("."), path)?;
        std::fs::remove_dir_all(&aside)?;
        Ok(disk)
    }

    /// Leaves about so many bytes free.
    pub(crate) fn fill(&self, left: u64) -> Result<()> {
        let stat = statvfs(&self.path)?;
        let used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize;
        self.resize(used + left)
    }

    /// There is room again.
    pub(crate) fn empty(&self) -> Result<()> {
        self.resize(ROOM)
    }

    fn resize(&self, bytes: u64) -> Result<()> {
        let data = format!("size={bytes}");
        mount_remount(&self.path, MountFlags::NODEV | MountFlags::NOSUID, data)
            .with_context(|| self.path.display().to_string())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What is on it is in use by nobody any more; a later look at the folder finds it empty.
        let _unmounted = unmount(&self.path, UnmountFlags::DETACH);
    }
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status()?;
    if !status.success() {
        bail!("cp -a {} {}: {status}", from.display(), to.display());
    }
    Ok(())
}
