//! `dumpster` 2.1, twice: for one thread (`unsync`) and for several (`sync`).
//!
//! Counts; an object whose count falls to something above zero is noted as dirty. A collection traces from the dirty
//! objects into hash tables of what refers to what, finds those that have references from elsewhere, marks from them and
//! drops the rest, all by recursion. `sync` also stamps objects with the number of the collection in which they were last
//! touched, so that other threads may go on, and its pointers are two words. A drop collects when more pointers have been
//! dropped since the last collection than there are: amortized, a constant time for each (`set_collect_condition` can
//! change that; we leave it). But in 2.1.0 the pointers inside collected garbage are never taken off the number of those
//! that there are: the more garbage it has collected, the longer it waits, and a program that leaves more pointers in
//! cycles than it drops elsewhere has no automatic collection at all. `sync` looks at a thread's dirty objects once it
//! has dropped 100 000 pointers. No weak pointers. `coerce-unsized` wants nightly.

use std::cell::RefCell;
use std::mem;
use std::sync::{Mutex, PoisonError};

use dumpster::Trace;
use gleaner_benches::subject::Abilities;

use crate::edges::edges;
use crate::table::{Kind, NoWeak};

const VERSION: &str = "2.1.0";
const ABILITIES: Abilities = Abilities { cycles: true, weak: false, deep: false };

mod unsync {
    use super::*;
    use dumpster::unsync::Gc;

    edges!(#[derive(Trace)] Gc<Node>);

    #[derive(Trace)]
    pub(crate) struct Node(RefCell<Edges>);

    /// `dumpster::unsync`.
    #[derive(Default)]
    pub(crate) struct Unsync;

    impl Kind for Unsync {
        const NAME: &'static str = "dumpster/unsync";
        const VERSION: &'static str = VERSION;
        const ABILITIES: Abilities = ABILITIES;

        type Pointer = Gc<Node>;
        type Weak = NoWeak;

        #[inline]
        fn make(edges: usize) -> Gc<Node> {
            Gc::new(Node(RefCell::new(Edges::new(edges))))
        }

        #[inline]
        fn edge(object: &Gc<Node>, edge: usize) -> Option<Gc<Node>> {
            object.0.borrow().get(edge).clone()
        }

        #[inline]
        fn replace(object: &Gc<Node>, edge: usize, target: Option<Gc<Node>>) -> Option<Gc<Node>> {
            mem::replace(object.0.borrow_mut().get_mut(edge), target)
        }

        fn downgrade(_: &Gc<Node>) -> Option<NoWeak> {
            None
        }

        fn upgrade(weak: &NoWeak) -> Option<Gc<Node>> {
            match *weak {}
        }

        fn collect(&mut self) {
            dumpster::unsync::collect();
        }
    }
}

mod sync {
    use super::*;
    use dumpster::sync::Gc;

    edges!(#[derive(Trace)] Gc<Node>);

    #[derive(Trace)]
    pub(crate) struct Node(Mutex<Edges>);

    /// `dumpster::sync`.
    #[derive(Default)]
    pub(crate) struct Sync;

    impl Kind for Sync {
        const NAME: &'static str = "dumpster/sync";
        const VERSION: &'static str = VERSION;
        const ABILITIES: Abilities = ABILITIES;

        type Pointer = Gc<Node>;
        type Weak = NoWeak;

        #[inline]
        fn make(edges: usize) -> Gc<Node> {
            Gc::new(Node(Mutex::new(Edges::new(edges))))
        }

        #[inline]
        fn edge(object: &Gc<Node>, edge: usize) -> Option<Gc<Node>> {
            object.0.lock().unwrap_or_else(PoisonError::into_inner).get(edge).clone()
        }

        #[inline]
        fn replace(object: &Gc<Node>, edge: usize, target: Option<Gc<Node>>) -> Option<Gc<Node>> {
            mem::replace(object.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(edge), target)
        }

        fn downgrade(_: &Gc<Node>) -> Option<NoWeak> {
            None
        }

        fn upgrade(weak: &NoWeak) -> Option<Gc<Node>> {
            match *weak {}
        }

        fn collect(&mut self) {
            dumpster::sync::collect();
        }
    }
}

pub(crate) use self::sync::Sync;
pub(crate) use self::unsync::Unsync;
