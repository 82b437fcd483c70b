//! The end of garbage that nobody looks at: it gives up its references, a batch at a time, and is freed then.
//!
//! Garbage lies type by type, as all objects do, so that each step is taken for a *run*, objects of the list that lie in one
//! chunk, in a loop that knows their type: their references are taken out, and their values dropped, without a call through
//! a pointer for each of them.

use std::cell::Cell;

use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Chunk, Flags, Released, Trace, TypeRecord};
use gleaner_refcount::{Left, Undertaker, count, decref};

use crate::core::{Core, is_kept_by_bug};
use crate::shelves::Shelves;

/// How many objects ahead memory is asked for.
const AHEAD: usize = 8;

/// What is done to garbage of one type.
#[derive(Clone, Copy)]
pub(crate) struct Burial {
    clear: unsafe fn(&Core, &[Address], &mut Vec<Address>),
    free: unsafe fn(&Core, &[Address], &mut dyn FnMut(Address)),
}

impl Burial {
    pub(crate) const fn of<T: Trace>() -> Burial {
        Burial { clear: clear::<T>, free: free::<T> }
    }
}

impl Core {
    /// Lets objects of the garbage give up their references, all of them before any of these is looked at. What is garbage
    /// itself dies in its turn, the rest at once. `edges` is an empty list, and is empty again.
    pub(crate) fn clear_garbage(&self, batch: &[Address], edges: &mut Vec<Address>) {
        for run in runs(batch) {
            // SAFETY: O1, O2: garbage, and not freed: that is what it is cleared for; of one type, as it lies in one chunk.
            unsafe { (Shelves::of_object(run[0]).burial.clear)(self, run, edges) };
        }
        edges.iter().for_each(|edge| prefetch(*edge));
        for edge in edges.drain(..) {
            // SAFETY: O1, O5: the garbage owned it.
            let header = unsafe { edge.as_ref() };
            match decref(header) {
                Left::None if header.flags().has(Flags::UNREACHABLE) => {}
                Left::None => self.bury_here(edge),
                Left::OthersUnnoted => self.touched(edge),
                Left::Others => {}
            }
        }
    }

    /// Frees objects of the garbage that nothing refers to any more; the others are shown.
    pub(crate) fn free_garbage(&self, garbage: &[Address], mut kept: impl FnMut(Address)) {
        for run in runs(garbage) {
            // SAFETY: O1, O2: garbage, which is freed here alone; of one type, as it lies in one chunk.
            unsafe { (Shelves::of_object(run[0]).burial.free)(self, run, &mut kept) };
        }
    }
}

/// Takes a list apart into runs.
fn runs(garbage: &[Address]) -> impl Iterator<Item = &[Address]> {
    garbage.chunk_by(|one, other| Chunk::of(*one) == Chunk::of(*other))
}

/// Takes the references out of objects of a type.
///
/// # Safety
/// O1, O2 for `T`, and their values must not have been dropped.
unsafe fn clear<T: Trace>(heap: &Core, run: &[Address], edges: &mut Vec<Address>) {
    let next = Cell::new(0);
    while next.get() < run.len() {
        // What panics is passed over.
        heap.unraisable(|| {
            let mut released = Released::new(edges);
            while let Some(object) = run.get(next.get()) {
                next.set(next.get() + 1);
                // SAFETY: by the caller.
                unsafe { TypeRecord::value::<T>(*object) }.clear(&mut released);
            }
        });
    }
}

/// Frees objects of a type whose counts are zero.
///
/// # Safety
/// O1, O2 for `T`, and nobody else frees them.
unsafe fn free<T: Trace>(heap: &Core, run: &[Address], kept: &mut dyn FnMut(Address)) {
    // SAFETY: O1, O2 by the caller: a run has an object, and all lie on its shelf.
    let shelf = unsafe { Shelves::of_object(run[0]) };
    let mut freed = 0;
    for (index, &object) in run.iter().enumerate() {
        if let Some(soon) = run.get(index + AHEAD) {
            prefetch(*soon);
        }
        // SAFETY: O1 by the caller.
        if count(unsafe { object.as_ref() }) != 0 {
            kept(object);
        } else if !is_kept_by_bug(object) {
            // SAFETY: by the caller; O4: it has given up its references, and nobody refers to it.
            unsafe {
                heap.unraisable(|| TypeRecord::drop_value::<T>(object));
                heap.give_back::<T>(shelf, object);
            }
            freed += 1;
        }
    }
    heap.count_deaths::<T>(freed);
}
