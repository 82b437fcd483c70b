//! The heaps of the process's allocator: one per thread, and what happens when threads come and go.
//!
//! A heap is an [`Allocator`] that is never dropped. When a thread ends, its heap *rests*: the magazines are emptied, what
//! is free goes back to the system, and the heap waits for the next thread that needs one, which takes it over with
//! all that still lives in it. So there are never more heaps than there were threads at once, and nothing is lost. What
//! other threads free into a heap that rests is taken in by them, under the registry's lock.
//!
//! Objects larger than any class are shared: they live in one heap of their own, the *common* one, under a lock. In modes
//! other than fast all objects do. Few processes do without, so it is made with the first, side by side.

use core::ptr::{self, NonNull};

use gleaner_sync::process::SpinLock;
use gleaner_sync::process::atomic::{AtomicUsize, Ordering};

use crate::allocator::Allocator;
use crate::arena::ArenaHeader;
use crate::budget::Budget;
use crate::geometry::Geometry;
use crate::raw::Raw;
use crate::remote::{Home, Shared};
use crate::stats::Stats;
use crate::thread::{self, Magazines};
use crate::{modes, special, territory};

/// One heap. Its allocator comes first, and in that the magazines: the thread's word points to all three.
#[repr(C)]
pub(crate) struct ThreadHeap {
    pub(crate) allocator: Allocator,
    shared: Shared,
    /// The next one that rests.
    next: *mut ThreadHeap,
}

/// Which heaps there are.
struct Registry {
    resting: *mut ThreadHeap,
    /// The common heap, from when it is made until it is in use.
    common: *mut ThreadHeap,
    count: usize,
}

/// The common heap; null before there is one.
struct Common(*mut ThreadHeap);

// SAFETY: A12: it belongs to whoever has the lock.
unsafe impl Send for Common {}

static COMMON: SpinLock<Common> = SpinLock::new(Common(ptr::null_mut()));

// SAFETY: A12: the heaps in the registry rest, and belong to whoever has the lock.
unsafe impl Send for Registry {}

static REGISTRY: SpinLock<Registry> =
    SpinLock::new(Registry { resting: ptr::null_mut(), common: ptr::null_mut(), count: 0 });

/// The key whose destructor ends a thread's heap, plus one; 0 before there is one.
static KEY: AtomicUsize = AtomicUsize::new(0);

/// Returns the thread's heap; makes one, or takes one over, if it has none. `None` if there is no memory.
#[inline]
pub(crate) fn mine() -> Option<&'static Allocator> {
    let magazines = thread::magazines();
    if ptr::eq(magazines, thread::none()) {
        return acquire();
    }
    // SAFETY: A12: the word points to the magazines of a heap, which begins with them and is never freed; the thread
    // alone uses it.
    Some(unsafe { &*magazines.cast::<Allocator>() })
}

#[cold]
fn acquire() -> Option<&'static Allocator> {
    let mut registry = REGISTRY.lock();
    let heap = match NonNull::new(registry.resting) {
        Some(heap) => {
            // SAFETY: A12: it rests, and we have the lock.
            registry.resting = unsafe { (*heap.as_ptr()).next };
            heap
        }
        None => registry.make()?,
    };
    // SAFETY: A12: from here on the thread's alone; it is never freed.
    let allocator = unsafe { &(*heap.as_ptr()).allocator };
    allocator.shared.list.wake();
    drop(registry);
    // The heap lies in a territory, so there is a first one.
    let (base, len) = territory::first();
    allocator.base.set(base);
    allocator.len.set(len);
    thread::set_magazines(heap.as_ptr().cast_const().cast::<Magazines>());
    end_with_thread(heap);
    allocator.drain_remote();
    Some(allocator)
}

impl Registry {
    /// Makes a heap; the first one together with the common one.
    fn make(&mut self) -> Option<NonNull<ThreadHeap>> {
        let heap = if self.count == 0 {
            let [heap, common] = make_heaps()?;
            self.common = common.as_ptr();
            heap
        } else {
            let [heap] = make_heaps()?;
            heap
        };
        self.count += 1;
        Some(heap)
    }

    /// Returns the common heap, for it to be used.
    fn take_common(&mut self) -> Option<NonNull<ThreadHeap>> {
        if self.count == 0 {
            let first = self.make()?.as_ptr();
            // SAFETY: A12: it is the registry's, which is locked.
            unsafe { (*first).next = self.resting };
            self.resting = first;
        }
        self.count += 1;
        NonNull::new(core::mem::replace(&mut self.common, ptr::null_mut()))
    }
}

/// Makes heaps side by side.
fn make_heaps<const COUNT: usize>() -> Option<[NonNull<ThreadHeap>; COUNT]> {
    let chunk = Budget.map(COUNT * size_of::<ThreadHeap>()).ok()?.start.cast::<ThreadHeap>();
    Some(core::array::from_fn(|index| {
        // SAFETY: the chunk is ours, long enough and aligned (A2), and is never given back; `shared` is written before
        // anybody reads it by way of the allocator.
        unsafe {
            let place = chunk.add(index);
            let heap = place.as_ptr();
            // A box of a type without size allocates nothing.
            (&raw mut (*heap).shared).write(Shared::new(Box::new(Budget)));
            (&raw mut (*heap).next).write(ptr::null_mut());
            let home = Home::Forever(&(*heap).shared);
            let mut allocator = Allocator::at_home(Geometry::WIDE, modes::options(), home);
            allocator.buries = modes::state().is_guarded();
            (&raw mut (*heap).allocator).write(allocator);
            place
        }
    }))
}

/// Sees to it that the thread's end is the heap's rest.
fn end_with_thread(heap: NonNull<ThreadHeap>) {
    let key = match KEY.load(Ordering::Acquire) {
        0 => {
            let mut key = 0;
            // SAFETY: the destructor may be called by any thread that ends.
            if unsafe { libc::pthread_key_create(&raw mut key, Some(rest)) } != 0 {
                return;
            }
            // A key made in vain by a thread that came second does no harm.
            match KEY.compare_exchange(0, key as usize + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => key,
                Err(first) => {
                    // SAFETY: the key is ours and nobody has used it.
                    unsafe { libc::pthread_key_delete(key) };
                    (first - 1) as libc::pthread_key_t
                }
            }
        }
        key => (key - 1) as libc::pthread_key_t,
    };
    // SAFETY: the key is valid. Without memory for it the heap ends with the process.
    unsafe { libc::pthread_setspecific(key, heap.as_ptr().cast_const().cast()) };
}

/// The thread ends: its heap rests. What the thread allocates after this gets another heap, and that, too, ends.
unsafe extern "C" fn rest(heap: *mut libc::c_void) {
    let heap = heap.cast::<ThreadHeap>();
    thread::set_magazines(thread::none());
    // SAFETY: A12: it was this thread's heap, which is handed to the registry under its lock. Blocks of other heaps leave
    // its magazines before that; what is drained under the lock are its own.
    unsafe {
        let allocator = &(*heap).allocator;
        allocator.trim();
        let mut registry = REGISTRY.lock();
        allocator.shared.list.rest();
        allocator.trim();
        (*heap).next = registry.resting;
        registry.resting = heap;
    }
}

/// Takes in what was freed into a heap that rests.
#[cold]
pub(crate) fn look_after(home: *const Shared) {
    let registry = REGISTRY.lock();
    let mut heap = registry.resting;
    // SAFETY: A12: the heaps in the list rest, and we have the lock. Another may have taken it over since: then it is its
    // new thread that takes the blocks in.
    while let Some(resting) = unsafe { heap.as_ref() } {
        if ptr::eq(&raw const resting.shared, home) {
            resting.allocator.trim();
            return;
        }
        heap = resting.next;
    }
}

/// Does something with the common heap, under its lock; `None` if there is no memory for it.
pub(crate) fn with_common<R>(work: impl FnOnce(&Allocator) -> R) -> Option<R> {
    let mut common = COMMON.lock();
    if common.0.is_null() {
        common.0 = REGISTRY.lock().take_common()?.as_ptr();
    }
    // SAFETY: A12: it is used under the lock only.
    Some(work(unsafe { &(*common.0).allocator }))
}

/// Returns the figures of this thread's heap, of those that rest and of that of large objects, and how many others there
/// are.
pub(crate) fn stats() -> (Stats, usize) {
    // Nothing may be allocated under the locks.
    let mut sum = Stats::empty(&Geometry::WIDE);
    let mut seen = 0;
    if thread::has_heap()
        && let Some(heap) = mine()
    {
        heap.add_to(&mut sum);
        seen += 1;
    }
    let common = COMMON.lock();
    let registry = REGISTRY.lock();
    let mut heap = registry.resting;
    // SAFETY: A12: the heaps in the list rest, and the common one is used under its lock only.
    unsafe {
        while let Some(resting) = heap.as_ref() {
            resting.allocator.add_to(&mut sum);
            seen += 1;
            heap = resting.next;
        }
        if let Some(common) = common.0.as_ref() {
            common.allocator.add_to(&mut sum);
            seen += 1;
        }
    }
    (sum, registry.count - seen)
}

/// Verifies this thread's heap, those that rest, and the common one.
pub(crate) fn check() {
    if thread::has_heap()
        && let Some(heap) = mine()
    {
        heap.check();
    }
    let common = COMMON.lock();
    // Magazines, which `check` allocates to look into, are empty in heaps that rest, and never there in the common one.
    let registry = REGISTRY.lock();
    let mut heap = registry.resting;
    // SAFETY: A12: the heaps in the list rest, and the common one is used under its lock only.
    unsafe {
        while let Some(resting) = heap.as_ref() {
            resting.allocator.check();
            heap = resting.next;
        }
        let Some(common) = common.0.as_ref() else { return };
        common.allocator.check();
        if modes::state().is_guarded() {
            special::check_guards(&common.allocator);
        }
    }
}

/// Returns whether a block lies in a chunk of its own.
///
/// # Safety
/// `ptr` is a live block.
pub(crate) unsafe fn is_large(ptr: NonNull<u8>) -> bool {
    // SAFETY: a live block's chunk begins with its header (A3).
    unsafe { (*ArenaHeader::of(ptr.as_ptr())).pools.get() == 0 }
}

/// Locks the heaps: for whoever forks.
pub(crate) fn lock() -> (impl Sized, impl Sized) {
    (COMMON.lock(), REGISTRY.lock())
}

/// Unlocks them after a fork.
///
/// # Safety
/// The guards of [`lock`] were forgotten, by the thread that calls.
pub(crate) unsafe fn unlock() {
    // SAFETY: by contract.
    unsafe {
        REGISTRY.force_unlock();
        COMMON.force_unlock();
    }
}
