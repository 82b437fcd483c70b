//! `bacon_rajan_cc` 0.4: counts, and the recycler's synchronous cycle collection.
//!
//! An object dies when its count is zero. One whose count falls to something else is suspected and buffered. A collection
//! takes the suspects' references off tentatively, scans what has a count left, and frees the rest, each by recursion;
//! what a suspect reaches is visited, so that one in a large live graph costs the whole graph. Memory of a suspect that
//! died by its count is freed by the next collection only. It never collects by itself: its documentation says to call
//! `collect_cycles` when `number_of_roots_buffered` reaches some critical size, and leaves that size open. We take Python's
//! (see `pace`), with suspects for new objects.
//!
//! It has no derive macro; its documentation traces by hand, as here.

use std::cell::RefCell;
use std::mem;

use bacon_rajan_cc::{Cc, Trace, Tracer, Weak, collect_cycles, number_of_roots_buffered};
use gleaner_benches::subject::Abilities;
use gleaner_benches::subjects::table::Kind;

use crate::Version;
use crate::edges::edges;
use crate::pace::{Live, Pace};

thread_local!(static LIVE: Live = const { Live::new() });

edges!(Cc<Node>);

impl Trace for Edges {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Edges::Two(first, second) => {
                first.trace(tracer);
                second.trace(tracer);
            }
            Edges::Wide(edges) => edges.trace(tracer),
        }
    }
}

pub(crate) struct Node(RefCell<Edges>);

impl Trace for Node {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
    }
}

impl Drop for Node {
    #[inline]
    fn drop(&mut self) {
        LIVE.with(Live::died);
    }
}

/// `bacon_rajan_cc`.
#[derive(Default)]
pub(crate) struct BaconRajan {
    pace: Pace,
}

impl Version for BaconRajan {
    const VERSION: &'static str = "0.4.0";
}

impl Kind for BaconRajan {
    const NAME: &'static str = "bacon_rajan_cc";
    const ABILITIES: Abilities = Abilities { cycles: true, weak: true, deep: false };

    type Pointer = Cc<Node>;
    type Weak = Weak<Node>;

    #[inline]
    fn make(&self, edges: usize) -> Cc<Node> {
        LIVE.with(Live::born);
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
        collect_cycles();
        self.pace.collected(LIVE.with(Live::get));
    }

    #[inline]
    fn safepoint(&mut self) {
        if self.pace.is_due(number_of_roots_buffered()) {
            self.collect();
        }
    }

    fn live_objects(&self, _: usize) -> Option<usize> {
        Some(LIVE.with(Live::get))
    }
}
