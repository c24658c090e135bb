//! Golden vectors of every layout: `formats/item.hex`. Bless with `cargo xtask vectors`.
use crate::*;
