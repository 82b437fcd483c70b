//! std's `Rc` as a subject: counts alone, no cycles.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use crate::subject::{Abilities, Pause, Slot, Subject};

/// An edge, or none.
type Edge = Cell<Option<Rc<Object>>>;

/// An object; with glibc's malloc the tag costs no memory.
enum Object {
    Two([Edge; 2]),
    Wide(Box<[Edge]>),
}

impl Object {
    fn new(edges: usize) -> Object {
        if edges == 2 {
            Object::Two(<[Edge; 2]>::default())
        } else {
            Object::Wide((0..edges).map(|_| Edge::default()).collect())
        }
    }

    #[inline]
    fn edge(&self, edge: usize) -> &Edge {
        match self {
            Object::Two(edges) => &edges[edge],
            Object::Wide(edges) => &edges[edge],
        }
    }
}

/// A table of `Rc`s.
#[derive(Default)]
pub struct RcSubject {
    roots: Vec<Option<Rc<Object>>>,
    weak: Vec<Weak<Object>>,
}

impl Subject for RcSubject {
    fn name(&self) -> String {
        "std Rc".to_string()
    }

    fn abilities(&self) -> Abilities {
        Abilities { cycles: false, weak: true, deep: false }
    }

    fn resize(&mut self, slots: usize) {
        self.roots.resize(slots, None);
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        self.roots[to] = Some(Rc::new(Object::new(edges)));
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
    fn link(&mut self, object: Slot, edge: usize, target: Slot) {
        if let Some(object) = &self.roots[object] {
            object.edge(edge).set(self.roots[target].clone());
        }
    }

    #[inline]
    fn unlink(&mut self, object: Slot, edge: usize) {
        if let Some(object) = &self.roots[object] {
            object.edge(edge).set(None);
        }
    }

    #[inline]
    fn follow(&mut self, to: Slot, object: Slot, edge: usize) {
        self.roots[to] = self.roots[object].as_ref().and_then(|object| {
            let edge = object.edge(edge);
            let target = edge.take();
            edge.set(target.clone());
            target
        });
    }

    #[inline]
    fn is_empty(&self, slot: Slot) -> bool {
        self.roots[slot].is_none()
    }

    fn resize_weak(&mut self, weak: usize) {
        self.weak.resize(weak, Weak::new());
    }

    #[inline]
    fn watch(&mut self, weak: usize, object: Slot) {
        self.weak[weak] = self.roots[object].as_ref().map_or_else(Weak::new, Rc::downgrade);
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.roots[to] = self.weak[weak].upgrade();
    }

    fn collect(&mut self) {}

    #[inline]
    fn safepoint(&mut self) {}

    fn heap_bytes(&self) -> Option<usize> {
        None
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        None
    }
}
