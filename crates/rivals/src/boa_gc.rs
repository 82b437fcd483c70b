//! `boa_gc` 0.22, the collector of the Boa JavaScript engine: mark and sweep.
//!
//! An object counts its pointers. A collection visits every object once to find out how many of those pointers lie in
//! other objects; who has more is a root. Then it marks from the roots with a queue, without recursion, runs finalizers,
//! marks again, and sweeps a vector of all objects. It collects in an allocation that finds more bytes than the
//! threshold: 1 MiB at first, raised after a collection that leaves more than 70 % of it. None of that can be set.
//! A weak pointer is an ephemeron, an allocation of its own that each collection visits.
//!
//! Its cell is `GcRefCell`; std's `Cell`, which it traces as well, spares the word that keeps an object of two edges in
//! the size class that it would have without the tag.

use std::cell::Cell;

use boa_gc::{Finalize, Gc, Trace, WeakGc};
use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::Kind;

use crate::Version;

type Edge = Cell<Option<Gc<Node>>>;

#[derive(Trace, Finalize)]
pub(crate) enum Node {
    Two(Edge, Edge),
    Wide(Box<[Edge]>),
}

impl Node {
    #[inline]
    fn edge(&self, edge: usize) -> &Edge {
        match self {
            Node::Two(first, _) if edge == 0 => first,
            Node::Two(_, second) if edge == 1 => second,
            Node::Two(..) => panic!("edge {edge} of two"),
            Node::Wide(edges) => &edges[edge],
        }
    }
}

/// `boa_gc`.
#[derive(Default)]
pub(crate) struct BoaGc;

impl Version for BoaGc {
    const VERSION: &'static str = "0.22.0";
}

impl Kind for BoaGc {
    const NAME: &'static str = "boa_gc";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: true, deep: true };

    type Pointer = Gc<Node>;
    type Weak = WeakGc<Node>;

    #[inline]
    fn make(&self, edges: usize) -> Gc<Node> {
        Gc::new(if edges == 2 {
            Node::Two(Edge::default(), Edge::default())
        } else {
            Node::Wide((0..edges).map(|_| Edge::default()).collect())
        })
    }

    #[inline]
    fn edge(object: &Gc<Node>, edge: usize) -> Option<Gc<Node>> {
        let edge = object.edge(edge);
        let target = edge.take();
        edge.set(target.clone());
        target
    }

    #[inline]
    fn set(object: &Gc<Node>, edge: usize, target: Option<Gc<Node>>) {
        object.edge(edge).set(target);
    }

    #[inline]
    fn downgrade(&self, object: &Gc<Node>) -> Option<WeakGc<Node>> {
        Some(WeakGc::new(object))
    }

    #[inline]
    fn upgrade(&self, weak: &WeakGc<Node>) -> Option<Gc<Node>> {
        weak.upgrade()
    }

    fn collect(&mut self) {
        boa_gc::force_collect();
    }
}
