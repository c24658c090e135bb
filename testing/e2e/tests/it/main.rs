//! What must hold of the whole (the issues' lists), on real processes. One module a promise.

mod acts;
mod bad_input;
mod check_batches;
mod demo;
mod every_byte;
mod flood;
mod hang_up;
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
mod recovery;
mod restored;
mod scans;
mod secrets;
mod sessions;
mod siege;
mod stop;
mod symbols;
mod tamper;
