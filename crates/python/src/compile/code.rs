//! Compiled code: what the compiler makes and the machine runs. It holds no object of the heap.

use std::sync::Arc;

use num_bigint::BigInt;

use super::op::{Op, Target};

/// The code of a module, a class body, a function, a lambda, a comprehension or a generator.
#[derive(Debug, Default)]
pub struct Code {
    /// The name, `<module>`, `<lambda>`, `<listcomp>` and so on.
    pub name: Arc<str>,
    /// The name with those of the functions and classes around it (PEP 3155).
    pub qualified_name: Arc<str>,
    /// The text of a function's or class's docstring.
    pub doc: Option<Arc<str>>,
    /// The operations.
    pub ops: Vec<Op>,
    /// The position in the source of each operation.
    pub positions: Vec<Position>,
    /// The constants.
    pub constants: Vec<Constant>,
    /// Names of attributes, globals, modules.
    pub names: Vec<Arc<str>>,
    /// Local variables: parameters first (positional, keyword-only, `*args`, `**kwargs`), then the others.
    pub locals: Vec<Arc<str>>,
    /// Local variables that inner functions use: by cell. The first number of [`Op::LoadDeref`] counts these.
    pub cells: Vec<Arc<str>>,
    /// For each cell, the parameter whose value it takes over at the start.
    pub cell_parameters: Vec<Option<u32>>,
    /// Variables of functions around this one: cells that come with the closure, counted after `cells`.
    pub free: Vec<Arc<str>>,
    /// How many parameters are positional (also those that are positional only).
    pub positional: u32,
    /// How many of them are positional only.
    pub positional_only: u32,
    /// How many are keyword-only.
    pub keyword_only: u32,
    /// Whether there is a `*args`.
    pub has_args: bool,
    /// Whether there is a `**kwargs`.
    pub has_kwargs: bool,
    /// Whether calling it makes a generator.
    pub is_generator: bool,
    /// Whether names that are neither local nor free live in the frame's own names (a module, a class body).
    pub has_names: bool,
    /// Where exceptions go: the innermost range comes first.
    pub handlers: Vec<Handler>,
    /// The greatest depth of the stack of values.
    pub stack: u32,
}

/// A range of operations whose exceptions are handled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The first operation of the range.
    pub start: Target,
    /// The first operation after it.
    pub end: Target,
    /// Where an exception goes on: the stack is cut to `depth`, and the exception pushed.
    pub target: Target,
    /// What stays on the stack.
    pub depth: u32,
}

/// A position in the source text, from 1 on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A constant of the code.
#[derive(Clone, Debug)]
pub enum Constant {
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// `True`, `False`
    Bool(bool),
    /// An int of 64 bits.
    Int(i64),
    /// A greater one.
    Big(BigInt),
    /// A float.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A tuple of constants.
    Tuple(Arc<[Constant]>),
    /// A frozenset of constants: what `x in {1, 2}` asks.
    FrozenSet(Arc<[Constant]>),
    /// The code of a function or class body.
    Code(Arc<Code>),
}
