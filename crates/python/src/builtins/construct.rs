//! What calling a builtin type makes.

use gleaner::{AnySlot, Ref};
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Num};

use crate::objects::dict::DictData;
use crate::objects::instance::{payload, text_of};
use crate::objects::{
    Bytes, Class, ClassMethod, Dict, Iter, Iterator, Layout, Payload, Property, Range, StaticMethod,
};
use crate::protocol::describe::kind_name;
use crate::protocol::number::Number;
use crate::value::{Kind, Result, Value, typed};
use crate::vm::{Args, ClassSpec, Vm};

/// Calls a builtin type for itself or for a class that inherits from it.
pub(crate) fn construct(vm: &Vm, base: &Ref<Class>, class: &Ref<Class>, args: Args) -> Result {
    let types = &vm.types;
    let made = match base.layout {
        Layout::Object => {
            if !(args.is_empty() && args.keywords.is_empty()) {
                return Err(vm.type_error(&format!("{}() takes no arguments", class.name())));
            }
            return vm.new_instance(class, Payload::None);
        }
        Layout::Int => int(vm, args)?,
        Layout::Bool => {
            let args = args.take(vm, "bool", 0, 1)?;
            return match args.first() {
                Some(value) => Ok(vm.bool(vm.truth(value)?)),
                None => Ok(vm.false_.clone()),
            };
        }
        Layout::Float => float(vm, args)?,
        Layout::Str => {
            let args = args.take(vm, "str", 0, 3)?;
            match args.first() {
                Some(value) if Kind::of(value) == Kind::Str => value.clone(),
                Some(value) if args.len() > 1 => match value.downcast_ref::<Bytes>() {
                    Some(bytes) => vm.string(String::from_utf8_lossy(&bytes.0).into_owned())?,
                    None => return Err(vm.type_error("decoding to str: need a bytes-like object")),
                },
                Some(value) => vm.string(vm.str_text(value)?)?,
                None => vm.str("")?,
            }
        }
        Layout::Bytes => bytes(vm, args)?,
        Layout::Tuple => {
            let args = args.take(vm, "tuple", 0, 1)?;
            match args.first() {
                Some(value) if Kind::of(value) == Kind::Tuple && class.is(base) => return Ok(value.clone()),
                Some(value) => vm.tuple(vm.collect(value)?)?,
                None => vm.tuple([])?,
            }
        }
        Layout::List => {
            let args = args.take(vm, "list", 0, 1)?;
            let items = args.first().map_or_else(|| Ok(Vec::new()), |value| vm.collect(value))?;
            vm.list(items)?
        }
        Layout::Dict => {
            let dict = vm.dict()?;
            fill_dict(vm, &dict, args)?;
            dict.into_any()
        }
        Layout::Set | Layout::FrozenSet => {
            let frozen = base.layout == Layout::FrozenSet;
            let args = args.take(vm, if frozen { "frozenset" } else { "set" }, 0, 1)?;
            match args.first() {
                Some(value)
                    if frozen
                        && class.is(base)
                        && Kind::of(value) == Kind::Set
                        && vm.class_of(value).is(&types.frozenset) =>
                {
                    return Ok(value.clone());
                }
                Some(value) => vm.set(vm.collect(value)?, frozen)?,
                None => vm.set_from(DictData::default(), frozen)?,
            }
        }
        Layout::Exception => {
            if let Some((key, _)) = args.keywords.first() {
                let _ = key;
                return Err(vm.type_error(&format!("{}() takes no keyword arguments", class.name())));
            }
            let args = vm.tuple(args.values)?;
            return vm.exception(class, args);
        }
        Layout::Class => return class_of_classes(vm, class, args),
        Layout::Weak => return crate::modules::weakref::construct(vm, class, args),
        Layout::Closed => return closed(vm, base, args),
    };
    if class.is(base) { Ok(made) } else { vm.adopt(class, made) }
}

fn class_of_classes(vm: &Vm, class: &Ref<Class>, args: Args) -> Result {
    if class.is(&vm.types.type_) && args.len() == 1 && args.keywords.is_empty() {
        return Ok(vm.class_of(&args.values[0]).into_any());
    }
    let keywords = args.keywords;
    let args = Args { values: args.values, keywords: Vec::new() }.take(vm, "type", 3, 3)?;
    let (Some(name), Some(dict)) = (text_of(&args[0]), args[2].downcast_ref::<Dict>()) else {
        return Err(vm.type_error("type() argument 1 must be str and argument 3 must be dict"));
    };
    let names = vm.dict()?;
    let entries: Vec<(Value, Value)> =
        dict.data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    for (key, value) in entries {
        vm.dict_set(&names.data, key, value)?;
    }
    if vm.dict_get_name(&names.data, &vm.names.module).is_none() {
        vm.dict_set(&names.data, vm.names.module.clone(), vm.names.main.clone())?;
    }
    let metaclass = (!class.is(&vm.types.type_)).then(|| class.clone());
    let bases = vm.collect(&args[1])?;
    vm.make_class(ClassSpec { name: name.to_string(), bases, dict: names, metaclass }, keywords)
}

/// Fills a dict as `dict(...)` and `update(...)` do.
pub(super) fn fill_dict(vm: &Vm, dict: &Ref<Dict>, args: Args) -> Result<()> {
    let Args { values, keywords } = args;
    let values = Args { values, keywords: Vec::new() }.take(vm, "dict", 0, 1)?;
    if let Some(source) = values.first() {
        vm.update_dict(&dict.data, source)?;
    }
    for (key, value) in keywords {
        vm.dict_set(&dict.data, key, value)?;
    }
    Ok(())
}

fn int(vm: &Vm, mut args: Args) -> Result {
    let base = args.keyword("base");
    let args = args.take(vm, "int", 0, 2)?;
    let base = args.get(1).cloned().or(base);
    let Some(value) = args.first() else { return vm.int(0) };
    if let Some(text) = text_of(value) {
        let base = base.map_or(Ok(10), |base| vm.index_i64(&base))?;
        return parse_int(vm, text, base);
    }
    if base.is_some() {
        return Err(vm.type_error("int() can't convert non-string with explicit base"));
    }
    for name in [&vm.names.int, &vm.names.index] {
        if let Some(result) = vm.special(value, name, &[])? {
            return vm.number(vm.index(&result)?);
        }
    }
    match Number::of(value) {
        Some(Number::Float(float)) if float.is_nan() => {
            Err(vm.value_error("cannot convert float NaN to integer"))
        }
        Some(Number::Float(float)) if float.is_infinite() => {
            Err(vm.raise(&vm.types.overflow_error, "cannot convert float infinity to integer"))
        }
        Some(Number::Float(float)) => vm.big(BigInt::from_f64(float.trunc()).unwrap_or_default()),
        Some(number) => vm.number(number),
        None => Err(vm.type_error(&format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            kind_name(vm, value)
        ))),
    }
}

fn parse_int(vm: &Vm, text: &str, base: i64) -> Result {
    let invalid = || {
        let text = crate::protocol::repr::quote(text);
        vm.value_error(&format!("invalid literal for int() with base {base}: {text}"))
    };
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = |prefix: &str| lower.strip_prefix(prefix).map(str::to_string);
    let (digits, base) = match base {
        0 | 16 if prefixed("0x").is_some() => (prefixed("0x").unwrap_or_default(), 16),
        0 | 8 if prefixed("0o").is_some() => (prefixed("0o").unwrap_or_default(), 8),
        0 | 2 if prefixed("0b").is_some() => (prefixed("0b").unwrap_or_default(), 2),
        0 => (lower, 10),
        2..=36 => (lower, base),
        _ => return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return Err(invalid());
    }
    if digits.len() > 4300 && !u32::try_from(base).is_ok_and(u32::is_power_of_two) {
        return Err(vm.value_error(&format!(
            "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        )));
    }
    let digits = digits.replace('_', "");
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let radix = u32::try_from(base).unwrap_or(10);
    let parsed = if plain { BigInt::from_str_radix(&digits, radix).ok() } else { None };
    let value = parsed.ok_or_else(invalid)?;
    vm.big(if negative { -value } else { value })
}

fn float(vm: &Vm, args: Args) -> Result {
    let args = args.take(vm, "float", 0, 1)?;
    let Some(value) = args.first() else { return vm.float(0.0) };
    if let Some(text) = text_of(value) {
        let cleaned = text.trim().replace('_', "").to_ascii_lowercase();
        let is_number = cleaned.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte));
        let is_word = matches!(cleaned.trim_start_matches(['+', '-']), "inf" | "infinity" | "nan");
        return match cleaned.parse::<f64>() {
            Ok(value) if is_number || is_word => vm.float(value),
            _ => Err(vm.value_error(&format!(
                "could not convert string to float: {}",
                crate::protocol::repr::quote(text)
            ))),
        };
    }
    if let Some(result) = vm.special(value, &vm.names.float, &[])? {
        return Ok(result);
    }
    match Number::of(value) {
        Some(number) => match number.to_float() {
            Some(value) => vm.float(value),
            None => Err(vm.raise(&vm.types.overflow_error, "int too large to convert to float")),
        },
        None => Err(vm.type_error(&format!(
            "float() argument must be a string or a real number, not '{}'",
            kind_name(vm, value)
        ))),
    }
}

fn bytes(vm: &Vm, args: Args) -> Result {
    let args = args.take(vm, "bytes", 0, 3)?;
    let Some(value) = args.first() else { return vm.bytes(&[]) };
    if Kind::of(value) == Kind::Proxy {
        return bytes(vm, Args::of([vm.proxied(value)?]));
    }
    if let Some(result) = vm.special(value, &vm.names.bytes, &[])? {
        return Ok(result);
    }
    if let Some(text) = text_of(value) {
        if args.len() < 2 {
            return Err(vm.type_error("string argument without an encoding"));
        }
        return vm.bytes(text.as_bytes());
    }
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return vm.bytes(&bytes.0);
    }
    if let Some(Number::Int(count)) = Number::of(value) {
        let count = usize::try_from(count).map_err(|_| vm.value_error("negative count"))?;
        vm.charge_bytes(count)?;
        return vm.bytes(&vec![0; count]);
    }
    let mut bytes = Vec::new();
    for item in vm.collect(value)? {
        let item = vm.index_i64(&item)?;
        bytes.push(u8::try_from(item).map_err(|_| vm.value_error("bytes must be in range(0, 256)"))?);
    }
    vm.bytes(&bytes)
}

fn closed(vm: &Vm, base: &Ref<Class>, mut args: Args) -> Result {
    let types = &vm.types;
    let is = |class: &Ref<Class>| base.is(class);
    if is(&types.range) {
        return range(vm, args);
    }
    if is(&types.slice) {
        let args = args.take(vm, "slice", 1, 3)?;
        let none = || vm.none.clone();
        let at = |index: usize| args.get(index).cloned().unwrap_or_else(none);
        return if args.len() == 1 { vm.slice(none(), at(0), none()) } else { vm.slice(at(0), at(1), at(2)) };
    }
    if is(&types.property) {
        let named = [args.keyword("fget"), args.keyword("fset"), args.keyword("fdel"), args.keyword("doc")];
        let args = args.take(vm, "property", 0, 4)?;
        let at = |index: usize| {
            let value = args.get(index).cloned().or_else(|| named[index].clone());
            value.map_or_else(AnySlot::empty, AnySlot::new)
        };
        return vm.make(Property { get: at(0), set: at(1), delete: at(2) });
    }
    if is(&types.static_method) {
        let args = args.take(vm, "staticmethod", 1, 1)?;
        return vm.make(StaticMethod { function: AnySlot::new(args[0].clone()) });
    }
    if is(&types.class_method) {
        let args = args.take(vm, "classmethod", 1, 1)?;
        return vm.make(ClassMethod { function: AnySlot::new(args[0].clone()) });
    }
    if is(&types.super_) {
        let args = args.take(vm, "super", 2, 2)?;
        let Some(after) = typed::<Class>(&args[0]) else {
            return Err(vm.type_error("super() argument 1 must be a type"));
        };
        return vm.super_of(after, args[1].clone());
    }
    if is(&types.enumerate) {
        let start = args.keyword("start");
        let args = args.take(vm, "enumerate", 1, 2)?;
        let start = args.get(1).cloned().or(start).map_or(Ok(0), |start| vm.index_i64(&start))?;
        let inner = vm.iter(&args[0])?;
        return vm.iterator(Iter::Enumerate(start), Some(inner));
    }
    if is(&types.zip) {
        let strict = args.keyword("strict").map_or(Ok(false), |strict| vm.truth(&strict))?;
        let iterators = args.values.iter().map(|value| vm.iter(value)).collect::<Result<_>>()?;
        return vm.iterator(Iter::Zip(iterators, strict), None);
    }
    if is(&types.map) {
        if args.len() < 2 {
            return Err(vm.type_error("map() must have at least two arguments."));
        }
        let iterators = args.values[1..].iter().map(|value| vm.iter(value)).collect::<Result<_>>()?;
        return vm.make(Iterator::new(Iter::Map(iterators), None, Some(args.values[0].clone())));
    }
    if is(&types.filter) {
        let args = args.take(vm, "filter", 2, 2)?;
        let inner = vm.iter(&args[1])?;
        return vm.make(Iterator::new(Iter::Filter, Some(inner), Some(args[0].clone())));
    }
    if is(&types.reversed) {
        let args = args.take(vm, "reversed", 1, 1)?;
        return super::iteration::reversed(vm, &args[0]);
    }
    if is(&types.none_type) || is(&types.not_implemented) || is(&types.ellipsis) {
        args.take(vm, &base.name(), 0, 0)?;
        return Ok(if is(&types.none_type) {
            vm.none.clone()
        } else if is(&types.ellipsis) {
            vm.ellipsis.clone()
        } else {
            vm.not_implemented.clone()
        });
    }
    if is(&types.method) {
        let args = args.take(vm, "method", 2, 2)?;
        return vm.make(crate::objects::Method { function: args[0].clone(), object: args[1].clone() });
    }
    Err(vm.type_error(&format!("cannot create '{}' instances", base.name())))
}

fn range(vm: &Vm, args: Args) -> Result {
    let args = args.take(vm, "range", 1, 3)?;
    let at = |index: usize| vm.index_i64(&args[index]);
    let range = match args.len() {
        1 => Range { start: 0, stop: at(0)?, step: 1 },
        2 => Range { start: at(0)?, stop: at(1)?, step: 1 },
        _ => Range { start: at(0)?, stop: at(1)?, step: at(2)? },
    };
    if range.step == 0 {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    vm.make(range)
}

/// What an instance has of a builtin type is filled by the type's own `__init__`.
pub(super) fn init_payload(vm: &Vm, object: &Value, args: Args) -> Result<()> {
    match payload(object) {
        Some(Payload::List(items)) => {
            let args = args.take(vm, "list", 0, 1)?;
            let new = args.first().map_or_else(|| Ok(Vec::new()), |value| vm.collect(value))?;
            let old = items.0.replace(new);
            drop(old);
        }
        Some(Payload::Dict(data)) => {
            let Args { values, keywords } = args;
            if let Some(source) = values.first() {
                vm.update_dict(data, source)?;
            }
            for (key, value) in keywords {
                vm.dict_set(data, key, value)?;
            }
        }
        Some(Payload::Set { data, frozen: false }) => {
            let args = args.take(vm, "set", 0, 1)?;
            let old = data.take();
            drop(old);
            for item in args.first().map_or_else(|| Ok(Vec::new()), |value| vm.collect(value))? {
                vm.set_add(data, item)?;
            }
        }
        _ => {}
    }
    Ok(())
}
