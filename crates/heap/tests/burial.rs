//! The end of garbage whose own code fails, where somebody may look at it and where nobody does.

use std::cell::Cell;
use std::rc::Rc;

use gleaner::{AnySlot, Heap, Released, StrategyKind, Trace, Visitor};

/// An object that counts its death, and may refuse to give up its reference. Garbage with loud ones is taken apart one by one.
struct Node<const LOUD: bool> {
    next: AnySlot,
    sour: bool,
    dead: Rc<Cell<usize>>,
}

impl<const LOUD: bool> Trace for Node<LOUD> {
    const FINALIZES: bool = LOUD;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.next.trace(visitor);
    }

    fn clear(&self, released: &mut Released<'_>) {
        assert!(!self.sour, "sour");
        Trace::clear(&self.next, released);
    }
}

impl<const LOUD: bool> Drop for Node<LOUD> {
    fn drop(&mut self) {
        self.dead.set(self.dead.get() + 1);
    }
}

fn pairs_of_which_some_are_sour<const LOUD: bool>() {
    for kind in StrategyKind::ALL.into_iter().filter(|kind| *kind != StrategyKind::RefcountOnly) {
        let heap = Heap::builder().strategy(kind).build().unwrap();
        heap.disable();
        let (panics, dead) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let told = panics.clone();
        heap.set_unraisable_hook(move |_, _| told.set(told.get() + 1));
        for pair in 0..100 {
            let node = |sour| {
                let node: Node<LOUD> = Node { next: AnySlot::default(), sour, dead: dead.clone() };
                heap.alloc(node).unwrap().into_any()
            };
            let (one, other) = (node(pair % 10 == 5), node(pair % 10 == 7));
            one.downcast_ref::<Node<LOUD>>().unwrap().next.set(&other);
            other.downcast_ref::<Node<LOUD>>().unwrap().next.set(&one);
        }
        assert_eq!(heap.collect(), 200, "{kind:?}");
        // They are asked as garbage, and where they die by their count once more.
        assert!((20..=40).contains(&panics.get()), "{kind:?}: {} panics", panics.get());
        assert_eq!(dead.get(), 200, "{kind:?}");
        assert_eq!((heap.collect(), heap.leaked()), (0, 0), "{kind:?}");
    }
}

#[test]
fn who_panics_when_asked_for_references_takes_nobody_along() {
    pairs_of_which_some_are_sour::<false>();
    pairs_of_which_some_are_sour::<true>();
}
