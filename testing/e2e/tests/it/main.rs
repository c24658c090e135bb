//! What must hold of the whole (the issues' lists), on real processes. One module a promise.

mod acts;
mod bad_input;
mod demo;
mod money;
mod openapi;
mod raw;
mod symbols;
