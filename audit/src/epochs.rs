//! Epochs (P3): which the installation opened after its ceremony, as the root signed them. They are
//! learnt before anything else, since later statements are signed with their keys.

use crate::context::Audit;
use crate::{Code, rows};
use item::Mills;
use rusqlite::Connection;
use verify::Installation;

/// What the table of epochs held.
pub(crate) struct Learnt {
    pub(crate) installation: Installation,
    rows: u64,
    /// Place and message of each row that is not believed or differs from its bytes.
    wrong: Vec<(String, String)>,
    damage: rusqlite::Result<()>,
}

/// Learns of every epoch that the root signed.
pub(crate) fn learn(connection: &Connection, installation: Installation) -> Learnt {
    let mut learnt = Learnt {
        installation,
        rows: 0,
        wrong: Vec::new(),
        damage: Ok(()),
    };
    learnt.damage = learnt.read(connection);
    learnt
}

impl Learnt {
    fn read(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare_cached("SELECT epoch, starts, opening FROM epochs ORDER BY epoch")?;
        let mut all = statement.query([])?;
        while let Some(row) = all.next()? {
            self.rows = self.rows.saturating_add(1);
            let place = rows::place("epochs", row, 1);
            let before = self.installation.openings().len();
            let bytes = rows::blob(row, 2).unwrap_or_default();
            if let Err(error) = self.installation.learn(bytes) {
                self.wrong.push((place, error.to_string()));
                continue;
            }
            let newest = self.installation.newest_epoch();
            let copied = self.installation.openings().len() > before
                && rows::unsigned(row, 0) == Some(u64::from(newest.epoch.0))
                && rows::unsigned(row, 1) == Some(newest.starts.0);
            if !copied {
                let message = "the row's columns differ from its opening".to_owned();
                self.wrong.push((place, message));
            }
        }
        Ok(())
    }

    /// Puts what was found into the report.
    pub(crate) fn report(&self, audit: &mut Audit<'_>) {
        audit.report.counts.epochs = self.rows;
        if let Err(error) = &self.damage {
            audit.problem(Code::DatabaseDamaged, "epochs", error, Mills::ZERO);
        }
        for (place, message) in &self.wrong {
            audit.problem(Code::EpochInvalid, place, message, Mills::ZERO);
        }
    }
}
