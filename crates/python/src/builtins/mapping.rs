//! Methods of dicts and their views, and the order of sets.

use core::cell::RefCell;

use gleaner::AnySlot;

use super::methods;
use crate::objects::dict::{Entry, ViewKind};
use crate::objects::instance::dict_of;
use crate::objects::{Builtin, Dict, DictData, MappingProxy, StaticMethod, View};
use crate::value::{Result, Value, expect};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(vm, &vm.types.dict, "dict", DICT)?;
    let from_keys = vm.make(Builtin { name: "fromkeys", owner: "", call: from_keys })?;
    let from_keys = vm.make(StaticMethod { function: AnySlot::new(from_keys) })?;
    vm.dict_set(&vm.types.dict.dict.data, vm.intern("fromkeys")?, from_keys)?;
    let proxy: super::Table = &[
        ("keys", |vm, args| through(vm, args, "keys")),
        ("values", |vm, args| through(vm, args, "values")),
        ("items", |vm, args| through(vm, args, "items")),
        ("get", |vm, args| through(vm, args, "get")),
        ("copy", |vm, args| through(vm, args, "copy")),
    ];
    methods(vm, &vm.types.mapping_proxy, "mappingproxy", proxy)?;
    for (class, name) in [(&vm.types.dict_keys, "dict_keys"), (&vm.types.dict_items, "dict_items")] {
        methods(
            vm,
            class,
            name,
            &[("isdisjoint", |vm, args| {
                let (view, args) = args.method(vm, "isdisjoint", 1, 1)?;
                for item in vm.collect(&args[0])? {
                    if vm.contains(&view, &item)? {
                        return Ok(vm.false_.clone());
                    }
                }
                Ok(vm.true_.clone())
            })],
        )?;
    }
    Ok(())
}

fn through(vm: &Vm, mut args: Args, name: &str) -> Result {
    let proxy = args.values.remove(0);
    let dict = expect::<MappingProxy>(&proxy).dict.clone().into_any();
    let method = vm.getattr(&dict, &vm.intern(name)?)?;
    vm.call(&method, args)
}

/// `dict.fromkeys(keys, value)`
fn from_keys(vm: &Vm, args: Args) -> Result {
    let args = args.take(vm, "fromkeys", 1, 2)?;
    let value = args.get(1).cloned().unwrap_or_else(|| vm.none.clone());
    let dict = vm.dict()?;
    for key in vm.collect(&args[0])? {
        vm.dict_set(&dict.data, key, value.clone())?;
    }
    Ok(dict.into_any())
}

/// The dict that a method is called with, and the other arguments.
fn method(vm: &Vm, args: Args, name: &str, least: usize, most: usize) -> Result<(Value, Vec<Value>)> {
    let (dict, args) = args.method(vm, name, least, most)?;
    if dict_of(&dict).is_none() {
        return Err(vm.type_error(&format!("descriptor '{name}' requires a 'dict' object")));
    }
    Ok((dict, args.into_vec()))
}

fn table(dict: &Value) -> &RefCell<DictData> {
    dict_of(dict).expect("checked before")
}

fn view(vm: &Vm, args: Args, name: &str, kind: ViewKind) -> Result {
    let (dict, _) = method(vm, args, name, 0, 0)?;
    vm.make(View { dict, kind })
}

const DICT: super::Table = &[
    ("keys", |vm, args| view(vm, args, "keys", ViewKind::Keys)),
    ("values", |vm, args| view(vm, args, "values", ViewKind::Values)),
    ("items", |vm, args| view(vm, args, "items", ViewKind::Items)),
    ("get", |vm, args| {
        let (dict, args) = method(vm, args, "get", 1, 2)?;
        let found = vm.dict_get(table(&dict), &args[0])?;
        Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| vm.none.clone()))
    }),
    ("setdefault", |vm, args| {
        let (dict, args) = method(vm, args, "setdefault", 1, 2)?;
        if let Some(found) = vm.dict_get(table(&dict), &args[0])? {
            return Ok(found);
        }
        let value = args.get(1).cloned().unwrap_or_else(|| vm.none.clone());
        vm.dict_set(table(&dict), args[0].clone(), value.clone())?;
        Ok(value)
    }),
    ("pop", |vm, args| {
        let (dict, args) = method(vm, args, "pop", 1, 2)?;
        match vm.dict_remove(table(&dict), &args[0])? {
            Some(value) => Ok(value),
            None => args.get(1).cloned().ok_or_else(|| vm.key_error(args[0].clone())),
        }
    }),
    ("popitem", |vm, args| {
        let (dict, _) = method(vm, args, "popitem", 0, 0)?;
        let entry = {
            let mut data = table(&dict).borrow_mut();
            let last = data.last();
            last.and_then(|last| data.remove(last))
        };
        match entry {
            Some(Entry { key, value }) => vm.tuple([key, value]),
            None => Err(vm.key_error(vm.str("popitem(): dictionary is empty")?)),
        }
    }),
    ("clear", |vm, args| {
        let (dict, _) = method(vm, args, "clear", 0, 0)?;
        let old = table(&dict).take();
        // What has been tracked stays so, for a while.
        table(&dict).borrow_mut().tracked = old.tracked;
        drop(old);
        Ok(vm.none.clone())
    }),
    ("copy", |vm, args| {
        let (dict, _) = method(vm, args, "copy", 0, 0)?;
        let data = vm.copy_table(table(&dict));
        vm.make(Dict { data: data.into() })
    }),
    ("update", |vm, mut args| {
        let keywords = core::mem::take(&mut args.keywords);
        let (dict, args) = method(vm, args, "update", 0, 1)?;
        if let Some(source) = args.first() {
            vm.update_dict(table(&dict), source)?;
        }
        for (key, value) in keywords {
            vm.dict_set(table(&dict), key, value)?;
        }
        Ok(vm.none.clone())
    }),
    ("__len__", |vm, args| {
        let (dict, _) = method(vm, args, "__len__", 0, 0)?;
        let length = table(&dict).borrow().len();
        vm.count(length)
    }),
    ("__getitem__", |vm, args| {
        let (dict, args) = method(vm, args, "__getitem__", 1, 1)?;
        vm.dict_get(table(&dict), &args[0])?.ok_or_else(|| vm.key_error(args[0].clone()))
    }),
    ("__setitem__", |vm, args| {
        let (dict, mut args) = method(vm, args, "__setitem__", 2, 2)?;
        let value = args.remove(1);
        vm.dict_set(table(&dict), args.remove(0), value)?;
        Ok(vm.none.clone())
    }),
    ("__delitem__", |vm, args| {
        let (dict, args) = method(vm, args, "__delitem__", 1, 1)?;
        match vm.dict_remove(table(&dict), &args[0])? {
            Some(_) => Ok(vm.none.clone()),
            None => Err(vm.key_error(args[0].clone())),
        }
    }),
    ("__contains__", |vm, args| {
        let (dict, args) = method(vm, args, "__contains__", 1, 1)?;
        Ok(vm.bool(vm.dict_contains(table(&dict), &args[0])?))
    }),
    ("__iter__", |vm, args| {
        let (dict, _) = method(vm, args, "__iter__", 0, 0)?;
        let length = table(&dict).borrow().len();
        let state = crate::objects::Iter::Dict { place: 0, length, kind: ViewKind::Keys, reversed: false };
        vm.iterator(state, Some(dict))
    }),
];

impl Vm {
    /// What `dict.update` does with one argument.
    ///
    /// # Errors
    /// `TypeError` and `ValueError` if it is neither a mapping nor pairs.
    pub fn update_dict(&self, data: &RefCell<DictData>, source: &Value) -> Result<()> {
        let is_mapping = dict_of(source).is_some() || {
            let keys = self.intern("keys")?;
            self.unless(self.getattr(source, &keys), &self.types.attribute_error)?.is_some()
        };
        if is_mapping {
            return self.dict_merge(data, source, None);
        }
        for (place, pair) in self.collect(source)?.into_iter().enumerate() {
            let Some(items) = self.unless(self.collect(&pair), &self.types.type_error)? else {
                return Err(self.type_error(&format!(
                    "cannot convert dictionary update sequence element #{place} to a sequence"
                )));
            };
            let [key, value] = <[Value; 2]>::try_from(items).map_err(|items| {
                self.value_error(&format!(
                    "dictionary update sequence element #{place} has length {}; 2 is required",
                    items.len()
                ))
            })?;
            self.dict_set(data, key, value)?;
        }
        Ok(())
    }
}

/// The keys of a set in the order in which CPython tells them: by their place in its table, which follows from the hashes
/// and the order of insertion (`setobject.c`: linear probes of nine places, then perturbation).
pub(crate) fn set_order(vm: &Vm, data: &RefCell<DictData>) -> Vec<Value> {
    let _ = vm;
    let data = data.borrow();
    let mut size: usize = 8;
    let mut places: Vec<Option<(i64, Value)>> = vec![None; size];
    let mut used = 0;
    for (hash, entry) in data.hashed() {
        insert(&mut places, hash, entry.key.clone());
        used += 1;
        if used * 5 >= (size - 1) * 3 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            size = 8;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut places, vec![None; size]);
            for (hash, key) in old.into_iter().flatten() {
                insert(&mut places, hash, key);
            }
        }
    }
    places.into_iter().flatten().map(|(_, key)| key).collect()
}

fn insert(places: &mut [Option<(i64, Value)>], hash: i64, key: Value) {
    const PROBES: usize = 9;
    let mask = places.len() - 1;
    let mut perturb = hash.cast_unsigned();
    let mut at = usize::try_from(perturb & mask as u64).unwrap_or(0);
    loop {
        let last = if at + PROBES <= mask { at + PROBES } else { at };
        if let Some(free) = places[at..=last].iter_mut().find(|place| place.is_none()) {
            *free = Some((hash, key));
            return;
        }
        perturb >>= 5;
        at = usize::try_from((at as u64).wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask as u64)
            .unwrap_or(0);
    }
}
