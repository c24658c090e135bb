//! The data centre and its boxes, if they run.

use item::Time;
use sdk::api::{BoxHealth, Health};

use super::Finding;
use crate::clock;
use crate::commands::pack;
use crate::context::Context;
use crate::trust::Trust;

/// Clocks may differ so much: the window in which operators' signed questions are taken.
const CLOCKS_MS: u64 = 5 * 60_000;
/// A pack is made anew after an hour at the latest.
const PACK_MS: u64 = 3_600_000;

pub(super) async fn look(context: &Context<'_>) -> Vec<Finding> {
    let start = format!("indicia up --dir {}", context.folder.path().display());
    let client = match context.client() {
        Ok(client) => client,
        Err(error) => return vec![Finding::warning("running", format!("{error:#}"), start)],
    };
    let health = match client.health().await {
        Ok(health) => health,
        Err(error) => {
            let says = format!("{} does not answer: {error}", client.base());
            return vec![Finding::wrong("running", says, start)];
        }
    };
    let mut findings = vec![Finding::good("running", client.base().to_owned())];
    findings.extend(health.boxes.iter().map(one_box));
    findings.push(writing(&health));
    if let Ok(trust) = Trust::of_folder(&context.folder) {
        let fetched = client.latest_pack().await;
        let opened = fetched.map_err(anyhow::Error::from).and_then(|fetched| {
            let bytes = sdk::decode(&fetched.pack)?;
            pack::open(&bytes, &trust)
        });
        findings.push(match opened {
            Ok(pack) => clocks(pack.body().issued, clock::now()),
            Err(error) => Finding::wrong(
                "clocks",
                format!("they can not be compared: {error:#}"),
                "read run/keys.log",
            ),
        });
    }
    findings
}

fn one_box(one: &BoxHealth) -> Finding {
    let check = match one.kind.as_str() {
        "keys" => "keys box",
        "auth" => "auth box",
        "meter" => "meter box",
        "transaction" => "transaction",
        _ => "box",
    };
    let kind = &one.kind;
    let says = format!("{}, {} open decisions", one.status, one.open);
    match one.status.as_str() {
        "ok" => Finding::good(check, says),
        "clock-doubtful" => Finding::wrong(
            check,
            says,
            format!("set the clock right, then `indicia act confirm-time --box {kind}`"),
        ),
        "latched" => Finding::wrong(check, says, "read docs/runbooks/box-put-back.md"),
        _ => Finding::wrong(
            check,
            says,
            format!("read run/{kind}.log and docs/runbooks/README.md"),
        ),
    }
}

fn writing(health: &Health) -> Finding {
    match health.database.as_str() {
        "ok" => Finding::good("writing", "the last write to the database went well"),
        why => Finding::wrong(
            "writing",
            format!("the database can not be written: {why}"),
            "docs/runbooks/disk.md",
        ),
    }
}

/// A pack is dated by the keys box: at most an hour ago, and never later than now.
fn clocks(issued: Time, now: Time) -> Finding {
    let ahead = issued.0.saturating_sub(now.0);
    let behind = now.0.saturating_sub(issued.0);
    let away = if ahead > CLOCKS_MS {
        Some(ahead)
    } else if behind > PACK_MS + CLOCKS_MS {
        Some(behind)
    } else {
        None
    };
    match away {
        None => Finding::good("clocks", "this machine's and the keys box's agree"),
        Some(away) => Finding::wrong(
            "clocks",
            format!(
                "this machine's and the keys box's differ by {} minutes",
                away / 60_000
            ),
            "set the clocks by NTP; docs/runbooks/clock.md",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn clocks_may_differ_a_little_and_a_pack_may_be_an_hour_old() {
        let now = Time(100 * PACK_MS);
        for (issued, state) in [
            (now.0, State::Good),
            (now.0 - PACK_MS, State::Good),
            (now.0 + CLOCKS_MS, State::Good),
            (now.0 + CLOCKS_MS + 1, State::Wrong),
            (now.0 - PACK_MS - CLOCKS_MS - 1, State::Wrong),
        ] {
            assert_eq!(clocks(Time(issued), now).state, state, "{issued}");
        }
    }

    #[test]
    fn a_box_that_is_not_well_says_what_to_do() {
        for status in ["ok", "latched", "clock-doubtful", "unreachable"] {
            let finding = one_box(&BoxHealth {
                kind: "meter".to_owned(),
                status: status.to_owned(),
                open: 0,
                act_sequence: 0,
                epoch: 202_611,
                newest_epoch: 202_611,
            });
            assert_eq!(finding.advice.is_none(), status == "ok", "{finding:?}");
        }
    }
}
