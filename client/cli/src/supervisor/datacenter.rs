//! The data centre's config file, as this program writes it.

use anyhow::{Context, Result};
use serde::Serialize;

use crate::files;
use crate::folder::{BOX_ID, BOX_KINDS, Folder};
use crate::trust;

#[derive(Serialize)]
struct Config<'a> {
    listen: String,
    database: String,
    transcript: String,
    root_fingerprint: String,
    server_key: String,
    rates: String,
    rates_signature: String,
    checkpoints: String,
    #[serde(rename = "box")]
    boxes: &'a [BoxAddress],
}

/// Where a box is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BoxAddress {
    kind: &'static str,
    id: u16,
    address: String,
}

impl BoxAddress {
    pub(crate) fn new(kind: &'static str, id: u16, address: String) -> Self {
        Self { kind, id, address }
    }

    /// Before the boxes run, nobody knows their ports.
    fn unknown() -> Vec<Self> {
        BOX_KINDS
            .into_iter()
            .map(|kind| Self::new(kind, BOX_ID, "127.0.0.1:0".to_owned()))
            .collect()
    }
}

/// Writes the config: listening on `port` of this machine, with boxes at these addresses (none:
/// not known yet).
pub(crate) fn write_config(folder: &Folder, port: u16, boxes: &[BoxAddress]) -> Result<()> {
    let unknown = BoxAddress::unknown();
    let root = folder
        .path()
        .canonicalize()
        .with_context(|| folder.path().display().to_string())?;
    let absolute = Folder::new(root);
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let config = Config {
        listen: format!("127.0.0.1:{port}"),
        database: text(absolute.database()),
        transcript: text(absolute.transcript()),
        root_fingerprint: trust::read_fingerprint(&absolute.root_fingerprint())?.to_string(),
        server_key: text(absolute.server_key()),
        rates: text(absolute.rates()),
        rates_signature: text(absolute.rates_signature()),
        checkpoints: text(absolute.checkpoints()),
        boxes: if boxes.is_empty() { &unknown } else { boxes },
    };
    let body = toml::to_string(&config)?;
    let content = format!(
        "# Written by `indicia` at each start: addresses and paths follow this folder.\n{body}"
    );
    files::replace(&absolute.datacenter_config(), content.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_holds_what_the_data_centre_reads() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        std::fs::create_dir(folder.public()).unwrap();
        std::fs::write(folder.root_fingerprint(), "ab".repeat(32)).unwrap();
        let boxes = [BoxAddress::new("meter", 1, "127.0.0.1:77".to_owned())];
        write_config(&folder, 8080, &boxes).unwrap();
        let text = std::fs::read_to_string(folder.datacenter_config()).unwrap();
        let value: toml::Table = text.parse().unwrap();
        assert_eq!(value["listen"].as_str(), Some("127.0.0.1:8080"));
        assert_eq!(
            value["root_fingerprint"].as_str(),
            Some("ab".repeat(32).as_str())
        );
        assert_eq!(value["box"][0]["kind"].as_str(), Some("meter"));
        assert_eq!(value["box"][0]["address"].as_str(), Some("127.0.0.1:77"));
        write_config(&folder, 0, &[]).unwrap();
        let text = std::fs::read_to_string(folder.datacenter_config()).unwrap();
        assert_eq!(text.matches("127.0.0.1:0").count(), 5);
    }
}
