//! What is true of this engine alone; the contract of every store is `hostile_store::contract`.
