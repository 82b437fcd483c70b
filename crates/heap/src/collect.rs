//! One collection: the steps of the collector's essay with user code between them, in CPython's order (PY-36).

use gleaner_object::{Address, Flags, ListId, TypeRecord};
use gleaner_refcount::decref;
use gleaner_weakref::WeakReference;

use crate::control::{CollectionInfo, Phase};
use crate::core::{Core, another};
use crate::reference::AnyRef;

impl Core {
    /// Collects `generation` and all younger ones; returns the number of unreachable objects found (PY-1). A
    /// collection that is asked for while one is running does nothing (PY-8).
    pub(crate) fn run_collection(&self, generation: usize) -> u64 {
        if self.collector.is_collecting() {
            return 0;
        }
        let mut info = CollectionInfo { generation, ..CollectionInfo::default() };
        self.collector.begin(generation);
        self.notify(Phase::Start, &info);
        info.candidates = self.trashcan.while_locked(self, || self.collector.deduce(generation));
        info.collected = self.dispose_of_condemned(generation);
        self.collector.finish(generation, info.collected, info.candidates);
        self.notify(Phase::Stop, &info);
        self.collector.end();
        info.collected
    }

    /// Collects what is unreachable when the heap ends, whatever the strategy.
    pub(crate) fn collect_at_shutdown(&self) -> u64 {
        if self.collector.is_collecting() {
            return 0;
        }
        self.collector.begin(2);
        self.trashcan.while_locked(self, || self.collector.deduce_at_shutdown());
        let collected = self.dispose_of_condemned(2);
        self.collector.end();
        collected
    }

    /// Does to the condemned what Python does: weak references, finalizers, resurrection, and the end.
    fn dispose_of_condemned(&self, generation: usize) -> u64 {
        if self.collector.condemned_len().1 == 0 {
            return 0;
        }
        let freed = self.handle_weakrefs(generation);
        self.finalize_garbage();
        self.trashcan.while_locked(self, || self.collector.deduce_again(generation));
        if self.rules.plain_weakrefs_survive {
            self.for_each_condemned(|core, object| {
                // SAFETY: O1: condemned, not freed.
                if unsafe { object.as_ref() }.flags().has(Flags::WATCHER) {
                    core.table.unwatch(object);
                }
                core.clear_watchers(object, |_| true);
            });
        }
        let collected = freed + self.collector.condemned_len().1 as u64;
        self.delete_garbage(generation);
        collected
    }

    fn for_each_condemned(&self, mut visit: impl FnMut(&Core, Address)) {
        let mut index = 0;
        while index < self.collector.condemned_len().0 {
            if let Some(object) = self.collector.condemned(index) {
                visit(self, object);
            }
            index += 1;
        }
    }

    /// Clears the weak references to the condemned and calls the callbacks of those that are not condemned
    /// themselves (PY-46). Returns how many weak references died of it.
    fn handle_weakrefs(&self, generation: usize) -> u64 {
        let mut queue: Vec<AnyRef> = Vec::new();
        let keep_plain = self.rules.plain_weakrefs_survive;
        self.for_each_condemned(|core, object| {
            // SAFETY: O1: condemned, not freed.
            let flags = unsafe { object.as_ref() }.flags();
            // PY-37: from 3.15 on, a condemned weak reference is cleared with the plain ones, after the finalizers: one that
            // a finalizer saves still watches.
            if flags.has(Flags::WATCHER) && !keep_plain {
                core.table.unwatch(object);
            }
            if flags.has(Flags::WATCHED) {
                core.clear_watchers(object, |weak| {
                    let calls = reference(weak).has_callback();
                    let condemned = core.collector.list_of(weak) == Some(ListId::Condemned);
                    if calls && !condemned && queue.try_reserve(1).is_ok() {
                        queue.push(AnyRef::another(weak));
                    }
                    calls || !keep_plain
                });
            }
        });
        let mut freed = 0;
        for weak in queue {
            self.call_back(&weak);
            let weak = weak.into_owned();
            // SAFETY: O1, O5: the queue owned it.
            if decref(unsafe { weak.as_ref() }) {
                freed += 1;
                self.bury_here(weak);
            } else {
                self.collector.move_to_survivors(generation, weak);
            }
        }
        freed
    }

    /// Clears those watchers of an object that `choose` chooses, in order.
    fn clear_watchers(&self, object: Address, mut choose: impl FnMut(Address) -> bool) {
        let mut next = self.table.watchers(object).next();
        while let Some(weak) = next {
            next = self.table.watchers_after(weak);
            if choose(weak) {
                self.table.unwatch(weak);
            }
        }
    }

    /// Runs the finalizers of the condemned, each once in an object's life (PY-31).
    fn finalize_garbage(&self) {
        self.for_each_condemned(|core, object| {
            if core.finalizes(object) {
                another(object);
                core.call_finalizer(object);
                core.release(object);
            }
        });
    }

    /// Asks the condemned to give up their references: the counts do the rest (CPython's `delete_garbage`).
    fn delete_garbage(&self, generation: usize) {
        self.for_each_condemned(|core, object| {
            another(object);
            // SAFETY: O1, O2: condemned, not freed, and owned during the call.
            unsafe { core.trashcan.clear(object, |edge| core.release(edge)) };
            // SAFETY: O1, O5: owned.
            if decref(unsafe { object.as_ref() }) {
                core.bury_here(object);
            } else if core.collector.list_of(object) == Some(ListId::Condemned) {
                core.collector.move_to_survivors(generation, object);
            }
        });
    }

    /// Destroys an object while a collection runs: the heap itself stays.
    fn bury_here(&self, object: Address) {
        self.trashcan.bury(self, object);
    }
}

fn reference<'a>(weak: Address) -> &'a WeakReference {
    // SAFETY: O1, O2: only called with weak references that have not been freed.
    unsafe { TypeRecord::value(weak) }
}
