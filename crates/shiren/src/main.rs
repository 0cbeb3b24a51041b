//! `shiren`: the composition root. Reads the command line, puts the rooms together, and decides nothing.

mod annotate;
mod cli;
mod commands;
mod progress;
mod settings;
mod text;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use cli::{Arguments, Command};
use settings::Home;

/// What a command that could not do its work exits with; `verify` has the same for photographs that could not be judged.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Standard output belongs to what a command prints for people or machines; logs go to standard error.
    let level = match std::env::var("SHIREN_LOG") {
        Err(_) => LevelFilter::INFO,
        Ok(name) => match name.parse() {
            Ok(level) => level,
            Err(_) => {
                eprintln!("shiren: SHIREN_LOG is {name:?}, it must be off, error, warn, info, debug or trace");
                return ExitCode::from(FAILED);
            }
        },
    };
    // The migrations speak of each table that they make.
    let filter = Targets::new().with_default(level).with_target("rusqlite_migration", LevelFilter::WARN.min(level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("shiren: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let home = Home::resolve(arguments.home, arguments.assets)?;
    match arguments.command {
        Command::Serve(options) => commands::serve::run(&home, &options).map(|()| ExitCode::SUCCESS),
        Command::Verify(options) => commands::verify::run(&home, &options),
        Command::Keys(action) => commands::keys::run(&home, &action).map(|()| ExitCode::SUCCESS),
        Command::Assets(action) => commands::assets::run(&home, &action).map(|()| ExitCode::SUCCESS),
    }
}
