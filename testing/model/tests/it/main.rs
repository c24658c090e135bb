//! The protocol holds in every state of the short settings, every wrong one is found, and the real
//! code goes the same way as the model.

mod holds;
mod real;
mod wrong;
