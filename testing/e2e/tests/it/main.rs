//! What must hold of the whole (the issues' lists), on real processes. One module a promise.

mod acts;
