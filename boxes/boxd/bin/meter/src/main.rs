//! The meter box: the shell, the engine, and one rule set.

use boxd::{ENROLL, INIT, Opened, Program, SERVE};
use item::BoxKind;
use keeper::Keeper;
use meter::MeterRules;
use std::process::ExitCode;

fn main() -> ExitCode {
    Program {
        kind: BoxKind::Meter,
        commands: &[ENROLL, INIT, SERVE],
        init: Keeper::<MeterRules>::init,
        open: |state, keys, now, entropy| {
            Keeper::open(state, keys, now, entropy, MeterRules::new)
                .map(|keeper| Opened::new(keeper, Keeper::ground))
        },
        ceremony: |_| Err("only the keys box holds a ceremony".to_owned()),
    }
    .main()
}
