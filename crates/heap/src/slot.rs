//! Fields that hold a reference or nothing.
//!
//! Whatever moves a reference into a slot or out of it without counting it says that its object has been touched: a
//! collector that works in steps has to know (see `gleaner_collector::strategies`).

use core::cell::Cell;
use core::marker::PhantomData;

use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Released, Trace, Visitor};
use gleaner_refcount::is_listened_to;

use crate::core::Core;
use crate::reference::{AnyRef, Ref};

/// A field of an object that holds a reference to an object of any type or nothing, written through a shared borrow: what
/// cycles are made of, and what the collector cuts to end them.
#[derive(Default)]
pub struct AnySlot {
    cell: Cell<Option<AnyRef>>,
}

impl Drop for AnySlot {
    /// A dying object has given up its references before: most slots are empty then, and that is all that is looked at.
    #[inline(always)]
    fn drop(&mut self) {
        #[inline(never)]
        fn drop_held(_: AnyRef) {}
        if let Some(reference) = self.cell.take() {
            drop_held(reference);
        }
    }
}

impl AnySlot {
    /// Makes a slot that holds nothing.
    #[must_use]
    pub const fn empty() -> Self {
        AnySlot { cell: Cell::new(None) }
    }

    /// Makes a slot that holds a reference.
    #[must_use]
    pub const fn new(reference: AnyRef) -> Self {
        AnySlot { cell: Cell::new(Some(reference)) }
    }

    /// Takes a reference to `target`, then gives up the one it held.
    #[inline]
    pub fn set(&self, target: &AnyRef) {
        self.replace(Some(target.clone()));
    }

    /// Gives up the reference it holds.
    #[inline]
    pub fn clear(&self) {
        self.replace(None);
    }

    /// Replaces what it holds, and gives that up.
    #[inline]
    pub fn put(&self, reference: Option<AnyRef>) {
        if let Some(reference) = &reference {
            moved(reference);
        }
        self.replace(reference);
    }

    #[inline]
    fn replace(&self, reference: Option<AnyRef>) {
        let old = self.cell.replace(reference);
        if seeded(Bug::DecrementForgotten) {
            core::mem::forget(old);
        }
    }

    /// Takes out what it holds.
    #[must_use]
    #[inline]
    pub fn take(&self) -> Option<AnyRef> {
        let reference = self.cell.take();
        if let Some(reference) = &reference {
            moved(reference);
        }
        reference
    }

    /// Returns another reference to what it holds.
    #[must_use]
    #[inline]
    pub fn get(&self) -> Option<AnyRef> {
        self.held().cloned()
    }

    /// Tells whether it holds nothing.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.held().is_none()
    }

    #[inline]
    fn held(&self) -> Option<&AnyRef> {
        // SAFETY: O3: nobody writes the cell while it is read: cloning a reference and showing an edge run nobody's code on
        // this slot, and the borrow ends with that.
        unsafe { (*self.cell.as_ptr()).as_ref() }
    }
}

/// Says that a reference to an object moves, if somebody listens.
#[inline]
fn moved(reference: &AnyRef) {
    if is_listened_to(reference.header()) {
        Core::touch(reference.address());
    }
}

impl Trace for AnySlot {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    #[inline(always)]
    fn trace(&self, visitor: &mut impl Visitor) {
        if let Some(reference) = self.held() {
            visitor.edge(reference.address());
        }
    }

    #[inline(always)]
    fn clear(&self, released: &mut Released<'_>) {
        if let Some(reference) = self.cell.take() {
            reference.give_up(released);
        }
    }

    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        Trace::clear(&self, released);
    }
}

/// An [`AnySlot`] for objects of one type.
pub struct Slot<T> {
    any: AnySlot,
    target: PhantomData<*const T>,
}

impl<T> Slot<T> {
    /// Makes a slot that holds nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Slot { any: AnySlot::empty(), target: PhantomData }
    }
}

impl<T: Trace> Slot<T> {
    /// Makes a slot that holds a reference.
    #[must_use]
    pub fn new(reference: Ref<T>) -> Self {
        Slot { any: AnySlot::new(reference.into_any()), target: PhantomData }
    }

    /// Takes a reference to `target`, then gives up the one it held.
    #[inline]
    pub fn set(&self, target: &Ref<T>) {
        self.any.set(target.as_any());
    }

    /// Gives up the reference it holds.
    #[inline]
    pub fn clear(&self) {
        self.any.clear();
    }

    /// Replaces what it holds, and gives that up.
    #[inline]
    pub fn put(&self, reference: Option<Ref<T>>) {
        self.any.put(reference.map(Ref::into_any));
    }

    /// Takes out what it holds.
    #[must_use]
    #[inline]
    pub fn take(&self) -> Option<Ref<T>> {
        self.any.take().map(Ref::of_any)
    }

    /// Returns another reference to what it holds.
    #[must_use]
    #[inline]
    pub fn get(&self) -> Option<Ref<T>> {
        self.any.get().map(Ref::of_any)
    }

    /// Tells whether it holds nothing.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.any.is_empty()
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

    #[inline(always)]
    fn trace(&self, visitor: &mut impl Visitor) {
        self.any.trace(visitor);
    }

    #[inline(always)]
    fn clear(&self, released: &mut Released<'_>) {
        Trace::clear(&self.any, released);
    }

    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        self.any.give_up(released);
    }
}
