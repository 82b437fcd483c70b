//! Methods of strings that ask and search, and of bytes.

use super::methods;
use crate::objects::Bytes;
use crate::objects::instance::{text_of, tuple_of};
use crate::value::{Kind, Result, Value};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(vm, &vm.types.str, "str", STR)?;
    methods(
        vm,
        &vm.types.bytes,
        "bytes",
        &[
            ("decode", |vm, args| {
                let (bytes, _) = args.method(vm, "decode", 0, 2)?;
                let text = bytes.downcast_ref::<Bytes>().map(|bytes| String::from_utf8(bytes.0.to_vec()));
                match text {
                    Some(Ok(text)) => vm.string(text),
                    _ => Err(vm.raise(
                        &vm.types.unicode_decode_error,
                        "'utf-8' codec can't decode bytes: invalid start byte",
                    )),
                }
            }),
            ("hex", |vm, args| {
                let (bytes, _) = args.method(vm, "hex", 0, 0)?;
                let bytes = bytes.downcast_ref::<Bytes>().map(|bytes| &bytes.0[..]).unwrap_or_default();
                vm.string(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }),
        ],
    )
}

/// The text that a method is called with, and the other arguments.
pub(super) fn method(
    vm: &Vm,
    args: Args,
    name: &str,
    least: usize,
    most: usize,
) -> Result<(String, Vec<Value>)> {
    let (string, args) = args.method(vm, name, least, most)?;
    match text_of(&string) {
        Some(text) => {
            vm.charge_work(text.len() as u64)?;
            Ok((text.to_string(), args.into_vec()))
        }
        None => Err(vm.type_error(&format!("descriptor '{name}' requires a 'str' object"))),
    }
}

/// A text among the arguments.
pub(super) fn text<'a>(vm: &Vm, value: &'a Value) -> Result<&'a str> {
    text_of(value).ok_or_else(|| {
        vm.type_error(&format!(
            "expected str instance, {} found",
            crate::protocol::describe::kind_name(vm, value)
        ))
    })
}

fn test(vm: &Vm, args: Args, name: &str, all: fn(char) -> bool) -> Result {
    let (string, _) = method(vm, args, name, 0, 0)?;
    Ok(vm.bool(!string.is_empty() && string.chars().all(all)))
}

/// A part of a text between two optional places, in characters, and where it begins.
fn part(vm: &Vm, string: &str, args: &[Value]) -> Result<(String, usize)> {
    let length = i64::try_from(string.chars().count()).unwrap_or(i64::MAX);
    let place = |index: usize, default: i64| -> Result<i64> {
        match args.get(index) {
            Some(value) if Kind::of(value) != Kind::None => {
                let value = vm.index_i64(value)?;
                Ok(if value < 0 { (value + length).max(0) } else { value.min(length) })
            }
            _ => Ok(default),
        }
    };
    let (start, stop) = (place(1, 0)?, place(2, length)?);
    let (start, stop) = (usize::try_from(start).unwrap_or(0), usize::try_from(stop).unwrap_or(0));
    Ok((string.chars().skip(start).take(stop.saturating_sub(start)).collect(), start))
}

fn search(vm: &Vm, args: Args, name: &str, last: bool) -> Result<Option<usize>> {
    let (string, args) = method(vm, args, name, 1, 3)?;
    let wanted = text(vm, &args[0])?;
    let (part, start) = part(vm, &string, &args)?;
    let found = if last { part.rfind(wanted) } else { part.find(wanted) };
    Ok(found.map(|at| start + part[..at].chars().count()))
}

fn affix(vm: &Vm, args: Args, name: &str, matches: fn(&str, &str) -> bool) -> Result {
    let (string, args) = method(vm, args, name, 1, 3)?;
    let (part, _) = part(vm, &string, &args)?;
    let wanted: Vec<Value> = match tuple_of(&args[0]) {
        Some(choices) => choices.to_vec(),
        None => vec![args[0].clone()],
    };
    for choice in &wanted {
        let Some(choice) = text_of(choice) else {
            return Err(vm.type_error(&format!("{name} first arg must be str or a tuple of str")));
        };
        if matches(&part, choice) {
            return Ok(vm.true_.clone());
        }
    }
    Ok(vm.false_.clone())
}

const STR: super::Table = &[
    ("isdigit", |vm, args| test(vm, args, "isdigit", char::is_numeric)),
    ("isdecimal", |vm, args| test(vm, args, "isdecimal", |char| char.is_ascii_digit())),
    ("isnumeric", |vm, args| test(vm, args, "isnumeric", char::is_numeric)),
    ("isalpha", |vm, args| test(vm, args, "isalpha", char::is_alphabetic)),
    ("isalnum", |vm, args| test(vm, args, "isalnum", char::is_alphanumeric)),
    ("isspace", |vm, args| test(vm, args, "isspace", char::is_whitespace)),
    ("isidentifier", |vm, args| {
        let (string, _) = method(vm, args, "isidentifier", 0, 0)?;
        let first = string.chars().next().is_some_and(|char| char.is_alphabetic() || char == '_');
        Ok(vm.bool(first && string.chars().all(|char| char.is_alphanumeric() || char == '_')))
    }),
    ("isupper", |vm, args| {
        let (string, _) = method(vm, args, "isupper", 0, 0)?;
        Ok(vm.bool(string.chars().any(char::is_uppercase) && !string.chars().any(char::is_lowercase)))
    }),
    ("islower", |vm, args| {
        let (string, _) = method(vm, args, "islower", 0, 0)?;
        Ok(vm.bool(string.chars().any(char::is_lowercase) && !string.chars().any(char::is_uppercase)))
    }),
    ("isascii", |vm, args| {
        let (string, _) = method(vm, args, "isascii", 0, 0)?;
        Ok(vm.bool(string.is_ascii()))
    }),
    ("startswith", |vm, args| affix(vm, args, "startswith", |text, wanted| text.starts_with(wanted))),
    ("endswith", |vm, args| affix(vm, args, "endswith", |text, wanted| text.ends_with(wanted))),
    ("find", |vm, args| {
        let found = search(vm, args, "find", false)?;
        found.map_or_else(|| vm.int(-1), |found| vm.count(found))
    }),
    ("rfind", |vm, args| {
        let found = search(vm, args, "rfind", true)?;
        found.map_or_else(|| vm.int(-1), |found| vm.count(found))
    }),
    ("index", |vm, args| {
        let found = search(vm, args, "index", false)?;
        found.map_or_else(|| Err(vm.value_error("substring not found")), |found| vm.count(found))
    }),
    ("rindex", |vm, args| {
        let found = search(vm, args, "rindex", true)?;
        found.map_or_else(|| Err(vm.value_error("substring not found")), |found| vm.count(found))
    }),
    ("count", |vm, args| {
        let (string, args) = method(vm, args, "count", 1, 3)?;
        let wanted = text(vm, &args[0])?;
        let (part, _) = part(vm, &string, &args)?;
        let found = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(wanted).count() };
        vm.count(found)
    }),
    ("encode", |vm, args| {
        let (string, _) = method(vm, args, "encode", 0, 2)?;
        vm.bytes(string.as_bytes())
    }),
    ("__len__", |vm, args| {
        let (string, _) = method(vm, args, "__len__", 0, 0)?;
        vm.count(string.chars().count())
    }),
    ("format", |vm, mut args| {
        let keywords = core::mem::take(&mut args.keywords);
        let (string, args) = method(vm, args, "format", 0, usize::MAX)?;
        let filled = vm.format_template(&string, &args, &keywords)?;
        vm.string(filled)
    }),
];
