//! The protocol holds in every state of the short settings, and every wrong one is found.

mod holds;
mod wrong;
