//! How the tests of the rules ask the model.

use gleaner_model::run;
use gleaner_program::{Environment, Profile, text};

/// Runs a program under the rules of a version.
pub(crate) fn said_by(minor: u8, operations: &str) -> Vec<i64> {
    said_under(&Environment { profile: Profile::of(minor), ..Environment::default() }, operations)
}

pub(crate) fn said_under(environment: &Environment, operations: &str) -> Vec<i64> {
    let source = format!("from prelude import *\n\n\n{operations}");
    run(&text::parse(&source, "rule.py").expect("a program"), environment).tokens
}
