//! Python as a program.
//!
//! The text is parsed by `ruff_python_parser` and read in three steps:
//!
//! 1. The *outline*: the import, the functions, `start()`, and the statements after it.
//! 2. The *unfolding*: the statements in the order of execution; a call opens its function in place, with an
//!    explicit stack, and each function is called once, so the walk is linear.
//! 3. Each statement, with the bindings before it known (`statement.rs`).
//!
//! What is accepted runs unchanged under Python with the same meaning: so a `global` line that Python needs
//! is needed here, and the locals' line fixes the order in which they die.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::error::{Problem, TextError, line_and_column};
use super::guard;
use super::head::{Head, is_docstring};
use super::names;
use super::statement::Scope;
use crate::bindings::Bindings;
use crate::op::{MAX_DEPTH, Op};
use crate::program::Program;

/// Reads a program from Python text; `file` is its name in errors.
///
/// # Errors
/// The first thing in the text that is not in the language of `docs/language.md`, with its position.
///
/// # Complexity
/// Linear; the stack does not grow with the text.
///
/// ```
/// let source = "from prelude import *\nstart()\na = node(1)\na.f9 = a\n";
/// let error = gleaner_program::text::parse(source, "ring.py").unwrap_err();
/// assert_eq!(error.to_string(), "ring.py:4:1: `a.f9`: a node has the fields f0 to f3 and ref");
/// ```
pub fn parse(source: &str, file: &str) -> Result<Program, TextError> {
    read(source).map_err(|problem| problem.locate(source, file))
}

/// Reads a program from the bytes of a Python file, which must be UTF-8.
///
/// # Errors
/// As [`parse`], and for bytes that are not UTF-8.
pub fn parse_bytes(source: &[u8], file: &str) -> Result<Program, TextError> {
    match std::str::from_utf8(source) {
        Ok(source) => parse(source, file),
        Err(error) => {
            let (line, column) = line_and_column(&source[..error.valid_up_to()]);
            let message = "a program is UTF-8 text, and this byte is not".to_string();
            Err(TextError { file: file.to_string(), line, column, message })
        }
    }
}

fn read(source: &str) -> Result<Program, Problem> {
    guard::check(source)?;
    let parsed = ruff_python_parser::parse_module(source).map_err(|error| {
        Problem::at_byte(error.location.start().into(), format!("not Python: {}", error.error))
    })?;
    let outline = Outline::read(parsed.suite(), source.len())?;
    let mut unfolding = Unfolding::new(outline);
    while unfolding.step()? {}
    unfolding.finish()
}

/// A module's parts.
struct Outline<'a> {
    functions: HashMap<&'a str, &'a StmtFunctionDef>,
    /// The statements after `start()`.
    main: &'a [Stmt],
}

impl<'a> Outline<'a> {
    fn read(suite: &'a [Stmt], end: usize) -> Result<Outline<'a>, Problem> {
        let mut functions = HashMap::new();
        let mut imported = false;
        for (index, statement) in suite.iter().enumerate() {
            match statement {
                Stmt::Expr(expr) if index == 0 && is_docstring(expr) => {}
                Stmt::Pass(_) => {}
                _ if is_import(statement) && !imported => imported = true,
                _ if !imported => {
                    return Err(Problem::at(statement, "the first line must be `from prelude import *`"));
                }
                Stmt::FunctionDef(function) => add_function(function, &mut functions)?,
                _ if is_start(statement) => return Ok(Outline { functions, main: &suite[index + 1..] }),
                _ => {
                    return Err(Problem::at(
                        statement,
                        "before `start()` there are only the import and functions",
                    ));
                }
            }
        }
        Err(Problem::at_byte(end, "there is no `start()`: a program's operations follow it"))
    }
}

fn is_import(statement: &Stmt) -> bool {
    let Stmt::ImportFrom(import) = statement else { return false };
    let module = import.module.as_ref().is_some_and(|module| module.as_str() == "prelude");
    module && import.level == 0 && import.names.len() == 1 && import.names[0].name.as_str() == "*"
}

/// Returns the name called by a statement that is a call of a name.
fn called(statement: &Stmt) -> Option<&str> {
    let Stmt::Expr(expr) = statement else { return None };
    let Expr::Call(call) = &*expr.value else { return None };
    let Expr::Name(name) = &*call.func else { return None };
    Some(name.id.as_str())
}

fn is_start(statement: &Stmt) -> bool {
    let Stmt::Expr(expr) = statement else { return false };
    let Expr::Call(call) = &*expr.value else { return false };
    called(statement) == Some("start") && call.arguments.is_empty()
}

fn add_function<'a>(
    function: &'a StmtFunctionDef,
    functions: &mut HashMap<&'a str, &'a StmtFunctionDef>,
) -> Result<(), Problem> {
    let name = function.name.as_str();
    let plain = function.decorator_list.is_empty()
        && !function.is_async
        && function.type_params.is_none()
        && function.parameters.is_empty()
        && function.returns.is_none();
    if !plain {
        return Err(Problem::at(
            &function.name,
            "a function is plain `def name():`, without parameters or decorators",
        ));
    }
    if names::is_reserved(name) {
        return Err(Problem::at(
            &function.name,
            "this name is the language's own; call the function another",
        ));
    }
    if functions.insert(name, function).is_some() {
        return Err(Problem::at(&function.name, "two functions have this name"));
    }
    Ok(())
}

/// One level of the walk: the module (the first) or an open function.
struct Level<'a> {
    rest: &'a [Stmt],
    name: &'a str,
    /// What the function's first lines declare; `None` for the module.
    head: Option<Head>,
}

/// The walk over the statements in the order of execution.
struct Unfolding<'a> {
    /// Those not yet called.
    waiting: HashMap<&'a str, &'a StmtFunctionDef>,
    /// Those called, open or closed.
    done: HashMap<&'a str, &'a StmtFunctionDef>,
    levels: Vec<Level<'a>>,
    bindings: Bindings,
    ops: Vec<Op>,
}

impl<'a> Unfolding<'a> {
    fn new(outline: Outline<'a>) -> Unfolding<'a> {
        Unfolding {
            waiting: outline.functions,
            done: HashMap::new(),
            levels: vec![Level { rest: outline.main, name: "", head: None }],
            bindings: Bindings::new(),
            ops: Vec::new(),
        }
    }

    /// Takes one statement; false at the end of the module.
    fn step(&mut self) -> Result<bool, Problem> {
        let Some(level) = self.levels.last_mut() else { return Ok(false) };
        let Some((statement, rest)) = level.rest.split_first() else {
            if level.head.is_some() {
                self.emit(Op::Pop);
            }
            self.levels.pop();
            return Ok(true);
        };
        level.rest = rest;
        match (statement, called(statement)) {
            (_, Some(name)) if self.waiting.contains_key(name) || self.done.contains_key(name) => {
                self.call(statement)?;
            }
            (Stmt::Delete(delete), _) => {
                for target in &delete.targets {
                    let op = self.scope().delete(target)?;
                    self.emit(op);
                }
            }
            (Stmt::Pass(_), _) => {}
            _ => {
                let op = self.scope().statement(statement)?;
                self.emit(op);
            }
        }
        Ok(true)
    }

    /// Opens the function that a statement calls.
    fn call(&mut self, statement: &'a Stmt) -> Result<(), Problem> {
        let name = called(statement).unwrap_or_default();
        if let Stmt::Expr(expr) = statement
            && let Expr::Call(call) = &*expr.value
            && !call.arguments.is_empty()
        {
            return Err(Problem::at(statement, "a function takes no arguments"));
        }
        let Some((name, function)) = self.waiting.remove_entry(name) else {
            let open = self.levels.iter().any(|level| level.name == name);
            let message = if open {
                "the function is running: there is no recursion"
            } else {
                "the function has been called before: each is called once"
            };
            return Err(Problem::at(statement, message));
        };
        self.done.insert(name, function);
        if self.bindings.depth() == MAX_DEPTH {
            return Err(Problem::at(statement, format!("calls nest at most {MAX_DEPTH} deep")));
        }
        let (head, rest) = Head::read(&function.body)?;
        self.emit(Op::Push);
        self.levels.push(Level { rest, name, head: Some(head) });
        Ok(())
    }

    fn scope(&self) -> Scope<'_> {
        Scope { bindings: &self.bindings, head: self.levels.last().and_then(|level| level.head.as_ref()) }
    }

    /// Appends an operation whose operands have been checked.
    fn emit(&mut self, op: Op) {
        let admitted = self.bindings.admit(op);
        debug_assert_eq!(admitted, Some(op), "the scope checks what repair would change");
        self.ops.extend(admitted);
    }

    fn finish(self) -> Result<Program, Problem> {
        let first = self.waiting.values().min_by_key(|function| function.range.start());
        match first {
            Some(function) => Err(Problem::at(
                &function.name,
                "the function is never called: each is called once, where its frame opens",
            )),
            None => Ok(Program::new(self.ops)),
        }
    }
}
