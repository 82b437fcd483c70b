//! Targets: what is assigned to, and what is deleted.

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::Op;
use super::compiler::{Compiled, Compiler};
use super::expression::count;

impl<'a> Compiler<'a> {
    /// Binds a target to the value on the stack.
    pub(super) fn store(&mut self, target: &'a Expr) -> Compiled {
        self.at(target.range());
        match target {
            Expr::Name(name) => {
                self.store_variable(name.id.as_str());
                Ok(())
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value)?;
                let name = self.attribute(attribute.attr.as_str());
                self.at(attribute.range);
                self.emit(Op::StoreAttr(name));
                Ok(())
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value)?;
                self.expression(&subscript.slice)?;
                self.at(subscript.range);
                self.emit(Op::StoreSubscript);
                Ok(())
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, target),
            Expr::List(list) => self.unpack(&list.elts, target),
            _ => self.fail("cannot assign to this expression", target),
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], whole: &Expr) -> Compiled {
        let starred: Vec<usize> = targets
            .iter()
            .enumerate()
            .filter(|(_, target)| target.is_starred_expr())
            .map(|(place, _)| place)
            .collect();
        match starred.as_slice() {
            [] => self.emit(Op::Unpack(count(targets.len()))),
            [place] => self.emit(Op::UnpackStarred(count(*place), count(targets.len() - place - 1))),
            _ => return self.fail("multiple starred expressions in assignment", whole),
        }
        for target in targets {
            match target {
                Expr::Starred(starred) => self.store(&starred.value)?,
                target => self.store(target)?,
            }
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &'a Expr) -> Compiled {
        self.at(target.range());
        match target {
            Expr::Name(name) => {
                self.delete_variable(name.id.as_str());
                Ok(())
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value)?;
                let name = self.attribute(attribute.attr.as_str());
                self.emit(Op::DeleteAttr(name));
                Ok(())
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value)?;
                self.expression(&subscript.slice)?;
                self.emit(Op::DeleteSubscript);
                Ok(())
            }
            Expr::Tuple(tuple) => tuple.elts.iter().try_for_each(|target| self.delete(target)),
            Expr::List(list) => list.elts.iter().try_for_each(|target| self.delete(target)),
            _ => self.fail("cannot delete this expression", target),
        }
    }
}
