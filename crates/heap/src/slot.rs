//! A field that holds a reference or nothing.

use core::cell::Cell;

use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Released, Trace, Visitor};

use crate::reference::Ref;

/// A field of an object that holds a reference or nothing, written through a shared borrow: what cycles are made of,
/// and what the collector cuts to end them.
pub struct Slot<T> {
    cell: Cell<Option<Ref<T>>>,
}

impl<T> Slot<T> {
    /// Makes a slot that holds nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Slot { cell: Cell::new(None) }
    }

    /// Makes a slot that holds a reference.
    #[must_use]
    pub const fn new(reference: Ref<T>) -> Self {
        Slot { cell: Cell::new(Some(reference)) }
    }

    /// Takes a reference to `target`, then gives up the one it held.
    pub fn set(&self, target: &Ref<T>) {
        self.put(Some(target.clone()));
    }

    /// Gives up the reference it holds.
    pub fn clear(&self) {
        self.put(None);
    }

    /// Replaces what it holds, and gives that up.
    pub fn put(&self, reference: Option<Ref<T>>) {
        let old = self.cell.replace(reference);
        if seeded(Bug::DecrementForgotten) {
            core::mem::forget(old);
        }
    }

    /// Takes out what it holds.
    #[must_use]
    pub fn take(&self) -> Option<Ref<T>> {
        self.cell.take()
    }

    /// Returns another reference to what it holds.
    #[must_use]
    pub fn get(&self) -> Option<Ref<T>> {
        // SAFETY: O3: nobody writes the cell while it is read, for cloning a reference runs nobody's code.
        unsafe { (*self.cell.as_ptr()).clone() }
    }

    /// Tells whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // SAFETY: O3: as in `get`.
        unsafe { (*self.cell.as_ptr()).is_none() }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot::empty()
    }
}

impl<T: Trace> Trace for Slot<T> {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    #[inline]
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: O3: nobody writes the cell while it is read, for showing an edge runs nobody's code on this slot.
        if let Some(reference) = unsafe { &*self.cell.as_ptr() } {
            visitor.edge(reference.address());
        }
    }

    fn clear(&self, released: &mut Released<'_>) {
        if let Some(reference) = self.take() {
            reference.give_up(released);
        }
    }

    fn give_up(self, released: &mut Released<'_>) {
        self.clear_into(released);
    }
}

impl<T: Trace> Slot<T> {
    fn clear_into(&self, released: &mut Released<'_>) {
        Trace::clear(self, released);
    }
}
