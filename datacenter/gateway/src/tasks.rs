//! What a server does beside answering: acknowledge, recover, checkpoint, keep epochs.

use crate::App;
use std::time::Duration;
use tokio::task::JoinSet;

/// Between two acknowledgements of what was written.
const ACKNOWLEDGE: Duration = Duration::from_millis(100);
/// Between two looks for what was not.
const RECOVER: Duration = Duration::from_secs(3);
/// Between two checkpoints (P8: daily).
const CHECKPOINT: Duration = Duration::from_secs(24 * 3600);
/// After one that failed: a box that was away for a moment costs no day.
const CHECKPOINT_AGAIN: Duration = Duration::from_secs(60);

/// Between two looks for epochs that another server stored, and for boxes that lack keys.
const EPOCHS: Duration = Duration::from_secs(3);
/// Looks after which every box is asked again: one may have been put back.
const DOUBT_AFTER: u32 = 20;

/// Starts all of them. None ends by itself; they end with the set.
pub(crate) fn start(app: &App) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let centre = app.clone();
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(ACKNOWLEDGE).await;
            if let Err(problem) = centre.acknowledge().await {
                tracing::warn!(%problem, "acknowledging");
            }
        }
    });
    let centre = app.clone();
    tasks.spawn(async move {
        loop {
            match centre.recover().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "open decisions written"),
                Err(problem) => tracing::warn!(%problem, "recovery"),
            }
            tokio::time::sleep(RECOVER).await;
        }
    });
    let centre = app.clone();
    tasks.spawn(async move {
        loop {
            let pause = match centre.take_checkpoints().await {
                Ok(_) => CHECKPOINT,
                Err(problem) => {
                    tracing::warn!(%problem, "checkpoint");
                    CHECKPOINT_AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    });
    let centre = app.clone();
    tasks.spawn(async move {
        for look in (0..DOUBT_AFTER).cycle() {
            // The keys box is asked rarely: whoever hands in the act asks it at once.
            if let Err(problem) = centre.look_after_epochs(look == 0).await {
                tracing::warn!(%problem, "epochs");
            }
            tokio::time::sleep(EPOCHS).await;
        }
    });
    tasks
}

/// The last things before a clean stop.
pub(crate) async fn finish(app: &App) {
    for outcome in [
        app.recover().await.map(|_| ()),
        app.acknowledge().await.map(|_| ()),
        app.take_checkpoints().await.map(|_| ()),
    ] {
        if let Err(problem) = outcome {
            tracing::warn!(%problem, "stopping");
        }
    }
}
