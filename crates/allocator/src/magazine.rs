//! Magazines: in front of the pools of each size class, a bounded stack of blocks at hand.
//!
//! Bonwick's word (*Magazines and Vmem*, USENIX 2001). A magazine is an array of pointers, so neither `alloc` nor `free`
//! touches a free block, a pool or an atomic: each is a load, a store and a test. When a magazine runs empty it is
//! half filled from the pools, lowest addresses first; when it is full its older half goes back to them. In a program
//! in balance, that is rare: the filling walks at random, and a walk crosses half a magazine in hundreds of steps.
//!
//! ```text
//!  2048 bytes, aligned to 2048
//!  ├ … ┼ null ┼ block ┼ block ┼ … ┼ block ┼ … ┼ room ┤
//!        floor                       ▲ top             ▲ multiple of 2048: full
//! ```
//!
//! One word per class, its `top`, is all the state. The slot below the first block holds null, so "empty" is what the
//! pop reads anyway; "full" is a test of the top's low bits. A class whose magazine is smaller than the array has its
//! floor higher up. A class without a magazine has the top of [`nothing`], which is empty and full at once, so that
//! every request takes the slow path. This is also how the debugging modes switch the fast paths off.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::allocator::Allocator;
use crate::geometry::{MAX_CLASSES, MAX_MAGAZINE};

/// A place for a block.
pub(crate) type Slot = Cell<*mut u8>;

/// The slots of a magazine's array, the one for the lowest floor included.
const SLOTS: usize = MAX_MAGAZINE + 1;
/// The bytes of the array, which is aligned to as many.
const BYTES: usize = SLOTS * size_of::<Slot>();
const _: () = assert!(BYTES.is_power_of_two());

/// The bytes of the chunk that holds the magazines of all classes.
pub(crate) const RACK_BYTES: usize = MAX_CLASSES * BYTES;

/// The magazine without a place for anything.
#[repr(C, align(2048))]
struct Nothing([Slot; SLOTS]);

// SAFETY: nothing writes to it (A5): it is always full.
unsafe impl Sync for Nothing {}

static NOTHING: Nothing = Nothing([const { Cell::new(ptr::null_mut()) }; SLOTS]);

/// Returns the top of the magazine that is empty and full.
#[inline(always)]
pub(crate) const fn nothing() -> *mut Slot {
    // SAFETY: one past the end of the static (A5).
    unsafe { (&raw const NOTHING).cast::<Slot>().add(SLOTS).cast_mut() }
}

/// The top of one class's magazine.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Magazine {
    top: Cell<*mut Slot>,
}

impl Magazine {
    /// Makes a magazine without a place for anything.
    pub(crate) const fn none() -> Magazine {
        Magazine { top: Cell::new(nothing()) }
    }

    /// Makes the magazine of a class in a rack, empty, for at most `blocks` blocks.
    ///
    /// # Safety
    /// `rack` is aligned to 2048 and has `RACK_BYTES` bytes, and this class's part of it is the magazine's alone.
    pub(crate) unsafe fn install(&self, rack: NonNull<u8>, class: usize, blocks: usize) {
        // SAFETY: by contract; the floor lies in the class's array (A10).
        unsafe {
            let floor = rack.as_ptr().add(class * BYTES).cast::<Slot>().add(SLOTS - 1 - blocks);
            floor.write(Cell::new(ptr::null_mut()));
            self.top.set(floor.add(1));
        }
    }

    /// Returns whether there is an array behind it.
    #[inline]
    pub(crate) fn exists(&self) -> bool {
        self.top.get() != nothing()
    }

    /// Takes the block that came last.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<NonNull<u8>> {
        // SAFETY: below a top is a block's slot or the floor (A10).
        unsafe {
            let last = self.top.get().sub(1);
            let block = NonNull::new((*last).get())?;
            self.top.set(last);
            Some(block)
        }
    }

    /// Puts a block on top; false if there is no room.
    #[inline(always)]
    #[must_use]
    pub(crate) fn push(&self, block: NonNull<u8>) -> bool {
        let top = self.top.get();
        if top.addr() & (BYTES - 1) == 0 {
            return false;
        }
        // SAFETY: a top that is no multiple of the array's size points into the array (A10).
        unsafe {
            (*top).set(block.as_ptr());
            self.top.set(top.add(1));
        }
        true
    }

    /// Returns the blocks of a magazine with a capacity, the oldest first; none if there is no array behind it.
    #[inline]
    pub(crate) fn blocks(&self, capacity: usize) -> &[Slot] {
        let top = self.top.get();
        let beyond = top.map_addr(|address| ((address - 1) & !(BYTES - 1)) + BYTES);
        // SAFETY: the array ends at the next multiple of its size, and has `capacity` places above the floor, of which
        // those below the top hold blocks (A10). `NOTHING` has no place.
        unsafe {
            let first = beyond.sub(if self.exists() { capacity } else { 0 });
            core::slice::from_raw_parts(first, top.offset_from_unsigned(first))
        }
    }

    /// Forgets the `count` oldest of the blocks of a magazine with that capacity.
    #[inline]
    pub(crate) fn forget_oldest(&self, capacity: usize, count: usize) {
        let blocks = self.blocks(capacity);
        let rest = blocks.len() - count;
        // SAFETY: at most all blocks are forgotten, so the top stays above the floor, and below it are blocks (A10).
        unsafe {
            let first = blocks.as_ptr().cast_mut();
            ptr::copy(first.add(count), first, rest);
            self.top.set(first.add(rest));
        }
    }

    /// Returns where the next blocks go.
    #[inline]
    pub(crate) fn room(&self) -> *mut Slot {
        self.top.get()
    }

    /// Counts `count` blocks in that were written above the top.
    ///
    /// # Safety
    /// They were, and there was room for them.
    #[inline]
    pub(crate) unsafe fn grow(&self, count: usize) {
        // SAFETY: by contract (A10).
        self.top.set(unsafe { self.top.get().add(count) });
    }
}

impl Allocator {
    /// Gives a class its magazine, if geometry and options have one for it and there is memory; returns whether.
    #[cold]
    pub(crate) fn install_magazine(&self, class: usize) -> bool {
        let capacity = self.geometry.magazine(class);
        if capacity == 0 || self.options.direct() {
            return false;
        }
        if self.rack.get().is_null() {
            let Ok(rack) = self.shared.raw.map(RACK_BYTES) else { return false };
            self.count_mapped(RACK_BYTES);
            self.rack.set(rack.start.as_ptr());
        }
        let Some(rack) = NonNull::new(self.rack.get()) else { return false };
        self.capacities[class].set(capacity as u8);
        // SAFETY: the chunk is ours, aligned and long enough (A2), and each class has its part, of which nobody has used
        // this class's.
        unsafe { self.magazines[class + 1].install(rack, class, capacity) };
        true
    }

    /// Puts all blocks in magazines back into their pools.
    pub(crate) fn empty_magazines(&self) {
        for class in 0..self.geometry.classes() {
            self.flush(class, MAX_MAGAZINE);
        }
    }

    /// Returns the blocks that wait in the magazine of a class, the oldest first.
    #[inline]
    pub(crate) fn waiting(&self, class: usize) -> &[Slot] {
        self.magazines[class + 1].blocks(usize::from(self.capacities[class].get()))
    }

    /// Gives the memory of the magazines back; they must be empty.
    pub(crate) fn remove_magazines(&self) {
        let Some(rack) = NonNull::new(self.rack.replace(ptr::null_mut())) else { return };
        for magazine in &self.magazines {
            magazine.top.set(nothing());
        }
        self.raw_bytes.set(self.raw_bytes.get() - RACK_BYTES);
        // SAFETY: the chunk came from this raw layer (A2), and no top points into it any more.
        unsafe { self.shared.raw.unmap(rack, RACK_BYTES) };
    }
}
