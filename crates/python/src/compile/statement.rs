//! Statements.

use ruff_python_ast::{Expr, Stmt, StmtAugAssign, StmtFor, StmtIf, StmtWhile};
use ruff_text_size::Ranged;

use super::assemble::plain_call;
use super::compiler::{Block, Compiled, Compiler};
use super::scope::ScopeKind;
use super::{Constant, Op, fold};

/// CPython's bound on loops, `try` and `with` inside each other.
const BLOCKS: usize = 20;

/// The most operations of a program.
const OPERATIONS: usize = 1 << 22;

impl<'a> Compiler<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> Compiled {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each statement")]
    fn statement(&mut self, statement: &'a Stmt) -> Compiled {
        self.at(statement.range());
        // What a `finally` holds is there once for each way through it.
        if self.unit().blocks.len() > BLOCKS {
            return self.fail("too many statically nested blocks", statement);
        }
        if self.made + self.code().here() > OPERATIONS {
            return self.fail("too much code", statement);
        }
        match statement {
            Stmt::Expr(expression) => {
                if fold::constant(&expression.value).is_none() {
                    self.expression(&expression.value)?;
                    self.emit(Op::Pop);
                }
                Ok(())
            }
            Stmt::Assign(assign) => {
                self.expression(&assign.value)?;
                let last = assign.targets.len() - 1;
                for (place, target) in assign.targets.iter().enumerate() {
                    if place < last {
                        self.emit(Op::Copy(1));
                    }
                    self.store(target)?;
                }
                Ok(())
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.expression(value)?;
                    self.store(&assign.target)?;
                }
                Ok(())
            }
            Stmt::AugAssign(assign) => self.augmented(assign),
            Stmt::Delete(delete) => delete.targets.iter().try_for_each(|target| self.delete(target)),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) => Ok(()),
            Stmt::If(branch) => self.branch(branch),
            Stmt::While(repeat) => self.repeat(repeat),
            Stmt::For(each) => self.each(each),
            Stmt::Break(_) => {
                let Some(place) = self.innermost_loop() else {
                    return self.fail("'break' outside loop", statement);
                };
                self.leave(place, true, false, 1)?;
                let Block::Loop { end, .. } = self.unit().blocks[place] else { return Ok(()) };
                self.jump(Op::Jump, end);
                Ok(())
            }
            Stmt::Continue(_) => {
                let Some(place) = self.innermost_loop() else {
                    return self.fail("'continue' not properly in loop", statement);
                };
                self.leave(place + 1, false, false, 1)?;
                let Block::Loop { next, .. } = self.unit().blocks[place] else { return Ok(()) };
                self.jump(Op::Jump, next);
                Ok(())
            }
            Stmt::Return(result) => {
                if self.scope_kind() != ScopeKind::Function {
                    return self.fail("'return' outside function", statement);
                }
                let constant = match &result.value {
                    None => Some(Constant::None),
                    Some(value) => fold::constant(value),
                };
                match (constant, &result.value) {
                    (Some(constant), _) => {
                        self.leave(0, true, false, 2)?;
                        self.load(constant);
                    }
                    (None, Some(value)) => {
                        self.expression(value)?;
                        self.leave(0, true, true, 1)?;
                    }
                    (None, None) => {}
                }
                self.emit(Op::Return);
                Ok(())
            }
            Stmt::Raise(raise) => {
                let mut count = 0;
                for part in [&raise.exc, &raise.cause].into_iter().flatten() {
                    self.expression(part)?;
                    count += 1;
                }
                self.at(statement.range());
                self.emit(Op::Raise(count));
                Ok(())
            }
            Stmt::Assert(assert) => {
                let end = self.label();
                self.condition(&assert.test, end, true)?;
                self.emit(Op::LoadAssertionError);
                if let Some(message) = &assert.msg {
                    self.expression(message)?;
                    self.emit(plain_call(1));
                }
                self.emit(Op::Raise(1));
                self.place(end);
                Ok(())
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    if alias.name.contains('.') {
                        return self.not_in_subset("a dotted import", alias);
                    }
                    let name = self.code().name(alias.name.as_str());
                    self.emit(Op::Import(name));
                    self.store_variable(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
                Ok(())
            }
            Stmt::ImportFrom(import) => {
                let Some(module) =
                    import.module.as_ref().filter(|module| import.level == 0 && !module.contains('.'))
                else {
                    return self.not_in_subset("a relative or dotted import", import);
                };
                if module.as_str() == "__future__" {
                    return Ok(());
                }
                let name = self.code().name(module.as_str());
                self.emit(Op::Import(name));
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        return self.not_in_subset("'import *'", alias);
                    }
                    let name = self.code().name(alias.name.as_str());
                    self.emit(Op::ImportFrom(name));
                    self.store_variable(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
                self.emit(Op::Pop);
                Ok(())
            }
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::With(with) => {
                if with.is_async {
                    return self.not_in_subset("'async with'", statement);
                }
                self.with(&with.items, &with.body)
            }
            Stmt::Try(attempt) => self.attempt(attempt),
            Stmt::Match(_) => self.not_in_subset("'match'", statement),
            Stmt::TypeAlias(_) => self.not_in_subset("'type'", statement),
            Stmt::IpyEscapeCommand(_) => self.not_in_subset("an escape command", statement),
        }
    }

    fn innermost_loop(&mut self) -> Option<usize> {
        self.unit().blocks.iter().rposition(|block| matches!(block, Block::Loop { .. }))
    }

    /// Leaves the blocks from the innermost out to one: ends their ranges, runs what is to be run at their ends, and
    /// begins the ranges anew behind it and the operations that go away. With a value on the top of the stack, or without.
    fn leave(&mut self, to: usize, loops: bool, value: bool, operations: usize) -> Compiled {
        let mut left = Vec::new();
        while self.unit().blocks.len() > to {
            let Some(block) = self.unit().blocks.pop() else { break };
            self.leave_one(&block, loops, value)?;
            left.push(block);
        }
        let resume = self.code().here() + operations;
        for block in left.into_iter().rev() {
            let block = match block {
                Block::Try { target, above, finally, .. } => {
                    Block::Try { start: resume, target, above, finally }
                }
                Block::Handler { target, .. } => Block::Handler { start: resume, target },
                Block::HandlerName { target, name, .. } => Block::HandlerName { start: resume, target, name },
                Block::Finally { target, .. } => Block::Finally { start: resume, target },
                Block::With { target, .. } => Block::With { start: resume, target },
                block @ (Block::Loop { .. } | Block::Value) => block,
            };
            self.unit().blocks.push(block);
        }
        Ok(())
    }

    fn leave_one(&mut self, block: &Block<'a>, loops: bool, value: bool) -> Compiled {
        match block {
            Block::Loop { iterator, .. } => {
                if *iterator && loops {
                    self.drop_below(value);
                }
            }
            Block::Try { start, target, above, finally } => {
                self.code().protect(*start, *target, *above);
                if let Some(finally) = finally {
                    if value {
                        self.unit().blocks.push(Block::Value);
                    }
                    self.body(finally)?;
                    if value {
                        self.unit().blocks.pop();
                    }
                }
            }
            Block::Value => self.drop_below(value),
            Block::Handler { start, target } => {
                self.code().protect(*start, *target, 0);
                self.pop_handled_below(value);
            }
            Block::HandlerName { start, target, name } => {
                self.code().protect(*start, *target, 0);
                self.unbind(name);
            }
            Block::Finally { start, target } => {
                self.code().protect(*start, *target, 1);
                self.drop_below(value);
                self.pop_handled_below(value);
            }
            Block::With { start, target } => {
                self.code().protect(*start, *target, 0);
                if value {
                    self.emit(Op::Swap(2));
                }
                self.call_exit();
            }
        }
        Ok(())
    }

    fn branch(&mut self, branch: &'a StmtIf) -> Compiled {
        let end = self.label();
        let mut next = self.label();
        self.condition(&branch.test, next, false)?;
        self.body(&branch.body)?;
        for clause in &branch.elif_else_clauses {
            self.jump(Op::Jump, end);
            self.place(next);
            next = self.label();
            if let Some(test) = &clause.test {
                self.at(clause.range);
                self.condition(test, next, false)?;
            }
            self.body(&clause.body)?;
        }
        self.place(next);
        self.place(end);
        Ok(())
    }

    fn repeat(&mut self, repeat: &'a StmtWhile) -> Compiled {
        let (next, end, otherwise) = (self.label(), self.label(), self.label());
        self.place(next);
        self.condition(&repeat.test, otherwise, false)?;
        self.unit().blocks.push(Block::Loop { next, end, iterator: false });
        self.body(&repeat.body)?;
        self.jump(Op::Jump, next);
        self.unit().blocks.pop();
        self.place(otherwise);
        self.body(&repeat.orelse)?;
        self.place(end);
        Ok(())
    }

    fn each(&mut self, each: &'a StmtFor) -> Compiled {
        if each.is_async {
            return self.not_in_subset("'async for'", each);
        }
        let (next, end, otherwise) = (self.label(), self.label(), self.label());
        self.expression(&each.iter)?;
        self.emit(Op::Iterate);
        self.place(next);
        self.at(each.iter.range());
        self.jump(Op::ForIter, otherwise);
        self.unit().blocks.push(Block::Loop { next, end, iterator: true });
        self.store(&each.target)?;
        self.body(&each.body)?;
        self.jump(Op::Jump, next);
        self.unit().blocks.pop();
        self.place(otherwise);
        self.body(&each.orelse)?;
        self.place(end);
        Ok(())
    }

    fn augmented(&mut self, assign: &'a StmtAugAssign) -> Compiled {
        let operator = Op::Inplace(super::expression::operator(assign.op));
        match &*assign.target {
            Expr::Name(name) => {
                self.load_variable(name.id.as_str());
                self.expression(&assign.value)?;
                self.at(assign.range);
                self.emit(operator);
                self.store_variable(name.id.as_str());
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value)?;
                let name = self.attribute(attribute.attr.as_str());
                self.emit(Op::Copy(1));
                self.emit(Op::LoadAttr(name));
                self.expression(&assign.value)?;
                self.at(assign.range);
                self.emit(operator);
                self.emit(Op::Swap(2));
                self.emit(Op::StoreAttr(name));
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value)?;
                self.expression(&subscript.slice)?;
                self.emit(Op::Copy(2));
                self.emit(Op::Copy(2));
                self.emit(Op::Subscript);
                self.expression(&assign.value)?;
                self.at(assign.range);
                self.emit(operator);
                self.emit(Op::Swap(3));
                self.emit(Op::Swap(2));
                self.emit(Op::StoreSubscript);
            }
            target => return self.fail("illegal expression for augmented assignment", target),
        }
        Ok(())
    }
}
