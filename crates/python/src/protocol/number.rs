//! Numbers out of objects.

use core::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive, Zero};

use super::describe::kind_name;
use crate::objects::instance::payload;
use crate::objects::{Big, Bool, Float, Int, Payload};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

/// A number.
#[derive(Clone, Debug)]
pub enum Number {
    /// An int of 64 bits.
    Int(i64),
    /// A greater one.
    Big(BigInt),
    /// A float.
    Float(f64),
}

impl Number {
    /// The number that a value is, if it is one.
    #[must_use]
    pub fn of(value: &Value) -> Option<Number> {
        match Kind::of(value) {
            Kind::Int => Some(Number::Int(expect::<Int>(value).0)),
            Kind::Bool => Some(Number::Int(i64::from(expect::<Bool>(value).0))),
            Kind::Big => Some(Number::Big(expect::<Big>(value).0.clone())),
            Kind::Float => Some(Number::Float(expect::<Float>(value).0)),
            Kind::Instance => match payload(value)? {
                Payload::Int(value) => {
                    Some(value.to_i64().map_or_else(|| Number::Big(value.clone()), Number::Int))
                }
                Payload::Float(value) => Some(Number::Float(*value)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Number::Int(value) => *value == 0,
            Number::Big(value) => value.is_zero(),
            Number::Float(value) => *value == 0.0,
        }
    }

    /// As an int, if it is one.
    #[must_use]
    pub fn into_big(self) -> Option<BigInt> {
        match self {
            Number::Int(value) => Some(BigInt::from(value)),
            Number::Big(value) => Some(value),
            Number::Float(_) => None,
        }
    }

    /// As a float; nothing if it is too large.
    #[must_use]
    pub fn to_float(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "Python rounds likewise")]
            Number::Int(value) => Some(*value as f64),
            Number::Big(value) => value.to_f64().filter(|value| value.is_finite()),
            Number::Float(value) => Some(*value),
        }
    }

    /// The order of two numbers, exact; none beside NaN.
    #[must_use]
    pub fn compare(&self, other: &Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Int(left), Number::Int(right)) => Some(left.cmp(right)),
            (Number::Float(left), Number::Float(right)) => left.partial_cmp(right),
            (Number::Float(left), right) => compare_float(*left, right),
            (left, Number::Float(right)) => compare_float(*right, left).map(Ordering::reverse),
            (left, right) => Some(left.clone().into_big()?.cmp(&right.clone().into_big()?)),
        }
    }
}

/// The order of a float and an int.
fn compare_float(float: f64, int: &Number) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let int = int.clone().into_big()?;
    let whole = BigInt::from_f64(float.trunc())?;
    match whole.cmp(&int) {
        Ordering::Equal => float.fract().partial_cmp(&0.0),
        other => Some(other),
    }
}

impl Vm {
    /// An object of a number.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn number(&self, number: Number) -> Result {
        match number {
            Number::Int(value) => self.int(value),
            Number::Big(value) => self.big(value),
            Number::Float(value) => self.float(value),
        }
    }

    /// An int by `__index__`.
    ///
    /// # Errors
    /// `TypeError` if it is none.
    pub fn index(&self, value: &Value) -> Result<Number> {
        match Number::of(value) {
            Some(number @ (Number::Int(_) | Number::Big(_))) => return Ok(number),
            _ => {
                if let Some(result) = self.special(value, &self.names.index, &[])? {
                    return self.index(&result);
                }
            }
        }
        Err(self
            .type_error(&format!("'{}' object cannot be interpreted as an integer", kind_name(self, value))))
    }

    /// An int of 64 bits by `__index__`.
    ///
    /// # Errors
    /// `TypeError` if it is none, `OverflowError` if it is too large.
    pub fn index_i64(&self, value: &Value) -> Result<i64> {
        match self.index(value)? {
            Number::Int(value) => Ok(value),
            _ => Err(self.raise(&self.types.overflow_error, "Python int too large to convert to C ssize_t")),
        }
    }
}
