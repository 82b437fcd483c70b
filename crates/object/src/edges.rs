//! How references leave an object: shown to a visitor, or given up to the released.
//!
//! A visitor is a buffer, not a callback. `trace` is called through a function pointer, and if each edge came
//! back through another one, a pass over two million objects would pay six million indirect calls. So the edges are
//! written to an array, and the collector takes them in a loop of its own.
//!
//! In a pass over the whole heap most edges need nothing but a count or a mark in a side table. That the visitor does
//! itself, where the compiler can see it together with the `trace` that shows the edge, and only what is worth more goes
//! to the array: counts that have wrapped, and objects that were not marked.

use core::cell::Cell;
use core::ptr::NonNull;

use crate::header::{Address, Header};
use crate::side::Side;

/// The number of edges a visitor holds before it hands them on.
const CAPACITY: usize = 64;

/// What a visitor does with an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// Keeps it.
    Keep,
    /// Counts it in the side table of its object; keeps it if that has wrapped.
    Count,
    /// Marks its object in the side table; keeps it if it was not marked.
    Mark,
    /// Marks its object in the side table; keeps it if it was not marked and its page does not stand in line.
    MarkPage,
    /// Marks its object in the side table; keeps it if it was not marked, and traced before.
    Rescue,
}

/// Takes the edges that an object shows.
pub struct Visitor<'a> {
    /// What is done with an edge.
    pub visit: Visit,
    owner: *const (),
    edges: [Address; CAPACITY],
    len: usize,
    seen: u32,
    flush: &'a mut dyn FnMut(&[Address]),
}

impl<'a> Visitor<'a> {
    /// Makes a visitor that keeps all edges and hands them to `flush`, in order, when it is full or dropped.
    pub fn new(flush: &'a mut dyn FnMut(&[Address])) -> Self {
        Visitor::of_pass(core::ptr::null(), Visit::Keep, flush)
    }

    /// Makes a visitor of a pass, which works on the side tables of their owner.
    pub fn of_pass(owner: *const (), visit: Visit, flush: &'a mut dyn FnMut(&[Address])) -> Self {
        Visitor { visit, owner, edges: [NonNull::<Header>::dangling(); CAPACITY], len: 0, seen: 0, flush }
    }

    /// Takes one edge.
    #[inline(always)]
    pub fn edge(&mut self, address: Address) {
        self.seen = self.seen.wrapping_add(1);
        let visit = self.visit;
        if visit != Visit::Keep {
            let Some(side) = Side::of(self.owner, address) else { return };
            let entry = Side::entry(address);
            let kept = match visit {
                Visit::Count => side.count(entry),
                Visit::Mark => {
                    prefetch(address);
                    side.mark(entry)
                }
                Visit::Rescue => side.mark(entry) && side.is_traced(entry),
                _ => side.mark(entry) && !side.is_queued(side.page_of(entry)),
            };
            if !kept {
                return;
            }
        }
        self.edges[self.len % CAPACITY] = address;
        self.len += 1;
        if self.len == CAPACITY {
            self.flush();
            // Nobody has changed it: said for the compiler.
            self.visit = visit;
        }
    }

    /// Takes out the edges that it keeps, in order, if they have not been handed on.
    #[inline(always)]
    pub fn drain(&mut self, mut each: impl FnMut(Address)) {
        let len = core::mem::take(&mut self.len);
        for edge in &self.edges[..len.min(CAPACITY)] {
            each(*edge);
        }
    }

    /// Returns how many edges were shown since this was asked last.
    pub fn take_seen(&mut self) -> u32 {
        core::mem::take(&mut self.seen)
    }

    /// Takes back the edge that was kept last, unless all were handed on.
    #[inline]
    pub fn pop(&mut self) -> Option<Address> {
        self.len = self.len.checked_sub(1)?;
        Some(self.edges[self.len])
    }

    /// Hands on what it holds.
    #[cold]
    #[inline(never)]
    pub fn flush(&mut self) {
        let len = core::mem::take(&mut self.len);
        (self.flush)(&self.edges[..len]);
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        // After a panic in `trace` what is held is worth nothing: the pass is being abandoned.
        if self.len > 0 && !std::thread::panicking() {
            self.flush();
        }
    }
}

/// Takes the references that an object gives up: owned ones, still counted.
pub struct Released<'a> {
    list: &'a mut Vec<Address>,
    spare: Option<&'a Cell<Vec<Address>>>,
}

impl<'a> Released<'a> {
    /// Collects into `list`, in the order in which the references are given up.
    pub fn new(list: &'a mut Vec<Address>) -> Self {
        Released { list, spare: None }
    }

    /// Collects into `list`, which takes over the room of `spare` with the first reference.
    #[inline]
    pub fn with_spare(list: &'a mut Vec<Address>, spare: &'a Cell<Vec<Address>>) -> Self {
        Released { list, spare: Some(spare) }
    }

    /// Tells whether nothing has been given up.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes one owned reference (O5: the count still includes it), or gives it back as an error if there is no
    /// memory to note it down.
    ///
    /// # Errors
    /// The reference itself: whoever offered it still owns it.
    #[inline]
    pub fn take(&mut self, address: Address) -> Result<(), Address> {
        if self.list.len() == self.list.capacity() && !self.make_room() {
            return Err(address);
        }
        self.list.push(address);
        Ok(())
    }

    /// Makes room for one more; returns whether there is memory.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) -> bool {
        if let Some(spare) = self.spare.take()
            && self.list.capacity() == 0
        {
            *self.list = spare.take();
        }
        self.list.len() < self.list.capacity() || self.list.try_reserve(8).is_ok()
    }
}

/// Asks for the memory of an object that is about to be looked at.
#[inline]
pub fn prefetch(address: Address) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: O1, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.as_ptr().cast::<i8>()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
