//! `reversed`, `iter`, `next`.

use crate::objects::dict::ViewKind;
use crate::objects::instance::{dict_of, list_of, text_of, tuple_of};
use crate::objects::{Iter, Range, View};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

/// `reversed(value)`
pub(super) fn reversed(vm: &Vm, value: &Value) -> Result {
    if let Some(result) = vm.special(value, &vm.names.reversed, &[])? {
        return Ok(result);
    }
    if let Some(items) = list_of(value) {
        let length = items.borrow().len();
        return vm.iterator(Iter::ListReversed(length), Some(value.clone()));
    }
    if tuple_of(value).is_some() || text_of(value).is_some() {
        let items = vm.collect(value)?.into_iter().rev().collect();
        return vm.iterator(Iter::Ready(items), None);
    }
    let over = |dict: &Value, kind: ViewKind| {
        let length = dict_of(dict).map_or(0, |data| data.borrow().len());
        vm.iterator(Iter::Dict { place: 0, length, kind, reversed: true }, Some(dict.clone()))
    };
    if dict_of(value).is_some() {
        return over(value, ViewKind::Keys);
    }
    match Kind::of(value) {
        Kind::View => over(&expect::<View>(value).dict, expect::<View>(value).kind),
        Kind::Range => {
            let range = expect::<Range>(value);
            let state = Iter::Range {
                next: range.at(range.len().wrapping_sub(1)),
                left: range.len(),
                step: range.step.wrapping_neg(),
            };
            vm.iterator(state, None)
        }
        _ => {
            let class = vm.class_of(value);
            let sequence = vm.lookup(&class, &vm.names.getitem).is_some();
            match vm.length(value)? {
                Some(length) if sequence => {
                    let length = i64::try_from(length).unwrap_or(i64::MAX);
                    vm.iterator(Iter::ItemsReversed(length), Some(value.clone()))
                }
                _ => Err(vm.type_error(&format!("'{}' object is not reversible", kind_name(vm, value)))),
            }
        }
    }
}
