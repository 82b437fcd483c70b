//! The heap behind its handles: allocation, and what happens when a count reaches zero.

use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gleaner_allocator::{Allocator, OutOfMemory, owner_of};
use gleaner_collector::Collector;
use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Address, Flags, Header, ObjectBox, Trace, TypeRecord};
use gleaner_refcount::{Trashcan, Undertaker, decref, incref};
use gleaner_weakref::{Table, WeakReference};

use crate::builder::Rules;
use crate::control::Callback;
use crate::heap::{Heap, Unraisable};
use crate::reference::AnyRef;

/// What is called with a panic that has nobody to go to.
pub(crate) type UnraisableHook = Rc<dyn Fn(&Heap, Unraisable)>;

/// A heap.
pub(crate) struct Core {
    pub(crate) allocator: Allocator,
    pub(crate) collector: Collector,
    pub(crate) table: Table,
    pub(crate) trashcan: Trashcan,
    pub(crate) rules: Rules,
    pub(crate) callbacks: RefCell<Vec<(u64, Callback)>>,
    pub(crate) hook: RefCell<Option<UnraisableHook>>,
    /// [`Heap`] handles.
    pub(crate) handles: Cell<usize>,
    /// Objects that have not been freed.
    pub(crate) live: Cell<usize>,
    pub(crate) closing: Cell<bool>,
    pub(crate) refusals: Cell<u32>,
}

impl Core {
    pub(crate) fn new(allocator: Allocator, collector: Collector, rules: Rules) -> NonNull<Core> {
        let core = NonNull::from(Box::leak(Box::new(Core {
            allocator,
            collector,
            table: Table::default(),
            trashcan: Trashcan::default(),
            rules,
            callbacks: RefCell::default(),
            hook: RefCell::default(),
            handles: Cell::new(0),
            live: Cell::new(0),
            closing: Cell::new(false),
            refusals: Cell::new(0),
        })));
        // SAFETY: H1: just made, and kept until the last handle and the last object are gone.
        unsafe { core.as_ref() }.allocator.set_owner(core.as_ptr().cast_const().cast());
        core
    }

    /// Returns the heap of an object.
    #[inline]
    pub(crate) fn of(object: Address) -> NonNull<Core> {
        // SAFETY: O1: the object lies in a block of a heap's allocator.
        let owner = unsafe { owner_of(object.as_ptr().cast_const().cast()) };
        // SAFETY: H1: its owner is the heap's core, never null.
        unsafe { NonNull::new_unchecked(owner.cast::<Core>().cast_mut()) }
    }

    /// Allocates an object. The caller owns the one reference that it begins with.
    pub(crate) fn alloc<T: Trace>(&self, value: T, flags: Flags) -> Result<Address, OutOfMemory> {
        if self.refusals.get() > 0 {
            self.refusals.set(self.refusals.get() - 1);
            return Err(no_memory::<T>());
        }
        let pressed = T::TRACKED && self.collector.count_allocation();
        if pressed && self.rules.collect_inside_allocation {
            self.collect_if_due();
        }
        let record = TypeRecord::of::<T>();
        let Ok(block) = self.allocator.alloc(record.size) else {
            self.uncount::<T>();
            return Err(no_memory::<T>());
        };
        let block = block.cast::<ObjectBox<T>>();
        // SAFETY: O1, O2: the block is fresh, large enough, and aligned for the record's type.
        unsafe { block.write(ObjectBox { header: Header::new(record), value }) };
        self.live.set(self.live.get() + 1);
        let object = block.cast::<Header>();
        // SAFETY: O1: just written.
        unsafe { object.as_ref() }.insert(flags);
        if T::TRACKED && self.collector.track(object).is_err() {
            self.free(object);
            return Err(no_memory::<T>());
        }
        if pressed && !self.rules.collect_inside_allocation {
            // Owned while the collection runs, so that a panicking `trace` does not leak it.
            let owned = AnyRef::from_owned(object);
            self.collect_if_due();
            core::mem::forget(owned);
        }
        Ok(object)
    }

    fn uncount<T: Trace>(&self) {
        if T::TRACKED {
            self.collector.count_death();
        }
    }

    fn collect_if_due(&self) {
        if let Some(generation) = self.collector.due() {
            self.run_collection(generation);
        }
    }

    /// Gives up a reference.
    #[inline]
    pub(crate) fn release(&self, object: Address) {
        // SAFETY: O1, O5: the caller owned the reference.
        if decref(unsafe { object.as_ref() }) {
            self.trashcan.bury(self, object);
        }
    }

    /// Destroys an object whose last reference is gone, and the heap, if that was all that was left of it.
    #[cold]
    #[inline(never)]
    pub(crate) fn bury(object: Address) {
        let core = Core::of(object);
        // SAFETY: H1: the object has not been freed yet.
        let heap = unsafe { core.as_ref() };
        heap.trashcan.bury(heap, object);
        Core::free_if_abandoned(core);
    }

    /// Frees a heap of which no handle and no object is left and on which nothing runs.
    pub(crate) fn free_if_abandoned(core: NonNull<Core>) {
        // SAFETY: H1: whoever calls this has just been using it.
        let heap = unsafe { core.as_ref() };
        let idle = heap.trashcan.is_idle() && !heap.collector.is_collecting();
        if idle && !heap.closing.get() && heap.handles.get() == 0 && heap.live.get() == 0 {
            // SAFETY: H1: no handle, no object and no running operation is left to see it.
            drop(unsafe { Box::from_raw(core.as_ptr()) });
        }
    }

    /// Runs user code that has nobody to panic to.
    pub(crate) fn unraisable(&self, what: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(what)) {
            let hook = self.hook.borrow().clone();
            if let Some(hook) = hook {
                // A panicking hook has nobody left to tell.
                let heap = Heap::from_core(NonNull::from(self));
                let _ = catch_unwind(AssertUnwindSafe(|| hook(&heap, Unraisable(panic))));
            }
        }
    }

    /// Runs an object's finalizer, if it has one and it has not run; the caller owns a reference.
    pub(crate) fn call_finalizer(&self, object: Address) {
        // SAFETY: O1, O5.
        let header = unsafe { object.as_ref() };
        // PY-32: only tracked types remember that they were finalized.
        if header.record().tracked {
            header.insert(Flags::FINALIZED);
        }
        // SAFETY: O1, O2, O5: the object lives, and the caller owns a reference during the call.
        self.unraisable(|| unsafe { (header.record().finalize)(object) });
    }

    /// Tells whether an object's finalizer is still to run.
    pub(crate) fn finalizes(&self, object: Address) -> bool {
        // SAFETY: O1: the object lives, or dies but has not been dropped.
        let header = unsafe { object.as_ref() };
        // SAFETY: O1, O2: as above.
        !header.flags().has(Flags::FINALIZED) && unsafe { (header.record().finalizes)(object) }
    }

    /// Clears the weak references to a dying object, then calls their callbacks, newest first (PY-43, PY-44).
    fn tell_watchers(&self, dead: Address) {
        let mut queue = Vec::new();
        loop {
            let first = self.table.watchers(dead).next();
            let Some(weak) = first else { break };
            // SAFETY: O1, O2: the table holds weak references only.
            let reference: &WeakReference = unsafe { TypeRecord::value(weak) };
            if !reference.has_callback() && seeded(Bug::WeakReferenceKept) {
                break;
            }
            self.table.unwatch(weak);
            if reference.has_callback() && queue.try_reserve(1).is_ok() {
                queue.push(AnyRef::another(weak));
            }
        }
        // All are held until the last has been told, as CPython's tuple of watchers holds them.
        for weak in &queue {
            self.call_back(weak);
        }
    }

    /// Calls the callback of a weak reference that was just cleared.
    pub(crate) fn call_back(&self, weak: &AnyRef) {
        // SAFETY: O1, O2, O5: it is one, and `weak` owns it.
        let reference: gleaner_object::Live<'_, WeakReference> =
            unsafe { gleaner_object::Live::new(weak.address()) };
        if let Some(callback) = reference.take_callback() {
            self.unraisable(|| callback.call(reference));
            self.unraisable(|| drop(callback));
        }
    }
}

impl Undertaker for Core {
    /// CPython's `subtype_dealloc`, down to the fields.
    fn condemn(&self, dead: Address) -> bool {
        // SAFETY: O1: its count is zero, but it has not been freed.
        let header = unsafe { dead.as_ref() };
        if self.finalizes(dead) {
            if header.record().tracked {
                // Python tracks the object anew for its finalizer: it is young again.
                self.collector.untrack(dead);
                let _ = self.collector.track(dead);
            }
            header.count().set(1);
            self.call_finalizer(dead);
            if !decref(header) {
                return false;
            }
        }
        self.collector.untrack(dead);
        let flags = header.flags();
        if flags.has(Flags::WATCHER) {
            self.table.unwatch(dead);
        }
        if flags.has(Flags::WATCHED) {
            self.tell_watchers(dead);
        }
        true
    }

    fn free(&self, dead: Address) {
        // SAFETY: O1: not freed yet.
        let header = unsafe { dead.as_ref() };
        let record = header.record();
        if header.flags().has(Flags::WATCHED) && seeded(Bug::WeakReferenceKept) {
            // The bug is to be seen by what weak references say, not by a crash: what is still watched stays.
            return;
        }
        // SAFETY: O4: its count is zero, nothing can reach it, and it is dropped this once.
        self.unraisable(|| unsafe { (record.drop)(dead) });
        if record.tracked {
            self.collector.count_death();
        }
        // SAFETY: O1, O4: the block is the allocator's, of this size, and nobody looks at it again.
        unsafe { self.allocator.free(dead.cast(), record.size) };
        self.live.set(self.live.get() - 1);
    }
}

/// The error of an allocation that found no memory.
#[cold]
fn no_memory<T: Trace>() -> OutOfMemory {
    OutOfMemory { size: TypeRecord::of::<T>().size }
}

/// Takes one more reference to an object.
#[inline]
pub(crate) fn another(object: Address) {
    // SAFETY: O1: whoever asks owns a reference, or knows that somebody does.
    incref(unsafe { object.as_ref() });
}
