//! Territories: the address space from which all chunks come, reserved in one piece.
//!
//! Whether a pointer is ours, and which magazine its block belongs to, is then a subtraction and a byte of a dense
//! table, without looking at the chunk. Reserving costs nothing until it is touched.
//!
//! ```text
//!  base                                                      base + len
//!   ├ table: a byte per 16 KiB ┼ slot ┼ slot ┼ … 1 MiB each … ┤
//! ```
//!
//! The first territory is 64 GiB, or less where the process may not reserve that much (`ulimit -v`, strict
//! overcommitment): half as much, and so on. When it is full, the next one is reserved, up to [`TERRITORIES`]. Only the
//! first takes part in the fast paths.
//!
//! A chunk takes as many slots as it is long. What a slot holds when it is taken is zeros: its pages went back to the
//! system when it was given back.

use core::ptr::{self, NonNull};

use gleaner_sync::process::atomic::{AtomicPtr, AtomicUsize, Ordering};
use gleaner_sync::process::{SpinLock, SpinLockGuard};
use rustix::mm::{Advice, MapFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mremap_fixed, munmap};
use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};

use crate::geometry::ARENA_ALIGN;
use crate::raw::discard;

/// The most territories, and the bytes of the largest and the smallest.
const TERRITORIES: usize = 16;
const LARGEST: usize = 1 << 36;
const SMALLEST: usize = 1 << 23;

/// The bytes for which the table has one entry.
pub(crate) const PAGE_SHIFT: u32 = 14;

const SLOT: usize = ARENA_ALIGN;
const WORDS: usize = LARGEST / SLOT / 64;

/// Where a territory is.
pub(crate) struct Bounds {
    pub(crate) base: AtomicPtr<u8>,
    pub(crate) len: AtomicUsize,
}

/// The first territory; null and 0 before there is one.
pub(crate) static FIRST: Bounds = Bounds { base: AtomicPtr::new(ptr::null_mut()), len: AtomicUsize::new(0) };

/// One reserved piece of address space.
struct Territory {
    base: *mut u8,
    len: usize,
    /// A bit for each slot that is taken; those beyond the end count as taken.
    taken: [u64; WORDS],
    /// No slot before this word is free.
    first: usize,
}

// SAFETY: a territory is address space of the process, not of a thread; its slots are handed out once (A2).
unsafe impl Send for Territory {}

static LOCK: SpinLock<[Territory; TERRITORIES]> = SpinLock::new([const { Territory::none() }; TERRITORIES]);

/// Locks the territories: for whoever forks.
pub(crate) fn lock() -> SpinLockGuard<'static, impl Sized> {
    LOCK.lock()
}

/// Unlocks them after a fork.
///
/// # Safety
/// The guard of [`lock`] was forgotten, by the thread that calls.
pub(crate) unsafe fn unlock() {
    // SAFETY: by contract.
    unsafe { LOCK.force_unlock() };
}

/// Returns where the first territory is; null and 0 before there is one.
pub(crate) fn first() -> (*mut u8, usize) {
    (FIRST.base.load(Ordering::Relaxed), FIRST.len.load(Ordering::Relaxed))
}

/// Returns the number of the magazine that was noted for where an address is; 0 if none was.
///
/// # Safety
/// The address is that of a block of the caller's.
#[inline]
pub(crate) unsafe fn magazine_of(ptr: *const u8) -> u8 {
    let (base, len) = first();
    let offset = ptr.addr().wrapping_sub(base.addr());
    if offset >= len {
        return 0;
    }
    // SAFETY: the table at the territory's front has a byte for each of its pages, which nobody writes while a block
    // in it lives (A11).
    unsafe { *base.add(offset >> PAGE_SHIFT) }
}

/// Takes slots for a chunk of `size` bytes: zeros. `None` if there is no address space.
pub(crate) fn take(size: usize) -> Option<NonNull<u8>> {
    let slots = size.div_ceil(SLOT);
    let mut territories = LOCK.lock();
    for (index, territory) in territories.iter_mut().enumerate() {
        if territory.base.is_null() {
            territory.reserve(slots)?;
            if index == 0 {
                // Relaxed, the length last: a thread that meets a block of ours got it by way of synchronisation.
                FIRST.base.store(territory.base, Ordering::Relaxed);
                FIRST.len.store(territory.len, Ordering::Relaxed);
            }
        }
        if let Some(chunk) = territory.take(slots) {
            return NonNull::new(chunk);
        }
    }
    None
}

/// Gives a chunk of `size` bytes back.
///
/// # Safety
/// [`take`] or [`extend`] gave the chunk with that size, and nobody uses it.
pub(crate) unsafe fn give(chunk: NonNull<u8>, size: usize) {
    // SAFETY: by contract; first, for a slot that is free holds zeros.
    unsafe { erase(chunk, size) };
    let mut territories = LOCK.lock();
    if let Some((territory, slot)) = find(&mut territories, chunk.as_ptr()) {
        territory.set(slot, size.div_ceil(SLOT), false);
    }
}

/// Makes a chunk longer, or shorter, where it is; false if what follows is taken.
///
/// # Safety
/// The chunk is the caller's, of `old` bytes, from [`take`]; what it loses is of no use to anybody.
pub(crate) unsafe fn extend(chunk: NonNull<u8>, old: usize, new: usize) -> bool {
    let (before, after) = (old.div_ceil(SLOT), new.div_ceil(SLOT));
    if new < old {
        // SAFETY: by contract; the end lies inside the chunk.
        unsafe { erase(chunk.add(new), old - new) };
    }
    let mut territories = LOCK.lock();
    let Some((territory, slot)) = find(&mut territories, chunk.as_ptr()) else { return false };
    if after < before {
        territory.set(slot + after, before - after, false);
    } else if !(before..after).all(|next| territory.is_free(slot + next)) {
        return false;
    } else {
        territory.set(slot + before, after - before, true);
    }
    true
}

/// Finds the territory and the slot that an address lies in. Those that are not reserved yet, the last ones, stay untouched.
fn find(territories: &mut [Territory; TERRITORIES], ptr: *const u8) -> Option<(&mut Territory, usize)> {
    let mut reserved = territories.iter_mut().take_while(|territory| !territory.base.is_null());
    reserved.find_map(|territory| territory.slot_of(ptr).map(|slot| (territory, slot)))
}

/// Fills a part of a chunk with zeros, and gives its pages back to the system if that is to be had.
///
/// # Safety
/// The part is the caller's, in whole pages or up to the end of what is written of the chunk, and of no use to anybody.
unsafe fn erase(part: NonNull<u8>, size: usize) {
    // SAFETY: by contract; nobody else has what follows in the last page.
    unsafe {
        if !discard(part, size.next_multiple_of(page_size())) {
            part.write_bytes(0, size);
        }
    }
}

/// Moves the pages of a chunk of `size` bytes to the front of another, which gets the content; the chunk has zeros then.
/// False, and both hold what they did, if the system does not do that.
///
/// At no time is there a hole in the territory: the system would give it to the next who maps something. Slot by
/// slot, because the system moves pages of one mapping only, and what was moved is a mapping of its own.
///
/// # Safety
/// Both chunks are the caller's, from [`take`], and the other is at least as long and holds nothing.
pub(crate) unsafe fn move_pages(chunk: NonNull<u8>, place: NonNull<u8>, size: usize) -> bool {
    let flags = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
    for offset in (0..size).step_by(SLOT) {
        // SAFETY: by contract; whole slots of both, which do not overlap. What has been moved is copied back if it does
        // not go on.
        unsafe {
            let (from, to) = (chunk.add(offset), place.add(offset));
            if mremap_fixed(from.as_ptr().cast(), SLOT, SLOT, flags, to.as_ptr().cast()).is_err() {
                fill(to);
                chunk.copy_from_nonoverlapping(place, offset);
                return false;
            }
        }
    }
    true
}

/// Maps a slot again if the system has unmapped it and then refused to move pages there, as old ones do; if somebody else
/// has come to lie there in between, it is his.
fn fill(slot: NonNull<u8>) {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE;
    // SAFETY: nothing is replaced.
    let _ = unsafe { mmap_anonymous(slot.as_ptr().cast(), SLOT, ProtFlags::READ | ProtFlags::WRITE, flags) };
}

/// Returns whether an address lies in a territory.
#[inline]
pub(crate) fn contains(ptr: *const u8) -> bool {
    let offset = ptr.addr().wrapping_sub(FIRST.base.load(Ordering::Relaxed).addr());
    offset < FIRST.len.load(Ordering::Relaxed) || contains_beyond(ptr)
}

/// Returns whether an address lies in any but the first territory.
#[cold]
fn contains_beyond(ptr: *const u8) -> bool {
    find(&mut LOCK.lock(), ptr).is_some()
}

/// Notes the magazine of the blocks in a part of a chunk: a byte for each 16 KiB. Parts that are not whole multiples of
/// that, in geometries with smaller pools, are passed over.
pub(crate) fn mark(part: *const u8, size: usize, magazine: u8) {
    let base = FIRST.base.load(Ordering::Relaxed);
    let offset = part.addr().wrapping_sub(base.addr());
    let whole = (offset | size).trailing_zeros() >= PAGE_SHIFT;
    if offset >= FIRST.len.load(Ordering::Relaxed) || !whole {
        return;
    }
    let (first, last) = (offset >> PAGE_SHIFT, (offset + size) >> PAGE_SHIFT);
    // SAFETY: the table at the territory's front has a byte for each of its pages (A11). These are the caller's, who has no
    // live block in them, so nobody reads them.
    unsafe { base.add(first).write_bytes(magazine, last - first) };
}

impl Territory {
    const fn none() -> Territory {
        Territory { base: ptr::null_mut(), len: 0, taken: [0; WORDS], first: 0 }
    }

    /// Reserves address space for at least `slots` slots, more if it is to be had.
    fn reserve(&mut self, slots: usize) -> Option<()> {
        let least = slots.checked_add(2)?.checked_mul(SLOT)?.next_power_of_two().max(SMALLEST);
        let allowed = getrlimit(Resource::As).current.map_or(usize::MAX, |bytes| bytes as usize / 4);
        // What is asked for has to fit, whatever share of the allowed that is.
        let mut len = LARGEST.min(1 << allowed.max(1).ilog2()).max(least.min(LARGEST));
        while len >= least {
            if let Some(base) = reserve(len) {
                (self.base, self.len) = (base, len);
                self.taken = [u64::MAX; WORDS];
                let table = (len >> PAGE_SHIFT).div_ceil(SLOT);
                self.set(table, len / SLOT - table, false);
                return Some(());
            }
            len /= 2;
        }
        None
    }

    fn slot_of(&self, ptr: *const u8) -> Option<usize> {
        let offset = ptr.addr().wrapping_sub(self.base.addr());
        (offset < self.len).then_some(offset / SLOT)
    }

    fn is_free(&self, slot: usize) -> bool {
        self.taken.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 0)
    }

    fn set(&mut self, from: usize, slots: usize, taken: bool) {
        for slot in from..from + slots {
            let bit = 1 << (slot % 64);
            let word = &mut self.taken[slot / 64];
            *word = if taken { *word | bit } else { *word & !bit };
        }
        if !taken {
            self.first = self.first.min(from / 64);
        }
    }

    /// Takes the first free slots side by side.
    fn take(&mut self, slots: usize) -> Option<*mut u8> {
        while self.taken.get(self.first).is_some_and(|&word| word == u64::MAX) {
            self.first += 1;
        }
        let (mut slot, mut run) = (self.first * 64, 0);
        while run < slots {
            if slot >= self.len / SLOT {
                return None;
            }
            run = if self.is_free(slot) { run + 1 } else { 0 };
            slot += 1;
        }
        self.set(slot - slots, slots, true);
        Some(self.base.wrapping_add((slot - slots) * SLOT))
    }
}

/// Returns whether the system shall use huge pages: only if `GLEANER_HUGE_PAGES=1` asks for it. A page of 2 MiB saves five
/// hundred faults, but whoever touches a little of it has all of it resident.
fn page_advice() -> Advice {
    // SAFETY: the name ends with a nul; the value, if there is one, is a string that nobody changes while we look.
    let wanted = unsafe {
        let value = libc::getenv(c"GLEANER_HUGE_PAGES".as_ptr());
        !value.is_null() && core::ffi::CStr::from_ptr(value) == c"1"
    };
    if wanted { Advice::LinuxHugepage } else { Advice::LinuxNoHugepage }
}

/// Reserves `len` bytes at a multiple of [`SLOT`].
fn reserve(len: usize) -> Option<*mut u8> {
    let roomy = len.checked_add(SLOT)?;
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a private anonymous mapping at no fixed address touches no existing memory.
    let start =
        unsafe { mmap_anonymous(ptr::null_mut(), roomy, ProtFlags::READ | ProtFlags::WRITE, flags) }.ok()?;
    let start = start.cast::<u8>();
    let before = start.addr().next_multiple_of(SLOT) - start.addr();
    // SAFETY: the parts before and after lie inside the fresh mapping, and nobody knows them (A2). A system
    // without huge pages refuses the advice, which is as well.
    unsafe {
        let base = start.add(before);
        if before > 0 {
            let _ = munmap(start.cast(), before);
        }
        if before < SLOT {
            let _ = munmap(base.add(len).cast(), SLOT - before);
        }
        let _ = madvise(base.cast(), len, page_advice());
        Some(base)
    }
}
