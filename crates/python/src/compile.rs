//! From source text to code.
//!
//! The text is checked for what would use up the stack (`guard`), parsed by `ruff_python_parser`, its names are resolved
//! (`scope`), and each function, class and comprehension becomes a [`Code`] (`compiler`, `statement`, `attempt`,
//! `expression`, `f_string`, `target`, `function`), assembled from operations whose targets are labels at first (`assemble`).

mod assemble;
mod attempt;
mod code;
mod compiler;
mod expression;
mod f_string;
mod fold;
mod function;
mod guard;
mod op;
mod scope;
mod statement;
mod target;

pub use code::{Code, Constant, Handler, Position};
pub use guard::STACK;
pub use op::{Binary, Comparison, Conversion, NO_KEYWORDS, Op, Target, Unary};

use std::fmt;
use std::sync::Arc;

use compiler::Compiler;
use ruff_text_size::TextSize;
use scope::Scopes;

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

/// The lines of a text.
pub(crate) struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Lines<'a> {
        let starts = std::iter::once(0)
            .chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
            .collect();
        Lines { source, starts }
    }

    fn position(&self, offset: TextSize) -> Position {
        let offset = usize::from(offset).min(self.source.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let before = self.source.get(self.starts[line]..offset).unwrap_or_default();
        // A line of many megabytes must not be counted for each of its tokens.
        let column = if before.len() > 4096 { before.len() } else { before.chars().count() };
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }
}

/// Compiles a text on this thread, whose stack must have [`STACK`] bytes left.
///
/// # Errors
/// As [`compile`].
pub fn compile_here(source: &str) -> Result<Arc<Code>, CompileError> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    guard::check(source)?;
    let lines = Lines::new(source);
    let parsed = ruff_python_parser::parse_module(source).map_err(|error| CompileError {
        message: error.error.to_string(),
        position: lines.position(error.location.start()),
    })?;
    let body = parsed.suite();
    let scopes = Scopes::build(body, &lines)?;
    let mut compiler = Compiler { scopes, lines: &lines, units: Vec::new(), made: 0 };
    compiler.open(0, "<module>");
    let doc = function::docstring(body);
    if let Some(doc) = &doc {
        compiler.load(Constant::Str(doc.clone()));
        compiler.store_variable("__doc__");
    }
    compiler.body(if doc.is_some() { &body[1..] } else { body })?;
    compiler.load(Constant::None);
    compiler.emit(Op::Return);
    Ok(Arc::new(compiler.close()))
}

/// Compiles a text.
///
/// # Errors
/// [`CompileError`] with the place, if the text is no Python, not in the subset, or nests too deep.
///
/// # Panics
/// If no thread can be made.
pub fn compile(source: &str) -> Result<Arc<Code>, CompileError> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || compile_here(source))
            .expect("a thread for the compiler");
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
