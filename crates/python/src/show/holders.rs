//! Who holds what: `gleaner run --holdings` and `gleaner explain --why NAME`.

use std::collections::HashSet;
use std::fmt::Write;

use gleaner::Holding;

use super::graph::{edges, words};
use crate::objects::Class;
use crate::objects::instance::{dict_of, text_of};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Value};
use crate::vm::Vm;

/// How many kinds are told.
const KINDS: usize = 24;

/// How many instances of a class are asked before all are said to be garbage.
const ASKED: usize = 16;

/// What is called the kind of all that was there before the program began.
const OWN: &str = "(the machine's own)";

/// The objects that are there, by identity.
#[must_use]
pub fn everything(vm: &Vm) -> HashSet<usize> {
    let mut ids = HashSet::new();
    vm.heap.for_each_object(|object| {
        ids.insert(object.id());
    });
    ids
}

/// Tells which kinds of objects hold the memory, as a table; `own` was there before the program began.
#[must_use]
pub fn holdings(vm: &Vm, own: &HashSet<usize>) -> String {
    let kind = |object: &Value| if own.contains(&object.id()) { OWN.into() } else { kind_name(vm, object) };
    let holdings = vm.heap.holdings_by(|object| (kind(object), vm.size_of(object)));
    let row = |holding: &Holding<String>| {
        let Holding { kind, objects, bytes, retained, garbage } = holding;
        [kind.clone(), objects.to_string(), bytes.to_string(), retained.to_string(), garbage.to_string()]
    };
    let head = ["kind", "objects", "bytes", "retained", "garbage"].map(str::to_string);
    let rows: Vec<[String; 5]> = [head].into_iter().chain(holdings.iter().take(KINDS).map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut text = String::new();
    for [kind, figures @ ..] in &rows {
        let _ = write!(text, "{kind:0$}", widths[0]);
        for (figure, width) in figures.iter().zip(&widths[1..]) {
            let _ = write!(text, "  {figure:>width$}");
        }
        text.push('\n');
    }
    if holdings.len() > KINDS {
        let _ = writeln!(text, "({} kinds more)", holdings.len() - KINDS);
    }
    text
}

/// Tells why what a name means is alive: an instance, if it means a class, and its object otherwise, by another way than
/// the name of the module. `names` are those of the frame that runs. `None` if there is no such name.
#[must_use]
pub fn why(vm: &Vm, names: Vec<(String, Value)>, name: &str) -> Option<String> {
    let is_it = |known: &str| known == name || known.strip_suffix(" (module)") == Some(name);
    // Every reference of ours is one from outside the heap: the list goes before anything is asked.
    let (_, object) = names.into_iter().find(|(known, _)| is_it(known))?;
    if object.downcast_ref::<Class>().is_some() {
        let class = object.id();
        drop(object);
        return Some(why_instance(vm, class, name));
    }
    let main = vm.main.borrow().clone();
    let place = main.as_ref().and_then(|main| {
        let data = main.data.borrow();
        (0..data.end()).find(|place| {
            data.at(*place).is_some_and(|entry| text_of(&entry.key) == Some(name) && entry.value == object)
        })
    });
    // The name itself is no answer, so it is taken away while the question is asked.
    let put = |value: Value| {
        if let (Some(main), Some(place)) = (&main, place)
            && let Some(entry) = main.data.borrow_mut().at_mut(place)
        {
            drop(std::mem::replace(&mut entry.value, value));
        }
    };
    put(vm.none.clone());
    let path = vm.heap.why_alive(&object);
    put(object.clone());
    let what = words(vm, &object);
    Some(match path {
        Some(path) => format!("{name}, {what}, is alive without its name:\n{}", steps(vm, &path)),
        None => format!("{name}, {what}, is alive by its name alone\n"),
    })
}

/// Tells why an instance of a class is alive.
fn why_instance(vm: &Vm, class: usize, name: &str) -> String {
    let mut ids = Vec::new();
    vm.heap.for_each_object(|object| {
        if vm.class_of(object).as_any().id() == class {
            ids.push(object.id());
        }
    });
    let count = match ids.len() {
        0 => return format!("{name}: no instance is alive\n"),
        1 => "1 instance is alive".into(),
        more => format!("{more} instances are alive"),
    };
    for id in ids.iter().take(ASKED) {
        let mut found = None;
        vm.heap.for_each_object(|object| {
            if object.id() == *id {
                found = Some(object.clone());
            }
        });
        if let Some(path) = found.and_then(|object| vm.heap.why_alive(&object)) {
            return format!("{name}: {count}; one of them is held so:\n{}", steps(vm, &path));
        }
    }
    format!("{name}: {count}, held by garbage alone; a collection would free them\n")
}

/// Tells a path, a line for each step.
fn steps(vm: &Vm, path: &[Value]) -> String {
    let main = vm.main.borrow().clone();
    let is_main = |object: &Value| main.as_ref().is_some_and(|main| main.as_any() == object);
    let mut rows = Vec::new();
    let mut before: Option<&Value> = None;
    for object in path {
        let label = match before {
            None if is_main(object) => "the module's names".to_string(),
            None => holder(vm, object),
            Some(before) => step(vm, before, object, is_main(before)),
        };
        let said = before.is_none() && is_main(object);
        rows.push((label, if said { String::new() } else { words(vm, object) }));
        before = Some(object);
    }
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let line = |(label, what): &(String, String)| {
        if what.is_empty() { format!("  {label}\n") } else { format!("  {label:width$} -> {what}\n") }
    };
    rows.iter().map(line).collect()
}

/// How an object is referred to.
fn step(vm: &Vm, from: &Value, to: &Value, from_main: bool) -> String {
    if let Some(data) = dict_of(from) {
        let data = data.borrow();
        let key = data.iter().find(|entry| entry.value == *to).map(|entry| &entry.key);
        return match (key, key.and_then(text_of)) {
            (None, _) => "(a key)".into(),
            (Some(_), Some(text)) if from_main => text.into(),
            (Some(_), Some(text)) => format!("['{text}']"),
            (Some(key), None) => format!("[{}]", words(vm, key)),
        };
    }
    let label = edges(vm, from).into_iter().find(|(_, other)| other == to).map(|(label, _)| label);
    match label {
        None => "(inside)".into(),
        Some(label) if label.is_empty() => "(inside)".into(),
        Some(label) if matches!(Kind::of(from), Kind::List | Kind::Tuple) => format!("[{label}]"),
        Some(label) => format!(".{label}"),
    }
}

/// What holds an object from outside the heap.
fn holder(vm: &Vm, object: &Value) -> String {
    let who = if vm.is_immortal(object) { "the machine, for ever" } else { "a call, or the machine" };
    who.into()
}
