//! The keys box: the shell, its service, and the ceremony.

mod ceremony;

use boxd::{CEREMONY, ENROLL, INIT, Opened, Program, SERVE};
use item::BoxKind;
use keys::KeysBox;
use std::process::ExitCode;

fn main() -> ExitCode {
    Program {
        kind: BoxKind::Keys,
        commands: &[ENROLL, CEREMONY, INIT, SERVE],
        init: KeysBox::init,
        open: |state, keys, now, entropy| {
            KeysBox::open(state, keys, now, entropy)
                .map(|keys_box| Opened::new(keys_box, KeysBox::ground))
        },
        ceremony: ceremony::hold,
    }
    .main()
}
