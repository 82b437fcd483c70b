//! Methods of sets.

use core::cell::RefCell;

use super::methods;
use crate::compile::Binary;
use crate::objects::DictData;
use crate::objects::dict::Entry;
use crate::objects::instance::set_of;
use crate::value::{Result, Value};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    for (class, name) in [(&vm.types.set, "set"), (&vm.types.frozenset, "frozenset")] {
        methods(vm, class, name, READ)?;
    }
    methods(vm, &vm.types.set, "set", WRITE)
}

fn method(vm: &Vm, args: Args, name: &str, least: usize, most: usize) -> Result<(Value, Vec<Value>)> {
    let (set, args) = args.method(vm, name, least, most)?;
    if set_of(&set).is_none() {
        return Err(vm.type_error(&format!("descriptor '{name}' requires a 'set' object")));
    }
    Ok((set, args.into_vec()))
}

fn table(set: &Value) -> &RefCell<DictData> {
    set_of(set).expect("checked before").0
}

/// An iterable as a set.
fn as_set(vm: &Vm, value: &Value) -> Result {
    match set_of(value) {
        Some(_) => Ok(value.clone()),
        None => vm.set(vm.collect(value)?, false),
    }
}

fn combined(vm: &Vm, args: Args, name: &str, operator: Binary) -> Result {
    let (set, others) = method(vm, args, name, 0, usize::MAX)?;
    let frozen = set_of(&set).is_some_and(|(_, frozen)| frozen);
    let mut result = vm.set_from(vm.copy_table(table(&set)), frozen)?;
    for other in others {
        let other = as_set(vm, &other)?;
        if let Some(data) = vm.combine_sets(operator, table(&result), table(&other))? {
            result = vm.set_from(data, frozen)?;
        }
    }
    Ok(result)
}

fn updated(vm: &Vm, args: Args, name: &str, operator: Binary) -> Result {
    let (set, others) = method(vm, args, name, 0, usize::MAX)?;
    for other in others {
        let other = as_set(vm, &other)?;
        if let Some(data) = vm.combine_sets(operator, table(&set), table(&other))? {
            let old = table(&set).replace(data);
            drop(old);
        }
    }
    Ok(vm.none.clone())
}

fn compared(vm: &Vm, args: Args, name: &str, comparison: crate::compile::Comparison) -> Result {
    let (set, others) = method(vm, args, name, 1, 1)?;
    let other = as_set(vm, &others[0])?;
    vm.compare(comparison, &set, &other)
}

const READ: super::Table = &[
    ("union", |vm, args| combined(vm, args, "union", Binary::Or)),
    ("intersection", |vm, args| combined(vm, args, "intersection", Binary::And)),
    ("difference", |vm, args| combined(vm, args, "difference", Binary::Subtract)),
    ("symmetric_difference", |vm, args| combined(vm, args, "symmetric_difference", Binary::Xor)),
    ("copy", |vm, args| combined(vm, args, "copy", Binary::Or)),
    ("issubset", |vm, args| compared(vm, args, "issubset", crate::compile::Comparison::LessEqual)),
    ("issuperset", |vm, args| compared(vm, args, "issuperset", crate::compile::Comparison::GreaterEqual)),
    ("isdisjoint", |vm, args| {
        let (set, others) = method(vm, args, "isdisjoint", 1, 1)?;
        for item in vm.collect(&others[0])? {
            if vm.set_contains(table(&set), &item)? {
                return Ok(vm.false_.clone());
            }
        }
        Ok(vm.true_.clone())
    }),
    ("__len__", |vm, args| {
        let (set, _) = method(vm, args, "__len__", 0, 0)?;
        let length = table(&set).borrow().len();
        vm.count(length)
    }),
    ("__contains__", |vm, args| {
        let (set, args) = method(vm, args, "__contains__", 1, 1)?;
        Ok(vm.bool(vm.set_contains(table(&set), &args[0])?))
    }),
];

const WRITE: super::Table = &[
    ("add", |vm, args| {
        let (set, mut args) = method(vm, args, "add", 1, 1)?;
        vm.set_add(table(&set), args.remove(0))?;
        Ok(vm.none.clone())
    }),
    ("discard", |vm, args| {
        let (set, args) = method(vm, args, "discard", 1, 1)?;
        vm.dict_remove(table(&set), &args[0])?;
        Ok(vm.none.clone())
    }),
    ("remove", |vm, args| {
        let (set, args) = method(vm, args, "remove", 1, 1)?;
        match vm.dict_remove(table(&set), &args[0])? {
            Some(_) => Ok(vm.none.clone()),
            None => Err(vm.key_error(args[0].clone())),
        }
    }),
    ("pop", |vm, args| {
        let (set, _) = method(vm, args, "pop", 0, 0)?;
        let length = table(&set).borrow().len();
        vm.charge_work(length as u64 * 64)?;
        let first = super::set_order(vm, table(&set)).into_iter().next();
        let Some(first) = first else { return Err(vm.key_error(vm.str("pop from an empty set")?)) };
        vm.dict_remove(table(&set), &first)?;
        Ok(first)
    }),
    ("clear", |vm, args| {
        let (set, _) = method(vm, args, "clear", 0, 0)?;
        let old = table(&set).take();
        drop(old);
        Ok(vm.none.clone())
    }),
    ("update", |vm, args| updated(vm, args, "update", Binary::Or)),
    ("intersection_update", |vm, args| updated(vm, args, "intersection_update", Binary::And)),
    ("difference_update", |vm, args| updated(vm, args, "difference_update", Binary::Subtract)),
    ("symmetric_difference_update", |vm, args| updated(vm, args, "symmetric_difference_update", Binary::Xor)),
];

impl Vm {
    /// Union, intersection, difference, symmetric difference; nothing for other operators.
    ///
    /// # Errors
    /// What comparing the items raises.
    pub(crate) fn combine_sets(
        &self,
        operator: Binary,
        left: &RefCell<DictData>,
        right: &RefCell<DictData>,
    ) -> Result<Option<DictData>> {
        let entries = |data: &RefCell<DictData>| -> Vec<Entry> { data.borrow().iter().cloned().collect() };
        let result = RefCell::new(DictData::default());
        let add = |from: &RefCell<DictData>, other: Option<(&RefCell<DictData>, bool)>| -> Result<()> {
            for entry in entries(from) {
                let wanted = match other {
                    Some((other, inside)) => self.dict_contains(other, &entry.key)? == inside,
                    None => true,
                };
                if wanted {
                    self.set_add(&result, entry.key)?;
                }
            }
            Ok(())
        };
        match operator {
            Binary::Or => {
                add(left, None)?;
                add(right, None)?;
            }
            Binary::And => add(left, Some((right, true)))?,
            Binary::Subtract => add(left, Some((right, false)))?,
            Binary::Xor => {
                add(left, Some((right, false)))?;
                add(right, Some((left, false)))?;
            }
            _ => return Ok(None),
        }
        Ok(Some(result.into_inner()))
    }
}
