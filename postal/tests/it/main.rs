//! Tests through the public interface: golden vectors of each standard, and comparison with programs that
//! know nothing of us.

mod s10;
