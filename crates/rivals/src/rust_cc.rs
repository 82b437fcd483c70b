//! `rust-cc` 0.6: counts, and trial deletion.
//!
//! An object dies when its count is zero. One whose count falls to something else is put on a list of possible cycles. A
//! collection traces from that list, counts how often each object is met, and keeps what has more references than that,
//! with all that it reaches; tracing has queues threaded through the objects, but a chain that dies by counts recurses. It
//! collects in an allocation that finds more bytes than the threshold: 100 at first, doubled after a collection until it
//! exceeds what is in use, halved while a tenth of it would do (`config`, whose defaults we take). Its features are the
//! default ones, among them finalizers, and `weak-ptrs`; `nightly` is not to be had on a stable compiler.

use std::cell::RefCell;
use std::mem;

use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::Kind;
use rust_cc::weak::Weak;
use rust_cc::{Cc, Finalize, Trace};

use crate::Version;
use crate::edges::edges;

edges!(#[derive(Trace, Finalize)] Cc<Node>);

#[derive(Trace, Finalize)]
pub(crate) struct Node(RefCell<Edges>);

/// `rust-cc`.
#[derive(Default)]
pub(crate) struct RustCc;

impl Version for RustCc {
    const VERSION: &'static str = "0.6.2";
}

impl Kind for RustCc {
    const NAME: &'static str = "rust-cc";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: true, deep: false };

    type Pointer = Cc<Node>;
    type Weak = Weak<Node>;

    #[inline]
    fn make(&self, edges: usize) -> Cc<Node> {
        Cc::new(Node(RefCell::new(Edges::new(edges))))
    }

    #[inline]
    fn edge(object: &Cc<Node>, edge: usize) -> Option<Cc<Node>> {
        object.0.borrow().get(edge).clone()
    }

    #[inline]
    fn set(object: &Cc<Node>, edge: usize, target: Option<Cc<Node>>) {
        let _old = mem::replace(object.0.borrow_mut().get_mut(edge), target);
    }

    #[inline]
    fn downgrade(&self, object: &Cc<Node>) -> Option<Weak<Node>> {
        Some(object.downgrade())
    }

    #[inline]
    fn upgrade(&self, weak: &Weak<Node>) -> Option<Cc<Node>> {
        weak.upgrade()
    }

    fn collect(&mut self) {
        rust_cc::collect_cycles();
    }
}
