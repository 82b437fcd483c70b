//! Tuples, lists, ranges, slices, and the cells of closures.

use core::cell::RefCell;

use gleaner::{AnySlot, Released, Trace, Visitor};
use smallvec::SmallVec;

use crate::value::{Kind, Value};

/// A tuple. Up to two items lie in the object itself.
pub struct Tuple(pub SmallVec<[Value; 2]>);

impl Trace for Tuple {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Tuple as u8;

    // CPython goes through a tuple's items from the last to the first, when it shows them and when it lets them go.
    fn trace(&self, visitor: &mut impl Visitor) {
        self.0.iter().rev().for_each(|item| item.trace(visitor));
    }

    fn give_up(mut self, released: &mut Released<'_>) {
        core::mem::take(&mut self.0).into_iter().rev().for_each(|item| item.give_up(released));
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        while let Some(item) = self.0.pop() {
            drop(item);
        }
    }
}

/// The items of a list. They are shown, and go, from the last to the first, as a tuple's.
#[derive(Default)]
pub struct Items(pub RefCell<Vec<Value>>);

impl Trace for Items {
    fn trace(&self, visitor: &mut impl Visitor) {
        if let Ok(items) = self.0.try_borrow() {
            items.iter().rev().for_each(|item| item.trace(visitor));
        }
    }

    fn clear(&self, released: &mut Released<'_>) {
        let items = self.0.try_borrow_mut().map(|mut items| core::mem::take(&mut *items)).unwrap_or_default();
        items.into_iter().rev().for_each(|item| item.give_up(released));
    }

    fn give_up(self, released: &mut Released<'_>) {
        self.0.into_inner().into_iter().rev().for_each(|item| item.give_up(released));
    }
}

/// Lets items that were taken out of a list go, from the last to the first.
pub fn let_go(mut items: Vec<Value>) {
    while let Some(item) = items.pop() {
        drop(item);
    }
}

/// A list.
#[derive(Trace, Default)]
#[trace(tag = Kind::List as u8)]
pub struct List {
    /// The items.
    pub items: Items,
}

/// From how many items on a list's room is a chunk of its own.
const LONG: usize = 4096;

/// The least room of a long list, in items: half a mebibyte, more than the allocator cuts from pools.
const CHUNK: usize = 1 << 16;

/// Appends an item. A short list that is full gets the room that CPython gives it (`list_resize`): an eighth more. A long
/// one gets four times its room, and a chunk of its own: pages that nobody writes to cost nothing, and it leaves no block
/// behind when it grows again.
pub fn append(items: &mut Vec<Value>, item: Value) {
    let length = items.len();
    if length == items.capacity() {
        let wanted =
            if length < LONG { (length + 1 + ((length + 1) >> 3) + 6) & !3 } else { CHUNK.max(4 * length) };
        items.reserve_exact(wanted - length);
    }
    items.push(item);
}

/// A range; of ints of 64 bits.
#[derive(Trace, Clone, Copy, PartialEq, Eq)]
#[trace(tag = Kind::Range as u8)]
pub struct Range {
    /// The first.
    pub start: i64,
    /// What it stops before.
    pub stop: i64,
    /// From one to the next; not 0.
    pub step: i64,
}

impl Range {
    /// The number of items.
    #[must_use]
    pub fn len(&self) -> i64 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let count =
            if step > 0 { (stop - start + step - 1) / step } else { (stop - start + step + 1) / step };
        i64::try_from(count.max(0)).unwrap_or(i64::MAX)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a place that is inside.
    #[must_use]
    pub fn at(&self, index: i64) -> i64 {
        self.start.wrapping_add(index.wrapping_mul(self.step))
    }
}

/// A slice.
#[derive(Trace)]
#[trace(tag = Kind::Slice as u8)]
pub struct Slice {
    /// `start`, or `None`.
    pub start: Value,
    /// `stop`, or `None`.
    pub stop: Value,
    /// `step`, or `None`.
    pub step: Value,
}

/// A variable that functions share.
#[derive(Trace, Default)]
#[trace(tag = Kind::Cell as u8)]
pub struct Cell {
    /// What it holds, if it is bound.
    pub value: AnySlot,
}
