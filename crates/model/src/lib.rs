//! The reference: a graph, everything recomputed from scratch.
