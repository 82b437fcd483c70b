//! Methods of strings that make others.

use super::methods;
use super::string::{method, text};
use crate::objects::instance::text_of;
use crate::value::{Kind, Result, Value};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(vm, &vm.types.str, "str", STR)
}

fn mapped(vm: &Vm, args: Args, name: &str, map: fn(&str) -> String) -> Result {
    let (string, _) = method(vm, args, name, 0, 0)?;
    vm.string(map(&string))
}

fn strip(vm: &Vm, args: Args, name: &str, left: bool, right: bool) -> Result {
    let (string, args) = method(vm, args, name, 0, 1)?;
    let chars: Option<Vec<char>> = match args.first() {
        Some(value) if Kind::of(value) != Kind::None => Some(text(vm, value)?.chars().collect()),
        _ => None,
    };
    let wanted = |char: char| chars.as_ref().map_or(char.is_whitespace(), |chars| chars.contains(&char));
    let mut part = string.as_str();
    if left {
        part = part.trim_start_matches(wanted);
    }
    if right {
        part = part.trim_end_matches(wanted);
    }
    vm.str(part)
}

fn justify(vm: &Vm, args: Args, name: &str, sides: fn(usize) -> (usize, usize)) -> Result {
    let (string, args) = method(vm, args, name, 1, 2)?;
    let width = usize::try_from(vm.index_i64(&args[0])?).unwrap_or(0);
    vm.charge_bytes(width)?;
    let fill = args.get(1).map_or(Ok(" "), |fill| text(vm, fill))?;
    if fill.chars().count() != 1 {
        return Err(vm.type_error("The fill character must be exactly one character long"));
    }
    let missing = width.saturating_sub(string.chars().count());
    let (left, right) = sides(missing);
    vm.string(format!("{}{string}{}", fill.repeat(left), fill.repeat(right)))
}

fn split(vm: &Vm, mut args: Args, name: &str, from_right: bool) -> Result {
    let (separator, most) = (args.keyword("sep"), args.keyword("maxsplit"));
    let (string, args) = method(vm, args, name, 0, 2)?;
    let separator = args.first().cloned().or(separator).filter(|value| Kind::of(value) != Kind::None);
    let most = args.get(1).cloned().or(most).map_or(Ok(-1), |most| vm.index_i64(&most))?;
    let most = usize::try_from(most).map_or(usize::MAX, |most| most.saturating_add(1));
    let mut parts: Vec<String> = match separator {
        Some(separator) => {
            let separator = text(vm, &separator)?;
            if separator.is_empty() {
                return Err(vm.value_error("empty separator"));
            }
            if from_right {
                string.rsplitn(most, separator).map(str::to_string).collect()
            } else {
                string.splitn(most, separator).map(str::to_string).collect()
            }
        }
        None if most == usize::MAX => string.split_whitespace().map(str::to_string).collect(),
        None => split_words(&string, most),
    };
    if from_right && parts.len() > 1 && most != usize::MAX || (from_right && !args.is_empty()) {
        parts.reverse();
    }
    let parts: Vec<Value> = parts.into_iter().map(|part| vm.string(part)).collect::<Result<_>>()?;
    vm.list(parts)
}

fn split_words(string: &str, most: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = string.trim_start();
    while !rest.is_empty() {
        if parts.len() + 1 == most {
            parts.push(rest.trim_end().to_string());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        parts.push(rest[..end].to_string());
        rest = rest[end..].trim_start();
    }
    parts
}

fn partition(vm: &Vm, args: Args, name: &str, last: bool) -> Result {
    let (string, args) = method(vm, args, name, 1, 1)?;
    let separator = text(vm, &args[0])?;
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let found = if last { string.rsplit_once(separator) } else { string.split_once(separator) };
    let parts = match found {
        Some((before, after)) => [before, separator, after],
        None if last => ["", "", &string],
        None => [&string, "", ""],
    };
    let parts: Vec<Value> = parts.into_iter().map(|part| vm.str(part)).collect::<Result<_>>()?;
    vm.tuple(parts)
}

fn title(string: &str) -> String {
    let mut result = String::with_capacity(string.len());
    let mut inside = false;
    for char in string.chars() {
        if inside {
            result.extend(char.to_lowercase());
        } else {
            result.extend(char.to_uppercase());
        }
        inside = char.is_alphabetic();
    }
    result
}

fn capitalize(string: &str) -> String {
    let mut chars = string.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

const STR: super::Table = &[
    ("upper", |vm, args| mapped(vm, args, "upper", str::to_uppercase)),
    ("lower", |vm, args| mapped(vm, args, "lower", str::to_lowercase)),
    ("casefold", |vm, args| mapped(vm, args, "casefold", str::to_lowercase)),
    ("capitalize", |vm, args| mapped(vm, args, "capitalize", capitalize)),
    ("title", |vm, args| mapped(vm, args, "title", title)),
    ("swapcase", |vm, args| {
        mapped(vm, args, "swapcase", |string| {
            string
                .chars()
                .flat_map(|char| {
                    let swapped: Vec<char> = if char.is_uppercase() {
                        char.to_lowercase().collect()
                    } else {
                        char.to_uppercase().collect()
                    };
                    swapped
                })
                .collect()
        })
    }),
    ("strip", |vm, args| strip(vm, args, "strip", true, true)),
    ("lstrip", |vm, args| strip(vm, args, "lstrip", true, false)),
    ("rstrip", |vm, args| strip(vm, args, "rstrip", false, true)),
    ("ljust", |vm, args| justify(vm, args, "ljust", |missing| (0, missing))),
    ("rjust", |vm, args| justify(vm, args, "rjust", |missing| (missing, 0))),
    ("center", |vm, args| justify(vm, args, "center", |missing| (missing / 2, missing - missing / 2))),
    ("zfill", |vm, args| {
        let (string, args) = method(vm, args, "zfill", 1, 1)?;
        let width = usize::try_from(vm.index_i64(&args[0])?).unwrap_or(0);
        vm.charge_bytes(width)?;
        let (sign, digits) = match string.strip_prefix(['+', '-']) {
            Some(digits) => (&string[..1], digits),
            None => ("", string.as_str()),
        };
        let missing = width.saturating_sub(string.chars().count());
        vm.string(format!("{sign}{}{digits}", "0".repeat(missing)))
    }),
    ("split", |vm, args| split(vm, args, "split", false)),
    ("rsplit", |vm, args| split(vm, args, "rsplit", true)),
    ("splitlines", |vm, mut args| {
        let keep = args.keyword("keepends");
        let (string, args) = method(vm, args, "splitlines", 0, 1)?;
        let keep = args.first().cloned().or(keep).map_or(Ok(false), |keep| vm.truth(&keep))?;
        let lines: Vec<Value> = string
            .split_inclusive('\n')
            .map(|line| vm.str(if keep { line } else { line.trim_end_matches(['\n', '\r']) }))
            .collect::<Result<_>>()?;
        vm.list(lines)
    }),
    ("partition", |vm, args| partition(vm, args, "partition", false)),
    ("rpartition", |vm, args| partition(vm, args, "rpartition", true)),
    ("join", |vm, args| {
        let (string, args) = method(vm, args, "join", 1, 1)?;
        let items = vm.collect(&args[0])?;
        let mut joined = String::new();
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                joined.push_str(&string);
            }
            let Some(part) = text_of(item) else {
                return Err(vm.type_error(&format!(
                    "sequence item {place}: expected str instance, {} found",
                    crate::protocol::describe::kind_name(vm, item)
                )));
            };
            joined.push_str(part);
            vm.charge_bytes(joined.len())?;
        }
        vm.string(joined)
    }),
    ("replace", |vm, args| {
        let (string, args) = method(vm, args, "replace", 2, 3)?;
        let (old, new) = (text(vm, &args[0])?, text(vm, &args[1])?);
        let most = args.get(2).map_or(Ok(-1), |most| vm.index_i64(most))?;
        let count = string.matches(old).count();
        vm.charge_bytes(string.len().saturating_add(count.saturating_mul(new.len())))?;
        let replaced = match usize::try_from(most) {
            Ok(most) => string.replacen(old, new, most),
            Err(_) => string.replace(old, new),
        };
        vm.string(replaced)
    }),
    ("removeprefix", |vm, args| {
        let (string, args) = method(vm, args, "removeprefix", 1, 1)?;
        vm.str(string.strip_prefix(text(vm, &args[0])?).unwrap_or(&string))
    }),
    ("removesuffix", |vm, args| {
        let (string, args) = method(vm, args, "removesuffix", 1, 1)?;
        vm.str(string.strip_suffix(text(vm, &args[0])?).unwrap_or(&string))
    }),
    ("expandtabs", |vm, args| {
        let (string, _) = method(vm, args, "expandtabs", 0, 1)?;
        vm.string(string.replace('\t', "        "))
    }),
];
