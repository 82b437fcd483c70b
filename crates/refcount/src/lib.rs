//! Counts, and what happens when one reaches zero.
//!
//! # Immortal objects
//!
//! A count of [`IMMORTAL`] or more is never written again (PEP 683; CPython 3.14 uses the same 3 << 30). A mortal
//! count that would pass it becomes immortal: an object with three billion references leaks, it does not wrap.
//!
//! # Destruction without recursion
//!
//! An object's death can be the death of everything it refers to. CPython recurses, and from a depth of 50 on puts
//! objects aside (its *trashcan*). Here the references of a dying object are moved to an explicit stack, so that a
//! chain of a million objects needs no more native stack than one of two:
//!
//! ```text
//!  A dies:   condemn(A)             finalizer, weak references (user code, A still whole)
//!            push free(A)           A's memory goes after all that A referred to, as in CPython
//!            push A.f1, push A.f0   still owned: what they refer to is alive until its turn
//!  pop A.f0: decref; zero → B dies, the same steps, before A.f1 is looked at
//! ```
//!
//! That is CPython's order, depth first. User code (a finalizer, a `Drop`) that drops the last reference to an object
//! re-enters: it is served at once down to a depth of [`MAX_DEPTH`], below which the object is set aside until the
//! outermost level has finished.
//!
//! Invariant: nothing here decides reachability, and nothing here frees memory: that is the [`Undertaker`]'s.

use core::cell::{Cell, RefCell};
use gleaner_object::{Address, Header, Released};

/// The count from which on an object is immortal.
pub const IMMORTAL: u32 = 3 << 30;
/// How deep user code may re-enter destruction before objects are set aside.
pub const MAX_DEPTH: u32 = 40;
/// The length of the stack from which on memory is freed before the references it held are followed.
const PATIENCE: usize = 4096;
/// Marks an entry of the stack whose memory is to be freed.
const FREE: usize = 1;

/// Takes one more reference.
#[inline]
pub fn incref(header: &Header) {
    let count = header.count().get();
    if count < IMMORTAL {
        header.count().set(count + 1);
    }
}

/// Gives up one reference; returns whether it was the last.
#[inline]
#[must_use]
pub fn decref(header: &Header) -> bool {
    let count = header.count().get();
    if count >= IMMORTAL {
        return false;
    }
    debug_assert!(count > 0, "a reference is given up that nobody owned");
    header.count().set(count - 1);
    count == 1
}

/// Makes an object immortal: from now on its count is not written.
pub fn immortalize(header: &Header) {
    header.count().set(IMMORTAL);
}

/// Tells whether an object is immortal.
#[must_use]
pub fn is_immortal(header: &Header) -> bool {
    header.count().get() >= IMMORTAL
}

/// Does to a dead object what the counts cannot: the heap.
pub trait Undertaker {
    /// Runs the finalizer and tells the watchers. Returns false if the object was resurrected.
    fn condemn(&self, dead: Address) -> bool;
    /// Drops the value and frees the memory.
    fn free(&self, dead: Address);
}

/// The stack of what is still to die.
#[derive(Default)]
pub struct Trashcan {
    depth: Cell<u32>,
    stack: RefCell<Vec<Address>>,
    scratch: RefCell<Vec<Address>>,
    set_aside: RefCell<Vec<Address>>,
    leaked: Cell<u64>,
}

impl Trashcan {
    /// Returns how many references were leaked because there was no memory to note them down.
    #[must_use]
    pub fn leaked(&self) -> u64 {
        self.leaked.get()
    }

    /// Tells whether nothing is being destroyed.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.depth.get() == 0
    }

    /// Destroys an object whose count has just become zero, and all that dies with it.
    pub fn bury(&self, undertaker: &impl Undertaker, dead: Address) {
        if self.depth.get() >= MAX_DEPTH {
            self.set_aside(dead);
            return;
        }
        self.depth.set(self.depth.get() + 1);
        self.bury_one(undertaker, dead);
        if self.depth.get() == 1 {
            self.bury_what_was_set_aside(undertaker);
        }
        self.depth.set(self.depth.get() - 1);
    }

    /// Sets aside whatever dies while `work` runs: for the passes of a collector, whose lists must not move.
    pub fn while_locked<R>(&self, undertaker: &impl Undertaker, work: impl FnOnce() -> R) -> R {
        struct Lock<'a>(&'a Cell<u32>);
        impl Drop for Lock<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - MAX_DEPTH);
            }
        }
        self.depth.set(self.depth.get() + MAX_DEPTH);
        let lock = Lock(&self.depth);
        let result = work();
        drop(lock);
        if self.depth.get() == 0 {
            self.depth.set(1);
            self.bury_what_was_set_aside(undertaker);
            self.depth.set(0);
        }
        result
    }

    /// Takes the references out of an object, in order, and hands each to `release`, still owned.
    ///
    /// # Safety
    /// O1 and O2 hold for the object, and its value has not been dropped.
    pub unsafe fn clear(&self, object: Address, mut release: impl FnMut(Address)) {
        let mut edges = self.scratch.take();
        // SAFETY: O1, O2 by the caller.
        unsafe { (object.as_ref().record().clear)(object, &mut Released::new(&mut edges)) };
        for edge in edges.drain(..) {
            release(edge);
        }
        self.scratch.replace(edges);
    }

    fn bury_one(&self, undertaker: &impl Undertaker, dead: Address) {
        let base = self.stack.borrow().len();
        self.lower(undertaker, dead);
        self.drain(undertaker, base);
    }

    fn lower(&self, undertaker: &impl Undertaker, dead: Address) {
        if !undertaker.condemn(dead) {
            return;
        }
        let base = self.stack.borrow().len();
        let patient = base < PATIENCE;
        if patient {
            self.push(dead.map_addr(|address| address | FREE));
        }
        // SAFETY: O1, O4: the object is dead, but neither dropped nor freed yet.
        unsafe { self.clear(dead, |edge| self.push(edge)) };
        let first = base + usize::from(patient);
        if let Some(edges) = self.stack.borrow_mut().get_mut(first..) {
            edges.reverse();
        }
        if !patient {
            undertaker.free(dead);
        }
    }

    fn drain(&self, undertaker: &impl Undertaker, base: usize) {
        while let Some(entry) = self.pop(base) {
            if entry.addr().get() & FREE != 0 {
                // The address of an object is a multiple of 8, so what is left is it.
                undertaker.free(untagged(entry));
            // SAFETY: O1, O5: the entry owns a reference, so the object lives.
            } else if decref(unsafe { entry.as_ref() }) {
                self.lower(undertaker, entry);
            }
        }
    }

    fn bury_what_was_set_aside(&self, undertaker: &impl Undertaker) {
        loop {
            let next = self.set_aside.borrow_mut().pop();
            let Some(object) = next else { return };
            // SAFETY: O1, O5: what is set aside owns its object again.
            if decref(unsafe { object.as_ref() }) {
                self.bury_one(undertaker, object);
            }
        }
    }

    /// Keeps a dead object for later; until then it lives on one reference.
    fn set_aside(&self, dead: Address) {
        // SAFETY: O1: the object is dead, but not freed.
        unsafe { dead.as_ref() }.count().set(1);
        let mut list = self.set_aside.borrow_mut();
        match list.try_reserve(1) {
            Ok(()) => list.push(dead),
            Err(_) => self.leaked.set(self.leaked.get() + 1),
        }
    }

    fn push(&self, entry: Address) {
        let mut stack = self.stack.borrow_mut();
        match stack.try_reserve(1) {
            Ok(()) => stack.push(entry),
            Err(_) => self.leaked.set(self.leaked.get() + 1),
        }
    }

    fn pop(&self, base: usize) -> Option<Address> {
        let mut stack = self.stack.borrow_mut();
        if stack.len() > base { stack.pop() } else { None }
    }
}

fn untagged(entry: Address) -> Address {
    let pointer = entry.as_ptr().map_addr(|address| address & !FREE);
    // SAFETY: O1: an object's address with a bit set that is clear in every such address is not null without it.
    unsafe { Address::new_unchecked(pointer) }
}
