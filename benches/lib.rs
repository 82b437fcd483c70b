//! What the benches share: the workloads that collectors are compared on, what they run on and what they report to.

pub mod clock;
pub mod meter;
pub mod random;
pub mod subject;
pub mod subjects;
pub mod workloads;

use gleaner::{Heap, Ref, Slot, Trace};

/// A node of two edges.
#[derive(Trace)]
pub struct Node {
    /// The first edge.
    pub left: Slot<Node>,
    /// The second edge.
    pub right: Slot<Node>,
}

/// Makes a node without edges.
///
/// # Panics
/// If there is no memory.
#[must_use]
pub fn node(heap: &Heap) -> Ref<Node> {
    heap.alloc(Node { left: Slot::empty(), right: Slot::empty() }).expect("memory for a bench")
}
