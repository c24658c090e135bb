//! Epochs of keys, and what records name them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The epochs of an installation's keys, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Epochs {
    /// All of them.
    pub epochs: Vec<Epoch>,
}

/// One epoch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Epoch {
    /// Month that names it, YYYYMM.
    pub epoch: u32,
    /// The one before; itself for the first.
    pub previous: u32,
    /// From when it is in force, RFC 3339, UTC.
    pub starts: String,
    /// The root's signed opening with its certificates, base64; absent for the first, which the
    /// transcript holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
}

/// How many records name each epoch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecordEpochs {
    /// By kind and epoch.
    pub records: Vec<RecordEpoch>,
}

/// Records of one kind that name one epoch.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecordEpoch {
    /// Kind of box that keeps them: `auth` users, `meter` meters, `transaction` chains.
    pub kind: String,
    /// The epoch, YYYYMM.
    pub epoch: u32,
    /// How many.
    pub records: u64,
}
