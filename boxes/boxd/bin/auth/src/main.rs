//! The auth box: the shell, the engine, and one rule set.

use auth::AuthRules;
use boxd::{ENROLL, INIT, Opened, Program, SERVE};
use item::BoxKind;
use keeper::Keeper;
use std::process::ExitCode;

fn main() -> ExitCode {
    Program {
        kind: BoxKind::Auth,
        commands: &[ENROLL, INIT, SERVE],
        init: Keeper::<AuthRules>::init,
        open: |state, keys, now, entropy| {
            Keeper::open(state, keys, now, entropy, AuthRules::new)
                .map(|keeper| Opened::new(keeper, Keeper::ground))
        },
        ceremony: |_| Err("only the keys box holds a ceremony".to_owned()),
    }
    .main()
}
