//! Signing one act and handing it in.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use item::{
    Act, ActBody, BoxKind, Digest, InstallationId, Layout, MeterSerial, MultiSigned, Subject, Time,
    Version,
};
use sdk::api::{Decided, Meter, Remembered};
use sdk::{Client, record_path};
use signer::{SigningKey, sign_act};

use crate::clock;
use crate::folder::{BOX_ID, Folder};
use crate::identity;
use crate::trust::Trust;

/// How long an act may be shown to the box, milliseconds: an hour.
const VALID_MS: u64 = 3_600_000;

/// Whom an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Meter(u32),
    /// A record that may be older than its box knows, or that no meter endpoint shows.
    Record(BoxKind, Subject),
    Box(BoxKind),
}

/// Operators with their keys, for one installation.
#[derive(Debug)]
pub(crate) struct Operators {
    installation: InstallationId,
    keys: Vec<SigningKey>,
}

impl Operators {
    /// Their keys out of these files, or the folder's own.
    pub(crate) fn open(folder: &Folder, keys: &[PathBuf]) -> Result<Self> {
        let trust = Trust::of_folder(folder)?;
        Ok(Self {
            installation: trust.installation.transcript().installation,
            keys: identity::load_keys(keys, &folder.operator_key())?,
        })
    }

    /// Which data centre they order in.
    pub(crate) fn installation(&self) -> InstallationId {
        self.installation
    }

    /// Their keys.
    pub(crate) fn keys(&self) -> Vec<&SigningKey> {
        self.keys.iter().collect()
    }

    /// `Authorization` header of a question about this path.
    pub(crate) fn header(&self, path: &str) -> Result<String> {
        let key = self.keys.first().context("no operator key")?;
        Ok(identity::query(key, path, clock::now()))
    }

    /// Signs the subject's next act and hands it in.
    pub(crate) async fn order(
        &self,
        client: &Client,
        target: Target,
        body: ActBody,
    ) -> Result<Decided> {
        Ok(self.order_named(client, target, body).await?.1)
    }

    /// The same; also the digest of the act.
    pub(crate) async fn order_named(
        &self,
        client: &Client,
        target: Target,
        body: ActBody,
    ) -> Result<(Digest, Decided)> {
        let bytes = self.sign(client, target, body).await?.to_bytes();
        let digest = verify::statement_digest(&bytes);
        let decided = client.act(&bytes, &format!("act-{digest}")).await?;
        Ok((digest, decided))
    }

    /// Signs the subject's next act, and keeps it.
    pub(crate) async fn sign(
        &self,
        client: &Client,
        target: Target,
        body: ActBody,
    ) -> Result<MultiSigned<Act>> {
        let now = clock::now();
        let used = self.sequence_used(client, target).await?;
        let (box_kind, subject) = subject_of(target);
        let act = Act {
            version: Version,
            installation: self.installation,
            box_kind,
            subject,
            sequence: used.checked_add(1).context("no sequence is left")?,
            issued: now,
            expires: Time(now.0.saturating_add(VALID_MS)),
            body,
        };
        Ok(sign_act(act, &self.keys.iter().collect::<Vec<_>>())?)
    }

    /// What the box of this kind remembers of a record, asked in an operator's name.
    pub(crate) async fn recall(
        &self,
        client: &Client,
        kind: BoxKind,
        subject: Subject,
    ) -> Result<Remembered> {
        let key = self.keys.first().context("no operator key")?;
        let path = record_path(&kind.name().to_lowercase(), &subject.to_string());
        let header = identity::query(key, &path, clock::now());
        Ok(client.recall(&path, &header).await?)
    }

    /// A meter, read in an operator's name.
    pub(crate) async fn meter(&self, client: &Client, serial: u32) -> Result<Meter> {
        let key = self.keys.first().context("no operator key")?;
        let header = identity::meter_query(key, serial, clock::now());
        Ok(client.meter_for_operator(serial, &header).await?)
    }

    /// Number of the last act that the subject has used.
    async fn sequence_used(&self, client: &Client, target: Target) -> Result<u64> {
        match target {
            Target::Meter(serial) => Ok(self.meter(client, serial).await?.act_sequence),
            Target::Record(kind, subject) => {
                Ok(self.recall(client, kind, subject).await?.act_sequence)
            }
            Target::Box(kind) => {
                let health = client.health().await?;
                health
                    .boxes
                    .iter()
                    .find(|one| one.kind.eq_ignore_ascii_case(kind.name()))
                    .map(|one| one.act_sequence)
                    .with_context(|| format!("the data centre names no {} box", kind.name()))
            }
        }
    }
}

/// A box's own subject is zero but for its number, high byte last.
fn subject_of(target: Target) -> (BoxKind, Subject) {
    match target {
        Target::Meter(serial) => (BoxKind::Meter, MeterSerial(serial).subject()),
        Target::Record(kind, subject) => (kind, subject),
        Target::Box(kind) => {
            let mut subject = Subject::ZERO;
            let [.., low, high] = &mut subject.0;
            [*low, *high] = BOX_ID.to_le_bytes();
            (kind, subject)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_zero_but_for_its_number() {
        let (kind, subject) = subject_of(Target::Box(BoxKind::Auth));
        assert_eq!(kind, BoxKind::Auth);
        assert_eq!(subject.to_string(), format!("{}0100", "00".repeat(14)));
    }
}
