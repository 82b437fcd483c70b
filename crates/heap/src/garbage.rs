//! The end of garbage that nobody looks at: it gives up its references, a batch at a time, and is freed then.
//!
//! Garbage lies type by type, as all objects do, so that each step is taken for a *part* of it, objects of a list that lie in
//! one chunk, or a row of places, in a loop that knows their type: their references are taken out, and their values dropped,
//! without a call through a pointer for each of them.

use gleaner_collector::Row;
use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Chunk, Flags, Released, Trace, TypeRecord};
use gleaner_refcount::{Left, Undertaker, count, decref};

use crate::core::{Core, is_kept_by_bug};
use crate::shelves::{Shelves, TypeShelf};

/// How many objects ahead memory is asked for.
const AHEAD: usize = 8;

/// Some garbage, all of one type: as far as it is listed, or lies side by side.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Run(&'a [Address]),
    Row(Row),
}

impl Part<'_> {
    /// Returns the first.
    fn first(self) -> Address {
        match self {
            Part::Run(run) => run[0],
            Part::Row(row) => row.first(),
        }
    }
}

/// What is done to garbage of one type.
#[derive(Clone, Copy)]
pub(crate) struct Burial {
    clear: unsafe fn(&Core, Part<'_>, &mut Vec<Address>),
    free: unsafe fn(&Core, Part<'_>, &mut dyn FnMut(Address)),
}

impl Burial {
    pub(crate) const fn of<T: Trace>() -> Burial {
        Burial { clear: clear::<T>, free: free::<T> }
    }
}

impl Core {
    /// Lets objects of the garbage give up their references, all of them before any of these is looked at. What is garbage
    /// itself dies in its turn, the rest at once. `edges` is an empty list, and is empty again.
    pub(crate) fn clear_garbage<'a>(
        &self,
        garbage: impl IntoIterator<Item = Part<'a>>,
        edges: &mut Vec<Address>,
    ) {
        for part in garbage {
            // SAFETY: O1, O2: garbage, and not freed: that is what it is cleared for; of one type.
            unsafe { (Shelves::of_object(part.first()).burial.clear)(self, part, edges) };
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
    pub(crate) fn free_garbage<'a>(
        &self,
        garbage: impl IntoIterator<Item = Part<'a>>,
        mut kept: impl FnMut(Address),
    ) {
        for part in garbage {
            // SAFETY: O1, O2: garbage, which is freed here alone; of one type.
            unsafe { (Shelves::of_object(part.first()).burial.free)(self, part, &mut kept) };
        }
    }
}

/// Takes a list apart into runs: what lies in one chunk is of one type.
pub(crate) fn runs(garbage: &[Address]) -> impl Iterator<Item = Part<'_>> {
    garbage.chunk_by(|one, other| Chunk::of(*one) == Chunk::of(*other)).map(Part::Run)
}

/// Takes the references out of objects of a type.
///
/// # Safety
/// O1, O2 for `T`, and their values must not have been dropped.
unsafe fn clear<T: Trace>(heap: &Core, garbage: Part<'_>, edges: &mut Vec<Address>) {
    // SAFETY: by contract.
    unsafe {
        match garbage {
            Part::Run(run) => clear_each::<T>(heap, run.iter().copied(), edges),
            Part::Row(row) => clear_each::<T>(heap, row, edges),
        }
    }
}

/// [`clear`] for what an iterator tells.
///
/// # Safety
/// As for [`clear`].
#[inline(always)]
unsafe fn clear_each<T: Trace>(
    heap: &Core,
    mut garbage: impl Iterator<Item = Address>,
    edges: &mut Vec<Address>,
) {
    let mut done = false;
    while !done {
        // What panics is passed over.
        heap.unraisable(|| {
            let mut released = Released::new(edges);
            for object in &mut garbage {
                // SAFETY: by the caller.
                unsafe { TypeRecord::value::<T>(object) }.clear(&mut released);
            }
            done = true;
        });
    }
}

/// Frees objects of a type whose counts are zero.
///
/// # Safety
/// O1, O2 for `T`, and nobody else frees them.
unsafe fn free<T: Trace>(heap: &Core, garbage: Part<'_>, kept: &mut dyn FnMut(Address)) {
    // SAFETY: by contract; all lie on the shelf of the first.
    unsafe {
        let shelf = Shelves::of_object(garbage.first());
        match garbage {
            Part::Run(run) => free_each::<T>(heap, shelf, asking_ahead(run), kept),
            Part::Row(row) => free_each::<T>(heap, shelf, row, kept),
        }
    }
}

/// Returns the objects of a list, whose memory has been asked for some before.
fn asking_ahead(run: &[Address]) -> impl Iterator<Item = Address> {
    run.iter().enumerate().map(|(index, object)| {
        if let Some(soon) = run.get(index + AHEAD) {
            prefetch(*soon);
        }
        *object
    })
}

/// [`free`] for what an iterator tells, on its shelf.
///
/// # Safety
/// As for [`free`].
#[inline(always)]
unsafe fn free_each<T: Trace>(
    heap: &Core,
    shelf: &TypeShelf,
    garbage: impl Iterator<Item = Address>,
    kept: &mut dyn FnMut(Address),
) {
    let mut freed = 0;
    for object in garbage {
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
