//! `gcmodule` 0.3: counts, and CPython's algorithm.
//!
//! An object dies when its count is zero. A collection walks the list of all objects of the thread: it copies the counts,
//! takes off the references between objects, marks what has some left with all that it reaches, by recursion, and drops
//! the rest. It never collects by itself; its documentation has a program call `collect_thread_cycles`, and does not say
//! when. We take Python's thresholds (see `pace`), for it is Python's collector. Its feature `sync`, for heaps shared by
//! threads, is off; no weak pointers.
//!
//! Its documentation has a recursive type implement `Trace` by hand, and so does this file, with a cell that is taken and
//! put back for tracing: the word of a `RefCell` and the tag of `Node` would put an object of two edges into the next size
//! class.

use std::cell::Cell;

use gcmodule::{Cc, Trace, Tracer};
use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::{Kind, NoWeak};

use crate::Version;
use crate::pace::{Live, Pace};

thread_local!(static LIVE: Live = const { Live::new() });

#[derive(Default)]
pub(crate) struct Edge(Cell<Option<Cc<Node>>>);

impl Edge {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        let target = self.0.take();
        target.trace(tracer);
        self.0.set(target);
    }
}

pub(crate) enum Node {
    Two(Edge, Edge),
    Wide(Box<[Edge]>),
}

impl Node {
    #[inline]
    fn edge(&self, edge: usize) -> &Cell<Option<Cc<Node>>> {
        match self {
            Node::Two(first, _) if edge == 0 => &first.0,
            Node::Two(_, second) if edge == 1 => &second.0,
            Node::Two(..) => panic!("edge {edge} of two"),
            Node::Wide(edges) => &edges[edge].0,
        }
    }
}

impl Trace for Node {
    fn trace(&self, tracer: &mut Tracer<'_>) {
        match self {
            Node::Two(first, second) => {
                first.trace(tracer);
                second.trace(tracer);
            }
            Node::Wide(edges) => edges.iter().for_each(|edge| edge.trace(tracer)),
        }
    }

    #[inline]
    fn is_type_tracked() -> bool {
        true
    }
}

impl Drop for Node {
    #[inline]
    fn drop(&mut self) {
        LIVE.with(Live::died);
    }
}

/// `gcmodule`.
#[derive(Default)]
pub(crate) struct GcModule {
    pace: Pace,
}

impl Version for GcModule {
    const VERSION: &'static str = "0.3.3";
}

impl Kind for GcModule {
    const NAME: &'static str = "gcmodule";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: false, deep: false };

    type Pointer = Cc<Node>;
    type Weak = NoWeak;

    #[inline]
    fn make(&self, edges: usize) -> Cc<Node> {
        LIVE.with(Live::born);
        Cc::new(if edges == 2 {
            Node::Two(Edge::default(), Edge::default())
        } else {
            Node::Wide((0..edges).map(|_| Edge::default()).collect())
        })
    }

    #[inline]
    fn edge(object: &Cc<Node>, edge: usize) -> Option<Cc<Node>> {
        let edge = object.edge(edge);
        let target = edge.take();
        edge.set(target.clone());
        target
    }

    #[inline]
    fn set(object: &Cc<Node>, edge: usize, target: Option<Cc<Node>>) {
        object.edge(edge).set(target);
    }

    fn collect(&mut self) {
        gcmodule::collect_thread_cycles();
        self.pace.collected(LIVE.with(Live::get));
    }

    #[inline]
    fn safepoint(&mut self) {
        if self.pace.is_due_at(LIVE.with(Live::get)) {
            self.collect();
        }
    }

    fn live_objects(&self, _: usize) -> Option<usize> {
        Some(LIVE.with(Live::get))
    }
}
