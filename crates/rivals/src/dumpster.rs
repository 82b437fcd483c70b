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
use std::sync::{Mutex, MutexGuard, PoisonError};

use dumpster::Trace;
use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::{Kind, NoWeak};

use crate::Version;
use crate::edges::edges;

/// Writes what the two have in common, in the module of one: its name, its cell, and how that is borrowed. (The derived
/// `Trace` of a type whose cell came from a macro would not compile, so each writes down its own `Node`.)
macro_rules! flavour {
    ($module:ident, $kind:ident, $name:literal, $cell:ident, $read:path, $write:path) => {
        #[doc = concat!("`", $name, "`.")]
        #[derive(Default)]
        pub(crate) struct $kind;

        impl Version for $kind {
            const VERSION: &'static str = "2.1.0";
        }

        impl Kind for $kind {
            const NAME: &'static str = $name;
            const ABILITIES: Abilities = Abilities { cycles: true, weak: false, deep: false };

            type Pointer = Gc<Node>;
            type Weak = NoWeak;

            #[inline]
            fn make(&self, edges: usize) -> Gc<Node> {
                Gc::new(Node($cell::new(Edges::new(edges))))
            }

            #[inline]
            fn edge(object: &Gc<Node>, edge: usize) -> Option<Gc<Node>> {
                $read(&object.0).get(edge).clone()
            }

            #[inline]
            fn set(object: &Gc<Node>, edge: usize, target: Option<Gc<Node>>) {
                let _old = mem::replace($write(&object.0).get_mut(edge), target);
            }

            fn collect(&mut self) {
                dumpster::$module::collect();
            }
        }
    };
}

fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}

mod unsync {
    use super::*;
    use dumpster::unsync::Gc;

    edges!(#[derive(Trace)] Gc<Node>);

    #[derive(Trace)]
    pub(crate) struct Node(RefCell<Edges>);

    flavour!(unsync, Unsync, "dumpster/unsync", RefCell, RefCell::borrow, RefCell::borrow_mut);
}

mod sync {
    use super::*;
    use dumpster::sync::Gc;

    edges!(#[derive(Trace)] Gc<Node>);

    #[derive(Trace)]
    pub(crate) struct Node(Mutex<Edges>);

    flavour!(sync, Sync, "dumpster/sync", Mutex, lock, lock);
}

pub(crate) use self::sync::Sync;
pub(crate) use self::unsync::Unsync;
