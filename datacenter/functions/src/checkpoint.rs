//! Checkpoints: signed by the boxes, kept as files outside the database (P8).

use crate::{Centre, Problem};
use box_client::BoxClient;
use item::{BoxKind, Checkpoint, Layout, Signed};
use store::Store;
use wire::{Reply, Request};

impl<S: Store> Centre<S> {
    /// Takes a checkpoint of every box and writes it into the folder.
    ///
    /// # Errors
    /// [`Problem`] of the first box that gives none, or if the folder can not be written.
    pub async fn take_checkpoints(&self) -> Result<usize, Problem> {
        let mut taken = 0;
        for kind in [BoxKind::Auth, BoxKind::Meter, BoxKind::Transaction] {
            for one in self.boxes().of(kind).boxes() {
                self.take_checkpoint(kind, one).await?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Takes a checkpoint of one box and writes it into the folder.
    pub(crate) async fn take_checkpoint(
        &self,
        kind: BoxKind,
        one: &BoxClient,
    ) -> Result<Signed<Checkpoint>, Problem> {
        let signed = match one.ask(Request::Checkpoint(wire::Nothing)).await? {
            Reply::Checkpoint(signed) => signed,
            Reply::Refused(refusal) => return Err(refusal.into()),
            _ => return Err(Problem::internal("no checkpoint")),
        };
        let body = &signed.body;
        // With the state in its name: a box that was put back reaches a sequence again, and must
        // not replace what tells of it.
        let mut state = body.digest.to_string();
        state.truncate(8);
        let name = format!(
            "{}-{}-{}-{state}.checkpoint",
            kind.name().to_lowercase(),
            body.box_id.0,
            body.journal_sequence
        );
        self.write_file(&name, signed.to_bytes()).await?;
        Ok(signed)
    }

    async fn write_file(&self, name: &str, bytes: Vec<u8>) -> Result<(), Problem> {
        let folder = self.inner.setup.checkpoints.clone();
        // A server's own: another one may write the same checkpoint at the same moment.
        let temporary = folder.join(format!("{name}.{}.new", std::process::id()));
        let last = folder.join(name);
        let written = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            let mut file = std::fs::File::create(&temporary)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.sync_all()?;
            std::fs::rename(&temporary, &last)?;
            std::fs::File::open(&folder)?.sync_all()
        })
        .await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "checkpoint");
                Err(Problem::internal("a checkpoint could not be written"))
            }
            Err(_) => Err(Problem::internal("a checkpoint was interrupted")),
        }
    }
}
