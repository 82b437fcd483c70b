//! Methods of lists, tuples and ranges.

use super::{methods, sort};
use crate::objects::instance::{list_of, tuple_of};
use crate::objects::sequence::append;
use crate::objects::sequence::let_go;
use crate::objects::{Range, Slice};
use crate::protocol::number::Number;
use crate::value::{Result, Value, expect};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(vm, &vm.types.list, "list", LIST)?;
    methods(vm, &vm.types.tuple, "tuple", TUPLE)?;
    methods(
        vm,
        &vm.types.range,
        "range",
        &[
            ("index", |vm, args| {
                let (range, args) = args.method(vm, "index", 1, 1)?;
                let items = vm.collect(&range)?;
                find(vm, &items, &args[0], "range.index(x): x not in range")
            }),
            ("count", |vm, args| {
                let (range, args) = args.method(vm, "count", 1, 1)?;
                let found = vm.contains(&range, &args[0])?;
                vm.int(i64::from(found))
            }),
            ("__len__", |vm, args| {
                let (range, _) = args.method(vm, "__len__", 0, 0)?;
                vm.int(expect::<Range>(&range).len())
            }),
        ],
    )
}

fn cell(value: &Value) -> &core::cell::RefCell<Vec<Value>> {
    list_of(value).expect("a method of lists is called with a list")
}

/// The list that a method is called with.
fn list_and<'a>(vm: &Vm, args: &'a Args, name: &str) -> Result<&'a Value> {
    match args.get(0) {
        Some(list) if list_of(list).is_some() => Ok(list),
        _ => Err(vm.type_error(&format!("descriptor '{name}' requires a 'list' object"))),
    }
}

const LIST: super::Table = &[
    ("append", |vm, args| {
        list_and(vm, &args, "append")?;
        let (list, mut args) = args.method(vm, "append", 1, 1)?;
        append(&mut cell(&list).borrow_mut(), args.remove(0));
        Ok(vm.none.clone())
    }),
    ("extend", |vm, args| {
        list_and(vm, &args, "extend")?;
        let (list, args) = args.method(vm, "extend", 1, 1)?;
        let items = vm.collect(&args[0])?;
        vm.extend(cell(&list), items)?;
        Ok(vm.none.clone())
    }),
    ("insert", |vm, args| {
        list_and(vm, &args, "insert")?;
        let (list, mut args) = args.method(vm, "insert", 2, 2)?;
        let index = vm.index_i64(&args[0])?;
        let mut items = cell(&list).borrow_mut();
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let place = if index < 0 { (index + length).max(0) } else { index.min(length) };
        items.insert(usize::try_from(place).unwrap_or(0), args.remove(1));
        Ok(vm.none.clone())
    }),
    ("pop", |vm, args| {
        list_and(vm, &args, "pop")?;
        let (list, args) = args.method(vm, "pop", 0, 1)?;
        let index = args.first().map_or(Ok(-1), |index| vm.index_i64(index))?;
        let length = i64::try_from(cell(&list).borrow().len()).unwrap_or(i64::MAX);
        if length == 0 {
            return Err(vm.index_error("pop from empty list"));
        }
        let place = if index < 0 { index + length } else { index };
        if !(0..length).contains(&place) {
            return Err(vm.index_error("pop index out of range"));
        }
        let popped = cell(&list).borrow_mut().remove(usize::try_from(place).unwrap_or(0));
        Ok(popped)
    }),
    ("remove", |vm, args| {
        list_and(vm, &args, "remove")?;
        let (list, args) = args.method(vm, "remove", 1, 1)?;
        let mut place = 0;
        loop {
            let item = cell(&list).borrow().get(place).cloned();
            let Some(item) = item else { break };
            if vm.same(&item, &args[0])? {
                let length = cell(&list).borrow().len();
                let removed = (place < length).then(|| cell(&list).borrow_mut().remove(place));
                drop(removed);
                return Ok(vm.none.clone());
            }
            place += 1;
        }
        Err(vm.value_error("list.remove(x): x not in list"))
    }),
    ("clear", |vm, args| {
        list_and(vm, &args, "clear")?;
        let (list, _) = args.method(vm, "clear", 0, 0)?;
        let_go(cell(&list).take());
        Ok(vm.none.clone())
    }),
    ("copy", |vm, args| {
        list_and(vm, &args, "copy")?;
        let (list, _) = args.method(vm, "copy", 0, 0)?;
        let items = cell(&list).borrow().clone();
        vm.list(items)
    }),
    ("index", |vm, args| {
        list_and(vm, &args, "index")?;
        let (list, args) = args.method(vm, "index", 1, 3)?;
        let items = cell(&list).borrow().clone();
        let text = vm.repr_text(&args[0])?;
        find(vm, &items, &args[0], &format!("{text} is not in list"))
    }),
    ("count", |vm, args| {
        list_and(vm, &args, "count")?;
        let (list, args) = args.method(vm, "count", 1, 1)?;
        let items = cell(&list).borrow().clone();
        count(vm, &items, &args[0])
    }),
    ("reverse", |vm, args| {
        list_and(vm, &args, "reverse")?;
        let (list, _) = args.method(vm, "reverse", 0, 0)?;
        cell(&list).borrow_mut().reverse();
        Ok(vm.none.clone())
    }),
    ("sort", |vm, mut args| {
        let (key, reverse) = (args.keyword("key"), args.keyword("reverse"));
        list_and(vm, &args, "sort")?;
        let (list, _) = args.method(vm, "sort", 0, 0)?;
        let reverse = reverse.map_or(Ok(false), |reverse| vm.truth(&reverse))?;
        sort(vm, &list, key, reverse)?;
        Ok(vm.none.clone())
    }),
    ("__len__", length),
    ("__getitem__", get),
    ("__setitem__", |vm, args| {
        let (list, mut args) = args.method(vm, "__setitem__", 2, 2)?;
        let value = args.remove(1);
        let key = args.remove(0);
        let items = cell(&list);
        match Number::of(&key) {
            Some(Number::Int(index)) if key.downcast_ref::<Slice>().is_none() => {
                let length = i64::try_from(items.borrow().len()).unwrap_or(i64::MAX);
                let place = if index < 0 { index + length } else { index };
                if !(0..length).contains(&place) {
                    return Err(vm.index_error("list assignment index out of range"));
                }
                let place = usize::try_from(place).unwrap_or(0);
                let old = std::mem::replace(&mut items.borrow_mut()[place], value);
                drop(old);
                Ok(vm.none.clone())
            }
            _ => Err(vm.type_error("list indices must be integers")),
        }
    }),
    ("__contains__", |vm, args| {
        let (list, args) = args.method(vm, "__contains__", 1, 1)?;
        let items = cell(&list).borrow().clone();
        for item in &items {
            if vm.same(item, &args[0])? {
                return Ok(vm.true_.clone());
            }
        }
        Ok(vm.false_.clone())
    }),
    ("__iter__", |vm, args| {
        let (list, _) = args.method(vm, "__iter__", 0, 0)?;
        vm.iterator(crate::objects::Iter::List(0), Some(list))
    }),
];

const TUPLE: super::Table = &[
    ("index", |vm, args| {
        let (tuple, args) = args.method(vm, "index", 1, 3)?;
        find(vm, tuple_of(&tuple).unwrap_or_default(), &args[0], "tuple.index(x): x not in tuple")
    }),
    ("count", |vm, args| {
        let (tuple, args) = args.method(vm, "count", 1, 1)?;
        count(vm, tuple_of(&tuple).unwrap_or_default(), &args[0])
    }),
    ("__len__", length),
    ("__getitem__", get),
];

fn length(vm: &Vm, args: Args) -> Result {
    let (value, _) = args.method(vm, "__len__", 0, 0)?;
    let length = list_of(&value)
        .map(|items| items.borrow().len())
        .or_else(|| tuple_of(&value).map(<[Value]>::len))
        .unwrap_or(0);
    vm.count(length)
}

/// An item of the builtin part of an instance: what `super().__getitem__` asks.
fn get(vm: &Vm, args: Args) -> Result {
    let (value, args) = args.method(vm, "__getitem__", 1, 1)?;
    let plain = match list_of(&value) {
        Some(items) => {
            let items = items.borrow().clone();
            vm.list(items)?
        }
        None => vm.tuple(tuple_of(&value).unwrap_or_default().iter().cloned())?,
    };
    vm.getitem(&plain, &args[0])
}

fn find(vm: &Vm, items: &[Value], wanted: &Value, missing: &str) -> Result {
    for (place, item) in items.iter().enumerate() {
        if vm.same(item, wanted)? {
            return vm.count(place);
        }
    }
    Err(vm.value_error(missing))
}

fn count(vm: &Vm, items: &[Value], wanted: &Value) -> Result {
    let mut found = 0;
    for item in items {
        found += usize::from(vm.same(item, wanted)?);
    }
    vm.count(found)
}

impl Vm {
    /// Adds items at the end of a list.
    ///
    /// # Errors
    /// `MemoryError` if they become too many.
    pub(crate) fn extend(&self, list: &core::cell::RefCell<Vec<Value>>, items: Vec<Value>) -> Result<()> {
        let length = list.borrow().len().saturating_add(items.len());
        self.charge_bytes(length.saturating_mul(8))?;
        list.borrow_mut().extend(items);
        Ok(())
    }
}
