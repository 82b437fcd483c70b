//! An object that its finalizer saves while a cycle is under way lives, with what it refers to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gleaner::{AnySlot, Bounds, Finalize, Heap, Live, Ref, StrategyKind, Trace};

#[derive(Trace)]
struct Plain {
    slot: AnySlot,
    #[trace(skip)]
    alive: Rc<Cell<bool>>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.alive.set(false);
    }
}

#[derive(Trace)]
#[trace(finalize)]
struct Phoenix {
    slot: AnySlot,
    #[trace(skip)]
    saved: Rc<RefCell<Vec<Ref<Phoenix>>>>,
}

impl Finalize for Phoenix {
    fn finalize(this: Live<'_, Self>) {
        let saved = this.saved.clone();
        saved.borrow_mut().push(Ref::from(this));
    }
}

fn plain(heap: &Heap, alive: &Rc<Cell<bool>>) -> Ref<Plain> {
    heap.alloc(Plain { slot: AnySlot::empty(), alive: alive.clone() }).unwrap()
}

/// Lets the last reference to an object go after so many allocations, that is at some moment of a cycle.
fn rises(delay: usize) -> bool {
    let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
    let heap = Heap::builder().strategy(StrategyKind::Paced).bounds(bounds).build().unwrap();
    heap.set_threshold([8, 3, 3]);
    let (saved, alive, other) = (Rc::default(), Rc::new(Cell::new(true)), Rc::new(Cell::new(true)));
    let holder = plain(&heap, &other);
    let phoenix = heap.alloc(Phoenix { slot: AnySlot::empty(), saved: Rc::clone(&saved) }).unwrap();
    phoenix.slot.set(plain(&heap, &alive).as_any());
    holder.slot.put(Some(phoenix.into_any()));
    let mut kept: Vec<_> = (0..delay).map(|_| plain(&heap, &other)).collect();
    drop(holder);
    assert_eq!(saved.borrow().len(), 1, "the finalizer has saved it");
    kept.extend((0..300).map(|_| plain(&heap, &other)));
    let lives = alive.get() && !saved.borrow()[0].slot.is_empty();
    saved.take();
    lives
}

#[test]
fn what_a_finalizer_saves_during_a_cycle_lives() {
    let lost: Vec<usize> = (0..200).filter(|delay| !rises(*delay)).collect();
    assert_eq!(lost, [] as [usize; 0], "with these delays, what was saved was taken apart");
}
