//! `gc` 0.5, the oldest of them: mark and sweep.
//!
//! A pointer knows whether it is a root, by its lowest bit, and an object counts its roots; a pointer stops being one when
//! it is moved into an object, and `GcCell` makes roots of its pointers while it is borrowed for writing. A collection
//! walks a list of all objects, marks from those that have roots, by recursion, runs finalizers, marks again and sweeps.
//! It collects in an allocation that finds more bytes than the threshold: 100 at first, raised after a collection so that
//! at most 70 % of it is in use. The feature `unstable-config`, which we leave alone, can set both. No weak pointers.

#![expect(non_local_definitions, reason = "the derive macros of gc write their impls so")]

use std::mem;

use gc::{Finalize, Gc, GcCell, Trace};
use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::{Kind, NoWeak};

use crate::Version;
use crate::edges::edges;

edges!(#[derive(Trace, Finalize)] Gc<Node>);

#[derive(Trace, Finalize)]
pub(crate) struct Node(GcCell<Edges>);

/// `gc`.
#[derive(Default)]
pub(crate) struct RustGc;

impl Version for RustGc {
    const VERSION: &'static str = "0.5.1";
}

impl Kind for RustGc {
    const NAME: &'static str = "gc";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: false, deep: false };

    type Pointer = Gc<Node>;
    type Weak = NoWeak;

    #[inline]
    fn make(&self, edges: usize) -> Gc<Node> {
        Gc::new(Node(GcCell::new(Edges::new(edges))))
    }

    #[inline]
    fn edge(object: &Gc<Node>, edge: usize) -> Option<Gc<Node>> {
        object.0.borrow().get(edge).clone()
    }

    #[inline]
    fn set(object: &Gc<Node>, edge: usize, target: Option<Gc<Node>>) {
        let _old = mem::replace(object.0.borrow_mut().get_mut(edge), target);
    }

    fn collect(&mut self) {
        gc::force_collect();
    }
}
