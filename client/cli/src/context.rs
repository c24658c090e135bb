//! What a command needs to reach the data centre: where it is and who is logged in.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use item::Mills;
use sdk::Client;
use sdk::api::{Meter, Session};
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::commands::own_key;
use crate::console::Console;
use crate::files;
use crate::folder::Folder;
use crate::supervisor::Ports;

/// Environment variable with an API key that is used instead of any session. Never the command line,
/// which other users of the machine can read.
const API_KEY: &str = "INDICIA_API_KEY";

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) folder: Folder,
    pub(crate) console: &'a Console,
    /// `--api`.
    pub(crate) api: Option<String>,
    /// The file of settings, if there is one.
    pub(crate) settings_file: Option<PathBuf>,
}

/// A session as it is kept between two commands.
#[derive(Serialize, Deserialize)]
struct KeptSession {
    api: String,
    session: Session,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<KeptKey>,
}

/// Which key of the user's own signs later orders.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptKey {
    pub(crate) file: PathBuf,
    pub(crate) at_most_mills: u64,
}

impl Context<'_> {
    /// A client of the data centre, nobody logged in.
    pub(crate) fn client(&self) -> Result<Client> {
        let base = match &self.api {
            Some(api) => api.clone(),
            None => self.running_api()?,
        };
        Ok(Client::new(&base)?)
    }

    /// A client with the API key of the environment, or the session that `login` kept.
    pub(crate) fn client_with_session(&self) -> Result<Client> {
        let client = self.client()?;
        if let Ok(key) = std::env::var(API_KEY) {
            return Ok(Client::with_api_key(client.base(), &key)?);
        }
        if let Some(kept) = self.kept()? {
            // A session opens the account: an address that was named by hand only gets its own.
            if self.api.is_none() || kept.api == client.base() {
                client.set_session(Some(kept.session));
                if let Some(key) = kept.key {
                    let most = Amount(Mills(key.at_most_mills));
                    return own_key::signing(self, client, &key.file, most);
                }
            }
        }
        Ok(client)
    }

    fn kept(&self) -> Result<Option<KeptSession>> {
        let path = self.folder.session();
        let Some(content) = files::read_if_there(&path)? else {
            return Ok(None);
        };
        let kept = serde_json::from_slice(&content);
        kept.with_context(|| path.display().to_string()).map(Some)
    }

    /// Keeps the client's session for the next command, or forgets it if it has none.
    pub(crate) fn keep_session(&self, client: &Client) -> Result<()> {
        let key = match client.own_key() {
            Some(_) => self.kept()?.and_then(|kept| kept.key),
            None => None,
        };
        self.keep_session_of(client, key)
    }

    /// The same, with the key that signs later orders.
    pub(crate) fn keep_session_of(&self, client: &Client, key: Option<KeptKey>) -> Result<()> {
        if std::env::var(API_KEY).is_ok() {
            // A program's call leaves a person's session alone.
            return Ok(());
        }
        let path = self.folder.session();
        let Some(session) = client.session() else {
            return files::remove_if_there(&path);
        };
        let kept = KeptSession {
            api: client.base().to_owned(),
            session,
            key,
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        files::replace_private(&path, &serde_json::to_vec(&kept)?)
    }

    fn running_api(&self) -> Result<String> {
        match Ports::read(&self.folder)?.and_then(|ports| ports.api) {
            Some(api) => Ok(api),
            None => bail!(
                "no data centre runs from {}: start it with `indicia up --dir {0}`, or name one \
                 with --api URL",
                self.folder.path().display()
            ),
        }
    }
}

/// The meter that was named, or the account's only one.
pub(crate) async fn choose_meter(client: &Client, named: Option<u32>) -> Result<Meter> {
    if let Some(serial) = named {
        return Ok(client.meter(serial).await?);
    }
    let mut meters = client.all_meters().await?;
    match (meters.pop(), meters.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => bail!("the account has no meter"),
        (Some(last), more) => {
            let serials: Vec<String> = meters
                .iter()
                .chain([&last])
                .take(10)
                .map(|meter| meter.serial.to_string())
                .collect();
            bail!(
                "the account has {} meters: choose one with --meter, for example {}",
                more + 1,
                serials.join(", ")
            )
        }
    }
}
