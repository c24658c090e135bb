//! Handlers: read the request, call one use case, answer.

pub(crate) mod accounts;
pub(crate) mod acts;
pub(crate) mod addresses;
pub(crate) mod alerts;
pub(crate) mod api_keys;
pub(crate) mod check_batches;
pub(crate) mod checks;
pub(crate) mod envelopes;
pub(crate) mod epochs;
pub(crate) mod headings;
pub(crate) mod items;
pub(crate) mod licences;
pub(crate) mod mailings;
pub(crate) mod meters;
pub(crate) mod own_keys;
pub(crate) mod problems;
pub(crate) mod public;
pub(crate) mod rates;
pub(crate) mod recoveries;
pub(crate) mod restored;
pub(crate) mod sessions;
pub(crate) mod spending;
pub(crate) mod statements;
pub(crate) mod totals;
pub(crate) mod users;
pub(crate) mod voids;
