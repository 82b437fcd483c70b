//! `try` and `with`.

use ruff_python_ast::{Stmt, StmtTry};
use ruff_text_size::Ranged;

use super::Op;
use super::assemble::Label;
use super::compiler::{Block, Compiled, Compiler};

impl<'a> Compiler<'a> {
    /// Emits the cleanup of a handler: what was handled before is handled again, and the exception goes on.
    fn cleanup(&mut self, label: Label) {
        self.place(label);
        self.emit(Op::Swap(2));
        self.emit(Op::PopHandled);
        self.emit(Op::Reraise);
    }

    pub(super) fn attempt(&mut self, attempt: &'a StmtTry) -> Compiled {
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

    pub(super) fn with(&mut self, items: &'a [ruff_python_ast::WithItem], body: &'a [Stmt]) -> Compiled {
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
