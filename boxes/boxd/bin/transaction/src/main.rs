//! The transaction box: the shell, the engine, and one rule set.

use boxd::{ENROLL, INIT, Opened, Program, SERVE};
use item::BoxKind;
use keeper::Keeper;
use std::process::ExitCode;
use transaction::TransactionRules;

fn main() -> ExitCode {
    Program {
        kind: BoxKind::Transaction,
        commands: &[ENROLL, INIT, SERVE],
        init: Keeper::<TransactionRules>::init,
        open: |state, keys, now, entropy| {
            Keeper::open(state, keys, now, entropy, TransactionRules::new)
                .map(|keeper| Opened::new(keeper, Keeper::ground))
        },
        ceremony: |_| Err("only the keys box holds a ceremony".to_owned()),
    }
    .main()
}
