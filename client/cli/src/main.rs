//! `indicia`: the program of everybody but the boxes. It sets up an installation, runs it, and
//! speaks to it as mailer, operator, treasurer, verifier or auditor.
//!
//! Not here: any rule about value (the boxes), any record (the data centre), any secret key but
//! those that `signer` holds for the person who calls. Each command is a file in `commands`; what
//! several of them need stands beside this file.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod address;
mod amount;
mod arguments;
mod booking;
mod books;
mod clock;
mod commands;
mod console;
mod context;
mod drawing;
mod errors;
mod files;
mod findings;
mod folder;
mod headings;
mod identity;
mod mailing_list;
mod outcome;
mod password;
mod payload_list;
mod piece;
mod programs;
mod reading;
mod scale;
mod settings;
mod signals;
mod supervisor;
mod trust;

use std::process::ExitCode;

use arguments::Arguments;
use console::Console;

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let json = std::env::args_os().any(|word| word == "--json");
            Console::new(json).error(&error);
            return ExitCode::from(outcome::REFUSED);
        }
    };
    let console = Console::new(arguments.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(arguments, &console)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            console.error(&error);
            ExitCode::from(outcome::REFUSED)
        }
    }
}
