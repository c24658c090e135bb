//! The configuration of a data-centre process. Unknown keys are refused; secrets are paths.

use anyhow::{Context, Result, bail};
use item::{BoxId, BoxKind, Digest};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the API; a loopback address (put a TLS proxy in front). Port 0 for any.
    pub listen: SocketAddr,
    /// SQLite file.
    pub database: PathBuf,
    /// The ceremony's signed transcript.
    pub transcript: PathBuf,
    /// Root fingerprint, as everybody at the ceremony wrote it down: 64 hex digits.
    pub root_fingerprint: String,
    /// This server's channel key: a signing-key file, mode 0600.
    pub server_key: PathBuf,
    /// Rate table.
    pub rates: PathBuf,
    /// Its signature by an enrolled rate signer: 64 bytes.
    pub rates_signature: PathBuf,
    /// Folder of checkpoints, outside the database.
    pub checkpoints: PathBuf,
    /// Where the boxes listen.
    #[serde(rename = "box")]
    pub boxes: Vec<BoxConfig>,
}

/// One box.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxConfig {
    /// `keys`, `auth`, `meter` or `transaction`.
    pub kind: String,
    /// Number among its kind.
    pub id: u16,
    /// Loopback address.
    pub address: SocketAddr,
}

impl BoxConfig {
    /// Its kind.
    ///
    /// # Errors
    /// If there is no such kind.
    pub fn kind(&self) -> Result<BoxKind> {
        BoxKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.name().eq_ignore_ascii_case(&self.kind))
            .with_context(|| format!("`{}` is no kind of box", self.kind))
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> BoxId {
        BoxId(self.id)
    }
}

impl Config {
    /// Reads and checks the file. Relative paths in it start at its own folder.
    ///
    /// # Errors
    /// What is wrong, with the file's name.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("configuration {}", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("configuration {}", path.display()))?;
        if !config.listen.ip().is_loopback() {
            bail!(
                "`listen` is {}: this process speaks plain HTTP, so it listens on loopback only; \
                 put a TLS proxy in front",
                config.listen
            );
        }
        let base = path.parent().unwrap_or(Path::new("."));
        for path in [
            &mut config.database,
            &mut config.transcript,
            &mut config.server_key,
            &mut config.rates,
            &mut config.rates_signature,
            &mut config.checkpoints,
        ] {
            *path = base.join(&path);
        }
        config.fingerprint()?;
        Ok(config)
    }

    /// The pinned root fingerprint.
    ///
    /// # Errors
    /// If it is not 64 hex digits.
    pub fn fingerprint(&self) -> Result<Digest> {
        Digest::from_hex(self.root_fingerprint.trim())
            .context("`root_fingerprint` is not 64 lower-case hex digits")
    }
}
