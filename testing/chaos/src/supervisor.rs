//! `indicia up`, killed: its processes are tethered to it, end by themselves, and the next one finds
//! everything as it was. Runs in the house that the storm has left.

use anyhow::{Context, Result, bail};
use e2e::{House, KINDS, PASSWORD, letter};
use sdk::Client;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::clock::now;

/// For processes to notice that nobody runs them any more.
const END_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// What came of it: until all processes had ended, and until the next `indicia up` was ready.
pub(crate) struct Killed {
    pub(crate) ended: Duration,
    pub(crate) ready: Duration,
}

/// Kills `indicia up` while it serves a customer, and starts another.
pub(crate) async fn kill(house: &mut House, login: &str, meter: u32) -> Result<Killed> {
    house.up();
    let client = house.client();
    client.sign_on(login, PASSWORD).await?;
    let first = client.dispense(meter, &letter(), "before-the-kill").await?;
    let processes: Vec<PathBuf> = KINDS
        .into_iter()
        .chain(["datacenter"])
        .map(|name| {
            let pid = house.pid(name).with_context(|| name.to_owned())?;
            Ok(PathBuf::from(format!("/proc/{pid}/exe")))
        })
        .collect::<Result<_>>()?;
    let asked = {
        let client = client_of(house, &client)?;
        tokio::spawn(async move { client.dispense(meter, &letter(), "during-the-kill").await })
    };
    let begun = now();
    house.kill_supervisor();
    wait_for_end(&processes, begun).await?;
    let ended = now() - begun;
    // Whatever it got: the same key says it again.
    asked.abort();
    let begun = now();
    house.up();
    let ready = now() - begun;
    let client = client_of(house, &client)?;
    let again = client.dispense(meter, &letter(), "before-the-kill").await?;
    if again.payload != first.payload {
        bail!("before the kill {first:?}, after it {again:?}");
    }
    client.dispense(meter, &letter(), "during-the-kill").await?;
    house.stop();
    Ok(Killed { ended, ready })
}

fn client_of(house: &House, old: &Client) -> Result<Client> {
    let client = house.client();
    client.set_session(old.session());
    Ok(client)
}

/// A process that has ended, reaped or not, has no program any more.
async fn wait_for_end(processes: &[PathBuf], begun: Instant) -> Result<()> {
    while let Some(left) = processes.iter().find(|p| std::fs::read_link(p).is_ok()) {
        if now() - begun > END_TIMEOUT {
            bail!(
                "{} is there still, its supervisor was killed",
                left.display()
            );
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
