//! The debug flags of Python's `gc` module: what collections tell, and what they keep.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::ops::BitOr;
use std::io::Write;
use std::rc::Rc;

use gleaner_collector::Generation;

use crate::control::CollectionInfo;
use crate::core::Core;
use crate::heap::Heap;
use crate::reference::AnyRef;

/// Debug flags, with Python's names and bits (PY-26).
///
/// ```
/// use gleaner::Debug;
///
/// assert_eq!((Debug::COLLECTABLE | Debug::UNCOLLECTABLE | Debug::SAVEALL), Debug::LEAK);
/// assert_eq!(Debug::LEAK.bits(), 38);
/// assert!(Debug::LEAK.has(Debug::SAVEALL) && !Debug::LEAK.has(Debug::STATS));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Debug(i32);

impl Debug {
    /// Nothing is told, nothing is kept.
    pub const NONE: Debug = Debug(0);
    /// Tells of each collection when it begins and when it has ended (`gc.DEBUG_STATS`).
    pub const STATS: Debug = Debug(1);
    /// Tells of each object found unreachable, before its finalizer runs (`gc.DEBUG_COLLECTABLE`).
    pub const COLLECTABLE: Debug = Debug(2);
    /// Would tell of each unreachable object that cannot be collected: there is none (`gc.DEBUG_UNCOLLECTABLE`).
    pub const UNCOLLECTABLE: Debug = Debug(4);
    /// Keeps what is found unreachable, instead of freeing it (`gc.DEBUG_SAVEALL`).
    pub const SAVEALL: Debug = Debug(32);
    /// What a leak is looked for with (`gc.DEBUG_LEAK`).
    pub const LEAK: Debug = Debug(2 | 4 | 32);

    /// Returns flags as bits; those without a meaning are kept, as Python does.
    #[must_use]
    pub const fn from_bits(bits: i32) -> Debug {
        Debug(bits)
    }

    /// Returns the bits.
    #[must_use]
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// Tells whether all of `other` is set.
    #[must_use]
    pub const fn has(self, other: Debug) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Debug {
    type Output = Debug;

    fn bitor(self, other: Debug) -> Debug {
        Debug(self.0 | other.0)
    }
}

/// What a debug hook is told. Shown, it is CPython's text: a line, or several, without the last line's end.
#[derive(Clone, Copy, Debug)]
pub enum Report<'a> {
    /// [`Debug::STATS`]: a collection begins.
    Start {
        /// The generation.
        generation: usize,
        /// How many objects are in each.
        objects: [usize; 3],
        /// How many are frozen.
        permanent: usize,
    },
    /// [`Debug::COLLECTABLE`]: an object was found unreachable.
    Collectable(&'a AnyRef),
    /// [`Debug::STATS`]: a collection has ended.
    Done(&'a CollectionInfo),
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Report::Start { generation, objects: [young, middle, old], permanent } => write!(
                f,
                "gc: collecting generation {generation}...\n\
                 gc: objects in each generation: {young} {middle} {old}\n\
                 gc: objects in permanent generation: {permanent}"
            ),
            Report::Collectable(object) => {
                write!(f, "gc: collectable <{} {:#x}>", object.type_name(), object.id())
            }
            Report::Done(info) => write!(
                f,
                "gc: done, {} unreachable, {} uncollectable, {:.4}s elapsed",
                info.collected + info.uncollectable,
                info.uncollectable,
                info.duration.as_secs_f64()
            ),
        }
    }
}

type Hook = Rc<dyn Fn(&Heap, &Report<'_>)>;

/// The flags of a heap, whom it tells, and what it has kept.
#[derive(Default)]
pub(crate) struct State {
    flags: Cell<Debug>,
    hook: RefCell<Option<Hook>>,
    garbage: RefCell<Vec<AnyRef>>,
}

impl State {
    /// Tells whether collections keep what they find.
    pub(crate) fn saves(&self) -> bool {
        self.flags.get().has(Debug::SAVEALL)
    }

    /// Tells whether the condemned are asked for one by one: only whole passes have them.
    pub(crate) fn needs_whole_passes(&self) -> bool {
        self.saves() || self.flags.get().has(Debug::COLLECTABLE)
    }

    /// Keeps an object. Without memory it is garbage as before, for the next collection to find.
    pub(crate) fn save(&self, object: AnyRef) {
        let mut garbage = self.garbage.borrow_mut();
        if garbage.try_reserve(1).is_ok() {
            garbage.push(object);
        }
    }

    /// Tells nothing and keeps nothing any more.
    pub(crate) fn end(&self) {
        self.flags.set(Debug::NONE);
        drop(self.hook.take());
        drop(self.garbage.take());
    }
}

impl Core {
    fn report(&self, report: &Report<'_>) {
        let hook = self.debug.hook.borrow().clone();
        match hook {
            Some(hook) => {
                let heap = Heap::from_core(core::ptr::NonNull::from(self));
                self.unraisable(|| hook(&heap, report));
            }
            // Whoever has closed standard error does not want to know.
            None => drop(writeln!(std::io::stderr(), "{report}")),
        }
    }

    /// Tells that a collection begins.
    pub(crate) fn report_start(&self, generation: usize) {
        if !self.debug.flags.get().has(Debug::STATS) {
            return;
        }
        let objects = [const { Cell::new(0) }; 3];
        drop(self.collector.objects(|of| {
            let place = match of {
                Generation::Young => 0,
                Generation::Middle => 1,
                Generation::Old => 2,
                Generation::Permanent | Generation::Condemned => return false,
            };
            objects[place].set(objects[place].get() + 1);
            false
        }));
        let permanent = self.collector.freeze_count();
        self.report(&Report::Start { generation, objects: objects.map(Cell::into_inner), permanent });
    }

    /// Tells of the condemned, one by one; returns whether it has: then some may have been saved by it.
    pub(crate) fn report_condemned(&self) -> bool {
        let wanted = self.debug.flags.get().has(Debug::COLLECTABLE);
        if wanted {
            self.for_each_condemned(|core, object| {
                let object = AnyRef::another(object);
                core.report(&Report::Collectable(&object));
            });
        }
        wanted
    }

    /// Tells that a collection has ended.
    pub(crate) fn report_done(&self, info: &CollectionInfo) {
        if self.debug.flags.get().has(Debug::STATS) {
            self.report(&Report::Done(info));
        }
    }
}

impl Heap {
    /// Sets the debug flags (`gc.set_debug`, PY-26). What was kept stays until it is taken.
    ///
    /// With [`Debug::SAVEALL`] or [`Debug::COLLECTABLE`] a strategy that works in slices works in whole passes, and
    /// [`Debug::STATS`] counts the objects when a collection begins: pauses are longer.
    ///
    /// ```
    /// use gleaner::{Debug, Heap, Slot, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Node {
    ///     next: Slot<Node>,
    /// }
    ///
    /// # fn main() -> Result<(), gleaner::OutOfMemory> {
    /// let heap = Heap::new()?;
    /// heap.set_debug(Debug::SAVEALL);
    /// let node = heap.alloc(Node { next: Slot::empty() })?;
    /// node.next.set(&node);
    /// drop(node);
    /// assert_eq!(heap.collect(), 1);
    /// assert_eq!(heap.take_garbage().len(), 1, "it was kept");
    /// heap.set_debug(Debug::NONE);
    /// assert_eq!((heap.collect(), heap.take_garbage().len()), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_debug(&self, flags: Debug) {
        self.core().debug.flags.set(flags);
    }

    /// Returns the debug flags (`gc.get_debug`).
    #[must_use]
    pub fn get_debug(&self) -> Debug {
        self.core().debug.flags.get()
    }

    /// Sets whom collections tell what the debug flags ask for; without a hook it goes to standard error. Panics in it are
    /// unraisable.
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use gleaner::{Debug, Heap};
    ///
    /// # fn main() -> Result<(), gleaner::OutOfMemory> {
    /// let (heap, lines) = (Heap::new()?, Rc::new(RefCell::new(Vec::new())));
    /// let log = lines.clone();
    /// heap.set_debug_hook(move |_, report| log.borrow_mut().push(report.to_string()));
    /// heap.set_debug(Debug::STATS);
    /// heap.collect();
    /// assert!(lines.borrow()[0].starts_with("gc: collecting generation 2...\ngc: objects in each generation: 0 0 0\n"));
    /// assert!(lines.borrow()[1].starts_with("gc: done, 0 unreachable, 0 uncollectable, "));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_debug_hook(&self, hook: impl Fn(&Heap, &Report<'_>) + 'static) {
        let old = self.core().debug.hook.replace(Some(Rc::new(hook)));
        drop(old);
    }

    /// Takes what was found unreachable and kept because of [`Debug::SAVEALL`], oldest first (`gc.garbage`, which Python
    /// fills and the program empties).
    ///
    /// See [`Heap::set_debug`] for an example.
    #[must_use]
    pub fn take_garbage(&self) -> Vec<AnyRef> {
        self.core().debug.garbage.take()
    }
}
