//! Shelves: where the objects of one type lie, and how an object finds its type.
//!
//! A chunk of memory, aligned to [`CHUNK_ALIGN`], holds objects of one type only (the tutorial's object-specific
//! allocators), and begins with two words: the *shelf* that it belongs to, with the type record, and the collector's
//! *side table* for the chunk, if a pass is under way. So an object finds its type by a mask and two loads that all objects
//! of the type share, pays not a byte for it, and a collector goes through objects of one type at a time.

use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr;
use std::alloc::Layout;

use crate::header::{Address, Header};
use crate::record::{ObjectBox, TypeRecord};
use crate::trace::Trace;

/// The alignment, in bytes, of the chunks of memory that objects lie in.
pub const CHUNK_ALIGN: usize = 1 << 20;

/// What all objects of a type on a heap have in common.
#[repr(C)]
pub struct Shelf {
    /// The type.
    pub record: &'static TypeRecord,
    /// The heap: whatever its owner made of it.
    pub heap: *const (),
}

/// The two words that a chunk of objects begins with.
#[repr(C)]
pub struct Chunk {
    /// The chunk's shelf.
    pub shelf: Cell<*const Shelf>,
    /// The collector's side table for the chunk, null if there is none.
    pub side: Cell<*mut ()>,
}

impl Chunk {
    /// Returns the chunk that an object lies in. Only an address: it reads nothing.
    #[inline(always)]
    #[must_use]
    pub fn of(object: Address) -> *const Chunk {
        object.as_ptr().map_addr(|address| address & !(CHUNK_ALIGN - 1)).cast_const().cast()
    }

    /// Returns an object's distance from the start of its chunk, in bytes.
    #[inline(always)]
    #[must_use]
    pub fn offset(object: Address) -> usize {
        object.addr().get() & (CHUNK_ALIGN - 1)
    }
}

/// Returns the shelf of an object.
///
/// # Safety
/// O1 and O2 hold, and the object outlives `'a`.
#[inline(always)]
#[must_use]
pub unsafe fn shelf_of<'a>(object: Address) -> &'a Shelf {
    // SAFETY: O2: the chunk begins with its two words, of which the first points to its shelf.
    unsafe { &*(*Chunk::of(object)).shelf.get() }
}

/// Returns the type record of an object.
///
/// # Safety
/// O1 and O2 hold.
#[inline(always)]
#[must_use]
pub unsafe fn record_of(object: Address) -> &'static TypeRecord {
    // SAFETY: by the caller.
    unsafe { shelf_of(object) }.record
}

/// A chunk of objects of one type, without a heap: for tests of what works on objects alone. Its objects are never
/// dropped.
pub struct Yard<T> {
    start: *mut u8,
    next: Cell<usize>,
    values: PhantomData<T>,
}

const LAYOUT: Layout = match Layout::from_size_align(CHUNK_ALIGN, CHUNK_ALIGN) {
    Ok(layout) => layout,
    Err(_) => panic!("the alignment is a power of two"),
};

/// Where the first object of a yard begins.
const FIRST: usize = 64;

impl<T: Trace> Yard<T> {
    /// Makes a yard.
    ///
    /// # Panics
    /// If there is no memory.
    #[must_use]
    pub fn new() -> Yard<T> {
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc_zeroed(LAYOUT) };
        assert!(!start.is_null(), "no memory for a test");
        let shelf = Box::leak(Box::new(Shelf { record: TypeRecord::of::<T>(), heap: ptr::null() }));
        // SAFETY: the chunk is ours, aligned and long enough.
        unsafe {
            start
                .cast::<Chunk>()
                .write(Chunk { shelf: Cell::new(ptr::from_ref(shelf)), side: Cell::new(ptr::null_mut()) });
        }
        Yard { start, next: Cell::new(FIRST), values: PhantomData }
    }

    /// Returns where the first object is, how many bytes are from one to the next, and how many there are.
    #[must_use]
    pub fn row(&self) -> (Address, usize, usize) {
        let stride = size_of::<ObjectBox<T>>().next_multiple_of(16);
        // SAFETY: the first place is inside the chunk.
        let first = unsafe { Address::new_unchecked(self.start.add(FIRST).cast()) };
        (first, stride, (self.next.get() - FIRST) / stride)
    }

    /// Puts an object there.
    ///
    /// # Panics
    /// If the yard is full.
    pub fn put(&self, header: Header, value: T) -> Address {
        let size = size_of::<ObjectBox<T>>().next_multiple_of(16);
        let offset = self.next.replace(self.next.get() + size);
        assert!(offset + size <= CHUNK_ALIGN, "the yard is full");
        // SAFETY: the place is inside the chunk, aligned to 16, and nobody else's.
        unsafe {
            let place = self.start.add(offset).cast::<ObjectBox<T>>();
            place.write(ObjectBox { header, value });
            Address::new_unchecked(place.cast())
        }
    }
}

impl<T: Trace> Default for Yard<T> {
    fn default() -> Self {
        Yard::new()
    }
}

impl<T> Drop for Yard<T> {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc_zeroed` with this layout.
        unsafe { std::alloc::dealloc(self.start, LAYOUT) };
    }
}
