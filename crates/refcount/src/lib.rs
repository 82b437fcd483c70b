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
use core::mem::ManuallyDrop;
use gleaner_object::{Address, Header, Released};

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
    if is_usual(word) {
        header.count().set(word + 1);
        return false;
    }
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
    debug_assert!(word & (FOREVER | COUNT) > 0, "a reference is given up that nobody owned");
    if is_usual(word) {
        header.count().set(word - 1);
        return if word == ONE { Left::None } else { Left::Others };
    }
    if word & FOREVER != 0 {
        return Left::Others;
    }
    header.count().set(word - 1);
    if word == 1 { Left::None } else { Left::OthersUnnoted }
}

/// Tells whether a word is noted and not immortal: one comparison, as almost all are.
#[inline(always)]
fn is_usual(word: u32) -> bool {
    (word as i32) < (IMMORTAL as i32)
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

/// Returns the number of references, if they are few enough for a byte with a sign; never for an immortal object.
#[inline(always)]
#[must_use]
pub fn count_in_a_byte(header: &Header) -> Option<i8> {
    i8::try_from(header.count().get() & !NOTED).ok()
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
    /// Runs the finalizer, tells the watchers, takes the object's references, in order, to an empty list that it makes with
    /// [`Trashcan::released`]. Returns false if there is nothing left to do: the object was resurrected, or it had no
    /// references and has been freed; the list is then as it was.
    fn condemn(&self, dead: Address, edges: &mut Vec<Address>) -> bool;
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

    /// Destroys an object whose count has just become zero, and all that dies with it. `condemn` is the undertaker's for this
    /// object: whoever knows its type spares a call.
    #[inline(always)]
    pub fn bury(
        &self,
        undertaker: &impl Undertaker,
        dead: Address,
        condemn: impl FnOnce(&mut Vec<Address>) -> bool,
    ) {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            self.set_aside(dead);
            return;
        }
        self.depth.set(depth + 1);
        // Nothing is to be done to the list where it has stayed as it is: most objects die alone.
        let mut edges = ManuallyDrop::new(Vec::new());
        if condemn(&mut edges) {
            self.bury_with(undertaker, dead, ManuallyDrop::into_inner(edges));
        } else {
            debug_assert!(edges.capacity() == 0, "an object that has given up references is condemned");
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

    /// Returns what takes references to a list that is empty, and has no room yet or what was left of it by another.
    #[inline(always)]
    pub fn released<'a>(&'a self, edges: &'a mut Vec<Address>) -> Released<'a> {
        Released::with_spare(edges, &self.scratch)
    }

    /// Gives up a reference to an object; returns whether it is condemned for that, and its references are in the list.
    #[inline(always)]
    fn give_up(&self, undertaker: &impl Undertaker, object: Address, edges: &mut Vec<Address>) -> bool {
        // SAFETY: O1, O5: whoever gives up the reference owned it, so the object lives.
        match decref(unsafe { object.as_ref() }) {
            Left::None => return undertaker.condemn(object, edges),
            Left::OthersUnnoted => undertaker.touched(object),
            Left::Others => {}
        }
        false
    }

    /// Destroys a condemned object with these references, and all that dies with it.
    #[inline(never)]
    fn bury_with(&self, undertaker: &impl Undertaker, dead: Address, mut edges: Vec<Address>) {
        let base = self.stack.borrow().len();
        let mut next = self.lower(undertaker, dead, &mut edges);
        while let Some(entry) = next.take().or_else(|| self.pop(base)) {
            if entry.addr().get() & FREE != 0 {
                // The address of an object is a multiple of 8, so what is left is it.
                undertaker.free(untagged(entry));
            } else if self.give_up(undertaker, entry, &mut edges) {
                next = self.lower(undertaker, entry, &mut edges);
            }
        }
        self.scratch.set(edges);
    }

    /// Puts the references of a condemned object on the stack, over the object itself; returns the first of them instead.
    /// None are left in the list.
    #[inline]
    fn lower(
        &self,
        undertaker: &impl Undertaker,
        dead: Address,
        edges: &mut Vec<Address>,
    ) -> Option<Address> {
        let mut stack = self.stack.borrow_mut();
        let patient = !edges.is_empty() && stack.len() < PATIENCE;
        let mut first = None;
        if stack.capacity() - stack.len() > edges.len() || stack.try_reserve(edges.len() + 1).is_ok() {
            if patient {
                stack.push(dead.map_addr(|address| address | FREE));
            }
            while let Some(edge) = edges.pop() {
                stack.extend(first.replace(edge));
            }
        } else {
            self.leaked.set(self.leaked.get() + edges.len() as u64 + u64::from(patient));
            edges.clear();
        }
        drop(stack);
        if !patient {
            undertaker.free(dead);
        }
        first
    }

    #[inline]
    fn pop(&self, base: usize) -> Option<Address> {
        let mut stack = self.stack.borrow_mut();
        if stack.len() > base { stack.pop() } else { None }
    }

    #[cold]
    fn bury_what_was_set_aside(&self, undertaker: &impl Undertaker) {
        loop {
            let next = self.set_aside.borrow_mut().pop();
            let Some(object) = next else { return self.waiting.set(false) };
            let mut edges = Vec::new();
            if self.give_up(undertaker, object, &mut edges) {
                self.bury_with(undertaker, object, edges);
            }
        }
    }

    /// Keeps a dead object for later; until then it lives on one reference.
    #[cold]
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
}

fn untagged(entry: Address) -> Address {
    let pointer = entry.as_ptr().map_addr(|address| address & !FREE);
    // SAFETY: O1: an object's address with a bit set that is clear in every such address is not null without it.
    unsafe { Address::new_unchecked(pointer) }
}
