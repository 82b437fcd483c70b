//! From source text to code.

mod code;
mod op;

pub use code::{Code, Constant, Handler, Position};
pub use op::{Binary, Comparison, Conversion, NO_KEYWORDS, Op, Target, Unary};

use std::fmt;

/// Why a text is no program of the subset: CPython's `SyntaxError`, or something the subset does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub position: Position,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.position.line, self.position.column, self.message)
    }
}

impl std::error::Error for CompileError {}
