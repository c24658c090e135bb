//! What this folder pins: the root fingerprint, and the transcript and epochs that it vouches for.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use item::Digest;
use sdk::Client;
use verify::Installation;

use crate::files;
use crate::folder::Folder;

/// Bytes of a transcript: more certificates than it can hold are not one.
const TRANSCRIPT_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a fingerprint file: 64 digits and a line end.
const FINGERPRINT_BYTES_MAX: u64 = 66;

/// A transcript under a pinned fingerprint.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) installation: Installation,
    pub(crate) root: Digest,
}

impl Trust {
    /// The folder's own.
    pub(crate) fn of_folder(folder: &Folder) -> Result<Self> {
        let root = read_fingerprint(&folder.root_fingerprint()).with_context(|| {
            format!(
                "{} is no installation folder (make one with `indicia init`)",
                folder.path().display()
            )
        })?;
        Self::open(&folder.transcript(), root)
    }

    /// A transcript from elsewhere, and the fingerprint that the caller knows; each is the folder's
    /// if it is not given.
    pub(crate) fn chosen(
        folder: &Folder,
        transcript: Option<PathBuf>,
        root: Option<Digest>,
    ) -> Result<Self> {
        let root = match root {
            Some(root) => root,
            None => read_fingerprint(&folder.root_fingerprint())
                .context("no root fingerprint is pinned here: give it with --root")?,
        };
        Self::open(&transcript.unwrap_or_else(|| folder.transcript()), root)
    }

    /// With the epochs that the data centre names, each checked against the root. One that it leaves
    /// out only keeps later statements of its boxes from being believed.
    pub(crate) async fn with_epochs(mut self, client: &Client) -> Result<Self> {
        for epoch in client.epochs().await? {
            let Some(opening) = epoch.opening else {
                continue;
            };
            self.installation
                .learn(&sdk::decode(&opening)?)
                .with_context(|| {
                    format!("epoch {} of the data centre: not believed", epoch.epoch)
                })?;
        }
        Ok(self)
    }

    fn open(path: &Path, root: Digest) -> Result<Self> {
        let bytes = files::read_limited(path, TRANSCRIPT_BYTES_MAX)?;
        let installation = Installation::open(&bytes, &root)
            .with_context(|| format!("{}: not believed", path.display()))?;
        Ok(Self { installation, root })
    }
}

/// A root fingerprint out of its file.
pub(crate) fn read_fingerprint(path: &Path) -> Result<Digest> {
    let bytes = files::read_limited(path, FINGERPRINT_BYTES_MAX)?;
    std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| Digest::from_hex(text.trim_end()))
        .with_context(|| format!("{}: not 64 lower-case hex digits", path.display()))
}

/// For `--root` on the command line.
pub(crate) fn parse_fingerprint(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text).ok_or_else(|| "a fingerprint is 64 lower-case hex digits".to_owned())
}
