//! The end of garbage whose own code fails, where somebody may look at it and where nobody does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;

use gleaner::{AnySlot, Heap, Ref, Released, StrategyKind, Trace, Visitor};

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

/// Allocates objects of its own type when it is dropped, as garbage: they are given the blocks of what was freed before it.
#[derive(Trace)]
struct Heir {
    next: AnySlot,
    #[trace(skip)]
    room: [u64; 4],
    #[trace(skip)]
    born: Rc<RefCell<Vec<Ref<Heir>>>>,
    #[trace(skip)]
    dead: Rc<Cell<usize>>,
    #[trace(skip)]
    heap: Heap,
    #[trace(skip)]
    generous: bool,
}

impl Drop for Heir {
    fn drop(&mut self) {
        self.dead.set(self.dead.get() + 1);
        if self.generous {
            let heir = Heir {
                next: AnySlot::empty(),
                room: [7; 4],
                born: self.born.clone(),
                dead: self.dead.clone(),
                heap: self.heap.clone(),
                generous: false,
            };
            let heir = self.heap.alloc(heir).unwrap();
            heir.next.set(heir.as_any());
            self.born.borrow_mut().push(heir);
        }
    }
}

/// A block of its own.
#[derive(Trace)]
struct Large {
    next: AnySlot,
    #[trace(skip)]
    room: [u64; 200_000],
}

#[test]
fn what_is_born_while_garbage_is_freed_lives() {
    for kind in StrategyKind::ALL.into_iter().filter(|kind| *kind != StrategyKind::RefcountOnly) {
        let heap = Heap::builder().strategy(kind).build().unwrap();
        heap.disable();
        let (born, dead) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(0)));
        let objects: Vec<_> = (0..3000)
            .map(|number| {
                let heir = Heir {
                    next: AnySlot::empty(),
                    room: [number; 4],
                    born: born.clone(),
                    dead: dead.clone(),
                    heap: heap.clone(),
                    generous: number % 3 != 0,
                };
                heap.alloc(heir).unwrap()
            })
            .collect();
        for number in 0..objects.len() {
            objects[number].next.set(objects[(number + 7) % objects.len()].as_any());
        }
        drop(objects);
        assert_eq!(heap.collect(), 3000, "{kind:?}");
        assert_eq!((dead.get(), born.borrow().len()), (3000, 2000), "{kind:?}");
        heap.check();
        assert!(born.borrow().iter().all(|heir| heir.refcount() == 2 && heir.room == [7; 4]), "{kind:?}");
        assert_eq!(heap.collect(), 0, "{kind:?}: they are held");
        born.take();
        assert_eq!((heap.collect(), dead.get()), (2000, 5000), "{kind:?}");
    }
}

/// The chunk of a large object goes with it, while the others of its garbage are still to be freed.
#[test]
fn large_garbage_goes_with_small() {
    // They are made on the stack.
    let large_stack = thread::Builder::new().stack_size(16 << 20);
    large_stack.spawn(large_and_small).unwrap().join().unwrap();
}

fn large_and_small() {
    for kind in StrategyKind::ALL.into_iter().filter(|kind| *kind != StrategyKind::RefcountOnly) {
        let heap = Heap::builder().strategy(kind).build().unwrap();
        heap.disable();
        for _ in 0..3 {
            let dead = Rc::new(Cell::new(0));
            for _ in 0..20 {
                let large = heap.alloc(Large { next: AnySlot::empty(), room: [1; 200_000] }).unwrap();
                let node =
                    heap.alloc(Node::<false> { next: AnySlot::empty(), sour: false, dead: dead.clone() });
                let node = node.unwrap();
                assert_eq!(large.room.len(), 200_000);
                large.next.set(node.as_any());
                node.next.set(large.as_any());
            }
            assert_eq!((heap.collect(), dead.get()), (40, 20), "{kind:?}");
            heap.check();
        }
    }
}
