//! The heap behind its handles: allocation, and what happens when a count reaches zero.

use core::any::Any;
use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use gleaner_allocator::OutOfMemory;
use gleaner_collector::Collector;
use gleaner_object::seeded::{Bug, seeded};
use gleaner_object::{Address, Flags, Header, ObjectBox, Trace, TypeRecord, record_of};
use gleaner_refcount::{Left, ONE, Trashcan, Undertaker, decref, incref, note, revive};
use gleaner_weakref::{Table, WeakReference};

use crate::builder::Rules;
use crate::control::{Callback, Counts, PauseHook};
use crate::heap::{Heap, Unraisable};
use crate::reference::AnyRef;
use crate::shelves::{Shelves, TypeShelf};

/// What is called with a panic that has nobody to go to.
pub(crate) type UnraisableHook = Rc<dyn Fn(&Heap, Unraisable)>;

/// How many objects die between two times that memory is given back.
const TIDY_EVERY: u32 = 1 << 16;
/// After how many more, if it could not be done.
const TIDY_AGAIN: u32 = 1 << 10;

/// A heap.
pub(crate) struct Core {
    pub(crate) shelves: Rc<Shelves>,
    pub(crate) collector: Collector,
    pub(crate) table: Table,
    pub(crate) trashcan: Trashcan,
    pub(crate) rules: Rules,
    pub(crate) callbacks: RefCell<Vec<(u64, Callback)>>,
    pub(crate) hook: RefCell<Option<UnraisableHook>>,
    pub(crate) pause_hook: RefCell<Option<PauseHook>>,
    pub(crate) counts: RefCell<Option<Counts>>,
    /// [`Heap`] handles.
    pub(crate) handles: Cell<usize>,
    /// Objects that have not been freed, of types that are not tracked.
    plain: Cell<usize>,
    pub(crate) closing: Cell<bool>,
    pub(crate) refusals: Cell<u32>,
    /// Whether there was ever an object that may have a finalizer, or a weak reference with a callback.
    pub(crate) noisy: Cell<bool>,
    /// Whether garbage is being freed: what is condemned dies in its turn, not when its count says so.
    pub(crate) deleting: Cell<bool>,
    pub(crate) debug: crate::debug::State,
    /// How many are to die until memory is given back.
    deaths_left: Cell<u32>,
}

impl Core {
    pub(crate) fn new(shelves: Rc<Shelves>, collector: Collector, rules: Rules) -> NonNull<Core> {
        let core = NonNull::from(Box::leak(Box::new(Core {
            shelves,
            collector,
            table: Table::default(),
            trashcan: Trashcan::default(),
            rules,
            callbacks: RefCell::default(),
            hook: RefCell::default(),
            pause_hook: RefCell::default(),
            counts: RefCell::default(),
            handles: Cell::new(0),
            plain: Cell::new(0),
            closing: Cell::new(false),
            refusals: Cell::new(0),
            noisy: Cell::new(false),
            deleting: Cell::new(false),
            debug: crate::debug::State::default(),
            deaths_left: Cell::new(TIDY_EVERY),
        })));
        // SAFETY: H1: just made, and kept until the last handle and the last object are gone.
        unsafe { core.as_ref() }.shelves.set_heap(core.as_ptr().cast_const().cast());
        core
    }

    /// Returns how many objects have not been freed.
    pub(crate) fn live(&self) -> usize {
        self.collector.tracked() as usize + self.plain.get()
    }

    /// Returns the heap of an object.
    #[inline]
    pub(crate) fn of(object: Address) -> NonNull<Core> {
        // SAFETY: O1, O2: the object lies on a shelf of a heap's.
        unsafe { Shelves::of_object(object) }.heap()
    }

    /// Allocates an object. The caller owns the one reference that it begins with.
    #[inline]
    pub(crate) fn alloc<T: Trace>(&self, value: T, flags: Flags) -> Result<Address, OutOfMemory> {
        let pressed = T::TRACKED && self.collector.count_allocation();
        if (pressed || self.refusals.get() > 0) && !self.may_allocate(pressed) {
            self.uncount::<T>();
            return Err(no_memory::<T>());
        }
        // The stamp comes first, so that the header is written once.
        let Ok(stamp) = (if T::TRACKED { self.collector.next_stamp() } else { Ok(0) }) else {
            self.uncount::<T>();
            return Err(no_memory::<T>());
        };
        let shelf = self.shelves.of::<T>();
        let Some(block) = shelf.and_then(|shelf| shelf.allocator.alloc(size_of::<ObjectBox<T>>()).ok())
        else {
            self.uncount::<T>();
            return Err(no_memory::<T>());
        };
        let block = block.cast::<ObjectBox<T>>();
        // SAFETY: O1, O2: the block is fresh, large enough, aligned for the type, and lies on its shelf.
        unsafe { block.write(ObjectBox { header: Header::new(ONE, flags).stamped(stamp), value }) };
        let object = block.cast::<Header>();
        if T::FINALIZES {
            self.noisy.set(true);
        }
        if T::TRACKED {
            self.collector.admit(object, stamp);
        } else {
            self.plain.set(self.plain.get() + 1);
        }
        if pressed && !self.rules.collect_inside_allocation {
            self.collect_after_allocation(object);
        }
        Ok(object)
    }

    /// Collects, if that is due and done inside allocations; returns whether the allocation is to go on.
    #[cold]
    #[inline(never)]
    fn may_allocate(&self, pressed: bool) -> bool {
        if self.refusals.get() > 0 {
            self.refusals.set(self.refusals.get() - 1);
            return false;
        }
        if pressed && self.rules.collect_inside_allocation {
            self.collect_if_due();
        }
        true
    }

    /// Collects, if that is due, after an object was allocated.
    #[cold]
    #[inline(never)]
    fn collect_after_allocation(&self, object: Address) {
        // Owned while the collection runs, so that a panicking `trace` does not leak it.
        let owned = AnyRef::from_owned(object);
        self.collect_if_due();
        core::mem::forget(owned);
    }

    #[cold]
    fn uncount<T: Trace>(&self) {
        if T::TRACKED {
            self.collector.uncount_allocation();
        }
    }

    /// Gives up a reference.
    #[inline]
    pub(crate) fn release(&self, object: Address) {
        // SAFETY: O1, O5: the caller owned the reference.
        match decref(unsafe { object.as_ref() }) {
            Left::None => self.bury_here(object),
            Left::OthersUnnoted => self.touched(object),
            Left::Others => {}
        }
    }

    /// Destroys an object whose last reference is gone; the heap itself stays.
    #[inline]
    pub(crate) fn bury_here(&self, object: Address) {
        if self.is_spared(object) {
            return;
        }
        // SAFETY: O1, O2, O4: as above.
        self.trashcan
            .bury(self, object, |edges| unsafe { (Shelves::of_object(object).condemn)(self, object, edges) });
    }

    /// Tells whether a dead object is garbage that is being freed, and dies in its turn.
    #[inline]
    fn is_spared(&self, dead: Address) -> bool {
        // SAFETY: O1: its count is zero, but it has not been freed.
        self.deleting.get() && unsafe { dead.as_ref() }.flags().has(Flags::UNREACHABLE)
    }

    /// Tells the collector that an object has been touched, whoever listens to it.
    #[cold]
    #[inline(never)]
    pub(crate) fn touch(object: Address) {
        // SAFETY: H1: the object lives.
        unsafe { Core::of(object).as_ref() }.touched(object);
    }

    /// Destroys an object whose last reference is gone, and the heap, if that was all that was left of it.
    #[inline]
    pub(crate) fn bury(object: Address) {
        // SAFETY: O1, O2: its count is zero, but it has not been freed.
        unsafe { (Shelves::of_object(object).bury)(object) };
    }

    /// Frees a heap of which no handle and no object is left and on which nothing runs.
    #[inline]
    pub(crate) fn free_if_abandoned(core: NonNull<Core>) {
        // SAFETY: H1: whoever calls this has just been using it.
        let heap = unsafe { core.as_ref() };
        if heap.handles.get() != 0 || heap.live() != 0 || heap.closing.get() {
            return;
        }
        if heap.trashcan.is_idle() && !heap.collector.is_collecting() {
            // SAFETY: H1: no handle, no object and no running operation is left to see it.
            drop(unsafe { Box::from_raw(core.as_ptr()) });
        }
    }

    /// Runs user code that has nobody to panic to.
    #[inline]
    pub(crate) fn unraisable(&self, what: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(what)) {
            self.tell_of_panic(panic);
        }
    }

    #[cold]
    fn tell_of_panic(&self, panic: Box<dyn Any + Send>) {
        let hook = self.hook.borrow().clone();
        if let Some(hook) = hook {
            // A panicking hook has nobody left to tell.
            let heap = Heap::from_core(NonNull::from(self));
            let _ = catch_unwind(AssertUnwindSafe(|| hook(&heap, Unraisable(panic))));
        }
    }

    /// Runs an object's finalizer, if it has one and it has not run; the caller owns a reference.
    pub(crate) fn call_finalizer(&self, object: Address) {
        // SAFETY: O1, O5.
        let header = unsafe { object.as_ref() };
        // SAFETY: O1, O2.
        let record = unsafe { record_of(object) };
        // PY-32: only tracked types remember that they were finalized.
        if record.tracked {
            header.insert(Flags::FINALIZED);
        }
        // SAFETY: O1, O2, O5: the object lives, and the caller owns a reference during the call.
        self.unraisable(|| unsafe { (record.finalize)(object) });
    }

    /// Tells whether an object's finalizer is still to run.
    pub(crate) fn finalizes(&self, object: Address) -> bool {
        // SAFETY: O1, O2: the object lives, or dies but has not been dropped.
        unsafe {
            let record = record_of(object);
            record.may_finalize
                && !object.as_ref().flags().has(Flags::FINALIZED)
                && (record.finalizes)(object)
        }
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
    #[inline(always)]
    fn condemn(&self, dead: Address, edges: &mut Vec<Address>) -> bool {
        // SAFETY: O1, O2: its count is zero, but it has not been freed.
        unsafe { (Shelves::of_object(dead).condemn)(self, dead, edges) }
    }

    fn touched(&self, object: Address) {
        // SAFETY: O1, O5: whoever touches an object owns a reference.
        note(unsafe { object.as_ref() });
        self.collector.touched(object);
    }

    #[inline(always)]
    fn free(&self, dead: Address) {
        // SAFETY: O1, O2: not freed yet; O4: its count is zero, nothing can reach it, and it is freed this once.
        unsafe { (Shelves::of_object(dead).free)(self, dead) };
    }
}

/// [`Core::bury`] for the objects of a type: all that happens to one that dies alone is in this one function.
///
/// # Safety
/// As for [`condemn`].
pub(crate) unsafe fn bury<T: Trace>(dead: Address) {
    let core = Core::of(dead);
    // SAFETY: H1: not before the object.
    let heap = unsafe { core.as_ref() };
    if !heap.is_spared(dead) {
        // SAFETY: by contract.
        heap.trashcan.bury(heap, dead, |edges| unsafe { condemn::<T>(heap, dead, edges) });
    }
    Core::free_if_abandoned(core);
}

/// [`Undertaker::condemn`] for the objects of a type.
///
/// # Safety
/// O1, O2 for `T`, O4: the object's count is zero.
#[inline(always)]
pub(crate) unsafe fn condemn<T: Trace>(heap: &Core, dead: Address, edges: &mut Vec<Address>) -> bool {
    // SAFETY: O1: not freed yet.
    if T::FINALIZES || !unsafe { dead.as_ref() }.flags().is_empty() {
        if !heap.condemn_with_care(dead) {
            return false;
        }
    } else if T::TRACKED {
        heap.collector.bury(dead);
    }
    let dropped = Cell::new(false);
    heap.unraisable(|| {
        let mut released = heap.trashcan.released(edges);
        // SAFETY: O1, O2: not dropped yet.
        unsafe { TypeRecord::value::<T>(dead) }.clear(&mut released);
        if released.is_empty() && !is_kept_by_bug(dead) {
            dropped.set(true);
            // SAFETY: O4: nothing can reach it, and what is dropped here is not left to `free`.
            unsafe { TypeRecord::drop_value::<T>(dead) };
        }
    });
    if dropped.get() {
        // SAFETY: O2: an object of the type.
        unsafe { heap.reclaim::<T>(dead) };
    }
    !dropped.get()
}

/// [`Undertaker::free`] for the objects of a type.
///
/// # Safety
/// As for [`condemn`].
pub(crate) unsafe fn free<T: Trace>(heap: &Core, dead: Address) {
    if is_kept_by_bug(dead) {
        return;
    }
    // SAFETY: O4: its count is zero, nothing can reach it, and it is dropped this once.
    heap.unraisable(|| unsafe { TypeRecord::drop_value::<T>(dead) });
    // SAFETY: O2: an object of the type.
    unsafe { heap.reclaim::<T>(dead) };
}

impl Core {
    /// Sees to the finalizer and the watchers of a dead object, if it has any: CPython's `subtype_dealloc`, down to the fields.
    /// Returns false if it has been resurrected.
    #[inline(never)]
    fn condemn_with_care(&self, dead: Address) -> bool {
        // SAFETY: O1: its count is zero, but it has not been freed.
        let header = unsafe { dead.as_ref() };
        // SAFETY: O1, O2.
        let record = unsafe { record_of(dead) };
        if self.collector.is_in_cycle() {
            // Whoever is told of the death may run the cycle to its end, and what dies is no garbage before it is dead, nor is
            // what it refers to.
            note(header);
            self.unraisable(|| self.collector.spares(dead));
        }
        if record.tells_first && header.flags().has(Flags::WATCHED) {
            // Untracked before anybody is told, as by CPython's `gen_dealloc`: a collection that a callback begins would find it
            // unreachable, and free it, too.
            self.collector.bury(dead);
            self.tell_watchers(dead);
        }
        if self.finalizes(dead) {
            if record.tracked {
                // Python tracks the object anew for its finalizer: it is young again.
                self.collector.untrack(dead);
                let _ = self.collector.track(dead);
            }
            revive(header);
            self.call_finalizer(dead);
            if decref(header) != Left::None {
                return false;
            }
        }
        self.collector.bury(dead);
        let flags = header.flags();
        if flags.has(Flags::WATCHER) {
            self.table.unwatch(dead);
        }
        if flags.has(Flags::WATCHED) {
            self.tell_watchers(dead);
        }
        true
    }

    /// Frees the memory of an object whose value has been dropped.
    ///
    /// # Safety
    /// O1, O2 for `T`.
    #[inline(always)]
    unsafe fn reclaim<T: Trace>(&self, dead: Address) {
        // SAFETY: O1, O2: not freed yet.
        unsafe { self.give_back::<T>(Shelves::of_object(dead), dead) };
        self.count_deaths::<T>(1);
    }

    /// Gives an object's block back to its shelf; its death is counted by [`Core::count_deaths`].
    ///
    /// # Safety
    /// O1, O2 for `T`: it lies on the shelf, and its value has been dropped.
    #[inline(always)]
    pub(crate) unsafe fn give_back<T: Trace>(&self, shelf: &TypeShelf, dead: Address) {
        if T::TRACKED && shelf.is_large {
            self.collector.forget(dead);
        }
        // SAFETY: O1, O2, O4: the block is its shelf's, of this size, and nobody looks at it again but a walk, which passes
        // over an erased header.
        unsafe {
            dead.as_ref().erase();
            shelf.allocator.free(dead.cast(), size_of::<ObjectBox<T>>());
        }
    }

    /// Counts the deaths of objects of a type.
    #[inline(always)]
    pub(crate) fn count_deaths<T: Trace>(&self, deaths: u32) {
        if T::TRACKED {
            self.collector.count_deaths(deaths);
        } else {
            self.plain.set(self.plain.get() - deaths as usize);
        }
        match self.deaths_left.get().checked_sub(deaths) {
            Some(left) => self.deaths_left.set(left),
            None => self.tidy(),
        }
    }

    /// Gives memory back, unless the collector remembers where objects were.
    #[cold]
    fn tidy(&self) {
        if self.collector.forget_the_dead() {
            self.deaths_left.set(TIDY_EVERY);
            self.shelves.tidy();
        } else {
            self.deaths_left.set(TIDY_AGAIN);
        }
    }
}

/// Tells whether a dead object is watched: only if a bug is seeded, which is to be seen by what weak references say, and not by a
/// crash. So the object stays.
#[inline]
pub(crate) fn is_kept_by_bug(dead: Address) -> bool {
    // SAFETY: O1: not freed yet.
    seeded(Bug::WeakReferenceKept) && unsafe { dead.as_ref() }.flags().has(Flags::WATCHED)
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
    if incref(unsafe { object.as_ref() }) {
        Core::touch(object);
    }
}
