//! Expressions.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprDict, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::assemble::Label;
use super::compiler::{Compiled, Compiler};
use super::scope::ScopeKind;
use super::{Binary, Comparison, Constant, Op, Unary, fold};

pub(super) fn operator(operator: Operator) -> Binary {
    match operator {
        Operator::Add => Binary::Add,
        Operator::Sub => Binary::Subtract,
        Operator::Mult => Binary::Multiply,
        Operator::MatMult => Binary::MatrixMultiply,
        Operator::Div => Binary::TrueDivide,
        Operator::Mod => Binary::Remainder,
        Operator::Pow => Binary::Power,
        Operator::LShift => Binary::LeftShift,
        Operator::RShift => Binary::RightShift,
        Operator::BitOr => Binary::Or,
        Operator::BitXor => Binary::Xor,
        Operator::BitAnd => Binary::And,
        Operator::FloorDiv => Binary::FloorDivide,
    }
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than 2^32 items")
}

impl<'a> Compiler<'a> {
    #[allow(clippy::too_many_lines, reason = "one arm for each expression")]
    pub(super) fn expression(&mut self, expression: &'a Expr) -> Compiled {
        self.at(expression.range());
        match expression {
            Expr::Name(name) => {
                self.load_variable(name.id.as_str());
                Ok(())
            }
            Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_) => match fold::constant(expression) {
                Some(constant) => {
                    self.load(constant);
                    Ok(())
                }
                None => self.not_in_subset("a complex number", expression),
            },
            Expr::BinOp(binary) => {
                if is_shallow(expression, 40)
                    && let Some(constant) = fold::constant(expression)
                {
                    self.load(constant);
                    return Ok(());
                }
                self.expression(&binary.left)?;
                self.expression(&binary.right)?;
                self.at(binary.range);
                self.emit(Op::Binary(operator(binary.op)));
                Ok(())
            }
            Expr::UnaryOp(unary) => {
                if is_shallow(expression, 40)
                    && let Some(constant) = fold::constant(expression)
                {
                    self.load(constant);
                    return Ok(());
                }
                self.expression(&unary.operand)?;
                self.at(unary.range);
                self.emit(Op::Unary(match unary.op {
                    UnaryOp::Invert => Unary::Invert,
                    UnaryOp::Not => Unary::Not,
                    UnaryOp::UAdd => Unary::Positive,
                    UnaryOp::USub => Unary::Negative,
                }));
                Ok(())
            }
            Expr::BoolOp(chain) => self.bool_chain(chain),
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => {
                let (otherwise, end) = (self.label(), self.label());
                self.condition(&choice.test, otherwise, false)?;
                self.expression(&choice.body)?;
                self.jump(Op::Jump, end);
                self.place(otherwise);
                self.expression(&choice.orelse)?;
                self.place(end);
                Ok(())
            }
            Expr::Named(named) => {
                self.expression(&named.value)?;
                self.emit(Op::Copy(1));
                self.store(&named.target)
            }
            Expr::Attribute(attribute) => {
                self.expression(&attribute.value)?;
                self.at(attribute.range);
                let name = self.attribute(attribute.attr.as_str());
                self.emit(Op::LoadAttr(name));
                Ok(())
            }
            Expr::Subscript(subscript) => {
                self.expression(&subscript.value)?;
                self.expression(&subscript.slice)?;
                self.at(subscript.range);
                self.emit(Op::Subscript);
                Ok(())
            }
            Expr::Slice(slice) => {
                for bound in [&slice.lower, &slice.upper] {
                    match bound {
                        Some(bound) => self.expression(bound)?,
                        None => self.load(Constant::None),
                    }
                }
                if let Some(step) = &slice.step {
                    self.expression(step)?;
                }
                self.emit(Op::BuildSlice(if slice.step.is_some() { 3 } else { 2 }));
                Ok(())
            }
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::List(list) => self.display(&list.elts, Op::BuildList, Op::ListExtend, Op::ListAppend),
            Expr::Set(set) => self.display(&set.elts, Op::BuildSet, Op::SetUpdate, Op::SetAdd),
            Expr::Tuple(tuple) => {
                if let Some(constant) = fold::constant(expression) {
                    self.load(constant);
                    return Ok(());
                }
                if tuple.elts.iter().any(Expr::is_starred_expr) {
                    self.display(&tuple.elts, Op::BuildList, Op::ListExtend, Op::ListAppend)?;
                    self.emit(Op::ListToTuple);
                } else {
                    tuple.elts.iter().try_for_each(|item| self.expression(item))?;
                    self.emit(Op::BuildTuple(count(tuple.elts.len())));
                }
                Ok(())
            }
            Expr::Dict(dict) => self.dict_display(dict),
            Expr::ListComp(comp) => {
                self.comprehension(comp.range, "<listcomp>", &[&comp.elt], &comp.generators)
            }
            Expr::SetComp(comp) => {
                self.comprehension(comp.range, "<setcomp>", &[&comp.elt], &comp.generators)
            }
            Expr::Generator(comp) => {
                self.comprehension(comp.range, "<genexpr>", &[&comp.elt], &comp.generators)
            }
            Expr::DictComp(comp) => {
                let Some(key) = &comp.key else {
                    return self.not_in_subset("'**' in a comprehension", comp);
                };
                self.comprehension(comp.range, "<dictcomp>", &[key, &comp.value], &comp.generators)
            }
            Expr::FString(string) => self.f_string(string.value.as_slice()),
            Expr::Yield(rest) => {
                self.check_yield(expression)?;
                match &rest.value {
                    Some(value) => self.expression(value)?,
                    None => self.load(Constant::None),
                }
                self.at(rest.range);
                self.emit(Op::Yield);
                Ok(())
            }
            Expr::YieldFrom(rest) => {
                self.check_yield(expression)?;
                self.expression(&rest.value)?;
                self.at(rest.range);
                self.emit(Op::YieldFromIter);
                self.load(Constant::None);
                self.emit(Op::YieldFrom);
                Ok(())
            }
            Expr::Starred(_) => self.fail("can't use starred expression here", expression),
            Expr::Await(_) => self.not_in_subset("'await'", expression),
            Expr::TString(_) => self.not_in_subset("a template string", expression),
            Expr::IpyEscapeCommand(_) => self.not_in_subset("an escape command", expression),
        }
    }

    fn check_yield(&mut self, expression: &Expr) -> Compiled {
        match self.scope_kind() {
            ScopeKind::Function => Ok(()),
            ScopeKind::Comprehension => self.fail("'yield' inside a comprehension", expression),
            _ => self.fail("'yield' outside function", expression),
        }
    }

    /// Goes to the label if the condition is as told, else on.
    pub(super) fn condition(&mut self, test: &'a Expr, label: Label, wanted: bool) -> Compiled {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => {
                return self.condition(&unary.operand, label, !wanted);
            }
            Expr::BoolOp(chain) => {
                let all = chain.op == BoolOp::And;
                let last = chain.values.len() - 1;
                if all == wanted {
                    let end = self.label();
                    for (place, value) in chain.values.iter().enumerate() {
                        if place < last {
                            self.condition(value, end, !wanted)?;
                        } else {
                            self.condition(value, label, wanted)?;
                        }
                    }
                    self.place(end);
                } else {
                    for value in &chain.values {
                        self.condition(value, label, wanted)?;
                    }
                }
                return Ok(());
            }
            _ => {}
        }
        if is_shallow(test, 40)
            && let Some(truth) = fold::constant(test).and_then(|constant| fold::truth(&constant))
        {
            if truth == wanted {
                self.jump(Op::Jump, label);
            }
            return Ok(());
        }
        self.expression(test)?;
        self.jump(if wanted { Op::JumpIfTrue } else { Op::JumpIfFalse }, label);
        Ok(())
    }

    fn bool_chain(&mut self, chain: &'a ExprBoolOp) -> Compiled {
        let end = self.label();
        let last = chain.values.len() - 1;
        for (place, value) in chain.values.iter().enumerate() {
            self.expression(value)?;
            if place < last {
                let op = if chain.op == BoolOp::And { Op::JumpIfFalseOrPop } else { Op::JumpIfTrueOrPop };
                self.jump(op, end);
            }
        }
        self.place(end);
        Ok(())
    }

    fn compare(&mut self, compare: &'a ExprCompare) -> Compiled {
        self.expression(&compare.left)?;
        let last = compare.ops.len() - 1;
        let (fail, end) = (self.label(), self.label());
        for (place, (operator, right)) in compare.ops.iter().zip(&compare.comparators).enumerate() {
            match (operator, constant_container(right)) {
                (CmpOp::In | CmpOp::NotIn, Some(constant)) => self.load(constant),
                _ => self.expression(right)?,
            }
            if place < last {
                self.emit(Op::Swap(2));
                self.emit(Op::Copy(2));
            }
            self.at(compare.range);
            self.emit(match operator {
                CmpOp::Eq => Op::Compare(Comparison::Equal),
                CmpOp::NotEq => Op::Compare(Comparison::NotEqual),
                CmpOp::Lt => Op::Compare(Comparison::Less),
                CmpOp::LtE => Op::Compare(Comparison::LessEqual),
                CmpOp::Gt => Op::Compare(Comparison::Greater),
                CmpOp::GtE => Op::Compare(Comparison::GreaterEqual),
                CmpOp::Is => Op::Is { not: false },
                CmpOp::IsNot => Op::Is { not: true },
                CmpOp::In => Op::Contains { not: false },
                CmpOp::NotIn => Op::Contains { not: true },
            });
            if place < last {
                self.jump(Op::JumpIfFalseOrPop, fail);
            }
        }
        if last > 0 {
            self.jump(Op::Jump, end);
            self.place(fail);
            self.emit(Op::Swap(2));
            self.emit(Op::Pop);
        } else {
            self.place(fail);
        }
        self.place(end);
        Ok(())
    }

    pub(super) fn display(
        &mut self,
        items: &'a [Expr],
        build: fn(u32) -> Op,
        extend: Op,
        add: fn(u32) -> Op,
    ) -> Compiled {
        if !items.iter().any(Expr::is_starred_expr) && items.len() <= 256 {
            items.iter().try_for_each(|item| self.expression(item))?;
            self.emit(build(count(items.len())));
            return Ok(());
        }
        self.emit(build(0));
        for item in items {
            match item {
                Expr::Starred(starred) => {
                    self.expression(&starred.value)?;
                    self.emit(extend);
                }
                item => {
                    self.expression(item)?;
                    self.emit(add(1));
                }
            }
        }
        Ok(())
    }

    fn dict_display(&mut self, dict: &'a ExprDict) -> Compiled {
        if dict.items.iter().all(|item| item.key.is_some()) && dict.items.len() <= 64 {
            for item in &dict.items {
                item.key.iter().try_for_each(|key| self.expression(key))?;
                self.expression(&item.value)?;
            }
            self.emit(Op::BuildMap(count(dict.items.len())));
            return Ok(());
        }
        self.emit(Op::BuildMap(0));
        for item in &dict.items {
            match &item.key {
                Some(key) => {
                    self.expression(key)?;
                    self.expression(&item.value)?;
                    self.emit(Op::MapAdd(1));
                }
                None => {
                    self.expression(&item.value)?;
                    self.emit(Op::DictUpdate);
                }
            }
        }
        Ok(())
    }
}

/// Whether an expression nests no deeper than so: deep ones are not folded, which would go through them again and again.
fn is_shallow(expression: &Expr, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match expression {
        Expr::BinOp(binary) => is_shallow(&binary.left, depth) && is_shallow(&binary.right, depth),
        Expr::UnaryOp(unary) => is_shallow(&unary.operand, depth),
        _ => true,
    }
}

/// What `in` asks, if it is a list or a set of constants.
fn constant_container(expression: &Expr) -> Option<Constant> {
    let items = |items: &[Expr]| items.iter().map(fold::constant).collect::<Option<Vec<_>>>();
    match expression {
        Expr::List(list) => items(&list.elts).map(|items| Constant::Tuple(items.into())),
        Expr::Set(set) => items(&set.elts).map(|items| Constant::FrozenSet(items.into())),
        _ => None,
    }
}
