//! Who watches an object, and whom to tell, in which order.
//!
//! A weak reference is an object of the heap itself: counted, tracked, mortal (CPython's `PyWeakReference`). Objects
//! do not pay for being watchable: their watchers hang in a table beside the heap, and one header flag says whether
//! there are any. Per referent the watchers form a doubly linked list through the weak references themselves:
//!
//! ```text
//!  table[referent] ─► plain (no callback, at most one) ─► newest with callback ─► … ─► oldest
//! ```
//!
//! which is the order of `getweakrefs` (PY-42) and, the plain one aside, of the callbacks (PY-43).
//!
//! Invariant: a weak reference never keeps its referent alive; a referent never outlives its entry in the table.

mod table;

pub use table::{NoRoom, Table};

use core::cell::{Cell, RefCell};
use gleaner_object::{Address, Live, Released, Trace, Visitor};

/// What is told of a referent's death.
pub trait Notify {
    /// Shows the references that the callback holds.
    fn trace(&self, visitor: &mut dyn Visitor);
    /// Is called once, after the referent has become unreachable through `weak`.
    fn call(&self, weak: Live<'_, WeakReference>);
}

/// A weak reference: the value of an object on the heap.
pub struct WeakReference {
    referent: Cell<Option<Address>>,
    previous: Cell<Option<Address>>,
    next: Cell<Option<Address>>,
    callback: RefCell<Option<Box<dyn Notify>>>,
    hash: Cell<i64>,
}

impl WeakReference {
    /// Makes a weak reference that watches nothing yet.
    #[must_use]
    pub fn new(callback: Option<Box<dyn Notify>>) -> Self {
        WeakReference {
            referent: Cell::new(None),
            previous: Cell::new(None),
            next: Cell::new(None),
            callback: RefCell::new(callback),
            hash: Cell::new(-1),
        }
    }

    /// The cached hash of the referent, -1 as long as nobody asked (CPython's `wr_hash`, PY-48): what it holds stays
    /// readable after the referent's death. The heap itself never reads it.
    #[must_use]
    pub fn hash(&self) -> &Cell<i64> {
        &self.hash
    }

    /// Returns the referent, unless it has died.
    #[inline]
    #[must_use]
    pub fn referent(&self) -> Option<Address> {
        self.referent.get()
    }

    /// Tells whether there is a callback that has not been called.
    #[must_use]
    pub fn has_callback(&self) -> bool {
        self.callback.borrow().is_some()
    }

    /// Takes the callback out, to be called.
    #[must_use]
    pub fn take_callback(&self) -> Option<Box<dyn Notify>> {
        self.callback.take()
    }
}

impl Trace for WeakReference {
    // A callback is set when the object is made, and only taken away.
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    fn trace(&self, visitor: &mut impl Visitor) {
        if let Some(callback) = &*self.callback.borrow() {
            callback.trace(visitor);
        }
    }

    fn clear(&self, _: &mut Released<'_>) {
        drop(self.callback.take());
    }
}
