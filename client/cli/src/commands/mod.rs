//! One file a command: its options, what it does, what it says.

pub(crate) mod accept;
pub(crate) mod act;
pub(crate) mod address;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod check_config;
pub(crate) mod completions;
pub(crate) mod customer;
pub(crate) mod demo;
pub(crate) mod department;
pub(crate) mod doctor;
pub(crate) mod epochs;
pub(crate) mod fund;
pub(crate) mod init;
pub(crate) mod inspect_report;
pub(crate) mod keys;
pub(crate) mod licence;
pub(crate) mod limit;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod meter;
pub(crate) mod own_key;
pub(crate) mod pack;
pub(crate) mod payout;
pub(crate) mod print;
pub(crate) mod rate;
pub(crate) mod rates;
pub(crate) mod recover;
pub(crate) mod refunds;
pub(crate) mod report;
pub(crate) mod signup;
pub(crate) mod statement;
pub(crate) mod status;
pub(crate) mod stocks;
pub(crate) mod totals;
pub(crate) mod up;
pub(crate) mod user;
pub(crate) mod verify;
mod verify_list;
pub(crate) mod void;

use anyhow::Result;

use crate::arguments::{Arguments, Command};
use crate::console::Console;
use crate::context::Context;
use crate::folder::Folder;
use crate::outcome::Outcome;

/// Runs the command of a command line.
pub(crate) async fn run(arguments: Arguments, console: &Console) -> Result<Outcome> {
    let context = Context {
        folder: Folder::new(arguments.folder()),
        console,
        api: arguments.api,
        settings_file: arguments.settings_file,
    };
    let context = &context;
    match arguments.command {
        Command::Init(own) => init::run(context, &own),
        Command::Up(own) => up::run(context, &own).await,
        Command::Signup(own) => signup::run(context, &own).await,
        Command::Login(own) => login::run(context, &own).await,
        Command::Logout(own) => logout::run(context, &own).await,
        Command::Recover(own) => recover::run(context, &own).await,
        Command::Keys(own) => keys::run(context, &own).await,
        Command::User(own) => user::run(context, &own).await,
        Command::Meter(own) => meter::run(context, &own).await,
        Command::InspectReport(own) => inspect_report::run(context, &own).await,
        Command::Department(own) => department::run(context, &own).await,
        Command::Customer(own) => customer::run(context, &own).await,
        Command::Limit(own) => limit::run(context, &own).await,
        Command::Statement(own) => statement::run(context, &own).await,
        Command::Report(own) => report::run(context, &own).await,
        Command::Licence(own) => licence::run(context, own).await,
        Command::Fund(own) => fund::run(context, &own).await,
        Command::Payout(own) => payout::run(context, &own).await,
        Command::Void(own) => void::run(context, &own).await,
        Command::Refunds(own) => refunds::run(context, &own).await,
        Command::Act(own) => act::run(context, own).await,
        Command::Totals(own) => totals::run(context, &own).await,
        Command::Epochs(own) => epochs::run(context, &own).await,
        Command::Rate(own) => rate::run(context, &own).await,
        Command::Rates(own) => rates::run(context, &own),
        Command::Address(own) => address::run(context, &own).await,
        Command::Stocks(own) => stocks::run(context, &own).await,
        Command::Print(own) | Command::Label(own) => print::run(context, &own).await,
        Command::Batch(own) => batch::run(context, &own).await,
        Command::Verify(own) => verify::run(context, &own).await,
        Command::Accept(own) => accept::run(context, &own).await,
        Command::Pack(own) => pack::run(context, &own).await,
        Command::Audit(own) => audit::run(context, &own).await,
        Command::Alerts(own) => alerts::run(context, &own).await,
        Command::Status(own) => status::run(context, &own).await,
        Command::Doctor(own) => doctor::run(context, &own).await,
        Command::CheckConfig(own) => check_config::run(context, &own),
        Command::Completions(own) => Ok(completions::run(&own)),
        Command::Demo(own) => demo::run(context, &own).await,
    }
}
