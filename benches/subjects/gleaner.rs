//! Gleaner's heap as a subject.
//!
//! An object of two edges is one block of the heap. A wide one keeps its edges in a boxed slice beside it, as a list in
//! Python does. An edge goes to an object of any type, and which type it is, is asked of the object.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gleaner::{AnyRef, AnySlot, Heap, Ref, StrategyKind, Trace, Weak};
use rustix::time::{ClockId, clock_gettime};

use crate::subject::{Abilities, Pause, Slot, Subject};

#[derive(Trace, Default)]
struct Node {
    edges: [AnySlot; 2],
}

#[derive(Trace)]
struct Wide {
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

/// A weak reference to either type.
enum Watch {
    Node(Weak<Node>),
    Wide(Weak<Wide>),
}

impl Watch {
    fn new(heap: &Heap, object: &AnyRef) -> Watch {
        match object.clone().downcast::<Node>() {
            Ok(node) => Watch::Node(heap.weak(&node).expect("memory for a workload")),
            Err(object) => {
                let wide: Ref<Wide> = object.downcast().expect("an object of a workload");
                Watch::Wide(heap.weak(&wide).expect("memory for a workload"))
            }
        }
    }

    #[inline]
    fn upgrade(&self) -> Option<AnyRef> {
        match self {
            Watch::Node(weak) => weak.upgrade().map(Ref::into_any),
            Watch::Wide(weak) => weak.upgrade().map(Ref::into_any),
        }
    }
}

/// A heap under a strategy, with its table of roots.
pub struct GleanerSubject {
    roots: Vec<Option<AnyRef>>,
    weak: Vec<Option<Watch>>,
    pauses: Rc<RefCell<Vec<Pause>>>,
    heap: Heap,
}

impl GleanerSubject {
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
            gleaner::Pause::Begin => begin.set(thread_time()),
            gleaner::Pause::End => {
                let start_ns = begin.get();
                log.borrow_mut().push(Pause { start_ns, length_ns: thread_time() - start_ns });
            }
        });
        GleanerSubject { roots: Vec::new(), weak: Vec::new(), pauses, heap }
    }

    /// Returns a handle of the heap.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}

/// Returns this thread's CPU time in nanoseconds.
fn thread_time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

impl Subject for GleanerSubject {
    fn name(&self) -> String {
        format!("gleaner/{}", self.heap.strategy().name)
    }

    fn abilities(&self) -> Abilities {
        Abilities { cycles: self.heap.strategy().finds_cycles, weak: true, deep: true }
    }

    fn resize(&mut self, slots: usize) {
        self.roots.resize_with(slots, || None);
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        let object = if edges == 2 {
            self.heap.alloc(Node::default()).map(Ref::into_any)
        } else {
            self.heap
                .alloc(Wide { edges: (0..edges).map(|_| AnySlot::default()).collect() })
                .map(Ref::into_any)
        };
        self.roots[to] = Some(object.expect("memory for a workload"));
    }

    #[inline]
    fn copy(&mut self, to: Slot, from: Slot) {
        self.roots[to] = self.roots[from].clone();
    }

    #[inline]
    fn clear(&mut self, slot: Slot) {
        self.roots[slot] = None;
    }

    #[inline]
    fn link(&mut self, object: Slot, index: usize, target: Slot) {
        if let Some(object) = &self.roots[object] {
            edge(object, index).put(self.roots[target].clone());
        }
    }

    #[inline]
    fn unlink(&mut self, object: Slot, index: usize) {
        if let Some(object) = &self.roots[object] {
            edge(object, index).put(None);
        }
    }

    #[inline]
    fn follow(&mut self, to: Slot, object: Slot, index: usize) {
        self.roots[to] = self.roots[object].as_ref().and_then(|object| edge(object, index).get());
    }

    #[inline]
    fn is_empty(&self, slot: Slot) -> bool {
        self.roots[slot].is_none()
    }

    fn resize_weak(&mut self, weak: usize) {
        self.weak.resize_with(weak, || None);
    }

    #[inline]
    fn watch(&mut self, weak: usize, object: Slot) {
        self.weak[weak] = self.roots[object].as_ref().map(|object| Watch::new(&self.heap, object));
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.roots[to] = self.weak[weak].as_ref().and_then(Watch::upgrade);
    }

    fn collect(&mut self) {
        self.heap.collect();
    }

    /// The heap collects by itself.
    #[inline]
    fn safepoint(&mut self) {}

    fn heap_bytes(&self) -> Option<usize> {
        Some(self.heap.allocator_stats().raw_bytes)
    }

    /// Weak references are objects too, and not counted here. (A workload watches no object twice.)
    fn live_objects(&self) -> Option<usize> {
        Some(self.heap.live_objects() - self.weak.iter().flatten().count())
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        Some(self.pauses.take())
    }
}
