//! `WeakValueDictionary`, `WeakKeyDictionary` and `WeakSet`: dicts with weak reference objects in them, which take
//! themselves out when they are told.

use gleaner::{Ref, Slot, WeakReference};

use crate::builtins::methods;
use crate::objects::weak::Target;
use crate::objects::{Dict, Iter, WeakMapping, WeakSet};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    for (class, owner) in
        [(&vm.types.weak_value_dict, "WeakValueDictionary"), (&vm.types.weak_key_dict, "WeakKeyDictionary")]
    {
        methods(vm, class, owner, MAPPING)?;
    }
    methods(vm, &vm.types.weak_set, "WeakSet", SET)
}

/// Makes an empty one.
pub(super) fn make(vm: &Vm, set: bool, weak_keys: bool) -> Result {
    let dict = vm.dict()?;
    let made = if set {
        vm.make(WeakSet { dict, itself: Slot::empty() })?
    } else {
        vm.make(WeakMapping { dict, weak_keys, itself: Slot::empty() })?
    };
    let itself = vm.heap.watch(&made, None).map_err(|_| vm.no_memory())?;
    match made.downcast_ref::<WeakSet>() {
        Some(set) => set.itself.put(Some(itself)),
        None => expect::<WeakMapping>(&made).itself.put(Some(itself)),
    }
    Ok(made)
}

/// Fills one with the arguments of its call.
pub(super) fn fill(vm: &Vm, made: &Value, args: Args) -> Result<()> {
    let Args { values, keywords } = args;
    if Kind::of(made) == Kind::WeakSet && !keywords.is_empty() {
        return Err(vm.type_error("WeakSet() takes no keyword arguments"));
    }
    if let Some(source) = values.first() {
        if Kind::of(made) == Kind::WeakSet {
            for item in vm.collect(source)? {
                vm.weak_add(made, &item)?;
            }
        } else {
            let source =
                if Kind::of(source) == Kind::WeakMapping { vm.weak_copy(source)? } else { source.clone() };
            let plain = vm.dict()?;
            vm.update_dict(&plain.data, &source)?;
            for (key, value) in pairs(&plain) {
                vm.weak_set(made, key, value)?;
            }
        }
    }
    for (key, value) in keywords {
        vm.weak_set(made, key, value)?;
    }
    Ok(())
}

fn pairs(dict: &Ref<Dict>) -> Vec<(Value, Value)> {
    dict.data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}

impl Vm {
    fn alive(&self, weak: &Value) -> Option<Value> {
        self.heap.referent(&weak.clone().downcast::<WeakReference>().ok()?)
    }

    /// What lives of a weak table: keys and values.
    pub(crate) fn weak_items(&self, dict: &Ref<Dict>, weak_keys: bool) -> Vec<(Value, Value)> {
        pairs(dict)
            .into_iter()
            .filter_map(|(key, value)| {
                if weak_keys { Some((self.alive(&key)?, value)) } else { Some((key, self.alive(&value)?)) }
            })
            .collect()
    }

    /// What lives of a weak mapping, as a dict.
    pub(crate) fn weak_copy(&self, mapping: &Value) -> Result {
        let WeakMapping { dict, weak_keys, .. } = expect::<WeakMapping>(mapping);
        self.dict_of(self.weak_items(dict, *weak_keys))
    }

    /// The key under which a weak table keeps a key.
    fn weak_key(&self, table: &Value, key: &Value) -> Result<Option<Value>> {
        match table.downcast_ref::<WeakMapping>() {
            Some(mapping) if !mapping.weak_keys => Ok(Some(key.clone())),
            _ => {
                let weak = self.unless(self.watch(key, None), &self.types.type_error)?;
                Ok(weak.map(Ref::into_any))
            }
        }
    }

    pub(crate) fn weak_get(&self, mapping: &Value, key: &Value) -> Result<Option<Value>> {
        let WeakMapping { dict, weak_keys, .. } = expect::<WeakMapping>(mapping);
        let inner = if *weak_keys { self.watch(key, None)?.into_any() } else { key.clone() };
        let found = self.dict_get(&dict.data, &inner)?;
        Ok(if *weak_keys { found } else { found.and_then(|weak| self.alive(&weak)) })
    }

    pub(crate) fn weak_set(&self, mapping: &Value, key: Value, value: Value) -> Result<()> {
        let WeakMapping { dict, weak_keys, itself } = expect::<WeakMapping>(mapping);
        let itself = itself.get().map_or_else(|| self.none.clone(), Ref::into_any);
        if *weak_keys {
            let plain = self.watch(&key, None)?.into_any();
            if self.dict_contains(&dict.data, &plain)? {
                return self.dict_set(&dict.data, plain, value);
            }
            drop(plain);
            let weak = self.watch(&key, Some(Box::new(Target::Mapping(itself, None))))?;
            self.dict_set(&dict.data, weak.into_any(), value)
        } else {
            let weak = self.watch(&value, Some(Box::new(Target::Mapping(itself, Some(key.clone())))))?;
            self.dict_set(&dict.data, key, weak.into_any())
        }
    }

    pub(crate) fn weak_remove(&self, mapping: &Value, key: &Value) -> Result<Option<Value>> {
        let WeakMapping { dict, weak_keys, .. } = expect::<WeakMapping>(mapping);
        let inner = if *weak_keys { self.watch(key, None)?.into_any() } else { key.clone() };
        let removed = self.dict_remove(&dict.data, &inner)?;
        Ok(if *weak_keys { removed } else { removed.and_then(|weak| self.alive(&weak)) })
    }

    fn weak_add(&self, set: &Value, item: &Value) -> Result<()> {
        let WeakSet { dict, itself } = expect::<WeakSet>(set);
        let plain = self.watch(item, None)?.into_any();
        if self.dict_contains(&dict.data, &plain)? {
            return Ok(());
        }
        drop(plain);
        let itself = itself.get().map_or_else(|| self.none.clone(), Ref::into_any);
        let weak = self.watch(item, Some(Box::new(Target::Set(itself))))?;
        self.dict_set(&dict.data, weak.into_any(), self.none.clone())
    }

    pub(crate) fn weak_contains(&self, table: &Value, key: &Value) -> Result<bool> {
        let dict = match table.downcast_ref::<WeakSet>() {
            Some(set) => &set.dict,
            None => &expect::<WeakMapping>(table).dict,
        };
        match self.weak_key(table, key)? {
            None => Ok(false),
            Some(inner) => match self.dict_get(&dict.data, &inner)? {
                Some(value)
                    if Kind::of(table) == Kind::WeakMapping && !expect::<WeakMapping>(table).weak_keys =>
                {
                    Ok(self.alive(&value).is_some())
                }
                found => Ok(found.is_some()),
            },
        }
    }
}

fn parts(value: &Value) -> (&Ref<Dict>, bool) {
    let mapping = expect::<WeakMapping>(value);
    (&mapping.dict, mapping.weak_keys)
}

fn ready(vm: &Vm, items: impl Iterator<Item = Value>) -> Result {
    vm.iterator(Iter::Ready(items.collect()), None)
}

const MAPPING: crate::builtins::Table = &[
    ("keys", |vm, args| {
        let (mapping, _) = args.method(vm, "keys", 0, 0)?;
        let (dict, weak_keys) = parts(&mapping);
        ready(vm, vm.weak_items(dict, weak_keys).into_iter().map(|(key, _)| key))
    }),
    ("values", |vm, args| {
        let (mapping, _) = args.method(vm, "values", 0, 0)?;
        let (dict, weak_keys) = parts(&mapping);
        ready(vm, vm.weak_items(dict, weak_keys).into_iter().map(|(_, value)| value))
    }),
    ("items", |vm, args| {
        let (mapping, _) = args.method(vm, "items", 0, 0)?;
        let (dict, weak_keys) = parts(&mapping);
        let items = vm.weak_items(dict, weak_keys);
        let items: Vec<Value> =
            items.into_iter().map(|(key, value)| vm.tuple([key, value])).collect::<Result<_>>()?;
        ready(vm, items.into_iter())
    }),
    ("get", |vm, args| {
        let (mapping, args) = args.method(vm, "get", 1, 2)?;
        let found = vm.weak_get(&mapping, &args[0])?;
        Ok(found.or_else(|| args.get(1).cloned()).unwrap_or_else(|| vm.none.clone()))
    }),
    ("setdefault", |vm, args| {
        let (mapping, args) = args.method(vm, "setdefault", 1, 2)?;
        if let Some(found) = vm.weak_get(&mapping, &args[0])? {
            return Ok(found);
        }
        let value = args.get(1).cloned().unwrap_or_else(|| vm.none.clone());
        vm.weak_set(&mapping, args[0].clone(), value.clone())?;
        Ok(value)
    }),
    ("pop", |vm, args| {
        let (mapping, args) = args.method(vm, "pop", 1, 2)?;
        match vm.weak_remove(&mapping, &args[0])? {
            Some(value) => Ok(value),
            None => args.get(1).cloned().ok_or_else(|| vm.key_error(args[0].clone())),
        }
    }),
    ("popitem", |vm, args| {
        let (mapping, _) = args.method(vm, "popitem", 0, 0)?;
        let (dict, weak_keys) = parts(&mapping);
        let Some((key, value)) = vm.weak_items(dict, weak_keys).pop() else {
            return Err(vm.key_error(vm.str("dictionary is empty")?));
        };
        vm.weak_remove(&mapping, &key)?;
        vm.tuple([key, value])
    }),
    ("clear", |vm, args| {
        let (mapping, _) = args.method(vm, "clear", 0, 0)?;
        let old = parts(&mapping).0.data.take();
        drop(old);
        Ok(vm.none.clone())
    }),
    ("copy", |vm, args| {
        let (mapping, _) = args.method(vm, "copy", 0, 0)?;
        let copy = make(vm, false, parts(&mapping).1)?;
        fill(vm, &copy, Args::of([mapping]))?;
        Ok(copy)
    }),
    ("update", |vm, mut args| {
        let mapping = args.values.remove(0);
        fill(vm, &mapping, args)?;
        Ok(vm.none.clone())
    }),
    ("valuerefs", |vm, args| {
        let (mapping, _) = args.method(vm, "valuerefs", 0, 0)?;
        let (dict, _) = parts(&mapping);
        vm.list(pairs(dict).into_iter().map(|(_, value)| value).collect())
    }),
    ("keyrefs", |vm, args| {
        let (mapping, _) = args.method(vm, "keyrefs", 0, 0)?;
        let (dict, _) = parts(&mapping);
        vm.list(pairs(dict).into_iter().map(|(key, _)| key).collect())
    }),
];

const SET: crate::builtins::Table = &[
    ("add", |vm, args| {
        let (set, args) = args.method(vm, "add", 1, 1)?;
        vm.weak_add(&set, &args[0])?;
        Ok(vm.none.clone())
    }),
    ("discard", |vm, args| {
        let (set, args) = args.method(vm, "discard", 1, 1)?;
        remove(vm, &set, &args[0])?;
        Ok(vm.none.clone())
    }),
    ("remove", |vm, args| {
        let (set, args) = args.method(vm, "remove", 1, 1)?;
        if remove(vm, &set, &args[0])? { Ok(vm.none.clone()) } else { Err(vm.key_error(args[0].clone())) }
    }),
    ("pop", |vm, args| {
        let (set, _) = args.method(vm, "pop", 0, 0)?;
        let items = vm.weak_items(&expect::<WeakSet>(&set).dict, true);
        let Some((item, _)) = items.into_iter().next_back() else {
            return Err(vm.key_error(vm.str("pop from empty WeakSet")?));
        };
        remove(vm, &set, &item)?;
        Ok(item)
    }),
    ("clear", |vm, args| {
        let (set, _) = args.method(vm, "clear", 0, 0)?;
        let old = expect::<WeakSet>(&set).dict.data.take();
        drop(old);
        Ok(vm.none.clone())
    }),
    ("update", |vm, args| {
        let (set, args) = args.method(vm, "update", 1, 1)?;
        for item in vm.collect(&args[0])? {
            vm.weak_add(&set, &item)?;
        }
        Ok(vm.none.clone())
    }),
    ("copy", |vm, args| {
        let (set, _) = args.method(vm, "copy", 0, 0)?;
        let copy = make(vm, true, true)?;
        fill(vm, &copy, Args::of([set]))?;
        Ok(copy)
    }),
    ("union", |vm, args| {
        let (set, args) = args.method(vm, "union", 1, 1)?;
        let copy = make(vm, true, true)?;
        fill(vm, &copy, Args::of([set]))?;
        fill(vm, &copy, Args::of([args[0].clone()]))?;
        Ok(copy)
    }),
];

fn remove(vm: &Vm, set: &Value, item: &Value) -> Result<bool> {
    let dict = &expect::<WeakSet>(set).dict;
    match vm.weak_key(set, item)? {
        Some(inner) => Ok(vm.dict_remove(&dict.data, &inner)?.is_some()),
        None => {
            Err(vm.type_error(&format!("cannot create weak reference to '{}' object", kind_name(vm, item))))
        }
    }
}
