//! What must hold of the whole (the issues' lists), on real processes. One module a promise.

mod acts;
mod bad_input;
mod demo;
mod every_byte;
mod held;
mod idempotency;
mod image;
mod lies;
mod logs;
mod memory;
mod money;
mod openapi;
mod put_back;
mod raw;
mod secrets;
mod sessions;
mod stop;
mod symbols;
mod tamper;
