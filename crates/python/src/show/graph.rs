//! The heap as a graph: objects, what they are in a few words, and named edges.

use gleaner::Ref;

use crate::objects::instance::{dict_of, list_of, set_of, slots, text_of, tuple_of};
use crate::objects::{Attributes, Class, Dict, Exception, Function, Instance, Member};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Value, expect};
use crate::vm::{Frame, Vm};

/// The longest description, in characters.
const WORDS: usize = 40;

/// The names of a dict that the program has made.
#[must_use]
pub fn names_in(dict: &Ref<Dict>) -> Vec<(String, Value)> {
    let data = dict.data.borrow();
    data.iter()
        .filter_map(|entry| Some((text_of(&entry.key)?.to_string(), entry.value.clone())))
        .filter(|(name, _)| !name.starts_with("__"))
        .collect()
}

/// The names of a frame: local variables and cells, or the names of a module or a class body.
#[must_use]
pub fn names_of(vm: &Vm, frame: &Frame) -> Vec<(String, Value)> {
    if let Some(names) = &frame.names {
        return names_in(names);
    }
    let code = &frame.code.code;
    let locals =
        code.locals.iter().zip(&frame.locals).filter_map(|(name, value)| Some((name, value.clone()?)));
    let cells = code.cells.iter().chain(&code.free).zip(&frame.cells);
    let cells = cells.filter_map(|(name, cell)| Some((name, cell.value.get()?)));
    let mut names: Vec<(String, Value)> =
        locals.chain(cells).map(|(name, value)| (name.to_string(), value)).collect();
    if let Some(main) = &*vm.main.borrow() {
        names.extend(names_in(main).into_iter().map(|(name, value)| (format!("{name} (module)"), value)));
    }
    names
}

/// What an object is, in a few words.
#[must_use]
pub fn words(vm: &Vm, value: &Value) -> String {
    let is_atom = |value: &Value| {
        matches!(
            Kind::of(value),
            Kind::None
                | Kind::Bool
                | Kind::Int
                | Kind::Big
                | Kind::Float
                | Kind::Str
                | Kind::Bytes
                | Kind::Ellipsis
        )
    };
    let items: Option<Vec<Value>> = list_of(value)
        .map(|items| items.borrow().clone())
        .or_else(|| tuple_of(value).map(<[Value]>::to_vec))
        .or_else(|| {
            set_of(value).map(|(data, _)| data.borrow().iter().map(|entry| entry.key.clone()).collect())
        });
    let plain = matches!(Kind::of(value), Kind::List | Kind::Tuple | Kind::Set);
    let text = match (items, dict_of(value)) {
        _ if is_atom(value) => vm.plain_repr(value).unwrap_or_default(),
        (Some(items), _) if plain && items.len() <= 6 && items.iter().all(is_atom) => {
            vm.plain_repr(value).unwrap_or_default()
        }
        (Some(items), _) => format!("{} of {}", kind_name(vm, value), items.len()),
        (None, Some(data)) => format!("{} of {}", kind_name(vm, value), data.borrow().len()),
        (None, None) => match value.downcast_ref::<Class>() {
            Some(class) => format!("class {}", class.name()),
            None => match value.downcast_ref::<Function>() {
                Some(function) => format!("function {}", function.code.code.qualified_name),
                None => kind_name(vm, value),
            },
        },
    };
    if text.chars().count() > WORDS { text.chars().take(WORDS - 1).chain(['…']).collect() } else { text }
}

/// What an object refers to, with the names of the references.
#[must_use]
pub fn edges(vm: &Vm, value: &Value) -> Vec<(String, Value)> {
    if let Some(items) = list_of(value) {
        return numbered(&items.borrow());
    }
    if let Some(items) = tuple_of(value) {
        return numbered(items);
    }
    if let Some(data) = dict_of(value) {
        let data = data.borrow();
        let label = |key: &Value| match text_of(key) {
            Some(text) => text.to_string(),
            None => words(vm, key),
        };
        return data.iter().map(|entry| (label(&entry.key), entry.value.clone())).collect();
    }
    let mut named: Vec<(String, Value)> = Vec::new();
    let attributes = match Kind::of(value) {
        Kind::Instance => Some(&expect::<Instance>(value).attributes),
        Kind::Exception => Some(&expect::<Exception>(value).attributes),
        _ => None,
    };
    if let Some(attributes) = attributes {
        match &*attributes.borrow() {
            Attributes::Inline(values) => named.extend(
                values
                    .iter()
                    .map(|(name, value)| (text_of(name).unwrap_or_default().to_string(), value.clone())),
            ),
            Attributes::Dict(dict) => named.push(("__dict__".into(), dict.clone().into_any())),
        }
    }
    let held = slots(value);
    if !held.is_empty() {
        let class = vm.class_of(value);
        for parent in class.mro.get().iter().flat_map(|mro| &mro.0) {
            for entry in expect::<Class>(parent).dict.data.borrow().iter() {
                let Some(member) = entry.value.downcast_ref::<Member>() else { continue };
                if let Some(value) = held.get(member.index as usize).and_then(gleaner::AnySlot::get) {
                    named.push((text_of(&entry.key).unwrap_or_default().to_string(), value));
                }
            }
        }
    }
    for other in vm.heap.get_referents(value) {
        if !named.iter().any(|(_, known)| *known == other) {
            named.push((String::new(), other));
        }
    }
    named
}

fn numbered(items: &[Value]) -> Vec<(String, Value)> {
    items.iter().enumerate().map(|(place, item)| (place.to_string(), item.clone())).collect()
}

/// The count of an object as `sys.getrefcount` tells it, less its argument; `extra` references are the observer's own.
#[must_use]
pub fn count(vm: &Vm, value: &Value, extra: u32) -> String {
    if vm.is_immortal(value) {
        return "immortal".into();
    }
    let hidden = u32::from(vm.is_interned(value));
    value.refcount().saturating_sub(hidden + extra).to_string()
}

/// The generation of an object.
#[must_use]
pub fn generation(vm: &Vm, value: &Value) -> String {
    match value.generation() {
        Some(generation) if vm.is_tracked(value) => generation.to_string(),
        _ => "-".into(),
    }
}
