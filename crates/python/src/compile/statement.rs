//! Statements.

use ruff_python_ast::{Expr, Stmt, StmtAugAssign, StmtFor, StmtIf, StmtTry, StmtWhile};
use ruff_text_size::Ranged;

use super::assemble::{Label, plain_call};
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

    /// Emits the cleanup of a handler: what was handled before is handled again, and the exception goes on.
    fn cleanup(&mut self, label: Label) {
        self.place(label);
        self.emit(Op::Swap(2));
        self.emit(Op::PopHandled);
        self.emit(Op::Reraise);
    }

    fn attempt(&mut self, attempt: &'a StmtTry) -> Compiled {
        if attempt.is_star {
            return self.not_in_subset("'except*'", attempt);
        }
        if attempt.finalbody.is_empty() {
            return self.attempt_except(attempt);
        }
        let (target, clean, end) = (self.label(), self.label(), self.label());
        let start = self.code().here();
        self.unit().blocks.push(Block::Try { start, target, above: 0, finally: Some(&attempt.finalbody) });
        if attempt.handlers.is_empty() {
            self.body(&attempt.body)?;
        } else {
            self.attempt_except(attempt)?;
        }
        if let Some(Block::Try { start, .. }) = self.unit().blocks.pop() {
            self.code().protect(start, target, 0);
        }
        self.body(&attempt.finalbody)?;
        self.jump(Op::Jump, end);
        self.place(target);
        self.emit(Op::PushHandled);
        let start = self.code().here();
        self.unit().blocks.push(Block::Finally { start, target: clean });
        self.body(&attempt.finalbody)?;
        self.emit(Op::Reraise);
        if let Some(Block::Finally { start, .. }) = self.unit().blocks.pop() {
            self.code().protect(start, clean, 1);
        }
        self.cleanup(clean);
        self.place(end);
        Ok(())
    }

    fn attempt_except(&mut self, attempt: &'a StmtTry) -> Compiled {
        let (target, clean, end) = (self.label(), self.label(), self.label());
        let start = self.code().here();
        self.unit().blocks.push(Block::Try { start, target, above: 0, finally: None });
        self.body(&attempt.body)?;
        if let Some(Block::Try { start, .. }) = self.unit().blocks.pop() {
            self.code().protect(start, target, 0);
        }
        self.body(&attempt.orelse)?;
        self.jump(Op::Jump, end);
        self.place(target);
        self.emit(Op::PushHandled);
        let mut from = self.code().here();
        for handler in &attempt.handlers {
            let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
            self.at(handler.range);
            let next = self.label();
            if let Some(class) = &handler.type_ {
                self.expression(class)?;
                self.emit(Op::Matches);
                self.jump(Op::JumpIfFalse, next);
            }
            match &handler.name {
                Some(name) => self.store_variable(name.as_str()),
                None => self.emit(Op::Pop),
            }
            // Up to here the exception lies above what was handled before.
            self.code().protect(from, clean, 1);
            let start = self.code().here();
            self.unit().blocks.push(Block::Handler { start, target: clean });
            match &handler.name {
                Some(name) => self.named_handler(name.as_str(), &handler.body)?,
                None => self.body(&handler.body)?,
            }
            if let Some(Block::Handler { start, .. }) = self.unit().blocks.pop() {
                self.code().protect(start, clean, 0);
            }
            self.emit(Op::PopHandled);
            if let Some(name) = &handler.name {
                self.unbind(name.as_str());
            }
            self.jump(Op::Jump, end);
            self.place(next);
            from = self.code().here();
        }
        self.emit(Op::Reraise);
        self.code().protect(from, clean, 1);
        self.cleanup(clean);
        self.place(end);
        Ok(())
    }

    /// The body of a handler with a name: an exception in it unbinds the name on its way.
    fn named_handler(&mut self, name: &str, body: &'a [Stmt]) -> Compiled {
        let (target, end) = (self.label(), self.label());
        let start = self.code().here();
        self.unit().blocks.push(Block::HandlerName { start, target, name: name.into() });
        self.body(body)?;
        if let Some(Block::HandlerName { start, .. }) = self.unit().blocks.pop() {
            self.code().protect(start, target, 0);
        }
        self.jump(Op::Jump, end);
        self.place(target);
        self.unbind(name);
        self.emit(Op::Reraise);
        self.place(end);
        Ok(())
    }

    fn with(&mut self, items: &'a [ruff_python_ast::WithItem], body: &'a [Stmt]) -> Compiled {
        let Some((item, rest)) = items.split_first() else { return self.body(body) };
        let (target, clean, swallowed, end) = (self.label(), self.label(), self.label(), self.label());
        self.at(item.context_expr.range());
        self.expression(&item.context_expr)?;
        self.emit(Op::WithEnter);
        let entered = self.code().here();
        match &item.optional_vars {
            Some(variable) => self.store(variable)?,
            None => self.emit(Op::Pop),
        }
        self.code().protect(entered, target, 1);
        let start = self.code().here();
        self.unit().blocks.push(Block::With { start, target });
        self.with(rest, body)?;
        if let Some(Block::With { start, .. }) = self.unit().blocks.pop() {
            self.code().protect(start, target, 0);
        }
        self.at(item.context_expr.range());
        self.call_exit();
        self.jump(Op::Jump, end);
        self.place(target);
        self.emit(Op::PushHandled);
        let start = self.code().here();
        self.emit(Op::WithExit);
        self.jump(Op::JumpIfTrue, swallowed);
        self.emit(Op::Reraise);
        self.code().protect(start, clean, 1);
        self.place(swallowed);
        self.emit(Op::Pop);
        self.emit(Op::PopHandled);
        self.emit(Op::Pop);
        self.jump(Op::Jump, end);
        self.cleanup(clean);
        self.place(end);
        Ok(())
    }
}
