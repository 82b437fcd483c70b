//! Arithmetic of numbers.

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Pow, Signed, ToPrimitive, Zero};

use super::number::Number;
use crate::compile::Binary;
use crate::value::Result;
use crate::vm::Vm;

/// The most bits that an int may have; more are a `MemoryError`.
const BITS_MAX: u64 = 1 << 33;

impl Vm {
    /// An operation of two numbers.
    pub(crate) fn compute(&self, operator: Binary, left: Number, right: Number) -> Result {
        match (left, right) {
            (Number::Int(left), Number::Int(right)) => self.compute_small(operator, left, right),
            (Number::Float(left), right) => {
                let right = self.to_float(&right)?;
                self.compute_float(operator, left, right)
            }
            (left, Number::Float(right)) => {
                let left = self.to_float(&left)?;
                self.compute_float(operator, left, right)
            }
            (left, right) => {
                let (Some(left), Some(right)) = (left.into_big(), right.into_big()) else {
                    return Err(self.type_error("not ints"));
                };
                self.compute_big(operator, &left, &right)
            }
        }
    }

    fn to_float(&self, number: &Number) -> Result<f64> {
        number
            .to_float()
            .ok_or_else(|| self.raise(&self.types.overflow_error, "int too large to convert to float"))
    }

    fn compute_small(&self, operator: Binary, left: i64, right: i64) -> Result {
        let result = match operator {
            Binary::Add => left.checked_add(right),
            Binary::Subtract => left.checked_sub(right),
            Binary::Multiply => left.checked_mul(right),
            Binary::FloorDivide if right != 0 && !(left == i64::MIN && right == -1) => {
                Some(Integer::div_floor(&left, &right))
            }
            Binary::Remainder if right != 0 && right != -1 => Some(Integer::mod_floor(&left, &right)),
            Binary::And => Some(left & right),
            Binary::Or => Some(left | right),
            Binary::Xor => Some(left ^ right),
            Binary::LeftShift if (0..62).contains(&right) && left.unsigned_abs() < (1 << (62 - right)) => {
                Some(left << right)
            }
            Binary::RightShift if right >= 0 => Some(left >> right.min(63)),
            Binary::Power if right >= 0 => {
                u32::try_from(right).ok().and_then(|right| left.checked_pow(right))
            }
            _ => None,
        };
        match result {
            Some(result) => self.int(result),
            None => self.compute_big(operator, &BigInt::from(left), &BigInt::from(right)),
        }
    }

    fn compute_big(&self, operator: Binary, left: &BigInt, right: &BigInt) -> Result {
        let zero_division = |what: &str| self.raise(&self.types.zero_division_error, what);
        let modulo_zero = if self.profile.minor >= 11 {
            "integer modulo by zero"
        } else {
            "integer division or modulo by zero"
        };
        let result = match operator {
            Binary::Add => left + right,
            Binary::Subtract => left - right,
            Binary::Multiply => {
                self.charge_bits(left.bits() + right.bits())?;
                self.charge_digits(left, right, 1)?;
                left * right
            }
            Binary::FloorDivide if right.is_zero() => {
                return Err(zero_division("integer division or modulo by zero"));
            }
            Binary::FloorDivide => {
                self.charge_digits(left, right, 1)?;
                left.div_floor(right)
            }
            Binary::Remainder if right.is_zero() => return Err(zero_division(modulo_zero)),
            Binary::Remainder => {
                self.charge_digits(left, right, 1)?;
                left.mod_floor(right)
            }
            Binary::TrueDivide if right.is_zero() => return Err(zero_division("division by zero")),
            Binary::TrueDivide => return self.divide(left, right),
            Binary::Power if right.is_negative() => {
                if left.is_zero() {
                    return Err(zero_division("0.0 cannot be raised to a negative power"));
                }
                let (left, right) =
                    (left.to_f64().unwrap_or(f64::INFINITY), right.to_f64().unwrap_or(f64::NEG_INFINITY));
                return self.float(left.powf(right));
            }
            Binary::Power => {
                let Some(exponent) = right.to_u32() else {
                    return match left.to_i8() {
                        Some(0 | 1) => self.big(left.clone()),
                        Some(-1) => self.int(if right.is_even() { 1 } else { -1 }),
                        _ => Err(self.no_memory()),
                    };
                };
                let bits = left.bits().saturating_mul(u64::from(exponent));
                self.charge_bits(bits)?;
                self.charge_work((bits / 64).saturating_mul(bits / 64) / 64)?;
                Pow::pow(left, exponent)
            }
            Binary::LeftShift | Binary::RightShift if right.is_negative() => {
                return Err(self.value_error("negative shift count"));
            }
            Binary::LeftShift => {
                if left.is_zero() {
                    return self.int(0);
                }
                let Some(shift) = right.to_u64() else { return Err(self.no_memory()) };
                self.charge_bits(left.bits().saturating_add(shift))?;
                left << shift
            }
            Binary::RightShift => match right.to_u64() {
                Some(shift) => left >> shift,
                None => BigInt::from(if left.sign() == Sign::Minus { -1 } else { 0 }),
            },
            Binary::And => left & right,
            Binary::Or => left | right,
            Binary::Xor => left ^ right,
            Binary::MatrixMultiply => {
                return Err(self.type_error("unsupported operand type(s) for @: 'int' and 'int'"));
            }
        };
        self.big(result)
    }

    /// True division of ints, rounded once.
    fn divide(&self, left: &BigInt, right: &BigInt) -> Result {
        if left.bits() <= 53 && right.bits() <= 53 {
            let (left, right) = (left.to_f64().unwrap_or(0.0), right.to_f64().unwrap_or(1.0));
            return self.float(left / right);
        }
        // 66 bits of quotient and a sticky one are enough to round rightly.
        let shift = 66 - (i64::try_from(left.bits()).unwrap_or(0) - i64::try_from(right.bits()).unwrap_or(0));
        let (scaled, divisor) = if shift >= 0 {
            (left.abs() << shift.unsigned_abs(), right.abs())
        } else {
            (left.abs(), right.abs() << shift.unsigned_abs())
        };
        let (quotient, rest) = scaled.div_rem(&divisor);
        let quotient = if rest.is_zero() { quotient } else { quotient | BigInt::from(1) };
        let mantissa = quotient.to_f64().unwrap_or(0.0);
        let power = i32::try_from(-shift).unwrap_or(i32::MAX);
        let value = if power < -1000 {
            mantissa * 2_f64.powi(-1000) * 2_f64.powi(power + 1000)
        } else {
            mantissa * 2_f64.powi(power)
        };
        if value.is_infinite() {
            return Err(
                self.raise(&self.types.overflow_error, "integer division result too large for a float")
            );
        }
        self.float(if left.is_negative() == right.is_negative() { value } else { -value })
    }

    fn charge_bits(&self, bits: u64) -> Result<()> {
        if bits > BITS_MAX {
            return Err(self.no_memory());
        }
        self.charge_bytes(usize::try_from(bits / 8).unwrap_or(usize::MAX))
    }

    /// Counts the work of multiplying or dividing ints so often.
    pub(crate) fn charge_digits(&self, left: &BigInt, right: &BigInt, times: u64) -> Result<()> {
        let digits = (left.bits() / 64 + 1).saturating_mul(right.bits() / 64 + 1);
        self.charge_work(digits.saturating_mul(times) / 64)
    }

    fn compute_float(&self, operator: Binary, left: f64, right: f64) -> Result {
        let zero_division = |what: &str| self.raise(&self.types.zero_division_error, what);
        let (divide, modulo, floor) = if self.profile.minor >= 14 {
            ("division by zero", "division by zero", "division by zero")
        } else {
            ("float division by zero", "float modulo", "float floor division by zero")
        };
        let result = match operator {
            Binary::Add => left + right,
            Binary::Subtract => left - right,
            Binary::Multiply => left * right,
            Binary::TrueDivide if right == 0.0 => return Err(zero_division(divide)),
            Binary::TrueDivide => left / right,
            Binary::FloorDivide if right == 0.0 => return Err(zero_division(floor)),
            Binary::FloorDivide => ((left - remainder(left, right)) / right).round_ties_even(),
            Binary::Remainder if right == 0.0 => {
                return Err(zero_division(if self.profile.minor >= 12 {
                    "float modulo by zero"
                } else {
                    modulo
                }));
            }
            Binary::Remainder => remainder(left, right),
            Binary::Power => {
                if left == 0.0 && right < 0.0 {
                    return Err(zero_division("0.0 cannot be raised to a negative power"));
                }
                left.powf(right)
            }
            _ => return Err(self.type_error("unsupported operand type(s) for floats")),
        };
        self.float(result)
    }
}

/// Python's remainder of floats: it has the divisor's sign.
pub(crate) fn remainder(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest != 0.0 && (rest < 0.0) != (right < 0.0) {
        rest + right
    } else if rest == 0.0 {
        0.0_f64.copysign(right)
    } else {
        rest
    }
}
