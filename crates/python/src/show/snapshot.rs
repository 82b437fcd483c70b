//! `gleaner run --snapshot`: the heap in the format of Chrome's heap snapshots, for DevTools.

use std::collections::HashMap;

use serde_json::json;

use super::graph::{edges, words};
use crate::objects::instance::text_of;
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Value};
use crate::vm::Vm;

/// Numbers of one node in the flat list.
const NODE_FIELDS: usize = 7;

#[derive(Default)]
struct Strings {
    all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Strings {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.all.push(text.to_string());
        self.places.insert(text.to_string(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// Writes a snapshot: the names, everything tracked, and all that these reach.
#[must_use]
pub fn snapshot(vm: &Vm, names: &[(String, Value)]) -> String {
    let mut objects: Vec<Value> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut add = |objects: &mut Vec<Value>, value: &Value| {
        places.entry(value.id()).or_insert_with(|| {
            objects.push(value.clone());
            objects.len() - 1
        });
    };
    names.iter().for_each(|(_, value)| add(&mut objects, value));
    let tracked = vm.heap.get_objects(None).unwrap_or_default();
    tracked.iter().for_each(|value| add(&mut objects, value));
    let mut references: Vec<Vec<(String, usize)>> = Vec::new();
    let mut next = 0;
    while next < objects.len() {
        let of = edges(vm, &objects[next]);
        of.iter().for_each(|(_, value)| add(&mut objects, value));
        references.push(of.into_iter().map(|(label, value)| (label, value.id())).collect());
        next += 1;
    }
    let mut strings = Strings::default();
    // Two nodes come before the objects: the root, and the program's names.
    let first = 2;
    let index = |id: &usize| (places[id] + first) * NODE_FIELDS;
    let mut nodes: Vec<usize> = Vec::new();
    let mut flat: Vec<usize> = Vec::new();
    let (element, property, shortcut) = (1, 2, 5);
    nodes.extend([9, strings.place(""), 1, 0, 1 + tracked.len(), 0, 0]);
    flat.extend([shortcut, strings.place("names"), NODE_FIELDS]);
    for value in &tracked {
        flat.extend([element, 0, index(&value.id())]);
    }
    nodes.extend([9, strings.place("(names)"), 3, 0, names.len(), 0, 0]);
    for (name, value) in names {
        flat.extend([property, strings.place(name), index(&value.id())]);
    }
    for (value, of) in objects.iter().zip(&references) {
        let (kind, name) = match Kind::of(value) {
            Kind::Str => (2, text_of(value).unwrap_or_default().chars().take(80).collect()),
            Kind::Int | Kind::Big | Kind::Float | Kind::Bool => (7, words(vm, value)),
            Kind::List | Kind::Tuple => (1, kind_name(vm, value)),
            Kind::Function | Kind::Builtin | Kind::Method => (5, words(vm, value)),
            Kind::Code => (4, words(vm, value)),
            Kind::Class => (3, words(vm, value)),
            _ => (3, kind_name(vm, value)),
        };
        nodes.extend([kind, strings.place(&name), value.id(), value.size(), of.len(), 0, 0]);
        for (place, (label, id)) in of.iter().enumerate() {
            match label.parse::<usize>() {
                Ok(number) => flat.extend([element, number, index(id)]),
                Err(_) if label.is_empty() => flat.extend([element, place, index(id)]),
                Err(_) => flat.extend([property, strings.place(label), index(id)]),
            }
        }
    }
    let node_types = [
        "hidden",
        "array",
        "string",
        "object",
        "code",
        "closure",
        "regexp",
        "number",
        "native",
        "synthetic",
        "concatenated string",
        "sliced string",
        "symbol",
        "bigint",
    ];
    let edge_types = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];
    let about = json!({
        "meta": {
            "node_fields": ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"],
            "node_types": [node_types, "string", "number", "number", "number", "number", "number"],
            "edge_fields": ["type", "name_or_index", "to_node"],
            "edge_types": [edge_types, "string_or_number", "node"],
            "trace_function_info_fields": [],
            "trace_node_fields": [],
            "sample_fields": [],
            "location_fields": [],
        },
        "node_count": nodes.len() / NODE_FIELDS,
        "edge_count": flat.len() / 3,
        "trace_function_count": 0,
    });
    // DevTools reads the parts as they come, and in this order only.
    let parts = [
        ("snapshot", about),
        ("nodes", json!(nodes)),
        ("edges", json!(flat)),
        ("trace_function_infos", json!([])),
        ("trace_tree", json!([])),
        ("samples", json!([])),
        ("locations", json!([])),
        ("strings", json!(strings.all)),
    ];
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", parts.join(",\n"))
}
