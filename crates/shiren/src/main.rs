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
use tracing_subscriber::EnvFilter;

use cli::{Arguments, Command};
use settings::Home;

/// What a command that could not do its work exits with; `verify` has the same for photographs that could not be judged.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Standard output belongs to what a command prints for people or machines; logs go to standard error.
    let filter =
        EnvFilter::try_from_env("SHIREN_LOG").unwrap_or_else(|_| EnvFilter::new("info,rusqlite_migration=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
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
