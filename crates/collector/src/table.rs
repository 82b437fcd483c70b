//! A chunk under a pass: its side table, and the objects in it.

use core::cell::Cell;
use core::convert::Infallible;
use core::ptr::NonNull;

use gleaner_object::edges::prefetch;
use gleaner_object::side::ones;
use gleaner_object::{Address, Edges, Side, Sides, Visit};

use crate::pace::Pace;
use crate::space::{Region, Span};

/// How many objects are looked at between two looks at the time, if they are small.
const FEW: u32 = 8;
/// How many references objects have on average that are small.
const SMALL: u32 = 16;

/// A region and its side table.
pub(crate) struct Table {
    pub(crate) region: Region,
    pub(crate) side: NonNull<Side>,
    /// The pages with subjects, a bit each: the others are passed over.
    pub(crate) pages: Cell<u64>,
}

impl Table {
    #[inline]
    pub(crate) fn side(&self) -> &Side {
        // SAFETY: C3: the tables of a pass are there until it ends.
        unsafe { self.side.as_ref() }
    }

    /// Notes which pages a span of subjects lies in.
    pub(crate) fn enter_span(&self, span: &Span) {
        let start = span.base.addr().get() - self.region.chunk.addr().get();
        let shift = self.region.grid.page_shift;
        for page in start >> shift..=((start + span.stride * span.blocks - 1) >> shift).min(63) {
            self.pages.set(self.pages.get() | 1 << page);
        }
    }

    /// Returns the object of an entry that is a subject or marked.
    #[inline]
    pub(crate) fn object(&self, entry: usize) -> Address {
        // SAFETY: C1, C3: the table hangs on this chunk, and what is entered or marked is an object.
        unsafe { self.side().object(self.region.chunk, entry) }
    }

    /// Calls `visit` with the objects of these entries of a word.
    ///
    /// # Errors
    /// The first that `visit` returns.
    #[inline(always)]
    pub(crate) fn each_object<E>(
        &self,
        word: usize,
        which: u64,
        mut visit: impl FnMut(Address) -> Result<(), E>,
    ) -> Result<(), E> {
        for (_, part) in self.side().parts(word, which) {
            let lowest = part.trailing_zeros() as usize;
            let first = self.object(word * 64 + lowest);
            for bit in ones(part) {
                // SAFETY: so far apart lie the objects of a part.
                visit(unsafe { first.byte_add((bit - lowest) * self.side().unit()) })?;
            }
        }
        Ok(())
    }
}

/// Asks for the memory of the objects of a word.
#[inline]
pub(crate) fn ask_for(table: &Table, word: usize, which: u64) {
    let Ok(()) = table.each_object(word, which, |object| {
        prefetch(object);
        Ok::<(), Infallible>(())
    });
}

/// Shows the edges of some of 64 blocks side by side, where the time is limited one by one, or a few at a time as long as they
/// are small; returns those it has not seen to, if the time is up.
#[inline]
pub(crate) fn trace_row(
    sides: &Sides,
    table: &Table,
    visit: Visit,
    (first, stride): (Address, usize),
    which: u64,
    edges: &mut Edges<'_>,
    pace: &Pace,
) -> u64 {
    let typed = &table.region.record.typed;
    if !pace.is_limited() {
        // SAFETY: O1, O2: these are tracked objects of the type; C2: what dies meanwhile is set aside.
        unsafe { typed.row(sides, visit, (first, stride), which, edges) };
        return 0;
    }
    let (mut left, mut at_a_time) = (which, 1);
    while left != 0 && !pace.is_spent() {
        let rest = (0..at_a_time).fold(left, |rest: u64, _| rest & rest.wrapping_sub(1));
        let now = left ^ rest;
        // SAFETY: as above.
        unsafe { typed.row(sides, visit, (first, stride), now, edges) };
        let seen = edges.take_seen() + now.count_ones();
        pace.spend(seen);
        at_a_time = if seen <= SMALL * now.count_ones() { FEW } else { 1 };
        left = rest;
    }
    left
}
