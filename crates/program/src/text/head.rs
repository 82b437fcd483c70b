//! The first lines of a function: what it declares.

use ruff_python_ast::{Expr, Identifier, Stmt, StmtAssign, StmtExpr};

use super::error::Problem;
use super::names;
use super::print::nil_line;
use crate::bindings::count;
use crate::op::Var;
use crate::operands::Kind;

/// Returns whether a statement is nothing but a string.
pub(crate) fn is_docstring(statement: &StmtExpr) -> bool {
    matches!(&*statement.value, Expr::StringLiteral(_))
}

/// What a function's first lines declare, a bit for each variable: nodes, then refs above them.
#[derive(Default)]
pub(crate) struct Head {
    globals: u16,
    locals: u16,
}

fn bit(kind: Kind, index: u8) -> u16 {
    match kind {
        Kind::Node => 1 << index,
        Kind::Ref => 1 << (index + count(Kind::Node)),
    }
}

impl Head {
    /// Returns whether the function declares `var`: a local as set to nil, a global as global.
    pub(crate) fn binds(&self, kind: Kind, var: Var) -> bool {
        match var {
            Var::Global(index) => self.globals & bit(kind, index) != 0,
            Var::Local(index) => self.locals & bit(kind, index) != 0,
        }
    }

    /// Reads the docstring, the `global` lines and the line of locals; returns them and the other statements.
    pub(crate) fn read(body: &[Stmt]) -> Result<(Head, &[Stmt]), Problem> {
        let mut head = Head::default();
        for (index, statement) in body.iter().enumerate() {
            match statement {
                Stmt::Expr(expr) if index == 0 && is_docstring(expr) => {}
                Stmt::Global(global) => global.names.iter().try_for_each(|name| head.declare(name))?,
                Stmt::Assign(assign) if binds_nil(assign) && head.locals == 0 => head.bind_locals(assign)?,
                _ => return Ok((head, &body[index..])),
            }
        }
        Ok((head, &[]))
    }

    fn declare(&mut self, name: &Identifier) -> Result<(), Problem> {
        match names::variable(name.as_str()) {
            Some((kind, Var::Global(index))) => self.globals |= bit(kind, index),
            _ => return Err(Problem::at(name, "the global variables are a to h and ra to rd")),
        }
        Ok(())
    }

    /// Reads `p = q = rp = nil`.
    fn bind_locals(&mut self, assign: &StmtAssign) -> Result<(), Problem> {
        let mut written = Vec::new();
        for target in &assign.targets {
            let named = if let Expr::Name(name) = target { names::variable(name.id.as_str()) } else { None };
            let Some((kind, Var::Local(index))) = named else {
                return Err(Problem::at(target, "only the locals p to w and rp to rs are set to nil"));
            };
            written.push(bit(kind, index));
        }
        self.locals = written.iter().fold(0, |all, bit| all | bit);
        if written.is_sorted_by(|before, after| before < after) {
            return Ok(());
        }
        let line = nil_line(self.locals).unwrap_or_default();
        Err(Problem::at(assign, format!("the locals die in the order of this line, which must be `{line}`")))
    }
}

/// Returns whether an assignment is a function's line of locals, as far as its first target tells: that a field
/// is set to nil is an operation.
fn binds_nil(assign: &StmtAssign) -> bool {
    is_nil(&assign.value) && matches!(assign.targets.first(), Some(Expr::Name(_)))
}

/// Returns whether an expression is `nil`.
pub(crate) fn is_nil(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "nil")
}
