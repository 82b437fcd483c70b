//! Sorting: stable, by `<` alone, as CPython sorts.

use core::cmp::Ordering;

use crate::compile::Comparison;
use crate::objects::instance::list_of;
use crate::value::{Kind, Raised, Result, Value};
use crate::vm::Vm;

/// Sorts a list in place. While it is sorted it is empty for everybody else; if something raises, the items come back.
pub(crate) fn sort(vm: &Vm, list: &Value, key: Option<Value>, reverse: bool) -> Result<()> {
    let Some(cell) = list_of(list) else { return Ok(()) };
    let mut items = cell.take();
    let result = sorted(vm, &mut items, key, reverse);
    let changed = cell.replace(items);
    let was_changed = !changed.is_empty();
    drop(changed);
    result?;
    if was_changed {
        return Err(vm.value_error("list modified during sort"));
    }
    Ok(())
}

fn sorted(vm: &Vm, items: &mut Vec<Value>, key: Option<Value>, reverse: bool) -> Result<()> {
    let mut raised: Option<Raised> = None;
    let mut keyed: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    match key.filter(|key| Kind::of(key) != Kind::None) {
        None => keyed.extend(items.iter().map(|item| (item.clone(), item.clone()))),
        Some(key) => {
            for item in &*items {
                keyed.push((vm.call_with(&key, [item.clone()])?, item.clone()));
            }
        }
    }
    if reverse {
        keyed.reverse();
    }
    keyed = merge_sort(keyed, &mut |left, right| {
        if raised.is_some() {
            return false;
        }
        let less = vm.compare(Comparison::Less, left, right).and_then(|less| vm.truth(&less));
        less.unwrap_or_else(|error| {
            raised = Some(error);
            false
        })
    });
    if reverse {
        keyed.reverse();
    }
    if let Some(raised) = raised {
        return Err(raised);
    }
    *items = keyed.into_iter().map(|(_, item)| item).collect();
    Ok(())
}

/// Merges runs; a comparison that contradicts itself gives some order, never a panic.
fn merge_sort(
    mut items: Vec<(Value, Value)>,
    less: &mut impl FnMut(&Value, &Value) -> bool,
) -> Vec<(Value, Value)> {
    if items.len() <= 1 {
        return items;
    }
    let right = items.split_off(items.len() / 2);
    let left = merge_sort(items, less);
    let right = merge_sort(right, less);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let ordering = if less(&other.0, &one.0) { Ordering::Greater } else { Ordering::Less };
        merged.extend(if ordering == Ordering::Greater { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    merged
}
