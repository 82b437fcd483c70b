//! The functions of the module `builtins`.

use num_bigint::BigInt;

use super::{functions, iteration, number, sort};
use crate::compile::{Binary, Comparison};
use crate::objects::instance::{text_of, tuple_of};
use crate::objects::{Class, Iterator};
use crate::protocol::describe::kind_name;
use crate::protocol::number::Number;
use crate::value::{Kind, Result, Value, typed};
use crate::vm::call_in_frame::FRAME;
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    functions(vm, &vm.builtins, "", FUNCTIONS)?;
    functions(vm, &vm.builtins, FRAME, OF_FRAMES)
}

fn not_from_here(vm: &Vm, _: Args) -> Result {
    Err(vm.raise(&vm.types.runtime_error, "this function must be called by its name"))
}

const OF_FRAMES: super::Table =
    &[("globals", not_from_here), ("locals", not_from_here), ("vars", not_from_here), ("dir", not_from_here)];

const FUNCTIONS: super::Table = &[
    ("print", print),
    ("len", |vm, args| {
        let args = args.take(vm, "len", 1, 1)?;
        match vm.length(&args[0])? {
            Some(length) => vm.count(length),
            None => Err(vm.type_error(&format!("object of type '{}' has no len()", kind_name(vm, &args[0])))),
        }
    }),
    ("id", |vm, args| {
        let args = args.take(vm, "id", 1, 1)?;
        vm.int(i64::try_from(args[0].id()).unwrap_or(i64::MAX))
    }),
    ("hash", |vm, args| {
        let args = args.take(vm, "hash", 1, 1)?;
        vm.int(vm.hash(&args[0])?)
    }),
    ("repr", |vm, args| {
        let args = args.take(vm, "repr", 1, 1)?;
        if Kind::of(&args[0]) == Kind::Proxy {
            return vm.string(vm.plain_repr(&args[0])?);
        }
        vm.string(vm.repr_text(&args[0])?)
    }),
    ("ascii", |vm, args| {
        let args = args.take(vm, "ascii", 1, 1)?;
        vm.string(vm.ascii_text(&args[0])?)
    }),
    ("format", |vm, args| {
        let args = args.take(vm, "format", 1, 2)?;
        let spec = args.get(1).and_then(text_of).unwrap_or_default();
        vm.string(vm.format_text(&args[0], spec)?)
    }),
    ("isinstance", |vm, args| {
        let args = args.take(vm, "isinstance", 2, 2)?;
        let mut class = vm.class_of(&args[0]);
        if Kind::of(&args[0]) == Kind::Proxy
            && let Some(referent) = vm.unless(vm.proxied(&args[0]), &vm.types.reference_error)?
        {
            class = vm.class_of(&referent);
        }
        Ok(vm.bool(is_one_of(vm, &class, &args[1], "isinstance")?))
    }),
    ("issubclass", |vm, args| {
        let args = args.take(vm, "issubclass", 2, 2)?;
        match typed::<Class>(&args[0]) {
            Some(class) => Ok(vm.bool(is_one_of(vm, &class, &args[1], "issubclass")?)),
            None => Err(vm.type_error("issubclass() arg 1 must be a class")),
        }
    }),
    ("callable", |vm, args| {
        let args = args.take(vm, "callable", 1, 1)?;
        Ok(vm.bool(vm.is_callable(&args[0])))
    }),
    ("getattr", |vm, args| {
        let args = args.take(vm, "getattr", 2, 3)?;
        let name = attribute_name(vm, &args[1])?;
        match args.get(2) {
            Some(default) => {
                let found = vm.unless(vm.getattr(&args[0], &name), &vm.types.attribute_error)?;
                Ok(found.unwrap_or_else(|| default.clone()))
            }
            None => vm.getattr(&args[0], &name),
        }
    }),
    ("hasattr", |vm, args| {
        let args = args.take(vm, "hasattr", 2, 2)?;
        let name = attribute_name(vm, &args[1])?;
        let found = vm.unless(vm.getattr(&args[0], &name), &vm.types.attribute_error)?;
        Ok(vm.bool(found.is_some()))
    }),
    ("setattr", |vm, args| {
        let args = args.take(vm, "setattr", 3, 3)?;
        let name = attribute_name(vm, &args[1])?;
        vm.setattr(&args[0], &name, args[2].clone())?;
        Ok(vm.none.clone())
    }),
    ("delattr", |vm, args| {
        let args = args.take(vm, "delattr", 2, 2)?;
        let name = attribute_name(vm, &args[1])?;
        vm.delattr(&args[0], &name)?;
        Ok(vm.none.clone())
    }),
    ("iter", |vm, args| {
        let args = args.take(vm, "iter", 1, 2)?;
        match args.get(1) {
            Some(sentinel) => vm.make(Iterator::new(
                crate::objects::Iter::Callable,
                Some(args[0].clone()),
                Some(sentinel.clone()),
            )),
            None => vm.iter(&args[0]),
        }
    }),
    ("next", |vm, args| {
        let args = args.take(vm, "next", 1, 2)?;
        if !vm.is_iterator(&args[0]) {
            return Err(vm.type_error(&format!("'{}' object is not an iterator", kind_name(vm, &args[0]))));
        }
        if args.len() == 1 && Kind::of(&args[0]) == Kind::Generator {
            return vm.generator_go_on(&args[0], Ok(vm.none.clone()));
        }
        match vm.next(&args[0])? {
            Some(item) => Ok(item),
            None => args.get(1).cloned().ok_or_else(|| vm.raise(&vm.types.stop_iteration, "")),
        }
    }),
    ("sum", |vm, mut args| {
        let start = args.keyword("start");
        let args = args.take(vm, "sum", 1, 2)?;
        let mut total = args.get(1).cloned().or(start).map_or_else(|| vm.int(0), Ok)?;
        let iterator = vm.iter(&args[0])?;
        while let Some(item) = vm.next(&iterator)? {
            total = vm.binary(Binary::Add, &total, &item)?;
        }
        Ok(total)
    }),
    ("min", |vm, args| extreme(vm, args, "min", Comparison::Less)),
    ("max", |vm, args| extreme(vm, args, "max", Comparison::Greater)),
    ("all", |vm, args| {
        let args = args.take(vm, "all", 1, 1)?;
        let iterator = vm.iter(&args[0])?;
        while let Some(item) = vm.next(&iterator)? {
            if !vm.truth(&item)? {
                return Ok(vm.false_.clone());
            }
        }
        Ok(vm.true_.clone())
    }),
    ("any", |vm, args| {
        let args = args.take(vm, "any", 1, 1)?;
        let iterator = vm.iter(&args[0])?;
        while let Some(item) = vm.next(&iterator)? {
            if vm.truth(&item)? {
                return Ok(vm.true_.clone());
            }
        }
        Ok(vm.false_.clone())
    }),
    ("sorted", |vm, mut args| {
        let (key, reverse) = (args.keyword("key"), args.keyword("reverse"));
        let args = args.take(vm, "sorted", 1, 1)?;
        let list = vm.list(vm.collect(&args[0])?)?;
        let reverse = reverse.map_or(Ok(false), |reverse| vm.truth(&reverse))?;
        sort(vm, &list, key, reverse)?;
        Ok(list)
    }),
    ("reversed", |vm, args| {
        let args = args.take(vm, "reversed", 1, 1)?;
        iteration::reversed(vm, &args[0])
    }),
    ("abs", |vm, args| {
        let args = args.take(vm, "abs", 1, 1)?;
        if let Some(result) = vm.special(&args[0], &vm.names.abs, &[])? {
            return Ok(result);
        }
        match Number::of(&args[0]) {
            Some(Number::Float(value)) => vm.float(value.abs()),
            Some(number) => vm.big(BigInt::from(number.into_big().unwrap_or_default().magnitude().clone())),
            None => Err(vm.type_error(&format!("bad operand type for abs(): '{}'", kind_name(vm, &args[0])))),
        }
    }),
    ("round", |vm, args| {
        let args = args.take(vm, "round", 1, 2)?;
        number::round(vm, &args[0], args.get(1))
    }),
    ("divmod", |vm, args| {
        let args = args.take(vm, "divmod", 2, 2)?;
        if let Some(result) = vm.special(&args[0], &vm.names.divmod, &args[1..])? {
            return Ok(result);
        }
        let quotient = vm.binary(Binary::FloorDivide, &args[0], &args[1])?;
        let rest = vm.binary(Binary::Remainder, &args[0], &args[1])?;
        vm.tuple([quotient, rest])
    }),
    ("pow", |vm, args| {
        let args = args.take(vm, "pow", 2, 3)?;
        let Some(modulus) = args.get(2).filter(|modulus| Kind::of(modulus) != Kind::None) else {
            return vm.binary(Binary::Power, &args[0], &args[1]);
        };
        let big = |value: &Value| vm.index(value).map(|number| number.into_big().unwrap_or_default());
        let (base, exponent, modulus) = (big(&args[0])?, big(&args[1])?, big(modulus)?);
        if num_traits::Zero::is_zero(&modulus) {
            return Err(vm.value_error("pow() 3rd argument cannot be 0"));
        }
        if num_traits::Signed::is_negative(&exponent) {
            vm.charge_digits(&base, &modulus, exponent.bits().max(64))?;
            return match base.modinv(&modulus) {
                Some(inverse) => vm.big(inverse.modpow(&-exponent, &modulus)),
                None => Err(vm.value_error("base is not invertible for the given modulus")),
            };
        }
        vm.charge_digits(&modulus, &modulus, exponent.bits())?;
        vm.big(base.modpow(&exponent, &modulus))
    }),
    ("chr", |vm, args| {
        let args = args.take(vm, "chr", 1, 1)?;
        let code = vm.index_i64(&args[0])?;
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(char) => vm.str(char.encode_utf8(&mut [0; 4])),
            None => Err(vm.value_error("chr() arg not in range(0x110000)")),
        }
    }),
    ("ord", |vm, args| {
        let args = args.take(vm, "ord", 1, 1)?;
        let Some(text) = text_of(&args[0]) else {
            return Err(vm.type_error(&format!(
                "ord() expected string of length 1, but {} found",
                kind_name(vm, &args[0])
            )));
        };
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => vm.int(i64::from(char as u32)),
            _ => Err(vm.type_error(&format!(
                "ord() expected a character, but string of length {} found",
                text.chars().count()
            ))),
        }
    }),
    ("bin", |vm, args| radix(vm, args, "bin", "0b", 2)),
    ("oct", |vm, args| radix(vm, args, "oct", "0o", 8)),
    ("hex", |vm, args| radix(vm, args, "hex", "0x", 16)),
    ("open", super::file::open),
];

fn print(vm: &Vm, mut args: Args) -> Result {
    let separator = args.keyword("sep").filter(|value| Kind::of(value) != Kind::None);
    let end = args.keyword("end").filter(|value| Kind::of(value) != Kind::None);
    let file = args.keyword("file").filter(|value| Kind::of(value) != Kind::None);
    let flush = args.keyword("flush").map_or(Ok(false), |flush| vm.truth(&flush))?;
    if let Some((name, _)) = args.keywords.first() {
        let name = text_of(name).unwrap_or_default();
        return Err(vm.type_error(&format!("print() got an unexpected keyword argument '{name}'")));
    }
    let mut text = String::new();
    for (place, value) in args.values.iter().enumerate() {
        if place > 0 {
            text.push_str(separator.as_ref().map_or(" ", |separator| text_of(separator).unwrap_or(" ")));
        }
        text.push_str(&vm.str_text(value)?);
        vm.charge_bytes(text.len())?;
    }
    text.push_str(end.as_ref().map_or("\n", |end| text_of(end).unwrap_or("\n")));
    match file {
        Some(file) => {
            let write = vm.getattr(&file, &vm.intern("write")?)?;
            vm.call_with(&write, [vm.string(text)?])?;
        }
        None => vm.write(&text, false)?,
    }
    if flush {
        vm.output.borrow_mut().flush();
    }
    Ok(vm.none.clone())
}

/// The name of an attribute: an interned string.
pub(super) fn attribute_name(vm: &Vm, name: &Value) -> Result {
    match text_of(name) {
        Some(_) if Kind::of(name) == Kind::Str => Ok(vm.intern_value(name.clone())),
        Some(text) => vm.intern(text),
        None => Err(vm.type_error(&format!("attribute name must be string, not '{}'", kind_name(vm, name)))),
    }
}

fn is_one_of(vm: &Vm, class: &gleaner::Ref<Class>, of: &Value, name: &str) -> Result<bool> {
    if let Some(choices) = tuple_of(of) {
        for choice in choices {
            if vm.nested(" in comparison", || is_one_of(vm, class, choice, name))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match typed::<Class>(of) {
        Some(of) => Ok(vm.is_subclass(class, &of)),
        None => Err(vm.type_error(&format!("{name}() arg 2 must be a type, a tuple of types, or a union"))),
    }
}

fn extreme(vm: &Vm, mut args: Args, name: &str, comparison: Comparison) -> Result {
    let key = args.keyword("key").filter(|key| Kind::of(key) != Kind::None);
    let default = args.keyword("default");
    let items = if args.len() == 1 { vm.collect(&args.values[0])? } else { args.values.into_vec() };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let by = match &key {
            Some(key) => vm.call_with(key, [item.clone()])?,
            None => item.clone(),
        };
        let better = match &best {
            Some((_, than)) => {
                let better = vm.compare(comparison, &by, than)?;
                vm.truth(&better)?
            }
            None => true,
        };
        if better {
            best = Some((item, by));
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(default)) => Ok(default),
        (None, None) if vm.profile.minor >= 12 => {
            Err(vm.value_error(&format!("{name}() iterable argument is empty")))
        }
        (None, None) => Err(vm.value_error(&format!("{name}() arg is an empty sequence"))),
    }
}

fn radix(vm: &Vm, args: Args, name: &str, prefix: &str, radix: u32) -> Result {
    let args = args.take(vm, name, 1, 1)?;
    let big = vm.index(&args[0])?.into_big().unwrap_or_default();
    let sign = if num_traits::Signed::is_negative(&big) { "-" } else { "" };
    vm.string(format!("{sign}{prefix}{}", big.magnitude().to_str_radix(radix)))
}
