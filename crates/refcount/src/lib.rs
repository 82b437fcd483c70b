//! Counts, and what happens when one reaches zero.
//!
//! # The count word
//!
//! ```text
//!  31 noted │ 30 immortal │ 29 … 0 count
//! ```
//!
//! An *immortal* object is never written again (PEP 683). A count that would pass 30 bits becomes immortal by the carry:
//! an object with a billion references leaks, it does not wrap.
//!
//! A collector that works in steps has to know which objects the program has touched since it looked. It *listens* to an
//! object by clearing the bit *noted*; the first count up or down that finds the bit clear says so, and sets it again. When
//! nobody listens, all bits are set, and the price is a test of a word that is at hand.
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
use gleaner_object::{Address, Header, Released, record_of};

/// The count that immortal objects show (CPython 3.14's number).
pub const IMMORTAL: u32 = 3 << 30;
/// How deep user code may re-enter destruction before objects are set aside.
pub const MAX_DEPTH: u32 = 40;
/// The length of the stack from which on memory is freed before the references it held are followed.
const PATIENCE: usize = 4096;
/// Marks an entry of the stack whose memory is to be freed.
const FREE: usize = 1;

const NOTED: u32 = 1 << 31;
const FOREVER: u32 = 1 << 30;
const COUNT: u32 = FOREVER - 1;

/// The count word of a new object: one reference, nobody listens.
pub const ONE: u32 = NOTED | 1;

/// What giving up a reference has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Left {
    /// Others.
    Others,
    /// Others, and this was the first touch since somebody listens: he is to be told.
    OthersUnnoted,
    /// None: the object is dead.
    None,
}

/// Takes one more reference; returns whether this is the first touch since somebody listens.
#[inline]
#[must_use]
pub fn incref(header: &Header) -> bool {
    let word = header.count().get();
    if word & FOREVER == 0 {
        header.count().set(word + 1);
    }
    is_unnoted(word)
}

/// Gives up one reference.
#[inline]
#[must_use]
pub fn decref(header: &Header) -> Left {
    let word = header.count().get();
    if word & FOREVER != 0 {
        return Left::Others;
    }
    debug_assert!(word & COUNT > 0, "a reference is given up that nobody owned");
    header.count().set(word - 1);
    if word & COUNT == 1 {
        Left::None
    } else if is_unnoted(word) {
        Left::OthersUnnoted
    } else {
        Left::Others
    }
}

#[inline]
fn is_unnoted(word: u32) -> bool {
    word & (NOTED | FOREVER) == 0
}

/// Gives a dead object one reference again. It is listened to as before: this is nobody's touch, but what its finalizer or a
/// weak reference makes of the object is.
#[inline]
pub fn revive(header: &Header) {
    debug_assert_eq!(count(header), 0, "only the dead are revived");
    header.count().set(header.count().get() + 1);
}

/// Returns the number of references; [`IMMORTAL`] for an immortal object.
#[inline]
#[must_use]
pub fn count(header: &Header) -> u32 {
    let word = header.count().get();
    if word & FOREVER != 0 { IMMORTAL } else { word & COUNT }
}

/// Listens to an object: its next touch will say so.
#[inline]
pub fn listen(header: &Header) {
    header.count().set(header.count().get() & !NOTED);
}

/// Listens to an object no longer.
#[inline]
pub fn note(header: &Header) {
    header.count().set(header.count().get() | NOTED);
}

/// Tells whether somebody listens to the object and it has not been touched since; never for an immortal one.
#[inline]
#[must_use]
pub fn is_listened_to(header: &Header) -> bool {
    is_unnoted(header.count().get())
}

/// Makes an object immortal: from now on its count is not written.
pub fn immortalize(header: &Header) {
    header.count().set(NOTED | FOREVER);
}

/// Tells whether an object is immortal.
#[must_use]
pub fn is_immortal(header: &Header) -> bool {
    header.count().get() & FOREVER != 0
}

/// Does to a dead object what the counts cannot: the heap.
pub trait Undertaker {
    /// Runs the finalizer and tells the watchers. Returns false if the object was resurrected.
    fn condemn(&self, dead: Address) -> bool;
    /// Is told that somebody listens to an object that has just been touched for the first time.
    fn touched(&self, object: Address);
    /// Drops the value and frees the memory.
    fn free(&self, dead: Address);
}

/// The stack of what is still to die.
#[derive(Default)]
pub struct Trashcan {
    depth: Cell<u32>,
    stack: RefCell<Vec<Address>>,
    scratch: Cell<Vec<Address>>,
    set_aside: RefCell<Vec<Address>>,
    /// Whether anything is set aside.
    waiting: Cell<bool>,
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
    #[inline]
    pub fn bury(&self, undertaker: &impl Undertaker, dead: Address) {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            self.set_aside(dead);
            return;
        }
        self.depth.set(depth + 1);
        if let Some(edges) = self.condemn(undertaker, dead) {
            self.bury_with(undertaker, dead, edges);
        }
        if depth == 0 && self.waiting.get() {
            self.bury_what_was_set_aside(undertaker);
        }
        self.depth.set(depth);
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
        // SAFETY: O1, O2 by the caller.
        let mut edges = unsafe { self.take_edges(object) };
        for edge in edges.drain(..) {
            release(edge);
        }
        self.scratch.set(edges);
    }

    /// Takes the references out of an object, in order, to the scratch list, which the caller gives back.
    ///
    /// # Safety
    /// As for `clear`.
    #[inline]
    unsafe fn take_edges(&self, object: Address) -> Vec<Address> {
        let mut edges = self.scratch.take();
        // SAFETY: O1, O2 by the caller.
        unsafe { (record_of(object).clear)(object, &mut Released::new(&mut edges)) };
        edges
    }

    /// Runs what user code there is for a dead object; returns its references, in order, unless it has been resurrected.
    #[inline]
    fn condemn(&self, undertaker: &impl Undertaker, dead: Address) -> Option<Vec<Address>> {
        // SAFETY: O1, O4: the object is dead, but neither dropped nor freed yet.
        undertaker.condemn(dead).then(|| unsafe { self.take_edges(dead) })
    }

    /// Gives up a reference to an object; returns the object's references if it is condemned for that.
    fn give_up(&self, undertaker: &impl Undertaker, object: Address) -> Option<Vec<Address>> {
        // SAFETY: O1, O5: whoever gives up the reference owned it, so the object lives.
        match decref(unsafe { object.as_ref() }) {
            Left::None => return self.condemn(undertaker, object),
            Left::OthersUnnoted => undertaker.touched(object),
            Left::Others => {}
        }
        None
    }

    /// Destroys a condemned object with these references, and all that dies with it.
    #[inline]
    fn bury_with(&self, undertaker: &impl Undertaker, dead: Address, edges: Vec<Address>) {
        if edges.is_empty() {
            self.scratch.set(edges);
            return undertaker.free(dead);
        }
        let base = self.stack.borrow().len();
        self.lower(undertaker, dead, edges);
        self.drain(undertaker, base);
    }

    /// Puts the references of a condemned object on the stack, over the object itself.
    fn lower(&self, undertaker: &impl Undertaker, dead: Address, mut edges: Vec<Address>) {
        let patient = !edges.is_empty() && self.stack.borrow().len() < PATIENCE;
        if patient {
            self.push(dead.map_addr(|address| address | FREE));
        }
        while let Some(edge) = edges.pop() {
            self.push(edge);
        }
        self.scratch.set(edges);
        if !patient {
            undertaker.free(dead);
        }
    }

    fn drain(&self, undertaker: &impl Undertaker, base: usize) {
        while let Some(entry) = self.pop(base) {
            if entry.addr().get() & FREE != 0 {
                // The address of an object is a multiple of 8, so what is left is it.
                undertaker.free(untagged(entry));
                continue;
            }
            if let Some(edges) = self.give_up(undertaker, entry) {
                self.lower(undertaker, entry, edges);
            }
        }
    }

    fn bury_what_was_set_aside(&self, undertaker: &impl Undertaker) {
        loop {
            let next = self.set_aside.borrow_mut().pop();
            let Some(object) = next else { return self.waiting.set(false) };
            if let Some(edges) = self.give_up(undertaker, object) {
                self.bury_with(undertaker, object, edges);
            }
        }
    }

    /// Keeps a dead object for later; until then it lives on one reference.
    fn set_aside(&self, dead: Address) {
        // SAFETY: O1: the object is dead, but not freed.
        revive(unsafe { dead.as_ref() });
        self.waiting.set(true);
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
