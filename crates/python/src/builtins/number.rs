//! Methods of numbers.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::methods;
use crate::objects::instance::text_of;
use crate::protocol::number::Number;
use crate::value::{Result, Value};
use crate::vm::Vm;

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(
        vm,
        &vm.types.int,
        "int",
        &[
            ("bit_length", |vm, args| {
                let (number, _) = args.method(vm, "bit_length", 0, 0)?;
                let bits = big(&number).bits();
                vm.count(usize::try_from(bits).unwrap_or(usize::MAX))
            }),
            ("bit_count", |vm, args| {
                let (number, _) = args.method(vm, "bit_count", 0, 0)?;
                let ones: u32 = big(&number).magnitude().iter_u64_digits().map(u64::count_ones).sum();
                vm.int(i64::from(ones))
            }),
            ("conjugate", |vm, args| {
                let (number, _) = args.method(vm, "conjugate", 0, 0)?;
                vm.number(Number::of(&number).unwrap_or(Number::Int(0)))
            }),
            ("to_bytes", |vm, args| {
                let (number, args) = args.method(vm, "to_bytes", 0, 2)?;
                let length = args.first().map_or(Ok(1), |length| vm.index_i64(length))?;
                let length = usize::try_from(length).unwrap_or(0);
                let (_, mut bytes) = big(&number).to_bytes_le();
                if bytes.len() > length {
                    return Err(vm.raise(&vm.types.overflow_error, "int too big to convert"));
                }
                vm.charge_bytes(length)?;
                bytes.resize(length, 0);
                if args.get(1).and_then(text_of) != Some("little") {
                    bytes.reverse();
                }
                vm.bytes(&bytes)
            }),
            ("__int__", |vm, args| {
                let (number, _) = args.method(vm, "__int__", 0, 0)?;
                vm.big(big(&number))
            }),
            ("__index__", |vm, args| {
                let (number, _) = args.method(vm, "__index__", 0, 0)?;
                vm.big(big(&number))
            }),
        ],
    )?;
    methods(
        vm,
        &vm.types.float,
        "float",
        &[
            ("is_integer", |vm, args| {
                let (number, _) = args.method(vm, "is_integer", 0, 0)?;
                let value = Number::of(&number).and_then(|number| number.to_float()).unwrap_or(f64::NAN);
                Ok(vm.bool(value.fract() == 0.0))
            }),
            ("hex", |vm, args| {
                let (number, _) = args.method(vm, "hex", 0, 0)?;
                let value = Number::of(&number).and_then(|number| number.to_float()).unwrap_or(0.0);
                vm.string(format!("{value:e}"))
            }),
        ],
    )
}

fn big(value: &Value) -> BigInt {
    match Number::of(value) {
        Some(Number::Float(value)) => num_traits::FromPrimitive::from_f64(value).unwrap_or_default(),
        Some(number) => number.into_big().unwrap_or_default(),
        None => BigInt::default(),
    }
}

/// `round(value, digits)`
pub(super) fn round(vm: &Vm, value: &Value, digits: Option<&Value>) -> Result {
    let digits_value = digits.filter(|digits| crate::value::Kind::of(digits) != crate::value::Kind::None);
    let args: Vec<Value> = digits_value.cloned().into_iter().collect();
    if let Some(result) = vm.special(value, &vm.names.round, &args)? {
        return Ok(result);
    }
    match Number::of(value) {
        Some(Number::Float(float)) => match digits_value {
            None => {
                if float.is_nan() {
                    return Err(vm.value_error("cannot convert float NaN to integer"));
                }
                match num_traits::FromPrimitive::from_f64(float.round_ties_even()) {
                    Some(big) => vm.big(big),
                    None => {
                        Err(vm.raise(&vm.types.overflow_error, "cannot convert float infinity to integer"))
                    }
                }
            }
            Some(digits) => {
                let digits = vm.index_i64(digits)?;
                if digits >= 0 {
                    let digits = usize::try_from(digits).unwrap_or(0).min(400);
                    vm.float(format!("{float:.digits$}").parse().unwrap_or(float))
                } else {
                    let scale = 10_f64.powi(i32::try_from(digits.unsigned_abs()).unwrap_or(400));
                    vm.float((float / scale).round_ties_even() * scale)
                }
            }
        },
        Some(number) => {
            let digits = digits_value.map_or(Ok(0), |digits| vm.index_i64(digits))?;
            if digits >= 0 {
                return vm.number(number);
            }
            let big = number.into_big().unwrap_or_default();
            let Some(power) = digits.unsigned_abs().to_u32().filter(|power| *power < 10_000) else {
                return vm.int(0);
            };
            let scale = num_traits::Pow::pow(BigInt::from(10), power);
            let (quotient, rest) = num_integer::Integer::div_mod_floor(&big, &scale);
            let twice = rest * 2;
            let up = twice > scale || (twice == scale && num_integer::Integer::is_odd(&quotient));
            let quotient = if up { quotient + 1 } else { quotient };
            vm.big(quotient * scale)
        }
        None => Err(vm.type_error(&format!(
            "type {} doesn't define __round__ method",
            crate::protocol::describe::kind_name(vm, value)
        ))),
    }
}
