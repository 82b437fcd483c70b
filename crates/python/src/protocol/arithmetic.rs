//! Arithmetic.

use num_traits::Signed;

use super::describe::kind_name;
use super::number::Number;
use crate::compile::{Binary, Unary};
use crate::objects::instance::{dict_of, list_of, set_of, text_of, tuple_of};
use crate::objects::{Bytes, View, ViewKind};
use crate::value::{Kind, Raised, Result, Value};
use crate::vm::Vm;

impl Binary {
    fn names(self, vm: &Vm) -> [&Value; 3] {
        let names = &vm.names;
        match self {
            Binary::Add => [&names.add, &names.radd, &names.iadd],
            Binary::Subtract => [&names.sub, &names.rsub, &names.isub],
            Binary::Multiply => [&names.mul, &names.rmul, &names.imul],
            Binary::MatrixMultiply => [&names.matmul, &names.rmatmul, &names.imatmul],
            Binary::TrueDivide => [&names.truediv, &names.rtruediv, &names.itruediv],
            Binary::FloorDivide => [&names.floordiv, &names.rfloordiv, &names.ifloordiv],
            Binary::Remainder => [&names.modulo, &names.rmod, &names.imod],
            Binary::Power => [&names.pow, &names.rpow, &names.ipow],
            Binary::LeftShift => [&names.lshift, &names.rlshift, &names.ilshift],
            Binary::RightShift => [&names.rshift, &names.rrshift, &names.irshift],
            Binary::And => [&names.and, &names.rand, &names.iand],
            Binary::Or => [&names.or, &names.ror, &names.ior],
            Binary::Xor => [&names.xor, &names.rxor, &names.ixor],
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::MatrixMultiply => "@",
            Binary::TrueDivide => "/",
            Binary::FloorDivide => "//",
            Binary::Remainder => "%",
            Binary::Power => "** or pow()",
            Binary::LeftShift => "<<",
            Binary::RightShift => ">>",
            Binary::And => "&",
            Binary::Or => "|",
            Binary::Xor => "^",
        }
    }
}

impl Vm {
    /// `left + right` and so on.
    ///
    /// # Errors
    /// `TypeError` if these two have no such operation, and what it raises.
    pub fn binary(&self, operator: Binary, left: &Value, right: &Value) -> Result {
        if let (Kind::Int, Kind::Int) = (Kind::of(left), Kind::of(right))
            && let (Some(left), Some(right)) = (Number::of(left), Number::of(right))
        {
            return self.compute(operator, left, right);
        }
        if let Some(result) = self.binary_by_method(operator, left, right)? {
            return Ok(result);
        }
        Err(self.unsupported(operator, left, right, ""))
    }

    fn unsupported(&self, operator: Binary, left: &Value, right: &Value, equals: &str) -> Raised {
        let (of_left, of_right) = (kind_name(self, left), kind_name(self, right));
        let message = match (operator, Kind::of(left)) {
            (Binary::Add, Kind::Str) if equals.is_empty() || Kind::of(right) != Kind::Str => {
                format!("can only concatenate str (not \"{of_right}\") to str")
            }
            (Binary::Add, Kind::List) if equals.is_empty() => {
                format!("can only concatenate list (not \"{of_right}\") to list")
            }
            (Binary::Add, Kind::Tuple) => format!("can only concatenate tuple (not \"{of_right}\") to tuple"),
            (Binary::Multiply, Kind::Str | Kind::List | Kind::Tuple) => {
                format!("can't multiply sequence by non-int of type '{of_right}'")
            }
            _ => {
                let sign = operator.sign();
                let sign = if equals.is_empty() { sign } else { sign.split(' ').next().unwrap_or(sign) };
                format!("unsupported operand type(s) for {sign}{equals}: '{of_left}' and '{of_right}'")
            }
        };
        self.type_error(&message)
    }

    fn binary_by_method(&self, operator: Binary, left: &Value, right: &Value) -> Result<Option<Value>> {
        if Kind::of(left) == Kind::Proxy || Kind::of(right) == Kind::Proxy {
            let through = |value: &Value| {
                if Kind::of(value) == Kind::Proxy { self.proxied(value) } else { Ok(value.clone()) }
            };
            return self.binary(operator, &through(left)?, &through(right)?).map(Some);
        }
        let [name, reflected, _] = operator.names(self).map(Clone::clone);
        let known = |found: Option<Value>| found.filter(|found| Kind::of(found) != Kind::NotImplemented);
        let (of_left, of_right) = (self.class_of(left), self.class_of(right));
        let right_first = !of_left.is(&of_right) && self.is_subclass(&of_right, &of_left);
        if right_first
            && let Some(result) = known(self.special(right, &reflected, std::slice::from_ref(left))?)
        {
            return Ok(Some(result));
        }
        if let Some(result) = known(self.special(left, &name, std::slice::from_ref(right))?) {
            return Ok(Some(result));
        }
        if let Some(result) = self.binary_builtin(operator, left, right)? {
            return Ok(Some(result));
        }
        if !right_first && !of_left.is(&of_right) {
            return Ok(known(self.special(right, &reflected, std::slice::from_ref(left))?));
        }
        Ok(None)
    }

    /// `left += right` and so on.
    ///
    /// # Errors
    /// As [`Vm::binary`].
    pub fn inplace(&self, operator: Binary, left: &Value, right: &Value) -> Result {
        if Kind::of(left) == Kind::Proxy {
            return self.inplace(operator, &self.proxied(left)?, right);
        }
        let [_, _, name] = operator.names(self).map(Clone::clone);
        if let Some(result) = self.special(left, &name, std::slice::from_ref(right))?
            && Kind::of(&result) != Kind::NotImplemented
        {
            return Ok(result);
        }
        if let Some(items) = list_of(left) {
            match operator {
                Binary::Add => {
                    let more = self.collect(right)?;
                    self.extend(items, more)?;
                    return Ok(left.clone());
                }
                Binary::Multiply => {
                    if let Some(Number::Int(count)) = Number::of(right) {
                        let now = items.borrow().clone();
                        let repeated = self.repeat(&now, count)?;
                        let old = items.replace(repeated);
                        drop(old);
                        return Ok(left.clone());
                    }
                }
                _ => {}
            }
        }
        if let (Some((data, false)), Some((other, _))) = (set_of(left), set_of(right)) {
            let result = self.combine_sets(operator, data, other)?;
            if let Some(result) = result {
                let old = data.replace(result);
                drop(old);
                return Ok(left.clone());
            }
        }
        if let (Some(data), Binary::Or) = (dict_of(left), operator) {
            self.update_dict(data, right)?;
            return Ok(left.clone());
        }
        match self.binary_by_method(operator, left, right)? {
            Some(result) => Ok(result),
            None => Err(self.unsupported(operator, left, right, "=")),
        }
    }

    fn binary_builtin(&self, operator: Binary, left: &Value, right: &Value) -> Result<Option<Value>> {
        if let (Kind::Bool, Kind::Bool, Binary::And | Binary::Or | Binary::Xor) =
            (Kind::of(left), Kind::of(right), operator)
        {
            let (left, right) = (self.truth(left)?, self.truth(right)?);
            return Ok(Some(self.bool(match operator {
                Binary::And => left & right,
                Binary::Or => left | right,
                _ => left ^ right,
            })));
        }
        match operator {
            Binary::Remainder => {
                if let Some(format) = text_of(left) {
                    return self.percent(format, right).map(Some);
                }
            }
            Binary::Add => {
                if let (Some(left), Some(right)) = (text_of(left), text_of(right)) {
                    self.charge_bytes(left.len() + right.len())?;
                    return self.string([left, right].concat()).map(Some);
                }
                if let (Some(left), Some(right)) = (list_of(left), list_of(right)) {
                    let mut items = left.borrow().clone();
                    items.extend(right.borrow().iter().cloned());
                    return self.list(items).map(Some);
                }
                if let (Some(left), Some(right)) = (tuple_of(left), tuple_of(right)) {
                    return self.tuple(left.iter().chain(right).cloned()).map(Some);
                }
                if let (Some(left), Some(right)) =
                    (left.downcast_ref::<Bytes>(), right.downcast_ref::<Bytes>())
                {
                    return self.bytes(&[&left.0[..], &right.0[..]].concat()).map(Some);
                }
            }
            Binary::Multiply => {
                if let Some(result) = self.repeat_sequence(left, right)? {
                    return Ok(Some(result));
                }
                if let Some(result) = self.repeat_sequence(right, left)? {
                    return Ok(Some(result));
                }
            }
            Binary::Or if dict_of(left).is_some() && dict_of(right).is_some() => {
                let dict = self.dict()?;
                self.update_dict(&dict.data, left)?;
                self.update_dict(&dict.data, right)?;
                return Ok(Some(dict.into_any()));
            }
            _ => {}
        }
        if let (Some(left), Some(right)) = (self.like_set(left)?, self.like_set(right)?) {
            let (left_data, frozen) = set_of(&left).unwrap_or_else(|| unreachable!("made so"));
            let (right_data, _) = set_of(&right).unwrap_or_else(|| unreachable!("made so"));
            if let Some(data) = self.combine_sets(operator, left_data, right_data)? {
                return self.set_from(data, frozen).map(Some);
            }
        }
        match (Number::of(left), Number::of(right)) {
            (Some(left), Some(right)) if applies(operator, &left, &right) => {
                self.compute(operator, left, right).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A set, or the keys or items of a dict as one.
    fn like_set(&self, value: &Value) -> Result<Option<Value>> {
        if set_of(value).is_some() {
            return Ok(Some(value.clone()));
        }
        match value.downcast_ref::<View>() {
            Some(view) if view.kind != ViewKind::Values => {
                let items = self.collect(value)?;
                self.set(items, false).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn repeat_sequence(&self, sequence: &Value, count: &Value) -> Result<Option<Value>> {
        let Some(number) = Number::of(count).filter(|number| !matches!(number, Number::Float(_))) else {
            return Ok(None);
        };
        let is_sequence = text_of(sequence).is_some()
            || list_of(sequence).is_some()
            || tuple_of(sequence).is_some()
            || Kind::of(sequence) == Kind::Bytes;
        if !is_sequence {
            return Ok(None);
        }
        let count = match number {
            Number::Int(count) => count.max(0),
            Number::Big(count) if count.is_negative() => 0,
            _ => {
                return Err(
                    self.raise(&self.types.overflow_error, "cannot fit 'int' into an index-sized integer")
                );
            }
        };
        let times = usize::try_from(count).unwrap_or(usize::MAX);
        if let Some(text) = text_of(sequence) {
            self.charge_bytes(text.len().saturating_mul(times))?;
            return self.string(text.repeat(times)).map(Some);
        }
        if let Some(bytes) = sequence.downcast_ref::<Bytes>() {
            self.charge_bytes(bytes.0.len().saturating_mul(times))?;
            return self.bytes(&bytes.0.repeat(times)).map(Some);
        }
        if let Some(items) = tuple_of(sequence) {
            let repeated = self.repeat(items, count)?;
            return self.tuple(repeated).map(Some);
        }
        let items = list_of(sequence).map(|items| items.borrow().clone()).unwrap_or_default();
        let repeated = self.repeat(&items, count)?;
        self.list(repeated).map(Some)
    }

    fn repeat(&self, items: &[Value], count: i64) -> Result<Vec<Value>> {
        let times = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
        let length = items.len().saturating_mul(times);
        self.charge_bytes(length.saturating_mul(8))?;
        let mut repeated = Vec::new();
        repeated.try_reserve_exact(length).map_err(|_| self.no_memory())?;
        for _ in 0..times {
            if items.is_empty() {
                break;
            }
            repeated.extend(items.iter().cloned());
        }
        Ok(repeated)
    }

    /// `-value` and so on.
    ///
    /// # Errors
    /// `TypeError` if it has no such operation.
    pub fn unary(&self, operator: Unary, value: &Value) -> Result {
        if Kind::of(value) == Kind::Proxy {
            return self.unary(operator, &self.proxied(value)?);
        }
        let (name, sign) = match operator {
            Unary::Negative => (&self.names.neg, "-"),
            Unary::Positive => (&self.names.pos, "+"),
            Unary::Invert => (&self.names.invert, "~"),
            Unary::Not => return Ok(self.bool(!self.truth(value)?)),
        };
        if let Some(result) = self.special(value, name, &[])? {
            return Ok(result);
        }
        match (operator, Number::of(value)) {
            (Unary::Negative, Some(Number::Float(value))) => self.float(-value),
            (Unary::Positive, Some(number)) => self.number(number),
            (Unary::Negative, Some(number)) => self.big(-number.into_big().unwrap_or_default()),
            (Unary::Invert, Some(number @ (Number::Int(_) | Number::Big(_)))) => {
                self.big(!number.into_big().unwrap_or_default())
            }
            _ => {
                Err(self
                    .type_error(&format!("bad operand type for unary {sign}: '{}'", kind_name(self, value))))
            }
        }
    }
}

/// Whether an operation is one of these numbers.
fn applies(operator: Binary, left: &Number, right: &Number) -> bool {
    let float = matches!(left, Number::Float(_)) || matches!(right, Number::Float(_));
    match operator {
        Binary::LeftShift | Binary::RightShift | Binary::And | Binary::Or | Binary::Xor => !float,
        Binary::MatrixMultiply => false,
        _ => true,
    }
}
