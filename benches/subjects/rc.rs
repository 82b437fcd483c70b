//! std's `Rc` as a subject: counts alone, no cycles.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use super::table::Kind;
use crate::subject::Abilities;

/// An edge, or none.
type Edge = Cell<Option<Rc<Object>>>;

/// An object; with glibc's malloc the tag costs no memory.
pub enum Object {
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

/// std's `Rc`.
#[derive(Default)]
pub struct StdRc;

impl Kind for StdRc {
    const NAME: &'static str = "std Rc";
    const ABILITIES: Abilities = Abilities { cycles: false, weak: true, deep: false };

    type Pointer = Rc<Object>;
    type Weak = Weak<Object>;

    #[inline]
    fn make(&self, edges: usize) -> Rc<Object> {
        Rc::new(Object::new(edges))
    }

    #[inline]
    fn edge(object: &Rc<Object>, edge: usize) -> Option<Rc<Object>> {
        let edge = object.edge(edge);
        let target = edge.take();
        edge.set(target.clone());
        target
    }

    #[inline]
    fn set(object: &Rc<Object>, edge: usize, target: Option<Rc<Object>>) {
        object.edge(edge).set(target);
    }

    #[inline]
    fn downgrade(&self, object: &Rc<Object>) -> Option<Weak<Object>> {
        Some(Rc::downgrade(object))
    }

    #[inline]
    fn upgrade(&self, weak: &Weak<Object>) -> Option<Rc<Object>> {
        weak.upgrade()
    }

    fn collect(&mut self) {}
}
