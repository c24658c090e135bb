//! The installation folder: where everything is. Not here: what is in the files.
//!
//! ```text
//! ceremony/    ceremony.conf and the boxes' sealed packages
//! public/      transcript, root fingerprint, signed rate table: for everybody
//! keys/        signing keys of people, the server's channel key      } would be on
//! unlock/      the boxes' unlock keys                                } different machines
//! boxes/       sealed state of each box                              } outside a demo
//! data/        the data centre's database
//! checkpoints/ signed checkpoints, kept outside the database
//! treasury/    the ledger of payments
//! totals/      sheets of daily totals, as the reporter signed them
//! verifier/    the verifier's log and packs
//! run/         logs and, while it runs, ports.json
//! ```

use std::path::{Path, PathBuf};

/// The four kinds of box, in the order in which they start: name as in file names and configs.
pub(crate) const BOX_KINDS: [&str; 4] = ["keys", "auth", "meter", "transaction"];

/// Number of each box: a demo or small installation has one of each kind.
pub(crate) const BOX_ID: u16 = 1;

/// An installation folder. It need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

macro_rules! places {
    ($($(#[$meta:meta])* $name:ident = $path:literal;)*) => {
        impl Folder {
            $($(#[$meta])* pub(crate) fn $name(&self) -> PathBuf { self.0.join($path) })*
        }
    };
}

places! {
    keys = "keys";
    operator_key = "keys/operator.key";
    treasury_key = "keys/treasury.key";
    refunder_key = "keys/refunder.key";
    verifier_key = "keys/verifier.key";
    rates_key = "keys/rates.key";
    reporter_key = "keys/reporter.key";
    /// Of a customer, who signs applications with it.
    customer_key = "keys/customer.key";
    post_key = "keys/post.key";
    server_key = "keys/server.key";
    unlock = "unlock";
    boxes = "boxes";
    ceremony = "ceremony";
    ceremony_config = "ceremony/ceremony.conf";
    public = "public";
    transcript = "public/transcript.bin";
    root_fingerprint = "public/root.fingerprint";
    rates = "public/rates.toml";
    rates_signature = "public/rates.sig";
    data = "data";
    database = "data/indicia.sqlite";
    checkpoints = "checkpoints";
    run = "run";
    ports = "run/ports.json";
    treasury = "treasury";
    ledger = "treasury/ledger";
    totals = "totals";
    verifier = "verifier";
    scan_log = "verifier/scans.log";
    /// A sighting that the data centre has not answered yet.
    pending_scan = "verifier/pending.json";
    latest_pack = "verifier/latest.pack";
    /// Highest sequence of a pack seen here.
    pack_sequence = "verifier/pack.sequence";
    session = "session.json";
    datacenter_config = "datacenter.toml";
    /// Says that a demonstration made the folder, and may remove it.
    demo_marker = ".indicia-demo";
}

impl Folder {
    /// The folder at `path`.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Key file that unlocks a box.
    pub(crate) fn unlock_key(&self, kind: &str) -> PathBuf {
        self.unlock().join(format!("{kind}.key"))
    }

    /// An act that pays a meter out, until the ledger has booked it.
    pub(crate) fn pending_payout(&self, meter: u32) -> PathBuf {
        self.treasury().join(format!("payout-{meter}.act"))
    }

    /// State folder of a box.
    pub(crate) fn box_state(&self, kind: &str) -> PathBuf {
        self.boxes().join(kind)
    }

    /// Sealed package of a box, from the ceremony.
    pub(crate) fn package(&self, kind: &str) -> PathBuf {
        self.ceremony()
            .join(format!("packages/{kind}-{BOX_ID}.package"))
    }

    /// Log of a process.
    pub(crate) fn log(&self, process: &str) -> PathBuf {
        self.run().join(format!("{process}.log"))
    }
}
