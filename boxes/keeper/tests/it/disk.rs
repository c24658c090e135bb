//! A folder that can be told to fail.

use journal::disk::{Disk, RealDisk};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) struct Breakable {
    real: RealDisk,
    broken: Arc<AtomicBool>,
}

impl Breakable {
    pub(crate) fn at(folder: &Path, broken: &Arc<AtomicBool>) -> Self {
        Self {
            real: RealDisk::at(folder),
            broken: broken.clone(),
        }
    }

    fn works(&self) -> io::Result<()> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("broken for the test"));
        }
        Ok(())
    }
}

impl Disk for Breakable {
    type File = Arc<File>;
    type Lock = File;

    fn lock(&self, name: &str, create: bool) -> io::Result<Option<File>> {
        self.real.lock(name, create)
    }
    fn list(&self) -> io::Result<Vec<String>> {
        self.real.list()
    }
    fn create(&self, name: &str) -> io::Result<Arc<File>> {
        self.works()?;
        self.real.create(name)
    }
    fn open(&self, name: &str) -> io::Result<Arc<File>> {
        self.real.open(name)
    }
    fn length(&self, file: &Arc<File>) -> io::Result<u64> {
        self.real.length(file)
    }
    fn read(&self, file: &Arc<File>, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.real.read(file, offset, length)
    }
    fn write(&self, file: &Arc<File>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.works()?;
        self.real.write(file, offset, bytes)
    }
    fn blank_bytes(&self) -> usize {
        self.real.blank_bytes()
    }

    fn truncate(&self, file: &Arc<File>, length: u64) -> io::Result<()> {
        self.works()?;
        self.real.truncate(file, length)
    }
    /// The tests end a box, never the machine: nothing has to be durable.
    fn sync(&self, _: &Arc<File>) -> io::Result<()> {
        self.works()
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.works()?;
        self.real.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.works()?;
        self.real.remove(name)
    }
    fn sync_folder(&self) -> io::Result<()> {
        self.works()
    }
}
