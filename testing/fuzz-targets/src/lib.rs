//! What is fuzzed: for each part that reads bytes from outside, one function that takes any bytes
//! and panics if the part breaks a promise.
//!
//! Not here: libFuzzer (`testing/fuzz`), building and running (`cargo xtask fuzz`). The test of this
//! crate runs every seed, and every input that once found something, in the ordinary test run.
//!
//! A decoder is given the bytes as they are. Where signatures or MACs would stop any bytes that a
//! fuzzer makes up, the bytes are a story instead: each byte chooses the next step, made from
//! genuine material of one fixed installation, and what must hold is checked after every step.

mod alter;
mod disk;
mod entropy;
mod house;
mod journal_target;
mod keeper_target;
mod keys_target;
mod layouts;
mod outside_target;
mod vault_target;
mod verify_target;

/// One thing to fuzz.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line and in folders.
    pub name: &'static str,
    /// What it does, in a few words.
    pub about: &'static str,
    /// A decoder of untrusted bytes or a keeper: fuzzed ten minutes in a proof, the rest one.
    pub long: bool,
    /// Longer inputs are not tried.
    pub max_len: usize,
    /// Takes any bytes. Panics if a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs to begin with: they reach deep, and are made, not kept.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "item",
        about: "every layout of boxes/item: no panic, one encoding a value",
        long: true,
        max_len: 4096,
        run: layouts::item,
        seeds: layouts::item_seeds,
    },
    Target {
        name: "wire",
        about: "frames, requests, replies and their bodies: no panic, one encoding a value",
        long: true,
        max_len: 4096,
        run: layouts::wire,
        seeds: layouts::wire_seeds,
    },
    Target {
        name: "verify",
        about: "transcripts, packs, statements, payloads: what opens is what was signed",
        long: true,
        max_len: 512,
        run: verify_target::run,
        seeds: verify_target::seeds,
    },
    Target {
        name: "vault",
        about: "sealed packages, fields, records, unlock files: what opens is what was sealed there",
        long: true,
        max_len: 4096,
        run: vault_target::run,
        seeds: vault_target::seeds,
    },
    Target {
        name: "journal",
        about: "state folders altered at will: what opens is a prefix of the genuine history",
        long: true,
        max_len: 512,
        run: journal_target::run,
        seeds: journal_target::seeds,
    },
    Target {
        name: "keeper_meter",
        about: "a meter box and a hostile caller: V2, no item without its debit, each act once",
        long: true,
        max_len: 2048,
        run: keeper_target::meter,
        seeds: keeper_target::seeds,
    },
    Target {
        name: "keeper_auth",
        about: "an auth box and a hostile caller: no session without the password, ended ones stay so",
        long: true,
        max_len: 2048,
        run: keeper_target::auth,
        seeds: keeper_target::seeds,
    },
    Target {
        name: "keeper_transaction",
        about: "a transaction box and a hostile caller: one chain an account, of genuine decisions",
        long: true,
        max_len: 2048,
        run: keeper_target::transaction,
        seeds: keeper_target::seeds,
    },
    Target {
        name: "keys",
        about: "a keys box and a hostile caller: one serial a request, packs only rise",
        long: true,
        max_len: 512,
        run: keys_target::run,
        seeds: keys_target::seeds,
    },
    Target {
        name: "outside",
        about: "bodies of the API, addresses, ZIPs, rate tables, plans: no panic",
        long: false,
        max_len: 16_384,
        run: outside_target::run,
        seeds: outside_target::seeds,
    },
];

/// Prints a line of the story, if somebody replays one and asked for it.
pub(crate) fn tell(line: impl FnOnce() -> String) {
    static TELLS: std::sync::LazyLock<bool> =
        std::sync::LazyLock::new(|| std::env::var_os("INDICIA_FUZZ_TELL").is_some());
    if *TELLS {
        println!("{}", line());
    }
}
