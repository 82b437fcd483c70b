//! Gleaner's heap as a subject.
//!
//! An object of two edges is one block of the heap. A wide one keeps its edges in a boxed slice beside it, as a list in
//! Python does. An edge goes to an object of any type, and which type it is, is asked of the object.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gleaner::{AnyRef, AnySlot, Heap, Ref, StrategyKind, Trace, WeakReference};

use super::table::{Kind, Table};
use crate::clock::thread_ns;
use crate::subject::{Abilities, Pause};

/// An object of two edges.
#[derive(Trace, Default)]
pub(crate) struct Node {
    edges: [AnySlot; 2],
}

/// An object of any number of edges.
#[derive(Trace)]
pub(crate) struct Wide {
    edges: Box<[AnySlot]>,
}

/// Returns an edge of an object.
#[inline]
fn edge(object: &AnyRef, edge: usize) -> &AnySlot {
    if let Some(node) = object.downcast_ref::<Node>() {
        return &node.edges[edge];
    }
    &object.downcast_ref::<Wide>().expect("an object of a workload").edges[edge]
}

/// A heap under a strategy.
pub struct Gleaner {
    pauses: Rc<RefCell<Vec<Pause>>>,
    heap: Heap,
}

impl Table<Gleaner> {
    /// Makes a heap under a strategy. It collects automatically, with the newest Python's thresholds.
    ///
    /// # Panics
    /// If there is no memory.
    #[must_use]
    pub fn new(strategy: StrategyKind) -> Self {
        let heap = Heap::builder().strategy(strategy).build().expect("memory for a workload");
        let pauses = Rc::new(RefCell::new(Vec::new()));
        let (begin, log) = (Cell::new(0), pauses.clone());
        heap.set_pause_hook(move |pause| match pause {
            gleaner::Pause::Begin => begin.set(thread_ns()),
            gleaner::Pause::End => {
                let start_ns = begin.get();
                log.borrow_mut().push(Pause { start_ns, length_ns: thread_ns() - start_ns });
            }
        });
        Table::of(Gleaner { pauses, heap })
    }

    /// Returns a handle of the heap.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.kind().heap
    }
}

impl Kind for Gleaner {
    const NAME: &'static str = "gleaner";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: true, deep: true };

    type Pointer = AnyRef;
    type Weak = Ref<WeakReference>;

    fn name(&self) -> String {
        format!("{}/{}", Self::NAME, self.heap.strategy().name)
    }

    fn abilities(&self) -> Abilities {
        Abilities { cycles: self.heap.strategy().finds_cycles, ..Self::ABILITIES }
    }

    #[inline]
    fn make(&self, edges: usize) -> AnyRef {
        let object = if edges == 2 {
            self.heap.alloc(Node::default()).map(Ref::into_any)
        } else {
            self.heap
                .alloc(Wide { edges: (0..edges).map(|_| AnySlot::default()).collect() })
                .map(Ref::into_any)
        };
        object.expect("memory for a workload")
    }

    #[inline]
    fn edge(object: &AnyRef, index: usize) -> Option<AnyRef> {
        edge(object, index).get()
    }

    #[inline]
    fn set(object: &AnyRef, index: usize, target: Option<AnyRef>) {
        edge(object, index).put(target);
    }

    #[inline]
    fn downgrade(&self, object: &AnyRef) -> Option<Ref<WeakReference>> {
        Some(self.heap.watch(object, None).expect("memory for a workload"))
    }

    #[inline]
    fn upgrade(&self, weak: &Ref<WeakReference>) -> Option<AnyRef> {
        self.heap.referent(weak)
    }

    /// The heap collects by itself, too.
    fn collect(&mut self) {
        self.heap.collect();
    }

    fn heap_bytes(&self) -> Option<usize> {
        Some(self.heap.allocator_stats().raw_bytes)
    }

    /// Weak references are objects too, and not counted here. (A workload watches no object twice.)
    fn live_objects(&self, weak: usize) -> Option<usize> {
        Some(self.heap.live_objects() - weak)
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        Some(self.pauses.take())
    }
}
