//! Constant expressions, folded as CPython folds them.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Pow, Signed, ToPrimitive, Zero};
use ruff_python_ast::{Expr, Number, Operator, UnaryOp};

use super::Constant;

/// The most characters or bytes of a folded string.
const TEXT_MAX: usize = 4096;
/// The most items of a folded tuple.
const ITEMS_MAX: usize = 256;
/// The most bits of a folded power or shift.
const BITS_MAX: u64 = 128;

/// The constant that an expression is, if it is one.
pub(super) fn constant(expression: &Expr) -> Option<Constant> {
    Some(match expression {
        Expr::NoneLiteral(_) => Constant::None,
        Expr::EllipsisLiteral(_) => Constant::Ellipsis,
        Expr::BooleanLiteral(literal) => Constant::Bool(literal.value),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(value) => match value.as_i64() {
                Some(value) => Constant::Int(value),
                None => parse_big(&value.to_string())?,
            },
            Number::Float(value) => Constant::Float(*value),
            Number::Complex { .. } => return None,
        },
        Expr::StringLiteral(literal) => Constant::Str(literal.value.to_str().into()),
        Expr::BytesLiteral(literal) => {
            let bytes: Vec<u8> = literal.value.iter().flat_map(|part| part.value.iter().copied()).collect();
            Constant::Bytes(bytes.into())
        }
        Expr::Tuple(tuple) => {
            let items: Option<Vec<Constant>> = tuple.elts.iter().map(constant).collect();
            Constant::Tuple(items?.into())
        }
        Expr::UnaryOp(unary) => fold_unary(unary.op, &constant(&unary.operand)?)?,
        Expr::BinOp(binary) => {
            // Deep chains of operators lean to the left: only short ones are followed.
            let (left, right) = (constant(&binary.left)?, constant(&binary.right)?);
            fold_binary(binary.op, &left, &right)?
        }
        _ => return None,
    })
}

fn parse_big(text: &str) -> Option<Constant> {
    let lower = text.to_ascii_lowercase().replace('_', "");
    let (digits, radix) = match lower.get(..2) {
        Some("0x") => (&lower[2..], 16),
        Some("0o") => (&lower[2..], 8),
        Some("0b") => (&lower[2..], 2),
        _ => (&lower[..], 10),
    };
    BigInt::parse_bytes(digits.as_bytes(), radix).map(Constant::Big)
}

/// An int, as small as it is.
fn int(value: BigInt) -> Constant {
    value.to_i64().map_or(Constant::Big(value), Constant::Int)
}

fn as_int(constant: &Constant) -> Option<BigInt> {
    match constant {
        Constant::Int(value) => Some(BigInt::from(*value)),
        Constant::Big(value) => Some(value.clone()),
        Constant::Bool(value) => Some(BigInt::from(i32::from(*value))),
        _ => None,
    }
}

fn as_float(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Float(value) => Some(*value),
        other => as_int(other)?.to_f64().filter(|value| value.is_finite()),
    }
}

fn fold_unary(operator: UnaryOp, operand: &Constant) -> Option<Constant> {
    match (operator, operand) {
        (UnaryOp::USub, Constant::Float(value)) => Some(Constant::Float(-value)),
        (UnaryOp::UAdd, Constant::Float(value)) => Some(Constant::Float(*value)),
        (UnaryOp::USub, operand) => as_int(operand).map(|value| int(-value)),
        (UnaryOp::UAdd, operand) => as_int(operand).map(int),
        (UnaryOp::Invert, Constant::Bool(_)) => None,
        (UnaryOp::Invert, operand) => as_int(operand).map(|value| int(!value)),
        (UnaryOp::Not, operand) => truth(operand).map(|truth| Constant::Bool(!truth)),
    }
}

/// The truth of a constant.
pub(super) fn truth(constant: &Constant) -> Option<bool> {
    match constant {
        Constant::None => Some(false),
        Constant::Ellipsis => Some(true),
        Constant::Bool(value) => Some(*value),
        Constant::Int(value) => Some(*value != 0),
        Constant::Big(_) => Some(true),
        Constant::Float(value) => Some(*value != 0.0),
        Constant::Str(text) => Some(!text.is_empty()),
        Constant::Bytes(bytes) => Some(!bytes.is_empty()),
        Constant::Tuple(items) => Some(!items.is_empty()),
        Constant::FrozenSet(_) | Constant::Code(_) => None,
    }
}

fn fold_binary(operator: Operator, left: &Constant, right: &Constant) -> Option<Constant> {
    if let (Constant::Bool(left), Constant::Bool(right)) = (left, right) {
        match operator {
            Operator::BitAnd => return Some(Constant::Bool(left & right)),
            Operator::BitOr => return Some(Constant::Bool(left | right)),
            Operator::BitXor => return Some(Constant::Bool(left ^ right)),
            _ => {}
        }
    }
    if let (Some(left), Some(right)) = (as_int(left), as_int(right)) {
        return fold_ints(operator, &left, &right);
    }
    match (operator, left, right) {
        (Operator::Add, Constant::Str(left), Constant::Str(right))
            if left.len() + right.len() <= TEXT_MAX =>
        {
            Some(Constant::Str(format!("{left}{right}").into()))
        }
        (Operator::Mult, Constant::Str(text), count) | (Operator::Mult, count, Constant::Str(text)) => {
            let count = as_int(count)?.to_usize()?;
            (text.len().checked_mul(count)? <= TEXT_MAX).then(|| Constant::Str(text.repeat(count).into()))
        }
        (Operator::Add, Constant::Tuple(left), Constant::Tuple(right)) => {
            let items: Vec<Constant> = left.iter().chain(right.iter()).cloned().collect();
            (items.len() <= ITEMS_MAX).then(|| Constant::Tuple(items.into()))
        }
        (Operator::Mult, Constant::Tuple(items), count) => {
            let count = as_int(count)?.to_usize()?;
            let length = items.len().checked_mul(count)?;
            (length <= ITEMS_MAX)
                .then(|| Constant::Tuple(items.iter().cloned().cycle().take(length).collect()))
        }
        _ => {
            let (left, right) = (as_float(left)?, as_float(right)?);
            let value = match operator {
                Operator::Add => left + right,
                Operator::Sub => left - right,
                Operator::Mult => left * right,
                Operator::Div if right != 0.0 => left / right,
                _ => return None,
            };
            Some(Constant::Float(value))
        }
    }
}

fn fold_ints(operator: Operator, left: &BigInt, right: &BigInt) -> Option<Constant> {
    let small = |bits: u64| bits <= BITS_MAX;
    let value = match operator {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult if small(left.bits() + right.bits()) => left * right,
        Operator::Div if !right.is_zero() => {
            let (left, right) = (left.to_i32()?, right.to_i32()?);
            return Some(Constant::Float(f64::from(left) / f64::from(right)));
        }
        Operator::FloorDiv if !right.is_zero() => Integer::div_floor(left, right),
        Operator::Mod if !right.is_zero() => Integer::mod_floor(left, right),
        Operator::Pow if !right.is_negative() => {
            let exponent = right.to_u32()?;
            small(left.bits().checked_mul(u64::from(exponent))?).then(|| Pow::pow(left, exponent))?
        }
        Operator::LShift if !right.is_negative() => {
            let shift = right.to_u64()?;
            small(left.bits().checked_add(shift)?).then(|| left << shift)?
        }
        Operator::RShift if !right.is_negative() => left >> right.to_u64()?,
        Operator::BitAnd => left & right,
        Operator::BitOr => left | right,
        Operator::BitXor => left ^ right,
        _ => return None,
    };
    Some(int(value))
}
