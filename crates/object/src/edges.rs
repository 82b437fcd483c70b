//! How references leave an object: shown to a visitor, or given up to the released.
//!
//! `trace` is called through a function pointer, and if each edge came back through another one, a pass over two million
//! objects would pay six million indirect calls. So the edges are written to an array, and the collector takes them in a loop
//! of its own.
//!
//! In a pass over the whole heap most edges need nothing but a count or a mark in a side table. That the visitor does
//! itself, where the compiler can see it together with the `trace` that shows the edge (which is why `trace` is generic: there
//! is one for each way to visit), and only what is worth more goes to the array: counts that have wrapped, and objects that were not marked.

use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::header::{Address, Header};
use crate::side::Side;
use crate::sides::Sides;

/// The number of edges that are kept before they are handed on.
const CAPACITY: usize = 64;

/// Is shown the references of an object, one by one.
///
/// [`Trace::trace`](crate::Trace::trace) passes it on to the fields; only references of the heap's own know what to show.
pub trait Visitor {
    /// Takes one edge.
    fn edge(&mut self, address: Address);
}

impl Visitor for &mut dyn Visitor {
    fn edge(&mut self, address: Address) {
        (**self).edge(address);
    }
}

/// What is done with an edge in a pass by side tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// Counts it in the side table of its object; keeps it if that has wrapped.
    Count,
    /// Marks its object in the side table; keeps it if it was not marked.
    Mark,
    /// Marks its object in the side table; keeps it if it was not marked and its page does not stand in line.
    MarkPage,
    /// Marks its object in the side table; keeps it if it was not marked, and traced before.
    Rescue,
}

/// The edges that are kept: as a visitor it keeps all.
pub struct Edges<'a> {
    edges: [Address; CAPACITY],
    len: usize,
    seen: u32,
    flush: &'a mut dyn FnMut(&[Address]),
}

impl Visitor for Edges<'_> {
    #[inline(always)]
    fn edge(&mut self, address: Address) {
        self.keep(address);
    }
}

/// A [`Visit`] as a type, so that what is done with an edge is known where the compiler sees it shown.
pub(crate) trait Look {
    /// Does to an entry's object what is to be done; returns whether the edge is kept.
    fn keeps(side: &Side, entry: usize, address: Address) -> bool;
}

/// [`Visit::Count`]
pub(crate) struct Count;
/// [`Visit::Mark`]
pub(crate) struct Mark;
/// [`Visit::MarkPage`]
pub(crate) struct MarkPage;
/// [`Visit::Rescue`]
pub(crate) struct Rescue;

impl Look for Count {
    #[inline(always)]
    fn keeps(side: &Side, entry: usize, _: Address) -> bool {
        side.count(entry)
    }
}

impl Look for Mark {
    #[inline(always)]
    fn keeps(side: &Side, entry: usize, address: Address) -> bool {
        prefetch(address);
        side.mark(entry)
    }
}

impl Look for MarkPage {
    #[inline(always)]
    fn keeps(side: &Side, entry: usize, _: Address) -> bool {
        side.mark(entry) && !side.is_queued(side.page_of(entry))
    }
}

impl Look for Rescue {
    #[inline(always)]
    fn keeps(side: &Side, entry: usize, _: Address) -> bool {
        side.rescue(entry)
    }
}

/// The visitor of a pass.
pub(crate) struct Looking<'b, 'a, L> {
    sides: &'b Sides,
    edges: &'b mut Edges<'a>,
    seen: u32,
    look: PhantomData<L>,
}

impl<'b, 'a, L> Looking<'b, 'a, L> {
    /// Makes one that looks edges up in these tables, and keeps them in a list.
    #[inline(always)]
    pub(crate) fn new(sides: &'b Sides, edges: &'b mut Edges<'a>) -> Self {
        Looking { sides, edges, seen: 0, look: PhantomData }
    }

    /// Notes down how many edges it has seen.
    #[inline(always)]
    pub(crate) fn end(self) {
        self.edges.seen = self.edges.seen.wrapping_add(self.seen);
    }
}

impl<L: Look> Visitor for Looking<'_, '_, L> {
    #[inline(always)]
    fn edge(&mut self, address: Address) {
        self.seen = self.seen.wrapping_add(1);
        if let Some((side, entry)) = self.sides.find(address)
            && L::keeps(side, entry, address)
        {
            self.edges.keep(address);
        }
    }
}

impl<'a> Edges<'a> {
    /// Makes a list that is handed to `flush`, in order, when it is full or dropped.
    pub fn new(flush: &'a mut dyn FnMut(&[Address])) -> Self {
        Edges { edges: [NonNull::<Header>::dangling(); CAPACITY], len: 0, seen: 0, flush }
    }

    /// Keeps an edge.
    #[inline(always)]
    fn keep(&mut self, address: Address) {
        self.edges[self.len % CAPACITY] = address;
        self.len += 1;
        if self.len == CAPACITY {
            self.flush();
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

    /// Keeps what was taken back last after all.
    #[inline]
    pub(crate) fn take_back_pop(&mut self) {
        self.len += 1;
    }

    /// Hands on what it holds.
    #[cold]
    #[inline(never)]
    pub fn flush(&mut self) {
        let len = core::mem::take(&mut self.len);
        (self.flush)(&self.edges[..len]);
    }
}

impl Drop for Edges<'_> {
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
