//! The `gleaner` command.
//!
//! Invariant: no logic of its own; it reads the command line, asks the oracle, or starts itself once per measurement, and prints.
#![forbid(unsafe_code)]

mod compare;
mod input;
mod judge;
mod options;
mod output;
mod replay;
mod run;
mod scripts;
mod shrink;
mod stress;
mod trace;

use std::process::ExitCode;

use anyhow::Error;
use clap::Parser;
use clap::error::ErrorKind;
use options::{Cli, Command};

/// The command runs on the allocator that it tests.
#[global_allocator]
static ALLOCATOR: gleaner_allocator::Gleaner = gleaner_allocator::Gleaner;

/// What a command found; failures are errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Exit 0.
    Well,
    /// Machines part, or a check failed: exit 1.
    Failed,
    /// What a script ended with.
    Exit(u8),
}

/// Bad usage or bad input.
const BAD_INPUT: u8 = 2;

fn main() -> ExitCode {
    let verdict = match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            output::print(&error.to_string()).map(|()| Verdict::Well)
        }
        Err(error) => Err(Error::msg(one_line(&error))),
    };
    match verdict {
        Ok(Verdict::Well) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Ok(Verdict::Exit(code)) => ExitCode::from(code),
        Err(error) => {
            output::complain(&format!("gleaner: {error:#}"));
            ExitCode::from(BAD_INPUT)
        }
    }
}

fn run(cli: Cli) -> Result<Verdict, Error> {
    let Cli { command, seed, json } = cli;
    match command {
        None => stress::run(&options::Stress::default(), seed, json),
        Some(Command::Stress(options)) => stress::run(&options, seed, json),
        Some(Command::Replay(options)) => replay::run(&options, json),
        Some(Command::Judge(options)) => judge::run(&options, json),
        Some(Command::Run(options)) => run::run(&options),
        Some(Command::Explain(options)) => run::explain(&options),
        Some(Command::Shrink(options)) => shrink::run(&options, json),
        Some(Command::Compare(options)) => compare::run(&options, seed, json),
        Some(Command::CompareChild(options)) => compare::child(&options),
        Some(Command::Trace(command)) => trace::run(&command, json),
    }
}

/// Returns a complaint about the command line as one line: clap's first paragraph, without its label.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = first.strip_prefix("error:").unwrap_or(first).split_whitespace().collect();
    format!("{} (see gleaner --help)", words.join(" "))
}
