//! Graphs and workloads that the benches share.

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

/// Makes a ring in order of allocation; returns all its nodes.
#[must_use]
pub fn ring(heap: &Heap, objects: usize) -> Vec<Ref<Node>> {
    let nodes: Vec<_> = (0..objects).map(|_| node(heap)).collect();
    for (index, node) in nodes.iter().enumerate() {
        node.left.set(&nodes[(index + 1) % objects]);
    }
    nodes
}

/// Makes nodes that refer to two random ones each; returns all, so that all live.
#[must_use]
pub fn random_graph(heap: &Heap, objects: usize) -> Vec<Ref<Node>> {
    let nodes: Vec<_> = (0..objects).map(|_| node(heap)).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % objects
    };
    for node in &nodes {
        node.left.set(&nodes[random()]);
        node.right.set(&nodes[random()]);
    }
    nodes
}

/// Makes pairs that refer to each other and that nothing else refers to.
pub fn dead_pairs(heap: &Heap, pairs: usize) {
    for _ in 0..pairs {
        let (a, b) = (node(heap), node(heap));
        a.left.set(&b);
        b.left.set(&a);
    }
}
