//! The ground under processes: a disk that is full or fails, and a wall clock that is wrong, while
//! they run and when they start.
//!
//! Not here: what a disk may do call by call (`testing/faulty-disk`, the journal's tests). The work is
//! done by a small library (`shim/ground.c`) that the programs of a [`crate::House`] are started with.

use std::fs::File;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use item::Time;
use tempfile::TempDir;

use crate::now;
use crate::programs::{PROGRAMS, program, run};

/// How the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// Well.
    Well = 0,
    /// No write finds space.
    Full = 1,
    /// Nothing can be changed.
    ReadOnly = 2,
    /// The next sync fails, and the one after that reports success.
    SyncFails = 3,
}

/// The ground of some programs of one house.
#[derive(Debug)]
pub struct Ground {
    place: TempDir,
    folder: PathBuf,
    control: File,
}

impl Ground {
    /// Makes a folder with all programs, where those of `on_it` stand on this ground. The disk is
    /// what lies beneath `folder`.
    ///
    /// # Panics
    /// If there is no C compiler, or no room.
    #[must_use]
    pub fn under(on_it: &[&str], folder: &Path) -> Self {
        // Beside the programs, which can then be here too without being copied.
        let beside = program("indicia").parent().unwrap().to_owned();
        let place = tempfile::tempdir_in(beside).unwrap();
        let (shim, control) = (place.path().join("ground.so"), place.path().join("ground"));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/ground.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]);
        run(compiler.arg(&shim).arg(source));
        std::fs::write(&control, [0; 24]).unwrap();
        for name in PROGRAMS {
            let (real, here) = (program(name), place.path().join(name));
            // `indicia` starts the programs that it finds beside itself, so it can be no script.
            if !on_it.contains(&name) || name == "indicia" {
                std::fs::hard_link(real, here).unwrap();
                continue;
            }
            let script = format!(
                "#!/bin/sh\nexec env LD_PRELOAD={} INDICIA_TEST_GROUND={} \
                 INDICIA_TEST_GROUND_FOLDER={} {} \"$@\"\n",
                shim.display(),
                control.display(),
                folder.display(),
                real.display()
            );
            std::fs::write(&here, script).unwrap();
            std::fs::set_permissions(&here, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let folder = folder.to_owned();
        let control = File::options().write(true).open(control).unwrap();
        Self {
            place,
            folder,
            control,
        }
    }

    /// Lets a command of `indicia` stand on it too.
    pub(crate) fn carry(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", self.place.path().join("ground.so"))
            .env("INDICIA_TEST_GROUND", self.place.path().join("ground"))
            .env("INDICIA_TEST_GROUND_FOLDER", &self.folder);
    }

    /// Changes the disk.
    pub fn disk(&self, how: Disk) {
        self.set(2, i64::from(how == Disk::SyncFails));
        self.set(0, how as i64);
    }

    /// Sets the wall clock to this many milliseconds from the right time.
    pub fn wall(&self, from_right: i64) {
        self.set(1, from_right);
    }

    /// Lets the wall clock go on from this time.
    ///
    /// # Panics
    /// In some hundred million years.
    pub fn wall_at(&self, time: Time) {
        self.wall(i64::try_from(time.0).unwrap() - i64::try_from(now().0).unwrap());
    }

    /// A program that stands on it, or not.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn set(&self, field: u64, value: i64) {
        self.control
            .write_all_at(&value.to_ne_bytes(), field * 8)
            .unwrap();
    }
}
