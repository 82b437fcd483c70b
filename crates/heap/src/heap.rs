//! The handle of a heap.

use core::any::Any;
use core::ptr::NonNull;
use std::rc::Rc;

use gleaner_allocator::{OutOfMemory, Stats};
use gleaner_object::{Flags, Live, Trace};
use gleaner_weakref::{Notify, WeakReference};

use crate::builder::Builder;
use crate::core::Core;
use crate::reference::{AnyRef, Ref};
use crate::weak::Weak;

/// How often the end of a heap tries again after finalizers that resurrect.
const SHUTDOWN_PASSES: u32 = 8;

/// A panic of a finalizer, a callback or a `Drop`, which nobody could be given.
pub struct Unraisable(pub Box<dyn Any + Send>);

/// A heap of counted objects, on one thread. Clones are handles of the same heap.
///
/// When the last handle goes, everything unreachable is collected. Objects that are still referred to live on, and
/// the heap's memory goes with the last of them.
pub struct Heap {
    core: NonNull<Core>,
}

impl Heap {
    /// Makes a heap with the modern geometry, the generational strategy and the newest Python's rules.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none.
    pub fn new() -> Result<Heap, OutOfMemory> {
        Builder::default().build()
    }

    /// Begins to describe a heap.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn from_core(core: NonNull<Core>) -> Heap {
        let heap = Heap { core };
        let handles = &heap.core().handles;
        handles.set(handles.get() + 1);
        heap
    }

    #[inline]
    pub(crate) fn core(&self) -> &Core {
        // SAFETY: H1: this is a handle.
        unsafe { self.core.as_ref() }
    }

    /// Returns a handle of the heap on which a live object lies: for finalizers and callbacks.
    #[must_use]
    pub fn of<T>(object: &Live<'_, T>) -> Heap {
        Heap::from_core(Core::of(object.address()))
    }

    /// Moves a value to the heap.
    ///
    /// An allocation may run a collection, and with it finalizers and callbacks.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none; the value is dropped.
    ///
    /// # Panics
    /// If it collects and a `trace` panics.
    ///
    /// # Complexity
    /// O(1), but for the collection.
    #[inline]
    pub fn alloc<T: Trace>(&self, value: T) -> Result<Ref<T>, OutOfMemory> {
        self.core().alloc(value, Flags::default()).map(Ref::from_owned)
    }

    /// Returns the plain weak reference to an object: the same object each time (`weakref.ref(x)`, PY-41).
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none.
    #[inline]
    pub fn weak<T: Trace>(&self, referent: &Ref<T>) -> Result<Weak<T>, OutOfMemory> {
        self.core().plain_weak(referent)
    }

    /// Returns the plain weak reference to an object, if there is one.
    #[must_use]
    pub fn existing_weak<T: Trace>(&self, referent: &Ref<T>) -> Option<Weak<T>> {
        self.core().find_plain_weak(referent)
    }

    /// Makes a weak reference whose callback is called once when the referent has died (`weakref.ref(x, callback)`).
    /// What the callback captures counts as referred to from outside the heap.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none.
    pub fn weak_with_callback<T: Trace>(
        &self,
        referent: &Ref<T>,
        callback: impl Fn(Live<'_, WeakReference>) + 'static,
    ) -> Result<Weak<T>, OutOfMemory> {
        self.core().weak_with(referent, callback)
    }

    /// Makes a weak reference object to an object of any type: with what is told of its death, or the plain one.
    ///
    /// # Errors
    /// [`OutOfMemory`] if the system has none.
    #[inline]
    pub fn watch(
        &self,
        referent: &AnyRef,
        told: Option<Box<dyn Notify>>,
    ) -> Result<Ref<WeakReference>, OutOfMemory> {
        self.core().watch(referent, told)
    }

    /// Returns what a weak reference object watches, unless it has died.
    #[inline]
    #[must_use]
    pub fn referent(&self, weak: &Ref<WeakReference>) -> Option<AnyRef> {
        Core::referent(weak)
    }

    /// Returns the weak reference objects that watch an object: the plain one first, then from the newest to the oldest
    /// (`weakref.getweakrefs`, PY-42).
    #[must_use]
    pub fn watchers(&self, referent: &AnyRef) -> Vec<Ref<WeakReference>> {
        self.core().watchers(referent)
    }

    /// Returns the number of weak references to an object (`weakref.getweakrefcount`).
    #[must_use]
    pub fn weakref_count<T: Trace>(&self, referent: &Ref<T>) -> usize {
        self.core().table.watchers(referent.address()).count()
    }

    /// Sets what is called with the panics that nobody can be given (`sys.unraisablehook`); without it they are
    /// dropped.
    pub fn set_unraisable_hook(&self, hook: impl Fn(&Heap, Unraisable) + 'static) {
        let old = self.core().hook.replace(Some(Rc::new(hook)));
        drop(old);
    }

    /// Returns the number of objects that have not been freed.
    #[must_use]
    pub fn live_objects(&self) -> usize {
        self.core().live()
    }

    /// Returns how many references were leaked for want of memory to note their deaths down.
    #[must_use]
    pub fn leaked(&self) -> u64 {
        self.core().trashcan.leaked()
    }

    /// Returns the allocator's accounts.
    #[must_use]
    pub fn allocator_stats(&self) -> Stats {
        self.core().shelves.stats()
    }

    /// Lets the next allocation fail, as if there were no memory.
    pub fn fail_next_allocation(&self) {
        self.core().refusals.set(1);
    }

    /// Checks every structure of the heap.
    ///
    /// # Panics
    /// If a property does not hold; the message begins with its number.
    ///
    /// # Complexity
    /// O(heap).
    pub fn check(&self) {
        self.core().shelves.check();
        self.core().collector.check();
        self.core().table.check();
    }

    /// Collects for the last time, and frees the heap if nothing is left on it.
    fn close(core: NonNull<Core>) {
        {
            // SAFETY: H1: the last handle is only going.
            let heap = unsafe { core.as_ref() };
            if heap.closing.get() || heap.collector.is_collecting() {
                return;
            }
            heap.closing.set(true);
            heap.collector.set_enabled(false);
            heap.debug.end();
            for _ in 0..SHUTDOWN_PASSES {
                let mut found = 0;
                heap.unraisable(|| found = heap.collect_at_shutdown());
                if found == 0 {
                    break;
                }
            }
            heap.callbacks.take();
            heap.hook.take();
            heap.pause_hook.take();
            heap.counts.take();
            heap.closing.set(false);
        }
        Core::free_if_abandoned(core);
    }
}

impl Clone for Heap {
    fn clone(&self) -> Self {
        Heap::from_core(self.core)
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        let handles = &self.core().handles;
        handles.set(handles.get() - 1);
        if handles.get() == 0 && self.core().trashcan.is_idle() {
            Heap::close(self.core);
        }
    }
}
